"""From the proxy's decision lines to a proposal for network.rules. Pure; proposes, never applies.

    journalctl -o cat -u UNIT | python3 learn.py [--denied]

Takes the requests that audit let pass without a rule (with --denied, also the refused ones), one
proposal for each host, port, scheme and set of methods. Segments that name one thing (a number, a
UUID, a hash) become `*`; many paths below one place become `/**`. Hosts are never merged: who owns
what else ends alike, nothing here can know. An operator reads it, narrows it,
names an owner and a reason, and puts it into the spec.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.parse
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

# Isolated Python (-I) does not look beside the script.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from target import TargetError, path_readings  # noqa: E402

_ONE_THING = re.compile(
    r"[0-9]+|v?[0-9]+(?:\.[0-9]+)+[A-Za-z0-9.+_-]*"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{12,}"
    r"|(?=[^/]*[0-9])[A-Za-z0-9_-]{20,}"
)
_VERSION = re.compile(r"v[0-9]+(?:(?:alpha|beta)[0-9]*)?")
_NOT_OFFERED = {"TRACE"}  # no spec can allow it
_LONGEST_PATTERN = 490
_MANY = 4
_MANY_AT_THE_TOP = 12  # `/**` opens a whole host

Place = tuple[str, str, int, bool]


def propose(lines: Iterable[str], denied: bool = False) -> dict[str, Any]:
    """The fragment of a spec: {"network": {"rules": [...]}}."""
    verdicts = ("audit", "deny") if denied else ("audit",)
    seen: dict[Place, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    times: dict[Place, int] = defaultdict(int)
    for missing in _missing(lines, verdicts):
        place = (missing["host"], missing.get("scheme", "https"),
                 missing.get("ports", [443])[0], bool(missing.get("websocket")))
        times[place] += 1
        for path in missing["paths"]:
            seen[place][path].update(missing["methods"])
    rules = [rule for place in sorted(seen) for rule in _rules(place, seen[place], times[place])]
    return {"network": {"rules": rules}}


def _missing(lines: Iterable[str], verdicts: tuple[str, ...]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the journal of a unit holds other lines too
        if not isinstance(event, dict) or event.get("event") != "decision":
            continue
        missing = event.get("missing")
        if event.get("verdict") in verdicts and isinstance(missing, dict) and "paths" in missing:
            yield missing


def _rules(place: Place, paths: dict[str, set[str]], times: int) -> list[dict[str, Any]]:
    host, scheme, port, websocket = place
    by_methods: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for path, allowed in merge(paths).items():
        if allowed:
            by_methods[tuple(sorted(allowed))].append(path)
    made = []
    for methods, patterns in sorted(by_methods.items()):
        rule: dict[str, Any] = {"host": host}
        if scheme != "https":
            rule["scheme"] = scheme
        rule.update(methods=list(methods), paths=sorted(patterns))
        if port != 443:
            rule["ports"] = [port]
        if websocket:
            rule["websocket"] = True
        rule["reason"] = f"learned: {times} request{'s' * (times != 1)} to this host"
        made.append(rule)
    return made


def merge(paths: dict[str, set[str]]) -> dict[str, set[str]]:
    """Fewer patterns that allow the same paths, and what is plainly more of the same."""
    general: dict[str, set[str]] = defaultdict(set)
    for path, methods in paths.items():
        for pattern in _patterns(path):
            general[pattern].update(methods - _NOT_OFFERED)
    for depth in range(max((path.count("/") for path in general), default=0) - 1, -1, -1):
        general = _fold(general, depth)
    return dict(general)


def _patterns(path: str) -> set[str]:
    """A rule must allow every reading of a path, so each gets its pattern, as a spec spells it."""
    try:
        return {_pattern(reading) for reading in path_readings(path)}
    except TargetError:
        return set()  # refused whatever the rules say


def _pattern(reading: str) -> str:
    parts = [_segment(part) for part in reading.split("/")[1:]]
    # A spec has no place for an empty segment, nor for a pattern without end.
    if "" in parts[:-1]:
        parts[parts.index(""):] = ["**"]
    while len("/".join(parts)) > _LONGEST_PATTERN:
        parts[-2:] = ["**"]
    return "/" + "/".join(parts)


def _segment(part: str) -> str:
    if _ONE_THING.fullmatch(part) and not _VERSION.fullmatch(part):
        return "*"
    pieces = part.split("%2F")  # path_readings leaves an encoded slash encoded
    return "%2F".join(urllib.parse.quote(piece, safe="!$&'()+,;=:@-._~") for piece in pieces)


def _fold(paths: dict[str, set[str]], depth: int) -> dict[str, set[str]]:
    """Below a place `depth` segments down, many paths become one `/**`."""
    below: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        parts = path.split("/")
        if len(parts) > depth + 1:
            below["/".join(parts[: depth + 1])].append(path)
    folded = defaultdict(set, {path: set(methods) for path, methods in paths.items()})
    for top, found in below.items():
        pattern = top + "/**"
        if len(found) >= (_MANY if depth else _MANY_AT_THE_TOP) or pattern in found:
            for path in found:
                folded[pattern] |= folded.pop(path)
    return folded


if __name__ == "__main__":
    print(json.dumps(propose(sys.stdin, "--denied" in sys.argv[1:]), indent=2))
