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

    def talk(self, host: str = "open.world.test", port: int | None = None) -> Talk:
        return Talk(self.tunnel(host, ["h2"], port).socket, True)

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


    def test_expect_is_for_the_server_to_answer(self):
        def refuses(peer, head):
            peer.send(answer(b"no", line=b"417 Expectation Failed"))
            seen.append(peer.closed_within(3))
        def asks(peer, head):
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            peer.send(answer(peer.body(head)))
            return True
        seen: list[bool] = []
        self.play("/refuses", refuses)
        self.play("/asks", asks)
        extra = "Expect: 100-continue\r\nContent-Length: 5\r\n"
        peer = self.tunnel()
        head, body = self.ask(peer, request("/refuses", method="POST", extra=extra))
        self.assertEqual((status(head), body), ("417", b"no"))
        self.assertIn(b"Connection: close", head)  # nobody knows whether the body comes
        self.assertEqual(peer.to_end(), b"")
        self.assertEqual(seen, [True])
        peer = self.tunnel()
        self.assertEqual(status(self.ask(peer, request("/asks", method="POST", extra=extra),
                                         True)[0]), "100")
        self.assertEqual(self.ask(peer, b"hello")[1], b"hello")
        self.assertIn(b"\r\nExpect: 100-continue", RAW.heads[-1])

    def test_a_server_that_is_silent_gets_the_body_after_a_while(self):
        self.play("/silent", lambda peer, head: peer.send(answer(peer.body(head))) or True)
        extra = "Expect: 100-continue\r\nContent-Length: 5\r\n"
        begun = time.monotonic()
        peer = self.tunnel()
        self.assertEqual(status(self.ask(peer, request("/silent", method="POST", extra=extra),
                                         True)[0]), "100")
        self.assertTrue(0.5 < time.monotonic() - begun < 3.5)
        self.assertEqual(self.ask(peer, b"hello")[1], b"hello")

    def test_expect_over_http2(self):
        self.play("/asks2", lambda peer, head: (peer.send(b"HTTP/1.1 100 Continue\r\n\r\n"), peer.send(
            answer(peer.body(head)))))
        talk = self.talk()
        stream = talk.ask(fields("/asks2", method="POST", expect="100-continue",
                                 content_length="5"), ends=False)
        event = talk.until(stream, h2.events.InformationalResponseReceived, 4)
        self.assertEqual(dict(event.headers)[":status"], "100")
        talk.send(stream, b"hello", True)
        self.assertEqual(talk.finish(stream), ("200", b"hello", "end"))


class Answers(Native):
    """What servers may say, and what they may not."""

    def said(self, data: bytes, method: str = "GET", keeps: bool = False) -> tuple[str, bytes, bytes]:
        self.play("/said", lambda peer, head: peer.send(data) or keeps)
        peer = self.tunnel()
        head, body = self.ask(peer, request("/said", method=method), method == "HEAD")
        return status(head), body, head

    def test_lengths_that_are_given_twice(self):
        same = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"
        found = self.said(same)
        self.assertEqual(found[:2], ("200", b"ok"))
        self.assertEqual(found[2].lower().count(b"content-length"), 1)
        for name, data in (
                ("two", same.replace(b"2\r\n\r", b"3\r\n\r")),
                ("list", b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok"),
                ("sign", b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"),
                ("both", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                         b"2\r\nok\r\n0\r\n\r\n"),
                ("1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
                ("gzip", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
                ("twice", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                ("101", b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"),
                ("none", b"ICY 200 OK\r\n\r\n")):
            with self.subTest(name):
                self.assertEqual(self.said(data)[0], "502")

    def test_folded_lines_are_one(self):
        found = self.said(b"HTTP/1.1 200 OK\r\nX-Long: one\r\n  two\r\n\tthree\r\nX-Bare: a\rb\0c\r\n"
                          b"Content-Length: 2\r\n\r\nok")
        self.assertEqual(found[:2], ("200", b"ok"))
        self.assertIn(b"\r\nX-Long: one two three\r\n", found[2])
        self.assertIn(b"\r\nX-Bare: a b c\r\n", found[2])

    def test_what_is_behind_an_answer_is_nobodys(self):
        stolen = answer(b"not yours")
        self.play("/more", lambda peer, head: peer.send(answer() + stolen) or True)
        self.play("/late", lambda peer, head: (peer.send(answer()), time.sleep(0.15),
                                               peer.send(stolen)))
        self.play("/mine", lambda peer, head: peer.send(answer(b"mine")) or True)
        for path in "/more", "/late":
            with self.subTest(path):
                peer = self.tunnel()
                self.assertEqual(self.ask(peer, request(path))[1], b"ok")
                time.sleep(0.3)
                self.assertEqual(self.ask(peer, request("/mine"))[1], b"mine")

    def test_what_is_not_whole_looks_so(self):
        cases = {"length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                 "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
                 "bad": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nXX\r\n"}
        for name, data in cases.items():
            self.play("/short", lambda peer, head, data=data: peer.send(data) or time.sleep(0.2))
            with self.subTest(name):
                peer = self.tunnel()
                peer.send(request("/short"))
                found = peer.to_end()
                self.assertIn(b"short", found)  # all that has come
                self.assertFalse(found.endswith(b"0\r\n\r\n"))
                self.assertNotIn(b"Content-Length: 5\r\n", found)
            with self.subTest(name, to="http2"):
                talk = self.talk()
                self.assertEqual(talk.finish(talk.ask(fields("/short")))[2], "reset")
            with self.subTest(name, to="HTTP/1.0"):
                peer = self.plain()
                peer.send(plain_request("/short", version="1.0"))
                self.assertRegex(peer.to_end(), b"(?s)short$" if name == "length"
                                 else b"(?s)shortRESET$")

    def test_http_1_0(self):
        self.play("/old", lambda peer, head: peer.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(b"hello ", b"there")
            + b"0\r\n\r\n") or True)
        peer = self.plain()
        peer.send(plain_request("/old", version="1.0"))
        head, _, body = peer.to_end().partition(b"\r\n\r\n")
        self.assertEqual((status(head), body), ("200", b"hello there"))
        self.assertNotIn(b"chunked", head.lower())

    def test_answers_without_a_body_keep_the_connection(self):
        self.play("/bare", lambda peer, head: peer.send({
            b"HEAD": b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
            b"PUT ": b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n",
            b"GET ": b"HTTP/1.1 304 Not Modified\r\nETag: 1\r\nContent-Length: 999\r\n\r\n",
        }[head[:4]]) or True)
        peer = self.tunnel()
        before = RAW.connections
        for method, code in (("HEAD", "200"), ("PUT", "204"), ("GET", "304"), ("HEAD", "200")):
            extra = "Content-Length: 0\r\n" if method == "PUT" else ""
            self.assertEqual(status(self.ask(peer, request("/bare", method=method, extra=extra),
                                             True)[0]), code)
        self.assertLessEqual(RAW.connections - before, 1)

    def test_a_kept_connection_that_closes_is_asked_again_once(self):
        def closes(peer, head):
            turns.append(head)
            if len(turns) in (1, 3):
                peer.send(answer())
                return True
            return False
        for method, extra, expected, asked in (("GET", "", "200", 3),
                                               ("POST", "Content-Length: 0\r\n", "502", 2)):
            turns: list[bytes] = []
            self.play("/closes", closes)
            peer = self.tunnel()
            with self.subTest(method):
                data = request("/closes", method=method, extra=extra)
                self.assertEqual(status(self.ask(peer, data)[0]), "200")
                self.assertEqual(status(self.ask(peer, data)[0]), expected)
                self.assertEqual(len(turns), asked)

    def test_a_kept_connection_of_http2_too(self):
        def closes(server, stream):
            turns.append(stream)
            if len(turns) == 2:
                server.socket.shutdown(socket.SHUT_RDWR)
            else:
                server.h2.send_headers(stream, [(":status", "200")], end_stream=True)
        turns: list[int] = []
        STREAMS["/closes"] = closes
        talk = self.talk(port=FRAMES.port)
        for expected, method in (("200", "GET"), ("200", "GET"), ("200", "POST")):
            stream = talk.ask(fields("/closes", method=method, port=FRAMES.port))
            self.assertEqual(talk.finish(stream)[0], expected)
        self.assertEqual(turns, [1, 3, 1, 3])
        turns.remove(3), turns.remove(3), turns.remove(1)
        stream = talk.ask(fields("/closes", method="POST", port=FRAMES.port))
        self.assertEqual(talk.finish(stream)[0], "502")

    def test_interim_answers_have_a_bound(self):
        def hints(peer, head):
            with contextlib.suppress(OSError):
                for _ in range(2000):
                    peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: <%s>\r\n\r\n" % (b"x" * 1000) * 10)
            ended.set()
        ended = threading.Event()
        self.play("/endless", hints)
        peer = self.tunnel()
        peer.send(request("/endless"))
        found, count = peer.head(), 0
        while status(found) == "103":
            found, count = peer.head(), count + 1
        self.assertEqual(status(found), "502")
        self.assertLess(count, 1000)
        self.assertTrue(ended.wait(5))

    def test_early_hints_over_http2(self):
        self.play("/hints", lambda peer, head: peer.send(
            b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nContent-Length: 5\r\n\r\n" + answer()) or True)
        talk = self.talk()
        stream = talk.ask(fields("/hints"))
        self.assertEqual(talk.finish(stream), ("200", b"ok", "end"))
        hint = talk.until(stream, h2.events.InformationalResponseReceived)
        self.assertEqual(dict(hint.headers), {":status": "103", "link": "</a.css>"})

    def test_a_long_head_over_http2(self):
        self.play("/long", lambda peer, head: peer.send(
            b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(90))
            + b"Content-Length: 2\r\n\r\nok") or True)
        talk = self.talk()
        talk.h2.decoder.max_header_list_size = 1 << 20
        self.assertEqual(talk.finish(talk.ask(fields("/long")), 5), ("200", b"ok", "end"))


class Streams(Native):
    def test_grpc_with_a_credential(self):
        def says_back(server, stream):
            key = server.paths[stream].get("x-api-key", "none")
            server.h2.send_headers(stream, [(":status", "200"), ("x-echo", key)])
            server.h2.send_data(stream, b"key " + key.encode())
            server.h2.send_headers(stream, [("grpc-status", "0"), ("grpc-message", key)],
                                   end_stream=True)
        STREAMS["/says-back"] = says_back
        talk = self.talk("api.world.test", FRAMES.port)
        stream = talk.ask(fields("/says-back", "api.world.test", "POST", FRAMES.port,
                                 te="trailers"), ends=False)
        talk.send(stream, b"hello", True)
        stars = "*" * len(w.SECRET)
        self.assertEqual(talk.finish(stream), ("200", b"key " + stars.encode(), "end"))
        self.assertEqual(talk.head(stream)["x-echo"], stars)
        trailers = talk.until(stream, h2.events.TrailersReceived)
        self.assertEqual(dict(trailers.headers), {"grpc-status": "0", "grpc-message": stars})

    def test_no_part_of_an_answer_holds_the_secret(self):
        def says_back(peer, head):
            key = re.search(rb"x-api-key: (.*)\r?", head)[1].rstrip()
            peer.send(b"HTTP/1.1 103 %s\r\nX-Hint: %s\r\n\r\nHTTP/1.1 200 %s\r\nX-Key: %s\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n" % (key, key, key, key))
            for at in range(len(key)):
                peer.send(b"1;%s\r\n%s\r\n" % (key, key[at:at + 1]))
            peer.send(b"0\r\nX-Late: %s\r\nX-Folded: a\r\n %s\r\n\r\n" % (key, key))
        self.play("/says", says_back)
        peer = self.tunnel("api.world.test")
        peer.send(request("/says", "api.world.test", extra="Connection: close\r\n"))
        found = peer.to_end()
        self.assertNotIn(w.SECRET.encode(), found)
        self.assertIn(b"\r\nX-Late: " + b"*" * len(w.SECRET), found)
        self.assertIn(b"0\r\n", found)
        body = b"".join(re.findall(rb"\r\n[0-9a-f]+\r\n(\*+)(?=\r\n)", found))
        self.assertEqual(body, b"*" * len(w.SECRET))

    def test_both_ways_at_once(self):
        def echoes(server, stream):
            server.echoes = True
            server.h2.send_headers(stream, [(":status", "200")])
        STREAMS["/echo"] = echoes
        talk = self.talk(port=FRAMES.port)
        stream = talk.ask(fields("/echo", method="POST", port=FRAMES.port), ends=False)
        for number in range(20):
            talk.send(stream, b"message %02d" % number)
            while len(talk.body(stream)) < 10 * (number + 1) and not talk.ended:
                talk.step()
        talk.send(stream, b"", True)
        self.assertEqual(talk.finish(stream)[0::2], ("200", "end"))

    def test_a_small_window_does_not_stop_a_stream(self):
        size = 3_000_000
        def large(server, stream):
            server.h2.send_headers(stream, [(":status", "200")])
            server.send(stream, b"x" * size, True)
        STREAMS["/large"] = large
        self.play("/large", lambda peer, head: peer.send(answer(b"x" * size)) or True)
        for port in RAW.port, FRAMES.port:
            with self.subTest(port=port):
                talk = self.talk(port=port)
                stream = talk.ask(fields("/large", port=port))
                talk.head(stream)
                time.sleep(0.5)  # so that all waits that can
                code, body, how = talk.finish(stream)
                self.assertEqual((code, len(body), how), ("200", size, "end"))

    def test_an_upload_whose_server_has_a_small_window(self):
        def slow(server, stream):
            server.reads_bodies = False
            time.sleep(0.3)
            server.reads_bodies = True
            events = server.events[stream]
            while not any(isinstance(one, h2.events.StreamEnded) for one in events):
                for one in events:
                    if isinstance(one, h2.events.DataReceived) and not hasattr(one, "taken"):
                        one.taken = True
                server.step()
            server.h2.send_headers(stream, [(":status", "200")])
            server.h2.send_data(stream, b"%d" % len(server.body(stream)), end_stream=True)
        STREAMS["/slow-upload"] = slow
        talk = self.talk(port=FRAMES.port)
        stream = talk.ask(fields("/slow-upload", method="POST", port=FRAMES.port), ends=False)
        talk.send(stream, b"x" * 2_000_000, True)
        self.assertEqual(talk.finish(stream), ("200", b"2000000", "end"))

    def test_reload_while_streams_run(self):
        def events(peer, head):
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in range(20):
                peer.send(chunks(b"event %d;" % number))
                time.sleep(0.05)
            peer.send(b"0\r\n\r\n")
            return True
        self.play("/events", events)
        talks = [self.talk("api.world.test" if i % 2 else "open.world.test") for i in range(5)]
        streams = [(talk, talk.ask(fields("/events", "api.world.test" if i % 2 else
                                          "open.world.test")))
                   for i, talk in enumerate(talks) for _ in range(10)]
        changed = policy()
        for turn in range(10):
            changed["rules"][0]["owner"] = f"turn {turn}"
            if turn == 5:
                changed["credentials"] = []
            self.proxy.write_policy(changed)
            self.proxy.hang_up()
            time.sleep(0.08)
        expected = b"".join(b"event %d;" % number for number in range(20))
        for talk, stream in streams:
            self.assertEqual(talk.finish(stream), ("200", expected, "end"))
        self.proxy.write_policy(policy())
        self.proxy.hang_up()
        self.lives()


def frame(first: int, payload: bytes) -> bytes:
    n = len(payload)
    head = bytes([first, n]) if n < 126 else (
        struct.pack(">BBH", first, 126, n) if n < 65536 else struct.pack(">BBQ", first, 127, n))
    return head + payload


def frames(data: bytes):
    at = 0
    while at < len(data):
        first, n = data[at], data[at + 1]
        at += 2
        if n == 126:
            n, at = struct.unpack(">H", data[at:at + 2])[0], at + 2
        elif n == 127:
            n, at = struct.unpack(">Q", data[at:at + 8])[0], at + 8
        yield first, data[at:at + n]
        at += n


class WebSockets(Native):
    def heard(self, host: str, pieces) -> bytes:
        """What the client hears behind the handshake; pieces(secret) are what the server sends."""
        def upgrades(peer, head):
            key = re.search(rb"x-api-key: (\S+)", head)
            peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                      b"Connection: Upgrade\r\n\r\n")
            for piece in pieces(key[1] if key else b""):
                peer.send(piece)
        self.play("/ws", upgrades)
        peer = self.tunnel(host)
        head = self.ask(peer, request("/ws", host, extra=HANDSHAKE), True)[0]
        self.assertEqual(status(head), "101")
        return peer.to_end()

    def messages(self, pieces) -> list[tuple[int, bytes]]:
        found, opcode, text = [], 0, b""
        for first, payload in frames(self.heard("api.world.test", pieces)):
            if first & 8:
                found.append((first & 15, payload))
                continue
            opcode, text = first & 15 or opcode, text + payload
            if first & 0x80:
                found.append((opcode, text))
                opcode, text = 0, b""
        return found

    def test_fragments_lengths_and_pings(self):
        stars = b"*" * len(w.SECRET)
        long, longest = b"a" * 300, b"b" * 70_000
        found = self.messages(lambda key: [
            frame(0x81, long + key), frame(0x82, longest + key + longest), frame(0x89, key),
            frame(1, b"one " + key[:9]), frame(0x89, b"ping"), frame(0, key[9:11]), frame(0, b""),
            frame(0x80, key[11:] + b" two"), frame(0x81, b""), frame(0x88, b"\x03\xe8" + key)])
        self.assertEqual(found, [
            (1, long + stars), (2, longest + stars + longest), (9, stars), (9, b"ping"),
            (1, b"one " + stars + b" two"), (1, b""), (8, b"\x03\xe8" + stars)])

    def test_lengths_at_their_borders(self):
        sizes = 0, 1, 125, 126, 127, 65535, 65536, 65537
        found = self.messages(lambda key: [b"".join(frame(0x82, b"x" * size) for size in sizes)])
        self.assertEqual([len(text) for _, text in found], list(sizes))

    def test_single_bytes(self):
        def pieces(key):
            data = frame(1, b"x" * 200 + key[:5]) + frame(0x80, key[5:] + b"y" * 130)
            for at in range(len(data)):
                yield data[at:at + 1]
        self.assertEqual(self.messages(pieces),
                         [(1, b"x" * 200 + b"*" * len(w.SECRET) + b"y" * 130)])

    def test_what_was_not_agreed_on_ends_it(self):
        for name, data in (("masked", b"\x81\x82hi"), ("reserved", b"\xc1\x02hi"),
                           ("continues", frame(0x80, b"hi")), ("begins twice", frame(1, b"") * 2),
                           ("a long ping", frame(0x89, b"x" * 126)), ("a ping in parts", b"\x09\x00"),
                           ("64 bits", b"\x82\x7f" + b"\xff" * 8)):
            with self.subTest(name):
                found = self.heard("api.world.test", lambda key: [data, frame(0x81, key), b"x" * 99])
                self.assertEqual(found, b"")

    def test_without_a_secret_bytes_are_bytes(self):
        data = bytes(range(256)) * 300 + frame(0xf1, b"whatever")
        self.assertEqual(self.heard("open.world.test", lambda key: [data]), data)


class Bounds(Native):
    """Memory and descriptors: neither grows with what nobody reads."""

    sanitized = b"__asan_init" in pathlib.Path(w.ENGINE).read_bytes()

    def grows(self, before: int, most: int) -> None:
        if not self.sanitized:
            self.assertLess(n.resident(self.proxy.process) - before, most)

    def test_a_client_that_does_not_read(self):
        size, sent, piece = 200_000_000, [0], b"x" * 100_000
        def large(peer, head):
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            with contextlib.suppress(OSError):
                for _ in range(size // len(piece)):
                    peer.send(piece)
                    sent[0] += len(piece)
            ended.set()
        ended = threading.Event()
        self.play("/large", large)
        before = n.resident(self.proxy.process)
        peers = [self.tunnel(), self.plain()]
        peers[0].send(request("/large"))
        self.assertFalse(ended.wait(1.0))
        self.assertLess(sent[0], 40_000_000)
        self.grows(before, 6_000)
        peers[0].socket.close()  # in the middle of it
        self.assertTrue(ended.wait(3))
        self.grows(before, 3_000)

    def test_a_server_that_does_not_read(self):
        hold = threading.Event()
        self.play("/holds", lambda peer, head: hold.wait(20) and None)
        before = n.resident(self.proxy.process)
        peer = self.tunnel()
        peer.send(request("/holds", method="POST", extra="Content-Length: 200000000\r\n"))
        peer.socket.settimeout(1)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 200_000_000:
                sent += peer.socket.send(b"x" * 100_000)
        self.assertLess(sent, 40_000_000)
        self.grows(before, 6_000)
        hold.set()

    def test_refusals_that_nobody_reads(self):
        before = n.resident(self.proxy.process)
        peer = self.plain()
        peer.socket.settimeout(1)
        data, sent = plain_request("/x", "DELETE") * 200 + b"GET / HTTP/1.1\r\n\r\n" * 2000, 0
        with contextlib.suppress(TimeoutError):
            while sent < 30_000_000:
                sent += peer.socket.send(data)
        self.grows(before, 6_000)
        self.lives()

    def test_streams_whose_ends_nobody_reads(self):
        """Before SETTINGS are acknowledged more streams may be opened than there may be."""
        import hpack
        def large(peer, head):
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            for _ in range(1000):
                peer.send(b"x" * 100_000)
        self.play("/fills", large)
        before = n.resident(self.proxy.process)
        peer = self.tunnel(alpn=["h2"])
        encoder = hpack.Encoder()
        def head(path: str, stream: int) -> bytes:
            block = encoder.encode(fields(path))
            return struct.pack(">HBBBI", 0, len(block), 1, 5, stream) + block
        peer.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
                  b"\0\0\6\4\0\0\0\0\0\0\4\x7f\xff\xff\xff" +  # SETTINGS: the largest window
                  b"\0\0\4\x08\0\0\0\0\0\x7f\xff\0\0" + head("/fills", 1))
        time.sleep(1)
        peer.socket.settimeout(1)
        with contextlib.suppress(OSError):
            for turn in range(100):
                peer.send(b"".join(head("/x", 2 * number + 1) for number in range(
                    turn * 1000 + 1, turn * 1000 + 1001)))
        self.grows(before, 10_000)
        self.lives()

    def test_what_connection_names_takes_no_time(self):
        names = b"Connection: " + b"b," * 7000 + b"\r\n"
        data = answer(b"ok", b"a:\r\n" * 1900 + names * 15 + b"Connection: x-mine\r\nX-Mine: 1\r\n")
        self.play("/names", lambda peer, head: peer.send(data) or True)
        def used() -> float:
            with open(f"/proc/{self.proxy.process.pid}/stat") as file:
                return int(file.read().split()[13]) / os.sysconf("SC_CLK_TCK")
        before, peer = used(), self.tunnel()
        for _ in range(4):
            head, body = self.ask(peer, request("/names"))
            self.assertEqual(body, b"ok")
            self.assertNotIn(b"x-mine", head.lower())
        if not self.sanitized:
            self.assertLess(used() - before, 0.5)

    def test_many(self):
        import resource
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
        self.play("/many", lambda peer, head: peer.send(answer()) or True)
        proxy = w.Proxy(WORLD, policy(), "many", {"api": w.SECRET})
        self.addCleanup(proxy.close)
        def files() -> int:
            return len(os.listdir(f"/proc/{proxy.process.pid}/fd"))
        before = files()
        context = ssl.create_default_context(cafile=proxy.ca)
        place = f"open.world.test:{RAW.port}".encode()
        connections = []
        for number in range(2000):
            one = socket.create_connection(("127.0.0.1", proxy.port), 20)
            if number % 8 == 0:
                one.sendall(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (place, place))
                Peer(one).head()
                one = context.wrap_socket(one, server_hostname="open.world.test")
            connections.append(one)
        self.assertGreater(files(), 2000)
        for number, one in enumerate(connections):
            data = request("/many") if number % 8 == 0 else plain_request("/many")
            one.sendall(data * 10)
            found = b""
            while found.count(b"\r\n\r\nok") < 10:
                piece = one.recv(65536)
                self.assertTrue(piece, found[-500:])
                found += piece
        for one in connections:
            one.close()
        self.assertTrue(proxy.wait_for(lambda: files() < before + 20, 12))
        if not self.sanitized:
            self.assertLess(n.resident(proxy.process), 20_000)


if __name__ == "__main__":
    unittest.main()
