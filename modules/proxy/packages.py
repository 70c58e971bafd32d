"""Indexes of packages without what is too young: npm's packuments (github.com/npm/registry, package-metadata)
and PyPI's simple API (PEP 503, 691, 700). Pure.

A version without a date that can be read is too young. Times are RFC 3339's; the clock is the machine's."""

from __future__ import annotations

import calendar
import html
import json
import re
from typing import Any, NamedTuple

from cooldown import File, Index, bears, file_at, normal

LONGEST = 24 * 1024 * 1024
ASKS_FOR = {"npm": b"application/json", "pypi": b"application/vnd.pypi.simple.v1+json"}
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
                   r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,14})\.(0|[1-9][0-9]{0,14})\.(0|[1-9][0-9]{0,14})"
                      r"(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


class Unreadable(ValueError):
    """The index is not usable; the message says why."""


class Thinned(NamedTuple):
    document: dict[str, Any]
    files: dict[File, int]  # when each was published, the younger ones too
    left: int
    left_out: int
    opens: int | None  # the earliest time of what is left out


def instant(text: Any) -> int | None:
    """RFC 3339, section 5.6, in seconds since the epoch; None: it is no such time."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    if year < 1970 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    away_hours, away_minutes = int(found[8] or 0), int(found[9] or 0)
    if hour > 23 or minute > 59 or second > 60 or away_hours > 23 or away_minutes > 59:
        return None
    away = (away_hours * 60 + away_minutes) * 60 * (-1 if found[7] == "-" else 1)
    return calendar.timegm((year, month, day, hour, minute, second)) - away


def read(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Unreadable("it is no JSON that can be read in one way")
    return document


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key twice")
    return made


def thin(index: Index, name: str, document: dict[str, Any], limit: int) -> Thinned:
    """In place: what was published after limit is left out."""
    made = (_npm if index.kind == "npm" else _pypi)(index, name, document, limit)
    if made.left + made.left_out and not made.files and not made.left:
        raise Unreadable("it gives no dates")
    return made


def _note(files: dict[File, int], index: Index, name: str, url: Any, when: int | None) -> None:
    file = file_at(index, name, url)
    if when is None or file is None or not bears(index, name, file.path):
        return
    # npm asks its own registry for what it says is at another.
    for place in (file, file._replace(host=index.host, port=index.port)) if index.kind == "npm" else (file,):
        files[place] = max(when, files.get(place, when))


def _npm(index: Index, name: str, document: dict[str, Any], limit: int) -> Thinned:
    if document.get("name") != name:
        raise Unreadable("it is that of another package")
    versions, times = document.get("versions"), document.get("time")
    if not isinstance(versions, dict) or not isinstance(times, dict):
        raise Unreadable("it gives no dates")
    files: dict[File, int] = {}
    gone: dict[str, int | None] = {}
    for version, manifest in versions.items():
        when = instant(times.get(version))
        place = manifest.get("dist") if isinstance(manifest, dict) else None
        _note(files, index, name, place.get("tarball") if isinstance(place, dict) else None, when)
        if when is None or when > limit or not isinstance(manifest, dict):
            gone[version] = when
    for version in gone:
        del versions[version]
    for version in [one for one in times if one not in ("created", "modified") and one not in versions]:
        del times[version]
    tags = document.get("dist-tags")
    if isinstance(tags, dict):
        document["dist-tags"] = _moved(tags, versions)
    return Thinned(document, files, len(versions), len(gone), _first(gone.values()))


def _first(times: Any) -> int | None:
    return min((one for one in times if one is not None), default=None)


def _precedence(version: str) -> tuple[Any, ...] | None:
    """semver.org, section 11; what stands behind '+' counts for nothing."""
    found = _VERSION.fullmatch(version)
    if not found:
        return None
    numbers = tuple(map(int, found.groups()[:3]))
    if found[4] is None:
        return (numbers, 1, ())
    parts = found[4].split(".")
    return (numbers, 0, tuple((0, int(one), "") if one.isdigit() else (1, 0, one) for one in parts))


def _moved(tags: dict[str, Any], versions: dict[str, Any]) -> dict[str, str]:
    """As npm's own `before` has it: a tag whose version is gone is at the highest one below that is left, and at
    a pre-release only where it was at one of the same numbers, or nothing else is left."""
    known = sorted((order, one) for one in versions if (order := _precedence(one)) is not None)
    made = {}
    for tag, version in tags.items():
        if not isinstance(version, str):
            continue
        if version in versions:
            made[tag] = version
            continue
        was = _precedence(version)
        below = [(order, one) for order, one in known if was and order <= was]
        usual = [(order, one) for order, one in below if order[1] or (was and order[0] == was[0])]
        if below:
            made[tag] = (usual or below)[-1][1]
    return made


def manifest(document: dict[str, Any], version: str) -> dict[str, Any] | None:
    """Of a thinned packument: of that version, or the one that a tag is at."""
    tags = document.get("dist-tags")
    if version not in document["versions"] and isinstance(tags, dict):
        version = tags.get(version, version)
    return document["versions"].get(version)


def _pypi(index: Index, name: str, document: dict[str, Any], limit: int) -> Thinned:
    listed = document.get("files")
    if not isinstance(document.get("name"), str) or normal(document["name"]) != name:
        raise Unreadable("it is that of another package")
    if not isinstance(listed, list):
        raise Unreadable("it gives no dates")
    files: dict[File, int] = {}
    kept, gone = [], []
    for one in listed:
        when = instant(one.get("upload-time")) if isinstance(one, dict) else None
        whole = isinstance(one, dict) and isinstance(one.get("filename"), str) and isinstance(one.get("url"), str)
        if whole:
            _note(files, index, name, one["url"], when)
        if whole and when is not None and when <= limit:
            kept.append(one)
        else:
            gone.append(when)
    document["files"] = kept
    if isinstance(document.get("versions"), list):
        names = [one["filename"] for one in kept]
        document["versions"] = [one for one in document["versions"]
                                if isinstance(one, str) and any(map(_is_of(one), names))]
    return Thinned(document, files, len(kept), len(gone), _first(gone))


def _is_of(version: str) -> Any:
    return re.compile(rf".*-{re.escape(version)}[-.]", re.DOTALL).match


def as_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def as_html(document: dict[str, Any]) -> bytes:
    """PEP 503, with what PEP 592 and 658 add."""
    name = html.escape(document["name"])
    lines = ["<!DOCTYPE html>", '<html><head><meta name="pypi:repository-version" content="1.0">'
             f"<title>Links for {name}</title></head><body><h1>Links for {name}</h1>"]
    for one in document["files"]:
        hashes = one.get("hashes")
        sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
        url = one["url"] + (f"#sha256={sha256}" if isinstance(sha256, str) else "")
        line = f'<a href="{html.escape(url)}"'
        if isinstance(one.get("requires-python"), str):
            line += f' data-requires-python="{html.escape(one["requires-python"])}"'
        if isinstance(one.get("yanked"), str) or one.get("yanked") is True:
            why = one["yanked"] if isinstance(one["yanked"], str) else ""
            line += f' data-yanked="{html.escape(why)}"'
        lines.append(f'{line}>{html.escape(one["filename"])}</a><br>')
    return "\n".join([*lines, "</body></html>", ""]).encode("utf-8", "replace")
