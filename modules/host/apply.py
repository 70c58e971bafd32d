"""apply: commit -> generation -> checks -> the objects of TABLE 8 -> verify; and when a step fails back again
by itself, or closed where that would allow something again."""

import os
import select
import signal
import sys
import tempfile

import narrower
import table
import verify
from kinds import kind
from sandbox import PLACES, Sandbox, read_data
from say import Failed, Refused, say, warn
from source import compare
from state import Change

# What may differ between two generations of which the newer one changed its rules or credentials alone.
LIGHT = ("README.md", "sandbox.json", "spec.json", "proxy/policy.json", "linux/systemd/session.env")
LIGHT_UNITS = ("native/{}-egress.service", "systemd/{}-egress.service", "systemd/{}-secrets.path",
               "systemd/{}-secrets.service")


class Interrupted(Exception):
    pass


class Apply:
    def __init__(self, host, source, state, seconds=0):
        self.host, self.source, self.state, self.seconds = host, source, state, seconds
        self.change = None

    def change_to(self, commit, before, again=False):
        tree = self.state.tree(commit)
        return kind.Change(self.host, self.state, Sandbox(tree, self.host.system), commit=commit, again=again, applies=True,
                           before=self.state.tree(before) if self.state.has_generation(before) else None)

    # -- --dry-run: everything that can be looked at without root, and the list of changes --

    def plan(self):
        source = self.source
        commit = source.read_commit()
        with tempfile.TemporaryDirectory(prefix="agent-sandbox.") as scratch:
            text = source.read_object(scratch)
            if not source.may_be_applied(self.state, scratch, text):
                raise Refused("apply would refuse this commit")
            tree = f"{scratch}/tree"
            source.extract(tree, scratch, text)
            source.check_clean(tree)
            before = self.state.current()
            # As the repository has it: what is said of files names those.
            change = kind.Change(self.host, self.state, Sandbox(tree, self.host.system), commit=commit, applies=True,
                                 before=self.state.tree(before) if self.state.has_generation(before) else None)
            report = kind.Report(warn, True, scratch)
            if source.check_scripts(tree):
                table.check(change, report)
            else:
                report.problems += 1
            if report.problems:
                raise Refused("apply would refuse this tree")
            say(f"sandbox {source.sandbox.name}: {before or 'nothing'} -> {commit}")
            lines = list(table.plan(change))
            say("\n".join(lines) or "nothing to do")

    # -- the change --

    def run(self):
        source, state = self.source, self.state
        commit = source.read_commit()
        state.take_lock()
        with tempfile.TemporaryDirectory(prefix="agent-sandbox.") as scratch:
            if self.prepare(commit, scratch):
                say(f"nothing to do: {commit} is applied, and everything is as committed")
                return 0
            state.begin(Change(self.before, commit, self.seconds or ""))
            # From here on an interruption goes back, too.
            catch_signals()
            try:
                found = self.converge_and_verify()
                if self.seconds and not confirmed_within(self.seconds):
                    return self.fail_back("not confirmed", asked=True)
            except Interrupted:
                ignore_signals()
                return self.fail_back("interrupted", asked=bool(self.seconds))
            except (Failed, OSError) as error:
                ignore_signals()
                return self.fail_back(f"a step of apply failed: {error}")
            ignore_signals()
            return self.finish(commit, found)

    def prepare(self, commit, scratch):
        """Whether there is nothing to do. Nothing is read afterwards from where the caller can write."""
        source, state = self.source, self.state
        state.make()
        self.recover()
        text = source.read_object(scratch)
        if not source.may_be_applied(state, scratch, text):
            state.forget_if_empty()
            raise Refused("nothing was changed")
        self.before = state.current()
        try:
            if not state.is_stored(commit):
                state.store(lambda folder: source.extract(folder, scratch, text), commit)
            source.check_clean(state.tree(commit))
            self.change = self.change_to(commit, self.before)
            self.change.cache["as committed"] = commit
            if self.is_applied(commit):  # the checks before a change take longer than this
                return True
            report = kind.Report(warn, False, scratch)
            if source.check_scripts(self.change.tree):
                table.check(self.change, report)
            else:
                report.problems += 1
            if report.problems:
                raise Refused("nothing was changed")
        except Failed:
            state.discard(commit)
            raise
        return False

    def is_applied(self, commit):
        """A second apply of the same generation changes nothing."""
        return (commit == self.before and not self.seconds and not self.state.has("closed")
                and not any(differs for _, differs in table.differences(self.change)))

    def converge_and_verify(self):
        table.converge(self.change)
        if self.is_light():
            found = verify.Verify(self.change).outside()
            if verify.holds(found):
                return found
        return self.verify_quietly()

    def is_light(self):
        """Whether only rules or credentials are new: no session is paused for that, and the rest holds as before."""
        if not self.change.before or self.state.has("closed") or "another proxy" in self.change.cache:
            return False
        light = {*LIGHT, *(file for _, file in PLACES[self.host.system].values()), *(f"linux/{name.format(self.change.sandbox.prefix)}" for name in LIGHT_UNITS)}
        lines = [*compare(self.change.tree, self.change.before, "")]
        return bool(lines) and self.relaxes_the_same() and all(line.split(" ")[0] in light for line in lines)

    def relaxes_the_same(self):
        """That repositories stay open stands in no file of a session, and what its ssh-agent may sign not in its own."""
        return narrower.relaxes_the_same(read_data(f"{self.change.before}/sandbox.json"), self.change.sandbox.data)

    def verify_quietly(self):
        """Nothing to read but what failed. What else the agent's processes may disturb ends with them."""
        check = verify.Verify(self.change)
        found = check.all()
        if not verify.holds(found) and self.sessions_run():
            warn("not all guarantees hold: ending the sessions, and looking again")
            self.stop_sessions()
            # What they broke, and nothing else.
            table.converge(self.change_to(self.change.commit, self.change.commit))
            found = check.all()
        if not verify.holds(found):
            verify.tell_unheld(found, check.printed)
            raise Failed("verify found a guarantee that does not hold")
        return found

    def sessions_run(self):
        return any(item.is_running() for item in self.sessions())

    def stop_sessions(self):
        for item in self.sessions():
            item.stop()

    def sessions(self):
        return [item for one, items in table.groups(self.change) if one.is_sessions for item in items]

    def finish(self, commit, found):
        self.end_wider_sessions()
        self.state.end_open()
        if any(item.dropped_last for item in table.dropped(self.change)):
            # No session has them any more, where a link could lead root elsewhere.
            self.stop_sessions()
        table.drop(self.change, last=True)
        self.state.prune(commit, self.before)
        say(f"applied {commit}\n{sum(row.holds() for row in found)} attacks held; next: agent-sandbox run -- COMMAND")
        own = verify.own_doing(found)
        if own:
            verify.tell_unheld(found)
            warn(f"but what the agent's own files can break does not hold: {' '.join(own)}")
        return 1 if own else 0

    def end_wider_sessions(self):
        """A session keeps the workspaces and sockets that it was started with; Seatbelt's profile stays around what
        it was put around."""
        prefix, before = self.change.sandbox.prefix, self.change.before
        name = {"linux": "linux/systemd/session.properties", "darwin": f"darwin/seatbelt/{prefix}.sb"}[self.host.system]
        if not before or not self.change.file_differs(name) and self.relaxes_the_same():
            return
        if self.sessions_run() and not narrower.allows_nothing_more(before, self.change.tree):
            warn("ending the sessions: they may do what the new generation does not allow")
            self.stop_sessions()

    # -- and back --

    def fail_back(self, why, asked=False):
        warn(why)
        ignore_signals()
        if self.host.system == "linux":
            verify.resume(self.host, self.state, self.change.sandbox)
        self.undo(asked)
        return 1

    def may_go_back(self, change):
        """Back, when the operator asks for it; otherwise only to what allowed no more than the new generation,
        because it may be the agent that made it fail. Where that cannot be told, it is not so."""
        return not self.state.has_generation(change.back) or narrower.allows_nothing_more(
            self.state.tree(change.back), self.state.tree(change.to))

    def undo(self, asked):
        change = self.state.pending()
        if asked or self.may_go_back(change):
            self.go_back(change.back)
        else:
            self.stay_closed(change)

    def stay_closed(self, change):
        """The new generation, as far as it got, and nothing that runs in it."""
        self.state.close()
        self.change = self.change_to(change.to, change.back)
        self.stop_sessions()
        if self.state.current() != change.to:
            self.state.flip(change.to)
        os.sync()
        warn(f"generation {change.back} allowed what {change.to} does not, so it does not come back: all")
        warn("sessions were ended, and none starts until 'agent-sandbox verify' holds or an apply succeeds")

    def go_back(self, commit):
        """The previous generation, whole; with none there is nothing that may run, and everything stays closed."""
        if not self.state.has_generation(commit):
            # No session, no unit, no sudo rule, no process. The users stay; the rules only where a process of
            # theirs does, because they could be in another sandbox's way.
            for line in table.retire(self.change):
                warn(line)
            self.host.unlink(self.state.at("current"))
            self.state.end()
            warn("nothing was applied before: the sandbox is closed and runs nothing")
            return
        try:
            self.change = self.change_to(commit, None, again=True)
            table.converge(self.change)
        except (Failed, OSError) as error:
            self.state.close()
            warn(f"generation {commit} could not be restored; sessions are refused until apply succeeds: {error}")
            return
        self.state.end()
        warn(f"back at generation {commit}")

    def recover(self):
        """After kill -9 or a power cut in the middle of an apply."""
        for name in os.listdir(self.state.path):
            if name.startswith(".current."):
                self.host.unlink(self.state.at(name))
        change = self.state.pending()
        if change is None:
            return
        if not self.state.has_generation(change.to):
            self.state.end()
            return
        self.change = self.change_to(change.to, change.back)
        if change.seconds or self.may_go_back(change):
            warn("an earlier apply was cut short: undoing it")
            self.go_back(change.back)
            return
        warn("an earlier apply was cut short: finishing it")
        try:
            self.before = change.back
            self.change = self.change_to(change.to, None, again=True)
            table.converge(self.change)
            self.verify_quietly()
        except (Failed, OSError) as error:
            warn(str(error))
            self.stay_closed(change)
            return
        self.state.end_open()
        warn(f"applied {change.to}")


def catch_signals():
    def interrupt(*_):
        raise Interrupted

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def ignore_signals():
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def confirmed_within(seconds):
    """A connection that the change cut off cannot answer: silence means no."""
    print(f"Keep this change? Type yes within {seconds} seconds: ", end="", file=sys.stderr, flush=True)
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(ready) and sys.stdin.readline() == "yes\n"
