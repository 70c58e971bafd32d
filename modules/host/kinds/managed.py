"""managed: an agent's own settings of its administrator's, for where it is started outside of the sandbox. Such a
place is one for the whole machine, so what somebody else has put there is never written over, nor taken away."""

import os
import stat

from kinds.folder import entry_differs
from kinds.kind import Kind
from sandbox import PLACES
from say import warn


class Managed(Kind):
    """name: the place; desired: its source in the tree, None for one of an earlier generation"""

    kind = "managed"
    must = journaled = True

    def check(self, report):
        if os.path.lexists(self.name) and not self.is_ours():
            report.lacks(f"{self.name} is there, and {self.whose()}: move what is in it elsewhere, or take "
                         f"{self.agent()} out of the spec's managed")

    def is_ours(self):
        """Apply names what it makes before it makes it; nix-darwin's module makes a link to what is applied."""
        ours = f"{self.sandbox.state}/current/{PLACES[self.host.system][self.name][1]}" if self.name in PLACES[self.host.system] else ""
        if ours and os.path.islink(self.name) and os.readlink(self.name) == ours:
            return True
        return (self.kind, self.name) in set(self.change.state.objects())

    def whose(self):
        for other in sorted(os.listdir(self.sandbox.states)) if os.path.isdir(self.sandbox.states) else []:
            lines = (self.host.read(f"{self.sandbox.states}/{other}/objects") or b"").decode(errors="replace").splitlines()
            if other != self.sandbox.name and f"{self.kind}\t{self.name}" in lines:
                return f"the sandbox {other} has put it there"
        return "this sandbox has not put it there"

    def agent(self):
        return PLACES[self.host.system][self.name][0]

    def source(self):
        return self.host.read(self.change.path(self.desired))

    def observe(self):
        return self.host.read(self.name)

    def differs(self, seen):
        info = self.host.about(self.name)
        if info is None:
            return "no file is there"
        if seen != self.source():
            return "its content differs"
        # A link into Nix's store, where Nix applies.
        return "" if self.change.managed_by_nix else entry_differs(self.host, self.name, stat.S_ISREG, "0644", "0", "0")

    def plan(self):
        if not os.path.lexists(self.name):
            return f"create {self.name}"
        return f"change {self.name}" if self.observe() != self.source() else ""

    def converge(self, seen):
        self.host.write(self.name, self.source(), 0o644)

    def remove(self):
        """The journal is root's own; a name in it is checked all the same before root removes it."""
        if self.name not in PLACES[self.host.system] or not self.is_ours() or not os.path.lexists(self.name):
            return
        if not self.is_as_rendered():
            warn(f"{self.name} stays: what is in it is not what apply has put there")
            return
        self.host.unlink(self.name)
        try:
            os.rmdir(os.path.dirname(self.name))
        except OSError:
            pass

    def is_as_rendered(self):
        """By this generation or another one that is kept: what is dropped stands in that before."""
        seen, file = self.observe(), PLACES[self.host.system][self.name][1]
        return seen is not None and any(seen == self.host.read(f"{tree}/{file}") for tree in self.change.state.trees())
