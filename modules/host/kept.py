"""Sessions that outlive their terminal (Linux). What root does for a session until its end is done by a keeper, which is a
unit of its own, PREFIX.keeper-NUMBER.service, and what it would say to a terminal stands in a file. The terminal is dtach's,
outside of the session and with the operator's own rights: it can be reached by nobody else, and nothing of it is inside.
A killed keeper takes the session and dtach along.

/run/PREFIX.sessions/NUMBER/, root's, 0711; gone when the machine starts anew:
    about.json       what was asked, by whom, from where
    said             what is for the operator to read; told: how much of it he has read
    terminal/socket  dtach's; the folder is the operator's, 0700
    ended            the exit code, once all is done
"""

import contextlib
import fcntl
import json
import os
import pwd
import re
import select
import signal
import stat
import struct
import subprocess
import time

import dtach
import terminal
from kinds.sessions import kept_folder
from say import Failed, Refused

MOST = 20  # that have ended and that nobody has asked about
PATIENCE = 20  # seconds for a terminal to be there
STOPS = 180  # seconds: the sweep of workspaces has 120
LINE = re.compile("/dev/pts/[0-9]+")
UTF8_LINES = 0o40000  # termios.h: IUTF8, which Python does not name


def own_uid():
    """Of who asks: sudo says it, and without sudo it is root."""
    uid = os.environ.get("SUDO_UID", "0")
    return int(uid) if re.fullmatch("[0-9]{1,9}", uid) else 0


def take_rights_of(uid):
    """For good, in a process of its own."""
    account = pwd.getpwuid(uid)
    os.setgroups(os.getgrouplist(account.pw_name, account.pw_gid))
    os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
    os.setresuid(uid, uid, uid)


class Place:
    """One session's folder."""

    def __init__(self, box, number):
        self.box, self.number, self.path = box, number, f"{kept_folder(box)}/{number}"
        self.socket = f"{self.path}/terminal/socket"
        self.unit, self.keeper = f"{box.prefix}.session-{number}.service", f"{box.prefix}.keeper-{number}.service"
        self.known = None

    def read(self, name):
        try:
            with open(f"{self.path}/{name}", encoding="ascii") as file:
                return file.read()
        except OSError:
            return None

    def write(self, name, text):
        """Whole, or not at all."""
        with open(f"{self.path}/.{name}", "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
        os.rename(f"{self.path}/.{name}", f"{self.path}/{name}")

    def about(self):
        """None of what is none. It stays what it was where somebody else forgets the session meanwhile."""
        self.known = self.known or json.loads(self.read("about.json") or "null")
        return self.known

    def home(self, box):
        """Where its home is outside: a project's session may have one of its own."""
        return json.loads(self.read("home") or json.dumps(box.home))

    def code(self):
        """None: not ended, or nobody knows how."""
        text = self.read("ended")
        return None if text is None else int(text)

    def is_kept(self, host):
        return host.ok("systemctl", "--quiet", "is-active", self.keeper)

    def attached(self):
        """Whether somebody looks: dtach has the socket say so."""
        with contextlib.suppress(OSError):
            return bool(os.lstat(self.socket).st_mode & stat.S_IXUSR)
        return False

    def rest_of_said(self):
        """A descriptor at what nobody has read yet."""
        try:
            said = os.open(f"{self.path}/said", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            raise self.gone() from None
        os.lseek(said, int(self.read("told") or 0), os.SEEK_SET)
        return said

    def gone(self):
        return Refused(f"session {self.number} has ended, and was told of elsewhere")

    def attend(self):
        """A lock that says that somebody will tell how it ended."""
        try:
            lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise self.gone() from None
        fcntl.flock(lock, fcntl.LOCK_SH)
        return lock

    def forget(self):
        """Unless somebody else is about to tell the same."""
        with contextlib.suppress(OSError):
            lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # In the operator's own part there may be folders in each other without end.
                subprocess.run(["rm", "-rf", "--one-file-system", "--", self.path], check=False, stderr=subprocess.DEVNULL)
            finally:
                os.close(lock)


def places(box):
    """All, the oldest first."""
    try:
        numbers = [name for name in os.listdir(kept_folder(box)) if name.isdigit()]
    except FileNotFoundError:
        return []
    found = [Place(box, number) for number in numbers]
    return sorted((one for one in found if one.about()), key=lambda one: (one.about()["began"], int(one.number)))


def make(box):
    """A new one, by a number that no session has: as a rule that of this process."""
    os.makedirs(kept_folder(box), mode=0o711, exist_ok=True)
    os.chmod(kept_folder(box), 0o711)
    for old in [one for one in places(box) if one.code() is not None][:-MOST]:
        old.forget()
    for number in range(os.getpid(), os.getpid() + 1000):
        try:
            os.mkdir(f"{kept_folder(box)}/{number}", 0o711)
        except FileExistsError:
            continue
        os.chmod(f"{kept_folder(box)}/{number}", 0o711)
        return Place(box, str(number))
    raise Failed("no number is left for a session")


def begin(command, words, how, size):
    """Starts the keeper, which does all that is left; gives the session's place. size: of the terminal; None: nobody is
    there to look."""
    box, host = command.sandbox, command.host
    place, uid = make(box), own_uid()
    account = host.user(uid)
    program = os.path.basename((words or [box.shell])[0])
    place.write("about.json", json.dumps({
        "uid": uid, "operator": account.pw_name if account else str(uid), "command": program, "began": int(time.time()),
        "folder": here(), "words": words, "how": how._asdict(), "environment": dict(os.environ), "size": size}))
    place.rest_of_said()
    said = f"append:{place.path}/said"
    started, problem = host.said(
        "systemd-run", "--quiet", "--collect", f"--unit={place.keeper}", f"--description=keeper of a session of sandbox {box.name}",
        "--service-type=exec", "--property=KillMode=mixed", f"--property=TimeoutStopSec={STOPS}",
        f"--property=StandardOutput={said}", f"--property=StandardError={said}", "--",
        f"{box.state}/current/bin/agent-sandbox", "run", "--sessions", "keep", place.number)
    if not started:
        place.forget()
        raise Failed(f"the session's keeper does not start: {problem.decode('utf-8', 'replace').strip()}")
    return place


def here():
    try:
        return os.getcwd()
    except OSError:
        return "/"


def keep(command, number):
    """The keeper's own: a run, whose terminal is another one."""
    import asked
    import say
    import verbs

    place, code, say.told_later = Place(command.sandbox, number), 1, True
    about = place.about()
    os.environ.update(about["environment"])
    with contextlib.suppress(OSError):
        os.chdir(about["folder"])
    try:
        code = verbs.start(command, about["words"], asked.Asked(**about["how"]), place)
    except Failed as why:
        say.warn(str(why))
        code = why.code
    finally:
        place.write("ended", str(code))
    return code


class Terminal:
    """dtach, and in it agent-sandbox-terminal with the session's own, which is held open for it; a context, which they end with."""

    def __init__(self, session, place):
        self.box, self.host, self.place, self.about = session.sandbox, session.host, place, place.about()
        self.line, self.holder, self.tells = "", None, session.tells

    def __enter__(self):
        host, account = self.host, pwd.getpwuid(self.about["uid"])
        own = os.path.dirname(self.place.socket)
        os.mkdir(own, 0o700)
        os.chown(own, account.pw_uid, account.pw_gid)
        words = dtach.words(dtach.program(host), self.place.socket,
                            [*terminal.inner(self.box, account.pw_uid, self.tells), host.have("sleep"), "infinity"])
        kept = {name: os.environ[name] for name in ("PATH", "TERM") if name in os.environ}
        self.process = subprocess.Popen(
            words, user=account.pw_uid, group=account.pw_gid, extra_groups=os.getgrouplist(account.pw_name, account.pw_gid),
            cwd="/", env=kept, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=self.tells)
        try:
            self.find_line(account.pw_uid)
            self.wait_for_somebody()
        except BaseException:
            self.__exit__()
            raise
        return self

    def find_line(self, uid):
        """Of the process at the end of dtach's line. Whatever the operator does to it, it can be no terminal but one of his
        own; open here, it stays the same one."""
        process, ends = self.process.pid, time.monotonic() + PATIENCE
        while time.monotonic() < ends and self.process.poll() is None:
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{process}/comm", encoding="ascii") as file:
                    if file.read() == "sleep\n":
                        return self.take_line(process, uid)
                with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
                    process = int(file.read().split()[0])
                    continue
            time.sleep(0.002)
        raise Failed("the session's terminal does not start (dtach)")

    def take_line(self, process, uid):
        import termios

        rows, columns = self.about["size"] or dtach.USUAL
        self.holder = os.pidfd_open(process)
        self.held = os.open(f"/proc/{process}/fd/0", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        self.line = os.ttyname(self.held)
        if not LINE.fullmatch(self.line) or os.fstat(self.held).st_uid != uid:
            raise Failed(f"the session's terminal is not the operator's own: {self.line}")
        how = termios.tcgetattr(self.held)
        how[0] |= UTF8_LINES
        termios.tcsetattr(self.held, termios.TCSANOW, how)
        fcntl.ioctl(self.held, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def wait_for_somebody(self):
        """What is printed while nobody looks is lost."""
        ends = time.monotonic() + (PATIENCE if self.about["size"] else 0)
        while time.monotonic() < ends and not self.place.attached():
            time.sleep(0.002)

    def properties(self):
        """The holder has the terminal for its own until the session takes it (systemd.exec(5))."""
        return [f"TTYPath={self.line}", "StandardOutput=tty", "StandardError=tty", f"BindsTo={self.place.keeper}",
                f"After={self.place.keeper}"]

    def goes_before(self, process):
        """Waits for either; the session's own first process would not be ended by that."""
        both = [os.pidfd_open(one.pid) for one in (process, self.process)]
        try:
            return both[0] not in select.select(both, [], [])[0]
        finally:
            for one in both:
                os.close(one)

    def __exit__(self, *_):
        """Its end is told to whoever looks only when all was printed."""
        if self.holder is not None:
            os.close(self.held)
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.holder, signal.SIGTERM)
        else:
            self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
