#!/usr/bin/python3 -ISB
"""What a session found, to tell afterwards what it changed.

  scripts.py KEEP    reads paths from standard input, each ended by a NUL, and prints a line for
                     each but those that are as they were (repositories that were there before, and
                     a package.json whose scripts are the same) and what lies in a folder that has
                     a line itself
"""

import os
import stat
import sys

LARGEST = 1 << 20
MOST = 2000  # beyond it a changed package.json is named whatever changed in it
# What npm, husky and their like run by themselves.
RUN = ("scripts", "gitHooks", "husky", "lint-staged", "pre-commit", "simple-git-hooks")


class Notes:
    def __init__(self):
        self.repositories = []
        self.scripts = {}
        self.made = 0  # when the newest file was made that the start of the session needed, in ns

    def note(self, root, workspace, name):
        path = f"{workspace}/{name}"
        if name.rpartition("/")[2] == ".git":
            self.repositories.append(path)
        elif len(self.scripts) < MOST:
            self.scripts[path] = digest(root, name)

    def write(self, keep):
        """Into the folder keep, where "start" has the time after which a change is the session's."""
        if self.repositories or self.scripts:
            with open(f"{keep}/before", "w", encoding="utf-8") as file:
                file.write(dumped({"repositories": self.repositories, "scripts": self.scripts}))
        if self.made:
            os.utime(f"{keep}/start", ns=(self.made, self.made))


def dumped(value):
    # Loaded only where something is to be noted down: every session waits for this module.
    import json

    return json.dumps(value, sort_keys=True)


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
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.open(name.rpartition("/")[2], flags, dir_fd=root)
        opened.append(file)
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
            return None
        package = json.loads(read(file), parse_int=str, parse_float=str)
        chosen = {key: package[key] for key in RUN if key in package}
        return hashlib.sha256(dumped(chosen).encode()).hexdigest()
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    finally:
        for fd in opened:
            os.close(fd)


def read(file):
    parts = []
    while sum(map(len, parts)) <= LARGEST:
        part = os.read(file, LARGEST)
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def changed(path, before):
    path = path.rstrip("/")
    name = path.rpartition("/")[2]
    if name == ".git":
        return path not in before["repositories"]
    if name == "package.json":
        known = before["scripts"].get(path)
        return known is None or known != now(path)
    return True


def now(path):
    root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    try:
        return digest(root, path.lstrip("/"))
    finally:
        os.close(root)


def printable(path):
    return "".join(c if " " <= c <= "~" else "?" for c in path)


def main(keep):
    import json

    before = {"repositories": [], "scripts": {}}
    try:
        with open(f"{keep}/before", encoding="utf-8") as file:
            before = json.load(file)
    except FileNotFoundError:
        pass
    paths = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0")
    folder = "\0"
    # With a slash behind them folders come before what is in them, and before nothing else.
    for path in sorted(as_folder(path) for path in set(paths) - {""}):
        if not path.startswith(folder) and changed(path, before):
            print(printable(path))
            folder = path if path.endswith("/") else folder


def as_folder(path):
    try:
        return path + "/" if stat.S_ISDIR(os.lstat(path).st_mode) else path
    except OSError:
        return path  # it went again, or its name is too long


if __name__ == "__main__":
    main(sys.argv[1])
