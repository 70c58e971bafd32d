"""file: one that root keeps outside the sandbox's own state: units, sudoers, plists."""

import os
import re
import stat

import engine
from kinds import login
from kinds.kind import Kind
from kinds.folder import entry_differs


class File(Kind):
    """desired: (mode, its source in the tree); None for one of an earlier generation. The proxy's unit has a source for
    each program that the proxy may be; the first is what apply takes."""

    kind = "file"
    guards = journaled = runs = True

    @classmethod
    def check_all(cls, rows, report):
        for row in rows:
            if row.desired[1].split("/")[1] == "sudoers.d" and row.host.have("visudo") and (
                    not row.host.tell("visudo", "-cqf", row.change.path(row.desired[1]))):
                report.complain("visudo refuses the sudoers file")

    @classmethod
    def settle(cls, change):
        if any(name.startswith("/etc/systemd/system/") for name in change.wrote):
            change.host.ok("systemctl", "daemon-reload")
            change.host.ok("systemctl", "reset-failed", f"{change.sandbox.prefix}-*")

    def source(self, name=None):
        text = self.host.read(self.change.path(name or self.desired[1]))
        return login.as_kept(self.host, engine.with_paths(text)) if text and self.name.endswith(".service") else text

    def observe(self):
        return self.host.read(self.name)

    def differs(self, seen):
        info = self.host.about(self.name)
        if info is None or not stat.S_ISREG(info.st_mode):
            return "no file is there"
        if seen != self.source():
            return self.another_proxy(seen) or "its content differs"
        return self.entry()

    def entry(self):
        return entry_differs(self.host, self.name, stat.S_ISREG, self.desired[0], "0", "0")

    def another_proxy(self, seen):
        """In words, what it starts where the spec allows that, too; ''."""
        found = seen is not None and any(seen == self.source(name) for name in self.desired[2:])
        return f"it starts {engine.of_unit(seen)[0]}, and apply takes {engine.of_unit(self.source())[0]}" if found else ""

    def guard(self):
        """Whichever program is the proxy, what it lets through is the same."""
        seen = self.observe()
        differs = self.differs(seen)
        return self.entry() if differs and self.another_proxy(seen) else differs

    def plan(self):
        if not os.path.lexists(self.name):
            return f"create {self.name}"
        seen = self.observe()
        if seen is None:
            return f"unknown {self.name} (only root can read it)"
        return f"change {self.name}" if seen != self.source() else ""

    def converge(self, seen):
        # Again, but the same: whoever looks at what was written must not start it anew.
        text = self.source()
        if engine.of_unit(seen)[0] != engine.of_unit(text)[0]:
            engine.note(self.change, engine.of_unit(seen)[0])
        self.host.write(self.name, text, int(self.desired[0], 8))
        self.change.wrote.add(self.name)

    def is_ours(self):
        """The journal is root's own; a name in it is checked all the same before root removes it."""
        ours = (rf"/etc/(systemd/|sudoers\.d/|sysusers\.d/|tmpfiles\.d/)\S*{self.sandbox.prefix}[^/\s]*(/[a-z.]+)?",
                rf"/etc/systemd/system/agent_sandbox_{self.sandbox.name.replace('-', '_')}\.slice",
                rf"/Library/LaunchDaemons/org\.agent-sandbox\.{self.sandbox.name}\.[a-z]+\.plist")
        return "/../" not in self.name and any(re.fullmatch(pattern, self.name) for pattern in ours)

    def remove(self):
        if not self.is_ours():
            return
        self.host.unlink(self.name)
        self.change.wrote.add(self.name)
        if self.name.endswith(".d/iptables.conf"):
            try:
                os.rmdir(os.path.dirname(self.name))
            except OSError:
                pass
