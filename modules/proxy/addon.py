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
    import engine
    import errors
    import flows
    import headers
    import incoming
    import journal
    import live
    import places
    import policy
    import policy_file
    import reading
    import resolve
    import startup
    import tunnels
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
        self.live = live.Live(lambda: self.places.judge(self.connections.unread()))
        self.vault = vault.Vault(
            (os.environ.get("CREDENTIALS_DIRECTORY"), os.environ.get("ROTATED_CREDENTIALS")),
            complain=lambda problem: journal.write("credential-kept", error=problem))
        self._tunnels: dict[str, tuple[str, int]] = {}
        self._watcher: asyncio.Task[None] | None = None
        self.connections = Connections(self.live.current)
        self.ages = ages.Ages(self._tunnels.__setitem__, self.client_disconnected)
        self.places = places.Places(self.live.current, lambda: flows.today(), lambda: self.live.refresh(),
                                    self.connections.approve_unread)
        self.outgoing = Outgoing(self.live.current, lambda credential: self.vault.read(credential), self.connections,
                                 self.ages)

    # Start and reload.

    # mitmproxy goes on without an add-on whose start raises, and lets everything pass.

    def load(self, loader: Any) -> None:
        try:
            loader.add_option("sandbox_policy", str, "", "The policy.json of this sandbox.")
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

    def _start(self) -> None:
        try:
            self.live.start(ctx.options.sandbox_policy)
        except (OSError, policy_file.PolicyError) as error:
            _fatal(f"policy: {error}")
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

    async def _watch(self) -> None:
        await self._announce()
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            with contextlib.suppress(OSError):
                self.live.refresh()
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
        state.in_whole = self._is_in_whole(flow, request, names)
        if state.body is not None:
            request = request._replace(length=len(state.body))
        request = request._replace(peeks=state.in_whole and state.body is None)
        decision = self._ask(request, facts)
        if current.cooldowns and not current.audit:
            state.aged = aged = self._under_a_cooldown(request, names, facts)
            if aged and self.ages.is_unknown(aged):
                return self.ages.fetch(aged, flow), lambda: self.outgoing.decide(
                    flow, state, request, names, facts, decision)
        self.outgoing.decide(flow, state, request, names, facts, decision)
        return None

    def _is_in_whole(self, flow: http.HTTPFlow, request: policy.Request, names: headers.Named) -> bool:
        """Whether its body is read before it is decided."""
        return request.scheme == "https" and not request.websocket and (
            reading.has_body(flow, names)) and any(
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
        flows.answer(flow, 429 if retry_after else status, str(error), missing)
        if retry_after and flow.response:  # RFC 9110 section 10.2.3
            flow.response.headers["Retry-After"] = str(retry_after)
        facts.update(getattr(error, "facts", {}), verdict="deny", reason=str(error), missing=missing)
        journal.write("decision", **facts)

    def _password(self, credential: policy.Credential) -> str:
        try:
            return self.vault.read(credential)
        except vault.CredentialError as error:
            raise OSError(str(error)) from None

    def _ask(self, request: policy.Request, facts: dict[str, Any]) -> policy.Decision:
        current = self.live.current()
        decision = current.decide(request, flows.today())
        if decision.full and decision.rule:
            facts["rule"] = decision.rule.number
        if decision.owner:
            facts["owner"] = decision.owner
        if not decision.allowed and not current.audit:
            raise Refused(decision.reason, decision.missing,
                          decision.full.retry_after() if decision.full else 0)
        return decision

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
        if body and state.meters and not flow.request.stream and not state.meters.passes(body):
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
        incoming.finish(flow, self.ages)

    @flows.closed
    def error(self, flow: http.HTTPFlow) -> None:
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
        self.connections.gone(client.id)
        engine.websocket_secrets.pop(client.id, None)


def _crashed() -> None:
    with contextlib.suppress(OSError):
        journal.write("error", hook="connection", error="mitmproxy failed; it is closed")


def _fatal(problem: str) -> NoReturn:
    journal.last_words(problem)
    sys.exit(1)


addons = [AgentSandbox()]
