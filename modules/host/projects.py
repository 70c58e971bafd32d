"""Projects: folders below the spec's roots. A session that an operator begins in one sees that one alone.

Root judges where he stands: every step below a root starts from a descriptor and follows no link, the project must be his,
and a process with his numbers must find it and may write there. What is mounted is the folder that was judged, over an
empty one of ours: so neither systemd nor who renames it meanwhile has a say in what the session sees."""

import contextlib
import errno
import hashlib
import os
import pwd
import re
import stat

from say import Failed, Refused
from shared import there

STEP = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
# Of what it is asked for, systemd expands, splits or unquotes the rest.
MOUNTABLE = re.compile(r"/[^%:\"\\$\x00-\x1f\x7f]*")


class Project:
    """path: of the folder, without a link; root: the one that it lies below; descriptor: of the folder that was judged;
    account: pwd's entry of whose it is; begins: where in it; place: what root keeps of it."""

    def __init__(self, sandbox, path, root, descriptor, account, begins):
        self.path, self.root, self.descriptor, self.account = path, root, descriptor, account
        self.begins, self.place = begins, place_of(sandbox, account.pw_uid, path)


def place_of(sandbox, uid, path):
    digest = hashlib.sha256(f"{uid}:{path}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return f"{sandbox.state}/projects/{digest}"


def people(sandbox):
    """pwd's entries of the operators who have an account here."""
    found = []
    for name in sandbox.operators:
        try:
            found.append(pwd.getpwnam(name))
        except KeyError:
            pass  # apply said so
    return [account for account in found if account.pw_uid]


def roots_of(sandbox, account):
    """Of one operator: those that are there, without a link. Where a link leads, an operator says, so it counts only to what
    is an operator's: an empty folder is put over each, in everybody's sessions."""
    found = []
    for root in sandbox.projects.roots:
        own = root.startswith("~/")
        spelled = account.pw_dir + root[1:] if own else root
        real = os.path.realpath(spelled)
        with contextlib.suppress(OSError):
            about = os.stat(real)
            his = about.st_uid == account.pw_uid
            if stat.S_ISDIR(about.st_mode) and (his or not own and real == spelled):
                found.append(real)
    return found


def all_roots(sandbox):
    """Of everybody, outer ones first: what no session sees but for its own project. One in another is hidden with it."""
    found = []
    for root in sorted({root for account in people(sandbox) for root in roots_of(sandbox, account)}):
        if not any((root + "/").startswith(outer + "/") for outer in found):
            found.append(root)
    return found


def asker(sandbox):
    """Who asked sudo; None for root itself, who may begin a session in any operator's project."""
    number = os.environ.get("SUDO_UID", "")
    if not re.fullmatch("[1-9][0-9]{0,9}", number):
        return None
    mine = [account for account in people(sandbox) if account.pw_uid == int(number)]
    if not mine:
        raise Refused(f"the user {number} is no operator of sandbox {sandbox.name}, and has no project here")
    return mine[0]


def steps(root, names):
    """Descriptors of the root and of each folder down to the last name. No link is followed."""
    opened = [os.open(root, STEP)]
    try:
        for name in names:
            opened.append(os.open(name, STEP, dir_fd=opened[-1]))
        return opened
    except OSError:
        close(opened)
        raise


def close(descriptors):
    for one in descriptors:
        os.close(one)


def depth(sandbox, owner, opened, root, names):
    """How many names lead to the project: to the nearest .git; else one. What was a project once stays one, whatever the
    agent took away there: else it would be given more the next time."""
    for count in range(len(names), 1, -1):
        path = "/".join([root, *names[:count]])
        if there(opened[count], ".git") or os.path.isdir(place_of(sandbox, owner, path)):
            return count
    return 1


def judged(sandbox, path, account):
    """The project that this folder is, or lies in; None where it lies below no root. account: of who asks, or None."""
    for one in [account] if account else people(sandbox):
        for root in roots_of(sandbox, one):
            if path.startswith(root + "/"):
                return judged_below(sandbox, root, path[len(root) + 1:].split("/"), account)
    return None


def judged_below(sandbox, root, names, account):
    path = begins = "/".join([root, *names])
    try:
        opened = steps(root, names)
    except OSError as error:
        raise unseen(path, error, f"; below {root} no link is followed") from None
    try:
        owner = account.pw_uid if account else os.fstat(opened[1]).st_uid
        count = depth(sandbox, owner, opened, root, names)
        path, about = "/".join([root, *names[:count]]), os.fstat(opened[count])
        owner = owner_of(sandbox, path, about, account)
        if (owner.pw_dir + "/").startswith(path + "/"):
            raise Refused(f"no project: {path} holds {owner.pw_name}'s home")
        if not may_use(owner, path, about):
            raise Refused(f"no project: {owner.pw_name} may not read, write and enter {path}")
        return Project(sandbox, path, root, opened.pop(count), owner, begins)
    except OSError as error:
        raise unseen(path, error) from None
    finally:
        close(opened)


def unseen(path, error, more=""):
    """Modes keep nothing from root; what serves files from elsewhere may."""
    if error.errno == errno.EACCES:
        more = ", also to root: a file system of FUSE's has to be mounted with allow_root, NFS be exported with no_root_squash"
    return Refused(f"no project: {path}: {error.strerror}{more}")


def require_seen(sandbox, path, account):
    """In a root that we may not look into there would seem to be none."""
    for one in [account] if account else people(sandbox):
        for root in sandbox.projects.roots:
            real = os.path.realpath(one.pw_dir + root[1:] if root.startswith("~/") else root)
            if path.startswith(real + "/"):
                try:
                    os.stat(real)
                except OSError as error:
                    raise unseen(real, error) from None


def owner_of(sandbox, path, about, account):
    for one in [account] if account else people(sandbox):
        if one.pw_uid == about.st_uid:
            return one
    if account:
        raise Refused(f"no project: {path} belongs to {name_of(about.st_uid)}, not to {account.pw_name}")
    raise Refused(f"no project: {path} belongs to {name_of(about.st_uid)}, who is no operator of sandbox {sandbox.name}")


def name_of(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def may_use(account, path, about):
    """Whether he finds the very same folder there, with his own rights alone."""
    process = os.fork()
    if process:
        return os.waitpid(process, 0)[1] == 0
    code = 1
    try:
        if os.getuid() == 0:
            os.initgroups(account.pw_name, account.pw_gid)
            os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
            os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
        same = os.path.samestat(os.stat(path, follow_symlinks=False), about)
        code = 0 if same and os.access(path, os.R_OK | os.W_OK | os.X_OK) else 1
    finally:
        os._exit(code)


def is_folder(path):
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except OSError as error:
        if error.errno == errno.EACCES:
            raise unseen(path, error) from None
        return False


def wanted(sandbox, named):
    """The project to begin in, or None. named: by --project; without it, where we are."""
    if not sandbox.projects:
        if named:
            raise Refused(f"the spec of sandbox {sandbox.name} has no \"projects\"")
        return None
    if sandbox.system != "linux":
        raise Refused("there are no projects on macOS")
    if named and not is_folder(named):
        raise Refused(f"no project: {named} is no folder")
    try:
        path = os.path.realpath(named) if named else os.getcwd()
    except OSError:
        return None
    account = asker(sandbox)
    found = judged(sandbox, path, account)
    if not found:
        require_seen(sandbox, path, account)
    if named and not found:
        raise Refused(f"no project: {path} lies below none of {' '.join(sandbox.projects.roots)}")
    return found


def empty_folders(sandbox, scratch, shared):
    """Properties that put an empty folder of ours over each root; in it, one for each folder that is to be mounted there."""
    lines = []
    for number, root in enumerate(all_roots(sandbox)):
        if not MOUNTABLE.fullmatch(root):
            raise Failed(f"nothing can be mounted over {root!r}: a session would see all of it")
        place = f"{scratch}/roots/{number}"
        make(place)
        for folder in shared.folders:
            if folder.kind != "workspace" and folder.path.startswith(root + "/"):
                make(place + folder.path[len(root):])
        shared.points.append(root)
        lines.append(f'BindReadOnlyPaths={place}:"{root}"')
    return lines


def make(path):
    """For everybody to see, whatever our umask is."""
    so_far = ""
    for name in path.strip("/").split("/"):
        so_far += f"/{name}"
        try:
            os.mkdir(so_far)
            os.chmod(so_far, 0o755)
        except FileExistsError:
            pass
