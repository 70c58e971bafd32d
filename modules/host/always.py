"""The answer always: the rule goes into the spec, with who and when; the spec is rendered, what that opens is shown, and once
somebody has said yes, applied: as a person would do it, with this person's rights, on the terminal."""

import os
import pwd
import subprocess
import time

from places import somewhere

SPEC, TREE = "agent-sandbox.json", "sandbox"


class Always:
    """spec: the file, where ask was given one; else the one of the folder that ask was started in."""

    def __init__(self, command, spec):
        self.box, self.state = command.sandbox, command.state
        self.program = command.host.program or somewhere("agent-sandbox")
        self.spec = os.path.abspath(spec or SPEC)

    def do(self, rule):
        """What came of it, in words."""
        if os.getuid() in (0, 65534):
            return "always is for an operator's own spec: start ask without sudo"
        if not self.program:
            return "the program agent-sandbox is not installed here: it writes the spec"
        try:
            with open(self.spec, "rb") as file:
                before = file.read()
        except OSError as error:
            return f"always writes into the spec, and {self.spec} cannot be read ({error.strerror}): start ask beside it, or name it"
        was = self.state.current()
        code = self.run("allow", self.spec, *words(rule), "--sandbox", self.box.name)
        if code:
            self.wait()
            return "the spec was left as it is"
        tree = f"{os.path.dirname(self.spec)}/{TREE}"
        code = self.run("up", self.spec, "-o", tree)
        if self.state.current() != was:
            self.wait()
            return f"applied, with the rule in {self.spec}"
        self.put_back(before, tree)
        self.wait()
        return "not applied: the spec is as it was"

    def run(self, *arguments):
        try:
            return subprocess.run([self.program, *arguments], check=False).returncode
        except OSError as error:
            print(f"agent-sandbox: {self.program}: {error.strerror}")
            return 1

    def put_back(self, before, tree):
        """Nobody wants to find a rule that he did not let be applied, in the spec or in what is committed."""
        with open(self.spec, "wb") as file:
            file.write(before)
        self.run("render", self.spec, "-o", tree)

    @staticmethod
    def wait():
        try:
            input("Enter goes back to the list. ")
        except (EOFError, KeyboardInterrupt):
            print()


def words(rule):
    scheme = rule.get("scheme", "https")
    ports = rule.get("ports", [])
    port = f":{ports[0]}" if ports and ports != [{"https": 443, "http": 80}[scheme]] else ""
    name = pwd.getpwuid(os.getuid()).pw_name
    day = time.strftime("%Y-%m-%d", time.gmtime())
    return [f"{scheme}://{rule['host']}{port}{rule['paths'][0]}", "--method", rule["methods"][0], "--reason",
            f"asked for by the agent; allowed by {name} on {day}"]
