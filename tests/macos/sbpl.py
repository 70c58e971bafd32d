"""What Seatbelt decides by a profile of ours: parse/seatbelt_check.py reads it, and refuses an operation, a filter or a
modifier that it does not know; then of the rules that match, the last one counts (sandbox-exec(1)).

A question is one line, as in operations.txt: an operation and what it is about. Its words stand in OPERATIONS.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parse"))
import seatbelt_check  # noqa: E402

# What the words behind an operation are. A rule may name a family of them, with a star, or as in ALIASES.
OPERATIONS = {
    **dict.fromkeys("""file-read-data file-read-metadata file-read-xattr file-write-create file-write-data file-write-unlink
        file-write-mode file-write-owner file-write-flags file-write-times file-write-xattr file-write-setugid
        file-link file-clone file-ioctl file-map-executable process-exec process-exec-setid file-issue-extension""".split(), "path"),
    **dict.fromkeys("network-outbound network-bind network-inbound".split(), "network"),
    **dict.fromkeys("mach-lookup mach-register".split(), "service"),
    **dict.fromkeys("signal process-info-pidinfo process-info-listpids process-info-setcontrol mach-priv-task-port".split(), "target"),
    **dict.fromkeys("sysctl-read sysctl-write".split(), "sysctl"),
    "system-socket": "socket",
    **dict.fromkeys("""process-fork user-preference-read user-preference-write ipc-posix-sem-open ipc-posix-shm-write-create
        ipc-posix-shm-read-data ipc-sysv-sem ipc-sysv-shm ipc-sysv-msg mach-host-special-port-set pseudo-tty job-creation
        appleevent-send lsopen iokit-open iokit-set-properties nvram-set system-fsctl system-acct system-kext-load
        distributed-notification-post hid-control system-privilege system-sched system-package-check darwin-notification-post""".split(), ""),
}
ALIASES = {"ipc-posix-sem": "ipc-posix-sem*", "ipc-posix-shm": "ipc-posix-shm*"}
LINKS = re.compile(r"/(etc|tmp|var)(?=/|$)")
LOOPBACK = ("127.0.0.1", "::1")


class Question:
    def __init__(self, line):
        self.operation, _, rest = line.partition(" ")
        kind = OPERATIONS[self.operation]
        self.path = self.place = self.value = None
        if kind == "path" or kind == "network" and rest.startswith("/"):
            assert rest.startswith("/"), line
            # The kernel asks about what a name leads to.
            self.path = ("/private" if LINKS.match(rest) else "") + rest
        elif kind == "network":
            protocol, place = rest.split()
            host, _, port = place.rpartition(":")
            self.place = protocol, host.strip("[]"), int(port)
            assert protocol in ("tcp", "udp"), line
        elif kind == "target":
            assert rest in ("same-sandbox", "others"), line
            self.value = rest
        else:
            assert bool(rest) == bool(kind), line
            self.value = rest
        # A set-id program runs only where the rule takes the sandbox off: the kernel refuses it in one.
        self.setid = self.operation == "process-exec-setid"
        self.operation = self.operation.replace("-setid", "")


class Rule:
    def __init__(self, form):
        self.allow, self.form = form[0] == "allow", form
        self.operations = [one for one in form[1:] if seatbelt_check.is_symbol(one)]
        self.filters = [one for one in form[1:] if isinstance(one, list) and one[0] != "with"]
        self.unsandboxed = ["with", "no-sandbox"] in form

    def matches(self, question):
        return any(covers(one, question.operation) for one in self.operations) and (
            not self.filters or any(holds(one, question) for one in self.filters))


def covers(operation, asked):
    operation = ALIASES.get(operation, operation)
    return operation in ("default", asked) or operation.endswith("*") and asked.startswith(operation[:-1])


def holds(one, question):
    kind, rest = one[0], one[1:]
    if kind == "require-all":
        return all(holds(part, question) for part in rest)
    if kind in ("literal", "subpath", "regex"):
        return question.path is not None and in_path(kind, rest[0], question.path)
    if kind in ("remote", "local"):
        return question.place is not None and at_place(rest, *question.place)
    if kind in ("target", "global-name", "sysctl-name"):
        return question.value == rest[0]
    # socket-domain and socket-protocol: "AF_SYSTEM 2"
    return {"socket-domain": 0, "socket-protocol": 1}[kind] == (question.value or "").split().index(rest[0]) \
        if rest[0] in (question.value or "").split() else False


def in_path(kind, text, path):
    if kind == "regex":
        return re.search(text, path) is not None
    return path == text or kind == "subpath" and path.startswith(text.rstrip("/") + "/")


def at_place(rest, protocol, host, port):
    host_wanted, _, port_wanted = rest[1].rpartition(":")
    return (rest[0] == protocol and port_wanted in ("*", str(port)) and
            (host_wanted == "*" or host in LOOPBACK))


def read(data):
    """The rules of a profile; seatbelt_check.Refused when it is none of ours."""
    return [Rule(form) for form in seatbelt_check.check(data)[1:]]


def allows(rules, line):
    question = Question(line)
    for rule in reversed(rules):
        if rule.matches(question):
            return rule.allow and (rule.unsandboxed or not question.setid)
    raise AssertionError("a profile without a default")


def lesser(rules):
    """(what is left out, the rules without it): each operation and each filter of each rule but the first, (deny default)."""
    for at, rule in enumerate(rules):
        if rule.operations == ["default"]:
            continue
        parts = rule.filters if len(rule.filters) > 1 else []
        parts = parts + (rule.operations if len(rule.operations) > 1 else [])
        for part in parts or [None]:
            form = [one for one in rule.form if one is not part] if parts else None
            yield (rule.form, part), rules[:at] + ([Rule(form)] if form else []) + rules[at + 1:]
