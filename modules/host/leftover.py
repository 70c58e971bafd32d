"""macOS has no unit to end with its session: what a session leaves behind is known by its user alone, whom others share."""

import contextlib
import fcntl
import os
import time

from say import Failed, warn

ALONE = "alone"  # of a change: nobody else's session runs until that is given up


def file_of(change):
    return os.open(change.state.at("sessions"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


class Beside:
    """Sessions that run beside each other hold one file's lock together; who can have it alone was the last. Then all that
    runs as the agent ends, and whoever begins meanwhile waits for that; before, what has the session's terminal."""

    def __init__(self, change):
        self.change, self.lock = change, None

    def __enter__(self):
        if self.change.host.system == "darwin" and ALONE not in self.change.cache:
            self.lock = file_of(self.change)
            fcntl.flock(self.lock, fcntl.LOCK_SH)
        return self

    def end(self):
        """Before anybody looks at what was left."""
        if ALONE in self.change.cache:
            end_all(self.change)
        if self.lock is None:
            return
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.end_of_terminal()
        else:
            end_all(self.change)
        os.close(self.lock)
        self.lock = None

    def end_of_terminal(self):
        """Of its own: sudo gives each session one (use_pty)."""
        with contextlib.suppress(OSError):
            name = os.ttyname(0)[len("/dev/"):]
            self.change.host.ok("pkill", "-KILL", "-U", str(self.change.sandbox.agent_uid), "-t", name)

    def __exit__(self, *_):
        self.end()


def be_alone(change):
    """All sessions end, and none begins until this one has looked."""
    if processes(change).is_running():
        warn("ending the sessions while verify attacks: macOS cannot make them stand still")
    lock = file_of(change)
    for _ in range(250):
        end_all(change)
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            change.cache[ALONE] = lock
            return
        time.sleep(0.02)
    os.close(lock)
    raise Failed("the sessions do not end")


def be_alone_no_longer(change):
    if ALONE in change.cache:
        os.close(change.cache.pop(ALONE))


def end_all(change):
    """Most sessions leave nothing."""
    mine = processes(change)
    if mine.is_running():
        mine.stop()


def processes(change):
    from kinds.darwin import Processes

    return Processes(change, change.sandbox.agent)
