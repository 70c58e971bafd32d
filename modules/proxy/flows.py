"""What the add-on keeps of one flow, and how a flow is stopped."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
from collections.abc import Callable
from typing import Any

from mitmproxy import http

import ages
import answers
import aws
import ceiling
import journal
import tunnels
from traffic import Counter

STATE = "agent_sandbox"
_BEFORE_ANSWER = ("http_connect", "requestheaders", "request")


@dataclasses.dataclass
class State:
    """What was decided about one flow."""

    passed: bool = False
    websocket: bool = False
    secret_forms: tuple[bytes, ...] = ()
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)  # as the log has them: upstream may have a secret
    signing: aws.Signing | None = None  # Authorization waits for the hash of the body
    aged: ages.Wanted | None = None  # under a cooldown: what is asked for
    meters: ceiling.Meters | None = None
    asks_mcp: bool = False  # what is said is read,
    waits: bool = False  # and it is decided once its body is here,
    answer: Any = None  # what was decided when operators had been asked
    in_whole: bool = False  # which may be sent only in whole
    body: bytes | None = None
    traffic: Counter | None = None
    forwarded: bool = False  # to a company's proxy itself: its password is what is to be hidden

    def metered(self, answer: bool, then: Callable[[bytes], Any] | None = None) -> Any:
        """What a body that streams goes through, whose pieces count; and then, too. An empty piece would
        be the end of a chunked body, so there is none."""
        return lambda data: (then(data) if then else [data] if data else []) if self.counts(answer, data) else []

    def counts(self, answer: bool, data: bytes) -> bool:
        """Whether this much more of a body passes, which is counted."""
        meters = self.meters
        if meters and not (meters.answers(data) if answer else meters.passes(data)):
            return False
        if self.traffic:
            self.traffic.add(answer, len(data))
        return True


def closed(hook: Callable[..., Any]) -> Callable[..., Any]:
    """An exception refuses the flow; its text stays out of the log, it may quote the request."""

    def failed(flow: Any, error: Exception) -> None:
        stop(flow, before_answer=hook.__name__ in _BEFORE_ANSWER)
        with contextlib.suppress(OSError):
            journal.write("error", hook=hook.__name__, error=type(error).__name__)

    async def finished(flow: Any, rest: Any) -> None:
        try:
            await rest
        except Exception as error:  # noqa: BLE001
            failed(flow, error)

    @functools.wraps(hook)
    def guarded(self: Any, flow: Any) -> Any:
        """mitmproxy waits for what a hook returns, where there is something."""
        try:
            rest = hook(self, flow)
            return rest and finished(flow, rest)
        except Exception as error:  # noqa: BLE001 - whatever it is, the flow must not pass
            failed(flow, error)

    return guarded


def stop(flow: Any, before_answer: bool) -> None:
    state = flow.metadata.get(STATE)
    flow.metadata[STATE] = State(facts=state.facts if state else {})
    if before_answer:
        answer(flow, 500, "the proxy failed to decide; nothing was sent")
        return
    if flow.websocket and flow.websocket.messages:
        flow.websocket.messages[-1].drop()
    if flow.response:
        flow.response.trailers = None
    if flow.killable:
        flow.kill()


def answer(flow: http.HTTPFlow, status: int, reason: str, missing: Any = None, rpc: bytes | None = None) -> None:
    """rpc: the whole body, in JSON-RPC."""
    flow.request.stream = False
    flow.response = answers.of_rpc(rpc) if rpc else answers.make(status, reason, missing)
    if not rpc:
        answers.plain_unless_asked(flow, flow.response)
    if flow.request.data.method == b"HEAD":  # else the body is read as the next answer
        flow.response.data.content = b""


# What every request holds until something allows it; made once, it is on every request's way.
UNDECIDED = answers.make(403, "undecided")


def facts(flow: http.HTTPFlow) -> dict[str, Any]:
    data = flow.request.data
    return {
        "scheme": "https" if flow.client_conn.tls_established else "http",
        "method": printable(data.method),
        "host": data.host,
        "port": data.port,
        "path": printable(data.path.partition(b"?")[0]),
    }


def printable(raw: bytes) -> str:
    return raw.decode("ascii", "backslashreplace")


def tell_cut(flow: http.HTTPFlow, reached: ceiling.Ceiling) -> None:
    data = flow.request.data
    journal.write("exchange-cut", scheme="https" if flow.client_conn.tls_established else "http",
                  host=data.host, port=data.port, reason=reached.reason(None))


def meters(flow: http.HTTPFlow, websocket: bool, counted: list[ceiling.Ceilings]) -> ceiling.Meters | None:
    if not any(counted):
        return None

    def cut(reached: ceiling.Ceiling) -> None:
        tell_cut(flow, reached)
        meters.settle()
        if flow.websocket:
            tunnels.cut_all(flow.client_conn.id)
        elif flow.killable:
            flow.kill()

    meters = ceiling.Meters(counted, not websocket, cut)
    return meters


def today() -> datetime.date:
    return datetime.datetime.now(datetime.timezone.utc).date()
