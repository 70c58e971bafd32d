"""What root keeps of a sandbox below its state folder:

  generations/COMMIT  root's own copies of commits; current -> one of them
  listings/COMMIT     what was in it: mode, SHA-256 and path of each file
  bytecode            of the generations' Python, by the path of each file: so that no session waits for it
  objects             every managed object that was ever made and not removed again (table.py)
  pending             a change is under way: the commit to go back to (or nothing), the new one, and how
                      long it is tried. Whoever finds it without a running apply undoes what was cut
                      short, or finishes it.
  closed              the same of a change that did not hold and whose undoing would have allowed
                      something again: no session until a verify holds or another apply succeeds
"""

import fcntl
import os
import stat
import sys
import time

from applied import is_roots
from say import Failed, Refused, warn

KEPT = 10  # generations
PATIENCE = 30  # seconds for another apply, verify or remove


class Change:
    """back, to: commits; seconds: of apply --try, or ''."""

    def __init__(self, back, to, seconds=""):
        self.back, self.to, self.seconds = back, to, seconds


class State:
    def __init__(self, host, sandbox):
        self.host, self.path, self.prefix = host, sandbox.state, sandbox.prefix
        self.states = sandbox.states
        self.lock_path = f"/var/run/{self.prefix}.lock"
        self.lock = None

    def at(self, name):
        return f"{self.path}/{name}"

    def has(self, name):
        return os.path.lexists(self.at(name))

    def write(self, name, text):
        self.host.write(self.at(name), text.encode(), 0o644)

    # -- one apply, verify or remove at a time --

    def take_lock(self):
        """The kernel lets go of it with its last holder, whatever ended that; and our children hold it, too.
        /run is root's, so nobody else can plant a file there."""
        ends, told = time.monotonic() + PATIENCE, False
        while not self.try_lock():
            if not told:
                warn("waiting for another apply, verify or remove")
            told = True
            if time.monotonic() > ends:
                raise Failed(f"another apply, verify or remove of {self.prefix[14:]} is under way")
            time.sleep(0.1)
        self.host.keeps = (self.lock,)

    def try_lock(self):
        lock = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # It may be a removed one by the time that we hold it.
            if os.path.samestat(os.fstat(lock), os.stat(self.lock_path)):
                self.lock = lock
                return True
        except OSError:
            pass
        os.close(lock)
        return False

    def is_locked(self):
        try:
            lock = os.open(self.lock_path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except OSError:
            return True
        finally:
            os.close(lock)

    # -- generations --

    def current(self):
        """The applied commit, or None."""
        try:
            return os.path.basename(os.readlink(self.at("current")))
        except OSError:
            return None

    def tree(self, commit):
        return self.at(f"generations/{commit}")

    def has_generation(self, commit):
        return bool(commit) and self.host.is_folder(self.tree(commit))

    def make(self):
        """Root's folders: made by root, and nobody else's to write."""
        for folder in (self.states, self.path, self.at("generations"), self.at("listings")):
            if os.path.islink(folder):
                raise Failed(f"{folder} is a symbolic link")
            os.makedirs(folder, exist_ok=True)
            os.chown(folder, 0, 0)
            os.chmod(folder, 0o755)

    def forget_if_empty(self):
        for folder in (self.at("generations"), self.at("listings"), self.path, self.states):
            try:
                os.rmdir(folder)
            except OSError:
                pass

    def is_stored(self, commit):
        """Whether root's copy is still what was hashed to this commit's id when it was made: to make and hash another
        one would tell no more."""
        return self.has_generation(commit) and not self.generation_differs(commit)

    def store(self, extract, commit):
        """extract(FOLDER) writes the commit's files. A half-written copy never has the final name."""
        new, final = self.at("generations/.new"), self.tree(commit)
        self.host.remove_tree(new)
        try:
            extract(new)
            listing = list_tree(new)
            self.write(f"listings/{commit}", listing)
            if not self.has_generation(commit) or self.generation_differs(commit):
                take_over(new)
                os.sync()
                self.host.remove_tree(final)
                os.rename(new, final)
        except OSError as error:
            raise Failed(f"cannot copy commit {commit}: {error.strerror}") from None
        finally:
            self.host.remove_tree(new)
        return final

    def compile(self, commit):
        """A Python that is another version by then compiles it anew each time, as it does elsewhere."""
        import py_compile

        was, sys.pycache_prefix = sys.pycache_prefix, self.at("bytecode")
        try:
            for place, _, names in os.walk(f"{self.tree(commit)}/host"):
                for name in names:
                    if name.endswith(".py"):
                        py_compile.compile(f"{place}/{name}", quiet=2)
        except OSError:
            pass  # a full disk: it goes without
        finally:
            sys.pycache_prefix = was

    def trees(self):
        """All that are kept."""
        folder = self.at("generations")
        return [f"{folder}/{name}" for name in sorted(os.listdir(folder))] if os.path.isdir(folder) else []

    def discard(self, commit):
        """One that was refused leaves nothing behind."""
        if self.current() != commit:
            self.host.remove_tree(self.tree(commit))
            self.host.unlink(self.at(f"listings/{commit}"))
        self.forget_if_empty()

    def generation_differs(self, commit):
        """Which of its files are not those of the commit, or not root's alone."""
        wanted = self.host.read(self.at(f"listings/{commit}"))
        if wanted is None:
            return "nothing says what was in it: apply again"
        try:
            seen = list_tree(self.tree(commit), strict=True)
        except OSError as error:
            return f"it cannot be read: {error.strerror}"
        lines = set(wanted.decode().splitlines()) ^ set(seen.splitlines())
        return " ".join(sorted({line.split(" ", 2)[2] for line in lines})[:5])

    def flip(self, commit):
        """rename(2) is atomic."""
        new = self.at(f".current.{os.getpid()}")
        self.host.unlink(new)
        os.symlink(f"generations/{commit}", new)
        os.rename(new, self.at("current"))

    def prune(self, *keep):
        folder = self.at("generations")
        ages = {name: os.lstat(f"{folder}/{name}").st_mtime for name in os.listdir(folder)}
        for old in sorted(ages, key=ages.get, reverse=True)[KEPT:]:
            if old not in keep:
                self.host.remove_tree(f"{folder}/{old}")
                self.host.remove_tree(f"{self.at('bytecode')}{folder}/{old}")
                self.host.unlink(self.at(f"listings/{old}"))

    # -- a change under way --

    def begin(self, change):
        self.host.unlink(self.at("engine"))  # of a change that was cut short at its very end
        try:
            self.write("pending", f"{change.back or ''}\n{change.to}\n{change.seconds}\n")
            os.sync()
        except OSError as error:
            raise Failed(f"cannot write to the state folder: {error.strerror}") from None

    def pending(self):
        text = self.host.read(self.at("pending"))
        if text is None:
            return None
        back, to, seconds, *_ = text.decode().split("\n") + ["", "", ""]
        return Change(back, to, seconds)

    def end(self):
        self.host.unlink(self.at("pending"))
        self.host.unlink(self.at("engine"))
        os.sync()

    def end_open(self):
        """The change, and every one before it that did not hold."""
        self.host.unlink(self.at("closed"))
        self.end()

    def close(self):
        """A rename needs no room on a disk that may be full."""
        os.replace(self.at("pending"), self.at("closed"))

    # -- the journal of objects --

    def objects(self):
        text = self.host.read(self.at("objects"))
        if text is None:
            return []
        return [tuple(line.split("\t", 1)) for line in text.decode("utf-8", "surrogateescape").splitlines()]

    def write_objects(self, objects):
        lines = sorted({f"{kind}\t{name}\n" for kind, name in objects})
        self.host.write(self.at("objects"), "".join(lines).encode("utf-8", "surrogateescape"))


def list_tree(folder, strict=False):
    """A line for each file: its mode, its SHA-256, its path. What no commit of ours can hold is "other" in
    place of the hash; strict: so is what is not root's alone."""
    import hashlib

    lines = []
    for place, folders, names in os.walk(folder):
        for name in folders + names:
            path = f"{place}/{name}"
            info = os.lstat(path)
            mode = stat.S_IMODE(info.st_mode)
            known = stat.S_ISREG(info.st_mode) and mode in (0o644, 0o755)
            if stat.S_ISDIR(info.st_mode) and not (strict and (info.st_uid or mode != 0o755)):
                continue
            digest = "other"
            if known and not (strict and info.st_uid):
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
            lines.append(f"{mode:04o} {digest} {path[len(folder) + 1:]}\n")
    return "".join(sorted(lines))


def take_over(folder):
    """Root's alone."""
    for place, folders, names in os.walk(folder):
        os.chmod(place, 0o755)
        for path in [place] + [f"{place}/{name}" for name in names]:
            os.chown(path, 0, 0, follow_symlinks=False)


def applied_names(states):
    """The sandboxes that are applied here."""
    try:
        names = sorted(os.listdir(states))
    except OSError:
        return []
    return [name for name in names if os.path.exists(f"{states}/{name}/current")]


def require_roots(paths):
    """What is not there is nobody's."""
    for path in paths:
        if os.path.lexists(path) and not is_roots(path):
            raise Refused(f"{path} is not root's alone: nothing of it is run")
