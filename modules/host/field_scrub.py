"""What of a host goes into no report: who works on it, what it and its sandbox are called, where else it reaches, and
secrets. Each such word becomes a hash of it under a key that is thrown away: the same word is the same everywhere in one
report, and no list of names can be tried on it."""

import grp
import hashlib
import hmac
import ipaddress
import json
import os
import pwd
import re
import socket

import field_report

FIRST_PERSON = 500  # of macOS; Linux has system users there, whose names are no secret either
SYSTEM_NAMES = re.compile(r"com[.]apple[.]|_|nobody$|systemd-|nixbld")
# Names that tell nothing, and stand in what tools print for other things.
PLAIN = {"admin", "agent", "apple", "daemon", "local", "localhost", "mac", "macbook", "root", "sandbox", "staff", "user", "users", "wheel"}
SHORTEST_SECRET = 6
MASKED, LEFT_OUT = "[secret]", "[left out]"
LONGEST_LINE = 4000
ADDRESS = re.compile(r"(?<![0-9A-Za-z_.:-])[0-9A-Fa-f:.]*[.:][0-9A-Fa-f:.]+(?![0-9A-Za-z_:-])")
PATTERNS = (("uuid", re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")),
            ("commit", re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")),
            ("hardware", re.compile(r"(?i)(?<![0-9a-f:])(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}(?![0-9a-f:])")),
            ("mail", re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}")),
            ("user", re.compile(r"(?<=/Users/)(?!Shared\b|nobody\b|user-)[^/\s:\"']+")),
            ("user", re.compile(r"(?<=/home/)(?!user-)[^/\s:\"']+")),
            ("volume", re.compile(r"(?<=/Volumes/)(?!Macintosh HD)[^/:\"']+")),
            ("hostid", re.compile(r"(?<=Hostid: )\s*0x[0-9a-f]+")))


class Scrub:
    def __init__(self, host, sandbox, tree):
        self.key = os.urandom(32)
        self.words = {}  # in lower case: what of
        for what, word in [*words_of_host(host), *words_of_sandbox(sandbox, tree)]:
            if len(word) > 1 and word.lower() not in PLAIN:
                self.words.setdefault(word.lower(), what)
        self.kept = addresses_of_ours(tree)
        longest_first = sorted(self.words, key=len, reverse=True)
        self.word = longest_first and re.compile("(?i)(?<![A-Za-z0-9])(?:%s)(?![A-Za-z0-9])" % "|".join(map(re.escape, longest_first)))
        self.secrets = secrets_of(host, sandbox)

    def hash(self, what, word):
        return f"{what}-{hmac.new(self.key, word.lower().encode(), hashlib.sha256).hexdigest()[:8]}"

    def address(self, match):
        text = match[0].rstrip(".:")
        try:
            one = ipaddress.ip_address(text)
        except ValueError:
            return match[0]
        if one.is_loopback or one.is_unspecified or one.is_multicast or one in self.kept:
            return match[0]
        return self.hash("address", text) + match[0][len(text):]

    def line(self, text):
        for secret in self.secrets:
            text = text.replace(secret, MASKED)
        text = self.word.sub(lambda match: self.hash(self.words[match[0].lower()], match[0]), text) if self.word else text
        for what, pattern in PATTERNS:
            text = pattern.sub(lambda match, what=what: self.hash(what, match[0]), text)
        return ADDRESS.sub(self.address, text)

    def lines(self, printed, most, width):
        """Of what a program printed (bytes): at most so many, in ASCII."""
        lines = printed.decode("utf-8", "replace").splitlines()[:most]
        shown = [re.sub("[^ -~]", "?", self.line(line.expandtabs()[:LONGEST_LINE]))[:width] for line in lines]
        return [LEFT_OUT if field_report.private(line) else line for line in shown]


def words_of_host(host):
    for name in {socket.gethostname(), *(named(host, key) for key in ("ComputerName", "LocalHostName", "HostName"))}:
        for word in {name, name.split(".")[0]}:
            yield "host", word
    for entry in pwd.getpwall():
        if entry.pw_uid >= FIRST_PERSON and not SYSTEM_NAMES.match(entry.pw_name):
            yield "user", entry.pw_name
            yield "user", os.path.basename(entry.pw_dir)
            if " " in entry.pw_gecos.split(",")[0]:
                yield "user", entry.pw_gecos.split(",")[0]
    for entry in grp.getgrall():
        if entry.gr_gid >= FIRST_PERSON and not SYSTEM_NAMES.match(entry.gr_name):
            yield "group", entry.gr_name
    yield "user", os.environ.get("SUDO_USER", "")


def named(host, key):
    return (host.text("scutil", "--get", key) or "").strip() if host.system == "darwin" else ""


def words_of_sandbox(box, tree):
    yield "name", box.name
    for name in box.operators:
        yield "user", name.lstrip("@%")
    for path in box.workspaces:
        yield "workspace", path
    for root in box.projects.roots if box.projects else []:
        yield "project", root
    for name, _, rest in box.credentials:
        yield "credential", name
        yield "credential", rest
    for name in hosts_of(f"{tree}/proxy/policy.json"):
        if parsed(name) is None:
            yield "site", name
    for text in [one.get("cidr", "") for one in box.cidrs if isinstance(one, dict)]:
        yield "address", text.split("/")[0]


def hosts_of(path):
    """Every host that a rule or a credential names."""
    try:
        with open(path, encoding="utf-8") as file:
            todo = [json.load(file)]
    except (OSError, ValueError):
        return
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in ("host", "hosts"):
                    yield from (one.lstrip("*.") for one in ([inner] if isinstance(inner, str) else inner) if isinstance(one, str))
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def addresses_of_ours(tree):
    """What our own probes attack, and the ranges that everybody's rules name: no host's."""
    found = set()
    for folder, ending in ((f"{tree}/probes", ".sh"), (f"{tree}/proxy", "vocabulary.json")):
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            if name.endswith(ending):
                with open(f"{folder}/{name}", encoding="utf-8") as file:
                    found.update(ADDRESS.findall(file.read()))
    return {address for address in map(parsed, found) if address}


def parsed(text):
    try:
        return ipaddress.ip_address(text.rstrip(".:"))
    except ValueError:
        return None


def secrets_of(host, box):
    """Root reads them, so that they can be looked for; of each its lines, too."""
    found = set()
    paths = [*box.credentials_of("file"), *(f"{box.secrets}/{name}" for name in listed(box.secrets)),
             *(f"{box.state}/given/{name}" for name in listed(f"{box.state}/given"))]
    for path in paths:
        text = (host.read(path) or b"").decode("utf-8", "replace")
        found.update(line.strip() for line in [text, *text.splitlines()])
    return sorted((one for one in found if len(one) >= SHORTEST_SECRET), key=len, reverse=True)


def listed(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []
