"""Which files of a workspace are hidden from a session, and which are read-only in it: patterns (the simple part of
gitignore(5), as gen/spec/file_pattern.h has it), asked for a whole folder's names at once on the way down. In whatever
spelling of upper and lower case, because a file system may know none."""

import re

from obeyed import protected, spelled

HIDE, PROTECT, BY_DEFAULT = 1, 2, 4  # the last one: protected without being asked
EVERY = 1 << 20  # of the folders above


def parts_of(pattern):
    """(its parts, whether it is meant from the top, whether it means folders alone)"""
    folders = pattern.endswith(("/", "/**")) and not pattern.endswith("**/")
    pattern = re.sub(r"(?<=.)(/\*\*)?/?$", "", pattern) if folders else pattern
    anchored = "/" in pattern
    parts = [part for part in pattern.split("/") if part]
    while len(parts) > 1 and parts[0] == "**":
        del parts[0]
        anchored = False
    return parts, anchored, folders


def same(one, other):
    """Whether both patterns mean one thing, as spec/file_pattern.c says it."""
    return re.sub(r"(?<=.)(/\*\*|/)$", "", one) == re.sub(r"(?<=.)(/\*\*|/)$", "", other)


class Node:
    """What may follow the names that led here."""

    def __init__(self):
        self.named, self.globs = {}, {}  # name: Node, glob: Node
        self.below = None  # Node, for any number of folders between
        self.files = self.folders = 0  # HIDE, PROTECT, BY_DEFAULT of what ends here
        self.pins = 0  # how many folders above are of the pattern: moved away they would take what is in them out of it
        self.matching = None

    def insert(self, parts, folders, mark, pins):
        if not parts:
            self.pins = max(self.pins, pins)
            self.folders |= mark
            self.files |= 0 if folders else mark
        elif parts[0] == "**":
            if self.below is None:
                self.below = Node()
                self.below.below = self.below
            self.insert(parts[1:], folders, mark, pins)
            self.below.insert(parts[1:], folders, mark, pins)
        else:
            part = spelled(parts[0])
            kept = self.globs if "*" in part else self.named
            kept.setdefault(part, Node()).insert(parts[1:], folders, mark, pins)

    def finish(self):
        below = [] if self.below in (None, self) else [self.below]
        for node in [*self.named.values(), *self.globs.values(), *below]:
            node.finish()
        if self.globs:
            one = "|".join(expression(glob) for glob in self.globs)
            self.matching = re.compile(f"/({one})(?=/)").findall
            self.globs = {re.compile(expression(glob)).fullmatch: node for glob, node in self.globs.items()}

    def led(self, names, joined, found):
        """Adds to found, by the spelled name, the nodes that it leads to."""
        for name in self.named.keys() & names:
            found.setdefault(name, []).append(self.named[name])
        for name in set(self.matching(joined)) if self.matching else ():
            found.setdefault(name, []).extend(node for matches, node in self.globs.items() if matches(name))


def expression(glob):
    return re.escape(glob).replace("\\*", "[^/]*")


class Patterns:
    """hide, protect: patterns; unprotect: of those that are protected by default. A state is the nodes that the names so
    far led to."""

    HIDE, BY_DEFAULT = HIDE, BY_DEFAULT

    def __init__(self, hide=(), protect=(), unprotect=(), default=True):
        self.said = (sorted(hide), sorted(protect), sorted(unprotect))
        self.top, self.anywhere = Node(), Node()
        rows = [row for row in protected() if not any(same(row, one) for one in unprotect)] if default else []
        for mark, patterns in ((HIDE, hide), (PROTECT, protect), (BY_DEFAULT, [f"**/{row}" for row in rows])):
            for pattern in patterns:
                parts, anchored, folders = parts_of(pattern)
                pins = EVERY if anchored or "**" in parts else len(parts) - 1
                (self.top if anchored else self.anywhere).insert(parts, folders, mark, pins)
        self.hides = bool(hide)
        # What is protected by default is not worth a walk into every folder, and packages have a lot of it.
        self.everywhere = bool(hide or protect)
        self.top.finish()
        self.anywhere.finish()
        self.names = [name for name, node in self.anywhere.named.items() if node.files & BY_DEFAULT]
        self.start = (self.top,)

    def select(self, state, names):
        """{name: nodes} of those names of a folder that lead anywhere; state: the folder's."""
        joined = "/" + "/".join(names) + "/"
        if joined.isascii():
            joined = joined.lower()
            listed = joined[1:-1].split("/")
        else:
            listed = [spelled(name) for name in names]
            joined = "/" + "/".join(listed) + "/"
        found, every = {}, set(listed)
        self.anywhere.led(every, joined, found)
        for node in state:
            node.led(every, joined, found)
        return {name: tuple(found[one]) for name, one in zip(names, listed) if one in found} if found else {}

    @staticmethod
    def below(state, nodes):
        """The state of a folder in one of that state, whose name led to these nodes."""
        return nodes + tuple(node.below for node in state if node.below)

    @staticmethod
    def mark(nodes, folder, link=False):
        """A link may lead to a folder."""
        mark = 0
        for node in nodes:
            mark |= node.folders if folder or link else node.files
        return mark

    @staticmethod
    def pins(nodes):
        return max(node.pins for node in nodes)
