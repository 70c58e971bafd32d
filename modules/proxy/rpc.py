"""Messages of JSON-RPC 2.0 (jsonrpc.org/specification), as MCP sends them: one, or a list of them (its version
2025-03-26). Of each what says what is asked for; rpc.c does the same. What some readers take for another member, or for
another text, is refused. Pure."""

from __future__ import annotations

from typing import NamedTuple

from json_text import NoJson, Text, alike

MOST = 100
_LONGEST_ID = 256
_NO_JSON = "is JSON, and this one is not"
_NO_MESSAGE = "is a message of JSON-RPC, or a list of them, and this one is neither"


class Message(NamedTuple):
    method: str | None  # None: it answers
    name: str | None  # of its params: a string
    id: bytes | None  # as it stands there; None: it is a notification


class RpcError(Exception):
    """It is none; the message ends a sentence."""


Members = dict[str, tuple[int, int]]  # where they stand


def read(text: bytes) -> tuple[list[Message], bool]:
    """And whether it is a list."""
    try:
        text.decode("utf-8")
        reader = _Reader(text)
        if reader.space(reader.skip(0, 0)) != len(text):
            raise NoJson
    except (UnicodeDecodeError, NoJson):
        raise RpcError(_NO_JSON) from None
    at = reader.space(0)
    if text[at:at + 1] != b"[":
        return [reader.message(at, 1)[0]], False
    return reader.batch(at + 1), True


class _Reader(Text):
    def batch(self, at: int) -> list[Message]:
        found: list[Message] = []
        while True:
            if len(found) == MOST:
                raise RpcError("has at most 100 messages, and this one more")
            message, at = self.message(self.space(at), 2)
            found.append(message)
            at = self.space(at)
            if self.text[at:at + 1] != b",":
                return found
            at += 1

    def message(self, at: int, depth: int) -> tuple[Message, int]:
        members, at = self.members(at, depth, ("method", "params", "id"))
        method = params = None
        if "method" in members:
            if not self.is_string(members["method"]):
                raise RpcError(_NO_MESSAGE)
            method = self.said(*members["method"])
        identity = self.text[slice(*members["id"])] if "id" in members else None
        if identity is not None and (len(identity) > _LONGEST_ID or not (
                identity[:1] in (b'"', b"-") or identity[:1].isdigit() or identity == b"null")):
            raise RpcError(_NO_MESSAGE)
        params = members.get("params")
        name = self.name(params[0]) if params and method == "tools/call" else None
        return Message(method, name, identity), at

    def name(self, at: int) -> str | None:
        """Of a call alone: others have members of their own."""
        if self.text[at:at + 1] != b"{":
            return None
        members, _ = self.members(at, 1, ("name",))
        return self.said(*members["name"]) if "name" in members and self.is_string(members["name"]) else None

    def is_string(self, place: tuple[int, int]) -> bool:
        return self.text[place[0]:place[0] + 1] == b'"'

    def members(self, at: int, depth: int, wanted: tuple[str, ...]) -> tuple[Members, int]:
        """Of the object that begins there, which is depth deep, where these are, and what is behind it."""
        if self.text[at:at + 1] != b"{":
            raise RpcError(_NO_MESSAGE)
        found: Members = {}
        unclear: set[str] = set()
        if self.text[self.space(at + 1):self.space(at + 1) + 1] == b"}":
            return found, self.space(at + 1) + 1
        while True:
            start = self.space(at + 1)
            at = self.string(self.take(start, b'"'))
            name = self.said(start, at)
            start = self.space(self.take(self.space(at), b":"))
            at = self.skip(start, depth)
            for one in wanted:
                if alike(name.partition("\0")[0], one):  # a NUL ends a name where a reader is written in C
                    if one in found or name != one:
                        unclear.add(one)
                    found[one] = (start, at)
            at = self.space(at)
            if self.text[at:at + 1] != b",":
                break
        for one in wanted:
            if one in unclear:
                raise RpcError(f'says "{one}" once, and this one more often, or in other letters')
        return found, self.take(at, b"}")
