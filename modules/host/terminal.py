"""What stands between a session and its operator's terminal: agent-sandbox-terminal. The session has a terminal of its own, and
what it prints is read by a process that has given up root's rights, and is shown only as far as it can do no harm."""

import contextlib
import os
import re
import subprocess
import termios

from places import others_may_replace, somewhere
from say import Failed

PROGRAM = "agent-sandbox-terminal"
NOBODY = 65534


def program():
    """Its path, which root starts; None. One that others could replace is none."""
    path = somewhere(PROGRAM)
    return path if path and not others_may_replace(path) else None


def missing():
    """Why there is none, in words; ''."""
    path = somewhere(PROGRAM)
    if not path:
        return f"{PROGRAM} is not installed: 'make install' of agent-sandbox puts it into /usr/local/bin"
    replaced = others_may_replace(path)
    return f"root does not start {path}: others may change {replaced}" if replaced else ""


def reader():
    """UID:GID of who reads what a session prints: who asked; root itself has it read by nobody."""
    found = [os.environ.get(name, "") for name in ("SUDO_UID", "SUDO_GID")]
    if all(re.fullmatch("[1-9][0-9]{0,9}", one) for one in found):
        return ":".join(found)
    return f"{NOBODY}:{NOBODY}"


def around(change, tells=()):
    """Words that stand before those of a command that has the operator's terminal, where there is one. tells: a descriptor for
    what it sees of bells and notices, or none."""
    if not (os.isatty(0) and os.isatty(1)):
        return []
    return [required(), *words(change.sandbox, reader()), *events(tells), "--"]


def inner(box, uid, tells=()):
    """The same inside of a program that is this user's already."""
    return [required(), *words(box, "" if uid else f"{NOBODY}:{NOBODY}"), *events(tells), "--"]


def events(tells):
    return [word for one in tells for word in ("--events", str(one))]


def required():
    why = missing()
    if why:
        raise Failed(f"no session gets to a terminal without what filters it: {why}")
    return program()


@contextlib.contextmanager
def screen(change, descriptor):
    """Where what is shown to an operator by pipes is written to: what filters it, where his terminal is."""
    if not os.isatty(descriptor):
        yield descriptor
        return
    # A signal to us is for the session, which may still have something to say.
    with subprocess.Popen([required(), *words(change.sandbox, reader()), "--pipe"], stdin=subprocess.PIPE, stdout=descriptor,
                          start_new_session=True) as process:
        yield process.stdin.fileno()


def words(box, user):
    return [*(["--user", user] if user else []), *(["--clipboard"] if box.clipboard else [])]


@contextlib.contextmanager
def as_found():
    """The settings of the terminal are put back by us where the program could not."""
    try:
        found = termios.tcgetattr(0)
    except termios.error:
        found = None
    try:
        yield
    finally:
        if found:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, found)
