#!/usr/bin/env python3
"""modules/host/repositories.py on real repositories, closed by real mounts in a namespace of its
own, and what git and libgit2 make of them afterwards. Needs root."""

import ctypes
import ctypes.util
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "modules/host"))
sys.dont_write_bytecode = True
import mounts  # noqa: E402
import repositories  # noqa: E402
from closing import Closing  # noqa: E402
from common_git import CommonClosing  # noqa: E402

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


def closed(workspace, attack=lambda: None, own=None):
    """What stayed open, and what attack gives, while all of it is closed. own: of a folder that worktrees have in common, the
    worktree that is let in; "" of a submodule's repository."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mounts.leave_alone()
            tree = os.open(workspace, os.O_PATH | os.O_DIRECTORY)
            closing = CommonClosing(tree, str(workspace), own) if own is not None else Closing(tree, str(workspace))
            closing.close(list(repositories.find(tree)))
            os.chdir(workspace)
            os.write(write, repr((closing.open, attack())).encode())
        except BaseException as error:
            os.write(write, repr(([], repr(error))).encode())
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


# layout | how it is made | in the session, each of which must fail
LAYOUTS = """
an ordinary one|git init -q r|echo x >r/.git/hooks/x; echo x >>r/.git/config; rm r/.git/config; mv r/.git g; mv r q; echo x >r/.git/commondir
bare, with worktrees|git init -q --bare .bare; echo gitdir: ./.bare >.git|echo x >.bare/hooks/x; echo x >>.bare/config; mv .bare b; echo gitdir: x >.git; rm .git
a separate repository|mkdir deep; git init -q --separate-git-dir deep/s w|echo x >deep/s/hooks/x; echo x >>deep/s/config; mv deep/s d; mv deep d; echo x >deep/s/commondir
one that no search finds|mkdir -p node_modules/a; git init -q --separate-git-dir node_modules/a/s w|echo x >node_modules/a/s/hooks/x; mv node_modules n
a mirror|git init -q --bare a/mirror.git|echo x >a/mirror.git/hooks/post-update; echo x >>a/mirror.git/config; mv a b
a submodule's|git init -q s; git -C s commit -q --allow-empty -m x; git init -q r; cd r; git submodule add -q ../s sub/s|echo x >r/.git/modules/sub/s/hooks/x; echo x >>r/.git/modules/sub/s/config; mv r/.git/modules m; echo gitdir: x >r/sub/s/.git
a worktree whose repository no search finds|mkdir node_modules; git init -q node_modules/r; cd node_modules/r; git commit -q --allow-empty -m x; git worktree add -q ../../t|echo x >node_modules/r/.git/hooks/x; echo x >>node_modules/r/.git/config; echo x >node_modules/r/.git/worktrees/t/commondir; rm t/.git
with configurations of worktrees|git init -q r; cd r; git commit -q --allow-empty -m x; git config extensions.worktreeConfig true; git worktree add -q ../t|echo x >r/.git/config.worktree; echo x >r/.git/worktrees/t/config.worktree
hooks that are a link, and the rest|git init -q r; rm -r r/.git/hooks; mkdir h; ln -s ../../h r/.git/hooks|echo x >>r/.git/config; mv r q; echo x >r/.git/commondir
"""

HELPERS = """git() { command git -c user.name=x -c user.email=x@x.invalid -c protocol.file.allow=always "$@"; }
set -e
"""


def test_layouts(work):
    for number, line in enumerate(LAYOUTS.strip().splitlines()):
        what, made, attacks = line.split("|")
        folder = work / str(number)
        folder.mkdir()
        done = subprocess.run(["sh", "-c", HELPERS + made], cwd=folder, capture_output=True, text=True)
        check(f"made: {what}", done.returncode == 0)

        def attack(attacks=attacks):
            return [a for a in attacks.split(";") if subprocess.run(["sh", "-c", a], capture_output=True).returncode == 0]

        left, worked = closed(folder, attack)
        check(f"closed: {what} {worked or ''}", worked == [])
        wanted = ["r/.git/hooks"] if "a link" in what else []
        check(f"said to be open: {left}", [path for path, _ in left] == wanted)


def test_many(work):
    # More than there may be descriptors.
    for n in range(1500):
        (work / f"{n:04}/.git").mkdir(parents=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    left, worked = closed(work, lambda: [n for n in range(1500) if writes(f"{n:04}/.git/hooks/x")])
    check(f"1,500 repositories are closed {left} {worked}", (left, worked) == ([], []))


def writes(path):
    try:
        open(path, "w").close()
        return True
    except OSError:
        return False


def test_odd(work):
    """None of it keeps a session from beginning."""
    for script in (
        "mkdir -p r/.git; mkfifo r/.git/config; mkdir r/.git/commondir; touch r/.git/worktrees r/.git/modules",
        "mkdir -p r/.git; ln -s r/.git/config r/.git/config; ln -s /etc r/.git/worktrees; ln -s x r/.git/commondir",
        "mkdir -p r; echo gitdir: /etc >r/.git; mkdir q; echo gitdir: ../../../.. >q/.git; mkdir p; echo gitdir: . >p/.git",
        "mkdir -p a b; echo gitdir: ../b >a/.git; echo gitdir: ../a >b/.git; mkfifo .git",
        "ln -s b a; mkdir b; git init -q --bare b/r; mkdir w; echo gitdir: ../a/r >w/.git",
        "n=0; while [ $n -lt 300 ]; do mkdir -p r$n/refs r$n/objects; echo ../r$((n + 1)) >r$n/commondir; echo x >r$n/HEAD; n=$((n + 1)); done",
        "mkdir -p r/.git; head -c 3000000 /dev/zero | tr '\\0' '[' >r/.git/config",
        "git init -q r; printf '[core]\\n\\tworktree = ../w\\n[include] path = .' >>r/.git/config; ln -s r .git",
    ):
        folder = work / str(len(list(work.iterdir())))
        folder.mkdir()
        made = subprocess.run(["sh", "-c", HELPERS + script], cwd=folder, capture_output=True, text=True)
        left, error = closed(folder)
        check(f"closed or said {left} {error or ''}: {script}", made.returncode == 0 and error is None)


def test_two_workspaces(work):
    repository(work / "one/r")
    other = work / "other"
    other.mkdir()
    (work / "one/w").mkdir()
    git("init", "-q", "--separate-git-dir", str(other / "node_modules"), str(work / "one/w"))
    child = os.fork()
    if child == 0:
        mounts.leave_alone()
        closing = Closing(os.open(work / "one", os.O_PATH), str(work / "one"))
        closing.close(list(repositories.find(closing.root)))
        os._exit((str(other / "node_modules"), "meant") not in closing.elsewhere)
    check("a repository of another workspace is handed on", os.waitpid(child, 0)[1] == 0)
    check("one of none is not", repositories.inside_of("/x/yz", "/x/y") is None)


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
