"""What is said to an MCP server (modelcontextprotocol.io/specification), which is read, whichever rule lets it through:
tools are called that its entries name, and no others. Methods are MCP's own. admit_mcp.c does the same. Pure."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import headers
import json_body
import rpc
from policy import Policy, Request
from vocabulary import WORDS

# As JSON-RPC has them, and MCP for a tool that is not there.
_NO_METHOD, _WRONG_PARAMS = -32601, -32602
_SHOWN = 100
_SAID = "what is said to an MCP server "
_METHODS = tuple(one for one in WORDS["mcp_methods"] if not one.endswith("/"))
_FAMILIES = tuple(one for one in WORDS["mcp_methods"] if one.endswith("/"))
_GOOD_NAME = re.compile(r"[!-~]{1,128}")


class McpError(Exception):
    """It is refused; rpc: the answer to it in JSON-RPC, where it can be told so; facts: what its line of the log says,
    too; missing: the entry that would let it through."""

    def __init__(self, reason: str, facts: dict[str, Any] | None = None, answer: bytes | None = None,
                 missing: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.facts, self.rpc, self.missing = facts or {}, answer, missing


class _No(Exception):
    def __init__(self, code: int, reason: str, missing: dict[str, Any] | None = None, owner: str | None = None) -> None:
        super().__init__(reason)
        self.code, self.missing, self.owner = code, missing, owner


def asks(current: Policy, request: Request, has_body: bool) -> bool:
    return bool(current.servers) and (has_body or request.websocket or request.method == "POST") and (
        current.speaks_mcp(request))


def unheard(request: Request, names: headers.Named) -> str:
    """Why what these fields belong to can't be read."""
    wrong = "is read, and this one is a WebSocket" if request.websocket else json_body.wrong(names, request.length)
    return _SAID + wrong if wrong else ""


def judge(current: Policy, request: Request, names: headers.Named, body: bytes, today: datetime.date) -> dict[str, Any]:
    """What the log says of it; of what passes."""
    try:
        messages, listed = rpc.read(body)
    except rpc.RpcError as error:
        raise McpError(_SAID + str(error)) from None
    called = [_shown(one.name) for one in messages if one.name is not None]
    facts: dict[str, Any] = {"tools": called} if called else {}
    for one in messages:
        _check_headers(one, names, facts)
    try:
        for one in messages:
            _judge(current, request, one, today)
    except _No as no:
        if no.owner:
            facts["owner"] = no.owner
        raise McpError(str(no), facts, _answer(no, messages, listed), no.missing) from None
    return facts


def _judge(current: Policy, request: Request, message: rpc.Message, today: datetime.date) -> None:
    words, method, name = request.words(), message.method, message.name
    if method is None:
        return  # it answers the server's own question
    if method not in _METHODS and not any(method.startswith(one) and method != one for one in _FAMILIES):
        raise _No(_NO_METHOD, f"{words} asks for {_shown(method)}, which is no method of MCP")
    if method != "tools/call":
        return
    if name is None:
        raise _No(_WRONG_PARAMS, f"{words} calls a tool without its name")
    if not _GOOD_NAME.fullmatch(name):
        raise _No(_WRONG_PARAMS,
                  f"{words} calls the tool {_shown(name)}, whose name is not 1 to 128 visible letters of ASCII")
    tool = current.tool(request, name, today)
    if not tool.allowed:
        end = f"; the one that did expired on {tool.expired}" if tool.expired else ""
        raise _No(_WRONG_PARAMS, f"no rule lets {words} call the tool {_shown(name)}{end}",
                  {"url": tool.url, "tools": [name]}, tool.owner)


def _check_headers(message: rpc.Message, names: headers.Named, facts: dict[str, Any]) -> None:
    """What goes by a header (MCP 2026-07-28, SEP-2243) is what the body says."""
    pairs = [("mcp-method", message.method)]
    if message.method == "tools/call":
        pairs.append(("mcp-name", message.name))
    for name, said in pairs:
        for value in names.get(name.encode("ascii"), []):
            if said is None or value.strip(b" \t") != said.encode("utf-8", "surrogatepass"):
                raise McpError(f"the header {name} says another thing than the body", facts)


def _answer(no: _No, messages: list[rpc.Message], listed: bool) -> bytes | None:
    """For each that asks for an answer; None: none does."""
    error: dict[str, Any] = {"code": no.code, "message": f"agent-sandbox: {no}"}
    if no.missing:
        error["data"] = {"missing": no.missing}
    text = json.dumps(error).encode("ascii")
    answers = [b'{"jsonrpc": "2.0", "id": ' + one.id + b', "error": ' + text + b"}" for one in messages if one.id is not None]
    if not answers:
        return None
    joined = b", ".join(answers)
    return (b"[" + joined + b"]" if listed else joined) + b"\n"


def _shown(text: str) -> str:
    """A stranger's text, in a sentence."""
    raw = text.encode("utf-8", "surrogatepass")
    return "".join(chr(c) if 0x20 < c < 0x7F else "?" for c in raw[:_SHOWN]) + "..." * (len(raw) > _SHOWN)

