"""What root asks of the running proxy: modules/proxy/control.py and gen/engine/control.h are the other end, and say
what a line is."""

import json
import socket
import struct

LONGEST_LINE = 64 * 1024
SECONDS = 10


class ControlError(Exception):
    """In words, for the operator."""


def path(box):
    """Where its proxy listens for root: in a folder of the proxy's own that no session has."""
    return f"{box.state}/proxy/control"


class Control:
    """A connection to the proxy of a sandbox, with its lines. uid: whose the proxy has to be, because the folder is its
    user's: whatever else listens there is told nothing. Raises ControlError."""

    def __init__(self, place, uid, seconds=SECONDS):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | getattr(socket, "SOCK_CLOEXEC", 0))
        self._socket.settimeout(seconds)
        self._rest = b""
        try:
            self._socket.connect(place)
            other = _user(self._socket)
        except OSError as error:
            self._socket.close()
            raise ControlError(f"the proxy can't be asked: {place}: {error.strerror or error}") from None
        if other != uid:
            self._socket.close()
            raise ControlError(f"what listens at {place} is user {other}'s, and not the proxy's")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def fileno(self):
        """For select(2); what has come already is in next_line() all the same."""
        return self._socket.fileno()

    def send(self, verb, **more):
        line = json.dumps({"ask": verb, **more}, separators=(",", ":")).encode("ascii") + b"\n"
        if len(line) > LONGEST_LINE:
            raise ControlError("that is more than the proxy may be told at once")
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise ControlError(f"the proxy can't be asked: {error.strerror or error}") from None

    def has_line(self):
        """Whether one has come already, which select(2) does not see."""
        return b"\n" in self._rest

    def next_line(self):
        """The next line's object; None at the end. What is no such line is the end, too: the proxy is not root."""
        while b"\n" not in self._rest:
            try:
                piece = self._socket.recv(65536)
            except socket.timeout:
                raise ControlError("the proxy doesn't answer") from None
            except OSError:
                return None
            if not piece or len(self._rest) > 4 * LONGEST_LINE:
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return None
        return said if isinstance(said, dict) else None

    def wait(self, seconds):
        """How long next_line() waits; None: for ever."""
        self._socket.settimeout(seconds)

    def ask(self, verb, **more):
        """The answer's object. Raises ControlError, also with what the proxy has against it. Not on a connection that
        has asked for questions."""
        self.send(verb, **more)
        said = self.next_line()
        if said is None:
            raise ControlError("the proxy ended the connection")
        if "error" in said:
            raise ControlError(f"the proxy says: {str(said['error'])[:200]}")
        return said


def connect(box, host, seconds=SECONDS):
    """To the proxy of an applied sandbox."""
    entry = host.user(box.proxy)
    if entry is None:
        raise ControlError(f"there is no user {box.proxy}")
    return Control(path(box), entry.pw_uid, seconds)


def _user(connection):
    """Whose the other end is: unix(7), SO_PEERCRED; unix(4) of macOS, LOCAL_PEERCRED."""
    if hasattr(socket, "SO_PEERCRED"):
        held = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return struct.unpack("3i", held)[1]
    return struct.unpack_from("II", connection.getsockopt(0, 1, 76))[1]
