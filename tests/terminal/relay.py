#!/usr/bin/python3 -SB
"""tests/terminal/relay.py: agent-sandbox-terminal between a command and a terminal, which is played here: what is typed, what is
answered, sizes, signals, ends, rights; and real programs, whose screens are the same as without it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from filter import PROGRAM, check, equal, finish, screen_of, shown  # noqa: E402

PATIENCE = 20  # seconds, for a machine that has much to do


class Terminal:
    """One with this program in it."""

    def __init__(self, *words, size=(24, 80), **environment):
        self.out = b""
        self.pid, self.at = pty.fork()
        if not self.pid:
            os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment})
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            os.execvp(words[0], words)
        os.set_blocking(self.at, False)

    def resize(self, rows, columns):
        fcntl.ioctl(self.at, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        ready, _, _ = select.select([self.at], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.at, 65536)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        self.out += data
        return bool(data)

    def until(self, wanted):
        """Whether it came."""
        end = time.monotonic() + PATIENCE
        while not re.search(wanted, self.out) and time.monotonic() < end:
            self.read(0.1)
        return bool(re.search(wanted, self.out))

    def still(self, seconds=0.4):
        """Until nothing has come for a while."""
        while self.read(seconds):
            pass

    def type(self, data):
        while data:
            try:
                data = data[os.write(self.at, data[:512]):]
            except BlockingIOError:
                self.read(0.1)

    def end(self):
        """Its exit code, once all has been read."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.still(0.05)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return "it does not end"


def inside(*words, options=(), **more):
    return Terminal(PROGRAM, *options, "--", *words, **more)


def shell(text, **more):
    return inside("sh", "-c", text, **more)


def test_ends():
    for name, text, wanted in (("an exit code", "exit 7", 7), ("a signal", "kill -9 $$", 137), ("success", ":", 0)):
        equal(f"{name} is its exit code", shell(text).end(), wanted)
    equal("a program that is not there is 127", inside("/nonsuch").end(), 127)
    one = shell("printf hello; printf ' %s' a b; seq 20000")
    equal("what is printed before the end", (one.end(), one.out[:9], one.out.endswith(b"\r\n20000\r\n")), (0, b"hello a b", True))
    one = shell("(sleep 30; echo late) & echo here")
    equal("what holds its terminal open is not awaited", (one.end(), one.out), (0, b"here\r\n"))
    one = shell("test -t 0 && test -t 1 && test -t 2 && echo mine >/dev/tty")
    equal("the command has a terminal", (one.end(), one.out), (0, b"mine\r\n"))


def test_keys():
    one = shell("echo ready; exec cat")
    one.until(b"ready")
    one.type(b"line\n\x04")
    equal("keys and the end of input", (one.end(), one.out), (0, b"ready\r\nline\r\nline\r\n"))
    one = shell("echo ready; exec sleep 60")
    one.until(b"ready")
    one.type(b"\x03")
    equal("an interrupt is the command's", one.end(), 130)
    one = shell("stty raw -echo; echo ready; head -c 300000 | cksum")
    one.until(b"ready")
    one.type(b"k" * 300000)
    want = os.popen("head -c 300000 /dev/zero | tr '\\0' k | cksum").read().encode()
    equal("no key is lost", (one.end(), want.strip() in one.out), (0, True))
    one = shell("stty raw -echo; echo ready; seq 200000; cat >/dev/null & sleep 1; kill $!; echo over")
    one.until(b"ready")
    one.type(b"k" * 20000)
    check("what prints and does not read stands still for nobody", one.until(b"over"))
    equal("  and it ends", one.end(), 0)


def test_sizes():
    one = shell("stty size; trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done", size=(33, 111))
    one.until(b"ready")
    one.resize(20, 50)
    equal("sizes", (one.end(), one.out.split()), (0, [b"33", b"111", b"ready", b"20", b"50"]))


ANSWERS = (
    # name, what the session asks, what the terminal types, what comes to the session
    ("where the cursor is", b"\033[6n", b"\033[3;4R", b"\033[3;4R"),
    ("whether it works", b"\033[5n", b"\033[0n", b"\033[0n"),
    ("what it is", b"\033[c", b"\033[?65;4;52;22c", b"\033[?62;22c"),
    ("of which version", b"\033[>c", b"\033[>41;390;0c", b"\033[>0;354;0c"),
    ("whether keys are told apart", b"\033[?u", b"\033[?0u", b"\033[?0u"),
    ("whether it has a mode", b"\033[?2026$p", b"\033[?2026;2$y", b"\033[?2026;2$y"),
    ("its colours", b"\033]11;?\a", b"\033]11;rgb:0000/1111/ffff\a", b"\033]11;rgb:0000/1111/ffff\a"),
    ("its colours, ended by ST", b"\033]10;?\033\\", b"\033]10;rgb:00/11/ff\033\\", b"\033]10;rgb:00/11/ff\033\\"),
    ("two things, of which it knows the second", b"\033[?u\033[c", b"\033[?6c", b"\033[?62;22c"),
    ("a key between", b"\033[6n", b"\033[A\033[1;1R\033OP", b"\033[A\033[1;1R\033OP"),
    ("an answer to something else", b"\033[6n", b"\033[?62;52c\033[1;1R", b"\033[?62;52c\033[1;1R"),
)


def test_answers():
    for name, question, answer, wanted in ANSWERS:
        one = shell(f"stty raw -echo; printf '%b' '{escaped(question)}'; head -c {len(wanted)} | od -An -v -tx1 | tr -d ' \\n'; echo .")
        came = one.until(re.escape(question))
        for at in range(0, len(answer), 3):  # in pieces
            one.type(answer[at:at + 3])
            time.sleep(0.01)
        equal(f"asked: {name}", (came, one.until(wanted.hex().encode() + rb"\."), one.end()), (True, True, 0))
    one = shell("stty raw -echo; echo ready; head -c 1 | od -An -tx1; printf '\\033[6n'; sleep 0.5; head -c 1 | od -An -tx1")
    one.until(b"ready")
    one.type(b"\033")
    check("ESC alone is a key", one.until(b"1b"))
    one.until(rb"6n")
    one.type(b"\033")
    equal("  also where an answer is awaited", (one.end(), one.out.count(b"1b")), (0, 2))
    one = Terminal("sh", "-c", "\"$PROGRAM\" -- printf '\\033[6n'; stty -icanon -echo min 0 time 5; head -c 99 | od -An -tx1; echo over",
                   PROGRAM=PROGRAM)
    one.until(rb"\[6n\033\[c")
    one.type(b"\033[1;1R\033[?1c")
    equal("an answer that comes late is nobody's", (one.end(), one.out), (0, b"\033[6n\033[cover\r\n"))
    began = time.monotonic()
    one = shell("printf '\\033[?1003h'")
    equal("a terminal that answers nothing holds nobody up", (one.end(), time.monotonic() - began < 5), (0, True))
    check("  and is asked once", one.out.count(b"\033[c") == 1 and b"\033[?1003l\033[c" in one.out, repr(one.out))


def escaped(data):
    return "".join(f"\\0{byte:03o}" for byte in data)


def around(text):
    """What a shell around it says."""
    one = Terminal("sh", "-c", text, PROGRAM=PROGRAM)
    code = one.end()
    return code, one.out


def test_put_back():
    code, out = around("stty -a >/tmp/before.$$; \"$PROGRAM\" -- sh -c 'stty raw; kill -9 $$'; stty -a | cmp - /tmp/before.$$ && echo same; rm /tmp/before.$$")
    equal("its settings are as before", (code, out), (0, b"same\r\n"))
    one = Terminal("sh", "-c", "trap : TERM; stty -a >\"$0\"; \"$PROGRAM\" -- sh -c 'echo ready; sleep 60'; echo code $?; stty -a | cmp - \"$0\" && echo same; rm \"$0\"",
                   f"/tmp/agent-sandbox-set.{os.getpid()}", PROGRAM=PROGRAM)
    one.until(b"ready")
    child = int(open(f"/proc/{one.pid}/task/{one.pid}/children").read().split()[0])
    os.kill(child, signal.SIGTERM)
    check("a signal hangs up on the command", one.until(rb"code 129\r\nsame"), repr(one.out))
    one.end()
    one = shell("printf '\\033[?1049h\\033[?25l\\033[?1002h\\033[31m\\033[3'; kill -9 $$")
    one.end()
    screen = one.out.replace(b"\033[c", b"")
    check("a screen is put back whose program is gone", screen.endswith(b"\033[?25h\033[?1002l\033[?1049l\033[m"), repr(one.out))
    one = shell("trap 'echo hung >&3; exit' HUP; exec 3>\"$OUT\"; echo ready; while :; do sleep 0.05; done", OUT=f"/tmp/agent-sandbox-hung.{os.getpid()}")
    one.until(b"ready")
    os.close(one.at)
    os.waitpid(one.pid, 0)
    with open(f"/tmp/agent-sandbox-hung.{os.getpid()}", encoding="ascii") as file:
        equal("a terminal that is gone hangs up on the command", file.read(), "hung\n")
    os.remove(f"/tmp/agent-sandbox-hung.{os.getpid()}")


def test_stops():
    """As a shell with job control has it."""
    one = Terminal("bash", "--norc", "-i", PS1="> ")
    one.until(b"> ")
    one.type(f"stty -a >/tmp/agent-sandbox-stop.$$; '{PROGRAM}' -- sh -c 'echo rea''dy; read x; stty size; echo d''one'\n".encode())
    one.until(b"ready")
    job = int(open(f"/proc/{one.pid}/task/{one.pid}/children").read().split()[0])
    os.kill(job, signal.SIGTSTP)
    check("it stops", one.until(b"Stopped"), repr(one.out))
    one.type(b"stty -a | cmp - /tmp/agent-sandbox-stop.$$ && echo sa'me'; rm /tmp/agent-sandbox-stop.$$\n")
    check("  and the shell has its terminal", one.until(rb"\rsame"), repr(one.out))
    one.resize(40, 99)
    one.type(b"fg\n")
    one.until(rb"fg\r\n")
    one.still(1.0)
    one.type(b"\n")
    check("  and goes on, with the size that it has now", one.until(rb"40 99\r\ndone"), repr(one.out))
    one.until(rb"done\r\n.*> ")  # what is typed before that is the command's, also when it ends
    one.type(b"exit\n")
    equal("  and nothing is left", one.end(), 0)


NOTICES = (  # what a session prints, and what of it is told
    (r"\a x \a", b"b\n"),
    (r"\a \033]9;done\a", b"b\nn done\n"),
    (r"\033]9;\302\233d\001o\342\200\256ne\377 \342\202\254\033\\", "n done €\n".encode()),
    (r"\033]9;4;1;50\a\033]9;7\a", b""),
    (r"\033]777;notify;a;b;c\033\\", b"n a: b;c\n"),
    (r"\033]777;notify;;b\a", b"n b\n"),
    (r"\033]777;notify;a\a", b"n a\n"),
    (r"\033]777;precmd\a\033]777;container;push;a;b\a", b""),
    (r"\033]99;;done\a", b"n done\n"),
    (r"\033]99;i=1:d=0:p=body;done\a", b"n done\n"),
    (r"\033]99;i=1:e=1;ZG9uZQ==\a", b"n \n"),
    (r"\033]99;i=1:p=close;\a\033]99;i=1:p=?;\a\033]9\a", b""),
    (r"\033]9;" + "ä" * 200 + r"\a", ("n " + "ä" * 100 + "\n").encode()),
    (r"\033]9;one\nb\nn two\a", b"n onebn two\n"),
)


def test_events():
    for printed, told in NOTICES:
        one, said = with_events("printf", printed)
        one.end()
        equal(f"what rings and what notifies is told: {printed[:40]!r}", said(), told)
    check("  and a notice is not shown", b"two" not in one.out, repr(one.out))
    one, said = with_events("sh", "-c", r"read x; printf '\a \033]9;done\a'")
    one.type(b"\n")
    equal("who has just typed looks at it, and is not told", (one.end(), said()), (0, b""))
    one, said = with_events("sh", "-c", r"for i in 1 2 3; do printf '\a'; sleep 0.1; done; echo all")
    said(1)
    check("nobody reads what is told, and it goes on", one.until(b"all") and one.end() == 0, repr(one.out))


def with_events(*words):
    """A terminal, and what reads all that it is told; read of so many bytes alone, it is closed."""
    read, write = os.pipe()
    os.set_inheritable(write, True)
    one = inside(*words, options=("--events", str(write)))
    os.close(write)

    def said(most=None):
        told = b""
        while piece := os.read(read, most or 4096):
            told += piece
            if most:
                break
        os.close(read)
        return told

    return one, said


def test_rights():
    if os.getuid():
        return
    one = inside("sh", "-c", "grep -E '^(Uid|Gid|Groups|NoNewPrivs|CapEff|Seccomp):' /proc/$PPID/status; ls /proc/$PPID/fd >/dev/null && id -u",
                 options=("--user", "12345:23456"))
    said = (one.end(), re.sub(rb"\s+", b" ", one.out))
    equal("its rights are gone, and the command has them", said,
          (0, b"Uid: 12345 12345 12345 12345 Gid: 23456 23456 23456 23456 Groups: CapEff: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 0 "))


PROGRAMS = (
    # name, words, what is typed and when it has come to rest
    ("less", ("less", "-R", "COLOURS"), (b" ", b"/line 90\n", b"G", b"q")),
    ("vim", ("vim", "-u", "NONE", "-N", "-n", "--cmd", "syntax on", "COLOURS"), (b"itext\033", b":set number\r", b"\006", b":q!\r")),
    ("tmux", ("tmux", "-f", "/dev/null", "-L", f"sandbox-{os.getpid()}", "new", "sh"), (b"clear; echo one\n", b"\002\"", b"clear; seq 9\n", b"\002:kill-server\n")),
)


def test_programs():
    """What they print into a terminal is shown by pyte as it is, and as it is filtered: the same, at every rest."""
    path = f"/tmp/agent-sandbox-colours.{os.getpid()}"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"\033[3{i % 8}mline {i}\033[0m ä€😀 {'x' * (i % 90)}\n" for i in range(200))
    for name, words, keys in PROGRAMS:
        one, rests = Terminal(*(path if word == "COLOURS" else word for word in words)), []
        for some in (b"", *keys):
            one.type(some)
            one.still(0.6)
            rests.append(one.out)
        one.end()
        screens = [(screen_of(raw), screen_of(shown(raw))) for raw in rests]
        differ = [(plain.display, other.display) for plain, other in screens if contents(plain) != contents(other)]
        check(f"{name}: the same screens through it", not differ, repr(differ[:1]))
        check("  which are several", len({str(plain.display) for plain, _ in screens}) > 2)
    one = inside("vim", "-u", "NONE", "-N", "-n", path)
    one.until(rb"\?25h")
    one.type(b":%d\riwritten inside\033:wq\r")
    equal("vim is typed into through it", (one.end(), open(path, encoding="utf-8").read()), (0, "written inside\n"))
    check("  and leaves the terminal as it was", one.out.rstrip().endswith(b"\033[?25h") or b"\033[?1049l" in one.out[-80:], repr(one.out[-80:]))
    os.remove(path)


def contents(screen):
    return screen.display, dict(screen.buffer), (screen.cursor.x, screen.cursor.y, screen.cursor.hidden), screen.mode


if __name__ == "__main__":
    test_ends()
    test_keys()
    test_sizes()
    test_answers()
    test_put_back()
    test_stops()
    test_events()
    test_rights()
    test_programs()
    finish()
