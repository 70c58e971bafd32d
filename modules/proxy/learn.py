"""From the proxy's decision lines to a proposal for network.rules. Pure; proposes, never applies.

    journalctl -o cat -u UNIT | python3 learn.py [--denied] [--fold] [--without FILE]

Takes the requests that audit let pass without a rule (with --denied, also the refused ones): of each
host, port and scheme what was asked for, and nothing that was not. No hosts are merged: what else ends alike, nothing
here can know. A name without a public address gets the addresses that the log has of it, and no range of them. An
operator reads it, widens it where the work needs it, names an owner and a reason, and puts it into the spec. Of MCP
servers that the spec has, the tools that were called and that no entry names.

With --fold paths that look alike become a pattern (fold.py), and what a rule of a repository of GitHub lets through
one rule for each repository, of the least access that all of it takes. Both let through more than was seen: what more,
is said on standard error, with --fold and without.

FILE holds, a line each, from when to when verify attacked, in the words of the log and written by
root while all sessions stood still: those requests are nobody's work. Nothing in a request can say so.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

# Isolated Python (-I) does not look beside the script; and that folder is not ours to write to.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import fold as folding  # noqa: E402
import github  # noqa: E402
import query  # noqa: E402
import resolve  # noqa: E402
from policy import METHOD, NO_METHODS, UNREAD  # noqa: E402
from target import TargetError, check_pattern  # noqa: E402

_MOST_PATHS = 2000  # of one rule, as the spec's schema has it
_TOOL = re.compile(r"[A-Za-z0-9._/:@+-]{1,128}")
_MOST_WIDER = 100  # lines that say what a fold would add

Place = tuple[str, str, int, bool]
Asked = tuple[str, tuple[str, ...]]  # a path, and what its query holds; as a rule, where it matters
Span = tuple[str, str]


class Closed(NamedTuple):
    """A name that has no public address at a port: those that it has, and what was asked there."""

    addresses: list[str]
    asked: list[dict[str, Any]]


def propose(lines: Iterable[str], denied: bool = False, without: Iterable[Span] = (), fold: bool = False,
            wider: list[str] | None = None) -> dict[str, Any]:
    """The fragment of a spec: {"network": {"rules": [...], "mcp": [...]}}. Into wider: what a fold lets through that
    nothing asked for, in words."""
    verdicts = ("audit", "deny") if denied else ("audit",)
    seen: dict[Place, dict[Asked, set[str]]] = defaultdict(lambda: defaultdict(set))
    times: dict[Place, int] = defaultdict(int)
    found: dict[str, list[github.Belongs]] = defaultdict(list)
    closed: dict[tuple[str, int], Closed] = {}
    repositories: set[tuple[Place, str]] = set()  # what a rule of a repository would let through
    tools: dict[str, list[str]] = defaultdict(list)  # each call, by the server's URL

    def see(missing: dict[str, Any]) -> None:
        belongs = github.of(missing)
        if belongs:
            found[belongs.name.lower()].append(belongs)
        if belongs and fold:
            return
        scheme = missing.get("scheme", "https")
        ports = missing.get("ports", [80 if scheme == "http" else 443])
        place = (missing["host"], scheme, ports[0], bool(missing.get("websocket")))
        times[place] += 1
        if belongs:
            repositories.update((place, path) for path in missing["paths"])
        for path in missing.get("paths", ()):
            seen[place][path, tuple(missing.get("query", ()))].update(missing["methods"])
    for missing in _missing(lines, verdicts, tuple(without), closed):
        if "url" in missing:
            tools[missing["url"]] += missing["tools"]
        else:
            see(missing)
    reached = {(place[0], place[2]) for place in times}  # which those rules open then, whatever else has them
    for place in closed.keys() - reached if denied else ():
        for missing in filter(_is_rule, closed[place].asked):
            see(missing)
    said: list[str] = [] if wider is None else wider
    said.extend(_repository_words(found[name]) for name in sorted(found))
    folded = [rule for place in sorted(times) for rule in _rules(place, {
        asked: methods for asked, methods in seen[place].items() if (place, asked[0]) not in repositories},
        times[place], said)]
    rules = [_repository(found[name]) for name in sorted(found)] if fold else []
    rules += [_with_addresses(rule, closed.get((rule["host"], _port(rule)))) for rule in (folded if fold else [
        rule for place in sorted(times) for rule in _rules(place, seen[place], times[place])])]
    return {"network": {"rules": rules, **({"mcp": [_server(url, tools[url]) for url in sorted(tools)]} if tools else {})}}


def _server(url: str, called: list[str]) -> dict[str, Any]:
    return {"url": url, "tools": sorted(set(called)),
            "reason": f"learned: {len(called)} call{'s' * (len(called) != 1)} of tools of this server that no entry names"}


def _port(rule: dict[str, Any]) -> int:
    return int(rule.get("ports", [80 if rule.get("scheme") == "http" else 443])[0])


def spans(text: str) -> list[Span]:
    """Lines of "FROM TO"; a time of the log is longer than FROM and sorts behind it."""
    pairs = (line.split() for line in text.splitlines())
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def _missing(lines: Iterable[str], verdicts: tuple[str, ...],
             without: tuple[Span, ...],
             closed: dict[tuple[str, int], Closed]) -> Iterable[dict[str, Any]]:
    """What is told of names without a public address goes into closed."""
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the journal of a unit holds other lines too
        if not isinstance(event, dict) or event.get("event") != "decision":
            continue
        if any(start <= event.get("time", "") <= end for start, end in without):
            continue
        if event.get("reason") == resolve.MARK:
            _see_closed(event, closed)
        missing = event.get("missing")
        if event.get("verdict") in verdicts and (_is_rule(missing) or _is_tool(missing)):
            yield missing


def _see_closed(event: dict[str, Any], closed: dict[tuple[str, int], Closed]) -> None:
    """Such a request was let through by a rule, or by audit; what is asked for is a rule of it alone."""
    rule = {"host": event["host"], "scheme": event["scheme"], "ports": [event["port"]]}
    if event["scheme"] not in UNREAD:
        rule.update(methods=[event["method"]], paths=[event.get("path", "").replace("*", "%2A")])
    known = closed.get((event["host"], event["port"]), Closed([], []))
    closed[event["host"], event["port"]] = Closed(event.get("addresses", []), [*known.asked, rule])


def _with_addresses(rule: dict[str, Any], closed: Closed | None) -> dict[str, Any]:
    if closed is None:
        return rule
    named = sorted({f"{one}/{128 if ':' in one else 32}" for one in closed.addresses if not resolve.is_never(one)})
    if named:
        rule["addresses"] = named
    rule["reason"] += ("; the name has no public address, so it has to say in addresses which ones it "
                       "may have" if named else "; the name has no address that a rule could name")
    return rule


def _repository(asked: list[github.Belongs]) -> dict[str, Any]:
    rule: dict[str, Any] = {"github": asked[0].name}
    writes = _writes(asked)
    if writes:
        rule["access"] = "write"
    rule["reason"] = (f"learned: {len(asked)} request{'s' * (len(asked) != 1)} to this repository, all of "
                      f"which may then be read{' and pushed to' * writes}")
    return rule


def _writes(asked: list[github.Belongs]) -> bool:
    return any(one.access == "write" for one in asked)


def _repository_words(asked: list[github.Belongs]) -> str:
    return (f"the repository {asked[0].name} in place of {len(asked)} request{'s' * (len(asked) != 1)} to it: all of it may "
            f"then be read{' and pushed to' * _writes(asked)}")


def _is_tool(missing: Any) -> bool:
    """An entry of network.mcp that a spec can hold; * in it would be any text."""
    return (isinstance(missing, dict) and isinstance(missing.get("url"), str) and isinstance(missing.get("tools"), list)
            and all(isinstance(one, str) and _TOOL.fullmatch(one) for one in missing["tools"]))


def _is_rule(missing: Any) -> bool:
    """Whether a spec can hold it."""
    if isinstance(missing, dict) and missing.get("scheme") in UNREAD:
        return "host" in missing
    if not isinstance(missing, dict) or "paths" not in missing or "methods" not in missing:
        return False
    try:
        for path in missing["paths"]:
            check_pattern(path)
    except TargetError:
        return False
    if any(query.wrong(one) for one in missing.get("query", ())):
        return False
    return all(METHOD.fullmatch(one) and one not in NO_METHODS for one in missing["methods"])


def _rules(place: Place, paths: dict[Asked, set[str]], times: int,
           wider: list[str] | None = None) -> list[dict[str, Any]]:
    """With wider: folded, and said there."""
    host, scheme, port, websocket = place
    if scheme in UNREAD:
        return [{"host": host, "scheme": scheme, "ports": [port],
                 "reason": f"learned: {times} connection{'s' * (times != 1)} to this host, unread"}]
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (path, items), methods in paths.items():
        alike[tuple(sorted(methods)), items].append(path)
    made = []
    for (methods, items), found in sorted(alike.items()):
        patterns = sorted(found) if wider is None else _folded(place, methods, found, wider)
        for start in range(0, len(patterns), _MOST_PATHS):
            rule: dict[str, Any] = {"host": host}
            if scheme != "https":
                rule["scheme"] = scheme
            rule.update(methods=list(methods), paths=patterns[start:start + _MOST_PATHS])
            if items:
                rule["query"] = sorted(items)
            if port != (443 if scheme == "https" else 80):
                rule["ports"] = [port]
            if websocket:
                rule["websocket"] = True
            rule["reason"] = f"learned: {times} request{'s' * (times != 1)} to this host"
            made.append(rule)
    return made


def _folded(place: Place, methods: tuple[str, ...], paths: list[str], wider: list[str]) -> list[str]:
    patterns = folding.fold(paths)
    for pattern, stands_for in patterns.items():
        if len(stands_for) > 1:
            wider.append(f"{', '.join(methods)} {place[1]}://{place[0]}:{place[2]}{pattern} in place of {len(stands_for)} paths: "
                         "whatever else stands where * does")
    return sorted(patterns)


def _attacks(arguments: list[str]) -> list[Span]:
    if "--without" not in arguments:
        return []
    try:
        with open(arguments[arguments.index("--without") + 1], encoding="ascii") as file:
            return spans(file.read())
    except FileNotFoundError:
        return []  # verify has never run


def _say(wider: list[str], fold: bool) -> None:
    """What an agent asked for stands in it: what is not plain ASCII is a question mark."""
    if wider:
        print("wider than what was seen:" if fold else "with --fold these would be wider than what was seen:", file=sys.stderr)
    for line in wider[:_MOST_WIDER]:
        print("  " + re.sub("[^ -~]", "?", line), file=sys.stderr)
    if len(wider) > _MOST_WIDER:
        print(f"  and {len(wider) - _MOST_WIDER} more", file=sys.stderr)


def main(arguments: list[str]) -> None:
    wider: list[str] = []
    fold = "--fold" in arguments
    print(json.dumps(propose(sys.stdin, "--denied" in arguments, _attacks(arguments), fold, wider), indent=2))
    _say(wider, fold)


if __name__ == "__main__":
    main(sys.argv[1:])
