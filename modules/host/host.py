"""This host, as the kinds of TABLE 8 see it and change it. Tests give them another one."""

import grp
import os
import pwd
import stat
import subprocess

from say import Failed

# What of the caller's environment may reach the programs that root runs: who it is, how its terminal is
# talked to, and how sudo asks for a password.
KEPT = {"HOME", "USER", "LOGNAME", "TERM", "COLORTERM", "NO_COLOR", "LANG", "SSH_AUTH_SOCK", "SSH_ASKPASS",
        "SSH_CONNECTION", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"}
SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"
PATH = {"linux": f"/usr/local/sbin:/usr/local/bin:{SYSTEM}:/run/wrappers/bin:/run/current-system/sw/bin:"
                 "/nix/var/nix/profiles/default/bin",
        "darwin": SYSTEM}  # /usr/local is Homebrew's owner's to write there


def clean_environment(system):
    for name in list(os.environ):
        if name not in KEPT and not name.startswith("SUDO_"):
            del os.environ[name]
    # systemd 257 and newer would write a title of its own into the operator's terminal, with the path of our script.
    os.environ.update(PATH=PATH[system], LC_ALL="C", TZ="UTC0", SYSTEMD_ADJUST_TERMINAL_TITLE="0")
    os.umask(0o022)


class Host:
    """system: linux or darwin. root: whether this process may change things."""

    def __init__(self, system):
        self.system, self.root = system, os.geteuid() == 0
        # Descriptors that our children hold open, too: the lock.
        self.keeps = ()
        # The generator that started us, where one did: it reads specs.
        self.program = None

    # -- programs: words, never a line for a shell --

    def run(self, *words, data=None, **options):
        """subprocess.run, with nothing on the standard input but data (bytes)."""
        if data is None:
            options.setdefault("stdin", subprocess.DEVNULL)
        try:
            return subprocess.run(words, input=data, check=False, pass_fds=self.keeps, **options)
        except OSError as error:
            return subprocess.CompletedProcess(words, 127, b"", f"{words[0]}: {error.strerror}\n".encode())

    def ok(self, *words, data=None):
        """Whether it succeeds; what it prints is nobody's business."""
        return self.run(*words, data=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def tell(self, *words, data=None):
        """Whether it succeeds; what it has to say is for the operator."""
        return self.run(*words, data=data, stdout=2).returncode == 0

    def bytes(self, *words, data=None):
        """What it prints; None when it fails."""
        done = self.run(*words, data=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout if done.returncode == 0 else None

    def text(self, *words, data=None):
        printed = self.bytes(*words, data=data)
        return None if printed is None else printed.decode("utf-8", "surrogateescape")

    def said(self, *words, **options):
        """(whether it succeeds, all that it prints)"""
        done = self.run(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        return done.returncode == 0, done.stdout

    def have(self, name):
        """The path of a program, or None."""
        for folder in os.environ["PATH"].split(":"):
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and not os.path.isdir(path):
                return path
        return None

    def find_tool(self, name):
        """git or python3 by its path; None. On macOS PATH leads to stand-ins of them."""
        if self.system != "darwin":
            return self.have(name)
        from places import on_mac

        return on_mac(name, self.root)

    def tool(self, name):
        found = self.find_tool(name)
        if found is None:
            raise Failed(f"{name} is missing" if self.system != "darwin" else f"there is no {name}" + " that is root's alone" * self.root
                         + ", of Nix or of the Command Line Tools: xcode-select --install")
        return found

    # -- files --

    def read(self, path):
        """Its bytes; None where nothing can be read."""
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return None

    def about(self, path):
        """os.lstat, or None."""
        try:
            return os.lstat(path)
        except OSError:
            return None

    def is_folder(self, path):
        """And no link to one."""
        info = self.about(path)
        return info is not None and stat.S_ISDIR(info.st_mode)

    def write(self, path, data, mode=0o644, group=0):
        """Beside it, as root's, then renamed over it: a reader sees the old file or the new one. Neither
        systemd nor sudo reads names that begin with a dot. group: by its number."""
        folder, name = os.path.split(path)
        new = f"{folder}/.{name}.new"
        os.makedirs(folder, exist_ok=True)
        self.unlink(new)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
            file.write(data)
            if self.root:
                os.fchown(file.fileno(), 0, group)
            os.fchmod(file.fileno(), mode)
        os.rename(new, path)

    def make_folder(self, path):
        os.makedirs(path, exist_ok=True)

    def give(self, path, group, mode):
        """Root's, for a group to see."""
        if self.root:
            os.chown(path, 0, group, follow_symlinks=False)
            os.chmod(path, mode)

    def unlink(self, path):
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass

    def remove_tree(self, path):
        """Follows no link, and leaves the file system not. False: it stays."""
        if not os.path.lexists(path):
            return True
        one = "-rfx" if self.system == "darwin" else "-rf"
        words = () if self.system == "darwin" else ("--one-file-system",)
        return self.tell("rm", one, *words, "--", path) and not os.path.lexists(path)

    # -- accounts --

    def user(self, name):
        """pwd's entry, by name or by number; None."""
        try:
            return pwd.getpwuid(name) if isinstance(name, int) else pwd.getpwnam(name)
        except (KeyError, OverflowError):
            return None

    def group(self, name):
        try:
            return grp.getgrgid(name) if isinstance(name, int) else grp.getgrnam(name)
        except (KeyError, OverflowError):
            return None

    def groups_of(self, name, gid):
        """The names of those that it is in beyond this one."""
        numbers = set(os.getgrouplist(name, gid)) - {gid}
        found = (self.group(number) for number in numbers)
        return sorted(entry.gr_name for entry in found if entry)
