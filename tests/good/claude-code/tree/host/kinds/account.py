"""user, group: who runs what (Linux). systemd-sysusers makes them, as Nix's modules and image builders
have it; what it leaves as it is, usermod mends."""

import grp
import os
import pwd

from kinds.kind import Kind
from say import Failed, lines_of, remark, warn

# All ids of a sandbox follow from one.
ANOTHER_UID = 'give the sandbox another "uid" or "name" in "user"'


def sysusers(sandbox):
    return f"linux/sysusers.d/{sandbox.prefix}.conf"


def forget_names(host):
    """A name service's cache remembers for a while who was not there."""
    if host.have("nscd"):
        host.ok("nscd", "-i", "passwd")
        host.ok("nscd", "-i", "group")


class Account(Kind):
    """Numbers that are taken were refused before; everything else goes back to what the spec says."""

    must = True

    @classmethod
    def prepare(cls, rows):
        change = rows[0].change
        if all(row.observe() for row in rows) and not change.again:
            return
        # It exits 0 whatever uid it took, so the result is looked at.
        if not change.host.tell("systemd-sysusers", change.path(sysusers(change.sandbox))):
            raise Failed("systemd-sysusers fails")
        forget_names(change.host)

    def check_number(self, report, kind, there, holder, number, what):
        """kind: user or group; there: its number here; holder: who has our number here"""
        if there is not None and there != number:
            report.complain(f"{kind} {self.name} has {what} {there} here, and the spec says {number}: {ANOTHER_UID}")
        if holder not in (None, self.name):
            report.complain(f"{what} {number} belongs to {holder} here: {ANOTHER_UID}")

    def check_group(self, report, number):
        there, holder = self.host.group(self.name), self.host.group(number)
        self.check_number(report, "group", there and there.gr_gid, holder and holder.gr_name, number, "gid")

    def plan(self):
        return "" if self.observe() else f"create {self.kind} {self.name}"


class User(Account):
    """desired: (uid or None, home or None, groups); its own group has its name and number."""

    kind = "user"

    @classmethod
    def check_all(cls, rows, report):
        super().check_all(rows, report)
        dry_run(rows[0], report)

    def check(self, report):
        number = self.desired[0]
        if number is None:
            return
        there, holder = self.host.user(self.name), self.host.user(number)
        self.check_number(report, "user", there and there.pw_uid, holder and holder.pw_name, number, "uid")
        self.check_group(report, number)

    def observe(self):
        return self.host.user(self.name)

    def shell(self):
        """Where Nix makes them, it lies in its store."""
        if self.change.managed_by_nix or self.name != self.sandbox.agent:
            return None
        for line in (self.host.read(self.change.path(sysusers(self.sandbox))) or b"").decode().splitlines():
            words = line.split()
            if words[:2] == ["u", self.name]:
                return words[-1]
        return None

    def differs(self, seen):
        if seen is None:
            return "there is no such user"
        number, home, groups = self.desired
        own = self.host.group(self.name)
        others = [name for name in self.host.groups_of(self.name, seen.pw_gid) if name != self.name]
        shell = self.shell()
        wrong = [
            number is not None and seen.pw_uid != number and f"uid {seen.pw_uid}, not {number}",
            own is not None and seen.pw_gid != own.gr_gid and f"group {seen.pw_gid}, not {own.gr_gid}",
            number is not None and (own is None or own.gr_gid != number) and f"its group has not the gid {number}",
            home and seen.pw_dir != home and f"home {seen.pw_dir}, not {home}",
            shell and seen.pw_shell != shell and f"shell {seen.pw_shell}, not {shell}",
            others != groups and f'in the groups "{" ".join(others)}", not "{" ".join(groups)}"',
            self.has_password() and "it has a password",
        ]
        return "; ".join(filter(None, wrong))

    def has_password(self):
        for line in (self.host.read("/etc/shadow") or b"").splitlines():
            fields = line.split(b":")
            if fields[0] == self.name.encode():
                return fields[1][:1] not in (b"", b"!", b"*")
        return False

    def converge(self, seen):
        difference = self.differs(seen)
        if seen is None or not difference:
            return
        warn(f"user {self.name} goes back to what the spec says: {difference}")
        _, home, groups = self.desired
        words = ["-g", self.name, "-G", ",".join(groups)] + (["-d", home] if home else [])
        words += ["-s", self.shell()] if self.shell() else []
        words += ["-p", "!*"] if self.has_password() else []
        self.host.tell("usermod", *words, self.name)

    def remove(self):
        self.host.ok("crontab", "-r", "-u", self.name)
        if self.observe() and not self.host.ok("userdel", self.name) and self.observe():
            raise Failed(f"user {self.name} stays")
        remove_group(self.host, self.name)


class Group(Account):
    """desired: (gid, members): nobody else is in it."""

    kind = "group"

    def check(self, report):
        self.check_group(report, self.desired[0])
        for operator in self.desired[1]:
            # sysusers' m line would create the missing user.
            if operator != self.sandbox.agent and not self.host.user(operator):
                report.lacks(f"operator '{operator}' has no account here")

    def observe(self):
        return self.host.group(self.name)

    def differs(self, seen):
        if seen is None:
            return "there is no such group"
        gid, members = self.desired
        if seen.gr_gid != gid:
            return f"gid {seen.gr_gid}, not {gid}"
        there, wanted = sorted(set(seen.gr_mem)), sorted(set(members))
        return "" if there == wanted else f"it has {' '.join(there)} and not {' '.join(wanted)}"

    def converge(self, seen):
        members = self.desired[1]
        there = seen.gr_mem if seen else []
        for member in there:
            if member not in members:
                self.host.ok("gpasswd", "-d", member, self.name)
        for member in members:
            # Not usermod: it knows no account of a directory.
            if member not in there:
                self.host.tell("gpasswd", "-a", member, self.name)

    def remove(self):
        remove_group(self.host, self.name)


def remove_group(host, name):
    if host.group(name) and not host.ok("groupdel", name) and host.group(name):
        raise Failed(f"group {name} stays")


def dry_run(row, report):
    """systemd-sysusers on copies of this host's own files. They serve the firewall's check, too, whose rules
    name these users."""
    host, change = row.host, row.change
    root = f"{report.scratch}/root"
    os.makedirs(f"{root}/etc")
    for name, entries in (("passwd", pwd.getpwall()), ("group", grp.getgrall())):
        with open(f"{root}/etc/{name}", "w", encoding="utf-8", errors="surrogateescape") as file:
            for entry in entries:
                fields = [",".join(field) if isinstance(field, list) else str(field) for field in entry]
                file.write(":".join(fields) + "\n")
    if not host.have("systemd-sysusers"):
        return
    good, said = host.said("systemd-sysusers", f"--root={root}", change.path(sysusers(change.sandbox)))
    if not good:
        report.complain(f"systemd-sysusers refuses {sysusers(change.sandbox)}:")
    elif not dry_ids(root, "passwd") >= {(one, uid) for one, uid in wanted_users(change.sandbox)} or (
            not dry_ids(root, "group") >= set(wanted_groups(change.sandbox))):
        report.complain("systemd-sysusers would not create the users as the spec says:")
    else:
        return
    remark(lines_of(said, 20))


def wanted_users(sandbox):
    return [(sandbox.agent, sandbox.agent_uid), (sandbox.proxy, sandbox.proxy_uid)]


def wanted_groups(sandbox):
    return wanted_users(sandbox) + [(sandbox.share, sandbox.share_gid)]


def dry_ids(root, name):
    with open(f"{root}/etc/{name}", encoding="utf-8", errors="surrogateescape") as file:
        fields = [line.rstrip("\n").split(":") for line in file]
    return {(one[0], int(one[2])) for one in fields if len(one) > 2 and one[2].isdigit()}
