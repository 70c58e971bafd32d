"""AWS Signature Version 4: a client signs with placeholder keys, and what goes upstream is signed again.

The secret is "KEYID:SECRET" or "KEYID:SECRET:SESSIONTOKEN". The secret key never leaves; a signature
holds for one request and a quarter of an hour, and a session's token is of no use without the key:
so answers are not searched for what went out, and ranges and compression pass.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
import urllib.parse
from typing import NamedTuple

from headers import Fields

LONGEST_BODY = 1 << 20  # that is hashed here
EMPTY = hashlib.sha256(b"").hexdigest().encode("ascii")
_ALGORITHM = b"AWS4-HMAC-SHA256"
SECRET = re.compile(r"([A-Za-z0-9._-]+):([^:]+)(?::(.+))?")
_SCOPE = re.compile(rb"([0-9]{8})/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)/aws4_request")
_NAMES = re.compile(rb"[a-z0-9!#$%&'*+.^_`|~;-]+")
_HASH = re.compile(rb"[0-9a-f]{64}")
_DATE = re.compile(rb"[0-9]{8}T[0-9]{6}Z")
_NOT_HASHED = (b"UNSIGNED-PAYLOAD", b"STREAMING-UNSIGNED-PAYLOAD-TRAILER")
_IN_QUERY = (b"x-amz-signature", b"x-amz-credential", b"awsaccesskeyid")
# The writer of the message sets these: they may be others upstream.
_NOT_SIGNED = (b"connection", b"content-length", b"expect", b"te", b"transfer-encoding", b"upgrade")
_BLANKS = re.compile(rb"[ \t]+")


class AwsError(Exception):
    """It cannot be signed again."""


class Asked(NamedTuple):
    """What the client's signature says; without a payload the body is to be hashed."""

    date: bytes
    scope: bytes
    region: bytes
    service: bytes
    names: bytes
    payload: bytes | None


class Signing(NamedTuple):
    """A request that is signed, but for the hash of its body."""

    key: bytes
    key_id: bytes
    asked: Asked
    names: bytes
    canonical: bytes

    def authorization(self, payload: bytes) -> bytes:
        asked = self.asked
        digest = hashlib.sha256(self.canonical + payload).hexdigest().encode("ascii")
        text = b"\n".join((_ALGORITHM, asked.date, asked.scope, digest))
        signature = hmac.new(self.key, text, "sha256").hexdigest().encode("ascii")
        return b"%s Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
            _ALGORITHM, self.key_id, asked.scope, self.names, signature)


def read(name: str, placeholder: str, fields: Fields) -> Asked:
    value = _only(fields, b"authorization")
    if value.startswith(b"AWS4-ECDSA-P256-SHA256 "):
        raise AwsError(f"credential {name}: a signature for several regions (SigV4A) cannot be made again; "
                       "let the client sign for one region, with AWS4-HMAC-SHA256")
    found = _authorization(value, placeholder.encode("ascii"))
    if not found:
        raise AwsError(f"credential {name}: Authorization is not AWS4-HMAC-SHA256 with "
                       "Credential=PLACEHOLDER/DATE/REGION/SERVICE/aws4_request, SignedHeaders and Signature")
    scope, names = found
    date = _only(fields, b"x-amz-date")
    if not _DATE.fullmatch(date) or date[:8] != scope[1]:
        raise AwsError(f"credential {name}: what is signed has one X-Amz-Date, of the day that "
                       "Authorization names")
    return Asked(date, scope[0], scope[2], scope[3], names, _payload(name, fields))


def is_presigned(target: bytes) -> bool:
    """A signature in the query: of this version, or of version 2."""
    query = target.partition(b"?")[2]
    return any(urllib.parse.unquote_to_bytes(pair.partition(b"=")[0]).lower() in _IN_QUERY
               for pair in query.split(b"&"))


def prepare(secret: str, asked: Asked, method: bytes, authority: bytes, target: bytes,
            fields: Fields) -> tuple[Signing, Fields]:
    """With a session's token in the fields, as they will be sent but for Host."""
    parts = SECRET.fullmatch(secret)
    assert parts  # the vault gives out no other one
    if parts[3]:
        fields = [*fields, (b"X-Amz-Security-Token", parts[3].encode("ascii"))]
    key = b"AWS4" + parts[2].encode("ascii")
    for text in asked.scope[:8], asked.region, asked.service, b"aws4_request":
        key = hmac.new(key, text, "sha256").digest()
    path, _, query = target.partition(b"?")
    values: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(_BLANKS.sub(b" ", value.strip(b" \t")))
    values[b"host"] = [authority]
    names = {one for one in asked.names.split(b";") if one in values and one not in _NOT_SIGNED}
    names |= {b"host", b"x-amz-security-token"} & set(values)
    signed = b";".join(sorted(names))
    lines = [one + b":" + b",".join(values[one]) for one in sorted(names)]
    canonical = b"\n".join((method, _path(asked.service, path), _query(query), *lines, b"", signed, b""))
    return Signing(key, parts[1].encode("ascii"), asked, signed, canonical), fields


def hashed(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode("ascii")


def _only(fields: Fields, wanted: bytes) -> bytes:
    """The only field of that name, else nothing."""
    found = [value for name, value in fields if name.lower() == wanted]
    return found[0] if len(found) == 1 else b""


def _authorization(value: bytes, placeholder: bytes) -> tuple[re.Match[bytes], bytes] | None:
    algorithm, _, rest = value.partition(b" ")
    pairs = [one.strip(b" \t").partition(b"=") for one in rest.split(b",")]
    parts = {key: value for key, _, value in pairs}
    if algorithm != _ALGORITHM or len(pairs) != 3 or set(parts) != {
            b"Credential", b"SignedHeaders", b"Signature"}:
        return None
    key_id, _, scope = parts[b"Credential"].partition(b"/")
    found = _SCOPE.fullmatch(scope)
    names = parts[b"SignedHeaders"]
    good = found and key_id == placeholder and _NAMES.fullmatch(names) and _HASH.fullmatch(parts[b"Signature"])
    return (found, names) if found and good else None


def _payload(name: str, fields: Fields) -> bytes | None:
    if not any(key.lower() == b"x-amz-content-sha256" for key, _ in fields):
        return None
    found = _only(fields, b"x-amz-content-sha256")
    if _HASH.fullmatch(found) or found in _NOT_HASHED:
        return found
    if found.startswith(b"STREAMING-"):
        raise AwsError(f"credential {name}: a body that is signed chunk by chunk cannot be signed again; "
                       "let the client put UNSIGNED-PAYLOAD, or the hash of the whole body, into "
                       "X-Amz-Content-SHA256")
    raise AwsError(f"credential {name}: X-Amz-Content-SHA256 is neither one hash nor UNSIGNED-PAYLOAD nor "
                   "STREAMING-UNSIGNED-PAYLOAD-TRAILER")


def _escaped(text: bytes, stays: str = "") -> bytes:
    return urllib.parse.quote(text, safe=stays).encode("ascii")


def _path(service: bytes, path: bytes) -> bytes:
    """S3 takes a path as it is; the others without empty segments and dots, and encoded again."""
    if service == b"s3express" or service.partition(b"-")[0] == b"s3":
        return _escaped(urllib.parse.unquote_to_bytes(path), "/")
    kept: list[bytes] = []
    for one in path.split(b"/"):
        if one == b"..":
            del kept[-1:]
        elif one not in (b"", b"."):
            kept.append(one)
    made = b"".join(b"/" + _escaped(one) for one in kept)
    return made + b"/" if path.endswith(b"/") or not made else made


def _query(query: bytes) -> bytes:
    """As every client spells it: "+" is a space."""
    def spelled(text: bytes) -> bytes:
        return _escaped(urllib.parse.unquote_to_bytes(text.replace(b"+", b" ")))

    pairs = [one.partition(b"=") for one in query.split(b"&") if one]
    return b"&".join(name + b"=" + value
                     for name, value in sorted((spelled(name), spelled(value)) for name, _, value in pairs))
