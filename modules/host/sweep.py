"""What a session changed in the workspaces of all that tools run or obey by themselves (obeyed.txt).
It is only named, never touched. Root walks folders that the agent can write: every step starts from a
descriptor and follows no link.

Changed is what has a newer time of change (ctime), which nobody can set back. What is moved keeps the
times of all below it, so in a folder that is newer and was not at this place before, all is new.
"""

import functools
import os
import stat
import time

import follow
import naming
import notes
import obeyed
import repositories
from say import warn

LEVELS = 100  # of folders
SECONDS = 120
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
SET_ID = stat.S_ISUID | stat.S_ISGID
# What packages bring is not read one by one: in there only repositories and set-user-ID files count.
PACKAGES = {"node_modules", "site-packages"}
OBJECTS = {"pack", *(f"{n:02x}" for n in range(256))}


@functools.lru_cache(maxsize=None)
def tables():
    """Of all, and of what counts within packages. They take as long to read as a small workspace takes."""
    return obeyed.Table(), obeyed.Table(lambda glob: glob.startswith(".git/") or glob == ".git")


class Sweep:
    def __init__(self, keep, folders):
        self.start = os.stat(f"{keep}/start").st_mtime_ns
        self.before = notes.read_notes(keep)
        self.workspaces = {one.path: one for one in folders}
        self.table, self.in_packages = tables()
        self.ends = time.monotonic() + SECONDS
        self.named = naming.Named(self.table.headings)
        self.leads = follow.Leads(self)

    def all(self):
        for workspace in self.workspaces:
            try:
                fd = self.open(workspace)
            except OSError as error:
                self.named.unseen(f"{workspace}: {error.strerror}")
                continue
            self.folder(fd, workspace, self.table, (), False)
        self.leads.look()

    def open(self, workspace):
        return self.workspaces[workspace].open(os.O_RDONLY)

    def newer(self, about):
        return about.st_ctime_ns > self.start

    def moved(self, path, about):
        """Whether all below this folder counts as new."""
        return self.newer(about) and self.before.folders.get(path, (0,))[0] != about.st_ino

    def folder(self, fd, path, table, state, new, level=0):
        """Closes fd. state: where the names so far lead in the table."""
        try:
            if repositories.is_repository(fd):
                table, state = self.repository(fd, path, table, new)
            below = []
            with os.scandir(fd) as entries:
                for entry in entries:
                    if time.monotonic() > self.ends:
                        self.named.unseen(path)
                        break
                    if entry.is_dir(follow_symlinks=False):
                        below.append(entry.name)
                    else:
                        self.file(fd, entry, path, table, state, new)
            for name in sorted(below):
                self.below(fd, name, path, table, state, new, level)
        except OSError as error:
            self.named.unseen(f"{path}: {error.strerror}")
        finally:
            os.close(fd)

    def repository(self, fd, path, table, new):
        """Named as a whole where git took it for none before."""
        about = os.fstat(fd)
        inode, known = self.before.folders.get(path, (0, False))
        if (new or self.newer(about)) and not (known and inode == about.st_ino):
            self.named.add(naming.GIT, path + "/")
            return table, None if path.endswith("/.git") else ()
        self.leads.repository(fd, path)
        return table, table.step((), ".git")

    def below(self, fd, name, path, table, state, new, level):
        path = f"{path}/{name}"
        if state is None or name in OBJECTS and table.objects in state:
            return
        if level == LEVELS or time.monotonic() > self.ends:
            self.named.unseen(path)
            return
        try:
            below = os.open(name, FOLDER, dir_fd=fd)
        except FileNotFoundError:
            return
        except OSError as error:
            self.named.unseen(f"{path}: {error.strerror}")
            return
        new = new or self.moved(path, os.fstat(below))
        table = self.in_packages if name in PACKAGES else table
        self.folder(below, path, table, table.step(state, name), new, level + 1)

    def file(self, fd, entry, path, table, state, new):
        if state is None:
            return
        state = table.step(state, entry.name)
        try:
            about = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        changed = new or self.newer(about)
        path = f"{path}/{entry.name}"
        if stat.S_ISLNK(about.st_mode):
            if state and not changed:
                self.leads.link(path, table, state)
        elif entry.name == ".git":
            self.leads.pointer(fd, path)
        if not changed:
            return
        if about.st_mode & SET_ID and stat.S_ISREG(about.st_mode):
            self.named.add(naming.SET_ID, path)
        heading = obeyed.heading(state)
        if heading is not None and not self.same_scripts(path):
            self.named.add(heading, path)
        elif stat.S_ISLNK(about.st_mode) and state:
            self.named.add(min(node.first for node in state), path)

    def same_scripts(self, path):
        known = self.before.scripts.get(path) if path.endswith("/package.json") else None
        return known is not None and known == self.scripts_now(path)

    def scripts_now(self, path):
        root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        try:
            return notes.digest(root, path.lstrip("/"))
        finally:
            os.close(root)


def tell(change, keep, folders):
    """Which files did a session leave in a workspace that an operator's tools run or obey without asking?"""
    try:
        report(keep, change.state.at("swept"), folders)
    except (OSError, RecursionError, ValueError, KeyboardInterrupt) as error:
        warn(f"what the session changed could not be told: {notes.printable(str(error)) or 'interrupted'}")


def report(keep, lists, folders):
    """After a session: a line for each kind, on standard error; where a line is too short for all, a file in
    the folder lists has them. folders: what was shared, to be written; keep: the folder with the notes of before; its file start says since when."""
    sweep = Sweep(keep, folders)
    sweep.all()
    sweep.named.tell(lists)


def note(keep, folders):
    """Before a session, where nobody else has noted down what is there."""
    noted = notes.Notes()
    for folder in folders:
        root = folder.open(os.O_RDONLY)
        for item in repositories.find_in(folder, root):
            noted.note(root, folder.path, item)
        os.close(root)
    noted.write(keep)
