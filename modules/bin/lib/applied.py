"""The sandboxes that are applied on this host: who they are, and where they may write."""

import functools
import grp
import os
import pwd
import re
import stat

SETTING = re.compile(r"([A-Z_]+)='([A-Za-z0-9 ._+@:/,=-]*)'")


class Refused(Exception):
    """Why not, in a sentence."""


def settings(path):
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        text = file.read(1 << 16).decode("ascii", "replace")
    return dict(match.groups() for match in map(SETTING.fullmatch, text.splitlines()) if match)


def is_roots(path):
    """Root's alone, as far as the mode says."""
    info = os.lstat(path)
    return info.st_uid == 0 and (stat.S_ISLNK(info.st_mode) or not info.st_mode & 0o022)


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


def applied(states, system):
    """The settings of every sandbox that is applied on this host."""
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
            path = os.path.join(generation, system, "host.conf")
            try:
                found.append(settings(path))
            except OSError as error:
                raise Refused(f"cannot tell what is applied here: {path}: {error.strerror}")
    return found


class Sandboxes:
    """Who they are, by number and by name, and their folders."""

    def __init__(self, confs):
        self.uids, self.gids, self.names, self.workspaces = set(), set(), set(), {}
        for conf in confs:
            self.names.update(conf.get(key) for key in ("AGENT", "PROXY", "RELAY", "SHARE"))
            numbers = {key: int(value) for key, value in conf.items() if value.isdigit()}
            users = {numbers.get("AGENT_UID"), numbers.get("PROXY_UID")}
            self.uids |= users
            self.gids |= users | {numbers.get("SHARE_GID")}
            for key in ("AGENT", "PROXY", "RELAY"):
                self.add_user(conf.get(key, ""))
            for key in ("WORKSPACES_RW", "WORKSPACES_RO", "AGENT_HOME"):
                for path in conf.get(key, "").split():
                    self.workspaces[os.path.realpath(path)] = path

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
