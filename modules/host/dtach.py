"""What is said to dtach(1)'s socket (its dtach.h; version 0.9, the only one since 2016): packets of ten bytes, a type, a length,
and eight bytes of typed text or a struct winsize. What comes back is what the terminal shows, and nothing else."""

import socket
import struct

from places import somewhere

PUSH, ATTACH, WINCH = 0, 1, 3
USUAL = (24, 80)  # rows and columns
ROOM = 8


def program(host):
    """Its path; None."""
    return host.have("dtach") or somewhere("dtach")


def words(program, path, inner):
    """Its command line, in the foreground. dtach drops what it is about to show when its child ends while a terminal is slow, so that
    one lets go of its terminal and waits: dtach ends by itself when all was shown, and its end hangs up on the child."""
    lasting = '"$@"; exec sleep 5 <&- >&- 2>&-'
    return [program, "-N", path, "-E", "-z", "-r", "winch", "/bin/sh", "-c", lasting, "sh", *inner]


def connect(path):
    """Raises OSError."""
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        one.connect(path)
    except OSError:
        one.close()
        raise
    return one


def typed(data):
    pieces = (data[at: at + ROOM] for at in range(0, len(data), ROOM))
    return b"".join(bytes((PUSH, len(piece))) + piece.ljust(ROOM, b"\0") for piece in pieces)


def attach():
    return bytes((ATTACH, 0)).ljust(2 + ROOM, b"\0")


def size(rows, columns):
    return struct.pack("=BB4H", WINCH, 0, rows, columns, 0, 0)


def type_in(path, data):
    with connect(path) as one:
        one.sendall(typed(data))
