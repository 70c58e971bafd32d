"""Where in a text of JSON (RFC 8259, and nothing more generous) a JSON pointer (RFC 6901) leads; json_place.c
does the same. What some readers take for the same member is the same here: one of that name before it or
behind it, and names that differ in capitals alone. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from json_text import DEEPEST, NoJson, Text, alike

NONE, STRING, OTHER, AMBIGUOUS, NO_JSON = range(5)
_OFF = 1 << 30  # not on the way
_INDEX = re.compile("0|[1-9][0-9]{0,6}")


class Place(NamedTuple):
    kind: int
    start: int = 0  # of a string: where its first quote stands, and what is behind its last
    end: int = 0
    text: str = ""


def find(text: bytes, pointer: str) -> Place:
    try:
        text.decode("utf-8")
        scanner = _Scanner(text, pointer)
        at = scanner.space(scanner.value(0, 0, 0))
    except (UnicodeDecodeError, NoJson):
        return Place(NO_JSON)
    if at != len(text):
        return Place(NO_JSON)
    return Place(AMBIGUOUS) if scanner.ambiguous else scanner.place


class _Scanner(Text):
    def __init__(self, text: bytes, pointer: str) -> None:
        super().__init__(text)
        self.tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]
        self.place, self.ambiguous = Place(NONE), False

    def value(self, at: int, level: int, depth: int) -> int:
        at = self.space(at)
        c, meant = self.text[at:at + 1], level == len(self.tokens)
        if meant:
            self.place = Place(OTHER)
        if c and c in b"{[":
            if depth == DEEPEST:
                raise NoJson
            return (self.members if c == b"{" else self.items)(at + 1, level, depth + 1)
        if c == b'"':
            end = self.string(at + 1)
            if meant:
                self.place = Place(STRING, at, end, self.said(at, end))
            return end
        return self.scalar(at)

    def members(self, at: int, level: int, depth: int) -> int:
        wanted = self.tokens[level] if level < len(self.tokens) else None
        seen = False
        if self.text[self.space(at):self.space(at) + 1] == b"}":
            return self.space(at) + 1
        while True:
            start = self.space(at)
            at = self.string(self.take(start, b'"'))
            inside = _OFF
            if wanted is not None:
                name = self.said(start, at)
                if alike(name, wanted):
                    self.ambiguous = self.ambiguous or seen or name != wanted
                    seen = True
                    inside = level + 1 if name == wanted else _OFF
            at = self.space(self.value(self.take(self.space(at), b":"), inside, depth))
            if self.text[at:at + 1] != b",":
                return self.take(at, b"}")
            at += 1

    def items(self, at: int, level: int, depth: int) -> int:
        token = self.tokens[level] if level < len(self.tokens) else ""
        wanted, i = int(token) if _INDEX.fullmatch(token) else -1, 0
        if self.text[self.space(at):self.space(at) + 1] == b"]":
            return self.space(at) + 1
        while True:
            at = self.space(self.value(at, level + 1 if i == wanted else _OFF, depth))
            i += 1
            if self.text[at:at + 1] != b",":
                return self.take(at, b"]")
            at += 1
