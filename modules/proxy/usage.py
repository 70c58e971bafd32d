"""How many tokens an answer of a model's API says that it cost: the fields of usage in Anthropic's Messages,
OpenAI's Chat Completions and Responses, and Gemini's generateContent, in JSON and in events (SSE). Read as it
streams, in constant memory; gen/engine/usage.c does the same. Pure.

Of each field the largest counts, as streams repeat them; numbers that are none, or negative, count for nothing.
"""

from __future__ import annotations

import math
import re

MOST = 10 ** 15  # of one field
_LONGEST_NUMBER = 32
_LONGEST_KEY = 31
_SUMS = (
    ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"),
    ("prompt_tokens", "completion_tokens"),
    ("total_tokens",),
    ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount"),
    ("totalTokenCount",),
)
_FIELDS = {name.encode("ascii"): name for names in _SUMS for name in names}
_USAGE = (b"usage", b"usageMetadata")
_AROUND = (b"message", b"response")  # what it may lie in
_ARRAY, _TOP, _INNER, _OF_USAGE = range(4)
_STRING, _BRACKET = re.compile(rb'[^"\\]*'), re.compile(rb'["{}\[\]]')
_PLAIN, _REAL = re.compile(rb"[0-9]+"), re.compile(rb"[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?")
_NOT_YET = b" \t\r\n\xef\xbb\xbf"


class Usage:
    def __init__(self) -> None:
        self.found: dict[str, int] = {}
        self._format = ""
        self._prefix, self._payload, self._after_cr = b"", False, False  # of a line
        self._begin()

    def tokens(self) -> int:
        return max(sum(self.found.get(name, 0) for name in names) for names in _SUMS)

    def feed(self, data: bytes) -> None:
        if not self._format:
            data = data.lstrip(_NOT_YET)
            if not data:
                return
            self._format = "json" if data[:1] in (b"{", b"[") else "events"
        if self._format == "json":
            self._scan(data)
        else:
            self._lines(data)

    # Events: WHATWG HTML, section 9.2.6.

    def _lines(self, data: bytes) -> None:
        for part in re.split(rb"([\r\n])", data):
            if part in (b"\r", b"\n"):
                if not (part == b"\n" and self._after_cr):
                    self._end_line()
                self._after_cr = part == b"\r"
            elif part:
                self._after_cr = False
                self._in_line(part)

    def _in_line(self, part: bytes) -> None:
        if not self._payload:
            needed = 5 - len(self._prefix)
            self._prefix, part = self._prefix + part[:max(needed, 0)], part[max(needed, 0):]
            self._payload = self._prefix == b"data:"
        if self._payload:
            self._scan(part)

    def _end_line(self) -> None:
        if self._payload:
            self._scan(b"\n")
        elif not self._prefix:  # an event ends
            self._begin()
        self._prefix, self._payload = b"", False

    # JSON, of which no more is known than is looked for.

    def _begin(self) -> None:
        self._roles: list[int] = []  # of what is open
        self._skipped = 0  # and how deep in something else
        self._in_string = self._escaped = self._bad = self._wants_key = False
        self._text = self._number = b""
        self._key = b""

    def _scan(self, data: bytes) -> None:
        at, end = 0, len(data)
        while at < end:
            if self._in_string:
                at = self._string(data, at)
                continue
            if self._skipped:
                found = _BRACKET.search(data, at)
                if not found:
                    return
                at = found.start()
            self._one(data[at:at + 1])
            at += 1

    def _string(self, data: bytes, at: int) -> int:
        if self._escaped:
            self._escaped = False
            return at + 1
        end = _STRING.match(data, at).end()  # type: ignore[union-attr]
        kept = self._wants_key and not self._skipped
        if kept:
            self._text = (self._text + data[at:end])[:_LONGEST_KEY + 1]
        if end == len(data):
            return end
        if data[end:end + 1] == b"\\":
            self._escaped = self._bad = True
        else:
            self._in_string = False
            if kept:
                self._key = b"" if self._bad else self._text
        return end + 1

    def _one(self, c: bytes) -> None:
        if c == b'"':
            self._end_number()
            self._in_string, self._bad, self._text = True, False, b""
        elif self._skipped:
            self._skipped += 1 if c in b"{[" else -1
        elif c in b"{[":
            self._open(c)
        elif c in b"}]":
            self._end_number()
            if self._roles:
                self._roles.pop()
            self._wants_key = False
        elif c == b":":
            self._wants_key = False
        elif c == b",":
            self._end_number()
            self._wants_key, self._key = bool(self._roles) and self._roles[-1] != _ARRAY, b""
        elif c in b" \t\r\n":
            self._end_number()
        elif len(self._number) <= _LONGEST_NUMBER:
            self._number += c

    def _open(self, c: bytes) -> None:
        role = self._roles[-1] if self._roles else -1
        if c == b"[" and role == -1:
            self._roles.append(_ARRAY)
            return
        if c == b"{" and role in (-1, _ARRAY):
            made = _TOP
        elif c == b"{" and role in (_TOP, _INNER) and self._key in _USAGE:
            made = _OF_USAGE
        elif c == b"{" and role == _TOP and self._key in _AROUND:
            made = _INNER
        else:
            self._skipped = 1
            return
        self._roles.append(made)
        self._wants_key, self._key = True, b""

    def _end_number(self) -> None:
        number, self._number = self._number, b""
        if not number or not self._roles or self._roles[-1] != _OF_USAGE or self._wants_key:
            return
        name = _FIELDS.get(self._key)
        if name:
            self.found[name] = max(self.found.get(name, 0), _value(number))


def _value(number: bytes) -> int:
    if len(number) > _LONGEST_NUMBER:
        return 0 if number[:1] == b"-" else MOST
    if _PLAIN.fullmatch(number):
        return min(int(number), MOST)
    if not _REAL.fullmatch(number):
        return 0
    real = float(number)
    return MOST if real >= MOST else math.ceil(real)
