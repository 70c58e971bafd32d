#!/usr/bin/python3 -SB
"""tests/control/acp.py: what passes between an editor and an agent inside: the real process between real pipes, against an
editor and an agent that say what they like; and the settings that editors are given. tests/live/agent_cli has real agents."""

import contextlib
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import types

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "modules/host"))

import acp  # noqa: E402
import editors  # noqa: E402
from say import Failed  # noqa: E402

passed = failed = 0
# agentclientprotocol.com, its client methods in version 1 with what is a draft there, and a few of nobody's.
OUTSIDE = ("fs/read_text_file", "fs/write_text_file", "terminal/create", "terminal/output", "terminal/release",
           "terminal/wait_for_exit", "terminal/kill", "mcp/message", "auth/status_update", "_zed.dev/open", "session/new",
           "session/update", "initialize", "", "a" * 5000)


def check(text, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok' if good else 'FAILED'}: {text}")


def equal(text, got, wanted):
    check(text if got == wanted else f"{text}: {got!r}, not {wanted!r}", got == wanted)


def border():
    told = []
    return acp.Border(told.append), told


def through(line, outwards=True):
    """What becomes of one line: (to the editor, to the agent)."""
    one, _ = border()
    try:
        message = acp.read(line)
        out, back = one.outwards(message) if outwards else (one.inwards(message), None)
        return tuple(part and json.loads(acp.written(part)) for part in (out, back))
    except acp.NoMessage:
        return None, None


def test_outwards():
    for method in OUTSIDE:
        out, back = through(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": {"path": "/etc/passwd"}}))
        refused = back and back["id"] == 7 and back["error"]["code"] == -32601
        check(f"the agent may not ask for {method[:30] or 'nothing'}", out is None and refused)
        if method != "session/update":
            check("  nor say it", through(json.dumps({"method": method, "params": {}})) == (None, None))
    asked = {"jsonrpc": "2.0", "id": "x", "method": "session/request_permission", "params": {"options": [{"optionId": "a"}]}}
    equal("it may ask for permission", through(json.dumps(asked)), (asked, None))
    form = {"jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": {"mode": "form", "message": "?"}}
    equal("  and for a form", through(json.dumps(form)), (form, None))
    page = {**form, "params": {"mode": "url", "url": "https://evil.example"}}
    check("  and for no page", through(json.dumps(page))[0] is None)
    said = {"jsonrpc": "2.0", "method": "session/update", "params": {"update": {"content": [
        {"type": "terminal", "terminalId": "1"}, {"type": "diff", "path": "/a", "_meta": {"x": 1}}],
        "_meta": {"terminal_info": {"cwd": "/"}}}}}
    equal("what it says goes without _meta and terminals", through(json.dumps(said))[0]["params"],
          {"update": {"content": [{"type": "diff", "path": "/a"}]}})


def test_inwards():
    able = {"fs": {"readTextFile": True, "writeTextFile": True}, "terminal": True, "auth": {"terminal": True}, "nes": {},
            "elicitation": {"form": {}, "url": {}}, "session": {"configOptions": {}}, "_meta": {"terminal-auth": True}}
    begin = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": 2, "clientCapabilities": able, "clientInfo": {"name": "zed"}, "_meta": {"a": 1}}}
    equal("the agent is told what an editor does inside", through(json.dumps(begin), False)[0]["params"], {
        "protocolVersion": 1, "clientInfo": {"name": "zed"}, "clientCapabilities": {
            "fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False,
            "elicitation": {"form": {}}, "session": {"configOptions": {}}}})
    begin["params"] = {"protocolVersion": 1, "clientCapabilities": "all"}
    equal("  whatever it says", through(json.dumps(begin), False)[0]["params"]["clientCapabilities"],
          {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False})
    ways = [{"id": "login", "name": "Log in", "_meta": {"terminal-auth": {"command": "/bin/sh"}}},
            {"id": "t", "name": "T", "type": "terminal", "args": ["x"], "env": {"LD_PRELOAD": "/a"}},
            {"id": "e", "name": "E", "type": "env_var", "vars": []}, "odd"]
    got = through(json.dumps({"jsonrpc": "2.0", "id": "0", "result": {"protocolVersion": 2, "authMethods": ways}}))[0]
    equal("ways to log in are those inside", got["result"], {"protocolVersion": 1, "authMethods": [{"id": "login", "name": "Log in"}]})
    for method in ("session/new", "session/load", "session/resume", "session/fork"):
        one, told = border()
        out = one.inwards({"id": 2, "method": method, "params": {"cwd": "/p", "mcpServers": [{"env": {"TOKEN": "secret"}}]}})
        check(f"the editor's MCP servers stay outside ({method}), and it is said",
              out["params"] == {"cwd": "/p", "mcpServers": []} and "MCP servers" in told[0])
    prompt = {"jsonrpc": "2.0", "id": 3, "method": "session/prompt", "params": {"prompt": [{"type": "text", "text": "ü\u2028"}]}}
    equal("a prompt goes in as it is", through(json.dumps(prompt, ensure_ascii=False), False)[0], prompt)


def test_lines():
    twice = '{"jsonrpc":"2.0","id":1,"method":"session/update","method":"terminal/create","params":{}}'
    check("a member that stands there twice is one", through(twice)[0] is None)
    for text, line in (("a batch", '[{"method":"terminal/create","id":1}]'), ("no object", '"x"'), ("no JSON", "{"),
                       ("a number of no JSON", '{"method":"session/update","params":{"a":NaN}}'),
                       ("one that is too large", '{"method":"session/update","params":{"a":1e999}}'),
                       ("one of too many digits", '{"method":"session/update","params":{"a":%s}}' % ("9" * 5000)),
                       ("what is too deep", '{"method":"session/update","params":%s1%s}' % ('{"a":' * 20000, "}" * 20000)),
                       ("a question and an answer in one", '{"id":1,"method":"session/request_permission","result":{},"params":{}}'),
                       ("an id of no kind", '{"id":{},"method":"session/request_permission","params":{}}'),
                       ("a method of no kind", '{"id":1,"method":["terminal/create"],"params":{}}'),
                       ("neither", '{"id":1}')):
        out, back = through(line.encode())
        check(f"left out: {text}", out is None and back is None)
    half, _ = through('{"method":"session/update","params":{"a":"\\ud800"}}')
    check("half a pair of surrogates is written as such", half["params"]["a"] == "\ud800")
    check("what is beside the protocol is left out", "extra" not in through('{"id":1,"result":{},"extra":1}')[0])


def test_random():
    """Whatever an agent says: an editor reads a message of the few kinds, and nothing else is raised."""
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    some = random.Random(seed)
    words = [*OUTSIDE[:-1], "session/request_permission", "elicitation/create", "$/cancel_request", "_meta", "mode", "form",
             "type", "terminal", "params", "result", "method", "id", "authMethods", None, True, 0, -1.5, "x"]

    def value(depth):
        kind = some.randrange(4) if depth else 3
        if kind == 0:
            return {str(some.choice(words)): value(depth - 1) for _ in range(some.randrange(4))}
        return [value(depth - 1) for _ in range(some.randrange(3))] if kind == 1 else some.choice(words)

    wrong = 0
    for _ in range(4000):
        message = {name: value(3) for name in ("id", "params", "result", "error") if some.random() < 0.5}
        if some.random() < 0.7:
            message["method"] = some.choice(words)
        line = bytearray(json.dumps(message).encode())
        for _ in range(some.randrange(3)):
            line[some.randrange(len(line))] = some.randrange(256)
        out, _ = through(bytes(line))
        asks = out and "method" in out and out["method"] not in acp.ASKED + acp.SAID
        wrong += bool(asks or '"_meta":' in json.dumps(out, separators=(",", ":")))
    check(f"4000 random messages, SEED={seed}", wrong == 0)


class Pair:
    """The process between an editor and an agent; both are we."""

    def __init__(self):
        self.editor, (own, to_editor), (from_agent, self.agent) = os.pipe(), os.pipe(), os.pipe()
        self.inside, to_agent = os.pipe()
        self.errors = tempfile.TemporaryFile()
        saved = [os.dup(number) for number in (0, 1, 2)]
        for number, mine in enumerate((self.editor[0], to_editor, self.errors.fileno())):
            os.dup2(mine, number)
        self.process = acp.between((from_agent, to_agent))
        for number, mine in enumerate(saved):
            os.dup2(mine, number)
            os.close(mine)
        os.close(self.editor[0])
        os.close(to_editor)
        self.to_agent, self.to_editor = self.editor[1], self.agent
        self.seen, self.heard = open(own, "rb"), open(self.inside, "rb")

    def ended(self):
        for _ in range(200):
            if os.waitpid(self.process, os.WNOHANG)[0]:
                return True
            time.sleep(0.02)
        return False

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode()


def test_process():
    pair = Pair()
    os.write(pair.to_agent, b'{"jsonrpc":"2.0","id":1,"method":"session/prompt","params":{}}\n')
    check("a message comes in", json.loads(pair.heard.readline())["method"] == "session/prompt")
    status = pathlib.Path(f"/proc/{pair.process}/status").read_text()
    wanted = "65534" if os.geteuid() == 0 else str(os.getuid())
    check("it has no rights", f"\nUid:\t{chr(9).join([wanted] * 4)}\n" in status and
          (os.geteuid() != 0 or "\nGroups:\t \n" in status and "\nCapEff:\t0000000000000000\n" in status))
    if os.geteuid() == 0:
        check("  and no descriptors but five", len(os.listdir(f"/proc/{pair.process}/fd")) == 5)
    os.write(pair.to_editor, b'npm says hello\n{"id":5,"method":"terminal/create","params":{"command":"sh"}}\n')
    check("a wish for outside is answered inside", json.loads(pair.heard.readline())["error"]["code"] == -32601)
    os.write(pair.to_editor, b'{"jsonrpc":"2.0","method":"session/update","params":{"b":2}}\n')
    check("  and the editor hears the next alone", json.loads(pair.seen.readline())["params"] == {"b": 2})
    check("  and its log says so", "the agent asks the editor for terminal/create" in pair.said() and "no message" in pair.said())
    for number in range(100):
        os.write(pair.to_editor, b'{"id":5,"method":"\\u001b[2J%d","params":{}}\n' % number)
        pair.heard.readline()
    check("  not without end, nor with control characters", pair.said().count("\n") <= 20 and "\x1b" not in pair.said())
    big = json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": {"a": "x" * (8 << 20)}}).encode() + b"\n"
    writer = subprocess.Popen([sys.executable, "-c", "import sys,shutil; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)"],
                              stdin=subprocess.PIPE, stdout=pair.to_editor)
    writer.stdin.write(big)
    writer.stdin.close()
    check("8 MiB in one line", len(pair.seen.readline()) > 8 << 20)
    writer.wait()
    os.close(pair.to_agent)
    check("when the editor ends, the agent's input does", pair.heard.read() == b"")
    os.close(pair.to_editor)
    check("when the agent ends, so does it", pair.ended() and pair.seen.read() == b"")
    pair = Pair()
    pair.seen.close()
    os.write(pair.to_editor, b'{"method":"session/update","params":{}}\n')
    check("an editor that is gone ends it", pair.ended())
    acp.LONGEST = 1 << 16
    pair = Pair()
    with contextlib.suppress(BrokenPipeError):
        for _ in range(40):
            os.write(pair.to_editor, b"x" * 4096)
    check("a line without end ends it", pair.ended() and "more in one line" in pair.said())


def settings(agents, *words):
    with tempfile.TemporaryDirectory() as tree:
        pathlib.Path(tree, "spec.json").write_text(json.dumps({"agents": agents}))
        box = types.SimpleNamespace(name="demo", state="/var/lib/agent-sandbox/demo")
        command = types.SimpleNamespace(arguments=list(words), sandbox=box, source=types.SimpleNamespace(path=tree))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            try:
                editors.editor(command)
            except Failed as why:
                return str(why)
        return printed.getvalue()


def test_editors():
    agents = ["claude-agent-acp", "claude-code", "codex", "opencode"]
    start = ["run", "--acp", "--"]
    found = json.loads(settings(agents, "zed"))["agent_servers"]
    equal("Zed: an agent each", {name: one["args"] for name, one in found.items()},
          {"Claude in demo": [*start, "claude-agent-acp"], "opencode in demo": [*start, "opencode", "acp"]})
    one = found["Claude in demo"]
    equal("  by the applied copy", (one["type"], one["command"]), ("custom", "/var/lib/agent-sandbox/demo/current/bin/agent-sandbox"))
    equal("JetBrains: a command of one's own", json.loads(settings([], "jetbrains", "--", "my", "agent"))["agent_servers"],
          {"Agent in demo": {"command": one["command"], "args": [*start, "my", "agent"]}})
    equal("VS Code: its extensions", json.loads(settings(agents, "--json", "vscode"))["settings"],
          {"claudeCode.claudeProcessWrapper": "/var/lib/agent-sandbox/demo/current/bin/editor-claude",
           "chatgpt.cliExecutable": "/var/lib/agent-sandbox/demo/current/bin/editor-codex"})
    check("Neovim: any text is a string of Lua's", r'"--", "a\034b\195\188\010" }' in settings(agents, "neovim", "--", 'a"bü\n'))
    for wanted, words in (("which editor: ", []), ("there is no editor emacs: zed, ", ["emacs"]), ("does not know '--x'", ["zed", "--x"]),
                          ("which command, after the --?", ["zed", "--"]), ("takes no command", ["vscode", "--", "x"]),
                          ("speaks the Agent Client Protocol: name one", ["zed"]), ("of VS Code starts: claude-code, codex", ["vscode"])):
        check(f"editor {' '.join(words)}: {wanted}", wanted in settings(["aider"], *words))


def test_wrappers():
    with tempfile.TemporaryDirectory() as tree:
        pathlib.Path(tree, "agent-sandbox").write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
        os.chmod(f"{tree}/agent-sandbox", 0o755)
        for name in ("editor-claude", "editor-codex"):
            pathlib.Path(tree, name).write_bytes((ROOT / "modules/bin" / name).read_bytes())
            os.chmod(f"{tree}/{name}", 0o755)
        for name, words, wanted in (
                ("editor-claude", ["/ext/claude", "--output-format", "stream-json", "a b"], "--output-format|stream-json|a b|"),
                ("editor-claude", ["/bin/node", "/ext/cli.js", "--settings", "/x"], "--settings|/x|"),
                ("editor-claude", ["auth", "login"], "auth|login|"), ("editor-claude", [], ""),
                ("editor-codex", ["app-server"], "app-server|")):
            said = subprocess.run([f"{tree}/{name}", *words], stdout=subprocess.PIPE, check=False).stdout.decode()
            equal(f"{name} {' '.join(words)}", said, f"run|--|{name[7:]}|{wanted}")


for test in (test_outwards, test_inwards, test_lines, test_random, test_process, test_editors, test_wrappers):
    test()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
