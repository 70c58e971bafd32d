"""How many indexes of packages are in memory at once: each is read whole (24 MiB at most), and a client that does
not read its answer leaves it here."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable

from mitmproxy import http

from cooldown import CooldownError

_AT_ONCE = 6
_UNREAD = 64 * 1024 * 1024
_SECONDS, _LOOKS = 60.0, 0.05
TURN = "agent_sandbox_turn"


class _Turn:
    """Over when its flow lets go of it, or is gone itself, however that came to be."""


class Turns:
    """unread: how many bytes wait for clients to read them."""

    def __init__(self, unread: Callable[[], int]) -> None:
        self._taken: weakref.WeakSet[_Turn] = weakref.WeakSet()
        self._unread = unread

    async def wait(self, flow: http.HTTPFlow) -> None:
        """Raises CooldownError where none becomes free."""
        until = time.monotonic() + _SECONDS
        while len(self._taken) >= _AT_ONCE or self._unread() > _UNREAD:
            if time.monotonic() > until:
                raise CooldownError("the proxy reads as many indexes of packages as it may", retry_after=1)
            await asyncio.sleep(_LOOKS)
        turn = flow.metadata[TURN] = _Turn()
        self._taken.add(turn)


def over(flow: http.HTTPFlow) -> None:
    flow.metadata.pop(TURN, None)
