"""What a session sees of the ssh-agent of the operator who starts it: agent-sandbox-proxy --ssh-agent, a filter. A unit of its
own beside the session's, of the operator's user, because an ssh-agent answers to nobody else; its socket is the agent's
user's, and nothing starts it before a session asks. macOS has none (TABLE 5)."""

import os
import re

import capture
from say import Failed, warn

SOCKET = "/run/agent-sandbox-ssh-agent"
OPTION = "--ssh-agent="
PATH = re.compile(r"/[^\x00-\x1f\x7f]{1,106}")  # unix(7): sun_path


def wanted(change):
    return change.sandbox.ssh is not None and change.host.system == "linux"


def handed_on():
    """For sudo, which keeps nothing of an environment: words behind run or shell."""
    path = taken([])[0]
    return [OPTION + path] if path else []


def taken(words):
    """(the operator's ssh-agent; "", the other words). Whoever names it is whose rights it is dialled with, so it can be no
    socket but one of his own."""
    if words and words[0].startswith(OPTION):
        path = words[0][len(OPTION):]
        return (path if PATH.fullmatch(path) else ""), words[1:]
    path = os.environ.get("SSH_AUTH_SOCK", "")  # where sudo was told to keep it, or root is who asks
    return (path if PATH.fullmatch(path) else ""), words


def operator():
    """The uid of who asked: sudo says it, and without sudo it is root."""
    uid = os.environ.get("SUDO_UID", "0")
    return uid if re.fullmatch("[0-9]{1,10}", uid) else "0"


class Filter:
    """One session's; a context, which it ends with."""

    def __init__(self, change, session, agent):
        self.change, self.session, self.agent = change, session, agent
        self.unit, self.started = session.unit.replace(".session-", ".ssh-"), False

    def __enter__(self):
        if wanted(self.change):
            why = self.missing()
            if why:
                warn(f"the session has no key of ssh: {why}")
            else:
                self.start()
        return self

    def missing(self):
        if not capture.program(self.change.host):
            return "agent-sandbox-proxy, which stands before the ssh-agent, is not installed"
        if not self.agent:
            return "there is no ssh-agent (SSH_AUTH_SOCK is not set)"
        return ""

    def words(self):
        box, place = self.change.sandbox, f"{self.session.scratch}/ssh-agent"
        text = self.change.host.read(self.change.path("linux/ssh/agent.properties"))
        if not text:
            raise Failed("cannot read the properties of the ssh-agent")
        return ["systemd-run", "--quiet", f"--unit={self.unit}", f"--description=ssh-agent of a session of sandbox {box.name}",
                f"--socket-property=ListenStream={place}", f"--socket-property=SocketUser={box.agent}",
                "--socket-property=SocketMode=0600", "--socket-property=RemoveOnStop=yes",
                *(f"--property={line}" for line in text.decode().splitlines() if line),
                f"--property=User={operator()}", f"--property=BindsTo={self.session.unit}.service",
                f"--setenv=SSH_AUTH_SOCK={self.agent}", "--", capture.program(self.change.host), "--ssh-agent",
                f"{box.state}/current/linux/ssh", *(["--sign-commits"] if box.ssh["signCommits"] else [])]

    def start(self):
        done, said = self.change.host.said(*self.words())
        if not done:
            raise Failed(f"the session's ssh-agent does not start: {said.decode('utf-8', 'replace').strip()}")
        self.started = True
        self.session.more.append(f"BindReadOnlyPaths={self.session.scratch}/ssh-agent:{SOCKET}")

    def __exit__(self, *_):
        if self.started:
            self.change.host.ok("systemctl", "stop", f"{self.unit}.socket", f"{self.unit}.service")
