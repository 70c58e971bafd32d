"""What tests/bench/history measures: the specs, the programs, and the same files made ready for each
of the others."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HOSTS = 40
WARNINGS = ["-std=c11", "-D_XOPEN_SOURCE=700", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror"]

ENVIRONMENT = {
    "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC",
    "SOURCE_DATE_EPOCH": "1790000000", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@localhost",
    "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@localhost",
    "GIT_AUTHOR_DATE": "1790000000 +0000", "GIT_COMMITTER_DATE": "1790000000 +0000",
}


def run(*command, cwd=None, environment=None, stdin=None) -> str:
    """What it printed; what it complained of only when it failed."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, stdin=stdin, text=True,
                          env={**ENVIRONMENT, **(environment or {})}, capture_output=True)
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))[:300]}\n"
                         f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def spec_of(name: str, hosts: int, change: int = 0) -> dict:
    """The README's spec with more hosts; change makes one that renders to other files."""
    text = (ROOT / "README.md").read_text()
    spec = json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL).group(1))
    rules = [{"host": f"service-{n:02}.example.org", "methods": ["GET", "POST"],
              "paths": [f"/v1/things/{n}/**", "/healthz"], "owner": f"team-{n % 7}@example.org",
              "reason": f"what service {n} does for the build, review {change}",
              "expires": "2099-12-31"} for n in range(hosts)]
    spec["name"] = name
    spec["network"]["rules"] += rules
    for credential in spec["credentials"]:
        credential["source"] = f"file:/etc/agent-sandbox/{name}/secrets/anthropic"
    spec["workspaces"] = [{"path": f"/srv/agent-sandbox/{name}"}]
    return spec


class World:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        ENVIRONMENT["HOME"] = str(self.home)
        self.null, self.took, self.floor = self.compile()
        self.programs = {"debian": ROOT / "build" / "agent-sandbox"}
        run("make", "-s", "-C", ROOT, "build/all.a")
        self.only = {"debian": self.link_only("debian", ROOT / "build" / "all.a", ["-Wl,--as-needed"])}
        if os.environ.get("LEAN_LIBGIT2"):
            packages = os.environ["LEAN_LIBGIT2"]
            self.programs["lean"] = self.build_lean(packages)
            self.only["lean"] = self.link_only("lean", self.folder / "lean" / "all.a", ["-static"], packages)
        self.fleet_words = ["--fleet"] if "--fleet" in run(
            self.programs["debian"], "render", "--help") else ["-o"]

    def compile(self) -> tuple[pathlib.Path, ...]:
        made = []
        for name, sources, more in (
                ("null", [HERE / "null.c"], []), ("took", [HERE / "took.c"], []),
                ("floor", sorted((HERE / "floor").glob("*.c")), ["-static", "-ljansson", "-lz"])):
            made.append(self.folder / name)
            run(os.environ.get("CC", "cc"), *WARNINGS, *sources, "-o", made[-1], *more)
        return tuple(made)

    def build_lean(self, packages: str) -> pathlib.Path:
        """With the static libraries that pkg-config finds in this folder, before all others."""
        run("make", "-C", ROOT, "-j2", f"BUILD={self.folder}/lean", *LEAN_WORDS, "build", f"{self.folder}/lean/all.a",
            environment={"PKG_CONFIG_PATH": packages})
        return self.folder / "lean" / "agent-sandbox"

    def link_only(self, name: str, library: pathlib.Path, flags: list, packages="") -> pathlib.Path:
        """tests/bench/render.c, with the generator's own objects."""
        program = self.folder / f"only-{name}"
        libraries = run("pkg-config", "--libs", *["--static"] * bool(packages), "jansson", "libxml-2.0",
                        "libdeflate", "libpsl", "libgit2", environment={"PKG_CONFIG_PATH": packages}).split()
        run(os.environ.get("CC", "cc"), *WARNINGS, f"-I{ROOT}/gen", HERE / "render.c", library, *flags,
            *libraries, *["-lidn2", "-lunistring"] * bool(packages), "-o", program)
        return program

    def write_spec(self, name: str, hosts: int, change: int = 0) -> pathlib.Path:
        path = self.folder / "specs" / f"{name}.{change}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(spec_of(name, hosts, change), indent=2) + "\n")
        return path

    def render(self, spec: pathlib.Path, folder: pathlib.Path) -> None:
        run(self.programs["debian"], "render", spec, "-o", folder)

    def fleet(self, specs: list[pathlib.Path], repository: pathlib.Path, program="debian") -> list:
        return [self.programs[program], "render", *specs, *self.fleet_words, repository]

    def measure(self, command: list, cwd=None, environment=None, stdin=None) -> "Took":
        out = self.folder / "took.txt"
        os.sync()  # whoever waits for the disk must not wait for what others left to be written
        wake(self.folder)
        run(self.took, out, *command, cwd=cwd, environment=environment, stdin=stdin)
        wall, busy, memory = map(int, out.read_text().split())
        return Took(wall / 1e6, busy / 1e3, memory / 1024)


LEAN_WORDS = ["PKG_CONFIG=pkg-config --static", "LDFLAGS=-static"]


class Took:
    """One run: milliseconds on the clock and on processors, MiB."""

    def __init__(self, wall: float, busy: float, memory: float) -> None:
        self.wall, self.busy, self.memory = wall, busy, memory


def median(values) -> float:
    return statistics.median(values)


def files_of(repository: pathlib.Path, below: str = "") -> list[tuple[str, str, bytes]]:
    """(mode, path, content) of each file of the newest commit, in git's order."""
    tree = f"HEAD:{below}"
    rows = run("git", "-C", repository, "ls-tree", "-r", "--full-tree", tree).splitlines()
    found = []
    wanted = "".join(row.split()[2] + "\n" for row in rows)
    batch = subprocess.run(["git", "-C", repository, "cat-file", "--batch"], input=wanted.encode(),
                           stdout=subprocess.PIPE, check=True).stdout
    for row in rows:
        mode, path = row.split()[0], row.split("\t")[1]
        line, _, batch = batch.partition(b"\n")
        size = int(line.split()[2])
        found.append((mode, path, batch[:size]))
        batch = batch[size + 1:]
    return found


def archive(files: list[tuple[str, str, bytes]], path: pathlib.Path) -> None:
    """As floor/archive.c reads it."""
    with path.open("wb") as out:
        out.write(f"{len(files)}\n".encode())
        out.writelines(f"{mode} {len(data)} {name}\n".encode() for mode, name, data in files)
        out.writelines(data for _, _, data in files)


def tree_id(repository: pathlib.Path) -> str:
    return run("git", "-C", repository, "rev-parse", "HEAD^{tree}").strip()


def wake(folder: pathlib.Path, seconds: float = 0.15) -> None:
    """A virtual disk that was idle for half a second may take five times as long for each sync, and
    needs dozens of them to be quick again: what ran before would decide what a program takes."""
    end = time.monotonic() + seconds
    with (folder / "awake").open("wb") as file:
        while time.monotonic() < end:
            file.write(b"here")
            file.flush()
            os.fsync(file.fileno())


def spread(folder: pathlib.Path) -> None:
    """Folders in this one are put far from each other, where ext4 can (chattr(1), T): it passes over
    each inode that was freed within the last minutes when it makes one nearby (recently_deleted in
    fs/ext4/ialloc.c), so that a file would cost more the more was removed just before."""
    subprocess.run(["chattr", "+T", folder], check=False, capture_output=True)


def fresh(path: pathlib.Path, copy_of: pathlib.Path | None = None) -> pathlib.Path:
    """What was there is moved away, not removed: see spread(). The folder that path is in is made
    anew, with a file in it, so that nobody has to read first what the disk has free there."""
    folder = path.parent
    if folder.exists():
        old = folder.parent.parent / "old"
        old.mkdir(exist_ok=True)
        folder.rename(old / str(len(list(old.iterdir()))))
    folder.mkdir()
    (folder / "first").write_text("here")
    if copy_of:
        shutil.copytree(copy_of, path, symlinks=True)
    return path
