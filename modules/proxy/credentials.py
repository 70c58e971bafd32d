"""Secrets: where they are read, and where they go in a request.

A secret goes into its own slot only, only for a host it is bound to, only over TLS and only when
a rule allows the request (the add-on sees to the last two). The slots of a bound host belong to
the proxy: whatever the agent put there is removed, so that it cannot work there with a key of
somebody else's. A placeholder that is found anywhere but in its own slot stops the request.
"""

from __future__ import annotations

import base64
import functools
import itertools
import os
import re
import stat
import time
import urllib.parse
from collections.abc import Callable, Iterable
from typing import NamedTuple

import aws
import redact
from headers import Fields, without
from policy import Credential, Slot
from target import Target

# What every slot can hold; spaces, controls and line ends would change the request around it.
_SECRET = re.compile(r"[\x21-\x7e]{8,16384}")
_LOOK_SECONDS = 1.0
# RFC 3986 section 3.3: of what a segment may hold all but ";", which begins a parameter.
_IN_A_SEGMENT = "!$&'()*+,=:@"

Signature = tuple[int, ...]


class CredentialError(Exception):
    """A secret cannot be read; the message never holds any of it."""


class PlaceholderError(Exception):
    """A placeholder stands where it does not belong."""


class Prepared(NamedTuple):
    """A request without any secret yet, and the credentials that are due in it."""

    due: tuple[Credential, ...]
    fields: Fields
    target: bytes
    signs: aws.Asked | None = None  # what one of them signs


class Filled(NamedTuple):
    """The key that signs it, and which one that is, where one does: that comes last."""

    fields: Fields
    target: bytes
    secrets: tuple[str, ...]
    key: str = ""
    signer: str = ""
    signs: aws.Asked | None = None


class Kept(NamedTuple):
    """A secret, the file it came from, and when all places were last looked at for a newer one."""

    secret: str
    path: str
    signature: Signature
    looked: float


class Vault:
    """Reads secrets, again whenever their file changes: rotation needs no restart.

    Once a secret was good it stays in use until a good one replaces it; `complain` hears of each
    that is not.
    """

    def __init__(self, directories: Iterable[str | None],
                 complain: Callable[[str], None] = lambda problem: None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._directories = [directory for directory in directories if directory]
        self._complain = complain
        self._clock = clock
        self._kept: dict[tuple[str, ...], Kept] = {}
        self._complained: dict[str, Signature] = {}

    def forget(self) -> None:
        """Look everywhere again."""
        self._kept = {name: kept._replace(signature=(), looked=-_LOOK_SECONDS)
                      for name, kept in self._kept.items()}

    def read(self, credential: Credential) -> str:
        kept = self._kept.get(_key(credential))
        if kept and self._clock() - kept.looked < _LOOK_SECONDS and (
                kept.signature == _signature_of(kept.path)):
            return kept.secret
        try:
            found = self._read_newest(credential, kept)
        except CredentialError as error:
            if not kept:
                raise
            self._keep(credential, kept, str(error))
            return kept.secret
        self._kept[_key(credential)] = found
        self._complained.pop(credential.name, None)
        return found.secret

    def _keep(self, credential: Credential, kept: Kept, problem: str) -> None:
        """The last good one stays; said once for each state of the files."""
        states = tuple(number for path in self._paths(credential) for number in _signature_of(path))
        if self._complained.get(credential.name) != states:
            self._complained[credential.name] = states
            self._complain(problem)

    def _read_newest(self, credential: Credential, kept: Kept | None) -> Kept:
        now = self._clock()
        for path in self._paths(credential):
            signature = _signature_of(path)
            if kept and signature and (path, signature) == (kept.path, kept.signature):
                return kept._replace(looked=now)
            found = self._read_file(credential, path)
            if found:
                return Kept(found[1], path, found[0], now)
        raise CredentialError(f"credential {credential.name} cannot be read")

    def _paths(self, credential: Credential) -> list[str]:
        """The file itself where the proxy may read it (it rotates at once), else root's copies:
        systemd's of when the proxy started, and those of when the source was changed, which on macOS
        are the only ones. The later one comes first."""
        copies = [os.path.join(one, credential.name) for one in self._directories]
        copies.sort(key=lambda path: _signature_of(path)[3:4], reverse=True)
        return ([credential.source.name] if credential.source.kind == "file" else []) + copies

    def _read_file(self, credential: Credential, path: str) -> tuple[Signature, str] | None:
        try:
            with open(path, "rb", opener=_open_without_blocking) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise CredentialError(f"credential {credential.name} is not a regular file")
                secret = _usable(credential, file.read(32768))
        except OSError:
            return None
        return _signature(status), secret


def _key(credential: Credential) -> tuple[str, ...]:
    """A credential that a new policy takes from elsewhere is another one."""
    return (credential.name, credential.source.kind, credential.source.name)


def _open_without_blocking(path: str, flags: int) -> int:
    """A FIFO in the place of a secret must not stop the proxy."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _signature_of(path: str) -> Signature:
    try:
        return _signature(os.stat(path))
    except OSError:
        return ()


def _signature(status: os.stat_result) -> Signature:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _usable(credential: Credential, raw: bytes) -> str:
    secret = raw.decode("latin-1").rstrip("\r\n")
    if not _SECRET.fullmatch(secret):
        raise CredentialError(
            f"credential {credential.name} is not one line of 8 or more visible ASCII characters"
        )
    return secret


# Slots.


class Bound(NamedTuple):
    """One that is bound to the host: whether it goes to this path, and whether its placeholder
    stands in its slot."""

    credential: Credential
    goes: bool
    asks: bool


def prepare(bound: list[Credential], everyone: Iterable[Credential], fields: Fields,
            raw_target: bytes, target: Target) -> Prepared:
    """Clear the slots of the bound credentials, whatever the path; no placeholder may stand
    anywhere else."""
    due: tuple[Credential, ...] = ()
    signs = None
    if bound:
        found = [Bound(one, one.goes_to(target), _asks(one, fields, raw_target)) for one in bound]
        due = _choose(found)
        _refuse_astray(found)
        signs = _read_signature(bound, due, fields, raw_target)
        fields, raw_target = clear(bound, fields, raw_target)
    refuse_stray_placeholders(everyone, fields, _without_due(due, raw_target))
    return Prepared(due, fields, raw_target, signs)


def _read_signature(bound: list[Credential], due: tuple[Credential, ...], fields: Fields,
                    target: bytes) -> aws.Asked | None:
    for one in bound:  # another key's would work there, and none of it can be replaced
        if one.slot.kind == "aws" and aws.is_presigned(target):
            raise aws.AwsError(f"credential {one.name}: what is signed in its query (a presigned URL) does "
                               "not pass; let the client sign in Authorization")
    for one in due:
        if one.slot.kind == "aws":
            return aws.read(one.name, one.placeholder or "", fields)
    return None


def fill(prepared: Prepared, read: Callable[[Credential], str]) -> Filled:
    fields, target = prepared.fields, prepared.target
    secrets, key, signer = [], "", ""
    for credential in prepared.due:
        secret = read(credential)
        if credential.slot.kind == "aws":
            key, signer = secret, credential.name
            continue
        secrets.append(secret)
        fields, target = _fill(credential, secret, fields, target)
    return Filled(fields, target, tuple(secrets), key, signer, prepared.signs)


def sign(filled: Filled, method: bytes, authority: bytes,
         fields: Fields) -> tuple[aws.Signing, Fields]:
    """The whole request, as it will be sent."""
    assert filled.signs
    signing = aws.prepare(filled.key, filled.signs, method, authority, filled.target, fields)
    if not signing:
        raise CredentialError(
            f"credential {filled.signer} is not KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN")
    return signing


def _choose(bound: list[Bound]) -> tuple[Credential, ...]:
    """The ones whose placeholder stands in their slot; without any, all that need not be asked for;
    one for each slot. Of two whose placeholders stand in one slot the longer one is meant: it may
    hold the other."""
    there = [one for one in bound if one.goes]
    asked = [one for one in there if one.asks]
    among = asked or [one for one in there if not one.credential.ask]
    by_slot: dict[tuple[str, str], Bound] = {}
    for one in among:
        best = by_slot.setdefault(_place(one.credential.slot), one)
        if _length(one) > _length(best):
            by_slot[_place(one.credential.slot)] = one
    chosen = {id(one) for one in by_slot.values()}
    return tuple(one.credential for one in among if id(one) in chosen)


def _length(one: Bound) -> int:
    return len(one.credential.placeholder or "") if one.asks else 0


def _refuse_astray(bound: list[Bound]) -> None:
    """One that is asked for on a path that it does not go to."""
    for number, one in enumerate(bound):
        if one.goes or not one.asks:
            continue
        for at, other in enumerate(bound):
            if other.goes and other.asks and (
                    _place(other.credential.slot) == _place(one.credential.slot)) and (
                    (_length(other), -at) > (_length(one), -number)):
                break
        else:
            raise PlaceholderError(_misplaced(one.credential))


def clear(credentials: Iterable[Credential], fields: Fields, target: bytes) -> tuple[Fields, bytes]:
    for kind, name in {_place(credential.slot) for credential in credentials}:
        if kind == "query":
            target = _without_query(target, name)
        elif kind == "header":
            slot = _dashed(name.encode("ascii"))
            fields = [field for field in fields if _dashed(field[0]) != slot]
    if any(credential.slot.kind == "aws" for credential in credentials):
        fields = [field for field in fields if _dashed(field[0]) != b"x-amz-security-token"]
    return fields, target


def _dashed(name: bytes) -> bytes:
    """CGI reads "x_api_key" as "x-api-key"."""
    return name.lower().replace(b"_", b"-")


def refuse_stray_placeholders(credentials: Iterable[Credential], fields: Fields,
                              target: bytes) -> None:
    parts = [target, *itertools.chain.from_iterable(fields)]
    text = b"\n".join(parts)
    if b"%" in text:
        text = b"\n".join([text, *map(urllib.parse.unquote_to_bytes, parts)])
    for credential in credentials:
        if credential.placeholder and redact.contains(text, redact.forms(credential.placeholder)):
            raise PlaceholderError(_misplaced(credential))


def _misplaced(credential: Credential) -> str:
    return (f"the placeholder of credential {credential.name} stands where the credential does not "
            f"belong; it goes to {_where(credential)} only")


def _where(credential: Credential) -> str:
    hosts = ", ".join(("*." if one.suffix else "") + one.host for one in credential.hosts)
    paths = " at " + ", ".join(credential.paths) if credential.paths else ""
    kind, name = _place(credential.slot)
    what = {"query": f"the {name} query parameter", "header": f"the {name} header",
            "path": "a segment of the path"}[kind]
    return f"{what} of https://{hosts}{paths}"


def _place(slot: Slot) -> tuple[str, str]:
    if slot.kind in ("query", "path"):
        return slot.kind, slot.name
    return "header", slot.name if slot.kind == "header" else "authorization"


def _asks(credential: Credential, fields: Fields, target: bytes) -> bool:
    if not credential.placeholder:
        return False
    kind, name = _place(credential.slot)
    if kind == "path":
        return _in_path(credential, target) is not None
    wanted = name.encode("ascii")
    found = [target] if kind == "query" else [
        value for key, value in fields if key.lower() == wanted]
    return redact.contains(b"\n".join(found), redact.forms(credential.placeholder))


@functools.lru_cache(maxsize=256)
def _spelled(placeholder: str) -> re.Pattern[bytes]:
    """As it is, or with some of it as %XX."""
    return re.compile(b"".join(b"(?:%s|%%(?i:%02x))" % (re.escape(one.encode("ascii")), ord(one))
                               for one in placeholder))


def _in_path(credential: Credential, target: bytes) -> tuple[int, int] | None:
    """Where the placeholder stands first in the path."""
    found = _spelled(credential.placeholder or "").search(target.partition(b"?")[0])
    return found.span() if found else None


def _without_due(due: Iterable[Credential], target: bytes) -> bytes:
    """The target without the placeholder in whose place a secret goes."""
    for credential in due:
        if credential.slot.kind == "path":
            start, end = _in_path(credential, target) or (0, 0)
            return target[:start] + b"\n" + target[end:]
    return target


def _fill(credential: Credential, secret: str, fields: Fields,
          target: bytes) -> tuple[Fields, bytes]:
    slot = credential.slot
    if slot.kind == "path":
        start, end = _in_path(credential, target) or (0, 0)
        value = urllib.parse.quote(secret, safe=_IN_A_SEGMENT).encode("ascii")
        return fields, target[:start] + value + target[end:]
    if slot.kind == "query":
        joint = b"&" if b"?" in target else b"?"
        value = urllib.parse.quote(secret, safe="")
        return fields, target + joint + f"{slot.name}={value}".encode("ascii")
    if slot.kind == "bearer":
        header, value = "Authorization", "Bearer " + secret
    elif slot.kind == "authorization":
        header, value = "Authorization", f"{slot.name} {secret}"
    elif slot.kind == "basic":
        pair = f"{slot.name}:{secret}".encode("ascii")
        header, value = "Authorization", "Basic " + base64.b64encode(pair).decode("ascii")
    else:
        header, value = slot.name, secret
    name = header.encode("ascii")
    return without(fields, name.lower()) + [(name, value.encode("ascii"))], target


def _without_query(target: bytes, key: str) -> bytes:
    path, question, query = target.partition(b"?")
    if not question:
        return target
    kept = [pair for pair in query.split(b"&")
            if urllib.parse.unquote_plus(pair.partition(b"=")[0].decode("latin-1")) != key]
    return path + b"?" + b"&".join(kept) if kept else path
