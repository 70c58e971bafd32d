"""How what was found is told: a line for each kind, the most dangerous first."""

import os
import sys
import time

from notes import printable

GIT, SET_ID = 0, -1
SHOWN = 8  # of a kind, on the terminal
LONGEST = 160
LISTED = 1 << 20  # bytes of a kind, in the list
KEPT = 20  # lists
PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+@%:=~/-")


class Named:
    """Bounded: of each kind so much is kept, and the rest is counted."""

    def __init__(self, headings):
        self.headings = {SET_ID: "set-user-ID or set-group-ID files", **dict(enumerate(headings))}
        self.found = {kind: set() for kind in self.headings}
        self.room = {kind: LISTED for kind in self.headings}
        self.more = dict.fromkeys(self.headings, 0)
        self.unlooked, self.unlooked_more = [], 0

    def add(self, kind, path):
        if path in self.found[kind]:
            return
        if self.room[kind] < len(path):
            self.more[kind] += 1
            return
        self.room[kind] -= len(path) + 1
        self.found[kind].add(path)

    def unseen(self, what):
        if len(self.unlooked) < SHOWN:
            self.unlooked.append(what)
        else:
            self.unlooked_more += 1

    def kinds(self):
        for kind in sorted(self.found):
            if self.found[kind]:
                yield self.headings[kind], sorted(self.found[kind]), self.more[kind]

    def tell(self, lists):
        kinds = list(self.kinds())
        if kinds:
            say("agent-sandbox: this session wrote files that your own tools run or obey: read them first")
        cut = False
        for heading, paths, more in kinds:
            shown = ", ".join(quoted(shortened(path)) for path in paths[:SHOWN])
            left = len(paths) + more - SHOWN
            cut = cut or left > 0 or any(len(path) > LONGEST for path in paths)
            say(f"  {heading}: {shown}" + (f" and {left} more" if left > 0 else ""))
        if cut:
            self.list(kinds, lists)
        if self.unlooked:
            say("agent-sandbox: and here nobody has looked:")
            for what in self.unlooked:
                say(f"  {quoted(shortened(what))}")
            if self.unlooked_more:
                say(f"  and {self.unlooked_more} more")

    def list(self, kinds, lists):
        name = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}.{os.getpid()}"
        try:
            os.makedirs(lists, 0o755, exist_ok=True)
            with open(f"{lists}/{name}", "x", encoding="ascii") as file:
                write_list(kinds, file)
            for old in sorted(os.listdir(lists))[:-KEPT]:
                os.unlink(f"{lists}/{old}")
            say(f"  all of them: {lists}/{name}")
        except OSError as error:
            say(f"agent-sandbox: no list can be written ({error.strerror}), so here are all of them:")
            write_list(kinds, sys.stderr)


def write_list(kinds, file):
    for heading, paths, more in kinds:
        file.write(f"{heading}:\n")
        for path in paths:
            file.write(f"  {quoted(path)}\n")
        if more:
            file.write(f"  and {more} more, for which there is no room here\n")


def shortened(path):
    return path if len(path) <= LONGEST else f"{path[:LONGEST // 3]}...{path[-LONGEST // 2:]}"


def quoted(path):
    """One word, whatever is in it; no control character."""
    safe = printable(path)
    return safe if PLAIN.issuperset(safe) else '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'


def say(line):
    print(line, file=sys.stderr)
