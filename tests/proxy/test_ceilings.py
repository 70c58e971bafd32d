"""Ceilings of credentials, of bytes and of tokens, in the real proxies; servers that answer as the APIs of models do."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import socket
import sys
import threading
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "engine"))

import http2
import test_live
import usages
import world as w
from world_http2 import Http2Server

DAY = {"seconds": 86400}
H2: "Model"
ECHO: "Echo"
SAYS: dict[str, bytes] = {}  # path: what is answered there


def model(connection, record, lower) -> bool:
    """In pieces of three bytes, each a chunk of its own."""
    text = SAYS[record["line"].split(b" ")[1].decode()]
    kind = b"application/json" if text[:1] in b"{[" else b"text/event-stream"
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % kind)
    for at in range(0, len(text), 3):
        connection.sendall(b"%x\r\n%s\r\n" % (len(text[at:at + 3]), text[at:at + 3]))
    connection.sendall(b"0\r\n\r\n")
    return True


def whole(connection, record, lower) -> bool:
    w.send(connection, b"200 OK", [(b"Content-Type", b"application/json")], SAYS[record["line"].split(b" ")[1].decode()])
    return True


def packed(connection, record, lower) -> bool:
    w.send(connection, b"200 OK", [(b"Content-Encoding", b"gzip")], b"\x1f\x8b\x08 not really")
    return True


def stream(connection, record, lower) -> bool:
    """300 KB without a length."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(300):
        connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
    connection.sendall(b"0\r\n\r\n")
    return True


def half(connection, record, lower) -> bool:
    """Says what it cost so far, and no more for as long as anybody listens."""
    text = usages.events(*usages.ANTHROPIC_EVENTS[:3])
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(text), text))
    connection.recv(1)
    return False


class Model(Http2Server):
    def _answer(self, spoken, number, record) -> None:
        text = SAYS[record["fields"][":path"]]
        spoken.send_headers(number, [(":status", "200")])
        for at in range(0, len(text), 5):
            spoken.send_data(number, text[at:at + 5])
        spoken.end_stream(number)


class Echo:
    """Bytes back, as they come."""

    def __init__(self) -> None:
        self.socket = socket.create_server((w.UPSTREAM, 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection) -> None:
        try:
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            pass

    def close(self) -> None:
        self.socket.close()


def setUpModule() -> None:
    global H2, ECHO
    test_live.setUpModule()
    folder = test_live.WORLD.folder
    H2, ECHO = Model(w.UPSTREAM, str(folder / "leaf.pem"), str(folder / "leaf.key")), Echo()
    for path, play in {"/packed": packed, "/stream": stream, "/half": half}.items():
        w.ROUTES[path.encode()] = play


def tearDownModule() -> None:
    for one in H2, ECHO:
        one.close()
    test_live.tearDownModule()


def says(path: str, text: bytes, play=model) -> str:
    SAYS[path] = text
    w.ROUTES[path.encode()] = play
    return path


class Ceilings(unittest.TestCase):
    enforcement = "enforce"

    def start(self, credential=None, **ceilings) -> None:
        """A proxy whose rule for api.world.test has these, and whose credential the others."""
        ports = [test_live.WORLD.port, H2.port]
        rules = [w.rule("api.world.test", methods=["GET", "POST"], ports=ports, websocket=True, **ceilings),
                 w.rule("open.world.test", methods=["GET", "POST"], ports=ports),
                 w.unread("deep.sub.world.test", "tcp", [ECHO.port], owner="me",
                          **({"bytes": {"count": 1000, **DAY}} if not ceilings else {})),
                 w.rule("plain.world.test", scheme="http", ports=[test_live.WORLD.plain_port], **ceilings)]
        one = w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)
        one["hosts"].append({"host": "open.world.test", "suffix": False})
        self.policy = w.policy(rules, [{**one, **(credential or {})}], self.enforcement)
        self.proxy = w.Proxy(test_live.WORLD, self.policy, self.id().split(".")[-1][:20] + os.urandom(4).hex(), {"api": w.SECRET})
        self.addCleanup(self.proxy.close)

    def ask(self, path: str, host="api.world.test", **more) -> str:
        self.answer = test_live.ask(self.proxy, path, host, **more)
        return test_live.status(self.answer)

    def post(self, path: str, body: bytes, head="", host="api.world.test") -> str:
        with test_live.tunnel(self.proxy, host) as client:
            head = head or f"Content-Length: {len(body)}\r\n"
            self.answer = client.raw(test_live.request(path, host, "POST", head) + body)
        return test_live.status(self.answer)

    def framed(self, path: str, body: bytes | None = None, port: int | None = None) -> tuple[str, bytes]:
        with w.Client(self.proxy) as client:
            client.connect(f"api.world.test:{port or H2.port}")
            client.tls("api.world.test", ["h2"])
            fields = [(":method", "POST" if body else "GET"), (":scheme", "https"), (":path", path),
                      (":authority", f"api.world.test:{port or H2.port}")]
            return http2.ask(client, fields, body)

    def reasons(self, event: str) -> list[str]:
        return [one["reason"] for one in self.proxy.events() if one["event"] == event]

    def load(self) -> None:
        before = sum(one["event"] == "policy-loaded" for one in self.proxy.events())
        self.proxy.write_policy(self.policy)
        self.proxy.hang_up()
        self.assertTrue(self.proxy.wait_for(
            lambda: sum(one["event"] == "policy-loaded" for one in self.proxy.events()) > before))


class OfCredentials(Ceilings):
    def test_requests_of_all_rules_together(self):
        self.start({"requests": {"count": 3, **DAY}})
        self.assertEqual([self.ask("/a"), self.ask("/a", "open.world.test"), self.framed("/h2", port=test_live.WORLD.port)[0]],
                         ["200", "200", "200"])
        seen = test_live.WORLD.seen()
        for host in "api.world.test", "open.world.test":
            self.assertEqual(self.ask("/b", host), "429")
            place = f"{host}:{test_live.WORLD.port}".encode()
            self.assertIn(b"agent-sandbox: the credential api lets 3 requests a day through, and GET " + place + b"/b is one more; it opens again at ",
                          self.answer)
        self.assertEqual(test_live.WORLD.seen(), seen)
        self.assertTrue(1 <= int(re.search(rb"(?i)retry-after: ([0-9]+)", self.answer)[1]) <= 86400)
        last = self.proxy.decisions()[-1]
        self.assertEqual((last["verdict"], last["rule"], "credentials" in last, "missing" in last), ("deny", 1, False, False))
        self.policy["rules"][0]["owner"] = "another"
        self.load()
        self.assertEqual(self.ask("/b"), "429")
        self.policy["credentials"][0]["requests"]["count"] = 4
        self.load()
        self.assertEqual(self.ask("/b"), "200")

    def test_what_does_not_get_it_is_not_counted(self):
        self.start({"requests": {"count": 1, **DAY}, "ask": True})
        self.assertEqual([self.ask("/a") for _ in range(3)], ["200"] * 3)
        key = f"X-Api-Key: {w.PLACEHOLDER}\r\n"
        self.assertEqual([self.ask("/a", extra=key), self.ask("/a", extra=key), self.ask("/a")], ["200", "429", "200"])

    def test_tokens_and_bytes(self):
        self.start({"tokens": {"count": 29, **DAY}, "bytes": {"count": 5000, **DAY}})
        self.assertEqual(self.ask(says("/chat", json.dumps(usages.CHAT).encode())), "200")
        self.assertEqual(self.ask("/a", "open.world.test"), "429")
        self.assertIn(b"the credential api lets 29 tokens a day through, and too few are left for GET ", self.answer)


class OfBytes(Ceilings):
    def test_what_is_known_not_to_fit(self):
        self.start(bytes={"count": 1000, **DAY})
        self.assertEqual(self.post("/a", b"x" * 300), "200")
        seen = test_live.WORLD.seen()
        self.assertEqual(self.post("/a", b"x" * 900), "429")
        self.assertIn(b"the rule for api.world.test lets 1000 bytes a day through, and too few are left for POST ", self.answer)
        self.assertEqual(test_live.WORLD.seen(), seen)
        self.assertEqual(self.ask(says("/long", b"{" + b"y" * 2000, whole)), "429")
        self.assertIn(b"too few are left for what is under way", self.answer)
        self.assertNotIn(b"yyy", self.answer)
        self.assertIn("too few are left for what is under way", self.reasons("exchange-cut")[-1])
        self.assertEqual(self.ask("/a"), "200")

    def test_an_answer_without_a_length_is_cut(self):
        self.start(bytes={"count": 100000, **DAY})
        self.ask("/stream")
        self.assertTrue(self.answer.startswith(b"HTTP/1.1 200"))
        self.assertLessEqual(self.answer.count(b"x"), 100000)
        self.assertFalse(self.answer.endswith(b"0\r\n\r\n"))
        self.assertEqual(len(self.reasons("exchange-cut")), 1)
        self.assertEqual(self.ask("/a"), "429")

    def test_an_answer_in_frames_is_cut(self):
        self.start(bytes={"count": 30000, **DAY})
        says("/frames", b"x" * 60000)
        status, text = self.framed("/frames")
        self.assertLessEqual(len(text), 30000)
        self.assertEqual(status, "closed")
        self.assertEqual(self.framed("/frames")[0], "429")

    def test_a_request_without_a_length_is_cut(self):
        self.start(bytes={"count": 1000, **DAY})
        body = b"320\r\n" + b"z" * 800 + b"\r\n"
        status = self.post("/a", body * 3 + b"0\r\n\r\n", "Transfer-Encoding: chunked\r\n")
        self.assertIn(status, ("429", "closed"))
        self.assertTrue(self.proxy.wait_for(lambda: self.reasons("exchange-cut")))
        self.assertEqual(self.ask("/a"), "429")
        self.assertLessEqual(max([one["body"].count(b"z") for one in test_live.WORLD.upstream.requests[-1:]]), 1000)

    def test_both_directions_and_another_rule(self):
        self.start(bytes={"count": 700, **DAY})
        self.assertEqual(self.post("/a", b"x" * 600), "200")
        for _ in range(9):
            self.ask("/a")
        self.assertEqual(self.ask("/a"), "429")
        self.assertEqual(self.ask("/a", "open.world.test"), "200")

    def test_websocket(self):
        self.start(bytes={"count": 300, **DAY})
        with test_live.tunnel(self.proxy) as client:
            head = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            self.assertIn(b" 101 ", client.raw(test_live.request("/ws", extra=head)))
            heard = b"more"
            with contextlib.suppress(OSError):  # it ends, or breaks
                for _ in range(40):
                    client.socket.sendall(b"\x81\x9e\0\0\0\0" + b"m" * 30)
                while heard:
                    heard = client.socket.recv(4096)
        self.assertLessEqual(test_live.WORLD.upstream.requests[-1]["body"].count(b"m"), 300)
        self.assertEqual(self.ask("/a"), "429")
        self.assertEqual(len(self.reasons("exchange-cut")), 1)

    def test_a_tunnel(self):
        self.start()
        place = f"deep.sub.world.test:{ECHO.port}"
        with w.Client(self.proxy) as client:
            self.assertTrue(client.raw(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode()).startswith(b"HTTP/1.1 200"))
            client.socket.sendall(b"a" * 400)
            found = b""
            while len(found) < 400:
                found += client.socket.recv(4096)
            self.policy["rules"][0]["owner"] = "another"
            self.load()  # the tunnel goes on, and counts on
            client.socket.sendall(b"a" * 400)
            rest = b""
            try:
                while piece := client.socket.recv(4096):
                    rest += piece
            except ConnectionResetError:
                pass
            self.assertLessEqual(len(rest), 200)
        self.assertIn("the rule for deep.sub.world.test lets 1000 bytes a day through", self.reasons("tunnel-cut")[-1])
        with w.Client(self.proxy) as client:
            refused = client.raw(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        self.assertTrue(refused.startswith(b"HTTP/1.1 429"), refused)
        self.assertIn(b"retry-after: ", refused.lower())
        self.assertIn(f"too few are left for CONNECT {place}".encode(), refused)
        last = self.proxy.decisions()[-1]
        self.assertEqual((last["verdict"], last["rule"], last["owner"]), ("deny", 2, "me"))


class OfTokens(Ceilings):
    SHAPES = {"anthropic": (json.dumps(usages.ANTHROPIC).encode(), 3008), "anthropic-sse": (usages.events(*usages.ANTHROPIC_EVENTS), 1040),
              "chat": (json.dumps(usages.CHAT).encode(), 29), "chat-sse": (usages.events(*usages.CHAT_EVENTS), 30),
              "responses": (json.dumps(usages.RESPONSES).encode(), 123), "responses-sse": (usages.events(*usages.RESPONSES_EVENTS), 48),
              "gemini": (json.dumps(usages.GEMINI).encode(), 920), "gemini-sse": (usages.events(*usages.GEMINI_EVENTS), 13)}

    def spend(self, name: str, text: bytes, cost: int, ask) -> None:
        """A ceiling of one more than it costs has room for one request more, one of just that for none."""
        for more, wanted in ((0, "429"), (1, "200")):
            with self.subTest(name, more=more):
                self.policy["rules"][0].update(tokens={"count": cost + more, **DAY}, owner=name)  # counted anew
                self.load()
                self.assertEqual(ask(name), "200")
                self.assertEqual(ask(name), wanted)

    def test_shapes(self):
        self.start(tokens={"count": 1, **DAY})
        for name, (text, cost) in self.SHAPES.items():
            self.spend(says("/" + name, text), text, cost, self.ask)
            self.spend(says("/whole-" + name, text, whole), text, cost, self.ask)

    def test_shapes_in_frames(self):
        self.start(tokens={"count": 1, **DAY})
        for name, (text, cost) in self.SHAPES.items():
            SAYS["/" + name] = text
            self.spend("/" + name, text, cost, lambda path: self.framed(path)[0])

    def test_lies(self):
        self.start(tokens={"count": 100, **DAY})
        for text in (usages.of_usage(input_tokens=-10 ** 9, output_tokens=-5), usages.of_usage(total_tokens="10000000"), b'{"a": 1}', b"{", b""):
            self.assertEqual(self.ask(says("/lie", text)), "200")
        self.assertEqual(self.ask(says("/lie", usages.of_usage(output_tokens=99))), "200")
        self.assertEqual(self.ask(says("/lie", usages.of_usage(output_tokens=-99, input_tokens=0))), "200")
        self.assertEqual(self.ask(says("/lie", usages.of_usage(output_tokens=10 ** 300))), "200")
        self.assertEqual(self.ask("/lie"), "429")

    def test_packed(self):
        self.start(tokens={"count": 100, **DAY})
        self.assertEqual(self.ask("/packed"), "502")
        self.ask("/a", extra="Accept-Encoding: gzip\r\nRange: bytes=0-5\r\n")
        fields = [field for field in test_live.WORLD.upstream.requests[-1]["fields"] if field[0].lower() in (b"accept-encoding", b"range")]
        self.assertEqual([field[1] for field in fields], [b"identity"])

    def test_what_is_broken_off_counts_as_far_as_it_came(self):
        self.start(tokens={"count": 1026, **DAY})
        with test_live.tunnel(self.proxy) as client:
            client.socket.sendall(test_live.request("/half"))
            found = b""
            while b"ping" not in found:
                found += client.socket.recv(4096)
        self.assertTrue(self.proxy.wait_for(lambda: self.ask("/a") == "429"))


class InAnAudit(Ceilings):
    enforcement = "audit"

    def test_it_goes_on_without_the_secret(self):
        self.start({"requests": {"count": 1, **DAY}})
        for wanted in True, False:
            self.assertEqual(self.ask("/a"), "200")
            fields = dict(test_live.WORLD.upstream.requests[-1]["fields"])
            self.assertEqual(w.SECRET.encode() in fields.values(), wanted)
        last = self.proxy.decisions()[-1]
        self.assertEqual((last["verdict"], last["rule"], "credentials" in last), ("audit", 0, False))
        self.assertIn("the credential api lets 1 request a day through", last["reason"])


if __name__ == "__main__":
    unittest.main()
