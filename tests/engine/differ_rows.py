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
NOT_ASKED = {"event": "error", "hook": "response", "error": "Refused"}
LONGEST_TOLD = 1024  # of a text in a log line (admit_line.c)
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
    return len(answers) == count and all(one["framing"] in ("none", "length", "chunked", "frames") and one["status"] not in (101, 400)
                                         and one["version"] in (b"HTTP/1.1", b"HTTP/2")
                                         and b"close" not in tokens(one["fields"]) for one in answers)


def belongs(line: dict, request, one: dict, is_last: bool) -> bool:
    """Lines come in the order of requests, one each, and one more where a name that a rule allows has no public
    address; what ends a connection may have none."""
    return is_last or not one["lines"] or "no public address" in line.get("reason", "")


def is_late(line: dict, request) -> bool:
    """mitmproxy asks the add-on about a head that it has refused already, and about what is pipelined behind an answer
    that ends the connection, which nobody hears: such a line comes when it will."""
    path = request.path()
    told = path if len(path) <= LONGEST_TOLD else path[:LONGEST_TOLD] + "..."
    return line == NOT_ASKED or (line.get("method"), line.get("path")) == (request.method, told)


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


@row("the engine writes what frames a message behind the other fields, in its own spelling")
def framing_upstream(request, m, n):
    for one, other in zip(m["upstream"], n["upstream"]):
        for name in (b"content-length", b"transfer-encoding", b"upgrade", b"connection"):
            if [text.lower() for text in values(one["fields"], name)] == [text.lower() for text in values(other["fields"], name)]:
                one["fields"], other["fields"] = without(one["fields"], (name,)), without(other["fields"], (name,))


@row("what came in HTTP/2 mitmproxy passes on with all names in lower case, the engine's own fields have theirs")
def names_upstream(request, m, n):
    if request and request.framed:
        for one in m["upstream"] + n["upstream"]:
            one["fields"] = [(name.lower(), value) for name, value in one["fields"]]


@row("cookies of HTTP/2 become one field (RFC 9113, 8.2.3), the engine's behind the others and without empty ones")
def cookies(request, m, n):
    for one, other in zip(m["upstream"], n["upstream"]):
        pieces = [[piece for text in values(each["fields"], b"cookie") for piece in text.split(b"; ") if piece] for each in (one, other)]
        if request and request.framed and pieces[0] == pieces[1]:
            one["fields"], other["fields"] = without(one["fields"], (b"cookie",)), without(other["fields"], (b"cookie",))


@row("where a secret goes in, the engine lets no compression of frames be agreed on: it could not read them")
def extensions(request, m, n):
    for one, other in zip(m["upstream"], n["upstream"]):
        if request and request.websocket and (b"Accept-Encoding", b"identity") in other["fields"]:
            one["fields"] = without(one["fields"], (b"sec-websocket-extensions",))


@row("README: mitmproxy answers Expect by itself, and hands on what else may stand there; the engine does neither")
def expect_upstream(request, m, n):
    if request:
        asks = [one.lower() for one in request.values("expect")] == ["100-continue"]
        for one in (n if asks else m)["upstream"]:
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


@row("a server that gives no reason: the engine writes the usual one")
def reason(request, m, n):
    if not m["answer"]["reason"]:
        m["answer"]["reason"] = n["answer"]["reason"]


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
    if m["answer"]["status"] != 101:
        listed = tokens(m["answer"]["fields"]) - {b"content-length"}
        if request and request.framed and not values(n["answer"]["fields"], b"x-listed"):
            listed.add(b"x-listed")  # Connection itself has no place in HTTP/2
        m["answer"]["fields"] = without(m["answer"]["fields"], HOP | listed)
        n["answer"]["fields"] = [one for one in n["answer"]["fields"] if one != (b"Connection", b"close")]


@row("an answer without a body: the engine drops the coding that it does not have")
def no_coding(request, m, n):
    if m["answer"]["framing"] == n["answer"]["framing"] == "none":
        m["answer"]["fields"] = without(m["answer"]["fields"], (b"transfer-encoding",))


@row("seconds until a ceiling opens again: the next one may begin between both")
def retry_after(request, m, n):
    theirs, ours = (values(one["answer"]["fields"], b"retry-after") for one in (m, n))
    if m["answer"]["status"] == n["answer"]["status"] == 429 and len(theirs) == len(ours) == 1 and abs(int(theirs[0]) - int(ours[0])) <= 2:
        for one in m, n:
            one["answer"]["fields"] = without(one["answer"]["fields"], (b"retry-after",))


# What cannot be read.

def cannot_be_read(request, answer: dict) -> bool:
    return answer["status"] == 400 and (answer["body"].startswith(CANNOT) or request is not None and request.method == "HEAD")


@row("what mitmproxy's own reader refuses never comes to the add-on; the engine refuses it too")
def unreadable(request, m, n):
    ours, theirs = n["answer"], m["answer"]
    if cannot_be_read(request, theirs) and ours["status"] in (400, 403) and not n["upstream"]:
        m["answer"], m["lines"] = n["answer"], n["lines"]


@row("the engine's reader refuses more than mitmproxy's, which leaves it to the add-on: what no method can be")
def unreadable_here(request, m, n):
    ours, theirs = n["answer"], m["answer"]
    if cannot_be_read(request, ours) and theirs["status"] == 403 and not m["upstream"]:
        m["answer"], m["lines"] = n["answer"], n["lines"]


@row("what mitmproxy answers by itself (a CONNECT in a tunnel, another scheme) the add-on takes for an answer to nothing: closed")
def answered_itself(request, m, n):
    closed = m["answer"]["why"] == "closed" and all(one == NOT_ASKED for one in m["lines"])
    if closed and n["answer"]["status"] in (400, 403) and not m["upstream"] and request and (
            request.method == "CONNECT" or "://" in request.target):
        m["answer"], m["lines"] = n["answer"], n["lines"]


@row("of a request to the proxy in origin form the engine knows no host; mitmproxy has read one from Host")
def origin_form(request, m, n):
    for one, other in zip(m["lines"], n["lines"]):
        if "host" not in other and one.get("verdict") == "deny" and request and request.target[:1] in "/*":
            one.pop("host", None)
            one.pop("port", None)


@row("after its own 100 (Continue) mitmproxy closes where it would say that a server is not reached")
def unsaid(request, m, n):
    if request and request.values("expect") and m["answer"]["why"] == "closed" and m["lines"] == n["lines"] and (
            b"no public address" in n["answer"]["body"] or request.method == "HEAD") and n["answer"]["status"] == 403:
        m["answer"] = n["answer"]


@row("what mitmproxy answers by itself is plain text, whatever Accept says")
def plain_text(request, m, n):
    if request and m["answer"]["status"] == 403 and len(m["lines"]) > 1 and request.values("accept"):
        kinds = [one for one in n["answer"]["fields"] if one[0].lower() == b"content-type"]
        m["answer"]["fields"] = kinds + [one for one in m["answer"]["fields"] if one[0].lower() != b"content-type"]


@row("the log of the engine has a host as it was sent; mitmproxy reads brackets and other scripts")
def host_in_line(request, m, n):
    for one, other in zip(m["lines"], n["lines"]):
        if one.get("verdict") == "deny" and re.search(r"^\[|\\x", other.get("host", "")):
            one["host"] = other["host"]


@row("mitmproxy takes for a WebSocket only what says version 13 (RFC 6455, 4.1), and ends another one once it is open")
def other_websocket(request, m, n):
    if request and m["answer"]["status"] == 101 and request.values("sec-websocket-version") != ["13"] and not m["heard"]:
        m["heard"] = n["heard"]
        for one, other in zip(m["upstream"], n["upstream"]):
            one["body"] = other["body"]


@row("mitmproxy reads a port with a zero before it; nobody writes one, and the engine refuses it")
def zero_port(request, m, n):
    refused = n["lines"] and n["lines"][0].get("reason") == "the port is not valid"
    if not request or not re.match("(?i)https?://[^/]*:0", request.target):
        return
    if refused:
        m.update(n)
    for one, other in zip(m["lines"], n["lines"]):
        if one.get("verdict") == "deny" and "port" not in other:
            one.pop("port", None)


@row("what may not stand in a message of HTTP/2 (RFC 9113, 8.2.1, 8.3) the engine's reader resets, without a decision")
def reset(request, m, n):
    if request and request.framed and n["answer"]["why"] == "reset" and m["answer"]["status"] in (0, 400, 403) and not m["upstream"]:
        m.update(n)


@row("at a :authority that it cannot read mitmproxy ends the connection")
def authority(request, m, n):
    if request and request.framed and m["answer"]["why"].startswith(("never", "closed")) and n["answer"]["status"] == 403 and not (
            m["upstream"] or m["lines"]):
        m.update(n)


@row("of a CONNECT to a path mitmproxy's reader keeps no authority that could be logged")
def connect_to_path(request, m, n):
    for one in m["lines"]:
        if request and request.method == "CONNECT" and request.target[:1] in "/*" and one.get("host") == "":
            one["host"] = n["lines"][0]["host"]
