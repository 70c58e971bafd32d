"""Cooldowns in the add-on: what is asked of an index in place of what the client asked, what of its answer
goes to the client, and which files are old enough."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from mitmproxy import connection, ctx, http
from mitmproxy.addons import clientplayback

import answers
import cooldown
import headers
import journal
import packages
import policy
from cooldown import CooldownError
from engine import OVER
from published import Published

_WHY = "agent_sandbox_why"
_FETCH_SECONDS = 60.0
# A part of an index, or word that it has not changed, would let what was there before through.
_CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since", b"range", b"if-range",
               b"accept", b"accept-encoding")
# What is said of the body that came, not of the one that goes on.
_OF_THE_BODY = (b"etag", b"last-modified", b"content-md5", b"digest", b"content-digest", b"repr-digest",
                b"accept-ranges", b"cache-control", b"expires", b"age", b"content-type", b"content-language", b"link")
# Of a client's fields, what its own request for the index would not have.
_OF_THE_FILE = (*_CONDITIONS, b"host", b"connection", b"content-length", b"transfer-encoding", b"expect", b"upgrade",
                b"te", b"npm-command")


class Wanted(NamedTuple):
    cooldown: cooldown.Cooldown
    place: cooldown.Place
    what: str
    as_html: bool

    @property
    def is_index(self) -> bool:
        return self.place.kind in ("index", "version")

    def refusal(self, why: str) -> CooldownError:
        return CooldownError(f"{self.cooldown.words()}, and {why}")

    def unreadable(self, why: str) -> CooldownError:
        return self.refusal(f"the index at {self.cooldown.index.url()} cannot be used for {self.what}: {why}")


def wanted(found: cooldown.Cooldown, request: policy.Request, fields: headers.Named) -> Wanted | None:
    """What is asked for; None: what holds no package."""
    what = request.words()
    path = cooldown.one_reading(request.target)
    if path is None:
        raise CooldownError(f"{found.words()}, and servers may read the path of {what} in several ways")
    place = cooldown.place_of(found.index, request.host, request.port, path)
    as_html = b"json" not in b",".join(fields.get(b"accept", ()))
    return None if place.kind == "other" else Wanted(found, place, what, as_html)


def target(asked: Wanted, request: policy.Request) -> bytes:
    """In place of the one of the client."""
    query = "" if request.target.query is None else f"?{request.target.query}"
    return (cooldown.page(asked.cooldown.index, asked.place.name or "") + query).encode("ascii")


def fields(asked: Wanted, kept: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [*(one for one in kept if one[0].lower() not in _CONDITIONS),
            (b"Accept", packages.ASKS_FOR[asked.cooldown.index.kind]), (b"Accept-Encoding", b"identity")]


class Ages:
    """tunnel, gone: that the proxy asks something for itself, by this client, at this place; and no more."""

    def __init__(self, tunnel: Callable[[str, tuple[str, int]], None], gone: Callable[[Any], None]) -> None:
        self.published = Published()
        self._tunnel, self._gone = tunnel, gone
        self.own: set[str] = set()  # connections of the proxy's own

    def is_unknown(self, asked: Wanted | None) -> bool:
        """Whether the index is to be read before it can be decided."""
        return (asked is not None and asked.place.file is not None and asked.place.name is not None
                and self.published.when(asked.cooldown.index, asked.place.file) is None)

    def check(self, asked: Wanted) -> None:
        """Of a file: raises where it is too young, or of no age."""
        if asked.place.file is None:
            return
        index, when = asked.cooldown.index, self.published.when(asked.cooldown.index, asked.place.file)
        if when is None:
            raise asked.refusal(f"the index at {index.url()} does not say how old {asked.what} is")
        if when > time.time() - asked.cooldown.seconds:
            raise asked.refusal(f"{asked.what} was published at {_said(when)}; it opens at "
                                f"{_said(when + asked.cooldown.seconds)}")

    async def fetch(self, asked: Wanted, flow: http.HTTPFlow) -> None:
        """As a client of its own, which every rule counts for."""
        index = asked.cooldown.index
        place = index.host, index.port
        own = [one for one in flow.request.data.headers.fields if one[0].lower() not in _OF_THE_FILE] if (
            place == (asked.place.file.host, asked.place.file.port)) else []
        authority = index.host if index.port == 443 else f"{index.host}:{index.port}"
        client = flow.client_conn.copy()
        client.sni, client.timestamp_tls_setup, client.alpn_offers = index.host, time.time(), ()
        made = http.HTTPFlow(client, connection.Server(address=place))
        made.request = http.Request(
            host=index.host, port=index.port, method=b"GET", scheme=b"https", authority=b"",
            path=cooldown.page(index, asked.place.name or "").encode("ascii"), http_version=b"HTTP/1.1",
            headers=http.Headers([(b"Host", authority.encode("ascii")), (b"Accept", b"application/json"), *own]),
            content=b"", trailers=None, timestamp_start=time.time(), timestamp_end=None)
        handler = clientplayback.ReplayHandler(made, ctx.options)
        made.client_conn = handler.client
        self._tunnel(handler.client.id, place)
        self.own.add(handler.client.id)
        try:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(handler.replay(), _FETCH_SECONDS)
        finally:
            self.own.discard(handler.client.id)
            self._gone(handler.client)

    # An index's answer.

    def begin(self, asked: Wanted, flow: http.HTTPFlow) -> bool:
        """At its head; whether nothing more is to be done with it before its end."""
        response = flow.response
        assert response
        names = headers.named(response.data.headers.fields)
        why = _unusable(response, names)
        if why and (response.status_code == 304 or response.ends):
            flow.metadata[OVER], flow.metadata[_WHY] = 0, why  # no piece comes that could be replaced
            return True
        if why:
            reason = str(asked.unreadable(why))
            _tell(asked, flow, reason)
            answers.replace(flow, answers.make(403, reason))
            return True
        if response.status_code != 200 or flow.request.method == "HEAD":
            response.data.headers.fields = tuple(headers.without(response.data.headers.fields, *_OF_THE_BODY[:-3]))
            if response.status_code == 200:
                del response.headers["content-length"]
            return False
        flow.metadata[OVER] = packages.LONGEST
        return True

    def finish(self, asked: Wanted, flow: http.HTTPFlow) -> None:
        """What goes on in place of its body."""
        assert flow.response
        try:
            body, kind = self._thinned(asked, flow)
        except CooldownError as error:
            _tell(asked, flow, str(error))
            flow.response = answers.make(403, str(error))
            answers.plain_unless_asked(flow, flow.response)
            return
        kept = headers.without(flow.response.data.headers.fields, *_OF_THE_BODY, b"content-length", b"transfer-encoding")
        flow.response.data.headers.fields = (
            *kept, (b"Content-Type", kind), (b"Cache-Control", b"no-store"), (b"Content-Length", b"%d" % len(body)))
        flow.response.data.content = body
        flow.response.trailers = None

    def _thinned(self, asked: Wanted, flow: http.HTTPFlow) -> tuple[bytes, bytes]:
        assert flow.response
        index, name = asked.cooldown.index, asked.place.name or ""
        limit = int(time.time()) - asked.cooldown.seconds
        try:
            if _WHY in flow.metadata:
                raise packages.Unreadable(flow.metadata[_WHY])
            if flow.metadata[OVER] < 0:
                raise packages.Unreadable("it is longer than 24 MiB")
            document = packages.read(flow.response.data.content or b"")
            made = packages.thin(index, name, document, limit)
        except packages.Unreadable as error:
            raise asked.unreadable(str(error)) from None
        self.published.note(index, name, made.files)
        if made.left_out:
            journal.write("cooldown", host=index.host, port=index.port, package=name, left=made.left,
                          left_out=made.left_out)
        if made.left_out and not made.left:
            opens = "" if made.opens is None else f"; the first opens at {_said(made.opens + asked.cooldown.seconds)}"
            raise asked.refusal(f"no version of {name} is{opens}")
        if asked.place.version:
            manifest = packages.manifest(document, asked.place.version)
            if manifest is None:
                raise asked.refusal(f"{name} has no {asked.place.version} that is")
            return packages.as_json(manifest), b"application/json"
        if index.kind == "pypi" and asked.as_html:
            return packages.as_html(document), b"text/html; charset=utf-8"
        return packages.as_json(document), packages.ASKS_FOR[index.kind]


def _unusable(response: http.Response, names: headers.Named) -> str | None:
    status = response.status_code
    if status != 200:
        return f"its answer is a {status}" if status < 300 or status == 304 else None
    if answers.coded(names):
        return "it is compressed"
    lengths = names.get(b"content-length", [b"0"])
    if len(lengths[0]) > 12 or int(lengths[0]) > packages.LONGEST:
        return "it is longer than 24 MiB"
    return None


def _tell(asked: Wanted, flow: http.HTTPFlow, reason: str) -> None:
    data = flow.request.data
    journal.write("decision", verdict="deny", reason=reason, scheme="https", method=data.method.decode("ascii"),
                  host=data.host, port=data.port, path=data.path.partition(b"?")[0].decode("ascii"),
                  owner=asked.cooldown.owner)


def _said(seconds: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
    except (OverflowError, ValueError):
        return "no time that a calendar has"
