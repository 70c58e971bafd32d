"""The git repositories of a workspace, and what else a session notes down of it before it starts.

Every step starts from a descriptor and follows no link, because the agent's other sessions may
write here at the same time.
"""

import os
import stat

DEPTH = 5  # folders between the workspace and a .git
LEVELS = 40  # of names in a path, where repositories lie in each other
SKIPPED = {"node_modules", ".venv", "__pycache__", ".cache"}
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


def find_in(folder, root, chosen=None):
    """folder: a shared.Folder; root: a descriptor of it; chosen: file_patterns.Patterns, or None. What is hidden may lie in any
    folder; one at whose bottom nobody has looked is hidden itself."""
    common = folder.kind == "common"
    if common:
        yield Found("", "repository", os.fstat(root).st_ino)
    yield from find(root, chosen, repository=common)


def find(root, chosen=None, repository=False):
    yield from names_in(root, "", 0, repository, chosen, chosen.start if chosen else ())


def names_in(root, name, depth, repository, chosen, state):
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
    try:
        with os.scandir(fd) as entries:
            entries = list(entries)
        led = chosen.select(state, [entry.name for entry in entries]) if chosen else {}
        for entry in entries:
            path = f"{name}{entry.name}"
            folder = entry.is_dir(follow_symlinks=False)
            nodes = led.get(entry.name, ()) if entry.name != ".git" else ()
            mark = chosen.mark(nodes, folder, entry.is_symlink()) if nodes else 0
            if mark and depth > DEPTH:
                mark &= ~chosen.BY_DEFAULT
            if folder:
                yield from find_below(fd, entry.name, path, depth, repository, chosen, (state, nodes, mark))
                continue
            if mark:
                yield Found(path, "chosen", entry.inode(), mark, chosen.pins(nodes))
            if depth > DEPTH:
                continue
            if entry.name == "package.json":
                yield Found(path, "package")
            elif entry.name == ".git":
                yield Found(path, "link" if entry.is_symlink() else "pointer")
    finally:
        os.close(fd)


def find_below(above, name, path, depth, inside, chosen, led):
    state, nodes, mark = led
    try:
        below = os.open(name, FOLDER, dir_fd=above)
    except OSError:
        return  # it went, or another session put a link there
    try:
        inode, kind = os.fstat(below).st_ino, "folder"
        if depth <= DEPTH:
            kind = "repository" if is_repository(below) else "unborn" if name == ".git" else "folder"
            yield Found(path, kind, inode)
        everywhere = chosen and chosen.everywhere
        if everywhere and chosen.hides and path.count("/") >= LEVELS:
            mark |= chosen.HIDE
        if mark:
            yield Found(path, "chosen", inode, mark, chosen.pins(nodes) if nodes else 0)
        repository = kind != "folder"
        here = not (name in SKIPPED or inside and name in INSIDE or path.count("/") >= LEVELS)
        if repository or inside and name in ("modules", "worktrees"):
            # Submodules' repositories, whose names may have slashes, and those of linked worktrees.
            depth = min(depth, DEPTH - 4)
        if mark and mark & chosen.HIDE:
            return
        if here and depth < DEPTH or everywhere:
            yield from names_in(below, path + "/", depth + 1 if here else DEPTH + 1, repository, chosen,
                               chosen.below(state, nodes) if chosen else ())
        if chosen and name in SKIPPED:
            yield from by_name(below, path, chosen)
    finally:
        os.close(below)


def by_name(folder, path, chosen):
    """What has one of the names that are meant anywhere, where nobody looks at all names."""
    for name in chosen.names:
        try:
            about = os.lstat(name, dir_fd=folder)
        except OSError:
            continue
        if not stat.S_ISDIR(about.st_mode):
            yield Found(f"{path}/{name}", "chosen", about.st_ino, chosen.BY_DEFAULT)


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
