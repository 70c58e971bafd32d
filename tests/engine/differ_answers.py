"""What the origin servers of tests/engine/differ answer: made from the request's number alone."""

from __future__ import annotations

import base64
import random
import re

SECRET_FIELDS = (b"x-api-key", b"authorization", b"x-any", b"cookie")
STATUSES = [b"200 OK", b"200 OK", b"200 OK", b"201 Created", b"302 Found", b"401 Unauthorized", b"404 Not Found",
            b"418 I'm a teapot", b"500 Internal Server Error", b"299", b"200 "]
FIELDS = [(b"Content-Type", b"text/plain; charset=utf-8"), (b"Set-Cookie", b"a=b"), (b"Set-Cookie", b"c=d; Path=/"), (b"ETag", b'"x"'),
          (b"x-lower", b"1"), (b"X_Score", b"1"), (b"Location", b"https://example.com/a?b#c"), (b"Empty", b""), (b"Alt-Svc", b'h3=":443"'),
          (b"WWW-Authenticate", b"Basic realm=x"), (b"Vary", b"Accept-Encoding"), (b"Date", b"Thu, 01 Jan 1970 00:00:00 GMT"),
          (b"Server", b"origin"), (b"Link", b"</a>, </b>"), (b"X-Tab", b"a\tb"), (b"X-High", b"\xc3\xa9\xff"), (b"Via", b"1.1 x"),
          (b"Content-Encoding", b"identity"), (b"X-Forwarded-Host", b"example.com"), (b"Trailer", b"X-Late")]
HOP = [(b"Keep-Alive", b"timeout=5"), (b"Connection", b"keep-alive"), (b"Connection", b"X-Listed"), (b"X-Listed", b"1"),
       (b"Proxy-Connection", b"keep-alive"), (b"Proxy-Authenticate", b"Basic"), (b"Upgrade", b"h2c"), (b"TE", b"trailers")]


def sent(record: dict) -> bytes:
    """In one order, and with cookies as both join them."""
    fields = sorted((name.lower(), value.strip(b"; ")) for name, value in record["fields"] if name.lower() in SECRET_FIELDS)
    found = re.findall(rb'"(?:[^"\\\x00-\x1f]|\\.){8,}"', record["body"][:4000])  # what may be a secret in a body
    return b" ".join([*(value for _, value in fields), *found[:3], record["line"].split(b" ")[1]])


def body(dice: random.Random, record: dict) -> bytes:
    """Often with what was sent, in forms that a secret must not survive in."""
    kind = dice.randrange(10)
    seen = sent(record)
    if kind < 2:
        return b""
    if kind < 5:
        return b"hello %d\n" % dice.randrange(1000)
    if kind == 5:
        return bytes(range(256)) * dice.choice((1, 70, 300))
    return b"\n".join((seen, base64.b64encode(seen), base64.b64encode(b"x" + seen), seen.hex().encode(), b"end"))


def chunked(dice: random.Random, data: bytes, trailers: bytes) -> bytes:
    found, at = b"", 0
    while at < len(data):
        size = dice.choice((1, 7, 100, 5000, 100000)) if len(data) < 2000 else 5000
        piece = data[at:at + size]
        at += size
        found += b"%x%s\r\n%s\r\n" % (len(piece), dice.choice((b"", b"", b";a=b")), piece)
    return found + b"0\r\n" + trailers + b"\r\n"


def made(turn: bytes | None, record: dict) -> tuple[bytes, bool]:
    """The answer, and whether the connection goes on."""
    dice = random.Random(f"answer {turn}")
    status, data, version = dice.choice(STATUSES), body(dice, record), b"HTTP/1.1"
    fields = dice.sample(FIELDS, dice.choice((0, 1, 2, 4)))
    before, to_head, kind = b"", record["line"].startswith(b"HEAD "), dice.randrange(100)
    if dice.randrange(12) == 0:
        fields += dice.sample(HOP, dice.choice((1, 2)))
    if dice.randrange(20) == 0:
        before = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    if dice.randrange(8) == 0:
        fields += [(b"X-Echo", sent(record).strip())]
    if dice.randrange(40) == 0:
        fields += [(b"Content-Encoding", b"gzip")]
    if kind < 4:
        return before + head(version, dice.choice((b"204 No Content", b"304 Not Modified")), fields), True
    if kind < 6:
        return before + head(version, status, fields + [(b"Connection", b"close")]) + (b"" if to_head else data), False
    if kind < 8:
        return head(b"HTTP/1.0", status, fields) + (b"" if to_head else data), False
    if kind < 10:
        fields, closes = fields + [(b"Connection", b"close"), (b"Content-Length", b"%d" % len(data))], True
    elif kind < 40:
        trailers = dice.choice((b"", b"", b"X-Late: yes\r\n"))  # with a secret: tests/proxy's, mitmproxy has none in HTTP/1.1
        whole = head(version, status, fields + [(b"Transfer-Encoding", b"chunked")])
        return before + whole + (b"" if to_head else chunked(dice, data, trailers)), True
    else:
        fields, closes = [(b"Content-Length", b"%d" % len(data)), *fields], False
    return before + head(version, status, fields) + (b"" if to_head else data), not closes


def head(version: bytes, status: bytes, fields: list[tuple[bytes, bytes]]) -> bytes:
    return b"%s %s\r\n%s\r\n" % (version, status, b"".join(b"%s: %s\r\n" % one for one in fields))
