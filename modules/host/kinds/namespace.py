"""namespace, setting: the network namespace of the sessions, and what the route out of it needs (Linux). The
unit makes both, and whatever is bound to it goes on or off with it."""

import os

from kinds.kind import Kind
from say import Failed


class Namespace(Kind):
    kind = "namespace"
    must = guards = True

    def unit(self):
        return f"{self.sandbox.prefix}-netns.service"

    def observe(self):
        """{interface: whether it is up}; None where there is none."""
        if not os.path.exists(f"/run/netns/{self.name}"):
            return None
        printed = self.host.text("ip", "-n", self.name, "-o", "link", "show") or ""
        words = [line.split() for line in printed.splitlines() if len(line.split()) > 2]
        return {line[1].rstrip(":").split("@")[0]: "UP" in line[2].strip("<>").split(",") for line in words}

    def differs(self, seen):
        if seen is None:
            return "it is missing"
        own = self.sandbox.veth[1] if self.sandbox.veth else None
        # A third interface in it would be a way out.
        wrong = [f"it has {name}" for name, up in seen.items() if name not in ("lo", own) and up]
        return " ".join(wrong + ([f"it lacks {own}"] if own and own not in seen else []))

    def guard(self):
        return "" if os.path.exists(f"/run/netns/{self.name}") else "it is missing"

    def converge(self, seen):
        if self.unit() not in self.change.restarted:
            self.change.restarted.add(self.unit())
            if not self.host.tell("systemctl", "restart", self.unit()):
                raise Failed(f"{self.unit()} does not start")

    def remove(self):
        if os.path.exists(f"/run/netns/{self.name}") and not self.host.ok("ip", "netns", "delete", self.name):
            raise Failed(f"namespace {self.name} stays")
        if self.sandbox.veth:
            self.host.ok("ip", "link", "delete", self.sandbox.veth[0])
            # Its unit's last word, which a unit whose file is gone already does not say.
            self.host.ok(self.change.path("bin/cidr-route"), "close")


class Setting(Namespace):
    """name: a sysctl(8) of the host's that the route needs; desired: its value. cidr-route takes it back."""

    kind = "setting"
    guards = False

    def observe(self):
        return (self.host.read(f"/proc/sys/{self.name.replace('.', '/')}") or b"").decode().strip()

    def differs(self, seen):
        return "" if seen == self.desired else f"it is {seen}, not {self.desired}"

    def remove(self):
        pass
