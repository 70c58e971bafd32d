"""Tunnels whose bytes are passed on as they are (tcp, tls), as layers of mitmproxy (8.1 to 12).

Its own TCPLayer closes both directions when one of them ends, waits for one side before it reads from
the other, and gives a connection ten minutes; so what passes bytes on is ours. Here nothing is decided:
a Tunnel asks whoever made it (addon.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events, layer, server
from mitmproxy.proxy.layers import http

import answers
import errors
import hello
from ceiling import Ceiling
from traffic import Counter

# Of a connection that one side has ended its half of: the other side's silence after it.
_ANSWER_SECONDS, _REST_SECONDS = 3600.0, 600.0
_NEVER = 10 * 365 * 86400.0  # what has gone without a word is found by TCP
_SILENT_SECONDS = 2.0  # a server whose client waits for it has spoken by then: ssh, MySQL, SMTP
_HELLO_SECONDS = 60.0
_KEY = "agent_sandbox_tunnel"

_handlers: "weakref.WeakValueDictionary[str, Any]" = weakref.WeakValueDictionary()


class Tunnel:
    """scheme: tcp, tls, or https where what is in it is to be read; may_wait: the client for its server.

    Each of the functions logs; decide (the name of a ClientHello, or None, and why there is none) and
    unread say why not, with the rule that is missing and when to ask again. ceiling: what its bytes
    count for; counter: traffic.Traffic.of it, once it is known what it is.
    """

    def __init__(self, scheme: str, may_wait: bool, client: Any, place: tuple[str, int],
                 approve: Callable[[], None],
                 decide: Callable[[str | None, str | None], Any],
                 unread: Callable[[], Any], failed: Callable[[str], None],
                 full: Callable[[str], None], counter: Callable[[], Counter]) -> None:
        self.scheme, self.may_wait, self.client, self.place = scheme, may_wait, client, place
        self.approve, self.decide, self.unread, self.failed = approve, decide, unread, failed
        self.connected = self.is_cut = False
        self.way: Any = None  # by which it was opened, and the address of its other end
        self.address: str | None = None
        self.full, self._counter = full, counter
        self.traffic: Counter | None = None
        self.ceiling: Ceiling | None = None

    def handler(self) -> Any:
        return _handlers[self.client.id]

    def passes(self, data: bytes, answer: bool) -> bool:
        if self.ceiling is None or self.ceiling.takes(len(data)):
            self.traffic = self.traffic or self._counter()
            self.traffic.add(answer, len(data))
            return True
        self.full(self.ceiling.reason(None))
        self.cut()
        return False

    def cut(self) -> None:
        """Both sides see that something is missing."""
        self.is_cut = True
        cut_all(self.client.id)


def plan(flow: Any, tunnel: Tunnel) -> None:
    flow.metadata[_KEY] = tunnel


def install() -> None:
    """Every version calls both."""
    real_init = server.ConnectionHandler.__init__
    real_connect = http.HttpStream.handle_connect_regular

    def started(self: Any, *arguments: Any, **more: Any) -> None:
        real_init(self, *arguments, **more)
        _handlers[self.client.id] = self

    def connect(self: Any) -> Iterator[Any]:
        tunnel = self.flow.metadata.get(_KEY)
        if tunnel is None or self.flow.response:
            yield from real_connect(self)
            return
        if tunnel.scheme == "tcp":
            problem = yield from _open(tunnel, self.context)
            if problem:
                self.flow.response = _failed(problem)
        self.child_layer = _FIRST[tunnel.scheme](self.context, tunnel)
        yield from self.handle_connect_finish()

    server.ConnectionHandler.__init__ = started
    http.HttpStream.handle_connect_regular = connect


def _open(tunnel: Tunnel, context: Any) -> Iterator[Any]:
    tunnel.approve()
    problem = yield commands.OpenConnection(context.server)
    tunnel.connected = not problem
    if not problem:
        tunnel.address = str(context.server.peername[0])
    if problem:
        tunnel.failed(problem)
    return problem


def _failed(problem: str) -> Any:
    response = answers.make(403 if errors.is_closed(problem) else 502, errors.sentence(502, problem))
    response.headers["Content-Type"] = errors.KIND
    response.headers["Connection"] = "close"
    return response


def _reset(transport: Any) -> None:
    """socket(7): no time to linger is a reset."""
    if transport.writer:
        with contextlib.suppress(OSError, AttributeError):
            transport.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.writer.transport.abort()
    if transport.handler:
        transport.handler.cancel("cut")


def unread() -> int:
    """Bytes that wait for clients to read what was sent before."""
    streams = [handler.transports.get(handler.client) for handler in list(_handlers.values())]
    return sum(one.writer.transport.get_write_buffer_size() for one in streams if one and one.writer)


def cut_all(client: str) -> None:
    """All that this client has open; both sides see that something is missing."""
    handler = _handlers.get(client)
    for transport in list(handler.transports.values()) if handler else ():
        _reset(transport)


class _Layer(layer.Layer):  # type: ignore[misc]
    """None that mitmproxy's choice of the next one counts."""

    def __init__(self, context: Any, tunnel: Tunnel) -> None:
        super().__init__(context)
        self.context.layers.remove(self)
        self.tunnel = tunnel
        self.data = b""
        self.next: Any = None
        self.waits: Any = None

    def handle_event(self, event: Any) -> Iterator[Any]:
        if not self.next:
            yield from super().handle_event(event)
        elif not (isinstance(event, events.Wakeup) and event.command is self.waits):
            yield from self.next.handle_event(event)

    def wait(self, seconds: float) -> Iterator[Any]:
        self.waits = commands.RequestWakeup(seconds)
        yield self.waits

    def go_on(self, following: Any, data: bytes) -> Iterator[Any]:
        self.next, self.data = following, b""
        yield from following.handle_event(events.Start())
        if data:
            yield from following.handle_event(events.DataReceived(self.context.client, data))

    def close(self) -> None:
        """Once all has gone out. Of one that has ended its half, version 8 would forget the rest."""
        handler = self.tunnel.handler()
        for transport in list(handler.transports.values()):
            if transport.writer:
                transport.writer.close()
        if self.context.client in handler.transports:
            handler.close_connection(self.context.client)


class _Begins(_Layer):
    """A tunnel that is to be read, until its first bytes tell what is spoken."""

    def _handle_event(self, event: Any) -> Iterator[Any]:
        found = None
        if isinstance(event, events.Start) and self.tunnel.may_wait:
            yield from self.wait(_SILENT_SECONDS)
        elif isinstance(event, events.DataReceived):
            self.data += event.data
            found = hello.begins(self.data)
        elif isinstance(event, events.Wakeup):
            found = "other"
        elif isinstance(event, events.ConnectionClosed):
            self.close()
        if found == "other":
            yield from self.pass_on()
        elif found:
            yield from self.go_on(layer.NextLayer(self.context), self.data)

    def pass_on(self) -> Iterator[Any]:
        problem = self.tunnel.unread()
        if not problem:
            yield from self.go_on(_Unread(self.context, self.tunnel), self.data)
            return
        response = answers.refused(*problem)
        response.headers["Content-Type"] = errors.KIND
        response.headers["Connection"] = "close"
        yield commands.SendData(self.context.client, http1.assemble_response(response))
        self.close()


class _Hello(_Layer):
    """A tunnel of TLS that nobody opens, until its name is read."""

    def _handle_event(self, event: Any) -> Iterator[Any]:
        if isinstance(event, events.Start):
            yield from self.wait(_HELLO_SECONDS)
        elif isinstance(event, events.DataReceived):
            self.data += event.data
            yield from self.look()
        else:
            self.close()

    def look(self) -> Iterator[Any]:
        name = wrong = None
        try:
            done, name = hello.read(self.data)
            if not done:
                return
        except hello.HelloError:
            wrong = "what was said is no ClientHello of TLS"
        if self.tunnel.decide(name, wrong):
            self.tunnel.cut()
        else:
            yield from self.go_on(_Unread(self.context, self.tunnel), self.data)


class _Unread(_Layer):
    """Bytes both ways; each direction ends on its own."""

    def __init__(self, context: Any, tunnel: Tunnel) -> None:
        super().__init__(context, tunnel)
        self.ended: set[Any] = set()

    def _handle_event(self, event: Any) -> Iterator[Any]:
        handler = self.tunnel.handler()
        if isinstance(event, events.Start):
            _bear_silence(handler, _NEVER)
            handler.timeout_watchdog.callback = self.give_up
            handler.drain_writers = lambda: _drain_others(handler)
            if not self.tunnel.connected and (yield from _open(self.tunnel, self.context)):
                self.tunnel.cut()
        elif self.tunnel.is_cut:
            pass  # what came before it was
        elif isinstance(event, events.DataReceived):
            if self.tunnel.passes(event.data, event.connection is not self.context.client):
                yield commands.SendData(self.other(event.connection), event.data)
        elif isinstance(event, events.ConnectionClosed):
            self.end(handler, event.connection)

    async def give_up(self) -> None:
        self.tunnel.cut()

    def other(self, connection: Any) -> Any:
        client = self.context.client
        return self.context.server if connection is client else client

    def end(self, handler: Any, connection: Any) -> None:
        transport = handler.transports.get(connection)
        self.ended.add(connection.id)
        if transport is None or transport.reader.exception():
            self.tunnel.cut()
        elif len(self.ended) == 2:
            self.close()
        elif not _has_halves(handler.transports.get(self.other(connection))):
            self.close()
        elif self.other(connection) in handler.transports:
            handler.close_connection(self.other(connection), half_close=True)
            from_client = connection is self.context.client
            _bear_silence(handler, _ANSWER_SECONDS if from_client else _REST_SECONDS)


def _has_halves(transport: Any) -> bool:
    """asyncio's TLS, towards a company's proxy, has none."""
    return transport is None or transport.writer is None or bool(transport.writer.can_write_eof())


def _bear_silence(handler: Any, seconds: float) -> None:
    """Versions differ in what they call it."""
    handler.timeout_watchdog.CONNECTION_TIMEOUT = handler.timeout_watchdog.timeout = seconds


async def _drain_others(handler: Any) -> None:
    """Whoever has sent waits for the other side, and for nobody else."""
    mine = asyncio.current_task()
    for transport in list(handler.transports.values()):
        if transport.writer is not None and transport.handler is not mine:
            try:
                await transport.writer.drain()
            except OSError as error:
                if transport.handler is not None:
                    transport.handler.cancel(f"Error sending data: {error}")


_FIRST = {"tcp": _Unread, "tls": _Hello, "https": _Begins}
