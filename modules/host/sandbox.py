"""sandbox.json: what the host must know of a sandbox. It is data from a work tree that is not root's to
trust, and root makes and removes things by these names: each is checked again, whoever wrote it."""

import collections
import ipaddress
import json
import os
import re
import stat

import login_data
from say import Refused

FORMAT = 1
LONGEST = 4 << 20  # bytes
NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
# A path without a control character, in one spelling.
PATH = re.compile(r"(/(?!\.{1,2}(/|$))[^/\x00-\x1f\x7f]+)+")
# Of files in a workspace: what gen/spec/file_pattern.h lets through, as far as it matters here.
PATTERN = re.compile(r"(?![!])[^\x00-\x1f\x7f?\[\]\\]+")
OPERATOR = re.compile(r"[^\x00-\x1f\x7f:/,]+")
PLAIN = re.compile(r"[A-Za-z0-9._+@:/,-]+")
# Where agents read their administrator's settings: the only places that a sandbox may have some for. Of each whose they
# are, and their file in the tree.
SUPPORT = "/Library/Application Support"
PLACES = {
    "linux": {"/etc/claude-code/managed-settings.json": ("claude-code", "managed/claude-code/managed-settings.json"),
              "/etc/codex/requirements.toml": ("codex", "managed/codex/requirements.toml"),
              "/etc/github-copilot/managed-settings.json": ("copilot", "managed/copilot/managed-settings.json"),
              "/etc/gemini-cli/settings.json": ("gemini-cli", "managed/gemini-cli/settings.json")},
    "darwin": {f"{SUPPORT}/ClaudeCode/managed-settings.json": ("claude-code", "managed/claude-code/managed-settings.json"),
               "/etc/codex/requirements.toml": ("codex", "managed/codex/requirements.toml"),
               f"{SUPPORT}/GitHubCopilot/managed-settings.json": ("copilot", "managed/copilot/managed-settings.json"),
               f"{SUPPORT}/GeminiCli/settings.json": ("gemini-cli", "managed/gemini-cli/settings.json")},
}
# each: whether each has a home of its own
Projects = collections.namedtuple("Projects", "roots each worktrees")
STATES = {"linux": "/var/lib/agent-sandbox", "darwin": "/var/db/agent-sandbox"}


def read_data(path):
    """The JSON of a file that others may have made: no link, nothing that makes a reader wait, of bounded
    size. OSError where there is none."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode) or info.st_size > LONGEST:
            raise Refused(f"{path} is no file of a size that a sandbox.json has")
        text = file.read(LONGEST)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(f"{path} is no JSON") from None
    if not isinstance(data, dict):
        raise Refused(f"{path} is no JSON object")
    return data


class Reader:
    """Values by their path, each of one kind, or the file is refused."""

    def __init__(self, path, data):
        self.path, self.data = path, data

    def get(self, where, kind):
        value = self.data
        for key in where.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, kind) else self.bad(where, value)

    def bad(self, where, value):
        raise Refused(f"{self.path}: bad {where}: {json.dumps(value)[:80]}")

    def text(self, where, pattern):
        value = self.get(where, str)
        return value if pattern.fullmatch(value) else self.bad(where, value)

    def number(self, where, least=0):
        value = self.get(where, int)
        return value if least <= value < 1 << 32 and value is not True else self.bad(where, value)

    def texts(self, where, pattern):
        values = self.get(where, list)
        good = all(isinstance(value, str) and pattern.fullmatch(value) for value in values)
        return values if good else self.bad(where, values)

    def ports(self, where):
        values = self.get(where, list)
        good = all(type(value) is int and 0 < value < 65536 for value in values)
        return values if good else self.bad(where, values)


class Sandbox:
    """As one system has it: `tree` holds it, and `data` is all of it."""

    def __init__(self, tree, system):
        path = f"{tree}/sandbox.json"
        try:
            self.data = read_data(path)
        except OSError as error:
            raise Refused(f"{tree} is not a rendered sandbox: {error.strerror}") from None
        self.tree, self.system = tree, system
        read = Reader(path, self.data)
        if self.data.get("format") != FORMAT:
            read.bad("format", self.data.get("format"))
        if system not in self.data:
            raise Refused(f"{path}: this tree has no part for {system}")
        self.identity(read)
        self.accounts(read)
        self.network(read)
        self.folders(read, "path" if system == "linux" else "darwinPath")
        self.projects = self.projects_of(read) if "projects" in self.data else None
        self.credentials = [self.credential(read, one) for one in read.get("credentials", list)]
        self.must_refuse = [self.refused(read, one) for one in self.data.get("mustRefuse") or []]
        self.relax = read.texts("relax", re.compile(r"[a-z-]+(:/[^\x00-\x1f\x7f]+)?"))
        self.relax += ["nested-sandbox"] * ("containers" in self.relax)  # which they are made of
        limits = read.get("limits", dict)
        self.session_seconds = read.number("limits.session") if "session" in limits else 0
        self.disk = read.get("limits.disk", int) if "disk" in limits else 0
        # Only whose sessions may ask an ssh-agent have it.
        self.ssh = {"signCommits": read.get("ssh.signCommits", bool)} if "ssh" in self.data else None
        shown = read.get("terminal", dict) if "terminal" in self.data else {}
        self.clipboard = bool(shown) and read.text("terminal.clipboard", re.compile("never|write")) == "write"
        self.notify = read.text("terminal.notify", re.compile("local|always|never")) if "notify" in shown else "local"
        self.logins = login_data.read(read) if "logins" in self.data else []
        if self.logins and self.engine == "auto":
            self.engine = "native"  # which alone keeps them
        self.grants = self.granting(read) if "grants" in self.data else None
        self.managed = self.managed_places(read) if "managed" in self.data else []
        (self.linux_part if system == "linux" else self.darwin_part)(read)

    def identity(self, read):
        self.name = read.text("name", NAME)
        self.prefix = f"agent-sandbox-{self.name}"
        if read.text("prefix", PLAIN) != self.prefix:
            read.bad("prefix", self.data["prefix"])
        self.states = STATES[self.system]
        self.state = f"{self.states}/{self.name}"
        if read.text(f"{self.system}.state", PATH) != self.state:
            read.bad(f"{self.system}.state", self.data[self.system]["state"])
        self.secrets = read.text(f"{self.system}.secrets", PATH)
        self.run = read.text(f"{self.system}.run", PATH)
        for path in (self.secrets, self.run):
            if f"/agent-sandbox/{self.name}/" not in path + "/":
                read.bad(f"{self.system}.secrets or run", path)

    def accounts(self, read):
        self.agent, self.agent_uid = self.account(read, "agent", "uid")
        self.proxy, self.proxy_uid = self.account(read, "proxy", "uid")
        self.share, self.share_gid = self.account(read, "share", "gid")
        self.relay = read.text("relay.name", ACCOUNT)
        self.home = read.text(f"agent.home.{self.system}", PATH)
        self.shell = read.text("agent.shell", re.compile("bash|zsh"))
        self.operators = read.texts("operators", OPERATOR)

    def account(self, read, key, number):
        name = read.text(f"{key}.name", ACCOUNT)
        return (name if name != "root" else read.bad(f"{key}.name", name)), read.number(f"{key}.{number}", 500)

    def network(self, read):
        self.proxy_port = read.number("proxy.port", 500)
        # On macOS the agent finds the proxy at its own port.
        self.relay_port = read.number("proxy.relayPort", 500) if self.system == "linux" else self.proxy_port
        self.local_ports = read.ports("network.localPorts")
        self.publish = read.ports("network.publish")
        self.cidrs = read.get("network.cidrs", list)
        self.opened = self.open_ranges(read)
        self.enforcement = read.text("network.enforcement", re.compile("enforce|audit"))
        # What an earlier version rendered has one engine alone, and no capture.
        named = "engine" in read.get("network", dict)
        self.captures = False  # capture.settle
        self.capture = named and read.get("network", dict).get("capture") is True
        self.engine = read.text("network.engine", re.compile("auto|native|mitmproxy")) if named else "mitmproxy"

    def open_ranges(self, read):
        """[(range of addresses, ports)] to which the proxy goes although they are not public."""
        found = []
        for one in read.get("network", dict).get("opened", []):
            inner = Reader(read.path, one)
            text = inner.text("cidr", re.compile(r"[0-9a-f.:]+/[0-9]{1,3}"))
            try:
                found.append((ipaddress.ip_network(text), inner.ports("ports")))
            except ValueError:
                inner.bad("cidr", text)
        return found

    def folders(self, read, key):
        self.writable, self.readonly = [], []
        self.files, self.own_files = self.patterns(read), {}
        for one in read.get("workspaces", list):
            inner = Reader(read.path, one)
            path = inner.text(key, PATH)
            self.own_files[path] = self.patterns(inner)
            writable = inner.text("access", re.compile("read-(write|only)")) == "read-write"
            (self.writable if writable else self.readonly).append(path)
        self.workspaces = self.writable + self.readonly

    @staticmethod
    def patterns(read):
        """Of what is hidden and protected, and of what is not protected any more."""
        return {key: read.texts(key, PATTERN) if key in read.data else [] for key in ("hide", "protect", "unprotect")}

    def files_of(self, path=None):
        """The same of one workspace, or of a folder that has none of its own."""
        own = self.own_files.get(path, {})
        return {key: [*values, *own.get(key, [])] for key, values in self.files.items()}

    def projects_of(self, read):
        """The folders that they lie below; whether each has a home of its own."""
        own = read.text("projects.home", re.compile("shared|per-project")) == "per-project"
        roots = read.texts("projects.roots", re.compile("~?" + PATH.pattern))
        return Projects(roots, own, read.get("projects.worktrees", bool)) if roots else read.bad("projects.roots", roots)

    def credential(self, read, one):
        """(name, where its value comes from: file, systemd, keychain or command, which one)"""
        inner = Reader(read.path, one)
        source = inner.text("source", re.compile(r"(file:/|systemd:|keychain:|command:/)[^\x00-\x1f\x7f]+"))
        kind, _, rest = source.partition(":")
        path = rest.partition(" ")[0] if kind == "command" else rest
        if path.startswith("/") and not PATH.fullmatch(path) or kind in ("systemd", "keychain") and "/" in rest:
            read.bad("credentials", one)
        return inner.text("name", PLAIN), kind, rest

    def refused(self, read, one):
        """"POST https://evil.example/x", or "CONNECT db.corp:5432": what the proxy must not let through."""
        inner = Reader(read.path, one)
        if isinstance(one, dict) and "connect" in one:
            return "CONNECT " + inner.text("connect", re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}"))
        return inner.text("request", re.compile(r"[A-Za-z-]+ (https?|wss?)://[\x21-\x7e]+"))

    def managed_places(self, read):
        """[(a place, its file in the tree)]"""
        found = []
        for one in read.get("managed", list):
            inner = Reader(read.path, one)
            place = inner.get(self.system, str)
            if PLACES[self.system].get(place) != (inner.get("agent", str), inner.get("file", str)):
                read.bad("managed", one)
            found.append((place, one["file"]))
        return found

    def granting(self, read):
        """Who may let things through for a while, and what at most; hosts and methods: None for any."""
        inner = Reader(read.path, read.get("grants", dict))
        found = {"by": inner.texts("by", OPERATOR), "seconds": inner.number("seconds", 1),
                 "asks": inner.get("asks", bool), "notify": inner.get("notify", bool)}
        for name, pattern in (("hosts", r"(\*\.)?[a-z0-9_.-]+"), ("methods", r"[A-Z][A-Z-]*")):
            found[name] = inner.texts(name, re.compile(pattern)) if name in inner.data else None
        found["on_ask"] = inner.text("onAsk", PATH) if "onAsk" in inner.data else None
        return found

    def credentials_of(self, kind):
        return [rest for _, source, rest in self.credentials if source == kind]

    def linux_part(self, read):
        self.table = read.text("linux.table", re.compile(r"agent_sandbox_[a-z0-9_]+"))
        self.namespace = self.prefix
        own = re.compile(rf"{self.prefix}-[a-z0-9.-]+|{self.table}\.slice")
        self.units = [os.path.basename(path) for path in read.texts("linux.units", PLAIN)]
        self.start = read.texts("linux.start", own)
        if not all(own.fullmatch(unit) for unit in self.units):
            read.bad("linux.units", self.units)
        veth = re.compile(r"as[0-9]+[ah]")
        self.veth = (read.text("linux.veth.host", veth), read.text("linux.veth.agent", veth)) if self.cidrs else None

    def darwin_part(self, read):
        job = re.compile(rf"org\.agent-sandbox\.{self.name}\.[a-z]+\.plist")
        plists = [os.path.basename(path) for path in read.texts("darwin.plists", PLAIN)]
        if not all(map(job.fullmatch, plists)):
            read.bad("darwin.plists", plists)
        self.labels = [plist[: -len(".plist")] for plist in plists]
        self.anchor = read.text("darwin.anchor", re.compile(rf"com\.apple/[0-9]+\.agent-sandbox\.{self.name}"))
