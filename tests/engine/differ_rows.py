"""What mitmproxy with the add-on and the engine do not have in common, a row each with its reason; all else is the same.

What was seen of a request: its answer, the records of the origin server (`upstream`), the lines of the log, and what was
heard behind a WebSocket's handshake. A row takes away its own difference, where its condition holds, and nothing else.
"""

from __future__ import annotations

import collections
import re

ROWS: list = []
USED: collections.Counter = collections.Counter()
HOP = {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"te", b"upgrade"}
CANNOT = b'{"error": "agent-sandbox: the request cannot be read: '


def row(reason: str):
    """`reason` is of both: what differs, and why that is no fault."""
    def named(function):
        ROWS.append((function.__name__, reason, function))
        USED[function.__name__] = 0
        return function
    return named


def differences(request, m: dict, n: dict) -> list[str]:
    """What no row takes away; m is mitmproxy's, n the engine's."""
    for name, _, function in ROWS:
        if m == n:
            break
        before = repr((m, n))
        function(request, m, n)
        USED[name] += repr((m, n)) != before
    found = [f"answer.{key}" for key in m["answer"] if m["answer"][key] != n["answer"][key]]
    return found + [key for key in m if key != "answer" and m[key] != n[key]]


def goes_on(answers: list[dict], count: int) -> bool:
    """Whether more can be asked where these were heard."""
    return len(answers) == count and all(one["framing"] in ("none", "length", "chunked") and one["status"] not in (101, 400)
                                         and b"close" not in tokens(one["fields"]) for one in answers)


def belongs(line: dict, request, one: dict, is_last: bool) -> bool:
    """Lines come in the order of requests, one each; only what ends a connection has none, or more."""
    return is_last or not one["lines"]


def tokens(fields: list) -> set[bytes]:
    return {one.strip().lower() for name, value in fields if name.lower() == b"connection" for one in value.split(b",")}


def without(fields: list, names) -> list:
    return [(name, value) for name, value in fields if name.lower() not in names]


def values(fields: list, wanted: bytes) -> list[bytes]:
    return [value for name, value in fields if name.lower() == wanted]


# What reaches the server.

@row("the engine asks in its own version (RFC 9110, 2.5), mitmproxy in the client's")
def version_upstream(request, m, n):
    if request and request.version == "1.0":
        for one in m["upstream"]:
            one["line"] = re.sub(rb"HTTP/1\.0$", b"HTTP/1.1", one["line"])


@row("the engine's connections to servers are its own; mitmproxy hands on that the client will close")
def close_upstream(request, m, n):
    for one in m["upstream"]:
        one["fields"] = [field for field in one["fields"] if field != (b"Connection", b"close")]


@row("the engine writes what frames a body behind the other fields, in its own spelling")
def framing_upstream(request, m, n):
    for one, other in zip(m["upstream"], n["upstream"]):
        for name in (b"content-length", b"transfer-encoding"):
            if [text.lower() for text in values(one["fields"], name)] == values(other["fields"], name):
                one["fields"], other["fields"] = without(one["fields"], (name,)), without(other["fields"], (name,))


@row("README: mitmproxy answers Expect by itself")
def expect_upstream(request, m, n):
    if request and [one.lower() for one in request.values("expect")] == ["100-continue"]:
        for one in n["upstream"]:
            one["fields"] = without(one["fields"], (b"expect",))


# What comes back.

@row("README: mitmproxy drops interim answers, and answers Expect by itself")
def interim(request, m, n):
    if m["answer"]["interim"] in ([], [(100, [])]):
        n["answer"]["interim"] = [one for one in n["answer"]["interim"] if one[0] in (100, 103)]
        m["answer"]["interim"] = n["answer"]["interim"]


@row("README: mitmproxy drops the trailers of answers in HTTP/1.1")
def trailers(request, m, n):
    if not m["answer"]["trailers"]:
        m["answer"]["trailers"] = n["answer"]["trailers"]


@row("what the engine writes is HTTP/1.1; mitmproxy hands on a server's 1.0")
def version(request, m, n):
    if m["answer"]["version"] == b"HTTP/1.0":
        m["answer"]["version"] = n["answer"]["version"]


@row("the engine frames what the server ended by closing, and what a client of 1.0 cannot read in chunks")
def framing(request, m, n):
    pair = m["answer"]["framing"], n["answer"]["framing"]
    if pair == ("close", "chunked") or (request and request.version == "1.0" and pair == ("chunked", "close")):
        m["answer"]["framing"] = n["answer"]["framing"]
        for one in m, n:
            one["answer"]["fields"] = without(one["answer"]["fields"], (b"transfer-encoding",))


@row("the writer of an answer says its length at the end, in its own spelling; the body is compared")
def length(request, m, n):
    for name in (b"content-length", b"transfer-encoding"):
        if values(m["answer"]["fields"], name) == values(n["answer"]["fields"], name):
            for one in m, n:
                one["answer"]["fields"] = without(one["answer"]["fields"], (name,))


@row("the engine drops what is of one hop (RFC 9110, 7.6.1), and says itself whether it closes; mitmproxy hands it on")
def hop(request, m, n):
    listed = tokens(m["answer"]["fields"]) - {b"content-length"}
    m["answer"]["fields"] = without(m["answer"]["fields"], HOP | listed)
    if m["answer"]["status"] != 101:
        n["answer"]["fields"] = [one for one in n["answer"]["fields"] if one != (b"Connection", b"close")]


# What cannot be read.

@row("what mitmproxy's own reader refuses never comes to the add-on; the engine refuses it too")
def unreadable(request, m, n):
    ours, theirs = n["answer"], m["answer"]
    if theirs["status"] == 400 and theirs["body"].startswith(CANNOT) and ours["status"] in (400, 403) and not n["upstream"]:
        m["answer"], m["lines"] = n["answer"], n["lines"]
