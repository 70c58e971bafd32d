"""verify --report DIR: what this host says when it is asked everything that another one cannot (field_steps.py), and what
verify finds, as a folder of files without a name or a secret in them. After remove, the same of what that has left."""

import datetime
import json
import os
import pwd
import re
import subprocess
import sys
import tempfile
import time

import field_report
import field_steps
import session
import verbs
import verify
from field_report import Report, Step
from field_scrub import Scrub
from say import Failed, Refused, progress, say, warn

PATIENCE = 120  # seconds for one step


def report(command, folder):
    """Operators may ask for it, and root does what it says: so the folder is written by whoever asks, with no more rights
    than his."""
    applied = os.path.isdir(command.state.at("current"))
    if not applied:
        return left(command, folder)
    if os.path.lexists(folder):
        raise Refused(f"{folder} is there already: a report makes its own folder")
    command.as_operator("verify", command.arguments)
    command.state.take_lock()
    kit = Kit(command)
    kit.all()
    return deliver(command, folder, kit.steps, again=False)


def left(command, folder):
    """Nothing is applied here: the sandbox is the one of the tree that we were told of."""
    before = field_report.read(folder) if os.path.isdir(folder) else None
    if before is None or any(name.startswith(field_report.LEFT) for name in before.steps):
        raise Refused(f"{command.sandbox.name} is not applied here, and {folder} has no report of what was there before")
    verbs.need_root(command, "verify --report of what remove has left")
    command.source.prove()
    kit = Kit(command)
    for row in kit.rows():
        if row.left:
            kit.ask(row, field_report.LEFT)
    return deliver(command, folder, [*before.steps.values(), *kit.steps], again=True)


def deliver(command, folder, steps, again):
    made = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    whole = Report(command.host.system, made, steps)
    for name, text in whole.files().items():
        if name != field_report.INDEX:
            field_report.step_of(name, text)  # nothing is written that would not be read
    if not as_caller(command.host, lambda: field_report.write(folder, whole, again)):
        return 1
    say(f"{len(steps)} steps in {folder}: read them before you send them; "
        "agent-sandbox report-check says what they prove")
    return 0


def as_caller(host, work):
    """Whether it was done, in a process that has nobody's rights but those of whoever asked sudo."""
    number = os.environ.get("SUDO_UID", "")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if host.root and number.isdigit() and int(number):
                account = pwd.getpwuid(int(number))
                os.initgroups(account.pw_name, account.pw_gid)
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
            work()
            code = 0
        except (OSError, KeyError) as error:
            warn(f"the report cannot be written: {error}")
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class Kit:
    def __init__(self, command):
        self.command, self.host, self.box = command, command.host, command.sandbox
        self.change = command.change()
        self.scrub = Scrub(self.host, self.box, self.box.tree)
        self.known, self.steps = self.names(), []

    def names(self):
        box = self.box
        known = {key: str(getattr(box, key)) for key in ("name", "prefix", "agent", "proxy", "share", "agent_uid", "tree")}
        files = [box.state, f"{box.state}/generations", box.secrets, box.run, f"{box.state}/proxy", box.home, *box.workspaces,
                 "/etc/sudoers.d", f"/etc/sudoers.d/{box.prefix}"]
        accounts = [self.host.user(name) for name in box.operators]
        files += [account.pw_dir for account in accounts if account]
        known["denials"] = [field_steps.DENIALS]
        if box.system == "darwin":
            files += ["/Users", "/Users/Shared", "/private/tmp", "/var/run/mDNSResponder", "/Library/LaunchDaemons",
                      "/private/var/run/cupsd"]
            files += [f"/Library/LaunchDaemons/{label}.plist" for label in box.labels]
            known.update(anchor=box.anchor, anchor_mdns=box.anchor.replace("/000.", "/001."),
                         profile=f"{box.tree}/darwin/seatbelt/{box.prefix}.sb")
        else:
            known.update(table=box.table, jobs=[f"{box.prefix}-*", f"{box.table}.slice"])
        return {**known, "files": files}

    def rows(self):
        for row in field_steps.BEFORE:
            if self.box.system in row.systems.split():
                yield row
        for label in self.box.labels if self.box.system == "darwin" else ():
            yield field_steps.JOB._replace(name=f"job-{label.rpartition('.')[2]}", command=f"launchctl print system/{label}")

    # -- steps --

    def add(self, name, command, code, began, printed, keep=None):
        lines = self.scrub.lines(printed, field_report.LINES * (1 if keep is None else 20), field_report.WIDTH)
        if keep is not None:
            found = [re.search(keep, line) for line in lines]
            lines = [match.string if match.re.groups == 0 else match[1] for match in found if match]
        shown = self.scrub.lines("\n".join(command).encode(), 100, field_report.WIDTH)
        self.steps.append(Step(name, shown, code, round(time.monotonic() - began, 3), lines[:field_report.LINES]))

    def ask(self, row, before=""):
        words, began = field_steps.words_of(row, self.known), time.monotonic()
        program = words[0] if "/" in words[0] else self.host.have(words[0])
        try:
            if program is None:
                raise FileNotFoundError
            done = self.host.run(program, *words[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
            code, printed = done.returncode, done.stdout or b""
        except subprocess.TimeoutExpired as error:
            code, printed = None, error.output or b""
        except FileNotFoundError:
            code, printed = 127, b"it is not here"
        self.add(before + row.name, words, code, began, printed, row.keep)

    def inside(self, row):
        words, began = row.command.split(" "), time.monotonic()
        inner = ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh", *words]
        code, printed = session.capture(self.change, inner)
        self.add(row.name, words, code, began, printed, row.keep)

    def all(self):
        for row in self.rows():
            progress(f"report: {row.name}")
            self.ask(row)
        if self.box.system == "darwin":
            self.proxy_program()
            self.token()
        for row in field_steps.INSIDE:
            if self.box.system in row.systems.split():
                progress(f"report: {row.name}")
                self.inside(row)
        if self.box.system == "darwin":
            self.operations()
        self.verify()
        for row in field_steps.AFTER:
            if self.box.system in row.systems.split():
                self.ask(row)
        self.told("status", verbs.status_lines(self.change))
        self.told("drift", (f"{'DRIFTED' if differs else 'as committed'} {kind} {name} {differs}"
                            for kind, name, differs in verbs.drift_rows(self.command, "")))

    def told(self, name, lines):
        began = time.monotonic()
        self.add(name, ["agent-sandbox", name], 0, began, "\n".join(lines).encode())

    def proxy_program(self):
        """Where it leads and whose it is; not started: it may be Homebrew's owner's, who is not root."""
        import engine

        began, lines = time.monotonic(), []
        for one in engine.allowed(self.box.engine):
            path = engine.place(self.host, one)
            real = path and os.path.realpath(path)
            lines.append(f"{one}: {path} is {real}, uid {os.stat(real).st_uid}" if path else f"{one}: none")
        self.add("proxy-program", ["agent-sandbox", "status"], 0, began, "\n".join(lines).encode())

    def token(self):
        """Another reference on pf, given back."""
        began = time.monotonic()
        good, said = self.host.said("pfctl", "-E")
        match = re.search(rb"Token : (\d+)", said)
        if match:
            good, more = self.host.said("pfctl", "-X", match[1].decode())
            said += more
        self.add("pf-token", ["pfctl", "-E"], 0 if good and match else 1, began, re.sub(rb"\d{6,}", b"N", said))

    def operations(self):
        """Single things that a session does, or must not: by this very Python, as the agent."""
        import field_operations

        began = time.monotonic()
        program = (self.host.read(f"{os.path.dirname(os.path.abspath(__file__))}/field_inside.py") or b"").decode()
        rows = field_operations.rows(self.box)
        code, printed = session.capture(self.change, [sys.executable, "-ISBc", program],
                                        data=json.dumps(rows).encode())
        # What a row is called is ours; what came of it is the host's.
        tried = (line.partition(": ") for line in printed.decode("ascii", "replace").splitlines())
        tried = [(head, detail) for head, _, detail in tried if head.partition(" ")[2] in field_operations.WANTED]
        details = self.scrub.lines("\n".join(detail or "-" for _, detail in tried).encode(), len(tried), 200)
        self.steps.append(Step("operations", ["python3", "field_inside.py"], code, round(time.monotonic() - began, 3),
                               [f"{head}: {detail}" for (head, _), detail in zip(tried, details)]))

    def verify(self):
        began, one = time.monotonic(), verify.Verify(self.change)
        watch = self.watch()
        try:
            found = one.all()
        finally:
            one.clean_up()
            blocked = self.watched(watch)
        # Ours are what a row is called and what it guarantees; what it saw is the host's.
        seen = self.scrub.lines("\n".join(row.seen.replace("\n", " ") or "-" for row in found).encode(), len(found), 150)
        step = Step("verify", ["agent-sandbox", "verify"], 0 if verify.holds(found) else 1, round(time.monotonic() - began, 3),
                    [f"{row.result} {row.probe}: {row.guarantee} [{said}]"[:field_report.WIDTH] for row, said in zip(found, seen)])
        if not found:
            raise Failed("no probe reported")
        self.steps.append(step)
        if blocked is not None:
            self.add("pf-log", ["tcpdump", "-n", "-e", "-i", "pflog0"], 0, began, blocked, r"agent-sandbox")

    def watch(self):
        """What pf blocks meanwhile. The interface is made for that, and goes again."""
        if self.box.system != "darwin" or not self.host.have("tcpdump"):
            return None
        made = not self.host.ok("ifconfig", "pflog0") and self.host.ok("ifconfig", "pflog0", "create")
        printed = tempfile.TemporaryFile()
        process = subprocess.Popen([self.host.have("tcpdump"), "-n", "-e", "-l", "-c", "2000", "-i", "pflog0"],
                                   stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.DEVNULL)
        return process, printed, made

    def watched(self, watch):
        if watch is None:
            return None
        process, printed, made = watch
        process.terminate()
        process.wait()
        if made:
            self.host.ok("ifconfig", "pflog0", "destroy")
        with printed:
            printed.seek(0)
            return printed.read()
