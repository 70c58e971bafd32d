"""Blots a secret out of what comes back, in every form that a server may echo it, as it streams.

A form is a row of units, one for each of its characters, and each unit has all the spellings that
encoders have for that character (JSON, HTML, URLs, MIME and their like): so what an encoder leaves as it
is and what it spells need not be known, nor how often it was applied. Looking for that everywhere would
be slow; each form has a few plain strings, one of which is in all that it matches (anchors), and those
are looked for first.

What is found is replaced by as many asterisks: lengths, and so the framing of the answer, stay right.
Not covered, and said so in the README: a server that transforms the secret in another way.
"""

from __future__ import annotations

import base64
import functools
import html.entities
import re
from collections.abc import Iterable, Iterator

_SHORTEST_FORM = 6
_FIRST = 8  # of its characters stand in an anchor: no secret is shorter
_LETTERS = re.compile(rb"[a-z0-9]+")
_BREAKS = (b"\r\n", b"\n", b"=\r\n", b"=\n", b"\\n", b"\\r\\n", b"\r\n ", b"\n ")
_SOFT_BREAKS = (b"=\r\n", b"=\n")  # RFC 2045 section 6.7
_BETWEEN_BYTES = (b":", b" ", b"-", b",", b", ", b"\n", b" 0x", b", 0x", b",0x")
_NAMED: dict[str, list[str]] = {}
for _name, _value in html.entities.html5.items():
    if len(_value) == 1 and _name.endswith(";"):
        _NAMED.setdefault(_value, []).append(_name)


class Unit:
    """One character, in all its spellings."""

    def __init__(self, spellings: Iterable[bytes]) -> None:
        self.spellings = frozenset(spellings)
        self.longest = max(map(len, self.spellings))
        sizes = sorted({len(one) for one in self.spellings})
        self.by_size = [(size, frozenset(one for one in self.spellings if len(one) == size))
                        for size in sizes]
        self.beginnings = frozenset(one[:n] for one in self.spellings for n in range(len(one)))
        self.firsts = frozenset(one[:1] for one in self.spellings)


class Form:
    """A way in which a secret travels. `breaks` may stand between its units."""

    def __init__(self, units: Iterable[Unit], breaks: tuple[bytes, ...] = (),
                 anchors: Iterable[bytes] = (), spelled: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.units = tuple(units)
        self.breaks = breaks
        self.anchors = tuple(anchors)
        self.spelled = tuple(spelled)  # what begins each anchor, and the anchor
        self._beginnings = frozenset(one[:n] for one in breaks for n in range(1, len(one)))
        self.reach = sum(unit.longest for unit in self.units) + len(self.units) * max(
            map(len, breaks), default=0)
        after = self.units[1].firsts | {one[:1] for one in breaks}
        self._start = re.compile(
            b"(?:" + b"|".join(map(re.escape, sorted(self.units[0].spellings, key=len, reverse=True)))
            + b")(?=[" + b"".join(map(re.escape, sorted(after))) + rb"]|\Z)", re.DOTALL)

    def may_be_in(self, low: bytes) -> bool:
        """Whether an anchor is in data that was made lower case."""
        if not self.anchors and not self.spelled:
            return True
        for anchor in self.anchors:
            if anchor in low:
                return True
        for mark, anchor in self.spelled:
            if mark in low and anchor in low:
                return True
        return False

    def spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        at = 0
        while found := self._start.search(data, at):
            end = self._match(data, found.start())[0]
            if end:
                yield found.start(), end
            at = end or found.start() + 1

    def tail(self, data: bytes) -> int:
        """The length of the longest end of data that begins this form."""
        at, longest = max(0, len(data) - self.reach), 0
        while not longest and (found := self._start.search(data, at)):
            if self._match(data, found.start())[1]:
                longest = len(data) - found.start()
            at = found.start() + 1
        first = self.units[0]  # its own spelling may be cut before that: \u of \u0075, an u
        for length in range(min(first.longest - 1, len(data)), longest, -1):
            if data[-length:] in first.beginnings:
                return length
        return longest

    def _match(self, data: bytes, at: int) -> tuple[int, bool]:
        """Where it ends that begins here, or 0; and whether data ends before that is known."""
        places, unsure, size = {at}, False, len(data)
        for number, unit in enumerate(self.units):
            if number and self.breaks:
                for one in self.breaks:
                    places |= {at + len(one) for at in places if data.startswith(one, at)}
            found = set()
            for at in places:
                for length, spellings in unit.by_size:
                    if data[at:at + length] in spellings:
                        found.add(at + length)
                if size - at < unit.longest and data[at:] in unit.beginnings:
                    unsure = True
                elif number and data[at:] in self._beginnings:
                    unsure = True
            if not found:
                return 0, unsure
            places = found
        return max(places), unsure


@functools.lru_cache(maxsize=256)
def _spelled(char: str) -> Unit:
    """RFC 8259, ECMA-262, HTML, RFC 3986, RFC 2045, CSS and C; twice and in either case."""
    code = ord(char)
    found = {char, char.lower(), char.upper()}
    for digits in {f"{code:02x}", f"{code:02X}"}:
        found |= {f"%{digits}", f"%25{digits}", f"%2525{digits}", f"%u00{digits}", f"={digits}"}
        found |= {f"{slashes}{mark}{digits}" for slashes in ("\\", "\\\\", "\\\\\\\\")
                  for mark in ("u00", "U00", "U000000", "x")}
        found |= {f"\\u{{{digits}}}", f"\\{digits} ", f"\\0000{digits}"}
        found |= {f"{amp}#{x}{zeros}{digits};" for amp in ("&", "&amp;") for x in "xX"
                  for zeros in ("", "0", "00", "000", "0000")}
    found |= {f"{amp}#{code:0{width}};" for amp in ("&", "&amp;") for width in (1, 3, 4, 5, 7)}
    found |= {f"{amp}{name}" for amp in ("&", "&amp;") for name in _NAMED.get(char, ())}
    found |= {f"\\{code:03o}", f"\\\\{code:03o}"}
    if not char.isalnum():
        found |= {"\\" * count + char for count in (1, 2, 3, 4, 7)}
    return Unit(one.encode("ascii") for one in found)


@functools.lru_cache(maxsize=256)
def _plain(text: bytes) -> Unit:
    return Unit({text, text.lower(), text.upper()})


@functools.lru_cache(maxsize=128)
def _in_base64(char: bytes) -> Unit:
    other = {b"+": (b"-", b"%2B", b"%2b", b"\\u002b", b"\\u002B", b"&#43;", b"&#x2B;", b"=2B"),
             b"/": (b"_", b"%2F", b"%2f", b"\\/", b"\\u002f", b"\\u002F", b"&#47;", b"&#x2F;", b"=2F")}
    return Unit((char, *other.get(char, ())))


def _halves(low: bytes) -> list[bytes]:
    """A line break cuts one of them at most: no encoder has lines shorter than 60."""
    half = min(len(low) // 2, 30)
    return [low[:half], low[half:2 * half]]


def _letters_of(low: bytes) -> tuple[list[bytes], list[tuple[bytes, bytes]]]:
    """The longest part that no encoder spells one by one, whole or with a line break in it."""
    part = max(_LETTERS.findall(low), key=len, default=b"")[:60]
    if len(part) < 3:
        return [], []
    return [part], [(one, part[:at] + one + part[at:])
                    for one in _SOFT_BREAKS for at in range(1, len(part))]


def _all_spelled(first: str) -> list[tuple[bytes, bytes]]:
    """How it begins where an encoder spells every character. Long ones are found sooner."""
    made = ("%{:02x}", "%25{:02x}", "%2525{:02x}", "%u00{:02x}", "={:02x}", "\\u00{:02x}",
            "\\\\u00{:02x}", "\\\\\\\\u00{:02x}", "\\u000000{:02x}", "\\x{:02x}", "\\\\x{:02x}",
            "\\u{{{:02x}}}", "\\{:03o}", "\\\\{:03o}", "&#{};", "&#{:03};", "&#{:04};", "&#{:05};",
            "&#{:07};", "&amp;#{};", "&#x{:02x};", "&#x0{:02x};", "&#x00{:02x};", "&#x000{:02x};",
            "&#x0000{:02x};", "&amp;#x{:02x};", "\\{:02x} ", "\\0000{:02x}")
    return [(form[:1].encode("ascii"),
             "".join(form.format(ord(char)) for char in first).encode("ascii")) for form in made]


@functools.lru_cache(maxsize=256)
def forms(secret: str) -> tuple[Form, ...]:
    """The ways in which this text may travel."""
    raw = secret.encode("ascii")
    letters, broken = _letters_of(raw.lower())
    spelled = broken + _all_spelled(secret[:_FIRST]) if letters else []
    found = [Form(map(_spelled, secret), _SOFT_BREAKS, letters, spelled),
             _reversed(raw), _reversed(raw.hex().encode("ascii"))]
    found += [form for shift in range(3) for form in _base64_at(raw, shift)]
    found += [_base32_at(raw, shift) for shift in range(5)]
    byte = [f"{one:02x}".encode("ascii") for one in raw]
    found.append(Form(map(_plain, byte), _BETWEEN_BYTES,
                      [between.join(byte[:_FIRST]) for between in (b"", *_BETWEEN_BYTES)]))
    number = [str(one).encode("ascii") for one in raw]
    between = (b",", b", ", b" ")
    found.append(Form(map(_plain, number), between, [one.join(number[:_FIRST]) for one in between]))
    low, wide = [bytes([one]) for one in raw.lower()], (b"\0", b"\0\0\0")
    found.append(Form([_plain(bytes([one])) for one in raw], wide, [one.join(low[:_FIRST]) for one in wide]))
    return tuple(found)


def _reversed(text: bytes) -> Form:
    back = text[::-1]
    return Form([_plain(back[at:at + 1]) for at in range(len(back))], (), [back.lower()[:60]])


def _base64_at(raw: bytes, shift: int) -> list[Form]:
    """The characters that depend on the secret alone when `shift` bytes precede it modulo 3."""
    encoded = base64.b64encode(b"\0" * shift + raw)
    text = encoded[(0, 2, 3)[shift]:(shift + len(raw)) * 8 // 6]
    units = [_in_base64(text[at:at + 1]) for at in range(len(text))]
    low = text.lower()
    return [Form(units, _BREAKS, _halves(low)), Form(units[::-1], _BREAKS, _halves(low[::-1]))]


def _base32_at(raw: bytes, shift: int) -> Form:
    encoded = base64.b32encode(b"\0" * shift + raw)
    text = encoded[(0, 2, 4, 5, 7)[shift]:(shift + len(raw)) * 8 // 5]
    return Form([_plain(text[at:at + 1]) for at in range(len(text))], _BREAKS, _halves(text.lower()))


def all_forms(secrets: Iterable[str]) -> tuple[Form, ...]:
    several = dict.fromkeys(secrets)
    return tuple(form for secret in several for form in forms(secret))


def contains(data: bytes, wanted: Iterable[Form]) -> bool:
    return bool(_found(data, wanted))


def scrub(data: bytes, wanted: Iterable[Form]) -> bytes:
    spans = _found(data, wanted)
    if not spans:
        return data
    blotted = bytearray(data)
    for start, end in spans:
        blotted[start:end] = b"*" * (end - start)
    return bytes(blotted)


def _found(data: bytes, wanted: Iterable[Form]) -> list[tuple[int, int]]:
    if len(data) < _SHORTEST_FORM:
        return []
    low = data.lower()
    return [span for form in wanted if form.may_be_in(low) for span in form.spans(data)]


class Redactor:
    """Callable for mitmproxy's `stream`: chunk in, list of chunks out; an empty chunk ends it.

    Only the tail that may be the beginning of a form is held back, so events that stream in pass
    at once. Never returns an empty chunk: mitmproxy would send it as the end of a chunked body.
    """

    def __init__(self, wanted: tuple[Form, ...]) -> None:
        self._forms = wanted
        self._held = b""

    def __call__(self, data: bytes) -> list[bytes]:
        text = scrub(self._held + data, self._forms)
        hold = max((form.tail(text) for form in self._forms), default=0) if data else 0
        self._held = text[len(text) - hold:]
        ready = text[: len(text) - hold]
        return [ready] if ready else []
