"""Both engines in one world, each with an origin server of its own that writes down every byte, and a connection to each.

The names lead to 127.0.0.2 for mitmproxy and to 127.0.0.3 for the engine, on the same ports: both have the same policy
and the same requests.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import pathlib
import socket
import ssl
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "proxy"))

import differ_answers  # noqa: E402
import differ_unread  # noqa: E402
import h2.events  # noqa: E402
import h2.exceptions  # noqa: E402
import native_world as n  # noqa: E402
import world as w  # noqa: E402

ADDRESSES = {"mitmproxy": w.UPSTREAM, "native": w.OTHER}
NAMES = ["api.world.test", "git.world.test", "key.world.test", "open.world.test", "plain.world.test", "deep.sub.world.test",
         "low.sub.world.test", "sign.world.test", "body.world.test", "mcp.world.test"]
GITHUB = ["github.com", "api.github.com"]
CLOSED = "bait.world.test"  # its address is private
SECONDS = 6  # nothing here takes so long


def turn_of(fields: list[tuple[bytes, bytes]]) -> bytes | None:
    """Which request this is: the generator's own field, exactly once."""
    found = [value for name, value in fields if name.lower() == b"x-turn"]
    return found[0] if len(found) == 1 else None


def read_fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [(name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]


class Reader(n.Peer):
    """Of messages: what framed them is kept beside what they hold."""

    def line(self) -> bytes:
        while b"\r\n" not in self.rest:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError
            self.rest += piece
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line

    def whole(self, length: int) -> bytes:
        found = self.some(length)
        if len(found) < length:
            raise EOFError
        return found

    def chunks(self) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        parts, trailers = [], []
        while size := int(self.line().partition(b";")[0], 16):
            parts.append(self.whole(size))
            if self.whole(2) != b"\r\n":
                raise ValueError("a chunk is longer than it says")
        while line := self.line():
            trailers.append(line)
        return b"".join(parts), read_fields(trailers)


class Origin(n.Listener):
    """Answers as the request's number says, whoever passes it on."""

    def __init__(self, address: str, context, port: int = 0) -> None:
        self.requests: list[dict] = []
        self.lock = threading.Lock()
        super().__init__(address, context, port)

    def speak(self, connection) -> None:
        with contextlib.suppress(EOFError):
            self.answer_all(Reader(connection))
        if self.context:  # an answer that ends with the connection is whole only where TLS says so
            connection.settimeout(1)
            connection.unwrap()

    def answer_all(self, peer: Reader) -> None:
        while head := peer.head():
            first, *lines = head.split(b"\r\n")
            record = {"line": first, "fields": read_fields(lines), "body": b"", "trailers": []}
            lower = {name.lower(): value for name, value in record["fields"]}
            if lower.get(b"expect"):
                peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            if lower.get(b"transfer-encoding", b"").lower() == b"chunked":
                record["body"], record["trailers"] = peer.chunks()
            else:
                record["body"] = peer.whole(int(lower.get(b"content-length", b"0")))
            self.requests.append(record)
            if lower.get(b"upgrade", b"").lower() == b"websocket":
                self.upgrade(peer, lower, record)
                return
            data, goes_on = differ_answers.made(turn_of(record["fields"]), record)
            peer.send(data)
            if not goes_on:
                return

    def upgrade(self, peer: Reader, lower: dict, record: dict) -> None:
        """Says what it was asked with, then each message back."""
        magic = lower.get(b"sec-websocket-key", b"") + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Accept: %s\r\n\r\n" % base64.b64encode(hashlib.sha1(magic).digest()))
        said = b" ".join(value for name, value in record["fields"] if name.lower() in differ_answers.SECRET_FIELDS)[:120]
        peer.send(bytes([0x82, len(said)]) + said)
        while True:
            first, length = peer.whole(2)
            mask = peer.whole(4)
            text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(peer.whole(length & 0x7f)))
            if first & 15 != 8:  # who closes first is not told
                record["body"] += bytes([first]) + text
            peer.send(bytes([first, len(text)]) + text)
            if first & 15 == 8:
                return


class Engine:
    """One of the two, as it runs for one policy."""

    def __init__(self, world: w.World, kind: str, name: str, policy: dict, granted: dict, secrets: dict, origins: list[Origin],
                 mirrors: list[differ_unread.Mirror]) -> None:
        self.kind, self.origins, self.mirrors = kind, origins, mirrors
        world.names = {**{one: [ADDRESSES[kind]] for one in NAMES + GITHUB + differ_unread.NAMES}, CLOSED: [w.BAIT]}
        w.NATIVE = kind == "native"
        self.proxy = w.Proxy(world, policy, f"{kind}-{name}", secrets, wait=False, confdir=world.folder / f"conf-{kind}", control=True)
        self.proxy.grants[0].write_text(json.dumps(granted))
        self.taken = 0

    def start(self) -> None:
        self.proxy.wait_ready()
        self.context = ssl.create_default_context(cafile=self.proxy.ca)
        self.framed = ssl.create_default_context(cafile=self.proxy.ca)
        self.framed.set_alpn_protocols(["h2", "http/1.1"])
        for one in self.context, self.framed:
            one.check_hostname = False  # some tunnels are not to where TLS then says
        self.log = open(self.proxy.log_path, "rb")
        self.lines()

    def lines(self) -> list[dict]:
        """What it has logged since the last time."""
        found = [json.loads(line) for line in self.log.read().splitlines() if line.startswith(b'{"time"')]
        return [{key: value for key, value in one.items() if key not in ("time", "chain")} for one in found
                if one["event"] not in ("ready", "diagnostic", "traffic")]

    def records(self) -> list[dict]:
        found = []
        for origin in self.origins:
            taken, origin.requests = origin.requests, []
            found += taken
        return found

    def unread(self) -> list[dict]:
        return [record for one in self.mirrors for record in one.heard()]

    def close(self) -> None:
        self.log.close()
        self.proxy.close()


def nothing() -> dict:
    return {"status": 0, "version": b"", "reason": b"", "fields": [], "body": b"", "trailers": [], "interim": [],
            "framing": "", "why": ""}


class Connection:
    """To one engine: `asked` is the CONNECT that opens a tunnel, if there is one."""

    def __init__(self, engine: Engine, asked: bytes | None, sni: str | None, framed: bool) -> None:
        self.engine, self.talk = engine, None
        self.socket = socket.create_connection(("127.0.0.1", engine.proxy.port), SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer = Reader(self.socket)
        self.opened = None
        if asked:
            self.peer.send(asked)
            self.opened = self.answer("CONNECT")
            self.opens = self.opened["status"] == 200
            if self.opens and sni is not None:
                context = engine.framed if framed else engine.context
                self.socket = context.wrap_socket(self.socket, server_hostname=sni)
                self.peer = Reader(self.socket)
                self.talk = n.Talk(self.socket, True) if framed else None

    def ask(self, fields: list, content: bytes, trailers: list) -> dict:
        """In HTTP/2, one at a time."""
        found, talk = nothing(), self.talk
        try:
            stream = talk.ask(fields, ends=not content and not trailers)
            if content:
                talk.send(stream, content, not trailers)
            if trailers:
                talk.h2.send_headers(stream, trailers, end_stream=True)
                talk.flush()
            status, found["body"], how = talk.finish(stream, SECONDS)
        except (OSError, h2.exceptions.ProtocolError) as error:
            return {**found, "framing": "cut", "why": f"closed {type(error).__name__}"}
        for event in talk.events.pop(stream, []):
            heads = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in getattr(event, "headers", None) or ()]
            if isinstance(event, h2.events.ResponseReceived):
                found["fields"] = [one for one in heads if one[0] != b":status"]
            elif isinstance(event, h2.events.InformationalResponseReceived):
                found["interim"].append((int(heads[0][1]), heads[1:]))
            elif isinstance(event, h2.events.TrailersReceived):
                found["trailers"] = heads
        return {**found, "status": int(status or 0), "version": b"HTTP/2", "framing": "frames" if how == "end" else "cut",
                "why": "" if how == "end" else how}

    def answer(self, method: str) -> dict:
        """The next one; its status is 0 where none came."""
        found = nothing()
        try:
            self._read(found, method)
        except (EOFError, ConnectionError, ssl.SSLError) as error:
            found.update(why=f"closed {type(error).__name__}" if found["status"] else "closed", framing="cut")
        except OSError:
            found.update(why="nothing came", framing="cut")
        except ValueError as error:
            found.update(why=f"not an answer: {error}", framing="cut")
        return found

    def _read(self, found: dict, method: str) -> None:
        while True:
            first, *lines = (self.peer.head() or b"").split(b"\r\n")
            if not first:
                raise EOFError
            version, status, reason = (first + b" ").split(b" ", 2)
            fields = read_fields(lines)
            if not (100 <= int(status) < 200 and status != b"101"):
                break
            found["interim"].append((int(status), fields))
        found.update(status=int(status), version=version, reason=reason[:-1], fields=fields)
        lower = {name.lower(): value for name, value in fields}
        if method == "HEAD" or found["status"] in (101, 204, 304) or (method == "CONNECT" and found["status"] == 200):
            found["framing"] = "none"
        elif lower.get(b"transfer-encoding", b"").lower() == b"chunked":
            found["framing"] = "chunked"
            found["body"], found["trailers"] = self.peer.chunks()
        elif b"content-length" in lower:
            found["framing"] = "length"
            found["body"] = self.peer.whole(int(lower[b"content-length"]))
        else:
            found["body"], found["framing"] = self.peer.to_end(), "close"

    def websocket(self, messages: list[bytes]) -> list[tuple[int, bytes]]:
        """What comes back behind the handshake: a greeting, and each message."""
        heard = []
        with contextlib.suppress(OSError, EOFError):
            for first, text in [(0, b""), *((0x82, one) for one in messages), (0x88, b"\x03\xe8")]:
                if first:
                    masked = bytes(byte ^ b"mask"[i % 4] for i, byte in enumerate(text))
                    self.peer.send(bytes([first, 0x80 | len(text)]) + b"mask" + masked)
                first, length = self.peer.whole(2)
                heard.append((first, self.peer.whole(length & 0x7f)))
        return heard

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.close()


class Both:
    """The world, the origin servers, and the two engines of one policy after the other."""

    def __init__(self) -> None:
        self.world = w.World()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.world.folder / "leaf.pem", self.world.folder / "leaf.key")
        context.set_alpn_protocols(["http/1.1"])
        self.origins, self.mirrors, self.ports, self.unread = {}, {}, {}, []
        for kind, address in ADDRESSES.items():
            self.origins[kind] = [Origin(address, one, self.ports.get(scheme, 0))
                                  for scheme, one in (("https", context), ("http", None))]
            self.ports = dict(zip(("https", "http"), (one.port for one in self.origins[kind])))
            self.mirrors[kind] = differ_unread.mirrors(address, self.unread)
            self.unread = [one.port for one in self.mirrors[kind]]
        self.started = 0

    def start(self, policy: dict, granted: dict, secrets: dict) -> list[Engine]:
        self.started += 1
        engines = [Engine(self.world, kind, str(self.started), policy, granted, secrets, self.origins[kind], self.mirrors[kind])
                   for kind in ADDRESSES]
        for one in engines:
            one.start()
        return engines

    def close(self) -> None:
        for one in (*self.origins.values(), *self.mirrors.values()):
            for origin in one:
                origin.close()
        self.world.close()
