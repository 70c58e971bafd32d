"""What the first bytes in a tunnel are, and the name in a ClientHello of TLS. Pure; gen/engine/hello.c
in Python.
"""

from __future__ import annotations

import re

LONGEST_LINE = LONGEST_HELLO = 65536
LONGEST_RECORD, LONGEST_NAME = 16384, 255
_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME = 22, 1, 0, 0
_METHOD = re.compile(rb"[\r\n]*([!#$%&'*+.^_`|~0-9A-Za-z-]*)")  # RFC 9112 section 2.2, RFC 9110 5.6.2


class HelloError(ValueError):
    """It is no ClientHello, or has two readings."""


def begins(data: bytes) -> str | None:
    """tls, http (or too long for anything), other; None: these bytes do not tell yet."""
    if data[:1] == b"\x16":
        return "tls"
    method = _METHOD.match(data)
    assert method
    if method.end() == len(data):
        return None if len(data) < LONGEST_LINE else "http"
    if not method[1] or data[method.end():method.end() + 1] != b" ":
        return "other"
    end = data.find(b"\n", method.end())
    if end < 0:
        return None if len(data) < LONGEST_LINE else "http"
    return "http" if b" HTTP/" in data[method.end():end] else "other"


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        if count > self.left():
            raise HelloError("shorter than it says")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> "_Reader":
        return _Reader(self.take(self.number(size)))


def read(data: bytes) -> tuple[bool, str | None]:
    """The one host_name of a client's first words, as it was sent, which may lie in several records
    (RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3). False: more has to come."""
    message, at = b"", 0
    while True:
        head = data[at:at + 5]
        if head[:1] not in (b"", b"\x16") or head[1:2] not in (b"", b"\x03"):
            raise HelloError("no record of a handshake")
        length = int.from_bytes(head[3:5], "big")
        whole = len(head) == 5 and len(data) - at - 5 >= length
        if len(head) == 5 and (not length or length > LONGEST_RECORD or (
                len(message) + length > LONGEST_HELLO)):
            raise HelloError("the length of a record")
        if whole:
            message, at = message + data[at + 5:at + 5 + length], at + 5 + length
        if message and message[0] != _CLIENT_HELLO:
            raise HelloError("no ClientHello")
        if len(message) >= 4:
            size = 4 + int.from_bytes(message[1:4], "big")
            if size > LONGEST_HELLO or len(message) > size:
                raise HelloError("longer than it says")
            if len(message) == size:
                return True, _name(_Reader(message[4:]))
        if not whole:
            return False, None


def _name(hello: _Reader) -> str | None:
    hello.take(2 + 32)
    session, suites, compressions = hello.vector(1), hello.vector(2), hello.vector(1)
    if session.left() > 32 or suites.left() < 2 or not compressions.left():
        raise HelloError("its fields")
    if not hello.left():
        return None
    extensions, name = hello.vector(2), None
    if hello.left():
        raise HelloError("something behind it")
    while extensions.left():
        kind, one = extensions.number(2), extensions.vector(2)
        if kind != _SERVER_NAME:
            continue
        if name is not None:
            raise HelloError("two names")
        name = _host_name(one)
    return name


def _host_name(extension: _Reader) -> str:
    """One, and nothing else: what servers make of more, nobody says."""
    names = extension.vector(2)
    kind, text = names.number(1), names.vector(2).data
    if kind != _HOST_NAME or names.left() or extension.left() or b"\0" in text or (
            not 0 < len(text) <= LONGEST_NAME):
        raise HelloError("the name")
    return text.decode("latin-1")
