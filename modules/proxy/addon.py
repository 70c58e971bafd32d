"""The mitmproxy add-on of a sandbox's proxy: decides every request before anything leaves.

    mitmdump -s addon.py --set sandbox_policy=POLICY ...options of startup.py...

mitmproxy (8.1 to 12) logs an exception in a hook and carries on, so every hook here begins closed
and opens last: a request holds a refusal until a rule allowed it, and no connection is opened
that no request was allowed to open. The pure parts are in the modules beside this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

try:
    from mitmproxy import ctx, http

    import ages
    import aws
    import control
    import engine
    import errors
    import flows
    import grants
    import headers
    import incoming
    import journal
    import json_body
    import live
    import mcp
    import places
    import policy
    import policy_file
    import questions
    import reading
    import resolve
    import startup
    import traffic
    import tunnels
    import turns
    import upstream
    import vault
    from connections import Connections
    from outgoing import Outgoing
    from refusals import REFUSALS, Refused
except Exception:  # noqa: BLE001
    # mitmproxy goes on without an add-on that does not load, and swallows a SystemExit here.
    traceback.print_exc()
    os._exit(1)

_POLL_SECONDS = 1.0
_LISTEN_SECONDS = 20.0


class AgentSandbox:
    def __init__(self) -> None:
        self.live = live.Live(self._changed)
        self.questions = questions.Questions()
        self.granted = grants.Granted(
            lambda path, problem: journal.write("grants-kept", file=path, error=problem), self.questions.look)
        self.vault = vault.Vault(
            (os.environ.get("CREDENTIALS_DIRECTORY"), os.environ.get("ROTATED_CREDENTIALS")),
            complain=lambda problem: journal.write("credential-kept", error=problem))
        self._tunnels: dict[str, tuple[str, int]] = {}
        self._watcher: asyncio.Task[None] | None = None
        self.control = control.Control({"look": self._look, "questions": self.questions.subscribe})
        self.connections = Connections(self.live.current)
        self.ages = ages.Ages(self._tunnels.__setitem__, self.client_disconnected)
        self.traffic = traffic.Traffic(journal.write)
        self.turns = turns.Turns(lambda: engine.unread() + tunnels.unread())
        self.places = places.Places(self.live.current, lambda: flows.today(), lambda: self.live.refresh(),
                                    self.connections.approve_unread, self.traffic.of)
        self.outgoing = Outgoing(self.live.current, lambda credential: self.vault.read(credential), self.connections,
                                 self.ages, self.traffic.of)

    # Start and reload.

    # mitmproxy goes on without an add-on whose start raises, and lets everything pass.

    def load(self, loader: Any) -> None:
        try:
            loader.add_option("sandbox_policy", str, "", "The policy.json of this sandbox.")
            loader.add_option("sandbox_control", str, "", "The socket by which root asks what waits.")
            loader.add_option("sandbox_grants", str, "", "What operators have granted: files, a colon between two.")
            resolve.install()
            resolve.ranges_of = lambda host, port: self.live.current().addresses(host, port, flows.today())
            errors.install()
            upstream.install(lambda host: self.live.current().way(host), self._password,
                             lambda host: (*engine.authorities(ctx.options), self.live.current().certificates(host)))
            tunnels.install()
            startup.keep_script(ctx.master.addons)
            engine.mend(_crashed)
            journal.separate_diagnostics()
        except Exception as error:  # noqa: BLE001
            _fatal(f"this version of mitmproxy is not known: {error}")

    def configure(self, updated: Any) -> None:
        for problem in startup.problems(ctx.options):
            _fatal(problem)
        if self.live.policy is None:
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
        with contextlib.suppress(OSError):
            self.traffic.tell()

    def _start(self) -> None:
        journal.start_chain(os.path.expanduser(ctx.options.confdir))
        try:
            self.live.start(ctx.options.sandbox_policy)
        except (OSError, policy_file.PolicyError) as error:
            _fatal(f"policy: {error}")
        self.granted.start([path for path in ctx.options.sandbox_grants.split(":") if path])
        current = self.live.current()
        tlsconfig = ctx.master.addons.get("tlsconfig")
        engine.own_ca(tlsconfig, ctx.options, current.sandbox)
        engine.trust_more(tlsconfig, lambda host: self.live.current().certificates(host))
        password = current.upstream and current.upstream.password
        for credential in current.credentials + ((password,) if password else ()):
            try:
                self.vault.read(credential)
            except vault.CredentialError as error:
                _fatal(str(error))

    def _reload(self) -> None:
        self.vault.forget()
        self.live.reload()

    def _look(self, _asked: dict[str, Any], _peer: control.Peer) -> dict[str, Any]:
        self.live.refresh()
        self.granted.refresh()
        return {"ok": True}

    def _changed(self) -> None:
        """Another policy counts."""
        self.places.judge(self.connections.unread())
        self.questions.look()

    async def _watch(self) -> None:
        if ctx.options.sandbox_control:
            try:
                await self.control.open(ctx.options.sandbox_control)
            except OSError as error:
                _fatal(f"the control socket cannot be opened at {ctx.options.sandbox_control}: {error.strerror}")
        await self._announce()
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            with contextlib.suppress(OSError):
                self.live.refresh()
                self.granted.refresh()
                self.questions.tick()
                journal.tell_untold()
                self.traffic.tick()

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

    @flows.closed
    def http_connect(self, flow: http.HTTPFlow) -> None:
        """What a rule of tcp or tls has is passed on unread. Any other tunnel opens for any name, so
        that the refusal can be read inside its TLS; nothing goes upstream for it. Ports that no rule
        speaks of are not worth a tunnel."""
        flow.metadata[flows.STATE] = flows.State()
        flow.response = flows.UNDECIDED
        self.live.refresh()
        facts: dict[str, Any] = {
            "method": "CONNECT", "host": flows.printable(flow.request.data.authority)}
        try:
            host, port = reading.tunnel_target(flow)
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

    @flows.closed
    def requestheaders(self, flow: http.HTTPFlow) -> Any:
        state = flows.State()
        flow.metadata[flows.STATE] = state
        flow.request.stream = False
        flow.response = flows.UNDECIDED
        return self._admit(flow, state)

    def _admit(self, flow: http.HTTPFlow, state: flows.State) -> Any:
        self.live.refresh()
        facts: dict[str, Any] = flows.facts(flow)
        state.facts = dict(facts)
        rest = self._settle(flow, facts, lambda: self._consider(flow, state, facts))
        return self._settle_after(flow, facts, *rest) if rest else None

    def _consider(self, flow: http.HTTPFlow, state: flows.State, facts: dict[str, Any]) -> Any:
        """What is to be waited for before it can be decided, and how it goes on; None: nothing."""
        current = self.live.current()
        request, names = reading.read(flow, self._tunnels.get(flow.client_conn.id), current)
        if state.body is not None:
            request = request._replace(length=len(state.body))
        has_body = reading.has_body(flow, names)
        state.asks_mcp = mcp.asks(current, request, has_body)
        unheard = mcp.unheard(request, names) if state.asks_mcp else ""
        state.in_whole = has_body and not request.websocket and (
            state.asks_mcp and not unheard or self._wants_body(request))
        request = request._replace(peeks=state.in_whole and state.body is None)
        decision = self._ask(request, facts, grantable=not state.asks_mcp)
        if not decision.allowed and not current.audit:
            if state.body is not None or flow.client_conn.id in self.ages.own:
                raise Refused(questions.reason(decision.reason, "what is asked for by the way waits for nobody"),
                              decision.missing)
            length = reading.length_of_body(flow, names)
            return (self._until_answered(flow, state, request, length, facts, decision),
                    lambda: state.answer and self._go_on(flow, state, request, names, facts, state.answer))
        if state.asks_mcp and decision.allowed:
            decision = self._hear(state, request, names, decision, facts, unheard)
        return self._go_on(flow, state, request, names, facts, decision)

    def _go_on(self, flow: http.HTTPFlow, state: flows.State, request: policy.Request, names: headers.Named,
               facts: dict[str, Any], decision: policy.Decision) -> Any:
        current = self.live.current()
        if current.cooldowns and not current.audit:
            state.aged = aged = self._under_a_cooldown(request, names, facts)
            first = aged and self._before(aged, flow)
            if first:
                return first, lambda: self.outgoing.decide(flow, state, request, names, facts, decision)
        self.outgoing.decide(flow, state, request, names, facts, decision)
        return None

    # What no rule allows, while an operator is asked.

    async def _until_answered(self, flow: http.HTTPFlow, state: flows.State, request: policy.Request,
                              length: int | None, facts: dict[str, Any], decision: policy.Decision) -> None:
        """state.answer is what is decided then. Raises Refused where it does not wait, or nobody answers."""
        current = self.live.current()
        assert current.ask and decision.missing
        found = self.questions.ask(request, decision.missing, current.ask.seconds, length, flow.client_conn.id)
        if isinstance(found, str):
            raise Refused(questions.reason(decision.reason, found), decision.missing)
        try:
            while await found.answered():
                decision = self._ask(request, facts)
                if decision.allowed:
                    state.answer = decision
                    return
        finally:
            self.questions.forget(found)
        raise Refused(questions.reason(decision.reason, f"nobody answered within {current.ask.seconds} s"),
                      decision.missing)

    def _before(self, aged: ages.Wanted, flow: http.HTTPFlow) -> Any:
        if aged.is_index:
            return None if turns.TURN in flow.metadata else self.turns.wait(flow)
        return self.ages.fetch(aged, flow) if self.ages.is_unknown(aged) else None

    def _hear(self, state: flows.State, request: policy.Request, names: headers.Named, decision: policy.Decision,
              facts: dict[str, Any], unheard: str) -> policy.Decision:
        """What is said to an MCP server; where its body is still to come, only whether it can be read."""
        current, body = self.live.current(), state.body or b""
        try:
            if unheard:
                raise mcp.McpError(unheard)
            if not request.peeks:
                facts.update(mcp.judge(current, request, names, body, flows.today()))
        except mcp.McpError as error:
            if not current.audit or len(body) > json_body.LONGEST:
                raise
            facts.update(error.facts)
            return decision._replace(allowed=False, reason=str(error), missing=error.missing)
        return decision

    def _wants_body(self, request: policy.Request) -> bool:
        """Whether a secret may go into it."""
        return request.scheme == "https" and any(
            one.slot.kind == "json" and one.goes_to(request.target)
            for one in self.live.current().credentials_for(request.host))

    def _under_a_cooldown(self, request: policy.Request, names: headers.Named,
                          facts: dict[str, Any]) -> ages.Wanted | None:
        """An audit looks at none."""
        found = self.live.current().cooldown(request)
        if not found:
            return None
        facts["owner"] = found.owner  # of what may refuse it
        asked = ages.wanted(found, request, names)
        del facts["owner"]
        return asked

    async def _settle_after(self, flow: http.HTTPFlow, facts: dict[str, Any], first: Any,
                            go_on: Callable[[], None]) -> None:
        while True:
            try:
                await first
            except questions.Left:
                return  # nobody reads what is decided
            except REFUSALS as error:
                self._refuse(flow, error, facts)
                return
            rest = self._settle(flow, facts, go_on)
            if not rest:
                return
            first, go_on = rest

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
        flows.answer(flow, 429 if retry_after else status, str(error), missing, getattr(error, "rpc", None))
        if retry_after and flow.response:  # RFC 9110 section 10.2.3
            flow.response.headers["Retry-After"] = str(retry_after)
        facts.update(getattr(error, "facts", {}), verdict="deny", reason=str(error), missing=missing)
        journal.write("decision", **facts)

    def _password(self, credential: policy.Credential) -> str:
        try:
            return self.vault.read(credential)
        except vault.CredentialError as error:
            raise OSError(str(error)) from None

    def _ask(self, request: policy.Request, facts: dict[str, Any], grantable: bool = True) -> policy.Decision:
        current = self.live.current()
        decision = current.decide(request, flows.today())
        if decision.full and decision.rule:
            facts["rule"] = decision.rule.number
        if decision.owner:
            facts["owner"] = decision.owner
        if decision.allowed or current.audit:
            return decision
        return self._ask_operators(request, decision, grantable)

    def _ask_operators(self, request: policy.Request, decision: policy.Decision, grantable: bool) -> policy.Decision:
        """Of what no rule allows: what they have granted, or that they may be asked; else raises Refused."""
        current, said = self.live.current(), decision.reason
        if current.grants and grantable and not decision.denied and not decision.full:
            granted = self.granted.ask(current, request, flows.today()) if decision.missing else None
            if granted and not granted.refuses:
                return policy.Decision(True, "granted", owner=granted.rule.owner, grant=granted.id)
            if not granted and questions.may_be_asked(current, request, decision, flows.today()):
                return decision
            said = questions.reason(said, "an operator said no" if granted else None)
        raise Refused(said, decision.missing, decision.full.retry_after() if decision.full else 0)

    @flows.closed
    def request(self, flow: http.HTTPFlow) -> None:
        state = flow.metadata.get(flows.STATE)
        body = flow.request.raw_content
        if state and state.waits:
            state.waits, state.body, flow.response = False, body or b"", flows.UNDECIDED
            rest = self._admit(flow, state)
            if rest:  # what has to be fetched first was, when its head came
                rest.close()
        if state is None or not state.passed:
            if flow.response is None:
                flows.answer(flow, 403, "undecided")
            return
        flow.request.trailers = None
        if body and not flow.request.stream and not state.counts(False, body):
            return
        if state.signing:
            name = b"authorization" if flow.request.data.http_version == reading.HTTP2 else b"Authorization"
            flow.request.data.headers.fields += (
                (name, state.signing.authorization(aws.hashed(body or b""))),)
            state.signing = None
        body = flow.request.raw_content
        # Without a length, HTTP/1 upstream would read a body from HTTP/2 as the next request.
        if body and not flow.request.stream:
            flow.request.headers["content-length"] = str(len(body))

    def server_connect(self, data: Any) -> None:
        self.connections.opens(data)

    # Answers.

    @flows.closed
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        incoming.begin(flow, self.ages)

    @flows.closed
    def response(self, flow: http.HTTPFlow) -> None:
        turns.over(flow)
        incoming.finish(flow, self.ages)

    @flows.closed
    def error(self, flow: http.HTTPFlow) -> None:
        turns.over(flow)
        incoming.fail(flow)

    @flows.closed
    def websocket_start(self, flow: http.HTTPFlow) -> None:
        incoming.begin_websocket(flow)

    @flows.closed
    def websocket_message(self, flow: http.HTTPFlow) -> None:
        incoming.message(flow)

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
        self.questions.left(client.id)
        self.connections.gone(client.id)
        engine.websocket_secrets.pop(client.id, None)


def _crashed() -> None:
    with contextlib.suppress(OSError):
        journal.write("error", hook="connection", error="mitmproxy failed; it is closed")


def _fatal(problem: str) -> NoReturn:
    journal.last_words(problem)
    sys.exit(1)


addons = [AgentSandbox()]
