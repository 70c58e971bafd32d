#!/usr/bin/python3 -B
"""Sessions that outlive their terminal, as far as it goes without systemd: dtach itself, and the client in a pseudo-terminal of
the test's; tests/live/neighbours does the rest."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import termios
import time

sys.path.insert(0, f"{os.path.dirname(os.path.abspath(__file__))}/../../modules/host")
import asked  # noqa: E402
import attached  # noqa: E402
import dtach  # noqa: E402
import kept  # noqa: E402
import paste  # noqa: E402
import session_verbs  # noqa: E402
from say import Failed, Refused, Usage  # noqa: E402

passed = failed = 0


def check(name, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'ok' if holds else 'FAILED'}: {name}" + ("" if holds else f": {seen!r}"))


def equal(name, found, wanted):
    check(name, found == wanted, found)


def test_words():
    how, rest = asked.taken(["--detach", "--open-browser", "--", "x", "--ephemeral"])
    equal("words: any order, before the command", (how.detaches, how.opens, how.ephemeral, rest), (True, True, False, ["--", "x", "--ephemeral"]))
    equal("  handed on through sudo", asked.handed_on(how)[:2], ["--open-browser", "--detach"])
    for words in (["--detach", "--ephemeral"], ["--ephemeral", "--open-browser", "--detach"]):
        try:
            asked.taken(words)
            check(f"  not {words}", False)
        except Usage as why:
            equal(f"  not {words}", str(why), "a session is for --detach or for --ephemeral, not both")

    class Mac:
        system = "darwin"

    equal("  a Mac keeps none, without a word", asked.lives_on(asked.taken(["x"])[0], Mac()), False)
    try:
        asked.lives_on(how, Mac())
        check("  and says so where it is asked for", False)
    except Refused as why:
        equal("  and says so where it is asked for", str(why), "--detach: on macOS a session ends with its terminal")

    class Without:
        system = "linux"

        def have(self, _):
            return None

    found, dtach.somewhere = dtach.somewhere, lambda _: None
    try:
        asked.lives_on(how, Without())
        check("  without dtach there is no --detach", False)
    except Failed as why:
        equal("  without dtach there is no --detach", str(why), "--detach needs dtach: see 'agent-sandbox doctor'")
    dtach.somewhere = found


def typed(*pieces):
    """What goes on of these, each typed at (seconds, text); whether it ended."""
    key, out, twice = attached.Key(), b"", False
    for now, text in pieces:
        out += key.let_go(now)
        more, twice = key.take(text, now)
        out += more
        if twice:
            return out, True
    return out + key.let_go(9e9), False


def test_key():
    key, kitty, other = b"\x1c", b"\x1b[92;5u", b"\x1b[27;5;92~"
    equal("the key: once is the program's", typed((0, b"a" + key), (0.1, b"b")), (b"a\x1cb", False))
    equal("  also when nothing follows", typed((0, key)), (key, False))
    equal("  twice leaves", typed((0, b"ab" + key), (0.3, key)), (b"ab", True))
    equal("  in one piece", typed((0, b"x" + key + key + b"y")), (b"x", True))
    equal("  twice, but slowly", typed((0, key), (0.7, key)), (key + key, False))
    equal("  not with something between", typed((0, key + b"\x0e"), (0.1, key)), (key + b"\x0e" + key, False))
    equal("  as kitty says it", typed((0, kitty), (0.1, kitty)), (b"", True))
    up = b"\x1b[92;5:3u"
    equal("  with keys that go up", typed((0, b"\x1b[92;5:1u" + up), (0.2, b"\x1b[92;5:1u")), (b"", True))
    equal("  once, with a key that goes up", typed((0, kitty + up), (0.1, b"x")), (kitty + up + b"x", False))
    equal("  as xterm says it", typed((0, other + other)), (b"", True))


def modes(*pieces):
    found = attached.Modes()
    for piece in pieces:
        found.see(piece)
    return found


def test_modes():
    equal("modes: none are touched where none was switched on", (modes(b"plain \x1b[31mred\x1b[0m").off(), modes().on()), (b"", b""))
    one = modes(b"\x1b[?1049h\x1b[?2004h\x1b[?25l")
    equal("  what was switched on goes, the screen last", one.off(), b"\x1b[?2004l\x1b[?25h\x1b[?1049l")
    equal("  and comes back, the screen first", one.on(), b"\x1b[?1049h\x1b[?25l\x1b[?2004h")
    equal("  cut anywhere", [modes(b"x\x1b[?1049h"[:n], b"x\x1b[?1049h"[n:]).off() for n in range(10)], [b"\x1b[?1049l"] * 10)
    equal("  not what was switched off again", modes(b"\x1b[?1049h\x1b[?2004h", b"\x1b[?2004;1049l").off(), b"")
    equal("  what keyboards say", modes(b"\x1b=\x1b[>1u\x1b[>5u\x1b[<u\x1b[>4;2m").off(), b"\x1b>\x1b[<1u\x1b[>4m")
    equal("  nothing is said of what never ends", modes(b"\x1b[?" + b"1" * 10000, b"h").off(), b"")


class Look:
    """A client at a terminal of the test's."""

    def __init__(self, socket, said, again=False, rows=30, columns=90):
        self.process, self.line = pty.fork()
        if self.process == 0:
            code = 9
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
                code = attached.Client(socket, os.open(said, os.O_RDONLY), again).run()
            finally:
                os._exit(code)
        self.seen = b""

    def until(self, pattern, seconds=5):
        """Whether it comes."""
        ends = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            if not select.select([self.line], [], [], max(0, ends - time.monotonic()))[0]:
                return False
            try:
                data = os.read(self.line, 1 << 16)
            except OSError:
                return False
            self.seen += data
        return True

    def type(self, text):
        os.write(self.line, text)

    def code(self):
        while self.until(b"(?!)", 5):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def test_client(work):
    socket, said = f"{work}/socket", f"{work}/said"
    with open(said, "w", encoding="ascii") as file:
        file.write("it begins\n")
    # What the session would be; it waits for the first to look.
    script = "read -r x; stty size; echo got $x; printf '\\033[?2004h'; while read -r y; do echo got $y; stty size; done; echo over; exit 7"
    server = subprocess.Popen([dtach.program(Here()), "-N", socket, "-E", "-z", "-r", "none", "sh", "-c", script],
                              stdin=subprocess.DEVNULL)
    one = Look(socket, said)
    check("a client: what root has said comes first", one.until(b"it begins\r\n"), one.seen)
    one.type(b"a long line, of more than one packet\r")
    check("  what is typed arrives whole", one.until(b"got a long line, of more than one packet\r\n"), one.seen)
    check("  with the size of its terminal", b"30 90" in one.seen, one.seen)
    with open(said, "a", encoding="ascii") as file:
        file.write("something new\n")
    check("  what root says meanwhile", one.until(b"something new\r\n"), one.seen)
    mode = os.stat(socket).st_mode
    one.type(b"\x1c\x1c")
    equal("  left by the key", one.code(), attached.DETACHED)
    check("  its terminal is as before", one.seen.endswith(b"\x1b[?2004l"), one.seen)
    for _ in range(100):
        if not os.stat(socket).st_mode & 0o100:
            break
        time.sleep(0.01)
    equal("  the socket says who looks, and who does not", (mode & 0o777, os.stat(socket).st_mode & 0o777), (0o700, 0o600))
    two, three = Look(socket, said, True, 40, 100), Look(socket, said, True, 50, 110)
    check("two more: what was switched on is again", two.until(rb"\x1b\[\?2004h") and three.until(rb"\x1b\[\?2004h"), two.seen)
    time.sleep(0.3)
    fcntl.ioctl(two.line, termios.TIOCSWINSZ, struct.pack("4H", 41, 101, 0, 0))
    os.kill(two.process, signal.SIGWINCH)
    time.sleep(0.2)
    two.type(b"again\r")
    check("  both see it, in the size that changed last", two.until(b"41 101") and three.until(b"41 101"), (two.seen, three.seen))
    os.close(three.line)
    code = os.waitstatus_to_exitcode(os.waitpid(three.process, 0)[1])
    equal("a terminal that is closed leaves it", (code, server.poll()), (attached.DETACHED, None))
    os.kill(two.process, signal.SIGKILL)
    os.waitpid(two.process, 0)
    time.sleep(0.1)
    equal("  and so does a client that is killed", server.poll(), None)
    four = Look(socket, said, True)
    four.until(rb"\x1b\[\?2004h")
    time.sleep(0.3)
    dtach.type_in(socket, b"typed by another one\r")
    check("what another one types", four.until(b"got typed by another one"), four.seen)
    four.type(b"\x04")
    equal("its end is told when all was printed", (four.code(), b"over" in four.seen), (attached.ENDED, True))
    server.wait(5)
    attached.PATIENCE = 0.1
    equal("where there is none any more, it has ended", Look(socket, said).code(), attached.ENDED)


class Here:
    def have(self, name):
        return next((f"{folder}/{name}" for folder in ("/usr/bin", "/bin", "/usr/local/bin") if os.access(f"{folder}/{name}", os.X_OK)), None)


def connected(socket):
    """Once it listens."""
    ends = time.monotonic() + 20
    while True:
        try:
            return dtach.connect(socket)
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.01)


def test_end(work):
    """All that was printed is shown, also where its terminal is slow and the command has ended meanwhile: of one of these lengths
    the last part is in dtach's hands then, and of no other sooner or later."""
    lost = []
    for lines in range(12000, 40001, 2000):
        socket = f"{work}/end-{lines}"
        server = subprocess.Popen(dtach.words(dtach.program(Here()), socket, ["sh", "-c", f"read x; seq {lines}"]), stdin=subprocess.DEVNULL)
        with connected(socket) as one:
            one.sendall(dtach.attach() + dtach.size(24, 80))
            time.sleep(0.1)
            one.sendall(dtach.typed(b"\n"))
            time.sleep(0.4)
            shown = b""
            while data := one.recv(1 << 16):
                shown += data
        server.wait()
        if shown.split() != [b"%d" % number for number in range(1, lines + 1)]:
            lost.append((lines, len(shown.split())))
    equal("what is printed before the end is shown by a slow terminal, too", lost, [])


def test_places(work):
    class Box:
        prefix = "agent-sandbox-demo"

    whole, kept.kept_folder = kept.kept_folder, lambda _: f"{work}/sessions"
    equal("places: none is there", kept.places(Box()), [])
    one, two = kept.make(Box()), kept.make(Box())
    equal("  two of one process", int(two.number) - int(one.number), 1)
    equal("  one without a word of what it is, is none", kept.places(Box()), [])
    one.write("about.json", '{"began": 2, "uid": 1000, "operator": "me", "command": "x", "folder": "/"}')
    two.write("about.json", '{"began": 1, "uid": 1000, "operator": "me", "command": "x", "folder": "/"}')
    equal("  the oldest first", [place.number for place in kept.places(Box())], [two.number, one.number])
    equal("  only root reads them", os.stat(f"{one.path}/about.json").st_mode & 0o777, 0o600)
    equal("  and everybody goes through to his own", os.stat(one.path).st_mode & 0o777, 0o711)
    equal("  no code before the end", (one.code(), one.attached()), (None, False))
    one.write("ended", "7")
    equal("  and then", one.code(), 7)
    lock = one.attend()
    one.forget()
    check("  not forgotten while somebody looks", os.path.isdir(one.path))
    os.close(lock)
    one.forget()
    check("  forgotten", not os.path.exists(one.path))
    forgotten_meanwhile(Box())
    for n in range(25):
        place = kept.make(Box())
        place.write("about.json", f'{{"began": {n}, "uid": 0, "operator": "me", "command": "x", "folder": "/"}}')
        place.write("ended", "0")
    kept.make(Box())
    equal("  of those that ended, the newest", len(kept.places(Box())), 21)
    kept.kept_folder = whole


def forgotten_meanwhile(box):
    """By whoever has told of their end."""
    place = kept.make(box)
    place.write("about.json", '{"began": 1, "uid": 0, "operator": "me", "command": "x", "folder": "/"}')
    place.write("ended", "0")
    listed = [one for one in kept.places(box) if one.number == place.number]
    here = os.getcwd()
    os.chdir(place.path)
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)
    try:
        place.forget()
    except RecursionError:
        subprocess.run(["rm", "-rf", place.path], check=True)
        check("  forgotten with folders in each other", False)
    check("  whatever its operator has in it", not os.path.exists(place.path))
    equal("  one that is forgotten meanwhile is what it was", [one.about() and one.about()["operator"] for one in listed], ["me"])
    for verb in ("attend", "rest_of_said"):
        try:
            getattr(listed[0], verb)()
            check(f"  and {verb}s no more", False)
        except kept.Failed as why:
            equal(f"  {verb}: one sentence", str(why), f"session {place.number} has ended, and was told of elsewhere")
        except OSError as why:
            check(f"  {verb}: one sentence, not {why!r}", False)
    over, wrong = threading.Event(), []

    def churn():
        while not over.is_set():
            one = kept.make(box)
            one.write("about.json", '{"began": 1, "uid": 0, "operator": "me", "command": "x", "folder": "/"}')
            one.write("ended", "0")
            one.forget()

    others = threading.Thread(target=churn)
    others.start()
    try:
        for _ in range(2000):
            kept.places(box)
    except TypeError as why:
        wrong.append(why)
    over.set()
    others.join()
    equal("  nor while they are listed", wrong, [])


def test_lines():
    row = {"id": "7", "operator": "me", "command": "claude", "folder": "/srv/a", "began": 0, "state": "ended", "code": 3}
    equal("a line", session_verbs.line({**row, "began": 60}), "7       ended 3   me          claude  1970-01-01 00:01  /srv/a")
    equal("  of one that is tied", session_verbs.line({**row, "began": None, "folder": None, "state": "tied"}), "7       tied      me          claude")
    equal("which program it is", [session_verbs.program_of(words) for words in (
        ["python3", "main.py", "x", "run", "--open-browser", "--", "/usr/bin/claude", "-p"], ["x", "shell"], ["x"],
        ["x", "run", "--project", "/srv/a", "--acp", "codex"], ["x", "run", "--project=/srv/a", "codex"])],
        ["claude", "shell", "?", "codex", "codex"])
    for verb, words, wanted in (
            ("attach", ["x"], "attach takes the number of a session, which 'agent-sandbox sessions' shows"),
            ("attach", ["1", "2"], "attach takes the number of a session, which 'agent-sandbox sessions' shows"),
            ("sessions", ["more"], "sessions takes --json, and nothing else"),
            ("stop", [], "stop takes the number of a session, which 'agent-sandbox sessions' shows, or --all"),
            ("stop", ["--every"], "stop takes the number of a session, which 'agent-sandbox sessions' shows, or --all")):
        try:
            getattr(session_verbs, verb)(None, words)
            check(f"{verb} {words}", False)
        except Usage as why:
            equal(f"{verb} {words}", str(why), wanted)


def refused(name, wanted, work):
    try:
        work()
        check(name, False)
    except Failed as why:
        equal(name, str(why), wanted)


def test_paste(work):
    own, home = os.geteuid(), f"{work}/home"
    os.mkdir(home)
    png = b"\x89PNG\r\n\x1a\n..."
    name = paste.lay(home, own, png)
    check("paste: an image, by what it is", re.fullmatch(r"[0-9-]{17}-[0-9a-f]{6}\.png", name), name)
    with open(f"{home}/pasted/{name}", "rb") as file:
        equal("  as it was", file.read(), png)
    equal("  the agent's alone", [os.stat(f"{home}/{path}").st_mode & 0o777 for path in ("pasted", f"pasted/{name}")], [0o700, 0o600])
    equal("  kinds", [paste.ending(one) for one in (b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF....WEBPVP8 ", b"text", b"<svg>")],
          ["jpg", "gif", "webp", "txt", "txt"])
    os.rename(f"{home}/pasted", f"{home}/before")
    os.symlink(f"{home}/before", f"{home}/pasted")
    refused("  the folder is a link", f"cannot put it into {home}/pasted: Not a directory", lambda: paste.lay(home, own, b"x"))
    os.remove(f"{home}/pasted")
    with open(f"{home}/pasted", "w", encoding="ascii"):
        pass
    refused("  or a file", f"cannot put it into {home}/pasted: Not a directory", lambda: paste.lay(home, own, b"x"))
    os.remove(f"{home}/pasted")
    os.mkdir(f"{home}/pasted")
    refused("  or somebody else's", f"cannot put it into {home}/pasted: it is not the agent's", lambda: paste.lay(home, own + 1, b"x"))
    os.symlink(home, f"{work}/link")
    refused("  the home is a link", f"cannot put it into {work}/link/pasted: Not a directory", lambda: paste.lay(f"{work}/link", own, b"x"))
    equal("  nothing was put there", os.listdir(f"{home}/pasted"), [])
    for words in (["x"], ["1", "2"], ["--text"]):
        refused(f"  not {words}", "paste takes the number of a session, which 'agent-sandbox sessions' shows, and --image", lambda: paste.parse(words))
    equal("  words", (paste.parse(["7", "--image"]), paste.parse([])), ((True, "7"), (False, "")))


def test_clipboard(work):
    """With programs of the test's in the place of the desktop's own, which need one."""
    class Desktop(Here):
        system = "linux"

        def have(self, name):
            path = f"{work}/{name}"
            return path if os.path.exists(path) else None

    host, before = Desktop(), {name: os.environ.pop(name, None) for name in ("DISPLAY", "WAYLAND_DISPLAY")}
    none = "there is no clipboard here (neither WAYLAND_DISPLAY nor DISPLAY is set): give the text or the image on standard input"
    refused("the clipboard: of no desktop", none, lambda: paste.from_clipboard(host, paste.TEXT))
    os.environ["WAYLAND_DISPLAY"] = "wayland-0"
    missing = "wl-paste is missing, which reads the clipboard: give the text or the image on standard input"
    refused("  without its program", missing, lambda: paste.from_clipboard(host, paste.IMAGES))
    for name, text in (("wl-paste", 'case "$*" in *image*) exit 1 ;; esac; printf text'), ("xclip", 'printf "%s" "$*"')):
        with open(f"{work}/{name}", "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(f"{work}/{name}", 0o755)
    equal("  text", paste.from_clipboard(host, paste.TEXT), b"text")
    equal("  no image", paste.from_clipboard(host, paste.IMAGES), b"")
    os.environ["DISPLAY"] = ":0"
    equal("  what Wayland has not, X may have", paste.from_clipboard(host, paste.IMAGES), b"-selection clipboard -target image/png -out")
    for name, value in before.items():
        os.environ.pop(name, None)
        os.environ.update({name: value} if value is not None else {})


test_words()
test_key()
test_modes()
test_lines()
with tempfile.TemporaryDirectory() as folder:
    test_places(folder)
    test_paste(folder)
    test_clipboard(folder)
    if dtach.program(Here()):
        test_client(folder)
        test_end(folder)
    else:
        check("dtach is installed", False)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
