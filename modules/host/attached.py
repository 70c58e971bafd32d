"""The terminal of whoever looks at a session that is kept: what dtach shows is written to it, what is typed goes to dtach, and
what root has to say meanwhile comes in between. A process with the operator's rights alone."""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
import tty

import dtach

ENDED, DETACHED = 0, 3
# Ctrl-\ as terminals say it: by itself, and by two protocols for keyboards (xterm's modifyOtherKeys, kitty's), of which the
# second also says when a key goes up.
KEY = re.compile(rb"(\x1c|\x1b\[92;5(?::[12])?u|\x1b\[27;5;92~)|\x1b\[[0-9:]+;[0-9]+:3u")
TWICE = 0.5  # seconds between the two
LOOK = 0.2  # seconds between two looks at what root has to say
JOLT = 0.1  # seconds that a program has to see another size
PATIENCE = 5  # seconds for dtach to listen
MODE = re.compile(rb"\x1b(?:\[\?([0-9;]{1,40})([hl])|([=>])|\[([<>])([0-9]{0,3})u|\[>4(?:;([0-9]))?m)")
LONGEST = 48  # bytes of such a sequence
USUAL = {b"25": True}  # the cursor is shown; all others are off
SCREENS = (b"47", b"1047", b"1049")  # another screen: the last to be left


class Key:
    """Leaves when Ctrl-\\ is typed twice; one alone is the program's."""

    def __init__(self):
        self.held, self.since = b"", 0.0

    def take(self, data, now):
        """(what goes on to the program, whether it was typed twice)"""
        out, end = b"", 0
        for found in KEY.finditer(data):
            before, end = data[end: found.start()], found.end()
            if before:
                out += self.let_go() + before
            if not found[1]:
                # Of the first one, going up.
                self.held, out = (self.held + found[0], out) if self.held else (b"", out + found[0])
            elif self.held and now - self.since <= TWICE:
                return out, True
            else:
                out += self.let_go()
                self.held, self.since = found[0], now
        return out + (self.let_go() + data[end:] if data[end:] else b""), False

    def let_go(self, now=None):
        """What waits; with a time, only where nothing came after it for so long."""
        if now is not None and now - self.since <= TWICE:
            return b""
        held, self.held = self.held, b""
        return held


class Modes:
    """What the session has switched on, which must not stay so in the operator's terminal, and is wanted in the next one."""

    def __init__(self):
        self.private, self.keypad, self.pushed, self.keys, self.rest = {}, False, 0, b"", b""

    def see(self, data):
        data, end = self.rest + data, 0
        for found in MODE.finditer(data):
            end = found.end()
            if found[1]:
                self.private.update((number, found[2] == b"h") for number in found[1].split(b";"))
            elif found[3]:
                self.keypad = found[3] == b"="
            elif found[4]:
                self.pushed = max(0, self.pushed + 1 if found[4] == b">" else self.pushed - int(found[5] or 1))
            else:
                self.keys = found[6] or b""
        last = data.rfind(b"\x1b")
        self.rest = data[last:] if end <= last and len(data) - last < LONGEST else b""

    def changed(self):
        return sorted((one for one, on in self.private.items() if on != USUAL.get(one, False)), key=lambda one: one in SCREENS)

    def off(self):
        text = b"\x1b>" * self.keypad + (b"\x1b[<%du" % self.pushed if self.pushed else b"") + b"\x1b[>4m" * bool(self.keys)
        return text + b"".join(b"\x1b[?%s%s" % (one, b"h" if USUAL.get(one) else b"l") for one in self.changed())

    def on(self):
        text = b"".join(b"\x1b[?%s%s" % (one, b"h" if self.private[one] else b"l") for one in reversed(self.changed()))
        return text + b"\x1b=" * self.keypad + (b"\x1b[>1u" if self.pushed else b"") + (b"\x1b[>4;%sm" % self.keys if self.keys else b"")


class Left(Exception):
    """The terminal goes, or whoever sits at it."""


def leave(*_):
    raise Left


class Client:
    """path: dtach's socket; said: a descriptor of what root has to say; again: others have looked before."""

    def __init__(self, path, said, again):
        self.path, self.said, self.again = path, said, again
        self.key, self.modes = Key(), Modes()

    def run(self):
        """ENDED or DETACHED."""
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, leave)
        try:
            self.dtach = self.connected()
        except (OSError, Left):
            return ENDED
        before = termios.tcgetattr(0)
        try:
            tty.setraw(0, termios.TCSANOW)
            self.greet()
            return self.relay()
        except (OSError, Left):
            return DETACHED
        finally:
            with contextlib.suppress(OSError, Left, termios.error):
                self.part(before)

    def connected(self):
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                return dtach.connect(self.path)
            except (ConnectionRefusedError, FileNotFoundError):  # it is about to listen
                if time.monotonic() > ends:
                    raise
                time.sleep(0.002)

    def greet(self):
        """A program draws its screen anew when the size changes; so it is another one first."""
        self.wake, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGWINCH, lambda *_: None)
        rows, columns = size()
        said = dtach.attach()
        if self.again:
            with contextlib.suppress(OSError), open(f"{self.path}.modes", "rb") as file:
                before = file.read(1 << 12)
                self.modes.see(before)
                write(before)
            self.send(said + dtach.size(rows - 1 if rows > 1 else 2, columns))
            time.sleep(JOLT)
            said = b""
        self.send(said + dtach.size(rows, columns))

    def relay(self):
        while True:
            ready = select.select([0, self.dtach, self.wake], [], [], LOOK)[0]
            self.tell()
            if self.wake in ready:
                os.read(self.wake, 512)
                self.send(dtach.size(*size()))
            if self.dtach in ready:
                data = self.received()
                if not data:
                    return ENDED
                self.modes.see(data)
                write(data)
            data, twice = self.typed(0 in ready), False
            if data is not None:
                data, twice = self.key.take(data, time.monotonic())
            self.send(dtach.typed((data or b"") + self.key.let_go(time.monotonic())))
            if twice:
                return DETACHED

    def send(self, data):
        """Where it has ended, there may still be something to read."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.dtach.sendall(data)

    def received(self):
        try:
            return self.dtach.recv(1 << 16)
        except ConnectionResetError:
            return b""

    def typed(self, ready):
        if not ready:
            return None
        data = os.read(0, 1 << 12)
        if not data:
            raise Left
        return data

    def tell(self):
        said = os.read(self.said, 1 << 16)
        if said:
            write(said.replace(b"\n", b"\r\n"))

    def part(self, before):
        """For the next one: what to switch on."""
        signal.set_wakeup_fd(-1)
        termios.tcsetattr(0, termios.TCSANOW, before)
        with contextlib.suppress(OSError):
            with open(f"{self.path}.modes", "wb") as file:
                file.write(self.modes.on())
        write(self.modes.off())


def write(data):
    while data:
        data = data[os.write(1, data):]


def size():
    rows, columns, _, _ = struct.unpack("4H", fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))
    return rows or dtach.USUAL[0], columns or dtach.USUAL[1]
