"""Paths that look alike, as patterns that let through all of them, and more. Pure.

Of paths that differ in one segment alone that segment becomes "*": where many do, or where what differs looks like a
number or a hash. No segment is left out and none is crossed, so a pattern stays as deep as what was seen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

_MANY = 5  # of whatever differs
_FEW = 2  # of numbers and hashes
_COUNTED = re.compile("[0-9]+|(?=.*[0-9])[0-9a-f]{7,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Segments = tuple[str, ...]


def fold(paths: Iterable[str]) -> dict[str, list[str]]:
    """Each pattern, with the paths that it stands for: one, where nothing was folded."""
    found: dict[Segments, set[str]] = {tuple(path.split("/")): {path} for path in paths}
    longest = max((len(one) for one in found), default=0)
    while True:
        before = len(found)
        for at in range(longest - 1, 0, -1):
            found = _fold_at(found, at)
        if len(found) == before:
            return {"/".join(one): sorted(found[one]) for one in sorted(found)}


def _fold_at(found: dict[Segments, set[str]], at: int) -> dict[Segments, set[str]]:
    alike: dict[tuple[Segments, Segments], list[Segments]] = defaultdict(list)
    made: dict[Segments, set[str]] = {}
    for one in found:
        if at < len(one) and _may_differ(one[at]):
            alike[one[:at], one[at + 1:]].append(one)
        else:
            made[one] = found[one]
    for (before, behind), ones in alike.items():
        if _is_worth_it([one[at] for one in ones]):
            made.setdefault((*before, "*", *behind), set()).update(*(found[one] for one in ones))
        else:
            made.update((one, found[one]) for one in ones)
    return made


def _may_differ(segment: str) -> bool:
    """What servers may read as a slash, or as a parameter, is read in more ways than one."""
    return segment != "" and ";" not in segment and "%2F" not in segment.upper() and "**" not in segment


def _is_worth_it(segments: list[str]) -> bool:
    if "*" in segments:
        return len(segments) > 1
    counted = sum(1 for one in segments if _COUNTED.fullmatch(one))
    return len(segments) >= _MANY or (counted == len(segments) and counted >= _FEW)
