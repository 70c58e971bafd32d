"""given: what the command of a credential gave last. Root's alone; another command has another file, so that the
secret of one is never taken for that of another."""

import os
import pwd
import re
import select
import stat
import subprocess
import time

from kinds.folder import entry_differs
from kinds.kind import Kind
from kinds.secret import SHORTEST
from places import is_program, others_may_replace
from say import Failed, progress, warn

SECONDS = 60
LONGEST = 16384  # bytes: proxy/vault.py
SECRET = re.compile(rb"[\x21-\x7e]{%d,%d}" % (SHORTEST, LONGEST))


class Given(Kind):
    """name: the file; desired: (the credential, its command in words)"""

    kind = "given"
    journaled = True
    dropped_last = True

    def check(self, report):
        """Apply asks for the newest; where that fails, the one that is there stays."""
        problem = self.loose()
        if problem:
            report.complain(problem)
        elif self.host.root and not report.dry_run:
            problem = self.renew()
            if problem and self.is_there():
                warn(f"{problem}; the secret that it gave before stays")
            elif problem:
                report.lacks(problem)

    def loose(self):
        """Whoever may put another program in its place would say what the secret is, and run as who asks."""
        credential, words = self.desired
        if not is_program(words[0]):
            return f"the command of credential {credential} is no program: {words[0]}"
        replaced = others_may_replace(words[0]) or others_may_replace(os.path.realpath(words[0]))
        return (f"whoever may change {replaced} would be the command of credential {credential}: it has to be root's alone"
                if replaced else "")

    def renew(self):
        """Runs it, and keeps what it gives; why not, in words, or nothing."""
        credential, words = self.desired
        caller = who_asks(self.sandbox)
        progress(f"secret: {credential} from {words[0]}, run as {caller.pw_name}")
        try:
            secret = printed(words, caller)
        except Failed as why:
            return f"the command of credential {credential}, run as {caller.pw_name}, {why}: {words[0]}"
        if self.host.read(self.name) != secret or self.differs(None):
            self.host.ok("install", "-d", "-m", "0700", "--", os.path.dirname(self.name))
            self.host.write(self.name, secret, 0o400)
        return ""

    def is_there(self):
        info = self.host.about(self.name)
        return info is not None and stat.S_ISREG(info.st_mode) and info.st_size > 0

    def differs(self, seen):
        if not self.is_there():
            return "its command has given nothing yet: run 'agent-sandbox secrets' as root"
        return entry_differs(self.host, self.name, stat.S_ISREG, "0400", "0", "0")

    def converge(self, seen):
        if self.is_there():
            os.chown(self.name, 0, 0, follow_symlinks=False)
            os.chmod(self.name, 0o400)

    def remove(self):
        self.host.unlink(self.name)


def who_asks(sandbox):
    """The operator who called sudo, whose session password managers know; else root. Never one of the sandbox's."""
    number = os.environ.get("SUDO_UID", "")
    try:
        caller = pwd.getpwuid(int(number)) if re.fullmatch("[0-9]{1,10}", number) else None
    except (KeyError, OverflowError):
        caller = None
    if caller is None or caller.pw_uid in (sandbox.agent_uid, sandbox.proxy_uid):
        return pwd.getpwuid(0)
    return caller


def environment(caller):
    """That of a login, as far as password managers ask for it: their session's sockets, and the terminal."""
    kept = {key: os.environ[key] for key in ("PATH", "TERM", "LANG", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "SSH_AUTH_SOCK")
            if key in os.environ}
    run = f"/run/user/{caller.pw_uid}"
    if os.path.isdir(run):
        kept.update(XDG_RUNTIME_DIR=run, DBUS_SESSION_BUS_ADDRESS=f"unix:path={run}/bus")
    if os.isatty(0):
        kept["GPG_TTY"] = os.ttyname(0)
    return {**kept, "HOME": caller.pw_dir, "USER": caller.pw_name, "LOGNAME": caller.pw_name}


def printed(words, caller):
    """The secret that it prints, with a line end. What it says besides goes to a terminal, and nowhere else."""
    rights = {} if caller.pw_uid == os.geteuid() else {
        "user": caller.pw_uid, "group": caller.pw_gid, "extra_groups": os.getgrouplist(caller.pw_name, caller.pw_gid)}
    quiet = None if os.isatty(2) else subprocess.DEVNULL
    try:
        child = subprocess.Popen(words, cwd="/", env=environment(caller), stdin=None if os.isatty(0) else subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=quiet, bufsize=0, **rights)
    except OSError as error:
        raise Failed(f"cannot be started ({error.strerror})") from None
    with child:
        try:
            text = bounded(child)
        except Failed:
            child.kill()
            raise
        finally:
            child.stdout.close()
    if child.returncode:
        raise Failed(f"ended with status {child.returncode}" if child.returncode > 0 else f"was ended by signal {-child.returncode}")
    text = re.sub(rb"\r?\n\Z", b"", text)
    if not SECRET.fullmatch(text):
        raise Failed(f"printed no line of {SHORTEST} or more visible ASCII characters")
    return text + b"\n"


def bounded(child):
    """What it prints until it ends, in so many bytes and seconds."""
    end, text = time.monotonic() + SECONDS, b""
    while len(text) <= LONGEST + 2:
        left = end - time.monotonic()
        if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
            raise Failed(f"took longer than {SECONDS} seconds")
        piece = os.read(child.stdout.fileno(), 65536)
        if not piece:
            break
        text += piece
    else:
        raise Failed(f"printed more than {LONGEST} bytes")
    try:
        child.wait(max(0.1, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise Failed(f"took longer than {SECONDS} seconds") from None
    return text
