"""dotfiles: what the spec puts into the agent's home. A file that is gone from the spec is left to the
agent, and what it makes of them is its own: drift does not look."""

import io
import os

from kinds.kind import Kind
from source import folders_differ
from say import lines_of, remark, warn

# Nor may the agent have a say in which tar this is, how long it takes, or what it prints on our terminal.
UNPACK = {"linux": "PATH=/usr/bin:/bin:/run/current-system/sw/bin; umask 077; "
                   'exec timeout 60 tar -C "$HOME" --unlink-first -xf -',
          # Files alone: for a folder tar sets the time, and of the home the profile refuses that.
          "darwin": 'PATH=/usr/bin:/bin; umask 077; exec tar -C "$HOME" -U -xmf -'}


class Dotfiles(Kind):
    """name: the agent's"""

    kind = "dotfiles"

    def stale(self, seen):
        return folders_differ(self.change.path("home"), f"{self.change.before}/home")

    def plan(self):
        if self.change.before is None or not self.stale(None):
            return ""
        return f"write {self.name}'s dotfiles"

    def converge(self, seen):
        """Written by the agent itself, inside: root would follow the links that the agent may have planted in its
        home. Whether apply succeeds is not the agent's to say: they hold nothing back."""
        self.write()

    def write(self, home=None):
        """home: another folder that is the agent's home inside."""
        folder = self.change.path("home")
        if not os.path.isdir(folder):
            return
        from session import capture

        code, said = capture(self.change, ["/bin/sh", "-c", UNPACK[self.host.system]], data=packed(folder), home=home)
        if code:
            warn(f"the dotfiles of {self.name} could not be written:")
            remark(lines_of(said, 5))


def packed(folder):
    """The files of it, in an archive."""
    import tarfile  # loads what no session needs

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for place, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                tar.add(f"{place}/{name}", os.path.relpath(f"{place}/{name}", folder), recursive=False, filter=bare)
    return out.getvalue()


def bare(entry):
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
