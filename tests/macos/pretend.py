#!/usr/bin/python3 -ISB
"""What only a Mac has, for tests/macos/run: one program by many names, whose state lies in /pretend.

Each answers as the sources or the manual pages of macOS say; what it is not asked today it refuses.
Users and groups are those of dscl, written to /etc/passwd and /etc/group, so that the real su, chown
and kernel go by them. Seatbelt only keeps what it was told; pf enforces it (pretend_pf.py).

What changes something is written to /pretend/calls, a line each. What goes wrong on a Mac is asked for in the state:

  answers  {the beginning of a call: [code, text, how often]}: it fails so
  refused  what dscl may not set: ["/Users/NAME KEY"]; tcc: true: no home of anybody's, as without Full Disk Access
  kill     [N, "before" or "after"]: the host program gets signal 9 at the Nth change
"""
import fcntl
import json
import os
import plistlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, "/pretend")
import pretend_pf  # noqa: E402

STATE = "/pretend/state.json"


def fail(text: str, code: int = 1):
    print(text, file=sys.stderr)
    sys.exit(code)


class State:
    """The state file, held for as long as the program looks at it or changes it."""

    def __enter__(self) -> dict:
        self.file = open(STATE, "r+")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.data = json.load(self.file)
        return self.data

    def __exit__(self, kind, *rest):
        if kind in (None, SystemExit):
            self.file.seek(0)
            self.file.truncate()
            json.dump(self.data, self.file, indent=1)
        self.file.close()


# Directory records.


def write_accounts(state: dict) -> None:
    users, groups = state["Users"], state["Groups"]
    base = open("/pretend/passwd").read()
    for name, keys in users.items():
        if name != "nobody" and {"UniqueID", "PrimaryGroupID", "NFSHomeDirectory", "UserShell"} <= set(keys):
            base += (f"{name}:x:{keys['UniqueID']}:{keys['PrimaryGroupID']}::"
                     f"{keys['NFSHomeDirectory']}:{keys['UserShell']}\n")
    open("/etc/passwd", "w").write(base)
    base = open("/pretend/group").read()
    for name, keys in groups.items():
        if "PrimaryGroupID" in keys:
            members = ",".join(one for one in keys.get("members", []) if one in users)
            base += f"{name}:x:{keys['PrimaryGroupID']}:{members}\n"
    open("/etc/group", "w").write(base)


NATIVE = {"IsHidden"}


def dscl_read(records: dict, name: str, keys: list[str], plist: bool) -> None:
    if name not in records:
        fail("<dscl_cmd> DS Error: -14136 (eDSRecordNotFound)", 56)
    record = {key: value for key, value in records[name].items() if key != "members" and (not keys or key in keys)}
    if plist:
        typed = {f"dsAttrType{'Native' if key in NATIVE else 'Standard'}:{key}": [value] for key, value in record.items()}
        sys.stdout.buffer.write(plistlib.dumps({**typed, "dsAttrTypeStandard:RecordName": [name]}))
        return
    for key in keys or record:
        value = record.get(key)
        print(f"No such key: {key}" if value is None else f"{key}:\n {value}" if " " in value else f"{key}: {value}")


def dscl(words: list[str]) -> None:
    plist = words[0] == "-plist"
    place, verb, *rest = words[plist:]
    with State() as state:
        if verb == "-search":
            kind, key, value = rest
            for name, keys in state[kind.strip("/")].items():
                if keys.get(key) == value:
                    print(f"{name}\t\t{key} = (\n    {value}\n)")
            return
        _, kind, name = rest[0].split("/")
        records = state[kind]
        if verb == "-read":
            dscl_read(records, name, rest[1:], plist)
            return
        if os.getuid() != 0:
            fail("<main> attribute status: eDSPermissionError", 40)
        kept = len(rest) > 1 and (f"{rest[0]} {rest[1]}" in state["refused"] or state["tcc"] and rest[1] == "NFSHomeDirectory")
        if kept:
            fail("<main> attribute status: eDSPermissionError\n<dscl_cmd> DS Error: -14120 (eDSPermissionError)", 40)
        if verb == "-change":
            if records[name].get(rest[1]) != rest[2]:
                fail("<main> attribute status: eDSAttributeNotFound", 36)
            records[name][rest[1]] = rest[3]
        elif verb == "-create":
            records.setdefault(name, {"GeneratedUID": f"UUID-{name}"} if kind == "Users" else {})
            if len(rest) > 1:
                records[name][rest[1]] = rest[2]
        elif verb == "-delete" and len(rest) == 1:
            del records[name]
        elif verb == "-delete":
            records[name].pop(rest[1], None)
        else:
            fail(f"dscl {words}")
        write_accounts(state)


def dseditgroup(words: list[str]) -> None:
    group = words[-1]
    with State() as state:
        if group not in state["Groups"]:
            fail("Group not found.", 70)
        members = state["Groups"][group].setdefault("members", [])
        if "checkmember" in words:
            member = words[words.index("-m") + 1]
            if member not in members:
                fail(f"no {member} is NOT a member of {group}", 67)
            return
        for flag, member in zip(words, words[1:]):
            if flag == "-a" and member not in members:
                members.append(member)
            if flag == "-d" and member in members:
                members.remove(member)
        write_accounts(state)


# launchd: process 1 is another program than launchctl, and does what that asks in its own time.

FIFO = "/pretend/launchd.fifo"


def launchctl(words: list[str]) -> None:
    verb, *rest = words
    if verb == "list":
        with State() as state:
            print("PID\tStatus\tLabel")
            for label, process in state["jobs"].items():
                print(f"{process}\t0\t{label}")
        return
    if verb == "print":
        with State() as state:
            if rest[0].startswith("system/") and rest[0][7:] in state["jobs"]:
                return
        fail(f'Could not find service "{rest[0]}"', 113)
    if verb == "manageruid":
        # Who asked for it is sitting at the Mac.
        print(os.environ.get("PRETEND_MANAGER", "501"))
        return
    if os.getuid() != 0:
        fail("Operation not permitted", 1)
    if verb == "asuser":
        with State() as state:
            if "asuser" in state["refused"]:
                fail("Could not switch to audit session 0x187c5: 1: Operation not permitted", 1)
            # What is left where it was, says so.
            if "bootstrap" not in state["refused"]:
                os.environ["PRETEND_MANAGER"] = rest[0]
        os.execvp(rest[1], rest[1:])
    if verb == "enable":
        return
    if verb == "bootstrap":
        with open(rest[1], "rb") as file:
            job = plistlib.load(file)
        with State() as state:
            if job["Label"] in state["jobs"] or state["early"]:
                state["early"] = max(0, state["early"] - 1)
                fail("Bootstrap failed: 5: Input/output error", 5)
            state["jobs"][job["Label"]] = "-"
        ask_launchd(f"start {rest[1]}")
    elif verb == "bootout":
        if not rest[0].startswith("system/"):
            return
        with State() as state:
            known = rest[0][7:] in state["jobs"]
        if not known:
            fail("Boot-out failed: 3: No such process", 3)
        ask_launchd(f"stop {rest[0][7:]}")
    else:
        fail(f"launchctl {words}", 64)


def ask_launchd(line: str) -> None:
    with open(FIFO, "w") as fifo:
        fifo.write(line + "\n")


def launchd(_) -> None:
    """A job is gone only after a while, and the first bootstrap behind that comes too early, although print knows it no
    more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.mkfifo(FIFO)
    with open(os.open(FIFO, os.O_RDWR)) as fifo:
        for line in fifo:
            verb, what = line.split()
            if verb == "start":
                with open(what, "rb") as file:
                    job = plistlib.load(file)
                process = start(job)
                with State() as state:
                    state["jobs"][job["Label"]] = process
                continue
            with State() as state:
                process = state["jobs"].get(what)
            try:
                os.killpg(process, signal.SIGKILL)
            except (ProcessLookupError, TypeError):
                pass
            time.sleep(0.3)
            with State() as state:
                state["jobs"].pop(what, None)
                state["early"] = 1


def start(job: dict) -> int:
    def as_user() -> None:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.umask(job.get("Umask", 0o22))
        if "UserName" in job:
            import grp
            import pwd
            os.setgroups([])
            os.setgid(grp.getgrnam(job["GroupName"]).gr_gid)
            os.setuid(pwd.getpwnam(job["UserName"]).pw_uid)
        log = os.open(job["StandardErrorPath"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(job.get("WorkingDirectory", "/"))
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **job.get("EnvironmentVariables", {})}
    # KeepAlive is the shell's loop.
    command = job["ProgramArguments"]
    if job.get("KeepAlive"):
        command = ["/bin/sh", "-c", 'while :; do "$@"; sleep 1; done', "launchd", *command]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, preexec_fn=as_user)
    return process.pid


# pf


def pfctl(words: list[str]) -> None:
    with State() as state:
        pretend_pf.pfctl(words, state)


# Files: access lists are told apart by path, and nothing goes by them.


def chmod(words: list[str]) -> None:
    with State() as state:
        if "-N" in words:
            for path in words[words.index("-N") + 1:]:
                state["acls"].pop(path, None)
        else:
            at = words.index("+a")
            for path in words[at + 2:]:
                state["acls"].setdefault(path, []).append(words[at + 1])


def ls(words: list[str]) -> None:
    subprocess.run(["/pretend/real/ls", "-ld", *words[1:]], check=False)
    with State() as state:
        for path in words[1:]:
            for count, entry in enumerate(state["acls"].get(path, [])):
                print(f" {count}: {entry}")


# The rest


def sandbox_exec(words: list[str]) -> None:
    if os.environ.get("PRETEND_SEATBELT"):
        fail("sandbox-exec: sandbox_apply: Operation not permitted", 71)
    option, profile, *command = words
    if option != "-p" and (option != "-f" or not open(profile).read().startswith(";;")):
        fail("sandbox-exec: no profile", 64)
    os.environ["PRETEND_SEATBELT"] = "yes"
    os.execvp(command[0], command)


def sw_vers(words: list[str]) -> None:
    with State() as state:
        print(state["version"] if words else f"ProductName:\t\tmacOS\nProductVersion:\t\t{state['version']}\nBuildVersion:\t\t24F74")


def sysctl(words: list[str]) -> None:
    print("BOOT-1")


def plutil(words: list[str]) -> None:
    with open(words[-1], "rb") as file:
        job = plistlib.load(file)
    if words[0] == "-extract":
        print(job[words[1]])


def getconf(words: list[str]) -> None:
    folder = f"/var/folders/zz/{os.getuid()}/T/"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    print(folder)


KEYCHAIN = "/Library/Keychains/System.keychain"


def security(words: list[str]) -> None:
    """getopt(3) ends at the first word that is no option, and a -w that is not the last word takes the next one."""
    if words == ["-i"]:
        for line in sys.stdin:
            security(line.split())
        return
    if os.getuid() != 0 or words[-1] != KEYCHAIN:
        fail("security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.", 44)
    with State() as state:
        service = words[words.index("-s") + 1]
        if words[0] == "add-generic-password":
            state["keychain"][service] = bytes.fromhex(words[words.index("-X") + 1]).decode()
        elif words[0] != "find-generic-password":
            fail(f"security {words}", 2)
        elif service not in state["keychain"]:
            fail("security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.", 44)
        elif "-w" in words:
            print(state["keychain"][service])


def nc(words: list[str]) -> None:
    import socket
    with socket.socket() as probe:
        sys.exit(0 if probe.connect_ex((words[1], int(words[2]))) == 0 else 1)


# What is asked of them all


def changes(name: str, words: list[str]) -> bool:
    if name == "launchctl":
        return words[0] in ("enable", "bootstrap", "bootout")
    if name == "dscl":
        return "-create" in words or "-delete" in words
    if name == "pfctl":
        return bool({"-E", "-X", "-F", "-f", "-k"} & set(words)) and "-n" not in words
    return name == "chmod" or name == "dseditgroup" and "edit" in words


def kill_host_program() -> None:
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            if b"host/main.py" in open(f"/proc/{process}/cmdline", "rb").read():
                os.kill(int(process), signal.SIGKILL)
        except OSError:
            pass


def is_time_to_die(when: str) -> bool:
    with State() as state:
        number, which = state.get("kill") or [0, ""]
        if when == "before" and number:
            state["kill"] = [number - 1, which]
        return bool(which) and number == (1 if when == "before" else 0) and which == when


def answer(call: str) -> None:
    with State() as state:
        for beginning, (code, text, times) in state["answers"].items():
            if call.startswith(beginning) and times:
                state["answers"][beginning][2] -= 1
                fail(text, code)


def main() -> None:
    name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
    if name == "launchd":
        launchd(words)
    change = changes(name, words)
    if change:
        with open("/pretend/calls", "a") as log:
            log.write(f"{' '.join([name, *words])}\n")
        if is_time_to_die("before"):
            kill_host_program()
            sys.exit(9)
    answer(" ".join([name, *words]))
    globals()[name.replace("-", "_")](words)
    if change and is_time_to_die("after"):
        kill_host_program()


main()
