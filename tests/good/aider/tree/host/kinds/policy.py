"""policy: what the running proxy lets through, which is the committed one (Linux: its unit says which)."""

import time

from kinds.kind import Kind
from kinds.unit import show
from say import Failed

TRIES, PAUSE = 100, 0.2  # seconds


class Policy(Kind):
    """name: the proxy's unit"""

    kind = "policy"

    def wanted(self):
        import hashlib  # loads what no session needs

        return hashlib.sha256(self.host.read(self.change.path("proxy/policy.json")) or b"").hexdigest()

    def observe(self):
        """What the proxy says of itself: policy HASH, or that it refused one."""
        return show(self.change, [self.name]).get(self.name, {}).get("StatusText", "")

    def differs(self, seen):
        if seen.startswith(f"policy {self.wanted()}"):
            return ""
        return f"the proxy says: {seen or 'nothing'}"

    def plan(self):
        if self.change.before is None or not self.change.file_differs("proxy/policy.json"):
            return ""
        return "load the new policy into the running proxy"

    def converge(self, seen):
        """SIGHUP has the running proxy read it; it keeps its last good one on an error, and the connections that
        are open."""
        if not self.differs(seen):
            return
        wanted = self.wanted()
        # The old spelling of the option is understood by all versions.
        self.host.ok("systemctl", "kill", "--kill-who=main", "--signal=HUP", self.name)
        for _ in range(TRIES):
            said = self.host.text("systemctl", "show", "--property=StatusText", "--value", self.name) or ""
            if said.startswith(f"policy {wanted}"):
                self.change.cache.pop("units", None)
                return
            if said.strip().endswith(f"refused {wanted}"):
                break
            time.sleep(PAUSE)
        raise Failed(f"the proxy does not take the new policy; it says: {said.strip() or 'nothing'}")
