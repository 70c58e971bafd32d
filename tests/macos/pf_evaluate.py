"""What xnu's pf decides about a packet, by rules as tests/parse/pf_check.py reads them, in the order of bsd/net/pf.c:
a state first, then the main ruleset's anchors by the bytes of their names, one level deep, and their rules one after the
other; the last that matches decides, or the first that is quick. `user` is the effective uid that created the socket
which the kernel has for the packet, of TCP and UDP alone; where it has none, no number is that.
"""

import ipaddress
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "parse"))
import pf_check  # noqa: E402


class Packet:
    """user: whose socket the kernel finds, or None; flags: of TCP, letters."""

    def __init__(self, user, proto, source, sport, target, dport, flags="", on=None):
        self.user, self.proto, self.sport, self.dport, self.flags = user, proto, sport, dport, flags
        self.source, self.target = ipaddress.ip_address(source), ipaddress.ip_address(target)
        # What is meant for an address of this machine goes out on lo0, whichever address it is.
        self.on = on or ("lo0" if self.target.is_loopback else "en0")

    def __str__(self):
        return (f"{self.proto} of {self.user} on {self.on}: {self.source} {self.sport} > {self.target} {self.dport} "
                f"{self.flags}").strip()

    def flow(self):
        """Either direction of it."""
        return self.proto, frozenset(((self.source, self.sport), (self.target, self.dport)))


def holds(address, wanted, tables):
    if wanted == "any":
        return True
    networks = tables[wanted] if isinstance(wanted, str) else [wanted]
    return any(address.version == network.version and address in network for network in networks)


def named(port, ports):
    """A range is written 49152:65535."""
    for one in ports:
        first, _, last = str(one).partition(":")
        if int(first) <= port <= int(last or first):
            return True
    return False


def flags_match(rule, packet):
    """pfctl gives a rule that keeps a state S/SA where it says nothing (pfctl(8), parse.y)."""
    wanted = rule["flags"] or ("S/SA" if rule["state"] == "keep" else "any")
    if packet.proto != "tcp" or wanted == "any":
        return True
    flags, of = wanted.split("/")
    return set(packet.flags) & set(of) == set(flags)


def matches(rule, packet, tables):
    family = {"inet": 4, "inet6": 6}.get(rule["family"], packet.target.version)
    return (packet.proto in rule["proto"] and family == packet.target.version
            and (not rule["on"] or rule["on"] == packet.on)
            and (not rule["user"] or packet.user in rule["user"])
            and holds(packet.source, rule["source"], tables) and holds(packet.target, rule["target"], tables)
            and (not rule["source_ports"] or named(packet.sport, rule["source_ports"]))
            and (not rule["ports"] or named(packet.dport, rule["ports"]))
            and flags_match(rule, packet))


class Pf:
    """Rules are (anchor, its tables, rule): what `load` was given, with nothing left out."""

    def __init__(self):
        self.anchors, self.states = {}, set()

    def load(self, name, anchor):
        """Replaces all of the anchor. States stay: they are nobody's."""
        assert name.startswith("com.apple/") and name.count("/") == 1, "the main ruleset evaluates com.apple/*, one level"
        self.anchors[name] = (anchor.tables, list(anchor.rules))

    def rules(self):
        for name in sorted(self.anchors, key=str.encode):
            tables, rules = self.anchors[name]
            for rule in rules:
                yield tables, rule

    def decide(self, packet):
        """pass or block, and remembers what a rule keeps a state for. All of our rules are of packets that go out."""
        if packet.flow() in self.states:
            return "pass"
        decided = None
        for tables, rule in self.rules():
            if matches(rule, packet, tables):
                decided = rule
                if rule.get("quick", True):
                    break
        if decided and decided["action"] == "pass" and decided["state"] == "keep":
            self.states.add(packet.flow())
        return decided["action"] if decided else "pass"


def read(path):
    with open(path, "rb") as file:
        return pf_check.check(file.read())
