"""managed.py codex|copilot PROGRAM...: asks the program what its administrator's settings are, as it has read and checked
them, without a network; prints the answer."""

import json
import subprocess
import sys


def lines(process, number, method, params):
    """JSON-RPC, a message a line."""
    process.stdin.write(json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n")
    process.stdin.flush()
    while True:
        answer = json.loads(process.stdout.readline())
        if answer.get("id") == number:
            return answer


def framed(process, number, method, params):
    """JSON-RPC, a length before each message."""
    text = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()
    process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(text) + text)
    process.stdin.flush()
    while True:
        length = 0
        while line := process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        answer = json.loads(process.stdout.read(length))
        if answer.get("id") == number:
            return answer


def codex(process):
    lines(process, 1, "initialize", {"clientInfo": {"name": "test", "version": "1"}})
    return lines(process, 2, "configRequirements/read", {})["result"]["requirements"]


def copilot(process):
    return framed(process, 1, "managedSettings.read", {})["result"]["settingsJson"]


ASK = {"codex": (codex, ["app-server"]), "copilot": (copilot, ["--server", "--stdio", "--no-auto-update"])}
ask, words = ASK[sys.argv[1]]
with subprocess.Popen(sys.argv[2:] + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
    print(json.dumps(ask(running)))
    running.kill()
