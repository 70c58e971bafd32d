"""Ceilings of rules and credentials: so many requests, bytes or tokens in each window, which begin with the
seconds, minutes, hours and days of UTC. What is under way counts on when the policy is another one. Pure but
for the clock."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

from usage import Usage

WINDOWS = {1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day"}
MOST = 99999999999999999
KINDS = {"requests": "request", "bytes": "byte", "tokens": "token"}


class Ceiling:
    def __init__(self, kind: str, count: int, seconds: int, whose: str, identity: str) -> None:
        self.kind, self.count, self.seconds, self.whose = kind, count, seconds, whose
        self.identity = identity  # with another one the counting begins again
        self.window, self.used = -1, 0

    def left(self) -> int:
        """In the window that it is now."""
        window = int(time.time()) // self.seconds
        if window != self.window:
            self.window, self.used = window, 0
        return self.count - self.used

    def spend(self, number: int) -> None:
        """What has been spent already, whether it fits or not."""
        self.used += min(number, self.left())

    def takes(self, number: int) -> bool:
        """Whether so many fit. Where they do not, all that is left is counted."""
        fits = number <= self.left()
        self.spend(number)
        return fits

    def opens(self) -> int:
        """Again, once it is full."""
        return (self.window + 1) * self.seconds

    def retry_after(self) -> int:
        return max(1, self.opens() - int(time.time()))

    def reason(self, what: str | None) -> str:
        """Why what is asked for does not pass; without it: why what passes is cut."""
        opens = datetime.datetime.fromtimestamp(self.opens(), datetime.timezone.utc)
        what = what or "what is under way"
        why = f"{what} is one more" if self.kind == "requests" else f"too few are left for {what}"
        return (f"{self.whose} lets {self.count} {KINDS[self.kind]}{'s' * (self.count != 1)} "
                f"{WINDOWS[self.seconds]} through, and {why}; it opens again at {opens:%Y-%m-%d %H:%M:%S} UTC")


Ceilings = dict[str, Ceiling]  # by kind, in the order of KINDS


def full(ceilings: Ceilings, length: int, peeks: bool = False) -> Ceiling | None:
    """None: there is room in all for one more request, with so many bytes, and it is counted, but for one
    who peeks. Else the one that opens last of those where there is none."""
    found: Ceiling | None = None
    for one in ceilings.values():
        left = one.left()
        if left and (one.kind != "bytes" or length <= left):
            continue
        if found is None or one.opens() > found.opens():
            found = one
    if found is None and "requests" in ceilings and not peeks:
        ceilings["requests"].spend(1)
    return found


def take_over(ceilings: Ceilings, was: dict[tuple[str, str], Ceiling]) -> None:
    for kind, one in ceilings.items():
        ceilings[kind] = was.get((kind, one.identity), one)


class Meters:
    """What one exchange counts for: bytes and tokens. cut hears why, once, when bytes do not fit."""

    def __init__(self, all_of: list[Ceilings], reads_tokens: bool, cut: Callable[[Ceiling], None]) -> None:
        self.bytes = [one["bytes"] for one in all_of if "bytes" in one]
        self.tokens = [one["tokens"] for one in all_of if "tokens" in one]
        self._cut, self.is_cut = cut, False
        self.usage: Usage | None = Usage() if self.tokens and reads_tokens else None

    def reached(self, length: int) -> Ceiling | None:
        """The one in which so many bytes do not fit."""
        return next((one for one in self.bytes if length > one.left()), None)

    def settle(self) -> None:
        """What the answer has said of its tokens so far is all that is counted of it."""
        if self.usage:
            for one in self.tokens:
                one.spend(self.usage.tokens())
        self.usage = None

    def answers(self, data: bytes) -> bool:
        """As passes(), of an answer's body."""
        if not self.passes(data):
            return False
        if self.usage and data:
            self.usage.feed(data)
        return True

    def passes(self, data: Any) -> bool:
        """Whether this much more of a body does, which is counted."""
        length = len(data)
        if self.is_cut:
            return False
        if not self.bytes or not length:
            return True
        reached = [one for one in self.bytes if not one.takes(length)]
        if reached:
            self.is_cut = True
            self._cut(reached[0])
        return not reached
