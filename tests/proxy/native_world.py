"""Servers and clients of test_native.py that say and hear single bytes and frames."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import threading
import time

import h2.config
import h2.connection
import h2.events
import h2.exceptions


PLAYS = {}  # path: play(connection, head) of RawServer; true: it goes on
STREAMS = {}  # path: play(talk, stream) of FrameServer, once the head has come


class Peer:
    """A socket, with what of a message was read too much."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket, self.rest = connection, b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def head(self) -> bytes:
        while b"\r\n\r\n" not in self.rest:
            piece = self.socket.recv(65536)
            if not piece:
                return b""
            self.rest += piece
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        return head

    def some(self, length: int) -> bytes:
        while len(self.rest) < length:
            piece = self.socket.recv(65536)
            if not piece:
                break
            self.rest += piece
        found, self.rest = self.rest[:length], self.rest[length:]
        return found

    def body(self, head: bytes) -> bytes:
        if b"chunked" not in head.lower():
            found = re.search(rb"(?i)content-length: ([0-9]+)", head)
            return self.some(int(found[1]) if found else 0)
        made = b""
        while True:
            line = b""
            while not line.endswith(b"\r\n"):
                one = self.some(1)
                if not one:
                    return made
                line += one
            size = int(line, 16)
            made += self.some(size)
            self.some(2)
            if not size:
                return made

    def to_end(self) -> bytes:
        """All that still comes; b"RESET" behind it when it did not end, but broke."""
        found, self.rest = self.rest, b""
        try:
            while piece := self.socket.recv(65536):
                found += piece
        except (ConnectionResetError, ssl.SSLError):
            return found + b"RESET"
        except OSError:
            pass
        return found

    def closed_within(self, seconds: float) -> bool:
        """Whether nothing but the end comes, and soon."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


class Listener:
    def __init__(self, address: str, context: ssl.SSLContext | None, port: int = 0) -> None:
        self.context = context
        self.socket = socket.create_server((address, port), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.connections = 0
        self.heads: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError, h2.exceptions.ProtocolError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                with self.context.wrap_socket(connection, True) as tls:
                    self.speak(tls)
            else:
                self.speak(connection)

    def close(self) -> None:
        self.socket.close()


class RawServer(Listener):
    def speak(self, connection) -> None:
        peer = Peer(connection)
        while head := peer.head():
            self.heads.append(head)
            path = head.split(b" ")[1].partition(b"?")[0].decode()
            if not PLAYS.get(path, lambda *_: False)(peer, head):
                return


def answer(body: bytes = b"ok", fields: bytes = b"", line: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (line, len(body), fields, body)


class Talk:
    """One side of an HTTP/2 connection; events are gathered for each stream."""

    def __init__(self, connection: socket.socket, client: bool) -> None:
        self.socket = connection
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=client, header_encoding="latin-1", validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.h2.initiate_connection()
        self.next = 1
        self.events: dict[int, list] = {}
        self.reads_bodies = True
        self.ended = False
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def step(self, seconds: float = 10.0) -> list:
        """What the next bytes bring."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return []
        if not data:
            self.ended = True
            return []
        found = self.h2.receive_data(data)
        for event in found:
            self.events.setdefault(getattr(event, "stream_id", None) or 0, []).append(event)
            if isinstance(event, h2.events.DataReceived) and self.reads_bodies:
                with contextlib.suppress(h2.exceptions.ProtocolError):
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        self.flush()
        return found

    def until(self, stream: int, kind, seconds: float = 10.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.ended:
            for event in self.events.get(stream, []):
                if isinstance(event, kind):
                    return event
            self.step(max(0.01, end - time.monotonic()))
        return None

    def ask(self, fields, ends: bool = True) -> int:
        stream, self.next = self.next, self.next + 2
        self.h2.send_headers(stream, fields, end_stream=ends)
        self.flush()
        return stream

    def send(self, stream: int, data: bytes, ends: bool = False) -> None:
        while True:
            n = min(len(data), self.h2.local_flow_control_window(stream),
                    self.h2.max_outbound_frame_size)
            if n or not data:
                self.h2.send_data(stream, data[:n], end_stream=ends and n == len(data))
                self.flush()
                data = data[n:]
            if not data:
                return
            if not n:
                self.step()

    def head(self, stream: int, seconds: float = 10.0) -> dict:
        event = self.until(stream, (h2.events.ResponseReceived, h2.events.StreamReset), seconds)
        return dict(event.headers) if isinstance(event, h2.events.ResponseReceived) else {}

    def body(self, stream: int) -> bytes:
        return b"".join(event.data for event in self.events.get(stream, [])
                        if isinstance(event, h2.events.DataReceived))

    def finish(self, stream: int, seconds: float = 10.0) -> tuple[str, bytes, str]:
        """Status, body, and how it ended: "end", "reset" or "never"."""
        event = self.until(stream, (h2.events.StreamEnded, h2.events.StreamReset), seconds)
        heads = [one for one in self.events.get(stream, [])
                 if isinstance(one, h2.events.ResponseReceived)]
        status = dict(heads[0].headers)[":status"] if heads else ""
        how = ("never" if event is None else
               "end" if isinstance(event, h2.events.StreamEnded) else "reset")
        return status, self.body(stream), how


class FrameServer(Listener):
    """HTTP/2 alone."""

    def speak(self, connection) -> None:
        talk = Talk(connection, False)
        talk.paths = {}
        while not talk.ended:
            for event in talk.step(30):
                if isinstance(event, h2.events.RequestReceived):
                    path = dict(event.headers)[":path"].partition("?")[0]
                    talk.paths[event.stream_id] = dict(event.headers)
                    STREAMS[path](talk, event.stream_id)
                    talk.flush()
                elif isinstance(event, h2.events.DataReceived) and hasattr(talk, "echoes"):
                    talk.send(event.stream_id, event.data)
                elif isinstance(event, h2.events.StreamEnded) and hasattr(talk, "echoes"):
                    talk.h2.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
                    talk.flush()


def is_readable(connection, seconds: float) -> bool:
    return bool(select.select([connection], [], [], seconds)[0])


def connections(port: int, *servers: int) -> int:
    """How many the proxy at that port has, from clients and to these ports; its descriptors are nobody's to
    look at (PR_SET_DUMPABLE)."""
    count = 0
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            local, remote, state = line.split()[1:4]
            here, there = int(local.split(":")[1], 16), int(remote.split(":")[1], 16)
            # TIME_WAIT and LISTEN are no connections of a process.
            count += state not in ("06", "0A") and (here == port or there in servers)
    return count


def resident(process, key: str = "VmRSS") -> int:
    """In KB."""
    with open(f"/proc/{process.pid}/status") as file:
        return int(re.search(key + r":\s+([0-9]+)", file.read())[1])
