"""What the folders of a workspace held when a session was last begun in it, so that beginning the next one lists no folder anew
that has not changed: of 100,000 files nobody is looked at, and of each folder the kernel is asked once.

A folder is as it was when it is the same inode with the same time of change (ctime). No name is made, removed or renamed in a
folder without a new one, and nobody can set it back: not the agent, which is no root. What was changed less than SETTLED before
it was listed is not believed, because another change could have the very same time. Only file systems that keep that promise
(SURE) are taken, only until the machine starts anew (/run), and only from root's own folder; and what was noted down under
other patterns, or by other code of ours, is not. Whatever else it is, it is looked at as if nothing were known."""

import contextlib
import hashlib
import json
import os
import time

import mounts
from kinds.sessions import kept_folder

SETTLED = 2_000_000_000  # ns; some file systems count in seconds
FEWEST, MOST = 256, 200_000  # folders that are worth it, and that are kept
LARGEST = 64 << 20  # bytes of all that is kept for a sandbox
# statfs(2): ext2 to ext4, XFS, Btrfs, tmpfs, F2FS, bcachefs, ZFS.
SURE = {0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0xF2F52010, 0xCA451A4E, 0x2FC12FC1}
OWN = os.path.dirname(os.path.realpath(__file__))


class Listings:
    """Of one shared folder. A row: (device, inode, time of change, whether it is of all names, whether patterns have any of them,
    [[name, what it is, inode]] of those that matter)."""

    def __init__(self, root=None, place=None, chosen=None):
        """root: a descriptor of the folder; place: the file. Without them nothing is known, and nothing is kept."""
        self.place, self.old, self.new, self.young, self.changed, self.device = place, {}, {}, set(), False, None
        self.began = time.time_ns()
        if place and mounts.kind_of(root) in SURE:
            self.device = os.fstat(root).st_dev
            self.key = [OWN, self.device, os.fstat(root).st_ino, chosen and [*chosen.said, chosen.names]]
            self.old = self.read()

    def read(self):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            with open(self.place, encoding="ascii") as file:
                said = json.load(file)
            if said["key"] == self.key:
                return said["rows"]
        return {}

    def of(self, path, about, whole):
        """The row of a folder; None where nothing is known. about: os.stat_result of what is there now."""
        row = self.new.get(path) or self.old.get(path)
        if row is None or row[0] != about.st_dev or row[1] != about.st_ino or row[2] != about.st_ctime_ns or whole and not row[3]:
            return None
        self.new[path] = row
        return row

    def keep(self, path, about, whole, led, entries):
        """about: from before it was listed."""
        self.new[path] = row = (about.st_dev, about.st_ino, about.st_ctime_ns, whole, led, entries)
        if about.st_dev == self.device and about.st_ctime_ns < self.began - SETTLED:
            self.changed = True
        else:
            self.young.add(path)
        return row

    def write(self):
        """Once all is found. Where it cannot be kept, the next one looks itself."""
        for path in self.young:
            del self.new[path]
        if self.device is None or not (self.changed or len(self.new) != len(self.old)):
            return
        with contextlib.suppress(OSError):
            if not FEWEST <= len(self.new) <= MOST:
                return os.unlink(self.place)
            with open(f"{self.place}.{os.getpid()}", "w", encoding="ascii") as file:
                json.dump({"key": self.key, "rows": self.new}, file, separators=(",", ":"))
            os.rename(file.name, self.place)
            make_room(os.path.dirname(self.place))
        return None


def make_room(folder):
    """The oldest go."""
    room = LARGEST
    with os.scandir(folder) as entries:
        for _, size, path in sorted(((one.stat().st_mtime_ns, one.stat().st_size, one.path) for one in entries), reverse=True):
            room -= size
            if room < 0:
                os.unlink(path)


def place_of(box, folder):
    """The file of a shared.Folder, in a folder of root's alone."""
    kept, own = kept_folder(box), f"{kept_folder(box)}/listings"
    for path, mode in ((kept, 0o711), (own, 0o700)):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, mode)
            os.chmod(path, mode)
    return f"{own}/{hashlib.sha256(f'{folder.kind} {folder.path}'.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"
