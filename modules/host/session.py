"""A session: a command as the agent, inside. Linux: a transient unit with the committed properties, in the
namespace whose only way out is the relay to the proxy; macOS: bin/darwin-session, which is su and Seatbelt."""

import fcntl
import glob
import os
import signal
import struct
import subprocess
import tempfile
import termios
import time

import table
import told
from host import SYSTEM
from leftover import Beside
from sandbox import PLACES
from say import Failed, warn
from shared import Folder, Shared

# Properties that are left out: for sessions of our own (dotfiles, verify) the limits, because what the
# agent's sessions have used up must not keep the probes from running; and for the attack on the egress filter
# the private namespace and the filter by address, which would hide whether that one refuses.
LIMITS = ("Slice=", "LimitNPROC=", "RuntimeMaxSec=")
OUTSIDE = ("NetworkNamespacePath=", "IPAddress")
# One that nobody waits for any more, because we were killed before its gate was opened, ends by itself.
LONGEST = 900  # seconds
TERMINAL = ("TERM", "COLORTERM", "NO_COLOR", "LANG")
GATE = "/run/agent-sandbox-gate"
GIT_CONFIG = "/run/agent-sandbox-gitconfig"
SSH_SETTINGS = ":/etc/ssh/ssh_config"


class Session:
    """name: what tells its unit from others; scratch: a folder of ours, for the gate; ours: it is not an
    operator's; outside: on the host's network; project: what an operator begins it in, or None;
    home: what is the agent's home inside. shared: what it sees of the host's disk."""

    def __init__(self, change, name, scratch, ours=False, outside=False, project=None, home=None):
        self.change, self.sandbox, self.host = change, change.sandbox, change.host
        self.unit = f"{self.sandbox.prefix}.session-{name}"
        self.scratch, self.ours, self.outside = scratch, ours, outside
        self.shared, self.project, self.home, self.keeps = Shared(self.sandbox), project, home or self.sandbox.home, self.host.keeps
        if project:
            self.begin_project()
        self.keeper = None
        self.more = []  # properties
        self.tells = ()  # descriptors for what stands before its terminal (terminal.around)

    def begin_project(self):
        import common_git
        import project_state

        project = self.project
        self.keeps = (*self.keeps, project_state.begin(self.change, project))
        self.shared.folders.append(Folder(project.path, files=self.sandbox.files_of(), descriptor=project.descriptor, kind="project",
                                          group=project.account.pw_gid))
        self.shared.folders += common_git.of_project(self.sandbox, project)
        if self.sandbox.projects.each:
            self.home = f"{project.place}/home"

    # -- Linux: the gate, at which the session's first process waits until its workspaces are there --

    def properties(self):
        """They are never done without."""
        text = self.host.read(self.change.path("linux/systemd/session.properties"))
        if not text:
            raise Failed("cannot read the properties of a session")
        left_out = (LIMITS if self.ours else ()) + (OUTSIDE if self.outside else ())
        lines = [line for line in text.decode().splitlines()
                 if line and not line.startswith(("#", *left_out)) and self.has_place(line)]
        own = [f"RuntimeMaxSec={LONGEST}"] if self.ours else []
        own.append(f"BindReadOnlyPaths={told.folder(self.sandbox, self.project)}:{told.INSIDE}")
        if self.home != self.sandbox.home:
            lines = [line for line in lines if line != f"BindPaths={self.sandbox.home}"]
            own.append(f"BindPaths={self.home}:{self.sandbox.home}")
        if self.sandbox.projects:
            import projects

            own += projects.empty_folders(self.sandbox, self.scratch, self.shared)
        if any(folder.hides for folder in self.shared.folders):
            lines = list(map(self.nothing_yet, lines))
            own += self.git_settings()
        return lines + own + self.hidden() + self.more + [f"BindReadOnlyPaths={self.scratch}/gate:{GATE}"]

    def has_place(self, line):
        """What the proxy published is mounted over the files of CAs that this host has, and ssh's settings over its own: one
        that it has not would be made, on its disk."""
        placed = line.startswith(f"BindReadOnlyPaths={self.sandbox.run}/") and ":" in line or line.endswith(SSH_SETTINGS)
        return not placed or os.path.isfile(line.rpartition(":")[2])

    def nothing_yet(self, line):
        """Of a folder in which something is hidden nothing is there until the gate opens: other sessions of the agent's could
        look into this one (/proc/PID/root)."""
        key, _, path = line.partition("=")
        if key != "BindReadOnlyPaths" or not any(folder.hides and folder.path == path.strip('"') for folder in self.shared.folders):
            return line
        return f'TemporaryFileSystem={path[:-1]}:ro"' if path.endswith('"') else f"TemporaryFileSystem={path}:ro"

    def git_settings(self):
        """git takes what is hidden for unchanged (files.py)."""
        from files import GIT_SETTINGS

        with open(f"{self.scratch}/gitconfig", "w", encoding="ascii") as file:
            file.write(GIT_SETTINGS)
        os.chmod(f"{self.scratch}/gitconfig", 0o644)
        return [f"BindReadOnlyPaths={self.scratch}/gitconfig:{GIT_CONFIG}", f"Environment=GIT_CONFIG_SYSTEM={GIT_CONFIG}"]

    def hidden(self):
        """What a sandbox of this host has put there for agents outside: inside they need no other sandbox around them,
        and could not start one."""
        box, found = self.sandbox, []
        for place, (_, file) in PLACES[self.host.system].items():
            folder = os.path.dirname(place)
            if os.path.isdir(folder) and glob.glob(f"{box.states}/*/current/{file}"):
                found.append(f"TemporaryFileSystem={folder}:ro")
        return found

    def words(self, kind, command):
        if self.host.system == "darwin":
            box = self.sandbox
            # The agent's login files would come before the probes, and could say in their place what they like.
            shell = "none" if self.ours else box.shell
            return [self.change.path("bin/darwin-session"), box.name, box.agent, str(box.agent_uid), shell, *command]
        given = [f"--setenv={name}={value}" for name, value in terminal_settings().items()]
        return ["systemd-run", "--quiet", "--wait", "--collect", kind, f"--unit={self.unit}",
                f"--description=session of sandbox {self.sandbox.name}",
                *(f"--property={line}" for line in self.properties()), *given, "--",
                f"{self.sandbox.state}/current/bin/linux-session", self.folder(), *map(escaped, command)]

    def folder(self):
        """The one we are in, when it is the agent's too; or the project."""
        if self.project:
            return escaped(self.project.begins)
        try:
            here = os.getcwd()
        except OSError:
            return self.sandbox.home
        inside = self.shared.around(here) or (here + "/").startswith(self.sandbox.home + "/")
        return escaped(here) if inside and not self.ours else self.sandbox.home

    def start(self, kind, command, around=(), **options):
        """subprocess.Popen of it. kind: --pty or --pipe; around: what starts it, and stands between."""
        told.provide(self.change, session=self)
        if self.host.system == "darwin":
            # It is our child there, and what it is given open stays open inside: not the lock.
            return subprocess.Popen([*around, *self.words(kind, command)], pass_fds=self.tells, env=darwin_environment(), **options)
        os.mkfifo(f"{self.scratch}/gate", 0o444)
        os.chmod(f"{self.scratch}/gate", 0o444)
        # Ours is open for reading as well, so nobody blocks.
        gate = os.open(f"{self.scratch}/gate", os.O_RDWR | os.O_CLOEXEC)
        words = [*around, *self.words(kind, command)]
        self.keeper = self.keep_gate(gate)
        started = subprocess.Popen(words, pass_fds=(*self.keeps, *(self.tells if around else ())), **options)
        os.close(gate)
        return started

    def keep_gate(self, gate):
        """The process that makes the workspaces ready, before the session is started, because it waits for it.
        Whatever goes wrong, the gate is told, and the session ends."""
        started_by = os.getpid()
        process = os.fork()
        if process:
            return process
        code = 1
        try:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            os.dup2(os.open("/dev/null", os.O_RDWR), 0)
            self.make_ready()
            tell_gate(gate, b"open", started_by)
            code = 0
        except (OSError, RecursionError) as error:
            warn(f"the workspaces cannot be shared: {error}")
        except BaseException as error:  # it must be told, and nothing of ours runs on in this process
            warn(f"the workspaces cannot be shared: {error!r}")
        finally:
            if code:
                tell_gate(gate, b"closed", started_by)
            os._exit(code)
        return None

    def make_ready(self):
        if not self.shared.prepared and not any(" " in path for path in self.shared.points):
            return
        import workspaces

        flags = {"git"} if "git-config" in self.sandbox.relax else set()
        flags.add("probe" if self.ours else "sweep")
        group = "system.slice" if self.ours else f"{self.sandbox.table}.slice"
        workspaces.enter(self.sandbox, self.shared, group, f"{self.unit}.service", self.scratch, flags)

    def began(self, code):
        """Whether it came to its gate, once it has ended with this code. Where it did not, systemd gives without a
        word one of its own (systemd.exec(5): 200 to 245), or 0, when a unit that it needs has failed: that is rare,
        and the process that tells the gate may only be slow."""
        for _ in range(0 if not self.keeper else 50 if 200 <= code <= 245 else 2500):
            if os.waitpid(self.keeper, os.WNOHANG)[0]:
                return True  # it read the gate, or what kept that shut has been said
            time.sleep(0.002)
        self.forget_gate()
        return not self.keeper

    def forget_gate(self):
        if self.keeper:
            os.kill(self.keeper, signal.SIGTERM)
            os.waitpid(self.keeper, 0)

    def why(self):
        """Words for a session that did not begin: the service manager's, without those that say nothing."""
        unit = f"{self.unit}.service"
        said = self.host.text("journalctl", "--quiet", "--output=cat", f"--unit={unit}") or ""
        said = [line.removeprefix(f"{unit}: ") for line in said.splitlines() if line.startswith(f"{unit}: ")]
        return "the session did not begin" + (": " if said else "") + "; ".join(said)

    def signal(self, number):
        if self.host.system == "linux":
            self.host.ok("systemctl", "kill", f"--signal={signal.Signals(number).name[3:]}", f"{self.unit}.service")

    def end(self, process):
        """Also one whose unit is only about to be made; one that has ended by itself is left alone."""
        for _ in range(50):
            if process.poll() is not None or self.host.ok("systemctl", "stop", f"{self.unit}.service"):
                return
            time.sleep(0.1)


def tell_gate(gate, word, started_by):
    """Stays until the session has read it, because a FIFO that nobody holds open forgets; or until the process
    that would end this one is gone."""
    os.write(gate, word + b"\n")
    while struct.unpack("i", fcntl.ioctl(gate, termios.FIONREAD, b"\0" * 4))[0] and os.getppid() == started_by:
        time.sleep(0.002)


def terminal_settings():
    return {name: os.environ[name] for name in TERMINAL if plain(os.environ.get(name, ""))}


def darwin_environment():
    """All that goes in: whatever starts darwin-session would start env for it, and a session wait for that."""
    return {"PATH": SYSTEM, "TERM": "dumb", "LANG": "en_US.UTF-8", **terminal_settings()}


def plain(text):
    return text and all(c.isalnum() and c.isascii() or c in "._+@-" for c in text)


def escaped(word):
    """linux-session's form: systemd expands variables in a unit's command line, and once more whenever it reads
    its units again (systemd.service(5)). All three digits, because one that follows would count as the third."""
    return word.replace("\\", "\\\\").replace("$", "\\0044")


def capture(change, command, data=b"", outside=False, home=None):
    """A session of our own, its input and output never a terminal: (its exit code, all that it printed)."""
    with tempfile.TemporaryDirectory(prefix="agent-sandbox.") as scratch:
        os.chmod(scratch, 0o755)
        session = Session(change, os.urandom(6).hex() + "x", scratch, ours=True, outside=outside, home=home)
        with Beside(change) as beside:
            process = session.start("--pipe", command, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT)
            try:
                said, _ = process.communicate(data)
            except BaseException:
                session.forget_gate()
                raise
            beside.end()
        code = code_of(process)
        if not session.began(code):
            warn(session.why())
            code = code or 1
        return code, said


def code_of(process):
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def require_closed(change):
    """No session unless files, firewall, units and namespace are as committed: systemd-run --wait exits 0 when
    a unit that the session needs fails."""
    wrong = [(item, differs) for item, differs in table.guards(change) if differs]
    for item, differs in wrong[:5]:
        warn(f"{item.kind} {item.name}: {differs}")
    if wrong:
        # A switch leaves alone what is as before in its configuration; all is bound to the firewall's unit.
        by_hand = change.managed_by_nix and change.host.system == "linux"
        again = f"systemctl restart {change.sandbox.prefix}-nft.service" if by_hand else "apply again"
        raise Failed(f"not as committed, so nothing starts: see 'agent-sandbox status', and {again}")


def words_of_shell(change):
    return [change.sandbox.shell, "-l"] if change.host.system == "linux" else []
