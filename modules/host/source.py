"""The committed tree that a command works from: which one it is, and how it is read without running
anything that lies in it."""

import errno
import os
import re
import stat
import subprocess

from sandbox import STATES, Sandbox
from say import Failed, Refused, Usage, printable, remark, warn

ENTRY = re.compile(rb"100(644|755) blob ([0-9a-f]+)\t([A-Za-z0-9._+@/-]+)")
# What the emitted .gitignore names: nix build's and direnv's own leavings.
LEAVINGS = re.compile(r"\.git|\.direnv|result(-.*)?")
# Only plumbing that neither runs hooks, filters, fsmonitor nor an external diff, because each of these is
# a command line in a file of the repository.
ENVIRONMENT = {"HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
               "GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
SETTINGS = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "protocol.allow=never"]

# Whose modules apply without this program, and by which command.
ENGINES = {"NixOS": "nixos-rebuild switch", "system-manager": "system-manager switch", "nix-darwin": "darwin-rebuild switch"}

# TCC refuses root, too (EPERM, where modes refuse with EACCES).
KEPT_BY_MACOS = (". macOS keeps Desktop, Documents, Downloads, other volumes and iCloud's folders from programs: move the "
                 "repository elsewhere, or allow it for this terminal in System Settings, Privacy & Security, Files and Folders")


def in_store(path):
    return os.path.realpath(path).startswith("/nix/store/")


class Source:
    """path: the folder. own: the tree of this very program. applied: this is the applied copy. caller: whose
    trees may be found by looking around, or "any"."""

    def __init__(self, host, own, started_as, directory, command):
        self.host, self.own, self.path = host, own, own
        # On NixOS the applied copy lies in the store, where any user's lies, too; what tells them apart is
        # the name it was started by, which sudo takes from its own file.
        self.applied = any(started_as.startswith(f"{states}/") for states in STATES.values()) or (
            os.path.exists(f"{own}/../../current"))
        self.caller, self.way, self.owner, self.commit = "any", None, None, None
        if directory is not None:
            self.take(directory)
        elif not self.applied and not os.path.exists(f"{own}/.git") and self.needs_repository(command):
            self.look_around()
        if not os.path.isfile(f"{self.path}/sandbox.json"):
            raise Refused(f"{self.path} is not a rendered sandbox")
        self.sandbox = Sandbox(self.path, host.system)

    def take(self, directory):
        if self.applied:
            # sudo lets operators run the applied copy as root with any arguments.
            raise Usage("-o is for a repository's own script, not for the applied copy")
        if not os.path.isdir(directory):
            raise Refused(f"no folder {directory}")
        self.path = os.path.realpath(directory)
        self.way = directory if directory.startswith("/") else f"{os.path.realpath('.')}/{directory}"

    def needs_repository(self, command):
        return command in ("apply", "drift", "remove") or not os.path.isfile(f"{self.path}/sandbox.json")

    def look_around(self):
        """What is found by looking around must be the caller's own."""
        folder = os.path.realpath(".")
        while not (os.path.isfile(f"{folder}/sandbox.json") and os.path.exists(f"{folder}/.git")):
            if folder == "/":
                if not os.path.isfile(f"{self.path}/sandbox.json"):
                    raise Refused("no rendered sandbox is around this folder: say which with -o DIR")
                return
            folder = os.path.dirname(folder)
        sudo = os.environ.get("SUDO_UID", "")
        self.path = folder
        self.caller = sudo if self.host.root and sudo.isdigit() else str(os.getuid())

    def managed_by_nix(self):
        """Who applies here without this program: a name of ENGINES, or None. On Linux the firewall's unit says so,
        which lies in the store as long as the module is in force; nix-darwin's leaves a mark beside its copies."""
        if self.host.system == "darwin":
            marked = os.path.exists(f"{self.sandbox.state}/managed-by-nix")
            return "nix-darwin" if marked or in_store(self.path) else None
        if not any(in_store(f"{folder}/systemd/system/{self.sandbox.prefix}-nft.service") for folder in ("/etc", "/run")):
            return None
        return "NixOS" if os.path.exists("/etc/NIXOS") else "system-manager"

    def leave_to_nix(self, first=""):
        engine = self.managed_by_nix()
        if engine:
            raise Refused(f"{engine} applies {self.sandbox.name} here: {first}{ENGINES[engine]}")

    # -- git, as the user who owns the repository, so that whatever it gets wrong happens without root's
    # rights --

    def environment(self):
        return {"PATH": os.environ["PATH"], **ENVIRONMENT}

    def git(self, *words, data=None):
        """What it prints (bytes), or None."""
        settings = [word for one in [*SETTINGS, f"safe.directory={self.path}"] for word in ("-c", one)]
        options = {}
        if self.host.root and self.owner:
            account = self.host.user(self.owner)
            options = {"user": self.owner, "group": account.pw_gid if account else self.owner, "extra_groups": []}
        done = self.host.run(self.host.tool("git"), *settings, "-C", self.path, f"--git-dir={self.path}/.git", *words,
                             data=data, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             **options)
        return done.stdout if done.returncode == 0 else None

    def own_git(self, scratch, *words, data=None, cwd=None):
        """With no repository but one that we make, whose objects are nobody's."""
        done = self.host.run(self.host.tool("git"), f"--git-dir={scratch}/git", *words, data=data, cwd=cwd,
                             env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout.decode() if done.returncode == 0 else None

    def prove(self):
        """Neither the agent nor a stranger may be able to write the repository or a folder above it: what root
        applies would be theirs. Before git or anything else looks into it."""
        import proof

        try:
            proof.prove(self.sandbox.states, self.sandbox.system, self.path, self.way or self.path, self.caller)
        except OSError as error:
            kept = self.host.system == "darwin" and error.errno == errno.EPERM
            raise Refused(f"cannot look at the tree: {error}" + KEPT_BY_MACOS * kept) from None
        self.owner = os.lstat(self.path).st_uid

    def read_commit(self):
        """HEAD."""
        self.host.tool("git")
        self.prove()
        commit = self.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if commit is None:
            raise Refused(f"{self.path} has no commit")
        self.commit = commit.decode("ascii", "replace").strip()
        if not re.fullmatch("[0-9a-f]{40,64}", self.commit):
            raise Failed("git gave no commit id")
        return self.commit

    def read_object(self, scratch):
        """The commit itself, which must be what its id says."""
        text = self.git("cat-file", "commit", self.commit)
        if text is None or self.hash(scratch, "-t", "commit", "--stdin", data=text) != self.commit:
            raise Failed(f"commit {self.commit} is not what its id promises")
        return text

    def hash(self, scratch, *words, data):
        printed = self.own_git(scratch, "hash-object", *words, data=data)
        return printed and printed.strip()

    def may_be_applied(self, state, scratch, text):
        """Signed by whom it must be, and of a sandbox that has no other name here. Says why not."""
        import signature

        return signature.check(self, state, scratch, text) and self.check_renamed(state)

    def check_renamed(self, state):
        """A name is all that ties what is applied to a repository. One that was rendered under another name
        before would leave that sandbox behind: its users, its firewall, its proxy and who may use them."""
        name = self.sandbox.name
        for other in sorted(os.listdir(state.states)) if os.path.isdir(state.states) else []:
            current = f"{state.states}/{other}/current"
            try:
                before = os.path.basename(os.readlink(current))
            except OSError:
                continue
            if other == name or not re.fullmatch("[0-9a-f]+", before):
                continue
            if self.git("merge-base", "--is-ancestor", before, self.commit) is not None:
                warn(f"this repository was rendered as '{other}' before, and that is applied here: it would stay. "
                     f"Remove it first (the workspaces stay): sudo {current}/bin/agent-sandbox remove")
                return False
        return True

    # -- the commit's files --

    def extract(self, folder, scratch, text):
        """HEAD's files, blob by blob: git archive would run smudge filters. Only plain files are taken, so no
        link of the tree can lead root elsewhere."""
        entries = self.entries()
        os.makedirs(folder)
        for (mode, _, path), data in zip(entries, self.blobs([entry[1] for entry in entries])):
            target = f"{folder}/{path}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "xb") as file:
                file.write(data)
            os.chmod(target, 0o755 if mode == "755" else 0o644)
        self.check_extracted(folder, scratch, entries, text)

    def entries(self):
        listing = self.git("ls-tree", "-r", "-z", self.commit)
        if listing is None:
            raise Failed(f"cannot read commit {self.commit}")
        found = []
        for line in listing.split(b"\0")[:-1]:
            match = ENTRY.fullmatch(line)
            path = match and match[3].decode()
            if not match or any(part in ("", ".", "..", ".git") for part in path.split("/")):
                remark([line.decode("utf-8", "replace")])
                raise Failed("the commit holds something other than plain files with plain names")
            found.append((match[1].decode(), match[2].decode(), path))
        return found

    def blobs(self, names, kind="blob"):
        printed = self.git("cat-file", "--batch", data="".join(f"{name}\n" for name in names).encode())
        at = 0
        for name in names:
            head, _, _ = (printed or b"")[at: at + 200].partition(b"\n")
            words = head.split(b" ")
            if len(words) != 3 or words[0] != name.encode() or words[1] != kind.encode():
                raise Failed(f"cannot read commit {self.commit}")
            start = at + len(head) + 1
            at = start + int(words[2]) + 1
            yield printed[start: at - 1]

    def check_extracted(self, folder, scratch, entries, text):
        """The commit id that was reviewed stands for these very bytes: hash them again. git hashes trees as it
        reads them, but in a process of the repository's owner."""
        paths = "".join(f"{path}\n" for _, _, path in entries).encode()
        got = self.own_git(scratch, "hash-object", "--no-filters", "--stdin-paths", data=paths, cwd=folder)
        index = "".join(f"100{mode} blob {name}\t{path}\n" for mode, name, path in entries).encode()
        tree = text.split(b"\n", 1)[0]
        if got is None or got.split() != [name for _, name, _ in entries] or (
                self.own_git(scratch, "init", "-q", "--bare", "--template=") is None
                or self.own_git(scratch, "update-index", "--index-info", data=index) is None
                or f"tree {(self.own_git(scratch, 'write-tree', '--missing-ok') or '').strip()}".encode() != tree):
            raise Failed("a file of the commit does not have the content that its id promises")

    def check_clean(self, folder):
        """The work tree must be the commit: otherwise what was read and what is applied differ."""
        differences = list(compare(folder, self.path, ""))
        if differences:
            remark(f"  {printable(line)}" for line in differences[:20])
            raise Refused(f"{self.path} is not as committed: commit or remove these differences first")

    def check_scripts(self, folder):
        """Root runs this program's own text, whose folder the caller has named, or root's program has made.
        Another version's may write down other things than the generation's own will look for."""
        if self.path == self.own:
            return True
        for part in ("bin", "host", "probes"):
            for line in compare(f"{folder}/{part}", f"{self.own}/{part}", f"{part}/", extra=False):
                warn(f"{self.path} was rendered by another version of agent-sandbox ({line}): render it again, "
                     f"or run {self.path}/bin/agent-sandbox apply")
                return False
        return True


def compare(folder, other, below, extra=True):
    """How two folders of files differ, a line for each; extra: also what only the other one holds. What is
    no plain file is different."""
    for name in sorted(os.listdir(folder)):
        one, two = f"{folder}/{name}", f"{other}/{name}"
        try:
            info, seen = os.lstat(one), os.lstat(two)
        except OSError:
            yield f"{below}{name} is missing"
            continue
        if stat.S_ISDIR(info.st_mode) and stat.S_ISDIR(seen.st_mode):
            yield from compare(one, two, f"{below}{name}/", extra)
        elif not (stat.S_ISREG(info.st_mode) and stat.S_ISREG(seen.st_mode) and same(one, two)):
            yield f"{below}{name} differs"
    names = os.listdir(other) if extra and os.path.isdir(other) else []
    for name in sorted(name for name in names if not LEAVINGS.fullmatch(name)):
        if not os.path.lexists(f"{folder}/{name}"):
            yield f"{below}{name} is not part of it"


def same(one, two):
    if os.path.getsize(one) != os.path.getsize(two):
        return False
    with open(one, "rb") as first, open(os.open(two, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as second:
        return first.read() == second.read()


def folders_differ(one, two, but=()):
    """Of two folders of root's own: whether a file differs, beyond those of these names."""
    if not (os.path.isdir(one) and os.path.isdir(two)):
        return os.path.isdir(one) or os.path.isdir(two)
    return any(line.split(" ")[0].rsplit("/", 1)[-1] not in but for line in compare(one, two, ""))
