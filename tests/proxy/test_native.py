"""What the native engine does and mitmproxy does not: its own framing, streams, memory, start."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import socket
import ssl
import struct
import threading
import time
import unittest

import h2.events

import native_world as n
import world as w
from native_world import PLAYS, STREAMS, Peer, Talk, answer

WORLD: w.World
RAW: n.RawServer
PLAIN: n.RawServer
FRAMES: n.FrameServer
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]


def setUpModule() -> None:
    global WORLD, RAW, PLAIN, FRAMES
    WORLD = w.World()
    contexts = []
    for protocols in ["http/1.1"], ["h2"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(WORLD.folder / "leaf.pem", WORLD.folder / "leaf.key")
        context.set_alpn_protocols(protocols)
        contexts.append(context)
    RAW = n.RawServer(w.UPSTREAM, contexts[0])
    PLAIN = n.RawServer(w.UPSTREAM, None)
    FRAMES = n.FrameServer(w.UPSTREAM, contexts[1])


def tearDownModule() -> None:
    for server in RAW, PLAIN, FRAMES:
        server.close()
    WORLD.close()


def policy() -> dict:
    ports = [RAW.port, FRAMES.port]
    return w.policy(
        [w.rule(host, methods=METHODS, ports=ports, websocket=True)
         for host in ("open.world.test", "api.world.test")] +
        [w.rule("plain.world.test", scheme="http", methods=METHODS, ports=[PLAIN.port])],
        [w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)])


def request(path: str, host: str = "open.world.test", method: str = "GET", extra: str = "",
            body: bytes = b"", port: int | None = None, version: str = "1.1") -> bytes:
    return (f"{method} {path} HTTP/{version}\r\nHost: {host}:{port or RAW.port}\r\n"
            f"{extra}\r\n").encode() + body


def plain_request(path: str, method: str = "GET", extra: str = "", version: str = "1.1") -> bytes:
    place = f"plain.world.test:{PLAIN.port}"
    return (f"{method} http://{place}{path} HTTP/{version}\r\nHost: {place}\r\n"
            f"{extra}\r\n").encode()


def fields(path: str, host: str = "open.world.test", method: str = "GET",
           port: int | None = None, **more: str) -> list[tuple[str, str]]:
    return [(":method", method), (":scheme", "https"), (":path", path),
            (":authority", f"{host}:{port or RAW.port}"),
            *((key.replace("_", "-"), value) for key, value in more.items())]


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces)


def status(found: bytes) -> str:
    return found[9:12].decode() if found else "closed"


class Native(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(WORLD, policy(), cls.__name__, {"api": w.SECRET})

    @classmethod
    def tearDownClass(cls) -> None:
        code = cls.proxy.process.poll()
        cls.proxy.close()
        if code is not None or "Sanitizer" in cls.proxy.log_text():
            raise AssertionError("the engine ended:\n" + cls.proxy.log_text()[-6000:])

    def play(self, path: str, play) -> None:
        PLAYS[path] = play

    def tunnel(self, host: str = "open.world.test", alpn=None, port: int | None = None,
               timeout: float = 20) -> Peer:
        client = w.Client(self.proxy, timeout)
        self.addCleanup(lambda: client.socket.close())
        client.connect(f"{host}:{port or RAW.port}")
        client.tls(host, alpn)
        return Peer(client.socket)

    def plain(self) -> Peer:
        client = w.Client(self.proxy)
        self.addCleanup(client.socket.close)
        return Peer(client.socket)

    def talk(self, host: str = "open.world.test", port: int | None = None, window: int = 0) -> Talk:
        return Talk(self.tunnel(host, ["h2"], port).socket, True, window)

    def ask(self, peer: Peer, data: bytes, to_head: bool = False) -> tuple[bytes, bytes]:
        peer.send(data)
        return self.hear(peer, to_head)

    def hear(self, peer: Peer, to_head: bool = False) -> tuple[bytes, bytes]:
        head = peer.head()
        return head, b"" if to_head else peer.body(head)

    def lives(self) -> None:
        """Still answers, and no sanitizer has said a word."""
        self.play("/lives", lambda peer, head: peer.send(answer()) or True)
        self.assertEqual(self.ask(self.tunnel(), request("/lives"))[1], b"ok",
                         self.proxy.log_text()[-3000:])
        self.assertIsNone(self.proxy.process.poll())


class Reentrant(Native):
    """What one connection hears must not take away another that is still in use."""

    def test_a_body_that_breaks_when_the_server_stands(self):
        for _ in range(3):
            peer = self.tunnel()
            peer.send(request("/broken-body", method="POST",
                              extra="Transfer-Encoding: chunked\r\n") + chunks(b"hello"))
            peer.send(b"ZZZ\r\n")
            peer.to_end()
        self.lives()

    def test_a_body_that_breaks_behind_another_request(self):
        self.play("/first", lambda peer, head: time.sleep(0.1) or peer.send(answer()) or True)
        for _ in range(3):
            peer = self.tunnel()
            peer.send(request("/first") + request("/second", method="POST", extra=(
                "Transfer-Encoding: chunked\r\n")) + chunks(b"hello") + b"ZZZ\r\n")
            found = peer.to_end()
            self.assertRegex(found, b"(?s) 200 .*ok.* 400 .*chunk")
        self.lives()

    def test_head_over_http2(self):
        self.play("/head", lambda peer, head: peer.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n") or True)
        self.play("/204", lambda peer, head: peer.send(b"HTTP/1.1 204 None\r\n\r\n") or True)
        self.play("/gone", lambda peer, head: False)
        talk = self.talk()
        for path, method, expected in (("/head", "HEAD", "200"), ("/204", "GET", "204"),
                                       ("/gone", "HEAD", "502"), ("/head", "HEAD", "200")):
            with self.subTest(path):
                stream = talk.ask(fields(path, method=method))
                self.assertEqual(talk.finish(stream), (expected, b"", "end"))
        self.lives()

    def test_a_websocket_whose_client_has_ended_already(self):
        def upgrades(peer, head):
            time.sleep(0.3)
            peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                      b"Connection: Upgrade\r\n\r\n\x81\x02hi")
            time.sleep(0.3)
        self.play("/ws-ended", upgrades)
        for _ in range(3):
            peer = self.tunnel()
            peer.send(request("/ws-ended", extra=HANDSHAKE) + b"\x81\x80abcd")
            with contextlib.suppress(OSError):
                peer.socket.unwrap()
        time.sleep(0.7)
        self.lives()

    def test_waiting_streams_that_all_fail(self):
        talk = self.talk()
        self.play("/gone", lambda peer, head: False)
        streams = [talk.ask(fields("/gone", method="HEAD")) for _ in range(30)]
        for stream in streams:
            self.assertEqual(talk.finish(stream)[0::2], ("502", "end"))
        self.lives()

    def test_tls_that_begins_with_the_connect(self):
        self.play("/early", lambda peer, head: peer.send(answer()) or True)
        context = ssl.create_default_context(cafile=self.proxy.ca)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="open.world.test")
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        peer = self.plain()
        place = f"open.world.test:{RAW.port}"
        peer.send(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode() + outgoing.read())
        self.assertTrue(peer.head().startswith(b"HTTP/1.1 200 "))
        incoming.write(peer.rest)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                peer.send(outgoing.read())
                incoming.write(peer.socket.recv(65536))
        tls.write(request("/early"))
        peer.send(outgoing.read())
        found = b""
        while not found.endswith(b"ok"):
            with contextlib.suppress(ssl.SSLWantReadError):
                found += tls.read()
                continue
            incoming.write(peer.socket.recv(65536))


HANDSHAKE = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


class Bodies(Native):
    def test_two_chunked_bodies_on_one_connection(self):
        self.play("/chunked", lambda peer, head: peer.send(answer(peer.body(head))) or True)
        peer = self.tunnel()
        for text in b"first", b"second\r\n\r\nGET /stolen HTTP/1.1\r\n\r\n", b"third":
            found = self.ask(peer, request("/chunked", method="POST",
                                           extra="Transfer-Encoding: chunked\r\n")
                             + chunks(text) + b"0\r\n\r\n")
            self.assertEqual(found[1], text)

    def test_pipelined_requests_with_bodies(self):
        self.play("/piped", lambda peer, head: peer.send(answer(peer.body(head))) or True)
        peer, data, texts = self.tunnel(), b"", []
        for number in range(50):
            texts.append(b"body %d\r\n\r\nGET / HTTP/1.1" % number * (number + 1))
            if number % 2:
                data += request("/piped", method="POST", extra="Transfer-Encoding: chunked\r\n")
                data += chunks(texts[-1][:5], texts[-1][5:]) + b"0\r\n\r\n"
            else:
                data += request("/piped", method="POST",
                                extra=f"Content-Length: {len(texts[-1])}\r\n") + texts[-1]
        threading.Thread(target=peer.send, args=(data,), daemon=True).start()
        for text in texts:
            self.assertEqual(self.hear(peer)[1], text)

    def test_an_answer_before_the_body(self):
        def early(peer, head):
            peer.send(answer(b"no", line=b"413 Content Too Large"))
            peer.to_end()
        self.play("/early-answer", early)
        peer = self.tunnel()
        found = self.ask(peer, request("/early-answer", method="POST",
                                       extra="Content-Length: 100000\r\n") + b"x" * 1000)
        self.assertEqual((status(found[0]), found[1]), ("413", b"no"))

    def test_an_answer_before_the_body_of_http2(self):
        def early(talk, stream):
            talk.h2.send_headers(stream, [(":status", "413")], end_stream=True)
        STREAMS["/early-answer"] = early
        talk = self.talk(port=FRAMES.port)
        seen = []
        STREAMS["/after"] = lambda server, stream: (
            seen.extend(type(one).__name__ for events in server.events.values()
                        for one in events), server.h2.send_headers(
                stream, [(":status", "200")], end_stream=True))
        stream = talk.ask(fields("/early-answer", method="POST", port=FRAMES.port), ends=False)
        self.assertEqual(talk.finish(stream), ("413", b"", "end"))
        after = talk.ask(fields("/after", port=FRAMES.port))
        self.assertEqual(talk.finish(after)[0], "200")
        self.assertIn("StreamReset", seen)  # else it would be kept for ever


if __name__ == "__main__":
    unittest.main()
