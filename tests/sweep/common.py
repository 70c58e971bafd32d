#!/usr/bin/env python3
"""modules/host/common_git.py on real repositories: what a session in a linked worktree can write of the folder that it has in common
with the rest of its repository, by real mounts in a namespace of its own; whose that folder is; and what the sweep names there.
Needs root."""

import contextlib
import io
import os
import pathlib
import pwd
import subprocess
import sys
import tempfile
import time
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import closed  # noqa: E402
import named  # noqa: E402
from common_git import named_by, of_project, why_not  # noqa: E402
from shared import Folder  # noqa: E402

# In the folder that worktrees have in common, by a session in one of them: "own" is its, "other" is another's.
COMMON = """
echo x >hooks/x; echo x >>config; rm config; mv hooks h; rm -r hooks; echo x >commondir; echo x >config.worktree
mkdir info/x; echo '* filter=x' >info/attributes; mv info i; rm -r info
echo /etc >objects/info/alternates; mv objects/info o; mv objects o; rm objects/info/alternates
echo x >HEAD; rm HEAD; echo x >l && mv l HEAD; echo x >index; rm index
echo x >worktrees/other/HEAD; echo x >worktrees/other/index; rm worktrees/other/HEAD; echo x >worktrees/other/new; mv worktrees/other o; mv worktrees w; rm -r worktrees/other; chmod 777 worktrees/other/HEAD
echo ref: refs/heads/x >worktrees/third/HEAD; touch worktrees/third/locked
echo x >worktrees/own/commondir; echo /etc/.git >worktrees/own/gitdir; perl -e 'rename qw(worktrees/own o) or exit 1'; rm worktrees/own/gitdir; rm worktrees/own/commondir; echo x >worktrees/own/config.worktree
echo x >modules/s/hooks/x; echo x >>modules/s/config; mv modules m; mv modules/s m
echo x >worktrees/own/modules/s/hooks/x; echo x >>worktrees/own/modules/s/config; perl -e 'rename qw(worktrees/own/modules/s m) or exit 1'
"""
# In the repository of a submodule, by a session in it.
SUBMODULE = """
echo x >hooks/x; echo x >>config; rm config; mv hooks h; rm -r hooks; echo '* filter=x' >info/attributes; mv info i
echo /etc >objects/info/alternates; mv objects/info o; mv objects o
echo x >worktrees/other/HEAD; rm worktrees/other/HEAD; mv worktrees w
echo x >modules/deep/hooks/x; echo x >>modules/deep/config; mv modules m
"""
WORKS = """
git commit -q --allow-empty -m x
echo 1 >f; git add f; git commit -qm f; git commit -q --amend -m g
git checkout -q -b topic; echo 2 >f; git commit -qam h; git checkout -q agent; echo 3 >g; git add g; git commit -qm i; git rebase -q topic; git branch -qD topic
git fetch -q ../remote +HEAD:refs/remotes/origin/main; git rebase -q origin/main
git stash -q || :; echo 4 >f; git stash -q; git stash pop -q; git checkout -q f
git pack-refs --all; git tag t; git tag -d t; git repack -qd; git fsck
git merge -q --no-edit origin/main; git reset -q --hard HEAD~1; git log --oneline
test -z "$(git status --porcelain)"
"""


def attack(what, common, own, lines):
    for line in lines.strip().splitlines():
        for one in line.split("; "):
            worked = closed.closed(common, lambda one=one: subprocess.run(["sh", "-c", one], capture_output=True).returncode, own=own)[1]
            closed.check(f"{what}, refused: {one}", worked not in (0, None))


def works(what, common, own, tree):
    for line in WORKS.strip().splitlines():
        def work_on(text=f"{closed.HELPERS}cd '{tree}'\n{line}"):
            done = subprocess.run(["sh", "-c", text], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        code, said = closed.closed(common, work_on, own=own)[1]
        closed.check(f"{what}, works: {line} {said if code else ''}", code == 0)


def test_common(work):
    """A linked worktree whose repository lies elsewhere: git works in it, and nothing else of the repository can be changed."""
    main = closed.repository(work / "main")
    made = subprocess.run(["sh", "-c", closed.HELPERS + """
git init -q remote; cd remote; git commit -q --allow-empty -m r; cd ..
git init -q module; git -C module commit -q --allow-empty -m m
cd main; echo 1 >a; git add a; git submodule add -q ../module s; git commit -qm a; git config extensions.worktreeConfig true
for name in own other third; do git worktree add -q -b $name ../$name; done
git -C ../own submodule -q update --init
git -C ../own checkout -q -b agent; touch .git/worktrees/own/config.worktree
"""], cwd=work, capture_output=True, text=True)
    closed.check(f"made: a repository with worktrees {made.stderr}", made.returncode == 0)
    before = {path: (main / ".git" / path).read_bytes() for path in ("HEAD", "index", "config", "worktrees/other/HEAD")}
    attack("in common", main / ".git", "own", COMMON)
    works("in common", main / ".git", "own", work / "own")
    closed.check("in common, the others are as they were", before == {path: (main / ".git" / path).read_bytes() for path in before})


def test_named(work):
    """Whose repository a .git file means is for the repository to say."""
    main = closed.repository(work / "main")
    closed.git("worktree", "add", "-q", "-b", "own", "../own", cwd=main)
    common = os.open(main / ".git", os.O_RDONLY)
    tree = os.open(work / "own", os.O_RDONLY)
    uid = os.geteuid()
    closed.check("named: by the .git file of a worktree", named_by(tree, f"{work}/own") == (f"{main}/.git", "own"))
    closed.check("  and back by the repository", why_not(common, "own", f"{work}/own", uid) == "")
    closed.check("  whose owner is another: no", why_not(common, "own", f"{work}/own", uid + 1) != "")
    closed.check("  another folder's file that says the same: no", why_not(common, "own", f"{work}/thief", uid) != "")
    closed.check("  a worktree that is not there: no", why_not(common, "none", f"{work}/own", uid) != "")
    closed.check("  a way out of worktrees: no", why_not(common, "..", f"{work}/own", uid) != "")
    for text in (f"gitdir: {main}/.git", "gitdir: .bare", "gitdir: ../main/.git/modules/s", "nothing", "", "gitdir: ",
                 f"gitdir: {work}/own/.bare/worktrees/own", "gitdir: /worktrees/x"):
        (work / "own/.git").unlink()
        (work / "own/.git").write_text(text)
        closed.check(f"  none of a linked worktree elsewhere: {text}", named_by(tree, f"{work}/own") is None)
    (work / "own/.git").unlink()
    (work / "own/.git").write_text("gitdir: ../main/.git/worktrees/own\n")
    closed.check("  a relative one is of the folder", named_by(tree, f"{work}/own") == (f"{main}/.git", "own"))
    (work / "own/.git").unlink()
    (work / "own/.git").symlink_to("../main/.git/worktrees/own/gitdir")
    closed.check("  a link is none", named_by(tree, f"{work}/own") is None)
    os.mkdir(main / ".git/worktrees/x")
    (main / ".git/worktrees/x/gitdir").write_text(f"{work}/x/.git\n")
    (main / ".git/worktrees/x/commondir").write_text("/etc\n")
    closed.check("  whose part has another repository in common: no", why_not(common, "x", f"{work}/x", uid) != "")


SUPER = """
git init -q remote; cd remote; git commit -q --allow-empty -m r; cd ..
git init -q deep; git -C deep commit -q --allow-empty -m d
git init -q module; cd module; git commit -q --allow-empty -m m; git submodule add -q ../deep deep; git commit -qm deep; cd ..
mkdir src; git init -q src/top; cd src/top; git submodule add -q "$work/module" sub/s; git submodule update -q --init --recursive
git commit -qm s; cd sub/s; git checkout -q -b agent; git worktree add -q -b other ../../../other
cp -r "$work/remote" ../remote
"""


def test_submodule(work):
    """A session in a submodule: its repository, which is of the project around it, is as open as a project's own."""
    made = subprocess.run(["sh", "-c", f"{closed.HELPERS}work='{work}'{SUPER}"], cwd=work, capture_output=True, text=True)
    tree, git = work / "src/top/sub/s", work / "src/top/.git/modules/sub/s"
    closed.check(f"made: a project with a submodule {made.stderr}", made.returncode == 0)
    attack("submodule", git, "", SUBMODULE)
    works("submodule", git, "", tree)


def shared(work, path, roots=("src",), worktrees=True):
    """What a session in this folder is given besides, and what its operator is told."""
    sandbox = SimpleNamespace(projects=SimpleNamespace(roots=[f"{work}/{root}" for root in roots], worktrees=worktrees))
    root = next((one for one in sandbox.projects.roots if str(path).startswith(one + "/")), f"{work}/src")
    descriptor = os.open(path, os.O_RDONLY)
    project = SimpleNamespace(path=str(path), root=root, descriptor=descriptor, account=pwd.getpwuid(os.geteuid()))
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        folders = of_project(sandbox, project)
    os.close(descriptor)
    return [(folder.path, folder.own) for folder in folders], said.getvalue()


def test_whose_submodule(work):
    """Whose repository a submodule's .git file means."""
    top, other = closed.repository(work / "src/top"), closed.repository(work / "src/other")
    closed.repository(work / "module")
    closed.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", f"{work}/module", "s", cwd=top)
    tree, git = top / "s", top / ".git/modules/s"
    around = f"; a session of the project around it has it: --project {top}\n"
    said = f"agent-sandbox: git will not work here: this folder's repository, {git}, is not shared: "
    closed.check("a submodule: its repository", shared(work, tree) == ([(str(git), "")], ""))
    closed.check("  not without \"worktrees\"", shared(work, tree, worktrees=False) ==
                 ([], f"{said}the spec's \"projects\" has no \"worktrees\"{around}"))
    closed.check("  not below another root", shared(work, tree, roots=("src/top/sub",)) ==
                 ([], f"{said}it lies below no root of the spec's \"projects\"{around}"))
    config = (git / "config").read_text()
    for text in (config.replace("worktree = ../../../s", ""), config + "[core]\n\tworktree = ../../../t\n", config.replace("../../../s", "/s")):
        (git / "config").write_text(text)
        closed.check("  not one that names another work tree", shared(work, tree) == ([], f"{said}its core.worktree is not this folder{around}"))
    (git / "config").write_text(config.replace("../../../s", str(tree)))
    closed.check("  named in full", shared(work, tree)[0] == [(str(git), "")])
    (git / "config").write_text(config)
    (git / "HEAD").rename(git / "H")
    closed.check("  that is no repository", shared(work, tree) == ([], f"{said}it is no repository of yours{around}"))
    (git / "H").rename(git / "HEAD")
    os.chown(git, 65534, 65534)
    closed.check("  or another's", shared(work, tree) == ([], f"{said}it is no repository of yours{around}"))
    os.chown(git, 0, 0)
    git.rename(top / ".git/modules/gone")
    closed.check("  or is not there", shared(work, tree) == ([], f"{said}No such file or directory{around}"))
    (git).symlink_to("gone")
    closed.check("  or a link", shared(work, tree)[0] == [] and "not shared: Not a directory" in shared(work, tree)[1])
    # A project whose repository another's session has made, and which says that it is this one's.
    thief = work / "src/thief"
    thief.mkdir()
    os.rename(top / ".git/modules/gone", other / ".git/modules-of-thief")
    (other / ".git/modules").mkdir()
    os.rename(other / ".git/modules-of-thief", other / ".git/modules/t")
    (other / ".git/modules/t/config").write_text(config.replace("../../../s", "../../../../thief"))
    (thief / ".git").write_text("gitdir: ../other/.git/modules/t\n")
    closed.check("no submodule's of another project, whatever it names", shared(work, thief)[0] == [] and
                 "it is no submodule's" in shared(work, thief)[1] and "--project" not in shared(work, thief)[1])
    (thief / ".git").write_text("gitdir: ../other/.git\n")
    closed.check("  nor another project's own", shared(work, thief)[0] == [] and "it is no submodule's" in shared(work, thief)[1])
    (thief / ".git").write_text("gitdir: ../other\nagent-sandbox: all is well\n")
    closed.check("  in one line", shared(work, thief)[1].count("\n") == 1 and "other?agent-sandbox" in shared(work, thief)[1])
    for text in ("", "nothing", "gitdir: ", "gitdir: .bare", "gitdir: ."):
        (thief / ".git").write_text(text)
        closed.check(f"  and nothing is said of what leads nowhere else: {text}", shared(work, thief) == ([], ""))


def test_swept(work):
    """What a session in a worktree left in the folder that it has in common with the rest of its repository."""
    space, keep = named.begun(work, "git init -q main; cd main; git commit -q --allow-empty -m x; git worktree add -q -b a ../own;"
                              "git worktree add -q -b b ../other")
    common = Folder(str(space / "main/.git"), kind="common", own="own")
    (keep / "start").touch()
    named.sweep.note(str(keep), [common])
    time.sleep(0.02)
    named.shell("cd own; echo x >f; git add f; git commit -qm f; git stash -q || :; git branch c; git pack-refs --all; git repack -qd;"
          "git checkout -q c; git commit -q --allow-empty -m x; git rebase -q a", space, named.AGENT)
    seen, _ = named.named(keep, common)
    closed.check(f"in common: nothing, of what git itself does {seen or str()}", not seen)
    named.shell("cd main/.git; mkdir rebase-merge; echo exec x >rebase-merge/git-rebase-todo; mkdir -p objects/info; echo /x >objects/info/alternates;"
          "echo x >hooks/x; echo /x >worktrees/own/commondir; git init -q --bare worktrees/new", space, named.AGENT)
    seen, _ = named.named(keep, common)
    closed.check(f"in common: what the next git obeys {seen}", {path.rpartition("main/.git/")[2] for path in seen} == {
        "rebase-merge/git-rebase-todo", "objects/info/alternates", "hooks/x", "worktrees/own/commondir", "worktrees/new/"})


def test_swept_submodule(work):
    space, keep = named.begun(work, "git init -q m; git -C m commit -q --allow-empty -m m; git init -q top; cd top; git submodule add -q ../m s")
    git = Folder(str(space / "top/.git/modules/s"), kind="common")
    (keep / "start").touch()
    named.sweep.note(str(keep), [git])
    time.sleep(0.02)
    named.shell("cd top/s; echo x >f; git add f; git commit -qm f; git branch c; git repack -qd", space, named.AGENT)
    seen, _ = named.named(keep, git)
    closed.check(f"submodule: nothing, of what git itself does {seen or str()}", not seen)
    named.shell("cd top/.git/modules/s; echo /x >commondir; echo x >hooks/x", space, named.AGENT)
    seen, _ = named.named(keep, git)
    closed.check(f"submodule: what the next git obeys {seen}", {path.rpartition("modules/s/")[2] for path in seen} == {"commondir", "hooks/x"})


def main():
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        for test in (test_common, test_named, test_submodule, test_whose_submodule, test_swept, test_swept_submodule):
            folder = pathlib.Path(work, test.__name__)
            folder.mkdir()
            folder.chmod(0o777)
            test(folder)
    print(f"{closed.counts[True]} passed, {closed.counts[False]} failed")
    sys.exit(closed.counts[False] > 0)


if __name__ == "__main__":
    main()
