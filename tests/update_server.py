#!/usr/bin/env python3
"""Git's own servers for tests/update: http-backend behind TLS, and sshd, both as whoever runs it, until standard input
ends.

    tests/update_server.py FOLDER      serves the repositories of FOLDER/srv; makes ca.pem, key, known_hosts and ports
                                       (https and ssh) there

Of https, /open/* asks nobody, /private/* for me:word, /old/* has the protocol of git before 2.18, in which no commit is
given by its id, /away/* leads to the http in the clear, whose every request is written to `clear`, /slow/* says nothing."""

import base64
import http.server
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

from ports import free_port

folder = pathlib.Path(sys.argv[1])
USER = "Basic " + base64.b64encode(b"me:word").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    clear_port = 0

    def log_message(self, *words):
        pass

    def end(self, code, fields=(), body=b""):
        self.send_response(code)
        for name, value in (*fields, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def backend(self, path, query):
        environment = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(folder / "srv"), "GIT_HTTP_EXPORT_ALL": "1",
                       "GIT_CONFIG_GLOBAL": os.devnull, "PATH_INFO": path, "QUERY_STRING": query,
                       "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                       "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", "")}
        if not self.path.startswith("/old/"):
            environment["GIT_PROTOCOL"] = self.headers.get("Git-Protocol", "")
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment["CONTENT_LENGTH"] = str(len(body))
        answer = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, check=False)
        head, _, rest = answer.stdout.partition(b"\r\n\r\n")
        fields = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
        self.end(int(fields.pop("Status", "200").split()[0]), fields.items(), rest)

    def answer(self):
        path, _, query = self.path.partition("?")
        kind, _, rest = path[1:].partition("/")
        if kind == "slow":
            time.sleep(60)
        if kind == "away":
            self.end(302, [("Location", f"http://localhost:{self.clear_port}/{rest}?{query}")])
        elif kind == "private" and self.headers.get("Authorization") != USER:
            self.end(401, [("WWW-Authenticate", 'Basic realm="base"')])
        else:
            self.backend("/" + rest, query)

    do_GET = do_POST = answer


class Clear(Handler):
    def answer(self):
        with open(folder / "clear", "a", encoding="utf-8") as file:
            file.write(self.path + "\n")
        self.backend(self.path.partition("?")[0], self.path.partition("?")[2])

    do_GET = do_POST = answer


def serve(handler, context=None):
    server = http.server.ThreadingHTTPServer(("localhost", 0), handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def quiet(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificate():
    quiet("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
          "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "tls.key",
          "-out", folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "tls.key")
    return context


def sshd():
    port = free_port()
    for name in ("host_key", "key"):
        quiet("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name)
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", 0o755, exist_ok=True)
    (folder / "known_hosts").write_text(f"[localhost]:{port} " + (folder / "host_key.pub").read_text())
    (folder / "sshd.conf").write_text(
        f'Port {port}\nListenAddress 127.0.0.1\nHostKey "{folder}/host_key"\nPidFile none\nStrictModes no\nUsePAM no\n'
        f'PasswordAuthentication no\nKbdInteractiveAuthentication no\nAuthorizedKeysFile "{folder}/key.pub"\n')
    server = subprocess.Popen([shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd.conf"],
                              stderr=open(folder / "sshd.log", "wb"))
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server, port
        except OSError:
            time.sleep(0.01)
    raise TimeoutError("sshd")


Handler.clear_port = serve(Clear)
https = serve(Handler, certificate())
daemon, ssh = sshd()
(folder / "ports.new").write_text(f"{https} {ssh}\n")
(folder / "ports.new").rename(folder / "ports")
sys.stdin.read()
daemon.kill()
