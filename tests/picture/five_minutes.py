"""The README's five minutes: its commands are run as they stand there, and become its picture.

five_minutes.py install README SHELL...        types through SHELL what comes before them, without npm's
five_minutes.py record README ROOT REBOOT SHELL...   types them, in the machine whose root folder is ROOT and that
                                               REBOOT boots again before the end; prints the SVG
five_minutes.py root README SHELL...           types those that lead to an agent, and the one that takes it away
five_minutes.py check README SVG               the picture shows the commands of the README
"""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from record import Shell
from screen import lines
from svg import picture

COLUMNS = 100
TITLE = "From a spec to an agent in its sandbox, in a terminal"

# Typed before the recording: what they print is apt's and npm's.
DOCTOR = "agent-sandbox doctor"
INSTALL = ("make demo && sudo make install", DOCTOR, "sudo npm install -g")
# Without a model to talk to there is nothing to see.
UNREACHABLE = ("agent-sandbox run -- claude",)

# What asks at the terminal, and what is typed then.
ANSWERS = ((r"\[sudo\] password for me: $", "a password\n"),
           (r"\[Y/n\] $", "y\n"),
           (r"Apply it to this host\? \[y/N\] $", "y\n"),
           (r"is missing\. Type it \(it is not shown\): $", "sk-ant-api03-not-a-real-key\n"),
           ("Type the name to go on: ", "demo\n"))

# Every command exits 0, and these print this.
PRINTS = {
    DOCTOR: "^nothing .*is missing on this host$",
    "agent-sandbox up": "applied [0-9a-f]{40}\n[1-9][0-9]+ attacks held",
    "agent-sandbox run -- claude --version": r"[0-9.]+ \(Claude Code\)",
    "agent-sandbox run -- curl https://docs.python.org/3/":
        r'^{"error": "agent-sandbox: no rule allows GET docs\.python\.org/3/", "missing": ',
    "agent-sandbox logs --denied": r"refused  GET https://docs\.python\.org/3/: no rule",
    "agent-sandbox render agent-sandbox.json -o sandbox": "6 rules",
    "agent-sandbox apply -o sandbox": "applied [0-9a-f]{40}",
    "agent-sandbox status": "enforcement: enforce",
    "agent-sandbox verify": "[1-9][0-9]+ held, 0 BROKEN, 0 UNKNOWN",
}

# How many lines at the start and at the end of a long output the picture shows.
SHOWN = {"agent-sandbox apply": (0, 2), "agent-sandbox up": (3, 2), "agent-sandbox logs": (0, 2)}
SHOWN_ELSE = (3, 1)

# An editor that makes the change which the README asks for.
EDITOR = """#!/usr/bin/python3
import sys
with open(sys.argv[1]) as file:
    text = file.read()
assert text.count(OLD) == 1, "the starter spec has another form"
with open(sys.argv[1], "w") as file:
    file.write(text.replace(OLD, NEW))
"""


def blocks(readme, language):
    chapter = re.search(r"^## Five minutes.*?(?=^## )", readme, re.S | re.M).group()
    return re.findall(rf"^```{language}\n(.*?)^```$", chapter, re.S | re.M)


def commands(readme):
    """As they stand there, without comments; one that goes on in the next line is one."""
    text = re.sub(r" +# .*", "", "".join(blocks(readme, "sh")))
    return re.findall(r"(?:.*(?:\||\\)\n)*.+", text)


def recorded(readme):
    return [command for command in commands(readme)
            if command not in UNREACHABLE and not command.startswith(INSTALL)]


def rows_of(command, output):
    first, *others = command.split("\n")
    rows = [[("prompt", "$ "), ("command", first)]]
    rows += [[("prompt", "> "), ("command", other)] for other in others]
    # Data that differs between two recordings of the same thing.
    output = re.sub(rb"[0-9-]{10}T[0-9:.]{12}", b"2026-01-01T12:00:00.000", output)
    head, tail = next((shown for start, shown in SHOWN.items() if command.startswith(start)),
                      SHOWN_ELSE)
    # Counted in what the command wrote, not in how it wraps.
    written = [line + b"\n" for line in output.split(b"\n") if line.strip()]
    left_out = len(written) - head - tail
    if left_out < 2:
        head, tail, left_out = len(written), 0, 0
    rows += [[(None, line)] for line in lines(b"".join(written[:head]), COLUMNS)]
    if left_out:
        rows.append([("left-out", f"  … {left_out} more lines")])
    if tail:
        rows += [[(None, line)] for line in lines(b"".join(written[-tail:]), COLUMNS)]
    return rows


def install_editor(readme, root):
    path = os.path.join(root, "usr/local/bin/edit-the-rules")
    rule = blocks(readme, "jsonc")[0].rstrip()
    with open(path, "w", encoding="utf-8") as file:
        file.write(EDITOR.replace("OLD", repr('"rules": []')).replace("NEW", repr(rule)))
    os.chmod(path, 0o755)


# What a terminal obeys and nobody reads; apt draws a bar with it.
CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\].*?(\a|\x1b\\)|[78=>]|\(B)|\r")


def plain(output):
    return CONTROL.sub("", output.decode(errors="replace"))


class Walk:
    """A terminal in which README's commands are typed, and how many of them did what they must."""

    def __init__(self, argv):
        self.argv, self.passed, self.failed = argv, 0, 0
        self.open()

    def open(self):
        self.shell = Shell(self.argv, COLUMNS, 40, ANSWERS)
        self.shell.run("export EDITOR=edit-the-rules SOURCE_DATE_EPOCH=1790000000")

    def type(self, command, wanted=None, codes=(0,)):
        """What it printed."""
        code, output = self.shell.run(command, 900)
        wanted = PRINTS.get(command, "") if wanted is None else wanted
        text = plain(output)
        if code in codes and re.search(wanted, text, re.M) and "FAULT" not in text:
            self.passed += 1
            print("ok: " + command, file=sys.stderr)
        else:
            self.failed += 1
            print(f"FAILED: {command} (exit {code})\n{text[-4000:]}", file=sys.stderr)
        return output

    def end(self):
        self.shell.close()
        print(f"{self.passed} passed, {self.failed} failed", file=sys.stderr)
        return self.failed > 0


def install(readme, argv):
    walk = Walk(argv)
    walk.type("cd agent-sandbox")
    for command in commands(readme):
        if command == DOCTOR:
            # A newcomer copies what it says.
            for line in re.findall("^  (.*)$", plain(walk.type(command, ":$", (1,))), re.M):
                walk.type(line.replace(" npm", ""))
            walk.type(command)
        elif command.startswith(INSTALL[0]):
            walk.type(command)
    return walk.end()


def record(readme, root, reboot, argv):
    install_editor(readme, root)
    walk = Walk(argv)
    rows, printed = [], False
    for command in recorded(readme):
        if command == "agent-sandbox remove":
            # With all of it running: as by a power cut.
            walk.shell.close()
            subprocess.run(reboot.split(" "), check=True)
            walk.open()
            walk.type("cd ~/demo-sandbox", "")
            for again in ("agent-sandbox status", "agent-sandbox run -- claude --version"):
                walk.type(again)
        output = walk.type(command)
        block = rows_of(command, output)
        # Air around commands that print something.
        rows += ([[]] if rows and (output or printed) else []) + block
        printed = bool(output)
    print(picture(rows, COLUMNS, TITLE), end="")
    return walk.end()


def as_root(readme, argv):
    walk = Walk(argv)
    typed = recorded(readme)
    for command in typed[:typed.index("agent-sandbox run -- claude --version") + 1] + ["agent-sandbox remove"]:
        walk.type(command.replace("~", "/srv"), PRINTS.get(command))
    return walk.end()


def shown_commands(svg):
    """The commands of a picture, and whether each is a first line."""
    namespace = "{http://www.w3.org/2000/svg}"
    for text in ElementTree.fromstring(svg).iter(namespace + "text"):
        spans = {span.get("class"): span.text for span in text.iter(namespace + "tspan")}
        if "command" in spans:
            yield spans["prompt"] == "$ ", spans["command"]


def check(readme, svg):
    shown = []
    for first, line in shown_commands(svg):
        if first:
            shown.append(line)
        else:
            shown[-1] += "\n" + line
    mistakes = {
        "the picture shows the README's commands: else make picture":
            [line for line in sorted(set(shown) ^ set(recorded(readme)))] or
            (["in another order"] if shown != recorded(readme) else []),
        "each command that must print something is one of the README's":
            sorted(set(PRINTS) - set(commands(readme))),
        "each command that is left out is one of the README's":
            [left for left in (*INSTALL, *UNREACHABLE)
             if not any(command.startswith(left) for command in commands(readme))],
    }
    for what, found in mistakes.items():
        print("FAILED: " + what if found else "ok: " + what, *found, sep="\n    ")
    failed = sum(bool(found) for found in mistakes.values())
    print(f"{len(mistakes) - failed} passed, {failed} failed")
    return failed > 0


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


if __name__ == "__main__":
    if sys.argv[1] == "install":
        sys.exit(install(read(sys.argv[2]), sys.argv[3:]))
    if sys.argv[1] == "record":
        sys.exit(record(read(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]))
    if sys.argv[1] == "root":
        sys.exit(as_root(read(sys.argv[2]), sys.argv[3:]))
    sys.exit(check(read(sys.argv[2]), read(sys.argv[3])))
