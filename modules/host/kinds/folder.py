"""folder: one that tmpfiles.d makes (Linux). What is in a workspace stays with its people."""

import os
import shlex
import stat

from kinds.kind import Kind
from say import Failed, lines_of, remark


def tmpfiles(sandbox):
    return f"linux/tmpfiles.d/{sandbox.prefix}.conf"


def make_all(rows):
    """It exits 0 or 73 for failures that matter and for ones that do not; so look at the result."""
    change = rows[0].change
    change.host.tell("systemd-tmpfiles", "--create", change.path(tmpfiles(change.sandbox)))


def entry_differs(host, path, is_type, mode, user, group):
    """user, group: a name or a number, as a text."""
    info = host.about(path)
    if info is None:
        return "it is missing"
    owner, own = number(host.user, user, "pw_uid"), number(host.group, group, "gr_gid")
    if is_type(info.st_mode) and (stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid) == (int(mode, 8), owner, own):
        return ""
    owner, own = host.user(info.st_uid), host.group(info.st_gid)
    return (f"it is {stat.filemode(info.st_mode)} {owner.pw_name if owner else info.st_uid} "
            f"{own.gr_name if own else info.st_gid}, not {mode} {user} {group}")


def number(find, name, field):
    if name.isdigit():
        return int(name)
    entry = find(name)
    return entry and getattr(entry, field)


def first_operator(host, sandbox):
    """pwd's entry of the first one who has an account here; None. Root's folders stay root's."""
    found = map(host.user, sandbox.operators)
    return next((account for account in found if account and account.pw_uid), None)


def holds_mount(host, path):
    """A mount below it would be somebody's data."""
    lines = (host.read("/proc/self/mountinfo") or b"").decode("utf-8", "surrogateescape").splitlines()
    return any((line.split()[4] + "/").startswith(path + "/") for line in lines)


class Folder(Kind):
    """desired: (mode, user, group), as tmpfiles.d(5) has them: a colon asks for something of a new folder
    alone."""

    kind = "folder"
    must = True

    @classmethod
    def check_all(cls, rows, report):
        super().check_all(rows, report)
        host, change = rows[0].host, rows[0].change
        if not host.root or not host.have("systemd-tmpfiles"):
            return
        # --root keeps it off the host; a rule that does not parse is exit 65, one that could not be carried out
        # in that bare folder (73) is no fault of the file.
        done = host.run("systemd-tmpfiles", "--create", f"--root={report.scratch}/root",
                        change.path(tmpfiles(change.sandbox)), capture_output=True)
        if done.returncode == 65:
            report.complain("systemd-tmpfiles refuses its rules:")
            remark(lines_of(done.stderr, 20))

    @classmethod
    def prepare(cls, rows):
        if rows[0].change.again or any(row.difference() or row.stale(None) for row in rows):
            host = rows[0].host
            new = [row for row in rows if row.is_workspace() and not host.about(row.name)]
            make_all(rows)
            for row in new:
                row.give()

    def give(self):
        """The share's group comes with the next login: until then a workspace is an operator's by its owner, and what
        the agent makes in it by an entry (without idmapped mounts that is the agent's). Not in the tmpfiles.d file,
        because a team's operators have no accounts on each other's hosts."""
        heir = first_operator(self.host, self.sandbox)
        if heir and self.host.is_folder(self.name):
            os.chown(self.name, heir.pw_uid, -1, follow_symlinks=False)
            self.host.ok("setfacl", "-m", f"default:user:{heir.pw_uid}:rwx", "--", self.name)

    def is_workspace(self):
        return self.name in self.sandbox.workspaces

    def check(self, report):
        """Root makes no folder in one that is somebody's, such as a home: what it made would be root's."""
        if not self.is_workspace() or self.host.about(self.name):
            return
        place = os.path.dirname(self.name)
        while not os.path.lexists(place):
            place = os.path.dirname(place)
        owner = os.stat(place).st_uid
        if owner:
            account = self.host.user(owner)
            report.lacks(f"the workspace {self.name} is missing, and {place} belongs to "
                         f"{account.pw_name if account else owner}: make it as that user (mkdir -p {shlex.quote(self.name)})")

    def observe(self):
        return None

    def stale(self, seen):
        return self.change.file_differs(tmpfiles(self.sandbox))

    def differs(self, seen):
        if self.desired[0].startswith(":"):
            return "" if self.host.is_folder(self.name) else "no folder is there"
        return entry_differs(self.host, self.name, stat.S_ISDIR, *self.desired)

    def remove(self):
        if self.is_workspace() or (self.name + "/").startswith(self.sandbox.state + "/"):
            return  # a workspace is left (access_list.py); the state goes as a whole
        if f"/{self.sandbox.name}" not in self.name and self.name != self.sandbox.home:
            try:
                os.rmdir(self.name)  # shared with other sandboxes
            except OSError:
                pass
        elif holds_mount(self.host, self.name):
            raise Failed(f"{self.name} holds a mount")
        elif not self.host.remove_tree(self.name):
            raise Failed(f"{self.name} stays")
