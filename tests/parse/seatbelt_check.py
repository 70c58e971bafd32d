"""Checks a Seatbelt profile by a grammar of its own: the part of the language that we emit.

seatbelt_check.py FILE...

There is no sandbox-exec here. A profile is read as the S-expressions that it is, then every
operation, filter and modifier must be one of the tables below, and must fit together: an operation
without a filter holds for everything, so which may stand so is a table too.
"""
import re
import sys

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9*_-]*|[0-9]+")

FILES = ("file-read*", "file-read-metadata", "file-write*", "file-write-setugid", "file-clone", "file-link", "file-ioctl")
NETWORK = ("network-outbound", "network-bind", "network-inbound")
TARGETED = ("process-info*", "signal", "mach-priv-task-port")
# What may be allowed without a filter, and what denied.
ALLOWED_WHOLE = (
    "process-fork", "process-exec", "process-info-listpids", "sysctl-read", "user-preference-read", "ipc-posix-sem",
    "ipc-posix-shm", "ipc-sysv-sem", "ipc-sysv-shm", "mach-host*", "pseudo-tty", "file-read*", "file-map-executable",
)
# What a process may write there about itself.
SYSCTLS = ("kern.grade_cputype", "kern.tcsm_enable")
# The kernel's own sockets (SYSPROTO_CONTROL), and none of another family.
SYSTEM_SOCKET = ["allow", "system-socket", ["require-all", ["socket-domain", "AF_SYSTEM"], ["socket-protocol", "2"]]]
# What the relaxation system-trust opens: these, together.
TRUST = ["allow", "mach-lookup", *(["global-name", f"com.apple.{name}"] for name in ("SecurityServer", "trustd.agent"))]
DENIED_WHOLE = ("default",)
PATHS = ("literal", "subpath", "regex")
FILTERS = {
    **{operation: PATHS for operation in FILES},
    **{operation: ("remote", "local", *PATHS) for operation in NETWORK},
    "network*": PATHS,
    **{operation: ("target",) for operation in TARGETED},
    "mach-lookup": ("global-name",),
    "sysctl-write": ("sysctl-name",),
    "process-exec": ("literal",),
}
# Services that fetch, resolve names, hold secrets or act as the user who is logged in.
SERVICES_REFUSED = re.compile(
    r"dnssd|mdnsresponder|nsurlsession|trustd|ocspd|networkd|pasteboard|pboard|windowserver"
    r"|launchservices|coreservices|lsd|securityd|SecurityServer|appleevent|tccd",
    re.IGNORECASE,
)
READABLE_LINKS = re.compile(r"/(etc|tmp|var)(/|$)")  # links into /private


class Refused(Exception):
    pass


class Text(str):
    """A string literal's value."""


class Regex(str):
    """What stands in #"..."."""


class Reader:
    def __init__(self, text):
        self.text, self.at = text, 0

    def refuse(self, what):
        raise Refused(f"{self.text.count(chr(10), 0, self.at) + 1}: {what}")

    def skip(self):
        while self.at < len(self.text):
            if self.text[self.at] == ";":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in " \n":
                self.at += 1
            else:
                return

    def string(self):
        self.at += 1
        value = bytearray()
        while True:
            char = self.text[self.at : self.at + 1]
            if not char or char == "\n":
                self.refuse("a string is not closed")
            self.at += 1
            if char == '"':
                break
            value += self.escape() if char == "\\" else char.encode()
        try:
            return Text(value.decode())
        except UnicodeDecodeError:
            return self.refuse("a string is not UTF-8")

    def escape(self):
        char = self.text[self.at : self.at + 1]
        if char == "x":
            digits = self.text[self.at + 1 : self.at + 3]
            if not re.fullmatch(r"[0-9a-f]{2}", digits):
                self.refuse("a bad \\x in a string")
            self.at += 3
            return bytes([int(digits, 16)])
        if char not in ESCAPES or not char:
            self.refuse(f"a bad escape \\{char} in a string")
        self.at += 1
        return ESCAPES[char].encode()

    def regex(self):
        end = self.text.find('"', self.at + 2)
        if end < 0 or "\n" in self.text[self.at : end]:
            self.refuse("a regex is not closed")
        value = Regex(self.text[self.at + 2 : end])
        self.at = end + 1
        return value

    def list(self):
        items, opened = [], self.at
        self.at += 1
        while True:
            self.skip()
            if self.at >= len(self.text):
                self.at = opened
                self.refuse("a bracket is not closed")
            if self.text[self.at] == ")":
                self.at += 1
                return items
            items.append(self.value())

    def value(self):
        if self.text[self.at] == "(":
            return self.list()
        if self.text[self.at] == '"':
            return self.string()
        if self.text.startswith('#"', self.at):
            return self.regex()
        match = SYMBOL.match(self.text, self.at)
        if not match or match.end() < len(self.text) and self.text[match.end()] not in " \n()":
            self.refuse(f"{self.text[self.at]!r} begins nothing that a profile of ours holds")
        self.at = match.end()
        return match.group()

    def forms(self):
        """(line, form) of everything at the top."""
        while True:
            self.skip()
            if self.at >= len(self.text):
                return
            if self.text[self.at] != "(":
                self.refuse("something outside of brackets")
            yield self.text.count("\n", 0, self.at) + 1, self.list()


def is_symbol(value, *wanted):
    return type(value) is str and (not wanted or value in wanted)


def path_filter(kind, value):
    if kind == "regex":
        if not isinstance(value, Regex) or not value.startswith("^/"):
            raise Refused("a regex must be #\"^/...\"")
        re.compile(value)
        return
    if not isinstance(value, Text) or not value.startswith("/"):
        raise Refused(f"{kind} needs an absolute path")
    if value != "/" and not re.fullmatch(r"(/[^/\x00-\x1f]+)+", value):
        raise Refused(f"{kind} {value!r}: not a normal path; a trailing slash matches nothing")
    if re.search(r"/\.\.?(/|$)", value):
        raise Refused(f"{kind} {value!r} has dot segments")
    if READABLE_LINKS.match(value):
        raise Refused(f"{kind} {value!r} is below a link: the kernel says /private{value}")


def network_filter(kind, rest):
    if len(rest) != 2 or not is_symbol(rest[0], "tcp", "udp"):
        raise Refused(f"{kind} needs tcp or udp, and an address")
    if not isinstance(rest[1], Text):
        raise Refused(f"{kind} needs a string")
    match = re.fullmatch(r"(localhost|\*):([1-9][0-9]{0,4})|(localhost):\*", rest[1])
    if not match or int(match.group(2) or 0) > 65535:
        raise Refused(f"{kind} {rest[1]!r}: the host is localhost or *, and the port a number")
    if kind == "local" and match.group(1) == "*":
        raise Refused("a server on every address")


def check_filter(value):
    if not isinstance(value, list) or not value or not is_symbol(value[0]):
        raise Refused(f"{value!r} is not a filter")
    kind, rest = value[0], value[1:]
    if kind in ("remote", "local"):
        network_filter(kind, rest)
    elif len(rest) != 1:
        raise Refused(f"{kind} takes one value")
    elif kind in PATHS:
        path_filter(kind, rest[0])
    elif kind == "target":
        if not is_symbol(rest[0], "same-sandbox"):
            raise Refused("a target other than same-sandbox")
    elif kind == "global-name":
        if not isinstance(rest[0], Text) or not re.fullmatch(r"com\.apple(\.[A-Za-z_]+)+", rest[0]):
            raise Refused(f"{rest[0]!r} is not a service's name")
        if SERVICES_REFUSED.search(rest[0]):
            raise Refused(f"{rest[0]!r} is a way out")
    elif kind == "sysctl-name":
        if not isinstance(rest[0], Text) or rest[0] not in SYSCTLS:
            raise Refused(f"{rest[0]!r} is not a process's own to write")
    else:
        raise Refused(f"no filter is called {kind}")
    return kind


def check_rule(form):
    if form in (SYSTEM_SOCKET, TRUST):
        return
    if ["subpath", "/"] in form and form != ["deny", "file-write-setugid", ["subpath", "/"]]:
        raise Refused("subpath / is everything")
    action, rest = form[0], form[1:]
    operations = []
    while rest and is_symbol(rest[0]):
        operations.append(rest.pop(0))
    if not operations:
        raise Refused(f"{action} without an operation")
    unsandboxed = ["with", "no-sandbox"] in rest
    if unsandboxed:
        if form != ["allow", "process-exec", ["literal", "/bin/ps"], ["with", "no-sandbox"]]:
            raise Refused("no-sandbox is for /bin/ps alone")
        rest.remove(["with", "no-sandbox"])
    kinds = [check_filter(value) for value in rest]
    for operation in operations:
        check_operation(action, operation, kinds)


def check_operation(action, operation, kinds):
    if not kinds:
        if operation not in (ALLOWED_WHOLE if action == "allow" else DENIED_WHOLE):
            raise Refused(f"{action} {operation} without a filter")
        return
    if operation not in FILTERS:
        raise Refused(f"{operation} is not an operation that takes filters here")
    for kind in kinds:
        if kind not in FILTERS[operation]:
            raise Refused(f"{operation} cannot be filtered by {kind}")
    if operation == "network-outbound" and "local" in kinds:
        raise Refused("network-outbound goes to a remote address")
    if operation in ("network-bind", "network-inbound") and "remote" in kinds:
        raise Refused(f"{operation} happens at a local address")


def check(data):
    """The profile's rules, as nested lists."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Refused("1: not UTF-8") from None
    forms = list(Reader(text).forms())
    if [form for _, form in forms[:2]] != [["version", "1"], ["deny", "default"]]:
        raise Refused("1: a profile starts with (version 1) (deny default)")
    for line, form in forms[1:]:
        try:
            if not form or not is_symbol(form[0], "allow", "deny"):
                raise Refused(f"{form[:1]!r} is neither allow nor deny")
            check_rule(list(form))
        except Refused as refused:
            raise Refused(f"{line}: {refused}") from None
    if not text.endswith("\n"):
        raise Refused(f"{text.count(chr(10)) + 1}: no newline at the end")
    return [form for _, form in forms]


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
