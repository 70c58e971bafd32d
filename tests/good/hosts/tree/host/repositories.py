"""The git repositories of a workspace, and what else a session notes down of it before it starts.

Every step starts from a descriptor and follows no link, because the agent's other sessions may
write here at the same time.
"""

import os

DEPTH = 5  # folders between the workspace and a .git
LEVELS = 40  # of names in a path, where repositories lie in each other
SKIPPED = {"node_modules", ".venv", "__pycache__", ".cache"}
INSIDE = {"hooks", "info", "logs", "objects", "refs"}  # of a repository: no repositories
FOLDER = os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY if hasattr(os, "O_PATH") else (
    os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY
)


class Found:
    """kind: repository, unborn (a .git that is none yet), folder, package (a package.json); pointer or link, where .git is no folder."""

    __slots__ = ("path", "kind", "inode")

    def __init__(self, path, kind, inode=0):
        self.path, self.kind, self.inode = path, kind, inode


def find(root, name="", depth=0, repository=False):
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                path = f"{name}{entry.name}"
                if entry.name == "package.json":
                    yield Found(path, "package")
                elif entry.is_dir(follow_symlinks=False):
                    yield from find_below(fd, entry.name, path, depth, repository)
                elif entry.name == ".git":
                    yield Found(path, "link" if entry.is_symlink() else "pointer")
    finally:
        os.close(fd)


def find_below(above, name, path, depth, inside):
    try:
        below = os.open(name, FOLDER, dir_fd=above)
    except OSError:
        return  # it went, or another session put a link there
    try:
        kind = "repository" if is_repository(below) else "unborn" if name == ".git" else "folder"
        yield Found(path, kind, os.fstat(below).st_ino)
        repository = kind != "folder"
        if name in SKIPPED or inside and name in INSIDE or path.count("/") >= LEVELS:
            return
        if repository or inside and name in ("modules", "worktrees"):
            # Submodules' repositories, whose names may have slashes, and those of linked worktrees.
            depth = min(depth, DEPTH - 4)
        if depth < DEPTH:
            yield from find(below, path + "/", depth + 1, repository)
    finally:
        os.close(below)


def is_repository(folder):
    """Whether git takes it for one, whatever its name."""
    return there(folder, "HEAD") and (
        there(folder, "commondir") or there(folder, "objects") and there(folder, "refs")
    )


def there(folder, name):
    try:
        os.lstat(name, dir_fd=folder)
        return True
    except FileNotFoundError:
        return False


def target_of(pointer, folder):
    """The absolute path that a .git file in the folder means, or None."""
    if not pointer.startswith(b"gitdir:"):
        return None
    path = pointer[len(b"gitdir:") :].decode("utf-8", "surrogateescape").strip()
    return os.path.normpath(os.path.join(folder, path))


def inside_of(path, workspace):
    """The path as it is called in the workspace, or None where it lies elsewhere."""
    return path[len(workspace) + 1 :] if path.startswith(workspace + "/") else None
