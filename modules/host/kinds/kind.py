"""What every kind of managed object can do. The verbs are loops over these (table.py), and know no more."""

import capture
from say import Failed


class Change:
    """What a loop is about. tree: the rendered tree that is to hold, root's own copy; before: the one that
    did, or None; commit: what the tree is a copy of; again: everything is made anew, whatever it seems to be;
    wrote: the names of files that were written or removed; managed_by_nix: NixOS's or nix-darwin's module
    makes these things; applies: they are to be made, not only looked at."""

    def __init__(self, host, state, sandbox, before=None, commit=None, again=False, managed_by_nix=False, applies=False):
        self.host, self.state, self.sandbox, self.commit = host, state, sandbox, commit
        self.tree, self.before, self.again, self.managed_by_nix = sandbox.tree, before, again, managed_by_nix
        self.wrote, self.restarted, self.cache = set(), set(), {}
        capture.settle(host, sandbox, applies)

    def path(self, name):
        return f"{self.tree}/{name}"

    def file_differs(self, name):
        """Whether this file of the tree is another one than before."""
        return self.before is None or self.host.read(self.path(name)) != self.host.read(f"{self.before}/{name}")


class Report:
    """What apply finds out before it touches anything. lacks: an error for apply, a remark for --dry-run,
    which may run elsewhere."""

    def __init__(self, warn, dry_run, scratch):
        self.warn, self.dry_run, self.scratch, self.problems = warn, dry_run, scratch, 0

    def complain(self, text):
        self.warn(text)
        self.problems += 1

    def lacks(self, text):
        if self.dry_run:
            self.warn(f"note: {text}")
        else:
            self.complain(text)


class Kind:
    """One object: name, and desired, what the spec wants of it. The class is the kind."""

    kind = ""
    must = False  # apply fails where it is not right after it was made
    guards = False  # no session starts where it is not as committed
    is_the_change = False  # what stands in no row any more goes just before it
    journaled = False  # it goes when a later generation no longer has it
    dropped_last = False  # and then only once the new one holds
    runs = False  # it runs, or has something run: without a generation it goes
    is_sessions = False  # it knows of those that run (is_running), and can end them (stop)
    goes_last = False  # remove leaves it to the end, and takes it only when nothing else was left

    def __init__(self, change, name, desired=None):
        self.change, self.host, self.sandbox = change, change.host, change.sandbox
        self.name, self.desired = name, desired

    # -- all of one kind at once, where that is how it is done --

    @classmethod
    def check_all(cls, rows, report):
        """Before anything is touched, without changing anything."""
        for row in rows:
            row.check(report)

    @classmethod
    def check_removal(cls, rows):
        """The same before they are removed. Raises Refused."""

    @classmethod
    def prepare(cls, rows):
        """Before the first of them is made."""

    @classmethod
    def settle(cls, change):
        """After the last of them was made, or removed."""

    @classmethod
    def dismiss(cls, rows):
        """Before the first of them is removed."""

    # -- one --

    def check(self, report):
        pass

    def observe(self):
        """What is there now."""

    def differs(self, seen):
        """What is there against what must be, in words; "" for none."""
        return ""

    def stale(self, seen):
        """Whether it has to be made, although nothing about it differs: what it is made of changed."""
        return False

    def plan(self):
        """What apply would do, in words."""
        return ""

    def converge(self, seen):
        """Makes it. Raises Failed."""

    def remove(self):
        """Takes it away, whatever is left of it. Raises Failed for what stays."""

    def tell(self, seen):
        """Lines of status, beside what differs."""
        return []

    # -- what the loops do with one --

    def difference(self):
        return self.differs(self.observe())

    def guard(self):
        """What keeps a session from starting, in words; cheaper than all that may differ."""
        return self.difference()

    def make(self):
        seen = self.observe()
        if not (self.change.again or self.differs(seen) or self.stale(seen)):
            return False
        self.converge(seen)
        difference = self.difference() if self.must else ""
        if difference:
            raise Failed(f"{self.kind} {self.name}: {difference}")
        return True
