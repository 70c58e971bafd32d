"""A body of JSON that is read whole before its request goes on: for a secret that goes into it, or as what is said
to an MCP server; json_body.c does the same. Pure."""

from __future__ import annotations

import headers

LONGEST = 1 << 20
_UTF8 = (b"charset=utf-8", b'charset="utf-8"')


def wrong(names: headers.Named, length: int) -> str:
    """Why what these fields belong to is none that can be read, as the end of a sentence; length: 0 where it is
    not known."""
    if headers.tokens(names, b"content-encoding") - {b"identity"}:
        return "is read, and this one has a Content-Encoding"
    if not _says_json(names):
        return "is JSON, and this one's Content-Type is not"
    return "is read whole, and has at most 1 MiB" if length > LONGEST else ""


def _says_json(names: headers.Named) -> bool:
    """A charset other than UTF-8 is one, too: some servers read UTF-7 where it says so, in which the same letters say
    another thing."""
    types = names.get(b"content-type", [])
    if len(types) != 1:
        return False
    kind, *parameters = (part.strip(b" \t").lower() for part in types[0].split(b";"))
    if any(one.startswith(b"charset") and one not in _UTF8 for one in parameters):
        return False
    return kind == b"application/json" or len(kind) > 5 and kind.endswith(b"+json")
