"""Which files git has in its index, as gitformat-index(5) has it in the versions 2 and 3: of what is hidden git must not say
that it was deleted."""

import bisect
import os
import stat

from repositories import inside_of, target_of

LARGEST = 256 << 20
HEAD = 12
# Of an entry: ten numbers of stat(2), a hash of 20 or 32 bytes, two of flags (two more, where they say so), the name, and so
# many NULs that its length is a multiple of eight, at least one.
BEFORE_HASH, HASHES = 40, (20, 32)
EXTENDED = 0x4000


class Indexes:
    """Of the repositories in one workspace (files.Files)."""

    def __init__(self, files):
        self.files, self.known, self.others = files, {}, ()

    def names(self, path, folder):
        """The names that git has in that folder, or [""] of a file that it has; [] where it has nothing. Where nobody can tell
        it may have all, which does no harm: None of a folder, [""] of a file."""
        top = self.top(path)
        name = os.fsencode(path[len(top) + 1 if top else 0:])
        if isinstance(self.known[top], bytes):
            # Most of what is hidden git has not, and there may be very many names.
            if name + (b"/" if folder else b"\0") not in self.known[top]:
                return []
            self.known[top] = names_of(self.known[top])
        names = self.known[top]
        if not names:
            return [] if names is not None else None if folder else [""]
        at = bisect.bisect_left(names, name + b"/" if folder else name)
        if not folder:
            return [""] if names[at: at + 1] == [name] else []
        ends = bisect.bisect_left(names, name + b"0", at)  # what comes behind a slash
        return [os.fsdecode(one[len(name) + 1:]) for one in names[at:ends]]

    def top(self, path):
        """Where the work tree of the nearest repository around it begins."""
        while path:
            path = path.rpartition("/")[0]
            if path not in self.known:
                self.known[path] = self.read(path)
            if self.known[path] is not False:
                break
        return path

    def sure(self, path):
        """Whether names told what git has."""
        return self.known[self.top(path)] is not None

    def with_others(self, others):
        """As names has it, but for repositories that lie in others (files.Files), too."""
        self.others, self.known = others, {top: known for top, known in self.known.items() if known is not None}

    def read(self, top):
        """The index of the repository whose work tree begins there; None where no names can be told, [] where it has none, False
        where there is no repository."""
        try:
            git = self.git_folder(f"{top}/.git" if top else ".git", top)
        except FileNotFoundError:
            return False
        except OSError:
            return None
        if git is None:
            return None
        try:
            file = os.open("index", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=git)
            with open(file, "rb") as opened:
                text = opened.read(LARGEST + 1)
                return text if is_known(text) else None
        except FileNotFoundError:
            return []
        except OSError:
            return None
        finally:
            os.close(git)

    def git_folder(self, path, top):
        fd, about = self.files.reach(path)
        if stat.S_ISDIR(about.st_mode):
            return fd
        try:
            if not stat.S_ISREG(about.st_mode):
                return None
            with open(os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
                target = target_of(opened.read(4096), os.path.join(self.files.workspace, top))
        finally:
            os.close(fd)
        for one in (self.files, *self.others) if target else ():
            inside = "" if target == one.workspace else inside_of(target, one.workspace)
            if inside is not None:
                return one.above(inside)
        return None


def is_known(text):
    """Whether it is of a form in which each name stands in full."""
    return len(text) <= LARGEST and text[:4] == b"DIRC" and text[4:8] in (b"\0\0\0\2", b"\0\0\0\3")


def names_of(text):
    """The sorted names; None for an index of another form, or for one that is broken."""
    if not is_known(text):
        return None
    count = int.from_bytes(text[8:HEAD], "big")
    return next((names for names in (entries(text, count, size) for size in HASHES) if names is not None), None)


def entries(text, count, hash_size):
    names, at = [], HEAD
    for _ in range(count):
        flags_at = at + BEFORE_HASH + hash_size
        flags = text[flags_at] << 8 | text[flags_at + 1] if flags_at + 1 < len(text) else 0
        begins = flags_at + (4 if flags & EXTENDED else 2)
        ends = text.find(b"\0", begins)
        if ends <= begins or min(ends - begins, 0xFFF) != flags & 0xFFF:
            return None
        names.append(text[begins:ends])
        at += (ends - at + 8) & ~7
    return names
