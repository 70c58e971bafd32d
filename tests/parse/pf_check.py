"""Checks a pf anchor by a grammar of its own: the part of pf.conf(5) that we emit, and no more.

pf_check.py FILE...

There is no pfctl here. What macOS's pfctl refuses is refused here too (a missing final newline,
`user` in the wrong place or with a name, rules before tables), and so is whatever we never emit,
which keeps the check strict. Then the order of the rules is checked: nothing may leave as a user
once everything of that user's has been blocked.
"""
import ipaddress
import re
import sys

TOKEN = re.compile(r"[ \t]+|#[^\n]*|(?P<word>[A-Za-z0-9_.:/]+)|(?P<mark>[{}<>])|(?P<line>\n)")
PROTOCOLS = ("tcp", "udp")
FLAGS = ("any", "S/SA", "A/A")
# The one range: where the kernel gives out ports (net.inet.ip.portrange), of the loopback alone.
EPHEMERAL = "49152:65535"
TRANSLATION = ("nat", "rdr", "binat", "no", "scrub", "match", "set", "anchor", "load")


class Refused(Exception):
    pass


def tokens(line):
    """One line's tokens."""
    found, at = [], 0
    while at < len(line):
        match = TOKEN.match(line, at)
        if not match:
            raise Refused(f"character {line[at]!r}")
        if match.group("word") or match.group("mark"):
            found.append(match.group())
        at = match.end()
    return found


class Line:
    def __init__(self, line):
        self.tokens, self.at = tokens(line), 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted):
        """The next token when it is one of these, or nothing."""
        if self.peek() in wanted and self.peek():
            self.at += 1
            return self.tokens[self.at - 1]
        return ""

    def need(self, *wanted):
        got = self.take(*wanted)
        if not got:
            raise Refused(f"{self.peek() or 'the end'!r} where {' or '.join(wanted)} must stand")
        return got

    def word(self):
        if self.peek() in ("", "{", "}", "<", ">"):
            raise Refused(f"{self.peek() or 'the end'!r} where a word must stand")
        self.at += 1
        return self.tokens[self.at - 1]

    def items(self, read):
        """One item, or { a list of them }."""
        if not self.take("{"):
            return [read(self)]
        found = [read(self)]
        while not self.take("}"):
            found.append(read(self))
        if len(set(found)) < len(found):
            raise Refused("a list names something twice")
        return found


def number(line, least, most, what):
    word = line.word()
    if not re.fullmatch(r"0|[1-9][0-9]*", word) or not least <= int(word) <= most:
        raise Refused(f"{word!r} is not a {what}")
    return int(word)


def port(line):
    if line.take(EPHEMERAL):
        return EPHEMERAL
    return number(line, 1, 65535, "port")


def uid(line):
    return number(line, 0, 2**31 - 1, "numeric uid")


def address(line):
    word = line.word()
    try:
        network = ipaddress.ip_network(word, strict=True)
    except ValueError:
        raise Refused(f"{word!r} is not an address without host bits") from None
    return network


class Anchor:
    def __init__(self):
        self.tables, self.rules = {}, []

    def add(self, line):
        first = line.peek()
        if first in TRANSLATION:
            raise Refused(f"{first!r} has no place in this anchor")
        if first == "table":
            if self.rules:
                raise Refused("a table after a rule")
            self.table(line)
        else:
            self.rules.append(self.rule(line))

    def end(self, line):
        if line.peek():
            raise Refused(f"{line.peek()!r} after the end of the statement")

    def table(self, line):
        line.need("table")
        line.need("<")
        name = line.word()
        line.need(">")
        if len(name) > 31 or name in self.tables:
            raise Refused(f"table {name!r}: too long, or twice there")
        line.need("const")
        line.need("persist")
        if line.peek() != "{":
            raise Refused("a table without addresses")
        self.tables[name] = line.items(address)
        self.end(line)

    def host(self, line):
        if line.take("any"):
            return "any"
        if line.take("<"):
            name = line.word()
            line.need(">")
            if name not in self.tables:
                raise Refused(f"no table <{name}>")
            return name
        return address(line)

    def rule(self, line):
        rule = {"action": line.need("pass", "block")}
        if rule["action"] == "block":
            line.need("return")
        line.need("out")
        if rule["action"] == "block":
            line.need("log")
        line.need("quick")
        rule["on"] = line.take("on") and line.need("lo0")
        rule["family"] = line.take("inet", "inet6")
        line.need("proto")
        rule["proto"] = line.items(lambda at: at.need(*PROTOCOLS))
        self.hosts(line, rule)
        rule["user"] = line.items(uid) if line.take("user") else []
        rule["flags"] = line.need(*FLAGS) if line.take("flags") else ""
        if line.peek() == "keep":
            raise Refused("a state outlives the rule that made it")
        rule["state"] = line.take("no")
        if rule["state"]:
            line.need("state")
        self.end(line)
        self.agree(rule)
        return rule

    def hosts(self, line, rule):
        rule.update(source="any", target="any", source_ports=[], ports=[], all=bool(line.take("all")))
        if rule["all"]:
            return
        line.need("from")
        rule["source"] = self.host(line)
        rule["source_ports"] = line.items(port) if line.take("port") else []
        line.need("to")
        rule["target"] = self.host(line)
        rule["ports"] = line.items(port) if line.take("port") else []

    def agree(self, rule):
        family = {"inet": 4, "inet6": 6}.get(rule["family"])
        for end in ("source", "target"):
            if not isinstance(rule[end], str) and rule[end].version != family:
                raise Refused(f"{rule[end]} needs inet or inet6, the one that it is of")
        if rule["flags"] and rule["proto"] != ["tcp"]:
            raise Refused("flags are tcp's")
        if rule["action"] == "pass" and not rule["state"]:
            raise Refused("a pass rule must say that it keeps no state")
        if rule["action"] == "block" and rule["state"]:
            raise Refused("a block rule keeps no state")
        if EPHEMERAL in rule["source_ports"] + rule["ports"] and not (rule["action"] == "pass" and rule["on"] and rule["user"]):
            raise Refused(f"{EPHEMERAL} is for a user's passes on lo0")
        if rule["action"] == "pass" and rule["all"]:
            raise Refused("a pass rule for everything")
        if rule["action"] == "pass" and not rule["user"] and 5353 not in rule["ports"]:
            raise Refused("a pass rule for everybody")

    def order(self):
        """Every user that something passes for ends at a block of everything; only root does not
        need one."""
        blocked, closed = set(), set()
        for rule in self.rules:
            if rule["action"] == "pass" and blocked & set(rule["user"]):
                raise Refused("a pass rule after everything of its user was blocked")
            anywhere = rule["target"] == "any" and not (rule["all"] or rule["ports"] or rule["source_ports"])
            if rule["action"] == "pass" and anywhere and (not rule["user"] or set(rule["user"]) - closed):
                raise Refused("a pass rule to anywhere")
            if rule["action"] == "block" and rule["target"] in self.tables and not (
                    rule["on"] or rule["family"] or rule["ports"] or rule["source_ports"]):
                closed.update(rule["user"])
            if rule["action"] == "block" and rule["all"] and sorted(rule["proto"]) == ["tcp", "udp"]:
                if not rule["user"]:
                    raise Refused("a block rule for everybody")
                if not (rule["on"] or rule["family"]):
                    blocked.update(rule["user"])
        users = {user for rule in self.rules for user in rule["user"]} - {0}
        if not users and any(5353 in rule["ports"] for rule in self.rules):
            return self.shared()
        if users - blocked or not users:
            raise Refused(f"not everything is blocked for {sorted(users - blocked) or 'anybody'}")
        for rule in self.rules:
            if 5353 in rule["source_ports"]:
                raise Refused("port 5353 is everybody's: its rules stand in an anchor of their own")

    def shared(self):
        """The anchor of the port that all users share: multicast DNS passes, and nothing else from
        there."""
        for rule in self.rules:
            if rule["proto"] != ["udp"] or rule["source_ports"] != [5353] or rule["on"]:
                raise Refused("a rule about something else than UDP port 5353")
            if rule["action"] == "pass" and not (
                    rule["ports"] == [5353] and str(rule["target"]) in ("224.0.0.251/32", "ff02::fb/128")):
                raise Refused("a pass rule to something else than multicast DNS")
        last = self.rules[-1]
        if last["action"] != "block" or last["target"] != "any" or last["ports"] or last["family"]:
            raise Refused("the last rule does not close UDP port 5353")


def check(data):
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise Refused("something other than ASCII") from None
    if not text.endswith("\n"):
        raise Refused("no newline at the end")
    anchor = Anchor()
    for count, content in enumerate(text.split("\n"), 1):
        try:
            line = Line(content)
            if line.tokens:
                anchor.add(line)
        except Refused as refused:
            raise Refused(f"{count}: {refused}") from None
    if not anchor.rules:
        raise Refused("no rules")
    anchor.order()
    return anchor


def main(files):
    code = 0
    for path in files:
        try:
            with open(path, "rb") as file:
                check(file.read())
        except Refused as refused:
            print(f"{path}:{refused}")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
