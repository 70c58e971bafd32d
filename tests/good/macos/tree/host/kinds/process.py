"""process: those of a user of ours. Apply ends none; remove all."""

import os
import signal
import time

from kinds.kind import Kind
from say import Failed


class Process(Kind):
    kind = "process"
    runs = True

    def uid(self):
        account = self.host.user(self.name)
        return account and account.pw_uid

    def observe(self):
        """Only those whose real, effective, saved or file system user is ours, and never by name."""
        uid = self.uid()
        found = []
        for name in os.listdir("/proc") if uid else []:
            status = self.host.read(f"/proc/{name}/status") if name.isdigit() else None
            for line in (status or b"").splitlines():
                if line.startswith(b"Uid:") and str(uid).encode() in line.split()[1:]:
                    found.append(int(name))
        return found

    def remove(self):
        if self.host.have("loginctl"):
            self.host.ok("loginctl", "disable-linger", self.name)
        for _ in range(20):
            found = self.observe()
            if not found:
                return
            for process in found:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        raise Failed(f"processes of {self.name} do not end")
