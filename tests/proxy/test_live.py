"""A real mitmdump over time: streaming, reload, rotation, audit, WebSocket, start, failures."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import unittest

import http2
import world as w

WORLD: w.World


def setUpModule() -> None:
    global WORLD
    WORLD = w.World()
    WORLD.names["ws.world.test"] = WORLD.names["fresh.world.test"] = [w.UPSTREAM]


def tearDownModule() -> None:
    WORLD.close()


def request(path="/v1/x", host="api.world.test", method="GET", extra="", port=None) -> bytes:
    place = f"{host}:{port or WORLD.port}"
    return f"{method} {path} HTTP/1.1\r\nHost: {place}\r\n{extra}\r\n".encode()


def tunnel(proxy: w.Proxy, host="api.world.test", timeout=20.0) -> w.Client:
    client = w.Client(proxy, timeout)
    client.connect(f"{host}:{WORLD.port}")
    client.tls(host)
    return client


def ask(proxy: w.Proxy, path="/v1/x", host="api.world.test", **more) -> bytes:
    with tunnel(proxy, host) as client:
        return client.raw(request(path, host, **more))


def h2_request(path="/v1/x", host="api.world.test", method="GET") -> list[tuple[str, str]]:
    return [(":method", method), (":scheme", "https"), (":path", path),
            (":authority", f"{host}:{WORLD.port}")]


def status(answer: bytes) -> str:
    return answer[9:12].decode() if answer else "closed"


def rules(**changes) -> list[dict]:
    ports = [WORLD.port]
    return [w.rule("api.world.test", methods=["GET", "POST"], paths=["/v1/**"], ports=ports,
                   **changes),
            w.rule("www.attacker.test", ports=ports),
            w.rule("ws.world.test", ports=ports, paths=["/ws"], websocket=True)]


def credentials() -> list[dict]:
    return [w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER),
            w.credential("ws", "ws.world.test", {"header": "x-api-key"}, w.GIT_PLACEHOLDER)]


SECRETS = {"api": w.SECRET, "ws": w.GIT_SECRET}


class Live(unittest.TestCase):
    enforcement = "enforce"

    @classmethod
    def setUpClass(cls) -> None:
        cls.policy = w.policy(rules(), credentials(), cls.enforcement)
        cls.proxy = w.Proxy(WORLD, cls.policy, cls.__name__, SECRETS)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def key_upstream(self) -> bytes | None:
        fields = dict(WORLD.upstream.requests[-1]["fields"])
        return fields.get(b"x-api-key")


class Streaming(Live):
    def events(self, host: str, path: str) -> list[float]:
        """How long each event took from the server's send to our eyes."""
        delays, text = [], b""
        with tunnel(self.proxy, host) as client:
            client.socket.sendall(request(path, host))
            while b"0\r\n\r\n" not in text[-8:]:
                text += client.socket.recv(65536)
                now = time.monotonic()
                while b"}\n\n" in text:
                    event, _, text = text.partition(b"}\n\n")
                    delays.append(now - float(event.rsplit(b": ", 1)[1]))
        return delays

    def test_events_arrive_as_they_are_sent_redacted(self):
        delays = self.events("api.world.test", "/v1/sse")
        self.assertEqual(len(delays), 6)
        self.assertLess(max(delays), 0.1, delays)

    def test_events_arrive_as_they_are_sent_unredacted(self):
        delays = self.events("www.attacker.test", "/v1/sse")
        self.assertEqual(len(delays), 6)
        self.assertLess(max(delays), 0.1, delays)

    def test_upload_is_not_buffered(self):
        with tunnel(self.proxy) as client:
            size = 4 * 1024 * 1024
            client.socket.sendall(request("/v1/upload", method="POST",
                                          extra=f"Content-Length: {size}\r\n"))
            client.socket.sendall(b"x" * 65536)
            self.assertTrue(self.proxy.wait_for(
                lambda: "first" in WORLD.upstream.requests[-1], 3), "nothing came before the end")
            client.socket.sendall(b"x" * (size - 65536))
            answer = client.read()
        self.assertEqual(WORLD.upstream.requests[-1]["seen"], size)
        self.assertIn(b"%d" % size, answer)

    def test_chunked_upload(self):
        with tunnel(self.proxy) as client:
            client.socket.sendall(request("/v1/x", method="POST",
                                          extra="Transfer-Encoding: chunked\r\n"))
            client.socket.sendall(b"5\r\nhello\r\n")
            time.sleep(0.1)
            answer = client.raw(b"6\r\n world\r\n0\r\n\r\n")
        self.assertEqual(status(answer), "200")
        self.assertEqual(WORLD.upstream.requests[-1]["body"], b"hello world")

    def test_expect_continue(self):
        with tunnel(self.proxy) as client:
            extra = "Content-Length: 5\r\nExpect: 100-continue\r\n"
            client.socket.sendall(request("/v1/x", method="POST", extra=extra))
            self.assertIn(b"100", client.socket.recv(100)[:16])
            self.assertEqual(status(client.raw(b"hello")), "200")
        self.assertEqual(WORLD.upstream.requests[-1]["body"], b"hello")

    def test_refusal_after_a_body(self):
        with tunnel(self.proxy) as client:
            answer = client.raw(request("/v2", method="POST", extra="Content-Length: 5\r\n")
                                + b"hello")
            self.assertEqual(status(answer), "403")
            self.assertEqual(status(client.raw(request())), "200")

    def test_many_at_once(self):
        found = []
        threads = [threading.Thread(target=lambda: found.append(status(ask(self.proxy))))
                   for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, ["200"] * 20)


class WebSocket(Live):
    HANDSHAKE = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")

    def test_where_a_rule_says_so(self):
        with tunnel(self.proxy, "ws.world.test") as client:
            answer = client.raw(request("/ws", "ws.world.test", extra=self.HANDSHAKE), tail=0.4)
            self.assertEqual(status(answer), "101")
            self.assertIn(b"hello ", answer)
            self.assertNotIn(w.GIT_SECRET.encode(), answer)
            self.assertIn(b"*" * len(w.GIT_SECRET), answer)
            client.socket.sendall(b"\x81\x85\0\0\0\0agent")
            record = WORLD.upstream.requests[-1]
            self.assertTrue(self.proxy.wait_for(lambda: record["body"] == b"agent", 3))
        self.assertIn((b"x-api-key", w.GIT_SECRET.encode()), record["fields"])

    def test_not_where_the_rule_does_not(self):
        before = WORLD.seen()
        for host, path in (("api.world.test", "/v1/ws"), ("www.attacker.test", "/ws")):
            answer = ask(self.proxy, path, host, extra=self.HANDSHAKE)
            self.assertEqual(status(answer), "403")
            self.assertIn(b'"websocket": true', answer)
        self.assertEqual(WORLD.seen(), before)


class Reload(Live):
    def test_policy(self):
        self.assertEqual(status(ask(self.proxy, "/v3/x")), "403")
        wider = w.policy(rules() + [w.rule("api.world.test", paths=["/v3/*"],
                                           ports=[WORLD.port])], credentials())
        self.proxy.write_policy(wider)
        self.assertEqual(status(ask(self.proxy, "/v3/x")), "200")
        for text in ("{", "[]", json.dumps({"format": 2}), '{"format": 1, "rules": 3}'):
            self.proxy.write_policy_text(text)
            self.assertEqual(status(ask(self.proxy, "/v3/x")), "200", text)
            self.assertEqual(status(ask(self.proxy, "/v4/x")), "403", text)
        self.proxy.policy_path.unlink()
        self.assertEqual(status(ask(self.proxy, "/v3/x")), "200")
        kept = [one for one in self.proxy.events() if one["event"] == "policy-kept"]
        self.assertEqual(len(kept), 5, kept)
        self.proxy.write_policy(w.policy(rules(expires="2020-01-01"), credentials()))
        answer = ask(self.proxy)
        self.assertEqual(status(answer), "403")
        self.assertIn(b"expired on 2020-01-01", answer)
        self.proxy.write_policy(self.policy)

    def test_change_is_taken_up_without_a_request(self):
        loaded = lambda: len([1 for one in self.proxy.events() if one["event"] == "policy-loaded"])
        before = loaded()
        self.proxy.write_policy(self.policy)
        self.assertTrue(self.proxy.wait_for(lambda: loaded() == before + 1, 4))
        self.proxy.hang_up()
        self.assertTrue(self.proxy.wait_for(lambda: loaded() == before + 2, 4))

    def test_open_connection_meets_the_new_policy(self):
        with tunnel(self.proxy) as client:
            self.assertEqual(status(client.raw(request())), "200")
            self.proxy.write_policy(w.policy([], []))
            self.assertEqual(status(client.raw(request())), "403")
            self.proxy.write_policy(self.policy)
            self.assertEqual(status(client.raw(request())), "200")

    def test_kept_connections_outlive_another_generation(self):
        """Its add-on has a newer time, or is not there for a moment."""
        folder = WORLD.folder / "script"
        folder.mkdir()
        script = pathlib.Path(shutil.copy(w.HERE / "world_addon.py", folder))
        proxy = w.Proxy(WORLD, self.policy, "generations", SECRETS, script=script)
        self.addCleanup(proxy.close)
        with tunnel(proxy) as client, tunnel(proxy, "ws.world.test") as socket, \
                w.Client(proxy) as second:
            second.connect(f"api.world.test:{WORLD.port}")
            second.tls("api.world.test", ["h2"])
            spoken = http2.Spoken(second)
            self.assertEqual(status(client.raw(request())), "200")
            self.assertEqual(spoken.ask(h2_request())[0], "200")
            socket.raw(request("/ws", "ws.world.test", extra=WebSocket.HANDSHAKE), tail=0.4)
            record = WORLD.upstream.requests[-1]
            for change in (lambda: os.utime(script, (2e9, 2e9)), script.unlink):
                change()
                time.sleep(2.2)
                self.assertEqual(status(client.raw(request())), "200")
                self.assertEqual(spoken.ask(h2_request())[0], "200")
                self.assertEqual(status(client.raw(request("/v9"))), "403")
                socket.socket.sendall(b"\x81\x85\0\0\0\0agent")
            self.assertTrue(proxy.wait_for(lambda: record["body"] == b"agentagent", 3))

    def test_systemd_is_told_which_policy_is_live(self):
        digest = lambda: hashlib.sha256(self.proxy.policy_path.read_bytes()).hexdigest()
        good = digest()
        self.proxy.statuses()
        self.proxy.hang_up()
        self.assertTrue(self.proxy.wait_for(lambda: [f"STATUS=policy {good}"] == self.proxy.statuses()))
        for text in "{", json.dumps({"format": 2}), "[" * 100000:
            self.proxy.write_policy_text(text)
            told = f"STATUS=policy {good}; refused {digest()}"
            self.assertTrue(self.proxy.wait_for(lambda: told in self.proxy.statuses()), text[:9])
        self.proxy.write_policy(self.policy)
        self.assertTrue(self.proxy.wait_for(lambda: f"STATUS=policy {digest()}" in self.proxy.statuses()))

    def test_without_systemd_a_file_says_so(self):
        proxy = w.Proxy(WORLD, self.policy, "alone", SECRETS, wait=False,
                        environment={"NOTIFY_SOCKET": ""})
        self.addCleanup(proxy.close)
        told = proxy.folder / "conf" / "policy-loaded"
        digest = hashlib.sha256(proxy.policy_path.read_bytes()).hexdigest()
        self.assertTrue(proxy.wait_for(told.exists, 60))
        self.assertEqual(told.read_text(), f"policy {digest}\n")

    def test_open_connection_outlives_no_rule(self):
        day = self.proxy.folder / "today"
        self.proxy.write_policy(w.policy(rules(expires="2030-06-30"), credentials()))
        with tunnel(self.proxy) as client:
            day.write_text("2030-06-30")
            self.assertEqual(status(client.raw(request())), "200")
            before = WORLD.seen()
            day.write_text("2030-07-01")
            answer = client.raw(request())
            self.assertEqual(status(answer), "403")
            self.assertIn(b"expired on 2030-06-30", answer)
            self.assertEqual(WORLD.seen(), before)
        day.unlink()
        self.proxy.write_policy(self.policy)

    def test_rotation(self):
        ask(self.proxy)
        self.assertEqual(self.key_upstream(), w.SECRET.encode())
        path = self.proxy.secret_path("api")
        path.write_text("sk-rotated-secret-12345\n")
        answer = ask(self.proxy, "/v1/echo")
        self.assertEqual(self.key_upstream(), b"sk-rotated-secret-12345")
        self.assertNotIn(b"sk-rotated", answer)
        for bad in ("", "short\n", "two\nlines-of-text\n", "with space inside\n"):
            path.write_text(bad)
            self.assertEqual(status(ask(self.proxy)), "200", bad)
            self.assertEqual(self.key_upstream(), b"sk-rotated-secret-12345")
        path.unlink()
        self.assertEqual(status(ask(self.proxy)), "200")
        self.assertEqual(self.key_upstream(), b"sk-rotated-secret-12345")
        kept = [one for one in self.proxy.events() if one["event"] == "credential-kept"]
        self.assertEqual(len(kept), 5, kept)
        path.write_text(w.SECRET)
        self.assertEqual(status(ask(self.proxy)), "200")
        self.assertEqual(self.key_upstream(), w.SECRET.encode())


class Journal(Live):
    """What the agent does must not push decisions out of the log, nor blur them."""

    def test_every_text_is_bounded(self):
        for character in '"', "%C3%A4", "a/", ";":
            path = "/v9/" + character * (32000 // len(character))
            self.assertEqual(status(ask(self.proxy, path)), "403")
            last = self.proxy.log_text().splitlines()[-1]
            self.assertLess(len(last), 16384, character)
            self.assertEqual(json.loads(last)["verdict"], "deny")

    def test_a_flood_of_refusals_is_counted(self):
        proxy = w.Proxy(WORLD, self.policy, "flood", SECRETS)
        self.addCleanup(proxy.close)
        sent = 1300
        with tunnel(proxy, timeout=60) as client:
            client.socket.sendall(request("/v9") * sent + request("/v1/x"))
            answers = b""
            while b"HTTP/1.1 200" not in answers:
                answers += client.socket.recv(65536)
            self.assertEqual(answers.count(b"HTTP/1.1 403"), sent)
        untold = lambda: [one for one in proxy.events() if one["event"] == "refusals-untold"]
        told = lambda: [one for one in proxy.decisions() if one["verdict"] == "deny"]
        counted = lambda: len(told()) + sum(one["count"] for one in untold())
        self.assertTrue(proxy.wait_for(lambda: counted() == sent, 14), counted())
        self.assertLess(len(told()), sent - 100)  # the rest is for a slow machine
        self.assertEqual(untold()[0]["hosts"], ["api.world.test"])
        self.assertEqual(proxy.decisions()[-1]["verdict"], "allow")

    @w.of_mitmproxy
    def test_a_connection_whose_handler_raises_ends(self):
        with tunnel(self.proxy) as client:
            (self.proxy.folder / "break").write_text("raise:read_headers")
            for _ in range(20):
                try:
                    client.socket.sendall(request())
                except OSError:
                    break
                time.sleep(0.05)
            client.socket.settimeout(3)
            self.assertEqual(client.read(), b"")
        (self.proxy.folder / "break").unlink()
        time.sleep(0.2)
        self.assertLessEqual(self.proxy.log_text().count("mitmproxy has crashed!"), 2)
        self.assertIn("connection", [one.get("hook") for one in self.proxy.events()])
        self.assertEqual(status(ask(self.proxy)), "200")

    @w.of_mitmproxy
    def test_nothing_else_is_on_the_lines_of_decisions(self):
        (self.proxy.folder / "break").write_text("raise:read_headers")
        for _ in range(60):
            with w.Client(self.proxy) as client:
                client.connect("api.world.test:443")
        (self.proxy.folder / "break").unlink()
        self.assertEqual(status(ask(self.proxy)), "200")
        ours = '{"time"'
        # Before it loads the add-on mitmproxy reads its CA, which newer libraries warn about: nothing
        # that the agent can cause.
        lines = list(itertools.dropwhile(lambda line: not line.startswith(ours),
                                         self.proxy.log_text().splitlines()))
        others = [line for line in lines if not line.startswith(ours)]
        self.assertEqual(others, [])
        told = [line for line in lines if '"event": "diagnostic"' in line]
        self.assertTrue(told)
        self.assertLess(sum(map(len, told)), 400_000)


class NoAnswer(Live):
    """Whatever keeps a server from answering, the client reads why, in one form."""

    enforcement = "audit"  # so that any name is asked for

    def said(self, host, port=None, path="/x") -> tuple[str, str]:
        found = []
        with tunnel(self.proxy, host) as client:
            answer = client.raw(request(path, host))
            found.append((status(answer), answer.partition(b"\r\n\r\n")[2]))
            self.assertIn(b"content-type: text/plain", answer.lower())
        with w.Client(self.proxy) as client:
            client.connect(f"{host}:{WORLD.port}")
            self.assertEqual(client.tls(host, ["h2"]), "h2")
            found.append(http2.ask(client, {":method": "GET", ":scheme": "https", ":path": path,
                                            ":authority": f"{host}:{WORLD.port}"}.items()))
        self.assertEqual(found[0], found[1])
        error = json.loads(found[0][1])["error"]
        self.assertTrue(error.startswith("agent-sandbox: "), error)
        return found[0][0], error

    def test_names(self):
        before = WORLD.seen()
        for host in ("bait.world.test", "v6.world.test", "metadata.world.test"):
            code, error = self.said(host)
            self.assertEqual(code, "403")
            self.assertIn("no public address", error)
            line = self.proxy.decisions()[-1]
            self.assertEqual((line["verdict"], line["host"], line["path"]), ("deny", host, "/x"))
        code, error = self.said("unknown.world.test")
        self.assertEqual(code, "502")
        self.assertRegex(error, "no such name in the test world|Name or service not known")
        self.assertEqual(WORLD.seen(), before)

    def test_names_that_are_never_public(self):
        looked = self.proxy.lookups()
        for host in ("artifacts.corp.internal", "nas.home.arpa", "printer.local", "x.onion",
                     "y.invalid", "a.localhost", "svc.default.svc.cluster.local", "nas.lan", "x.corp"):
            code, error = self.said(host)
            self.assertEqual(code, "403")
            self.assertIn("has a public address", error)
        self.assertEqual(self.proxy.lookups(), looked)
        self.assertEqual(self.proxy.decisions()[-1]["verdict"], "deny")

    def test_certificates_and_ports(self):
        self.assertIn("ertificate verify failed", self.said("a.b.c.world.test")[1])
        plain = f"http://plain.world.test:{w.free_port()}/x"
        with w.Client(self.proxy) as client:
            answer = client.raw(f"GET {plain} HTTP/1.1\r\nHost: {plain.split('/')[2]}\r\n\r\n".encode())
        self.assertEqual(status(answer), "502")
        self.assertIn("no answer came from the server",
                      json.loads(answer.partition(b"\r\n\r\n")[2])["error"])

    def test_a_request_that_is_none(self):
        with w.Client(self.proxy) as client:
            answer = client.raw(b"NOT HTTP AT ALL\r\n\r\n")
        self.assertEqual(status(answer), "400")
        self.assertIn("cannot be read", json.loads(answer.partition(b"\r\n\r\n")[2])["error"])


class Audit(Live):
    enforcement = "audit"

    def last(self) -> dict:
        return self.proxy.decisions()[-1]

    def test_unruled_requests_pass_and_are_logged(self):
        for host, path, method in (("fresh.world.test", "/a", "GET"),
                                   ("api.world.test", "/v9/x", "DELETE")):
            self.assertEqual(status(ask(self.proxy, path, host, method=method)), "200")
            self.assertEqual((self.last()["verdict"], self.last()["missing"]["host"]),
                             ("audit", host))
        self.assertEqual(status(ask(self.proxy)), "200")
        self.assertEqual(self.last()["verdict"], "allow")

    def test_no_secret_without_a_rule(self):
        ask(self.proxy, "/v9/x", extra=f"x-api-key: {w.PLACEHOLDER}\r\n")
        self.assertIsNone(self.key_upstream())
        ask(self.proxy)
        self.assertEqual(self.key_upstream(), w.SECRET.encode())

    def test_websocket_passes_and_is_logged(self):
        with tunnel(self.proxy, "fresh.world.test") as client:
            answer = client.raw(request("/ws", "fresh.world.test", extra=WebSocket.HANDSHAKE),
                                tail=0.4)
            self.assertEqual(status(answer), "101")
            self.assertIn(b"hello ", answer)
        missing = self.last()["missing"]
        self.assertEqual((self.last()["verdict"], missing["host"], missing["websocket"]),
                         ("audit", "fresh.world.test", True))

    def test_what_stays_closed(self):
        before = WORLD.seen()
        for host, path, extra in (
                ("bait.world.test", "/", ""), ("metadata.world.test", "/", ""),
                ("www.attacker.test", "/", f"x: {w.PLACEHOLDER}\r\n"),
                ("api.world.test", "/v1/../x", ""), ("127.0.0.1", "/", "")):
            try:
                answer = ask(self.proxy, path, host, extra=extra)
            except OSError:
                answer = b""
            self.assertIn(status(answer), ("403", "502", "closed"), host)
        self.assertEqual(WORLD.seen(), before)


class Learn(unittest.TestCase):
    """What an audit run asked for, learned, put into a spec, checked, rendered: and it passes."""

    ASKED = [("api.world.test", f"/v1/items/{n}", "GET") for n in range(5)]
    ASKED += [("api.world.test", "/v1/items", "POST"), ("api.world.test", "/@a%2fb;x=1//c", "GET"),
              ("api.world.test", "/caf%C3%A9/1%20*2", "GET"), ("api.world.test", "/", "GET"),
              ("ws.world.test", "/7f9c24e8-3b1d-4a52-9f60-0c5d8e1b2a34/x?q=1", "DELETE"),
              *[("fresh.world.test", f"/{name}/-/{name}-1.0.tgz", "GET") for name in "abcdef"]]

    def answers(self, policy: dict, name: str) -> tuple[list[str], w.Proxy]:
        proxy = w.Proxy(WORLD, policy, f"learn-{name}", {})
        try:
            return [status(ask(proxy, path, host, method=method))
                    for host, path, method in self.ASKED], proxy
        finally:
            proxy.close()

    def learned(self, proxy: w.Proxy, *how: str) -> dict:
        learned = subprocess.run(
            [sys.executable, "-I", str(w.MODULES / "learn.py"), *how], input=proxy.log_text(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        return {"version": 1, "name": "demo", "operators": ["me"],
                "hosts": {"here": {"system": "x86_64-linux"}},
                **json.loads(learned.replace("world.test", "world.example.org"))}

    def test_round_trip(self):
        """A spec names no host of .test, where no name is public."""
        first, proxy = self.answers(w.policy([], [], "audit"), "audit")
        self.assertEqual(set(first), {"200"})
        path, made = proxy.folder / "spec.json", proxy.folder / "made"
        path.write_text(json.dumps(self.learned(proxy, "--fold")))
        subprocess.run([w.PROGRAM, "check", path], check=True)
        self.assertIn("/v1/items/*", path.read_text())
        path.write_text(json.dumps(self.learned(proxy)))
        for command in (["check", path], ["render", path, "-o", made]):
            subprocess.run([w.PROGRAM, *command], check=True, stdout=subprocess.DEVNULL)
        text = (made / "proxy" / "policy.json").read_text()
        policy = json.loads(text.replace("world.example.org", "world.test"))
        self.assertEqual(policy["enforcement"], "enforce")
        again, proxy = self.answers(policy, "enforced")
        self.assertEqual(set(again), {"200"})
        self.assertEqual({one["verdict"] for one in proxy.decisions()}, {"allow"})


@w.of_mitmproxy
class FailsClosed(Live):
    """Whatever raises, or is not called at all, the request goes nowhere."""

    BEFORE = ("raise:decide", "raise:check", "raise:clean", "raise:has_body", "raise:prepare",
              "raise:fill", "raise:all_forms", "raise:_origin", "raise:_pass", "raise:refresh",
              "skip:requestheaders", "raise:requestheaders", "skip:_pass", "raise:write",
              "raise:requestheaders raise:request", "skip:requestheaders skip:request",
              "raise:is_public", "skip:is_public")
    # A streamed answer, and a short one in one piece.
    AFTER = (("raise:__init__", "/v1/echo"), ("raise:scrub", "/v1/echo"), ("raise:scrub", "/v1/x"))

    def tearDown(self):
        (self.proxy.folder / "break").unlink(missing_ok=True)

    def broken(self, what: str, path: str = "/v1/x") -> str:
        with tunnel(self.proxy) as client:
            (self.proxy.folder / "break").write_text(what)
            answer = client.raw(request(path))
            (self.proxy.folder / "break").unlink()
        return status(answer)

    def test_before_the_request_leaves(self):
        for what in self.BEFORE:
            with self.subTest(what):
                before = WORLD.seen()
                self.assertIn(self.broken(what), ("500", "403", "502", "closed"))
                self.assertEqual(WORLD.seen(), before)

    def test_before_the_answer_comes_back(self):
        for what, path in self.AFTER:
            with self.subTest(what, path=path):
                self.assertEqual(self.broken(what, path), "closed")

    def test_kept_connection(self):
        """An open upstream connection is no way around a hook that fails."""
        for what in self.BEFORE[:14]:
            with self.subTest(what), tunnel(self.proxy) as client:
                self.assertEqual(status(client.raw(request())), "200")
                before = WORLD.seen()
                (self.proxy.folder / "break").write_text(what)
                answer = client.raw(request("/v1/second"))
                (self.proxy.folder / "break").unlink()
                self.assertIn(status(answer), ("500", "403", "502", "closed"), answer)
                self.assertEqual(WORLD.seen(), before)

    def test_the_log_names_the_failure_and_no_more(self):
        self.broken("raise:decide")
        errors = [one for one in self.proxy.events() if one["event"] == "error"]
        self.assertTrue(errors)
        self.assertNotIn("broken by the test", json.dumps(errors))


@w.of_mitmproxy
class Start(unittest.TestCase):
    def wrong(self, number: int, changes: dict[str, str | None], secrets=None, policy=None):
        made = dict(option.split("=") for option in w.DEFAULTS[1::2])
        made.update(changes)
        options = [part for key, value in made.items() if value is not None
                   for part in ("--set", f"{key}={value}")]
        return w.Proxy(WORLD, policy or w.policy(rules(), credentials()), f"wrong-{number}",
                       SECRETS if secrets is None else secrets, options, wait=False)

    def test_anything_unsafe_stops_the_proxy(self):
        cases = [
            ({"connection_strategy": None}, None, None, "connection_strategy"),
            ({"upstream_cert": None}, None, None, "upstream_cert"),
            ({"rawtcp": None}, None, None, "rawtcp"),
            ({"onboarding": None}, None, None, "onboarding"),
            ({"flow_detail": None}, None, None, "flow_detail"),
            ({"termlog_verbosity": "info"}, None, None, "termlog_verbosity"),
            ({"ssl_insecure": "true"}, None, None, "ssl_insecure"),
            ({"validate_inbound_headers": "false"}, None, None, "validate_inbound_headers"),
            ({"ignore_hosts": "api"}, None, None, "ignore_hosts"),
            ({"allow_hosts": "api"}, None, None, "allow_hosts"),
            ({"tcp_hosts": "api"}, None, None, "tcp_hosts"),
            ({"mode": "reverse:https://www.attacker.test"}, None, None, "mode"),
            ({"map_remote": "|//a|//b"}, None, None, "map_remote"),
            ({"modify_headers": "/~q/Host/evil"}, None, None, "modify_headers"),
            ({}, {"api": w.SECRET}, None, "credential ws"),
            ({}, None, {"format": 2, "listen": {}}, "policy"),
        ]
        for at in range(0, len(cases), 4):
            proxies = [(self.wrong(at + n, one[0], one[1], one[2]), one[3])
                       for n, one in enumerate(cases[at:at + 4])]
            for proxy, word in proxies:
                with self.subTest(word):
                    code = proxy.process.wait(60)
                    self.assertEqual(code, 1, proxy.log_text())
                    fatal = [one["error"] for one in proxy.events() if one["event"] == "fatal"]
                    self.assertTrue(any(word in one for one in fatal), proxy.log_text())
                    self.assertNotIn("READY=1", proxy.statuses())


if __name__ == "__main__":
    unittest.main()
