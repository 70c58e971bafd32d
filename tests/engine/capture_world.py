"""What is around the capture program in tests/engine/capture.py: a namespace with the rules of capture-route, the sockets
that a service manager would hand over, the proxy's place, and clients inside."""

import atexit
import contextlib
import ctypes
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time

NEW_NETWORK = 0x40000000
RESET = struct.pack("ii", 1, 0)
libc = ctypes.CDLL(None, use_errno=True)


def run(*words):
    subprocess.run(words, check=True)


class World:
    def __init__(self, program):
        self.program, self.process, self.base = program, None, 0
        # Where the program's sockets go: nothing of ours may have these numbers.
        self.kept = [os.open("/dev/null", os.O_RDONLY) for _ in range(4)]
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        run("mount", "-t", "tmpfs", "tmpfs", "/run")
        run("ip", "netns", "add", "box")
        self.spaces = [os.open(place, os.O_RDONLY) for place in ("/proc/self/ns/net", "/run/netns/box")]
        for words in ("link set lo up", "-n box link set lo up"):
            run("ip", *words.split())
        run("modules/bin/capture-route", "box")
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.sockets = [self.inside(socket.SOCK_DGRAM), self.inside(socket.SOCK_STREAM)]
        for one in self.sockets:
            one.bind(("127.0.0.1", 53))
        self.sockets[1].listen(4096)
        self.proxy = None
        self.port = self.open_proxy(0)

    @contextlib.contextmanager
    def in_space(self, space):
        if libc.setns(space, NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(self.spaces[0], NEW_NETWORK)

    def inside(self, kind):
        with self.in_space(self.spaces[1]):
            one = socket.socket(socket.AF_INET, kind)
        one.settimeout(20)
        return one

    def narrow(self):
        """From here on little waits in the kernel, so that what waits in the program is seen."""
        for space in self.spaces:
            with self.in_space(space):
                for name in ("tcp_wmem", "tcp_rmem"):
                    with open(f"/proc/sys/net/ipv4/{name}", "w", encoding="ascii") as file:
                        file.write("4096 16384 65536")

    # The program.

    def begin(self, *words, listen_pid="$$"):
        def hand_over():
            for number, one in enumerate(self.sockets, 3):
                os.dup2(one.fileno(), number)

        return subprocess.Popen(
            ["sh", "-c", f'LISTEN_PID={listen_pid} LISTEN_FDS=2 exec "$@"', "x", self.program, *words], stderr=self.log,
            preexec_fn=hand_over, pass_fds=(3, 4))

    def start(self):
        before = self.said().count("resolver-ready")
        self.process = self.begin("--capture", str(self.port))
        atexit.register(self.process.kill)  # however this ends
        wait_for(lambda: self.said().count("resolver-ready") > before)
        self.base = self.files()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def said(self):
        return os.pread(self.log.fileno(), 1 << 24, 0).decode("utf-8", "replace")

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """What it has of its own, in KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    # The proxy.

    def open_proxy(self, port):
        self.proxy = socket.socket()
        self.proxy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.proxy.bind(("127.0.0.1", port))
        self.proxy.listen(4096)
        self.proxy.settimeout(20)
        return self.proxy.getsockname()[1]

    def take(self, answer=b"HTTP/1.1 200 OK\r\n\r\n"):
        """The next connection to it, and what that asked."""
        one, _ = self.proxy.accept()
        one.settimeout(20)
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            piece = one.recv(4096)
            if not piece:
                break
            asked += piece
        one.sendall(answer)
        return one, asked

    # Clients.

    def ask(self, message, wait=20):
        with self.inside(socket.SOCK_DGRAM) as one:
            one.settimeout(wait)
            one.sendto(message, ("127.0.0.1", 53))
            return one.recv(4096)

    def address(self, name):
        return socket.inet_ntoa(self.ask(query(name))[-4:])

    def dial(self, name, port=443):
        one = self.inside(socket.SOCK_STREAM)
        one.connect((self.address(name), port))
        return one

    def outcome(self, address):
        """Of a connection that is ended at once, before dial() is done or after."""
        with self.inside(socket.SOCK_STREAM) as one:
            try:
                one.connect((address, 443))
            except ConnectionResetError:
                return b"", "reset"
            return end_of(one)

    def pair(self, name="open.example.org"):
        """A client inside, and what the proxy has of it."""
        client = self.dial(name)
        return client, self.take()[0]


def query(name, number=7):
    labels = [label if isinstance(label, bytes) else label.encode() for label in
              (name.split(".") if isinstance(name, str) else name)]
    return (struct.pack("!HHHHHH", number, 256, 1, 0, 0, 0) +
            b"".join(bytes([len(label)]) + label for label in labels) + b"\0" + struct.pack("!HH", 1, 1))


def framed(message):
    return struct.pack("!H", len(message)) + message


def answers(one, count):
    """The numbers of so many answers that come by TCP."""
    got = b""

    def more(wanted):
        nonlocal got
        while len(got) < wanted:
            piece = one.recv(65536)
            if not piece:
                raise EOFError
            got += piece

    numbers = []
    for _ in range(count):
        more(2)
        length = 2 + struct.unpack("!H", got[:2])[0]
        more(length)
        numbers.append(struct.unpack("!H", got[2:4])[0])
        got = got[length:]
    return numbers


def reset(one):
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    one.close()


def wait_for(holds, seconds=30):
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def end_of(one):
    """All that comes, and how it ends."""
    got = b""
    try:
        while piece := one.recv(65536):
            got += piece
        return got, "end"
    except ConnectionResetError:
        return got, "reset"
    except socket.timeout:
        return got, "open"


def is_readable(one, wait=0):
    poll = select.poll()
    poll.register(one, select.POLLIN)
    return bool(poll.poll(wait))


def fill(ones, most=1 << 24):
    """Says so much over each, or as much as it takes while nobody reads."""
    poll, by_file = select.poll(), {one.fileno(): (one, [0]) for one in ones}
    for one in ones:
        one.setblocking(False)
        poll.register(one, select.POLLOUT)
    while ready := poll.poll(300):
        for file, _ in ready:
            one, sent = by_file[file]
            sent[0] += one.send(bytes(65536))
            if sent[0] >= most:
                poll.unregister(file)
    for one in ones:
        one.settimeout(20)
