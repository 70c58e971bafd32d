"""Of the many rules that one host may have, those that a path can match: a rule of a thousand
repositories is asked as fast as one of ten. Pure; it leaves out what cannot match, and decides nothing.
"""

from __future__ import annotations

import functools
import string
from typing import Any

from target import decode_path

_FEW = 12  # which are asked as fast one by one
_DEEP = 3  # segments that are told apart: /repos/owner/name
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class OfHost(list):  # type: ignore[type-arg]
    """In the order in which they are asked; complete before anything is asked of it."""

    @functools.cached_property
    def of_query(self) -> bool:
        return any(rule.query for rule in self)

    @functools.cached_property
    def with_addresses(self) -> list[Any]:
        return [rule for rule in self if rule.addresses]

    @functools.cached_property
    def _by_beginning(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, rule in enumerate(self):
            for beginning in sorted({_beginning(pattern) for pattern in rule.paths}):
                found.setdefault(beginning, []).append(number)
        return found

    def of_path(self, reading: str) -> list[Any]:
        if len(self) <= _FEW:
            return self
        parts = reading.translate(_LOWER).split("/", _DEEP + 1)[1:_DEEP + 1]
        keys = ["", *("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))]
        numbers = {number for key in keys for number in self._by_beginning.get(key, ())}
        return [self[number] for number in sorted(numbers)]


def _beginning(pattern: str) -> str:
    """Its first segments, as far as they are whole and without a wildcard."""
    plain, wildcard, _ = pattern.partition("*")
    segments = decode_path(plain).translate(_LOWER).split("/")[1:]
    if wildcard:
        del segments[-1:]
    return "/".join(segments[:_DEEP])
