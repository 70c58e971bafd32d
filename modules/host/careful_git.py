"""git in a repository whose files the agent could write, or the agent's branches lie in. It runs as who asks, never as root for
somebody else, and nothing of the repository's own is run: no hook, filter, text conversion, external diff, merge driver,
fsmonitor, no helper of a remote. What is looked at is looked at in a repository of our own, which has the other's objects and
nothing else of it: no configuration, no attributes, no replaced objects, no grafts."""

import contextlib
import copy
import os
import re
import stat
import subprocess
import tempfile

import gitconfig
from say import Failed, Refused, lines_of

# Nothing of the user's either: filters of his own (git-lfs) would be fed what the agent has written.
ENVIRONMENT = {"HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1",
               "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true",
               "GIT_ASKPASS": "true", "GIT_PAGER": "cat", "LC_ALL": "C", "TZ": "UTC0"}
SETTINGS = {"core.fsmonitor": "false", "core.hooksPath": "/dev/null", "core.attributesFile": "/dev/null", "core.pager": "cat",
            "core.excludesFile": "/dev/null", "submodule.recurse": "false", "gc.auto": "0", "maintenance.auto": "false",
            "merge.verifySignatures": "false", "log.showSignature": "false", "commit.gpgSign": "false", "tag.gpgSign": "false",
            "core.quotePath": "true", "advice.detachedHead": "false", "credential.helper": "", "protocol.allow": "never",
            "diff.ignoreSubmodules": "all", "status.submoduleSummary": "false", "merge.autoStash": "false", "merge.ff": "only"}
# No attribute of the tree's: "-diff" would hide a change, "merge" and "filter" would run something.
ATTRIBUTES = "* !diff !merge !text !eol !crlf !filter !ident !working-tree-encoding !conflict-marker-size !whitespace\n"
ID = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
SHOWN = 5  # lines of what git says


class Git:
    """git_dir: the repository; work_tree: its files, where they are touched at all."""

    def __init__(self, host, git_dir, work_tree=None):
        self.program = host.tool("git")
        self.git_dir, self.work_tree, self.settings = git_dir, work_tree, None

    def with_files(self, work_tree, **settings):
        """The same repository, with a work tree and with settings of its own."""
        one = copy.copy(self)
        one.work_tree, one.settings = work_tree, {name.replace("_", "."): value for name, value in settings.items()}
        return one

    def environment(self, more):
        """Settings by number, because -c takes a name up to its first "=", which the name of a filter may have."""
        made = {"PATH": os.environ["PATH"], **ENVIRONMENT, "GIT_DIR": self.git_dir, "GIT_ALLOW_PROTOCOL": "none", **more}
        if self.work_tree:
            made["GIT_WORK_TREE"] = self.work_tree
        settings = {**(self.settings or {}), **SETTINGS}
        made["GIT_CONFIG_COUNT"] = str(len(settings))
        for number, (key, value) in enumerate(settings.items()):
            made[f"GIT_CONFIG_KEY_{number}"], made[f"GIT_CONFIG_VALUE_{number}"] = key, value
        return made

    def disarm(self):
        """Every command in the repository's own configuration, whatever it is called, does nothing from here on."""
        keys = self.bytes("config", "--list", "--includes", "--null", "--name-only")
        self.settings = {}
        for key in os.fsdecode(keys).split("\0") if keys else ():
            if gitconfig.is_one(key.lower(), gitconfig.COMMANDS):
                self.settings[key] = "true" if key.lower() == "core.alternaterefscommand" else ""
                if key.lower().startswith("filter."):
                    self.settings[key.rpartition(".")[0] + ".required"] = "false"
        return self

    def run(self, *words, data=None, more=None):
        cwd = self.work_tree or self.git_dir
        options = {"input": data} if data is not None else {"stdin": subprocess.DEVNULL}
        try:
            return subprocess.run([self.program, *words], env=self.environment(more or {}), cwd=cwd, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        except OSError as error:
            raise Failed(f"git cannot be run in {cwd}: {error.strerror}") from None

    def begin(self, *words, **pipes):
        """subprocess.Popen of it."""
        return subprocess.Popen([self.program, *words], env=self.environment({}), cwd=self.work_tree or self.git_dir, **pipes)

    def bytes(self, *words, **options):
        """What it prints; None when it fails."""
        done = self.run(*words, **options)
        return done.stdout if done.returncode == 0 else None

    def text(self, *words, **options):
        printed = self.bytes(*words, **options)
        return None if printed is None else printed.decode("utf-8", "replace").strip()

    def must(self, what, *words, **options):
        """What it prints; a sentence with git's own words when it fails."""
        done = self.run(*words, **options)
        if done.returncode:
            said = "; ".join(line.strip() for line in lines_of(done.stderr, SHOWN) if line.strip())
            raise Failed(f"{what}: {said or f'git ends with {done.returncode}'}")
        return done.stdout

    def commit(self, name):
        """The id of the commit that it names; ""."""
        found = self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}") or ""
        return found if ID.fullmatch(found) else ""


@contextlib.contextmanager
def scratch(host, like, objects):
    """A repository of our own, and nobody else's to write, that sees these folders of objects; like: the Git whose format of
    ids it has."""
    folder = tempfile.mkdtemp(prefix="agent-sandbox-land.", dir="/var/tmp" if os.path.isdir("/var/tmp") else None)
    try:
        own = Git(host, f"{folder}/git")
        os.mkdir(own.git_dir, 0o700)
        kind = like.text("rev-parse", "--show-object-format") or "sha1"
        own.must("no repository can be made", "init", "-q", "--bare", "--template=", f"--object-format={kind}")
        os.makedirs(f"{own.git_dir}/info", exist_ok=True)
        with open(f"{own.git_dir}/info/attributes", "w", encoding="ascii") as file:
            file.write(ATTRIBUTES)
        with open(f"{own.git_dir}/objects/info/alternates", "w", encoding="ascii") as file:
            file.writelines(f"{quoted(path)}\n" for path in objects)
        for path in objects:
            copy_shallow(os.path.dirname(path), own.git_dir)
        yield own
    finally:
        host.remove_tree(folder)


def quoted(path):
    """As git's alternates take any path."""
    return '"' + "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\{c:03o}" for c in os.fsencode(path)) + '"'


def copy_shallow(git_dir, own):
    """Without it, what is below a shallow clone's last commits would count as missing."""
    text = read_plain(f"{git_dir}/shallow", 1 << 20)
    if text and all(ID.fullmatch(line) for line in text.decode("ascii", "replace").split()):
        with open(f"{own}/shallow", "wb") as file:
            file.write(text)


def read_plain(path, longest):
    """The bytes of a file that is no link and not longer; None."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            about = os.fstat(file.fileno())
            return file.read(longest) if stat.S_ISREG(about.st_mode) and about.st_size <= longest else None
    except OSError:
        return None


FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_folder(path):
    """A descriptor of an absolute path's folder, without a link in its last part."""
    try:
        return os.open(path, FOLDER)
    except OSError as error:
        raise Refused(f"{path}: it is no folder that can be looked at ({error.strerror})") from None


class Clone:
    """A folder's repository that is the agent's alone. It is never given to git: its objects are copied, file by file, without
    following a link, and the commit of its branch is read from two plain files."""

    def __init__(self, path):
        self.path, top = path, open_folder(path)
        try:
            self.git = os.open(".git", FOLDER, dir_fd=top)
        except OSError:
            raise Refused(f"{path} has no repository of its own any more") from None
        finally:
            os.close(top)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.git)

    def read(self, name, longest):
        """What stands in a file of the repository; b""."""
        above = os.dup(self.git)
        try:
            for part in name.split("/")[:-1]:
                one, above = above, os.open(part, FOLDER, dir_fd=above)
                os.close(one)
            with open(os.open(name.rpartition("/")[2], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
                              dir_fd=above), "rb") as file:
                return file.read(longest) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
        except OSError:
            return b""
        finally:
            os.close(above)

    def tip(self, ref):
        """The id that the ref has; ""."""
        loose = self.read(ref, 100).decode("ascii", "replace").strip()
        if ID.fullmatch(loose):
            return loose
        for line in self.read("packed-refs", 64 << 20).splitlines():
            number, _, name = line.partition(b" ")
            if name == ref.encode() and ID.fullmatch(number.decode("ascii", "replace")):
                return number.decode("ascii")
        return ""

    def copy_objects(self, into):
        """into: the folder objects of a repository of ours. Nothing but packs and single objects: no alternates, which would
        have git read any folder of ours."""
        try:
            objects = os.open("objects", FOLDER, dir_fd=self.git)
        except OSError:
            raise Refused(f"{self.path}: its objects are a link, or gone") from None
        try:
            room = Room(into)
            for name in sorted(os.listdir(objects)):
                if name == "pack" or re.fullmatch("[0-9a-f]{2}", name):
                    copy_folder(objects, name, f"{into}/{name}", self.path, room)
        finally:
            os.close(objects)


class Room:
    """What copies may take of a file system: half of what is free, so that an agent's objects fill none of ours."""

    def __init__(self, folder):
        about = os.statvfs(folder)
        self.folder, self.left = folder, about.f_bavail * about.f_frsize // 2

    def take(self, size):
        self.left -= size
        if self.left < 0:
            where = os.path.normpath(f"{self.folder}/../../..")  # of scratch
            raise Refused(f"its objects need more than half of what is free in {where}: make room there")


def copy_folder(above, name, into, whose, room):
    wanted = r"pack-[0-9a-f]+\.(pack|idx)" if name == "pack" else "[0-9a-f]{38}|[0-9a-f]{62}"
    try:
        folder = os.open(name, FOLDER, dir_fd=above)
    except OSError:
        raise Refused(f"{whose}: objects/{name} is no folder") from None
    try:
        os.makedirs(into, exist_ok=True)
        for file in os.listdir(folder):
            if re.fullmatch(wanted, file) and not os.path.exists(f"{into}/{file}"):
                copy_file(folder, file, f"{into}/{file}", f"{whose}: objects/{name}/{file}", room)
    finally:
        os.close(folder)


def copy_file(folder, name, into, what, room):
    """As long as it is now: it may grow meanwhile, without end."""
    try:
        with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise Refused(f"{what} is no file")
            room.take(about.st_size)
            with open(into, "xb") as new:
                left = about.st_size
                while left and (piece := file.read(min(left, 1 << 20))):
                    left -= new.write(piece)
    except OSError as error:
        raise Refused(f"{what} cannot be read: {error.strerror}") from None
