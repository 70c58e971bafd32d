"""What macOS has in place of Linux's kinds: launchd's jobs, the anchor of pf,
access lists of its own. No Mac is in our tests; what could not be confirmed on one is marked as
unconfirmed."""

import os
import signal
import stat
import time

import engine
from kinds.folder import entry_differs
from kinds.kind import Kind
from say import Failed, lines_of, remark

DAEMONS = "/Library/LaunchDaemons"
TRIES = 25  # to start a job


class Anchor(Kind):
    """rules: the anchor of pf, which pf-guard loads, keeps and looks at."""

    kind = "rules"
    guards = must = goes_last = True

    def pf_guard(self, verb):
        return self.host.said(self.change.path("bin/pf-guard"), verb, self.sandbox.name, str(self.sandbox.agent_uid))

    def check(self, report):
        if not self.host.root:
            report.warn("note: the pf rules and the Seatbelt profile are checked only as root")
            return
        # -n parses alone. Numbers stand for users, so nobody has to exist yet.
        folder = self.change.path("darwin/pf")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".conf") and not self.host.tell("pfctl", "-q", "-n", "-a", self.name, "-f", f"{folder}/{name}"):
                report.complain(f"pf refuses {name}")

    def differs(self, seen):
        good, said = self.pf_guard("check")
        return "" if good else " ".join(lines_of(said, 3)) or "pf-guard says no"

    def guard(self):
        return ""  # bin/darwin-session asks pf-guard itself, at the last moment

    def stale(self, seen):
        return True  # what is loaded is of one generation, and its numbers are the same in another

    def plan(self):
        names = sorted(os.listdir(self.change.path("darwin/pf")))
        if any(self.change.file_differs(f"darwin/pf/{name}") for name in names):
            return f"load the rules of the anchor {self.name}"
        return ""

    def converge(self, seen):
        good, said = self.pf_guard("keep")
        if not good:
            remark(lines_of(said, 5))
            raise Failed(f"the rules of the anchor {self.name} could not be loaded")

    def tell(self, seen):
        return ["firewall    pf, for this whole Mac: iCloud Private Relay may be off until remove"]

    @classmethod
    def dismiss(cls, rows):
        """The rules go last, when the state with pf's token, and perhaps the guard itself, have gone: also those of a remove that
        was cut in between."""
        for row in rows:
            text = row.host.read(row.change.state.at("pf-token"))
            if text:
                row.host.write(row.token_copy(), text, 0o600)

    def token_copy(self):  # where it lasts as long as pf knows it
        return f"/var/run/{self.sandbox.prefix}.pf-token"

    def token(self):
        text = self.host.read(self.change.state.at("pf-token")) or self.host.read(self.token_copy()) or b""
        return text.decode("ascii", "replace").partition(" ")[2].strip()

    def remove(self):
        """As bin/pf-guard drops them."""
        for name in (self.name, self.name.replace("/000.", "/001.")):
            self.host.ok("pfctl", "-q", "-a", name, "-F", "all")
        if self.token():
            self.host.ok("pfctl", "-q", "-X", self.token())
        for path in (self.change.state.at("pf-token"), self.change.state.at("pf-loaded"), self.token_copy()):
            self.host.unlink(path)


class Profile(Kind):
    """profile: Seatbelt's. There is no parser to ask but the kernel's own: start a program that does nothing.
    Unconfirmed: that /usr/bin/true runs as root under a profile meant for the agent."""

    kind = "profile"

    def check(self, report):
        profile = self.change.path(self.name)
        if self.host.root and not self.host.tell("/usr/bin/sandbox-exec", "-f", profile, "/usr/bin/true"):
            report.complain("sandbox-exec refuses the profile")


class Folder(Kind):
    """folder: desired: (mode, uid, gid); a workspace's only when it is made. What is in a workspace stays."""

    kind = "folder"
    must = True

    def is_workspace(self):
        return self.name in self.sandbox.workspaces

    def check(self, report):
        """A home that nobody else may search (Member) is no way to a workspace, whatever its own list says."""
        place = os.path.dirname(self.name)
        while self.is_workspace() and place != "/":
            info = self.host.about(place)
            if info and not info.st_mode & 0o001:
                report.lacks(f"the agent cannot get to {self.name}: {place} lets no other users through, as it should be. Projects "
                             f"on a Mac have their place in /Users/Shared")
                return
            place = os.path.dirname(place)

    def differs(self, seen):
        if self.is_workspace():
            return "" if self.host.is_folder(self.name) else "no folder is there"
        mode, uid, gid = self.desired
        return entry_differs(self.host, self.name, stat.S_ISDIR, mode, str(uid), str(gid))

    def converge(self, seen):
        mode, uid, gid = self.desired
        if os.path.islink(self.name):
            raise Failed(f"{self.name} is a symbolic link")
        if self.is_workspace() and self.host.is_folder(self.name):
            return
        os.makedirs(self.name, exist_ok=True)
        os.chown(self.name, uid, gid, follow_symlinks=False)
        os.chmod(self.name, int(mode, 8))

    def remove(self):
        goes = self.name == self.sandbox.home or self.name.startswith("/etc/agent-sandbox/")
        if goes and not self.host.remove_tree(self.name):
            raise Failed(f"{self.name} stays")


class AccessList(Kind):
    """access-list: three entries: folders pass on search, files never get execute by inheritance; they are
    inherited only at creation, so what is there already gets bare ones. -P and -h: no link is followed. An
    inherited entry of a workspace that was dropped names a group that stays."""

    kind = "access-list"
    RIGHTS = "list,search,add_file,add_subdirectory,delete,delete_child"
    ATTRIBUTES = "readattr,writeattr,readextattr,writeextattr,readsecurity"
    CONTENTS = "read,write,append,delete"

    def observe(self):
        """Only ls prints the entries."""
        return self.host.text("ls", "-lde", self.name) or ""

    def differs(self, seen):
        return "" if f"group:{self.sandbox.share} allow" in seen else f"it lacks {self.sandbox.share}"

    def converge(self, seen):
        if not self.differs(seen):
            return
        for kind, rights in (("d", f"{self.RIGHTS},{self.ATTRIBUTES},directory_inherit"),
                             ("d", f"{self.CONTENTS},{self.ATTRIBUTES},file_inherit,directory_inherit,only_inherit"),
                             ("f", f"{self.CONTENTS},{self.ATTRIBUTES}")):
            if not self.host.tell("find", "-P", self.name, "-type", kind, "-exec", "chmod", "-h", "+a",
                                  f"group:{self.sandbox.share} allow {rights}", "{}", "+"):
                raise Failed(f"no access list for {self.name}")

    def tell(self, seen):
        return [f"workspace   {self.name}: read-write, shared by access lists"]

    def remove(self):
        if self.host.is_folder(self.name):
            self.host.ok("find", "-P", self.name, "-exec", "chmod", "-h", "-N", "{}", "+")


class Copies(Kind):
    """copies: of the secrets, for the proxy: what systemd does for a unit on Linux. desired: NAME=SOURCE each."""

    kind = "copies"

    def stale(self, seen):
        return True  # whether a keychain's item is another one cannot be seen

    def converge(self, seen):
        if self.desired and not self.host.tell(self.change.path("bin/darwin-secrets"), self.name,
                                               str(self.sandbox.proxy_uid), *self.desired):
            raise Failed("the secrets could not be copied")


class Job(Kind):
    """job: of launchd. desired: whether it is the proxy's."""

    kind = "job"
    guards = must = runs = True

    def plist(self):
        return f"{DAEMONS}/{self.name}.plist"

    def check(self, report):
        if not self.host.tell("plutil", "-lint", "-s", self.change.path(f"darwin/launchd/{self.name}.plist")):
            report.complain(f"plutil refuses {self.name}.plist")

    def observe(self):
        return self.host.ok("launchctl", "print", f"system/{self.name}")

    def differs(self, seen):
        return "" if seen else "it is not loaded"

    def stale(self, seen):
        from source import folders_differ

        code = self.desired and (self.change.before is None or folders_differ(
            self.change.path("proxy"), f"{self.change.before}/proxy", but=("policy.json",)))
        return code or self.plist() in self.change.wrote

    def guard(self):
        """All jobs by one question, for which a session waits; what that does not name is asked for by its name."""
        cache = self.change.cache
        if "jobs" not in cache:
            cache["jobs"] = {line.rpartition("\t")[2] for line in (self.host.text("launchctl", "list") or "").splitlines()}
        return "" if self.name in cache["jobs"] else self.difference()

    def plan(self):
        return "" if self.observe() else f"start {self.name}"

    def converge(self, seen):
        """bootout returns before the job is gone, and bootstrap fails while it is not: for a moment also (EIO) when print
        knows it no more."""
        if seen:
            self.remove()
        if self.host.tell("launchctl", "enable", f"system/{self.name}"):
            for again in range(TRIES):
                good, said = self.host.said("launchctl", "bootstrap", "system", self.plist())
                if good or again and self.observe():
                    return
                time.sleep(0.2)
            remark(lines_of(said, 3))
        raise Failed(f"{self.name} does not start: see launchctl print system/{self.name}")

    def tell(self, seen):
        return [f"job         {self.name}: loaded"] if seen else []

    def remove(self):
        self.host.ok("launchctl", "bootout", f"system/{self.name}")
        for _ in range(50):
            if not self.observe():
                return
            time.sleep(0.2)
        raise Failed(f"{self.name} does not end")


class Listener(Kind):
    """proxy: that it answers, and has published its CA. name: its log"""

    kind = "proxy"

    def is_up(self):
        bundle = self.host.about(f"{self.sandbox.run}/ca-bundle.pem")
        return bundle is not None and bundle.st_size > 0 and self.host.ok(
            "nc", "-z", "127.0.0.1", str(self.sandbox.proxy_port))

    def differs(self, seen):
        return "" if self.is_up() else "it does not answer"

    def converge(self, seen):
        for _ in range(120):
            if self.is_up():
                return
            time.sleep(0.5)
        remark([f"the end of {self.name}:"] + lines_of(self.host.read(self.name) or b"", 10000)[-8:])
        raise Failed("the proxy does not answer")

    def tell(self, seen):
        """Which program runs: it is looked for whenever it starts (bin/darwin-egress)."""
        return [f"proxy       {one}: {program}" for one, program in engine.PROGRAMS.items()
                if self.host.ok("pgrep", "-U", str(self.sandbox.proxy_uid), "-f", program)]


class Processes(Kind):
    """process: all of the agent's. Seatbelt's profile stays around what it was put around."""

    kind = "process"
    runs = is_sessions = True

    def remove(self):
        """More than once: what one of them forks meanwhile is not among those that pkill goes by."""
        self.host.ok("launchctl", "bootout", f"user/{self.sandbox.agent_uid}")
        for _ in range(100):
            self.host.ok("pkill", f"-{signal.SIGKILL.value}", "-U", str(self.sandbox.agent_uid))
            if not self.is_running():
                return
            time.sleep(0.02)
        raise Failed(f"processes of {self.name} do not end")

    stop = remove

    def is_running(self):
        return self.host.ok("pgrep", "-U", str(self.sandbox.agent_uid))
