"""What operators have granted while the proxy runs: rules with an end, in files of root's that
modules/host/grants_files.py describes. They are asked only where no rule of the policy allows a request."""

from __future__ import annotations

import datetime
import os
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import policy_file
import query
import strict_json
from policy import Policy, Request, Rule

LONGEST = 1024 * 1024
MOST = 1000
_ID = re.compile(r"[A-Za-z0-9-]{1,60}")
_LATEST, _MOST_USES = 100_000_000_000, 1_000_000
_REQUIRED = ("id", "host", "methods", "paths", "owner")
_OPTIONAL = ("scheme", "ports", "query", "websocket", "reason", "until", "boot_until", "uses")
# A clock may go a little wrong between the one who writes and the one who reads.
_SLACK = 60


class Grant(NamedTuple):
    id: str
    rule: Rule
    refuses: bool
    until: int | None
    boot_until: int | None
    uses: int | None


def read(text: bytes) -> list[Grant]:
    """Raises policy_file.PolicyError."""
    try:
        data = strict_json.loads(text)
    except ValueError:
        raise policy_file.PolicyError("not valid JSON") from None
    top = policy_file._object(data, "the file", ("version", "grants"), ("refusals",))
    lists = [(name, policy_file._list(top.get(name, []), name)) for name in ("grants", "refusals")]
    if type(top["version"]) is not int or top["version"] != 1:
        raise policy_file.PolicyError("version: this proxy reads version 1")
    if sum(len(items) for _, items in lists) > MOST:
        raise policy_file.PolicyError(f"the file: {MOST} grants and refusals at most")
    return [_grant(item, f"{name}[{number}]", name == "refusals")
            for name, items in lists for number, item in enumerate(items)]


def _grant(item: Any, where: str, refuses: bool) -> Grant:
    entry = policy_file._object(item, where, _REQUIRED, _OPTIONAL)
    name = entry["id"]
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise policy_file.PolicyError(f"{where}.id: letters, digits and -, at most 60")
    until, boot_until = (_number(entry, key, where, _LATEST) for key in ("until", "boot_until"))
    uses = _number(entry, "uses", where, _MOST_USES)
    if until is None and boot_until is None:
        raise policy_file.PolicyError(f"{where}: until or boot_until is missing")
    if refuses and uses:
        raise policy_file.PolicyError(f"{where}: a refusal has no uses")
    try:
        rule = policy_file._rule(_as_rule(entry), 0, {})
    except policy_file.PolicyError as error:
        raise policy_file.PolicyError(where + str(error)[len("rules[0]"):]) from None
    if rule.scheme not in ("https", "http"):
        raise policy_file.PolicyError(f"{where}.scheme: https or http")
    return Grant(name, rule, refuses, until, boot_until, uses)


def _as_rule(entry: dict[str, Any]) -> dict[str, Any]:
    """As policy.json would have it, with what is not said filled in."""
    made = {key: entry[key] for key in ("host", "methods", "paths", "query", "owner", "reason") if key in entry}
    plain = entry.get("scheme") == "http"
    made.update(suffix=False, scheme="https", ports=[80 if plain else 443], websocket=False)
    made.update({key: entry[key] for key in ("scheme", "ports", "websocket") if key in entry})
    return made


def _number(entry: dict[str, Any], key: str, where: str, most: int) -> int | None:
    value = entry.get(key)
    if key not in entry:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise policy_file.PolicyError(f"{where}.{key}: a number that is not too large")
    return value


class Granted:
    """complain: a file was not taken up, and what it said before goes on. changed: one was."""

    def __init__(self, complain: Callable[[str, str], None], changed: Callable[[], None]) -> None:
        self._complain, self._changed = complain, changed
        self._files: dict[str, list[Grant]] = {}
        self._seen: dict[str, tuple[int, ...] | None] = {}
        self._used: dict[str, int] = {}

    def start(self, paths: list[str]) -> None:
        self._files = {path: [] for path in paths}

    def refresh(self) -> None:
        changed = [path for path in self._files if self._reread(path)]
        if changed:
            named = {grant.id for grants in self._files.values() for grant in grants}
            self._used = {name: count for name, count in self._used.items() if name in named}
            self._changed()

    def _reread(self, path: str) -> bool:
        seen = _signature(path)
        if path in self._seen and self._seen[path] == seen:
            return False
        self._seen[path] = seen
        try:
            self._files[path] = _read_file(path) if seen else []
        except OSError as error:
            self._complain(path, error.strerror or type(error).__name__)
            return False
        except policy_file.PolicyError as error:
            self._complain(path, str(error))
            return False
        return True

    def ask(self, policy: Policy, request: Request, today: datetime.date) -> Grant | None:
        """Of a request that the policy's rules do not allow. Where it is allowed, its use is counted."""
        most = policy.grants
        if not most or not most.has(request.host, request.method) or (
                policy.addresses(request.host, request.port, today)):
            return None
        self.refresh()
        found = [grant for grants in self._files.values() for grant in grants
                 if self._counts(grant, most.seconds) and _fits(grant.rule, request)]
        one = next((grant for grant in found if not grant.refuses), next(iter(found), None))
        if one and one.uses:
            self._used[one.id] = self._used.get(one.id, 0) + 1
        return one

    def _counts(self, grant: Grant, most: int) -> bool:
        return (_is_before(time.time(), grant.until, most) and _is_before(_boot_now(), grant.boot_until, most)
                and (grant.uses is None or self._used.get(grant.id, 0) < grant.uses))


def _fits(rule: Rule, request: Request) -> bool:
    if not rule.host.matches(request.host) or not rule.allows(request):
        return False
    return not rule.query or query.allowed(rule.query, query.read(request.target.query, []))


def _is_before(now: float, until: int | None, most: int) -> bool:
    """One that lies further ahead than any may be given for was given by another clock."""
    return until is None or (int(now) < until and until - int(now) <= most + _SLACK)


def _boot_now() -> float:
    """Seconds since the machine was started, that nobody sets back."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _read_file(path: str) -> list[Grant]:
    with open(path, "rb") as file:
        text = file.read(LONGEST + 1)
    if len(text) > LONGEST:
        raise policy_file.PolicyError("it is too large")
    return read(text)


def _signature(path: str) -> tuple[int, ...] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
