"""The egress policy: reads policy.json, and decides one request. Pure; needs no mitmproxy.

A request is allowed when one rule, not expired, allows its host, port, scheme and method, every
reading of its path (see target.path_readings) and, where it asks for one, a WebSocket; and none
denies it. The query is no part of the match, unless the rule says what it may be. A connection of
which nothing is read (tcp, tls) is allowed by name and port. Nothing else allows anything.
"""

from __future__ import annotations

import datetime
import functools
import ipaddress
import json
import re
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import ceiling
import headers
import query
from ceiling import Ceiling
from target import (DEFAULT_PORTS, Target, TargetError, check_pattern, decode_path, is_shortened,
                    parse_name, patterns_for)
from vocabulary import WORDS

# The grammars of the spec (gen/spec/types_*.c, url_path.c), which a test compares with these.
METHOD = re.compile(r"[A-Z](?:[A-Z-]{0,18}[A-Z])?")
# Of RFC 9110's methods: one opens a tunnel, one makes a server say what the proxy put in.
NO_METHODS = tuple(WORDS["methods_refused"])
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_SCHEME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN_SCHEMES = ("bearer", "basic")
_IN_A_SEGMENT = re.compile(r"[A-Za-z0-9._~:@-]+")
_KEY_ID = re.compile(r"[A-Za-z0-9._-]+")
_PLACEHOLDER = re.compile(r"[\x21-\x7e]{8,500}")
_DATE = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")
_LONGEST_NAME = 60
_LONGEST_SOURCE = 255
_LONGEST_SLOT = 100


class PolicyError(ValueError):
    """policy.json is not usable; the message says where and why."""


# Of which nothing is read but names and ports.
UNREAD = ("tcp", "tls")


class Request(NamedTuple):
    host: str
    port: int
    scheme: str
    method: str
    target: Target
    websocket: bool = False


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
    requests: Ceiling | None = field(default=None, compare=False)

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
    authorization, path or aws."""

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
    addresses: tuple[Any, ...]
    user: str | None
    password: Credential | None  # where it is kept, no more
    exceptions: tuple[HostPattern, ...]


class Decision(NamedTuple):
    allowed: bool
    reason: str
    rule: Rule | None = None
    missing: dict[str, Any] | None = None
    owner: str | None = None
    full: Ceiling | None = None


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
    _exact: dict[str, list[Rule]] = field(default_factory=dict, compare=False, repr=False)
    _suffix: dict[str, list[Rule]] = field(default_factory=dict, compare=False, repr=False)
    _ports: frozenset[int] = frozenset()
    _denied_exact: dict[str, list[Denied]] = field(default_factory=dict, compare=False, repr=False)
    _denied_suffix: dict[str, list[Denied]] = field(default_factory=dict, compare=False, repr=False)

    def decide(self, request: Request, today: datetime.date) -> Decision:
        what = f"{request.method} {request.host}{_port_suffix(request)}{request.target.path}"
        if request.websocket:
            what = f"a WebSocket at {what}"
        if self._denied_exact or self._denied_suffix:
            for denied in _of_host(request.host, self._denied_exact, self._denied_suffix):
                if denied.denies(request):
                    return Decision(False, f"a rule denies {what}", owner=denied.owner)
        expired: Rule | None = None
        read: query.Readings | None = None
        of_query = but_for_query = False
        full: tuple[Rule, Ceiling] | None = None
        for rule in self.rules_for(request.host):
            of_query = of_query or bool(rule.query)
            if not rule.allows(request):
                continue
            if rule.query:
                read = read or self._read_query(request)
                if not query.allowed(rule.query, read):
                    but_for_query = but_for_query or not rule.expired(today)
                    continue
            if rule.expired(today):
                expired = rule
            elif not rule.requests or rule.requests.takes():
                return Decision(True, "allowed", rule)
            elif not full or rule.requests.opens() < full[1].opens():
                full = rule, rule.requests
        if full:
            return _full(*full, what)
        if of_query:
            read = read or self._read_query(request)
        reason = f"no rule allows {what}{' with this query' if but_for_query else ''}"
        reason += _say_expired(expired)
        if read and read.unsafe:
            return Decision(False, reason + "; servers may read the query in too many ways")
        missing, wider = missing_rule(request, read)
        if any(map(is_shortened, missing["paths"])):
            reason += "; the path is longer than a rule's can be, so the one below is wider"
        if wider:
            reason += "; the query is longer than a rule's can be, so the one below is wider"
        return Decision(False, reason, None, missing)

    def _read_query(self, request: Request) -> query.Readings:
        """The placeholder of a query credential stands where it belongs: no rule need name it."""
        bound = self.credentials_for(request.host) if request.scheme == "https" else []
        return query.read(request.target.query, [
            (one.slot.name.encode("ascii"), one.placeholder.encode("ascii")) for one in bound
            if one.slot.kind == "query" and one.placeholder])

    def decide_tunnel(self, host: str, port: int, today: datetime.date) -> Tunnel:
        expired: Rule | None = None
        for rule in self.rules_for(host):
            if not rule.passes_on(port):
                continue
            if not rule.expired(today):
                return Tunnel(rule.scheme, True, Decision(True, "allowed", rule))
            expired = rule
        missing: dict[str, Any] = {"host": host, "scheme": expired.scheme if expired else "tcp"}
        if missing["scheme"] != "tls" or port != DEFAULT_PORTS["https"]:
            missing["ports"] = [port]
        reason = f"no rule allows CONNECT {host}:{port}{_say_expired(expired)}"
        return Tunnel(missing["scheme"], expired is not None, Decision(False, reason, None, missing))

    def rules_for(self, host: str) -> Iterator[Rule]:
        return _of_host(host, self._exact, self._suffix)

    def addresses(self, host: str, port: int, today: datetime.date) -> tuple[Any, ...]:
        """What that host may have besides public ones, on that port: of all its rules, each once."""
        return tuple(dict.fromkeys(
            block for rule in self.rules_for(host) if port in rule.ports and not rule.expired(today)
            for block in rule.addresses))

    def way(self, host: str) -> Upstream | None:
        """The proxy that leads to this host; None: at once."""
        if self.upstream and any(one.matches(host) for one in self.upstream.exceptions):
            return None
        return self.upstream

    def certificates(self, host: str) -> str:
        """Of the authorities that count for this host, in PEM."""
        return "".join(one.certificates + "\n" for one in self.trust if one.trusted_for(host))

    def names_addresses(self, host: str) -> bool:
        return any(rule.addresses for rule in self.rules_for(host))

    def take_over(self, old: Policy) -> None:
        """What rules have let through so far counts for those that stand here, too."""
        was = {rule.requests.rule: rule.requests for rule in old.rules if rule.requests}
        for rule in self.rules:
            if rule.requests and rule.requests.rule in was:
                rule.requests.take_over(was[rule.requests.rule])

    def speaks_of_port(self, port: int) -> bool:
        """Whether a rule whose requests are read has it."""
        return port in self._ports

    def credentials_for(self, host: str) -> list[Credential]:
        return [one for one in self.credentials if one.bound_to(host)]


def _of_host(host: str, exact: dict[str, list[Any]], suffix: dict[str, list[Any]]) -> Iterator[Any]:
    """Those of the name itself, then those of the names that it is below, the longest first."""
    yield from exact.get(host, ())
    _, _, parent = host.partition(".")
    while parent:
        yield from suffix.get(parent, ())
        _, _, parent = parent.partition(".")


def _full(rule: Rule, reached: Ceiling, what: str) -> Decision:
    opens = datetime.datetime.fromtimestamp(reached.opens(), datetime.timezone.utc)
    return Decision(
        False, f"the rule for {'*.' * rule.host.suffix}{rule.host.host} lets {reached.words()} through, "
        f"and {what} is one more; it opens again at {opens:%Y-%m-%d %H:%M:%S} UTC",
        rule, None, rule.owner, reached)


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
def compiled_path(pattern: str) -> re.Pattern[str]:
    """`*` stays inside a segment, `**` crosses; `%2A` is an asterisk. Compared percent-decoded."""
    wild = {"**": ".*", "*": "[^/]*"}
    parts = re.split(r"(\*\*|\*)", pattern)
    compiled = (wild.get(part) or re.escape(decode_path(part)) for part in parts)
    return re.compile("".join(compiled), re.DOTALL)


@functools.lru_cache(maxsize=65536)
def caseless_path(pattern: str) -> re.Pattern[str]:
    return re.compile(compiled_path(pattern).pattern, re.DOTALL | re.IGNORECASE | re.ASCII)


# Reading policy.json. Every key is known and every type is checked: a key that is ignored could be
# a limit that is not enforced.


def load(text: str | bytes) -> Policy:
    try:
        data = json.loads(text, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"not valid JSON: {error}") from None
    required = ("format", "sandbox", "enforcement", "listen", "rules", "credentials")
    top = _object(data, "policy", required, ("denied", "trust", "upstream"))
    if top["format"] != 1:
        raise PolicyError("policy.format: this proxy reads format 1")
    joined: dict[Any, Ceiling] = {}
    rules = tuple(_rule(item, n, joined) for n, item in enumerate(_list(top["rules"], "rules")))
    denied = [_denied(item, f"denied[{n}]")
              for n, item in enumerate(_list(top.get("denied", []), "denied"))]
    credentials = tuple(
        _credential(item, f"credentials[{n}]")
        for n, item in enumerate(_list(top["credentials"], "credentials"))
    )
    trust = tuple(_authority(item, f"trust[{n}]")
                  for n, item in enumerate(_list(top.get("trust", []), "trust")))
    upstream = _upstream(top["upstream"]) if "upstream" in top else None
    names = [credential.name for credential in credentials]
    if upstream and upstream.password:
        names.append(upstream.password.name)
    _unique(names, "credentials: name")
    policy = Policy(
        sandbox=_text(top["sandbox"], "sandbox"),
        audit=_one_of(top["enforcement"], ("enforce", "audit"), "enforcement") == "audit",
        listen=_listen(top["listen"]),
        rules=rules,
        credentials=credentials,
        trust=trust,
        upstream=upstream,
        _ports=frozenset(port for rule in rules if rule.scheme not in UNREAD for port in rule.ports),
    )
    for rule in rules:
        index = policy._suffix if rule.host.suffix else policy._exact
        index.setdefault(rule.host.host, []).append(rule)
    for one in denied:
        denials = policy._denied_suffix if one.host.suffix else policy._denied_exact
        denials.setdefault(one.host.host, []).append(one)
    return policy


def _rule(item: Any, number: int, joined: dict[Any, Ceiling]) -> Rule:
    where = f"rules[{number}]"
    read = not isinstance(item, dict) or item.get("scheme") not in UNREAD
    required = ("host", "suffix", "scheme", "methods", "paths", "ports", "websocket")
    if not read:
        required = ("host", "suffix", "scheme", "ports")
    optional = ("addresses", "ignore_case", "query", "requests", "owner", "reason", "expires")
    if not read:
        optional = ("addresses", "owner", "reason", "expires")
    rule = _object(item, where, required, optional)
    return Rule(
        number=number,
        host=_host(rule, where),
        scheme=_one_of(rule["scheme"], ("https", "http", *UNREAD), f"{where}.scheme"),
        methods=frozenset(_each(rule, "methods", where, _method) if read else ()),
        paths=tuple(_each(rule, "paths", where, _path) if read else ()),
        websocket=read and _boolean(rule["websocket"], f"{where}.websocket"),
        ports=frozenset(_each(rule, "ports", where, _port)),
        addresses=tuple(_each(rule, "addresses", where, _range)) if "addresses" in rule else (),
        query=tuple(_each(rule, "query", where, _item)) if "query" in rule else (),
        ignore_case="ignore_case" in rule and _boolean(rule["ignore_case"], f"{where}.ignore_case"),
        requests=_ceiling(rule, where, joined) if "requests" in rule else None,
        owner=_optional_text(rule, "owner", where),
        reason=_optional_text(rule, "reason", where),
        expires=_expires(rule, where),
    )


def _denied(item: Any, where: str) -> Denied:
    denied = _object(item, where, ("host", "suffix", "scheme", "paths", "ports"), ("owner",))
    return Denied(
        host=_host(denied, where),
        scheme=_one_of(denied["scheme"], ("https", "http"), f"{where}.scheme"),
        paths=tuple(_each(denied, "paths", where, _path)),
        ports=frozenset(_each(denied, "ports", where, _port)),
        owner=_optional_text(denied, "owner", where),
    )


def _credential(item: Any, where: str) -> Credential:
    optional = ("placeholder", "paths", "ask")
    entry = _object(item, where, ("name", "source", "hosts", "inject"), optional)
    name = _word(entry["name"], f"{where}.name", _LONGEST_NAME)
    placeholder = _optional_text(entry, "placeholder", where)
    if placeholder is not None and not _PLACEHOLDER.fullmatch(placeholder):
        raise PolicyError(f"{where}.placeholder: 8 to 500 visible ASCII characters")
    hosts = _list(entry["hosts"], f"{where}.hosts")
    patterns = [_host(_object(host, f"{where}.hosts", ("host", "suffix")), where) for host in hosts]
    paths = tuple(_each(entry, "paths", where, _path)) if "paths" in entry else ()
    ask = "ask" in entry and _boolean(entry["ask"], f"{where}.ask")
    source, slot = _source(entry["source"], where), _slot(entry["inject"], where)
    ask = ask or slot.kind in ("path", "aws")  # it is there only where its placeholder is
    if ask and placeholder is None:
        raise PolicyError(f"{where}.placeholder: it is what asks for the secret")
    if slot.kind == "path" and not _IN_A_SEGMENT.fullmatch(placeholder or ""):
        raise PolicyError(f"{where}.placeholder: in a path only letters, digits and - . _ ~ : @")
    if slot.kind == "aws" and not _KEY_ID.fullmatch(placeholder or ""):
        raise PolicyError(f"{where}.placeholder: as the id of a key only letters, digits and - . _")
    return Credential(name, source, tuple(patterns), slot, placeholder, paths, ask)


def _authority(item: Any, where: str) -> Authority:
    entry = _object(item, where, ("certificates",), ("hosts",))
    certificates = _text(entry["certificates"], f"{where}.certificates")
    try:
        readable = certificates.encode("ascii", "replace").decode("ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=readable)
    except ssl.SSLError:
        raise PolicyError(f"{where}.certificates: certificates in PEM") from None
    if "hosts" not in entry:
        return Authority(certificates, ())
    hosts = _list(entry["hosts"], f"{where}.hosts")
    if not hosts:
        raise PolicyError(f"{where}.hosts: one or more")
    return Authority(certificates, tuple(
        _host(_object(host, f"{where}.hosts", ("host", "suffix")), where) for host in hosts))


def _upstream(item: Any) -> Upstream:
    where = "upstream"
    required = ("host", "suffix", "port")
    if isinstance(item, dict) and "user" in item:
        required += ("user", "source")
    entry = _object(item, where, required, ("addresses", "except"))
    host = _host(entry, where)
    if host.suffix:
        raise PolicyError(f"{where}.suffix: it is one host")
    user = _optional_text(entry, "user", where)
    if user is not None and not _USER.fullmatch(user):
        raise PolicyError(f"{where}.user: not a user of Basic")
    password = None
    if user is not None:
        password = Credential("upstream", _source(entry["source"], where), (), Slot("basic", user), None)
    exceptions = _list(entry.get("except", []), f"{where}.except")
    if "except" in entry and not exceptions:
        raise PolicyError(f"{where}.except: one or more")
    return Upstream(
        host=host.host,
        port=_port(entry["port"], f"{where}.port"),
        addresses=tuple(_each(entry, "addresses", where, _range)) if "addresses" in entry else (),
        user=user,
        password=password,
        exceptions=tuple(_host(_object(one, f"{where}.except", ("host", "suffix")), f"{where}.except")
                         for one in exceptions),
    )


def _source(item: Any, where: str) -> Source:
    where += ".source"
    kind = _one_of(item.get("kind") if isinstance(item, dict) else None,
                   ("file", "systemd", "keychain", "command"), f"{where}.kind")
    key = {"file": "path", "command": "command"}.get(kind, "name")
    value = _object(item, where, ("kind", key))[key]
    if key == "name":
        return Source(kind, _word(value, f"{where}.name", _LONGEST_SOURCE))
    text = _text(value, f"{where}.{key}")
    if not text.startswith("/"):
        raise PolicyError(f"{where}.{key}: an absolute path{' first' if kind == 'command' else ''}")
    return Source(kind, text)


def _slot(item: Any, where: str) -> Slot:
    where += ".inject"
    if not isinstance(item, dict) or len(item) != 1:
        raise PolicyError(f"{where}: exactly one of header, bearer, basic, query, authorization, path, "
                          "aws")
    (kind, value), = item.items()
    if kind in ("bearer", "path", "aws") and value is True:
        return Slot(kind, "")
    value = _text(value, f"{where}.{kind}")
    if kind == "header" and _HEADER.fullmatch(value) and headers.may_carry_a_secret(value):
        return Slot("header", value.lower())
    if kind == "basic" and _USER.fullmatch(value):
        return Slot("basic", value)
    if kind == "query":
        return Slot("query", _word(value, f"{where}.query", _LONGEST_SLOT))
    if kind == "authorization" and _SCHEME.fullmatch(value) and value.lower() not in _OWN_SCHEMES:
        return Slot("authorization", value)
    raise PolicyError(f"{where}: not a place that can carry a secret")


def _host(item: dict[str, Any], where: str) -> HostPattern:
    text = _text(item["host"], f"{where}.host")
    try:
        name = parse_name(text)
    except TargetError as error:
        raise PolicyError(f"{where}.host: {error}") from None
    if name != text:
        raise PolicyError(f"{where}.host: in lower case")
    return HostPattern(name, _boolean(item["suffix"], f"{where}.suffix"))


def _listen(item: Any) -> tuple[str, int]:
    listen = _object(item, "listen", ("host", "port"))
    return _text(listen["host"], "listen.host"), _port(listen["port"], "listen.port")


def _expires(rule: dict[str, Any], where: str) -> datetime.date | None:
    text = _optional_text(rule, "expires", where)
    if text is None:
        return None
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return datetime.date(*map(int, text.split("-")))
    except ValueError:
        raise PolicyError(f"{where}.expires: a date, YYYY-MM-DD") from None


def _method(value: Any, where: str) -> str:
    if not isinstance(value, str) or not METHOD.fullmatch(value) or value in NO_METHODS:
        raise PolicyError(f"{where}: an HTTP method in capitals, never {' or '.join(NO_METHODS)}")
    return value


def _path(value: Any, where: str) -> str:
    pattern = _text(value, where)
    try:
        check_pattern(pattern)
    except TargetError as error:
        raise PolicyError(f"{where}: {error}") from None
    return pattern


def _ceiling(rule: dict[str, Any], where: str, joined: dict[Any, Ceiling]) -> Ceiling:
    """Rules with the same word in together have one."""
    where += ".requests"
    item = _object(rule["requests"], where, ("count", "seconds"), ("together",))
    count, seconds = item["count"], item["seconds"]
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= ceiling.MOST:
        raise PolicyError(f"{where}.count: a number, 1 to {ceiling.MOST}")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds not in ceiling.WINDOWS:
        raise PolicyError(f"{where}.seconds: 1, 60, 3600 or 86400")
    together = _optional_text(item, "together", where)
    made = Ceiling(count, seconds, json.dumps(rule, sort_keys=True))
    return made if together is None else joined.setdefault((count, seconds, together), made)


def _item(value: Any, where: str) -> str:
    item = _text(value, where)
    problem = query.wrong(item)
    if problem:
        raise PolicyError(f"{where}: {problem}")
    return item


def _port(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
        raise PolicyError(f"{where}: a port, 1 to 65535")
    return value


def _range(value: Any, where: str) -> Any:
    """In its one spelling, which has no bit behind the prefix."""
    text = _text(value, where)
    try:
        block = ipaddress.ip_network(text)
    except ValueError:
        block = None
    if block is None or str(block) != text or "%" in text:
        raise PolicyError(f"{where}: a range of addresses, like 10.1.0.0/16 or fd00:1::/64")
    return block


def _each(rule: dict[str, Any], key: str, where: str, parse: Any) -> list[Any]:
    values = _list(rule[key], f"{where}.{key}")
    if not values:
        raise PolicyError(f"{where}.{key}: one or more")
    return [parse(value, f"{where}.{key}[{n}]") for n, value in enumerate(values)]


def _object(
    item: Any, where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise PolicyError(f"{where}: an object")
    for key in required:
        if key not in item:
            raise PolicyError(f"{where}: {key} is missing")
    for key in item:
        if key not in required and key not in optional:
            raise PolicyError(f"{where}: unknown key {key!r}")
    return item


def _list(item: Any, where: str) -> list[Any]:
    if not isinstance(item, list):
        raise PolicyError(f"{where}: a list")
    return item


def _text(item: Any, where: str) -> str:
    if not isinstance(item, str) or not item or "\0" in item:
        raise PolicyError(f"{where}: text that is not empty")
    return item


def _word(item: Any, where: str, longest: int) -> str:
    word = _text(item, where)
    if len(word) > longest or not _WORD.fullmatch(word):
        raise PolicyError(f"{where}: letters, digits, '.', '_' and '-', {longest} at most")
    return word


def _optional_text(item: dict[str, Any], key: str, where: str) -> str | None:
    return _text(item[key], f"{where}.{key}") if key in item else None


def _boolean(item: Any, where: str) -> bool:
    if not isinstance(item, bool):
        raise PolicyError(f"{where}: true or false")
    return item


def _one_of(item: Any, choices: tuple[str, ...], where: str) -> str:
    if not isinstance(item, str) or item not in choices:
        raise PolicyError(f"{where}: one of {', '.join(choices)}")
    return item


def _unique(names: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise PolicyError(f"{where}: {name!r} twice")
        seen.add(name)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _unique((key for key, _ in pairs), "a key")
    return dict(pairs)
