"""Who is not at ask hears of what waits, while a session of his runs: by his desktop (grants.notify) and by a program of
root's (grants.on_ask), both with his own rights. A process beside run, which ends with it; where he has several sessions,
one of them tells."""

import contextlib
import fcntl
import json
import os
import re
import select
import signal
import subprocess
import time

import choices
import control
import grants
import grants_files
from places import is_program, others_may_replace
from say import warn

APART, PER_HOUR = 5, 60  # seconds between two, and how many an hour, whatever is asked
PATIENCE = 10  # seconds for a program
SHOWN = 20  # questions in one


class Teller:
    """A context around an operator's session, by its number."""

    def __init__(self, change, number):
        self.change, self.number, self.process = change, number, 0

    def __enter__(self):
        box = self.change.sandbox
        uid = os.environ.get("SUDO_UID", "")
        account = self.change.host.user(int(uid)) if re.fullmatch("[1-9][0-9]{0,9}", uid) else None
        if account and box.grants and box.grants["asks"] and (box.grants["notify"] or self.program()):
            self.process = beside(lambda: Watch(self.change, account, self.program()).run())
        return self

    def program(self):
        path = self.change.sandbox.grants["on_ask"]
        if not path:
            return None
        problem = "it is not there" if not is_program(path) else others_may_replace(path) or others_may_replace(os.path.realpath(path))
        if problem:
            warn(f"grants.on_ask is not run: {path}: {problem}" + ("" if problem.startswith("it ") else " is not root's alone"))
        return None if problem else path

    def __exit__(self, *_):
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        import grant_verbs

        grant_verbs.take_ended(self.change, self.number)


def beside(work):
    """The number of a process that does it."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
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
    def __init__(self, change, account, program):
        self.change, self.box, self.account, self.program = change, change.sandbox, account, program
        self.told, self.new, self.times = set(), {}, []

    def run(self):
        parent = os.getppid()
        self.wait_for_turn(parent)
        with control.connect(self.box, self.change.host) as proxy:
            proxy.send("questions")
            proxy.wait(1)
            while os.getppid() == parent:
                if proxy.has_line() or select.select([proxy], [], [], 1)[0]:
                    said = proxy.next_line()
                    if said is None:
                        return
                    self.hear(said)
                if self.new and not proxy.has_line() and self.may_tell(time.monotonic()):
                    self.tell()

    def wait_for_turn(self, parent):
        lock = os.open(f"{grants_files.run_folder(self.box)}/telling-{self.account.pw_uid}",
                       os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        while os.getppid() == parent:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(1)
        raise OSError

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

    def may_tell(self, now):
        self.times = [at for at in self.times if now - at < 3600]
        if self.times and now - self.times[-1] < APART or len(self.times) >= PER_HOUR:
            return False
        self.times.append(now)
        return True

    def tell(self):
        asked, self.new = list(self.new.values()), {}
        said = {"sandbox": self.box.name, "questions": asked[:SHOWN], "more": max(0, len(asked) - SHOWN)}
        if self.box.grants["notify"]:
            words = self.desktop(said)
            if words:
                self.start(words, b"")
        if self.program:
            self.start([self.program], json.dumps(said).encode("ascii") + b"\n")

    def desktop(self, said):
        """What of it is shown is the agent's choice, and no markup."""
        title = f"The sandbox {said['sandbox']} asks"
        others = len(said["questions"]) - 1 + said["more"]
        body = said["questions"][0]["what"][:200] + (f"\nand {others} more" if others else "") + "\nagent-sandbox ask"
        if self.box.system == "darwin":
            script = ["on run argv", "display notification (item 1 of argv) with title (item 2 of argv)", "end run"]
            return ["launchctl", "asuser", str(self.account.pw_uid), "/usr/bin/osascript",
                    *(word for line in script for word in ("-e", line)), body, title]
        program = self.change.host.have("notify-send")
        body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return program and [program, "--app-name=agent-sandbox", "--", title, body]

    def start(self, words, data):
        """As the operator, with nothing of our environment."""
        account, running = self.account, f"/run/user/{self.account.pw_uid}"
        made = {"HOME": account.pw_dir, "USER": account.pw_name, "LOGNAME": account.pw_name, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        if self.box.system == "linux":
            made.update(XDG_RUNTIME_DIR=running, DBUS_SESSION_BUS_ADDRESS=f"unix:path={running}/bus")
        rights = {"user": account.pw_uid, "group": account.pw_gid,
                  "extra_groups": os.getgrouplist(account.pw_name, account.pw_gid)} if self.change.host.root else {}
        try:
            subprocess.run(words, input=data, env=made, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                           timeout=PATIENCE, start_new_session=True, **rights)
        except (OSError, subprocess.TimeoutExpired):
            pass  # whoever is asked looks at ask in any case
