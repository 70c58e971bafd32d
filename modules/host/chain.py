"""logs --check: whether the log has every line that was written, as it was written. Each line of the proxy's, of what
captures and of the ssh-agents names its chain, its number in it, and the SHA-256 of the line before (gen/engine/chain.h)."""

import hashlib
import json
import os
import re
import stat

# At the end of a line: what the agent sent has its quotation marks escaped, so no text of it can be this member.
MEMBER = re.compile(r', "chain": "([a-z]+)-([0-9a-f]{8}) ([0-9]{1,19}) ([0-9a-f]{64})"}')
KEPT = re.compile(rb"(proxy-[0-9a-f]{8}) ([0-9]{20}) ([0-9a-f]{64})\n")
TIME = re.compile(r'\{"time": "([0-9T:.+-]{19,40})"')
# Not in a chain: last words, which may overtake what was sent before, and what mitmproxy prints.
ALONE = ("fatal", "diagnostic")
NONE = "0" * 64
# How far back a process may begin again, in lines, and how much is told.
REMEMBERED = 1 << 16
MOST_TOLD = 20


def read_kept(path):
    """The file that the proxy keeps; b"" where there is none. It lies in a folder of the proxy's: whatever else it may be,
    it is not waited for."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, 256) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    finally:
        os.close(file)


class Writer:
    """One chain, as far as it is read."""

    def __init__(self, first):
        self.first = self.last = first
        self.digests, self.missing = {}, set()

    def keep(self, number, digest):
        self.last = number
        self.digests.pop(number, None)  # what is the newest stands at the end
        self.digests[number] = digest
        if len(self.digests) > REMEMBERED:
            del self.digests[next(iter(self.digests))]


class Check:
    def __init__(self):
        self.writers, self.wrong, self.notes = {}, [], []
        self.lines = self.older = self.untold = 0
        self.times = ["", ""]

    def say(self, words):
        if len(self.wrong) < MOST_TOLD:
            self.wrong.append(words)
        else:
            self.untold += 1

    def take(self, text):
        """A line of the log, without what journalctl writes before it. Those of the firewall are the kernel's."""
        if not text.startswith("{"):
            return
        found, at = MEMBER.search(text, max(0, text.rfind(', "chain": "'))), TIME.match(text)
        when = at[1] if at else "no time"
        if not found or found.end() != len(text):
            self.take_alone(text, when)
            return
        self.lines += 1
        self.times = [self.times[0] or when, when]
        name, number = f"{found[1]}-{found[2]}", int(found[3])
        digest = hashlib.sha256(text.encode("ascii", "replace")).hexdigest()
        writer = self.writers.get(name)
        if writer is None:
            self.begin(name, number, found[4], when)
            self.writers[name].keep(number, digest)
        else:
            self.go_on(writer, f"line {number} of {name} ({when})", number, found[4], digest)

    def take_alone(self, text, when):
        try:
            event = json.loads(text).get("event")
        except (ValueError, AttributeError, RecursionError):
            self.say(f"a line ({when}) is torn, or was changed: it is no JSON")
            return
        if event in ALONE:
            return
        if self.writers:
            self.say(f"a line ({when}) has no chain, and stands behind lines that have one")
        else:
            self.older += 1

    def begin(self, name, number, before, when):
        kind = name.partition("-")[0]
        others = [one for one in self.writers if one.startswith(f"{kind}-")]
        if number == 1 and before != NONE:
            self.say(f"line 1 of {name} ({when}) says that one stood before it")
        elif kind == "proxy" and others:
            self.say(f"the proxy begins another chain, {name} ({when}), after {others[-1]}: its file was lost, or could not be "
                     "written, and nothing tells what is missing between them")
        elif number != 1:
            self.notes.append(f"{name} begins with line {number} ({when}): what was written before is not kept any more")
        self.writers[name] = Writer(number)

    def go_on(self, writer, line, number, before, digest):
        last = writer.digests[writer.last]
        if number == writer.last + 1:
            if before != last:
                self.say(f"{line} was written behind another line than the one that stands there: line {writer.last} was changed")
            writer.keep(number, digest)
        elif number > writer.last:
            count = number - writer.last - 1
            missing = f"{count} lines are" if count > 1 else "a line is"
            self.say(f"{missing} missing between line {writer.last} and {line}")
            writer.missing.update(range(writer.last + 1, min(number, writer.last + 1 + REMEMBERED)))
            writer.keep(number, digest)
        elif writer.digests.get(number) == digest:
            self.say(f"{line} is there twice")
        elif number in writer.missing or writer.digests.get(number - 1) != before:
            writer.missing.discard(number)
            self.say(f"{line} stands behind line {writer.last}: it is in the wrong place, or was changed")
        else:
            self.say(f"{line} was written behind line {number - 1} once more: the proxy was killed, or the machine lost its "
                     f"power, and what it wrote behind line {writer.last} may be missing")
            writer.keep(number, digest)

    def end(self, kept):
        """kept: what the proxy's file had before the log was read."""
        found = KEPT.match(kept)
        if not found:
            return
        name, number, digest = found[1].decode(), int(found[2]), found[3].decode()
        writer = self.writers.get(name)
        if writer is None:
            if number:
                self.say(f"the proxy has written {number} lines of {name}, and the log has none of them")
        elif writer.last < number:
            count = number - writer.last
            self.say(f"the newest {count} lines are missing: the proxy has written line {number} of {name}, and the log ends "
                     f"with line {writer.last}" if count > 1 else
                     f"the newest line is missing: line {number} of {name}")
        elif number in writer.digests and writer.digests[number] != digest:
            self.say(f"line {number} of {name} was changed: it is not what the proxy has written")

    def summary(self):
        if not self.lines:
            return "no line of the log has a chain"
        chains = f"{len(self.writers)} chain{'s' * (len(self.writers) != 1)}"
        words = f"{self.lines} line{'s' * (self.lines != 1)} of {chains}, from {self.times[0]} to {self.times[1]}: "
        count = len(self.wrong) + self.untold
        return words + (f"{count} thing{'s' * (count != 1)} wrong" if count else "none is missing, and none was changed")

    def for_people(self):
        """In lines."""
        more = [f"and {self.untold} more"] if self.untold else []
        older = [f"{self.older} older line{'s' * (self.older != 1)} without a chain: nothing is known of them"] if self.older else []
        return [*self.wrong, *more, *self.notes[:MOST_TOLD], *older, self.summary()]

    def for_programs(self):
        return {"lines": self.lines, "from": self.times[0], "to": self.times[1], "older": self.older,
                "chains": {name: {"first": one.first, "last": one.last} for name, one in self.writers.items()},
                "wrong": self.wrong, "untold": self.untold, "notes": self.notes}

    def code(self):
        """3: something is wrong; 1: there was nothing to look at."""
        return 3 if self.wrong else 0 if self.lines else 1
