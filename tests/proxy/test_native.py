"""What one connection does to another, and bodies, which mitmproxy frames by itself."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import unittest

import h2.events

import native_case
from native_case import HANDSHAKE, Native, at, chunks, fields, request, status
from native_world import STREAMS, answer

setUpModule, tearDownModule = native_case.set_up, native_case.tear_down


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
        place = f"open.world.test:{at.RAW.port}"
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


class Bodies(Native):
    def test_two_chunked_bodies_on_one_connection(self):
        self.play("/chunked", lambda peer, head: peer.send(answer(peer.body(head))) or True)
        peer = self.tunnel()
        for text in b"first", b"second\r\n\r\nGET /stolen HTTP/1.1\r\n\r\n", b"third":
            found = self.ask(peer, request("/chunked", method="POST",
                                           extra="Transfer-Encoding: chunked\r\n")
                             + chunks(text) + b"0\r\n\r\n")
            self.assertEqual(found[1], text)

    def test_a_client_that_says_close_is_closed(self):
        self.play("/bye", lambda peer, head: peer.send(answer()) or True)
        peer = self.tunnel()
        peer.send(request("/bye", extra="Connection: keep-alive, Close\r\n"))
        self.assertIn(b"\r\nConnection: close\r\n", peer.to_end())

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
        peer.send(data)  # all fits in the kernel's buffers; one SSL is not for two threads at once
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
        talk = self.talk(port=at.FRAMES.port)
        seen = []
        STREAMS["/after"] = lambda server, stream: (
            seen.extend(type(one).__name__ for events in server.events.values()
                        for one in events), server.h2.send_headers(
                stream, [(":status", "200")], end_stream=True))
        stream = talk.ask(fields("/early-answer", method="POST", port=at.FRAMES.port), ends=False)
        self.assertEqual(talk.finish(stream), ("413", b"", "end"))
        after = talk.ask(fields("/after", port=at.FRAMES.port))
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
        self.assertTrue(self.proxy.wait_for(lambda: seen == [True], 4))
        peer = self.tunnel()
        self.assertEqual(status(self.ask(peer, request("/asks", method="POST", extra=extra),
                                         True)[0]), "100")
        self.assertEqual(self.ask(peer, b"hello")[1], b"hello")
        self.assertIn(b"\r\nExpect: 100-continue", at.RAW.heads[-1])

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

if __name__ == "__main__":
    unittest.main()
