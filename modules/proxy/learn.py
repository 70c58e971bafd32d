"""From the proxy's decision lines to a proposal for network.rules. Pure; proposes, never applies.

    journalctl -o cat -u UNIT | python3 learn.py [--denied] [--without FILE]

Takes the requests that audit let pass without a rule (with --denied, also the refused ones): of each
host, port and scheme what was asked for, and nothing that was not. Nothing is folded into a wildcard
and no hosts are merged: what else ends alike, nothing here can know. An operator reads it, widens it
where the work needs it, names an owner and a reason, and puts it into the spec.

FILE holds, a line each, from when to when verify attacked, in the words of the log and written by
root while all sessions stood still: those requests are nobody's work. Nothing in a request can say so.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

# Isolated Python (-I) does not look beside the script; and that folder is not ours to write to.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import query  # noqa: E402
from policy import METHOD, NO_METHODS, UNREAD  # noqa: E402
from target import TargetError, check_pattern  # noqa: E402

_MOST_PATHS = 2000  # of one rule, as the spec's schema has it

Place = tuple[str, str, int, bool]
Asked = tuple[str, tuple[str, ...]]  # a path, and what its query holds; as a rule, where it matters
Span = tuple[str, str]


def propose(lines: Iterable[str], denied: bool = False, without: Iterable[Span] = ()) -> dict[str, Any]:
    """The fragment of a spec: {"network": {"rules": [...]}}."""
    verdicts = ("audit", "deny") if denied else ("audit",)
    seen: dict[Place, dict[Asked, set[str]]] = defaultdict(lambda: defaultdict(set))
    times: dict[Place, int] = defaultdict(int)
    for missing in _missing(lines, verdicts, tuple(without)):
        scheme = missing.get("scheme", "https")
        ports = missing.get("ports", [80 if scheme == "http" else 443])
        place = (missing["host"], scheme, ports[0], bool(missing.get("websocket")))
        times[place] += 1
        for path in missing.get("paths", ()):
            seen[place][path, tuple(missing.get("query", ()))].update(missing["methods"])
    rules = [rule for place in sorted(times) for rule in _rules(place, seen[place], times[place])]
    return {"network": {"rules": rules}}


def spans(text: str) -> list[Span]:
    """Lines of "FROM TO"; a time of the log is longer than FROM and sorts behind it."""
    pairs = (line.split() for line in text.splitlines())
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def _missing(lines: Iterable[str], verdicts: tuple[str, ...],
             without: tuple[Span, ...]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the journal of a unit holds other lines too
        if not isinstance(event, dict) or event.get("event") != "decision":
            continue
        if event.get("verdict") not in verdicts or not _is_rule(event.get("missing")):
            continue
        if not any(start <= event.get("time", "") <= end for start, end in without):
            yield event["missing"]


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


def _rules(place: Place, paths: dict[Asked, set[str]], times: int) -> list[dict[str, Any]]:
    host, scheme, port, websocket = place
    if scheme in UNREAD:
        return [{"host": host, "scheme": scheme, "ports": [port],
                 "reason": f"learned: {times} connection{'s' * (times != 1)} to this host, unread"}]
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (path, items), methods in paths.items():
        alike[tuple(sorted(methods)), items].append(path)
    made = []
    for (methods, items), found in sorted(alike.items()):
        for start in range(0, len(found), _MOST_PATHS):
            rule: dict[str, Any] = {"host": host}
            if scheme != "https":
                rule["scheme"] = scheme
            rule.update(methods=list(methods), paths=sorted(found)[start:start + _MOST_PATHS])
            if items:
                rule["query"] = sorted(items)
            if port != (443 if scheme == "https" else 80):
                rule["ports"] = [port]
            if websocket:
                rule["websocket"] = True
            rule["reason"] = f"learned: {times} request{'s' * (times != 1)} to this host"
            made.append(rule)
    return made


def _attacks(arguments: list[str]) -> list[Span]:
    if "--without" not in arguments:
        return []
    try:
        with open(arguments[arguments.index("--without") + 1], encoding="ascii") as file:
            return spans(file.read())
    except FileNotFoundError:
        return []  # verify has never run


if __name__ == "__main__":
    print(json.dumps(propose(sys.stdin, "--denied" in sys.argv[1:], _attacks(sys.argv[1:])), indent=2))
