"""told: policy.json, which tells the agent what it may do (told.py). A session's start makes it, too, because it is gone
after a reboot, and where Nix applies nothing else does; so that it is missing is no drift."""

import told
from kinds.kind import Kind


class Told(Kind):
    """name: the file"""

    kind = "told"

    def observe(self):
        return self.host.read(self.name)

    def differs(self, seen):
        if self.change.managed_by_nix:
            return ""  # it may be of the configuration before: the next session's start writes it anew
        return "its content differs" if seen is not None and told.wanted(self.change) not in (seen, None) else ""

    def stale(self, seen):
        return seen is None

    def converge(self, seen):
        told.provide(self.change, again=True)

    def remove(self):
        self.host.unlink(self.name)
