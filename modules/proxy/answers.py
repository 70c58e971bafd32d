"""Answers: our own, and what must be known of a server's before it passes."""

from __future__ import annotations

import json
from typing import Any

from mitmproxy import http

import headers
import redact

_SHORT_BODY = 16384


def coded(names: headers.Named) -> bool:
    content = headers.tokens(names, b"content-encoding") - {b"identity"}
    return bool(content | headers.tokens(names, b"transfer-encoding") - {b"chunked"})


def is_short(names: headers.Named) -> bool:
    """One plain length; whatever else there is streams."""
    lengths = names.get(b"content-length", ())
    if len(lengths) != 1 or len(lengths[0]) >= 6 or not lengths[0].isdigit():
        return False
    return int(lengths[0]) <= _SHORT_BODY


def may_have_body(response: http.Response, names: headers.Named) -> bool:
    empty = names.get(b"content-length") == [b"0"]
    return not empty and response.status_code >= 200 and response.status_code not in (204, 304)


def scrub_fields(fields: http.Headers, forms: tuple[bytes, ...]) -> None:
    """In place; almost always there is nothing, which one search over all of it shows."""
    if redact.contains(b"\n".join(part for field in fields.fields for part in field), forms):
        fields.fields = tuple((redact.scrub(name, forms), redact.scrub(value, forms))
                              for name, value in fields.fields)


def replace(flow: http.HTTPFlow, answer: http.Response) -> None:
    """Swap an answer whose body is still to come for one of ours."""
    response = flow.response
    assert response
    pending = [answer.raw_content or b""]
    response.status_code = answer.status_code
    response.data.reason = answer.data.reason
    response.data.http_version = b"HTTP/1.1"
    response.headers = answer.headers
    plain_unless_asked(flow, response)
    response.stream = lambda data: [pending.pop()] if pending else []


def plain_unless_asked(flow: http.HTTPFlow, answer: http.Response) -> None:
    """git and go show an error's body only where it is plain text."""
    if "json" not in flow.request.headers.get("accept", ""):
        answer.headers["Content-Type"] = "text/plain; charset=utf-8"


def refused(reason: str, missing: Any = None, retry_after: int = 0) -> http.Response:
    answer = make(429 if retry_after else 403, reason, missing)
    if retry_after:  # RFC 9110 section 10.2.3
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def make(status: int, reason: str, missing: Any = None) -> http.Response:
    body = {"error": f"agent-sandbox: {reason}"}
    if missing is not None:
        body["missing"] = missing
    return _json(status, json.dumps(body, ensure_ascii=True).encode("ascii") + b"\n")


def of_rpc(text: bytes) -> http.Response:
    """So that the client takes it for the server's word to its call."""
    return _json(200, text)


def _json(status: int, text: bytes) -> http.Response:
    return http.Response.make(status, text, {"Content-Type": "application/json", "Cache-Control": "no-store"})
