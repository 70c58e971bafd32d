"""The verb ask: a screen in a process without rights, and the desk, which is root's; a JSON object a line between them."""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

import control
import grants
from say import Failed, Refused, Usage, printable

RELAY = "--relay"
LONGEST = 1 << 24  # of what root says: 10,000 refusals
SHORT = 1 << 16  # of what it is told
PAUSE = 0.1  # seconds


class Lines:
    """Of a stream socket or a pipe: whole lines, each an object; None at its end."""

    def __init__(self, source, sink, longest):
        self.source, self.sink, self.longest, self.rest = source, sink, longest, b""

    def fileno(self):
        return self.source

    def read(self):
        """What has come: objects; None at the end."""
        piece = os.read(self.source, 1 << 16)
        *lines, self.rest = (self.rest + piece).split(b"\n")
        if not piece or len(self.rest) > self.longest:
            return None
        try:
            found = [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            return None
        return found if all(isinstance(one, dict) for one in found) else None

    def say(self, said):
        data = json.dumps(said).encode("ascii") + b"\n"
        while data:
            data = data[os.write(self.sink, data):]


def parse(words):
    plain, spec, rest = False, None, list(words)
    for word in rest:
        if word == "--plain":
            plain = True
        elif word.startswith("-") or spec is not None:
            raise Usage(f"ask does not know '{printable(word)[:80]}'")
        else:
            spec = word
    return plain, spec


def ask(command):
    if command.arguments == [RELAY]:
        command.as_operator("ask", [RELAY])
        return relay(command, Lines(0, 1, SHORT))
    plain, spec = parse(command.arguments)
    plain = plain or not (os.isatty(0) and os.isatty(1))
    if not command.host.root:
        words = command.words_as_operator("ask", [RELAY])
        # In a group of its own: an interrupt is for the screen.
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        code = show(command, Lines(process.stdout.fileno(), process.stdin.fileno(), LONGEST), plain, spec)
        process.stdin.close()
        return process.wait() or code
    command.as_operator("ask", command.arguments)
    return as_root(command, plain, spec)


def as_root(command, plain, spec):
    """The screen is a child, of who called sudo, else nobody's."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            ours.close()
            give_up_rights(command.host)
            code = show(command, Lines(theirs.fileno(), theirs.fileno(), LONGEST), plain, spec)
        except Failed as why:
            print(f"agent-sandbox: {printable(str(why))}", file=sys.stderr)
            code = why.code
        except KeyboardInterrupt:
            code = 130
        except BaseException as why:  # nothing of ours runs on in this process
            print(f"agent-sandbox: {why!r}", file=sys.stderr)
            code = 1
        sys.stdout.flush()
        os._exit(code)
    theirs.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        relay(command, Lines(ours.fileno(), ours.fileno(), SHORT))
    finally:
        ours.close()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 1


def give_up_rights(host):
    uid = os.environ.get("SUDO_UID", "")
    account = host.user(int(uid)) if uid.isdigit() and uid != "0" else None
    os.setgroups(os.getgrouplist(account.pw_name, account.pw_gid) if account else [])
    gid, uid = (account.pw_gid, account.pw_uid) if account else (65534, 65534)
    os.setgid(gid)  # of root all three; macOS has no setresgid
    os.setuid(uid)
    os.environ["HOME"] = account.pw_dir if account else "/"


def show(command, lines, plain, spec):
    import ask_plain

    if not plain:
        try:
            import ask_screen

            return ask_screen.run(command, lines, spec)
        except ImportError:  # Debian's python3-minimal
            print("agent-sandbox: this Python has no curses (Debian: the package python3): a line for each", file=sys.stderr)
    return ask_plain.run(lines)


# -- root's half --


def relay(command, lines):
    from ask_desk import Desk

    box, host = command.sandbox, command.host
    try:
        desk = Desk(command, grants.operator(host, box))
        proxy = control.connect(box, host)
    except (Failed, control.ControlError) as why:
        lines.say({"fatal": str(why)})
        return 2 if isinstance(why, Refused) else 1
    # The screen may be gone while it is told.
    with contextlib.suppress(ConnectionError), proxy:
        proxy.send("questions")
        proxy.wait(1)
        desk.read_log()
        lines.say(desk.hello())
        Relay(desk, proxy, lines).run()
    return 0


class Relay:
    """What the proxy says is told at most every PAUSE, however much it is."""

    def __init__(self, desk, proxy, lines):
        self.desk, self.proxy, self.lines, self.told, self.news = desk, proxy, lines, 0.0, True

    def run(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.proxy, selectors.EVENT_READ, self.from_proxy)
            selector.register(self.lines, selectors.EVENT_READ, self.from_screen)
            while True:
                if self.news and time.monotonic() - self.told >= PAUSE:
                    self.tell()
                for key, _ in selector.select(PAUSE if self.news else None):
                    if not key.data():
                        return

    def tell(self):
        self.told, self.news = time.monotonic(), False
        past = self.desk.refusals()
        self.lines.say({**self.desk.view(), **(past or {})})

    def from_proxy(self):
        while True:
            said = self.proxy.next_line()
            if said is None:
                self.lines.say({"fatal": "the proxy has ended the connection: start ask again"})
                return False
            self.news = self.desk.hear(said) or self.news
            if not self.proxy.has_line():
                return True

    def from_screen(self):
        asked = self.lines.read()
        for one in asked or []:
            if "refresh" in one:
                grants.look(self.desk.command.host, self.desk.box)
            else:
                self.lines.say(self.desk.answer(one))
            self.tell()
        return asked is not None
