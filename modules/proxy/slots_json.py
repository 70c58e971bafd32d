"""Secrets in a body of JSON: slots_json.c does the same. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import headers
import json_body
import json_place
import redact
from policy import Credential


class BodyError(Exception):
    """It cannot be said what goes into a body."""


class Edit(NamedTuple):
    """A string of it, whose place is the proxy's; without a credential it is emptied."""

    start: int
    end: int
    credential: Credential | None


def check(those: Sequence[Credential], names: headers.Named, length: int) -> None:
    """Whether they may go into what these fields belong to; length: 0 where it is not known."""
    why = json_body.wrong(names, length)
    if why:
        raise BodyError(f"credential {those[0].name}: a body that it may go into {why}")


def choose(those: Sequence[Credential], body: bytes) -> tuple[Edit, ...]:
    """From the end of the body to its beginning."""
    edits, seen = [], set()
    for one in those:
        if one.slot.name in seen:
            continue
        seen.add(one.slot.name)
        place = json_place.find(body, one.slot.name)
        if place.kind == json_place.NO_JSON:
            raise BodyError(f"credential {one.name}: a body that it may go into is JSON, and this one is not")
        if place.kind == json_place.AMBIGUOUS:
            raise BodyError(
                f"credential {one.name}: the body has {one.slot.name} more than once, or in other letters")
        if place.kind == json_place.STRING:
            among = [other for other in those if other.slot == one.slot]
            edits.append(Edit(place.start, place.end, _meant(among, place.text)))
    return tuple(sorted(edits, key=lambda edit: -edit.start))


def _meant(those: Sequence[Credential], text: str) -> Credential | None:
    """The longest that is asked for; else the first that need not be."""
    there = text.encode("utf-8", "surrogatepass")
    asked = [one for one in those if one.placeholder and redact.contains(there, redact.forms(one.placeholder))]
    if asked:
        return max(asked, key=lambda one: len(one.placeholder or ""))
    return next((one for one in those if not one.ask), None)


def put(body: bytes, edit: Edit, secret: str) -> bytes:
    literal = '"' + secret.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return body[:edit.start] + literal.encode("ascii") + body[edit.end:]
