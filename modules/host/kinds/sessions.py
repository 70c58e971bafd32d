"""session: what runs inside (Linux: transient units), and what would change it. A session's unit does not
exist between sessions; what would change it does (systemd.unit(5): the names with everything behind a
dash left out)."""

import os

from kinds.kind import Kind
from say import warn

FOLDERS = ["/etc/systemd/system", "/etc/systemd/system.control", "/run/systemd/system", "/run/systemd/system.control",
           "/usr/local/lib/systemd/system"]


def kept_folder(box):
    """Of the sessions that outlive their terminal (kept)."""
    return f"/run/{box.prefix}.sessions"


class Sessions(Kind):
    kind = "session"
    runs = is_sessions = True

    def observe(self):
        names = [f"{self.sandbox.prefix}.session-.service.d", "agent-sandbox-.service.d", "agent-.service.d"]
        paths = [f"{folder}/{name}" for name in names for folder in FOLDERS]
        return [path for path in paths if os.path.isdir(path)]

    def differs(self, seen):
        return f"changed by {' '.join(seen)}" if seen else ""

    def converge(self, seen):
        own = [path for path in seen if os.path.basename(path).startswith(self.sandbox.prefix)]
        for path in own:
            warn(f"sessions go back to what is committed, without {path}")
            self.host.remove_tree(path)
        if own:
            self.host.ok("systemctl", "daemon-reload")

    def units(self):
        printed = self.host.text("systemctl", "list-units", "--no-legend", "--plain", f"{self.sandbox.prefix}.session-*")
        return [line.split()[0] for line in (printed or "").splitlines() if line.strip()]

    def is_attended(self, unit):
        """Named after the process of its run; a name of letters is of apply or verify. One that is kept ends with its
        keeper."""
        run = unit[len(f"{self.sandbox.prefix}.session-"): -len(".service")]
        return not run.isdigit() or self.host.is_folder(f"{kept_folder(self.sandbox)}/{run}") or b"run" in (self.host.read(f"/proc/{run}/cmdline") or b"").split(b"\0")

    def is_running(self):
        return bool(self.units())

    def stop(self):
        self.host.ok("systemctl", "stop", f"{self.sandbox.prefix}.session-*.service")

    def remove(self):
        self.stop()
        self.host.ok("systemctl", "stop", f"{self.sandbox.prefix}.keeper-*.service")
        self.host.remove_tree(kept_folder(self.sandbox))
        self.host.ok("systemctl", "stop", f"{self.sandbox.table}.slice")

    def tell(self, seen):
        units = self.units()
        return [f"sessions    {len(units)}"] + [
            f"FAULT       {unit} goes on, but its run was killed and will not name the files that it leaves behind: "
            f"systemctl stop {unit}, and look what has changed" for unit in units if not self.is_attended(unit)]
