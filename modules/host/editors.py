"""The verb editor: what an editor's own settings say so that it starts the agent in a session of this sandbox. It needs no
rights, and changes nothing. Where the settings are described: zed.dev/docs/ai/external-agents, jetbrains.com/help/ai-assistant/acp.html,
code.claude.com/docs/vs-code, learn.chatgpt.com/docs/developer-settings, codecompanion.olimorris.dev/configuration/adapters-acp."""

import json
import re

from say import Refused, Usage, printable, say, warn

# The presets whose programs speak the Agent Client Protocol: what people call them, the command, and CodeCompanion's adapter.
SPEAKERS = {
    "claude-agent-acp": ("Claude", ["claude-agent-acp"], "claude_code"),
    "codex-acp": ("Codex", ["codex-acp"], "codex"),
    "gemini-cli": ("Gemini", ["gemini", "--acp"], "gemini_cli"),
    "opencode": ("opencode", ["opencode", "acp"], "opencode"),
}
# Those that an extension of VS Code starts: the setting, and the program of ours that it names.
WRAPPED = {
    "claude-code": ("claudeCode.claudeProcessWrapper", "editor-claude"),
    "codex": ("chatgpt.cliExecutable", "editor-codex"),
}
PLACES = {
    "zed": "~/.config/zed/settings.json",
    "jetbrains": "~/.jetbrains/acp.json",
    "vscode": "settings.json (Preferences: Open User Settings (JSON))",
    "neovim": "~/.config/nvim/init.lua, with CodeCompanion",
}


def editor(command):
    words = list(command.arguments)
    as_json = words[:1] == ["--json"]
    name = (words[1:] if as_json else words)[:1]
    rest = (words[1:] if as_json else words)[1:]
    if rest[:1] == ["--json"]:
        as_json, rest = True, rest[1:]
    own = rest[1:] if rest[:1] == ["--"] else []
    if rest and not own:
        raise Usage(f"editor does not know '{printable(rest[0])[:80]}'" if rest[0] != "--" else "which command, after the --?")
    if not name or name[0] not in PLACES:
        asked = f"there is no editor {printable(name[0])[:80]}" if name else "which editor"
        raise Usage(f"{asked}: {', '.join(PLACES)} are known")
    show(name[0], settings(command, name[0], own), as_json)
    return 0


def settings(command, name, own):
    """What the editor reads: an object, or Lua."""
    box, bin_of = command.sandbox, f"{command.sandbox.state}/current/bin"
    agents = agents_of(command.source.path)
    if name == "vscode":
        if own:
            raise Usage("VS Code's extensions start their own agent: editor vscode takes no command")
        found = {key: f"{bin_of}/{program}" for agent, (key, program) in WRAPPED.items() if agent in agents}
        if not found:
            raise Refused(f"no agent of sandbox {box.name} is one that an extension of VS Code starts: {', '.join(WRAPPED)}")
        return found
    start = [f"{bin_of}/agent-sandbox", "run", "--acp", "--"]
    speakers = [("Agent", own, None)] if own else [SPEAKERS[agent] for agent in SPEAKERS if agent in agents]
    if not speakers:
        raise Refused(f"no agent of sandbox {box.name} speaks the Agent Client Protocol: name one in the spec's \"agents\" "
                      f"({', '.join(SPEAKERS)}), or its command here: agent-sandbox editor {name} -- COMMAND...")
    if name == "neovim":
        return lua(start, speakers)
    kind = {"type": "custom"} if name == "zed" else {}
    return {"agent_servers": {f"{title} in {box.name}": {**kind, "command": start[0], "args": [*start[1:], *words]}
                              for title, words, _ in speakers}}


def agents_of(tree):
    """The presets that the spec names, and those that these bring."""
    try:
        with open(f"{tree}/spec.json", encoding="utf-8") as file:
            named = json.load(file).get("agents", [])
    except (OSError, ValueError, AttributeError):
        named = []
    return named if isinstance(named, list) else []


def lua_string(text):
    """Lua 5.1, 2.1: any byte by its decimal number."""
    return '"' + "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03}"
                         for byte in text.encode("utf-8", "surrogateescape")) + '"'


def lua(start, speakers):
    blocks = []
    for _, words, adapter in speakers:
        name = adapter or "claude_code"
        command = ", ".join(lua_string(word) for word in [*start, *words])
        blocks.append(f'      {name} = function()\n'
                      f'        return require("codecompanion.adapters").extend("{name}", {{\n'
                      f'          commands = {{ default = {{ {command} }} }},\n'
                      f'        }})\n'
                      f'      end,\n')
    return f'require("codecompanion").setup({{\n  adapters = {{\n    acp = {{\n{"".join(blocks)}    }},\n  }},\n}})'


def show(name, found, as_json):
    if as_json:
        say(json.dumps({"editor": name, "file": re.split("[ ,]", PLACES[name])[0], "settings": found}, indent=2))
        return
    warn(f"for {PLACES[name]}, beside what stands there:")
    say(found if isinstance(found, str) else json.dumps(found, indent=2))
