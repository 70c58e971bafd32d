#!/usr/bin/env python3
"""modules/host/sweep.py on real files: each row of its table is named, what an agent may do to
hide a change is named all the same, and nothing else is. As root, the agent is another user."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

LIB = pathlib.Path(__file__).resolve().parents[2] / "modules/host"
sys.path.insert(0, str(LIB))
sys.dont_write_bytecode = True
import obeyed  # noqa: E402
import sweep  # noqa: E402
from shared import Folder  # noqa: E402

counts = {True: 0, False: 0}
AGENT = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
GIT = "git() { command git -c user.name=x -c user.email=x@x.invalid -c protocol.file.allow=always" \
    " -c init.defaultBranch=main -c safe.directory='*' \"$@\"; }; set -e; umask 0; "


def check(what, right, seen=""):
    counts[bool(right)] += 1
    print(f"{'ok' if right else 'FAILED'}: {what}{'' if right else f' {seen}'}")


def shell(script, folder, user=()):
    env = {**os.environ, "HOME": str(folder), "GIT_CONFIG_GLOBAL": "/dev/null"}
    subprocess.run([*user, "sh", "-c", GIT + script], cwd=folder, check=True, env=env,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def begun(work, before=":"):
    """A workspace and the folder of a session that begins in it."""
    space, keep = work / "space", work / "keep"
    space.mkdir(mode=0o777)
    space.chmod(0o777)
    keep.mkdir()
    shell(before, space, AGENT)
    time.sleep(0.02)
    (keep / "start").touch()
    begin_again(keep, space)
    return space, keep


def begin_again(keep, space):
    (keep / "start").touch()
    sweep.note(str(keep), [Folder(str(space))])
    time.sleep(0.02)


def named(keep, *spaces):
    """{path in its workspace: heading}"""
    swept = sweep.Sweep(str(keep), [space if isinstance(space, Folder) else Folder(str(space)) for space in spaces])
    swept.all()
    strip = re.compile("|".join(re.escape(f"{space}/") for space in spaces)).sub
    return {strip("", path, 1): swept.named.headings[kind]
            for kind, paths in swept.named.found.items() for path in paths}, swept.named


def test_table(work):
    rows = list(obeyed.rows())
    for number, (glob, _, _) in enumerate(rows):
        check(f"no other row is {glob}", [row[0].casefold() for row in rows].count(glob.casefold()) == 1)
    space, keep = begun(work, "".join(
        f"mkdir -p {n}/.git/objects {n}/.git/refs {n}/.git/hooks; echo 'ref: refs/heads/main' >{n}/.git/HEAD;"
        for n, row in enumerate(rows) if row[0].startswith(".git/")))
    wanted = {}
    for number, (glob, heading, _) in enumerate(rows):
        for folder, path in ((number, glob), (f"upper-{number}", glob.upper())):
            if path.startswith(".GIT"):
                continue  # its repository is .git
            path = f"{folder}/{path.replace('/**', '/deep/below').replace('/HOOKS', '/hooks').replace('*', 'any')}"
            if path.endswith("/.git/hooks"):
                (space / path).rmdir()
            (space / path).parent.mkdir(parents=True, exist_ok=True)
            (space / path).touch()
            wanted[path] = heading
    seen, _ = named(keep, space)
    for path, heading in wanted.items():
        check(f"named: {path}", seen.pop(path, None) == heading)
    check("and nothing else", not seen, seen)


# Seen to be obeyed, and once unnamed; the table is not asked, so that a row of it cannot go unseen.
OBEYED = """
CLAUDE.md AGENTS.md GEMINI.md .cursorrules .cursor/rules/x.mdc .cursor/hooks.json .github/copilot-instructions.md
.claude/commands/x.md .claude/agents/x.md .claude/skills/x/SKILL.md .claude/hooks/x.sh .claude/settings.json
.codex/config.toml .gemini/settings.json opencode.json .opencode/plugin/x.ts .aider.conf.yml .kiro/hooks/x .roo/rules/x
.devcontainer.json .devcontainer/devcontainer.json Justfile justfile Taskfile.yaml Taskfile.yml lefthook.yaml
mise.local.toml .pnp.loader.mjs .pnp.cjs .yarn/releases/yarn.cjs .pnpmfile.cjs .yarnrc.yml .npmrc package.json
.dir-locals.el .hg/hgrc .jj/repo/config.toml .githooks/pre-commit .husky/pre-commit .bazelrc tools/bazel
gradle/wrapper/gradle-wrapper.jar build.gradle build.gradle.kts .mvn/extensions.xml CMakeLists.txt pyproject.toml
setup.py Cargo.toml .cargo/config.toml rust-toolchain rust-toolchain.toml build.rs .venv/bin/python ansible.cfg
bunfig.toml Makefile GNUmakefile .envrc .vscode/tasks.json .vscode/settings.json .github/workflows/x.yml .gitmodules
.gitattributes .pre-commit-config.yaml conftest.py
"""


def test_obeyed(work):
    space, keep = begun(work)
    for path in OBEYED.split():
        (space / path).parent.mkdir(parents=True, exist_ok=True)
        (space / path).touch()
    seen, _ = named(keep, space)
    for path in OBEYED.split():
        # A folder that is obeyed whole, like .claude, may be named in place of what is in it.
        check(f"named, whatever the table says: {path}", any((path + "/").startswith(one + "/") for one in seen))


# what | before | in the session | what is named
CASES = """
nothing|git init -q r; touch Makefile .envrc||
ordinary files|mkdir src; touch src/Makefile|touch src/a.c b.c|
a commit|git init -q r|cd r; echo x >f; git add f; git commit -qm x; git gc -q|
a commit in a linked worktree|git init -q r; cd r; git commit -q --allow-empty -m x; git worktree add -q ../t|cd t; git commit -q --allow-empty -m y|
a commit in a bare repository's worktree|git init -q --bare .bare; echo gitdir: ./.bare >.git; git worktree add -q --orphan t 2>/dev/null || { git clone -q .bare c; cd c; git commit -q --allow-empty -m x; git push -q; cd ..; rm -rf c; git worktree add -q t; }|cd t; git commit -q --allow-empty -m y|
a time set back|touch .envrc|echo x >.envrc; touch -d 2001-01-01 .envrc|.envrc
a link in its place|touch conftest.py|rm conftest.py; ln -s /etc/passwd conftest.py|conftest.py
a new repository|:|git init -q fresh; touch fresh/Makefile|fresh/.git/ fresh/Makefile
a new repository, very deep|:|mkdir -p 1/2/3/4/5/6/7/8/9/10/11/12; git init -q 1/2/3/4/5/6/7/8/9/10/11/12|1/2/3/4/5/6/7/8/9/10/11/12/.git/
a new bare one|:|git init -q --bare b|b/
an old folder that becomes one|mkdir -p d/objects d/refs|echo ref: refs/heads/main >d/HEAD|d/
a .git that becomes one|mkdir -p d/.git/objects d/.git/refs|echo ref: refs/heads/main >d/.git/HEAD|d/.git/
a repository in packages|mkdir -p node_modules; git init -q node_modules/m|git -C node_modules/m config core.fsmonitor evil|node_modules/m/.git/
what packages bring||mkdir -p node_modules/m; touch node_modules/m/package.json node_modules/m/Makefile|
below packages first, then moved|mkdir -p node_modules/p/.vscode; touch node_modules/p/.envrc node_modules/p/.vscode/tasks.json|mv node_modules/p p|p/.envrc p/.vscode/tasks.json
moved, and filled afterwards|mkdir -p node_modules/p/q; touch node_modules/p/q/.envrc|mv node_modules/p p; touch p/plain; touch p/q/plain|p/q/.envrc
other names first|mkdir -p x/y; touch x/y/tasks.json x/settings.json|mv x/y .vscode; mv x .claude|.vscode/tasks.json .claude/settings.json
a folder from elsewhere over an old one|mkdir -p a/.husky b; touch a/.husky/pre-commit|rmdir b; mv a b|b/.husky/pre-commit
a repository in another place|git init -q x/r|mv x/r r|r/.git/
a repository under another name|git init -q r; mv r/.git r/git|mv r/git r/.git|r/.git/
an old hard link|touch plain; ln plain .envrc|echo x >plain|.envrc
a new hard link|touch plain|ln plain .envrc|.envrc
a link's target|mkdir cfg; ln -s cfg .vscode; echo x >cfg/tasks.json|echo y >cfg/tasks.json|cfg/tasks.json
a link's target, as a file|echo x >m; ln -s m Makefile|echo y >m|Makefile
a link to a folder|mkdir cfg|ln -s cfg .vscode|.vscode
a link that leads round|ln -s . .vscode; ln -s b .claude; ln -s .claude b|touch x|
hooks|git init -q r|echo x >r/.git/hooks/pre-commit|r/.git/hooks/pre-commit
hooks of a bare repository|git init -q --bare b|echo x >b/hooks/post-receive; git -C b config a.b c|b/config b/hooks/post-receive
a separate repository|git init -q --separate-git-dir s w|git -C w config a.b c|s/config
bare, with worktrees|git init -q --bare .bare; echo gitdir: ./.bare >.git|git config a.b c; echo x >.bare/hooks/pre-commit|.bare/config .bare/hooks/pre-commit
where the .git file leads|git init -q r; echo gitdir: r/.git >.git|echo gitdir: evil >.git|.git
a submodule's|git init -q s; git -C s commit -q --allow-empty -m x; git init -q r; cd r; git submodule add -q ../s s|echo x >r/.git/modules/s/hooks/pre-commit|r/.git/modules/s/hooks/pre-commit
core.hooksPath|git init -q r; git -C r config core.hooksPath .myhooks; mkdir r/.myhooks|echo x >r/.myhooks/pre-commit|r/.myhooks/pre-commit
core.hooksPath, of a worktree|git init -q r; cd r; git commit -q --allow-empty -m x; git config core.hooksPath .myhooks; git worktree add -q ../t; mkdir ../t/.myhooks|echo x >t/.myhooks/pre-commit|t/.myhooks/pre-commit
core.hooksPath, a folder moved there|git init -q r; git -C r config core.hooksPath .my; mkdir r/x; touch r/x/pre-commit|mv r/x r/.my|r/.my/pre-commit
core.hooksPath, through a link|git init -q r; git -C r config core.hooksPath my; mkdir r/x; ln -s x r/my|echo x >r/x/pre-commit|r/x/pre-commit
core.hooksPath, absolute|git init -q r; git -C r config core.hooksPath "$PWD/h"; mkdir h|echo x >h/pre-commit|h/pre-commit
core.fsmonitor|git init -q r; git -C r config core.fsmonitor ./tools/fs.sh; mkdir r/tools; touch r/tools/fs.sh r/tools/o|echo x >r/tools/fs.sh; echo x >r/tools/o|r/tools/fs.sh
an alias|git init -q r; git -C r config alias.x '!sh "tools/a.sh" -q'; mkdir r/tools; touch r/tools/a.sh|echo x >r/tools/a.sh|r/tools/a.sh
a filter|git init -q r; git -C r config filter.f.clean 'python3 clean.py %f'; touch r/clean.py|echo x >r/clean.py|r/clean.py
an included file|git init -q r; git -C r config include.path ../shared.conf; touch r/shared.conf|echo x >r/shared.conf|r/shared.conf
what an included file leads to|git init -q r; git -C r config include.path ../shared.conf; git config -f r/shared.conf core.hooksPath hh; mkdir r/hh|echo x >r/hh/pre-push|r/hh/pre-push
a config.worktree|git init -q r; cd r; git commit -q --allow-empty -m x; git config extensions.worktreeConfig true; git worktree add -q ../t|cd t; git config --worktree core.fsmonitor evil|r/.git/worktrees/t/config.worktree
a package.json whose version changes|echo '{"version": "1", "scripts": {"a": "b"}}' >package.json|echo '{"version": "2", "scripts": {"a": "b"}}' >package.json|
a package.json whose scripts change|echo '{"scripts": {"a": "b"}}' >package.json|echo '{"scripts": {"a": "evil"}}' >package.json|package.json
a package.json that does not parse|echo '{"scripts": {"a": "b"}}' >package.json|echo '{' >package.json|package.json
a set-user-ID file|:|cp /bin/true s; chmod 4755 s|s
"""


def test_cases(work):
    for number, line in enumerate(CASES.strip().splitlines()):
        what, before, during, wanted = (part.strip() for part in re.sub(r"\|\|(?= |\{)", "\0", line).split("|"))
        before, during = (text.replace("\0", "||") for text in (before, during))
        folder = work / str(number)
        folder.mkdir()
        folder.chmod(0o755)
        space, keep = begun(folder, before or ":")
        shell(during or ":", space, AGENT)
        seen, more = named(keep, space)
        check(what, set(seen) == set(wanted.split()) and not more.unlooked, (sorted(seen), more.unlooked))


def test_two_sessions(work):
    space, keep = begun(work)
    shell("mkdir -p node_modules; git init -q node_modules/r; mkdir d; touch d/settings.json", space, AGENT)
    begin_again(keep, space)
    shell("mv node_modules/r r; mv d .claude", space, AGENT)
    seen, _ = named(keep, space)
    check("made in one session, renamed in the next", set(seen) == {"r/.git/", ".claude/settings.json"}, seen)


def test_two_workspaces(work):
    space, keep = begun(work)
    other = work / "other"
    other.mkdir(mode=0o777)
    other.chmod(0o777)
    shell("git init -q --bare store; echo ref: refs/heads/main >store/HEAD", other)
    shell(f"git init -q r; git -C r config core.hooksPath {other}/hooks; mkdir {other}/hooks", space)
    (keep / "start").touch()
    sweep.note(str(keep), [Folder(str(space)), Folder(str(other))])
    time.sleep(0.02)
    shell("echo x >hooks/pre-commit", other, AGENT)
    seen, _ = named(keep, space, other)
    check("hooks that lie in another workspace", set(seen) == {"hooks/pre-commit"}, seen)


def test_judged(work):
    """A folder that was judged before the session is the one that is looked at after it."""
    space, keep = begun(work)
    folder = Folder(str(space), descriptor=os.open(space, os.O_RDONLY | os.O_DIRECTORY))
    shell("echo x >.envrc", space, AGENT)
    space.rename(work / "away")
    space.symlink_to("/etc")
    seen, about = named(keep, folder)
    check("a workspace whose path is a link by now", set(seen) == {f"{space}/.envrc"} and not about.unlooked, (seen, about.unlooked))


def told(keep, lists, space):
    """What a report says, in a process of its own."""
    code = f"import sys; sys.path.insert(0, {str(LIB)!r}); import shared, sweep; sweep.report(*sys.argv[1:3], [shared.Folder(sys.argv[3])])"
    return subprocess.run([sys.executable, "-ISB", "-c", code, keep, lists, space], capture_output=True, text=True).stderr


def reported(work, keep, space):
    """The lines, and the list that they name."""
    said = told(keep, work / "lists", space)
    lists = re.findall(r"^  all of them: (.*)$", said, re.MULTILINE)
    return said, pathlib.Path(lists[0]).read_text() if lists else ""


def test_report(work):
    space, keep = begun(work)
    check("nothing to say", reported(work, keep, space) == ("", ""))
    shell("for n in $(seq -w 161); do mkdir -p aaa/$n; echo { >aaa/$n/package.json; done; git init -q zzz", space, AGENT)
    said, listed = reported(work, keep, space)
    lines = said.splitlines()
    check("a line for each kind", len(lines) == 4, said)
    check("  the most dangerous first", lines[1].endswith(f": {space}/zzz/.git/"), said)
    check("  with counts", lines[2].endswith(" and 153 more"), said)
    check("  and all in a list", listed.count("package.json") == 161 and "zzz/.git/" in listed)
    check("  that anybody may read", (os.stat(next((work / "lists").iterdir())).st_mode & 0o777) == 0o644)
    for _ in range(25):
        reported(work, keep, space)
    check("not more lists than are kept", 1 <= len(list((work / "lists").iterdir())) <= 20)
    (work / "full").write_text("")
    said = told(keep, work / "full", space)
    check("where no list can be written, all of it is said", said.count("package.json") >= 161)


def test_names(work):
    space, keep = begun(work)
    shell("""mkdir "a
b" "$(printf 'e\\033[31m')" 'c, d'; touch "a
b/.envrc" "$(printf 'e\\033[31m')/.envrc" 'c, d/.envrc' "$(printf '\\377.envrc')"; mkdir "$(printf '\\377')"
touch "$(printf '\\377')/.envrc" """, space, AGENT)
    said, _ = reported(work, keep, space)
    check("no control character is printed", not re.search(r"[^\n -~]", said), repr(said))
    check("  and each name is one word", f'"{space}/c, d/.envrc"' in said and "a?b/.envrc" in said, said)
    check("  all four", said.count("/.envrc") == 4, said)


def test_bounds(work):
    space, keep = begun(work)
    deep = os.open(space, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=deep)
        above, deep = deep, os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(above)
    os.close(deep)
    said, _ = reported(work, keep, space)
    check("folders that are too deep are said", "here nobody has looked" in said, said)
    subprocess.run(["rm", "-rf", space / "d"], check=True)
    (space / ".git").mkdir()
    os.mkfifo(space / ".git/config")
    os.mkfifo(space / ".git/HEAD")
    (space / ".git/commondir").touch()
    os.mkfifo(space / "package.json")
    check("no pipe holds it up", "package.json" in reported(work, keep, space)[0])


def main():
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                folder = pathlib.Path(work, name)
                folder.mkdir(mode=0o755)
                test(folder)
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(counts[False] > 0)


if __name__ == "__main__":
    main()
