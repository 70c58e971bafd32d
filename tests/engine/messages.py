"""What is said to MCP servers: messages that are good, odd and broken, what the engine and the add-on must both say to them, and
random ones for random policies."""

from __future__ import annotations

import json
import random

HOST = "mcp.example.org"
POLICY = {"format": 1, "sandbox": "demo", "enforcement": "enforce", "listen": {"host": "127.0.0.1", "port": 1},
          "rules": [{"host": HOST, "suffix": False, "scheme": "https", "methods": ["DELETE", "GET", "POST"], "paths": ["/**"], "ports": [443],
                     "websocket": True}],
          "mcp": [{"host": HOST, "suffix": False, "scheme": "https", "port": 443, "path": "/mcp", "tools": ["read_*", "search"], "owner": "me"},
                  {"host": HOST, "suffix": False, "scheme": "https", "port": 443, "path": "/mcp", "tools": ["write"], "expires": "2020-01-01"}],
          "credentials": []}
CHANNEL = {"tls": True, "host": HOST, "port": 443, "sni": HOST}
JSON = [["Content-Type", "application/json"]]
PASSES, TOLD, REFUSED = 0, 200, 403


def call(name, **more) -> dict:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {"name": "write"}}, **more}


def text(value) -> str:
    """As what is sent, in Latin-1."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass").decode("latin-1")


def said(value, wanted, fields=JSON, method="POST", target="/mcp") -> tuple:
    return text(value), wanted, fields, method, target


def header(name: str, value: str) -> list:
    return [*JSON, [name, value]]


_TWO = '{"id":1,"method":"ping","method":"tools/call","params":{"name":"write"}}'
KNOWN = [
    said(call("read_x"), PASSES), said(call("search"), PASSES), said(call("write"), TOLD), said(call("Search"), TOLD), said(call("read"), TOLD),
    said(call(""), TOLD), said(call("read_" + "x" * 123), PASSES), said(call("read_" + "x" * 124), TOLD), said(call("read_\u00e9"), TOLD),
    said(call("read_x\0"), TOLD), said(call("read_ x"), TOLD), said('{"id":1,"method":"tools/call","params":{"name":"read_\\ud800"}}', TOLD), said(call(None), TOLD), said(call(["search"]), TOLD),
    said('{"id":"a\\u0000b","method":"tools/call","params":{"n\\u0061me":"wr\\u0069te"}}', TOLD),
    said('{"id":7,"m\\u0065thod":"tools\\/call","params":{"name":"s\\u0065arch"}}', PASSES),
    said('{"id":1.5e3,"method":"tools/call"}', TOLD), said('{"id":null,"method":"tools/call","params":["search"]}', TOLD),
    said('{"method":"tools/call","params":{"name":"write"}}', REFUSED), said('{"method":"tools/call","params":{"name":"search"}}', PASSES),
    said({"id": {}, "method": "ping"}, REFUSED), said({"id": True, "method": "ping"}, REFUSED), said({"id": "x" * 255, "method": "ping"}, REFUSED),
    said({"id": "x" * 254, "method": "ping"}, PASSES), said({"jsonrpc": "2.0", "id": 1, "result": {"roots": []}}, PASSES), said({}, PASSES),
    said({"id": 1, "method": 5}, REFUSED), said({"id": 1, "method": None}, REFUSED), said("5", REFUSED), said('"tools/call"', REFUSED), said("null", REFUSED),
    said("", REFUSED), said("{", REFUSED), said(text(call("search")) * 2, REFUSED), said("\xef\xbb\xbf" + text(call("search")), REFUSED),
    said(text(call("search")).encode("utf-16").decode("latin-1"), REFUSED), said(_TWO, REFUSED),
    said(_TWO.replace('"method":"tools', '"Method":"tools'), REFUSED), said(_TWO.replace('"method":"tools', '"method\\u0000":"tools'), REFUSED),
    said('{"id":1,"method":"tools/call","params":{"name":"search","name":"write"}}', REFUSED),
    said('{"id":1,"method":"tools/call","params":{"name":"search","NAME":"write"}}', REFUSED),
    said('{"id":1,"method":"tools/call","params":{"name":"search"},"params":{"name":"write"}}', REFUSED),
    said('{"id":1,"method":"tools/call","param\u017f":{"name":"write"},"params":{"name":"search"}}'.encode().decode("latin-1"), REFUSED),
    said('{"id":1,"method":"tools/call","params":{"arguments":{"name":"a","name":"b"},"name":"search"}}', PASSES),
    said({"id": 1, "method": "resources/read", "params": {"Name": 1, "name": 2}}, PASSES),
    *[said({"id": 1, "method": one}, PASSES) for one in ("initialize", "ping", "tools/list", "resources/templates/list", "prompts/get", "completion/complete",
                                                         "logging/setLevel", "tasks/result", "server/discover", "subscriptions/listen")],
    said({"method": "notifications/initialized"}, PASSES), said({"method": "notifications/tools/call"}, PASSES),
    *[said({"id": 1, "method": one, "params": {"name": "search"}}, TOLD) for one in (
        "tools/call ", "Tools/Call", "tools/call\0", "tools/", "tools/run", "callTool", "", "resources/", "sampling/createMessage", "\u00e9" * 60)],
    said([call("search"), {"method": "notifications/cancelled"}, {"id": 1, "result": {}}], PASSES), said([call("search"), call("write", id="b")], TOLD),
    said([call("write", id="b"), {"id": 3, "method": "ping"}, {"method": "ping"}], TOLD), said([], REFUSED), said([[call("search")]], REFUSED),
    said([call("search")] * 100, PASSES), said([call("search")] * 101, REFUSED), said([{"method": "tools/call", "params": {"name": "write"}}], REFUSED),
    said('{"id":1,"method":"ping","params":' + "[" * 99 + "]" * 99 + "}", PASSES), said('{"id":1,"method":"ping","params":' + "[" * 100 + "]" * 100 + "}", REFUSED),
    said(text(call("search")) + " " * (1 << 20), REFUSED), said(call("search"), REFUSED, [["Content-Type", "text/plain"]]), said(call("search"), REFUSED, []),
    said(call("search"), REFUSED, [["Content-Type", "application/json; charset=utf-7"]]), said(call("search"), PASSES, [["Content-Type", 'application/json;charset="UTF-8"']]),
    said(call("search"), REFUSED, [["Content-Type", 'application/json; charset=utf-8; charset="utf-16le"']]),
    said(call("search"), REFUSED, header("Content-Encoding", "gzip")), said(call("search"), REFUSED, [*JSON, *JSON]),
    said(call("search"), PASSES, header("Mcp-Name", "search")), said(call("search"), REFUSED, header("mcp-name", "write")),
    said(call("search"), REFUSED, [*header("Mcp-Name", "search"), ["Mcp-Name", "write"]]), said(call("search"), PASSES, header("Mcp-Method", " tools/call ")),
    said(call("search"), REFUSED, header("Mcp-Method", "ping")), said({"id": 1, "method": "prompts/get", "params": {"name": "x"}}, PASSES, header("Mcp-Name", "x")),
    said([call("search"), {"id": 2, "method": "ping"}], REFUSED, header("Mcp-Method", "tools/call")), said({"id": 1, "result": 1}, REFUSED, header("Mcp-Method", "x")),
    *[said(call("write"), TOLD, target=one) for one in ("/mcp/", "/MCP", "/%6dcp", "//mcp", "/mcp?x=1", "/mcp;v=1")],
    said(call("write"), PASSES, target="/mcp/x"), said(call("write"), PASSES, target="/other"), said(call("write"), TOLD, method="DELETE"),
    said("", PASSES, [], "GET"), said("", PASSES, [], "DELETE"), said("", REFUSED, [], "POST"), said(call("write"), TOLD, method="GET"),
    said("", REFUSED, [["Upgrade", "websocket"], ["Connection", "Upgrade"], ["Sec-WebSocket-Key", "x"]], "GET"),
]


def asked(body: str, fields: list, method: str, target: str, chunked: bool = False) -> dict:
    length = ["Transfer-Encoding", "chunked"] if chunked else ["Content-Length", str(len(body))]
    return {"request": {"version": 1, "method": method, "target": target, "scheme": "", "authority": "", "ends": False, "body": body,
                        "fields": [["Host", HOST], *fields] + [length] * bool(body)},
            "channel": CHANNEL, "today": [2027, 6, 30]}


def compare(driver: str, folder: str, both) -> list:
    """Enforced and in audit, with a length and in pieces; both: what asks the engine and the add-on."""
    problems: list = []
    for enforcement in "enforce", "audit":
        made = {**POLICY, "enforcement": enforcement}
        rows = [(*one, chunked) for one in KNOWN for chunked in ((False, True) if one[0] else (False,))]
        questions = [{"policy": json.dumps(made)}] + [asked(body, fields, method, target, chunked) for body, _, fields, method, target, chunked in rows]
        found, _, answers = both(driver, questions, folder)
        problems += found
        for one, answer in zip(rows, answers[1:]):
            wanted = one[1] if enforcement == "enforce" or len(one[0]) > 1 << 20 and one[5] else PASSES
            if answer["status"] != wanted:
                problems.append((one[0][:200], one[1:], enforcement, answer))
            elif wanted == TOLD:
                problems += told_wrong(one[0], answer["answer"])
    return problems


def told_wrong(body: str, answer: str) -> list:
    """Each request of it has an answer, and nothing else has one."""
    sent, back = json.loads(body.encode("latin-1")), json.loads(answer)
    if isinstance(sent, list) != isinstance(back, list):
        return [(body, answer)]
    sent, back = (one if isinstance(one, list) else [one] for one in (sent, back))
    good = [one["id"] for one in sent if "id" in one] == [one["id"] for one in back] and all(one["error"]["message"].startswith("agent-sandbox: ") for one in back)
    return [] if good else [(body, answer)]


# -- for random policies --

TOOLS = ["read_*", "search", "*", "a*b*c", "x", "*_x", "a.b-c/d:e@f+g"]
NAMES = ["read_x", "search", "x", "abc", "a_x", "aXbYc", "a.b-c/d:e@f+g", "write", "", "read_\0", "a*b*c", "r\u00e9ad", None, 5, "search" * 40]
METHODS = ["tools/call"] * 20 + ["tools/list", "initialize", "ping", "notifications/x", "tools/x", "TOOLS/CALL", "tasks/get", "", None, 5]
BITS = ["{", "}", "[", "]", ":", ",", '"method"', '"METHOD"', '"name"', '"params"', '"id"', '"tools/call"', '"m\\u0065thod"', '"search"', '"', "\\", "1", "true", "null", " ",
        '"id":1,', "\xc3\xa9", "\xff", "\0", "\\u0000", '{"method":"ping"},']


def server(chance: random.Random, rules: list[dict], another: dict) -> dict:
    one = chance.choice(rules) if rules and chance.random() < 0.9 else another
    if chance.random() < 0.6:  # that lets it through
        one.update(methods=sorted({*one["methods"], "POST"}), paths=["/**"])
        for key in "query", "expires", "requests":
            one.pop(key, None)
    host = one["host"] if not one["suffix"] else "z." + one["host"]
    made = {"host": host, "suffix": False, "scheme": one["scheme"], "port": one["ports"][0], "path": chance.choice(["/", "/a", "/mcp", "/a/", "/a%2Fb"]),
            "tools": chance.sample(TOOLS, chance.randint(1, 3))}
    if chance.random() < 0.3:
        made["owner"] = chance.choice(["me", "\u00e9" * 1025])
    if chance.random() < 0.3:
        made["expires"] = chance.choice(["2027-06-29", "2027-06-30", "2020-01-01"])
    return made


def message(chance: random.Random) -> dict:
    made = {"jsonrpc": "2.0", "id": chance.choice([1, "x", 2, -1.5] * 4 + [None, {}, "y" * 300]), "method": chance.choice(METHODS),
            "params": chance.choice([{"name": chance.choice(NAMES)}] * 20 + [{}, [], {"NAME": "x", "name": "x"}])}
    return {key: value for key, value in made.items() if chance.random() < 0.97}


def body(chance: random.Random) -> str:
    whole = message(chance) if chance.random() < 0.7 else [message(chance) for _ in range(chance.choice([0, 1, 2, 3, 101]))]
    made = json.dumps(whole, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1])).encode().decode("latin-1")
    for _ in range(chance.choice([0] * 8 + [1, 2])):
        at = chance.randrange(len(made) + 1)
        made = made[:at] + chance.choice((chance.choice(BITS), "")) + made[at + chance.choice((0, 0, 1, 3)):]
    return made
