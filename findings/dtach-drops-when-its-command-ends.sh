#!/bin/sh
# dtach waits for a slow terminal to take what its command printed, and loses that when the command ends, or when
# another terminal attaches, while it waits: a part in the middle of the output is missing, and what comes behind it is
# shown. Nothing says so, and the exit code is what it always is.
#
# Seen with dtach 0.9-5+b1 (Debian 12), of outputs of 8,000 lines and more, by steps of 500:
#
#   the command ends while the terminal reads nothing yet    lines are missing, as soon as there is no more room
#   it lets go of its terminal and lives on until the end    all are there, of that length and of others around it
#
# Why it matters: "detach, and nothing is lost" holds for terminals that keep up. Who reads a session's socket by a program,
# or over a slow line, finds numbers or words that were never printed, where two ends of lines meet. It is how dtach's select()
# is left (dtach's master.c, pty_activity): by SIGCHLD with EINTR, or because its other socket is ready, too.
#
# Needs Debian 12, apt and python3. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q dtach=0.9-5+b1 >/dev/null 2>&1 || {
    echo 'this version cannot be fetched: needs Debian 12' >&2
    exit 2
}
dpkg-deb -x dtach_*.deb root
cat >look.py <<'PY'
import socket, struct, subprocess, sys, time

ATTACH = bytes((1, 0)).ljust(10, b"\0")
SIZE = struct.pack("=BB4H", 3, 0, 24, 80, 0, 0)
ENTER = bytes((0, 1)) + b"\n".ljust(8, b"\0")


def missing(path, lines, around):
    """How many of the lines a terminal is not shown that begins to read when the command has printed all that has room."""
    command = around + ["sh", "-c", f"read x; seq {lines}"]
    server = subprocess.Popen(["root/usr/bin/dtach", "-N", path, "-E", "-z", "-r", "winch", *command], stdin=subprocess.DEVNULL)
    with socket.socket(socket.AF_UNIX) as one:
        while one.connect_ex(path):
            time.sleep(0.01)
        one.sendall(ATTACH + SIZE)
        time.sleep(0.1)
        one.sendall(ENTER)
        time.sleep(1)
        shown = b""
        while data := one.recv(1 << 16):
            shown += data
    server.wait()
    return lines - len(set(shown.split()) & {b"%d" % number for number in range(1, lines + 1)})


lasting = ["sh", "-c", '"$@"; exec sleep 5 <&- >&- 2>&-', "sh"]
# How much has room depends on how large the pieces were.
ends = next((lines for lines in range(8000, 60001, 500) if missing(f"ends-{lines}", lines, [])), 0)
lasts = any(missing(f"lasts-{lines}", lines, lasting) for lines in range(ends - 2000, ends + 2001, 500))
print("the command ends:", "lines are missing" if ends else "all are there")
print("it lives on:", "lines are missing" if lasts else "all are there")
sys.exit(not ends or lasts)
PY
python3 look.py
