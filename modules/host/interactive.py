"""An operator's session: its terminal or pipes, the signals to us, and what is swept when it has ended."""

import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time

from say import progress, warn
from session import Session, code_of
from ssh_agent import Filter


def run(change, command, agent=""):
    """An operator's, whose ssh-agent is there: gives its exit code. A session that could keep a terminal of ours open could read it long
    afterwards, from another session that it handed the descriptor to; so it gets a terminal of its own, or
    pipes."""
    box = change.sandbox
    with tempfile.TemporaryDirectory(prefix="agent-sandbox.") as scratch:
        # The agent looks at its gate.
        os.chmod(scratch, 0o711)
        with open(f"{scratch}/start", "w", encoding="ascii"):
            pass
        session = Session(change, str(os.getpid()), scratch)
        if change.host.system == "linux" and session.folder() == box.home:
            progress(f"in {box.home}; shared with you: {' '.join(box.workspaces) or 'no folder'}")
        ending = Ending(session)
        if change.host.system == "darwin" and box.writable:
            import sweep

            sweep.note(scratch, box.writable)
        began = time.monotonic()
        with Filter(change, session, agent):
            code = with_terminal(session, command, ending) if has_terminal(change) else with_pipes(session, command, ending)
        if ending.code:
            session.forget_gate()
        elif not session.began(code):
            warn(session.why())
            code = code or 1
        if code and box.session_seconds and time.monotonic() - began >= box.session_seconds:
            # systemd ends what has lasted too long, and says so only in its own journal.
            warn(f"the session was ended: {box.session_seconds} seconds are its limit")
        if box.writable:
            import sweep

            ending.ahead.join()
            sweep.tell(change, scratch)
        # A unit that is ended before it has begun counts as success there.
        return code or ending.code


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
        if self.session.sandbox.writable:
            self.ahead = threading.Thread(target=load_sweep, daemon=True)
            self.ahead.start()
        for number in self.wanted:
            self.hand_on(number, None)
        return process


def with_terminal(session, command, ending):
    process = ending.of(session.start("--pty", command))
    process.wait()
    return code_of(process)


def with_pipes(session, command, ending):
    own = subprocess.DEVNULL if os.isatty(0) else None
    process = ending.of(session.start("--pipe", command, stdin=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, 1)
        selector.register(process.stderr, selectors.EVENT_READ, 2)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 1 << 16)
                if not data or not write_all(key.data, data):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    process.wait()
    return code_of(process)


def write_all(descriptor, data):
    """False when nobody reads any more."""
    try:
        while data:
            data = data[os.write(descriptor, data):]
    except OSError:
        return False
    return True
