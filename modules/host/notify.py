"""Who is elsewhere hears of his sessions, by his desktop (desktop.py): of what waits for an answer of ask (grants.notify, and
grants.on_ask by a program of root's), while a session of his runs; and that the session in his terminal wants him, or has ended
(terminal.notify). A process beside run, which ends with it; of questions, where he has several sessions, one of them tells."""

import contextlib
import fcntl
import json
import os
import re
import select
import signal
import time

import choices
import control
import grants
import grants_files
from desktop import Desktop, clean
from places import is_program, others_may_replace
from say import warn

SHOWN = 20  # questions in one
LINE = 4096  # bytes: what is longer than its own lines is no line
AT_END = 2  # seconds that a session waits for a desktop to hear of its end
LONG = 60  # seconds: who looks at a session that ends before that still knows that he began it


class Teller:
    """A context around an operator's session. shows: whether his desktop hears of the session itself, by the name of its command;
    kept: whether he can come back to it."""

    def __init__(self, change, session, shows=False, command="", kept=False):
        self.change, self.session, self.process, self.shows, self.kept = change, session, 0, shows, kept
        self.number, self.command, self.account, self.events = session.unit.rpartition("-")[2], command, None, None

    def __enter__(self):
        box, uid = self.change.sandbox, os.environ.get("SUDO_UID", "")
        self.account = self.change.host.user(int(uid)) if re.fullmatch("[1-9][0-9]{0,9}", uid) else None
        if not self.account:
            return self
        program = self.program() if box.grants and box.grants["asks"] else None
        asks, read = bool(program or box.grants and box.grants["asks"] and box.grants["notify"]), None
        if self.shows:
            read, self.events = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) if hasattr(os, "pipe2") else pipe()
        if asks or self.shows:
            watch = Watch(self.change, self.account, program, asks, read, self.words)
            self.process = beside(watch.run, self.events)
        if read is not None:
            os.close(read)
            self.session.tells = (self.events,)
        return self

    def program(self):
        path = self.change.sandbox.grants["on_ask"]
        if not path:
            return None
        problem = "it is not there" if not is_program(path) else others_may_replace(path) or others_may_replace(os.path.realpath(path))
        if problem:
            warn(f"grants.on_ask is not run: {path}: {problem}" + ("" if problem.startswith("it ") else " is not root's alone"))
        return None if problem else path

    def words(self, what):
        """(title, body)"""
        back = f"\nagent-sandbox attach {self.number}" if self.kept else ""
        return f"{self.command} in the sandbox {self.change.sandbox.name}", f"{what}{back}"

    def __exit__(self, *_):
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        if self.events is not None:
            os.close(self.events)
        if self.change.sandbox.grants:
            import grant_verbs

            grant_verbs.take_ended(self.change, self.number)

    def ended(self, code, seconds, seen):
        """seen: somebody looked at it."""
        if self.shows and self.account and (seconds >= LONG or not seen):
            self.kept = False
            Desktop(self.change, self.account).show(*self.words("it has ended" + (f": {code}" if code else "")), AT_END)


def pipe():
    """macOS has no pipe2(2)."""
    both = os.pipe()
    for one in both:
        os.set_blocking(one, False)
    return both


def beside(work, unneeded=None):
    """The number of a process that does it; without that descriptor."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if unneeded is not None:
            os.close(unneeded)
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        work()
        code = 0
    except (OSError, control.ControlError):
        pass
    finally:  # nothing of ours runs on in this process
        os._exit(code)
    return None


class Watch:
    """program: grants.on_ask, or None; asks: whether questions are told; events: a descriptor of what agent-sandbox-terminal
    sees, or None; words: how that is said."""

    def __init__(self, change, account, program=None, asks=True, events=None, words=None):
        self.change, self.box, self.account, self.program = change, change.sandbox, account, program
        self.told, self.new, self.desk = set(), {}, Desktop(change, account)
        self.asks, self.events, self.words, self.rest, self.wants = asks, events, words, b"", None
        self.lock = self.proxy = None

    def run(self):
        parent = os.getppid()
        with contextlib.ExitStack() as stack:
            while os.getppid() == parent and (self.asks or self.events is not None):
                self.take_turn(stack)
                sources = [one for one in (self.proxy, self.events) if one is not None]
                ready = sources[:1] if self.proxy and self.proxy.has_line() else select.select(sources, [], [], 1)[0]
                if self.proxy in ready:
                    self.take_question()
                if self.events in ready:
                    self.take_event()
                waits = self.new and not (self.proxy and self.proxy.has_line()) or self.wants is not None
                if waits and self.desk.may_tell(time.monotonic()):
                    self.tell()

    def take_turn(self, stack):
        """Of those who would tell the same questions."""
        if not self.asks or self.proxy:
            return
        if self.lock is None:
            self.lock = os.open(f"{grants_files.run_folder(self.box)}/telling-{self.account.pw_uid}",
                                os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.proxy = stack.enter_context(control.connect(self.box, self.change.host))
            self.proxy.send("questions")
            self.proxy.wait(1)
        except BlockingIOError:
            return
        except (OSError, control.ControlError):
            self.ask_no_more()

    def ask_no_more(self):
        """Another session may tell."""
        os.close(self.lock)
        self.asks, self.proxy = False, None

    def take_question(self):
        try:
            said = self.proxy.next_line()
        except control.ControlError:
            said = None
        if said is None:
            self.ask_no_more()
        else:
            self.hear(said)

    def hear(self, said):
        one = said.get("question")
        if isinstance(said.get("gone"), int):
            self.told.discard(said["gone"])
            self.new.pop(said["gone"], None)
        if not isinstance(one, dict) or type(one.get("id")) is not int:
            return
        number, waits = one["id"], type(one.get("waiting")) is int and one["waiting"] > 0
        rule = choices.rule_of(one.get("missing"))
        if not waits:
            self.told.discard(number)
            self.new.pop(number, None)
        elif rule and number not in self.told and len(self.told) < 1000:
            self.told.add(number)
            self.new[number] = {"what": choices.clean(grants.what(rule)), "method": choices.clean(rule["methods"][0]),
                                "host": choices.clean(rule["host"]), "path": choices.clean(rule["paths"][0])}

    def take_event(self):
        """Of several that were not told yet, the last that says something."""
        data = os.read(self.events, 4096)
        if not data:
            self.events = None
        *lines, self.rest = (self.rest[:LINE] + data).split(b"\n")
        for line in lines:
            text = clean(line[2:].decode("utf-8", "replace")).strip() if line[:2] == b"n " else ""
            self.wants = text or self.wants or ""

    def tell(self):
        wants, self.wants = self.wants, None
        if wants is not None:
            self.desk.show(*self.words(f"it says: {wants}" if wants else "it rings"))
        if self.new:
            self.tell_questions()

    def tell_questions(self):
        asked, self.new = list(self.new.values()), {}
        said = {"sandbox": self.box.name, "questions": asked[:SHOWN], "more": max(0, len(asked) - SHOWN)}
        if self.box.grants["notify"]:
            self.desk.show(*self.question_words(said))
        if self.program:
            self.desk.start([self.program], json.dumps(said).encode("ascii") + b"\n")

    @staticmethod
    def question_words(said):
        others = len(said["questions"]) - 1 + said["more"]
        return (f"The sandbox {said['sandbox']} asks",
                said["questions"][0]["what"][:200] + (f"\nand {others} more" if others else "") + "\nagent-sandbox ask")
