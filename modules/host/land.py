"""The verb land: what the agent committed on a branch of its own beside a project (beside), looked at as what a stranger sent,
and brought over on the operator's word. Never as root: it is the operator's repository, and his rights are enough."""

import contextlib
import json
import os
import sys

import landing
import obeyed
from beside import Project, checked
from careful_git import Clone, scratch
from say import Failed, Refused, Usage, printable, say

ACTIONS = ("fast-forward", "cherry-pick", "patch", "remove")
KNOWN = {"diff", "json", "yes", "discard", *ACTIONS}
SHOWN = 50  # commits, and paths of a kind
STATES = {"A": "new", "D": "deleted", "M": "changed", "T": "another type", "R": "renamed"}


class Asked:
    """The words behind land."""

    def __init__(self, words):
        self.name, self.commit, self.given = None, "", set()
        words = list(words)
        while words:
            word = words.pop(0)
            if word == "--commit" and words and not self.commit:
                self.commit = words.pop(0)
            elif word == "--commit":
                raise Usage("--commit needs the id of one commit behind it")
            elif word[:2] == "--" and word[2:] in KNOWN:
                self.given.add(word[2:])
            elif word[:1] == "-" or self.name is not None:
                raise Usage(f"land does not know '{printable(word)[:60]}'")
            else:
                self.name = checked(word, "land")
        self.action = self.one_action()

    def one_action(self):
        found = [f"--{action}" for action in ACTIONS if action in self.given]
        if len(found) > 1 and found != ["--fast-forward", "--remove"] and found != ["--cherry-pick", "--remove"]:
            raise Usage(f"land does one thing at a time: {' or '.join(found)}")
        if found and {"json", "diff"} & self.given:
            raise Usage(f"--json and --diff only look: {found[0]} brings something about")
        if "discard" in self.given and "remove" not in self.given:
            raise Usage("--discard is for --remove: what was not brought over goes with it")
        if "yes" in self.given and not found:
            raise Usage(f"--yes is the word for {', '.join(f'--{action}' for action in ACTIONS)}")
        return found[0][2:] if found else ""


def land(command):
    asked = Asked(command.arguments)
    folder = os.getcwd()
    project = Project(command.host, folder)
    commit, branch = project.head()
    if branch.startswith("agent/"):
        raise Refused(f"{project.top} is the agent's own ({branch}): go to the project that it was made from")
    kinds = {**{name: ("worktree", path) for name, path in project.worktrees().items()},
             **{name: ("clone", path) for name, path in project.clones().items()}}
    if asked.name is None and (len(kinds) != 1 or "json" in asked.given):
        return listing(project, kinds, commit, asked)
    name = asked.name or next(iter(kinds))
    if name not in kinds:
        raise Refused(f"nothing is called {name} here: {', '.join(sorted(kinds)) or 'run --worktree NAME or --clone makes one'}")
    with looked_at(project, name, *kinds[name], commit, branch) as piece:
        if asked.commit and not (len(asked.commit) >= 7 and piece.tip.startswith(asked.commit.lower())):
            raise Refused(f"agent/{name} is at {piece.tip[:12]} now, not at {printable(asked.commit)[:64]}: look again")
        if asked.action:
            return landing.bring(command, project, piece, asked)
        show(piece, asked)
    return 0


def listing(project, kinds, commit, asked):
    if asked.action:
        raise Usage(f"land which one: {', '.join(sorted(kinds))}" if kinds else "nothing is there to land")
    rows = []
    for name, (kind, path) in sorted(kinds.items()):
        try:
            with looked_at(project, name, kind, path, commit, "") as piece:
                count, why = len(piece.commits), ""
        except Failed as problem:
            count, why = None, str(problem)
        rows.append({"name": name, "kind": kind, "branch": f"agent/{name}", "folder": path or None, "commits": count,
                     **({"problem": why} if why else {})})
    if "json" in asked.given:
        say(json.dumps(rows, indent=2))
    elif not rows:
        say(f"nothing beside {printable(project.top)}: run --worktree NAME or --clone makes one")
    for row in rows if "json" not in asked.given else ():
        what = row.get("problem") or f"{row['commits']} commit{'s' * (row['commits'] != 1)}"
        say(printable(f"{row['name']:<20} {row['kind']:<9} {what}, {row['folder'] or 'its folder is gone'}"))
    return 0


class Piece:
    """What one branch has that the project has not. own: the repository that all of it is looked at in."""

    def __init__(self, own, name, kind, folder, tip, onto, base):
        self.own, self.name, self.kind, self.folder, self.tip, self.base = own, name, kind, folder, tip, base
        self.commit, self.onto = onto
        said = own.must("its commits cannot be listed", "log", "--format=%H%x00%an%x00%P%x00%s", f"{base}..{tip}").decode("utf-8", "replace")
        self.commits = [line.split("\0", 3) for line in said.split("\n") if line.count("\0") == 3]

    def difference(self, *words):
        return self.own.must("it cannot be compared", "diff-tree", "-r", "--no-ext-diff", "--no-textconv", "--no-color", *words,
                             self.base, self.tip)

    def files(self):
        """(state, path as bytes, its mode, lines added and removed; None: binary) of each that differs."""
        counts = {}
        for one in self.difference("--numstat", "-z", "--no-renames").split(b"\0"):
            added, _, rest = one.partition(b"\t")
            removed, _, path = rest.partition(b"\t")
            if path:
                counts[path] = None if added == b"-" else (int(added), int(removed))
        fields = self.difference("--raw", "-z", "--no-renames").split(b"\0")
        for about, path in zip(fields[::2], fields[1::2]):
            words = about.decode("ascii", "replace").split(" ")
            yield words[4][:1], path, words[1], counts.get(path)


@contextlib.contextmanager
def looked_at(project, name, kind, folder, commit, branch):
    """A Piece; of a clone, with its objects in a repository of ours."""
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(scratch(project.host, project.git, [project.objects()]))
        if kind == "clone":
            clone = stack.enter_context(Clone(folder))
            tip = clone.tip(f"refs/heads/agent/{name}")
            if not tip:
                raise Refused(f"{folder} has no branch agent/{name} any more")
            clone.copy_objects(f"{raw.git_dir}/objects")
        else:
            tip = project.git.commit(f"refs/heads/agent/{name}")
            if not tip:
                raise Refused(f"agent/{name} is at no commit")
        own = stack.enter_context(scratch(project.host, project.git, [project.objects()]))
        landing.carry_new(raw, own, tip, commit)
        base = own.text("merge-base", commit, tip)
        if not base:
            raise Refused(f"agent/{name} has no commit in common with {branch or 'HEAD'}")
        yield Piece(own, name, kind, folder, tip, (commit, branch), base)


# -- what is shown: all of it is the agent's choice --


def show(piece, asked):
    if "json" in asked.given:
        return say(json.dumps(described(piece), indent=2))
    if "diff" not in asked.given:
        summary(piece)
        say("")
    patch(piece)
    if "diff" not in asked.given and piece.commits:
        say(f"\nnothing has changed in {printable(piece.onto or 'HEAD')}; to bring it over: agent-sandbox land {piece.name} --fast-forward, "
            "--cherry-pick or --patch")


def summary(piece):
    onto = printable(piece.onto or piece.commit[:12])
    say(f"agent/{piece.name}, a {piece.kind}: {len(piece.commits)} commit{'s' * (len(piece.commits) != 1)} that {onto} has not")
    for number, author, _, subject in piece.commits[:SHOWN]:
        say(f"  {number[:12]} {one_line(subject)[:100]} ({one_line(author)[:40]})")
    if piece.commits[SHOWN:]:
        say(f"  and {len(piece.commits) - SHOWN} more")
    files = list(piece.files())
    for state, path, mode, counts in files[:SHOWN]:
        say(f"  {STATES.get(state, state):<8} {shown(path)}{kind_of(mode)}" + (f"  +{counts[0]} -{counts[1]}" if counts else
                                                                               "  binary: its content is not shown"))
    if files[SHOWN:]:
        say(f"  and {len(files) - SHOWN} more files")
    for heading, paths in named(files).items():
        more = f" and {len(paths) - SHOWN} more" if paths[SHOWN:] else ""
        say(f"{heading}: {', '.join(paths[:SHOWN])}{more}")


def patch(piece):
    """Lines as they are, but that no byte of it speaks to the terminal."""
    colors = {"+": "32", "-": "31", "@": "36"} if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else {}
    text = piece.difference("-p", "--no-renames", "--full-index").decode("utf-8", "replace")
    for line in text.split("\n")[:-1]:
        clean, color = printable(line.rstrip("\r")), colors.get(line[:1])
        sys.stdout.write(f"\033[{color}m{clean}\033[m\n" if color else clean + "\n")
    sys.stdout.flush()


def one_line(text):
    return printable(text).replace("\t", " ").replace("\n", " ")


def shown(path):
    return one_line(os.fsdecode(path))


def kind_of(mode):
    return {"120000": ", a link", "160000": ", another repository's commit", "100755": ", a program"}.get(mode, "")


def named(files):
    """{heading: paths} of what tools run or obey by themselves, the most dangerous first."""
    table, found = obeyed.Table(), {}
    for _, path, _, _ in files:
        state = ()
        for part in os.fsdecode(path).split("/"):
            state = table.step(state, part)
        heading = obeyed.heading(state)
        if heading is not None:
            found.setdefault(heading, []).append(shown(path))
    return {table.headings[heading]: found[heading] for heading in sorted(found)}


def described(piece):
    files = list(piece.files())
    return {"name": piece.name, "kind": piece.kind, "folder": piece.folder or None, "branch": f"agent/{piece.name}",
            "onto": piece.onto or None, "commit": piece.tip, "base": piece.base,
            "commits": [{"id": number, "author": one_line(author), "subject": one_line(subject)}
                        for number, author, _, subject in piece.commits],
            "files": [{"path": shown(path), "state": STATES.get(state, state), "mode": mode, "binary": counts is None,
                       **({"added": counts[0], "removed": counts[1]} if counts else {})} for state, path, mode, counts in files],
            "obeyed": named(files)}
