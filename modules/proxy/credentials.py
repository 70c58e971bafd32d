"""Secrets: where they go in a request. vault.py reads them.

A secret goes into its own slot only, only for a host it is bound to, only over TLS and only when
a rule allows the request (the add-on sees to the last two). The slots of a bound host belong to
the proxy: whatever the agent put there is removed, so that it cannot work there with a key of
somebody else's. A placeholder that is found anywhere but in its own slot stops the request.
"""

from __future__ import annotations

import base64
import functools
import itertools
import re
import urllib.parse
from collections.abc import Callable, Iterable
from typing import NamedTuple

import aws
import ceiling
import redact
import slots_json
from headers import Fields, without
from policy import Credential, Slot
from target import Target

# RFC 3986 section 3.3: of what a segment may hold all but ";", which begins a parameter.
_IN_A_SEGMENT = "!$&'()*+,=:@"

class PlaceholderError(Exception):
    """A placeholder stands where it does not belong."""


class Prepared(NamedTuple):
    """A request without any secret yet, and the credentials that are due in it."""

    due: tuple[Credential, ...]
    fields: Fields
    target: bytes
    signs: aws.Asked | None = None  # what one of them signs
    json: tuple[Credential, ...] = ()  # that may go into a body of this path
    edits: tuple[slots_json.Edit, ...] = ()
    body: bytes | None = None

    def with_body(self, body: bytes) -> "Prepared":
        edits = slots_json.choose(self.json, body) if body else ()
        due = self.due + tuple(edit.credential for edit in edits if edit.credential)
        return self._replace(due=due, edits=edits, body=body)


class Filled(NamedTuple):
    """The key that signs it, and which one that is, where one does: that comes last."""

    fields: Fields
    target: bytes
    secrets: tuple[str, ...]
    key: str = ""
    signer: str = ""
    signs: aws.Asked | None = None
    body: bytes | None = None  # in place of the request's


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
    in_body = tuple(one for one in bound if one.slot.kind == "json" and one.goes_to(target))
    bound = [one for one in bound if one.slot.kind != "json"]
    if bound:
        found = [Bound(one, one.goes_to(target), _asks(one, fields, raw_target)) for one in bound]
        due = _choose(found)
        _refuse_astray(found)
        signs = _read_signature(bound, due, fields, raw_target)
        fields, raw_target = clear(bound, fields, raw_target)
    refuse_stray_placeholders(everyone, fields, _without_due(due, raw_target))
    return Prepared(due, fields, raw_target, signs, in_body)


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


def full(due: Iterable[Credential], length: int, peeks: bool) -> ceiling.Ceiling | None:
    """Of a credential that has gone into too much, once those before it have counted."""
    for credential in due:
        reached = ceiling.full(credential.ceilings, length, peeks) if credential.ceilings else None
        if reached:
            return reached
    return None


def fill(prepared: Prepared, read: Callable[[Credential], str]) -> Filled:
    fields, target = prepared.fields, prepared.target
    secrets, key, signer = [], "", ""
    for credential in prepared.due:
        if credential.slot.kind == "json":
            continue
        secret = read(credential)
        if credential.slot.kind == "aws":
            key, signer = secret, credential.name
            continue
        secrets.append(secret)
        fields, target = _fill(credential, secret, fields, target)
    body = prepared.body
    for edit in prepared.edits:
        assert body is not None
        secret = read(edit.credential) if edit.credential else ""
        if secret:
            secrets.append(secret)
        body = slots_json.put(body, edit, secret)
    return Filled(fields, target, tuple(secrets), key, signer, prepared.signs, body)


def sign(filled: Filled, method: bytes, authority: bytes,
         fields: Fields) -> tuple[aws.Signing, Fields]:
    """The whole request, as it will be sent."""
    assert filled.signs
    return aws.prepare(filled.key, filled.signs, method, authority, filled.target, fields)


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
            "path": "a segment of the path", "json": f"{name} in a body of JSON"}[kind]
    return f"{what} of https://{hosts}{paths}"


def _place(slot: Slot) -> tuple[str, str]:
    if slot.kind in ("query", "path", "json"):
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
