"""Of each client: what its requests were allowed to open, what was opened for it, and on which terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import engine
import flows
import policy
import tunnels
import upstream

_ALPN = (b"h2", b"http/1.1")


class Connections:
    """current: the policy that counts now."""

    def __init__(self, current: Callable[[], policy.Policy]) -> None:
        self._current = current
        self._approved: dict[str, set[tuple[str, int, bool]]] = {}
        self._opened: dict[str, list[tuple[Any, tuple[Any, ...]]]] = {}  # each with its terms
        self._forwarded: dict[str, Any] = {}  # whose request goes to a company's proxy itself
        self._unread: dict[str, tunnels.Tunnel] = {}

    def unread(self) -> list[tunnels.Tunnel]:
        return list(self._unread.values())

    def approve_unread(self, tunnel: tunnels.Tunnel) -> None:
        self._approved.setdefault(tunnel.client.id, set()).add((*tunnel.place, False))
        self._unread[tunnel.client.id] = tunnel

    def approve(self, client: str, request: policy.Request) -> None:
        place = (request.host, request.port, request.scheme == "https")
        self._retire(client, request.host, request.port)
        approved = self._approved.get(client)
        if approved is None:
            self._approved[client] = {place}
        elif place not in approved:
            approved.add(place)

    def forward(self, client: str, request: policy.Request) -> Any:
        """The company's proxy that is asked for this by the request itself; of WebSocket it is asked by
        CONNECT (RFC 6455, section 4.1)."""
        way = self._current().way(request.host)
        if way is None or request.scheme != "http" or request.websocket:
            self._forwarded.pop(client, None)
            return None
        self._forwarded[client] = way
        return way

    def opens(self, data: Any) -> None:
        """mitmproxy is about to connect to a server: what no request was allowed to is not opened."""
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
                error = self._goes_that_way(data.client.id, host)
        finally:
            if error:
                data.server.error = error

    def gone(self, client: str) -> None:
        for kept in (self._approved, self._opened, self._forwarded, self._unread):
            kept.pop(client, None)

    def _terms(self, client: str, host: str, port: int) -> tuple[Any, ...]:
        """Under which a connection is opened."""
        current = self._current()
        way = current.way(host)
        trusted = current.certificates(way.host) if way and way.tls else ""
        return (current.addresses(host, port, flows.today()), current.certificates(host), way, trusted,
                client in self._forwarded)

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

    def _goes_that_way(self, client: str, host: str) -> str:
        """What is told to a company's proxy is told to the one of then, or to nobody."""
        way = self._forwarded.get(client)
        if way is not None and client not in self._unread:
            if way != self._current().way(host):
                return "agent-sandbox: the policy is another one now"
            upstream.forwarding.set(way)
        return ""
