#!/usr/bin/python3 -B
"""Who is elsewhere hears of his session: what agent-sandbox-terminal (the built one, in a pseudo-terminal) sees of bells and
notices, through the process beside a run, to a program in the place of notify-send that notes down what it is given. tests/grants
has the questions of ask, which take the same way."""

import os
import pathlib
import pty
import pwd
import sys
import tempfile
import time
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "modules/host"))
import asked  # noqa: E402
import desktop  # noqa: E402
import host  # noqa: E402
import interactive  # noqa: E402
import notify  # noqa: E402
import terminal  # noqa: E402

PROGRAM = str(ROOT / "build" / terminal.PROGRAM)
PATIENCE = 20  # seconds
UID = os.getuid() or 65534
passed = failed = 0


def check(name, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'ok' if holds else 'FAILED'}: {name}" + ("" if holds else f": {seen!r}"), flush=True)


def equal(name, found, wanted):
    check(name, found == wanted, found)


class Here(host.Host):
    def __init__(self, work):
        super().__init__("linux")
        self.work = work

    def have(self, name):
        return f"{self.work}/{name}" if name == "notify-send" else super().have(name)


def world(work):
    """A change, and what was shown so far; the folder is whoever's the desktop is."""
    os.chmod(work, 0o777)
    with open(f"{work}/notify-send", "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\nprintf '%s\\n' \"$(id -u)\" \"$@\" >>'{work}/some' && echo >>'{work}/some'\n"
                   f"mv '{work}/some' '{work}/all' && cat '{work}/all' >>'{work}/shown'\n")
    os.chmod(f"{work}/notify-send", 0o755)
    box = types.SimpleNamespace(name="demo", system="linux", grants=None, notify="local", clipboard=False)
    return types.SimpleNamespace(host=Here(work), sandbox=box)


def shown(work, count):
    """The first so many."""
    for _ in range(PATIENCE * 100):
        text = pathlib.Path(f"{work}/shown").read_text(encoding="utf-8") if os.path.exists(f"{work}/shown") else ""
        if text.count("\n\n") >= count:
            break
        time.sleep(0.01)
    return [one.split("\n") for one in text.split("\n\n")[:count]]


def session(number=7):
    return types.SimpleNamespace(unit=f"agent-sandbox-demo.session-{number}", tells=())


def printed(text, tells):
    """By a session, into its operator's terminal, from which nobody types."""
    process, master = pty.fork()
    if not process:
        for one in tells:
            os.set_inheritable(one, True)
        os.execv(PROGRAM, [PROGRAM, *terminal.events(tells), "--", "printf", "%b", text])
    try:
        while os.read(master, 4096):
            pass
    except OSError:
        pass
    os.close(master)
    return os.waitpid(process, 0)[1]


def said(title, *body):
    return [str(UID), "--app-name=agent-sandbox", "--", title, *body]


def test_told(work):
    change, desktop.APART = world(work), 0
    title = "claude in the sandbox demo"
    with notify.Teller(change, one := session(), True, "claude", True):
        equal("a session prints", printed(r"text \a", one.tells), 0)
        equal("a bell is told, as the operator, with the way back", shown(work, 1)[-1], said(title, "it rings", "agent-sandbox attach 7"))
        printed(r"\033]9;Update <b>now</b> & \001\342\200\256here\a", one.tells)
        equal("a notice is told, without markup and controls", shown(work, 2)[-1],
              said(title, "it says: Update &lt;b&gt;now&lt;/b&gt; &amp; here", "agent-sandbox attach 7"))
        printed(r"\033]777;notify;Title;" + "x" * 400 + r"\a", one.tells)
        text = shown(work, 3)[-1][4]
        check("  and cut", text.startswith("it says: Title: xxx") and len(text) <= len("it says: ") + desktop.LONGEST, text)
    with notify.Teller(change, one := session(), True, "make"):
        printed(r"\a", one.tells)
        equal("what ends with its terminal has no way back", shown(work, 4)[-1], said("make in the sandbox demo", "it rings"))
    check("  and nobody is left behind", not notify_children())


def notify_children():
    try:
        return os.waitpid(-1, os.WNOHANG)[0] or True
    except ChildProcessError:
        return False


def test_end(work):
    change = world(work)
    for name, code, seconds, seen, wanted in (
            ("soon, while somebody looks", 1, 3, True, None), ("while nobody looks", 0, 3, False, "it has ended"),
            ("after long", 3, notify.LONG, True, "it has ended: 3")):
        with notify.Teller(change, session(), True, "make", True) as one:
            pass
        one.ended(code, seconds, seen)
        found = shown(work, 1)[0] if os.path.exists(f"{work}/shown") else None
        equal(f"an end {name}", found, wanted and said("make in the sandbox demo", wanted))
        if found:
            os.remove(f"{work}/shown")
    quiet = notify.Teller(change, session(), False, "make", True)
    with quiet:
        equal("a desktop that is not told has no descriptor", quiet.events, None)
    quiet.ended(0, 999, False)
    equal("  nor an end", os.path.exists(f"{work}/shown"), False)


def test_lines(work):
    """Of whoever took over what reads the session."""
    read, write = os.pipe()
    watch = notify.Watch(world(work), pwd.getpwuid(UID), asks=False, events=read, words=lambda what: ("", what))
    for data, wanted in ((b"b", None), (b"\n", ""), (b"n one\nb\n", "one"), (b"n \xff\x1b[2J\n", "??[2J"), (b"nonsense\n", "??[2J"),
                         (b"x" * 4096, "??[2J"), (b"n " + b"y" * 4000 + b"\n", "??[2J"), (b"n last\n", "last")):
        os.write(write, data)
        watch.take_event()
        equal(f"a line: {data[:12]!r}", watch.wants, wanted)
    for _ in range(100):
        os.write(write, b"z" * 4096)
        watch.take_event()
    check("  without end is not kept", len(watch.rest) < 9000, len(watch.rest))
    os.close(write)
    watch.take_event()
    equal("  the end of all", watch.events, None)
    os.close(read)


def test_whose(work):
    change = world(work)
    exists, os.path.exists = os.path.exists, lambda path: path == "/run/user/1000/bus" or exists(path)
    before = {name: os.environ.pop(name, None) for name in ("SUDO_UID", "SSH_CONNECTION")}
    try:
        equal("root's own sessions are told to nobody", interactive.reaches_desktop(change, False), False)
        os.environ["SUDO_UID"] = "1000"
        for word, remote, wanted in (("local", False, True), ("local", True, False), ("always", True, True), ("never", False, False),
                                     ("never", True, False)):
            change.sandbox.notify = word
            equal(f"notify {word}, {'over ssh' if remote else 'here'}", interactive.reaches_desktop(change, remote), wanted)
        os.environ["SUDO_UID"] = "1001"
        change.sandbox.notify = "always"
        equal("  who has no desktop here", interactive.reaches_desktop(change, False), False)
        equal("a session here", (asked.taken(["--", "x"])[0].remote, asked.handed_on(asked.taken(["x"])[0])), (False, []))
        os.environ["SSH_CONNECTION"] = "192.0.2.1 5 192.0.2.2 22"
        how = asked.taken(["--", "x"])[0]
        equal("  and over ssh, which sudo does not keep", (how.remote, asked.handed_on(how)), (True, ["--over-ssh"]))
        del os.environ["SSH_CONNECTION"]
        equal("  so it is a word", asked.taken(["--over-ssh", "--", "x"]), (how, ["--", "x"]))
    finally:
        os.path.exists = exists
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({name: value} if value is not None else {})


os.environ["SUDO_UID"] = str(UID)
os.environ.pop("SSH_AUTH_SOCK", None)
for test in (test_told, test_end, test_lines, test_whose):
    with tempfile.TemporaryDirectory() as folder:
        test(folder)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
