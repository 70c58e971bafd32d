"""Reads policy.json into a policy. Every key is known and every type is checked: a key that is ignored could
be a limit that is not enforced. Pure; needs no mitmproxy."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import ssl
from collections.abc import Iterable
from typing import Any

import ceiling
import cooldown
import headers
import query
from by_path import OfHost
from ceiling import Ceiling, Ceilings
from policy import (METHOD, NO_METHODS, UNREAD, Authority, Credential, Denied, Grantable, HostPattern, Policy, Rule,
                    Server, Slot, Source, Upstream)
from target import TargetError, check_pattern, parse_name

# The grammars of the spec (gen/spec/types_*.c), which a test compares with these.
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_SCHEME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN_SCHEMES = ("bearer", "basic")
_IN_A_SEGMENT = re.compile(r"[A-Za-z0-9._~:@-]+")
_KEY_ID = re.compile(r"[A-Za-z0-9._-]+")
_PLACEHOLDER = re.compile(r"[\x21-\x7e]{8,500}")
_DATE = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")
_INDEX_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
_POINTER = re.compile(r"/(?:[^~]|~[01])*", re.DOTALL)  # RFC 6901 section 3
_TOOL = re.compile(r"[A-Za-z0-9*._/:@+-]+")
_LONGEST_TOOL = 128
_LONGEST_NAME = 60
_LONGEST_SOURCE = 255
_LONGEST_SLOT = 100
_LONGEST_POINTER = 200
_LONGEST_GRANT, _LONGEST_WAIT = 366 * 86400, 600


class PolicyError(ValueError):
    """policy.json is not usable; the message says where and why."""


def load(text: str | bytes) -> Policy:
    try:
        data = json.loads(text, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"not valid JSON: {error}") from None
    required = ("format", "sandbox", "enforcement", "listen", "rules", "credentials")
    top = _object(data, "policy", required, ("denied", "cooldowns", "mcp", "trust", "upstream", "grants", "ask", "logins"))
    if "logins" in data:
        raise PolicyError("policy.logins: agent-sandbox-proxy alone keeps logins; mitmproxy does not")
    if top["format"] != 1:
        raise PolicyError("policy.format: this proxy reads format 1")
    joined: dict[Any, Ceiling] = {}
    rules = tuple(_rule(item, n, joined) for n, item in enumerate(_list(top["rules"], "rules")))
    denied = [_denied(item, f"denied[{n}]")
              for n, item in enumerate(_list(top.get("denied", []), "denied"))]
    cooldowns = tuple(_cooldown(item, f"cooldowns[{n}]")
                      for n, item in enumerate(_list(top.get("cooldowns", []), "cooldowns")))
    servers = tuple(_server(item, f"mcp[{n}]") for n, item in enumerate(_list(top.get("mcp", []), "mcp")))
    credentials = tuple(
        _credential(item, f"credentials[{n}]")
        for n, item in enumerate(_list(top["credentials"], "credentials"))
    )
    trust = tuple(_authority(item, f"trust[{n}]")
                  for n, item in enumerate(_list(top.get("trust", []), "trust")))
    upstream = _upstream(top["upstream"]) if "upstream" in top else None
    if "ask" in top and "grants" not in top:
        raise PolicyError("policy: grants is missing, which ask needs")
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
        cooldowns=cooldowns,
        servers=servers,
        grants=_grantable(top["grants"], "grants", _LONGEST_GRANT, ("hosts", "methods")) if "grants" in top else None,
        ask=_grantable(top["ask"], "ask", _LONGEST_WAIT, ("hosts",)) if "ask" in top else None,
        _ports=frozenset(port for rule in rules if rule.scheme not in UNREAD for port in rule.ports),
    )
    for rule in rules:
        index = policy._suffix if rule.host.suffix else policy._exact
        index.setdefault(rule.host.host, OfHost()).append(rule)
    for one in denied:
        denials = policy._denied_suffix if one.host.suffix else policy._denied_exact
        denials.setdefault(one.host.host, []).append(one)
    for aged in cooldowns:
        of_ages = policy._aged_suffix if aged.host.suffix else policy._aged_exact
        of_ages.setdefault(aged.host.host, []).append(aged)
    for server in servers:
        policy._servers.setdefault(server.host.host, []).append(server)
    return policy


def _rule(item: Any, number: int, joined: dict[Any, Ceiling]) -> Rule:
    where = f"rules[{number}]"
    read = not isinstance(item, dict) or item.get("scheme") not in UNREAD
    required = ("host", "suffix", "scheme", "methods", "paths", "ports", "websocket")
    if not read:
        required = ("host", "suffix", "scheme", "ports")
    optional = ("addresses", "ignore_case", "query", *ceiling.KINDS, "owner", "reason", "expires")
    if not read:
        optional = ("addresses", "bytes", "owner", "reason", "expires")
    rule = _object(item, where, required, optional)
    host = _host(rule, where)
    return Rule(
        number=number,
        host=host,
        scheme=_one_of(rule["scheme"], ("https", "http", *UNREAD), f"{where}.scheme"),
        methods=frozenset(_each(rule, "methods", where, _method) if read else ()),
        paths=tuple(_each(rule, "paths", where, _path) if read else ()),
        websocket=read and _boolean(rule["websocket"], f"{where}.websocket"),
        ports=frozenset(_each(rule, "ports", where, _port)),
        addresses=tuple(_each(rule, "addresses", where, _range)) if "addresses" in rule else (),
        query=tuple(_each(rule, "query", where, _item)) if "query" in rule else (),
        ignore_case="ignore_case" in rule and _boolean(rule["ignore_case"], f"{where}.ignore_case"),
        ceilings=_ceilings(rule, where, f"the rule for {'*.' * host.suffix}{host.host}", joined),
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


def _cooldown(item: Any, where: str) -> cooldown.Cooldown:
    entry = _object(item, where, ("host", "suffix", "paths", "ports", "seconds", "index"), ("owner",))
    seconds = entry["seconds"]
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not (
            cooldown.LEAST <= seconds <= cooldown.MOST):
        raise PolicyError(f"{where}.seconds: a number, {cooldown.LEAST} to {cooldown.MOST}")
    at = f"{where}.index"
    index = _object(entry["index"], at, ("kind", "host", "port", "path"))
    path = index["path"]
    if not isinstance(path, str) or not _INDEX_PATH.fullmatch(path):
        raise PolicyError(f"{at}.path: empty, or segments of letters, digits and - . _ ~")
    return cooldown.Cooldown(
        host=_host(entry, where),
        paths=tuple(_each(entry, "paths", where, _path)),
        ports=frozenset(_each(entry, "ports", where, _port)),
        seconds=seconds,
        index=cooldown.Index(_one_of(index["kind"], cooldown.KINDS, f"{at}.kind"),
                             _host(dict(index, suffix=False), at).host, _port(index["port"], f"{at}.port"), path),
        owner=_optional_text(entry, "owner", where),
    )


def _server(item: Any, where: str) -> Server:
    entry = _object(item, where, ("host", "suffix", "scheme", "port", "path", "tools"), ("owner", "expires"))
    host = _host(entry, where)
    if host.suffix:
        raise PolicyError(f"{where}.suffix: it is one host")
    scheme = _one_of(entry["scheme"], ("https", "http"), f"{where}.scheme")
    port = _port(entry["port"], f"{where}.port")
    path = _text(entry["path"], f"{where}.path")
    if "*" in path:
        raise PolicyError(f"{where}.path: one path, without *")
    return Server(
        host=host,
        scheme=scheme,
        port=port,
        path=_path(path, f"{where}.path"),
        tools=tuple(_each(entry, "tools", where, _tool)),
        owner=_optional_text(entry, "owner", where),
        expires=_expires(entry, where),
    )


def _tool(value: Any, where: str) -> str:
    pattern = _text(value, where)
    if len(pattern.encode("utf-8", "replace")) > _LONGEST_TOOL:
        raise PolicyError(f"{where}: a tool's name has 1 to 128 characters")
    if not _TOOL.fullmatch(pattern):
        raise PolicyError(f"{where}: letters, digits, * and . _ - / : @ + alone")
    if "**" in pattern:
        raise PolicyError(f"{where}: one * is any text, already")
    return pattern


def _credential(item: Any, where: str) -> Credential:
    optional = ("placeholder", "paths", "ask", *ceiling.KINDS)
    entry = _object(item, where, ("name", "source", "hosts", "inject"), optional)
    name = _word(entry["name"], f"{where}.name", _LONGEST_NAME)
    ceilings = _ceilings(entry, where, f"the credential {name}", None)
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
    return Credential(name, source, tuple(patterns), slot, placeholder, paths, ask, ceilings)


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
    entry = _object(item, where, required, ("addresses", "except", "tls"))
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
        tls=_boolean(entry["tls"], f"{where}.tls") if "tls" in entry else False,
        addresses=tuple(_each(entry, "addresses", where, _range)) if "addresses" in entry else (),
        user=user,
        password=password,
        exceptions=tuple(_host(_object(one, f"{where}.except", ("host", "suffix")), f"{where}.except")
                         for one in exceptions),
    )


def _grantable(item: Any, where: str, most: int, optional: tuple[str, ...]) -> Grantable:
    entry = _object(item, where, ("seconds",), optional)
    seconds = entry["seconds"]
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 1 <= seconds <= most:
        raise PolicyError(f"{where}.seconds: a number, 1 to {most}")
    hosts = _list(entry.get("hosts", []), f"{where}.hosts")
    if "hosts" in entry and not hosts:
        raise PolicyError(f"{where}.hosts: one or more")
    return Grantable(
        seconds,
        tuple(_host(_object(one, f"{where}.hosts", ("host", "suffix")), f"{where}.hosts") for one in hosts) or None,
        tuple(_each(entry, "methods", where, _method)) if "methods" in entry else None)


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
                          "aws, json")
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
    if kind == "json" and len(value.encode("utf-8", "replace")) <= _LONGEST_POINTER and _POINTER.fullmatch(value):
        return Slot("json", value)
    if kind == "authorization" and _SCHEME.fullmatch(value) and value.lower() not in _OWN_SCHEMES:
        return Slot("authorization", value)
    raise PolicyError(f"{where}: not a place that can carry a secret")


def _host(item: dict[str, Any], where: str) -> HostPattern:
    text, suffix = _text(item["host"], f"{where}.host"), _boolean(item["suffix"], f"{where}.suffix")
    try:  # a suffix is what stands behind a label, and may be one itself
        name = parse_name(f"x.{text}")[2:] if suffix else parse_name(text)
    except TargetError as error:
        raise PolicyError(f"{where}.host: {error}") from None
    if name != text:
        raise PolicyError(f"{where}.host: in lower case")
    return HostPattern(name, suffix)


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


def _ceilings(item: dict[str, Any], where: str, whose: str, joined: dict[Any, Ceiling] | None) -> Ceilings:
    return {kind: _ceiling(item, kind, f"{where}.{kind}", whose, joined)
            for kind in ceiling.KINDS if kind in item}


def _ceiling(owner: dict[str, Any], kind: str, where: str, whose: str,
             joined: dict[Any, Ceiling] | None) -> Ceiling:
    """Rules with the same word in together have one."""
    item = _object(owner[kind], where, ("count", "seconds"), ("together",) if joined is not None else ())
    count, seconds = item["count"], item["seconds"]
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= ceiling.MOST:
        raise PolicyError(f"{where}.count: a number, 1 to {ceiling.MOST}")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds not in ceiling.WINDOWS:
        raise PolicyError(f"{where}.seconds: 1, 60, 3600 or 86400")
    together = _optional_text(item, "together", where)
    identity = json.dumps(owner if together is None else item, sort_keys=True)
    made = Ceiling(kind, count, seconds, whose, identity)
    return made if together is None or joined is None else joined.setdefault((kind, identity), made)


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
