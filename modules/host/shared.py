"""What a session sees of the host's disk besides its home: folders, each under the path that it has outside. Without any
other word those of the spec (its workspaces)."""

import os

FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """path: outside and inside; writable, or only readable; files: the patterns of what below it is not seen (hide), and not
    written (protect, unprotect); descriptor: of the folder itself, where somebody has judged it and its path may change meanwhile (it stays
    theirs); kind: workspace, or what it was shared for; own: of what worktrees have in common (common_git), whose it is shared
    for; group: of its owner, whose the agent's files are there (None: the share's)."""

    def __init__(self, path, writable=True, files=None, descriptor=None, kind="workspace", own="", group=None):
        self.path, self.writable, self.files = path, writable, files or {}
        self.descriptor, self.kind, self.own, self.group = descriptor, kind, own, group

    def open(self, flags):
        """A descriptor of it. Of its path no link is followed at the end; of one that was judged, none at all."""
        if self.descriptor is None:
            return os.open(self.path, flags | FOLDER)
        return os.open(".", flags | FOLDER, dir_fd=self.descriptor)

    def to_mount(self, flags):
        """The same in the mount namespace that we are in: of another one's, no mount can be taken. OSError where another
        folder is at its path by now."""
        found = os.open(self.path, flags | FOLDER)
        if self.descriptor is None or os.path.samestat(os.fstat(found), os.fstat(self.descriptor)):
            return found
        os.close(found)
        raise OSError(f"{self.path} is another folder than it was")

    @property
    def hides(self):
        return bool(self.files.get("hide"))

    def patterns(self):
        """file_patterns.Patterns, or None. What is read-only as a whole has nothing to protect; what worktrees have in common
        is git's alone."""
        from file_patterns import Patterns

        if self.kind == "common":
            return None
        return Patterns(**self.files) if self.writable else Patterns(hide=self.files.get("hide", ()), default=False)


def there(folder, name):
    """Whether the folder (a descriptor) has an entry of that name; OSError where nobody can tell."""
    try:
        os.lstat(name, dir_fd=folder)
        return True
    except FileNotFoundError:
        return False


class Shared:
    """In the order of the spec, what is writable first. points: what systemd mounts for it."""

    def __init__(self, sandbox):
        self.folders = [Folder(path, files=sandbox.files_of(path)) for path in sandbox.writable]
        self.folders += [Folder(path, writable=False, files=sandbox.files_of(path)) for path in sandbox.readonly]
        self.points = self.paths

    @property
    def writable(self):
        return [one for one in self.folders if one.writable]

    @property
    def prepared(self):
        """Those that are mounted by us, over what systemd has put there."""
        return [one for one in self.folders if one.writable or one.hides]

    @property
    def paths(self):
        return [one.path for one in self.folders]

    def around(self, path):
        """The folder that this path lies in, or is; or None."""
        return next((one for one in self.folders if (path + "/").startswith(one.path + "/")), None)
