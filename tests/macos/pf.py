#!/usr/bin/python3 -SB
"""tests/macos/pf.py: what the rules of every golden anchor, and of pairs of sandboxes, do to packets, evaluated in xnu's
order, is what their specs say; and without any one of their rules it is not. PROGRAM: another agent-sandbox.
"""

import copy
import glob
import itertools
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/tests/macos")
from pf_evaluate import Packet, Pf, pf_check, read  # noqa: E402
from pf_meaning import OWN, PUBLIC, SOMEBODY, Meaning, expected, packets  # noqa: E402

PROGRAM = os.environ.get("PROGRAM", f"{ROOT}/build/agent-sandbox")
CASE = os.environ.get("CASE", "")
# What no golden tree has: an audit, and two sandboxes with multicast's port in their ranges.
MORE = {
    "audit": {"network": {"enforcement": "audit", "rules": [{"host": "api.example.org"}]}},
    "tests": {"relax": ["ephemeral-ports"], "network": {"publish": [4000]}},
    "bare-audit": {"network": {"enforcement": "audit"}},
    "names": {"network": {"cidrs": [{"cidr": "10.3.0.0/16", "protocol": "udp", "ports": [53, 5353]},
                                    {"cidr": "fd00:3::/48", "protocol": "udp", "ports": [53]}], "publish": [4000]}},
    "time": {"network": {"cidrs": [{"cidr": "10.3.7.0/24", "protocol": "udp", "ports": [123, 5353]},
                                   {"cidr": "10.4.0.0/16", "ports": [22, 443]}], "local_ports": [4000]}},
}
passed = failed = 0


def check(name, holds, why=""):
    global passed, failed
    if CASE not in name:
        return
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'ok' if holds else 'FAILED'}: {name}" + (f": {why}" if not holds else ""), flush=True)


class Sandbox:
    """A rendered tree's anchors, and what its spec means."""

    def __init__(self, tree):
        with open(f"{tree}/spec.json", encoding="utf-8") as file:
            self.meaning = Meaning(json.load(file))
        self.name = self.meaning.name
        self.own = read(f"{tree}/darwin/pf/agent-sandbox-{self.name}.conf")
        self.mdns = read(f"{tree}/darwin/pf/agent-sandbox-{self.name}-mdns.conf")

    def load(self, pf, name=None, own=None):
        pf.load(f"com.apple/000.agent-sandbox.{name or self.name}", own or self.own)
        pf.load(f"com.apple/001.agent-sandbox.{name or self.name}", self.mdns)


def goldens():
    for path in sorted(glob.glob(f"{ROOT}/tests/good/**/darwin/pf", recursive=True)):
        yield Sandbox(os.path.dirname(os.path.dirname(path)))


def rendered(work):
    """The same of the specs above."""
    for name, more in MORE.items():
        os.makedirs(f"{work}/{name}")
        with open(f"{work}/{name}/spec.json", "w", encoding="utf-8") as file:
            json.dump({"version": 1, "name": name, "unenforced": "accept", **more}, file)
        subprocess.run([PROGRAM, "render", f"{work}/{name}/spec.json", "-o", f"{work}/{name}/tree"], check=True,
                       stdout=subprocess.DEVNULL)
        yield Sandbox(f"{work}/{name}/tree")


def wrong(pf, meanings, asked):
    """The packets about which they differ."""
    for packet in asked:
        pf.states.clear()
        decided, wanted = pf.decide(packet), expected(meanings, packet)
        if decided != wanted:
            yield f"{decided}, not {wanted}: {packet}"


def told(name, found, count):
    found = list(found)
    check(f"{name}: {count} packets", not found, f"{len(found)} otherwise; " + "; ".join(found[:5]))
    check(f"{name}: enough of them", count >= 300, f"only {count}")


def alone(sandbox):
    pf, meanings = Pf(), [sandbox.meaning]
    sandbox.load(pf)
    asked = list(packets(meanings))
    told(sandbox.name, wrong(pf, meanings, asked), len(asked))
    # What Apple's own anchors say comes after ours, and ours are quick.
    pf.anchors["com.apple/200.AirDrop"] = ({}, [everything("pass")])
    pf.anchors["com.apple/250.ApplicationFirewall"] = ({}, [everything("pass")])
    check(f"{sandbox.name}: Apple's anchors behind it let nothing pass", not list(wrong(pf, meanings, asked)))
    # Each rule is needed, and is seen to be.
    for which in ("own", "mdns"):
        anchor = getattr(sandbox, which)
        for number, rule in enumerate(anchor.rules):
            if rule["target"] == "private" and not (sandbox.meaning.ports or sandbox.meaning.audit):
                continue  # the proxy goes nowhere at all: the rule behind it says so, too
            fewer = copy.copy(anchor)
            fewer.rules = anchor.rules[:number] + anchor.rules[number + 1:]
            pf = Pf()
            sandbox.load(pf)
            pf.load(f"com.apple/00{int(which == 'mdns')}.agent-sandbox.{sandbox.name}", fewer)
            check(f"{sandbox.name}: without rule {number} of {which} it would be another one",
                  any(wrong(pf, meanings, asked)), f"nothing says so: {rule}")


def everything(action):
    return {"action": action, "on": "", "family": "", "proto": ["tcp", "udp"], "source": "any", "target": "any",
            "source_ports": [], "ports": [], "user": [], "flags": "any", "state": "no", "quick": False}


def pairs(sandboxes):
    """Beside each other, whichever of them pf comes to first: no rule of one says anything about the other's users."""
    for one, other in itertools.combinations(sandboxes, 2):
        meanings = [one.meaning, other.meaning]
        if abs(one.meaning.agent - other.meaning.agent) < 2:
            continue  # the same numbers: they are not on one host
        asked = list(packets(meanings))
        for names in (("a", "b"), ("b", "a")):
            pf = Pf()
            one.load(pf, names[0])
            other.load(pf, names[1])
            told(f"{one.name} beside {other.name}, as {' and '.join(names)}", wrong(pf, meanings, asked), len(asked))


def narrowed(sandbox):
    """A connection that stands when its range, or its port, is taken out of the spec: its next packet is refused."""
    meaning = sandbox.meaning
    fewer = copy.copy(sandbox.own)
    fewer.rules = [rule for rule in sandbox.own.rules
                   if rule["action"] == "block" or rule["on"] or rule["user"] not in ([meaning.agent], [meaning.proxy])]
    flows = [(meaning.agent, proto, str(network[1]), min(ports)) for proto, network, ports in meaning.cidrs]
    flows += [(meaning.proxy, "tcp", str(network[1]), min(ports)) for network, ports in meaning.opened]
    flows += [(meaning.proxy, "tcp", PUBLIC[0], port) for port in meaning.ports]
    for user, proto, target, port in flows:
        pf = Pf()
        sandbox.load(pf)
        own = OWN[6 if ":" in target else 4]
        one = [Packet(user, proto, own, 40000, target, port, flags if proto == "tcp" else "") for flags in ("S", "A")]
        check(f"{sandbox.name}: {proto} of {user} to {target} {port} goes", [pf.decide(packet) for packet in one] == ["pass"] * 2)
        sandbox.load(pf, own=fewer)
        check("  and is cut once it is not in the spec any more", pf.decide(one[1]) == "block")


def xnu():
    """The evaluator itself, where a mistake would let the others pass."""
    text = (b"pass out quick inet proto tcp from any to 10.0.0.0/8 port { 22 } user 7 %s no state\n"
            b"block return out log quick proto { tcp udp } all user 7\n")
    pf = Pf()
    pf.load("com.apple/000.b", pf_check.check(text % b"flags any"))
    ssh = Packet(7, "tcp", OWN[4], 1, "10.0.0.1", 22, "A")
    check("xnu: what a rule lets pass, passes", pf.decide(ssh) == "pass")
    check("xnu: nothing of the same user else", pf.decide(Packet(7, "tcp", OWN[4], 1, "10.0.0.1", 23, "S")) == "block")
    check("xnu: a user is no other one", pf.decide(Packet(8, "tcp", OWN[4], 1, "10.0.0.1", 23, "S")) == "pass")
    check("xnu: no socket is no user", pf.decide(Packet(None, "udp", OWN[4], 1, "10.0.0.1", 23)) == "pass")
    pf.load("com.apple/000.a", pf_check.check(text.replace(b"10.0.0.0/8", b"10.9.0.0/16") % b"flags any"))
    check("xnu: anchors are looked at in the order of their bytes", pf.decide(ssh) == "block")
    pf.anchors["com.apple/000.a"] = ({}, [{**everything("pass"), "quick": True}])
    check("xnu: the first that is quick decides", pf.decide(Packet(7, "udp", OWN[4], 1, "1.1.1.1", 53)) == "pass")
    pf.anchors = {"com.apple/1": ({}, [everything("block"), everything("pass")])}
    check("xnu: of those that are not, the last", pf.decide(ssh) == "pass")
    pf.anchors = {"com.apple/1": ({}, [{**everything("pass"), "flags": "", "state": "keep", "quick": True}, everything("block")])}
    check("xnu: what keeps a state wants a SYN", pf.decide(ssh) == "block")
    pf.decide(Packet(7, "tcp", OWN[4], 1, "10.0.0.1", 22, "S"))
    pf.anchors = {"com.apple/1": ({}, [everything("block")])}
    check("xnu: a state outlives the rule that made it", pf.decide(ssh) == "pass")
    check("xnu: in both directions", pf.decide(Packet(SOMEBODY, "tcp", "10.0.0.1", 22, OWN[4], 1, "A")) == "pass")


def main():
    xnu()
    sandboxes = list(goldens())
    check("golden anchors are found", len(sandboxes) > 10, f"only {len(sandboxes)}")
    with tempfile.TemporaryDirectory() as work:
        more = list(rendered(work))
    for sandbox in sandboxes + more:
        alone(sandbox)
        narrowed(sandbox)
    pairs([one for one in sandboxes if one.name in ("everything", "mac", "minimal", "claude-code")] + more)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
