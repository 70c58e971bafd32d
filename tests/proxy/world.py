"""The test world: a CA, a TLS and a plain server that write down all they see, and the proxy.

Everything listens on this machine's loopback, on free ports, and ends with the test.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from ports import free_port  # noqa: E402

MODULES = HERE.parent.parent / "modules" / "proxy"
PROGRAM = os.environ.get("PROGRAM", str(HERE.parent.parent / "build" / "agent-sandbox"))
NATIVE = os.environ.get("ENGINE") == "native"
of_mitmproxy = unittest.skipIf(NATIVE, "of mitmproxy, or of its add-on")
ENGINE = os.environ.get("ENGINE_PROGRAM", str(HERE.parent.parent / "build" / "test-engine"))
SECRET = "sk-real-0f9e8d7c6b5a/4+3=21"
PLACEHOLDER = "sk-placeholder-demo-api"
GIT_SECRET = "ghp_RealTokenOfTheOperator0123456789"
GIT_PLACEHOLDER = "ghp_placeholder000000000000000000000"
QUERY_SECRET = "AIzaQueryKey-55_66&77"
QUERY_PLACEHOLDER = "AIzaPlaceholderKey0000"

UPSTREAM = "127.0.0.2"  # "public" in the test world
OTHER = "127.0.0.3"  # "public" too: the attacker's server
OFFICE = "127.0.0.5"  # private, and named by rules: a company's own
NEVER = "127.0.0.6"  # beside it, as a metadata service is: no rule opens it
BAIT = "127.0.0.1"  # private: nothing may ever reach it


def make_certificates(folder: pathlib.Path, names: list[str], age: int = 1) -> tuple[str, str, str]:
    """age: in days; they are good for 30."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    start = datetime.datetime.utcnow() - datetime.timedelta(days=age)

    def certificate(subject, issuer, key, signer, extensions):
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(start).not_valid_after(start + datetime.timedelta(days=30)))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = certificate(name("test world CA"), name("test world CA"), ca_key, ca_key,
                     [(x509.BasicConstraints(True, None), True), (identifier, False)])
    leaf = certificate(name("leaf"), name("test world CA"), key, ca_key, [
        (x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False)])
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    paths = [str(folder / file) for file in ("world-ca.pem", "leaf.pem", "leaf.key")]
    pathlib.Path(paths[0]).write_bytes(ca.public_bytes(pem))
    pathlib.Path(paths[1]).write_bytes(leaf.public_bytes(pem))
    pathlib.Path(paths[2]).write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain))
    return paths[0], paths[1], paths[2]


class Server:
    """HTTP/1.1, read by hand so that the log holds the raw bytes of every request."""

    def __init__(self, address: str, tls: ssl.SSLContext | None, port: int = 0) -> None:
        self.tls = tls
        self.socket = socket.create_server((address, port), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.connections = 0
        self.requests: list[dict] = []
        self.bodies: dict[str, int] = {}
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            reader = connection.makefile("rb")
            while self._one(connection, reader):
                pass

    def _one(self, connection, reader) -> bool:
        first = reader.readline()
        if not first:
            return False
        lines = []
        while (line := reader.readline()) not in (b"\r\n", b"\n", b""):
            lines.append(line.rstrip(b"\r\n"))
        fields = [tuple(part.strip() for part in line.split(b":", 1)) for line in lines]
        lower = {key.lower(): value for key, value in fields if key}
        method, target = first.split(b" ")[:2]
        record = {"line": first.rstrip(b"\r\n"), "fields": fields, "body": b"",
                  "sni": getattr(connection, "server_name", None)}
        self.requests.append(record)
        path = target.partition(b"?")[0]
        if path in (b"/v1/upload", b"/v1/count"):
            self._count(connection, reader, lower, record)
            return True
        record["body"] = self._body(reader, lower)
        return self.handler(path, lower)(connection, record, lower)

    def handler(self, path: bytes, lower: dict[bytes, bytes]):
        return ROUTES.get(path, answer)

    def _body(self, reader, lower) -> bytes:
        if lower.get(b"transfer-encoding") == b"chunked":
            parts = []
            while size := int(reader.readline().split(b";")[0], 16):
                parts.append(reader.read(size))
                reader.readline()
            reader.readline()
            return b"".join(parts)
        return reader.read(int(lower.get(b"content-length", b"0")))

    def _count(self, connection, reader, lower, record) -> None:
        """Notes when the first piece of a body arrives, and how much in all."""
        remaining, seen = int(lower.get(b"content-length", b"0")), 0
        while remaining:
            piece = reader.read1(min(65536, remaining))
            if not piece:
                return
            record.setdefault("first", time.monotonic())
            remaining, seen = remaining - len(piece), seen + len(piece)
        record["seen"] = seen
        send(connection, b"200 OK", [], b"%d" % seen)

    def close(self) -> None:
        self.socket.close()


def send(connection, status, fields, body) -> None:
    fields = [(b"Content-Length", b"%d" % len(body))] + fields
    head = b"".join(b"%s: %s\r\n" % field for field in fields)
    connection.sendall(b"HTTP/1.1 %s\r\n%s\r\n%s" % (status, head, body))


def answer(connection, record, lower) -> bool:
    text = json.dumps({"line": record["line"].decode("latin-1")}).encode()
    send(connection, b"200 OK", [], b"" if record["line"].startswith(b"HEAD") else text)
    return True


def sse(connection, record, lower) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                       b"Transfer-Encoding: chunked\r\n\r\n")
    for number in range(6):
        event = b"data: {\"n\": %d, \"t\": %f}\n\n" % (number, time.monotonic())
        connection.sendall(b"%x\r\n%s\r\n" % (len(event), event))
        time.sleep(0.12)
    connection.sendall(b"0\r\n\r\n")
    return True


def echo(connection, record, lower) -> bool:
    """Gives the secret back in many forms, in headers and body, split at an awkward place."""
    seen = b" ".join(value for _, value in record["fields"]) + b" " + record["line"]
    forms = [seen, seen[::-1], base64.b64encode(seen), base64.b64encode(b"x" + seen),
             base64.b64encode(b"xy" + seen), seen.hex().encode(), json.dumps(
                 seen.decode("latin-1")).replace("/", "\\/").encode()]
    body = b"\n".join(forms)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Echo: %s\r\n"
                       b"Transfer-Encoding: chunked\r\n\r\n" % seen)
    for at in range(0, len(body), 7):
        piece = body[at:at + 7]
        connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        time.sleep(0.0005)
    connection.sendall(b"0\r\n\r\n")
    return True


def broken(connection, record, lower) -> bool:
    """An answer that mitmproxy cannot parse, and would quote in its error page."""
    value = lower.get(b"x-api-key", b"none")
    connection.sendall(b"HTTP/1.1 200 OK\r\nno colon here " + value + b"\r\n\r\n")
    return False


def squeezed(connection, record, lower) -> bool:
    send(connection, b"200 OK", [(b"Content-Encoding", b"gzip")], b"\x1f\x8b not really gzip")
    return True


def redirect(connection, record, lower) -> bool:
    send(connection, b"302 Found", [(b"Location", b"https://bait.world.test/secret")], b"")
    return True


def reason_phrase(connection, record, lower) -> bool:
    send(connection, b"200 " + lower.get(b"x-api-key", b"none"), [], b"ok")
    return True


def upgrade(connection, record, lower) -> bool:
    """A WebSocket that sends the headers it saw, then each message back."""
    import hashlib
    magic = lower.get(b"sec-websocket-key", b"") + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(magic).digest())
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept)
    text = b"hello " + lower.get(b"x-api-key", b"none")
    connection.sendall(bytes([0x81, len(text)]) + text)
    while header := connection.recv(2):
        if header[0] & 0x0F == 8:
            return False
        length = header[1] & 0x7F
        mask, data = connection.recv(4), connection.recv(length)
        record["body"] += bytes(b ^ mask[i % 4] for i, b in enumerate(data))
    return False


def unasked_upgrade(connection, record, lower) -> bool:
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n\x81\x02hi")
    return False


def closing(connection, record, lower) -> bool:
    send(connection, b"200 OK", [(b"Connection", b"close")], b"bye")
    return False


ROUTES = {b"/closing": closing, b"/v1/sse": sse, b"/v1/echo": echo, b"/v1/broken": broken, b"/v1/squeezed": squeezed,
          b"/v1/redirect": redirect, b"/v1/reason": reason_phrase, b"/ws": upgrade,
          b"/v1/unasked": unasked_upgrade}


class World:
    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="proxy-world-"))
        names = ["*.world.test", "*.sub.world.test", "*.attacker.test", "api.world.test", "git.corp", "github.com", "*.github.com"]
        self.ca, leaf, key = make_certificates(self.folder, names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf, key)
        context.sni_callback = lambda sock, name, ctx: setattr(sock, "server_name", name)
        # The same ports everywhere, so that only the address tells the good from the bad.
        self.port = free_port(UPSTREAM, OTHER, BAIT, OFFICE, NEVER)
        self.upstream = Server(UPSTREAM, context, self.port)
        self.plain_port = free_port(UPSTREAM, BAIT, OFFICE)
        self.plain = Server(UPSTREAM, None, self.plain_port)
        self.other = Server(OTHER, context, self.port)
        self.bait = Server(BAIT, context, self.port)
        self.plain_bait = Server(BAIT, None, self.plain_port)
        self.servers = [self.upstream, self.plain, self.other, self.bait, self.plain_bait]
        self.names = {
            "api.world.test": [UPSTREAM], "git.world.test": [UPSTREAM],
            "key.world.test": [UPSTREAM],
            "open.world.test": [UPSTREAM], "deep.sub.world.test": [UPSTREAM],
            "a.b.c.world.test": [UPSTREAM],  # no certificate covers it
            "www.attacker.test": [OTHER], "plain.world.test": [UPSTREAM], "bait.world.test": [BAIT],
            "mixed.world.test": [BAIT, "10.0.0.1", UPSTREAM],
            "rebind.world.test": [[UPSTREAM], [BAIT]],
            "metadata.world.test": ["169.254.169.254"], "v6.world.test": ["::1", "fe80::1"],
        }

    def close(self) -> None:
        for server in self.servers:
            server.close()
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)

    def seen(self) -> tuple[int, ...]:
        """Connections and requests at every server: equal before and after means nothing came."""
        return tuple(n for one in self.servers for n in (one.connections, len(one.requests)))


class Proxy:
    """A real mitmdump with the shipped add-on, or the native engine."""

    def __init__(self, world: World, policy: dict, name: str, secrets: dict[str, str],
                 options: list[str] | None = None, wait: bool = True,
                 script: pathlib.Path = HERE / "world_addon.py",
                 environment: dict[str, str] | None = None,
                 confdir: pathlib.Path | None = None, control: bool | pathlib.Path = False) -> None:
        self.world = world
        self.folder = world.folder / name
        self.folder.mkdir()
        self.policy_path = self.folder / "policy.json"
        for credential, secret in secrets.items():
            self.secret_path(credential).write_text(secret + "\n")
        self.confdir = confdir or self.folder / "conf"
        self.port = free_port()
        self.control = control if isinstance(control, pathlib.Path) else self.folder / "control" if control else None
        self.grants = [self.folder / "run.json", self.folder / "state.json"]
        self.write_policy(policy)
        self.log_path = self.folder / "log"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.folder / "notify"))
        variables = dict(os.environ, PROXY_MODULES=str(MODULES), PYTHONDONTWRITEBYTECODE="1",
                         NOTIFY_SOCKET=str(self.folder / "notify"), HOME=str(self.folder),
                         PROXY_BREAK=str(self.folder / "break"),
                         PROXY_TODAY=str(self.folder / "today"),
                         PROXY_LOOKUPS=str(self.folder / "lookups"),
                         PROXY_WORLD=json.dumps({"names": world.names,
                                                 "open": [UPSTREAM, OTHER], "never": [NEVER]}))
        variables.pop("CREDENTIALS_DIRECTORY", None)
        variables.update(environment or {})
        self.started = time.monotonic()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                native(self) if NATIVE else
                [*mitmdump(), *(DEFAULTS if options is None else options),
                 "--set", f"confdir={self.confdir}", "--listen-host", "127.0.0.1",
                 "--listen-port", str(self.port), "-s", str(script),
                 "--set", f"sandbox_policy={self.policy_path}",
                 "--set", f"ssl_verify_upstream_trusted_ca={world.ca}",
                 *(("--set", f"sandbox_control={self.control}", "--set",
                    "sandbox_grants=" + ":".join(map(str, self.grants))) if control else ())],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables)
        if wait:
            self.wait_ready()

    def secret_path(self, credential: str) -> pathlib.Path:
        return self.folder / f"secret-{credential}"

    def write_policy(self, policy: dict) -> None:
        policy = json.loads(json.dumps(policy).replace("@FOLDER@", str(self.folder)))
        policy["listen"]["port"] = self.port
        self.write_policy_text(json.dumps(policy))

    def write_policy_text(self, text: str) -> None:
        fresh = self.policy_path.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.policy_path)

    def grant(self, *grants: dict, refusals: list[dict] | None = None, file: int = 0) -> None:
        """Writes them, as the host program does."""
        text = json.dumps({"version": 1, "grants": list(grants), "refusals": refusals or []})
        fresh = self.grants[file].with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.grants[file])

    def wait_ready(self) -> None:
        self.notify.settimeout(60)
        try:
            while self.notify.recv(400) != b"READY=1":
                pass
        except OSError:
            raise RuntimeError("the proxy did not start:\n" + self.log_text()) from None
        self.ready_after = time.monotonic() - self.started
        self.ca = str(self.confdir / "agent-sandbox-ca.pem")

    def log_text(self) -> str:
        return self.log_path.read_text(errors="replace")

    def statuses(self) -> list[str]:
        """What it told systemd since the last time."""
        found = []
        self.notify.setblocking(False)
        with contextlib.suppress(OSError):
            while True:
                found.append(self.notify.recv(400).decode())
        return found

    def lookups(self) -> int:
        """How many names the proxy has asked the DNS for."""
        path = self.folder / "lookups"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def events(self) -> list[dict]:
        """Without what binds them to each other: that is test_chain's."""
        found = [json.loads(line) for line in self.lines()]
        return [{key: value for key, value in one.items() if key != "chain"} for one in found]

    def lines(self) -> list[str]:
        return [line for line in self.log_text().splitlines() if line.startswith('{"time"')]

    def decisions(self) -> list[dict]:
        return [event for event in self.events() if event["event"] == "decision"]

    def wait_for(self, condition, seconds: float = 15.0) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.05)
        return False

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def close(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(10)


DEFAULTS = [part for option in (
    "connection_strategy=lazy", "upstream_cert=false", "rawtcp=false", "onboarding=false",
    "flow_detail=0", "termlog_verbosity=warn") for part in ("--set", option)]


def native(proxy: Proxy) -> list[str]:
    return [ENGINE, "--policy", str(proxy.policy_path), "--state", str(proxy.confdir),
            "--authorities", proxy.world.ca, *(("--control", str(proxy.control), "--grants", str(proxy.grants[0]), "--grants", str(proxy.grants[1]))
              if proxy.control else ())]


def mitmdump() -> list[str]:
    """Another version of mitmproxy is tried with MITMDUMP="python3 /path/to/mitmdump"."""
    return os.environ.get("MITMDUMP", "mitmdump").split()


def rule(host: str, **changes) -> dict:
    suffix = host.startswith("*.")
    made = {"host": host[2:] if suffix else host, "suffix": suffix, "scheme": "https",
            "methods": ["GET", "HEAD"], "paths": ["/**"], "ports": [443], "websocket": False}
    made.update(changes)
    return made


def grant(name: str, host: str, **changes) -> dict:
    """For an hour, by both clocks."""
    made = {"id": name, "host": host, "methods": ["GET"], "paths": ["/v1/asked"], "owner": "me",
            "until": int(time.time()) + 3600, "boot_until": int(time.clock_gettime(time.CLOCK_BOOTTIME)) + 3600}
    made.update(changes)
    return {key: value for key, value in made.items() if value is not None}


def unread(host: str, scheme: str, ports: list[int], **changes) -> dict:
    """A rule of tcp or tls."""
    suffix = host.startswith("*.")
    return {"host": host[2:] if suffix else host, "suffix": suffix, "scheme": scheme, "ports": ports, **changes}


def credential(name: str, host: str, inject: dict, placeholder: str) -> dict:
    return {"name": name, "source": {"kind": "file", "path": f"@FOLDER@/secret-{name}"},
            "hosts": [{"host": host, "suffix": False}], "inject": inject,
            "placeholder": placeholder}


def policy(rules: list[dict], credentials: list[dict], enforcement: str = "enforce") -> dict:
    return {"format": 1, "sandbox": "demo", "enforcement": enforcement,
            "listen": {"host": "127.0.0.1", "port": 1}, "rules": rules, "credentials": credentials}


class Client:
    """Speaks to the proxy byte by byte."""

    def __init__(self, proxy: Proxy, timeout: float = 20.0) -> None:
        self.proxy = proxy
        self.socket = socket.create_connection(("127.0.0.1", proxy.port), timeout)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def raw(self, data: bytes, tail: float = 0.0) -> bytes:
        """Send, then read one answer, or whatever there is until the end."""
        self.socket.sendall(data)
        return self.read(tail)

    def read(self, tail: float = 0.0) -> bytes:
        found = b""
        with contextlib.suppress(OSError):
            while not complete(found):
                piece = self.socket.recv(65536)
                if not piece:
                    return found
                found += piece
            if tail:
                self.socket.settimeout(tail)
                while piece := self.socket.recv(65536):
                    found += piece
        return found

    def connect(self, authority: str, extra: bytes = b"") -> bytes:
        return self.raw(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (
            authority.encode("latin-1"), authority.encode("latin-1"), extra))

    def tls(self, sni: str | None, alpn: list[str] | None = None) -> str | None:
        context = ssl.create_default_context(cafile=self.proxy.ca)
        context.check_hostname = False
        if alpn:
            context.set_alpn_protocols(alpn)
        if sni is None:
            context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket, server_hostname=sni)
        return self.socket.selected_alpn_protocol()


def complete(found: bytes) -> bool:
    while re.match(rb"HTTP/1\.1 10[023] ", found):
        found = found.partition(b"\r\n\r\n")[2]
    head, blank, body = found.partition(b"\r\n\r\n")
    if not blank:
        return False
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        return bool(re.search(rb"(?:\A|\n)0\r\n(?:[^\r\n]+\r\n)*\r\n\Z", body))
    if b"content-length:" in lower:
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        return len(body) >= length
    return lower.startswith(b"http/1.1 200 connection established") or b" 101 " in lower[:20]


if __name__ == "__main__":
    sys.exit("this is a library of the tests")
