"""port: one that a sandbox listens on. No two can have the same one; the rules of one would cut the other
off."""

import os

from kinds.kind import Kind
from sandbox import Sandbox
from say import Refused
from state import applied_names


class Port(Kind):
    """desired: proxy, or publish"""

    kind = "port"

    def check(self, report):
        for other in self.others():
            if self.desired == "proxy" and other.proxy_port == self.name:
                report.complain(f"port {self.name} is that of sandbox {other.name}: it comes from user.uid, so take "
                                "a uid whose distance to the other is no multiple of 20000")
            elif self.desired == "publish" and self.name in other.publish:
                report.complain(f"port {self.name} is published by sandbox {other.name}")

    def others(self):
        cache = self.change.cache
        if "others" not in cache:
            cache["others"] = list(self.read_others())
        return cache["others"]

    def read_others(self):
        for name in applied_names(self.sandbox.states):
            if name == self.sandbox.name:
                continue
            try:
                yield Sandbox(os.path.realpath(f"{self.sandbox.states}/{name}/current"), self.host.system)
            except Refused:
                pass  # an older version's: its users and rules are compared all the same
