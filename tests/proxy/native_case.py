"""What the tests of the native engine share: one world for each module, and a client for each test."""

from __future__ import annotations

import ssl
import types
import unittest

import native_world as n
import world as w
from native_world import PLAYS, Peer, Talk, answer

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]
at = types.SimpleNamespace()  # WORLD, and its servers RAW, PLAIN and FRAMES
HANDSHAKE = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


def set_up() -> None:
    at.WORLD = w.World()
    contexts = []
    for protocols in ["http/1.1"], ["h2"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(at.WORLD.folder / "leaf.pem", at.WORLD.folder / "leaf.key")
        context.set_alpn_protocols(protocols)
        contexts.append(context)
    at.RAW = n.RawServer(w.UPSTREAM, contexts[0])
    at.PLAIN = n.RawServer(w.UPSTREAM, None)
    at.FRAMES = n.FrameServer(w.UPSTREAM, contexts[1])


def tear_down() -> None:
    for server in at.RAW, at.PLAIN, at.FRAMES, at.WORLD:
        server.close()


def policy() -> dict:
    ports = [at.RAW.port, at.FRAMES.port]
    return w.policy(
        [w.rule(host, methods=METHODS, ports=ports, websocket=True)
         for host in ("open.world.test", "api.world.test")] +
        [w.rule("plain.world.test", scheme="http", methods=METHODS, ports=[at.PLAIN.port])],
        [w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)])


def request(path: str, host: str = "open.world.test", method: str = "GET", extra: str = "",
            body: bytes = b"", port: int | None = None, version: str = "1.1") -> bytes:
    return (f"{method} {path} HTTP/{version}\r\nHost: {host}:{port or at.RAW.port}\r\n"
            f"{extra}\r\n").encode() + body


def plain_request(path: str, method: str = "GET", extra: str = "", version: str = "1.1") -> bytes:
    place = f"plain.world.test:{at.PLAIN.port}"
    return (f"{method} http://{place}{path} HTTP/{version}\r\nHost: {place}\r\n"
            f"{extra}\r\n").encode()


def fields(path: str, host: str = "open.world.test", method: str = "GET",
           port: int | None = None, **more: str) -> list[tuple[str, str]]:
    return [(":method", method), (":scheme", "https"), (":path", path),
            (":authority", f"{host}:{port or at.RAW.port}"),
            *((key.replace("_", "-"), value) for key, value in more.items())]


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces)


def status(found: bytes) -> str:
    return found[9:12].decode() if found else "closed"


class Native(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(at.WORLD, policy(), cls.__name__, {"api": w.SECRET})

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
        client.connect(f"{host}:{port or at.RAW.port}")
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
