"""Raw attacks on a real mitmdump. What counts is the log of the world, not the answer alone."""

from __future__ import annotations

import base64
import json
import ssl
import time
import unittest

import http2
import world as w

WORLD: w.World
PROXY: w.Proxy


def setUpModule() -> None:
    global WORLD, PROXY
    WORLD = w.World()
    ports = [WORLD.port]
    both = ["GET", "POST"]
    rules = [
        w.rule("api.world.test", methods=both, paths=["/v1/**"], ports=ports),
        w.rule("git.world.test", methods=both, ports=ports),
        w.rule("key.world.test", ports=ports),
        w.rule("key.world.test", ports=[WORLD.plain_port], scheme="http"),
        w.rule("open.world.test", paths=["/single/*", "/list", "/@*", "/@*/*"], ports=ports),
        w.rule("*.sub.world.test", ports=ports),
        w.rule("www.attacker.test", methods=both, ports=ports),
        w.rule("plain.world.test", ports=[WORLD.plain_port], scheme="http"),
        w.rule("old.world.test", ports=ports, expires="2020-01-01"),
        *[w.rule(f"{name}.world.test", ports=ports)
          for name in ("bait", "metadata", "v6", "mixed", "rebind")],
    ]
    WORLD.names["old.world.test"] = [w.UPSTREAM]
    credentials = [
        w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER),
        w.credential("git", "git.world.test", {"basic": "x-access-token"}, w.GIT_PLACEHOLDER),
        w.credential("key", "key.world.test", {"query": "key"}, w.QUERY_PLACEHOLDER),
    ]
    asked = {"ask": True, "paths": ["/v1/**"]}
    credentials += [
        {**w.credential("asked", "asked.sub.world.test", {"authorization": "Bot"}, "placeholder-of-asked"), **asked},
        w.credential("bot", "bot.sub.world.test", {"path": True}, "123:placeholder-of-bot"),
    ]
    secrets = {"api": w.SECRET, "git": w.GIT_SECRET, "key": w.QUERY_SECRET, "asked": "asked-Real.Secret/1=",
               "bot": "987:bot-Real;Secret/1"}
    WORLD.names.update({f"{name}.sub.world.test": [w.UPSTREAM] for name in ("asked", "bot")})
    PROXY = w.Proxy(WORLD, w.policy(rules, credentials), "attacks", secrets)


def tearDownModule() -> None:
    PROXY.close()
    WORLD.close()


def authority(host: str, port: int | None = None) -> str:
    return f"{host}:{port or WORLD.port}"


def head(path="/v1/x", host="api.world.test", method="GET", extra=b"", body=b"", target=None):
    line = f"{method} {target or path} HTTP/1.1\r\nHost: {authority(host)}\r\n".encode("latin-1")
    return line + extra + b"\r\n" + body


def inside(request: bytes, host="api.world.test", sni="", connect="") -> bytes:
    """One request through a tunnel; sni and connect differ from the host only in an attack."""
    with w.Client(PROXY) as client:
        answer = client.connect(connect or authority(host))
        if b" 200 " not in answer:
            return answer
        client.tls(sni if sni != "" else host)
        return client.raw(request)


def get(path: str, host="api.world.test", **more) -> bytes:
    return inside(head(path, host, **more), host)


def with_header(line: bytes, host="api.world.test", method="GET", body=b"") -> bytes:
    return inside(head(host=host, method=method, extra=line + b"\r\n", body=body), host)


def h2(changes: dict, body=None, extra=(), drop=(), trailers=None) -> bytes:
    fields = {":method": "GET", ":scheme": "https", ":authority": authority("api.world.test"),
              ":path": "/v1/x"}
    fields.update(changes)
    fields = [(key, value) for key, value in fields.items() if key not in drop] + list(extra)
    with w.Client(PROXY) as client:
        client.connect(authority("api.world.test"))
        assert client.tls("api.world.test", ["h2"]) == "h2"
        status, text = http2.ask(client, fields, body, trailers)
        return b"" if status == "closed" else b"HTTP/1.1 %s -\r\n\r\n%s" % (status.encode(), text)


def h2_second(changes: dict) -> bytes:
    """A second stream of a connection whose first was allowed."""
    first = {":method": "GET", ":scheme": "https", ":path": "/v1/x",
             ":authority": authority("api.world.test")}
    with w.Client(PROXY) as client:
        client.connect(authority("api.world.test"))
        client.tls("api.world.test", ["h2"])
        before = len(WORLD.upstream.requests)
        status, _ = http2.ask(client, list({**first, **changes}.items()),
                              before=list(first.items()))
        del WORLD.upstream.requests[before:before + 1]  # the first, which was allowed
        return b"" if status == "closed" else b"HTTP/1.1 %s -" % status.encode()


def plain(data: bytes) -> bytes:
    with w.Client(PROXY) as client:
        return client.raw(data)


def tunnel_then(data: bytes, host="api.world.test") -> bytes:
    with w.Client(PROXY, timeout=1.0) as client:
        client.connect(authority(host))
        return client.raw(data)


def tls_to_proxy() -> bytes:
    with w.Client(PROXY) as client:
        client.tls("api.world.test")
        return client.raw(b"CONNECT %s HTTP/1.1\r\n\r\n" % authority("api.world.test").encode())


def tls_in_tls() -> bytes:
    with w.Client(PROXY) as client:
        client.connect(authority("api.world.test"))
        client.tls("api.world.test")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=PROXY.ca)
        context.check_hostname = False
        inner = context.wrap_bio(incoming, outgoing, server_hostname="www.attacker.test")
        for _ in range(20):
            try:
                inner.do_handshake()
                break
            except ssl.SSLWantReadError:
                client.socket.sendall(outgoing.read())
                incoming.write(client.socket.recv(65536))
        inner.write(head(host="www.attacker.test"))
        client.socket.sendall(outgoing.read())
        time.sleep(0.3)
        return b""


def second_connect() -> bytes:
    """A refused CONNECT leaves nothing behind that the next one could use."""
    with w.Client(PROXY) as client:
        client.connect("127.0.0.1:%d" % WORLD.port)
        return client.raw(b"GET https://bait.world.test:%d/ HTTP/1.1\r\nHost: x\r\n\r\n"
                          % WORLD.port)


def body_behind_connect() -> bytes:
    return plain(b"CONNECT api.world.test:1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"5\r\nhello\r\n0\r\n\r\n")


def big_refused_upload() -> bytes:
    request = head("/v2/x", method="POST", extra=b"Content-Length: 99999999\r\n", body=b"x" * 1000)
    return inside(request)


BASIC = base64.b64encode(b"user:" + w.PLACEHOLDER.encode()).decode()
SPELLINGS = {
    "dotted": "127.0.0.1", "the_upstream_itself": "127.0.0.2", "short": "127.1", "hex": "0x7f.1",
    "long_hex": "0x7f000001", "decimal": "2130706433", "octal": "0177.0.0.1",
    "long_octal": "017700000001", "v6": "[::1]", "v4_mapped": "[::ffff:127.0.0.1]",
    "trailing_dot": "127.0.0.1.", "metadata": "169.254.169.254", "mixed_hex": "0x7f.0.0.0x1",
    "fullwidth_digits": "１２７.0.0.1".encode().decode("latin-1"), "v6_zone": "[fe80::1%25lo]",
    "localhost": "localhost", "zero": "0", "bare_v6": "::1",
}

# Each ends with nothing at all in the world's log, and without success for the agent.
REFUSED = {
    **{f"address_{name}": (lambda text=text: inside(head(), connect=authority(text)))
       for name, text in SPELLINGS.items()},
    **{f"plain_address_{name}": (lambda text=text: plain(
        f"GET http://{text}:{WORLD.plain_port}/ HTTP/1.1\r\n"
        f"Host: {text}:{WORLD.plain_port}\r\n\r\n".encode("latin-1")))
       for name, text in SPELLINGS.items() if name in ("dotted", "short", "decimal", "hex", "v6")},
    "name_trailing_dot": lambda: get("/v1/x", host="api.world.test."),
    "name_with_nul": lambda: inside(head(), connect="api.world.test\0.attacker.test:443"),
    "name_with_userinfo": lambda: inside(head(), connect="x@" + authority("api.world.test")),
    "name_without_rule": lambda: get("/", host="none.world.test"),
    "name_that_only_ends_alike": lambda: get("/", host="evilapi.world.test"),
    "suffix_rule_does_not_cover_its_top": lambda: get("/", host="sub.world.test"),
    "body_behind_connect": body_behind_connect,
    "port_missing": lambda: inside(head(), connect="api.world.test"),
    "port_zero": lambda: inside(head(), connect="api.world.test:0"),
    "port_too_large": lambda: inside(head(), connect="api.world.test:70000"),
    "port_no_rule": lambda: inside(head(), connect="api.world.test:22"),
    "port_dns": lambda: inside(head(), connect="api.world.test:53"),
    "connect_lower_case": lambda: plain(
        b"connect http://api.world.test:%d/ HTTP/1.1\r\nHost: x\r\n\r\n" % WORLD.port),
    "connect_odd_version": lambda: plain(
        b"CONNECT api.world.test:%d HTTP/7.7\r\n\r\n" % WORLD.port),
    "connect_inside_tunnel": lambda: inside(
        b"CONNECT bait.world.test:%d HTTP/1.1\r\nHost: bait.world.test\r\n\r\n" % WORLD.port),
    "connect_refused_then_absolute": second_connect,
    "tls_to_the_proxy": tls_to_proxy,
    "tls_inside_tls": tls_in_tls,
    "sni_other": lambda: inside(head(), sni="www.attacker.test"),
    "sni_none": lambda: inside(head(), sni=None),
    "sni_good_connect_attacker": lambda: inside(
        head(), connect=authority("www.attacker.test"), sni="api.world.test"),
    "sni_and_host_good_connect_unruled": lambda: inside(
        head(), connect=authority("none.world.test"), sni="api.world.test"),
    "sni_and_host_attacker": lambda: inside(
        head("/", "www.attacker.test"), connect=authority("api.world.test"),
        sni="www.attacker.test"),
    "host_other": lambda: inside(head(host="www.attacker.test")),
    "host_bait": lambda: inside(head(host="bait.world.test")),
    "host_address": lambda: inside(head(host="127.0.0.1")),
    "host_missing": lambda: inside(b"GET /v1/x HTTP/1.1\r\nAccept: */*\r\n\r\n"),
    "host_twice": lambda: with_header(b"Host: www.attacker.test"),
    "host_twice_equal": lambda: with_header(b"Host: " + authority("api.world.test").encode()),
    "host_twice_http_1_0": lambda: plain(
        b"GET http://plain.world.test:%d/v1/x HTTP/1.0\r\nHost: a.b\r\nHost: a.b\r\n\r\n"
        % WORLD.plain_port),
    "host_missing_http_1_0_in_tunnel": lambda: inside(b"GET /v1/x HTTP/1.0\r\n\r\n"),
    "chunked_http_1_0": lambda: inside(
        head(method="POST", extra=b"Transfer-Encoding: chunked\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
        + b"3\r\nabc\r\n0\r\n\r\n"),
    "host_empty": lambda: inside(b"GET /v1/x HTTP/1.1\r\nHost:\r\n\r\n"),
    "host_other_port": lambda: inside(b"GET /v1/x HTTP/1.1\r\nHost: api.world.test:1\r\n\r\n"),
    "host_without_port": lambda: inside(b"GET /v1/x HTTP/1.1\r\nHost: api.world.test\r\n\r\n"),
    "host_list": lambda: inside(
        b"GET /v1/x HTTP/1.1\r\nHost: api.world.test, www.attacker.test\r\n\r\n"),
    "host_folded": lambda: inside(
        b"GET /v1/x HTTP/1.1\r\nHost: api.world.test\r\n www.attacker.test\r\n\r\n"),
    "host_trailing_dot": lambda: inside(head(host="api.world.test.")),
    "host_in_connection": lambda: with_header(b"Connection: close, Host"),
    "absolute_form_in_tunnel": lambda: inside(
        head(target=f"https://www.attacker.test:{WORLD.port}/v1/x")),
    "absolute_form_in_tunnel_same_host": lambda: inside(
        head(target=f"https://api.world.test:{WORLD.port}/v1/x")),
    "method_delete": lambda: get("/v1/x", method="DELETE"),
    "method_trace": lambda: get("/v1/x", method="TRACE"),
    "method_lower_case": lambda: get("/v1/x", method="get"),
    "method_mixed_case": lambda: get("/v1/x", method="GeT"),
    "method_not_a_token": lambda: get("/v1/x", method="GET,POST"),
    "method_post_where_get_only": lambda: get("/list", host="open.world.test", method="POST"),
    "method_in_query": lambda: get("/v1/x?a=1&_method=DELETE"),
    "method_in_query_encoded": lambda: get("/v1/x?%5Fmethod=DELETE"),
    "placeholder_on_another_path": lambda: inside(
        head("/v2", "asked.sub.world.test", extra=b"Authorization: Bot placeholder-of-asked\r\n"), "asked.sub.world.test"),
    "placeholder_on_a_path_with_two_readings": lambda: inside(
        head("/v1%2Fx", "asked.sub.world.test", extra=b"Authorization: Bot placeholder-of-asked\r\n"), "asked.sub.world.test"),
    "placeholder_of_a_path_in_the_query": lambda: get("/x?t=123:placeholder-of-bot", host="bot.sub.world.test"),
    "placeholder_of_a_path_twice": lambda: get("/123:placeholder-of-bot/123%3aplaceholder-of-bot", host="bot.sub.world.test"),
    "placeholder_of_a_path_elsewhere": lambda: get("/bot123:placeholder-of-bot/x", host="deep.sub.world.test"),
    "path_other": lambda: get("/v2/x"),
    "path_prefix_alone": lambda: get("/v1"),
    "path_case": lambda: get("/V1/x"),
    "path_dots": lambda: get("/v1/../admin"),
    "path_dot": lambda: get("/v1/./x"),
    "path_dots_at_end": lambda: get("/v1/.."),
    "path_encoded_dots": lambda: get("/v1/%2e%2e/admin"),
    "path_half_encoded_dots": lambda: get("/v1/.%2E/admin"),
    "path_dots_encoded_slash": lambda: get("/v1/..%2fadmin"),
    "path_encoded_slash_crosses": lambda: get("/single/a%2fb", host="open.world.test"),
    "path_double_slash_start": lambda: get("//v1/x"),
    "path_double_slash_crosses": lambda: get("/single//a", host="open.world.test"),
    "path_backslash": lambda: get("/v1/..\\admin"),
    "path_encoded_backslash": lambda: get("/v1/..%5cadmin"),
    "path_nul": lambda: get("/v1/x%00.txt"),
    "path_encoded_line_end": lambda: get("/v1/x%0d%0aHost:%20evil"),
    "path_encoded_dots_before_parameters": lambda: get("/v1/%2E%2e;x/admin"),
    "path_encoded_twice_in_pieces": lambda: get("/v1/%25%32e%25%32e/admin"),
    "path_encoded_twice": lambda: get("/v1/%252e%252e/admin"),
    "path_overlong_utf8": lambda: get("/v1/%c0%ae%c0%ae/admin"),
    "path_fullwidth_dots": lambda: get("/v1/%EF%BC%8E%EF%BC%8E/admin"),
    "path_tomcat_parameters": lambda: get("/v1/..;/admin"),
    "path_parameters_hide_the_name": lambda: get("/list;x", host="open.world.test", method="PUT"),
    "path_broken_encoding": lambda: get("/v1/%zz"),
    "path_raw_utf8": lambda: get("/v1/\xe9"),
    "path_fragment": lambda: get("/v1/x#/../admin"),
    "path_asterisk": lambda: get("*", method="GET"),
    "path_encoded_letters": lambda: get("/%76%32/x"),
    "path_too_long": lambda: get("/v1/" + "a" * 40000),
    "framing_both": lambda: with_header(
        b"Content-Length: 5\r\nTransfer-Encoding: chunked", method="POST", body=b"0\r\n\r\n"),
    "framing_two_lengths": lambda: with_header(
        b"Content-Length: 5\r\nContent-Length: 6", method="POST", body=b"hello!"),
    "framing_two_equal_lengths": lambda: with_header(
        b"Content-Length: 5\r\nContent-Length: 5", method="POST", body=b"hello"),
    "framing_plus": lambda: with_header(b"Content-Length: +5", method="POST", body=b"hello"),
    "framing_underscore": lambda: with_header(
        b"Content-Length: 0_5", method="POST", body=b"hello"),
    "framing_negative": lambda: with_header(b"Content-Length: -1", method="POST"),
    "framing_coding_twice": lambda: with_header(
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", method="POST",
        body=b"0\r\n\r\n"),
    "framing_gzip_chunked": lambda: with_header(
        b"Transfer-Encoding: gzip, chunked", method="POST", body=b"0\r\n\r\n"),
    "framing_unknown_coding": lambda: with_header(
        b"Transfer-Encoding: xchunked", method="POST", body=b"0\r\n\r\n"),
    "framing_space_before_colon": lambda: with_header(
        b"Transfer-Encoding : chunked", method="POST", body=b"0\r\n\r\n"),
    "header_nul": lambda: with_header(b"X-A: a\0b"),
    "header_bare_cr": lambda: with_header(b"X-A: a\rHost: www.attacker.test"),
    "header_folded": lambda: with_header(b"X-A: a\r\n b"),
    "header_bad_name": lambda: with_header(b"X(A): b"),
    "upgrade_without_rule": lambda: with_header(
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
    "upgrade_two": lambda: with_header(b"Upgrade: h2c, websocket\r\nConnection: Upgrade"),
    "upgrade_by_post": lambda: with_header(
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0", method="POST"),
    "plain_http_where_https_only": lambda: plain(
        b"GET http://api.world.test:%d/v1/x HTTP/1.1\r\nHost: api.world.test:%d\r\n\r\n"
        % (WORLD.port, WORLD.port)),
    "plain_http_inside_a_tunnel": lambda: tunnel_then(head()),
    "https_without_tunnel": lambda: plain(
        b"GET https://api.world.test:%d/v1/x HTTP/1.1\r\nHost: api.world.test:%d\r\n\r\n"
        % (WORLD.port, WORLD.port)),
    "plain_host_mismatch": lambda: plain(
        b"GET http://plain.world.test:%d/ HTTP/1.1\r\nHost: www.attacker.test\r\n\r\n"
        % WORLD.plain_port),
    "plain_ftp": lambda: plain(b"GET ftp://api.world.test/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    "plain_to_the_proxy_itself": lambda: plain(
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % PROXY.port),
    "plain_onboarding": lambda: plain(b"GET http://mitm.it/ HTTP/1.1\r\nHost: mitm.it\r\n\r\n"),
    "not_http_ssh": lambda: tunnel_then(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "not_http_binary": lambda: tunnel_then(bytes(range(0, 22)) + b"\r\n\r\n"),
    "not_http_smtp": lambda: tunnel_then(b"EHLO world\r\nMAIL FROM:<a@b>\r\n\r\n"),
    "private_bait": lambda: get("/secret", host="bait.world.test"),
    "private_metadata": lambda: get("/latest/meta-data", host="metadata.world.test"),
    "private_v6": lambda: get("/", host="v6.world.test"),
    "expired_rule": lambda: get("/", host="old.world.test"),
    "refused_upload_is_cut": big_refused_upload,
    "placeholder_in_header": lambda: with_header(
        b"X-Any: " + w.PLACEHOLDER.encode(), host="www.attacker.test"),
    "placeholder_in_same_header": lambda: with_header(
        b"x-api-key: " + w.PLACEHOLDER.encode(), host="www.attacker.test"),
    "placeholder_in_bearer": lambda: with_header(
        b"Authorization: Bearer " + w.PLACEHOLDER.encode(), host="www.attacker.test"),
    "placeholder_in_basic": lambda: with_header(
        b"Authorization: Basic " + BASIC.encode(), host="www.attacker.test"),
    "placeholder_in_cookie": lambda: with_header(
        b"Cookie: a=1; b=" + w.GIT_PLACEHOLDER.encode(), host="www.attacker.test"),
    "placeholder_in_query": lambda: get("/?k=" + w.PLACEHOLDER, host="www.attacker.test"),
    "placeholder_in_query_encoded": lambda: get(
        "/?k=" + w.PLACEHOLDER.replace("-", "%2D", 1), host="www.attacker.test"),
    "placeholder_in_path": lambda: get("/" + w.PLACEHOLDER, host="www.attacker.test"),
    "placeholder_in_hex": lambda: get(
        "/?k=" + w.PLACEHOLDER.encode().hex(), host="www.attacker.test"),
    "placeholder_backwards": lambda: get("/?k=" + w.PLACEHOLDER[::-1], host="www.attacker.test"),
    "placeholder_in_header_name": lambda: with_header(
        w.PLACEHOLDER.encode() + b": x", host="www.attacker.test"),
    "placeholder_wrong_slot_of_its_host": lambda: with_header(
        b"Authorization: Bearer " + w.PLACEHOLDER.encode()),
    "placeholder_of_another_host": lambda: with_header(b"X-Y: " + w.GIT_PLACEHOLDER.encode()),
    "placeholder_over_plain_http": lambda: plain(
        b"GET http://key.world.test:%d/?key=%s HTTP/1.1\r\nHost: key.world.test:%d\r\n\r\n"
        % (WORLD.plain_port, w.QUERY_PLACEHOLDER.encode(), WORLD.plain_port)),
    "h2_authority_other": lambda: h2({":authority": authority("www.attacker.test")}),
    "h2_authority_missing": lambda: h2({}, drop=(":authority",)),
    "h2_authority_userinfo": lambda: h2({":authority": "x@" + authority("api.world.test")}),
    "h2_host_differs": lambda: h2({}, extra=[("host", "www.attacker.test")]),
    "h2_path_other": lambda: h2({":path": "/v2/x"}),
    "h2_path_line_end": lambda: h2({":path": "/v1/x HTTP/1.1\r\nHost: evil\r\n\r\nGET /v2"}),
    "h2_path_space": lambda: h2({":path": "/v1/x HTTP/1.1"}),
    "h2_path_without_slash": lambda: h2({":path": "v1/x"}),
    "h2_path_absolute": lambda: h2({":path": "https://www.attacker.test/v1/x"}),
    "h2_method_line_end": lambda: h2({":method": "GET /v1/y HTTP/1.1\r\nX: y\r\n\r\nGET"}),
    "h2_method_space": lambda: h2({":method": "GET /v1/y"}),
    "h2_method_other": lambda: h2({":method": "DELETE"}),
    "h2_method_lower_case": lambda: h2({":method": "get"}),
    "h2_connect": lambda: h2({":method": "CONNECT"}, drop=(":scheme", ":path")),
    "h2_value_line_end": lambda: h2({}, extra=[("x-a", "b\r\nX-Smuggled: 1")]),
    "h2_value_lone_newline": lambda: h2({}, extra=[("x-a", "b\nhost: evil")]),
    "h2_value_nul": lambda: h2({}, extra=[("x-a", "b\0c")]),
    "h2_name_line_end": lambda: h2({}, extra=[("x-a\r\nhost", "evil")]),
    "h2_name_colon": lambda: h2({}, extra=[("x-a: b", "c")]),
    "h2_transfer_encoding": lambda: h2(
        {":method": "POST"}, body=b"0\r\n\r\n", extra=[("transfer-encoding", "chunked")]),
    "h2_connection_header": lambda: h2({}, extra=[("connection", "close")]),
    "h2_upgrade": lambda: h2({}, extra=[("upgrade", "websocket")]),
    "h2_length_twice": lambda: h2(
        {":method": "POST"}, body=b"hello", extra=[("content-length", "5"),
                                                   ("content-length", "5")]),
    "h2_path_twice": lambda: h2({}, extra=[(":path", "/v1/y")]),
    "h2_authority_twice": lambda: h2({}, extra=[(":authority", "www.attacker.test")]),
    "h2_method_twice": lambda: h2({}, extra=[(":method", "DELETE")]),
    "h2_pseudo_header_after_others": lambda: h2(
        {}, drop=(":path",), extra=[("x-a", "b"), (":path", "/v1/x")]),
    "h2_unknown_pseudo_header": lambda: h2({":method": "CONNECT", ":protocol": "websocket"}),
    "h2_empty_path": lambda: h2({":path": ""}),
    "h2_name_in_capitals": lambda: h2({}, extra=[("X-A", "b")]),
    "h2_authority_line_end": lambda: h2(
        {":authority": authority("api.world.test") + "\r\nx-a: b"}),
    "h2_length_and_longer_body": lambda: h2(
        {":method": "DELETE"}, body=b"hello!", extra=[("content-length", "5")]),
    "h2_scheme_line_end": lambda: h2({":scheme": "https\r\nx: y"}),
    "h2_in_the_clear": lambda: tunnel_then(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "h2_in_the_clear_to_the_proxy": lambda: plain(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "framing_folded": lambda: with_header(
        b"Transfer-Encoding:\r\n chunked", method="POST", body=b"0\r\n\r\n"),
    "framing_vertical_tab_inside": lambda: with_header(
        b"Transfer-Encoding: x\x0bchunked", method="POST", body=b"0\r\n\r\n"),
    "framing_identity": lambda: with_header(
        b"Transfer-Encoding: identity", method="POST", body=b"0\r\n\r\n"),
    "framing_chunked_identity": lambda: with_header(
        b"Transfer-Encoding: chunked, identity", method="POST", body=b"0\r\n\r\n"),
    "framing_length_list": lambda: with_header(
        b"Content-Length: 5, 5", method="POST", body=b"hello"),
    "framing_length_hex": lambda: with_header(
        b"Content-Length: 0x5", method="POST", body=b"hello"),
    "line_of_http_0_9": lambda: inside(b"GET /v1/x\r\n\r\n"),
    "line_of_http_1_2": lambda: inside(head().replace(b"HTTP/1.1", b"HTTP/1.2")),
    "line_of_http_2": lambda: inside(head().replace(b"HTTP/1.1", b"HTTP/2.0")),
    "line_with_more_words": lambda: inside(head(target="/v1/x HTTP/1.1 /v2/x")),
    "host_with_userinfo": lambda: inside(head(host="x@api.world.test")),
    "host_with_path": lambda: inside(
        b"GET /v1/x HTTP/1.1\r\nHost: %s/../v2\r\n\r\n" % authority("api.world.test").encode()),
    "absolute_form_http_in_tunnel": lambda: inside(
        head(target=f"http://api.world.test:{WORLD.port}/v1/x")),
    "authority_form_in_tunnel": lambda: inside(head(target=authority("www.attacker.test"))),
    "options_of_everything": lambda: get("*", method="OPTIONS"),
    "placeholder_in_base64": lambda: with_header(
        b"X-Any: " + base64.b64encode(b"a" + w.PLACEHOLDER.encode()), host="www.attacker.test"),
    "placeholder_in_query_base64": lambda: get(
        "/?k=" + base64.urlsafe_b64encode(w.PLACEHOLDER.encode()).decode().rstrip("="),
        host="www.attacker.test"),
    "placeholder_in_header_encoded": lambda: with_header(
        b"X-Any: " + w.PLACEHOLDER.replace("-", "%2d").encode(), host="www.attacker.test"),
    "placeholder_in_path_encoded": lambda: get(
        "/" + "".join(f"%{ord(one):02x}" for one in w.PLACEHOLDER), host="www.attacker.test"),
    "h2_placeholder": lambda: h2({}, extra=[("x-a", w.GIT_PLACEHOLDER)]),
}


class Refused(unittest.TestCase):
    def test_there_are_seventy_or_more(self):
        self.assertGreaterEqual(len(REFUSED), 70)


def _refused(name, attack):
    def test(self):
        before, lookups = WORLD.seen(), PROXY.lookups()
        try:
            answer = attack()
        except (OSError, ssl.SSLError):
            answer = b""
        self.assertNotRegex(answer[:16], rb"^HTTP/1.1 [123]", answer)
        time.sleep(0.01)
        self.assertEqual(WORLD.seen(), before, "something reached the world")
        if not name.startswith("private_"):  # an allowed name has to be asked for
            self.assertEqual(PROXY.lookups(), lookups, "the DNS was asked")
    return test


for _name, _attack in REFUSED.items():
    setattr(Refused, f"test_{_name}", _refused(_name, _attack))


class Cleaned(unittest.TestCase):
    """The request passes; what made it an attack does not."""

    def upstream(self, attack, server="upstream"):
        log = getattr(WORLD, server).requests
        before = len(log)
        self.answer = attack()
        self.assertRegex(self.answer[:16], rb"^HTTP/1.1 200", self.answer)
        self.assertEqual(len(log), before + 1)
        return log[-1]

    def names(self, record):
        return [key.lower() for key, _ in record["fields"]]

    def test_controls_pass(self):
        for attack in (lambda: get("/v1/x"), lambda: get("/v1/a/b?x=..%2f&y=/../"),
                       lambda: get("/list", host="open.world.test"),
                       lambda: get("/@types%2fnode", host="open.world.test"),
                       lambda: get("/", host="deep.sub.world.test"),
                       lambda: h2({}), lambda: h2({":method": "POST"}, body=b"hello")):
            self.upstream(attack)
        self.upstream(lambda: get("/", host="www.attacker.test"), "other")

    def test_case_of_the_host_is_one(self):
        record = self.upstream(lambda: inside(head(host="API.World.Test"), sni="API.world.TEST",
                                              connect=authority("api.WORLD.test")))
        self.assertIn((b"Host", authority("api.world.test").encode()), record["fields"])
        self.assertEqual(record["sni"], "api.world.test")

    def test_override_headers_are_dropped(self):
        lines = (b"X-HTTP-Method-Override: DELETE", b"X-HTTP-Method: DELETE",
                 b"X-Method-Override: DELETE", b"X_HTTP_Method_Override: DELETE",
                 b"X-Original-URL: /admin", b"X-Rewrite-URL: /admin", b"X-Forwarded-Host: evil",
                 b"X-Forwarded-Uri: /admin", b"X-Forwarded-Method: DELETE", b"X-Forwarded-Proto: http",
                 b"X-Original-Method: DELETE", b"X-Envoy-Original-Path: /admin",
                 b"X-Original-Forwarded-Host: evil", b"X_Forwarded_Uri: /admin", b"X-Scheme: http",
                 b"X-Host: evil", b"Forwarded: host=evil", b"X_Original_URL: /admin",
                 b"Content_Length: 5")
        for line in lines:
            record = self.upstream(lambda line=line: with_header(line))
            self.assertNotIn(line.split(b":")[0].lower(), self.names(record), line)
        record = self.upstream(lambda: with_header(b"X-Forwarded-For: 192.0.2.1"))
        self.assertIn(b"x-forwarded-for", self.names(record))

    def test_http_1_0_names_its_host_in_the_absolute_form(self):
        record = self.upstream(lambda: plain(
            b"GET http://plain.world.test:%d/v1/x HTTP/1.0\r\n\r\n" % WORLD.plain_port), "plain")
        self.assertEqual(record["line"].split(b" ")[1], b"/v1/x")
        self.assertIn((b"Host", b"plain.world.test:%d" % WORLD.plain_port), record["fields"])

    def test_encoded_dots_inside_a_segment(self):
        record = self.upstream(lambda: get("/v1/acme%2Fapp%2Ejs"))
        self.assertEqual(record["line"].split(b" ")[1], b"/v1/acme%2Fapp%2Ejs")

    def test_hop_headers_are_dropped(self):
        extra = (b"Connection: keep-alive, X-Secret-Hop\r\nX-Secret-Hop: 1\r\nKeep-Alive: 5\r\n"
                 b"Proxy-Authorization: Basic eHh4\r\nProxy-Connection: keep-alive\r\n"
                 b"TE: trailers\r\n"
                 b"Trailer: X-T\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA")
        record = self.upstream(lambda: with_header(extra))
        self.assertEqual(set(self.names(record)), {b"host", b"x-api-key", b"accept-encoding"})

    def test_the_agents_own_key_does_not_pass(self):
        for line in (b"x-api-key: sk-of-the-attacker", b"X_Api_Key: sk-of-the-attacker",
                     b"x-api-key: a\r\nX-API-KEY: b"):
            record = self.upstream(lambda line=line: with_header(line))
            keys = [value for key, value in record["fields"]
                    if key.lower().replace(b"_", b"-") == b"x-api-key"]
            self.assertEqual(keys, [w.SECRET.encode()])

    def test_injection_header(self):
        record = self.upstream(lambda: with_header(
            b"x-api-key: " + w.PLACEHOLDER.encode() + b"\r\nRange: bytes=0-1\r\n"
            b"If-Range: x\r\nAccept-Encoding: gzip"))
        self.assertIn((b"x-api-key", w.SECRET.encode()), record["fields"])
        self.assertIn((b"Accept-Encoding", b"identity"), record["fields"])
        self.assertFalse({b"range", b"if-range"} & set(self.names(record)))

    def test_injection_basic_for_git(self):
        sent = base64.b64encode(b"anyone:" + w.GIT_PLACEHOLDER.encode())
        record = self.upstream(lambda: inside(
            head("/r.git/info/refs?service=git-upload-pack", "git.world.test",
                 extra=b"Authorization: Basic " + sent + b"\r\n"), "git.world.test"))
        pair = base64.b64encode(b"x-access-token:" + w.GIT_SECRET.encode())
        self.assertIn((b"Authorization", b"Basic " + pair), record["fields"])

    def asked(self, path, value):
        extra = b"Authorization: " + value + b"\r\n" if value else b""
        return self.upstream(lambda: inside(head(path, "asked.sub.world.test", extra=extra), "asked.sub.world.test"))

    def test_a_secret_that_is_asked_for(self):
        record = self.asked("/v1/x", b"Bot placeholder-of-asked")
        self.assertIn((b"Authorization", b"Bot asked-Real.Secret/1="), record["fields"])
        for path, value in (("/v1/x", b""), ("/v1/x", b"Bot mine"), ("/v2", b"Bearer mine"), ("/v2", b"")):
            self.assertNotIn(b"authorization", self.names(self.asked(path, value)), (path, value))

    def test_injection_path(self):
        host = "bot.sub.world.test"
        for sent in ("/bot123:placeholder-of-bot/getMe?x=1", "/bot123%3Aplaceholder-of-bot/getMe?x=1"):
            record = self.upstream(lambda sent=sent: get(sent, host=host))
            self.assertEqual(record["line"].split()[1], b"/bot987:bot-Real%3BSecret%2F1/getMe?x=1")
            self.assertNotIn(b"Real", self.answer)
        self.assertEqual(self.upstream(lambda: get("/getMe", host=host))["line"].split()[1], b"/getMe")

    def test_injection_query(self):
        record = self.upstream(lambda: get(
            f"/m:gen?alt=sse&key={w.QUERY_PLACEHOLDER}&%6bey=x", host="key.world.test"))
        self.assertEqual(record["line"].split()[1], b"/m:gen?alt=sse&key=AIzaQueryKey-55_66%2677")
        self.assertNotIn(b"AIzaQueryKey", self.answer)

    def test_no_secret_over_plain_http(self):
        record = self.upstream(lambda: plain(
            b"GET http://key.world.test:%d/x HTTP/1.1\r\nHost: key.world.test:%d\r\n\r\n"
            % (WORLD.plain_port, WORLD.plain_port)), "plain")
        self.assertNotIn(b"AIza", record["line"])

    def test_no_secret_to_another_host(self):
        record = self.upstream(lambda: get("/", host="www.attacker.test"), "other")
        self.assertEqual(self.names(record), [b"host"])

    def test_only_the_public_address_of_a_mixed_name(self):
        before = WORLD.bait.connections
        self.upstream(lambda: get("/", host="mixed.world.test"))
        self.assertEqual(WORLD.bait.connections, before)

    def test_rebinding(self):
        bait = WORLD.bait.connections
        self.upstream(lambda: get("/closing", host="rebind.world.test"))
        for _ in range(3):
            answer = get("/closing", host="rebind.world.test")
            self.assertRegex(answer[:16], rb"^HTTP/1.1 403", answer)
            self.assertIn(b"the name has no public address", json.loads(answer.split(b"\r\n\r\n")[1])
                          ["error"].encode())
        self.assertEqual(WORLD.bait.connections, bait)
        self.assertTrue(any(event["verdict"] == "deny" and event["host"] == "rebind.world.test"
                            for event in PROXY.decisions()))

    def test_redirect_to_private_is_not_followed_by_us(self):
        before = WORLD.bait.connections
        answer = get("/v1/redirect")
        self.assertIn(b"302", answer[:16])
        self.assertNotIn(b" 200 ", get("/secret", host="bait.world.test")[:16])
        self.assertEqual(WORLD.bait.connections, before)

    def test_second_request_of_a_pipeline_is_decided_too(self):
        before = len(WORLD.upstream.requests)
        with w.Client(PROXY) as client:
            client.connect(authority("api.world.test"))
            client.tls("api.world.test")
            answer = client.raw(head("/v1/one") + head("/v2/two"), tail=0.5)
        self.assertIn(b"no rule allows GET", answer)
        lines = [one["line"] for one in WORLD.upstream.requests[before:]]
        self.assertEqual(lines, [b"GET /v1/one HTTP/1.1"])

    def test_kept_connection_is_decided_each_time(self):
        with w.Client(PROXY) as client:
            client.connect(authority("api.world.test"))
            client.tls("api.world.test")
            self.assertIn(b" 200 ", client.raw(head("/v1/one"))[:20])
            before = WORLD.seen()
            for request in (head("/v2/x"), head("/v1/x", method="DELETE"),
                            head("/v1/x", host="www.attacker.test")):
                self.assertIn(b" 403 ", client.raw(request)[:20])
            self.assertEqual(WORLD.seen(), before)
            self.assertIn(b" 200 ", client.raw(head("/v1/two"))[:20])

    def test_body_that_looks_like_a_request_stays_a_body(self):
        body = b"GET /v2/admin HTTP/1.1\r\nHost: api.world.test\r\n\r\n"
        record = self.upstream(lambda: with_header(
            b"Content-Length: %d" % len(body), method="POST", body=body))
        self.assertEqual(record["body"], body)

    def test_what_has_no_end_costs_no_more_than_its_size(self):
        megabytes = 4
        for start in (b"GET /v1/x HTTP/1.1\r\nX-A: ", b"GET /v1/", b""):
            try:
                inside(start + b"a" * (megabytes << 20))
            except OSError:
                pass  # closed before all of it was sent
        status = open(f"/proc/{PROXY.process.pid}/status").read()
        peak = int(status.partition("VmHWM:")[2].split()[0]) >> 10
        self.assertLess(peak, 100 + 10 * megabytes)
        self.assertIn(b" 200 ", get("/v1/x")[:20])

    def test_h2_body_without_length_stays_a_body(self):
        body = b"GET /v2/admin HTTP/1.1\r\nHost: api.world.test\r\n\r\n"
        record = self.upstream(lambda: h2({":method": "POST"}, body=body))
        self.assertEqual(record["body"], body)
        self.assertIn(b"transfer-encoding", self.names(record))

    def test_h2_trailers_are_dropped(self):
        record = self.upstream(lambda: h2({":method": "POST"}, body=b"abc",
                                          trailers=[("x-trailer", "1")]))
        self.assertNotIn(b"x-trailer", self.names(record))

    def test_h2_secret_goes_in(self):
        record = self.upstream(lambda: h2({}, extra=[("x-api-key", w.PLACEHOLDER)]))
        self.assertIn(w.SECRET.encode(), [value for _, value in record["fields"]])

    def test_second_stream_is_decided_too(self):
        for changes in ({":authority": authority("www.attacker.test")}, {":path": "/v2/x"},
                        {":authority": authority("git.world.test")}, {":method": "DELETE"}):
            before = WORLD.seen()
            answer = h2_second(changes)
            self.assertNotRegex(answer, rb"^HTTP/1.1 [123]", changes)
            after = WORLD.seen()
            self.assertLessEqual(after[0], before[0] + 1)  # the first stream's connection
            self.assertEqual(after[1:], before[1:], changes)
        self.assertRegex(h2_second({":path": "/v1/y"}), rb"^HTTP/1.1 200")

    def test_trailers_of_chunks_are_dropped(self):
        record = self.upstream(lambda: with_header(
            b"Transfer-Encoding: chunked\r\nTrailer: X-Late", method="POST",
            body=b"3\r\nabc\r\n0\r\n\r\n"))
        self.assertEqual(record["body"], b"abc")
        self.assertNotIn(b"trailer", self.names(record))

    def test_refusal_names_the_missing_rule(self):
        answer = get("/v1/x", method="DELETE")
        body = json.loads(answer.partition(b"\r\n\r\n")[2])
        self.assertEqual(body, {
            "error": f"agent-sandbox: no rule allows DELETE {authority('api.world.test')}/v1/x",
            "missing": {"host": "api.world.test", "methods": ["DELETE"], "paths": ["/v1/x"],
                        "ports": [WORLD.port]}})

    def test_refusal_is_plain_text_unless_json_is_asked_for(self):
        for asked, given in ((b"", b"text/plain; charset=utf-8"),
                             (b"Accept: application/json\r\n", b"application/json"),
                             (b"Accept: */*\r\nAccept: application/json\r\n", b"application/json")):
            answer = inside(head("/v1/x", method="DELETE", extra=asked))
            self.assertIn(b"content-type: " + given, answer.lower())


class Answers(unittest.TestCase):
    def assert_no_secret(self, text: bytes):
        key = w.SECRET.encode()
        for form in (key, key[::-1], key.hex().encode(), base64.b64encode(key)[:-4],
                     base64.b64encode(b"x" + key)[3:-4], base64.b64encode(b"xy" + key)[4:-4],
                     key.replace(b"/", b"\\/")):
            self.assertNotIn(form, text)

    def test_echoed_secret_is_blotted_out(self):
        answer = get("/v1/echo")
        body = b""
        rest = answer.partition(b"\r\n\r\n")[2]
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            body += rest[:int(size, 16)]
            rest = rest[int(size, 16) + 2:]
        self.assertIn(b"GET /v1/echo", body)
        self.assertGreater(body.count(b"*"), 100)
        self.assert_no_secret(answer.partition(b"\r\n\r\n")[0] + body)

    def test_reason_phrase(self):
        self.assert_no_secret(get("/v1/reason"))

    def test_error_page_of_a_broken_answer(self):
        answer = get("/v1/broken")
        if w.NATIVE:  # its error quotes nothing
            self.assertRegex(answer[:16], rb"^HTTP/1.1 502")
            self.assert_no_secret(answer)
        else:
            self.assertEqual(answer, b"")

    def test_compressed_answer_is_refused(self):
        answer = get("/v1/squeezed")
        self.assertRegex(answer[:16], rb"^HTTP/1.1 502")
        self.assertIn(b"compressed", answer)
        self.assertIn(b"content-type: text/plain", answer.lower())

    def test_upgrade_that_nobody_asked_for(self):
        answer = get("/v1/unasked")
        self.assertRegex(answer, rb"^HTTP/1.1 502" if w.NATIVE else rb"\A\Z")

    def test_what_is_behind_a_refused_connect_is_dropped(self):
        body_behind_connect()
        get("/v1/x")
        self.assertNotIn("connection", [one.get("hook") for one in PROXY.events()])

    def test_log_holds_no_secret_and_no_query(self):
        get("/v1/x?token=in-the-query")
        text = PROXY.log_text()
        for secret in (w.SECRET, w.GIT_SECRET, w.QUERY_SECRET, "in-the-query", "mitmproxy has"):
            self.assertNotIn(secret, text)
        self.assertFalse([one for one in PROXY.events() if one["event"] == "error"])


if __name__ == "__main__":
    unittest.main()
