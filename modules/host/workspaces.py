"""The workspaces of a session, as root: made ready in a namespace of ours, and put into the session's own
while its first process waits at the gate."""

import os
import pwd
import resource
import time

import mounts
import notes
import repositories
from closing import Closing
from files import Covers, Files, close_more, git_has
from listings import Listings, place_of
from say import in_line, warn
from shared import Folder

OPEN_LINES = 20
NO_IDMAP = ("its file system has no idmapped mounts, so what the agent makes there would be no operator's: name it as a "
            "workspace in the spec, which apply shares by access lists")
PATIENCE = 30  # seconds for systemd to set a session up


def uids_of(operators):
    uids = []
    for name in operators:
        try:
            uids.append(pwd.getpwnam(name).pw_uid)
        except KeyError:
            pass  # apply said so
    return uids


def owner_of(workspace, operators):
    """Whose files are the agent's own inside: the workspace's owner, or else the first operator.
    Never root: what the agent makes would be root's."""
    there = os.fstat(workspace).st_uid
    uids = [there] * (there in operators) + operators
    return next((uid for uid in uids if uid != 0), None)


class Ids:
    """The agent's numbers, and those of the people whom it shares workspaces with."""

    def __init__(self, sandbox):
        self.box, self.agent, self.share = sandbox, sandbox.agent_uid, sandbox.share_gid
        self.operators = uids_of(sandbox.operators)

    def known(self, root, folder, chosen):
        return Listings(root, place_of(self.box, folder), chosen)

    def namespace(self, workspace, group=None):
        """For an idmapped mount in which the agent and the owner change places; so do their groups:
        all operators are in the share's, which is meant where no group is given. None where there can't be one."""
        owner = owner_of(workspace, self.operators)
        if owner in (None, self.agent):
            return None
        uids, gids = mounts.swap(owner, self.agent), mounts.swap(self.share if group is None else group, self.agent)
        try:
            return mounts.user_namespace(uids, gids)
        except OSError as error:
            return unsupported(error)


def unsupported(error):
    if error.errno not in mounts.NO_IDMAP:
        raise error


def idmap(tree, userns):
    """Whether the file system could."""
    if userns is None:
        return False
    try:
        mounts.change(tree, mounts.IDMAP, userns)
    except OSError as error:
        unsupported(error)
        return False
    return True


def open_workspace(path):
    return Folder(path).open(os.O_PATH)


def cgroup_of(unit_slice, unit):
    """systemd.slice(5): a dash in a slice's name is a level of the hierarchy."""
    words = unit_slice[: -len(".slice")].split("-")
    levels = ["-".join(words[: n + 1]) + ".slice" for n in range(len(words))]
    top, own = "/sys/fs/cgroup", ""
    with open("/proc/1/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controllers in ("", "name=systemd"):
                own = path[: -len("/init.scope")] if path.endswith("/init.scope") else path
                break
    if not os.path.exists(f"{top}/cgroup.controllers"):
        top += "/systemd"
    return "/".join([top + own.rstrip("/"), *levels, unit, "cgroup.procs"])


def first_process(procs, agent):
    """The mount namespace of the session. Its process gets the agent's uid only after that is
    set up."""
    ours = os.stat("/proc/self/ns/mnt").st_ino
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            with open(procs) as file:
                process = os.open(f"/proc/{int(file.readline())}", os.O_PATH | os.O_DIRECTORY)
            status = os.open("status", os.O_RDONLY, dir_fd=process)
            text = os.read(status, 4096).decode("ascii", "replace")
            os.close(status)
            if f"\nUid:\t{agent}\t{agent}\t{agent}\t{agent}\n" in text:
                namespace = os.open("ns/mnt", os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)
                if os.fstat(namespace).st_ino != ours:
                    return namespace
                os.close(namespace)
            os.close(process)
        except (OSError, ValueError):
            pass  # not there yet
        time.sleep(0.001)
    raise TimeoutError("the session's process does not appear")


def closing_of(folder, tree):
    if folder.kind != "common":
        return Closing(tree, folder.path)
    import common_git

    return common_git.CommonClosing(tree, folder.path, folder.own)


class Workspace:
    """A tree of mounts, made over the workspace in a namespace of ours, so that nobody is ever
    inside before it is whole."""

    def __init__(self, folder, ids, flags, noted, covers):
        path = self.path = folder.path
        workspace = folder.to_mount(os.O_PATH)
        self.tree = mounts.clone(workspace)
        mounts.change(self.tree, mounts.NOSUID | mounts.NODEV, propagation=mounts.MS_PRIVATE)
        if folder.writable:
            mapped = idmap(self.tree, ids.namespace(workspace, folder.group))
            if not mapped and folder.kind != "workspace":
                raise OSError(f"{path}: {NO_IDMAP}")
        mounts.attach(self.tree, workspace)
        self.closing = closing_of(folder, self.tree)
        self.files = Files(self.tree, path, self.closing, covers)
        chosen = folder.patterns()
        known = ids.known(workspace, folder, chosen)
        found = repositories.find_in(folder, self.tree, chosen, known)
        known.write()
        if "sweep" in flags and folder.writable:
            for item in found:
                noted.note(self.tree, path, item)
        if "git" not in flags and folder.writable or folder.kind == "common":
            self.closing.close(found)
        self.files.close(found)
        if not folder.writable:
            mounts.change(self.tree, mounts.RDONLY)

    def detached(self):
        return mounts.clone(self.tree)


def close_each_other(workspaces):
    """A repository of one may be meant by a .git file in another."""
    while any(w.closing.elsewhere for w in workspaces):
        for workspace in workspaces:
            meant, workspace.closing.elsewhere = workspace.closing.elsewhere, []
            for path, step in meant:
                for other in workspaces:
                    if repositories.inside_of(path, other.path):
                        other.closing.follow(path, step)
                        other.closing.close_others()
                        break


def tell_open(workspaces):
    lines = [f"{why}: {w.path}/{path}" for w in workspaces for path, why in w.closing.open]
    for line in lines[:OPEN_LINES]:
        warn(f"left open, because {in_line(line)}")
    if lines[OPEN_LINES:]:
        warn(f"left open, and {len(lines) - OPEN_LINES} more")


def tell_git_has(workspaces):
    for files, paths, name in git_has([w.files for w in workspaces]):
        more = f" and {len(paths) - 3} more" * (len(paths) > 3)
        many = len(paths) > 1
        warn(in_line(f"{', '.join(paths[:3])}{more} {'are' if many else 'is'} hidden in {files.workspace}, but git has {'them' if many else 'it'}: "
                       f"a session can read {'them' if many else 'it'} there (git show :{name})"))


def make_ready(folders, ids, flags, noted, covers):
    if "probe" not in flags:
        return [Workspace(folder, ids, flags, noted, covers) for folder in folders]
    import signal  # it takes as long to load as all the rest

    signal.signal(signal.SIGALRM, too_late)
    ready = []
    for folder in folders:
        signal.alarm(PATIENCE)
        try:
            ready.append(Workspace(folder, ids, flags, noted, covers))
        except (OSError, RecursionError) as error:
            warn(f"{folder.path} stays {'empty' if folder.hides else 'read-only'}: {error}")
        signal.alarm(0)
    return ready


def too_late(*_):
    raise TimeoutError("it takes too long to make it ready")


def enter(sandbox, shared, unit_slice, unit, keep, flags):
    """Makes what is shared (shared.Shared) ready; waits for the session's first process, which waits at its gate; puts them into
    its mount namespace. Ends in a namespace that is not ours: only for a process of its own. flags: "git" leaves
    repositories open, "sweep" notes down in the folder keep what there was before, "probe" leaves a workspace that
    cannot be made ready in time read-only, so that what the agent left there keeps no probe from running. Raises
    OSError."""
    ids, noted = Ids(sandbox), notes.Notes()
    procs = cgroup_of(unit_slice, unit)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    mounts.leave_alone()
    covers = Covers(keep) if any(folder.hides for folder in shared.folders) else None
    workspaces = make_ready(shared.prepared, ids, flags, noted, covers)
    close_each_other(workspaces)
    close_more([w.files for w in workspaces])
    tell_open(workspaces)
    if "sweep" in flags:
        tell_git_has(workspaces)
    trees = [(w.path, w.detached()) for w in workspaces]
    if "sweep" in flags:
        noted.made = max((w.closing.made for w in workspaces), default=0)
        noted.write(keep)
    import proof  # not from in there

    paths = [os.path.realpath(path) for path in shared.points]
    mounts.enter(first_process(procs, ids.agent))
    wrong = misread(paths, {point for _, _, point in proof.mounts()})
    if wrong:
        raise OSError(f"systemd did not mount {wrong} as it should: start the session again")
    for path, tree in sorted(trees):
        # Over the read-only one that systemd has put there.
        mounts.attach(tree, open_workspace(path))


def misread(paths, points):
    """The first of these folders with a blank that is no mount, or whose name up to a blank is one; None. systemd
    252 writes the quoted setting unquoted into the unit of a session, and would take that part for the path if
    it read its units again before the session has begun."""
    for path in (path for path in paths if " " in path):
        words = path.split(" ")
        parts = [" ".join(words[:n]) for n in range(1, len(words))]
        if path not in points or any(part in points and part not in paths for part in parts):
            return path
    return None


def way_of(sandbox, path):
    """How a session would share it now: idmapped, or access-lists."""
    workspace = open_workspace(path)
    tree = mounts.clone(workspace)
    try:
        return "idmapped" if idmap(tree, Ids(sandbox).namespace(workspace)) else "access-lists"
    finally:
        os.close(tree)
        os.close(workspace)
