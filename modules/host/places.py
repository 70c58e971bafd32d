"""Where programs are that units start, and who could replace them."""

import os
import stat

from applied import is_roots

# Where systemd looks for what a unit starts by name (systemd.exec(5), ExecSearchPath), and where else it may be: an
# archive or an environment of Python's in /opt, a profile of Nix.
SYSTEMD = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
ELSEWHERE = ("/opt/agent-sandbox/bin", "/opt/mitmproxy/bin", "/opt/mitmproxy", "/nix/var/nix/profiles/default/bin", "/root/.nix-profile/bin",
             "/run/current-system/sw/bin")

# The folders of programs on a Mac that are not the system's, as bin/agent-sandbox and bin/darwin-egress read them, too.
with open(f"{os.path.dirname(os.path.abspath(__file__))}/darwin_folders.txt", encoding="ascii") as listed:
    DARWIN = [line.rstrip("\n") for line in listed if not line.startswith("#")]


def on_mac(name, roots):
    """The path of git or of Python there; None. roots: only what nobody but root could put another in the place of."""
    for folder in DARWIN:
        path = f"{folder}/{name}"
        if is_program(path) and not (roots and (others_may_replace(path) or others_may_replace(os.path.realpath(path)))):
            return path
    return None


def elsewhere(name):
    """The path of a program that systemd does not find by its name: links followed, because homes are hidden from
    units. None."""
    for folder in () if any(is_program(f"{place}/{name}") for place in SYSTEMD) else ELSEWHERE:
        if is_program(f"{folder}/{name}"):
            return os.path.realpath(f"{folder}/{name}")
    return None


def somewhere(name):
    """The path of a program, wherever of these it is; links followed. None."""
    return next((os.path.realpath(f"{place}/{name}") for place in SYSTEMD + ELSEWHERE if is_program(f"{place}/{name}")), None)


def is_program(path):
    return os.path.isfile(path) and os.access(path, os.X_OK)


def others_may_replace(path):
    """The first file or folder on the way there that somebody but root could put another in the place of; ''."""
    while is_roots(path) or is_sticky(path):
        if path == "/":
            return ""
        path = os.path.dirname(path)
    return path


def is_sticky(path):
    """A folder of root's in which nobody else can replace what is root's, such as Nix's store."""
    info = os.lstat(path)
    return info.st_uid == 0 and stat.S_ISDIR(info.st_mode) and bool(info.st_mode & stat.S_ISVTX)
