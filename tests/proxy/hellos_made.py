"""ClientHellos of TLS from their parts (RFC 8446, sections 4.1.2 and 5.1; RFC 6066, section 3)."""

from __future__ import annotations

import struct


def records(message: bytes, sizes: list[int]) -> bytes:
    made = b""
    for size in sizes + [16384] * 5:
        piece, message = message[:size], message[size:]
        if piece:
            made += b"\x16\x03\x01" + struct.pack(">H", len(piece)) + piece
    return made


def handshake(extensions: bytes, suites: bytes = b"\x13\x01", session: bytes = b"", behind: bytes = b"") -> bytes:
    body = (b"\x03\x03" + bytes(32) + bytes([len(session)]) + session + struct.pack(">H", len(suites)) + suites + b"\x01\0"
            + extensions + behind)
    return b"\x01" + len(body).to_bytes(3, "big") + body


def vector(data: bytes, size: int = 2) -> bytes:
    return len(data).to_bytes(size, "big") + data


def extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">H", kind) + vector(data)


def host_name(text: bytes) -> bytes:
    return vector(b"\0" + vector(text))
