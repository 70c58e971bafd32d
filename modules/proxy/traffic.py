"""How many bytes went to each host and port, and came back: of bodies where messages are read, of all that passed where
nobody reads; gen/engine/traffic.c, in Python. Pure, but for what tells it."""

from __future__ import annotations

import time
from collections.abc import Callable

_MOST = 1024
_TELL_SECONDS = 60.0


class Counter:
    """Of one scheme, host and port."""

    __slots__ = ("received", "sent")

    def __init__(self) -> None:
        self.sent = self.received = 0

    def add(self, answer: bool, length: int) -> None:
        if answer:
            self.received += length
        else:
            self.sent += length


class Traffic:
    """There are only so many counters, and then one for all others. tell: journal.write."""

    def __init__(self, tell: Callable[..., None], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._clock, self._told = tell, clock, clock()
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._others = Counter()

    def of(self, scheme: str, host: str, port: int) -> Counter:
        found = self._counters.get((scheme, host, port))
        if found is None:
            if len(self._counters) == _MOST:
                return self._others
            found = self._counters[scheme, host, port] = Counter()
        return found

    def tick(self) -> None:
        if self._clock() - self._told >= _TELL_SECONDS:
            self.tell()

    def tell(self) -> None:
        """What has not been told yet: a line each."""
        self._told = self._clock()
        for (scheme, host, port), one in [*self._counters.items(), (("", "others", 0), self._others)]:
            if one.sent or one.received:
                self._tell("traffic", scheme=scheme, host=host, port=port, sent=one.sent, received=one.received)
                one.sent = one.received = 0
