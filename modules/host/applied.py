"""The sandboxes that are applied on this host: who they are, and where they may write."""

import functools
import grp
import os
import pwd
import stat

from sandbox import read_data
from say import Refused  # noqa: F401: for those who ask here

def is_roots(path):
    """Root's alone, as far as the mode says."""
    info = os.lstat(path)
    return info.st_uid == 0 and (stat.S_ISLNK(info.st_mode) or not info.st_mode & 0o022)


def is_one_of(names):
    """Whether we are one of these people; by number, because a name may have several spellings."""
    for name in names:
        try:
            if pwd.getpwnam(name).pw_uid == os.getuid():
                return True
        except KeyError:
            pass  # apply said so
    return False


def generations(state):
    """Those that hold now: the applied one, and the one that an apply cut short would go back to.
    Without an applied one any of them may have left users and workspaces behind."""
    folder = os.path.join(state, "generations")
    kept = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    found = []
    if os.path.lexists(os.path.join(state, "current")):
        found.append(os.path.join(state, "current"))
        kept = [name for name in kept if os.path.lexists(os.path.join(state, "pending"))]
    return found + [os.path.join(folder, name) for name in kept if not name.startswith(".")]


def applied(states):
    """sandbox.json of every sandbox that is applied on this host."""
    if not os.path.lexists(states):
        return []
    found = []
    names = sorted(os.listdir(states))
    above = [states[:at] for at, letter in enumerate(states) if letter == "/" and at]
    for folder in above + [states] + [os.path.join(states, name) for name in names]:
        if not is_roots(folder):
            raise Refused(f"{folder} is not root's alone, so nothing says what is applied here")
    for state in (os.path.join(states, name) for name in names):
        for generation in generations(state) if os.path.isdir(state) else []:
            path = os.path.join(generation, "sandbox.json")
            try:
                found.append(read_data(path))
            except OSError as error:
                raise Refused(f"cannot tell what is applied here: {path}: {error.strerror}") from None
    return found


def within(data, key):
    return data.get(key) if isinstance(data, dict) else None


def roots_of(data):
    """Of projects: what lies below one is an agent's now and then."""
    roots = within(within(data, "projects"), "roots")
    found = []
    for root in roots if isinstance(roots, list) else []:
        own = isinstance(root, str) and root.startswith("~/")
        found += [home + root[1:] for home in homes_of(data.get("operators"))] if own else [root]
    return found


def homes_of(names):
    found = []
    for name in names if isinstance(names, list) else []:
        try:
            found.append(pwd.getpwnam(name).pw_dir)
        except (KeyError, TypeError, ValueError):
            pass
    return found


class Sandboxes:
    """Who they are, by number and by name, and their folders. What is no name, number or path is nobody's: a
    tree may say of itself what it likes."""

    def __init__(self, all_data):
        self.uids, self.gids, self.names, self.workspaces = set(), set(), set(), {}
        for data in all_data:
            for key, number in (("agent", "uid"), ("proxy", "uid"), ("relay", ""), ("share", "gid")):
                self.add_account(data.get(key), key, number)
            homes = within(within(data, "agent"), "home")
            paths = list(homes.values()) if isinstance(homes, dict) else []
            for one in data.get("workspaces") if isinstance(data.get("workspaces"), list) else []:
                paths += [within(one, "path"), within(one, "darwinPath")]
            for path in paths + roots_of(data):
                if isinstance(path, str) and path.startswith("/") and "\0" not in path:
                    self.workspaces[os.path.realpath(path)] = path

    def add_account(self, account, key, number):
        name, value = within(account, "name"), within(account, number)
        if type(value) is int:
            self.gids.add(value)
            self.uids.update({value} if number == "uid" else ())
        if isinstance(name, str) and "\0" not in name:
            self.names.add(name)
            if key != "share":
                self.add_user(name)

    def add_user(self, name):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            return
        if user.pw_uid:
            self.uids.add(user.pw_uid)
            self.gids.update(os.getgrouplist(name, user.pw_gid))
            self.gids.discard(0)

    # An id without a name may be that of a sandbox that was removed.
    def is_user(self, uid):
        return uid in self.uids or not self.has_name(pwd.getpwuid, uid)

    def is_group(self, gid):
        return gid in self.gids or not self.has_name(grp.getgrgid, gid)

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def has_name(look_up, number):
        try:
            look_up(number)
        except (KeyError, OverflowError):
            return False
        return True
