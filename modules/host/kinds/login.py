"""login-key: what the proxy's store of logins is encrypted under, root's alone. systemd-creds encrypts it for this host (and its
TPM, where there is one), and systemd decrypts it for the proxy's unit; where there is no systemd-creds, or it cannot, it lies
there as it is, 0400. Without it, those of the store have to log in again."""

import os
import re
import stat

from kinds.folder import entry_differs
from kinds.kind import Kind
from say import Failed

NAME = "login-key"
BYTES = 32
PLAIN = re.compile(rb"[0-9a-f]{%d}\n?" % (2 * BYTES))
LINE = re.compile(rb"(?m)^LoadCredentialEncrypted=(%s:)(/\S+)$" % NAME.encode())


def as_kept(host, text):
    """A unit's text for this host: systemd decrypts nothing that is not encrypted."""
    def load(found):
        return b"LoadCredential=" + found[1] + found[2] if is_plain(host, os.fsdecode(found[2])) else found[0]

    return LINE.sub(load, text)


def is_plain(host, path):
    """Or will be, where none is there yet."""
    seen = host.read(path)
    return PLAIN.fullmatch(seen) is not None if seen else not host.have("systemd-creds")


class Key(Kind):
    """name: its file"""

    kind = NAME
    journaled = True
    dropped_last = True

    def observe(self):
        return self.host.read(self.name)

    def differs(self, seen):
        if not seen:
            return "it is missing"
        wrong = entry_differs(self.host, self.name, stat.S_ISREG, "0400", "0", "0")
        if wrong or not self.host.root or PLAIN.fullmatch(seen) or self.decrypts():
            return wrong
        return "this host cannot decrypt it any more, so who was logged in has to log in again"

    def decrypts(self):
        return self.host.ok("systemd-creds", "decrypt", f"--name={NAME}", self.name, "-")

    def plan(self):
        return "" if self.host.about(self.name) else f"create {self.name}"

    def converge(self, seen):
        """One that can be read stays: only who may read it may be wrong."""
        if seen and (PLAIN.fullmatch(seen) or self.decrypts()) and stat.S_ISREG(self.host.about(self.name).st_mode):
            os.chown(self.name, 0, 0, follow_symlinks=False)
            os.chmod(self.name, 0o400)
            return
        key = os.urandom(BYTES).hex().encode() + b"\n"
        self.host.write(self.name, self.encrypted(key) or key, 0o400)

    def encrypted(self, key):
        """None where this host has nothing to do that by."""
        if not self.host.have("systemd-creds"):
            return None
        for kind in ("auto", "host"):
            text = self.host.bytes("systemd-creds", "encrypt", f"--name={NAME}", f"--with-key={kind}", "-", "-", data=key)
            if text and self.host.bytes("systemd-creds", "decrypt", f"--name={NAME}", "-", "-", data=text) == key:
                return text
        return None

    def remove(self):
        """And the store, which nobody could read any more."""
        self.host.unlink(self.name)
        if not self.host.remove_tree(f"{self.sandbox.state}/proxy/logins"):
            raise Failed(f"{self.sandbox.state}/proxy/logins stays")

    def tell(self, seen):
        import logins  # what it needs takes its time, and a session's start waits for none of it

        return list(logins.status_lines(self.change))
