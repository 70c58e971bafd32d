"""Repositories, closed for one session.

What git reads commands from is made read-only, and what holds it is made a mount point of its own:
the kernel moves and removes no mount point, or the agent would put another folder in its place.
"""

import errno
import os
import stat

import gitconfig
import mounts
from repositories import DEPTH, FOLDER, inside_of, is_repository, target_of
from shared import there

FILE = os.O_PATH | os.O_NOFOLLOW

OWN = b"./\n"  # a commondir that names its own folder: libgit2 (at least to 1.5) opens none with "."

LINK = "it is a link"
# The agent's other sessions changed it meanwhile.
CHANGED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Closing:
    """Closes repositories below root, the topmost mount of a workspace."""

    def __init__(self, root, workspace):
        self.root, self.workspace = root, workspace
        self.pinned = set()  # mount points; no descriptors, of which there may be too few
        self.queue = []  # (path, step): repositories that others lead to, also where no search finds them
        self.done = set()  # of the same
        self.made = 0  # the newest change time, in ns, of what had to be made for a mount
        self.open = []  # (path, why) of what could not be closed
        self.elsewhere = []  # (absolute path, step): repositories of other workspaces

    def close(self, found):
        """found: what repositories.find gave"""
        for item in sorted(found, key=lambda item: item.path):
            if item.kind in ("repository", "unborn"):
                self.once(item.path, self.repository)
            elif item.kind == "pointer":
                self.once(item.path, self.pointer)
            elif item.kind == "link":
                self.open.append((item.path, LINK))
        self.close_others()

    def close_others(self):
        while self.queue:
            self.once(*self.queue.pop())

    def once(self, path, step):
        if (path, step) in self.done:
            return
        self.done.add((path, step))
        try:
            step(path)
        except OSError as error:
            if error.errno not in CHANGED:
                raise OSError(error.errno, f"{error.strerror}: {path}") from error
            self.open.append((path, "it changed meanwhile"))

    def pin(self, path):
        """A descriptor of the folder, which is a mount point from here on, as each one above it is."""
        fd, so_far = os.dup(self.root), ""
        try:
            for name in path.split("/") if path else ():
                so_far = f"{so_far}/{name}"
                above, fd = fd, os.open(name, FOLDER, dir_fd=fd)
                os.close(above)
                if so_far not in self.pinned:
                    fd = bind(fd, 0)
                    self.pinned.add(so_far)
            return fd
        except OSError:
            os.close(fd)
            raise

    def pointer(self, path):
        """A linked worktree's or a submodule's .git: it names the repository."""
        folder = os.path.dirname(path)
        above = self.pin(folder)
        try:
            text = self.read_only(above, ".git", path)
        finally:
            os.close(above)
        target = target_of(text, os.path.join(self.workspace, folder))
        if target:
            self.follow(target, "meant")

    def follow(self, target, step):
        path = inside_of(target, self.workspace)
        if path is None:
            self.elsewhere.append((target, step))
        else:
            self.queue.append((path, getattr(self, step)))

    def meant(self, path):
        """What a .git file names. One that is not there is no repository yet."""
        fd = os.dup(self.root)
        try:
            for name in path.split("/"):
                above, fd = fd, os.open(name, FOLDER, dir_fd=fd)
                os.close(above)
            found = is_repository(fd)
        except FileNotFoundError:
            found = False
        finally:
            os.close(fd)
        if found:
            self.once(path, self.repository)

    def repository(self, path):
        git = self.pin(path)
        try:
            common = self.common(git)
        finally:
            os.close(git)
        if common:
            self.once(path, self.linked)
            self.follow(os.path.normpath(os.path.join(self.workspace, path, common)), "whole")
        else:
            self.once(path, self.whole)

    def common(self, git):
        """The folder that a linked worktree shares, or "" where it is a repository of its own."""
        try:
            fd = os.open("commondir", FILE, dir_fd=git)
        except FileNotFoundError:
            return ""
        try:
            text = head(fd, 4096) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
        finally:
            os.close(fd)
        common = text.decode("utf-8", "surrogateescape").strip()
        return "" if os.path.normpath(common) == "." else common

    def whole(self, path):
        git = self.pin(path)
        try:
            config = self.ensured(git, "config", b"", path)
            self.ensured_folder(git, "hooks", path)
            # With a commondir of the agent's, git would read configuration and hooks there.
            if there(git, "commondir") or not gitconfig.own_tree(config):
                self.made = max(self.made, mend_commondir(git))
                self.ensured(git, "commondir", OWN, path)
            special = b"worktreeconfig" in config.lower()
            if special:
                self.ensured(git, "config.worktree", b"", path)
            trees = listed(git, "worktrees")
            self.queue += [(below(path, module), self.repository) for module in modules(git)]
        finally:
            os.close(git)
        for name in trees:
            self.once(below(path, f"worktrees/{name}"), self.special if special else self.linked)

    def linked(self, path):
        git = self.pin(path)
        try:
            self.ensured(git, "commondir", b"../..\n", path)
        finally:
            os.close(git)

    def special(self, path):
        """A linked worktree with a configuration of its own."""
        self.once(path, self.linked)
        git = self.pin(path)
        try:
            self.ensured(git, "config.worktree", b"", path)
        finally:
            os.close(git)

    def ensured(self, git, name, content, path):
        """Read-only from here on; made where it is missing, or the agent could make it."""
        if not there(git, name):
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=git)
            os.write(fd, content)
            self.give(fd, git)
        return self.read_only(git, name, below(path, name))

    def ensured_folder(self, git, name, path):
        if not there(git, name):
            os.mkdir(name, 0o755, dir_fd=git)
            self.give(os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=git), git)
        self.read_only(git, name, below(path, name))

    def give(self, fd, git):
        owner = os.fstat(git)
        os.fchown(fd, owner.st_uid, owner.st_gid)
        self.made = max(self.made, os.fstat(fd).st_ctime_ns)
        os.close(fd)

    def read_only(self, above, name, path):
        """Closes it, and gives the first bytes of a file."""
        fd = os.open(name, FILE, dir_fd=above)
        if stat.S_ISLNK(os.fstat(fd).st_mode):
            os.close(fd)
            self.open.append((path, LINK))
            return b""
        closed = bind(fd, mounts.RDONLY)
        try:
            return head(closed) if stat.S_ISREG(os.fstat(closed).st_mode) else b""
        finally:
            os.close(closed)


def below(path, name):
    """path: "" for the root itself"""
    return f"{path}/{name}" if path else name


def mend_commondir(git):
    """One that says "." was made here once. Written in place: a new file under its name would open
    it to a session that has it closed now. Gives the time of the change, in ns."""
    try:
        fd = os.open("commondir", os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=git)
    except OSError:
        return 0  # none, a link, or closed already
    try:
        about = os.fstat(fd)
        if stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and os.read(fd, 4) in (b".", b".\n"):
            os.pwrite(fd, OWN, 0)
            return os.fstat(fd).st_ctime_ns
        return 0
    finally:
        os.close(fd)


def bind(fd, flags):
    """Mounts it onto itself; gives a descriptor of the new mount, and closes the one below."""
    tree = mounts.clone(fd)
    mounts.change(tree, flags)
    mounts.attach(tree, fd)
    os.close(fd)
    return tree


def head(fd, size=1 << 20):
    file = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(file, size)
    finally:
        os.close(file)


def listed(folder, name):
    """The folders in folder/name, which may not be there or be a link."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return []
    try:
        with os.scandir(fd) as entries:
            return sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))
    finally:
        os.close(fd)


def modules(git, path="modules", depth=0):
    """Submodules' repositories; their names may have slashes."""
    for name in listed(git, path) if depth < DEPTH else []:
        module = below(path, name)
        if there(git, f"{module}/HEAD"):
            yield module
        else:
            yield from modules(git, module, depth + 1)
