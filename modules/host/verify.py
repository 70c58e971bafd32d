"""verify: the probes of probes/, run as the agent through the very entry that run uses; each row is
guarantee -> held, BROKEN, UNKNOWN, or relaxed by the spec. UNKNOWN is not a pass, and a row that did not
report is UNKNOWN."""

import json
import os
import stat
import tempfile
import time

import engine
import leftover
import probes
import session
from kinds import rules
from kinds.sessions import Sessions
from say import lines_of, progress, remark, say, warn

# What the agent's own files can make fail: a full disk, a link where a repository has its hooks. For apply
# that is no reason to fail, or the agent would have a say in it.
OWN_ROWS = {"home", "workspace", "workspace-setuid", "workspace-mount", "git-closed", "git-moved", "protected"}
COUNTED = "every refusal of the egress filter was counted"
ATTACKED = 50  # files that are hidden, and protected
SPANS = 1000  # verifies whose attacks are remembered


def now():
    """As the proxy writes it, but for the zone: a time of the log is longer, and sorts behind the same one."""
    seconds, rest = divmod(time.time_ns(), 10**9)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest // 10**6:03}"


class Verify:
    def __init__(self, change):
        self.change, self.host, self.sandbox, self.state = change, change.host, change.sandbox, change.state
        self.folder = change.path("probes")
        self.sessions = Sessions(change, "drop-ins") if self.host.system == "linux" else None
        self.rules = rules.Rules(change, getattr(self.sandbox, "table", ""))
        self.marks, self.printed = [], b""

    # -- the other sessions stand still meanwhile: they run as the same user, who may look into the memory of
    # our probes and write what they report --

    def pause(self):
        """The file comes first: a session that would start from here on waits for its end, and one that has looked
        for it already is frozen as it starts, because their slice is there before any of them. The kernel says when
        all of them stand still; a signal to each would miss what one of them forks meanwhile. Where it cannot
        freeze them, they are ended."""
        self.state.write("paused", "")
        if self.host.system != "linux":
            leftover.be_alone(self.change)
            return
        slice_ = f"{self.sandbox.table}.slice"
        group = self.host.ok("systemctl", "start", slice_) and cgroup(self.host, slice_)
        if not (group and self.thaw_after_us(group) and freeze(group)):
            warn("the sessions cannot be frozen while verify attacks: ending them")
            self.sessions.stop()

    def thaw_after_us(self, group):
        """A verify that is killed lets go of its lock with its last process; then this unit, which no signal to us
        reaches, thaws what it froze. One that waits already serves as well."""
        unit = f"{self.sandbox.prefix}-thaw"
        return self.host.ok("systemctl", "--quiet", "is-active", f"{unit}.service") or self.host.ok(
            "systemd-run", "--quiet", "--collect", f"--unit={unit}", "--", "flock", self.state.lock_path, "/bin/sh", "-c",
            f"echo 0 >'{group}/cgroup.freeze'; rm -f '{self.state.at('paused')}'")

    def plant(self):
        """Files of root's that a session must not see. Their names are not to be foreseen: anybody may have put
        something in the way there."""
        for folder in ("/tmp", "/dev/shm") if self.host.system == "linux" else ():
            number, path = tempfile.mkstemp(prefix="agent-sandbox-probe-", dir=folder)
            os.close(number)
            self.marks.append(path)

    def clean_up(self):
        while self.marks:
            self.host.unlink(self.marks.pop())
        leftover.be_alone_no_longer(self.change)
        resume(self.host, self.state, self.sandbox)

    # -- what the probes are told about this host: numbers and addresses alone; what cannot be told is not
    # said, and a probe that needs it is UNKNOWN --

    def facts(self):
        said = {"LINGER": f"97531{os.getpid()}"}
        if self.host.system == "darwin":
            import wall

            printed = self.host.text("pgrep", "-U", str(self.sandbox.proxy_uid), "-f", "|".join(engine.PROGRAMS.values())) or ""
            return {**said, "HOST_LISTENERS": "", "PROXY_PID": printed.split("\n")[0], **wall.facts(self.sandbox, self.folder)}
        said.update(probes.joined(self.closed_files()))
        said.update(zip(("MARK_TMP", "MARK_SHM"), map(os.path.basename, self.marks)))
        tables = [self.host.read(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
        rows = [line.split() for table in tables for line in (table or b"").decode().splitlines()[1:]]
        listeners = {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}
        if listeners:
            said["HOST_LISTENERS"] = " ".join(map(str, sorted(listeners)))
        addresses = self.host.text("ip", "-o", "address", "show", "scope", "global")
        if addresses is not None:
            said["HOST_ADDRESSES"] = " ".join(line.split()[3].split("/")[0] for line in addresses.splitlines())
        sockets = self.host.read("/proc/net/unix")
        if sockets is not None:
            rows = [line.split() for line in sockets.splitlines()]
            said["HOST_ABSTRACT"] = " ".join(row[6].decode() for row in rows if len(row) > 7 and row[7][:1] == b"@")
        said["PROXY_PID"] = (self.host.text("systemctl", "show", "--property=MainPID", "--value",
                                            f"{self.sandbox.prefix}-egress.service") or "").strip()
        return said

    def closed_files(self):
        """Some of what is hidden and protected in the workspaces now, while no session runs."""
        import repositories
        from shared import Shared

        found = {"HIDDEN_FILES": [], "PROTECTED_FILES": []}
        for folder in Shared(self.sandbox).prepared:
            patterns = folder.patterns()
            try:
                root = folder.open(os.O_RDONLY)
            except OSError:
                continue  # the session says so
            for item in repositories.find(root, patterns):
                hidden = item.mark & patterns.HIDE
                files = found["HIDDEN_FILES" if hidden else "PROTECTED_FILES"]
                path = f"{folder.path}/{item.path}"
                if item.kind == "chosen" and len(files) < ATTACKED and path.isprintable() and is_there(path, not hidden):
                    files.append(path)
            os.close(root)
        return found

    def script(self, *groups):
        values = {**probes.settings(self.sandbox), **self.facts()}
        return probes.script(self.folder, self.host.system, values, groups)

    # -- the attacks --

    def inside(self):
        _, printed = session.capture(self.change, ["/bin/sh", "-s"], data=self.script(*probes.INSIDE))
        return printed

    def filter(self):
        """The egress filter, and one more row: each attempt that the kernel had a route for must have raised the
        counter. Three go to the loopback, three elsewhere. A connection that failed for another reason than our
        rules would not have raised it."""
        before = self.rules.refused()
        _, printed = session.capture(self.change, ["/bin/sh", "-s"], data=self.script("filter"), outside=True)
        counted = self.rules.refused() - before
        expected = 6 if self.host.text("ip", "route", "show", "default") else 3
        result = "held" if counted >= expected else "BROKEN"
        row = f"filter-counter\t{result}\tcounted\t{counted} packets, at least {expected} expected\n"
        return printed + b"\n" + row.encode()

    def wall_rows(self):
        """pf without Seatbelt, which would refuse all of it first: as the agent, but started here (macOS)."""
        return self.from_here("wall")

    def host_rows(self):
        return self.from_here("host")

    def from_here(self, group):
        return self.host.bytes("sh", "-s", data=self.script(group)) or b""

    def wanted(self, groups):
        """What must report comes from root, not from the session."""
        rows = probes.listing(self.host, self.folder, probes.settings(self.sandbox), groups)
        if "filter" in groups:
            rows["filter-counter"] = probes.Found("filter-counter", "listed", COUNTED)
        return rows

    def judge(self, printed, groups):
        seen = probes.parse(printed)
        for probe, row in self.wanted(groups).items():
            said = seen.get(probe)
            if said is None or said.result == "listed":
                yield probes.Found(probe, "UNKNOWN", row.guarantee, "it did not report")
            else:
                yield probes.Found(probe, said.result, row.guarantee, said.seen)

    def all(self):
        progress("verify: attacks on every guarantee")
        self.pause()
        began, found, self.printed = now(), [], b""
        try:
            self.plant()
            around = (("filter",), self.filter) if self.host.system == "linux" else (("wall",), self.wall_rows)
            for groups, attack in ((probes.INSIDE, self.inside), around, (("host",), self.host_rows)):
                printed = attack()
                # Nothing that is printed inside stands for what is looked at from here.
                found += self.judge(printed, groups)
                self.printed += printed + b"\n"
        finally:
            note_attacks(self.state, began)
            self.clean_up()
        return found

    def outside(self):
        """What a change of rules or credentials alone can break, looked at from where no session can have a say."""
        return list(self.judge(self.host_rows(), ("host",)))


def is_there(path, folders):
    """As a file, or a folder where those count; a link is neither."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or folders and stat.S_ISDIR(mode)


def resume(host, state, box):
    if not state.has("paused"):
        return
    group = cgroup(host, f"{box.table}.slice") if host.system == "linux" else None
    if group:
        write(f"{group}/cgroup.freeze", "0")
    host.unlink(state.at("paused"))


def cgroup(host, unit):
    """Where systemd put the sessions, as we see it; None where the kernel cannot freeze."""
    path = (host.text("systemctl", "show", "--property=ControlGroup", "--value", unit) or "").strip()
    return f"/sys/fs/cgroup{path}" if path and os.path.exists(f"/sys/fs/cgroup{path}/cgroup.freeze") else None


def freeze(group):
    if not write(f"{group}/cgroup.freeze", "1"):
        return False
    for _ in range(100):
        if "frozen 1\n" in probes.read(f"{group}/cgroup.events"):
            return True
        time.sleep(0.05)
    return False


def write(path, text):
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError:
        return False
    return True


def note_attacks(state, began):
    """All sessions have stood still, so whatever the agent's user asked for since then is verify's. learn and
    `logs --denied` leave it out."""
    if state.host.system != "linux":
        return
    lines = (state.host.read(state.at("verified")) or b"").decode("ascii", "replace").splitlines()[1 - SPANS:]
    text = "".join(f"{line}\n" for line in [*lines, f"{began} {now()}"])
    state.host.write(state.at("verified"), text.encode("ascii", "replace"), 0o600)


# -- what is said of it --


def show(found, verbose):
    for row in found:
        if verbose or row.result != "held":
            say(row.line())
    say(summary(found))


def summary(found):
    count = {result: sum(row.result == result for row in found) for result in probes.RESULTS}
    return (f"{count['held']} held, {count['BROKEN']} BROKEN, {count['UNKNOWN']} UNKNOWN, "
            f"{count['relaxed']} relaxed by the spec")


def show_json(found):
    rows = [json.dumps({"probe": row.probe, "result": row.result, "guarantee": row.guarantee, "seen": row.seen})
            for row in found]
    say("[\n  " + ",\n  ".join(rows) + "\n]")


def holds(found):
    """Up to the agent's own doing."""
    return bool(found) and all(row.holds() or row.probe in OWN_ROWS for row in found)


def own_doing(found):
    return [row.probe for row in found if not row.holds()]


def tell_unheld(found, printed=b""):
    if any(row.result == "held" for row in found):
        unheld = [row for row in found if not row.holds()]
        remark([row.line() for row in unheld] + [summary(unheld)])
    else:
        warn("no probe reported; instead the session said:")
        remark(lines_of(printed, 10))
