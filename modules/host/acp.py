"""What passes between an editor and the agent in a session by the Agent Client Protocol, version 1 (agentclientprotocol.com):
JSON-RPC, a message a line. An editor does for its agent whatever that asks: it reads and writes files, starts programs, logs in
and opens pages, all of it outside. So the agent is told of nothing of that kind, and what it asks for all the same is answered
here. Every message is written anew from what was read of it. Runs in a process without rights."""

import json
import os
import signal
import threading

from say import warn

NOBODY = 65534
LONGEST = 64 << 20  # bytes of a message: pictures are in it
VERSION = 1
NO_METHOD = -32601  # JSON-RPC 2.0, 5.1
# What an agent may ask of its editor, and what it may say; nothing else of the protocol's client methods.
ASKED = ("session/request_permission", "elicitation/create")
SAID = ("session/update", "elicitation/complete", "$/cancel_request")
MEMBERS = ("jsonrpc", "id", "method", "params", "result", "error")
TOLD = 20  # different sentences about what was kept back


class NoMessage(ValueError):
    """A line that is no message."""


def read(line):
    """One message; of a member that stands there twice the last, which is then the only one."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise NoMessage from None
    if not isinstance(message, dict):
        raise NoMessage  # a batch, too: the protocol has none
    message = {name: message[name] for name in MEMBERS if name in message}
    if ("method" in message) == ("result" in message or "error" in message):
        raise NoMessage
    if not isinstance(message.get("method", ""), str) or not isinstance(message.get("id"), (str, int, type(None))):
        raise NoMessage
    return message


def written(message):
    """ASCII: a line of Unicode's own ends nothing."""
    try:
        return json.dumps({**message, "jsonrpc": "2.0"}, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
    except (ValueError, RecursionError):
        raise NoMessage from None


def plain(value):
    """Without _meta, in which editors and agents say what the protocol does not know, commands to run, too; and without the
    terminals that nobody made."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if name != "_meta"}
    if isinstance(value, list):
        return [plain(item) for item in value if not (isinstance(item, dict) and item.get("type") == "terminal")]
    return value


class Border:
    """tell: is given a sentence, once, about what was kept back."""

    def __init__(self, tell):
        self.tell = tell

    def inwards(self, message):
        """What the agent gets of the editor's message."""
        params = message.get("params")
        if not isinstance(params, dict) or "method" not in message:
            return message
        if message["method"] == "initialize":
            params = {**params, "protocolVersion": VERSION, "clientCapabilities": able(params.get("clientCapabilities"))}
            params.pop("_meta", None)
        elif params.get("mcpServers"):
            self.tell("the editor's MCP servers stay outside: name those that the agent needs in its own settings, inside")
            params = {**params, "mcpServers": []}
        return {**message, "params": params}

    def outwards(self, message):
        """(what the editor gets of the agent's message or None, what the agent is answered or None)"""
        try:
            message = plain(message)
        except RecursionError:
            raise NoMessage from None
        if "method" not in message:
            return self.answer(message), None
        method, asks = message["method"], "id" in message
        if method in (ASKED if asks else SAID) and self.harmless(method, message.get("params")):
            return message, None
        self.tell(f"the agent asks the editor for {method[:60]}, which stays outside")
        why = {"code": NO_METHOD, "message": f"agent-sandbox: {method[:60]} stays outside: do it in the sandbox"}
        return None, {"id": message["id"], "error": why} if asks else None

    def harmless(self, method, params):
        """A form is filled in by a person; a page would be opened in that person's browser."""
        return isinstance(params, dict) and (method != "elicitation/create" or params.get("mode") == "form")

    def answer(self, message):
        """Of initialize's the ways to log in are left that the agent goes by itself, inside."""
        result = message.get("result")
        if not isinstance(result, dict) or not {"authMethods", "protocolVersion"} & set(result):
            return message
        ways = result.get("authMethods")
        ways = [{name: way[name] for name in ("id", "name", "description") if name in way}
                for way in ways if isinstance(way, dict) and way.get("type", "agent") == "agent"] if isinstance(ways, list) else []
        return {**message, "result": {**result, "protocolVersion": VERSION, "authMethods": ways}}


def able(said):
    """An editor's capabilities that do nothing outside."""
    said = said if isinstance(said, dict) else {}
    found = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
    if isinstance(said.get("elicitation"), dict) and isinstance(said["elicitation"].get("form"), dict):
        found["elicitation"] = {"form": {}}
    if isinstance(said.get("session"), dict):
        found["session"] = plain(said["session"])
    return found


class Teller:
    def __init__(self):
        self.told = set()

    def __call__(self, text):
        if text not in self.told and len(self.told) < TOLD:
            self.told.add(text)
            warn(text)


class Writer:
    """Of one stream that both directions write to."""

    def __init__(self, descriptor):
        self.file, self.lock = open(descriptor, "wb", buffering=0), threading.Lock()

    def write(self, message):
        data = memoryview(written(message))
        with self.lock:
            while data:
                data = data[self.file.write(data):]

    def close(self):
        with self.lock:
            self.file.close()


def lines(descriptor, whose, tell):
    """Messages until the end; one that is too long is the end."""
    with open(descriptor, "rb") as file:
        while True:
            line = file.readline(LONGEST + 1)
            if len(line) > LONGEST:
                tell(f"the {whose} says more in one line than a message has")
                return
            if not line:
                return
            try:
                yield read(line)
            except NoMessage:
                if line.strip():
                    tell(f"the {whose} says what is no message of the protocol, and it is left out")


def relay(editor, agent, tell):
    """editor, agent: (descriptor to read from, descriptor to write to). Until the agent has ended."""
    border, to_editor, to_agent = Border(tell), Writer(editor[1]), Writer(agent[1])

    def send(writer, message):
        try:
            writer.write(message)
        except NoMessage:
            tell("a message with a number that JSON has no words for is left out")

    def inwards():
        try:
            for message in lines(editor[0], "editor", tell):
                send(to_agent, border.inwards(message))
        except (OSError, ValueError):
            pass  # the agent has ended
        to_agent.close()

    threading.Thread(target=inwards, daemon=True).start()
    try:
        for message in lines(agent[0], "agent", tell):
            try:
                out, back = border.outwards(message)
            except NoMessage:
                continue
            if out:
                send(to_editor, out)
            if back:
                send(to_agent, back)
    except (OSError, ValueError):
        pass  # the editor has ended, or the agent's input


def between(agent):
    """A process without rights between our own input and output and the agent's, which are its alone then. Gives its id."""
    process = os.fork()
    if process:
        for descriptor in agent:
            os.close(descriptor)
        return process
    try:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        alone((0, 1, 2, *agent))
        relay((0, 1), agent, Teller())
    finally:
        os._exit(0)
    return None


def alone(kept):
    """With these descriptors and no rights."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        if descriptor not in kept:
            try:
                os.close(descriptor)
            except OSError:
                pass  # the list's own
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
