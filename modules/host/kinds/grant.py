"""grants: the files of what operators let through for a while. No apply makes them, and each keeps what was granted; the
proxy holds it against what the new spec allows at most."""

import os
import stat

import grants
from kinds.folder import entry_differs
from kinds.kind import Kind
from say import Failed


class Grants(Kind):
    """name: the file; desired: run or state"""

    kind = "grants"
    journaled = True

    def store(self):
        return grants.Grants(self.host, self.sandbox)

    def observe(self):
        return self.host.read(self.name)

    def differs(self, seen):
        if seen is None:
            return ""
        import hashlib  # loads what no session needs

        if hashlib.sha256(seen).hexdigest() != self.store().written().get(self.name):
            return "it is not as it was written"
        return entry_differs(self.host, self.name, stat.S_ISREG, "0640", "root", self.sandbox.proxy)

    def converge(self, seen):
        """What nobody granted does not stay; the folder is tmpfiles.d's to make."""
        if self.differs(seen):
            self.host.unlink(self.name)

    def tell(self, seen):
        if self.desired != "run":
            return []
        import grant_verbs

        try:
            return [f"grants      {line}" for line in grant_verbs.lines(self.store().all())]
        except Failed as why:
            return [f"FAULT       grants: {why}"]

    def remove(self):
        self.host.unlink(self.name)
        self.host.unlink(self.store().record)
        try:
            os.rmdir(os.path.dirname(self.name))
        except OSError:
            pass
