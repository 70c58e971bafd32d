"""journal: the decisions, with the journald that keeps them (Linux). The proxy's unit makes it."""

from kinds.kind import Kind
from say import Failed


class Journal(Kind):
    """name: its namespace"""

    kind = "journal"

    def remove(self):
        self.host.ok("systemctl", "stop", f"systemd-journald@{self.name}.service", f"systemd-journald@{self.name}.socket",
                     f"systemd-journald-varlink@{self.name}.socket")
        machine = (self.host.read("/etc/machine-id") or b"").decode().strip()
        for folder in (f"/var/log/journal/{machine}.{self.name}", f"/run/log/journal/{machine}.{self.name}",
                       f"/run/systemd/journal.{self.name}"):
            if not self.host.remove_tree(folder):
                raise Failed(f"{folder} stays")
