"""Cooldowns, in the real proxies: npm and pip against indexes with dates, and attacks on what they let through."""

from __future__ import annotations

import base64
import datetime
import hashlib
import gzip
import io
import json
import os
import pathlib
import subprocess
import tarfile
import threading
import time
import unittest
import zipfile
from collections.abc import Callable

import native_world as n
import test_live
import world as w

HOSTS = ("registry.world.test", "index.world.test", "files.world.test", "mirror.world.test")
WEEK = 7 * 86400


def ago(days: float) -> str:
    when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Dated(w.Server):
    """Answers what pages says; each is a status, fields and a body (or what sends the whole answer), or something that
    makes them of the request."""

    def __init__(self, tls) -> None:
        self.pages: dict[str, tuple] = {}
        super().__init__(w.UPSTREAM, tls)

    def handler(self, path, lower):
        return self.serve

    def serve(self, connection, record, lower) -> bool:
        method, target = record["line"].split(b" ")[:2]
        page = self.pages.get(lower[b"host"].split(b":")[0].decode() + target.partition(b"?")[0].decode(), NONE)
        status, fields, body = page(record, lower) if callable(page) else page
        if callable(body):
            return body(connection)
        if method == b"HEAD":
            connection.sendall(b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n" % (
                status, b"".join(b"%s: %s\r\n" % one for one in fields), len(body)))
        else:
            w.send(connection, status, list(fields), body)
        return True

    def asked(self, text: str) -> list[dict]:
        return [one for one in self.requests if text.encode() in one["line"]]


NONE = b"404 Not Found", [(b"Content-Type", b"application/json")], b'{"error":"not found"}'


def tarball(name: str, version: str) -> bytes:
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for file, text in (("package.json", json.dumps({"name": name, "version": version, "main": "x.js"})),
                           ("x.js", f"module.exports = '{version}'\n")):
            member = tarfile.TarInfo("package/" + file)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


def wheel(name: str, version: str) -> bytes:
    made, folder = io.BytesIO(), f"{name}-{version}.dist-info"
    files = {f"{name}.py": f"VERSION = '{version}'\n", f"{folder}/METADATA":
             f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
             f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    record = "".join(f"{path},,\n" for path in [*files, f"{folder}/RECORD"])
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in {**files, f"{folder}/RECORD": record}.items():
            archive.writestr(path, text)
    return made.getvalue()


def setUpModule() -> None:
    test_live.setUpModule()
    global SERVER
    world = test_live.WORLD
    world.names.update({host: [w.UPSTREAM] for host in HOSTS})
    SERVER = Dated(world.upstream.tls)


def tearDownModule() -> None:
    SERVER.close()
    test_live.tearDownModule()


def index_of(kind: str, host: str, path: str = "") -> dict:
    return {"kind": kind, "host": host, "port": SERVER.port, "path": path}


def cooldown(host: str, index: dict, **changes) -> dict:
    made = {"host": host, "suffix": False, "paths": ["/**"], "ports": [SERVER.port], "seconds": WEEK, "index": index}
    made.update(changes)
    return made


def made_policy(enforcement: str = "enforce", **changes) -> dict:
    made = w.policy([w.rule(host, ports=[SERVER.port], methods=["GET", "HEAD", "POST"]) for host in HOSTS],
                    [w.credential("api", "registry.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)], enforcement)
    made["credentials"][0]["ask"] = True
    made["cooldowns"] = [
        cooldown("registry.world.test", index_of("npm", "registry.world.test")),
        cooldown("index.world.test", index_of("pypi", "index.world.test", "/simple"), paths=["/simple/**"], owner="me"),
        cooldown("files.world.test", index_of("pypi", "index.world.test", "/simple"))]
    made.update(changes)
    return made


class Case(unittest.TestCase):
    enforcement = "enforce"

    def setUp(self) -> None:
        self.folder = test_live.WORLD.folder / (self.id() + ".client")
        self.folder.mkdir()
        SERVER.pages.clear()
        SERVER.requests.clear()
        self.proxy = w.Proxy(test_live.WORLD, made_policy(self.enforcement), self.id(), test_live.SECRETS)
        self.addCleanup(self.proxy.close)

    def npm_package(self, name: str, versions: dict[str, object], tags: dict[str, str], host="registry.world.test",
                    **changes) -> dict:
        """versions: their ages in days, or what stands in place of a time; None: no time."""
        document = {"_id": name, "name": name, "dist-tags": tags, "versions": {}, "time": {"created": ago(400)}}
        for version, age in versions.items():
            data, place = tarball(name, version), f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
            document["versions"][version] = {"name": name, "version": version, "main": "x.js", "dist": {
                "tarball": f"https://registry.world.test:{SERVER.port}{place}",
                "shasum": hashlib.sha1(data).hexdigest(),
                "integrity": "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()}}
            if age is not None:
                document["time"][version] = ago(age) if isinstance(age, (int, float)) else age
            SERVER.pages[host + place] = b"200 OK", [], data
        document.update(changes)
        page = (b"200 OK", [(b"Content-Type", b"application/json"), (b"ETag", b'"all"'), (b"Last-Modified", b"now"),
                            (b"Cache-Control", b"max-age=300"), (b"Digest", b"x")], json.dumps(document).encode())
        for spelled in (name, name.replace("/", "%2f")):
            SERVER.pages[f"{host}/{spelled}"] = page
        return document

    def pypi_package(self, name: str, versions: dict[str, object], **changes) -> dict:
        files = []
        for version, age in versions.items():
            file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            data, place = wheel(name.replace("-", "_"), version), f"/packages/aa/{file}"
            one = {"filename": file, "url": f"https://files.world.test:{SERVER.port}{place}",
                   "hashes": {"sha256": hashlib.sha256(data).hexdigest()}, "requires-python": ">=3.6", "yanked": False}
            if age is not None:
                one["upload-time"] = ago(age) if isinstance(age, (int, float)) else age
            files.append(one)
            SERVER.pages["files.world.test" + place] = b"200 OK", [], data
        document = {"meta": {"api-version": "1.1"}, "name": name, "versions": list(versions), "files": files}
        document.update(changes)
        SERVER.pages[f"index.world.test/simple/{name}/"] = (
            b"200 OK", [(b"Content-Type", b"application/vnd.pypi.simple.v1+json"), (b"ETag", b'"all"')],
            json.dumps(document).encode())
        return document

    def ask(self, path: str, host: str = "registry.world.test", timeout: float = 20.0, **more) -> str:
        with w.Client(self.proxy, timeout) as client:
            client.connect(f"{host}:{SERVER.port}")
            client.tls(host)
            self.answer = client.raw(test_live.request(path, host, port=SERVER.port, **more))
        self.head, _, self.body = self.answer.partition(b"\r\n\r\n")
        return test_live.status(self.answer)

    def refused(self, path: str, words: str, host: str = "registry.world.test", **more) -> None:
        self.assertEqual(self.ask(path, host, **more), "403", self.answer[:600])
        self.assertIn(words.encode(), self.body[:2000])
        last = self.proxy.decisions()[-1]
        self.assertEqual(last["verdict"], "deny")
        self.assertIn(words, last["reason"])

    def run_tool(self, *command: str) -> subprocess.CompletedProcess:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
        return subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, env=dict(
                                  kept, HOME=str(self.folder), npm_config_cache=str(self.folder / "cache")))

    def npm(self, *words: str) -> subprocess.CompletedProcess:
        return self.run_tool("npm", *words, "--registry", f"https://registry.world.test:{SERVER.port}/",
                             "--https-proxy", f"http://127.0.0.1:{self.proxy.port}", "--cafile", self.proxy.ca,
                             "--no-audit", "--no-fund", "--fetch-retries", "0", "--no-update-notifier")

    def pip(self, *words: str) -> subprocess.CompletedProcess:
        return self.run_tool("/usr/bin/python3", "-m", "pip", *words, "--disable-pip-version-check", "--no-deps",
                             "--index-url", f"https://index.world.test:{SERVER.port}/simple", "--retries", "0",
                             "--proxy", f"http://127.0.0.1:{self.proxy.port}", "--cert", self.proxy.ca)


class RealClients(Case):
    def installed(self, name: str) -> str:
        return json.loads((self.folder / "node_modules" / name / "package.json").read_text())["version"]

    def test_npm(self):
        self.npm_package("left", {"1.0.0": 30, "1.1.0": 20, "2.0.0": 1}, {"latest": "2.0.0", "next": "2.0.0"})
        self.npm_package("@team/tool", {"0.1.0": 9, "0.2.0": 6.9}, {"latest": "0.2.0"})
        done = self.npm("install", "left", "@team/tool")
        self.assertEqual(done.returncode, 0, done.stdout + self.proxy.log_text())
        self.assertEqual((self.installed("left"), self.installed("@team/tool")), ("1.1.0", "0.1.0"))
        told = [one for one in self.proxy.events() if one["event"] == "cooldown"]
        self.assertIn(("left", 2, 1), [(one["package"], one["left"], one["left_out"]) for one in told])
        young = self.npm("install", "left@2.0.0")
        self.assertNotEqual(young.returncode, 0)
        self.assertIn("No matching version found for left@2.0.0", young.stdout)
        self.assertEqual(self.npm("view", "left", "versions", "--json").stdout.split(), '[ "1.0.0", "1.1.0" ]'.split())

    def test_npm_with_a_lockfile_of_a_young_version(self):
        whole = self.npm_package("left", {"1.0.0": 30, "2.0.0": 1}, {"latest": "2.0.0"})["versions"]["2.0.0"]["dist"]
        (self.folder / "package.json").write_text(json.dumps(
            {"name": "a", "version": "1.0.0", "dependencies": {"left": "2.0.0"}}))
        (self.folder / "package-lock.json").write_text(json.dumps({
            "name": "a", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": {
                "": {"name": "a", "version": "1.0.0", "dependencies": {"left": "2.0.0"}},
                "node_modules/left": {"version": "2.0.0", "resolved": whole["tarball"], "integrity": whole["integrity"]}}}))
        done = self.npm("ci")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("agent-sandbox: the rule for registry.world.test lets packages through that are 7 days old, and GET "
                      f"registry.world.test:{SERVER.port}/left/-/left-2.0.0.tgz was published at ", done.stdout)
        self.assertEqual(SERVER.asked("left-2.0.0.tgz"), [])

    def test_pip(self):
        self.pypi_package("demo-lib", {"1.0": 30, "1.5": 8, "2.0": 1})
        done = self.pip("download", "--no-cache-dir", "demo-lib")
        self.assertEqual(done.returncode, 0, done.stdout + self.proxy.log_text())
        self.assertTrue((self.folder / "demo_lib-1.5-py3-none-any.whl").exists(), done.stdout)
        done = self.pip("install", "--no-cache-dir", "--target", "into", "demo-lib")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual((self.folder / "into" / "demo_lib.py").read_text(), "VERSION = '1.5'\n")
        young = self.pip("download", "--no-cache-dir", "demo-lib==2.0")
        self.assertNotEqual(young.returncode, 0)
        self.assertIn("(from versions: 1.0, 1.5)", young.stdout)
        direct = self.pip("download", "--no-cache-dir", f"https://files.world.test:{SERVER.port}/packages/aa/demo_lib-2.0-py3-none-any.whl")
        self.assertNotEqual(direct.returncode, 0)
        self.assertIn("403", direct.stdout)
        self.assertEqual(SERVER.asked("demo_lib-2.0"), [])


class Npm(Case):
    def document(self) -> dict:
        return json.loads(self.body)

    def test_what_is_asked_and_what_goes_on(self):
        self.npm_package("left", {"1.0.0": 30, "2.0.0": 1}, {"latest": "2.0.0"})
        self.assertEqual(self.ask("/left", extra="Accept: application/vnd.npm.install-v1+json\r\nIf-None-Match: \"all\"\r\n"
                                                 "If-Modified-Since: x\r\nRange: bytes=0-9\r\nAccept-Encoding: gzip\r\n"), "200")
        sent = dict((name.lower(), value) for name, value in SERVER.requests[-1]["fields"])
        self.assertEqual((sent[b"accept"], sent[b"accept-encoding"]), (b"application/json", b"identity"))
        self.assertEqual([one for one in sent if one in (b"if-none-match", b"if-modified-since", b"range")], [])
        self.assertEqual(self.document()["dist-tags"], {"latest": "1.0.0"})
        self.assertEqual(list(self.document()["versions"]), ["1.0.0"])
        self.assertEqual(list(self.document()["time"]), ["created", "1.0.0"])
        fields = self.head.lower()
        for name in (b"etag", b"last-modified", b"max-age", b"digest"):
            self.assertNotIn(name, fields)
        self.assertIn(b"cache-control: no-store", fields)
        self.assertIn(b"content-length: %d" % len(self.body), fields)
        self.assertEqual(self.ask("/left", method="HEAD"), "200")
        self.assertNotIn(b"etag", self.head.lower())

    def test_tags(self):
        self.npm_package("left", {"1.0.0": 30, "1.2.0+b2": 20, "2.0.0-beta.2": 20, "2.0.0-beta.11": 20, "2.0.0-rc.1": 1,
                                  "2.0.0": 1, "not-semver": 30, "3.0.0": 1},
                         {"latest": "2.0.0", "next": "2.0.0-rc.1", "old": "1.0.0", "none": "0.0.1", "odd": "x", "three": "3.0.0"})
        self.ask("/left")
        self.assertEqual(self.document()["dist-tags"], {
            "latest": "2.0.0-beta.11", "next": "2.0.0-beta.11", "old": "1.0.0", "three": "1.2.0+b2"})
        self.npm_package("beta", {"1.0.0-a": 30, "1.0.0-a.b": 30, "1.1.0": 1}, {"latest": "1.1.0"})
        self.ask("/beta")
        self.assertEqual(self.document()["dist-tags"], {"latest": "1.0.0-a.b"})

    def test_manifests(self):
        self.npm_package("left", {"1.0.0": 30, "2.0.0": 1}, {"latest": "2.0.0"})
        self.npm_package("@team/tool", {"0.1.0": 9}, {"latest": "0.1.0"})
        for path, version in (("/left/latest", "1.0.0"), ("/left/1.0.0", "1.0.0"), ("/@team/tool/latest", "0.1.0"),
                              ("/@team%2ftool/0.1.0", "0.1.0")):
            self.assertEqual(self.ask(path), "200", path)
            self.assertEqual(self.document()["version"], version)
        self.refused("/left/2.0.0", "7 days old, and left has no 2.0.0 that is")
        self.assertEqual({one["line"].split()[1] for one in SERVER.requests}, {b"/left", b"/@team%2ftool"})

    def test_times(self):
        odd = ["", 5, "yesterday", "2020-02-30T00:00:00Z", "2020-01-01", "2020-01-01T00:00:00", "2020-01-01T00:00:00+24:00",
               "2020-01-01T24:00:00Z", "2020-01-01T00:00:00Zx", "20200101T000000Z", "2999-01-01T00:00:00Z", None]
        fine = ["2020-01-01T00:00:00Z", "2020-01-01t00:00:00.5+05:30", "2016-12-31T23:59:60Z", "2020-02-29T00:00:00-12:00"]
        versions = {f"1.0.{n}": when for n, when in enumerate(odd)}
        versions.update({f"2.0.{n}": when for n, when in enumerate(fine)})
        whole = self.npm_package("left", {one: 1 for one in versions}, {})
        whole["time"] = {one: when for one, when in versions.items() if when is not None}
        SERVER.pages["registry.world.test/left"] = b"200 OK", [], json.dumps(whole).encode()
        self.assertEqual(self.ask("/left"), "200")
        self.assertEqual(sorted(self.document()["versions"]), [f"2.0.{n}" for n in range(len(fine))])
        self.refused("/left/-/left-1.0.0.tgz", "does not say how old")
        self.refused("/left/-/left-1.0.10.tgz", "was published at 2999-01-01 00:00:00 UTC")

    def test_unusable_indexes(self):
        good = self.npm_package("left", {"1.0.0": 30}, {"latest": "1.0.0"})
        body = json.dumps(good).encode()
        for words, page in {
            "it is that of another package": (b"200 OK", [], body.replace(b'"name": "left"', b'"name": "right"', 1)),
            "it gives no dates": (b"200 OK", [], json.dumps(dict(good, time=None)).encode()),
            "it is no JSON that can be read in one way": (b"200 OK", [], body.replace(b'"_id"', b'"time": {}, "_id"', 1)),
            "its answer is a 304": (b"304 Not Modified", [], b""),
            "its answer is a 206": (b"206 Partial Content", [], body),
            "it is compressed": (b"200 OK", [(b"Content-Encoding", b"gzip")], body),
        }.items():
            SERVER.pages["registry.world.test/left"] = page
            self.refused("/left", f"the index at https://registry.world.test:{SERVER.port} cannot be used for GET "
                                  f"registry.world.test:{SERVER.port}/left: {words}")
            self.refused("/left/-/left-1.0.0.tgz", "does not say how old")
        SERVER.pages["registry.world.test/left"] = b"200 OK", [], b"[" * 100000
        self.refused("/left", "no JSON")
        self.assertEqual(SERVER.asked(".tgz"), [])
        SERVER.pages["registry.world.test/left"] = NONE
        self.assertEqual(self.ask("/left"), "404")
        SERVER.pages["registry.world.test/left"] = b"302 Found", [(b"Location", b"/other")], b""
        self.assertEqual(self.ask("/left"), "302")
        self.npm_package("left", {"1.0.0": 1}, {})
        self.refused("/left", "7 days old, and no version of left is; the first opens at ")

    def test_a_long_index(self):
        self.npm_package("left", {"1.0.0": 30}, {}, readme="x" * (25 * 1024 * 1024))
        self.refused("/left", "it is longer than 24 MiB", timeout=60)
        status, fields, body = SERVER.pages["registry.world.test/left"]
        self.npm_package("left", {"1.0.0": 30}, {}, readme="x" * (20 * 1024 * 1024))
        self.assertEqual(self.ask("/left", timeout=60), "200")

    def test_files(self):
        self.npm_package("left", {"1.0.0": 30, "2.0.0": 1, "3.0.0+b": 30}, {})
        self.npm_package("@team/tool", {"0.1.0": 30, "0.2.0": 1}, {})
        self.assertEqual(self.ask("/left/-/left-1.0.0.tgz"), "200")
        self.assertEqual(self.body, tarball("left", "1.0.0")[:len(self.body)])
        self.assertEqual([one["line"].split()[1] for one in SERVER.requests], [b"/left", b"/left/-/left-1.0.0.tgz"])
        self.assertEqual(self.ask("/left/-/left-1.0.0.tgz?x=1", extra="Range: bytes=0-1\r\n"), "200")
        self.assertEqual(len(SERVER.asked("GET /left HTTP")), 1)
        for path in ("/@team/tool/-/tool-0.1.0.tgz", "/@team%2ftool/-/tool-0.1.0.tgz", "/left/-/left-3.0.0+b.tgz",
                     "/left/-/left-3.0.0%2Bb.tgz"):
            self.assertIn(self.ask(path), ("200", "404"), path)
        for path in ("/left/-/left-2.0.0.tgz", "/left/-/left%2d2.0.0.tgz", "/@team/tool/-/tool-0.2.0.tgz",
                     "/@team%2Ftool/-/tool-0.2.0.tgz"):
            self.refused(path, " was published at ")
        for path in ("/LEFT/-/left-2.0.0.tgz", "/left/-/left-2.0.0.tgz/", "/left/-/other.tgz", "/download/left/2.0.0/x",
                     "/-/left/-/left-2.0.0.tgz", "/left/-/-/left-2.0.0.tgz", "/-/left-2.0.0.tgz", "/left/", "/a/b/c"):
            self.refused(path, "does not say how old")
        for path in ("/left/-//left-2.0.0.tgz", "/left;x/-/left-2.0.0.tgz", "//left/-/left-2.0.0.tgz"):
            self.refused(path, "in several ways")
        self.assertEqual(SERVER.asked("2.0.0"), [])
        self.assertEqual(self.ask("/-/v1/search?text=left"), "404")
        self.assertEqual(self.ask("/left/-/left-2.0.0.tgz", method="POST", extra="Content-Length: 0\r\n"), "200")

    def test_an_index_that_lies(self):
        young = self.npm_package("victim", {"9.9.9": 1}, {})
        lie = self.npm_package("liar", {"1.0.0": 30}, {})
        lie["versions"]["1.0.0"]["dist"]["tarball"] = young["versions"]["9.9.9"]["dist"]["tarball"]
        SERVER.pages["registry.world.test/liar"] = b"200 OK", [], json.dumps(lie).encode()
        self.assertEqual(self.ask("/liar"), "200")
        self.refused("/victim/-/victim-9.9.9.tgz", " was published at ")
        self.assertEqual(SERVER.asked(".tgz"), [])

    def test_tarballs_elsewhere(self):
        whole = self.npm_package("@team/tool", {"0.1.0": 30, "0.2.0": 1}, {})
        for version, one in whole["versions"].items():
            place = f"/download/@team/tool/{version}/abc"
            one["dist"]["tarball"] = f"https://registry.world.test:{SERVER.port}{place}"
            SERVER.pages["registry.world.test" + place] = b"200 OK", [], b"x"
        SERVER.pages["registry.world.test/@team%2ftool"] = b"200 OK", [], json.dumps(whole).encode()
        self.refused("/download/@team/tool/0.1.0/abc", "does not say how old")
        self.assertEqual(self.ask("/@team/tool"), "200")
        self.assertEqual(self.ask("/download/@team/tool/0.1.0/abc"), "200")
        self.refused("/download/@team/tool/0.2.0/abc", " was published at ")

    def test_credentials(self):
        self.npm_package("left", {"1.0.0": 30}, {})
        extra = f"X-Api-Key: {w.PLACEHOLDER}\r\n"
        self.assertEqual(self.ask("/left/-/left-1.0.0.tgz", extra=extra), "200")
        keys = [dict((name.lower(), value) for name, value in one["fields"]).get(b"x-api-key") for one in SERVER.requests]
        self.assertEqual(keys, [w.SECRET.encode()] * 2)


class Policies(Case):
    def load(self, policy: dict) -> None:
        before = sum(one["event"] == "policy-loaded" for one in self.proxy.events())
        self.proxy.write_policy(policy)
        self.proxy.hang_up()
        self.assertTrue(self.proxy.wait_for(
            lambda: sum(one["event"] == "policy-loaded" for one in self.proxy.events()) > before))

    def test_the_longest_counts(self):
        npm = index_of("npm", "registry.world.test")
        self.npm_package("left", {"1.0.0": 30, "2.0.0": 8}, {})
        self.assertEqual(self.ask("/left/-/left-2.0.0.tgz"), "200")
        self.load(made_policy(cooldowns=[cooldown("registry.world.test", npm),
                                         cooldown("world.test", npm, suffix=True, seconds=10 * 86400, paths=["/left/**"])]))
        self.refused("/left/-/left-2.0.0.tgz", "the rule for *.world.test lets packages through that are 10 days old")
        self.load(made_policy(cooldowns=[cooldown("registry.world.test", npm), cooldown(
            "registry.world.test", index_of("npm", "mirror.world.test"))]))
        self.refused("/left/-/left-2.0.0.tgz", "rules say different indexes of packages for GET registry.world.test")

    def test_the_index_is_not_let_through(self):
        self.npm_package("left", {"1.0.0": 30}, {})
        policy = made_policy(cooldowns=[cooldown("registry.world.test", index_of("npm", "mirror.world.test"))])
        policy["rules"] = [one for one in policy["rules"] if one["host"] != "mirror.world.test"]
        self.load(policy)
        self.refused("/left/-/left-1.0.0.tgz", "does not say how old")
        self.assertIn("no rule allows GET mirror.world.test", "".join(one.get("reason", "") for one in self.proxy.decisions()))

    def test_an_audit_looks_at_none(self):
        self.npm_package("left", {"1.0.0": 1}, {})
        self.load(made_policy("audit"))
        self.assertEqual(self.ask("/left/-/left-1.0.0.tgz"), "200")


class Crowds(Case):
    """Many indexes at once: memory has a bound, and who comes later has his turn."""

    # Neither a sanitizer's memory is the engine's, nor an emulator's (tests/live/arm64).
    native = os.environ.get("ENGINE") == "native"
    measured = "EMULATED" not in os.environ and not (native and b"__asan_init" in pathlib.Path(w.ENGINE).read_bytes())

    def crowd(self, count: int, name: str) -> list[w.Client]:
        made = []
        for number in range(count):
            client = w.Client(self.proxy, 30)
            client.connect(f"registry.world.test:{SERVER.port}")
            client.tls("registry.world.test")
            self.addCleanup(client.socket.close)
            client.socket.sendall(test_live.request(f"/{name}", "registry.world.test", port=SERVER.port))
            made.append(client)
        return made

    def stands_still(self, count: Callable[[], int]) -> int:
        """What count() says once it says the same for a second."""
        seen, since, until = count(), time.monotonic(), time.monotonic() + 40
        while time.monotonic() < min(since + 1.0, until):
            time.sleep(0.05)
            if count() != seen:
                seen, since = count(), time.monotonic()
        return seen

    def grown(self, before: int, most: int) -> None:
        if self.measured:
            self.assertLess(n.resident(self.proxy.process) - before, most)

    def test_indexes_that_do_not_end(self):
        over, size = threading.Event(), 20 * 1024 * 1024
        def endless(connection) -> bool:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
                size + 1))
            connection.sendall(b"[" * size)
            over.wait(60)
            return False
        self.addCleanup(over.set)
        SERVER.pages["registry.world.test/endless"] = b"200 OK", [], endless
        self.npm_package("left", {"1.0.0": 30}, {})
        before = n.resident(self.proxy.process)
        clients = self.crowd(30 if self.measured else 8, "endless")
        self.stands_still(lambda: n.resident(self.proxy.process) // 1000)
        self.grown(before, 220_000)
        for client in clients:
            client.socket.close()
        over.set()
        self.assertEqual(self.ask("/left", timeout=30), "200")

    def test_clients_that_do_not_read(self):
        self.npm_package("large", {"1.0.0": 30}, {}, readme="x" * (16 * 1024 * 1024))
        self.npm_package("left", {"1.0.0": 30}, {})
        clients = self.crowd(24 if self.measured else 8, "large")
        self.stands_still(lambda: n.resident(self.proxy.process) // 1000)
        self.grown(0, 300_000 if self.native else 900_000)
        for client in clients[:-1]:
            client.socket.close()
        found = bytearray()
        while not found.endswith(b"}"):
            found += clients[-1].socket.recv(1 << 20)
        self.assertGreater(len(found), 16 * 1024 * 1024)
        self.assertEqual(self.ask("/left", timeout=30), "200")


class PyPI(Case):
    def test_forms(self):
        self.pypi_package("demo-lib", {"1.0": 30, "2.0": 1})
        host = "index.world.test"
        accept = "Accept: application/vnd.pypi.simple.v1+json\r\n"
        for path in ("/simple/demo-lib/", "/simple/Demo_Lib", "/simple/demo.lib/"):
            self.assertEqual(self.ask(path, host, extra=accept), "200", path)
            made = json.loads(self.body)
            self.assertEqual([one["filename"] for one in made["files"]], ["demo_lib-1.0-py3-none-any.whl"])
            self.assertEqual(made["versions"], ["1.0"])
            self.assertIn(b"application/vnd.pypi.simple.v1+json", self.head)
        self.assertEqual({one["line"].split()[1] for one in SERVER.requests}, {b"/simple/demo-lib/"})
        whole = self.pypi_package("demo-lib", {"1.0": 30})
        whole["files"][0]["yanked"] = 'no <"&\'>'
        SERVER.pages["index.world.test/simple/demo-lib/"] = b"200 OK", [], json.dumps(whole).encode()
        self.assertEqual(self.ask("/simple/demo-lib/", host, extra="Accept: text/html\r\n"), "200")
        self.assertIn(b"text/html; charset=utf-8", self.head)
        self.assertIn(b'#sha256=' + whole["files"][0]["hashes"]["sha256"].encode() + b'" data-requires-python="&gt;=3.6" '
                      b'data-yanked="no &lt;&quot;&amp;&#x27;&gt;">demo_lib-1.0-py3-none-any.whl</a>', self.body)

    def test_files(self):
        self.pypi_package("demo-lib", {"1.0": 30, "2.0": 1, "3.0": None})
        place, host = "/packages/aa/demo_lib-{}-py3-none-any.whl", "files.world.test"
        SERVER.pages[host + place.format("1.0") + ".metadata"] = b"200 OK", [], b"x"
        self.assertEqual(self.ask(place.format("1.0"), host), "200")
        self.assertEqual([one["line"].split()[1] for one in SERVER.requests], [b"/simple/demo-lib/", place.format("1.0").encode()])
        self.assertEqual(self.ask(place.format("1.0") + ".metadata", host), "200")
        for end in ("", ".metadata", ".asc"):
            self.refused(place.format("2.0") + end, " was published at ", host)
        self.refused(place.format("3.0"), "does not say how old", host)
        self.refused(place.format("1.0").replace("aa", "bb"), "does not say how old", host)
        self.refused("/x", "does not say how old", host)
        self.refused("/simple/demo-lib/x.whl", "does not say how old", "index.world.test")
        self.assertEqual(self.proxy.decisions()[-1]["owner"], "me")

    def test_an_index_that_lies(self):
        young = self.pypi_package("victim", {"9.9": 1})
        lie = self.pypi_package("liar", {"1.0": 30})
        lie["files"][0]["url"] = young["files"][0]["url"]
        SERVER.pages["index.world.test/simple/liar/"] = b"200 OK", [], json.dumps(lie).encode()
        self.assertEqual(self.ask("/simple/liar/", "index.world.test"), "200")
        self.refused("/packages/aa/victim-9.9-py3-none-any.whl", " was published at ", "files.world.test")
        self.assertEqual(SERVER.asked(".whl"), [])

    def test_relative_urls(self):
        whole = self.pypi_package("demo-lib", {"1.0": 30})
        for url in ("../../packages/demo_lib-1.0.tar.gz", "/packages/demo_lib-1.0.tar.gz#sha256=x"):
            whole["files"][0].update(url=url, filename="demo_lib-1.0.tar.gz")
            SERVER.pages["index.world.test/simple/demo-lib/"] = b"200 OK", [], json.dumps(whole).encode()
            SERVER.pages["index.world.test/packages/demo_lib-1.0.tar.gz"] = b"200 OK", [], b"x"
            policy = made_policy()
            policy["cooldowns"][1]["paths"] = ["/**"]
            self.proxy.write_policy(policy)
            self.assertEqual(self.ask("/packages/demo_lib-1.0.tar.gz", "index.world.test"), "200", url)

    def test_no_dates(self):
        self.pypi_package("demo-lib", {"1.0": None})
        self.refused("/simple/demo-lib/", "it gives no dates", "index.world.test")
        SERVER.pages["index.world.test/simple/demo-lib/"] = b"200 OK", [(b"Content-Type", b"text/html")], b"<html>"
        self.refused("/simple/demo-lib/", "no JSON", "index.world.test")
        self.assertEqual(self.ask("/simple/", "index.world.test"), "404")


if __name__ == "__main__":
    unittest.main()
