"""The list that ask shows, without a terminal: what is in it, in which order, and which line is meant. A line stays meant
whatever comes and goes around it; and where it goes itself, no answer counts for a moment."""

import time

import choices

GUARD = 1.0  # seconds


class List:
    def __init__(self, clock=time.monotonic):
        self.items, self.granted, self.past, self.more, self.at, self.key, self.scope = [], [], [], 0, 0, None, 0
        self.clock, self.moved = clock, 0.0

    def take(self, said):
        """A view of the desk's: what waits first, the longest first; then what was asked a while ago, or refused."""
        now = sorted(said["now"], key=lambda item: (not item["waiting"], item["first"] if item["waiting"] else -item["first"]))
        self.past, self.granted, self.more = said.get("past", self.past), said["granted"], said.get("more", 0)
        shown = {item["key"] for item in now}
        self.items = now + [item for item in self.past if item["key"] not in shown]
        places = {item["key"]: i for i, item in enumerate(self.items)}
        if self.key in places:
            self.at = places[self.key]
            return
        if self.key is not None:
            self.moved = self.clock()
        self.point(self.at)

    def point(self, at):
        self.at = max(0, min(at, len(self.items) - 1))
        key = self.items[self.at]["key"] if self.items else None
        if key != self.key:
            self.scope = 0
        self.key = key

    def is_guarded(self):
        return self.clock() - self.moved < GUARD

    def chosen(self):
        """The rule that is shown; None where nothing is."""
        if not self.items:
            return None
        scopes = choices.scopes(self.items[self.at]["rule"])
        self.scope = max(0, min(self.scope, len(scopes) - 1))
        return scopes[self.scope]

    def answer(self, do, **more):
        """What root is told."""
        return {"do": do, "key": self.key, "scope": self.scope, "says": choices.says(self.chosen()), **more}

    def waiting(self):
        return sum(item["waiting"] > 0 for item in self.items)

    def line(self, item, now):
        """Of the list: how it is, how often, since when, what."""
        state = "WAITS" if item["waiting"] else "refused"
        return f"{state:<8}{min(item['count'], 9999):>4}x {age(now - item['first']):>4}  {choices.clean(item['text'])}"


def age(seconds):
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{min(int(seconds // size), 999)}{letter}"
    return f"{max(0, int(seconds))}s"
