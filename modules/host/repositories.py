"""The git repositories of a workspace, and what else a session notes down of it before it starts.

Every step starts from a descriptor and follows no link, because the agent's other sessions may
write here at the same time.
"""

import errno
import os
import stat

from listings import Listings
from shared import there

DEPTH = 5  # folders between the workspace and a .git
LEVELS = 40  # of names in a path, where repositories lie in each other
SKIPPED = {"node_modules", ".venv", "__pycache__", ".cache"}
GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # meanwhile; ELOOP: another session put a link there
REPOSITORY = ("HEAD", "commondir", "objects", "refs")  # by which git takes a folder for one
TELLING = {*REPOSITORY, ".git", "package.json"}
INSIDE = {"hooks", "info", "logs", "objects", "refs"}  # of a repository: no repositories
FOLDER = os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY if hasattr(os, "O_PATH") else (
    os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY
)


class Found:
    """kind: repository, unborn (a .git that is none yet), folder, package (a package.json); pointer or link, where .git is no folder;
    chosen: what patterns name, with their mark and pins (file_patterns)."""

    __slots__ = ("path", "kind", "inode", "mark", "pins")

    def __init__(self, path, kind, inode=0, mark=0, pins=0):
        self.path, self.kind, self.inode, self.mark, self.pins = path, kind, inode, mark, pins


def find_in(folder, root, chosen=None, known=None):
    """folder: a shared.Folder; root: a descriptor of it; chosen: file_patterns.Patterns, or None; known: what a session before
    has seen (listings.Listings). What is hidden may lie in any folder; one at whose bottom nobody has looked is hidden itself."""
    common = folder.kind == "common"
    own = [Found("", "repository", os.fstat(root).st_ino)] if common else []
    return own + find(root, chosen, common, known)


def find(root, chosen=None, repository=False, known=None):
    walk = Walk(chosen, known or Listings())
    walk.inside(Place(root), "", 0, repository, chosen.start if chosen else ())
    return walk.found


class Place:
    """A folder that is looked at: name, in the folder that above is a descriptor of; or above itself. about is of what stood
    there first, or, once it is opened, of what was opened."""

    def __init__(self, above, name=None):
        self.above, self.name, self.fd = above, name, above if name is None else None
        self.about = os.fstat(above) if name is None else os.lstat(name, dir_fd=above)

    def open(self):
        """Whether it is still the same."""
        if self.fd is not None:
            return True
        before, self.fd = self.about, os.open(self.name, FOLDER, dir_fd=self.above)
        self.about = os.fstat(self.fd)
        return os.path.samestat(before, self.about) and before.st_ctime_ns == self.about.st_ctime_ns

    def close(self):
        if self.fd is not None and self.name is not None:
            os.close(self.fd)


class Walk:
    """On the way down. state: where the names so far lead in the patterns."""

    def __init__(self, chosen, known):
        self.chosen, self.known, self.found = chosen, known, []
        self.everywhere = bool(chosen and chosen.everywhere)

    def row(self, place, path, state, whole):
        """What is known of a folder (listings.Listings), or found out."""
        row = self.known.of(path, place.about, whole)
        if row is None:
            place.open()
            seen = self.listed(place.fd, state) if whole else (False, self.looked_up(place))
            row = self.known.keep(path, place.about, whole, *seen)
        return row

    def listed(self, fd, state):
        listed = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        try:
            with os.scandir(listed) as entries:
                entries = list(entries)
        finally:
            os.close(listed)
        led = self.chosen.select(state, [entry.name for entry in entries]) if self.chosen else {}
        return bool(led), [
            [entry.name, "d" if folder else "l" if entry.is_symlink() else "f", entry.inode()]
            for entry in entries if (folder := entry.is_dir(follow_symlinks=False)) or entry.name in led or entry.name in TELLING]

    def looked_up(self, place):
        """Of a folder whose names nobody goes through: those that tell what it is, and of packages those that are meant
        anywhere."""
        names, entries = REPOSITORY if there(place.fd, "HEAD") else (), []
        for name in (*names, *(self.chosen.names if self.chosen and place.name in SKIPPED else ())):
            try:
                about = os.lstat(name, dir_fd=place.fd)
            except OSError:
                continue
            entries.append([name, "d" if stat.S_ISDIR(about.st_mode) else "f", about.st_ino])
        return entries

    def inside(self, place, name, depth, repository, state):
        any_led, entries = self.row(place, name, state, True)[4:]
        if any(kind == "d" for _, kind, _ in entries) and not place.open():
            # Another session changed it since it was found to be as it was.
            any_led, entries = self.row(place, name, state, True)[4:]
        led = self.chosen.select(state, [entry[0] for entry in entries]) if any_led else {}
        for entry, kind, inode in entries:
            path = f"{name}/{entry}" if name else entry
            nodes = led.get(entry, ()) if entry != ".git" else ()
            mark = self.chosen.mark(nodes, kind == "d", kind == "l") if nodes else 0
            if mark and depth > DEPTH:
                mark &= ~self.chosen.BY_DEFAULT
            if kind == "d":
                self.below(place.fd, entry, path, depth, repository, (state, nodes, mark))
                continue
            if mark:
                self.found.append(Found(path, "chosen", inode, mark, self.chosen.pins(nodes)))
            if depth > DEPTH:
                continue
            if entry == "package.json":
                self.found.append(Found(path, "package"))
            elif entry == ".git":
                self.found.append(Found(path, "link" if kind == "l" else "pointer"))

    def below(self, above, name, path, depth, inside, led):
        try:
            place = Place(above, name)
            if stat.S_ISDIR(place.about.st_mode):
                self.folder(place, name, path, depth, inside, led)
        except OSError as error:
            if error.errno not in GONE:
                raise

    def folder(self, place, name, path, depth, inside, led):
        state, nodes, mark = led
        chosen, levels = self.chosen, path.count("/")
        state = chosen.below(state, nodes) if chosen else ()
        here = not (name in SKIPPED or inside and name in INSIDE or levels >= LEVELS)
        try:
            kind = "folder"
            if depth <= DEPTH:
                whole = here and depth < DEPTH or self.everywhere and not mark & chosen.HIDE
                names = {entry[0] for entry in self.row(place, path, state, whole)[5]}
                kind = "repository" if are_repository(names) else "unborn" if name == ".git" else "folder"
                self.found.append(Found(path, kind, place.about.st_ino))
            if self.everywhere and chosen.hides and levels >= LEVELS:
                mark |= chosen.HIDE
            if mark:
                self.found.append(Found(path, "chosen", place.about.st_ino, mark, chosen.pins(nodes) if nodes else 0))
            repository = kind != "folder"
            if repository or inside and name in ("modules", "worktrees"):
                # Submodules' repositories, whose names may have slashes, and those of linked worktrees.
                depth = min(depth, DEPTH - 4)
            if mark and mark & chosen.HIDE:
                return
            if here and depth < DEPTH or self.everywhere:
                self.inside(place, path, depth + 1 if here else DEPTH + 1, repository, state)
            if chosen and name in SKIPPED:
                self.by_name(place, path, state)
        finally:
            place.close()

    def by_name(self, place, path, state):
        """What has one of the names that are meant anywhere, where nobody looks at all names."""
        for name, kind, inode in self.row(place, path, state, False)[5]:
            if kind != "d" and name in self.chosen.names:
                self.found.append(Found(f"{path}/{name}", "chosen", inode, self.chosen.BY_DEFAULT))


def are_repository(names):
    return "HEAD" in names and ("commondir" in names or "objects" in names and "refs" in names)


def is_repository(folder):
    """Whether git takes it for one, whatever its name."""
    return there(folder, "HEAD") and (
        there(folder, "commondir") or there(folder, "objects") and there(folder, "refs")
    )


def target_of(pointer, folder):
    """The absolute path that a .git file in the folder means, or None."""
    if not pointer.startswith(b"gitdir:"):
        return None
    path = pointer[len(b"gitdir:") :].decode("utf-8", "surrogateescape").strip()
    return os.path.normpath(os.path.join(folder, path))


def inside_of(path, workspace):
    """The path as it is called in the workspace, or None where it lies elsewhere."""
    return path[len(workspace) + 1 :] if path.startswith(workspace + "/") else None
