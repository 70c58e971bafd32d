"""Which repository of GitHub a request belongs to, and with which access a rule of it would have let it
through. Pure; by the same table as the rules are made from (gen/read/repositories.c)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from policy import caseless_path
from target import TargetError, decode_path
from vocabulary import WORDS

ACCESSES = ("read", "write")
# Of the spec's grammar (gen/spec/types_github.c) what GitHub has.
_NAME = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*/[A-Za-z0-9._-]{1,100}")


class Belongs(NamedTuple):
    name: str  # owner/repo
    access: str


def of(missing: dict[str, Any]) -> Belongs | None:
    """Of what a refused request would have needed; all of its readings are of one repository."""
    if set(missing) - {"host", "methods", "paths", "query"} or not missing["paths"]:
        return None
    try:
        return _of(missing)
    except TargetError:
        return None


def _of(missing: dict[str, Any]) -> Belongs | None:
    names = {name for part in WORDS["repository"] if part["host"] == missing["host"]
             for name in [_name(part["before"], missing["paths"][0])] if name}
    for name in names:
        for access in ACCESSES:
            if any(part["access"] == access and _lets_through(part, name, missing)
                   for part in WORDS["repository"]):
                return Belongs(name, access)
    return None


def _name(before: str, path: str) -> str | None:
    if not path.startswith(before):
        return None
    name = "/".join(path[len(before):].split("/")[:2])
    if name.lower().endswith(".git"):
        name = name[:-4]
    good = _NAME.fullmatch(name) and len(name.partition("/")[0]) <= 39
    return name if good and name.partition("/")[2] not in (".", "..") else None


def _lets_through(part: dict[str, Any], name: str, missing: dict[str, Any]) -> bool:
    if part["host"] != missing["host"] or not set(missing["methods"]) <= set(part["methods"]):
        return False
    if "query" in part and list(missing.get("query", ())) != [part["query"]]:
        return False
    patterns = [caseless_path(part["before"] + name + behind) for behind in part["behind"]]
    return all(any(one.fullmatch(decode_path(path)) for one in patterns) for path in missing["paths"])
