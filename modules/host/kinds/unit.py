"""unit: a systemd unit of ours, as the manager has it. One that runs and is unchanged is left alone: its
sessions live on."""

import os

import engine
from kinds import login
from kinds.kind import Kind
from source import folders_differ, in_store
from say import Failed, lines_of, remark, warn

PROPERTIES = "Id,LoadState,FragmentPath,DropInPaths,NeedDaemonReload,UnitFileState,ActiveState,StatusText"
FOLDER = "/etc/systemd/system"


def show(change, units):
    """{unit: {property: value}}, asked at once, and once for all."""
    known = change.cache.setdefault("units", {})
    if not all(unit in known for unit in units):
        printed = change.host.text("systemctl", "show", f"--property={PROPERTIES}", "--", *change.sandbox.units) or ""
        for block in printed.split("\n\n"):
            values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            known[values.get("Id")] = values
    return known


def foreign(change, paths):
    """Drop-ins that neither we nor the distribution put there, nor modules of Nix's where these apply."""
    ours = f"{FOLDER}/{change.sandbox.prefix}-nft.service.d/iptables.conf"
    return [path for path in paths if path != ours and not path.startswith(("/usr/lib/systemd/", "/lib/systemd/"))
            and not (change.managed_by_nix and in_store(path))]


class Unit(Kind):
    """desired: whether it is started; else another one starts it."""

    kind = "unit"
    guards = journaled = runs = True

    @classmethod
    def check_all(cls, rows, report):
        check_units(rows, report)

    @classmethod
    def prepare(cls, rows):
        change = rows[0].change
        host, sandbox = change.host, change.sandbox
        seen, drop_ins_went = show(change, [row.name for row in rows]), False
        for row in rows:
            drop_ins = foreign(change, seen.get(row.name, {}).get("DropInPaths", "").split())
            if drop_ins:
                # What somebody laid over a unit of ours (systemctl edit, set-property) goes: it runs as committed.
                warn(f"{row.name} goes back to what is committed, without {' '.join(drop_ins)}")
                change.wrote.add(f"{FOLDER}/{row.name}")
                drop_ins_went = True
                for path in drop_ins:
                    host.unlink(path)
        if any(one.get("NeedDaemonReload") == "yes" for one in seen.values()) or drop_ins_went:
            host.tell("systemctl", "daemon-reload")
            change.cache.pop("units", None)
        if change.again or change.wrote:
            host.tell("systemctl", "--quiet", "enable", *sandbox.start)
            change.cache.pop("units", None)
        own = f"/etc/systemd/journald@{sandbox.prefix}.conf"
        if own in change.wrote:
            host.ok("systemctl", "try-restart", f"systemd-journald@{sandbox.prefix}.service")

    @classmethod
    def settle(cls, change):
        change.cache.pop("units", None)

    @classmethod
    def dismiss(cls, rows):
        """All of the sandbox's at once: systemd reads its units again for each call."""
        change = rows[0].change
        names = [name for name in change.sandbox.units if os.path.lexists(f"{FOLDER}/{name}")]
        if "dismissed" not in change.cache and names and change.host.ok("systemctl", "--quiet", "disable", "--now", *names):
            change.cache["dismissed"] = names

    def observe(self):
        return show(self.change, [self.name]).get(self.name, {})

    def differs(self, seen):
        load, active = seen.get("LoadState"), seen.get("ActiveState")
        own, nix = f"{FOLDER}/{self.name}", self.change.managed_by_nix
        drop_ins = foreign(self.change, seen.get("DropInPaths", "").split())
        wrong = [
            load != "loaded" and f"it is {load}",
            load == "loaded" and not (in_store(seen.get("FragmentPath", "")) if nix else seen.get("FragmentPath") == own)
            and f"it is loaded from {seen.get('FragmentPath')}",
            drop_ins and f"changed by {' '.join(drop_ins)}",
            seen.get("NeedDaemonReload") == "yes" and "systemd has an older one loaded",
            self.desired and active != "active" and f"it is {active}",
            self.desired and not nix and self.has_install() and seen.get("UnitFileState") != "enabled"
            and "it is not enabled",
        ]
        return "; ".join(filter(None, wrong))

    def has_install(self):
        return b"\n[Install]" in (self.host.read(f"{FOLDER}/{self.name}") or b"")

    def changed(self):
        return f"{FOLDER}/{self.name}" in self.change.wrote or self.change.again

    def stale(self, seen):
        return self.changed()

    def plan(self):
        return f"enable and start {self.name}" if self.desired and self.change.before is None else ""

    def converge(self, seen):
        active = seen.get("ActiveState") == "active"
        if active and self.changed() and self.name not in self.change.restarted:
            self.restart()
        if seen.get("UnitFileState") not in ("enabled", "static", "") and self.desired:
            self.host.tell("systemctl", "--quiet", "enable", self.name)
        if self.desired and not self.start():
            warn(f"{self.name} does not start:")
            _, said = self.host.said("journalctl", "-q", f"--namespace=+{self.sandbox.prefix}", "-u", self.name, "-n", "8",
                                     "-o", "cat")
            remark(lines_of(said, 8))
            raise Failed(f"{self.name} does not start")

    def restart(self):
        # The rules are loaded already; a restart would end the sessions that are bound to it.
        if self.name == f"{self.sandbox.prefix}-nft.service":
            return
        self.change.restarted.add(self.name)
        self.stop_service()
        if not self.host.tell("systemctl", "restart", self.name):
            raise Failed(f"{self.name} does not start")

    def stop_service(self):
        """A socket cannot be restarted while its service holds it; and a service that outlived its socket keeps
        that from listening."""
        if self.name.endswith(".socket"):
            self.host.ok("systemctl", "stop", self.name[: -len("socket")] + "service")

    def start(self):
        active, said = self.host.said("systemctl", "is-active", self.name)
        if active:
            return True
        self.stop_service()
        # One that failed may be starting again by itself, of what was current until now: what is asked for then would
        # be the end of that.
        verb = "restart" if b"activating" in said else "start"
        if self.host.ok("systemctl", verb, self.name):
            return True
        # A server of the agent's may be listening where a new forward is to be.
        if "-local-" not in self.name or not self.name.endswith(".socket"):
            return False
        warn(f"a session listens on the port of {self.name}: ending the sessions")
        self.host.ok("systemctl", "stop", f"{self.sandbox.prefix}.session-*.service")
        return self.host.ok("systemctl", "start", self.name)

    def tell(self, seen):
        return [f"unit        {self.name}: {seen.get('ActiveState', 'unknown')}"]

    def remove(self):
        """Everything is bound to the firewall's unit; named all the same, for a half-done state."""
        if self.name in self.change.cache.get("dismissed", ()):
            return
        if os.path.lexists(f"{FOLDER}/{self.name}"):
            self.host.ok("systemctl", "--quiet", "disable", "--now", self.name)
        else:
            self.host.ok("systemctl", "stop", self.name)


class ProxyUnit(Unit):
    """The proxy's: its code lies in the tree, not in its unit."""

    def changed(self):
        code = self.change.before is None or folders_differ(
            self.change.path("proxy"), f"{self.change.before}/proxy", but=("policy.json", "__pycache__"))
        return super().changed() or code

    def plan(self):
        if self.change.before is None or not self.changed():
            return super().plan()
        return f"restart {self.name}: its code changes, and open connections close"

    def tell(self, seen):
        found, path = engine.of_unit(self.host.read(seen.get("FragmentPath", "")))
        return [*super().tell(seen), *([f"proxy       {found}: {path}"] if found else [])]

    def restart(self):
        bundle = f"{self.sandbox.run}/ca.pem"
        warn(f"{self.name} starts anew: the open connections of sessions close")
        before = self.host.read(bundle)
        super().restart()
        if self.host.read(bundle) != before:
            warn("the proxy's CA is another one: sessions that run have to start anew")


def check_units(rows, report):
    """systemd-analyze's exit code alone does not tell: a unit with a misspelt key is "fine". The units must lie
    in a folder of their own, because session.properties and the drop-in are no units."""
    change = rows[0].change
    host, sandbox = change.host, change.sandbox
    if not host.have("systemd-analyze"):
        return
    folder = f"{report.scratch}/units"
    for row in rows:
        text = host.read(change.path(engine.sources(change, row.name)[0]))
        if text is None:
            report.complain(f"unit {row.name} is missing")
        else:
            host.write(f"{folder}/{row.name}", login.as_kept(host, engine.with_paths(text)))
    drop_in = change.path(f"linux/systemd/{sandbox.prefix}-iptables.conf")
    if change.cache.get("firewall") == "iptables":
        host.write(f"{folder}/{sandbox.prefix}-nft.service.d/iptables.conf", host.read(drop_in) or b"")
    paths = [f"{folder}/{row.name}" for row in rows if os.path.exists(f"{folder}/{row.name}")]
    good, said = host.said("systemd-analyze", "verify", "--man=no", *paths,
                           env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"})
    # What lies in current comes with the generation itself.
    lines = [line for line in lines_of(said, 1000) if f"Command {sandbox.state}/current/" not in line]
    about = [line for line in lines if sandbox.prefix in line]
    # What is missing was told before (needs).
    absent = [line for line in about if "is not executable: No such file" in line]
    if len(about) > len(absent) or not good and lines and not absent:
        report.complain("systemd-analyze verify refuses the units:")
        remark(lines)
