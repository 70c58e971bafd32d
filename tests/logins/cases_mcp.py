"""The login of an MCP server: whatever is asked there has its token, and nothing else has."""

from __future__ import annotations

import json

from checks import check

SERVER, JSON = "mcp.example.org", "Content-Type: application/json\r\n"


def call(tool: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}}}).encode()


def log_in(host, name: str) -> None:
    host.ask_root("login-put", name=name, access=host.identity.token(name, "access"), refresh=host.identity.token(name, "refresh"),
                  client_id="made-7", client_secret="secret-of-made-7")


def mcp(host):
    status, text = host.ask(SERVER, "/mcp", call("search"), JSON)
    check("an MCP server that nobody is logged in to", (status, b"nobody is logged in as tracker: agent-sandbox login tracker" in text), (403, True))
    log_in(host, "tracker")
    status, text = host.ask(SERVER, "/mcp", call("search"), JSON)
    check("a call without a word of a token has it", (status, json.loads(text)["service"]), (200, "tracker"))
    check("but is told none", json.loads(text)["said"].strip("*"), "")
    status, text = host.ask(SERVER, "/mcp", call("search"), JSON + "Authorization: Bearer agents-own\r\n")
    check("one of the agent's own goes away", (status, json.loads(text)["service"]), (200, "tracker"))
    check("a stream has it, too", json.loads(host.ask(SERVER, "/mcp", fields="Accept: text/event-stream\r\n")[1])["service"], "tracker")
    before = len(host.identity.requests)
    check("another tool is not called", json.loads(host.ask(SERVER, "/mcp", call("delete"), JSON)[1])["error"]["code"], -32602)
    check("and nothing of that left", len(host.identity.requests), before)
    check("beside its path there is no token", host.ask(SERVER, "/mcp/other", b"{}", JSON)[0], 401)
    check("nor at its authorization server", host.ask("auth.example.org", "/x")[0], 401)
    asked = len(host.identity.asked)
    host.identity.revoke("tracker")
    status, text = host.ask(SERVER, "/mcp", call("search"), JSON)
    check("one that is not taken is renewed, and the call goes out again", (status, json.loads(text)["service"]), (200, "tracker"))
    check("for that server, by who was registered", [{key: one[key] for key in ("grant_type", "resource", "client_id", "client_secret")} for _, one in host.identity.asked[asked:]],
          [{"grant_type": "refresh_token", "resource": "https://mcp.example.org/mcp", "client_id": "made-7", "client_secret": "secret-of-made-7"}])
