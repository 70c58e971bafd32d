"""What comes back: answers and messages, which lose the secrets in them, and count."""

from __future__ import annotations

from mitmproxy import http

import ages
import answers
import engine
import errors
import flows
import headers
import journal
import redact
import resolve
import upstream
from reading import HTTP2
from refusals import Refused


def begin(flow: http.HTTPFlow, known: ages.Ages) -> None:
    """Its head has come."""
    state = flow.metadata.get(flows.STATE)
    if state is None:
        raise Refused("an answer to nothing")
    assert flow.response
    if not state.passed:
        return  # our own refusal
    response = flow.response
    names = headers.named(response.data.headers.fields)
    if b"alt-svc" in names:  # an offer of HTTP/3, which has no way out
        response.data.headers.fields = tuple(
            headers.without(response.data.headers.fields, b"alt-svc"))
    if response.status_code == 407 and state.forwarded:
        answers.replace(flow, answers.make(502, errors.sentence(502, upstream.WRONG_USER)))
        return
    if response.status_code == 101 and not state.websocket:
        raise Refused("an upgrade that nobody asked for")
    if _is_too_long(flow, state, names):
        return
    if state.aged and state.aged.is_index and known.begin(state.aged, flow):
        return
    # mitmproxy answers a short body of known length sooner in one piece.
    streams = response.status_code != 101 and not answers.is_short(names) and not response.ends
    hidden = flow.request.method != "HEAD" and answers.coded(names) and answers.may_have_body(response, names)
    if state.secret_forms:
        answers.scrub_fields(response.data.headers, state.secret_forms)
        response.data.reason = redact.scrub(response.data.reason, state.secret_forms)
    # Errors are what a company's proxy says itself, and may quote.
    if hidden and state.secret_forms and (not state.forwarded or response.status_code >= 400):
        answers.replace(flow, answers.make(
            502, "the server compressed an answer that must be read for secrets"))
    elif hidden and state.meters and state.meters.usage:
        answers.replace(flow, answers.make(
            502, "the server compressed an answer whose tokens must be counted"))
    elif streams:
        response.stream = state.metered(
            True, redact.Redactor(state.secret_forms) if state.secret_forms else None)


def _is_too_long(flow: http.HTTPFlow, state: flows.State, names: headers.Named) -> bool:
    length = names.get(b"content-length", [b""])[0]
    if not (state.meters and length.isdigit() and flow.request.method != "HEAD" and (
            answers.may_have_body(flow.response, names))):
        return False
    reached = state.meters.reached(int(length))
    if reached:
        flows.tell_cut(flow, reached)
        state.meters.is_cut = True
        answers.replace(flow, answers.refused(reached.reason(None), None, reached.retry_after()))
    return reached is not None


def finish(flow: http.HTTPFlow, known: ages.Ages) -> None:
    """All of it has come, or gone by."""
    state = flow.metadata.get(flows.STATE)
    assert flow.response
    if state is None:
        raise Refused("an answer to nothing")
    if state.aged and ages.OVER in flow.metadata:
        known.finish(state.aged, flow)
    body = flow.response.data.content
    if body and state.passed and not state.counts(True, body):
        return
    if state.passed and state.meters:
        state.meters.settle()
    if body and state.secret_forms:  # it did not stream
        flow.response.data.content = redact.scrub(body, state.secret_forms)
    trailers = flow.response.trailers
    if not trailers:
        return
    if flow.request.data.http_version != HTTP2:
        flow.response.trailers = None  # mitmproxy cannot send them in HTTP/1
        return
    answers.scrub_fields(trailers, state.secret_forms)


def fail(flow: http.HTTPFlow) -> None:
    """mitmproxy's own error page quotes what the server sent: after a secret went out, the
    connection is closed instead."""
    state = flow.metadata.get(flows.STATE)
    if state and state.meters:
        state.meters.settle()
    message = flow.error.msg if flow.error else ""
    if resolve.MARK in message:
        journal.write("decision", verdict="deny", reason=resolve.MARK,
                      addresses=resolve.closed_ones(message),
                      **(state.facts if state and state.facts else flows.facts(flow)))
    sent = flow.server_conn is not None and flow.server_conn.timestamp_tls_setup is not None
    if state is not None and state.secret_forms and sent and flow.killable:
        flow.kill()


def begin_websocket(flow: http.HTTPFlow) -> None:
    engine.websocket_secrets[flow.client_conn.id] = flow.metadata[flows.STATE].secret_forms


def message(flow: http.HTTPFlow) -> None:
    state = flow.metadata.get(flows.STATE)
    assert flow.websocket
    messages = flow.websocket.messages
    del messages[:-1]  # mitmproxy keeps them all, for as long as the connection lives
    if state is None or not state.websocket:
        raise Refused("a message of a WebSocket that was not allowed")
    if not state.counts(not messages[-1].from_client, messages[-1].content):
        messages[-1].drop()
        return
    if not messages[-1].from_client:
        messages[-1].content = redact.scrub(messages[-1].content, state.secret_forms)
