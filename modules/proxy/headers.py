"""Request header fields: refuse what two parsers may read differently, drop what must not pass.

Pure; works on mitmproxy's list of (name, value) byte pairs. Sources: RFC 9110 section 7.6.1 (hop
headers), RFC 9112 section 6 (framing), RFC 9113 section 8.2.2 (connection headers in HTTP/2).
"""

from __future__ import annotations

import functools
import re
import string
import urllib.parse
from collections.abc import Sequence

from vocabulary import WORDS

Fields = Sequence[tuple[bytes, bytes]]
# The values of each name in lower case, in their order: made once for each request.
Named = dict[bytes, list[bytes]]

_TOKEN = (string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~").encode("ascii")
# Field content without controls; a tab is legal, CR and LF are how requests are smuggled.
_VALUE = bytes(byte for byte in range(256) if byte == 9 or 0x20 <= byte != 0x7F)
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")



def _group(name: str) -> tuple[frozenset[bytes], tuple[bytes, ...]]:
    """Its names, and what others of its names begin with."""
    words = [word.encode("ascii") for word in WORDS["headers"][name]]
    return (frozenset(word for word in words if not word.endswith(b"-")),
            tuple(word for word in words if word.endswith(b"-")))


_HOP = _group("hop")[0]
# They make a server act on another method, path or host than the one that was decided.
_OVERRIDES, _OVERRIDE_FAMILIES = _group("overrides")
_NO_OVERRIDE = WORDS["header_free"].encode("ascii")
_SET_HERE = _group("set_here")[0]
_WEBSOCKET = _group("websocket")[1]
# Never dropped because "Connection: NAME" says so: they frame or address the message.
_END_TO_END = frozenset((b"host", b"content-length", b"transfer-encoding", b"authorization"))


class HeaderError(ValueError):
    """The header has no single safe reading; the message quotes no value."""


def named(fields: Fields) -> Named:
    found: Named = {}
    for name, value in fields:
        name = name.lower()
        if name in found:
            found[name].append(value)
        else:
            found[name] = [value]
    return found


def tokens(names: Named, name: bytes) -> set[bytes]:
    if name not in names:
        return set()
    joined = b",".join(names[name]).lower()
    return {token.strip() for token in joined.split(b",") if token.strip()}


def without(fields: Fields, *names: bytes) -> Fields:
    return [field for field in fields if field[0].lower() not in names]


def check(names: Named, version: bytes) -> None:
    # translate(None, LEGAL) leaves what is not legal.
    if b"" in names or b"".join(names).translate(None, _TOKEN):
        raise HeaderError("a header name is not valid")
    for values in names.values():
        for value in values:
            if value.translate(None, _VALUE):
                raise HeaderError("a header value holds control characters")
    _check_framing(names, version)
    if b"connection" in names and tokens(names, b"connection") & _END_TO_END:
        raise HeaderError("Connection names a header that is not its to drop")


def _check_framing(names: Named, version: bytes) -> None:
    lengths = names.get(b"content-length", ())
    codings = names.get(b"transfer-encoding", ())
    if len(lengths) + len(codings) > 1:
        raise HeaderError("the length of the body is given twice")
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise HeaderError("Content-Length is not a plain number")
    # HTTP/1.0 has none (RFC 9112 section 6.1): what reads it otherwise finds another end of the body.
    if codings and (version != b"HTTP/1.1" or codings[0].lower() != b"chunked"):
        raise HeaderError("Transfer-Encoding is not the plain chunked of HTTP/1.1")
    if version == b"HTTP/2.0" and (b"connection" in names or b"upgrade" in names):
        raise HeaderError("a connection header in HTTP/2")


def asks_for_websocket(names: Named, method: bytes, version: bytes) -> bool:
    """Whether this is a WebSocket handshake (RFC 6455 section 4.1); half of one is refused."""
    if b"upgrade" not in names:
        return False
    offered = tokens(names, b"upgrade")
    if b"websocket" not in offered:
        return False
    exact = len(names[b"upgrade"]) == 1 and offered == {b"websocket"}
    if not exact or method != b"GET" or version != b"HTTP/1.1" or has_body(names):
        raise HeaderError("the WebSocket handshake is not valid")
    return True


def clean(fields: Fields, names: Named, websocket: bool) -> Fields:
    """Drop hop headers, what Connection names, and everything that overrides the request."""
    listed = tokens(names, b"connection")
    wanted = (_PASSES, _FOR_WEBSOCKET) if websocket else (_PASSES,)
    kept = [field for field in fields
            if _fate(field[0]) in wanted and (not listed or field[0].lower() not in listed)]
    if websocket:
        return kept + [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
    return kept + [(b"Connection", b"close")] if b"close" in listed else kept


_PASSES, _FOR_WEBSOCKET, _DROPPED = range(3)


@functools.lru_cache(maxsize=1024)
def _fate(name: bytes) -> int:
    plain = name.lower()
    dashed = plain.replace(b"_", b"-")
    if dashed in _HOP or dashed in _OVERRIDES:
        return _DROPPED
    if dashed.startswith(_OVERRIDE_FAMILIES) and dashed != _NO_OVERRIDE:
        return _DROPPED
    # CGI maps "-" and "_" to the same variable, so the underscore spelling could shadow these.
    if plain != dashed and dashed in _END_TO_END:
        return _DROPPED
    return _FOR_WEBSOCKET if dashed.startswith(_WEBSOCKET) else _PASSES


def may_carry_a_secret(name: str) -> bool:
    """Whether a header of this name reaches the server as it was filled."""
    dashed = name.lower().replace("_", "-").encode("ascii")
    return _fate(dashed) == _PASSES and dashed not in _SET_HERE


def query_overrides_method(query: str | None) -> bool:
    """Rails' and Symfony's parameter; some set-ups honour it in the query."""
    if not query or "%" not in query and "_method" not in query.lower():
        return False
    keys = (pair.partition("=")[0] for pair in query.split("&"))
    return any(urllib.parse.unquote_plus(key).lower() == "_method" for key in keys)


def has_body(names: Named) -> bool:
    return b"transfer-encoding" in names or names.get(b"content-length", [b"0"]) != [b"0"]
