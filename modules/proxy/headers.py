"""Request header fields: refuse what two parsers may read differently, drop what must not pass.

Pure; works on mitmproxy's list of (name, value) byte pairs. Sources: RFC 9110 section 7.6.1 (hop
headers), RFC 9112 section 6 (framing), RFC 9113 section 8.2.2 (connection headers in HTTP/2).
"""

from __future__ import annotations

import re
import urllib.parse

Fields = list[tuple[bytes, bytes]]

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Field content without controls; a tab is legal, CR and LF are how requests are smuggled.
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")

_HOP = frozenset((
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization",
    b"proxy-authenticate", b"te", b"trailer", b"upgrade", b"http2-settings",
))
# They make a server act on another method, path or host than the one that was decided.
_OVERRIDES = frozenset((
    b"x-http-method-override", b"x-http-method", b"x-method-override",
    b"x-original-url", b"x-rewrite-url", b"x-original-uri", b"x-forwarded-path",
    b"x-forwarded-host", b"x-forwarded-server", b"x-forwarded-port", b"x-forwarded-proto",
    b"x-forwarded-prefix", b"x-host", b"x-original-host", b"x-http-host-override", b"forwarded",
))
_WEBSOCKET = b"sec-websocket-"
# Never dropped because "Connection: NAME" says so: they frame or address the message.
_END_TO_END = frozenset((b"host", b"content-length", b"transfer-encoding", b"authorization"))
# CGI maps "-" and "_" to the same variable, so the underscore spelling could shadow these.
_SHADOWED = _END_TO_END | _OVERRIDES | _HOP


class HeaderError(ValueError):
    """The header has no single safe reading; the message quotes no value."""


def values(fields: Fields, name: bytes) -> list[bytes]:
    return [value for key, value in fields if key.lower() == name]


def tokens(fields: Fields, name: bytes) -> set[bytes]:
    joined = b",".join(values(fields, name)).lower()
    return {token.strip() for token in joined.split(b",") if token.strip()}


def without(fields: Fields, name: bytes) -> Fields:
    return [(key, value) for key, value in fields if key.lower() != name]


def check(fields: Fields, http2: bool) -> None:
    for name, value in fields:
        if not _TOKEN.fullmatch(name):
            raise HeaderError("a header name is not valid")
        if not _VALUE.fullmatch(value):
            raise HeaderError("a header value holds control characters")
    _check_framing(fields, http2)
    if tokens(fields, b"connection") & _END_TO_END:
        raise HeaderError("Connection names a header that is not its to drop")


def _check_framing(fields: Fields, http2: bool) -> None:
    lengths = values(fields, b"content-length")
    codings = values(fields, b"transfer-encoding")
    if len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
        raise HeaderError("the length of the body is given twice")
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise HeaderError("Content-Length is not a plain number")
    if codings and (http2 or codings[0].lower() != b"chunked"):
        raise HeaderError("Transfer-Encoding is not plain chunked")
    if http2 and (values(fields, b"connection") or values(fields, b"upgrade")):
        raise HeaderError("a connection header in HTTP/2")


def asks_for_websocket(fields: Fields, method: bytes, version: bytes) -> bool:
    """Whether this is a WebSocket handshake (RFC 6455 section 4.1); half of one is refused."""
    offered = tokens(fields, b"upgrade")
    if b"websocket" not in offered:
        return False
    exact = len(values(fields, b"upgrade")) == 1 and offered == {b"websocket"}
    if not exact or method != b"GET" or version != b"HTTP/1.1" or has_body(fields):
        raise HeaderError("the WebSocket handshake is not valid")
    return True


def clean(fields: Fields, websocket: bool) -> Fields:
    """Drop hop headers, what Connection names, and everything that overrides the request."""
    listed = tokens(fields, b"connection")
    kept = [(name, value) for name, value in fields if _passes(name, listed, websocket)]
    if websocket:
        return kept + [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
    return kept + [(b"Connection", b"close")] if b"close" in listed else kept


def _passes(name: bytes, listed: set[bytes], websocket: bool) -> bool:
    plain = name.lower()
    dashed = plain.replace(b"_", b"-")
    if dashed in _HOP or dashed in _OVERRIDES or plain in listed:
        return False
    if plain != dashed and dashed in _SHADOWED:
        return False
    return websocket or not dashed.startswith(_WEBSOCKET)


def query_overrides_method(query: str | None) -> bool:
    """Rails' and Symfony's parameter; some set-ups honour it in the query."""
    keys = (pair.partition("=")[0] for pair in (query or "").split("&"))
    return any(urllib.parse.unquote_plus(key).lower() == "_method" for key in keys)


def has_body(fields: Fields) -> bool:
    lengths = values(fields, b"content-length")
    return bool(values(fields, b"transfer-encoding")) or bool(lengths and lengths[0] != b"0")
