"""Streams of HTTP/2 and of WebSockets, and the secret in every part of an answer."""

from __future__ import annotations

import re
import struct
import time
import unittest

import h2.events

import native_case
import world as w
from native_case import HANDSHAKE, Native, at, chunks, fields, policy, request, status
from native_world import STREAMS, answer

setUpModule, tearDownModule = native_case.set_up, native_case.tear_down


class Streams(Native):
    def test_grpc_with_a_credential(self):
        def says_back(server, stream):
            key = server.paths[stream].get("x-api-key", "none")
            server.h2.send_headers(stream, [(":status", "200"), ("x-echo", key)])
            server.h2.send_data(stream, b"key " + key.encode())
            server.h2.send_headers(stream, [("grpc-status", "0"), ("grpc-message", key)],
                                   end_stream=True)
        STREAMS["/says-back"] = says_back
        talk = self.talk("api.world.test", at.FRAMES.port)
        stream = talk.ask(fields("/says-back", "api.world.test", "POST", at.FRAMES.port,
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
            for i in range(len(key)):
                peer.send(b"1;%s\r\n%s\r\n" % (key, key[i:i + 1]))
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
        talk = self.talk(port=at.FRAMES.port)
        stream = talk.ask(fields("/echo", method="POST", port=at.FRAMES.port), ends=False)
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
        for port in at.RAW.port, at.FRAMES.port:
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
        talk = self.talk(port=at.FRAMES.port)
        stream = talk.ask(fields("/slow-upload", method="POST", port=at.FRAMES.port), ends=False)
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
            for i in range(len(data)):
                yield data[i:i + 1]
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

if __name__ == "__main__":
    unittest.main()
