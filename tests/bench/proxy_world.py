"""What the measurements of the proxy are made against: an upstream in a process of its own, and
mitmproxy under the same options with nothing, with empty hooks, and with the shipped add-on."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import pathlib
import socket
import ssl
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PROXY_TESTS = HERE.parent / "proxy"
sys.path.insert(0, str(PROXY_TESTS))

import world as w  # noqa: E402

BLOCK = b"\xa5" * 65536
READ = ("plain.bench.test", "key.bench.test")
UNREAD = "unread.bench.test"  # passed on: a rule of tls
ASKED = "asked.bench.test"  # no rule has it: an operator is asked
NAMES = {name: [w.UPSTREAM] for name in (*READ, UNREAD, ASKED)}
PAUSE = 0.02
EVENTS = 20


class Upstream:
    """Answers small requests, counts uploads, sends downloads and events; in its own process, so
    that its work does not wait for the client's."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.ca, leaf, key = w.make_certificates(folder, list(NAMES))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf, key)
        listener = socket.create_server((w.UPSTREAM, 0), backlog=64)
        self.port = listener.getsockname()[1]
        fork = multiprocessing.get_context("fork")
        self.process = fork.Process(target=_serve, args=(listener, context), daemon=True)
        self.process.start()
        listener.close()

    def close(self) -> None:
        self.process.terminate()
        self.process.join()


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_talk, args=(connection, context), daemon=True).start()


def _talk(connection: socket.socket, context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError, ValueError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = context.wrap_socket(connection, server_side=True)
        reader = tls.makefile("rb")
        while first := reader.readline():
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line[15:])
            while length:
                length -= len(reader.read1(min(length, 65536)))
            _answer(tls, first.split()[1])


def _answer(tls: ssl.SSLSocket, target: bytes) -> None:
    kind, _, amount = target.strip(b"/").partition(b"/")
    if kind == b"events":
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(EVENTS):
            event = b"data: %.6f\n\n" % time.monotonic()
            tls.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            time.sleep(PAUSE)
        tls.sendall(b"0\r\n\r\n")
        return
    size = int(amount) if kind == b"download" else 100
    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
                + (b"." * size if size <= 100 else b""))
    while size > 100:
        tls.sendall(BLOCK[:size])
        size -= min(size, len(BLOCK))


class Bench:
    """The world as the proxy of the tests expects it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.upstream = Upstream(folder)
        self.ca, self.names = self.upstream.ca, NAMES
        self.port = self.upstream.port


class Measured(w.Proxy):
    """A mitmdump with one of the scripts: nothing, empty hooks, or the shipped add-on."""

    def __init__(self, bench: Bench, kind: str, rules: list[dict] | None = None, bounded: bool = False, asks: int = 0) -> None:
        self.kind = kind
        ports = [bench.port]
        much = {"count": 10**15, "seconds": 86400}
        more = {"query": ["a=*", "page"], "requests": much, "bytes": much, "tokens": much} if bounded else {}
        made = [{**w.rule(host, methods=["GET", "POST"], ports=ports), **more} for host in READ]
        made.append(w.unread(UNREAD, "tls", ports))
        policy = w.policy((rules or []) + made, [
            w.credential("key", "key.bench.test", {"header": "x-api-key"}, w.PLACEHOLDER)])
        if bounded:
            policy["denied"] = [{"host": host, "suffix": False, "scheme": "https", "paths": ["/admin/**", "/*/keys"], "ports": ports}
                                for host in READ]
            policy["cooldowns"] = [{"host": host, "suffix": False, "paths": ["/packages/**"], "ports": ports, "seconds": 604800,
                                    "index": {"kind": "npm", "host": host, "port": ports[0], "path": "/packages"}}
                                   for host in READ]
        if asks:
            policy.update(grants={"seconds": 3600}, ask={"seconds": asks})
        super().__init__(bench, policy, f"{kind}-{len(rules or [])}-{time.monotonic_ns()}",
                         {"key": w.SECRET}, script=HERE / "proxy_scripts.py",
                         environment={"BENCH_KIND": kind}, control=bool(asks))

    def busy(self) -> float:
        """The seconds of CPU time that it took so far, exact to the nanosecond."""
        threads = pathlib.Path("/proc", str(self.process.pid), "task")
        return sum(int((one / "schedstat").read_text().split()[0])
                   for one in threads.iterdir()) / 1e9

    def stop(self) -> None:
        self.close()
        self.notify.close()


class Keep:
    """One kept connection through a proxy to one host of the upstream."""

    def __init__(self, proxy: Measured, host: str = "plain.bench.test") -> None:
        self.place = f"{host}:{proxy.world.port}"
        self.client = w.Client(proxy, timeout=60)
        self.client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert b" 200 " in self.client.connect(self.place)
        self.client.tls(host)
        self.socket = self.client.socket
        self.small = self.head("GET", "/small")

    def head(self, method: str, path: str, more: str = "") -> bytes:
        return (f"{method} {path} HTTP/1.1\r\nHost: {self.place}\r\nUser-Agent: bench\r\n"
                f"Accept: */*\r\n{more}\r\n").encode()

    def ask(self) -> float:
        start = time.perf_counter()
        self.socket.sendall(self.small)
        answer = self.socket.recv(65536)
        while not w.complete(answer):
            answer += self.socket.recv(65536)
        took = time.perf_counter() - start
        assert b" 200 " in answer[:16], answer
        return took

    def download(self, size: int) -> float:
        """Seconds for a body of so many bytes."""
        start = time.perf_counter()
        self.socket.sendall(self.head("GET", f"/download/{size}"))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b" 200 " in head[:16], head
        left = size - len(body)
        while left:
            left -= len(self.socket.recv(65536))
        return time.perf_counter() - start

    def upload(self, size: int) -> float:
        start = time.perf_counter()
        self.socket.sendall(self.head("POST", "/upload", f"Content-Length: {size}\r\n"))
        left = size
        while left:
            self.socket.sendall(BLOCK[:left])
            left -= min(left, len(BLOCK))
        assert b" 200 " in self.client.read()[:16]
        return time.perf_counter() - start

    def events(self) -> list[float]:
        """From each event's send to its arrival here."""
        self.socket.sendall(self.head("GET", "/events"))
        text, delays = b"", []
        while not text.endswith(b"0\r\n\r\n"):
            text += self.socket.recv(65536)
            now = time.monotonic()
            while b"\n\n" in text:
                event, _, text = text.partition(b"\n\n")
                delays.append(now - float(event.rpartition(b"data: ")[2]))
        assert len(delays) == EVENTS
        return delays

    def close(self) -> None:
        self.socket.close()
