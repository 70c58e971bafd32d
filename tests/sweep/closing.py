#!/usr/bin/env python3
"""modules/bin/lib/repositories.py on real repositories, closed by real mounts in a namespace of its
own, and what git and libgit2 make of them afterwards. Needs root."""

import ctypes
import ctypes.util
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "modules/bin/lib"))
sys.dont_write_bytecode = True
import mounts  # noqa: E402
import repositories  # noqa: E402

counts = {True: 0, False: 0}


def check(what, right):
    counts[bool(right)] += 1
    print(f"{'ok' if right else 'FAILED'}: {what}")


def git(*arguments, cwd=None):
    name = ["-c", "user.name=x", "-c", "user.email=x@x.invalid", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *name, *arguments], cwd=cwd, capture_output=True, text=True)


def repository(path):
    path.mkdir(parents=True)
    git("init", "-q", cwd=path)
    git("commit", "-q", "--allow-empty", "-m", "one", cwd=path)
    return path


def closed(workspace, attack=lambda: None):
    """What stayed open, and what attack gives, while all of it is closed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mounts.leave_alone()
            tree = os.open(workspace, os.O_PATH | os.O_DIRECTORY)
            closing = repositories.Closing(tree)
            found = repositories.find(tree)
            closing.close([item for item in found if item[0].rpartition("/")[2] == ".git"])
            os.chdir(workspace)
            os.write(write, repr((closing.open, attack())).encode())
        except BaseException as error:
            os.write(write, repr(([], error)).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as file:
        return eval(file.read(), {}, {})


def libgit2_opens(path):
    lib = ctypes.CDLL(ctypes.util.find_library("git2") or "libgit2.so")
    lib.git_libgit2_init()
    opened = ctypes.c_void_p()
    return lib.git_repository_open(ctypes.byref(opened), os.fsencode(path)) == 0


def test_commondir(work):
    for name, before in (("new", None), ("mended", ".\n"), ("mended-without-line-end", "."), ("kept", "./\n")):
        repo = repository(work / name / "repo")
        if before:
            (repo / ".git/commondir").write_text(before)
        closed(work / name)
        check(f"{name}: its commondir", (repo / ".git/commondir").read_text() == "./\n")
        check(f"{name}: git reads it", git("status", cwd=repo).returncode == 0)
        check(f"{name}: libgit2 reads it", libgit2_opens(repo))
    repo = repository(work / "others/repo")
    (repo / ".git/commondir").write_text("../../../new/repo/.git\n")
    closed(work / "others")
    check("another commondir stays", (repo / ".git/commondir").read_text() == "../../../new/repo/.git\n")
    repo = repository(work / "linked/repo")
    (work / "elsewhere").write_text(".\n")
    os.link(work / "elsewhere", repo / ".git/commondir")
    closed(work / "linked")
    check("no file with another name is written", (work / "elsewhere").read_text() == ".\n")


def main():
    with tempfile.TemporaryDirectory() as work:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                folder = pathlib.Path(work, name)
                folder.mkdir()
                test(folder)
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(counts[False] > 0)


if __name__ == "__main__":
    main()
