"""Ceilings of rules: so many requests in each window, which begin with the minutes, hours and days of
UTC. Pure but for the clock."""

from __future__ import annotations

import time

WINDOWS = {1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day"}
MOST = 999999999


class Ceiling:
    def __init__(self, count: int, seconds: int, rule: str) -> None:
        self.count, self.seconds = count, seconds
        self.rule = rule  # all of it: with another one the counting begins again
        self.window, self.used = -1, 0

    def takes(self) -> bool:
        """Whether there is room for one more, which is counted."""
        window = int(time.time()) // self.seconds
        if window != self.window:
            self.window, self.used = window, 0
        if self.used >= self.count:
            return False
        self.used += 1
        return True

    def opens(self) -> int:
        """Again, once it has taken all."""
        return (self.window + 1) * self.seconds

    def retry_after(self) -> int:
        return max(1, self.opens() - int(time.time()))

    def words(self) -> str:
        return f"{self.count} request{'s' * (self.count != 1)} {WINDOWS[self.seconds]}"

    def take_over(self, other: "Ceiling") -> None:
        self.window, self.used = other.window, other.used
