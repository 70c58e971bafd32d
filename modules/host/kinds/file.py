"""file: one that root keeps outside the sandbox's own state: units, sudoers, plists."""

import os
import re
import stat

import programs
from kinds.kind import Kind
from kinds.folder import entry_differs


class File(Kind):
    """desired: (mode, its source in the tree); None for one of an earlier generation"""

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

    def source(self):
        text = self.host.read(self.change.path(self.desired[1]))
        return programs.with_paths(text) if self.name.endswith(".service") else text

    def observe(self):
        return self.host.read(self.name)

    def differs(self, seen):
        info = self.host.about(self.name)
        if info is None or not stat.S_ISREG(info.st_mode):
            return "no file is there"
        if seen != self.source():
            return "its content differs"
        return entry_differs(self.host, self.name, stat.S_ISREG, self.desired[0], "0", "0")

    def plan(self):
        if not os.path.lexists(self.name):
            return f"create {self.name}"
        seen = self.observe()
        if seen is None:
            return f"unknown {self.name} (only root can read it)"
        return f"change {self.name}" if seen != self.source() else ""

    def converge(self, seen):
        # Again, but the same: whoever looks at what was written must not start it anew.
        self.host.write(self.name, self.source(), int(self.desired[0], 8))
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
