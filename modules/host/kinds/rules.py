"""rules: the firewall (Linux): one table of nftables, or chains of iptables where the kernel has no nft.
What was loaded is noted down as the kernel lists it, and compared with that. Where Nix applies nobody notes it:
the first comparison with the tree does, once for each tree."""

import os
import re
import shlex

from kinds.kind import Kind
from say import Failed, lines_of, remark

NFT_CHECK = ("nft", "list", "tables")


def drop_in(sandbox):
    """With it, the firewall's unit loads the rules of iptables."""
    return f"/etc/systemd/system/{sandbox.prefix}-nft.service.d/iptables.conf"


def which(change):
    """nft or iptables, as this host has it; None. Asked once."""
    host = change.host
    if "firewall" not in change.cache:
        nft = host.have("nft") and (not host.root or host.ok(*NFT_CHECK))
        tables = host.have("iptables-restore") and host.have("ip6tables-restore")
        change.cache["firewall"] = "nft" if nft else "iptables" if tables else None
    return change.cache["firewall"]


def which_applied(change):
    """The one that apply loaded: its unit says so."""
    return "iptables" if os.path.exists(drop_in(change.sandbox)) else "nft"


class Rules(Kind):
    kind = "rules"
    must = guards = goes_last = True

    def files(self):
        prefix = self.sandbox.prefix
        if which(self.change) == "nft":
            return [f"linux/nftables/{prefix}.nft"]
        return [f"linux/iptables/{prefix}.v4", f"linux/iptables/{prefix}.v6"]

    def load(self):
        """In one transaction, or not at all."""
        paths = [self.change.path(name) for name in self.files()]
        if which(self.change) == "nft":
            return ["nft", "-f", *paths]
        return [self.change.path("bin/load-iptables"), *paths]

    def check(self, report):
        if which(self.change) is None:
            report.lacks("neither nftables nor iptables works here")
        elif not self.host.root:
            report.warn("note: the firewall's rules are checked only as root")
        else:
            for words in self.check_words():
                good, said = self.host.said(*as_dry_users(report.scratch), *words)
                if not good:
                    report.complain("the firewall refuses its rules:")
                    remark(lines_of(said, 20))

    def check_words(self):
        paths = [self.change.path(name) for name in self.files()]
        if which(self.change) == "nft":
            return [["nft", "-c", "-f", *paths]]
        return [[f"{tool}-restore", "--test", "--noflush", path] for tool, path in zip(("iptables", "ip6tables"), paths)]

    # -- the loaded rules, without their counters --

    def observe(self):
        if self.change.managed_by_nix:
            self.change.cache["firewall"] = "nft"  # its unit knows no other
        if "firewall" not in self.change.cache and os.path.exists(self.change.state.at("firewall")):
            self.change.cache["firewall"] = which_applied(self.change)
        return self.listed()

    def listed(self):
        return self.own_lines("".join(self.host.text(*words) or "" for words in self.list_words()))

    def list_words(self):
        if which(self.change) == "nft":
            return [["nft", "-s", "list", "table", "inet", self.sandbox.table]]
        return [["iptables-save"], ["ip6tables-save"]]

    def own_lines(self, text):
        if which(self.change) == "nft":
            return text
        own = f"as{self.sandbox.agent_uid}_"
        return "".join(re.sub(r"\[[0-9:]*\]", "", line) + "\n" for line in text.splitlines() if own in line)

    def differs(self, seen):
        if not seen:
            return "no rule is loaded"
        noted = self.noted()
        if noted is None and not self.change.managed_by_nix:
            return "nothing says what was loaded: apply again"
        if seen == noted:
            return ""
        meant = self.meant()
        if seen == meant:
            self.note(seen)
            return ""
        import difflib  # only where there is something to tell

        wanted = (meant if noted is None else noted) or ""
        lines = difflib.unified_diff(wanted.splitlines(), seen.splitlines(), n=0, lineterm="")
        changed = [re.sub(r"^([-+])\s*", r"\1", line) for line in lines if not line.startswith(("---", "+++", "@@"))]
        return " ".join(changed[:3])

    def meant(self):
        """After an upgrade of the firewall's tools they may list the same rules in other words. So the committed
        ones are loaded once more, where no packet is, and listed by the same tools."""
        script = " && ".join(shlex.join(words) for words in [self.load(), *self.list_words()])
        printed = self.host.text("unshare", "--net", "sh", "-c", script)
        return None if printed is None else self.own_lines(printed)

    def noted(self):
        text = self.host.read(self.change.state.at("firewall"))
        if text is None or not self.change.managed_by_nix:
            return text if text is None else text.decode("utf-8", "surrogateescape")
        tree, _, listed = text.decode("utf-8", "surrogateescape").partition("\n")
        return listed if tree == self.change.tree else None

    def note(self, listed):
        self.change.state.write("firewall", f"{self.change.tree}\n{listed}" if self.change.managed_by_nix else listed)

    # -- making it --

    def stale(self, seen):
        return any(map(self.change.file_differs, self.files()))

    def plan(self):
        if self.change.before is None or not self.stale(None):
            return ""
        return f"load the firewall's rules (table inet {self.sandbox.table}), in one transaction"

    def converge(self, seen):
        self.change.cache.pop("firewall", None)
        if which(self.change) is None or not self.host.tell(*self.load()):
            raise Failed("the firewall's rules could not be loaded")
        self.note(self.listed())

    def remove(self):
        """In whichever of the two it was loaded: a half-done remove may no longer know."""
        if self.host.have("nft"):
            self.host.ok("nft", "delete", "table", "inet", self.sandbox.table)
        for tool in ("iptables", "ip6tables"):
            if self.host.have(f"{tool}-save"):
                self.drop_chains(tool)

    def drop_chains(self, tool):
        """Every rule that names one of our chains, then the chains; in every table that we may be in."""
        own = f"as{self.sandbox.agent_uid}_"
        for table in ("filter", "nat"):
            lines = [line for line in (self.host.text(f"{tool}-save", "-t", table) or "").splitlines() if own in line]
            for line in lines:
                if re.match("-A [A-Z]", line):
                    self.host.ok(tool, "-w", "-t", table, "-D", *line.split()[1:])
            for step in ("-F", "-X"):
                for line in lines:
                    if line.startswith(":"):
                        self.host.ok(tool, "-w", "-t", table, step, line[1:].split()[0])

    # -- what was refused --

    def counters(self):
        """{name: packets}; iptables counts in the refusing chain."""
        if which(self.change) == "nft":
            listed = self.host.text("nft", "list", "counters", "table", "inet", self.sandbox.table) or ""
            return {name: int(n) for name, n in re.findall(r"counter (\S+) \{\s*packets ([0-9]+)", listed)}
        saved = "".join(self.host.text(f"{tool}-save", "-c") or "" for tool in ("iptables", "ip6tables"))
        refused = re.findall(rf"^\[([0-9]+):.*-[jg] as{self.sandbox.agent_uid}_refuse$", saved, re.M)
        return {"refused": sum(map(int, refused))}

    def refused(self):
        """How many packets of the agent's; iptables has one counter for all."""
        return sum(n for name, n in self.counters().items() if name in ("agent_denied", "refused"))

    def tell(self, seen):
        return [f"refused     {name}: {packets} packets" for name, packets in self.counters().items()]


def as_dry_users(scratch):
    """The users do not exist before the first apply, and names are resolved when a rule is parsed; so the
    check sees the dry run's passwd and group instead, in a mount namespace of its own. Those who answer for
    these files from outside are hidden there."""
    script = """for daemon in /run/nscd /run/unscd; do
            [ ! -d "$daemon" ] || mount -t tmpfs tmpfs "$daemon" || exit
        done
        mount --bind "$1/etc/passwd" /etc/passwd && mount --bind "$1/etc/group" /etc/group && shift && exec "$@\""""
    return ["unshare", "--mount", "sh", "-c", script, "sh", f"{scratch}/root"]
