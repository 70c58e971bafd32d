"""What a session does not see of its workspaces, and what it does not write: mounts over it, which the kernel neither moves
nor removes with the name below, so that no rename, checkout or unlink inside brings it forward.

What is hidden is covered: a folder by an empty one, a file by an empty one. git would take that for a change of what it has
in its index, and commit it. So of what stands there the cover cannot be read, and has the size, the time and the x of what it
covers, which is all that git compares with GIT_SETTINGS (git-config(1), core.checkStat); a folder has a cover for each of these.
"""

import errno
import os
import stat

import mounts
from closing import bind
from file_patterns import HIDE, PROTECT
from index import Indexes
from repositories import FOLDER, inside_of

FILE = os.O_PATH | os.O_NOFOLLOW
GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
HOPS = 40  # links behind each other, as the kernel's own
MOST = 10000  # mounts, and as many more of what is hidden; a namespace has room for 100,000 (sysctl fs.mount-max)
SAFE = mounts.RDONLY | mounts.NOSUID | mounts.NODEV | mounts.NOEXEC
GIT_SETTINGS = "[include]\n\tpath = /etc/gitconfig\n[core]\n\tcheckStat = minimal\n"


class Covers:
    """What is laid over what is hidden: in a tmpfs in the folder keep, where nobody sees it but who has it mounted. Made in
    a mount namespace of ours."""

    def __init__(self, keep):
        self.folder, self.made, self.known = f"{keep}/covers", 0, {}
        os.makedirs(self.folder, exist_ok=True)
        mounts.tmpfs(self.folder)
        self.device = os.stat(self.folder).st_dev

    def of(self, fd, about, tracked):
        """A descriptor of a cover for what fd and about (os.stat_result) are of. tracked: what git has of
        it (index.Indexes.names)."""
        folder = stat.S_ISDIR(about.st_mode)
        plain = tracked == []
        if not plain or folder not in self.known:
            self.made += 1
            path = f"{self.folder}/{self.made}"
            if folder:
                os.mkdir(path)
                self.fill(path, fd, tracked)
            else:
                self.file(path, None if plain else about)
            if not plain:
                return os.open(path, FILE)
            self.known[folder] = path
        return os.open(self.known[folder], FILE)

    def fill(self, path, fd, tracked):
        wanted = tracked and set(tracked)
        for name, about in files_below(fd) if tracked != [] else ():
            if wanted is None or name in wanted:
                os.makedirs(os.path.dirname(f"{path}/{name}"), exist_ok=True)
                self.file(f"{path}/{name}", about)

    @staticmethod
    def file(path, about):
        if about and stat.S_ISLNK(about.st_mode):
            os.symlink("-" * about.st_size, path)
        else:
            with open(path, "xb") as file:
                os.ftruncate(file.fileno(), about.st_size if about and stat.S_ISREG(about.st_mode) else 0)
                os.fchmod(file.fileno(), about.st_mode & stat.S_IXUSR if about else 0o444)
        if about:
            os.utime(path, ns=(about.st_mtime_ns, about.st_mtime_ns), follow_symlinks=False)


class Files:
    """Of one workspace: its topmost mount is root; closing has its mount points."""

    def __init__(self, root, workspace, closing, covers):
        self.root, self.workspace, self.closing, self.covers = root, workspace, closing, covers
        self.indexes = Indexes(self)
        self.names = {}  # (device, inode): mark, of files that have more than one name
        self.links = []  # absolute paths of those that are hidden
        self.count = 0
        self.had, self.unsure = [], []  # what is hidden, and git has it, or may: (path, whether it is a folder)

    def close(self, found):
        """found: what repositories.find gave, with patterns."""
        for item in found:
            if item.kind == "chosen":
                self.one(item.path, item.mark, item.pins)

    def one(self, path, mark, pins=0):
        """What goes meanwhile, or becomes something else, need not be closed: what is there then is the agent's."""
        self.count += 1
        if self.count > MOST and not mark & HIDE:
            self.closing.open.append((path, "there are too many"))
            return
        if self.count > 2 * MOST:
            raise OSError(errno.ENOSPC, "too many of its files are hidden", self.workspace)
        try:
            (self.hide if mark & HIDE else self.protect)(path, pins)
        except OSError as error:
            if error.errno not in GONE:
                raise OSError(error.errno, error.strerror, f"{self.workspace}/{path}") from error

    def reach(self, path, pins=0):
        """(a descriptor of what has that name, what it is); no link is followed."""
        folder, _, name = path.rpartition("/")
        above = self.above(folder, pins)
        try:
            fd = os.open(name, FILE, dir_fd=above)
        finally:
            os.close(above)
        return fd, os.fstat(fd)

    def above(self, folder, pins=0):
        """The last so many folders become mount points as well, or the agent would put others in their place."""
        fd, so_far = os.dup(self.root), ""
        names = folder.split("/") if folder else []
        try:
            for number, name in enumerate(names):
                so_far = f"{so_far}/{name}"
                above, fd = fd, os.open(name, FOLDER, dir_fd=fd)
                os.close(above)
                if number >= len(names) - pins and so_far not in self.closing.pinned:
                    fd = bind(fd, 0)
                    self.closing.pinned.add(so_far)
            return fd
        except OSError:
            os.close(fd)
            raise

    def protect(self, path, pins):
        fd, about = self.reach(path, pins)
        if stat.S_ISLNK(about.st_mode):
            os.close(fd)
            self.closing.open.append((path, "it is a link"))
            return
        self.more_names(fd, about, PROTECT)
        self.lay(mounts.clone(fd), mounts.RDONLY, fd)

    def hide(self, path, pins):
        fd, about = self.reach(path, pins)
        if stat.S_ISLNK(about.st_mode):
            os.close(fd)
            self.links.append(f"{self.workspace}/{path}")
            return
        if about.st_dev == self.covers.device:
            os.close(fd)
            return
        self.more_names(fd, about, HIDE)
        self.cover(fd, about, path)

    def cover(self, fd, about, path):
        folder = stat.S_ISDIR(about.st_mode)
        tracked = self.indexes.names(path, folder)
        if tracked != []:
            (self.had if self.indexes.sure(path) else self.unsure).append((path, folder))
        cover = self.covers.of(fd, about, tracked)
        self.lay(mounts.clone(cover), SAFE, fd)
        os.close(cover)

    def lay(self, tree, flags, fd):
        """The tree of mounts over what fd is of; closes both."""
        try:
            mounts.change(tree, flags)
            mounts.attach(tree, fd)
        finally:
            os.close(tree)
            os.close(fd)

    # -- a file with several names is as open as the openest of them --

    def more_names(self, fd, about, mark):
        if stat.S_ISDIR(about.st_mode):
            for _, inner in files_below(fd):
                self.note_names(inner, mark)
        else:
            self.note_names(about, mark)

    def note_names(self, about, mark):
        if stat.S_ISREG(about.st_mode) and about.st_nlink > 1:
            key = about.st_dev, about.st_ino
            self.names[key] = min(mark, self.names.get(key, mark))  # hidden is more than read-only

    def close_names(self, names):
        for path, about in files_below(self.root):
            mark = names.get((about.st_dev, about.st_ino))
            if mark:
                self.one(path, mark)


def files_below(root):
    """(path, what it is) of all that is no folder, in any depth; what goes meanwhile is left out."""
    folders = [""]
    while folders:
        folder = folders.pop()
        fd = os.dup(root)
        try:
            for name in folder.split("/") if folder else ():
                above, fd = fd, os.open(name, FOLDER, dir_fd=fd)
                os.close(above)
            listed = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        except OSError:
            continue
        finally:
            os.close(fd)
        with os.scandir(listed) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                    continue
                try:
                    yield path, os.lstat(entry.name, dir_fd=listed)
                except OSError:
                    pass
        os.close(listed)


def git_has(workspaces):
    """(Files, [the paths], a name in git's index) of what is hidden and stands there, from where git show gives it to a session."""
    for files in workspaces:
        if files.unsure:
            files.indexes.with_others([one for one in workspaces if one is not files])
        sure = [(path, folder) for path, folder in files.unsure if files.indexes.names(path, folder) and files.indexes.sure(path)]
        if files.had or sure:
            had = sorted(files.had + sure)
            path, folder = had[0]
            top = files.indexes.top(path)
            name = "/".join([path[len(top) + 1 if top else 0:], *(files.indexes.names(path, folder)[:1] if folder else ())])
            yield files, [one + "/" * is_folder for one, is_folder in had], name


def close_more(workspaces):
    """What is the same under another name, or behind a link, in whichever of these (Files)."""
    for files in workspaces:
        for link in files.links:
            target = behind(workspaces, link)
            if target:
                target[0].one(target[1], HIDE)
    names = {}
    for files in workspaces:
        for key, mark in files.names.items():
            names[key] = min(mark, names.get(key, mark))
    for files in workspaces if names else ():
        files.close_names(names)


def owner_of(workspaces, path):
    """(the one that it lies in, how it is called there), or None."""
    owner = next((one for one in workspaces if inside_of(path, one.workspace)), None)
    return owner and (owner, inside_of(path, owner.workspace))


def behind(workspaces, path):
    """The same of what a link leads to at last; None for what lies elsewhere."""
    parts, real, hops = path.split("/"), "", 0
    while parts and hops <= HOPS:
        name = parts.pop(0)
        if name == "..":
            real = real.rpartition("/")[0]
        elif name not in ("", "."):
            target = link_at(workspaces, f"{real}/{name}")
            if target is None:
                real = f"{real}/{name}"
            else:
                hops += 1
                parts = target.split("/") + parts
                real = "" if target.startswith("/") else real
    return owner_of(workspaces, real) if not parts else None


def link_at(workspaces, path):
    """What the link there says; None where there is none, or not in a workspace."""
    owner = owner_of(workspaces, path)
    if owner is None:
        return None
    try:
        fd, _ = owner[0].reach(owner[1])
    except OSError:
        return None
    try:
        return os.readlink("", dir_fd=fd)
    except OSError:
        return None
    finally:
        os.close(fd)
