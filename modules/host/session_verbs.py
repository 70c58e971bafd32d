"""The verbs attach, sessions and stop, of sessions that are kept (kept). Through sudo they are words of run, which the sandbox's
sudoers file grants."""

import contextlib
import json
import os
import signal
import sys
import time

import asked
import kept
from say import Refused, Usage, printable, progress, say, warn

WORDS = "--sessions"  # the word behind run


def for_root(command, words):
    """run --sessions VERB ...: from one of ours alone."""
    command.as_operator("run", words)
    verb, rest = words[1] if len(words) > 1 else "", words[2:]
    # A unit of ours has no sudo around it, an operator always has.
    if verb == "keep" and len(rest) == 1 and rest[0].isdigit() and "SUDO_UID" not in os.environ:
        return kept.keep(command, rest[0])
    if verb == "paste":
        import paste

        return paste.from_operator(command, rest)
    if verb == "within":
        import within

        return within.answer(command, rest)
    known = {"attach": attach, "sessions": sessions, "stop": stop}
    if verb not in known:
        raise Usage("which command?")
    return known[verb](command, rest)


def as_operator(command, verb, words):
    if command.host.system != "linux":
        raise Refused(f"{verb}: on macOS a session ends with its terminal")
    command.as_operator("run", [WORDS, verb, *words])


def attach(command, words):
    if len(words) > 1 or any(not word.isdigit() for word in words):
        raise Usage("attach takes the number of a session, which 'agent-sandbox sessions' shows")
    as_operator(command, "attach", words)
    place = chosen(command, words)
    if place.code() is None and place.is_kept(command.host):
        if not (os.isatty(0) and os.isatty(1)):
            raise Usage("attach needs a terminal")
        return attend(command, place, again=True)
    return tell_end(place, place.rest_of_said())


def chosen(command, words):
    """The one that is meant: without a number, the only one of this operator's."""
    own = [one for one in kept.places(command.sandbox) if is_own(one)]
    if words:
        found = [one for one in kept.places(command.sandbox) if one.number == words[0]]
        if not found:
            raise Refused(f"no session {words[0]} is kept: see 'agent-sandbox sessions'")
        require_own(found[0])
        return found[0]
    running = [one for one in own if one.code() is None and one.is_kept(command.host)] or own
    if not running:
        raise Refused("no session of yours is kept: 'agent-sandbox run' in a terminal starts one")
    if len(running) > 1:
        raise Usage(f"which one? {' '.join(one.number for one in running)}: see 'agent-sandbox sessions'")
    return running[0]


def is_own(place):
    return kept.own_uid() in (0, place.about()["uid"])


def require_own(place):
    if not is_own(place):
        raise Refused(f"session {place.number} is {printable(place.about()['operator'])}'s")


def begin(command, words, how):
    """A run, or a shell, that outlives its terminal: its exit code, or 0 when it was left."""
    seen = os.isatty(0) and os.isatty(1) and not how.detaches
    import attached

    place = kept.begin(command, words, how, attached.size() if seen else None)
    if not seen:
        say(place.number)
        return 0
    progress(f"Ctrl-\\ twice leaves it running; agent-sandbox attach {place.number} comes back")
    return attend(command, place)


def attend(command, place, again=False):
    """Looks at it until it ends, or is left."""
    lock, said = place.attend(), place.rest_of_said()
    try:
        looker = Looker(command, place, said, again)
        if wait_for_terminal(command, place) and looker.left():
            place.write("told", str(os.lseek(said, 0, os.SEEK_CUR)))
            return looker.tell_left()
        wait_for_end(command, place)
    except KeyboardInterrupt:
        stop_one(command, place.unit, place.keeper)
    return tell_end(place, said, lock)


def wait_for_terminal(command, place):
    """Whether it is there; where the session does not begin at all, the keeper says why."""
    import select

    looks = time.monotonic()
    while not os.path.lexists(place.socket):
        if place.code() is not None:
            return False
        if time.monotonic() - looks > 1:
            looks = time.monotonic()
            if not place.is_kept(command.host):
                return False
        select.select([], [], [], 0.003)
    return True


def wait_for_end(command, place):
    while place.code() is None and place.is_kept(command.host):
        time.sleep(0.02)


def tell_end(place, said, lock=None):
    """What it left, and its exit code; nobody else is told any more. lock: of the place, while it was waited for."""
    text = os.read(said, 1 << 20).decode("utf-8", "replace")
    os.close(said)
    for line in text.splitlines():
        print(printable(line), file=sys.stderr)
    code = place.code()
    if lock is not None:
        os.close(lock)
    if code is None:
        warn(f"the keeper of session {place.number} was killed, and the session with it: what has changed in the workspaces "
             "was not looked at")
    place.forget()
    return 1 if code is None else code


class Looker:
    """The one at the terminal: a process with his rights; and the signals to us."""

    def __init__(self, command, place, said, again):
        self.command, self.place, self.said, self.again = command, place, said, again
        self.child, self.lost, self.ends = 0, False, False

    def left(self):
        """Whether it was left, and has not ended."""
        import termios

        import attached

        before = termios.tcgetattr(0)
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.hand_on)
        self.child = os.fork()
        if self.child == 0:
            code = 1
            with contextlib.suppress(BaseException):  # nothing of ours runs on in this process
                kept.take_rights_of(self.place.about()["uid"])
                code = attached.Client(self.place.socket, self.said, self.again).run()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        self.child = 0
        if code not in (attached.ENDED, attached.DETACHED):
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(0, termios.TCSANOW, before)
        return code != attached.ENDED and not self.ends

    def hand_on(self, number, _):
        """A terminal that is closed leaves the session; who ends the run that began it ends the session."""
        if number == signal.SIGINT:
            self.command.host.ok("systemctl", "kill", "--signal=INT", self.place.unit)
        elif number == signal.SIGTERM and not self.again:
            self.ends = True  # who looks may have heard it as well
            stop_one(self.command, self.place.unit, self.place.keeper)
        else:
            self.lost = True
            if self.child:
                os.kill(self.child, number)

    def tell_left(self):
        if self.lost:
            return 129
        with contextlib.suppress(OSError):
            number = self.place.number
            print(f"\nleft session {number}, which goes on: agent-sandbox attach {number}", file=sys.stderr)
        return 0


def stop_one(command, unit, keeper=None):
    """Its keeper ends with it, once it has looked at what was left; where there is no session yet, at once."""
    if not command.host.ok("systemctl", "stop", unit) and keeper:
        command.host.ok("systemctl", "stop", keeper)


# -- all of them --


def tied(command):
    """(number, uid, command) of the sessions that end with their terminal or their pipes: the process of their run says it."""
    import grant_verbs

    known = {one.number for one in kept.places(command.sandbox)}
    for number in grant_verbs.running(command.change()):
        if number not in known:
            words = (command.host.read(f"/proc/{number}/cmdline") or b"").decode("utf-8", "replace").split("\0")[:-1]
            given = (command.host.read(f"/proc/{number}/environ") or b"").decode("ascii", "replace").split("\0")
            uid = next((one[9:] for one in given if one.startswith("SUDO_UID=")), "0")
            yield number, int(uid) if uid.isdigit() else 0, program_of(words)


def program_of(words):
    for verb in ("run", "shell"):
        if verb in words:
            rest = words[words.index(verb) + 1:]
            while rest and rest[0].startswith("-"):
                rest = rest[2 if rest[0] in asked.WORDS else 1:]
            return os.path.basename(rest[0]) if verb == "run" and rest else "shell"
    return "?"


def rows(command):
    """As --json has them."""
    for place in kept.places(command.sandbox):
        about, code = place.about(), place.code()
        running = code is None and place.is_kept(command.host)
        state = ("attached" if place.attached() else "detached") if running else "killed" if code is None else "ended"
        yield {"id": place.number, "operator": about["operator"], "command": about["command"], "folder": about["folder"],
               "began": about["began"], "state": state, "code": code}
    for number, uid, name in tied(command):
        account = command.host.user(uid)
        yield {"id": number, "operator": account.pw_name if account else str(uid), "command": name, "folder": None, "began": None,
               "state": "tied", "code": None}


def sessions(command, words):
    if words not in ([], ["--json"]):
        raise Usage("sessions takes --json, and nothing else")
    as_operator(command, "sessions", words)
    found = list(rows(command))
    if words:
        say("[" + ",".join("\n  " + json.dumps(row) for row in found) + "\n]")
        return 0
    for row in found:
        say(printable(line(row)))
        place = kept.Place(command.sandbox, row["id"])
        with contextlib.suppress(Refused):  # it was told of elsewhere meanwhile
            if row["state"] in ("ended", "killed") and place.about() and is_own(place):
                tell_end(place, place.rest_of_said())
    if not found:
        say("no session")
    return 0


def line(row):
    state = f"ended {row['code']}" if row["state"] == "ended" else row["state"]
    began = f"  {time.strftime('%Y-%m-%d %H:%M', time.gmtime(row['began']))}" if row["began"] else ""
    return f"{row['id']:<8}{state:<10}{row['operator']:<12}{row['command']}{began}" + (f"  {row['folder']}" if row["folder"] else "")


def stop(command, words):
    if len(words) != 1 or words[0] != "--all" and not words[0].isdigit():
        raise Usage("stop takes the number of a session, which 'agent-sandbox sessions' shows, or --all")
    as_operator(command, "stop", words)
    every, uid = words == ["--all"], kept.own_uid()
    found = [(place.number, place.about()["uid"], place) for place in kept.places(command.sandbox) if place.code() is None]
    found += [(number, owner, None) for number, owner, _ in tied(command)]
    wanted = [one for one in found if (uid in (0, one[1]) if every else one[0] == words[0])]
    if not wanted:
        raise Refused("no session of yours runs" if every else f"no session {words[0]} runs: see 'agent-sandbox sessions'")
    if uid not in (0, wanted[0][1]):
        raise Refused(f"session {words[0]} is another operator's")
    for number, _, place in wanted:
        lock, said = (place.attend(), place.rest_of_said()) if place else (None, None)
        stop_one(command, f"{command.sandbox.prefix}.session-{number}.service", place and place.keeper)
        if place:
            wait_for_end(command, place)
            tell_end(place, said, lock)
        say(f"stopped {number}")
    return 0
