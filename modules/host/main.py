"""The host's side of one sandbox: it applies the committed tree that it lies in to this host, runs sessions
in it, and proves that it holds. Static: what differs between sandboxes is data in sandbox.json.

  python3 -ISB main.py STARTED-AS [ARGUMENT]...
"""

import errno
import os
import re
import signal
import sys
from importlib.machinery import FileFinder, SourceFileLoader

OWN = os.path.dirname(os.path.realpath(__file__))
# What may happen to any call. Another is a fault of this program's, and is shown as one.
SYSTEM_FAILED = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
GENERATION = re.compile("(?:/private)?(/var/(?:lib|db)/agent-sandbox/[^/]+/generations/[^/]+/host)")


def copies():
    """Of this program's folder those that apply has compiled, in root's own folders: of the generation that this is, or
    of those that are applied."""
    seen = [OWN]
    for states in ("/var/lib/agent-sandbox", "/var/db/agent-sandbox") if not GENERATION.fullmatch(OWN) else ():
        try:
            seen += [os.path.realpath(f"{states}/{name}/current/host") for name in sorted(os.listdir(states))]
        except OSError:
            pass  # nothing is applied
    return [match[1] for match in map(GENERATION.fullmatch, seen) if match]


class Compiled(SourceFileLoader):
    """Takes what apply compiled of the same text, byte by byte, and never what lies beside it. Not for the standard
    library as well, which -X pycache_prefix would have compiled anew each time."""

    def get_code(self, name):
        for folder in COPIES:
            copy = SourceFileLoader(name, folder + self.path[len(OWN):])
            try:
                if folder == OWN or copy.get_data(copy.path) == self.get_data(self.path):
                    sys.pycache_prefix = f"{folder.partition('/generations/')[0]}/bytecode"
                    return copy.get_code(name)
            except (OSError, ImportError, EOFError, ValueError, TypeError):
                pass  # it is gone, or was cut short: it goes without
            finally:
                sys.pycache_prefix = None
        return super().get_code(name)


def find(path):
    if not path.startswith(OWN):
        raise ImportError
    return FileFinder(path, (Compiled, [".py"]))


COPIES = copies()
if COPIES:
    sys.path_hooks.insert(0, find)
sys.path.insert(0, OWN)

from host import Host, clean_environment  # noqa: E402
from say import Failed, Usage, say, warn  # noqa: E402

# name, arguments, what it does, and where it is done
COMMANDS = (
    ("doctor", "", "what this host lacks, and the command that installs it"),
    ("apply", "[--try SECONDS] [--dry-run]", "make this host what the committed tree says, then verify"),
    ("run", "[OPTION]... [--] COMMAND...", "run a command as the agent, inside"),
    ("shell", "[OPTION]...", "a login shell as the agent, inside"),
    ("attach", "[ID]", "look at a session that was left, or whose terminal was closed"),
    ("sessions", "[--json]", "which sessions there are, and what those that have ended left behind"),
    ("stop", "ID|--all", "end a session"),
    ("paste", "[--image] [ID]", "your clipboard, or standard input, as a file of the agent's, its path typed"),
    ("status", "", "what is applied, what is live, and how they differ"),
    ("drift", "[--json] [-v]", "what differs on this host from what is applied; exits 3 when something does"),
    ("logs", "[OPTION]...", "the proxy's decisions and the firewall's refusals"),
    ("verify", "[--json] [--list] [--report DIR] [-v]", "attack every guarantee; anything but held exits 1"),
    ("report-check", "DIR [--into CHECKOUT]", "what such a report shows, and what it speaks against"),
    ("secrets", "[CREDENTIAL]...", "run the commands that give secrets again, and hand over what is new"),
    ("login", "NAME [--from FILE] [--client FILE]", "log in on the host; the proxy keeps the tokens"),
    ("logout", "NAME", "the proxy forgets a login, and its service is told"),
    ("ask", "[--plain] [SPEC]", "what was refused, and what waits for an answer: allow it, or not"),
    ("grant", "HOST[/PATH] [OPTION]...", "let a thing through for a while"),
    ("revoke", "ID|HOST|--all", "end what was granted"),
    ("grants", "[--json]", "what is granted, by whom and until when"),
    ("land", "[NAME] [OPTION]...", "what the agent committed on its own branch, and bring it over"),
    ("editor", "[--json] EDITOR [-- COMMAND...]", "the settings by which an editor starts the agent inside"),
    ("projects", "[--json] [--remove DIR] [--stale]", "the projects that were used, and their homes"),
    ("learn", "[--fold]", "the rules that the decisions seen so far would need, as JSON"),
    ("remove", "[--yes]", "leave nothing of the sandbox but the workspaces"),
)
OPTIONS = """
  -o DIR      the sandbox's repository; otherwise the one this script lies in, or the one around
              the working folder
  --dry-run   check everything and print what apply would change, without changing it
  --try N     undo the change after N seconds unless it is confirmed
  --denied    only what was refused, without what verify asked for; --all: with it
  --follow    go on printing
  --ocsf      events of the Open Cybersecurity Schema Framework; --otlp FILE: a new file of OpenTelemetry's logs
  --check     whether no line is missing and none was changed
  --acp       of run: for an editor, whose protocol's wishes for outside stay unheard
  --fold      fold what looks alike, and say what that lets through besides
  --detach    of run and shell: nobody looks yet; --ephemeral: the session ends with its terminal
  --project   DIR: of run and shell, begin in this project, not in the one around the working folder
  --open-browser   of run, shell and login: the page of a login is opened
  --report    DIR: of verify, what this host says of all that only such a host can, without names and secrets
  -v          every row, also of what holds or is as committed

apply, remove and secrets need root; the other commands ask sudo for what the sandbox's sudoers file grants
to its operators. Exit codes: 0 done, 1 the system failed or a guarantee is broken, 2 wrong input;
3 drift, or a log that is not whole; run gives the exit code of its command."""


def print_help():
    say("usage: agent-sandbox [-o DIR] COMMAND [ARGUMENT]...\n")
    for name, arguments, what in COMMANDS:
        say(f"  {name:<8} {arguments:<39}{what}")
    say(OPTIONS)


def parse(arguments):
    """(the command, its arguments, the folder that -o names or None)"""
    words, folder = list(arguments), None
    if words[:1] == ["-o"]:
        if len(words) < 3:
            raise Usage("-o needs a folder, and a command after it")
        folder, words = words[1], words[2:]
    if not words:
        raise Usage("which command?")
    name = words.pop(0)
    if name in ("-h", "--help", "help"):
        return "help", [], None
    if name not in [command[0] for command in COMMANDS]:
        raise Usage(f"unknown {'option or ' * (not name.isalpha())}command '{name}'")
    if words[:1] == ["-o"]:
        if len(words) < 2:
            raise Usage("-o needs a folder")
        folder, words = words[1], words[2:]
    return ("help", [], None) if words[:1] in (["-h"], ["--help"]) else (name, words, folder)


def wanted_engine(host, started_as, folder):
    """Of the sandbox that is meant, if one is: doctor is also for a host that has none yet. And what Nix has taken."""
    import engine
    from source import Source

    try:
        source = Source(host, os.path.dirname(OWN), started_as, folder, "doctor")
        return source.sandbox.engine, engine.of_nix(host, source.sandbox) if source.managed_by_nix() else (None, None)
    except (Failed, OSError):
        return "auto", (None, None)


def main(started_as, *arguments):
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform)
    if system is None:
        raise Failed(f"no support for {sys.platform}")
    name, words, folder = parse(arguments)
    if name == "help":
        print_help()
        return 0
    environment = dict(os.environ)
    program = environment.get("AGENT_SANDBOX_PROGRAM", "")
    clean_environment(system)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    host = Host(system)
    host.program = program if program.startswith("/") else None
    if name == "doctor":
        import programs

        return programs.doctor(host, words, *wanted_engine(host, started_as, folder))
    if name == "report-check":
        import report_check

        return report_check.check(words)
    import verbs
    from source import Source

    source = Source(host, os.path.dirname(OWN), started_as, folder, name)
    command = verbs.Command(host, source, words)
    command.leave_to_applied(name, environment)
    if name == "secrets":
        import given

        return given.secrets(command)
    if name in ("login", "logout"):
        import logins

        return getattr(logins, name)(command)
    if name in ("grant", "revoke", "grants"):
        import grant_verbs

        return {"grants": grant_verbs.listing}.get(name, getattr(grant_verbs, name, None))(command)
    if name == "land":
        import land

        return land.land(command)
    if name == "editor":
        import editors

        return editors.editor(command)
    if name in ("attach", "sessions", "stop") or name == "run" and words[:1] == ["--sessions"]:
        import session_verbs

        return getattr(session_verbs, "for_root" if name == "run" else name)(command, words)
    if name == "paste":
        import paste

        return paste.paste(command, words)
    if name == "projects":
        import project_verb

        return project_verb.projects(command)
    if name == "ask":
        import ask

        return ask.ask(command)
    return getattr(verbs, name)(command)


if __name__ == "__main__":
    try:
        code = main(*sys.argv[1:])
    except Usage as why:
        warn(str(why))
        print("try 'agent-sandbox --help'", file=sys.stderr)
        code = why.code
    except Failed as why:
        warn(str(why))
        code = why.code
    except KeyboardInterrupt:
        code = 130
    except OSError as why:
        if not isinstance(why, BrokenPipeError):
            if why.errno not in SYSTEM_FAILED:
                raise
            warn(f"the system failed: {why.strerror}{f': {why.filename}' if why.filename else ''}")
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)  # for what is not printed yet
        code = 1
    sys.exit(code)
