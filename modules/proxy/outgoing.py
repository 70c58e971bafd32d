"""What of a request goes upstream: its fields and target with secrets in their places, once it may pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mitmproxy import http

import ages
import aws
import credentials
import errors
import flows
import headers
import journal
import policy
import reading
import redact
import slots_json
import traffic
import upstream
import vault
from connections import Connections
from refusals import Refused

# A part of an answer, or a compressed one, could not be searched for the secret.
_NOT_WITH_A_SECRET = (b"range", b"if-range", b"accept-encoding")


class Outgoing:
    """current: the policy that counts now; read: a credential's secret, as vault.Vault does; counter: traffic.Traffic.of."""

    def __init__(self, current: Callable[[], policy.Policy], read: Callable[[policy.Credential], str],
                 connections: Connections, known: ages.Ages, counter: Callable[[str, str, int], traffic.Counter]) -> None:
        self._current, self._read, self._connections, self._ages = current, read, connections, known
        self._counter = counter

    def decide(self, flow: http.HTTPFlow, state: flows.State, request: policy.Request, names: headers.Named,
               facts: dict[str, Any], decision: policy.Decision) -> None:
        """Raises what refuses it after all; without, it passes, or waits for its body."""
        current = self._current()
        aged, path, body = state.aged, flow.request.data.path, state.body
        streams = reading.has_body(flow, names)
        fields = headers.clean(flow.request.data.headers.fields, names, request.websocket)
        if aged and aged.is_index:
            path, fields = ages.target(aged, request), ages.fields(aged, fields)
        bound = current.credentials_for(request.host) if request.scheme == "https" else []
        prepared = credentials.prepare(bound, current.credentials, fields, path, request.target)
        if not decision.allowed or decision.grant:  # audit and grants let it pass, but never with a secret
            prepared = credentials.Prepared((), prepared.fields, prepared.target)
        if state.in_whole and prepared.json:
            slots_json.check(prepared.json, names, request.length)
            if body:
                prepared = prepared.with_body(body)
        counted = [decision.rule.ceilings] if decision.allowed and decision.rule else []
        reached = credentials.full(prepared.due, request.length, request.peeks)
        if reached and decision.rule:
            facts.update(rule=decision.rule.number, owner=decision.rule.owner)
            if not current.audit:
                raise Refused(reached.reason(request.words()), None, reached.retry_after())
            decision = decision._replace(allowed=False, reason=reached.reason(request.words()))
            prepared = credentials.Prepared((), prepared.fields, prepared.target)
        if request.peeks and (prepared.json or state.asks_mcp and decision.allowed):
            state.waits, flow.response = True, None
            return
        prepared = prepared._replace(body=body)
        state.meters = flows.meters(flow, request.websocket, counted + [one.ceilings for one in prepared.due])
        if prepared.signs and prepared.signs.payload is None and streams:
            reading.check_hashed(prepared, names)
        filled = credentials.fill(prepared, self._read)
        if aged:
            facts["owner"] = aged.cooldown.owner
            self._ages.check(aged)
            del facts["owner"]
        self._pass(flow, state, request, filled, streams, names.get(b"te") == [b"trailers"])
        if decision.grant:
            facts.update(verdict="allow", grant=decision.grant, owner=decision.owner)
        elif decision.allowed and decision.rule:
            facts.update(verdict="allow", rule=decision.rule.number, owner=decision.rule.owner)
        else:
            facts.update(verdict="audit", reason=decision.reason, missing=decision.missing)
        if prepared.due:
            facts["credentials"] = [one.name for one in prepared.due]
        journal.write("decision", **facts)

    def _pass(self, flow: http.HTTPFlow, state: flows.State, request: policy.Request,
              filled: credentials.Filled, has_body: bool, trailers: bool) -> None:
        """Everything that goes upstream is set here; the refusal falls last."""
        data, fields = flow.request.data, filled.fields
        state.websocket = request.websocket
        if filled.secrets:
            state.secret_forms = redact.all_forms(filled.secrets)
        if filled.secrets or state.meters and state.meters.usage:
            fields = [field for field in fields if field[0].lower() not in _NOT_WITH_A_SECRET]
            fields.append((b"Accept-Encoding", b"identity"))
        fields = headers.without(fields, b"host")
        authority = reading.authority(request.scheme, request.host, request.port)
        if filled.signs:
            signing, fields = credentials.sign(filled, data.method, authority, fields)
            if filled.signs.payload is None and has_body and filled.body is None:
                state.signing = signing
            else:
                payload = filled.signs.payload or aws.hashed(filled.body or b"")
                fields.append((b"Authorization", signing.authorization(payload)))
        way = self._connections.forward(flow.client_conn.id, request)
        state.forwarded = way is not None
        if way and way.password:
            try:
                password = self._read(way.password)
            except vault.CredentialError as error:
                flows.answer(flow, 502, errors.sentence(502, str(error)))
                return
            state.secret_forms = redact.all_forms((password,))
            fields.append((b"Proxy-Authorization", upstream.basic(way.user, password).encode("ascii")))
        if filled.body is not None:
            data.content = filled.body
            fields = headers.without(headers.without(fields, b"content-length"), b"transfer-encoding")
            fields.append((b"Content-Length", b"%d" % len(filled.body)))
        if data.http_version == reading.HTTP2:
            data.authority = authority
            fields = [(name.lower(), value) for name, value in fields]
            if trailers:  # RFC 9113 section 8.2.2 allows this one; gRPC asks for it
                fields.append((b"te", b"trailers"))
        else:
            data.authority = authority if way else b""  # the absolute form, or the origin's
            fields.insert(0, (b"Host", authority))
        data.headers.fields = tuple(fields)
        data.host, data.port, data.path = request.host, request.port, filled.target
        self._connections.approve(flow.client_conn.id, request)
        state.traffic = self._counter(request.scheme, request.host, request.port)
        flow.request.stream = has_body and filled.body is None and not state.signing and state.metered(answer=False)
        state.passed = True
        flow.response = None
