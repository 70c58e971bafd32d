"""The egress policy, which decides one request. Pure; needs no mitmproxy.

A request is allowed when one rule, not expired, allows its host, port, scheme and method, every
reading of its path (see target.path_readings) and, where it asks for one, a WebSocket; and none
denies it. The query is no part of the match, unless the rule says what it may be. A connection of
which nothing is read (tcp, tls) is allowed by name and port. Nothing else allows anything.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import ceiling
import query
from by_path import OfHost
from ceiling import Ceiling, Ceilings
from cooldown import Cooldown, CooldownError
from target import DEFAULT_PORTS, Target, decode_path, is_shortened, patterns_for
from vocabulary import WORDS

# The grammars of the spec (gen/spec/types_*.c, url_path.c), which a test compares with these.
METHOD = re.compile(r"[A-Z](?:[A-Z-]{0,18}[A-Z])?")
# Of RFC 9110's methods: one opens a tunnel, one makes a server say what the proxy put in.
NO_METHODS = tuple(WORDS["methods_refused"])
# Of which nothing is read but names and ports.
UNREAD = ("tcp", "tls")


class Request(NamedTuple):
    host: str
    port: int
    scheme: str
    method: str
    target: Target
    websocket: bool = False
    length: int = 0  # of the body, where the request says it
    peeks: bool = False  # it is asked again: nothing is counted

    def words(self) -> str:
        """What is asked for, as a refusal says it."""
        what = f"{self.method} {self.host}{_port_suffix(self)}{self.target.path}"
        return f"a WebSocket at {what}" if self.websocket else what


@dataclass(frozen=True)
class HostPattern:
    host: str
    suffix: bool

    def matches(self, host: str) -> bool:
        return host.endswith("." + self.host) if self.suffix else host == self.host


@dataclass(frozen=True)
class Rule:
    number: int
    host: HostPattern
    scheme: str
    methods: frozenset[str]
    paths: tuple[str, ...]
    ports: frozenset[int]
    websocket: bool
    owner: str | None
    reason: str | None
    expires: datetime.date | None
    addresses: tuple[Any, ...] = ()  # ip_network()s that the host may have besides public ones
    query: tuple[str, ...] = ()
    ignore_case: bool = False  # of ASCII, in paths
    ceilings: Ceilings = field(default_factory=dict, compare=False)

    def expired(self, today: datetime.date) -> bool:
        return self.expires is not None and today > self.expires

    def passes_on(self, port: int) -> bool:
        return self.scheme in UNREAD and port in self.ports

    def allows(self, request: Request) -> bool:
        return (
            request.port in self.ports
            and request.scheme == self.scheme
            and request.method in self.methods
            and (self.websocket or not request.websocket)
            and all(map(self.allows_path, request.target.readings))
        )

    def allows_path(self, reading: str) -> bool:
        return _matches(self.paths, reading, self.ignore_case)


@dataclass(frozen=True)
class Source:
    """Where a secret is kept: kind is file, systemd, keychain or command."""

    kind: str
    name: str


@dataclass(frozen=True)
class Slot:
    """The place in a request where a secret goes: kind is header, bearer, basic, query,
    authorization, path, aws or json."""

    kind: str
    name: str


@dataclass(frozen=True)
class Credential:
    name: str
    source: Source
    hosts: tuple[HostPattern, ...]
    slot: Slot
    placeholder: str | None
    paths: tuple[str, ...] = ()
    ask: bool = False
    ceilings: Ceilings = field(default_factory=dict, compare=False)

    def goes_to(self, target: Target) -> bool:
        """Without paths of its own, to every path."""
        return not self.paths or _all_match(self.paths, target.readings)

    def bound_to(self, host: str) -> bool:
        for pattern in self.hosts:
            if pattern.matches(host):
                return True
        return False


@dataclass(frozen=True)
class Denied:
    """What is refused whichever rule allows it. One reading of the path is enough; and what some
    servers take for the same path is the same here: other letters of ASCII in capitals, a slash at
    the end or none."""

    host: HostPattern
    scheme: str
    paths: tuple[str, ...]
    ports: frozenset[int]
    owner: str | None

    def denies(self, request: Request) -> bool:
        if request.port not in self.ports or request.scheme != self.scheme:
            return False
        spellings = [spelling for reading in request.target.readings
                     for spelling in (reading, _with_other_end(reading))]
        return any(caseless_path(pattern).fullmatch(spelling)
                   for pattern in self.paths for spelling in spellings)


@dataclass(frozen=True)
class Server:
    """Of MCP: what is said there is read, whichever rule lets it through. One reading of the path is enough, as of what
    is denied."""

    host: HostPattern
    scheme: str
    port: int
    path: str
    tools: tuple[str, ...]
    owner: str | None
    expires: datetime.date | None

    def is_at(self, request: Request) -> bool:
        return request.port == self.port and request.scheme == self.scheme and any(
            caseless_path(self.path).fullmatch(spelling)
            for reading in request.target.readings for spelling in (reading, _with_other_end(reading)))

    def names(self, tool: str) -> bool:
        return any(_compiled_tool(pattern).fullmatch(tool) for pattern in self.tools)

    def url(self) -> str:
        port = "" if DEFAULT_PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{self.host.host}{port}{self.path}"


class Tool(NamedTuple):
    """What a server's entries say of one of its tools."""

    allowed: bool
    url: str  # of the one that allows it, else of the first
    owner: str | None
    expired: datetime.date | None  # of one that did allow it


def _with_other_end(reading: str) -> str:
    return reading[:-1] if reading.endswith("/") and reading != "/" else reading + "/"


@dataclass(frozen=True)
class Authority:
    """Certificates that those of servers may be signed by, besides the system's authorities."""

    certificates: str
    hosts: tuple[HostPattern, ...]  # none: every host

    def trusted_for(self, host: str) -> bool:
        return not self.hosts or any(pattern.matches(host) for pattern in self.hosts)


@dataclass(frozen=True)
class Upstream:
    """Another proxy, which what leaves goes through."""

    host: str
    port: int
    tls: bool  # which it is spoken to in
    addresses: tuple[Any, ...]
    user: str | None
    password: Credential | None  # where it is kept, no more
    exceptions: tuple[HostPattern, ...]


@dataclass(frozen=True)
class Grantable:
    """What operators may grant at most, or what is asked about; None: any."""

    seconds: int
    hosts: tuple[HostPattern, ...] | None
    methods: tuple[str, ...] | None

    def has(self, host: str, method: str) -> bool:
        return (self.methods is None or method in self.methods) and self.has_host(host)

    def has_host(self, host: str) -> bool:
        return self.hosts is None or any(one.matches(host) for one in self.hosts)


class Decision(NamedTuple):
    allowed: bool
    reason: str
    rule: Rule | None = None
    missing: dict[str, Any] | None = None
    owner: str | None = None
    full: Ceiling | None = None
    denied: bool = False  # whichever rule allows it
    wanting: bool = False  # nothing but that rule is missing, and it allows nothing besides
    grant: str | None = None  # the id of what allows it in place of a rule


class Tunnel(NamedTuple):
    """A connection of which nothing is read; named: a rule has its host and port, though that may
    have expired. The scheme is the rule's, or that of the one missing."""

    scheme: str
    named: bool
    decision: Decision

    def instead(self, reason: str) -> Tunnel:
        return self._replace(decision=self.decision._replace(reason=reason))


@dataclass(frozen=True)
class Policy:
    sandbox: str
    audit: bool
    listen: tuple[str, int]
    rules: tuple[Rule, ...]
    credentials: tuple[Credential, ...]
    trust: tuple[Authority, ...] = ()
    upstream: Upstream | None = None
    cooldowns: tuple[Cooldown, ...] = ()
    grants: Grantable | None = None  # None: nothing may be granted
    ask: Grantable | None = None  # None: nobody is asked
    servers: tuple[Server, ...] = ()
    _exact: dict[str, OfHost] = field(default_factory=dict, compare=False, repr=False)
    _suffix: dict[str, OfHost] = field(default_factory=dict, compare=False, repr=False)
    _ports: frozenset[int] = frozenset()
    _certificates: dict[tuple[int, ...], str] = field(
        default_factory=dict, compare=False, repr=False)
    _denied_exact: dict[str, list[Denied]] = field(default_factory=dict, compare=False, repr=False)
    _denied_suffix: dict[str, list[Denied]] = field(default_factory=dict, compare=False, repr=False)
    _aged_exact: dict[str, list[Cooldown]] = field(default_factory=dict, compare=False, repr=False)
    _aged_suffix: dict[str, list[Cooldown]] = field(default_factory=dict, compare=False, repr=False)
    _servers: dict[str, list[Server]] = field(default_factory=dict, compare=False, repr=False)

    def decide(self, request: Request, today: datetime.date) -> Decision:
        what = request.words()
        if self._denied_exact or self._denied_suffix:
            for denied in _of_host(request.host, self._denied_exact, self._denied_suffix):
                if denied.denies(request):
                    return Decision(False, f"a rule denies {what}", owner=denied.owner, denied=True)
        expired: Rule | None = None
        read: query.Readings | None = None
        but_for_query = False
        full: tuple[Rule, Ceiling] | None = None
        lists = self._lists_for(request.host)
        for rule in (one for rules in lists for one in rules.of_path(request.target.readings[0])):
            if not rule.allows(request):
                continue
            if rule.query:
                read = read or self._read_query(request)
                if not query.allowed(rule.query, read):
                    but_for_query = but_for_query or not rule.expired(today)
                    continue
            if rule.expired(today):
                expired = rule
                continue
            reached = ceiling.full(rule.ceilings, request.length, request.peeks) if rule.ceilings else None
            if not reached:
                return Decision(True, "allowed", rule)
            if not full or reached.opens() < full[1].opens():
                full = rule, reached
        if full:
            return _full(*full, what)
        if any(rules.of_query for rules in lists):
            read = read or self._read_query(request)
        reason = f"no rule allows {what}{' with this query' if but_for_query else ''}"
        reason += _say_expired(expired)
        if read and read.unsafe:
            return Decision(False, reason + "; servers may read the query in too many ways")
        missing, wider = missing_rule(request, read)
        shortened = any(map(is_shortened, missing["paths"]))
        if shortened:
            reason += "; the path is longer than a rule's can be, so the one below is wider"
        if wider:
            reason += "; the query is longer than a rule's can be, so the one below is wider"
        return Decision(False, reason, None, missing, wanting=not shortened and not wider)

    def cooldown(self, request: Request) -> Cooldown | None:
        """The longest of those that this request is under, whichever rule allows it."""
        if not self.cooldowns or request.scheme != "https" or request.method not in ("GET", "HEAD"):
            return None
        found: Cooldown | None = None
        for one in _of_host(request.host, self._aged_exact, self._aged_suffix):
            if request.port not in one.ports or not any(
                    _matches(one.paths, reading) for reading in request.target.readings):
                continue
            if found and one.index != found.index:
                raise CooldownError(f"rules say different indexes of packages for {request.words()}")
            if not found or one.seconds > found.seconds:
                found = one
        return found

    def speaks_mcp(self, request: Request) -> bool:
        return any(one.is_at(request) for one in self._servers.get(request.host, ()))

    def tool(self, request: Request, name: str, today: datetime.date) -> Tool:
        found: Tool | None = None
        expired: datetime.date | None = None
        for one in self._servers.get(request.host, ()):
            if not one.is_at(request):
                continue
            ended = one.expires is not None and today > one.expires
            named = one.names(name)
            if named and not ended:
                return Tool(True, one.url(), one.owner, expired)
            if named:
                expired = one.expires
            found = found or Tool(False, one.url(), one.owner, None)
        assert found  # it speaks MCP
        return found._replace(expired=expired)

    def _read_query(self, request: Request) -> query.Readings:
        """The placeholder of a query credential stands where it belongs: no rule need name it."""
        bound = self.credentials_for(request.host) if request.scheme == "https" else []
        return query.read(request.target.query, [
            (one.slot.name.encode("ascii"), one.placeholder.encode("ascii")) for one in bound
            if one.slot.kind == "query" and one.placeholder])

    def decide_tunnel(self, host: str, port: int, today: datetime.date) -> Tunnel:
        expired: Rule | None = None
        full: tuple[Rule, Ceiling] | None = None
        for rule in self.rules_for(host):
            if not rule.passes_on(port):
                continue
            if rule.expired(today):
                expired = rule
                continue
            reached = ceiling.full(rule.ceilings, 0) if rule.ceilings else None
            if not reached:
                return Tunnel(rule.scheme, True, Decision(True, "allowed", rule))
            if not full or reached.opens() < full[1].opens():
                full = rule, reached
        if full:
            return Tunnel(full[0].scheme, True, _full(*full, f"CONNECT {host}:{port}"))
        missing: dict[str, Any] = {"host": host, "scheme": expired.scheme if expired else "tcp"}
        if missing["scheme"] != "tls" or port != DEFAULT_PORTS["https"]:
            missing["ports"] = [port]
        reason = f"no rule allows CONNECT {host}:{port}{_say_expired(expired)}"
        return Tunnel(missing["scheme"], expired is not None, Decision(False, reason, None, missing))

    def rules_for(self, host: str) -> Iterator[Rule]:
        return _of_host(host, self._exact, self._suffix)

    def _lists_for(self, host: str) -> list[OfHost]:
        return list(_lists_of(host, self._exact, self._suffix))

    def addresses(self, host: str, port: int, today: datetime.date) -> tuple[Any, ...]:
        """What that host may have besides public ones, on that port: of all its rules, each once."""
        return tuple(dict.fromkeys(
            block for rules in self._lists_for(host) for rule in rules.with_addresses
            if port in rule.ports and not rule.expired(today) for block in rule.addresses))

    def way(self, host: str) -> Upstream | None:
        """The proxy that leads to this host; None: at once."""
        if self.upstream and any(one.matches(host) for one in self.upstream.exceptions):
            return None
        return self.upstream

    def certificates(self, host: str) -> str:
        """Of the authorities that count for this host, in PEM; one text for each set of them."""
        these = tuple(number for number, one in enumerate(self.trust) if one.trusted_for(host))
        if these not in self._certificates:
            self._certificates[these] = "".join(
                self.trust[number].certificates + "\n" for number in these)
        return self._certificates[these]

    def names_addresses(self, host: str) -> bool:
        return any(rules.with_addresses for rules in self._lists_for(host))

    def take_over(self, old: Policy) -> None:
        """What was counted so far counts for those rules and credentials that stand here, too."""
        was = {(kind, one.identity): one for owner in (*old.rules, *old.credentials)
               for kind, one in owner.ceilings.items()}
        for owner in (*self.rules, *self.credentials):
            ceiling.take_over(owner.ceilings, was)

    def speaks_of_port(self, port: int) -> bool:
        """Whether a rule whose requests are read has it."""
        return port in self._ports

    def credentials_for(self, host: str) -> list[Credential]:
        return [one for one in self.credentials if one.bound_to(host)]


def _of_host(host: str, exact: dict[str, Any], suffix: dict[str, Any]) -> Iterator[Any]:
    for found in _lists_of(host, exact, suffix):
        yield from found


def _lists_of(host: str, exact: dict[str, Any], suffix: dict[str, Any]) -> Iterator[Any]:
    """Those of the name itself, then those of the names that it is below, the longest first."""
    if host in exact:
        yield exact[host]
    _, _, parent = host.partition(".")
    while parent:
        if parent in suffix:
            yield suffix[parent]
        _, _, parent = parent.partition(".")


def _full(rule: Rule, reached: Ceiling, what: str) -> Decision:
    return Decision(False, reached.reason(what), rule, None, rule.owner, reached)


def missing_rule(request: Request, read: query.Readings | None) -> tuple[dict[str, Any], bool]:
    """The rule, as it would stand in a spec, that would have allowed this request; and whether its
    query lets more through."""
    rule: dict[str, Any] = {"host": request.host}
    if request.scheme != "https":
        rule["scheme"] = request.scheme
    rule["methods"] = [request.method]
    rule["paths"] = patterns_for(request.target)
    items, wider = query.items_for(read) if read else (None, False)
    if items:
        rule["query"] = items
    if request.port != DEFAULT_PORTS[request.scheme]:
        rule["ports"] = [request.port]
    if request.websocket:
        rule["websocket"] = True
    return rule, wider


def _say_expired(rule: Rule | None) -> str:
    return f"; the rule that did expired on {rule.expires}" if rule else ""


def _port_suffix(request: Request) -> str:
    return "" if DEFAULT_PORTS[request.scheme] == request.port else f":{request.port}"


def _matches(paths: tuple[str, ...], reading: str, ignore_case: bool = False) -> bool:
    compiled = caseless_path if ignore_case else compiled_path
    for pattern in paths:
        if compiled(pattern).fullmatch(reading):
            return True
    return False


def _all_match(paths: tuple[str, ...], readings: tuple[str, ...]) -> bool:
    for reading in readings:
        if not _matches(paths, reading):
            return False
    return True


@functools.lru_cache(maxsize=65536)
def _compiled_tool(pattern: str) -> re.Pattern[str]:
    """`*` is any text, and all else is itself."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


@functools.lru_cache(maxsize=65536)
def compiled_path(pattern: str) -> re.Pattern[str]:
    """`*` stays inside a segment, `**` crosses; `%2A` is an asterisk. Compared percent-decoded."""
    wild = {"**": ".*", "*": "[^/]*"}
    parts = re.split(r"(\*\*|\*)", pattern)
    compiled = (wild.get(part) or re.escape(decode_path(part)) for part in parts)
    return re.compile("".join(compiled), re.DOTALL)


@functools.lru_cache(maxsize=65536)
def caseless_path(pattern: str) -> re.Pattern[str]:
    return re.compile(compiled_path(pattern).pattern, re.DOTALL | re.IGNORECASE | re.ASCII)
