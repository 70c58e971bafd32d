"""Memory, time and descriptors of the native engine."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import ssl
import struct
import threading
import time
import unittest

import native_case
import native_world as n
import world as w
from native_case import Native, at, fields, plain_request, policy, request
from native_world import Peer, answer

setUpModule, tearDownModule = native_case.set_up, native_case.tear_down


class Bounds(Native):
    """Memory and descriptors: neither grows with what nobody reads."""

    # Neither a sanitizer's memory is the engine's, nor an emulator's (tests/live/arm64).
    sanitized = b"__asan_init" in pathlib.Path(w.ENGINE).read_bytes() or "EMULATED" in os.environ

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
        data, sent = b"GET / HTTP/1.1\r\n\r\n" * 2000, 0
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
        proxy = w.Proxy(at.WORLD, policy(), "many", {"api": w.SECRET})
        self.addCleanup(proxy.close)
        def open_now() -> int:
            return n.connections(proxy.port, at.RAW.port, at.PLAIN.port)
        before = open_now()
        context = ssl.create_default_context(cafile=proxy.ca)
        place = f"open.world.test:{at.RAW.port}".encode()
        connections = []
        for number in range(2000):
            one = socket.create_connection(("127.0.0.1", proxy.port), 20)
            if number % 8 == 0:
                one.sendall(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (place, place))
                Peer(one).head()
                one = context.wrap_socket(one, server_hostname="open.world.test")
            connections.append(one)
        self.assertGreaterEqual(open_now() - before, 2000)
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
        self.assertTrue(proxy.wait_for(lambda: open_now() < before + 20, 12))
        if not self.sanitized:
            self.assertLess(n.resident(proxy.process), 20_000)


if __name__ == "__main__":
    unittest.main()
