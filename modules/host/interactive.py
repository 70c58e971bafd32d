"""An operator's session: its terminal or pipes, the signals to us, and what is swept when it has ended."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time

import terminal
from leftover import Beside
from say import progress, warn
from session import Session, code_of
from session_log import SessionLog
from ssh_agent import Filter


def run(change, command, how, place=None):
    """An operator's: gives its exit code. how: what he asked for (asked); place: where it is kept (kept). A session that could
    keep a terminal of ours open could read it long afterwards, from another session that it handed the descriptor to; so it
    gets a terminal of its own, or pipes."""
    box = change.sandbox
    with tempfile.TemporaryDirectory(prefix="agent-sandbox.", dir=place and place.path) as scratch:
        # The agent looks at its gate.
        os.chmod(scratch, 0o711)
        with open(f"{scratch}/start", "w", encoding="ascii"):
            pass
        session = Session(change, place.number if place else str(os.getpid()), scratch, project=how.project)
        if change.host.system == "linux" and session.folder() == box.home:
            progress(f"in {box.home}; shared with you: {' '.join(session.shared.paths) or 'no folder'}" + no_project(box))
        ending = Ending(session)
        if change.host.system == "darwin" and session.shared.writable:
            import sweep

            sweep.note(scratch, session.shared.writable)
        began, log = time.monotonic(), SessionLog(session, command)
        log.began()
        with Filter(change, session, how.agent), teller(session, command, how, place) as tells, way_of_logins(session, how.opens) as way, Beside(change):
            ending.begins = way and way.begin
            talk = with_editor if how.acp else with_terminal if has_terminal(change) else with_pipes
            code = with_kept(session, command, ending, place) if place else talk(session, command, ending)
        if ending.code:
            session.forget_gate()
        elif not session.began(code):
            warn(session.why())
            code = code or 1
        log.ended(code or ending.code)
        if tells:
            tells.ended(code or ending.code, time.monotonic() - began, ending.seen)
        if code and box.session_seconds and time.monotonic() - began >= box.session_seconds:
            # systemd ends what has lasted too long, and says so only in its own journal.
            warn(f"the session was ended: {box.session_seconds} seconds are its limit")
        if session.shared.writable:
            import sweep

            ending.ahead.join()
            sweep.tell(change, scratch, session.shared.writable)
        # A unit that is ended before it has begun counts as success there.
        return code or ending.code


def no_project(box):
    return f"; no project: you are in none below {' '.join(box.projects.roots)}" if box.projects else ""


def way_of_logins(session, opens):
    """What it needs is loaded only where a login is in the spec."""
    change = session.change
    if not change.sandbox.logins or change.host.system != "linux":
        return contextlib.nullcontext()
    import door
    import seeds

    seeds.seed(change, session)
    return door.Way(change, session, opens)


def teller(session, command, how, place):
    change = session.change
    shows = (place or has_terminal(change)) and reaches_desktop(change, how.remote)
    if not shows and not change.sandbox.grants:
        return contextlib.nullcontext()
    import notify

    return notify.Teller(change, session, shows, os.path.basename((command or [change.sandbox.shell])[0]), bool(place))


def reaches_desktop(change, remote):
    """Whether a desktop hears of sessions: not that of who came by ssh, unless the spec says so."""
    if change.sandbox.notify != "always" and (remote or change.sandbox.notify == "never"):
        return False
    bus = f"/run/user/{os.environ.get('SUDO_UID', '')}/bus"
    return change.host.system == "darwin" or os.path.exists(bus) and bool(change.host.have("notify-send"))


def has_terminal(change):
    """sudo gives it one on macOS (use_pty in the sudoers file)."""
    return change.host.system == "darwin" or os.isatty(0) and os.isatty(1)


def load_sweep():
    """While the session runs, and nobody waits for us."""
    import sweep

    sweep.tables()


class Ending:
    """Signals to us are for the session."""

    def __init__(self, session):
        self.session, self.process, self.code, self.wanted, self.ahead = session, None, 0, [], None
        self.begins, self.seen = None, True  # seen: somebody looks at its terminal
        if session.host.system == "linux":
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self.hand_on)

    def hand_on(self, number, _):
        if number != signal.SIGINT:
            self.code = 128 + number
        if self.process is None:
            self.wanted.append(number)
            return
        self.session.signal(number)
        if self.code:
            self.session.end(self.process)

    def of(self, process):
        self.process = process
        if self.session.shared.writable:
            self.ahead = threading.Thread(target=load_sweep, daemon=True)
            self.ahead.start()
        if self.begins:
            self.begins()
        for number in self.wanted:
            self.hand_on(number, None)
        return process


def with_terminal(session, command, ending):
    around = terminal.around(session.change, session.tells)
    with terminal.as_found():
        process = ending.of(session.start("--pty", command, around))
        process.wait()
    return code_of(process)


def with_kept(session, command, ending, place):
    import kept

    place.write("home", json.dumps(session.home))
    with kept.Terminal(session, place) as terminal:
        session.more += terminal.properties()
        process = ending.of(session.start("--property=StandardInput=tty-force", command))
        if terminal.goes_before(process):
            ending.hand_on(signal.SIGHUP, None)
        process.wait()
        ending.seen = place.attached()
    return code_of(process)


def with_pipes(session, command, ending):
    with terminal.screen(session.change, 1) as out, terminal.screen(session.change, 2) as err:
        return carried(session, command, ending, out, err)


def carried(session, command, ending, out, err):
    own = subprocess.DEVNULL if os.isatty(0) else None
    process = ending.of(session.start("--pipe", command, stdin=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, out)
        selector.register(process.stderr, selectors.EVENT_READ, err)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 1 << 16)
                if not data or not write_all(key.data, data):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    process.wait()
    return code_of(process)


def with_editor(session, command, ending):
    """acp: what it and the agent say to each other goes through a process that keeps back what is for outside."""
    import acp

    (theirs, to_agent), (from_agent, own) = os.pipe(), os.pipe()
    border = acp.between((from_agent, to_agent))
    process = ending.of(session.start("--pipe", command, stdin=theirs, stdout=own, stderr=subprocess.PIPE))
    os.close(theirs)
    os.close(own)
    with process.stderr as said, terminal.screen(session.change, 2) as err:
        while data := os.read(said.fileno(), 1 << 16):
            write_all(err, data)
    process.wait()
    os.waitpid(border, 0)
    return code_of(process)


def write_all(descriptor, data):
    """False when nobody reads any more."""
    try:
        while data:
            data = data[os.write(descriptor, data):]
    except OSError:
        return False
    return True
