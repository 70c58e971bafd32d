"""The git repositories of a workspace: found, and closed for one session.

What git reads commands from is made read-only, and what holds it is made a mount point of its own:
the kernel moves and removes no mount point, or the agent would put another folder in its place.
Every step starts from a descriptor and follows no link, because the agent's other sessions may
write here at the same time.
"""

import errno
import os
import stat

import mounts

DEPTH = 5  # folders between the workspace and a .git; sweep.sh looks as far
MOST = 1024
SKIPPED = {"node_modules", ".venv", "__pycache__", ".cache"}
FOLDER = os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY
FILE = os.O_PATH | os.O_NOFOLLOW

OWN = b"./\n"  # a commondir that names its own folder: libgit2 (at least to 1.5) opens none with "."


def find(root, name="", depth=0):
    """(path, kind) of each .git and package.json below root; kind: folder, file, link."""
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                path = f"{name}{entry.name}"
                if entry.name in (".git", "package.json"):
                    yield path, kind(entry)
                elif depth < DEPTH and entry.name not in SKIPPED and entry.is_dir(follow_symlinks=False):
                    try:
                        below = os.open(entry.name, FOLDER, dir_fd=fd)
                    except OSError:
                        continue  # it went, or another session put a link there
                    try:
                        yield from find(below, path + "/", depth + 1)
                    finally:
                        os.close(below)
    finally:
        os.close(fd)


def kind(entry):
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir(follow_symlinks=False) else "file"


class Closing:
    """Closes repositories below root, the topmost mount of a workspace."""

    def __init__(self, root):
        self.pinned = {"": root}
        self.made = 0  # the newest change time, in ns, of what had to be made for a mount
        self.open = []  # what could not be closed

    def close(self, paths):
        """paths: what find gave for .git"""
        if len(paths) > MOST:
            raise OSError(errno.E2BIG, f"more than {MOST} git repositories")
        for path, what in sorted(paths):
            if what == "folder":
                self.repository(self.pin(path), path)
            elif what == "file":
                # A linked worktree's or a submodule's: it names the repository.
                self.read_only(self.pin(os.path.dirname(path)), ".git", path)
            else:
                self.open.append(path)

    def pin(self, path):
        """The folder, and each one above it up to the workspace, as a mount point."""
        if path not in self.pinned:
            above = self.pin(os.path.dirname(path))
            self.pinned[path] = self.pin_below(above, os.path.basename(path))
        return self.pinned[path]

    def pin_below(self, above, name):
        return bind(os.open(name, FOLDER, dir_fd=above), 0)

    def repository(self, git, path):
        config = self.ensured(git, "config", b"", path)
        self.ensured_folder(git, "hooks", path)
        # With a commondir of the agent's, git would read configuration and hooks there.
        if there(git, "commondir") or not own_tree(config):
            self.made = max(self.made, mend_commondir(git))
            self.ensured(git, "commondir", OWN, path)
        self.worktree_config(git, config, path)
        for name in listed(git, "worktrees"):
            self.linked(self.pin(f"{path}/worktrees/{name}"), config, f"{path}/worktrees/{name}")
        for module in modules(git):
            self.repository(self.pin(f"{path}/{module}"), f"{path}/{module}")

    def linked(self, git, config, path):
        self.ensured(git, "commondir", b"../..\n", path)
        self.worktree_config(git, config, path)

    def worktree_config(self, git, config, path):
        if b"worktreeconfig" in config.lower():
            self.ensured(git, "config.worktree", b"", path)

    def ensured(self, git, name, content, path):
        """Read-only from here on; made where it is missing, or the agent could make it."""
        if not there(git, name):
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=git)
            os.write(fd, content)
            self.give(fd, git)
        return self.read_only(git, name, f"{path}/{name}")

    def ensured_folder(self, git, name, path):
        if not there(git, name):
            os.mkdir(name, 0o755, dir_fd=git)
            self.give(os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=git), git)
        self.read_only(git, name, f"{path}/{name}")

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
            self.open.append(path)
            return b""
        closed = bind(fd, mounts.RDONLY)
        try:
            return head(closed) if stat.S_ISREG(os.fstat(closed).st_mode) else b""
        finally:
            os.close(closed)


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


def own_tree(config):
    """With these in the configuration a commondir would change what git takes for the work tree. By
    hand, because the module re takes longer to load than all of this."""
    for line in config.lower().split(b"\n"):
        line = line.strip()
        line = line[len(b"[core]") :] if line.startswith(b"[core]") else line
        name, equals, value = line.partition(b"=")
        name, value = name.strip(), value.strip()
        if name == b"worktree" and equals:
            return True
        if name == b"bare" and (not equals or value in (b"true", b"yes", b"on", b"1")):
            return True
    return False


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


def there(folder, name):
    try:
        os.lstat(name, dir_fd=folder)
        return True
    except FileNotFoundError:
        return False


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
        below = f"{path}/{name}"
        if there(git, f"{below}/HEAD"):
            yield below
        else:
            yield from modules(git, below, depth + 1)
