"""Bringing over what land has shown: the commits as they are, again on top of the operator's, or as one change of his files; and
taking away what was made beside a project. Only what is brought is computed in a repository of ours; the operator's gets whole
objects, and one step of git's that checks his files first."""

import os
import subprocess
import sys

import land
import within
from beside import SECTION, carry, is_worktree_of
from say import Failed, Refused, Usage, printable, say


def carry_new(one, own, tip, commit):
    if not own.text("rev-list", "-1", tip, "--not", commit) and own.commit(tip):
        return  # nothing is new
    carry(one, own, [tip], [commit])


def bring(command, project, piece, asked):
    if "remove" in asked.given and piece.folder:
        within.require_none(command, piece.folder)
    if asked.action == "remove":
        return remove(project, piece, asked)
    if not piece.commits:
        raise Refused(f"agent/{piece.name} has nothing that {piece.onto or 'HEAD'} has not")
    if not piece.onto:
        raise Refused(f"{project.top} is on no branch: check one out first")
    done = {"fast-forward": fast_forward, "cherry-pick": cherry_pick, "patch": as_patch}[asked.action](project, piece, asked)
    if "remove" in asked.given:
        taken_away(project, piece)
    return done


def word(piece, asked, what):
    """The operator's: --yes, or y at the terminal, where he has seen what it is."""
    if "yes" in asked.given:
        return
    if not (os.isatty(0) and os.isatty(1)):
        raise Usage(f"{what}: say --yes, with --commit {piece.tip[:12]} for no other than that")
    land.summary(piece)
    print(f"{printable(what)}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Refused("nothing was changed")


def fast_forward(project, piece, asked):
    if piece.base != piece.commit:
        raise Refused(f"{piece.onto} has commits that agent/{piece.name} has not: --cherry-pick puts the agent's on top of them")
    word(piece, asked, f"move {piece.onto} on to {piece.tip[:12]}")
    move_on(project, piece, piece.tip)
    return 0


def move_on(project, piece, tip):
    require_files(project)
    carry(piece.own, project.git, [tip], [piece.commit])
    # A file that git ignores is the operator's all the same.
    project.git.must("nothing was changed", "merge", "--ff-only", "--quiet", "--no-stat", "--no-autostash", "--no-overwrite-ignore",
                     "--no-verify-signatures", tip)
    say(f"{printable(piece.onto)} is at {tip[:12]}")


def cherry_pick(project, piece, asked):
    if any(" " in parents for _, _, parents, _ in piece.commits):
        raise Refused(f"agent/{piece.name} has merges: --patch takes what they come to")
    word(piece, asked, f"put {len(piece.commits)} commit{'s' * (len(piece.commits) != 1)} of agent/{piece.name} on top of {piece.onto}")
    move_on(project, piece, picked(piece, identity(project.host)))
    return 0


def identity(host):
    """Who commits what is picked: the operator, as his own settings call him; nothing else of them is taken."""
    found = {}
    for key, name in (("user.name", "NAME"), ("user.email", "EMAIL")):
        said = host.bytes(host.tool("git"), "config", "--global", "--get", key)
        if not said or not said.strip():
            raise Refused(f"git does not know who you are: git config --global {key} ...")
        found[f"GIT_COMMITTER_{name}"] = os.fsdecode(said).strip()
    return found


def picked(piece, who):
    """The id of the last commit that comes of it. In a work tree of ours that has no file but those that conflict."""
    own = piece.own
    git = own.with_files(os.path.dirname(own.git_dir) + "/files", core_bare="false", core_sparseCheckout="true",
                         core_sparseCheckoutCone="false")
    os.mkdir(git.work_tree, 0o700)
    with open(f"{own.git_dir}/info/sparse-checkout", "w", encoding="ascii") as file:
        file.write("/.no-file-at-all\n")
    git.must("it cannot be begun", "update-ref", "--no-deref", "HEAD", piece.commit)
    git.must("it cannot be begun", "read-tree", "-m", "-u", piece.commit)
    for number, _, _, subject in reversed(piece.commits):
        done = git.run("cherry-pick", "--allow-empty", "--keep-redundant-commits", "--strategy=ort", number, more=who)
        if done.returncode:
            files = (git.bytes("diff", "--name-only", "-z", "--diff-filter=U") or b"").split(b"\0")[:-1]
            raise Refused(f"{number[:12]} ({land.one_line(subject)[:60]}) does not fit on {piece.onto}"
                          + (f": both changed {', '.join(map(land.shown, files[:5]))}" if files else "") + "; nothing was changed")
    return git.commit("HEAD")


def as_patch(project, piece, asked):
    word(piece, asked, f"change the files of {project.top} as agent/{piece.name} did")
    text = piece.difference("-p", "--binary", "--full-index", "--no-renames")
    if not text:
        raise Refused("its commits change no file")
    require_files(project)
    project.git.must("nothing was changed", "apply", "--whitespace=nowarn", "-", data=text)
    say(f"the files of {printable(project.top)} are changed, and nothing is committed")
    return 0


# -- taking it away --


def remove(project, piece, asked):
    if "discard" not in asked.given:
        left = [subject for state, subject in missing(piece) if state == "+"]
        if left:
            raise Refused(f"agent/{piece.name} has {len(left)} commit{'s' * (len(left) != 1)} that {piece.onto or 'HEAD'} has not, the last "
                          f"'{land.one_line(left[-1])[:60]}': bring them over first, or say --discard")
        files = never_ending(project.host, piece.folder) or uncommitted(piece)
        if files:
            raise Refused(f"{len(files)} files in {piece.folder} are not committed, such as {land.shown(files[0])}: say --discard to lose them")
    word(piece, asked, f"take away {piece.folder or 'the branch'} and agent/{piece.name}")
    taken_away(project, piece)
    return 0


def missing(piece):
    """("+", subject) of a commit that has no like in the operator's branch, which may have been picked."""
    said = piece.own.must("it cannot be compared", "cherry", "-v", piece.commit, piece.tip).decode("utf-8", "replace")
    for line in said.split("\n"):
        state, _, rest = line.partition(" ")
        if state:
            yield state, rest.partition(" ")[2]


def never_ending(host, folder):
    """Paths as bytes, below the folder, of what git would read its settings for files from, and wait for ever (a FIFO, a socket)."""
    if not folder or not os.path.isdir(folder):
        return []
    words = [word for kind in "fdl" for word in ("!", "-type", kind)]
    found = host.run("find", folder, "(", "-name", ".gitignore", "-o", "-name", ".gitattributes", ")", *words, "-print0",
                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return [path[len(os.fsencode(folder)) + 1:] for path in found.split(b"\0")[:-1]]


def require_files(project):
    found = never_ending(project.host, project.top)
    if found:
        raise Refused(f"{project.top}: {land.shown(found[0])} is no file, and git would wait for it: remove it first")


def uncommitted(piece):
    """Paths as bytes. By an index of ours, so that nothing in the folder's own repository is believed."""
    if not piece.folder or not os.path.isdir(piece.folder):
        return []
    git = piece.own.with_files(piece.folder, core_bare="false")
    git.must("its files cannot be looked at", "update-ref", "--no-deref", "HEAD", piece.tip)
    git.must("its files cannot be looked at", "read-tree", piece.tip)
    said = git.must("its files cannot be looked at", "status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all")
    return [one[3:] for one in said.split(b"\0") if one]


def taken_away(project, piece):
    """The folder is one that was made beside the project, or it stays."""
    expected = project.folder(piece.name)
    if piece.folder and os.path.realpath(piece.folder) != os.path.realpath(expected):
        raise Refused(f"{piece.folder} is not the folder that was made for it, {expected}: remove it yourself")
    if piece.folder and os.path.lexists(piece.folder):
        if os.lstat(piece.folder).st_uid != os.geteuid() or os.path.islink(piece.folder):
            raise Refused(f"{piece.folder} belongs to somebody else, or is a link")
        if piece.kind == "worktree" and not is_worktree_of(project, piece.folder):
            raise Refused(f"{piece.folder} is no worktree of {project.top}: remove it yourself")
        wipe(project.host, piece.folder)
    if piece.kind == "clone":
        project.git.must("it stays noted down", "config", "--local", "--remove-section", f"{SECTION}.{piece.name}")
    else:
        if piece.folder:
            project.git.must("its entry stays", "worktree", "remove", "--force", "--force", "--", piece.folder)
        project.git.must("its branch stays", "update-ref", "-d", f"refs/heads/agent/{piece.name}", piece.tip)
    say(f"{printable(piece.folder or '')} and agent/{piece.name} are gone" if piece.folder else f"agent/{piece.name} is gone")


def wipe(host, folder):
    """Follows no link; folders that the agent has closed are opened. By programs that no depth of folders in each other is too much for."""
    host.run("find", folder, "-type", "d", "!", "-perm", "-700", "-execdir", "chmod", "u+rwx", "{}", ";",
             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not host.remove_tree(folder):
        raise Failed(f"{folder} cannot be taken away")
