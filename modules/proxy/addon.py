"""The mitmproxy add-on of a sandbox's proxy: decides every request before anything leaves.

    mitmdump -s addon.py --set sandbox_policy=POLICY ...options of startup.py...

mitmproxy (8.1 to 12) logs an exception in a hook and carries on, so every hook here begins closed
and opens last: a request holds a refusal until a rule allowed it, and no connection is opened
that no request was allowed to open. The pure parts are in the modules beside this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import functools
import hashlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

try:
    from mitmproxy import ctx, http

    import ages
    import answers
    import aws
    import ceiling
    import credentials
    import engine
    import errors
    import headers
    import journal
    import places
    import policy
    import policy_file
    import redact
    import resolve
    import slots_json
    import startup
    import tunnels
    import upstream
    import vault
    from refusals import REFUSALS, Refused, check_special_use
    from target import DEFAULT_PORTS, parse_authority, parse_name, parse_target
except Exception:  # noqa: BLE001
    # mitmproxy goes on without an add-on that does not load, and swallows a SystemExit here.
    traceback.print_exc()
    os._exit(1)

_STATE = "agent_sandbox"
_HTTP2 = b"HTTP/2.0"
_VERSIONS = (b"HTTP/1.0", b"HTTP/1.1", _HTTP2)
_POLL_SECONDS = 1.0
_LISTEN_SECONDS = 20.0
# A part of an answer, or a compressed one, could not be searched for the secret.
_NOT_WITH_A_SECRET = (b"range", b"if-range", b"accept-encoding")
# Offers that a server may pass over, and curl makes on its own.
_IGNORED_UPGRADES = {b"h2c"}
_ALPN = (b"h2", b"http/1.1")
_BEFORE_ANSWER = ("http_connect", "requestheaders", "request")


class State:
    """What was decided about one flow.

    Not a dataclass: mitmproxy runs a script that is in no sys.modules, where dataclass() looks.
    """

    def __init__(
        self,
        passed: bool = False,
        websocket: bool = False,
        secret_forms: tuple[bytes, ...] = (),
        facts: dict[str, Any] | None = None,
        signing: aws.Signing | None = None,
        aged: ages.Wanted | None = None,
    ) -> None:
        self.forwarded = False  # to a company's proxy itself: its password is what is to be hidden
        self.aged = aged  # under a cooldown: what is asked for
        self.signing = signing  # Authorization waits for the hash of the body
        self.passed = passed
        self.meters: ceiling.Meters | None = None
        self.waits = self.in_whole = False  # it is decided once its body is here
        self.body: bytes | None = None
        self.websocket = websocket
        self.secret_forms = secret_forms
        self.facts = facts or {}  # as the log has them: what goes upstream may hold a secret

    def metered(self, answer: bool, then: Callable[[bytes], Any] | None = None) -> Any:
        """What a body that streams goes through, whose pieces count; and then, too. An empty piece would
        be the end of a chunked body, so there is none."""
        meters = self.meters
        if meters is None or not (meters.bytes or answer and meters.usage):
            return then or True
        passes = meters.answers if answer else meters.passes
        return lambda data: (then(data) if then else [data] if data else []) if passes(data) else []


def _closed(hook: Callable[..., Any]) -> Callable[..., Any]:
    """An exception refuses the flow; its text stays out of the log, it may quote the request."""

    def failed(flow: Any, error: Exception) -> None:
        _stop(flow, before_answer=hook.__name__ in _BEFORE_ANSWER)
        with contextlib.suppress(OSError):
            journal.write("error", hook=hook.__name__, error=type(error).__name__)

    async def finished(flow: Any, rest: Any) -> None:
        try:
            await rest
        except Exception as error:  # noqa: BLE001
            failed(flow, error)

    @functools.wraps(hook)
    def guarded(self: "AgentSandbox", flow: Any) -> Any:
        """mitmproxy waits for what a hook returns, where there is something."""
        try:
            rest = hook(self, flow)
            return rest and finished(flow, rest)
        except Exception as error:  # noqa: BLE001 - whatever it is, the flow must not pass
            failed(flow, error)

    return guarded


def _stop(flow: Any, before_answer: bool) -> None:
    state = flow.metadata.get(_STATE)
    flow.metadata[_STATE] = State(facts=state.facts if state else None)
    if before_answer:
        _answer(flow, 500, "the proxy failed to decide; nothing was sent")
        return
    if flow.websocket and flow.websocket.messages:
        flow.websocket.messages[-1].drop()
    if flow.response:
        flow.response.trailers = None
    if flow.killable:
        flow.kill()


def _answer(flow: http.HTTPFlow, status: int, reason: str, missing: Any = None) -> None:
    flow.request.stream = False
    flow.response = answers.make(status, reason, missing)
    answers.plain_unless_asked(flow, flow.response)
    if flow.request.data.method == b"HEAD":  # else the body is read as the next answer
        flow.response.data.content = b""


# What every request holds until something allows it; made once, it is on every request's way.
_UNDECIDED = answers.make(403, "undecided")


class AgentSandbox:
    def __init__(self) -> None:
        self.policy: policy.Policy | None = None
        self.vault = vault.Vault(
            (os.environ.get("CREDENTIALS_DIRECTORY"), os.environ.get("ROTATED_CREDENTIALS")),
            complain=lambda problem: journal.write("credential-kept", error=problem))
        self._path = ""
        self._policy_seen: tuple[int, ...] | None = None
        self._digest = ""
        self._tunnels: dict[str, tuple[str, int]] = {}
        self._unread: dict[str, tunnels.Tunnel] = {}
        self._approved: dict[str, set[tuple[str, int, bool]]] = {}
        # Of each client: its connections to servers, and on which terms they were opened.
        self._opened: dict[str, list[tuple[Any, tuple[Any, ...]]]] = {}
        self._forwarded: dict[str, Any] = {}  # of clients whose request goes to a company's proxy itself
        self._watcher: asyncio.Task[None] | None = None
        self.ages = ages.Ages(self._tunnels.__setitem__, self.client_disconnected)
        self.places = places.Places(self._current, lambda: _today(), lambda: self.refresh(), self._approve)

    def _current(self) -> policy.Policy:
        assert self.policy
        return self.policy

    def _approve(self, tunnel: tunnels.Tunnel) -> None:
        self._approved.setdefault(tunnel.client.id, set()).add((*tunnel.place, False))
        self._unread[tunnel.client.id] = tunnel

    # Start and reload.

    # mitmproxy goes on without an add-on whose start raises, and lets everything pass.

    def load(self, loader: Any) -> None:
        try:
            loader.add_option("sandbox_policy", str, "", "The policy.json of this sandbox.")
            resolve.install()
            resolve.ranges_of = self._ranges_of
            errors.install()
            upstream.install(lambda host: self.policy.way(host) if self.policy else None, self._password,
                             lambda host: (*engine.authorities(ctx.options), self._current().certificates(host)))
            tunnels.install()
            startup.keep_script(ctx.master.addons)
            engine.mend(_crashed)
            journal.separate_diagnostics()
        except Exception as error:  # noqa: BLE001
            _fatal(f"this version of mitmproxy is not known: {error}")

    def configure(self, updated: Any) -> None:
        for problem in startup.problems(ctx.options):
            _fatal(problem)
        if self.policy is None:
            try:
                self._start()
            except Exception as error:  # noqa: BLE001
                _fatal(f"start: {type(error).__name__}: {error}")

    def running(self) -> None:
        self.configure(())
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        loop.call_soon(startup.drop_idle, ctx.master.addons)  # not while they are being called
        self._watcher = loop.create_task(self._watch())

    def done(self) -> None:
        if self._watcher:
            self._watcher.cancel()

    def _start(self) -> None:
        self._path = ctx.options.sandbox_policy
        try:
            self._read_policy()
        except (OSError, policy_file.PolicyError) as error:
            _fatal(f"policy: {error}")
        assert self.policy
        tlsconfig = ctx.master.addons.get("tlsconfig")
        engine.own_ca(tlsconfig, ctx.options, self.policy.sandbox)
        engine.trust_more(tlsconfig, lambda host: self.policy.certificates(host) if self.policy else "")
        password = self.policy.upstream and self.policy.upstream.password
        for credential in self.policy.credentials + ((password,) if password else ()):
            try:
                self.vault.read(credential)
            except vault.CredentialError as error:
                _fatal(str(error))

    def _reload(self) -> None:
        self._policy_seen = None
        self.vault.forget()
        self.refresh()

    def refresh(self) -> None:
        """Take a changed policy up; keep the last good one when the new one is not usable."""
        if _signature(self._path) == self._policy_seen:
            return
        try:
            self._read_policy()
        except Exception as error:  # noqa: BLE001 - whatever it is, the old one goes on
            known = isinstance(error, (OSError, policy_file.PolicyError))
            journal.write("policy-kept", error=str(error) if known else type(error).__name__)

    def _read_policy(self) -> None:
        self._policy_seen = _signature(self._path)
        digest = "unreadable"
        try:
            with open(self._path, "rb") as file:
                text = file.read()
            digest = hashlib.sha256(text).hexdigest()
            loaded = policy_file.load(text)
            if self.policy:
                loaded.take_over(self.policy)
            self.policy = loaded
        except Exception:
            self._say_status(f"policy {self._digest}; refused {digest}")
            raise
        self._digest = digest
        self._say_status(f"policy {digest}")
        journal.write("policy-loaded", sandbox=self.policy.sandbox, rules=len(self.policy.rules),
                      enforcement="audit" if self.policy.audit else "enforce")
        self.places.judge(list(self._unread.values()))

    def _say_status(self, text: str) -> None:
        """Which policy is live: apply waits for its own."""
        with contextlib.suppress(OSError):
            confdir = os.path.expanduser(ctx.options.confdir)
            journal.status(text, os.path.join(confdir, "policy-loaded"))

    async def _watch(self) -> None:
        await self._announce()
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            with contextlib.suppress(OSError):
                self.refresh()
                journal.tell_untold()

    async def _announce(self) -> None:
        """READY=1 once the port is open; a proxy that cannot listen stops."""
        for _ in range(int(_LISTEN_SECONDS / 0.05)):
            if startup.listening(ctx.master.addons.get("proxyserver")):
                journal.notify("READY=1")
                journal.write("ready")
                return
            await asyncio.sleep(0.05)
        _fatal("the proxy does not listen")

    # Requests.

    @_closed
    def http_connect(self, flow: http.HTTPFlow) -> None:
        """What a rule of tcp or tls has is passed on unread. Any other tunnel opens for any name, so
        that the refusal can be read inside its TLS; nothing goes upstream for it. Ports that no rule
        speaks of are not worth a tunnel."""
        flow.metadata[_STATE] = State()
        flow.response = _UNDECIDED
        self.refresh()
        facts: dict[str, Any] = {
            "method": "CONNECT", "host": _printable(flow.request.data.authority)}
        try:
            host, port = self._tunnel_target(flow)
            tunnel = self.places.decide(flow.client_conn, host, port, facts)
        except REFUSALS as error:
            self._refuse(flow, error, facts)
            assert flow.response
            flow.response.headers["Connection"] = "close"  # mitmproxy reads nothing behind it
            return
        flow.request.data.host, flow.request.data.port = host, port
        self._tunnels[flow.client_conn.id] = (host, port)
        tunnels.plan(flow, tunnel)
        flow.response = None

    def _tunnel_target(self, flow: http.HTTPFlow) -> tuple[str, int]:
        request = flow.request.data
        if request.method != b"CONNECT" or request.http_version not in _VERSIONS[:2]:
            raise Refused("CONNECT is not well formed")
        if flow.client_conn.tls_established:
            raise Refused("TLS to the proxy itself is not spoken here")
        return parse_authority(request.authority.decode("latin-1"), None)

    @_closed
    def requestheaders(self, flow: http.HTTPFlow) -> Any:
        state = State()
        flow.metadata[_STATE] = state
        flow.request.stream = False
        flow.response = _UNDECIDED
        return self._admit(flow, state)

    def _admit(self, flow: http.HTTPFlow, state: State) -> Any:
        self.refresh()
        facts: dict[str, Any] = _facts(flow)
        state.facts = dict(facts)
        rest = self._settle(flow, facts, lambda: self._consider(flow, state, facts))
        return self._settle_after(flow, facts, *rest) if rest else None

    def _consider(self, flow: http.HTTPFlow, state: State, facts: dict[str, Any]) -> Any:
        """What is to be waited for before it can be decided, and how it goes on; None: nothing."""
        assert self.policy
        request, names = self._read_request(flow)
        state.in_whole = self._is_in_whole(flow, request, names)
        if state.body is not None:
            request = request._replace(length=len(state.body))
        request = request._replace(peeks=state.in_whole and state.body is None)
        decision = self._ask(request, facts)
        if self.policy.cooldowns and not self.policy.audit:
            state.aged = aged = self._under_a_cooldown(request, names, facts)
            if aged and self.ages.is_unknown(aged):
                return self.ages.fetch(aged, flow), lambda: self._decide(
                    flow, state, request, names, facts, decision)
        self._decide(flow, state, request, names, facts, decision)
        return None

    def _is_in_whole(self, flow: http.HTTPFlow, request: policy.Request, names: headers.Named) -> bool:
        """Whether its body is read before it is decided."""
        assert self.policy
        return request.scheme == "https" and not request.websocket and (
            headers.has_body(names) or not flow.request.ends) and any(
            one.slot.kind == "json" and one.goes_to(request.target)
            for one in self.policy.credentials_for(request.host))

    def _under_a_cooldown(self, request: policy.Request, names: headers.Named,
                          facts: dict[str, Any]) -> ages.Wanted | None:
        """An audit looks at none."""
        assert self.policy
        found = self.policy.cooldown(request)
        if not found:
            return None
        facts["owner"] = found.owner  # of what may refuse it
        asked = ages.wanted(found, request, names)
        del facts["owner"]
        return asked

    async def _settle_after(self, flow: http.HTTPFlow, facts: dict[str, Any], first: Any,
                            go_on: Callable[[], None]) -> None:
        await first
        self._settle(flow, facts, go_on)

    def _settle(self, flow: http.HTTPFlow, facts: dict[str, Any], decide: Callable[[], Any]) -> Any:
        try:
            return decide()
        except REFUSALS as error:
            self._refuse(flow, error, facts)
        except vault.CredentialError as error:
            self._refuse(flow, error, facts, 503)
        return None

    def _refuse(self, flow: http.HTTPFlow, error: Exception, facts: dict[str, Any],
                status: int = 403) -> None:
        missing, retry_after = getattr(error, "missing", None), getattr(error, "retry_after", 0)
        _answer(flow, 429 if retry_after else status, str(error), missing)
        if retry_after and flow.response:  # RFC 9110 section 10.2.3
            flow.response.headers["Retry-After"] = str(retry_after)
        facts.update(getattr(error, "facts", {}), verdict="deny", reason=str(error), missing=missing)
        journal.write("decision", **facts)

    def _read_request(self, flow: http.HTTPFlow) -> tuple[policy.Request, headers.Named]:
        data = flow.request.data
        names = headers.named(data.headers.fields)
        if data.http_version not in _VERSIONS:
            raise Refused("this version of HTTP is not spoken here")
        headers.check(names, data.http_version)
        scheme, host, port = self._origin(flow)
        in_the_clear = flow.client_conn.id not in self._tunnels
        _check_authority(flow, names, scheme, (host, port), in_the_clear)
        check_special_use(self.policy, host)
        method = data.method.decode("latin-1")
        if method in policy.NO_METHODS:
            raise Refused(f"{method} is never let through")
        if not policy.METHOD.fullmatch(method):
            raise Refused("the method is not one of at most 20 capitals")
        websocket = headers.asks_for_websocket(names, data.method, data.http_version)
        if not websocket and headers.tokens(names, b"upgrade") - _IGNORED_UPGRADES:
            raise Refused("of the protocols to upgrade to, only websocket passes")
        target = parse_target(data.path)
        if headers.query_overrides_method(target.query):
            raise Refused("the query overrides the method")
        length = int(names.get(b"content-length", [b"0"])[0])
        return policy.Request(host, port, scheme, method, target, websocket, length), names

    def _origin(self, flow: http.HTTPFlow) -> tuple[str, str, int]:
        """Where this request goes: the tunnel says so, or the absolute form of plain http."""
        tls = flow.client_conn.tls_established
        tunnel = self._tunnels.get(flow.client_conn.id)
        scheme = "https" if tls else "http"
        if flow.request.data.scheme != scheme.encode("ascii"):
            raise Refused("https goes through a CONNECT tunnel")
        if tunnel is None:
            if tls:
                raise Refused("TLS to the proxy itself is not spoken here")
            if not flow.request.absolute:  # mitmproxy would take the host from Host
                raise Refused("a request to the proxy names its host in the absolute form")
            return scheme, _ascii_name(flow.request.data.host), flow.request.data.port
        if (flow.request.data.host, flow.request.data.port) != tunnel:
            raise Refused("the request does not go where the tunnel goes")
        if tls and (flow.client_conn.sni or "").lower() != tunnel[0]:
            raise Refused("the TLS server name is not that of the tunnel")
        return scheme, *tunnel

    def _ranges_of(self, host: str, port: int) -> tuple[Any, ...]:
        return self.policy.addresses(host, port, _today()) if self.policy else ()

    def _password(self, credential: policy.Credential) -> str:
        try:
            return self.vault.read(credential)
        except vault.CredentialError as error:
            raise OSError(str(error)) from None

    def _terms(self, client: str, host: str, port: int) -> tuple[Any, ...]:
        """Under which a connection is opened."""
        assert self.policy
        way = self.policy.way(host)
        trusted = self.policy.certificates(way.host) if way and way.tls else ""
        return (self._ranges_of(host, port), self.policy.certificates(host), way, trusted,
                client in self._forwarded)

    def _ask(self, request: policy.Request, facts: dict[str, Any]) -> policy.Decision:
        assert self.policy
        decision = self.policy.decide(request, _today())
        if decision.full and decision.rule:
            facts["rule"] = decision.rule.number
        if decision.owner:
            facts["owner"] = decision.owner
        if not decision.allowed and not self.policy.audit:
            raise Refused(decision.reason, decision.missing,
                          decision.full.retry_after() if decision.full else 0)
        return decision

    def _decide(self, flow: http.HTTPFlow, state: State, request: policy.Request, names: headers.Named,
                facts: dict[str, Any], decision: policy.Decision) -> None:
        assert self.policy
        aged, path, body = state.aged, flow.request.data.path, state.body
        streams = headers.has_body(names) or not flow.request.ends
        fields = headers.clean(flow.request.data.headers.fields, names, request.websocket)
        if aged and aged.is_index:
            path, fields = ages.target(aged, request), ages.fields(aged, fields)
        bound = self.policy.credentials_for(request.host) if request.scheme == "https" else []
        prepared = credentials.prepare(bound, self.policy.credentials, fields, path, request.target)
        if not decision.allowed:  # audit lets it pass, but never with a secret
            prepared = credentials.Prepared((), prepared.fields, prepared.target)
        if state.in_whole and prepared.json:
            slots_json.check(prepared.json, names, request.length)
            if body:
                prepared = prepared.with_body(body)
        counted = [decision.rule.ceilings] if decision.allowed and decision.rule else []
        reached = credentials.full(prepared.due, request.length, request.peeks)
        if reached and decision.rule:
            facts.update(rule=decision.rule.number, owner=decision.rule.owner)
            if not self.policy.audit:
                raise Refused(reached.reason(request.words()), None, reached.retry_after())
            decision = decision._replace(allowed=False, reason=reached.reason(request.words()))
            prepared = credentials.Prepared((), prepared.fields, prepared.target)
        if request.peeks and prepared.json:
            state.waits, flow.response = True, None
            return
        prepared = prepared._replace(body=body)
        state.meters = _meters(flow, request.websocket, counted + [one.ceilings for one in prepared.due])
        if prepared.signs and prepared.signs.payload is None and streams:
            _check_hashed(prepared, names)
        filled = credentials.fill(prepared, self.vault.read)
        if aged:
            facts["owner"] = aged.cooldown.owner
            self.ages.check(aged)
            del facts["owner"]
        self._pass(flow, state, request, filled, streams, names.get(b"te") == [b"trailers"])
        if decision.allowed and decision.rule:
            facts.update(verdict="allow", rule=decision.rule.number, owner=decision.rule.owner)
        else:
            facts.update(verdict="audit", reason=decision.reason, missing=decision.missing)
        if prepared.due:
            facts["credentials"] = [one.name for one in prepared.due]
        journal.write("decision", **facts)

    def _pass(self, flow: http.HTTPFlow, state: State, request: policy.Request,
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
        authority = _authority(request.scheme, request.host, request.port)
        if filled.signs:
            signing, fields = credentials.sign(filled, data.method, authority, fields)
            if filled.signs.payload is None and has_body and filled.body is None:
                state.signing = signing
            else:
                payload = filled.signs.payload or aws.hashed(filled.body or b"")
                fields.append((b"Authorization", signing.authorization(payload)))
        way = self._forward(flow, state, request)
        if way and way.password:
            try:
                password = self.vault.read(way.password)
            except vault.CredentialError as error:
                _answer(flow, 502, errors.sentence(502, str(error)))
                return
            state.secret_forms = redact.all_forms((password,))
            fields.append((b"Proxy-Authorization", upstream.basic(way.user, password).encode("ascii")))
        if filled.body is not None:
            data.content = filled.body
            fields = headers.without(headers.without(fields, b"content-length"), b"transfer-encoding")
            fields.append((b"Content-Length", b"%d" % len(filled.body)))
        if data.http_version == _HTTP2:
            data.authority = authority
            fields = [(name.lower(), value) for name, value in fields]
            if trailers:  # RFC 9113 section 8.2.2 allows this one; gRPC asks for it
                fields.append((b"te", b"trailers"))
        else:
            data.authority = authority if way else b""  # the absolute form, or the origin's
            fields.insert(0, (b"Host", authority))
        data.headers.fields = tuple(fields)
        data.host, data.port, data.path = request.host, request.port, filled.target
        self._retire(flow.client_conn.id, request.host, request.port)
        place = (request.host, request.port, request.scheme == "https")
        approved = self._approved.get(flow.client_conn.id)
        if approved is None:
            self._approved[flow.client_conn.id] = {place}
        elif place not in approved:
            approved.add(place)
        flow.request.stream = has_body and filled.body is None and not state.signing and state.metered(answer=False)
        state.passed = True
        flow.response = None

    def _forward(self, flow: http.HTTPFlow, state: State, request: policy.Request) -> Any:
        """The company's proxy that is asked for this by the request itself; of WebSocket it is asked by
        CONNECT (RFC 6455, section 4.1)."""
        way = self._current().way(request.host)
        client = flow.client_conn.id
        if way is None or request.scheme != "http" or request.websocket:
            self._forwarded.pop(client, None)
            return None
        self._forwarded[client] = way
        state.forwarded = True
        return way

    def _retire(self, client: str, host: str, port: int) -> None:
        """What was opened when other addresses or authorities counted is used no more."""
        kept = self._opened.get(client)
        if not kept:
            return
        terms = self._terms(client, host, port)
        for server, opened in list(kept):
            if server.address == (host, port) and opened != terms:
                engine.never_again(server)
                kept.remove((server, opened))

    @_closed
    def request(self, flow: http.HTTPFlow) -> None:
        state = flow.metadata.get(_STATE)
        body = flow.request.raw_content
        if state and state.waits:
            state.waits, state.body, flow.response = False, body or b"", _UNDECIDED
            rest = self._admit(flow, state)
            if rest:  # what has to be fetched first was, when its head came
                rest.close()
        if state is None or not state.passed:
            if flow.response is None:
                _answer(flow, 403, "undecided")
            return
        flow.request.trailers = None
        if body and state.meters and not flow.request.stream and not state.meters.passes(body):
            return
        if state.signing:
            name = b"authorization" if flow.request.data.http_version == _HTTP2 else b"Authorization"
            flow.request.data.headers.fields += (
                (name, state.signing.authorization(aws.hashed(body or b""))),)
            state.signing = None
        body = flow.request.raw_content
        # Without a length, HTTP/1 upstream would read a body from HTTP/2 as the next request.
        if body and not flow.request.stream:
            flow.request.headers["content-length"] = str(len(body))

    def server_connect(self, data: Any) -> None:
        error = "agent-sandbox: no allowed request asked for this connection"
        try:
            host, port = data.server.address[:2]
            tls = bool(data.server.tls)
            upstream.forwarding.set(None)
            if (host, port, tls) in self._approved.get(data.client.id, ()) and not data.server.via:
                if tls:
                    data.server.sni = host
                    # What else a client offers (grpc-exp), mitmproxy does not speak.
                    offered = data.client.alpn_offers or ()
                    data.server.alpn_offers = [one for one in offered if one in _ALPN]
                self._opened.setdefault(data.client.id, []).append(
                    (data.server, self._terms(data.client.id, host, port)))
                error = self._opens(data.client.id, host)
        finally:
            if error:
                data.server.error = error

    def _opens(self, client: str, host: str) -> str:
        """What is told to a company's proxy is told to the one of then, or to nobody."""
        way = self._forwarded.get(client)
        if way is not None and client not in self._unread:
            if way != self._current().way(host):
                return "agent-sandbox: the policy is another one now"
            upstream.forwarding.set(way)
        return ""

    # Answers.

    @_closed
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        state = flow.metadata.get(_STATE)
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
        if self._is_too_long(flow, state, names):
            return
        if state.aged and state.aged.is_index and self.ages.begin(state.aged, flow):
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

    def _is_too_long(self, flow: http.HTTPFlow, state: State, names: headers.Named) -> bool:
        length = names.get(b"content-length", [b""])[0]
        if not (state.meters and length.isdigit() and flow.request.method != "HEAD" and (
                answers.may_have_body(flow.response, names))):
            return False
        reached = state.meters.reached(int(length))
        if reached:
            _tell_cut(flow, reached)
            state.meters.is_cut = True
            answers.replace(flow, answers.refused(reached.reason(None), None, reached.retry_after()))
        return reached is not None

    @_closed
    def response(self, flow: http.HTTPFlow) -> None:
        state = flow.metadata.get(_STATE)
        assert flow.response
        if state is None:
            raise Refused("an answer to nothing")
        if state.aged and ages.OVER in flow.metadata:
            self.ages.finish(state.aged, flow)
        body = flow.response.data.content
        if body and state.passed and state.meters and not state.meters.answers(body):
            return
        if state.passed and state.meters:
            state.meters.settle()
        if body and state.secret_forms:  # it did not stream
            flow.response.data.content = redact.scrub(body, state.secret_forms)
        trailers = flow.response.trailers
        if not trailers:
            return
        if flow.request.data.http_version != _HTTP2:
            flow.response.trailers = None  # mitmproxy cannot send them in HTTP/1
            return
        answers.scrub_fields(trailers, state.secret_forms)

    @_closed
    def error(self, flow: http.HTTPFlow) -> None:
        """mitmproxy's own error page quotes what the server sent: after a secret went out, the
        connection is closed instead."""
        state = flow.metadata.get(_STATE)
        if state and state.meters:
            state.meters.settle()
        message = flow.error.msg if flow.error else ""
        if resolve.MARK in message:
            journal.write("decision", verdict="deny", reason=resolve.MARK,
                          addresses=resolve.closed_ones(message),
                          **(state.facts if state and state.facts else _facts(flow)))
        sent = flow.server_conn is not None and flow.server_conn.timestamp_tls_setup is not None
        if state is not None and state.secret_forms and sent and flow.killable:
            flow.kill()

    @_closed
    def websocket_start(self, flow: http.HTTPFlow) -> None:
        engine.websocket_secrets[flow.client_conn.id] = flow.metadata[_STATE].secret_forms

    @_closed
    def websocket_message(self, flow: http.HTTPFlow) -> None:
        state = flow.metadata.get(_STATE)
        assert flow.websocket
        messages = flow.websocket.messages
        del messages[:-1]  # mitmproxy keeps them all, for as long as the connection lives
        if state is None or not state.websocket:
            raise Refused("a message of a WebSocket that was not allowed")
        if state.meters and not state.meters.passes(messages[-1].content):
            messages[-1].drop()
            return
        if not messages[-1].from_client:
            messages[-1].content = redact.scrub(messages[-1].content, state.secret_forms)

    # What is not HTTP has no rule; rawtcp=false keeps it out, and these hooks keep it out too.

    def _kill(self, flow: Any) -> None:
        if flow.killable:
            flow.kill()

    tcp_start = udp_start = dns_request = _kill

    def tls_failed_client(self, data: Any) -> None:
        host, port = self._tunnels.get(data.conn.id, (None, None))
        journal.write("tls-failed", host=host, port=port,
                      reason="the client ended the TLS handshake; it may not trust the proxy's CA")

    def client_disconnected(self, client: Any) -> None:
        self._tunnels.pop(client.id, None)
        self._approved.pop(client.id, None)
        self._opened.pop(client.id, None)
        self._forwarded.pop(client.id, None)
        self._unread.pop(client.id, None)
        engine.websocket_secrets.pop(client.id, None)


def _tell_cut(flow: http.HTTPFlow, reached: ceiling.Ceiling) -> None:
    data = flow.request.data
    journal.write("exchange-cut", scheme="https" if flow.client_conn.tls_established else "http",
                  host=data.host, port=data.port, reason=reached.reason(None))


def _meters(flow: http.HTTPFlow, websocket: bool, counted: list[ceiling.Ceilings]) -> ceiling.Meters | None:
    if not any(counted):
        return None

    def cut(reached: ceiling.Ceiling) -> None:
        _tell_cut(flow, reached)
        meters.settle()
        if flow.websocket:
            tunnels.cut_all(flow.client_conn.id)
        elif flow.killable:
            flow.kill()

    meters = ceiling.Meters(counted, not websocket, cut)
    return meters


def _check_authority(flow: http.HTTPFlow, names: headers.Named, scheme: str,
                     place: tuple[str, int], in_the_clear: bool) -> None:
    """Host, or :authority, names the host that is decided; exactly once."""
    hosts, version = names.get(b"host", []), flow.request.data.http_version
    if version == _HTTP2:
        hosts = [flow.request.data.authority] + hosts
    elif flow.request.data.authority:
        raise Refused("the absolute form of a request inside a tunnel")
    elif not hosts and in_the_clear and version == b"HTTP/1.0":
        return  # RFC 9112 section 3.2.2: a proxy takes the host from the absolute form
    elif len(hosts) != 1:
        raise Refused("a request has exactly one Host header")
    usual = _authority(scheme, *place)
    for host in hosts:
        if host != usual and parse_authority(host.decode("latin-1"), scheme) != place:
            raise Refused("the Host header is not that of the connection")


def _check_hashed(prepared: credentials.Prepared, names: headers.Named) -> None:
    lengths = names.get(b"content-length")
    if lengths and int(lengths[0]) <= aws.LONGEST_BODY:
        return
    (name,) = [one.name for one in prepared.due if one.slot.kind == "aws"]
    raise aws.AwsError(f"credential {name}: a body that is hashed here says its length, of at most 1 MiB; "
                       "let the client put UNSIGNED-PAYLOAD, or the hash of the body, into "
                       "X-Amz-Content-SHA256")


@functools.lru_cache(maxsize=1024)
def _authority(scheme: str, host: str, port: int) -> bytes:
    return (host if DEFAULT_PORTS[scheme] == port else f"{host}:{port}").encode("ascii")


def _ascii_name(host: str) -> str:
    """mitmproxy decodes internationalised names; rules hold their ASCII form."""
    return parse_name(host if host.isascii() else host.encode("idna").decode("ascii"))


def _facts(flow: http.HTTPFlow) -> dict[str, Any]:
    data = flow.request.data
    return {
        "scheme": "https" if flow.client_conn.tls_established else "http",
        "method": _printable(data.method),
        "host": data.host,
        "port": data.port,
        "path": _printable(data.path.partition(b"?")[0]),
    }


def _printable(raw: bytes) -> str:
    return raw.decode("ascii", "backslashreplace")


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.timezone.utc).date()


def _signature(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _crashed() -> None:
    with contextlib.suppress(OSError):
        journal.write("error", hook="connection", error="mitmproxy failed; it is closed")


def _fatal(problem: str) -> NoReturn:
    journal.last_words(problem)
    sys.exit(1)


addons = [AgentSandbox()]
