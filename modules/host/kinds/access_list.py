"""access-list: who may do what in a workspace (Linux: POSIX access lists, as tmpfiles.d sets them). It
stands in the journal: a workspace that the spec no longer names is left, with its data as it is."""

import errno
import os

from kinds import folder
from kinds.kind import Kind

# What a list grants the sandbox by.
ENTRIES = ("group:{share}", "default:group:{share}", "user:{agent}", "default:user:{agent}")


class AccessList(Kind):
    """desired: the entries; None for a workspace of an earlier generation."""

    kind = "access-list"
    journaled = dropped_last = True

    @classmethod
    def prepare(cls, rows):
        if any(row.difference() for row in rows):
            folder.make_all(rows)

    def check(self, report):
        why = why_none(self.name) if self.desired and self.host.root else ""
        if why:
            report.lacks(f"the workspace {self.name} cannot be shared: {why}")

    def observe(self):
        if not self.host.have("getfacl"):
            return None
        return (self.host.text("getfacl", "-pc", "--", self.name) or "").splitlines()

    def differs(self, seen):
        if os.path.islink(self.name):
            return "it is a link"
        lacking = [entry for entry in self.desired or [] if seen is not None and entry not in seen]
        return f"it lacks {' '.join(lacking)}" if lacking else ""

    def tell(self, seen):
        if self.name in self.sandbox.readonly:
            return [f"workspace   {self.name}: read-only"]
        from workspaces import way_of  # it loads what only this asks

        shared = "an idmapped mount" if way_of(self.sandbox, self.name) == "idmapped" else "access lists"
        hidden = self.sandbox.files_of(self.name)["hide"]
        return [f"workspace   {self.name}: read-write, shared by {shared}" + (f"; hidden: {' '.join(hidden)}" if hidden else "")]

    def remove(self):
        """Only what names a user or a group that is going is taken off, or whoever gets its number next would
        own the files. No process of the agent is left to plant a link now, and -P follows none that it planted
        before."""
        if not self.host.is_folder(self.name) or not self.host.have("setfacl") or (
                not self.host.group(self.sandbox.share)):
            return
        own = {"share": self.sandbox.share, "agent": self.sandbox.agent}
        heir, ours = self.heir(), os.lstat(self.name).st_gid == self.sandbox.share_gid
        owners = [f"user:{heir}", f"default:user:{heir}"] if heir and ours else []  # as apply made it (folder.py, give)
        words = [word for entry in ENTRIES for word in ("-x", entry.format(**own))]
        words += [word for entry in owners for word in ("-x", entry)]
        # -n: a mask without rights would shut the next apply's entries out.
        self.host.ok("setfacl", "-R", "-P", "-n", *words, "--", self.name)
        self.forget_bare()
        self.hand_over(heir)

    def forget_bare(self):
        """Lists that name nobody any more go as a whole: what stays of them is the mode."""
        printed = self.host.bytes("getfacl", "-R", "-P", "-p", "-n", "--", self.name) or b""
        bare = [path for path in map(bare_path, printed.split(b"\n\n")) if path]
        for at in range(0, len(bare), 500):
            self.host.ok("setfacl", "-P", "-b", "--", *bare[at: at + 500])

    def heir(self):
        """The number of its owner, or of the first operator where it is root's; 0."""
        owner = os.lstat(self.name).st_uid
        if owner not in (0, self.sandbox.agent_uid):
            return owner
        first = folder.first_operator(self.host, self.sandbox)
        return first.pw_uid if first else 0

    def hand_over(self, heir):
        box, about = self.sandbox, os.lstat(self.name)
        account = self.host.user(heir)
        group = account.pw_gid if account else 0
        # The folder that apply made was the share's; now it is one person's. No chmod: where there are access
        # lists it would change their mask.
        if about.st_gid == box.share_gid:
            os.chown(self.name, heir, -1, follow_symlinks=False)
            self.host.ok("setfacl", "-n", "-m", "g::---", "--", self.name)
        for place, folders, names in os.walk(self.name):
            kept = []
            for name in folders + names:
                path = f"{place}/{name}"
                info = os.lstat(path)
                if info.st_dev != about.st_dev:
                    continue
                kept.append(name)
                change_owner(path, info, box, heir, group)
            folders[:] = [name for name in folders if name in set(kept)]
        change_owner(self.name, os.lstat(self.name), box, heir, group)


def change_owner(path, info, box, heir, group):
    uid = heir if info.st_uid == box.agent_uid else -1
    gid = group if info.st_gid in (box.share_gid, box.agent_uid) else -1
    if (uid, gid) != (-1, -1):
        os.chown(path, uid, gid, follow_symlinks=False)


def why_none(path):
    """In words, why nothing there, or where it is to be made, can have an access list; ""."""
    try:
        os.lstat(path)
        os.getxattr(path, "system.posix_acl_access", follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return why_none(os.path.dirname(path))
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return "its file system has no access lists (ext4, xfs, btrfs and tmpfs have them)"
        if error.errno == errno.EACCES:
            return "root may not look into it: a file system of FUSE's has to be mounted with allow_root, NFS be exported with no_root_squash"
    return ""


def bare_path(block):
    """The file of one block of getfacl, when its list names nobody. It writes names that could end a line as
    octal numbers; such a file keeps its list."""
    path, listed = None, False
    for line in block.split(b"\n"):
        if line.startswith(b"# file: "):
            path = line[len(b"# file: "):]
        words = line.split(b":")
        rest = words[1:] if words[0] == b"default" else words
        if rest[0] in (b"user", b"group") and len(rest) > 1 and rest[1][:1].isdigit():
            return None
        listed = listed or words[0] in (b"default", b"mask")
    return path if listed and path and b"\\" not in path else None
