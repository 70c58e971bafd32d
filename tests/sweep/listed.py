#!/usr/bin/env python3
"""What a session knows of folders from the one before (modules/host/listings.py): whatever is changed between the two, the same is
found as by looking at everything, and no folder is listed that has not changed. A COUNT of random histories by SEED, and those that
somebody would think of who wants a name to be overlooked; as root with mounts, too."""

import contextlib
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "modules/host"))
sys.dont_write_bytecode = True
import listings  # noqa: E402
import mounts  # noqa: E402
import repositories  # noqa: E402
from file_patterns import Patterns  # noqa: E402

COUNT = int(os.environ.get("COUNT", "40"))
SEED = int(os.environ.get("SEED", "1"))
counts = {True: 0, False: 0}
listings.FEWEST = 1
USUAL = {"hide": [".env", "*.pem", "secrets/"], "protect": ["locked/**"]}
NAMES = ["a", "b", "c", "node_modules", ".env", "x.pem", "secrets", "locked", ".git", "HEAD", "objects", "refs", "commondir", "hooks",
         "package.json", ".npmrc", ".vscode", "modules", "worktrees", "t.txt", "é"]


def check(what, right, about=""):
    counts[bool(right)] += 1
    print(f"{'ok' if right else 'FAILED'}: {what}{'' if right else f' {about}'}", flush=True)


class Looked:
    """What is found in a folder, each time as a session's start has it; and how many folders were listed for it."""

    def __init__(self, folder, patterns):
        self.folder, self.patterns, self.listed = str(folder), patterns, 0
        self.place = f"{folder}.listing"

    def found(self, known):
        chosen = Patterns(**self.patterns) if self.patterns is not None else None
        root = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        before, self.listed = os.scandir, 0

        def scandir(*arguments):
            self.listed += 1
            return before(*arguments)

        os.scandir = scandir
        try:
            own = listings.Listings(root, self.place, chosen) if known else None
            items = repositories.find(root, chosen, False, own)
        finally:
            os.scandir = before
            os.close(root)
        if own:
            own.write()
        return sorted((one.path, one.kind, one.inode, one.mark, one.pins) for one in items)

    def same(self, what):
        wanted = self.found(False)
        got = self.found(True)
        check(what, got == wanted, [one for one in got if one not in wanted] + [one for one in wanted if one not in got])

    def settle(self):
        """Until what was changed is old enough to be believed, here or in what comes next."""
        time.sleep(listings.SETTLED / 1e9 + 0.02)
        self.found(True)


def make(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def grow(folder, rolled, depth=0):
    for name in rolled.sample(NAMES, rolled.randrange(2, 7)):
        place = folder / name
        with contextlib.suppress(FileExistsError):
            if rolled.random() < 0.55 and depth < 8:
                place.mkdir()
                grow(place, rolled, depth + rolled.choice((1, 3, 3, 5)))
            elif rolled.random() < 0.1:
                place.symlink_to(rolled.choice(["..", "a", "/nonexistent"]))
            else:
                place.write_text("x")


def everything(folder):
    return [pathlib.Path(where) / name for where, folders, names in os.walk(folder) for name in folders + names]


def change(folder, rolled):
    """One thing that an agent, or its operator, could do."""
    places = everything(folder)
    if not places:
        return "nothing"
    one, other = rolled.choice(places), rolled.choice(places)
    where = one if one.is_dir() and not one.is_symlink() else one.parent
    name = where / rolled.choice(NAMES)
    what = rolled.randrange(8)
    with contextlib.suppress(OSError, shutil.Error):
        if what == 0:
            name.mkdir()
        elif what == 1:
            name.write_text("y")
        elif what == 2:
            shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
        elif what == 3:
            one.rename(name)
        elif what == 4:
            one.rename(other)
        elif what == 5:
            os.link(one, name)
        elif what == 6:
            os.utime(one, (1, 1), follow_symlinks=False)
        else:
            name.symlink_to(other)
    return what


def test_random(work):
    rolled = random.Random(SEED)
    for number in range(COUNT):
        folder = work / f"random{number}"
        folder.mkdir()
        grow(folder, rolled)
        looked = Looked(folder, rolled.choice([USUAL, {}, None, {"hide": [".env"], "unprotect": [".vscode/**"]}]))
        looked.found(True)
        for turn in range(4):
            for _ in range(rolled.randrange(1, 6)):
                change(folder, rolled)
            looked.same(f"random {SEED}/{number}: the same is found, turn {turn}")
            if turn == 1:
                looked.settle()
        shutil.rmtree(folder)


def test_unlisted(work):
    """Nothing is listed that has not changed."""
    for patterns in (USUAL, {}, None):
        folder = work / f"many{len(repr(patterns))}"
        for top in range(12):
            for inner in range(12):
                for name in ("one", "two"):
                    make(folder / f"d{top}" / f"e{inner}" / "f" / name)
        make(folder / "d1/e1/.env")
        make(folder / "node_modules/p/.npmrc")
        looked = Looked(folder, patterns)
        first = looked.found(True)
        check("at first every folder is listed once", 300 < looked.listed < 310, looked.listed)
        looked.settle()
        again = looked.found(True)
        check("  and none when nothing has changed", (again == first, looked.listed) == (True, 0), looked.listed)
        make(folder / "d3/e4/f/.git", "gitdir: x")
        again = looked.found(True)
        check("  that one alone which has changed", (looked.listed, ("d3/e4/f/.git", "pointer") in [one[:2] for one in again]) == (1, True),
              (looked.listed, again[:3]))
        settled, listings.SETTLED = listings.SETTLED, 3600_000_000_000
        make(folder / "d3/e4/f/more")
        looked.same("  what has just changed is not believed yet")
        looked.found(True)
        check("  so it is listed again", looked.listed == 1, looked.listed)
        listings.SETTLED = settled


# What somebody would do so that a name is overlooked: in sh, in a folder with w/in/er/file, which was seen.
ATTACKS = """
a name, and the time of the folder set back|touch -r w/in saved; touch w/in/.env; touch -r saved w/in
a file becomes a folder|rm w/in/er/file; mkdir -p w/in/er/file/x; touch w/in/er/file/x/.env
a folder is another's, with all below|mkdir -p n/er; touch n/er/.env; mv w/in old; mv n w/in
a folder is moved in, that was seen elsewhere|mv w/in/er w/er; mkdir w/in/er; touch w/in/er/.env
two change places|mkdir n; mv w/in n/in; mv n w/in; touch w/in/in/er/.env
a repository appears around|mkdir w/in/objects w/in/refs; touch w/in/HEAD
a repository is one no more|rm w/r/HEAD
a repository by commondir|touch w/c/commondir
a file comes back under its name|mv w/in/er/file f; mv f w/in/er/file; touch w/in/er/.env
what is hidden goes, and comes elsewhere|mv w/s/.env w/in/er/.env
a link in the place of a folder|mv w/in w/out; ln -s out w/in; touch w/out/er/.env
a name in other letters|touch w/in/er/.ENV
deeper than anybody looks|mkdir -p w/1/2/3/4/5/6/7/8/9; touch w/1/2/3/4/5/6/7/8/9/.env
in what packages bring|touch w/node_modules/p/q/.env w/node_modules/.npmrc
"""


def test_attacks(work):
    for number, line in enumerate(ATTACKS.strip().split("\n")):
        what, script = line.split("|")
        for patterns in (USUAL, {}):
            folder = work / f"attack{number}{len(patterns)}"
            for path in ("w/in/er/file", "w/r/HEAD", "w/c/HEAD", "w/c/x/y", "w/s/.env", "w/node_modules/p/q/file"):
                make(folder / path)
            for path in ("w/r/objects", "w/r/refs", "w/1/2/3/4/5/6/7/8"):
                (folder / path).mkdir(parents=True, exist_ok=True)
            looked = Looked(folder, patterns)
            looked.settle()
            looked.settle()
            done = os.system(f"cd '{folder}' && set -e; {script}")
            check(f"made: {what}", done == 0)
            looked.same(f"  found, {'with patterns' if patterns else 'without'}: {what}")


def test_believed(work):
    """By whom, and until when."""
    folder = work / "believed"
    make(folder / "a/b/c")
    looked = Looked(folder, USUAL)
    looked.settle()
    looked.found(True)
    check("it is believed", looked.listed == 0, looked.listed)
    looked.patterns = {**USUAL, "hide": ["c"]}
    looked.same("under other patterns it is not")
    looked.patterns = USUAL
    looked.settle()
    sure, listings.SURE = listings.SURE, set()
    looked.found(True)
    check("  nor on a file system that nobody knows", looked.listed > 0, looked.listed)
    listings.SURE = sure
    own, listings.OWN = listings.OWN, "/another"
    looked.found(True)
    check("  nor from other code", looked.listed > 0, looked.listed)
    listings.OWN = own
    for text in ("", "{", "[]", '{"key": 1, "rows": {}}', "\0" * 99):
        pathlib.Path(looked.place).write_text(text)
        looked.same(f"  what is no such file is none: {text[:9]!r}")
    text = pathlib.Path(looked.place)
    looked.settle()
    listings.MOST, most = 1, listings.MOST
    make(folder / "a/more")
    looked.same("  too many")
    check("  are not kept", not text.exists())
    listings.MOST = most
    listings.LARGEST, largest = 1, listings.LARGEST
    keep = work / "kept"
    keep.mkdir()
    looked.place = str(keep / "one")
    looked.found(True)
    check("  nor too much", not any(keep.iterdir()), list(keep.iterdir()))
    listings.LARGEST = largest


def test_mounts(work):
    if os.getuid():
        return
    folder = work / "mounted"
    make(folder / "a/b/c")
    (folder / "a/m").mkdir()
    other = make(work / "other/.env").parent
    looked = Looked(folder, USUAL)
    looked.settle()
    if not os.fork():
        code = 1
        with contextlib.suppress(BaseException):
            mounts.leave_alone()
            code = os.system(f"mount --bind '{other}' '{folder}/a/m'") or looked.found(True) != looked.found(False) or (
                "a/m/.env" not in [one[0] for one in looked.found(True)])
            code = code or os.system(f"mount -t tmpfs none '{folder}/a/b' && touch '{folder}/a/b/.env'") or (
                "a/b/.env" not in [one[0] for one in looked.found(True)])
        os._exit(bool(code))
    check("what is mounted over a folder is found", os.wait()[1] == 0)
    looked.same("  and what is below, when it is there no more")


listings.SETTLED = 60_000_000  # the kernel's clock moves in steps of at most 10 ms
with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
    place = pathlib.Path(name).resolve()
    descriptor = os.open(place, os.O_RDONLY)
    if mounts.kind_of(descriptor) not in listings.SURE:
        print(f"on a file system of the kind {mounts.kind_of(descriptor):#x}, which is taken here")
        listings.SURE.add(mounts.kind_of(descriptor))
    for test in (test_random, test_unlisted, test_attacks, test_believed, test_mounts):
        test(place)
print(f"{counts[True]} passed, {counts[False]} failed")
sys.exit(counts[False] > 0)
