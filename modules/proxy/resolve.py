"""Names resolve to public addresses only, and to those that their rules name, whatever the DNS says, at
the moment of connecting.

The filter sits inside getaddrinfo, whose answer asyncio connects to without asking again, so a
name that changes its address between check and use (rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any

from vocabulary import WORDS

MARK = "agent-sandbox: the name has no public address"

_CLOSED = [ipaddress.ip_network(block) for block in WORDS["closed_addresses"]]
_CLOSED_V4 = tuple(block for block in _CLOSED if block.version == 4)
# Of IPv6 only global unicast is open, less what carries an IPv4 address or is not routed.
_OPEN_V6 = ipaddress.IPv6Network(WORDS["open_v6"])
_CLOSED_V6 = tuple(block for block in _CLOSED if block.version == 6)

# What no rule can name.
_NEVER = tuple(ipaddress.ip_network(block) for block in WORDS["never_addresses"])

# Set by the add-on: the ranges that the rules of a host name, for a port.
ranges_of: Callable[[str, int], Iterable[Any]] = lambda host, port: ()

_system_getaddrinfo = socket.getaddrinfo


def is_public(address: str) -> bool:
    return is_global(address) and not is_own(address)


def is_global(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in block for block in _CLOSED_V4)
    return ip in _OPEN_V6 and not any(ip in block for block in _CLOSED_V6)


def is_never(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return any(ip in block for block in _NEVER)


def may_reach(address: str, ranges: Iterable[Any]) -> bool:
    return is_public(address) or is_listed(address, ranges)


def is_listed(address: str, ranges: Iterable[Any]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in block for block in ranges) and not is_never(address) and not is_own(address)


def is_own(address: str) -> bool:
    """Whether this machine itself has the address: a host with a public address has services on
    it too. The kernel picks a local destination as its own source; UDP connect sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            return bool(probe.getsockname()[0] == address)
    except OSError:
        return False


def public_getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0,
                       flags: int = 0) -> list[Any]:
    answers = _system_getaddrinfo(host, port, family, type, proto, flags)
    if host is None or flags & socket.AI_PASSIVE:
        return answers  # for listening, not for going out
    ranges = tuple(ranges_of(_text(host), int(port or 0)))
    permitted = [answer for answer in answers if may_reach(str(answer[4][0]), ranges)]
    if not permitted:
        found = dict.fromkeys(str(answer[4][0]) for answer in answers)
        raise socket.gaierror(socket.EAI_NONAME, f"{MARK}: {' '.join(found)}")
    return permitted


def closed_ones(message: str) -> list[str]:
    """Of a name that has no other, as such an error says them."""
    return message.partition(MARK + ": ")[2].split()


def permitted(host: str, port: int, ranges: Iterable[Any]) -> list[Any]:
    """Of a host that is no rule's."""
    answers = _system_getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [answer for answer in answers if may_reach(str(answer[4][0]), ranges)]


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def install() -> None:
    """asyncio's loop.getaddrinfo looks socket.getaddrinfo up at each call."""
    socket.getaddrinfo = public_getaddrinfo
