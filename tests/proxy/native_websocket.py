"""What the tests of WebSockets over HTTP/2 (RFC 8441) share."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
import struct
import time

import native_world as n
import world as w
from native_case import METHODS, Native, at, fields
from native_world import Talk

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accepts(peer, head: bytes, extra: bytes = b"", accept: bytes | None = None) -> None:
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", head)[1]
    made = base64.b64encode(hashlib.sha1(key + GUID).digest())
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
              b"Sec-WebSocket-Accept: %s\r\n%s\r\n" % (made if accept is None else accept, extra))


def frame(first: int, payload: bytes) -> bytes:
    n = len(payload)
    return bytes([first]) + (bytes([n]) if n < 126 else struct.pack(">BH", 126, n) if n < 65536 else
                             struct.pack(">BQ", 127, n)) + payload


class EitherServer(n.RawServer):
    """HTTP/2 where it is offered, else HTTP/1.1."""

    def speak(self, connection) -> None:
        (n.FrameServer if connection.selected_alpn_protocol() == "h2" else n.RawServer).speak(self, connection)


class ExtendedConnect(Native):
    """A WebSocket on a stream: what asks for one, and a server that says yes, below."""

    @classmethod
    def setUpClass(cls) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(at.WORLD.folder / "leaf.pem", at.WORLD.folder / "leaf.key")
        context.set_alpn_protocols(["h2", "http/1.1"])
        cls.either = EitherServer(w.UPSTREAM, context)
        cls.addClassCleanup(cls.either.close)
        ports = [at.RAW.port, at.FRAMES.port, cls.either.port]
        rules = [w.rule(host, methods=METHODS, ports=ports, paths=["/**"], websocket=True)
                 for host in ("open.world.test", "api.world.test")]
        rules.append(w.rule("git.world.test", methods=METHODS, ports=[at.RAW.port]))
        cls.proxy = w.Proxy(at.WORLD, w.policy(rules, [
            w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)]),
            cls.__name__, {"api": w.SECRET})

    def opens(self, path: str, host: str = "open.world.test", port: int | None = None,
              protocol: str = "websocket", ends: bool = False, **more: str) -> tuple[Talk, int]:
        talk = self.talk(host, port)
        asked = fields(path, host, "CONNECT", port, sec_websocket_version="13", **more)
        return talk, talk.ask([(":protocol", protocol), *asked], ends)

    def heard(self, talk: Talk, stream: int, length: int, seconds: float = 10) -> bytes:
        end = time.monotonic() + seconds
        while len(talk.body(stream)) < length and not talk.ended and time.monotonic() < end:
            talk.step(1)
        return talk.body(stream)

    def decisions(self) -> list[dict]:
        return [one for one in self.proxy.events() if one["event"] == "decision"]
