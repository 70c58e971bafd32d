"""What mitmproxy answers by itself, where a server is not reached or a request cannot be read, said
as the add-on says everything: JSON with one plain sentence, in place of its HTML pages.

No hook sees these answers, so the functions that write them are replaced. A version of mitmproxy that
has them elsewhere goes on writing HTML: nothing is decided here.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from mitmproxy import http, version
from mitmproxy.net.http import http1
from mitmproxy.proxy.layers import http as layer

import resolve

KIND = "text/plain; charset=utf-8"


def install() -> None:
    layer._http1.make_error_response = _http1_answer
    layer._http2.format_error = _body
    http2 = getattr(layer._http2, "BufferedH2Connection", None)
    if http2:
        http2.send_headers = _plain_kind(http2.send_headers)
    layer.HttpStream.handle_protocol_error = _forbids(layer.HttpStream.handle_protocol_error)


def is_closed(message: str) -> bool:
    """No address of the name may be connected to."""
    return resolve.MARK in message


def sentence(code: int, message: str) -> str:
    if is_closed(message):
        return ('the name has no public address, nor one that a rule of it names in "addresses"; the '
                "proxy goes to no other")
    if code < 500:
        return f"the request cannot be read: {message}"
    return f"no answer came from the server: {message}"


def _body(code: int, message: str) -> bytes:
    text = json.dumps({"error": f"agent-sandbox: {sentence(code, message)}"}, ensure_ascii=True)
    return text.encode("ascii") + b"\n"


def _http1_answer(code: int, message: str = "") -> bytes:
    fields = {"Connection": "close", "Content-Type": KIND, "Cache-Control": "no-store"}
    answer = http.Response.make(403 if is_closed(message) else code, _body(code, message), fields)
    return http1.assemble_response(answer)


def _plain_kind(send_headers: Any) -> Any:
    """mitmproxy's own answers in HTTP/2 name it as the server, and HTML as what follows."""
    page = [(b"server", version.MITMPROXY.encode()), (b"content-type", b"text/html")]

    def send(self: Any, stream: int, fields: Any, *more: Any, **options: Any) -> None:
        if list(fields[1:]) == page:
            fields = [fields[0], (b"content-type", KIND.encode()), (b"cache-control", b"no-store")]
        send_headers(self, stream, fields, *more, **options)

    return send


def _forbids(handle: Any) -> Any:
    """A name without a public address is a refusal: 403, as every other."""

    def handled(self: Any, event: Any) -> Iterator[Any]:
        if is_closed(event.message):
            with contextlib.suppress(AttributeError, ValueError):  # an enumeration in later versions
                event.code = type(event.code)(403)
        return handle(self, event)

    return handled
