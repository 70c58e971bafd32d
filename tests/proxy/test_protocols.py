"""What HTTP, TLS and WebSocket allow and mitmproxy 8 to 12 leave open: each with a real server."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import ssl
import struct
import time
import unittest

import http2
import test_live as live
import world as w
import world_http2
from test_live import WebSocket, ask, h2_request, request, status, tunnel

WORLD: w.World
GRPC: world_http2.Http2Server


def setUpModule() -> None:
    global WORLD, GRPC
    WORLD = live.WORLD = w.World()
    WORLD.names["ws.world.test"] = WORLD.names["wants.world.test"] = [w.UPSTREAM]
    GRPC = world_http2.Http2Server(w.UPSTREAM, str(WORLD.folder / "leaf.pem"),
                                   str(WORLD.folder / "leaf.key"))
    w.ROUTES.update({b"/v1/trailers": trailers, b"/v1/hints": hints, b"/v1/wants": wants,
                     b"/ws/control": control, b"/v1/headless": headless})


def tearDownModule() -> None:
    GRPC.close()
    WORLD.close()


def trailers(connection, record, lower) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\n"
                       b"5\r\nhello\r\n0\r\nX-Late: yes\r\n\r\n")
    return True


def hints(connection, record, lower) -> bool:
    connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n")
    time.sleep(0.1)
    connection.sendall(b"\r\n")
    w.send(connection, b"200 OK", [], b"hello")
    return True


def headless(connection, record, lower) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(400):
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
    time.sleep(5)
    return False


def wants(connection, record, lower) -> bool:
    """A fatal alert, as of a server that wants a certificate, and then nothing at all."""
    raw = connection.detach()
    import socket
    with socket.socket(fileno=raw) as plain:
        plain.sendall(b"\x15\x03\x03\x00\x02\x02\x74")
        time.sleep(8)
    return False


def control(connection, record, lower) -> bool:
    """The secret in a ping, a pong and the reason of a close."""
    import base64
    import hashlib
    magic = lower[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(magic).digest())
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept)
    text = lower[b"x-api-key"]
    for opcode, payload in ((9, text), (10, text), (8, struct.pack(">H", 1000) + text)):
        connection.sendall(bytes([0x80 | opcode, len(payload)]) + payload)
    time.sleep(0.5)
    return False


def rules() -> list[dict]:
    ports = [WORLD.port, GRPC.port]
    return [w.rule("api.world.test", methods=["GET", "POST"], paths=["/v1/**"], ports=ports),
            w.rule("plain.world.test", scheme="http", ports=[WORLD.plain_port]),
            w.rule("wants.world.test", ports=ports),
            w.rule("ws.world.test", ports=ports, paths=["/ws/**"], websocket=True)]


def unchunked(answer):
    """The content of a chunked answer without trailers (RFC 9112, 7.1)."""
    _, rest = answer.split(b"\r\n\r\n", 1)
    content = b""
    while True:
        size, rest = rest.split(b"\r\n", 1)
        if int(size, 16) == 0:
            return content if rest == b"\r\n" else rest
        content, rest = content + rest[:int(size, 16)], rest[int(size, 16) + 2:]


class Protocols(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.policy = w.policy(rules(), live.credentials())
        cls.proxy = w.Proxy(WORLD, cls.policy, cls.__name__, live.SECRETS)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def spoken(self, port: int | None = None) -> http2.Spoken:
        client = w.Client(self.proxy)
        self.addCleanup(client.socket.close)
        client.connect(f"api.world.test:{port or WORLD.port}")
        self.assertEqual(client.tls("api.world.test", ["grpc-exp", "h2"]), "h2")
        return http2.Spoken(client)

    def test_a_refused_connect_says_why(self):
        for authority in "11.1.1.4:443", "api.world.test.:443", "single:443", "api.world.test:9":
            with self.subTest(authority), w.Client(self.proxy) as client:
                answer = client.connect(authority)
                self.assertEqual(status(answer), "403")
                self.assertIn(b'"error": "agent-sandbox: ', answer)
                if b"connection: close" not in answer.lower():
                    self.assertEqual(status(client.connect(f"api.world.test:{WORLD.port}")), "200")

    def test_a_refused_head_has_no_body(self):
        """What reads the answer of the next request would read it as that."""
        with tunnel(self.proxy) as client:
            first = client.raw(request("/v9", method="HEAD") + request("/closing")).partition(b"\r\n\r\n")
            self.assertEqual(status(first[0]), "403")
            self.assertRegex(first[0], rb"(?i)content-length: [1-9]")
            self.assertEqual(status(first[2] or client.read()), "403")

    def test_a_request_to_the_proxy_is_in_the_absolute_form(self):
        place = f"plain.world.test:{WORLD.plain_port}"
        before = WORLD.seen()
        with w.Client(self.proxy) as client:
            answer = client.raw(f"GET /a HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        self.assertEqual(status(answer), "403")
        self.assertIn(b"in the absolute form", answer)
        self.assertEqual(WORLD.seen(), before)

    def test_other_upgrades_are_refused_readably(self):
        answer = ask(self.proxy, extra="Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n")
        self.assertEqual(status(answer), "403")
        self.assertIn(b"only websocket", answer)
        offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
        self.assertEqual(status(ask(self.proxy, extra=offer)), "200")

    def test_http_1_0_names_the_host_in_its_absolute_form(self):
        place = f"plain.world.test:{WORLD.plain_port}"
        with w.Client(self.proxy) as client:
            answer = client.raw(f"GET http://{place}/a HTTP/1.0\r\n\r\n".encode())
        self.assertEqual(status(answer), "200")
        self.assertEqual(dict(WORLD.plain.requests[-1]["fields"])[b"Host"], place.encode())
        for head in f"GET http://{place}/a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n":
            with w.Client(self.proxy) as client:
                self.assertIn(status(client.raw(head.encode())), ("400", "403"), head)

    def test_trailers_of_an_answer(self):
        for path in "/v1/trailers", "/v1/x", "/v1/trailers":
            with tunnel(self.proxy) as client:
                answer = client.raw(request(path))
                self.assertEqual(status(answer), "200")
                late = w.NATIVE and path != "/v1/x"  # mitmproxy has none in HTTP/1
                self.assertEqual(answer.endswith(b"0\r\nX-Late: yes\r\n\r\n"), late)
                if path != "/v1/x":
                    self.assertEqual(unchunked(answer.replace(b"X-Late: yes\r\n", b"")), b"hello")
                self.assertEqual(status(client.raw(request())), "200")
        spoken = self.spoken()
        self.assertEqual(spoken.ask(h2_request("/v1/trailers")), ("200", b"hello"))
        self.assertEqual(spoken.trailers, [("x-late", "yes")] if w.NATIVE else None)

    def test_trailers_of_a_request(self):
        with tunnel(self.proxy) as client:
            answer = client.raw(request(method="POST", extra="Transfer-Encoding: chunked\r\n")
                                + b"5\r\nhello\r\n0\r\nX-Late: yes\r\n\r\n")
            self.assertEqual(status(answer), "200")
            self.assertEqual(WORLD.upstream.requests[-1]["body"], b"hello")
            self.assertEqual(status(client.raw(request())), "200")

    def test_interim_answers(self):
        with tunnel(self.proxy) as client:
            for _ in range(2):
                answer = client.raw(request("/v1/hints"))
                if w.NATIVE:  # mitmproxy drops them
                    self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", answer), [b"103", b"102", b"200"])
                else:
                    self.assertEqual(status(answer), "200")
                self.assertTrue(answer.endswith(b"hello"), answer)

    def test_heads_without_end(self):
        with tunnel(self.proxy) as client:
            client.socket.settimeout(20)
            with self.assertRaises((OSError, AssertionError)):
                client.socket.sendall(b"GET /v1/x HTTP/1.1\r\n" + b"X: " + b"y" * 600_000)
                self.assertEqual(status(client.read()), "200")
        with tunnel(self.proxy) as client:
            answer = client.raw(request("/v1/headless"))
            self.assertIn(status(answer), ("502", "closed"))
            self.assertLess(len(answer), 10000)

    def test_upload_of_unknown_length_streams(self):
        for port, requests in (WORLD.port, WORLD.upstream.requests), (GRPC.port, GRPC.requests):
            spoken = self.spoken(port)
            connection, socket = spoken.connection, spoken.client.socket
            spoken.stream = 1
            before = len(requests)
            fields = [(":method", "POST"), (":scheme", "https"), (":path", "/v1/x"),
                      (":authority", f"api.world.test:{port}")]
            connection.send_headers(1, fields)
            connection.send_data(1, b"x" * 16000)
            socket.sendall(connection.data_to_send())
            self.assertTrue(self.proxy.wait_for(lambda: len(requests) > before), port)
            connection.send_data(1, b"y" * 16000, end_stream=True)
            code, text = spoken.answer()
            self.assertEqual(code, "200")
            record = requests[-1]
            self.assertEqual(record.get("seen", len(record.get("body", b""))), 32000)
            # A second one on the same connection, and one without a body, are as they were.
            self.assertEqual(spoken.ask(fields, b"z" * 10)[0], "200")
            self.assertEqual(spoken.ask([(":method", "GET"), *fields[1:]])[0], "200")
            self.assertNotIn(b"transfer-encoding",
                             [key for key, _ in requests[-1]["fields"]] if port == WORLD.port else ())

    def test_grpc(self):
        spoken = self.spoken(GRPC.port)
        place = (":authority", f"api.world.test:{GRPC.port}")
        fields = [(":method", "POST"), (":scheme", "https"), (":path", "/v1/call"), place,
                  ("te", "trailers"), ("content-type", "application/grpc")]
        self.assertEqual(spoken.ask(fields, b"\0\0\0\0\0"), ("200", b"5"))
        self.assertEqual(spoken.trailers, [("grpc-status", "0")])
        self.assertEqual(GRPC.requests[-1]["fields"]["te"], "trailers")
        self.assertEqual(GRPC.requests[-1]["alpn"], "h2")
        fields[2] = (":path", "/v1/refused")
        spoken.trailers = None
        self.assertEqual(spoken.ask(fields, b"\0\0\0\0\0"), ("200", b""))
        self.assertEqual((spoken.trailers, spoken.pieces), (None, 0))

    def test_a_fatal_alert_ends_the_wait(self):
        begun = time.monotonic()
        with tunnel(self.proxy, "wants.world.test") as client:
            self.assertEqual(status(client.raw(request("/v1/wants", "wants.world.test"))), "502")
        self.assertLess(time.monotonic() - begun, 6)

    def test_control_frames_hold_no_secret(self):
        with tunnel(self.proxy, "ws.world.test") as client:
            answer = client.raw(request("/ws/control", "ws.world.test", extra=WebSocket.HANDSHAKE),
                                tail=1.5)
        self.assertEqual(status(answer), "101")
        self.assertNotIn(w.GIT_SECRET.encode(), answer)
        self.assertEqual(answer.count(b"*" * len(w.GIT_SECRET)), 3)

    def test_the_body_of_a_refused_request_costs_no_memory(self):
        def resident() -> int:
            text = pathlib.Path(f"/proc/{self.proxy.process.pid}/status").read_text()
            return int(re.search(r"VmHWM:\s+([0-9]+)", text)[1])

        before = resident()
        with tunnel(self.proxy, timeout=60) as client:
            piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            client.socket.sendall(request("/v9", method="POST",
                                          extra="Transfer-Encoding: chunked\r\n"))
            for _ in range(640):
                client.socket.sendall(piece)
            answer = client.raw(b"0\r\n\r\n")
            self.assertEqual(status(answer), "403")
            self.assertIn(b'"missing"', answer)
        # A sanitizer keeps what was freed, and an emulator has memory of its own.
        elsewhere = {"ENGINE_PROGRAM", "EMULATED"} & set(os.environ)
        self.assertLess(resident() - before, 200_000 if elsewhere else 20_000)

    def test_resets_without_end(self):
        spoken = self.spoken()
        connection, data = spoken.connection, b""
        for number in range(400):
            stream = 2 * number + 1
            connection.send_headers(stream, h2_request("/v9"), end_stream=True)
            connection.reset_stream(stream, 8)
        client = spoken.client
        client.socket.sendall(connection.data_to_send())
        try:
            while piece := client.socket.recv(65536):
                data += piece
        except OSError:
            pass
        # GOAWAY (7) with ENHANCE_YOUR_CALM (11)
        self.assertRegex(data, rb"(?s)\x07\x00\x00\x00\x00\x00....\x00\x00\x00\x0b")
        self.assertEqual(status(ask(self.proxy)), "200")


class Certificates(unittest.TestCase):
    def test_strict_clients_take_them(self):
        proxy = w.Proxy(WORLD, w.policy(rules(), live.credentials()), "strict", live.SECRETS)
        self.addCleanup(proxy.close)
        context = ssl.create_default_context(cafile=proxy.ca)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        with w.Client(proxy) as client:
            client.connect(f"api.world.test:{WORLD.port}")
            with context.wrap_socket(client.socket, server_hostname="api.world.test") as tls:
                self.assertEqual(tls.getpeercert()["issuer"][0], (("commonName", "agent-sandbox demo"),))

    @w.of_mitmproxy
    def test_a_ca_of_mitmproxy_is_replaced_once(self):
        from mitmproxy import certs

        conf = WORLD.folder / "confdir"
        certs.CertStore.create_store(conf, "mitmproxy", 2048)
        made = conf / "mitmproxy-ca-cert.pem"
        texts = [made.read_text()]
        for turn in range(2):
            proxy = w.Proxy(WORLD, w.policy(rules(), []), f"turn-{turn}", {},
                            confdir=conf)
            self.assertEqual(status(ask(proxy, "/v9")), "403")
            proxy.close()
            texts.append(made.read_text())
            self.assertEqual((conf / "agent-sandbox-ca.pem").read_text(), texts[-1])
        self.assertNotEqual(texts[0], texts[1])
        self.assertEqual(texts[1], texts[2])


@w.of_mitmproxy
class Broken(unittest.TestCase):
    def test_an_add_on_that_does_not_load_stops_the_proxy(self):
        """mitmproxy itself would go on, and let everything pass."""
        for name, text in ("engine.py", "raise ValueError"), ("engine.py", "pass"), (
                "policy.py", "import no_such_module"):
            folder = WORLD.folder / f"broken-{name}-{len(text)}"
            shutil.copytree(w.MODULES, folder)
            (folder / name).write_text(text + "\n")
            proxy = w.Proxy(WORLD, w.policy([], []), f"x{len(text)}", {}, wait=False,
                            script=folder / "addon.py")
            self.addCleanup(proxy.close)
            self.assertEqual(proxy.process.wait(40), 1, text)


if __name__ == "__main__":
    unittest.main()
