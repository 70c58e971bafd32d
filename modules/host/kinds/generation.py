"""generation: the applied copy; current, the link to it, is the moment of change."""

import os

from kinds.kind import Kind
from say import Failed


class Generation(Kind):
    """name: the commit"""

    kind = "generation"
    must = is_the_change = True

    def observe(self):
        return self.change.state.current()

    def differs(self, seen):
        if self.change.managed_by_nix:
            return ""
        if seen != self.name:
            return f"{seen or 'nothing'} is applied"
        # apply has just looked itself.
        return "" if self.change.cache.pop("as committed", None) == self.name else self.change.state.generation_differs(self.name)

    def plan(self):
        current = self.observe()
        return "" if current == self.name else f"point {self.change.state.at('current')} to generations/{self.name}"

    def converge(self, seen):
        self.change.state.compile(self.name)
        self.change.state.flip(self.name)


class Marker(Kind):
    """apply: what an apply that did not end well left behind."""

    kind = "apply"
    TEXTS = {"pending": "an apply is under way, or was cut short", "closed": "the last apply did not hold, and no "
             "session starts"}

    def observe(self):
        return self.change.state.has(self.name)

    def differs(self, seen):
        return self.TEXTS[self.name] if seen and not self.change.state.lock else ""


class StateFolder(Kind):
    """state: all that root keeps of a sandbox. Half of it is no copy to run remove from, so the link goes
    first. Apply makes it before anything else (state.py)."""

    kind = "state"

    def remove(self):
        self.host.unlink(self.change.state.at("current"))
        if not self.host.remove_tree(self.name):
            raise Failed(f"{self.name} stays")
        for folder in (self.sandbox.states, os.path.dirname(self.sandbox.run), "/etc/agent-sandbox"):
            try:
                os.rmdir(folder)
            except OSError:
                pass
