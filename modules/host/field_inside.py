"""Tries the rows that stand on its standard input, as JSON (field_operations.py), and prints a line for each:

  OUTCOME NAME: DETAIL      allowed, refused, absent (nothing is there that could tell) or unknown

Runs inside a session, by itself: nothing of ours is there to import. Nothing is left behind."""

import ctypes
import errno
import functools
import json
import multiprocessing
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile

REFUSED = (errno.EPERM, errno.EACCES)
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.ENODEV)
PATH, GLOBAL_NAME, QUIETLY = 1, 2, 0x40000000  # of sandbox_check
UNKNOWN_SERVICE, NOT_PRIVILEGED = 1102, 1100  # of bootstrap_look_up
SECONDS = 4


class Absent(Exception):
    """Nothing is there that could tell."""


class Refused(Exception):
    """Otherwise than by an error of the system's."""


def library():
    return ctypes.CDLL(None, use_errno=True)


def asked(operation, kind=0, text=None):
    """What the kernel says of us: "Seatbelt allows", "Seatbelt refuses", "". The last argument is a variadic one, which
    goes elsewhere than the others on arm64: ctypes knows by argtypes which those are."""
    check = getattr(library(), "sandbox_check", None)
    if check is None:
        return ""
    check.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    more = [] if text is None else [ctypes.c_char_p(text.encode())]
    answer = check(os.getpid(), operation.encode(), kind | QUIETLY, *more)
    return {0: "Seatbelt allows", 1: "Seatbelt refuses"}.get(answer, "")


# -- kinds: each returns words for what it saw, or raises --


def read(path):
    if os.path.isdir(path):
        os.listdir(path)
    else:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        os.read(number, 1)
        os.close(number)


def write(folder):
    with Own(folder):
        pass


def mach(name):
    verdict = asked("mach-lookup", GLOBAL_NAME, name)
    look_up, port = getattr(library(), "bootstrap_look_up", None), ctypes.c_uint()
    if look_up is None:
        raise Absent("no bootstrap_look_up here")
    code = look_up(ctypes.c_uint.in_dll(library(), "bootstrap_port"), name.encode(), ctypes.byref(port))
    if code == NOT_PRIVILEGED or "refuses" in verdict:
        raise Refused(f"{code}, {verdict}")
    if code == UNKNOWN_SERVICE and "allows" not in verdict:
        raise Absent(f"{code}, {verdict}")
    return f"{code}, {verdict}"


def ask(operation):
    verdict = asked(operation)
    if not verdict:
        raise Absent("the kernel does not say")
    if "refuses" in verdict:
        raise Refused(verdict)
    return verdict


def execute(*words):
    """Whether it starts; what comes of it is told."""
    null = subprocess.DEVNULL
    return f"exit {subprocess.run(words, stdin=null, stdout=null, stderr=null, timeout=SECONDS, check=False).returncode}"


def run(*words):
    code = execute(*words)
    if code != "exit 0":
        raise Refused(code)
    return code


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def tcp(address, port):
    """A port where nobody listens is one that could be asked."""
    with socket.socket(family(address)) as one:
        one.settimeout(SECONDS)
        try:
            one.connect((address, int(port)))
        except ConnectionRefusedError:
            return "nobody listens, or pf refused it"
        except OSError as error:
            if isinstance(error, socket.timeout):
                return "no answer"
            raise


def udp(address, port):
    with socket.socket(family(address), socket.SOCK_DGRAM) as one:
        one.sendto(b"x", (address, int(port)))
    return "sent"


def bind(address, port, kind=socket.SOCK_STREAM):
    with socket.socket(family(address), kind) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((address, int(port)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "in use"
            raise
        if kind == socket.SOCK_STREAM:
            one.listen(1)
            with socket.socket(family(address)) as other:
                other.settimeout(SECONDS)
                to = "::1" if ":" in address else "127.0.0.1"
                try:
                    other.connect((to, one.getsockname()[1]))
                    return "bound, and reached by itself"
                except OSError as error:
                    return f"bound, not reached by itself: {errno.errorcode.get(error.errno, error)}"
    return "bound"


def unix(path, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_UNIX, kind) as one:
        one.settimeout(SECONDS)
        one.connect(path)


def unix_bind(folder):
    path = tempfile.mktemp(dir=folder, prefix="s")
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind(path)
        try:
            one.listen(1)
            other.connect(path)
        finally:
            os.unlink(path)


def icmp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as one:
        one.sendto(b"\x08\0\xf7\xff\0\0\0\0", ("1.1.1.1", 0))
    return "sent"


def resolve(name):
    try:
        return f"{len(socket.getaddrinfo(name, 80))} addresses"
    except socket.gaierror as error:
        raise Refused(str(error)) from None


def make_socket(family_name, kind, protocol):
    if not hasattr(socket, family_name):
        raise Absent("no such family here")
    socket.socket(getattr(socket, family_name), kind, protocol).close()


class Own:
    """A file of our own in a folder."""

    def __init__(self, folder):
        number, self.path = tempfile.mkstemp(dir=folder)
        os.close(number)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        for path in filter(os.path.lexists, (self.path, f"{self.path}.2")):
            os.unlink(path)


def link(folder):
    with Own(folder) as path:
        os.link(path, f"{path}.2")


def clone(folder):
    call = getattr(library(), "clonefile", None)
    if call is None:
        raise Absent("no clonefile here")
    with Own(folder) as path:
        if call(path.encode(), f"{path}.2".encode(), 0):
            raise OSError(ctypes.get_errno(), "clonefile")


def setuid(folder):
    with Own(folder) as path:
        os.chmod(path, 0o4755)
        if not os.stat(path).st_mode & 0o4000:
            raise Refused("the bit was dropped")


def rename(path):
    os.rename(path, f"{path}.agent-sandbox")
    os.rename(f"{path}.agent-sandbox", path)


def watch(folder):
    if not hasattr(select, "kqueue"):
        raise Absent("no kqueue here")
    queue, number = select.kqueue(), os.open(folder, os.O_RDONLY)
    event = select.kevent(number, select.KQ_FILTER_VNODE, select.KQ_EV_ADD | select.KQ_EV_CLEAR, select.KQ_NOTE_WRITE)
    queue.control([event], 0)
    with Own(folder):
        seen = queue.control([], 1, SECONDS)
    if not seen:
        raise Refused("nothing was told")


def pty():
    for number in os.openpty():
        os.close(number)


def shm():
    from multiprocessing import shared_memory

    one = shared_memory.SharedMemory(create=True, size=64)
    one.close()
    one.unlink()


def signal_child():
    child = subprocess.Popen(["/bin/sleep", "9"])
    os.kill(child.pid, signal.SIGKILL)
    child.wait()


KINDS = {
    "read": read, "write": write, "mach": mach, "ask": ask, "exec": execute, "run": run, "tcp": tcp, "udp": udp, "bind": bind,
    "bind-udp": functools.partial(bind, kind=socket.SOCK_DGRAM), "unix": unix, "unix-bind": unix_bind, "icmp": icmp,
    "unix-datagram": functools.partial(unix, kind=socket.SOCK_DGRAM), "resolve": resolve, "link": link, "clone": clone,
    "raw": lambda: make_socket("AF_INET", socket.SOCK_RAW, socket.IPPROTO_ICMP), "setuid": setuid, "rename": rename,
    "system-socket": lambda: make_socket("AF_SYSTEM", socket.SOCK_DGRAM, 2), "watch": watch, "pty": pty, "shm": shm,
    "sem": lambda: bool(multiprocessing.Semaphore()), "processors": lambda: f"{os.cpu_count()}", "signal-child": signal_child,
    "signal": lambda number: os.kill(int(number), 0),
}
# Of these the kernel can be asked, too: what, and by which name.
ASKED = {"read": ("file-read-data", "{}"), "write": ("file-write-create", "{}/x"), "exec": ("process-exec", "{}")}


def attempt(kind, arguments):
    known = {"{home}": os.environ.get("HOME", "/"), "{tmp}": os.environ.get("TMPDIR", "/tmp").rstrip("/"),
             "{parent}": str(os.getppid())}
    for hole, value in known.items():
        arguments = [one.replace(hole, value) for one in arguments]
    operation, form = ASKED.get(kind, ("", ""))
    verdict = asked(operation, PATH, form.format(*arguments)) if operation else ""
    try:
        return "allowed", ", ".join(filter(None, (str(KINDS[kind](*arguments) or ""), verdict)))
    except Absent as why:
        return "absent", str(why)
    except Refused as why:
        return "refused", str(why)
    except subprocess.TimeoutExpired:
        return "unknown", "it did not end"
    except OSError as error:
        words = errno.errorcode.get(error.errno, str(error)) + (f", {verdict}" if verdict else "")
        if error.errno in REFUSED:
            return "refused", words
        return ("refused" if "refuses" in verdict else "absent" if error.errno in ABSENT else "unknown"), words
    except Exception as error:  # whatever a Mac has that was not foreseen is told, and the next row tried
        return "unknown", f"{type(error).__name__}: {error}"


def main():
    for name, kind, *arguments in json.load(sys.stdin):
        outcome, detail = attempt(kind, arguments)
        print(f"{outcome} {name}: {detail}", flush=True)


main()
