"""kept.py: sessions that outlive their terminal, on a machine where the sandbox demo is applied; as root, with dtach installed.
Each operator's command is what sudo lets him do, in a pseudo-terminal of the test's."""

import contextlib
import fcntl
import json
import os
import pty
import pwd
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time

APPLIED = "/var/lib/agent-sandbox/demo/current/bin/agent-sandbox"
WORKSPACE = "/srv/agent-sandbox/demo"
failed = passed = 0


def check(name, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'ok' if holds else 'FAILED'}: {name}" + ("" if holds else f": {seen!r}"), flush=True)
    return holds


def equal(name, found, wanted):
    return check(name, found == wanted, found)


def words(who, *command):
    return ["su", who, "-c", f"cd {WORKSPACE} && exec sudo -n {APPLIED} \"$@\"", "--", "x", *command]


def plain(*command, who="admin", **options):
    """(exit code, all that it prints), without a terminal."""
    done = subprocess.run(words(who, *command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, **options)
    return done.returncode, done.stdout


class Look:
    """A command in a terminal."""

    def __init__(self, *command, who="admin", rows=30, columns=90):
        self.process, self.line = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
            os.execvp("su", words(who, *command))
        os.set_inheritable(self.line, False)
        self.seen = ""

    def until(self, pattern, seconds=15):
        ends = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            if not select.select([self.line], [], [], max(0, ends - time.monotonic()))[0]:
                return False
            try:
                self.seen += os.read(self.line, 1 << 16).decode("utf-8", "replace")
            except OSError:
                return False
        return True

    def type(self, text):
        os.write(self.line, text.encode())

    def code(self, seconds=20):
        self.until("(?!)", seconds)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def hang_up(self):
        os.close(self.line)
        os.waitpid(self.process, 0)


def sessions():
    return json.loads(plain("run", "--sessions", "sessions", "--json")[1])


def states():
    return [row["state"] for row in sessions()]


def is_true(condition, seconds=10):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.1)
    return False


def units():
    said = subprocess.run(["systemctl", "list-units", "--plain", "--no-legend", "--all", "agent-sandbox-demo.*"], stdout=subprocess.PIPE,
                          text=True).stdout
    return sorted(line.split()[0] for line in said.splitlines() if "session-" in line or "keeper-" in line)


def nothing_left():
    kept = [name for name in os.listdir("/run/agent-sandbox-demo.sessions") if name != "listings"]
    left = units(), kept, subprocess.run(["pgrep", "dtach"], stdout=subprocess.PIPE).stdout
    return left == ([], [], b"")


def test_without():
    one = Look("run", "sh", "-c", "echo in; exit 3")
    equal("without dtach, the command's exit code", one.code(), 3)
    check("  and it is said", "dtach is missing, so this session ends with its terminal" in one.seen, one.seen)
    code, said = plain("run", "--detach", "true")
    check("  no --detach", code == 1 and "--detach needs dtach" in said, (code, said))


def test_terminal():
    one = Look("run", "sh", "-c", "tty; stty size; test -t 0 -a -t 1 -a -t 2; echo is $?; exit 7")
    equal("a terminal: the exit code of the command", one.code(), 7)
    check("  its size, and that it is one", re.search(r"/dev/pts/[0-9]+\s+30 90\s+is 0", one.seen), one.seen)
    check("  nothing is left", nothing_left(), units())
    one = Look("run", "no-such-command")
    equal("  a command that is not there", one.code(), 127)
    one = Look("run", "sh", "-c", "seq 20000; printf end")
    code = one.code()
    # What root has to say comes where it comes, in the middle of a line too.
    lines = re.sub(r"(agent-sandbox: |  Ctrl-)[^\r\n]*\r\n", "", one.seen).replace("\r", "").split("\n")
    wanted = [*(str(n) for n in range(1, 20001)), "end"]
    check("  all of a long output, in its order", code == 0 and lines == wanted,
          (code, len(lines), next(((n, lines[n: n + 3]) for n in range(len(lines)) if lines[n: n + 1] != wanted[n: n + 1]), None)))
    one = Look("run", "sh", "-c", "read -r x; echo got $x")
    one.until("comes back")
    one.type("Müller\r")
    equal("  what is typed", (one.code(), "got Müller" in one.seen), (0, True))
    one = Look("run", "sleep", "60")
    one.until("comes back")
    is_true(lambda: units() and states() == ["attached"])
    time.sleep(0.5)
    one.type("\x03")
    equal("  Ctrl-C is the command's", one.code(), 130)
    one = Look("run", "--ephemeral", "sh", "-c", "exit 4")
    equal("  as before, with --ephemeral", (one.code(), "comes back" in one.seen), (4, False))


def test_left():
    one = Look("run", "sh", "-c", "while read -r x; do echo got $x; stty size; done; exit 5")
    one.until("comes back")
    one.type("one\r")
    check("a session: it runs", one.until("got one"), one.seen)
    equal("  attached", states(), ["attached"])
    one.type("\x1c\x1c")
    equal("left by the key", one.code(), 0)
    number = sessions()[0]["id"]
    check("  it says how to come back", f"left session {number}, which goes on: agent-sandbox attach {number}" in one.seen, one.seen)
    equal("  detached", (states(), len(units())), (["detached"], 2))
    two = Look("run", "--sessions", "attach", rows=40, columns=100)
    time.sleep(1)
    two.type("two\r")
    check("attached again, with its own size", two.until(r"got two\s+40 100"), two.seen)
    three = Look("run", "--sessions", "attach", number, rows=50, columns=120)
    time.sleep(1)
    three.type("three\r")
    check("  from another terminal at the same time", three.until(r"got three\s+50 120") and two.until("got three"), (two.seen, three.seen))
    two.hang_up()
    three.hang_up()
    check("terminals that are closed: it goes on", is_true(lambda: states() == ["detached"]), sessions())
    four = Look("run", "--sessions", "attach")
    is_true(lambda: states() == ["attached"])
    killed = subprocess.run(["pkill", "-9", "-f", "--", "run --sessions attach"]).returncode
    os.waitpid(four.process, 0)
    check("what looked is killed: it goes on", killed == 0 and is_true(lambda: states() == ["detached"]), sessions())
    five = Look("run", "--sessions", "attach")
    time.sleep(1)
    five.type("\x04")
    equal("its end, and the exit code", five.code(), 5)
    check("  nothing is left", is_true(nothing_left), (units(), sessions()))


def test_detached():
    code, said = plain("run", "--detach", "sh", "-c", "stty size >size; touch .envrc; sleep 2; exit 6")
    check("--detach: its number", code == 0 and re.fullmatch("[0-9]+\n", said), (code, said))
    number = said.strip()
    equal("  a terminal of the usual size", (is_true(lambda: os.path.exists(f"{WORKSPACE}/size")), states()), (True, ["detached"]))
    equal("  it ends", is_true(lambda: states() == ["ended"]), True)
    code, said = plain("run", "--sessions", "sessions")
    check("  sessions tells how, and what it left", f"{number} " in said and "ended 6" in said and ".envrc" in said, said)
    equal("  once", (sessions(), nothing_left()), ([], True))
    with open(f"{WORKSPACE}/size") as file:
        equal("  (the size)", file.read(), "24 80\n")
    number = plain("run", "--detach", "sh", "-c", "exit 6")[1].strip()
    is_true(lambda: states() == ["ended"])
    equal("  attach gives the exit code of one that has ended", plain("run", "--sessions", "attach", number)[0], 6)
    code, said = plain("run", "--detach", "sleep", "300")
    number = said.strip()
    equal("attach without a terminal", plain("run", "--sessions", "attach", number), (2, "agent-sandbox: attach needs a terminal\ntry 'agent-sandbox --help'\n"))
    code, said = plain("run", "--sessions", "stop", number)
    check("stop", code == 0 and said.endswith(f"stopped {number}\n") and nothing_left(), (code, said))
    equal("  once", plain("run", "--sessions", "stop", number), (2, f"agent-sandbox: no session {number} runs: see 'agent-sandbox sessions'\n"))
    numbers = [plain("run", "--detach", "sleep", "300")[1].strip() for _ in range(3)]
    code, said = plain("run", "--sessions", "attach")
    check("which one of three?", code == 2 and f"which one? {' '.join(numbers)}" in said, said)
    equal("stop --all", (plain("run", "--sessions", "stop", "--all")[1].count("stopped "), nothing_left()), (3, True))


def test_others():
    number = plain("run", "--detach", "sleep", "300")[1].strip()
    is_true(lambda: states() == ["detached"])
    for verb in ("attach", "stop"):
        code, said = plain("run", "--sessions", verb, number, who="other")
        check(f"another operator may not {verb}", code == 2 and ("is admin's" in said or "is another operator's" in said), (code, said))
    equal("  nor all of them", plain("run", "--sessions", "stop", "--all", who="other"), (2, "agent-sandbox: no session of yours runs\n"))
    equal("  nor be its keeper", (plain("run", "--sessions", "keep", number, who="other")[0], states()), (2, ["detached"]))
    code, said = plain("run", "sh", "-c", "ls /run/agent-sandbox-demo.sessions; ls /run")
    check("a session sees nothing of them", ".sessions" not in said.replace("'/run/agent-sandbox-demo.sessions'", ""), said)
    socket = f"/run/agent-sandbox-demo.sessions/{number}/terminal/socket"
    for who in ("agent-demo", "other"):
        done = subprocess.run(["setpriv", "--reuid", who, "--clear-groups", "--regid", "65534", "dtach", "-p", socket], input=b"x",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(f"{who} does not reach its terminal", done.returncode == 1 and b"Permission denied" in done.stdout, done.stdout)
    plain("run", "--sessions", "stop", "--all")


def test_killed():
    code, said = plain("run", "--detach", "sh", "-c", "touch here; sleep 300")
    number = said.strip()
    is_true(lambda: os.path.exists(f"{WORKSPACE}/here"))
    subprocess.run(["systemctl", "kill", "--kill-who=main", "--signal=KILL", f"agent-sandbox-demo.keeper-{number}.service"])
    check("its keeper is killed: the session goes, and dtach", is_true(lambda: not units() and not subprocess.run(
        ["pgrep", "-x", "dtach"], stdout=subprocess.DEVNULL).returncode == 0), units())
    equal("  killed", states(), ["killed"])
    code, said = plain("run", "--sessions", "sessions")
    check("  it is said, once", f"the keeper of session {number} was killed" in said and sessions() == [], said)
    one = Look("run", "sh", "-c", "echo begun; sleep 300")
    one.until("begun")
    number = sessions()[0]["id"]
    dtach = subprocess.run(["pgrep", "-x", "dtach"], stdout=subprocess.PIPE, text=True).stdout.split()
    os.kill(int(dtach[0]), signal.SIGKILL)
    check("dtach is killed: the session ends", one.code() != 0 and is_true(nothing_left), (one.seen, units()))
    one = Look("run", "sh", "-c", "echo begun; sleep 300")
    one.until("begun")
    subprocess.run(["pkill", "-TERM", "-f", "--", "current/bin/agent-sandbox run sh -c echo begun"])
    check("run is told to end: so does the session", one.code() != 0 and is_true(nothing_left), (one.seen, units()))


def pasted(data, *words):
    """As an operator, by the program that asks sudo itself."""
    done = subprocess.run(["su", "admin", "-c", f"cd {WORKSPACE} && exec {APPLIED} paste \"$@\"", "--", "x", *words], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.returncode, done.stdout.decode()


def test_pasted():
    equal("paste without a session", pasted(b"text"), (2, "agent-sandbox: no session of yours is kept: 'agent-sandbox run' in a terminal "
                                                          "starts one\n"))
    one = Look("run", "sh", "-c", "read -r x; echo got $x; cat $x; read -r y")
    one.until("comes back")
    is_true(lambda: states() == ["attached"])
    time.sleep(1)
    code, said = pasted("Grüße\n".encode())
    check("paste: where the file is", code == 0 and re.fullmatch(r"/home/agent-demo/pasted/[-0-9a-f]+\.txt\n", said), (code, said))
    one.until(re.escape(said.strip()))
    one.type("\r")
    check("  its path is typed, and the agent reads it", one.until("got " + re.escape(said.strip())) and one.until("Grüße"), one.seen)
    info = os.stat(said.strip())
    equal("  it is the agent's alone", (info.st_uid, info.st_gid, info.st_mode & 0o777), (60610, 60610, 0o600))
    equal("  nothing", pasted(b""), (2, "agent-sandbox: nothing was given to paste\n"))
    equal("  too much", pasted(b"x" * (32 << 20) + b"xx"), (2, "agent-sandbox: that is more than 32 MiB\n"))
    plain("run", "sh", "-c", "rm -r ~/pasted && ln -s /srv/agent-sandbox/demo ~/pasted")
    equal("  into a link of the agent's", pasted(b"text"), (1, "agent-sandbox: cannot put it into /home/agent-demo/pasted: Not a directory\n"))
    plain("run", "rm", "/home/agent-demo/pasted")
    plain("run", "--sessions", "stop", "--all")
    one.code()


def test_limited():
    """Where limits.session is four seconds."""
    number = plain("run", "--detach", "sleep", "300")[1].strip()
    check("limits.session ends one at which nobody looks", is_true(lambda: states() == ["ended"], 30), sessions())
    code, said = plain("run", "--sessions", "sessions")
    check("  which says so", f"{number} " in said and "the session was ended: 4 seconds are its limit" in said, said)
    one = Look("run", "sleep", "300")
    code = one.code(30)
    check("  and one that somebody looks at", code != 0 and "4 seconds are its limit" in one.seen, (code, one.seen))
    check("  nothing is left", is_true(nothing_left), (units(), sessions()))


TOLD = "/tmp/told"


def told():
    with contextlib.suppress(FileNotFoundError), open(TOLD, encoding="utf-8") as file:
        return file.read()
    return ""


def a_desktop():
    """For admin: where his bus would be, and a program that notes down what notify-send is given, and by whom."""
    uid = pwd.getpwnam("admin").pw_uid
    os.makedirs(f"/run/user/{uid}", exist_ok=True)
    with open(f"/run/user/{uid}/bus", "w"), open("/usr/bin/notify-send", "w") as file:
        file.write(f"#!/bin/sh\n{{ id -un; printf '%s\\n' \"$@\"; }} >>{TOLD}\n")
    os.chmod("/usr/bin/notify-send", 0o755)


def test_notices():
    a_desktop()
    head = "admin\n--app-name=agent-sandbox\n--\nsh in the sandbox demo\n"
    one = Look("run", "sh", "-c", r"printf '\033]9;please <look>\a'; read x; exit 9")
    one.until("comes back")
    number = sessions()[0]["id"]
    wanted = f"{head}it says: please &lt;look&gt;\nagent-sandbox attach {number}\n"
    check("a notice of a session that is kept is told", is_true(lambda: told() == wanted), told())
    one.hang_up()
    is_true(lambda: states() == ["detached"])
    plain("run", "--sessions", "stop", number)
    check("  and its end, because nobody looked", re.fullmatch(f"{re.escape(wanted + head)}it has ended: [0-9]+\n", told()), told())
    os.remove(TOLD)
    one = Look("run", "--ephemeral", "sh", "-c", r"printf '\a'; sleep 1; exit 9")
    equal("one that ends with its terminal", (one.code(), told()), (9, f"{head}it rings\n"))
    os.remove(TOLD)
    plain("run", "sh", "-c", r"printf '\a'")
    equal("of pipes nothing is told", told(), "")
    os.remove("/usr/bin/notify-send")


class OverSsh(Look):
    """The same typed at a shell on another machine, as far as sshd knows."""

    def __init__(self, *command, rows=30, columns=90):
        self.process, self.line = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
            os.execvp("ssh", ["ssh", "-q", "-tt", "-p", "2222", "-i", "/root/key", "-o", "StrictHostKeyChecking=no", "-o",
                              "UserKnownHostsFile=/dev/null", "-o", "ServerAliveInterval=0", "-o", "TCPKeepAlive=no", "admin@127.0.0.1",
                              f"cd {WORKSPACE} && exec {APPLIED} " + " ".join(map(shlex.quote, command))])
        os.set_inheritable(self.line, False)
        self.seen = ""


CUT = "add table inet cut; add chain inet cut in { type filter hook input priority -200; }; add rule inet cut in tcp dport 2222 drop; " \
      "add rule inet cut in tcp sport 2222 drop"


def test_ssh():
    """Through a real sshd. Its connection breaks: no packet comes any more, and nobody says so."""
    a_desktop()
    one = OverSsh("run", "sh", "-c", "n=0; while read -r x; do n=$((n + 1)); printf '\\a'; echo got $x as $n; stty size; done; exit 8")
    check("over ssh: a session", one.until("comes back"), one.seen)
    one.type("one\r")
    check("  it runs", one.until(r"got one as 1\s+30 90"), one.seen)
    number = sessions()[0]["id"]
    with open(f"/run/agent-sandbox-demo.sessions/{number}/about.json") as file:
        equal("  which is known to be of somebody elsewhere", json.load(file)["how"]["remote"], True)
    subprocess.run(["nft", CUT], check=True)
    one.type("lost\r")
    check("the connection breaks: sshd gives up, and the session goes on", is_true(lambda: states() == ["detached"], 60), sessions())
    subprocess.run(["nft", "delete table inet cut"], check=True)
    os.kill(one.process, signal.SIGKILL)
    one.hang_up()
    two = OverSsh("attach", rows=40, columns=100)
    is_true(lambda: states() == ["attached"])  # sudo throws away what is typed before
    time.sleep(0.5)
    two.type("two\r")
    check("  attach comes back, in its own size", two.until(r"got two as 2\s+40 100"), two.seen)
    equal("  attached", states(), ["attached"])
    three = OverSsh("attach", number, rows=50, columns=120)
    time.sleep(1)
    subprocess.run(["pkill", "-KILL", "-f", "sshd: admin@pts"], check=True)
    for gone in (two, three):
        gone.code()
    check("sshd is killed under both: it goes on", is_true(lambda: states() == ["detached"], 30), sessions())
    four = OverSsh("attach")
    is_true(lambda: states() == ["attached"])
    time.sleep(0.5)
    four.type("three\r\x04")
    equal("  and its end comes over ssh, with its exit code", (four.code(), "got three as 3" in four.seen), (8, True))
    equal("  who is elsewhere is not told at this desktop", told(), "")
    check("  nothing is left", is_true(nothing_left), (units(), sessions()))


TESTS = {"without": test_without, "terminal": test_terminal, "left": test_left, "detached": test_detached, "others": test_others,
         "killed": test_killed, "pasted": test_pasted, "limited": test_limited, "notices": test_notices, "ssh": test_ssh}
for name in sys.argv[1:] or [name for name in TESTS if name not in ("without", "limited", "notices", "ssh")]:
    TESTS[name]()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
