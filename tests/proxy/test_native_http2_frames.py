"""The frames of WebSockets over HTTP/2, and how these end."""

from __future__ import annotations

import threading
import time
import unittest

import native_case
import native_world as n
from native_case import at, fields
from native_websocket import ExtendedConnect, accepts, frame

setUpModule, tearDownModule = native_case.set_up, native_case.tear_down


class Frames(ExtendedConnect):
    def test_frames_before_the_servers_word_wait_for_it(self):
        def late(peer, head):
            peer.socket.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                peer.socket.recv(1)
            peer.socket.settimeout(10)
            accepts(peer, head)
            peer.send(peer.some(500_000))
        self.play("/late", late)
        talk, stream = self.opens("/late")
        talk.send(stream, b"x" * 500_000)
        self.assertEqual(talk.finish(stream), ("200", b"x" * 500_000, "end"))

    def test_five_megabytes_each_way_at_once(self):
        size = 5_000_000
        for host, data in ("open.world.test", b"x" * size), ("api.world.test", frame(0x82, b"x" * (size - 10))):
            with self.subTest(host):
                got = []
                def both(peer, head, data=data, got=got):
                    accepts(peer, head)
                    writes = threading.Thread(target=peer.send, args=(data,))
                    writes.start()
                    time.sleep(0.5)  # so that all waits that can
                    got.append(peer.some(size))
                    writes.join()
                self.play("/both", both)
                talk, stream = self.opens("/both", host)
                talk.head(stream)
                time.sleep(0.5)
                talk.send(stream, b"y" * size)
                code, found, how = talk.finish(stream, 30)
                self.assertEqual((code, how), ("200", "end"))
                self.assertEqual((found.count(b"x"), got), (data.count(b"x"), [b"y" * size]))

    def test_what_the_server_ends_is_ended(self):
        def ends(peer, head):
            accepts(peer, head)
            peer.send(frame(0x88, b"\x03\xe8"))
        self.play("/ends", ends)
        talk, stream = self.opens("/ends")
        self.assertEqual(talk.finish(stream), ("200", frame(0x88, b"\x03\xe8"), "end"))
        talk.send(stream, b"", True)
        self.lives()

    def test_the_clients_end_leaves_time_for_the_servers(self):
        def closes(peer, head):
            accepts(peer, head)
            peer.some(8)
            time.sleep(0.3)
            peer.send(frame(0x88, b"\x03\xe8"))
        self.play("/closes", closes)
        talk, stream = self.opens("/closes")
        talk.head(stream)
        talk.send(stream, b"\x88\x82\0\0\0\0\x03\xe8", True)
        self.assertEqual(talk.finish(stream), ("200", frame(0x88, b"\x03\xe8"), "end"))

    def test_the_clients_end_is_the_servers(self):
        ended = []
        def hears(peer, head):
            accepts(peer, head)
            ended.append(peer.to_end())
        self.play("/hears", hears)
        talk, stream = self.opens("/hears")
        talk.head(stream)
        talk.send(stream, b"\x81\x80abcd", True)
        self.assertEqual(talk.finish(stream, 9), ("200", b"", "end"))
        self.assertTrue(self.proxy.wait_for(lambda: ended, 3))
        self.assertEqual(ended, [b"\x81\x80abcd"])

    def test_a_reset_frees_the_server(self):
        ended = []
        def servers() -> int:
            return n.connections(0, at.RAW.port)
        def streams(peer, head):
            if b"/waits" not in head:
                accepts(peer, head)
            peer.some(4)
            ended.append(peer.to_end())
        self.play("/streams", streams)
        self.play("/waits", streams)
        for path in "/streams", "/waits":
            with self.subTest(path):
                ended.clear()
                talk, stream = self.opens(path)
                if path == "/streams":
                    talk.head(stream)
                    talk.send(stream, b"abcd")
                self.assertTrue(self.proxy.wait_for(lambda: at.RAW.heads[-1].startswith(b"GET " + path.encode()), 5))
                before = servers()
                talk.h2.reset_stream(stream)
                talk.flush()
                self.assertTrue(self.proxy.wait_for(lambda: ended, 5))
                self.assertEqual(ended, [b""])
                self.assertTrue(self.proxy.wait_for(lambda: servers() < before, 5))
        self.lives()

    def test_many_on_one_connection(self):
        def echoes(peer, head):
            accepts(peer, head)
            peer.send(peer.some(6))
        self.play("/many", echoes)
        talk = self.talk()
        streams = [talk.ask([(":protocol", "websocket"), *fields("/many", method="CONNECT")], False) for _ in range(40)]
        for number, stream in enumerate(streams):
            talk.send(stream, b"%06d" % number)
        for number, stream in enumerate(streams):
            self.assertEqual(talk.finish(stream), ("200", b"%06d" % number, "end"))


if __name__ == "__main__":
    unittest.main()
