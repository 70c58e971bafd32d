"""What the host program asks of the proxy while it runs: a unix stream socket, mode 0600, for root and the
proxy's own user alone. One JSON object a line, each way: {"ask": "VERB", ...}, and {"ok": true, ...} or
{"error": "one sentence"}. gen/engine/control.h is the same of the native engine, modules/host/control.py the
other end. A peer that does not read, or sends what is no such line, is cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

import strict_json

PEERS = 8
LONGEST_LINE = 64 * 1024
_MOST_UNREAD = 1024 * 1024

# Of one row: the line's object, and who asks; what it gives is the answer.
Verb = Callable[[dict[str, Any], "Peer"], dict[str, Any]]


class Peer(asyncio.Protocol):
    def __init__(self, control: Control) -> None:
        self._control = control
        self._transport: Any = None
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        if len(self._control.peers) >= PEERS or not _is_trusted(transport.get_extra_info("socket")):
            transport.abort()
            return
        self._control.peers.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._control.peers.discard(self)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if any(len(line) > LONGEST_LINE for line in (*lines, self._rest)):
            self._transport.abort()
            return
        for line in lines:
            self.say(self._control.answer(line, self))

    def is_there(self) -> bool:
        return self in self._control.peers and not self._transport.is_closing()

    def say(self, said: dict[str, Any]) -> bool:
        """A line to it. False: it is gone, or was cut off for not reading."""
        if not self.is_there():
            return False
        self._transport.write(json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n")
        if self._transport.get_write_buffer_size() <= _MOST_UNREAD:
            return True
        self._transport.abort()
        return False


class Control:
    def __init__(self, verbs: dict[str, Verb]) -> None:
        self.peers: set[Peer] = set()
        self._verbs = verbs
        self._server: Any = None

    async def open(self, path: str) -> None:
        """One that an earlier process left is replaced. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        door = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            door.bind(path)
        finally:
            os.umask(before)
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: Peer(self), sock=door, backlog=PEERS)

    def answer(self, line: bytes, peer: Peer) -> dict[str, Any]:
        try:
            asked = strict_json.loads(line)
            verb = asked["ask"]
        except (ValueError, TypeError, KeyError):
            verb = None
        if not isinstance(verb, str):
            return {"error": "this is no JSON object with ask"}
        if verb not in self._verbs:
            return {"error": "no such thing may be asked"}
        return self._verbs[verb](asked, peer)


def _is_trusted(connection: Any) -> bool:
    """The socket's mode says the same."""
    if hasattr(socket, "SO_PEERCRED"):
        held = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        user = struct.unpack("3i", held)[1]
    else:  # macOS: LOCAL_PEERCRED, struct xucred: its version, then the user
        user = struct.unpack_from("II", connection.getsockopt(0, 1, 76))[1]
    return user in (0, os.geteuid())
