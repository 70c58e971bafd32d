"""Blots a secret out of what comes back, in every form that a server may echo it, as it streams.

Each form is replaced by as many asterisks: lengths, and so the framing of the answer, stay right.
Not covered, and said so in the README: a server that transforms the secret in another way.
"""

from __future__ import annotations

import base64
import functools
import html
import json
import urllib.parse
from collections.abc import Iterable

_SHORTEST_FORM = 6


@functools.lru_cache(maxsize=256)
def forms(secret: str) -> tuple[bytes, ...]:
    """The byte strings under which this text may travel, longest first."""
    raw = secret.encode("utf-8")
    quoted = urllib.parse.quote(secret, safe="")
    as_json = json.dumps(secret)[1:-1]
    as_hex = raw.hex()
    found = {raw, raw[::-1], raw.lower(), raw.upper()}
    found |= {text.encode("utf-8") for text in (
        quoted, _lower_escapes(quoted), urllib.parse.quote(secret), urllib.parse.quote_plus(secret),
        "".join(f"%{byte:02X}" for byte in raw), "".join(f"%{byte:02x}" for byte in raw),
        as_json, as_json.replace("/", "\\/"), "".join(f"\\u{ord(char):04x}" for char in secret),
        "".join(f"\\x{byte:02x}" for byte in raw), html.escape(secret),
        as_hex, as_hex.upper(), as_hex[::-1],
    )}
    for shift in range(3):
        found |= _base64_at(raw, shift)
    usable = (form for form in found if len(form) >= _SHORTEST_FORM)
    return tuple(sorted(usable, key=lambda form: (-len(form), form)))


def _lower_escapes(quoted: str) -> str:
    head, *rest = quoted.split("%")
    return "%".join([head] + [piece[:2].lower() + piece[2:] for piece in rest])


def _base64_at(raw: bytes, shift: int) -> set[bytes]:
    """The characters that depend on the secret alone when `shift` bytes precede it modulo 3."""
    encoded = base64.b64encode(b"\0" * shift + raw)
    first = (0, 2, 3)[shift]
    whole = (shift + len(raw)) * 8 // 6
    standard = encoded[first:whole]
    urlsafe = standard.translate(bytes.maketrans(b"+/", b"-_"))
    return {standard, urlsafe, standard[::-1]}


def all_forms(secrets: Iterable[str]) -> tuple[bytes, ...]:
    several = list(secrets)
    if len(several) == 1:
        return forms(several[0])
    found = {form for secret in several for form in forms(secret)}
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


def contains(data: bytes, wanted: Iterable[bytes]) -> bool:
    for form in wanted:
        if form in data:
            return True
    return False


def scrub(data: bytes, wanted: Iterable[bytes]) -> bytes:
    if len(data) < _SHORTEST_FORM:
        return data
    for form in wanted:
        if form in data:
            data = data.replace(form, b"*" * len(form))
    return data


class Redactor:
    """Callable for mitmproxy's `stream`: chunk in, list of chunks out; an empty chunk ends it.

    Only the tail that may be the beginning of a form is held back, so events that stream in pass
    at once. Never returns an empty chunk: mitmproxy would send it as the end of a chunked body.
    """

    def __init__(self, wanted: tuple[bytes, ...]) -> None:
        self._forms = wanted
        self._reach = len(wanted[0]) - 1 if wanted else 0  # the longest comes first
        self._held = b""

    def __call__(self, data: bytes) -> list[bytes]:
        text = scrub(self._held + data, self._forms)
        hold = self._tail(text) if data else 0
        self._held = text[len(text) - hold:]
        ready = text[: len(text) - hold]
        return [ready] if ready else []

    def _tail(self, text: bytes) -> int:
        """The length of the longest end of text that begins a form."""
        end = text[max(0, len(text) - self._reach):]
        longest = 0
        for form in self._forms:
            start = max(0, len(end) - len(form) + 1)
            longest = max(longest, _overlap(end, form, start))
        return longest


def _overlap(end: bytes, form: bytes, start: int) -> int:
    at = end.find(form[:1], start)
    while at != -1:
        if form.startswith(end[at:]):
            return len(end) - at
        at = end.find(form[:1], at + 1)
    return 0
