"""Rules of repositories of GitHub, as they are rendered, in the real proxies: git itself against its own http-backend,
under the name github.com."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import threading
import unittest

import test_live
import world as w

SERVER: http.server.ThreadingHTTPServer
REPOSITORIES: pathlib.Path
NAME = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Backend(http.server.BaseHTTPRequestHandler):
    """CGI, RFC 3875, as far as git http-backend asks; names in whatever case, as GitHub has them."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        path = path.lower() if path.split("/")[2].endswith(".git") else path.lower().replace("/hello/", "/hello.git/")
        body = self.body()
        made = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, check=True, timeout=60,
            env={**os.environ, "GIT_PROJECT_ROOT": str(REPOSITORIES), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                 "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "x", "CONTENT_LENGTH": str(len(body)),
                 "CONTENT_TYPE": self.headers.get("Content-Type", ""), "GIT_CONFIG_COUNT": "1",
                 "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                 "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "GIT_CONFIG_KEY_0": "safe.directory",
                 "GIT_CONFIG_VALUE_0": "*"}).stdout
        head, _, body = made.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in {**fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        found = b""
        while length := int(self.rfile.readline(), 16):
            found += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def log_message(self, *_) -> None:
        pass


def git(*words, cwd=None, **more) -> subprocess.CompletedProcess:
    return subprocess.run(["git", *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_TERMINAL_PROMPT": "0", **NAME, **more})


def setUpModule() -> None:
    global SERVER, REPOSITORIES
    test_live.setUpModule()
    world = test_live.WORLD
    world.names.update({name: [w.UPSTREAM] for name in ("github.com", "api.github.com")})
    REPOSITORIES = world.folder / "repositories"
    for name in ("hello", "other"):
        git("init", "-q", "--bare", "-b", "main", REPOSITORIES / "octo" / f"{name}.git")
    SERVER = http.server.ThreadingHTTPServer((w.UPSTREAM, 0), Backend)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(world.folder / "leaf.pem", world.folder / "leaf.key")
    SERVER.socket = context.wrap_socket(SERVER.socket, server_side=True)
    threading.Thread(target=SERVER.serve_forever, daemon=True).start()


def tearDownModule() -> None:
    SERVER.shutdown()
    SERVER.server_close()
    test_live.tearDownModule()


def rendered(**rule) -> list[dict]:
    """The rules that the proxy gets, at the port of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        spec = pathlib.Path(folder, "spec.json")
        spec.write_text(json.dumps({"version": 1, "name": "demo", "network": {"rules": [rule]}}))
        subprocess.run([w.PROGRAM, "render", spec, "-o", f"{folder}/tree"], check=True, capture_output=True, timeout=120,
                       env={"SOURCE_DATE_EPOCH": "1790000000", "HOME": "/nonexistent"})
        made = json.loads(pathlib.Path(folder, "tree", "proxy", "policy.json").read_text())["rules"]
    return [{**one, "ports": [SERVER.server_port]} for one in made]


class GitHub(unittest.TestCase):
    def start(self, **rule) -> None:
        self.proxy = w.Proxy(test_live.WORLD, w.policy(rendered(**rule), []), self.id(), {})
        self.addCleanup(self.proxy.close)
        self.folder = test_live.WORLD.folder / f"work-{self.id()}"

    def git(self, *words, cwd=None) -> subprocess.CompletedProcess:
        return git(*words, cwd=cwd, HTTPS_PROXY=f"http://127.0.0.1:{self.proxy.port}", GIT_SSL_CAINFO=self.proxy.ca)

    def url(self, name: str) -> str:
        return f"https://github.com:{SERVER.server_port}/{name}"

    def push(self) -> subprocess.CompletedProcess:
        if not self.folder.exists():
            git("init", "-q", "-b", "main", self.folder)
        git("commit", "-q", "--allow-empty", "-m", self.id(), cwd=self.folder)
        return self.git("push", self.url("octo/hello.git"), "HEAD:refs/heads/" + self._testMethodName, cwd=self.folder)

    def test_write(self):
        self.start(github="Octo/Hello", access="write")
        self.assertEqual(self.push().returncode, 0)
        for name in ("octo/hello", "OCTO/hellO.git", "Octo/Hello.GIT"):
            said = self.git("ls-remote", self.url(name))
            self.assertIn("refs/heads/test_write", said.stdout, said.stderr)
        for name in ("octo/other.git", "octo/hello2", "octo2/hello", "octo/hello.git.git", "octo/hello/../other.git"):
            self.assertIn("403", self.git("ls-remote", self.url(name)).stderr, name)
        (verdict,) = {one["verdict"] for one in self.proxy.decisions() if "other" in one["path"]}
        self.assertEqual(verdict, "deny")

    def test_read(self):
        self.start(github="octo/hello")
        source = test_live.WORLD.folder / "source"
        git("init", "-q", "-b", "main", source)
        git("commit", "-q", "--allow-empty", "-m", "x", cwd=source)
        git("push", "-q", REPOSITORIES / "octo" / "hello.git", "HEAD:main", cwd=source)
        said = self.git("clone", self.url("octo/hello"), self.folder)
        self.assertEqual(said.returncode, 0, said.stderr)
        said = self.push()
        self.assertIn("403", said.stderr)
        self.assertNotIn("test_read", git("ls-remote", REPOSITORIES / "octo" / "hello.git").stdout)
        self.assertIn("service=git-receive-pack", self.proxy.decisions()[-1]["missing"]["query"])

    def test_one_ceiling(self):
        self.start(github="octo/hello", requests="2/d")
        said = [self.git("ls-remote", self.url("octo/hello.git")) for _ in range(2)]
        self.assertEqual(said[0].returncode, 0, said[0].stderr)
        self.assertIn("429", said[1].stderr)


if __name__ == "__main__":
    unittest.main()
