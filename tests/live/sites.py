"""The sites that the world plays: the smallest registries that real clients install from, and a git
host; models.py has those of agents. A site knows its own name and those of the others.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile
import urllib.parse
import zipfile

import world

VERSION = "1.0.0"


def archive(files: dict[str, str]) -> bytes:
    """A .tar.gz of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archived:
        for name, text in files.items():
            archived.writestr(name, text)
    return packed.getvalue()


class Site:
    def __init__(self, name: str, names: dict[str, str], folder: pathlib.Path) -> None:
        self.name, self.names, self.folder = name, names, folder
        self.pages: dict[str, bytes] = {}

    def __call__(self, connection, record, lower) -> bool:
        path = urllib.parse.unquote(record["line"].split(b" ")[1].partition(b"?")[0].decode())
        page = self.pages.get(path)
        status = b"200 OK" if page is not None else b"404 Not Found"
        world.send(connection, status, self.fields(path),
                   b"" if record["line"].startswith(b"HEAD") else page or b"nothing here\n")
        return True

    def fields(self, path: str) -> list[tuple[bytes, bytes]]:
        return []


class Npm(Site):
    """Two packages: one depends on the other, whose name has a scope."""

    def __init__(self, *place) -> None:
        super().__init__(*place)
        self.add("live-greeting", {"@live/words": f"^{VERSION}"},
                 "module.exports = require('@live/words') + ', world';")
        self.add("@live/words", {}, "module.exports = 'hello';")

    def add(self, package: str, needs: dict[str, str], code: str) -> None:
        about = {"name": package, "version": VERSION, "dependencies": needs, "main": "index.js"}
        packed = archive({"package/package.json": json.dumps(about), "package/index.js": code})
        path = f"/{package}/-/{package.rpartition('/')[2]}-{VERSION}.tgz"
        digest = base64.b64encode(hashlib.sha512(packed).digest()).decode()
        about["dist"] = {"tarball": f"https://{self.name}{path}", "integrity": f"sha512-{digest}"}
        self.pages[path] = packed
        self.pages[f"/{package}"] = json.dumps(
            {"name": package, "dist-tags": {"latest": VERSION},
             "versions": {VERSION: about}}).encode()


def wheel() -> tuple[str, bytes]:
    info = f"live_greeting-{VERSION}.dist-info"
    return f"live_greeting-{VERSION}-py3-none-any.whl", zipped({
        "live_greeting.py": "text = 'hello, world'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: live-greeting\nVersion: {VERSION}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    })


class PipIndex(Site):
    def __init__(self, *place) -> None:
        super().__init__(*place)
        file, packed = wheel()
        url = f"https://{self.names['pip-files']}/packages/{file}"
        self.pages["/simple/live-greeting/"] = (
            f"<!DOCTYPE html><a href='{url}#sha256={hashlib.sha256(packed).hexdigest()}'>"
            f"{file}</a>").encode()

    def fields(self, path: str) -> list[tuple[bytes, bytes]]:
        return [(b"Content-Type", b"text/html")]


class PipFiles(Site):
    def __init__(self, *place) -> None:
        super().__init__(*place)
        file, packed = wheel()
        self.pages[f"/packages/{file}"] = packed


def crate() -> bytes:
    folder = f"live-greeting-{VERSION}"
    return archive({
        f"{folder}/Cargo.toml": f'[package]\nname = "live-greeting"\nversion = "{VERSION}"\n'
                                'edition = "2021"\n',
        f"{folder}/src/lib.rs": "pub const TEXT: &str = \"hello, world\";\n",
    })


class CargoIndex(Site):
    """The sparse index."""

    def __init__(self, *place) -> None:
        super().__init__(*place)
        self.pages["/config.json"] = json.dumps(
            {"dl": f"https://{self.names['cargo-files']}/crates",
             "api": f"https://{self.name}"}).encode()
        self.pages["/li/ve/live-greeting"] = json.dumps(
            {"name": "live-greeting", "vers": VERSION, "deps": [], "features": {},
             "cksum": hashlib.sha256(crate()).hexdigest(), "yanked": False}).encode() + b"\n"


class CargoFiles(Site):
    def __init__(self, *place) -> None:
        super().__init__(*place)
        self.pages[f"/crates/live-greeting/{VERSION}/download"] = crate()


class Go(Site):
    """The module proxy, with its files elsewhere, as it has the larger ones. The checksum database's
    key is built into go, so nobody can play it."""

    zip_path = "/proxy-golang-org-prod/0123456789abcdef-live.test:greeting-v1.0.0.zip"

    def __init__(self, *place) -> None:
        super().__init__(*place)
        module, version = "live.test/greeting", f"v{VERSION}"
        mod = f"module {module}\n\ngo 1.19\n"
        base, inside = f"/{module}/@v/", f"{module}@{version}/"
        about = json.dumps({"Version": version, "Time": "2026-01-01T00:00:00Z"}).encode()
        self.pages.update({
            base + "list": version.encode() + b"\n", base + version + ".info": about,
            base + version + ".mod": mod.encode(),
            self.zip_path: zipped({
                inside + "go.mod": mod,
                inside + "greeting.go": "package greeting\n\nconst Text = \"hello, world\"\n"})})

    def __call__(self, connection, record, lower) -> bool:
        if not record["line"].partition(b"?")[0].split(b" ")[1].endswith(b"/@v/v1.0.0.zip"):
            return super().__call__(connection, record, lower)
        place = f"https://{self.names['go-files']}{self.zip_path}".encode()
        world.send(connection, b"302 Found", [(b"Location", place)], b"")
        return True


class Git(Site):
    """git's own server over one repository, which would take a push."""

    def __init__(self, *place) -> None:
        super().__init__(*place)
        self.root = self.folder / "git"
        repository = self.root / "live" / "greeting.git"
        repository.mkdir(parents=True)
        self.git(repository, "init", "--quiet", "--bare", "--initial-branch=main")
        self.git(repository, "config", "http.receivepack", "true")
        tree = self.git(repository, "mktree", given=b"100644 blob %s\thello\n" % self.git(
            repository, "hash-object", "-w", "--stdin", given=b"hello, world\n"))
        commit = self.git(repository, "commit-tree", tree.decode(), "-m", "Say hello")
        self.git(repository, "update-ref", "refs/heads/main", commit.decode())

    def git(self, repository: pathlib.Path, *words: str, given: bytes = b"") -> bytes:
        who = {f"GIT_{role}_{what}": "live@live.test" for role in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")}
        return subprocess.run(["git", "-C", str(repository), *words], input=given, check=True,
                              env={**os.environ, **who}, stdout=subprocess.PIPE).stdout.strip()

    def __call__(self, connection, record, lower) -> bool:
        method, target = record["line"].decode().split(" ")[:2]
        path, _, query = target.partition("?")
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": method,
            "REMOTE_USER": "", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*", "CONTENT_LENGTH": str(len(record["body"]))}
        for variable, field in (("CONTENT_TYPE", b"content-type"),
                                ("HTTP_CONTENT_ENCODING", b"content-encoding"),
                                ("HTTP_GIT_PROTOCOL", b"git-protocol")):
            environment[variable] = lower.get(field, b"").decode()
        answer = subprocess.run(["git", "http-backend"], input=record["body"], env=environment,
                                stdout=subprocess.PIPE, check=False).stdout
        head, _, body = answer.partition(b"\r\n\r\n")
        fields = [tuple(line.split(b": ", 1)) for line in head.split(b"\r\n")]
        status = dict(fields).get(b"Status", b"200 OK")
        world.send(connection, status, [one for one in fields if one[0] != b"Status"], body)
        return True


KINDS = {"npm": Npm, "pip-index": PipIndex, "pip-files": PipFiles, "cargo-index": CargoIndex,
         "cargo-files": CargoFiles, "go": Go, "go-files": Go, "git": Git}


def make(wanted: dict[str, str], folder: pathlib.Path) -> dict[str, Site]:
    """wanted: {"name": "kind"}."""
    names = {kind: name for name, kind in wanted.items()}
    return {name: KINDS[kind](name, names, folder) for name, kind in wanted.items()}
