"""The verbs: what each takes, and who may ask for it. drift, status and remove are loops over TABLE 8."""

import json
import os
import re
import shlex
import sys

import asked
import ready
import table
from applied import is_one_of
from kinds.kind import Change, Kind
from notes import printable as plain
from say import Failed, Refused, Usage, say, warn
from state import State, applied_names, require_roots


# What a tree's own program does itself. drift says one word to the applied one: the commit that root is not to look for.
OF_TREE = ("apply", "drift", "remove")


class Command:
    """What a verb is given: the host, the source, the sandbox's state, and its own arguments."""

    def __init__(self, host, source, arguments):
        self.host, self.source, self.arguments = host, source, arguments
        self.sandbox = source.sandbox
        self.state = State(host, self.sandbox)
        self.beside = None  # what is to be made first: asked.without_beside

    def change(self):
        """Of the applied generation, which is what we run from."""
        return Change(self.host, self.state, self.sandbox, before=self.source.path,
                      managed_by_nix=self.source.managed_by_nix())

    def as_operator(self, name, arguments):
        words = self.words_as_operator(name, arguments)
        asked.go_beside(self)
        if words:
            sys.stdout.flush()
            os.execv(words[0], words)

    def words_as_operator(self, name, arguments):
        """From the applied generation alone, root's, and never from a work tree (NixOS's module links it). None: it is us."""
        if not os.path.isdir(self.state.at("current")):
            raise Refused(f"{self.sandbox.name} is not applied here: run 'agent-sandbox apply' first")
        if self.host.root and self.is_generation():
            return None
        words = [self.program_of_applied(), name, *arguments]
        if not self.host.root:
            sudo = self.host.have("sudo")
            if not sudo:
                raise Failed("sudo is missing, which operators need for this: see 'agent-sandbox doctor'")
            if not is_one_of(self.sandbox.operators):  # an administrator's sudo may still allow it
                warn(f"you are no operator of sandbox {self.sandbox.name}: an operator is named in the spec's "
                     "\"operators\"; asking sudo all the same")
            words = [sudo, "--", *words]
        return words

    def is_generation(self):
        return self.source.path == os.path.realpath(self.state.at("current"))

    def program_of_applied(self):
        state, current = self.state, self.state.at("current")
        program = f"{current}/bin/agent-sandbox"
        require_roots(["/", "/var", os.path.dirname(state.states), state.states, state.path, state.at("generations"),
                       current, os.path.realpath(current), f"{current}/bin", program])
        return program

    def leave_to_applied(self, name, environment):
        """A tree's program may be of another version, and what its two halves say to each other through sudo is each version's own."""
        if name not in OF_TREE and os.path.isdir(self.state.at("current")) and not self.is_generation():
            program = self.program_of_applied()
            os.execve(program, [program, name, *self.arguments], environment)


def options(arguments, verb, **known):
    """{option: True, or the word behind it}; known: name=True where a word follows."""
    found, rest = {}, list(arguments)
    while rest:
        word = {"-v": "--verbose"}.get(rest[0], rest[0])
        rest.pop(0)
        name = word[2:].replace("-", "_") if word.startswith("--") else ""
        if name not in known:
            raise Usage(f"{verb} does not know '{word}'")
        if known[name] and not rest:
            raise Usage(f"{word} needs a word behind it")
        found[name] = rest.pop(0) if known[name] else True
    return found


def none(arguments, verb):
    if arguments:
        raise Usage(f"{verb} takes no arguments")


def apply(command):
    from apply import Apply

    given = options(command.arguments, "apply", dry_run=False, **{"try": True})
    seconds = given.get("try", "0")
    if not re.fullmatch("[0-9]{1,9}", seconds) or "try" in given and not int(seconds):
        raise Usage("--try needs a number of seconds")
    one = Apply(command.host, command.source, command.state, int(seconds))
    command.source.leave_to_nix()
    if "dry_run" in given:
        one.plan()
        return 0
    need_root(command, "apply")
    return one.run()


def need_root(command, name):
    if not command.host.root:
        raise Refused(f"{name} changes the system: run it with sudo")


def run(command):
    how, words = asked.taken_of_run(asked.without_beside(command))
    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        raise Usage("run what?")
    command.as_operator("run", [*asked.handed_on(how), "--", *words])
    return start(command, words, how)


def shell(command):
    how, rest = asked.taken(asked.without_beside(command))
    none(["--acp"] if how.acp else rest, "shell")
    command.as_operator("shell", asked.handed_on(how))
    return start(command, None, how)


def start(command, words, how, place=None):
    """place: of a session that is kept, whose keeper we are."""
    if place is None and asked.lives_on(how, command.host):
        import session_verbs

        return session_verbs.begin(command, words, how)
    ready.require_applied(command)
    ready.wait_for_verify(command)
    import interactive
    import session

    change = command.change()
    session.require_closed(change)
    return interactive.run(change, words or session.words_of_shell(change), asked.settled(how, change.sandbox), place)


def drift(command):
    given = options(command.arguments, "drift", json=False, head=True, verbose=False)
    head = given.get("head", "")
    if head and not re.fullmatch("unreadable|[0-9a-f]{1,64}", head):
        raise Usage("--head needs a commit")
    # For ourselves alone: what the repository says that the applied copy cannot see.
    head = head or repository_head(command.source)
    flags = [f"--{name}" for name in ("json", "verbose") if name in given]
    command.as_operator("drift", flags + (["--head", head] if head else []))
    rows = list(drift_rows(command, head))
    if "json" in given:
        texts = [json.dumps({"kind": kind, "name": name, "drifted": bool(differs), "differs": differs})
                 for kind, name, differs in rows]
        say("[\n  " + ",\n  ".join(texts) + "\n]")
    else:
        for kind, name, differs in rows if "verbose" in given else filter(lambda row: row[2], rows):
            say(f"{'DRIFTED' if differs else 'as committed':<13} {kind:<11} {name}" + (f": {differs}" if differs else ""))
        say(f"{sum(not differs for _, _, differs in rows)} as committed, {sum(bool(differs) for _, _, differs in rows)} DRIFTED")
    return 3 if any(differs for _, _, differs in rows) else 0


def repository_head(source):
    """Read as whoever asks; the applied copy, as root, is given the answer and no repository."""
    if not os.path.isdir(f"{source.path}/.git"):
        return ""
    try:
        return source.read_commit()
    except Failed as why:
        warn(str(why))
        return "unreadable"


def drift_rows(command, head):
    change = command.change()
    applied = command.state.current()
    if applied is None:
        raise Failed("cannot tell what is applied")
    # What lies in the store names no commit.
    if head and head != applied and not change.managed_by_nix:
        yield "repository", "HEAD", ("it cannot be read, and apply would refuse it" if head == "unreadable" else
                                     f"it is {head}, and {applied} is applied")
    for item, differs in table.differences(change):
        if type(item).differs is not Kind.differs:
            yield item.kind, plain(str(item.name)), plain(differs)


def status(command):
    none(command.arguments, "status")
    if not os.path.isdir(command.state.at("current")):
        others = applied_names(command.sandbox.states)
        say(f"sandbox {command.sandbox.name}: not applied" + (f"; applied here: {' '.join(others)}" if others else ""))
        return 1
    command.as_operator("status", [])
    say(f"sandbox     {command.sandbox.name}, enforcement: {command.sandbox.enforcement}")
    change = command.change()
    say(f"generation  {command.state.current()}" + (f", applied by {change.managed_by_nix}" if change.managed_by_nix else ""))
    lines = list(status_lines(change))
    for line in lines:
        say(line)
    return 1 if any(line.startswith("FAULT") for line in lines) else 0


def status_lines(change):
    for _, objects in table.groups(change):
        for item in objects:
            seen = item.observe()
            differs = item.differs(seen)
            if differs:
                yield f"FAULT       {item.kind} {item.name}: {differs}"
            yield from item.tell(seen)


def remove(command):
    box, state = command.sandbox, command.state
    confirm(command)
    need_root(command, "remove")
    if command.host.system == "linux":  # nix-darwin's mark stays when its module goes
        command.source.leave_to_nix("take the module out of its configuration, then ")
    if not command.source.applied:
        command.source.prove()
    state.take_lock()
    change = command.change()
    table.check_removal(change)
    left = table.remove(change)
    command.host.unlink(state.lock_path)
    for line in left:
        warn(line)
    if left:
        raise Failed(f"{len(left)} things could not be removed: run remove again")
    say(f"removed sandbox {box.name}; kept: {' '.join(map(shlex.quote, box.workspaces)) or 'no workspace'}")
    return 0


def confirm(command):
    given = options(command.arguments, "remove", yes=False)
    if "yes" in given:
        return
    if not os.isatty(0):
        raise Usage("remove deletes the home and the secrets: say --yes")
    print(f"This deletes {command.sandbox.home} and the secrets of {command.sandbox.name}. Type the name to go on: ",
          end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().rstrip("\n") != command.sandbox.name:
        raise Refused("nothing was removed")


def verify(command):
    import probes
    import verify

    given = options(command.arguments, "verify", json=False, list=False, report=True, verbose=False)
    if "list" in given:
        own = f"{command.source.own}/probes"
        known = probes.settings(command.sandbox)
        for row in probes.listing(command.host, own, known, probes.ALL).values():
            say(f"{row.probe:<18} {row.guarantee}")
        return 0
    if "report" in given:
        import field_kit

        return field_kit.report(command, given["report"])
    command.as_operator("verify", command.arguments)
    command.state.take_lock()
    one = verify.Verify(command.change())
    try:
        found = one.all()
    finally:
        one.clean_up()
    if "json" in given:
        verify.show_json(found)
    else:
        verify.show(found, "verbose" in given)
    if verify.holds(found) and command.state.has("closed"):
        command.host.unlink(command.state.at("closed"))
        warn("the generation holds: sessions may start again")
    return 0 if found and all(row.holds() for row in found) else 1


def logs(command):
    import logs as log

    return log.logs(command, options)


def learn(command):
    import logs as log

    given = options(command.arguments, "learn", fold=False)
    command.as_operator("learn", command.arguments)
    return log.learn(command, "fold" in given)
