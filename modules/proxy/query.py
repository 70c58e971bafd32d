"""The query of a request against the "query" of rules: pure, strict.

Each parameter, in every way in which servers read it, must match one item of the rule:
- parameters end at "&", and on some servers at ";", too;
- "+" is a blank, or a plus;
- what is encoded again is read as it stands and decoded, three times at most; what is left then,
  and what holds %00 or %01, matches nothing.
A parameter without "=" has an empty value; empty parameters are none.
"""

from __future__ import annotations

import functools
import re
import urllib.parse
from collections.abc import Iterable
from typing import NamedTuple

# As the spec's grammar has it too (gen/spec/url_query.c).
LONGEST = 500
_ITEM = re.compile(r"(?:[!-~](?<![&;+#=*%])|%[0-9A-Fa-f]{2})+(?:=(?:[!-~](?<![&;+#%])|%[0-9A-Fa-f]{2})*)?")
_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}")
_PLUS = re.compile(rb"\+|%2[Bb]")
_SEVERAL = re.compile(rb"[%+;\0\1]")  # what makes more than one reading, or none
_CONTROL = re.compile(rb"[\0\1]")
_MOST_DECODINGS = 3
_MOST_ITEMS = 100
_PLAIN = "/-._~!$'(),:@"

Parameter = tuple[bytes, bytes]


class Readings(NamedTuple):
    """All readings of all parameters; unsafe where one may be read in more ways than these."""

    parameters: tuple[Parameter, ...]
    unsafe: bool


def wrong(item: str) -> str | None:
    name, equals, value = item.partition("=")
    if len(item) > LONGEST:
        return f"an item of a query has at most {LONGEST} characters"
    if not _ITEM.fullmatch(item) or "%00" in item or "%01" in item or (
            re.search("%(?:26|3[Dd])", name)):
        return "name or name=value, with what is not plain as %XX"
    return None


@functools.lru_cache(maxsize=65536)
def _compiled(item: str) -> tuple[bytes, tuple[bytes, ...] | None]:
    name, equals, value = item.partition("=")
    parts = tuple(map(urllib.parse.unquote_to_bytes, value.split("*"))) if equals else None
    return urllib.parse.unquote_to_bytes(name), parts


def _value_matches(parts: tuple[bytes, ...], value: bytes) -> bool:
    if len(parts) == 1:
        return value == parts[0]
    first, *middle, last = parts
    if len(value) < len(first) + len(last) or not (value.startswith(first) and value.endswith(last)):
        return False
    at, end = len(first), len(value) - len(last)
    for part in middle:
        at = value.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def matches(item: str, parameter: Parameter) -> bool:
    name, parts = _compiled(item)
    return name == parameter[0] and (parts is None or _value_matches(parts, parameter[1]))


def allowed(items: tuple[str, ...], readings: Readings) -> bool:
    return not readings.unsafe and all(
        any(matches(item, one) for item in items) for one in readings.parameters)


def read(query: str | None, placeholders: Iterable[Parameter]) -> Readings:
    """Placeholders: parameters that are left out, since they are the place of a credential."""
    found: list[Parameter] = []
    unsafe, known, whole_query = False, set(placeholders), (query or "").encode("ascii")
    if not _SEVERAL.search(whole_query):  # as most are
        found = [(name, value) for name, _, value in (
            text.partition(b"=") for text in whole_query.split(b"&") if text)]
        return Readings(tuple(one for one in found if one not in known), False)
    for text in _pieces(whole_query):
        name, _, value = text.partition(b"=")
        if (urllib.parse.unquote_to_bytes(name), urllib.parse.unquote_to_bytes(value)) in known:
            continue
        for plus in (False, True) if _PLUS.search(text) else (False,):
            several, whole = _decodings(name, value, plus)
            found += several
            unsafe = unsafe or not whole
    unsafe = unsafe or any(_CONTROL.search(part) for one in found for part in one)
    return Readings(tuple(found), unsafe)


def _pieces(query: bytes) -> Iterable[bytes]:
    for piece in query.split(b"&"):
        if piece:
            yield piece
        if b";" in piece:
            yield from filter(None, piece.split(b";"))


def _decodings(name: bytes, value: bytes, plus: bool) -> tuple[list[Parameter], bool]:
    found = []
    for _ in range(_MOST_DECODINGS):
        name, value = _decode(name, plus), _decode(value, plus)
        found.append((name, value))
        if not _ENCODED.search(name) and not _ENCODED.search(value):
            return found, True
    return found, False


def _decode(text: bytes, plus: bool) -> bytes:
    return urllib.parse.unquote_to_bytes(text.replace(b"+", b" ") if plus else text)


def items_for(readings: Readings) -> tuple[list[str] | None, bool]:
    """What would let all of it through, as it would stand in a spec (None: nothing is needed, or
    more than a rule can hold), and whether that lets more through than was asked for."""
    items: dict[str, None] = {}
    wider = False
    for name, value in readings.parameters:
        item, short = f"{_spelled(name)}={_spelled(value)}", _spelled(name)
        if len(item) > LONGEST:
            item, wider = short, True
        if not short or wrong(item):
            return None, True
        items[item] = None
        if len(items) > _MOST_ITEMS:
            return None, True
    return list(items) or None, wider


def _spelled(text: bytes) -> str:
    return "".join(chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in _PLAIN)
                   else f"%{byte:02X}" for byte in text)
