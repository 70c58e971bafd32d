"""What servers may say to the native engine, and what they may not."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import unittest

import h2.events

import native_case
from native_case import Native, at, chunks, fields, plain_request, request, status
from native_world import STREAMS, answer

setUpModule, tearDownModule = native_case.set_up, native_case.tear_down


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
        before = at.RAW.connections
        for method, code in (("HEAD", "200"), ("PUT", "204"), ("GET", "304"), ("HEAD", "200")):
            extra = "Content-Length: 0\r\n" if method == "PUT" else ""
            self.assertEqual(status(self.ask(peer, request("/bare", method=method, extra=extra),
                                             True)[0]), code)
        self.assertLessEqual(at.RAW.connections - before, 1)

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
        talk = self.talk(port=at.FRAMES.port)
        for expected, method in (("200", "GET"), ("200", "GET"), ("200", "POST")):
            stream = talk.ask(fields("/closes", method=method, port=at.FRAMES.port))
            self.assertEqual(talk.finish(stream)[0], expected)
        self.assertEqual(turns, [1, 3, 1, 3])
        turns.remove(3), turns.remove(3), turns.remove(1)
        stream = talk.ask(fields("/closes", method="POST", port=at.FRAMES.port))
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

if __name__ == "__main__":
    unittest.main()
