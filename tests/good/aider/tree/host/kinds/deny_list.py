"""list: a file of names, one of which must be the agent's (Linux: cron.deny and at.deny): no job of the
agent's may outlive its session."""

import os

from kinds.kind import Kind


class DenyList(Kind):
    kind = "list"

    def observe(self):
        return self.host.read(self.name)

    def names(self, seen):
        return [] if seen is None else seen.decode("utf-8", "surrogateescape").splitlines()

    def differs(self, seen):
        return "" if self.sandbox.agent in self.names(seen) else f"{self.sandbox.agent} is not in it"

    def converge(self, seen):
        """tmpfiles leaves a list that is already there alone; and a last line without its newline is one that
        cron ignores, so the name never goes behind such a line."""
        if self.sandbox.agent in self.names(seen):
            return
        text = seen or b""
        text += b"" if not text or text.endswith(b"\n") else b"\n"
        mode = os.stat(self.name).st_mode & 0o777 if seen is not None else 0o644
        self.host.write(self.name, text + self.sandbox.agent.encode() + b"\n", mode)

    def remove(self):
        seen = self.observe()
        names = self.names(seen)
        if self.sandbox.agent not in names:
            return
        left = [name for name in names if name != self.sandbox.agent]
        if left:
            self.host.write(self.name, "".join(f"{name}\n" for name in left).encode("utf-8", "surrogateescape"))
        else:
            # Nobody else was in it; cron then asks its own default, as before.
            self.host.unlink(self.name)
