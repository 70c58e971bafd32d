#!/usr/bin/env python3
"""started.py LOG [NAME]: what was started on the pretended Mac, as strace has written it (tests/macos/common.sh, traced).

Prints each try of root's to start a program that is no system's, and each program of root's whose PATH leads elsewhere;
exits 1 where there is one. A try is one whether anything is there or not: so a call by a name shows every folder in which
it was looked for. The agent's own part counts as root's until Seatbelt is around it. The proxy's user is nobody's root, and
its program may be Homebrew's.

With NAME it prints how many times that was started, and with "tools" all that is the system's, but for what the stand-ins
start themselves and what runs inside.
"""
import collections
import os
import re
import sys

SYSTEM = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
# Where else root may start something: why, and a pattern of the whole path.
ELSEWHERE = {
    "our own, of the applied copy or of root's checkout": r"(/var/db/agent-sandbox|/opt/demo)/[^ ]*",
    "chosen by their path and their owner (places.py)": r"/Library/Developer/CommandLineTools/usr/bin/(git|python3)",
    "git's own": r"/usr/lib/git-core/[^/]*",
    "the stand-ins' own": r"/pretend/[^ ]*",
}
# Behind the system's folders, in the PATH of the probes: nix-darwin's, which is root's.
PATHS = {":".join(SYSTEM), "/usr/bin:/bin:/usr/sbin:/sbin", ":".join(SYSTEM) + ":/run/current-system/sw/bin"}
AGENT, ROOT = 60610, 0

TEXT = r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?'
EXEC = re.compile(rf'execve\({TEXT}, \[(.*?)\], \[(.*)\](?:\)| <unfinished)')
NEW_UID = re.compile(r"set(?:re|res)?uid\(([-0-9, ]+)\) *= 0")
CHILD = re.compile(r"(?:clone3?|v?fork)\b.*\) *= (\d+)$")

Start = collections.namedtuple("Start", "path name search uid inside worked")


class Process:
    def __init__(self, uid=ROOT, inside=False):
        self.uid, self.inside, self.waits = uid, inside, None


def starts(lines):
    """Each try, in their order. A child may write before its parent is told its number."""
    lines = [line.split(None, 1) for line in lines]
    parents = {found[1]: pid for pid, said in lines for found in [CHILD.search(said)] if found}
    known = {}

    def process(pid):
        if pid not in known:
            above = process(parents[pid]) if pid in parents else Process()
            known[pid] = Process(above.uid, above.inside)
        return known[pid]

    for pid, said in lines:
        one = process(pid)
        uid, call = NEW_UID.search(said), EXEC.search(said)
        if uid:
            numbers = [int(number) for number in uid[1].split(",")]
            one.uid = numbers[1] if len(numbers) > 1 else numbers[0]
        if call:
            one.waits = call
        if one.waits and ("execve" in said and not said.rstrip().endswith("<unfinished ...>")):
            yield ended(one, bool(re.search(r"= 0$", said.rstrip())))


def ended(one, worked):
    path, words, environment = one.waits.groups()
    one.waits = None
    name = re.match(TEXT, words)
    search = re.search(r'"PATH=([^"]*)"', environment)
    start = Start(path, name[1] if name else "", search[1] if search else None, one.uid, one.inside, worked)
    one.inside = one.inside or worked and path == "/usr/bin/sandbox-exec"
    return start


def wrong(start):
    if start.uid not in (ROOT, AGENT) or start.inside:
        return None
    who = "root" if start.uid == ROOT else "the agent's part"
    if os.path.dirname(start.path) not in SYSTEM and not any(re.fullmatch(one, start.path) for one in ELSEWHERE.values()):
        return f"{who} looks for {start.name} at {start.path}"
    if start.worked and start.search not in PATHS and start.search is not None:
        return f"{who} starts {start.path} with PATH={start.search}"
    return None


def is_tool(start):
    """Of the system's; su's stand-in asks who it is."""
    return start.worked and not start.inside and os.path.dirname(start.path) in SYSTEM and start.name != "/usr/bin/id"


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        # The first is the test's own.
        found = list(starts(file))[1:]
    if not any(start.worked and start.uid == ROOT for start in found):
        sys.exit("nothing was started")
    if len(sys.argv) > 2:
        tools = [os.path.basename(start.path) for start in found if is_tool(start)]
        print(" ".join(tools) if sys.argv[2] == "list" else len(tools) if sys.argv[2] == "tools" else tools.count(sys.argv[2]))
        return
    faults = sorted(set(filter(None, map(wrong, found))))
    print("\n".join(faults), end="\n" * bool(faults))
    sys.exit(bool(faults))


main()
