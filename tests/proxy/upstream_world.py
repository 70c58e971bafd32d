"""What tests of a company's proxy share: a real Squid, a proxy that lies, and the policies that lead there."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
import unittest

import world as w

USER, PASSWORD = "agents", "pass-word of squid".replace(" ", "_")
SQUID = shutil.which("squid", path="/usr/sbin:/usr/bin:/sbin:/bin")
HELPER = "/usr/lib/squid/basic_ncsa_auth"
PROXY_ADDRESS = w.OFFICE
WORLD: w.World


def setUpModule() -> None:
    global WORLD
    WORLD = w.World()
    for name in ("proxy.corp", "closed.world.test", "far.world.test", "direct.world.test"):
        WORLD.names[name] = {"proxy.corp": [PROXY_ADDRESS], "closed.world.test": [w.BAIT], "direct.world.test": [w.UPSTREAM]}.get(name, [])
    del WORLD.names["far.world.test"]  # nobody here knows it
    WORLD.names["raw.world.test"] = [w.UPSTREAM]
    WORLD.names["forbidden.world.test"] = [w.UPSTREAM]


def tearDownModule() -> None:
    WORLD.close()


class Squid:
    """With Basic authentication; hosts of the world stand in its own hosts file."""

    def __init__(self, folder: pathlib.Path, ports: list[int], tls: tuple[str, str] | None = None,
                 connects: list[int] | None = None) -> None:
        """tls: the certificate and its key, as files; connects: the ports that CONNECT may ask for, or all of them."""
        assert SQUID and os.path.exists(HELPER), "squid is missing: tests/install"
        folder.mkdir()
        owner = "proxy" if os.geteuid() == 0 else ""
        self.port = w.free_port(PROXY_ADDRESS)
        hosts = [f"{where[0]} {name}" for name, where in WORLD.names.items() if where and isinstance(where[0], str)]
        (folder / "hosts").write_text("\n".join([*hosts, f"{w.UPSTREAM} far.world.test"]) + "\n")
        coded = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], capture_output=True, text=True, check=True).stdout.strip()
        (folder / "users").write_text(f"{USER}:{coded}\n")
        self.log = folder / "access.log"
        listens = f"http_port {PROXY_ADDRESS}:{self.port}"
        if tls:
            shutil.copy(tls[0], folder / "leaf.pem")
            shutil.copy(tls[1], folder / "leaf.key")
            listens = f"https_port {PROXY_ADDRESS}:{self.port} tls-cert={folder}/leaf.pem tls-key={folder}/leaf.key"
        text = f"""
{listens}
pid_filename none
hosts_file {folder}/hosts
auth_param basic program {HELPER} {folder}/users
auth_param basic children 2 startup=1 idle=1
auth_param basic realm world
acl users proxy_auth REQUIRED
acl forbidden dstdomain forbidden.world.test
acl good port {' '.join(map(str, ports))}
acl tunnels port {' '.join(map(str, connects or ports))}
acl CONNECT method CONNECT
http_access deny !good
http_access deny CONNECT !tunnels
http_access deny !users
http_access deny forbidden
http_access allow users
cache deny all
cache_mem 8 MB
access_log stdio:{self.log} logformat=squid
cache_log {folder}/cache.log
coredump_dir {folder}
shutdown_lifetime 0 seconds
pinger_enable off
""" + (f"cache_effective_user {owner}\n" if owner else "")
        (folder / "squid.conf").write_text(text)
        if owner:
            for one in (folder, *folder.iterdir()):
                shutil.chown(one, owner)
            for one in (WORLD.folder,):
                os.chmod(one, 0o711)
        self.folder = folder
        self.service = f"world{os.getpid()}x{self.port}"  # else all of this machine have one shared memory
        self.process = subprocess.Popen([SQUID, "-N", "-n", self.service, "-f", str(folder / "squid.conf")], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection((PROXY_ADDRESS, self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError(self.told()) from None
                time.sleep(0.1)

    def told(self) -> str:
        try:
            return (self.folder / "cache.log").read_text()
        except OSError:
            return "squid said nothing"

    def asked(self) -> list[str]:
        time.sleep(0.2)  # it writes a line once a tunnel has ended
        return self.log.read_text().splitlines() if self.log.exists() else []

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        for left in pathlib.Path("/dev/shm").glob(f"{self.service}-*"):
            left.unlink()


def read_head(one: socket.socket) -> bytes:
    """With what came behind it; nothing where the other side ends before."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = one.recv(65536)
        if not piece:
            return b""
        head += piece
    return head


class Liar:
    """Takes what it is asked, and does with it what the test says."""

    def __init__(self, behave, tls: ssl.SSLContext | None = None) -> None:
        self.behave, self.heads, self.tls = behave, [], tls
        self.connections = 0
        self.socket = socket.create_server((PROXY_ADDRESS, 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(one,), daemon=True).start()

    def serve(self, one: socket.socket) -> None:
        with one:
            try:
                if self.tls:
                    one = self.tls.wrap_socket(one, server_side=True)
                if head := read_head(one):
                    self.heads.append(head)
                    self.behave(one)
            except OSError:
                pass

    def close(self) -> None:
        self.socket.close()


def upstream(port: int, **changes) -> dict:
    made = {"host": "proxy.corp", "suffix": False, "port": port, "addresses": ["127.0.0.5/32"], "user": USER,
            "source": {"kind": "file", "path": "@FOLDER@/secret-upstream"},
            "except": [{"host": "direct.world.test", "suffix": False}]}
    made.update(changes)
    return {key: value for key, value in made.items() if value is not None}


def policy(way: dict | None, trust: list | None = None) -> dict:
    rules = [w.rule(name, ports=[WORLD.port], methods=["GET", "POST"]) for name in (
        "api.world.test", "closed.world.test", "far.world.test", "direct.world.test", "forbidden.world.test", "nowhere.corp")]
    rules.append(w.rule("plain.world.test", scheme="http", ports=[WORLD.plain_port]))
    rules.append(w.unread("raw.world.test", "tcp", [WORLD.plain_port]))
    rules.append(w.unread("git.world.test", "tls", [WORLD.port]))
    made = w.policy(rules, [w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)])
    if trust:
        made["trust"] = trust
    return {**made, "upstream": way} if way else made


def certificates(name: str, names: list[str], age: int = 1) -> tuple[str, str, str]:
    folder = WORLD.folder / f"company-{name}"
    folder.mkdir()
    return w.make_certificates(folder, names, age)


def trusted(file: str, *hosts: str) -> list:
    one = {"certificates": pathlib.Path(file).read_text()}
    return [{**one, "hosts": [{"host": host, "suffix": False} for host in hosts]} if hosts else one]


def speaks(leaf: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf, key)
    return context


class Case(unittest.TestCase):
    proxy: w.Proxy

    def unread_tls(self, host: str) -> bytes:
        """The answer's beginning where a rule of tls passes it on."""
        with w.Client(self.proxy) as one:
            one.connect(f"{host}:{WORLD.port}")
            context = ssl.create_default_context(cafile=WORLD.ca)
            with context.wrap_socket(one.socket, server_hostname=host) as inside:
                inside.sendall(f"GET /closing HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                return inside.recv(100)

    def https(self, host: str, extra: str = "") -> bytes:
        with w.Client(self.proxy) as one:
            answer = one.connect(f"{host}:{WORLD.port}")
            if b" 200 " not in answer:
                return answer
            one.tls(host)
            return one.raw(f"GET /v1/x HTTP/1.1\r\nHost: {host}:{WORLD.port}\r\n{extra}\r\n".encode())

    def http(self, host: str, extra: str = "") -> bytes:
        with w.Client(self.proxy) as one:
            return one.raw(f"GET http://{host}:{WORLD.plain_port}/v1/x HTTP/1.1\r\nHost: {host}:{WORLD.plain_port}\r\n{extra}\r\n".encode())

    def loads(self, made: dict) -> None:
        before = sum(event["event"] == "policy-loaded" for event in self.proxy.events())
        self.proxy.write_policy(made)
        self.proxy.hang_up()  # it would look by itself, in a second
        self.assertTrue(self.proxy.wait_for(
            lambda: sum(event["event"] == "policy-loaded" for event in self.proxy.events()) > before))

    def fails(self, answer: bytes, text: str) -> None:
        self.assertRegex(answer, rb"^HTTP/1.1 502 ", answer)
        self.assertIn(f'"agent-sandbox: no answer came from the server: {text}"'.encode(), answer)
