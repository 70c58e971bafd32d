#!/usr/bin/env python3
"""What is hidden and protected in workspaces (modules/host/files.py), by real mounts in a namespace of its own, and attacked as
the agent: another user without any right. Needs root."""

import contextlib
import io
import os
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "modules/host"))
sys.dont_write_bytecode = True
import files  # noqa: E402
import index  # noqa: E402
import listings  # noqa: E402
import mounts  # noqa: E402
import notes  # noqa: E402
import workspaces  # noqa: E402
from file_patterns import Patterns  # noqa: E402
from shared import Folder  # noqa: E402

AGENT = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--no-new-privs"]
counts = {True: 0, False: 0}


def check(what, right, about=""):
    counts[bool(right)] += 1
    print(f"{'ok' if right else 'FAILED'}: {what}{'' if right else f' {about}'}")


class NoIds:
    """As on a file system without idmapped mounts, and where no session was before."""

    @staticmethod
    def known(*_):
        return listings.Listings()

    @staticmethod
    def namespace(_, group=None):
        return None


def shell(script, folder, who=(), settings=None):
    """(exit code, all that it prints)"""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C",
                   "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x", "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@x",
                   "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
                   "GIT_CONFIG_SYSTEM": settings or "/dev/null"}
    done = subprocess.run([*who, "sh", "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.returncode, done.stdout.strip()


def made(folder, script):
    """A workspace of the agent's own files."""
    folder.mkdir(parents=True)
    os.chown(folder, 65534, 65534)
    code, said = shell(f"set -e; {script}", folder, AGENT)
    check(f"made: {folder.name}", code == 0, said)
    return folder


def session(work, folders, scripts, keep=None):
    """[(exit code, what it prints)] of these scripts of the agent's, each in the first of the folders, while all are mounted;
    and what was said to be left open."""
    keep = tempfile.mkdtemp(dir=work)
    settings = f"{keep}/gitconfig"
    pathlib.Path(settings).write_text(files.GIT_SETTINGS)
    os.chmod(keep, 0o711)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mounts.leave_alone()
            covers = files.Covers(keep)
            ready = workspaces.make_ready(folders, NoIds, set(), notes.Notes(), covers)
            workspaces.close_each_other(ready)
            files.close_more([one.files for one in ready])
            said = [shell(script, folders[0].path, AGENT, settings) for script in scripts]
            with contextlib.redirect_stderr(io.StringIO()) as told:
                workspaces.tell_git_has(ready)
            left = [f"{why}: {path}" for one in ready for path, why in one.closing.open]
            pathlib.Path(work, "told").write_text(told.getvalue())
            os.write(write, repr((said, left)).encode())
        except BaseException as error:
            os.write(write, repr((repr(error), [])).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        said, left = eval(file.read(), {}, {})
    os.waitpid(child, 0)
    return said, left


def one(work, folder, script, hide=(), protect=(), unprotect=()):
    said, _ = session(work, [Folder(str(folder), files={"hide": hide, "protect": protect, "unprotect": unprotect})], [script])
    return said[0] if isinstance(said, list) else (None, said)


HIDDEN = [".env", ".env.*", "*.pem", "secrets/", "a/b"]
PLACES = ".env .env.local q/.env q/r/x.pem Q/K.PEM secrets/key m/secrets/deep/key a/b node_modules/p/.env d/.git/x.pem 1/2/3/4/5/6/7/8/.env"
# Each begins anew, with SECRET in all of these places; none may print it, or leave it readable.
ATTACKS = """
read it|cat P
copy it|cp P copied; cat copied
rename it|mv P moved && cat moved
rename over it|echo x >n; mv n P; cat P
unlink it, and look below|rm -f P; cat P
a hard link|ln P linked && cat linked
a symbolic link|ln -s "$PWD/P" s; cat s
move the folder above|d=$(dirname P); [ "$d" = . ] || { mv "$d" moved.$$; cat moved.$$/*; }
by case|cat "$(dirname P)/$(basename P | tr a-z A-Z)"
unmount it|umount P; umount -l P; cat P
bind what is below|unshare -rm sh -c 'mkdir b; mount --bind . b && cat b/P; mount --rbind . b && cat b/P; umount P; cat P'
another root|unshare -rm sh -c 'mkdir b; mount --bind . b; cd b; chroot . cat P; pivot_root . .; cat P'
git's stash|git init -q; git add -f P; git commit -qm x; git stash -u -a; git checkout -f; git stash pop; cat P; git show :P
git's clean|git init -q; git clean -xfdd; cat P
a file system of the proc|cat /proc/self/root"$PWD"/P; cat /proc/$$/cwd/P; cat /proc/1/root"$PWD"/P
truncate and write|echo x >P; truncate -s 0 P; cat P
tar, find and grep|tar cf t .; grep -a SECRET t; grep -r SECRET .; find . -type f -exec cat {} +
"""


def test_hidden(work):
    make = f'for p in {PLACES}; do mkdir -p "$(dirname $p)"; echo SECRET >"$p"; done; echo open >open'
    for number, line in enumerate(ATTACKS.strip().splitlines()):
        what, script = line.split("|", 1)
        folder = made(work / f"hidden {number}", make)
        script = "".join(f"( {script.replace('P', shlex.quote(place)) if place else ''} ) 2>&1\n" for place in PLACES.split())
        code, said = one(work, folder, script.replace("$PWD", str(folder)), HIDDEN)
        check(f"hidden: {what}", code is not None and "SECRET" not in said, said)
        # What the agent has moved is still hidden in its next session.
        code, said = one(work, folder, "find . -type f -exec cat {} + 2>&1; cat open", HIDDEN)
        check("  nor in the session after it", code is not None and "SECRET" not in said and "open" in said, said)
        names = subprocess.run(["grep", "-rlI", "SECRET", "."], cwd=folder, capture_output=True, text=True).stdout
        left = len(names.split("\n")) - 1
        check("  and outside it is all there", left >= len(PLACES.split()) - ("node" in what), names)


def old(setup):
    """What git has noted down within a file's last second it reads once more."""
    return setup.replace("git add", "find . -path '*.git' -prune -o -type f -exec touch -d '1 minute ago' {} +; git add")


def test_git(work):
    """What git says inside of what is hidden and not touched: nothing."""
    for number, (what, setup) in enumerate((
            ("in the index", "echo S >.env; mkdir secrets s; echo S >secrets/k; printf '#!' >s/x.pem; chmod +x s/x.pem; git add -f ."),
            ("not in the index, and ignored", "mkdir s; echo S >.env; echo S >s/x.pem; echo .env >.gitignore; echo '*.pem' >>.gitignore; git add ."),
            ("in an index of version 3", "echo S >.env; echo new >new; git add .env; git add -N new; git commit -qm 1; git add new"),
            ("in an index of version 4", "git config index.version 4; echo S >.env; mkdir secrets; echo S >secrets/k; git add ."),
            ("in a repository of SHA-256", "rm -rf .git; git init -q --object-format=sha256; echo S >.env; mkdir secrets; echo S >secrets/k; git add ."),
            ("in a repository below", "git init -q sub; cd sub; echo S >.env; git add .; git commit -qm 1; cd ..; git add sub 2>/dev/null; echo open >sub/open; git -C sub add open; git -C sub commit -qm open"),
            ("in a worktree that is linked", "echo 1 >f; git add .; git commit -qm 1; git worktree add -q wt; cd wt; echo S >.env; git add .; "
                                             "git commit -qm env; git status; cd ..; echo wt >.git/info/exclude"),
    )):
        folder = made(work / f"git {number}", f"git init -q; echo open >open; git add open; {old(setup)}; git commit -q --allow-empty -m one; git status >/dev/null")
        where = {"in a repository below": "sub", "in a worktree that is linked": "wt"}.get(what, ".")
        commands = ("status --porcelain", "diff", "diff HEAD", "status --porcelain", "stash", "diff --stat", "add -A",
                    "commit -qam two", "status --porcelain")
        script = "".join(f"git -C {where} {command} 2>/dev/null | grep -v '^No local changes\\|^On branch\\|^nothing to'\n" for command in commands)
        _, said = one(work, folder, f"{script} git -C {where} log --format=%s -1", HIDDEN)
        wanted = {"in a worktree that is linked": "env", "in a repository below": "open"}.get(what, "one")
        check(f"git: {what}: nothing is said of it, or done to it", said == wanted, said)
        _, said = one(work, folder, f"echo more >>{where}/open; git -C {where} commit -qam three; git -C {where} show --stat --format=%s", HIDDEN)
        check("  the agent's own changes are committed, and no other", said.startswith("three") and "1 file changed" in said, said)
        _, said = shell(f"git -C {where} status --porcelain; cat {where}/.env", folder, AGENT)
        check("  and outside nothing has changed", said == "S", said)
    folder = made(work / "checkout", old("git init -q; echo S >.env; git add .; git commit -qm one; git branch other; echo 22 >.env; git add .; git commit -qm two; git status"))
    _, said = one(work, folder, "git checkout other 2>&1; git checkout -f other 2>&1; git reset --hard other 2>&1; cat .env 2>&1", HIDDEN)
    check("git: another branch cannot be laid over it", "unlink" in said and not {"S", "22"} & set(said.split("\n")), said)
    check("  and it stays as it was", (folder / ".env").read_text() == "22\n")


def told(work, *folders):
    """What an operator is told of what is hidden in them, and git has it."""
    session(work, [Folder(str(one), files={"hide": HIDDEN}) if isinstance(one, pathlib.Path) else one for one in folders], [])
    text = (work / "told").read_text()
    (work / "told").unlink()
    return text


def test_what_git_has(work):
    """Of what is hidden, and stands in git's index, an operator is told; of nothing else."""
    repo = "git init -q; echo S >.env; mkdir secrets; echo S >secrets/k; echo S >secrets/l; echo S >x.pem; echo open >open; "
    start = "agent-sandbox: "
    for what, setup, wanted in (
            ("no repository", "echo S >.env", ""),
            ("nothing of it", f"{repo} git add open; git commit -qm one", ""),
            ("a name that only begins so", f"{repo} echo y >.env.d; mkdir secrets.d a; echo y >secrets.d/k; git add open secrets.d; git commit -qm one", ""),
            ("added, not committed", f"{repo} git add .env", ".env is hidden in {}, but git has it: a session can read it there (git show :.env)"),
            ("a folder", f"{repo} git add secrets/l; git commit -qm one",
             "secrets/ is hidden in {}, but git has it: a session can read it there (git show :secrets/l)"),
            ("a part of it", f"{repo} git add x.pem .env; git commit -qm one",
             ".env, x.pem are hidden in {}, but git has them: a session can read them there (git show :.env)"),
            ("more than are named", f"{repo} mkdir q; echo S >q/.env; touch q/.env.local; git add .; git commit -qm one",
             ".env, q/.env, q/.env.local and 2 more are hidden in {}, but git has them: a session can read them there (git show :.env)"),
            ("taken out of the index", f"{repo} git add .; git commit -qm one; git rm -rq --cached .env secrets x.pem", ""),
            ("an index that cannot be read", f"{repo} git config index.version 4; git add .", ""),
            ("a broken one", f"{repo} git add .; head -c 100 .git/index >i; mv i .git/index", ""),
            ("the nearest repository counts", f"{repo} git add .env; mkdir sub; cd sub; git init -q; echo S >.env; echo S >y.pem; git add y.pem",
             ".env, sub/y.pem are hidden in {}, but git has them: a session can read them there (git show :.env)"),
            ("a repository below", "mkdir sub; cd sub; git init -q; mkdir q; echo S >q/.env; git add .",
             "sub/q/.env is hidden in {}, but git has it: a session can read it there (git show :q/.env)"),
            ("a name for the terminal", f"{repo} p=$(printf 'a\\033[2J\\nb.pem'); echo S >\"$p\"; git add \"$p\"",
             "a?[2J?b.pem is hidden in {}, but git has it: a session can read it there (git show :a?[2J?b.pem)")):
        folder = made(work / what, setup)
        seen = told(work, folder)
        check(f"told: {what}", seen == (wanted and f"{start}{wanted.format(folder)}\n"), seen)
    work.chmod(0o777)
    top = made(work / "top", f"{repo} git add open; git commit -qm one; git worktree add -q ../tree; cd ../tree; echo S >.env; git add .env; "
               "git init -q ../sub; git -C ../sub commit -q --allow-empty -m s")
    seen = told(work, work / "tree")
    check("told: of a worktree whose repository is not there nobody knows", seen == "", seen)
    common = Folder(f"{top}/.git")
    seen = told(work, work / "tree", common)
    check("told: of a worktree, by its own index", seen.startswith(f"{start}.env is hidden in {work}/tree, but git has it"), seen)
    made(work / "super", "git init -q; git -c protocol.file.allow=always submodule --quiet add ../sub s; cd s; echo S >.env; git add .env")
    seen = told(work, work / "super/s", Folder(f"{work}/super/.git/modules/s"))
    check("told: of a submodule, by its own", seen.startswith(f"{start}.env is hidden in {work}/super/s, but git has it"), seen)


def test_what_is_seen(work):
    folder = made(work / "seen", "echo S >.env; mkdir secrets; echo S >secrets/k; mkfifo f.pem; echo x >kept; touch later")
    _, said = one(work, folder, "cat .env; wc -c <.env; ls -A secrets; ls -A; cat f.pem; mv later k.pem; echo y >k.pem; cat k.pem; mkdir new; "
                  "echo z >new/.env; cat new/.env; rm new/.env", HIDDEN)
    check("a file is empty, a folder too, all else is there, and what the agent makes is its own", said ==
          "0\n.env\nf.pem\nkept\nlater\nsecrets\ny\nz", said)
    readonly = [Folder(str(folder), writable=False, files={"hide": HIDDEN})]
    said, _ = session(work, readonly, ["cat .env kept; ls -A secrets; touch new"])
    check("in a workspace that is shared read-only", said[0][1].startswith("x\ntouch: ") and "Read-only" in said[0][1], said)


def test_other_names(work):
    folder = made(work / "names", "echo SECRET >.env; ln .env n; mkdir d secrets; ln .env d/m; echo SECRET >secrets/k; ln secrets/k k; ln -s .env s; echo o >open")
    other = made(work / "other", f"ln ../names/.env o; ln ../names/secrets/k p; mkdir q; ln -s {shlex.quote(str(folder))}/../names/d/real q/.env; "
                 f"echo SECRET >{shlex.quote(str(folder))}/d/real; ln -s q/.env .env.local")
    both = [Folder(str(folder), files={"hide": HIDDEN}), Folder(str(other), files={"hide": HIDDEN})]
    said, _ = session(work, both, [f"grep -r SECRET . {shlex.quote(str(other))}; cat n d/m k s d/real o open; cd {shlex.quote(str(other))}; cat o p q/.env .env.local"])
    check("other names of what is hidden, what links that are hidden lead to: in all workspaces", "SECRET" not in said[0][1]
          and "o" in said[0][1].split(), said)
    folder = made(work / "loops", "ln -s .env .env; ln -s b.pem a.pem; ln -s a.pem b.pem; ln -s ../../../../.. c.pem; ln -s / d.pem; ln -s nowhere e.pem; ln -s . secrets; echo x >f")
    code, said = one(work, folder, "cat f", ["*.pem", ".env", "secrets/"])
    check("links that lead nowhere, or round, or everywhere", code is not None and said in ("x", ""), said)


# In a session, each of which must fail; P is what is protected.
CHANGES = """
write it|echo x >>P
rename it|mv P moved
rename over it|echo x >n && mv -f n P
unlink it|rm -f P
a hard link|ln P linked && echo x >>linked
by its mode|chmod 777 P && echo x >>P
git's checkout of another|git init -q; git add -f P; git commit -qm x; git checkout -q --orphan o && git rm -rqf . && [ ! -e P ]
bind over it|unshare -rm sh -c 'echo x >n; mount --bind n P && grep x P'  && grep x P
remount it|unshare -rm mount -o remount,bind,rw P && echo x >>P
"""
KEPT = ".envrc q/.envrc .vscode/tasks.json .claude/settings.local.json q/.github/workflows/ci.yml .npmrc pyvenv.cfg .venv/pyvenv.cfg deploy/x/y k/own.sh"


def test_protected(work):
    make = f'for p in {KEPT}; do mkdir -p "$(dirname $p)"; echo old >"$p"; done; mkdir .idea; echo old >open'
    for number, line in enumerate(CHANGES.strip().splitlines()):
        what, script = line.split("|", 1)
        folder = made(work / f"protected {number}", make)
        script = "".join(f"(set -e; {script.replace('P', place)}) >/dev/null 2>&1 && echo {place}\n" for place in KEPT.split())
        code, said = one(work, folder, script, protect=["deploy/", "**/own.sh"])
        check(f"protected: {what}", code is not None and said == "", said)
        left = [place for place in KEPT.split() if not (folder / place).is_file() or (folder / place).read_text() != "old\n"]
        check("  and outside all is as it was", left == [], left)
    folder = made(work / "parents", make)
    _, said = one(work, folder, "mv .claude c; mv deploy d; mv q/.github g; rm -r .vscode; touch .idea/x; echo x >>.vscode/new; mv k k2; mv q q2; ls -A", protect=["deploy/x/"])
    there = set(said.split("\n"))
    check("folders of a pattern stay where they are", {".claude", "deploy", ".vscode", ".idea"} <= there, said)
    check("  and those above them are the agent's", "k2" in there and "q2" in there, said)
    folder = made(work / "opened", make)
    code, said = one(work, folder, "set -e; echo x >>.vscode/tasks.json; echo x >>.envrc; echo x >>.claude/settings.local.json; ! echo x >>.npmrc",
                     unprotect=[".vscode/", ".envrc", ".claude/settings*.json"])
    check("what is opened by its name is written, and no more", code == 0, said)


def test_protected_by_other_names(work):
    folder = made(work / "names", "echo old >.envrc; ln .envrc n; mkdir .vscode; echo old >.vscode/t; ln .vscode/t t; ln -s real .npmrc; echo old >real; echo old >free")
    other = made(work / "other", "ln ../names/n m")
    said, left = session(work, [Folder(str(folder)), Folder(str(other))], [f"for f in n t {shlex.quote(str(other))}/m real free; do echo new >\"$f\"; done"])
    check("other names of what is protected, in all workspaces", [one for one in ("names/n", "names/t", "other/m", "names/real", "names/free")
          if (work / one).read_text() != "old\n"] == ["names/real", "names/free"], said)
    check("a link is said to be open", left == ["it is a link: .npmrc"], left)


def test_index(work):
    """As git ls-files has it, a name longer than its field for the length among them."""
    for number, settings in enumerate(("", "--object-format=sha256")):
        folder = made(work / str(number), f"git init -q {settings} .; n=$(printf '%0200d' 0); d=$n; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; "
                      "do mkdir -p x; done; for f in a b/c 'd e' é .env b.c b-/x; do mkdir -p \"$(dirname \"$f\")\"; echo 1 >\"$f\"; done; "
                      "echo | git hash-object -w --stdin >id; long=$n; for i in $(seq 21); do long=$long/$n; done; "
                      "git update-index --add --cacheinfo 100644,$(cat id),$long; git add .; echo 1 >n; git add -N n")
        _, said = shell("git ls-files -z", folder)
        names = index.names_of((folder / ".git/index").read_bytes())
        check(f"git's index is read {settings}", names is not None and [os.fsdecode(one) for one in names] == said.split("\0")[:-1], names)
    text = (work / "0/.git/index").read_bytes()
    broken = [text[:n] for n in range(0, len(text), 7)] + [text[:n] + b"\xff" * 40 + text[n + 40:] for n in range(0, len(text), 11)]
    check("broken ones are read as far as they make sense, or not at all",
          all(names is None or all(b"\0" not in one for one in names) for names in map(index.names_of, broken)))


NAMES = [".env", "x.pem", "a", "b", "secrets", "Build", "é", "c d"]
PARTS = [*NAMES, "*.pem", "*", "a*", "*e*", "S*"]


def test_patterns(work):
    """What git makes of the same patterns (check-ignore), of random paths; of what lies in a folder that is meant, too."""
    chance = random.Random(int(os.environ.get("SEED", "1")))
    shell("git init -q; git config core.ignoreCase true", work)
    for _ in range(int(os.environ.get("COUNT", "40"))):
        patterns = []
        while len(patterns) < 4:
            parts = [chance.choice(PARTS) for _ in range(chance.choice((1, 1, 2, 3)))]
            if chance.random() < 0.3:
                parts.insert(chance.randrange(len(parts)), "**")
            pattern = chance.choice(("", "", "/")) + "/".join(parts) + chance.choice(("", "", "/"))
            if any(set(part) - {"*"} for part in parts) and "**/**" not in pattern:
                patterns.append(pattern)
        paths = ["/".join(chance.choice(NAMES) for _ in range(chance.randrange(1, 5))) for _ in range(60)]
        (work / ".git/info/exclude").write_text("".join(f"{one}\n" for one in patterns))
        chosen = Patterns(hide=patterns, default=False)
        said = subprocess.run(["git", "check-ignore", "-z", "--no-index", "--stdin"], cwd=work, input="".join(f"{one}\0" for one in paths),
                              capture_output=True, text=True).stdout.split("\0")
        ours = [path for path in paths if meant(chosen, path)]
        if ours != said[:-1]:
            check(f"patterns: {patterns}", False, set(ours) ^ set(said[:-1]))
            return
    check("patterns are read as git reads them", True)


def meant(chosen, path):
    """Whether it or a folder above is hidden; it is itself a file, or nothing."""
    state, names = chosen.start, path.split("/")
    for number, name in enumerate(names):
        nodes = chosen.select(state, [name]).get(name, ())
        if nodes and chosen.mark(nodes, number + 1 < len(names)):
            return True
        state = chosen.below(state, nodes)
    return False


def main():
    with tempfile.TemporaryDirectory(prefix="agent sandbox.") as work:
        os.chmod(work, 0o755)
        for name, test in sorted(globals().items()):
            if name.startswith("test_"):
                folder = pathlib.Path(work) / name
                folder.mkdir()
                test(folder)
    print(f"{counts[True]} passed, {counts[False]} failed")
    return counts[False] > 0


if __name__ == "__main__":
    sys.exit(main())
