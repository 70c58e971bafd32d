"""The letters of a text of JSON (RFC 8259, and nothing more generous), read from the front: what json_place and
rpc have in common; json_text.c does the same. Pure."""

from __future__ import annotations

import json
import re

DEEPEST = 100
_SPACE, _PLAIN = re.compile(rb"[ \t\r\n]*"), re.compile(rb'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_SCALAR = re.compile(rb"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# As Go's encoding/json compares names: the Kelvin sign and the long s are letters of ASCII, too.
_FOLDED = {0x212A: "k", 0x17F: "s", **{n: chr(n + 32) for n in range(65, 91)}}


class NoJson(Exception):
    pass


def alike(one: str, other: str) -> bool:
    """Whether some readers take these names of members for the same."""
    return one.translate(_FOLDED) == other.translate(_FOLDED)


class Text:
    """Each method takes where it begins, and gives what is behind it."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    def space(self, at: int) -> int:
        return _SPACE.match(self.text, at).end()  # type: ignore[union-attr]

    def take(self, at: int, what: bytes) -> int:
        if self.text[at:at + 1] != what:
            raise NoJson
        return at + 1

    def string(self, at: int) -> int:
        """From behind its first quote to behind its last."""
        while True:
            at = _PLAIN.match(self.text, at).end()  # type: ignore[union-attr]
            if self.text[at:at + 1] == b'"':
                return at + 1
            escape = _ESCAPE.match(self.text, at)
            if not escape:
                raise NoJson
            at = escape.end()

    def said(self, start: int, end: int) -> str:
        """By a string that stands there with its quotes."""
        return json.loads(self.text[start:end].decode("utf-8"))

    def scalar(self, at: int) -> int:
        found = _SCALAR.match(self.text, at)
        if not found:
            raise NoJson
        return found.end()

    def skip(self, at: int, depth: int) -> int:
        """Any value; depth: of what it stands in."""
        at = self.space(at)
        c = self.text[at:at + 1]
        if c == b'"':
            return self.string(at + 1)
        if c != b"{" and c != b"[":
            return self.scalar(at)
        if depth == DEEPEST:
            raise NoJson
        end = b"}" if c == b"{" else b"]"
        if self.text[self.space(at + 1):self.space(at + 1) + 1] == end:
            return self.space(at + 1) + 1
        while True:
            at += 1
            if c == b"{":
                at = self.take(self.space(self.string(self.take(self.space(at), b'"'))), b":")
            at = self.space(self.skip(at, depth + 1))
            if self.text[at:at + 1] != b",":
                return self.take(at, end)
