"""Limits of the native engine on what a client begins and does not end; in the tests' world they are short."""

from __future__ import annotations

import contextlib
import struct
import threading
import time
import unittest

import h2.events

import native_case
import world as w
from native_case import HANDSHAKE, Native, at, chunks, fields, plain_request, policy, request, status
from native_world import STREAMS, Peer, answer, connections
from native_websocket import accepts

setUpModule, tearDownModule = native_case.set_up, native_case.tear_down

CLIENTS, HEAD, BODY = 30, 1, 2


class Limited(Native):
    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(at.WORLD, policy(), cls.__name__, {"api": w.SECRET},
                            environment={"PROXY_LIMITS": f"{CLIENTS} {HEAD} {BODY}"})


class Clients(Limited):
    def setUp(self) -> None:
        self.play("/many", lambda peer, head: peer.send(answer()) or True)
        self.assertTrue(self.proxy.wait_for(lambda: not connections(self.proxy.port), 5))

    def takes_one(self) -> bool:
        with contextlib.suppress(OSError):
            return self.ask(self.plain(), plain_request("/many"))[1] == b"ok"
        return False

    def test_one_too_many(self):
        def told() -> list[dict]:
            return [one for one in self.proxy.events() if one["event"] == "clients-turned-away"]
        peers = [self.plain() for _ in range(CLIENTS)]
        for one in peers:
            self.assertEqual(self.ask(one, plain_request("/many"))[1], b"ok")
        for _ in range(5):
            self.assertTrue(self.plain().closed_within(2))
        for one in peers:
            self.assertEqual(self.ask(one, plain_request("/many"))[1], b"ok")
        self.assertTrue(self.proxy.wait_for(told, 3))
        for _ in range(5):
            self.assertTrue(self.plain().closed_within(2))
        time.sleep(2.2)
        self.assertEqual([one["count"] for one in told()], [5])
        peers.pop().socket.close()
        self.assertTrue(self.proxy.wait_for(self.takes_one, 5))

    def test_who_was_closed_but_stays(self):
        """A connection that we have closed is one until its client has done so too, or some seconds have passed."""
        peers = [self.plain() for _ in range(CLIENTS)]
        for one in peers:
            one.send(b"?\r\n\r\n")
            self.assertIn(b" 400 ", one.to_end())
        self.assertEqual(self.plain().to_end().replace(b"RESET", b""), b"")
        for one in peers:
            one.socket.close()
        self.assertTrue(self.proxy.wait_for(self.takes_one, 5))


class Heads(Limited):
    def trickle(self, peer: Peer, data: bytes) -> float:
        """How long a byte now and then is taken."""
        started = time.monotonic()
        with contextlib.suppress(OSError):
            for number in range(100):
                peer.send(data[number:number + 1])
                peer.socket.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    piece = peer.socket.recv(65536)
                    peer.rest += piece
                    if not piece or not peer.rest.startswith(b"\0"):
                        break
        peer.socket.settimeout(10)
        return time.monotonic() - started

    def test_a_head_without_end(self):
        for name, peer in ("plain", self.plain()), ("in TLS", self.tunnel()):
            with self.subTest(name):
                took = self.trickle(peer, b"GET / HTTP/1.1\r\nHost: open.world.test\r\n" + b"x: y\r\n" * 20)
                self.assertTrue(HEAD - 0.5 <= took < HEAD + 3, took)
                head = peer.head()
                self.assertEqual(status(head), "408")
                self.assertIn(b"head did not come", peer.body(head))
                self.assertEqual(peer.to_end(), b"")

    def test_a_head_without_end_over_http2(self):
        peer = self.tunnel(alpn=["h2"])
        peer.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0" +
                  struct.pack(">BHBBI", 0, 500, 1, 4, 1) + b"\x82\0\1x\x7f\xff\2")  # a long value
        settings = peer.some(9)
        peer.some(int.from_bytes(settings[:3], "big"))
        took = self.trickle(peer, b"y" * 100)
        self.assertTrue(HEAD - 0.5 <= took < HEAD + 3, took)
        peer.to_end()
        self.lives()

    def test_heads_that_come_in_time(self):
        self.play("/slow", lambda peer, head: peer.send(answer()) or True)
        peer = self.tunnel()
        for _ in range(3):
            data = request("/slow")
            peer.send(data[:20])
            time.sleep(0.7)
            self.assertEqual(self.ask(peer, data[20:])[1], b"ok")


class Bodies(Limited):
    def holds(self, path: str) -> list[float]:
        """When the server of an upload that stalls hears of its end."""
        ended = []
        def hears(peer, head):
            peer.to_end()
            ended.append(time.monotonic())
        self.play(path, hears)
        return ended

    def test_an_upload_that_stalls(self):
        ended, started, peers = self.holds("/stalls"), time.monotonic(), []
        for name, extra, body in (("length", "Content-Length: 10\r\n", b"half"),
                                  ("no byte", "Content-Length: 10\r\n", b""),
                                  ("chunked", "Transfer-Encoding: chunked\r\n", chunks(b"half")),
                                  ("half a chunk", "Transfer-Encoding: chunked\r\n", b"8\r\nhalf")):
            peers.append((name, self.tunnel()))
            peers[-1][1].send(request("/stalls", method="POST", extra=extra, body=body))
        for name, peer in peers:
            with self.subTest(name):
                head, text = self.hear(peer)
                self.assertEqual(status(head), "408")
                self.assertIn(b"body did not come", text)
                self.assertTrue(BODY - 1 <= time.monotonic() - started < BODY + 3)
                self.assertEqual(peer.to_end(), b"")
        self.assertTrue(self.proxy.wait_for(lambda: len(ended) == len(peers), 3))

    def test_an_upload_that_stalls_over_http2(self):
        ended, started = self.holds("/stalls"), time.monotonic()
        talk = self.talk()
        stream = talk.ask(fields("/stalls", method="POST"), False)
        talk.send(stream, b"half")
        code, text, how = talk.finish(stream)
        self.assertEqual((code, how), ("408", "end"))
        self.assertIn(b"body did not come", text)
        self.assertTrue(BODY - 1 <= time.monotonic() - started < BODY + 3)
        self.assertTrue(self.proxy.wait_for(lambda: ended, 3))
        talk.step(BODY + 3)  # and what is still open of the stream is closed
        self.assertTrue(any(isinstance(one, h2.events.StreamReset) for one in talk.events[stream]))
        self.play("/next", lambda peer, head: peer.send(answer()) or True)
        self.assertEqual(talk.finish(talk.ask(fields("/next")))[0], "200")

    def test_the_body_of_a_refusal(self):
        peer = self.tunnel()
        head, _ = self.ask(peer, request("/x", method="PATCH", extra="Content-Length: 10\r\n"))
        self.assertEqual(status(head), "403")
        started = time.monotonic()
        self.assertEqual(peer.to_end(), b"")
        self.assertLess(time.monotonic() - started, BODY + 3)


class Quiet(Limited):
    """What may be quiet for as long as it likes: all at once, as each takes longer than the limits."""

    SECONDS = BODY + 3

    def raw(self, name: str) -> None:
        def opens(peer, head):
            accepts(peer, head)
            while data := peer.socket.recv(100):
                peer.send(data)
        self.play("/" + name, opens)

    def an_answer_that_takes_long(self) -> None:
        self.play("/long", lambda peer, head: peer.body(head) and time.sleep(self.SECONDS) or peer.send(answer()))
        post = request("/long", method="POST", extra="Content-Length: 2\r\n", body=b"hi")
        self.assertEqual(self.ask(self.tunnel(), post)[1], b"ok")

    def a_stream_of_events(self) -> None:
        def events(peer, head):
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            time.sleep(self.SECONDS)
            peer.send(chunks(b"event", b""))
        self.play("/events", events)
        talk = self.talk()
        self.assertEqual(talk.finish(talk.ask(fields("/events")), 20), ("200", b"event", "end"))

    def a_websocket(self) -> None:
        self.raw("ws")
        peer = self.tunnel()
        self.assertEqual(status(self.ask(peer, request("/ws", extra=HANDSHAKE), True)[0]), "101")
        time.sleep(self.SECONDS)
        peer.send(b"hello")
        self.assertEqual(peer.some(5), b"hello")

    def a_websocket_over_http2(self) -> None:
        self.raw("ws2")
        talk = self.talk()
        stream = talk.ask([(":protocol", "websocket"), *fields("/ws2", method="CONNECT")], False)
        self.assertEqual(talk.head(stream)[":status"], "200")
        time.sleep(self.SECONDS)
        talk.send(stream, b"hello")
        talk.until(stream, h2.events.DataReceived)
        self.assertEqual(talk.body(stream), b"hello")

    def a_websocket_whose_server_takes_long(self) -> None:
        def opens(peer, head):
            time.sleep(self.SECONDS)
            accepts(peer, head)
        self.play("/ws3", opens)
        talk = self.talk()
        stream = talk.ask([(":protocol", "websocket"), *fields("/ws3", method="CONNECT")], False)
        self.assertEqual(talk.head(stream, 20)[":status"], "200")

    def a_call_of_grpc(self) -> None:
        def waits(server, stream):
            server.until(stream, h2.events.StreamEnded, 20)
            server.h2.send_headers(stream, [(":status", "200"), ("grpc-status", "0")], end_stream=True)
        STREAMS["/grpc"] = waits
        talk = self.talk(port=at.FRAMES.port)
        stream = talk.ask(fields("/grpc", method="POST", port=at.FRAMES.port, te="trailers"), False)
        time.sleep(self.SECONDS)
        talk.h2.end_stream(stream)
        talk.flush()
        self.assertEqual(talk.finish(stream), ("200", b"", "end"))

    def a_server_that_answers_first(self) -> None:
        def answers(peer, head):
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(b"go on;"))
            peer.send(chunks(peer.body(head), b""))
        self.play("/first", answers)
        peer = self.tunnel()
        peer.send(request("/first", method="POST", extra="Content-Length: 4\r\n"))
        head = peer.head()
        time.sleep(self.SECONDS)
        peer.send(b"late")
        self.assertEqual(peer.body(head), b"go on;late")

    def a_server_that_does_not_read(self) -> None:
        size = 6_000_000
        def reads_late(peer, head):
            time.sleep(self.SECONDS)
            peer.some(size) if b"chunked" not in head else peer.body(head)
            peer.send(answer())
        self.play("/late", reads_late)
        peer = self.tunnel(timeout=30)
        post = request("/late", method="POST", extra=f"Content-Length: {size}\r\n", body=b"x" * size)
        self.assertEqual(self.ask(peer, post)[1], b"ok")

    def a_server_that_does_not_read_over_http2(self) -> None:
        talk = self.talk()
        stream = talk.ask(fields("/late", method="POST"), False)
        talk.send(stream, b"x" * 6_000_000, True)
        self.assertEqual(talk.finish(stream, 30)[0], "200")

    def a_slow_upload(self) -> None:
        self.play("/slowly", lambda peer, head: peer.send(answer(peer.body(head))))
        peer = self.tunnel()
        peer.send(request("/slowly", method="POST", extra="Content-Length: 6\r\n"))
        for _ in range(6):
            time.sleep(0.8)
            peer.send(b"x")
        self.assertEqual(self.hear(peer)[1], b"xxxxxx")

    def test_all(self):
        problems = []
        def run(name: str) -> None:
            try:
                getattr(self, name)()
            except (AssertionError, OSError, KeyError) as problem:
                problems.append((name, problem))
        threads = [threading.Thread(target=run, args=(name,)) for name in vars(Quiet) if name.startswith("a")]
        self.assertEqual(len(threads), 10)
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertEqual(problems, [])


if __name__ == "__main__":
    unittest.main()
