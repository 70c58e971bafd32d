"""What becomes of a tunnel, by its name and port: its bytes are read, passed on unread (rules of tcp and
tls), or refused. How they are passed on is tunnels.py's."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
from collections.abc import Callable
from typing import Any

import ceiling
import errors
import journal
import policy
import resolve
import tunnels
from refusals import REFUSALS, Refused, check_special_use
from target import DEFAULT_PORTS
from traffic import Counter


class _AnotherName(Refused):
    def __init__(self, name: str) -> None:
        super().__init__("the TLS server name is not that of the tunnel")
        self.name = name.encode("latin-1").decode("ascii", "backslashreplace")


class Places:
    """current: the policy, as it is then; approve: that the tunnel may be connected for this client; counter:
    traffic.Traffic.of."""

    def __init__(self, current: Callable[[], policy.Policy], today: Callable[[], datetime.date],
                 refresh: Callable[[], None],
                 approve: Callable[[tunnels.Tunnel], None], counter: Callable[[str, str, int], Counter]) -> None:
        self.current, self.today, self.refresh, self.approve = current, today, refresh, approve
        self.counter = counter

    def decide(self, client: Any, host: str, port: int, facts: dict[str, Any]) -> tunnels.Tunnel:
        """Of a CONNECT; facts: what its log line is to say, where it is refused."""
        asked, audit = self._ask(host, port), self.current().audit
        is_read = port in DEFAULT_PORTS.values() or self.current().speaks_of_port(port)
        # A grant may have any port, so each request is asked about.
        grantable = self.current().grants
        if not asked.named and (is_read or audit or (grantable and grantable.has_host(host))):
            return self.tunnel("https", client, host, port, not is_read)
        facts.clear()
        facts.update(_facts(asked, host, port))
        check_special_use(self.current(), host)
        if asked.scheme == "tls" and (asked.decision.allowed or audit):
            return self.tunnel("tls", client, host, port, False)
        if not asked.named:
            asked = asked.instead(
                f'no rule speaks of port {port}; put it into the "ports" of one for {host} or, where '
                "that is not HTTP, add the one below")
        counted = self._pass_on(asked, host, port)
        tunnel = self.tunnel("tcp", client, host, port, False)
        tunnel.ceiling = counted
        return tunnel

    def tunnel(self, scheme: str, client: Any, host: str, port: int,
               may_wait: bool) -> tunnels.Tunnel:
        made = tunnels.Tunnel(
            scheme, may_wait, client, (host, port), lambda: self._approve(made),
            decide=lambda name, wrong: self._refused(
                made, "tls", lambda: self._decide_hello(made, name, wrong)),
            unread=lambda: self._refused(made, "tcp", lambda: self._decide_unread(made)),
            failed=lambda problem: _tell_closed(made, problem),
            full=lambda reason: _tell_cut(made, reason), counter=lambda: self.counter(made.scheme, host, port))
        return made

    def _approve(self, tunnel: tunnels.Tunnel) -> None:
        tunnel.way = self._way(tunnel.place[0])
        self.approve(tunnel)

    def _way(self, host: str) -> Any:
        """All that makes it another one; the addresses that it may have are asked for that of its end."""
        way = self.current().way(host)
        trusted = self.current().certificates(way.host) if way and way.tls else ""
        return way and (dataclasses.replace(way, addresses=(), exceptions=()), trusted)

    def _why_not_today(self, tunnel: tunnels.Tunnel) -> str:
        host, port = tunnel.place
        asked, way = self._ask(host, port), self.current().way(host)
        allowed = asked.decision.allowed or asked.decision.full
        if not (self.current().audit or (allowed and asked.scheme == tunnel.scheme)):
            return "no rule allows it any more"
        if tunnel.way != self._way(host):
            return "it would go another way now"
        ranges = way.addresses if way else self.current().addresses(host, port, self.today())
        if tunnel.address and not resolve.may_reach(tunnel.address, ranges):
            return "it may not have this address any more"
        return ""

    def judge(self, open_ones: list[tunnels.Tunnel]) -> None:
        """The policy is another one: what it does not let through is cut."""
        for tunnel in open_ones:
            why = self._why_not_today(tunnel)
            if why:
                _tell_cut(tunnel, why)
                tunnel.cut()

    def _ask(self, host: str, port: int) -> policy.Tunnel:
        return self.current().decide_tunnel(host, port, self.today())

    def _pass_on(self, asked: policy.Tunnel, host: str, port: int) -> ceiling.Ceiling | None:
        """What its bytes count for."""
        decision, facts = asked.decision, _facts(asked, host, port)
        of_rule = {"rule": decision.rule.number, "owner": decision.rule.owner} if decision.rule else {}
        if decision.allowed:
            facts.update(verdict="allow", **of_rule)
        elif self.current().audit:
            facts.update(of_rule, verdict="audit", reason=decision.reason, missing=decision.missing)
        else:
            raise Refused(decision.reason, decision.missing,
                          decision.full.retry_after() if decision.full else 0, of_rule)
        journal.write("decision", **facts)
        return decision.rule.ceilings.get("bytes") if decision.rule else None

    def _decide_hello(self, tunnel: tunnels.Tunnel, name: str | None, wrong: str | None) -> str:
        host, port = tunnel.place
        self.refresh()
        if wrong is None and name is None:
            wrong = "the ClientHello has no server name"
        if wrong is None and name is not None and name.lower() != host:
            raise _AnotherName(name)
        if wrong is not None:
            raise Refused(wrong)
        asked = self._ask(host, port)
        tunnel.ceiling = self._pass_on(asked, host, port)
        return asked.scheme

    def _decide_unread(self, tunnel: tunnels.Tunnel) -> str:
        host, port = tunnel.place
        asked = self._ask(host, port)
        check_special_use(self.current(), host)
        if not asked.named:
            asked = asked.instead(f"what is said to {host}:{port} is neither TLS nor HTTP, and no "
                                  "rule passes it on unread")
        tunnel.ceiling = self._pass_on(asked, host, port)
        return asked.scheme

    def _refused(self, tunnel: tunnels.Tunnel, scheme: str,
                 decide: Callable[[], str]) -> tuple[str, Any, int] | None:
        """Why it is not passed on, the rule that is missing, and when it may be asked for again."""
        missing, retry_after = None, 0
        try:
            tunnel.scheme = decide()
            return None
        except REFUSALS as error:
            reason, missing = str(error), getattr(error, "missing", None)
            retry_after = getattr(error, "retry_after", 0)
            scheme = missing["scheme"] if missing else scheme
            journal.write("decision", scheme=scheme, method="CONNECT", host=tunnel.place[0],
                          port=tunnel.place[1], **getattr(error, "facts", {}), verdict="deny",
                          reason=reason, missing=missing, sni=getattr(error, "name", None))
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing must pass
            reason = "the proxy failed to decide; nothing was sent"
            with contextlib.suppress(OSError):
                journal.write("error", hook="tunnel", error=type(error).__name__)
        return reason, missing, retry_after


def _facts(asked: policy.Tunnel, host: str, port: int) -> dict[str, Any]:
    return {"scheme": asked.scheme, "method": "CONNECT", "host": host, "port": port}


def _tell_cut(tunnel: tunnels.Tunnel, reason: str) -> None:
    journal.write("tunnel-cut", scheme=tunnel.scheme, host=tunnel.place[0], port=tunnel.place[1],
                  reason=reason)


def _tell_closed(tunnel: tunnels.Tunnel, problem: str) -> None:
    host, port = tunnel.place
    if errors.is_closed(problem):
        journal.write("decision", verdict="deny", reason=resolve.MARK, scheme=tunnel.scheme,
                      method="CONNECT", host=host, port=port,
                      addresses=resolve.closed_ones(problem))
