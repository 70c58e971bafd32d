"""What root keeps of the projects that were used, below the sandbox's state, in a folder for each:

  about   whose it is, and which generation's dotfiles its home has; its time is that of the last session
  home    the agent's home of its sessions, where the spec says per-project
  told    what they are told of their rules (told.py)

A session holds its folder locked; one that is removed is none."""

import contextlib
import fcntl
import json
import os
import shutil
import stat
import time

from kinds.dotfiles import Dotfiles
from source import folders_differ
from say import Failed

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def begin(change, project):
    """Before a session in it: its folder is there, its home is ready. Gives a descriptor that keeps it from being removed."""
    os.makedirs(os.path.dirname(project.place), 0o700, exist_ok=True)
    held = hold(project.place)
    about = read(project.place)
    commit = change.state.current()
    if change.sandbox.projects.each:
        with seeding(project.place):
            about = read(project.place)
            seed(change, project, about.get("dotfiles"))
    now = {"path": project.path, "root": project.root, "operator": project.account.pw_name, "uid": project.account.pw_uid,
           "dotfiles": commit}
    if about != now:
        change.host.write(f"{project.place}/about", json.dumps(now).encode(), 0o600)
    os.utime(f"{project.place}/about")
    return held


def hold(place, how=fcntl.LOCK_SH):
    """Of the folder that is there by the time that we hold it. OSError where it is in use (LOCK_EX | LOCK_NB)."""
    while True:
        with contextlib.suppress(FileExistsError):
            os.mkdir(place, 0o700)
        try:
            held = os.open(place, FOLDER)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(held, how)
            if os.path.samestat(os.fstat(held), os.stat(place)):
                return held
        except FileNotFoundError:
            pass
        except OSError:
            os.close(held)
            raise
        os.close(held)


@contextlib.contextmanager
def seeding(place):
    with open(f"{place}/seeding", "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read(place):
    """{} where nobody knows."""
    try:
        with open(f"{place}/about", "rb") as file:
            about = json.loads(file.read(1 << 16))
    except (OSError, ValueError):
        return {}
    good = isinstance(about, dict) and isinstance(about.get("path"), str) and type(about.get("uid")) is int
    return about if good else {}


def seed(change, project, had):
    """The home, with the dotfiles. A new one is filled while nobody but root can enter it; into one that the agent has had,
    the agent itself writes, inside."""
    home, commit = f"{project.place}/home", change.state.current()
    dotfiles = change.path("home")
    if not os.path.isdir(home):
        fill(change.sandbox, dotfiles, f"{project.place}/new", home)
    elif had != commit and folders_differ(dotfiles, f"{change.state.at('generations')}/{had}/home"):
        Dotfiles(change, change.sandbox.agent).write(home)


def fill(box, dotfiles, new, home):
    shutil.rmtree(new, ignore_errors=True)
    os.mkdir(new, 0o700)
    for place, folders, names in os.walk(dotfiles):
        below = new + place[len(dotfiles):]
        for name in folders:
            os.mkdir(f"{below}/{name}", 0o700)
        for name in names:
            executable = os.stat(f"{place}/{name}").st_mode & stat.S_IXUSR
            shutil.copyfile(f"{place}/{name}", f"{below}/{name}", follow_symlinks=False)
            os.chmod(f"{below}/{name}", 0o700 if executable else 0o600)
    for place, folders, names in os.walk(new, topdown=False):
        for name in folders + names:
            os.chown(f"{place}/{name}", box.agent_uid, box.agent_uid, follow_symlinks=False)
    os.chown(new, box.agent_uid, box.agent_uid)
    os.rename(new, home)


# -- agent-sandbox projects --

def all_of(sandbox, uid):
    """[(place, about)] of one operator's, or of all for None."""
    folder = f"{sandbox.state}/projects"
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    found = [(f"{folder}/{name}", read(f"{folder}/{name}")) for name in names]
    return [(place, about) for place, about in found if about and uid in (None, about["uid"])]


def size_of(place):
    """Bytes on the disk that a home takes, and whether all of it was looked at. The agent owns it: no link is followed."""
    total, ends = 0, time.monotonic() + 10
    try:
        for _, _, names, here in os.fwalk(f"{place}/home", follow_symlinks=False):
            total += os.fstat(here).st_blocks * 512
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(name, dir_fd=here).st_blocks * 512
            if time.monotonic() > ends:
                return total, False
    except RecursionError:  # folders in each other without end
        return total, False
    return total, True


def told_of(place, about):
    total, whole = size_of(place)
    used = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(os.stat(f"{place}/about").st_mtime))
    return {"project": about["path"], "operator": about.get("operator"), "used": used, "there": is_there(about),
            "home": f"{place}/home" if os.path.isdir(f"{place}/home") else None, "bytes": total, "counted": whole}


def is_there(about):
    """None where even its root is not there, which may be a disk that is not mounted."""
    if not os.path.isdir(about.get("root") or "/"):
        return None
    return os.path.isdir(about["path"])


def drop(host, place, path):
    """The home and the notes, never the project. Failed where a session is in it."""
    try:
        held = hold(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Failed(f"a session is in {path}: end it first") from None
    try:
        if not host.remove_tree(place):
            raise Failed(f"{place} stays")
    finally:
        os.close(held)
