"""OpenSSH around the filter: the operator's keys and agent, servers, and the filter at a socket of ours; and the messages of
the agent's protocol (draft-miller-ssh-agent), made here a second time."""

import base64
import json
import os
import pathlib
import pwd
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

from ports import free_port  # noqa: E402

ME = pwd.getpwuid(os.getuid()).pw_name
FAILURE, SUCCESS, IDENTITIES, SIGNED = 5, 6, 12, 14


def string(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def strings(data):
    found = []
    while data:
        length = struct.unpack(">I", data[:4])[0]
        found.append(data[4:4 + length])
        data = data[4 + length:]
    return found


def bind(key, session, signature, forwarding=0):
    return b"\x1b" + string("session-bind@openssh.com") + string(key) + string(session) + string(signature) + bytes([forwarding])


def login(session, key, user="git", host=None, service="ssh-connection", method=None, algorithm=None, signs=1):
    method = method or ("publickey" if host is None else "publickey-hostbound-v00@openssh.com")
    algorithm = algorithm or strings(key)[0]
    return (string(session) + b"\x32" + string(user) + string(service) + string(method) + bytes([signs]) + string(algorithm)
            + string(key) + (b"" if host is None else string(host)))


def sign(key, data, flags=0):
    return b"\x0d" + string(key) + string(data) + struct.pack(">I", flags)


def sshsig(namespace="git", reserved="", algorithm="sha512", digest=b"d" * 64):
    return b"SSHSIG" + string(namespace) + string(reserved) + string(algorithm) + string(digest)


class Connection:
    """One to the filter, or to the agent itself."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                return None
            data += more
        return data

    def ask(self, message):
        """The answer: its type and the rest; None: it was hung up."""
        self.socket.sendall(string(message))
        return self.answer()

    def answer(self):
        head = self.read(4)
        return head and self.read(struct.unpack(">I", head)[0])

    def kind(self, message):
        said = self.ask(message)
        return said and said[0]


class World:
    def __init__(self, program):
        self.program, self.folder, self.children = os.path.abspath(program), tempfile.mkdtemp(prefix="ssh."), []
        self.said, self.filter = open(self.at("said"), "wb+"), None
        self.known = {}
        os.mkdir(self.at("rules"))
        for name, kind in (("mine", "ed25519"), ("other", "ed25519"), ("rsa", "rsa"), ("p256", "ecdsa"),
                           ("host", "ed25519"), ("host-rsa", "rsa"), ("host-256", "ecdsa"), ("host-384", "ecdsa"),
                           ("host-521", "ecdsa"), ("foreign", "ed25519")):
            bits = {"host-384": "384", "host-521": "521", "rsa": "2048", "host-rsa": "2048"}.get(name, "256")
            self.run("ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-C", f"{name}@secret.place", "-f", self.at(name))
        self.start("ssh-agent", "-D", "-a", self.at("agent"))
        self.wait(self.at("agent"))
        for name in ("mine", "other", "rsa", "p256"):
            self.run("ssh-add", "-q", self.at(name), env={**os.environ, "SSH_AUTH_SOCK": self.at("agent")})

    def at(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, **options):
        return subprocess.run(words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, **{"timeout": 60, **options})

    def start(self, *words, **options):
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 **{"stderr": subprocess.DEVNULL, **options})
        self.children.append(child)
        return child

    @staticmethod
    def wait(path):
        for _ in range(500):
            if os.path.exists(path):
                return
            time.sleep(0.01)
        raise TimeoutError(path)

    def public(self, name):
        with open(self.at(f"{name}.pub"), encoding="ascii") as file:
            return " ".join(file.read().split()[:2])

    def key(self, name):
        return base64.b64decode(self.public(name).split()[1])

    def signature(self, name, data, flags=0):
        """By the key of a host, which an agent of its own has."""
        if not os.path.exists(self.at("hosts")):
            self.start("ssh-agent", "-D", "-a", self.at("hosts"))
            self.wait(self.at("hosts"))
        self.run("ssh-add", "-q", self.at(name), env={**os.environ, "SSH_AUTH_SOCK": self.at("hosts")})
        return strings(Connection(self.at("hosts")).ask(sign(self.key(name), data, flags))[1:])[0]

    def begin(self, hosts, keys, *flags, agent=None):
        """The filter, with these: {known_hosts' name: key's name}"""
        if self.filter:
            self.filter.kill()
            self.filter.wait()
            os.unlink(self.at("socket"))
        with open(self.at("rules/known_hosts"), "w", encoding="ascii") as file:
            file.writelines(f"{host} {self.public(name)}\n" for host, names in hosts.items() for name in names)
        with open(self.at("rules/keys"), "w", encoding="ascii") as file:
            file.writelines(f"{self.public(name)}\n" for name in keys)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.at("socket"))
            listener.listen(64)
            self.filter = self.listening(listener, *flags, agent=agent)

    def listening(self, listener, *flags, agent=None, folder=None):
        os.dup2(listener.fileno(), 9)
        words = ["sh", "-c", 'export LISTEN_FDS=1 LISTEN_PID=$$; exec 3<&9 9<&-; exec "$@"', "x", self.program,
                 "--ssh-agent", folder or self.at("rules"), *flags]
        environment = {"SSH_AUTH_SOCK": agent or self.at("agent"), "PATH": os.environ["PATH"]}
        return self.start(*words, pass_fds=(9,), env=environment, stderr=self.said)

    def connect(self):
        return Connection(self.at("socket"))

    def bound(self, session=b"s" * 32, host="host"):
        one = self.connect()
        assert one.kind(bind(self.key(host), session, self.signature(host, session))) == SUCCESS
        return one

    def log(self):
        """What was decided since it was last asked."""
        self.said.seek(0)
        lines = [json.loads(line) for line in self.said.read().decode().splitlines()]
        self.said.seek(0)
        self.said.truncate()
        return lines

    def server(self, host_key):
        """sshd, of ourselves; whoever has one of the agent's keys is let in. Its port."""
        port = free_port()
        name = f"sshd-{host_key}"
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", 0o755, exist_ok=True)
        with open(self.at("authorized"), "w", encoding="ascii") as file:
            file.writelines(f"{self.public(one)}\n" for one in ("mine", "other", "rsa", "p256"))
        with open(self.at(name), "w", encoding="ascii") as file:
            file.write(f"Port {port}\nListenAddress 127.0.0.1\nHostKey {self.at(host_key)}\nPidFile none\nStrictModes no\n"
                       f"UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
                       f"AuthorizedKeysFile {self.at('authorized')}\nAllowAgentForwarding yes\nAllowTcpForwarding yes\n")
        self.start(shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", self.at(name),
                   stderr=open(self.at(f"{name}.log"), "wb"))
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                self.known[port] = host_key
                return port
            except OSError:
                time.sleep(0.01)
        raise TimeoutError(name)

    def ssh(self, port, *words, options=(), host="127.0.0.1"):
        """As a session has it: only the filter's socket. (exit code, what it printed)"""
        with open(self.at("known"), "w", encoding="ascii") as file:
            file.writelines(f"[127.0.0.1]:{one} {self.public(name)}\n" for one, name in self.known.items())
        done = self.run("ssh", "-F", "none", "-o", f"UserKnownHostsFile={self.at('known')}", "-o", "BatchMode=yes", "-o",
                        "IdentityFile=none", "-o", "StrictHostKeyChecking=yes", "-p", str(port), *options, f"{ME}@{host}",
                        *words, env={"SSH_AUTH_SOCK": self.at("socket"), "PATH": os.environ["PATH"], "HOME": self.folder})
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def end(self):
        for child in self.children:
            child.kill()
            child.wait()
        shutil.rmtree(self.folder)
