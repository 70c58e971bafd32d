"""Whether root may take a tree: not when the agent, the proxy or the share group of any applied sandbox can
write it, a folder on the way to it, its repository, or what that repository points to; nor when one of
these lies in a workspace. Nothing of the tree is run, and no link in it is followed."""

import os
import re
import stat
import struct

from applied import Sandboxes, applied
from sandbox import read_data
from say import Refused

ACCESS_LISTS = ("system.posix_acl_access", "system.posix_acl_default")
# What `ls -le` of macOS shows of an entry that lets somebody change something.
ALLOWS = re.compile(r"^ *\d+: (user|group):(\S+) (?:inherited )?allow (.*)$")
CHANGES = re.compile(r"\b(write|add_file|add_subdirectory|append|delete|delete_child|chown|write\w+)\b")


def mounts():
    """Device, folder of that device, and where it is mounted: the newest last."""
    try:
        with open("/proc/self/mountinfo", errors="surrogateescape") as file:
            lines = [line.split() for line in file]
    except OSError:
        return []

    def plain(text):
        return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)

    return [(fields[2], plain(fields[3]), plain(fields[4])) for fields in lines]


def below(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def inside_device(path, table):
    """The device and the path on it: the same folder's, whichever mount leads to it."""
    best = None
    for device, root, point in table:
        if below(path, point) and (best is None or len(point) >= len(best[2])):
            best = device, root, point
    if best is None:
        return None
    device, root, point = best
    return device, os.path.normpath(root.rstrip("/") + "/" + os.path.relpath(path, point))


class Proof:
    def __init__(self, sandboxes, owner):
        self.sandboxes, self.owner = sandboxes, owner
        self.table = mounts()
        self.seen, self.listed = set(), []
        self.places, self.folders = [], set()
        for real in sandboxes.workspaces:
            self.places.append((real, inside_device(real, self.table)))
            # What is mounted in a workspace is seen there.
            for device, root, point in self.table:
                if below(point, real) and point != real:
                    self.places.append((real, (device, os.path.normpath(root))))
            try:
                info = os.stat(real)
                self.folders.add((info.st_dev, info.st_ino))
            except OSError:
                pass

    def check_place(self, path):
        place = inside_device(path, self.table)
        for real, other in self.places:
            same_device = place and other and place[0] == other[0] and below(place[1], other[1])
            if below(path, real) or same_device:
                raise Refused(f"{path} lies in a workspace of a sandbox")

    def check_entry(self, path, info):
        """Whether somebody of a sandbox can change it."""
        own = self.sandboxes
        if own.is_user(info.st_uid):
            raise Refused(f"the sandbox itself may write {path}: it belongs to uid {info.st_uid}")
        if stat.S_ISLNK(info.st_mode):
            return
        if info.st_mode & 0o020 and own.is_group(info.st_gid):
            raise Refused(f"the sandbox itself may write {path}: its group {info.st_gid} may")
        for name in ACCESS_LISTS if hasattr(os, "getxattr") else ():
            try:
                entries = os.getxattr(path, name, follow_symlinks=False)
            except OSError:
                continue
            for tag, may, number in struct.iter_unpack("<HHI", entries[4:]):
                if may & 2 and (tag == 2 and own.is_user(number) or tag == 8 and own.is_group(number)):
                    raise Refused(f"the sandbox itself may write {path}: its access list says so")

    def check_way(self, path):
        """Every folder on the way to an absolute path, the links on it as they are."""
        done, rest = "/", [part for part in path.split("/") if part not in ("", ".")]
        links = 0
        self.check_folder(done)
        while rest:
            part = rest.pop(0)
            if part == "..":
                done = os.path.dirname(done)
                continue
            step = os.path.join(done, part)
            info = os.lstat(step)
            if stat.S_ISLNK(info.st_mode):
                links += 1
                if links > 40:
                    raise Refused(f"{path}: too many links")
                self.check_entry(step, info)
                target = os.readlink(step)
                done = "/" if target.startswith("/") else done
                rest = [part for part in target.split("/") if part not in ("", ".")] + rest
                continue
            done = step
            if stat.S_ISDIR(info.st_mode):
                self.check_folder(done)
        return done

    def check_folder(self, path):
        if path in self.seen:
            return
        self.seen.add(path)
        info = os.lstat(path)
        if (info.st_dev, info.st_ino) in self.folders:
            raise Refused(f"{path} lies in a workspace of a sandbox")
        self.check_place(path)
        self.check_entry(path, info)
        if info.st_uid not in (0, self.owner):
            raise Refused(f"{path} belongs neither to root nor to the owner of the tree")
        # In a sticky folder nobody can replace what others have put there.
        if info.st_mode & 0o002 and not info.st_mode & stat.S_ISVTX:
            raise Refused(f"{path} is writable by everybody")
        self.listed.append(path)

    def check_below(self, folder, named=False):
        """Every entry; named: its content is known by a name that is checked (git's objects)."""
        info = os.lstat(folder)
        if info.st_mode & 0o002:
            raise Refused(f"{folder} is writable by everybody")
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            info = entry.stat(follow_symlinks=False)
            self.check_entry(entry.path, info)
            if stat.S_ISLNK(info.st_mode):
                # Nothing of ours runs or reads hooks.
                if "/.git/" in entry.path and not entry.path.endswith("/.git/hooks"):
                    raise Refused(f"{entry.path} is a link: what git follows must lie in the "
                                  "repository itself")
                continue
            if stat.S_ISDIR(info.st_mode):
                if (info.st_dev, info.st_ino) in self.folders or os.path.ismount(entry.path):
                    self.check_place(entry.path)
                self.check_below(entry.path, named or entry.path.endswith("/.git/objects"))
                continue
            if info.st_mode & 0o002:
                raise Refused(f"{entry.path} is writable by everybody")
            # Another name of it may lie in a workspace.
            if stat.S_ISREG(info.st_mode) and info.st_nlink > 1 and not named:
                raise Refused(f"{entry.path} has another name elsewhere (a hard link)")

    def check_repository(self, tree):
        git = os.path.join(tree, ".git")
        info = os.lstat(git) if os.path.lexists(git) else None
        if info and stat.S_ISREG(info.st_mode):
            raise Refused(f"{tree} is a linked worktree, or its repository lies elsewhere: apply "
                          "works from a repository of its own")
        if not info or not stat.S_ISDIR(info.st_mode):
            raise Refused(f"{tree} is not a git repository: apply works from a commit")
        self.check_way(git)
        self.check_below(tree)
        if os.path.lexists(os.path.join(git, "commondir")):
            raise Refused(f"{git} is a part of another repository")
        for name in ("config", "config.worktree"):
            path = os.path.join(git, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    if re.search(rb"^[ \t]*\[[ \t]*include", file.read(), re.I | re.M):
                        raise Refused(f"{path} includes other files: apply reads none of them")
        self.check_alternates(os.path.join(git, "objects"))

    def check_alternates(self, objects):
        path = os.path.join(objects, "info", "alternates")
        if not os.path.isfile(path):
            return
        with open(path, errors="surrogateescape") as file:
            for line in file.read().splitlines():
                if not line or line.startswith("#"):
                    continue
                if line.startswith('"'):
                    raise Refused(f"{path} names a folder in quotes")
                other = os.path.join(objects, line)
                if not os.path.isdir(other) or os.path.normpath(other) in self.seen:
                    continue
                other = self.check_way(os.path.abspath(other))
                self.check_below(other, named=True)
                self.check_alternates(other)

    def check_lists_of_macos(self, tree):
        """Its access lists are nothing that Python can read. One ls for the folders on the way, one for the tree."""
        import subprocess

        for words in (["-led", *self.listed], ["-leR", tree]):
            shown = subprocess.run(["/bin/ls", *words], capture_output=True, env={}, check=False).stdout
            where = tree
            for line in shown.decode(errors="replace").splitlines():
                match = ALLOWS.match(line)
                if words[0] == "-led" and not match:
                    where = next((path for path in self.listed if line.endswith(f" {path}")), where)
                if match and CHANGES.search(match[3]):
                    if match[2] in self.sandboxes.names or match[2] == "everyone":
                        raise Refused(f"the sandbox itself may write {where}, or something in "
                                      f"it: an access list allows {match[2]} to")


def prove(states, system, tree, way, caller):
    """Raises Refused, or OSError. states says what is applied; what the tree says of itself can only add to
    that. caller is the uid whose trees may be found by looking around, or "any"."""
    known = applied(states)
    try:
        known.append(read_data(os.path.join(tree, "sandbox.json")))
    except (OSError, Refused):
        pass
    owner = os.lstat(tree).st_uid
    proof = Proof(Sandboxes(known), owner)
    proof.check_way(way)
    proof.check_way(tree)
    proof.check_repository(tree)
    if caller != "any" and owner not in (0, int(caller)):
        raise Refused(f"{tree} belongs to somebody else; if that is meant, name it with -o {tree}")
    if system == "darwin":
        proof.check_lists_of_macos(tree)

