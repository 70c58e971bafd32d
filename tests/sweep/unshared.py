#!/usr/bin/env python3
"""What a session says of a folder whose file system cannot be shared with it, by real mounts in a namespace of its own: one that has
no idmapped mounts, one without access lists, and one of FUSE's that keeps out whoever is not its owner. Needs root."""

import ctypes
import os
import pathlib
import pwd
import sys
import tempfile
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "modules/host"))
sys.dont_write_bytecode = True
import listings  # noqa: E402
import mounts  # noqa: E402
import notes  # noqa: E402
import projects  # noqa: E402
import workspaces  # noqa: E402
from kinds import access_list  # noqa: E402
from say import Refused  # noqa: E402
from shared import Folder  # noqa: E402

counts = {True: 0, False: 0}
made = []
DETACH = 2
OWNER = pwd.getpwnam("nobody")
ALLOW = "a file system of FUSE's has to be mounted with allow_root, NFS be exported with no_root_squash"


def check(what, right, seen=""):
    counts[bool(right)] += 1
    print(f"{'ok' if right else 'FAILED'}: {what}{'' if right else f' {seen}'}", flush=True)


def mount(kind, place, data=""):
    place.mkdir(parents=True)
    mounts.check(mounts.libc.mount(b"x", os.fsencode(place), kind.encode(), ctypes.c_ulong(0), data.encode()), f"mount {kind}")
    made.append(place)
    return place


def owned(place):
    os.chown(place, OWNER.pw_uid, OWNER.pw_gid)
    return place


class Ids(workspaces.Ids):
    @staticmethod
    def known(*_):
        return listings.Listings()


def refusal(work, *arguments):
    """What is said where nothing may be begun; None."""
    try:
        work(*arguments)
    except (Refused, OSError) as error:
        return str(error)
    return None


def ready(path, kind):
    """In a process of its own, whose mounts go with it."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mounts.leave_alone()
            ids = Ids(SimpleNamespace(agent_uid=60610, share_gid=60611, operators=[OWNER.pw_name]))
            said = refusal(workspaces.make_ready, [Folder(str(path), kind=kind, group=OWNER.pw_gid)], ids, set(), notes.Notes(), None)
            os.write(writes, repr(said).encode())
        finally:
            os._exit(0)
    os.close(writes)
    os.waitpid(child, 0)
    with os.fdopen(reads) as file:
        return eval(file.read() or "'died'", {}, {})


def test_no_idmap(work):
    """A workspace of the spec is shared by access lists there, which apply has made; a project has none."""
    lower, upper, inner = (owned(pathlib.Path(tempfile.mkdtemp(dir=work))) for _ in range(3))
    for kind, data in (("ramfs", ""), ("overlay", f"lowerdir={lower},upperdir={upper},workdir={inner}")):
        place = owned(mount(kind, work / kind, data))
        check(f"{kind}: no project", ready(place, "project") == f"{place}: {workspaces.NO_IDMAP}", ready(place, "project"))
        check("  nor what a project has in common with others", ready(place, "common") == f"{place}: {workspaces.NO_IDMAP}")
        check("  but a workspace", ready(place, "workspace") is None, ready(place, "workspace"))


def test_no_access_lists(work):
    lists = mount("tmpfs", work / "tmpfs")
    none = mount("ramfs", work / "ramfs")
    check("access lists: where there are some", access_list.why_none(str(lists)) == "")
    check("  of a folder that is to be made", access_list.why_none(str(lists / "a/b")) == "")
    said = "its file system has no access lists (ext4, xfs, btrfs and tmpfs have them)"
    check("  where there are none", access_list.why_none(str(none)) == said, access_list.why_none(str(none)))
    check("  for a folder that is to be made", access_list.why_none(str(none / "a/b")) == said)


def test_fuse(work):
    """Without a server behind it: the kernel itself keeps root out."""
    if not os.path.exists("/dev/fuse"):
        print("skipped: FUSE: there is no /dev/fuse")
        return
    server = os.open("/dev/fuse", os.O_RDWR)
    data = f"fd={server},rootmode=40700,user_id={OWNER.pw_uid},group_id={OWNER.pw_gid}"
    root = owned(work / "home")
    os.environ["SUDO_UID"] = str(OWNER.pw_uid)
    for top, mounted, below in (("src", "src/p", ""), ("src", "src/q", "/sub/deep"), ("all", "all", "/p")):
        place = mount("fuse", root / mounted, data)
        for folder in (root, *list(place.relative_to(root).parents)[:-1]):
            owned(root / folder)
        sandbox = SimpleNamespace(projects=SimpleNamespace(roots=[f"{root}/{top}"]), system="linux", name="x", state=str(work),
                                  operators=[OWNER.pw_name])
        for way, work_on in (("by --project", projects.wanted), ("who stands there", begun)):
            said = refusal(work_on, sandbox, f"{place}{below}")
            check(f"FUSE at {mounted}, in {mounted}{below}, {way}: one error", said is not None and
                  said.startswith(f"no project: {place}") and said.endswith(f": Permission denied, also to root: {ALLOW}"), said)
        check("  apply says it of a workspace", access_list.why_none(f"{place}{below}") == f"root may not look into it: {ALLOW}",
              access_list.why_none(f"{place}{below}"))
        os.close(server)
        server = os.open("/dev/fuse", os.O_RDWR)
        data = f"fd={server},rootmode=40700,user_id={OWNER.pw_uid},group_id={OWNER.pw_gid}"


def begun(sandbox, path):
    """As wanted has it for who stands there: nobody else can."""
    account = projects.people(sandbox)[0]
    if not projects.judged(sandbox, path, account):
        projects.require_seen(sandbox, path, account)


def main():
    mounts.leave_alone()
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        for test in (test_no_idmap, test_no_access_lists, test_fuse):
            folder = pathlib.Path(work, test.__name__)
            folder.mkdir()
            (folder / "home").mkdir()
            test(folder)
        for place in made:
            mounts.check(mounts.libc.umount2(os.fsencode(place), DETACH), "umount")
    print(f"{counts[True]} passed, {counts[False]} failed")
    return counts[False] > 0


if __name__ == "__main__":
    sys.exit(main())
