"""sub-ids: a file of ranges of ids that a user may take for itself (Linux: subuid(5), subgid(5)). The
firewall tells the agent by its uid: another one would pass it by, so no account of ours has a range."""

import os

from kinds.kind import Kind


class SubIds(Kind):
    """name: the file; desired: the accounts"""

    kind = "sub-ids"

    def observe(self):
        return (self.host.read(self.name) or b"").decode("utf-8", "surrogateescape").splitlines()

    def is_ours(self, line):
        """By name or by number."""
        accounts = [self.host.user(name) for name in self.desired]
        return line.split(":")[0] in {*self.desired, *(str(account.pw_uid) for account in accounts if account)}

    def differs(self, seen):
        ours = [line for line in seen if self.is_ours(line)]
        return f"it has {' '.join(ours)}" if ours else ""

    def converge(self, seen):
        if self.differs(seen):
            left = "".join(f"{line}\n" for line in seen if not self.is_ours(line))
            mode = os.stat(self.name).st_mode & 0o777
            self.host.write(self.name, left.encode("utf-8", "surrogateescape"), mode)

    def remove(self):
        self.converge(self.observe())
