"""The folder that the worktrees of a repository have in common, for a session in one of them: whose it is, and what of it is closed.
Objects, refs, logs and the worktree's own part can be written, or nothing could be committed; settings, hooks, attributes, where
objects come from besides, the main work tree's HEAD and index and all other worktrees' parts cannot. Of a
submodule, whose repository lies in that of the project around it, it is that one, with a HEAD and an index of its own."""

import os

import gitconfig
from closing import Closing, listed, modules
from repositories import is_repository, target_of
from say import Failed, Refused, in_line, warn
from shared import Folder, there

LONGEST = 4096
CONFIG = 1 << 20
MODULES = "/.git/modules/"
PART = "worktrees"


def read(folder, path, longest=LONGEST):
    """The text of a small plain file; no link is followed at its end. "" where there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return ""
    try:
        return os.read(fd, longest).decode("utf-8", "surrogateescape").strip()
    except OSError:
        return ""
    finally:
        os.close(fd)


def named_by(folder, path):
    """(the common folder's path, the name of the worktree's part) that the .git file of this work tree means, or None where it is
    none of a linked worktree whose repository lies elsewhere. folder: a descriptor of what path names."""
    target = target_of(read(folder, ".git").encode("utf-8", "surrogateescape"), path)
    parts, _, own = target.rpartition("/") if target else ("", "", "")
    common, _, word = parts.rpartition("/")
    inside = (common + "/").startswith(path + "/")
    return (common, own) if own and word == PART and common and not inside else None


def elsewhere(folder, path):
    """The repository that any other .git file means, or None where that lies in the work tree."""
    target = target_of(read(folder, ".git").encode("utf-8", "surrogateescape"), path)
    return target if target and not (target + "/").startswith(path + "/") else None


def why_no_submodule(target, repository, path, uid):
    """The same of target, a submodule's (repository: a descriptor of it): only below the work tree of the repository that keeps it,
    whose sessions see both."""
    top, kept, _ = target.partition(MODULES)
    if not kept or not path.startswith(top + "/"):
        return f"it is no submodule's, which lies in {MODULES[1:]} of a project around this folder"
    if not is_repository(repository) or os.fstat(repository).st_uid != uid:
        return "it is no repository of yours"
    tree = [value for key, value in gitconfig.settings(read(repository, "config", CONFIG).encode("utf-8", "surrogateescape"))
            if key == "core.worktree"]
    if not tree or os.path.normpath(os.path.join(target, tree[-1])) != path:
        return "its core.worktree is not this folder"
    return ""


def why_not(common, own, path, uid):
    """In words, why this repository (a descriptor of its common folder) is not this worktree's; "". A .git file may be anybody's
    choice who can write the work tree: the repository, which he could not, has to name it back."""
    if not is_repository(common) or os.fstat(common).st_uid != uid:
        return "it is no repository of yours"
    try:
        part = os.open(f"{PART}/{own}", os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=common)
    except OSError:
        return f"it has no worktree {in_line(own)}"
    try:
        back = os.path.normpath(os.path.join(f"{path}/.git", read(part, "gitdir") or "/"))
        if back != f"{path}/.git" or os.path.normpath(read(part, "commondir")) != "../..":
            return f"its worktree {in_line(own)} is not this folder (git worktree repair)"
    finally:
        os.close(part)
    return ""


class CommonClosing(Closing):
    """root: the topmost mount of the common folder; own: the worktree's part, or "" of a submodule's repository."""

    def __init__(self, root, path, own):
        super().__init__(root, path)
        self.own = own

    def close(self, found):
        self.once("", self.whole)
        git = os.dup(self.root)
        try:
            self.ensured_folder(git, "info", "")
            for name in ("HEAD", "index") if self.own else ():
                if there(git, name):
                    self.read_only(git, name, name)
            trees = listed(git, PART)
        finally:
            os.close(git)
        self.once("objects", self.own_objects)
        for name in trees:
            if name != self.own:
                self.once(f"{PART}/{name}", self.others)
        if self.own:
            self.once(f"{PART}/{self.own}", self.own_part)
        self.close_others()

    def own_objects(self, path):
        """No objects from anywhere else: git would read them as whoever comes next."""
        if not there(self.root, "objects/info"):
            os.mkdir("objects/info", 0o755, dir_fd=self.root)
            self.give(os.open("objects/info", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self.root), self.root)
        info = self.pin("objects/info")
        try:
            self.ensured(info, "alternates", b"", f"{path}/info")
        finally:
            os.close(info)

    def others(self, path):
        above = self.pin(PART)
        try:
            self.read_only(above, os.path.basename(path), path)
        finally:
            os.close(above)

    def linked(self, path):
        """Others' are closed as a whole."""
        if path.rpartition("/")[2] == self.own:
            super().linked(path)

    def special(self, path):
        if path.rpartition("/")[2] == self.own:
            super().special(path)

    def own_part(self, path):
        """With what it names: its work tree, which git worktree remove would delete."""
        self.linked(path)
        part = self.pin(path)
        try:
            self.read_only(part, "gitdir", f"{path}/gitdir")
            self.queue += [(f"{path}/{module}", self.repository) for module in modules(part)]
        finally:
            os.close(part)


def of_project(sandbox, project):
    """[the Folder that this project's worktree has in common with the rest of its repository, or its submodule's repository], or [];
    says why it is not shared."""
    path, own = named_by(project.descriptor, project.path) or (elsewhere(project.descriptor, project.path), "")
    if not path:
        return []
    try:
        if not sandbox.projects.worktrees:
            raise Refused("the spec's \"projects\" has no \"worktrees\"")
        common = judged(sandbox, project, path)
        uid = project.account.pw_uid
        why = why_not(common, own, project.path, uid) if own else why_no_submodule(path, common, project.path, uid)
        if why:
            os.close(common)
            raise Refused(why)
    except (OSError, Failed) as error:
        why = error.strerror if isinstance(error, OSError) else error
        warn(f"git will not work here: this {'worktree' if own else 'folder'}'s repository, {in_line(path)}, is not shared: {why}"
             + instead(project))
        return []
    return [Folder(path, descriptor=common, kind="common", own=own, group=project.account.pw_gid)]


def instead(project):
    """Where a submodule's session can begin."""
    folder = os.path.dirname(project.path)
    while folder.startswith(project.root + "/"):
        if os.path.lexists(f"{folder}/.git"):
            return f"; a session of the project around it has it: --project {in_line(folder)}"
        folder = os.path.dirname(folder)
    return ""


def judged(sandbox, project, path):
    """A descriptor of the folder, which lies below a root of the operator's: as a project is judged."""
    import projects

    for root in projects.roots_of(sandbox, project.account):
        if path.startswith(root + "/"):
            opened = projects.steps(root, path[len(root) + 1:].split("/"))
            common = opened.pop()
            projects.close(opened)
            if projects.may_use(project.account, path, os.fstat(common)):
                return common
            os.close(common)
            raise Refused(f"{project.account.pw_name} may not read, write and enter it")
    raise Refused("it lies below no root of the spec's \"projects\"")
