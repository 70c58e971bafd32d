"""What stands beside a project for one piece of the agent's work: a linked worktree, or a clone that is the agent's alone, each
on a branch of its own, agent/NAME. Made by git as the operator, with nothing of the repository's own run (careful_git)."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from urllib.parse import urlsplit, urlunsplit

from careful_git import SHOWN, Git, read_plain
from say import Failed, Refused, Usage, lines_of, printable, progress, warn

NAME = re.compile(r"(?!.*(\.\.|\.lock$|\.$))[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
BRANCHES = "refs/heads/agent/"
SECTION = "agent-sandbox"


def checked(name, what):
    """A NAME that is given behind a word."""
    if not NAME.fullmatch(name):
        raise Usage(f"{what}: '{printable(name)[:60]}' is no name for a branch and a folder: up to 40 letters, digits, and . _ - "
                    "inside")
    return name


class Project:
    """The repository around a folder, which must be the asker's own. top: its work tree; common: what its worktrees share."""

    def __init__(self, host, folder):
        self.host, self.top = host, top_of(folder)
        if self.top is None:
            raise Refused(f"{folder} lies in no git repository")
        for path in (self.top, f"{self.top}/.git"):
            self.require_own(path)
        self.git = Git(host, f"{self.top}/.git", self.top)
        common = self.git.text("rev-parse", "--git-common-dir")
        if not common:
            raise Refused(f"git takes {self.top} for no repository")
        self.common = os.path.normpath(os.path.join(self.top, common))
        self.require_own(self.common)
        self.git.disarm()

    def require_own(self, path):
        info = os.lstat(path)
        if info.st_uid != os.geteuid():
            raise Refused(f"{path} belongs to somebody else: this works with your own rights, so run it as who owns the "
                          "repository, without sudo")

    def head(self):
        """(the commit that is checked out, its branch's short name)"""
        commit = self.git.commit("HEAD")
        if not commit:
            raise Refused(f"{self.top} has no commit yet")
        branch = self.git.text("symbolic-ref", "--quiet", "--short", "HEAD") or ""
        return commit, branch

    def folder(self, name):
        return f"{self.top}-{name}"

    def objects(self):
        return f"{self.common}/objects"

    def clones(self):
        """{name: folder} of those that were made here."""
        said = self.git.bytes("config", "--local", "--null", "--get-regexp", rf"^{SECTION}\..*\.clone$") or b""
        found = {}
        for one in os.fsdecode(said).split("\0"):
            key, _, path = one.partition("\n")
            name = key[len(SECTION) + 1 : -len(".clone")]
            if NAME.fullmatch(name) and path.startswith("/"):
                found[name] = os.path.normpath(path)
        return found

    def worktrees(self):
        """{name: folder; "" where there is none} of every branch agent/NAME."""
        refs = self.git.text("for-each-ref", "--format=%(refname)", BRANCHES) or ""
        names = [ref[len(BRANCHES):] for ref in refs.split("\n") if ref.startswith(BRANCHES)]
        listed = os.fsdecode(self.git.bytes("worktree", "list", "--porcelain", "-z") or b"")
        places, path = {}, ""
        for line in listed.split("\0"):
            key, _, value = line.partition(" ")
            if key == "worktree":
                path = value
            elif key == "branch" and value.startswith(BRANCHES):
                places[value[len(BRANCHES):]] = path
        return {name: places.get(name, "") for name in names if NAME.fullmatch(name)}


def go(command, option, name):
    """Makes what run or shell is asked for, where it is not there, and goes there: the session is in the folder that we are in.
    Root, whom sudo has told who asks, does it with that one's rights."""
    checked(name, option)
    here = os.getcwd()
    uid = os.environ.get("SUDO_UID", "")
    account = command.host.user(int(uid)) if command.host.root and re.fullmatch("[1-9][0-9]{0,9}", uid) else None
    folder = as_who_asks(account, lambda: made(command, option, here, name)) if account else made(command, option, here, name)
    os.chdir(folder)


def made(command, option, here, name):
    """The folder in it that stands where we are in the project."""
    project = Project(command.host, here)
    if project.head()[1].startswith("agent/"):
        raise Refused(f"{project.top} is the agent's own: go to the project that it was made from")
    require_shared(command.sandbox, option, project.folder(name))
    folder = MAKE[option](project, name)
    below = os.path.join(folder, os.path.relpath(os.path.realpath(here), project.top))
    return os.path.normpath(below) if os.path.isdir(below) else folder


def require_shared(box, option, folder):
    """Before anything is made."""
    projects = getattr(box, "projects", None)
    home = pwd.getpwuid(os.geteuid()).pw_dir
    roots = [os.path.realpath(home + root[1:] if root[0] == "~" else root) for root in projects.roots] if projects else []
    if not any(folder.startswith(place + "/") for place in [*box.writable, *roots]):
        raise Refused(f"no session could see {folder}: it lies below no workspace" + (
            f", nor below {', '.join(projects.roots)}" if projects else ", and the spec has no \"projects\""))
    if option == "--worktree" and projects and not projects.worktrees and not any(folder.startswith(place + "/") for place in box.writable):
        raise Refused("git could not work in it: the spec's \"projects\" has no \"worktrees\"; --clone needs none")


def as_who_asks(account, work):
    """What a process with this account's rights, and no others, gives as text; its Failed is ours."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.initgroups(account.pw_name, account.pw_gid)
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            os.write(writes, os.fsencode(work()))
            code = 0
        except Failed as why:
            os.write(writes, os.fsencode(str(why))[:4096])
            code = 2 if isinstance(why, Refused) else 1
        except OSError as error:
            os.write(writes, os.fsencode(str(error))[:4096])
        finally:
            os._exit(code)
    os.close(writes)
    with os.fdopen(reads, "rb") as file:
        said = os.fsdecode(file.read(8192))
    code = os.waitpid(child, 0)[1]
    if code:
        raise (Refused if code == 2 << 8 else Failed)(said or "git as who asks ended without a word")
    return said


def is_worktree_of(project, folder):
    """Whether its .git file says so. What git has noted down of a worktree's place may be the agent's word."""
    text = read_plain(f"{folder}/.git", 4096) or b""
    part = os.path.join(folder, os.fsdecode(text[len(b"gitdir:"):]).strip()) if text.startswith(b"gitdir:") else ""
    return bool(part) and os.path.realpath(os.path.dirname(os.path.dirname(part))) == os.path.realpath(project.common)


def top_of(folder):
    """The nearest folder at or above it with a .git; None."""
    folder = os.path.realpath(folder)
    while not os.path.lexists(f"{folder}/.git"):
        if folder == "/":
            return None
        folder = os.path.dirname(folder)
    return folder


def make_worktree(project, name):
    """The folder of the worktree, made where it is not there."""
    folder, branch = project.folder(name), f"agent/{name}"
    if name in project.clones():
        raise Refused(f"{name} is a clone of {project.top}: run --clone {name} goes on there")
    known = project.worktrees()
    if known.get(name) == folder and os.path.isfile(f"{folder}/.git"):
        return folder
    gone = bool(known.get(name)) and not os.path.lexists(known[name])
    if known.get(name) and not gone:
        raise Refused(f"{branch} is checked out in {known[name]} already")
    require_free(folder)
    project.head()
    progress(f"making a worktree in {folder}")
    new = [] if name in known else ["-b", branch]
    # Forced, where git still knows of one that is gone.
    project.git.must("no worktree can be made", "worktree", "add", "--quiet", *(["--force"] if gone else []), *new, "--", folder,
                     *([branch] if name in known else ["HEAD"]))
    return folder


def require_free(folder):
    if os.path.lexists(folder):
        raise Refused(f"{folder} is there already, and is not what was made here: take another name")
    if not os.access(os.path.dirname(folder), os.W_OK):
        raise Refused(f"no folder can be made in {os.path.dirname(folder)}")


def make_clone(project, name):
    """The same of a clone: what leads to the commit that is checked out, and its tags, without a hard link to the operator's own
    objects, which the agent could write to."""
    folder, branch = project.folder(name), f"agent/{name}"
    known = project.clones().get(name)
    if known == folder and os.path.isdir(f"{folder}/.git"):
        return folder
    if not known and name in project.worktrees():
        raise Refused(f"{branch} is a branch of {project.top}: run --worktree {name} goes on there, or take another name")
    require_free(folder)
    commit, _ = project.head()
    progress(f"cloning {project.top} to {folder}")
    try:
        copy_history(project, folder, branch, commit)
        project.git.must("the clone cannot be noted down", "config", "--local", f"{SECTION}.{name}.clone", folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


MAKE = {"--worktree": make_worktree, "--clone": make_clone}


def copy_history(project, folder, branch, commit):
    """By a pack of what the commit needs: no protocol, and nothing that only the operator's repository still has."""
    os.mkdir(folder, 0o755)
    git = Git(project.host, f"{folder}/.git", None)
    os.mkdir(git.git_dir, 0o755)
    kind = project.git.text("rev-parse", "--show-object-format") or "sha1"
    git.must("no repository can be made", "init", "--quiet", "--template=", f"--object-format={kind}")
    git.must("no repository can be made", "config", "core.bare", "false")
    git.work_tree = folder
    tags = project.git.text("for-each-ref", "--format=%(objectname) %(refname)", "--merged", commit, "refs/tags/") or ""
    tags = [line.split(" ", 1) for line in tags.splitlines()]
    shallow = read_plain(f"{project.common}/shallow", 1 << 20)
    if shallow:
        with open(f"{git.git_dir}/shallow", "wb") as file:
            file.write(shallow)
    carry(project.git, git, [commit, *(number for number, _ in tags)], [], strict=False)
    for number, ref in tags:
        git.must("a tag cannot be made", "update-ref", ref, number)
    git.must("its branch cannot be made", "update-ref", f"refs/heads/{branch}", commit)
    git.must("its branch cannot be made", "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    git.must("its files cannot be made", "read-tree", "-m", "-u", commit)
    origin = project.git.text("config", "--local", "--get", "remote.origin.url") or ""
    without = without_secret(origin)
    if without:
        git.must("its origin cannot be set", "config", "remote.origin.url", without)
        git.must("its origin cannot be set", "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    if without != origin and without:
        warn(f"the address of origin has a secret in it: the clone's is {without}")


def without_secret(url):
    """Of another machine alone; without what stands before the host, but for the user of ssh."""
    parts = urlsplit(url) if re.match("(https?|ssh|git)://", url) else None
    if parts:
        user, _, host = parts.netloc.rpartition("@")
        user = user.partition(":")[0] + "@" if user and parts.scheme == "ssh" else ""
        return urlunsplit((parts.scheme, user + host, parts.path, "", ""))
    return url if re.fullmatch(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\x00-\x20]+", url) else ""


def carry(one, other, commits, known, strict=True):
    """What these commits need and those that are known do not have, from one repository to another, where every object is hashed
    anew and, where it is the agent's, must be well formed."""
    wanted = "".join(f"{number}\n" for number in commits) + "".join(f"^{number}\n" for number in known)
    with tempfile.TemporaryFile() as said:
        with one.begin("pack-objects", "--revs", "--stdout", "--quiet", "--delta-base-offset", stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE, stderr=said) as packs:
            with other.begin("index-pack", "--stdin", *(["--strict"] if strict else []), stdin=packs.stdout,
                             stdout=subprocess.DEVNULL, stderr=said) as takes:
                packs.stdout.close()
                packs.stdin.write(wanted.encode("ascii"))
                packs.stdin.close()
        said.seek(0)
        why = "; ".join(line for line in lines_of(said.read(1 << 16), SHOWN) if line.strip())
    if packs.returncode or takes.returncode:
        raise Failed(f"its objects are not as git makes them: {why or 'git gives no reason'}")
    exclude = ["--not", *known] if known else []
    if other.bytes("rev-list", "--objects", "--quiet", *commits, *exclude) is None:
        raise Failed("its objects are not whole: some are missing (a partial clone?), or are not what their names promise")
