"""tools: the spec's packages. Without Nix they come from Homebrew or from the host itself, and nobody but
this looks. Nothing is run for it: a program counts when it lies in a folder of the session's PATH, a
package when the host's own database names it."""

import os
import re

from kinds.kind import Kind
from places import is_program

# The program that a package is wanted for, where that has another name.
PROGRAMS = {"aider-chat": "aider", "claude-code": "claude", "gemini-cli": "gemini",
            "github-copilot-cli": "copilot", "gnumake": "make", "neovim": "nvim", "nodejs": "node", "qwen-code": "qwen",
            "ripgrep": "rg", "typescript": "tsc"}
DARWIN_PATH = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/nix/var/nix/profiles/default/bin"
HOMEBREW = ("/opt/homebrew", "/usr/local")


class Tools(Kind):
    """name: where they come from, which is what to do when one is missing; desired: the packages"""

    kind = "tools"

    def folders(self):
        if self.host.system == "darwin":
            return DARWIN_PATH.split(":")
        text = (self.host.read(self.change.path("linux/systemd/session.env")) or b"").decode()
        found = re.search(r'^PATH="?(.*?)"?$', text, re.M)
        return found[1].split(":") if found else []

    def has(self, package):
        last = re.split("[./]", package)[-1]  # python3Packages.pip is wanted for pip
        program = PROGRAMS.get(last, last)
        brew = package.split("/")[-1]
        return (any(is_program(f"{folder}/{program}") for folder in self.folders())
                or any(os.path.isdir(f"{place}/{kind}/{brew}") for place in HOMEBREW for kind in ("Cellar", "Caskroom"))
                or self.in_database(package.split(".")[-1]))

    def in_database(self, name):
        """Debian, Fedora and SUSE, Arch."""
        if self.host.have("dpkg-query"):
            return self.host.text("dpkg-query", "-W", "-f=${db:Status-Status}", name) == "installed"
        for words in (["rpm", "-q"], ["pacman", "-Q"]):
            if self.host.have(words[0]):
                return self.host.ok(*words, name)
        return False

    def tell(self, seen):
        if self.change.managed_by_nix:
            return []
        here = [package for package in self.desired if self.has(package)]
        lines = [f"missing     {package}: {self.name}" for package in self.desired if package not in here]
        return lines + ([f"tools       {' '.join(here)}"] if here else [])


class Disk(Kind):
    """disk: a limit that nothing here enforces, in bytes."""

    kind = "disk"

    def tell(self, seen):
        return [f"disk        limit of {self.name} bytes: set it as a quota of the file system"]
