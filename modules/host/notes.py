"""What a session found in its workspaces, to tell afterwards what it changed: which folders and
repositories there were, and what the scripts of each package.json said. Noted down in the folder
KEEP, where "start" has the time after which a change is the session's."""

import os
import stat

LARGEST = 1 << 20
# Beyond these numbers what is not noted down counts as new once it has changed.
MOST_SCRIPTS, MOST_FOLDERS = 2000, 100000
# What npm, husky and their like run by themselves.
RUN = ("scripts", "gitHooks", "husky", "lint-staged", "pre-commit", "simple-git-hooks")


class Notes:
    def __init__(self):
        self.folders = {}  # path: (inode, whether git takes it for a repository)
        self.scripts = {}  # path of a package.json: digest
        self.made = 0  # when the newest file was made that the start of the session needed, in ns

    def note(self, root, workspace, found):
        """found: an item of repositories.find"""
        path = f"{workspace}/{found.path}" if found.path else workspace
        if found.kind == "package":
            if len(self.scripts) < MOST_SCRIPTS:
                self.scripts[path] = digest(root, found.path)
        elif found.inode and len(self.folders) < MOST_FOLDERS:
            self.folders[path] = (found.inode, found.kind == "repository")

    def write(self, keep):
        with open(f"{keep}/before", "w", encoding="utf-8", errors="surrogateescape") as file:
            for path, (inode, repository) in self.folders.items():
                file.write(f"{'r' if repository else 'f'}{inode} {path}\0")
            for path, value in self.scripts.items():
                file.write(f"s{value} {path}\0")
        if self.made:
            os.utime(f"{keep}/start", ns=(self.made, self.made))


def read_notes(keep):
    notes = Notes()
    try:
        with open(f"{keep}/before", encoding="utf-8", errors="surrogateescape", newline="") as file:
            lines = file.read().split("\0")[:-1]
    except FileNotFoundError:
        return notes
    for line in lines:
        value, _, path = line[1:].partition(" ")
        if line[0] == "s":
            notes.scripts[path] = None if value == "None" else value
        else:
            notes.folders[path] = (int(value), line[0] == "r")
    return notes


def digest(root, name):
    """Of the scripts in a package.json, or None when they can't be told. No link is followed."""
    import hashlib
    import json

    opened = []
    try:
        for folder in name.split("/")[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            root = os.open(folder, flags, dir_fd=root)
            opened.append(root)
        package = json.loads(text_of(root, name.rpartition("/")[2]), parse_int=str, parse_float=str)
        chosen = {key: package[key] for key in RUN if key in package}
        return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    finally:
        for fd in opened:
            os.close(fd)


def text_of(folder, name, largest=LARGEST):
    """What stands in a plain file, which is neither a link nor longer than that."""
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode) or about.st_size > largest:
            raise ValueError(name)
        with os.fdopen(os.dup(file), "rb") as opened:
            return opened.read(largest)
    finally:
        os.close(file)


def printable(path):
    return "".join(c if " " <= c <= "~" else "?" for c in path)
