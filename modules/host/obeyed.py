"""The table of what tools run or obey by themselves (obeyed.txt), and which of its rows a path is
one of, asked a name at a time on the way down."""

import fnmatch
import os
import re

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "obeyed.txt")

# What a file system of macOS leaves out of a name when it compares: to it they are no letters.
IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])


def rows(path=TABLE):
    """(glob, heading, what) of each row."""
    heading = ""
    with open(path, encoding="ascii") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("["):
                heading = line[1:-1]
            elif line and line[0] != "#":
                glob, what = line.lstrip("!").split(None, 1)
                yield glob, heading, what


def protected(path=TABLE):
    """The globs of those rows that a session has read-only."""
    with open(path, encoding="ascii") as file:
        return [line[1:].split(None, 1)[0] for line in file if line.startswith("!")]


def spelled(name):
    """As a file system compares it that knows no case."""
    if not name.isascii():
        import unicodedata

        name = unicodedata.normalize("NFC", name.translate(IGNORED))
    return name.casefold()


class Node:
    """What may follow the names that led here."""

    def __init__(self):
        self.named = {}  # name: Node
        self.patterns = []  # (glob, Node), while the table is read
        self.matching = None
        self.below = None  # Node: everything below
        self.heading = None  # of the row that ends here, by its number
        self.first = None  # of all that begin here

    def child(self, part):
        if part == "**":
            self.below = self.below or Node()
            self.below.below = self.below
            return self.below
        if "*" not in part:
            return self.named.setdefault(part, Node())
        node = next((node for glob, node in self.patterns if glob == part), None)
        if node is None:
            node = Node()
            self.patterns.append((part, node))
        return node

    def finish(self):
        """One expression for all patterns, since most names are of none."""
        for node in [*self.named.values(), *(node for _, node in self.patterns)]:
            node.finish()
        if self.patterns:
            globs = (re.escape(glob).replace("\\*", ".*") for glob, _ in self.patterns)
            self.matching = re.compile("|".join(globs)).fullmatch

    def step(self, name):
        """The nodes that this name leads to."""
        node = self.named.get(name)
        found = [node] if node else []
        if self.below:
            found.append(self.below)
        if self.matching and self.matching(name):
            found += [node for glob, node in self.patterns if fnmatch.fnmatchcase(name, glob)]
        return found


class Table:
    """A state is the nodes that the names so far led to; () at first."""

    def __init__(self, chosen=lambda glob: True):
        self.headings = []
        self.top = Node()
        for glob, heading, _ in rows():
            if heading not in self.headings:
                self.headings.append(heading)
            if chosen(glob):
                node = self.top
                for part in glob.casefold().split("/"):
                    node = node.child(part)
                    node.first = self.headings.index(heading) if node.first is None else node.first
                if node.heading is None:
                    node.heading = self.headings.index(heading)
        self.top.finish()
        self.objects = self.top.named[".git"].named.get("objects")
        self.plain = {}  # names that lead nowhere from the top, or where: most are of few kinds

    def step(self, state, name):
        name = spelled(name)
        found = self.plain.get(name)
        if found is None:
            found = tuple(self.top.step(name))
            if len(self.plain) < 10000:
                self.plain[name] = found
        for node in state:
            found += tuple(node.step(name))
        return found


def heading(state):
    """The most dangerous row that ends here, or None."""
    return min((node.heading for node in state if node.heading is not None), default=None)
