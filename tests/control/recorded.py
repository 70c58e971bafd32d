"""A recorded host, and a sandbox, for tests of modules/host that need no root."""

import pathlib
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "modules/host"))

import host  # noqa: E402
from kinds.kind import Change  # noqa: E402


class Recorded(host.Host):
    """answers: {command line: what it prints, or None for a failure}; files: {path: bytes}; users, groups:
    {name: entry}. did: the command lines that it was given."""

    def __init__(self, system="linux", answers=None, files=None, users=None, groups=None, programs=()):
        super().__init__(system)
        self.root, self.answers, self.files = True, answers or {}, files or {}
        self.users, self.known_groups, self.programs, self.did, self.member_of = users or {}, groups or {}, programs, [], {}

    def run(self, *words, data=None, **options):
        line = " ".join(words)
        self.did.append(line)
        said = next((said for start, said in self.answers.items() if line.startswith(start)), b"")
        text = said if isinstance(said, bytes) else (said or "").encode()
        return types.SimpleNamespace(returncode=1 if said is None else 0, stdout=text, stderr=text)

    def have(self, name):
        return f"/usr/bin/{name}" if name in self.programs else None

    find_tool = have

    def read(self, path):
        return self.files.get(path)

    def about(self, path):
        found = self.files.get(path)
        return found if isinstance(found, types.SimpleNamespace) else None if found is None else entry(0o100644, size=len(found))

    def write(self, path, data, mode=0o644, group=0):
        self.files[path] = data
        self.did.append(f"write {path} {mode:o}")

    def make_folder(self, path):
        self.did.append(f"folder {path}")

    def give(self, path, group, mode):
        self.did.append(f"give {path} {group} {mode:o}")

    def unlink(self, path):
        self.files.pop(path, None)
        self.did.append(f"unlink {path}")

    def remove_tree(self, path):
        self.did.append(f"remove {path}")
        return True

    def user(self, name):
        return next((one for one in self.users.values() if name in (one.pw_name, one.pw_uid)), None)

    def group(self, name):
        return next((one for one in self.known_groups.values() if name in (one.gr_name, one.gr_gid)), None)

    def groups_of(self, name, gid):
        return self.member_of.get(name, [])


def entry(mode, uid=0, gid=0, size=1):
    return types.SimpleNamespace(st_mode=mode, st_uid=uid, st_gid=gid, st_size=size, st_dev=1, st_ino=1)


def user(name, uid, home="/home/agent", shell="/bin/bash"):
    return types.SimpleNamespace(pw_name=name, pw_uid=uid, pw_gid=uid, pw_dir=home, pw_shell=shell)


def group(name, gid, *members):
    return types.SimpleNamespace(gr_name=name, gr_gid=gid, gr_mem=list(members))


BOX = types.SimpleNamespace(
    name="demo", prefix="agent-sandbox-demo", system="linux", tree="/tree", state="/state", states="/states",
    secrets="/etc/agent-sandbox/demo/secrets", run="/run/agent-sandbox/demo", agent="agent", agent_uid=60610,
    proxy="egress", proxy_uid=60611, relay="relay", share="share", share_gid=59305, home="/home/agent", shell="bash",
    operators=["op"], workspaces=["/srv/a b", "/srv/r"], writable=["/srv/a b"], readonly=["/srv/r"], table="agent_sandbox_demo",
    namespace="agent-sandbox-demo", units=["agent-sandbox-demo-nft.service"], start=["agent-sandbox-demo-nft.service"],
    veth=("as1h", "as1a"), cidrs=[{}], publish=[3000], proxy_port=3128, credentials=[("k", "file", "/s/k")], relax=[], disk=7, managed=[], grants=None, projects=None,
    engine="auto", logins=[], files_of=lambda path=None: {"hide": [], "protect": [], "unprotect": []},
    data={"packages": {"nix": ["ripgrep"], "homebrew": {"formulae": [], "casks": []}}}, labels=["org.agent-sandbox.demo.egress"],
    anchor="com.apple/000.agent-sandbox.demo", credentials_of=lambda kind: ["/s/k"] if kind == "file" else [])


class NoState:
    lock = None

    def __init__(self, current="c1", has=(), files=None):
        self.now, self.marks, self.wrote, self.files = current, has, [], files or {}
        self.journal = []

    def current(self):
        return self.now

    def has(self, name):
        return name in self.marks

    def at(self, name):
        return f"/state/{name}"

    def generation_differs(self, commit):
        return ""

    def compile(self, commit):
        pass

    def flip(self, commit):
        self.now = commit

    def trees(self):
        return ["/state/generations/c1", "/state/generations/c2"]

    def write(self, name, text):
        self.wrote.append((name, text))

    def objects(self):
        return self.journal

    def write_objects(self, objects):
        self.journal = sorted(set(objects))


def make(kind, name, desired=None, state=None, before=None, nix=False, again=False, **recorded):
    here = Recorded(**recorded)
    change = Change(here, state or NoState(), BOX, before=before, commit="c2", again=again, managed_by_nix=nix)
    return kind(change, name, desired), here, change
