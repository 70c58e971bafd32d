"""secret: the source of a credential. It is the operators' to put there; what is in it is never looked at."""

import getpass
import os
import re
import stat
import sys

from kinds.folder import entry_differs
from kinds.kind import Kind
from say import warn

SHORTEST = 8  # characters: proxy/vault.py
KEYCHAIN = "/Library/Keychains/System.keychain"


ask = getpass.getpass


class Secret(Kind):
    """name: a file; desired: file, systemd, or keychain, whose name is an item of the system's keychain"""

    kind = "secret"

    def check(self, report):
        """Without them the proxy does not start; saying so beforehand is kinder."""
        if not self.host.root:
            return
        if not self.is_missing():
            if self.desired == "file" and self.host.about(self.name).st_size < SHORTEST:
                report.lacks(f"the secret {self.name} is too short: one line of {SHORTEST} or more visible ASCII characters")
        elif not report.dry_run and (self.desired == "keychain" or self.is_in_our_folder()) and self.was_asked_for():
            return
        elif self.desired == "systemd":
            report.lacks(f"{self.name} is missing: see systemd-creds encrypt")
        elif self.desired == "keychain":
            report.lacks(f"the system's keychain has no item {self.name}: at a terminal apply asks for it, and puts it there")
        else:
            report.lacks(f"the secret {self.name} is missing: put it there, root's and 0400")

    def was_asked_for(self):
        """Whether somebody at the terminal has typed it; nothing is no answer."""
        while sys.stdin.isatty() and sys.stderr.isatty():
            typed = ask(f"The secret {self.name} is missing. Type it (it is not shown): ").strip()
            if not typed:
                return False
            if re.fullmatch(rf"[\x21-\x7e]{{{SHORTEST},16384}}", typed):
                return self.keep(typed.encode())
            warn(f"that is not a line of {SHORTEST} or more visible ASCII characters")
        return False

    def keep(self, text):
        """security(1) reads its commands from standard input, so that the secret stands in no list of processes. A bare -w
        asks for it only where it is the last word: before a keychain's path it takes that path for the secret."""
        if self.desired == "file":
            self.host.ok("install", "-d", "-m", "0700", "--", os.path.dirname(self.name))
            self.host.write(self.name, text + b"\n", 0o400)
            return True
        words = f"add-generic-password -U -a agent-sandbox -s {self.name} -X {text.hex()} {KEYCHAIN}\n"
        return self.host.ok("security", "-i", data=words.encode()) and not self.is_missing()

    def is_missing(self):
        if self.desired == "keychain":
            return not self.host.ok("security", "find-generic-password", "-s", self.name, KEYCHAIN)
        info = self.host.about(self.name)
        return info is None or info.st_size == 0

    def differs(self, seen):
        if self.is_missing():
            return "it is missing or empty"
        if self.desired != "file":
            return ""
        if self.is_in_our_folder():
            return entry_differs(self.host, self.name, stat.S_ISREG, "0400", "0", "0")
        return "everybody may read it" if os.stat(self.name).st_mode & 0o004 else ""

    def is_in_our_folder(self):
        """On macOS what is in the other one are copies (bin/darwin-secrets)."""
        ours = self.sandbox.secrets if self.host.system == "linux" else f"/etc/agent-sandbox/{self.sandbox.name}/secrets"
        return self.desired == "file" and os.path.dirname(self.name) == ours

    def converge(self, seen):
        """The folder is root's alone, so nobody else can put a link there meanwhile."""
        info = self.host.about(self.name)
        if self.is_in_our_folder() and info and stat.S_ISREG(info.st_mode):
            os.chown(self.name, 0, 0, follow_symlinks=False)
            os.chmod(self.name, 0o400)
