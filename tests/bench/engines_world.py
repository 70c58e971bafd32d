"""What tests/bench/engines measures: a server and a client in C, and each kind of proxy between them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "proxy"))

import proxy_world  # noqa: E402
import world as w  # noqa: E402

HOST, KEY_HOST = proxy_world.READ
PACKAGES, PACKAGE_BYTES = 600, 20000
SQUID = "/usr/sbin/squid"
RUNTIME = "@anthropic-ai/sandbox-runtime@0.0.83"


def build(folder: pathlib.Path, name: str) -> pathlib.Path:
    program = folder / name
    subprocess.run(["cc", "-O2", "-std=c11", "-D_GNU_SOURCE", HERE / f"{name}.c", "-lssl", "-lcrypto", "-pthread",
                    "-o", program], check=True)
    return program


class Bench:
    """The server, its names and certificates, and what npm installs from it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.names = folder, proxy_world.NAMES
        self.ca, leaf, key = w.make_certificates(folder, list(self.names))
        folder.chmod(0o755)  # squid takes another user
        self.files = folder / "files"
        self.files.mkdir()
        self.client = build(folder, "engines_client")
        self.process = subprocess.Popen([build(folder, "engines_server"), w.UPSTREAM, leaf, key, self.files],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.project = self._project()

    def _project(self) -> pathlib.Path:
        """A project whose lock names so many packages of the server."""
        chance, packages = random.Random(1), {}
        names = [f"p{number}" for number in range(PACKAGES)]
        for name in names:
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w:gz") as archive:
                for path, content in (("package.json", json.dumps({"name": name, "version": "1.0.0"}).encode()),
                                      ("index.js", chance.randbytes(PACKAGE_BYTES))):
                    one = tarfile.TarInfo(f"package/{path}")
                    one.size = len(content)
                    archive.addfile(one, io.BytesIO(content))
            (self.files / f"{name}.tgz").write_bytes(packed.getvalue())
            packages[f"node_modules/{name}"] = {
                "version": "1.0.0", "resolved": f"https://{HOST}:{self.port}/files/{name}.tgz",
                "integrity": "sha512-" + base64.b64encode(hashlib.sha512(packed.getvalue()).digest()).decode()}
        wanted = {"name": "bench", "version": "1.0.0", "dependencies": {name: "1.0.0" for name in names}}
        project = self.folder / "project"
        project.mkdir()
        (project / "package.json").write_text(json.dumps(wanted))
        (project / "package-lock.json").write_text(json.dumps(
            {"name": "bench", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": wanted, **packages}}))
        # The names of the bench are in no DNS.
        (project / "names.js").write_text(
            "const dns = require('dns'), lookup = dns.lookup;\n"
            "dns.lookup = (host, ...more) => lookup(host.endsWith('.bench.test') ? '%s' : host, ...more);\n"
            % w.UPSTREAM)
        return project

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def children(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for thread in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += [int(child) for child in thread.read_text().split()]
    return found


def proportional_kilobytes(pid: int) -> int:
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.split("\nPss:")[1].split()[0])


class Way:
    """From the client to the server; this one without a proxy."""

    ca = port = process = None

    def __init__(self, bench: Bench) -> None:
        self.bench, self.ca = bench, bench.ca

    def processes(self) -> list[int]:
        return children(self.process.pid) if self.process else []

    def busy(self) -> float:
        """The seconds of processor time that it took so far."""
        return sum(int((thread / "schedstat").read_text().split()[0]) for pid in self.processes()
                   for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9

    def resident(self) -> float:
        """MB, of all its processes."""
        return sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
                   for pid in self.processes()) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def proportional(self) -> float:
        return sum(proportional_kilobytes(pid) for pid in self.processes()) / 1e3

    def load(self, *load, host: str = HOST) -> float:
        address, port, server = (("127.0.0.1", self.port, self.bench.port) if self.port
                                 else (w.UPSTREAM, self.bench.port, 0))
        return float(subprocess.run([self.bench.client, address, str(port), host, str(server), self.ca,
                                     *map(str, load)], stdout=subprocess.PIPE, check=True).stdout)

    def npm(self) -> float:
        """Seconds of `npm ci`, with an empty cache."""
        project, cache = self.bench.project, self.bench.folder / "npm-cache"
        shutil.rmtree(cache, ignore_errors=True)
        shutil.rmtree(project / "node_modules", ignore_errors=True)
        settings = {"NODE_EXTRA_CA_CERTS": self.ca, "NODE_OPTIONS": f"--require {project / 'names.js'}",
                    "npm_config_cafile": self.ca, "npm_config_cache": cache, "npm_config_audit": "false",
                    "npm_config_fund": "false", "npm_config_update_notifier": "false"}
        if self.port:
            settings["HTTPS_PROXY"] = settings["npm_config_https_proxy"] = f"http://127.0.0.1:{self.port}"
        start = time.monotonic()
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=project, stdout=subprocess.DEVNULL, check=True,
                       env={**os.environ, **{name: str(value) for name, value in settings.items()}})
        return time.monotonic() - start

    def close(self) -> None:
        pass


class Engine(Way):
    """The native engine, or mitmproxy with the add-on."""

    def __init__(self, bench: Bench, native: bool, rules: int = 0, bounded: bool = False, asks: int = 0) -> None:
        super().__init__(bench)
        w.NATIVE = native
        self.proxy = proxy_world.Measured(bench, "ours", [
            w.rule(f"h{number}.example.org", paths=["/v1/**"]) for number in range(rules)], bounded, asks)
        self.ca, self.port, self.process = self.proxy.ca, self.proxy.port, self.proxy.process
        self.ready_after = self.proxy.ready_after

    def close(self) -> None:
        self.proxy.stop()


class Unread(Way):
    """Through that proxy, to the name whose TLS it passes on."""

    def __init__(self, way: Way) -> None:
        super().__init__(way.bench)
        self.port, self.process = way.port, way.process

    def load(self, *load) -> float:
        return super().load(*load, host=proxy_world.UNREAD)


class Squid(Way):
    """Debian's squid-openssl; it makes certificates for what it looks into, and caches nothing."""

    count = 0

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        Squid.count += 1
        folder = bench.folder / f"squid-{Squid.count}"
        folder.mkdir()
        self.port, self.ca = w.free_port(), str(folder / "ca.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "30", "-subj", "/CN=squid", "-keyout", folder / "ca.key", "-out", self.ca],
                       check=True, stderr=subprocess.DEVNULL)
        helper = "/usr/lib/squid/security_file_certgen"
        subprocess.run([helper, "-c", "-s", folder / "certificates", "-M", "4MB"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (folder / "hosts").write_text("".join(f"{w.UPSTREAM} {name}\n" for name in bench.names))
        (folder / "squid.conf").write_text(f"""
http_port 127.0.0.1:{self.port} ssl-bump generate-host-certificates=on cert={self.ca} key={folder}/ca.key
sslcrtd_program {helper} -s {folder}/certificates -M 4MB
sslcrtd_children 2 startup=1 idle=1
tls_outgoing_options cafile={bench.ca}
ssl_bump stare all
ssl_bump bump all
http_access allow all
cache deny all
cache_mem 8 MB
hosts_file {folder}/hosts
access_log stdio:{folder}/log
cache_log {folder}/cache.log
pid_filename {folder}/pid
coredump_dir {folder}
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
""")
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "proxy", folder], check=True)
        start = time.monotonic()
        self.log = open(folder / "said", "wb")
        self.process = subprocess.Popen([SQUID, "-N", "-n", f"bench{self.port}", "-f", folder / "squid.conf"], stdout=self.log,
                                        stderr=self.log, start_new_session=True)
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                break
            if self.process.poll() is not None or time.monotonic() > start + 30:
                raise RuntimeError((folder / "said").read_text())
            time.sleep(0.001)
        self.ready_after = time.monotonic() - start

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


class Runtime(Way):
    """The proxy of npm's @anthropic-ai/sandbox-runtime, which looks into TLS, or passes tunnels on (its default)."""

    count = 0

    def __init__(self, bench: Bench, looks: bool) -> None:
        super().__init__(bench)
        Runtime.count += 1
        own, package = bench.folder / f"runtime-{Runtime.count}.pem", installed(bench.folder)
        start = time.monotonic()
        self.process = subprocess.Popen(
            ["node", HERE / "engines_runtime.mjs", package, w.UPSTREAM, bench.ca, own if looks else ""],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.ready_after = time.monotonic() - start
        self.ca = str(own) if looks else bench.ca

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def installed(folder: pathlib.Path) -> pathlib.Path:
    """npm's package, of a version that stays the same, fetched once."""
    to = folder / "runtime"
    if not to.exists():
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
                        "--prefix", to, RUNTIME], check=True, stdout=subprocess.DEVNULL)
    return to / "node_modules" / "@anthropic-ai" / "sandbox-runtime"


KINDS = {"engine": lambda bench: Engine(bench, True), "add-on": lambda bench: Engine(bench, False)}
if os.access(SQUID, os.X_OK):
    KINDS["squid"] = Squid
FETCHED = {"runtime": lambda bench: Runtime(bench, True), "its tunnel": lambda bench: Runtime(bench, False)}
