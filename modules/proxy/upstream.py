"""A company's proxy, which what leaves goes through: asked by CONNECT, below all that mitmproxy does, or of
http in the clear with each request, in its absolute form (RFC 9112, section 3.2.2).

asyncio.open_connection is where every version of mitmproxy (8.1 to 12) opens a connection to a server;
what is said in it, TLS too, mitmproxy's layers say afterwards. gen/engine/way.c, in Python.
"""

from __future__ import annotations

import asyncio
import base64
import contextvars
import functools
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any

import resolve

_LONGEST_ANSWER = 16384
_OPEN_SECONDS, _TRY_SECONDS = 30.0, 3.0
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")
_BEGINS = b"HTTP/1."
# Where a company's servers alone know the world's names; what may come right later is none.
_NO_SUCH_NAME = {getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_FAIL")}
WRONG_USER = "the upstream proxy does not take this user and password: it answered 407"
_NO_HTTP = "the upstream proxy does not speak HTTP"
_CLOSED = "the upstream proxy closed the connection and did not answer"
_NO_TLS = "no TLS came to stand with the upstream proxy; one that speaks none is written http://"
_CUT_TLS = "the upstream proxy closed the connection before TLS stood"
_OTHER_NAME = 62  # X509_V_ERR_HOSTNAME_MISMATCH, for which ssl has words of its own

# Set before a connection is opened, in the same task: the proxy that is itself asked in it.
forwarding: contextvars.ContextVar[Any] = contextvars.ContextVar("forwarding", default=None)


def install(way_towards: Callable[[str], Any], secret: Callable[[Any], str],
            trusted: Callable[[str], tuple[Any, ...]]) -> None:
    """way_towards says which proxy (policy.Upstream) leads to a host, or None; trusted the arguments of
    _verifies for the proxy itself."""
    real = asyncio.open_connection

    async def opened(host: Any = None, port: Any = None, **more: Any) -> Any:
        forwarded = forwarding.get()
        way = forwarded or (way_towards(host) if host else None)
        if way is None:
            return await real(host, port, **more)
        await _refuse_closed(host, port)
        reader, writer = await _reach(way, real, trusted)
        if forwarded:
            return reader, writer
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


async def _reach(way: Any, real: Any, trusted: Callable[[str], tuple[Any, ...]]) -> Any:
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
            if not way.tls:
                return await real(sock=one)
            return await asyncio.wait_for(_in_tls(way, one, real, trusted), seconds)
        except _Final as error:  # another address has the same name and certificate
            one.close()
            raise OSError(str(error)) from None
        except (OSError, asyncio.TimeoutError):
            one.close()
        except BaseException:
            one.close()
            raise
    raise OSError("the upstream proxy cannot be reached")


class _Final(Exception):
    pass


async def _in_tls(way: Any, one: Any, real: Any, trusted: Callable[[str], tuple[Any, ...]]) -> Any:
    """What mitmproxy says in it may be TLS again: it reads and writes bytes, and encrypts in memory."""
    try:
        return await real(sock=one, ssl=_verifies(*trusted(way.host)), server_hostname=way.host)
    except ssl.SSLCertVerificationError as error:
        why = "hostname mismatch" if error.verify_code == _OTHER_NAME else error.verify_message
        raise _Final(f"the certificate of the upstream proxy does not hold: {why}") from None
    except (ssl.SSLEOFError, ConnectionError):
        raise _Final(_CUT_TLS) from None
    except ssl.SSLError:
        raise _Final(_NO_TLS) from None


@functools.lru_cache(16)
def _verifies(file: str | None, folder: str | None, certificates: str) -> ssl.SSLContext:
    """Not strict, as mitmproxy is not: a company's authority may be older than RFC 5280."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False  # RFC 9525, section 2
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(file, folder)
    if certificates:
        context.load_verify_locations(cadata=certificates)
    return context


def basic(user: str, password: str) -> str:
    """RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode("ascii")).decode("ascii")


def _question(way: Any, host: str, port: int, secret: Callable[[Any], str]) -> bytes:
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
    if way.password:
        lines.append("Proxy-Authorization: " + basic(way.user, secret(way.password)))
    return "\r\n".join((*lines, "", "")).encode("ascii")


async def _answer(reader: Any) -> None:
    try:
        head = await reader.readexactly(len(_BEGINS))
        if head != _BEGINS:
            raise OSError(_NO_HTTP)
        head += await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        raise OSError(_CLOSED) from None
    except asyncio.LimitOverrunError:
        raise OSError(_NO_HTTP) from None
    found = _STATUS.match(head)
    if not found or len(head) > _LONGEST_ANSWER:
        raise OSError(_NO_HTTP)
    status = int(found[1])
    if status == 407:
        raise OSError(WRONG_USER)
    if not 200 <= status < 300:
        raise OSError(f"the upstream proxy does not let this through: it answered {status:d}")
