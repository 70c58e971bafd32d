"""A company's proxy, which what leaves goes through: asked by CONNECT, below all that mitmproxy does.

asyncio.open_connection is where every version of mitmproxy (8.1 to 12) opens a connection to a server;
what is said in it, TLS too, mitmproxy's layers say afterwards. gen/engine/way.c, in Python.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
from collections.abc import Callable
from typing import Any

import resolve

_LONGEST_ANSWER = 16384
_OPEN_SECONDS, _TRY_SECONDS = 30.0, 3.0
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")
_BEGINS = b"HTTP/1."
# Where a company's servers alone know the world's names; what may come right later is none.
_NO_SUCH_NAME = {getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_FAIL")}
_NO_HTTP = "the upstream proxy does not speak HTTP"


def install(way_towards: Callable[[str], Any], secret: Callable[[Any], str]) -> None:
    """way_towards says which proxy (policy.Upstream) leads to a host, or None."""
    real = asyncio.open_connection

    async def opened(host: Any = None, port: Any = None, **more: Any) -> Any:
        way = way_towards(host) if host else None
        if way is None:
            return await real(host, port, **more)
        await _refuse_closed(host, port)
        reader, writer = await _reach(way, real)
        try:
            writer.write(_question(way, host, port, secret))
            await asyncio.wait_for(_answer(reader), _OPEN_SECONDS)
        except asyncio.TimeoutError:
            writer.transport.abort()
            raise OSError("the upstream proxy does not answer") from None
        except BaseException:
            writer.transport.abort()
            raise
        return reader, writer

    asyncio.open_connection = opened  # type: ignore[assignment]


async def _refuse_closed(host: str, port: int) -> None:
    """A name that leads to closed addresses here is not asked of the other proxy either."""
    try:
        await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if resolve.MARK in str(error) or error.errno not in _NO_SUCH_NAME:
            raise


async def _reach(way: Any, real: Any) -> Any:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(None, resolve.permitted, way.host, way.port, way.addresses)
    except socket.gaierror:
        raise OSError("the name of the upstream proxy does not resolve") from None
    if not found:
        raise OSError('the upstream proxy has no public address, nor one that "upstream" names in '
                      '"addresses"')
    for number, (family, kind, protocol, _, address) in enumerate(found, 1):
        one = socket.socket(family, kind, protocol)
        one.setblocking(False)
        try:
            seconds = _OPEN_SECONDS if number == len(found) else _TRY_SECONDS
            await asyncio.wait_for(loop.sock_connect(one, address), seconds)
            return await real(sock=one)
        except (OSError, asyncio.TimeoutError):
            one.close()
        except BaseException:
            one.close()
            raise
    raise OSError("the upstream proxy cannot be reached")


def _question(way: Any, host: str, port: int, secret: Callable[[Any], str]) -> bytes:
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
    if way.password:
        pair = f"{way.user}:{secret(way.password)}".encode("ascii")
        lines.append("Proxy-Authorization: Basic " + base64.b64encode(pair).decode("ascii"))
    return "\r\n".join((*lines, "", "")).encode("ascii")


async def _answer(reader: Any) -> None:
    try:
        head = await reader.readexactly(len(_BEGINS))
        if head != _BEGINS:
            raise OSError(_NO_HTTP)
        head += await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        raise OSError("the upstream proxy closed the connection and did not answer") from None
    except asyncio.LimitOverrunError:
        raise OSError(_NO_HTTP) from None
    found = _STATUS.match(head)
    if not found or len(head) > _LONGEST_ANSWER:
        raise OSError(_NO_HTTP)
    status = int(found[1])
    if status == 407:
        raise OSError("the upstream proxy does not take this user and password: it answered 407")
    if not 200 <= status < 300:
        raise OSError(f"the upstream proxy does not let this through: it answered {status:d}")
