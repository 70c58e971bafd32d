"""What a request names: host, port, path. Pure; strict; one spelling of each name.

A proxy and a server that read the same bytes differently are the way around every rule, so
whatever has two readings is either refused here or must be allowed in all of its readings.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from vocabulary import WORDS

DEFAULT_PORTS = {"http": 80, "https": 443}

# RFC 1123 section 2.1 labels; "_" is tolerated because real services use it.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
# WHATWG URL, "ends in a number checker": such a host is an IPv4 address in some spelling.
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")

_LONGEST_TARGET = 32768
_PRINTABLE = re.compile(rb"[\x21-\x7e]*")
_ESCAPE = re.compile(r"%(?:([0-9A-Fa-f]{2})|)")
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_PARAMETERS = re.compile(r";[^/]*")
# A path without any of these has one reading, and no dot segment.
_AMBIGUOUS = re.compile(r"[%;\\]|/[./]")
_SLASHES = re.compile(r"/+")
_ENCODED_SLASH = "%2F"
# What is still percent-encoded after decoding, spelled so that "%25" did not stand before it.
_STILL_ENCODED = re.compile(r"%(?!2F)[0-9A-Fa-f]{2}")

# What a rule's path may hold, as the spec's grammar has it too (gen/spec/url_path.c).
LONGEST_PATTERN = 500
_PATTERN = re.compile(r"/[A-Za-z0-9/\-._~!$&'()*+,;=:@%]*")
_PLAIN_IN_A_PATTERN = "/-._~!$&'()+,;=:@"

# No public name ends like this, whatever a DNS server says; no spec may name one of these either.
SPECIAL_USE = tuple(WORDS["special_use"])


# Nor is one of these any network's own, whatever a rule says.
SPECIAL_USE_CLOSED = tuple(WORDS["special_use_closed"])


class TargetError(ValueError):
    """The text has no single, safe reading; its message says why and quotes nothing."""


class Target(NamedTuple):
    """A request target in origin form (RFC 9112 section 3.2.1)."""

    path: str
    query: str | None
    readings: tuple[str, ...]


def parse_name(text: str) -> str:
    """A host name in its one spelling: lower case, two labels or more, never an address."""
    name = text.lower()
    if not name.isascii():
        raise TargetError("the host name is not ASCII")
    if ":" in name or name.startswith("[") or _ENDS_IN_A_NUMBER.fullmatch(name):
        raise TargetError("the host is an address; only names are allowed")
    if name.endswith("."):
        raise TargetError("the host name ends in a dot; ask for it without")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise TargetError("the host name is not valid")
    return name


def special_use(name: str) -> str | None:
    """The ending for which no name has a public address; RFC 6761 calls it special-use."""
    for ending in SPECIAL_USE:
        if name.endswith("." + ending):
            return ending
    return None


def parse_port(text: str) -> int:
    if not _PORT.fullmatch(text) or int(text) > 65535:
        raise TargetError("the port is not valid")
    return int(text)


def parse_authority(text: str, scheme: str | None) -> tuple[str, int]:
    """host[:port]; without a scheme (CONNECT) the port is required."""
    host, colon, port = text.rpartition(":")
    if not colon:
        if scheme is None:
            raise TargetError("the port is missing")
        return parse_name(text), DEFAULT_PORTS[scheme]
    return parse_name(host), parse_port(port)


def parse_target(raw: bytes) -> Target:
    """Split path and query, and list the readings of the path."""
    if len(raw) > _LONGEST_TARGET:
        raise TargetError("the request target is too long")
    if not _PRINTABLE.fullmatch(raw):
        raise TargetError("the request target holds bytes outside printable ASCII")
    text = raw.decode("ascii")
    if "#" in text:
        raise TargetError("the request target holds a fragment")
    path, question, query = text.partition("?")
    return Target(path, query if question else None, path_readings(path))


def path_readings(path: str) -> tuple[str, ...]:
    """Every way in which a server may read this path, percent-decoded.

    Decided as follows, and documented for rule writers:
    - dot segments (in whatever spelling), backslashes, NUL and control characters, doubly encoded
      characters and invalid UTF-8 are refused: no client needs them;
    - an encoded slash (npm's scoped packages) is read both as a character and as a slash;
    - double slashes are read both as they stand and merged;
    - ";parameters" of a segment are read both as they stand and dropped;
    - and what is found so is read in all of these ways again.
    A rule must allow all of the readings.
    """
    if not path.startswith("/"):
        raise TargetError("the path does not begin with a slash")
    if not _AMBIGUOUS.search(path):
        return (path,)
    if "\\" in path:
        raise TargetError("the path holds a backslash")
    found = with_readings([decode_path(path)])
    for reading in found:
        if not {".", ".."}.isdisjoint(reading.split("/")):
            raise TargetError("the path holds a dot segment")
    return tuple(found)


def with_readings(texts: list[str]) -> list[str]:
    """Paths or patterns, and what servers may read them as, until nothing new is found."""
    found = list(dict.fromkeys(texts))
    for text in found:  # it grows
        found += [other for other in dict.fromkeys(_otherwise(text)) if other not in found]
    return found


def _otherwise(reading: str) -> tuple[str, str, str]:
    return (reading.replace(_ENCODED_SLASH, "/"), _SLASHES.sub("/", reading),
            _PARAMETERS.sub("", reading))


def decode_path(path: str) -> str:
    """Percent-decode all but the slash, refusing what has no honest use in a path."""
    if "%" not in path:
        return path
    try:
        text = _ESCAPE.sub(_decode_escape, path).encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise TargetError("the path is not valid UTF-8") from None
    if _STILL_ENCODED.search(text):
        raise TargetError("the path is encoded twice")
    # Compatibility forms ("fullwidth solidus") become slashes and dots on some servers.
    folded = unicodedata.normalize("NFKC", text)
    if any(folded.count(mark) != text.count(mark) for mark in "/.\\"):
        raise TargetError("the path holds a look-alike of a slash or dot")
    return text


def _decode_escape(match: re.Match[str]) -> str:
    if match[1] is None:
        raise TargetError("the path holds a broken percent-encoding")
    byte = int(match[1], 16)
    if byte == 0x2F:
        return _ENCODED_SLASH
    if byte < 0x20 or byte == 0x7F:
        raise TargetError("the path holds an encoded control character")
    if byte == 0x5C:
        raise TargetError("the path holds an encoded backslash")
    if byte == 0x25 and _HEX_PAIR.match(match.string, match.end()):
        raise TargetError("the path is encoded twice")
    return chr(byte)


# Patterns: a rule's paths. `*` stays inside a segment, `**` is a segment and crosses.


def check_pattern(pattern: str) -> None:
    if len(pattern) > LONGEST_PATTERN:
        raise TargetError(f"a path of a rule has at most {LONGEST_PATTERN} characters")
    if not _PATTERN.fullmatch(pattern):
        raise TargetError("a path begins with a slash, and spells what is not plain as %XX")
    if any("**" in segment and segment != "**" for segment in pattern.split("/")):
        raise TargetError("'**' is a whole segment")
    path_readings(pattern)


def patterns_for(target: Target) -> list[str]:
    """Patterns that allow this path in all of its readings, and no other path; of one that is
    longer than a pattern can be, its beginning decides."""
    found = []
    for reading in target.readings:
        parts = [_spelled(reading, at) for at in range(len(reading))]
        if sum(map(len, parts)) > LONGEST_PATTERN:
            parts = _shortened(reading, parts)
        found.append("".join(parts))
    return with_readings(found)  # a shortened one can be read in its own ways


def is_shortened(pattern: str) -> bool:
    """Whether this is what patterns_for() made of a longer path."""
    return "*" in pattern


def _spelled(reading: str, at: int) -> str:
    char = reading[at]
    plain = char.isascii() and (char.isalnum() or char in _PLAIN_IN_A_PATTERN)
    if plain or reading.startswith(_ENCODED_SLASH, at):
        return char
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8"))


def _shortened(reading: str, parts: list[str]) -> list[str]:
    length = kept = 0
    while length + len(parts[kept]) <= LONGEST_PATTERN - len("*/**"):
        length += len(parts[kept])
        kept += 1
    while _ENCODED_SLASH in reading[max(0, kept - 2):kept + 2]:
        kept -= 1  # never cut through one
    return parts[:kept] + (["*/**"] if "/" in reading[kept:] else ["*"])
