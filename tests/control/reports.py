#!/usr/bin/env python3
"""reports.py: what report-check makes of a report: of a whole one of a Mac, of one that speaks against each claim, of
strangers' folders; what it writes into a checkout; and that no name of this host and no secret gets through what hides
them."""
import contextlib
import copy
import hashlib
import io
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/modules/host")
sys.dont_write_bytecode = True

import field_claims  # noqa: E402
import field_kit  # noqa: E402
import field_operations  # noqa: E402
import field_report  # noqa: E402
import field_scrub  # noqa: E402
import field_steps  # noqa: E402
import report_check  # noqa: E402
from field_report import Report, Step  # noqa: E402
from host import Host  # noqa: E402
from say import Refused  # noqa: E402
from sandbox import Sandbox  # noqa: E402

WORK = tempfile.mkdtemp(prefix="agent-sandbox.")
counts = [0, 0]


def check(what, good):
    counts[not good] += 1
    print(f"{'ok' if good else 'FAILED'}: {what}", flush=True)


# -- a report of a Mac on which everything is as we think --

STEPS = {
    "release": (0, "ProductName:\t\tmacOS|ProductVersion:\t\t15.5|BuildVersion:\t\t24F74"),
    "kernel": (0, "Darwin 24.5.0 Darwin Kernel Version 24.5.0 arm64"),
    "profile": (0, ""), "golden-profiles": (0, ""), "golden-anchors": (0, ""), "pf-parses": (0, ""), "pf-guard": (0, ""),
    "pf-token": (0, "pf enabled|Token : N"), "pf-loopback": (0, "lo0"),
    "job-egress": (0, "state = running"), "job-pf": (0, "x"), "job-secrets": (0, "x"),
    "agent": (0, "IsHidden: 1|Password: *|UniqueID: 600"), "ids": (0, "uid=600(user-1) gid=600(user-1) groups=600(user-1)"),
    "enter": (0, ""), "inside-id": (0, "600"), "inside-manager": (0, "Background"),
    "inside-claude": (0, "2.1.332"), "inside-codex": (0, "0.171.0"), "inside-node-processors": (0, "8"), "inside-git": (0, "git 2"),
    "inside-ps": (0, "1"), "inside-pgrep": (0, "1"), "inside-top": (0, "Processes: 1"),
    "operations": (0, "|".join(f"{op.wanted or 'allowed'} {op.name}: " for op in field_operations.TABLE)),
    "verify": (0, "held tcp4-https: no TCP [x]|held wall-tcp4: no TCP without Seatbelt [x]"),
    "drift": (0, "as committed user user-1"),
    "left-ids": (1, "id: no such user"), "left-agent": (56, "x"), "left-proxy-user": (56, "x"), "left-share": (56, "x"),
    "left-pf-rules": (0, ""), "left-pf-everybody": (0, ""), "left-job-egress": (113, "x"), "left-job-pf": (113, "x"),
}


def report_of(changes=(), system="darwin", made="2026-12-01"):
    steps = {**STEPS, **dict(changes)}
    return Report(system, made, [Step(name, ["x"], one[0], 0.1, one[1].replace("\t", " ").split("|") if one[1] else [])
                                 for name, one in steps.items() if one])


def verdicts(report):
    return {claim.name: verdict for claim, verdict, _ in field_claims.judged(report)}


def another(kinds, names=()):
    """The operations, of which one of these is the other way round."""
    done, lines = False, []
    for op in field_operations.TABLE:
        turned = op.wanted and not done and (op.name in names if names else op.kind in kinds)
        done = done or turned
        lines.append(f"{({'allowed': 'refused', 'refused': 'allowed'}[op.wanted] if turned else op.wanted) or 'allowed'} {op.name}: ")
    return "operations", (0, "|".join(lines))


# Each with what speaks against it.
AGAINST = {
    "profile": ("profile", (65, "no")), "golden-profiles": ("golden-profiles", (1, "")), "golden-anchors": ("golden-anchors", (1, "")),
    "pf-parses": ("pf-parses", (1, "syntax error")), "pf-in-force": ("pf-guard", (1, "pf is disabled")),
    "pf-loopback": ("pf-loopback", (0, "lo0 (skip)")), "pf-token": ("pf-token", (1, "pf already enabled")),
    "jobs": ("job-secrets", (113, "Could not find service")), "record": ("agent", (0, "Password: ********")),
    "no-staff": ("ids", (0, "uid=600(user-1) gid=600(user-1) groups=600(user-1),20(staff)")), "enter": ("enter", (1, "su: Sorry")),
    "own-session": ("inside-manager", (0, "Aqua")), "reads": another(["read"]), "writes": another(["write"]),
    "services": another(["mach"]), "own-services": another([], ["mach com.apple.FSEvents"]), "set-id": another(["exec"]),
    "kernel-asked": another(["ask"]), "network": another(["udp"]), "no-names": another([], ["resolve-a-name"]),
    "serve": another(["bind"]), "unix-sockets": another(["unix-bind"]), "second-names": another(["link"]),
    "no-set-user-id": another(["setuid"]), "watching": another(["pty"]), "acts-for-nobody": another([], ["start-a-job"]),
    "claude-code": ("inside-claude", (1, "killed")), "codex": ("inside-codex", (1, "x")),
    "node": ("inside-node-processors", (0, "0")), "git": ("inside-git", (72, "xcrun: error")),
    "processes": ("inside-top", (1, "x")), "walls": ("verify", (1, "held x: y [z]|BROKEN wall-tcp4: no TCP [connected]")),
    "verify": ("verify", (1, "held x: y [z]|BROKEN homes: no other home [x]")), "drift": ("drift", (0, "DRIFTED user user-1: x")),
    "removed": ("left-ids", (0, "uid=600(user-1)")), "removed-jobs": ("left-job-pf", (0, "state = running")),
}


def test_claims():
    whole = report_of()
    check("a report of a Mac on which all is as we think shows every claim", all(
        verdict == field_claims.SHOWN for verdict in verdicts(whole).values()))
    nothing = Report("darwin", "2026-12-01")
    check("one without a step shows nothing, and speaks against nothing", set(verdicts(nothing).values()) == {field_claims.OPEN})
    lacking = report_of((name, (127, "it is not here")) for name in STEPS if name not in ("verify", "operations"))
    check("programs that are not there speak against nothing", field_claims.AGAINST not in verdicts(lacking).values())
    for claim in field_claims.CLAIMS:
        if claim.name not in AGAINST:
            check(f"  {claim.name} has a report that speaks against it", False)
            continue
        found = verdicts(report_of([AGAINST[claim.name]]))
        check(f"  against {claim.name}", found[claim.name] == field_claims.AGAINST)
    unknown = verdicts(report_of([("verify", (1, "held x: y [z]|UNKNOWN homes: no other home [x]"))]))
    check("an attack of which nothing is known shows nothing", unknown["verify"] == field_claims.OPEN)
    names = {row.name for row in (*field_steps.BEFORE, *field_steps.INSIDE, *field_steps.AFTER)}
    own = {"operations", "verify", "drift", "pf-token", "golden-profiles", "golden-anchors"}
    asked = {name.removeprefix("left-") for name in STEPS} - own
    check("every step that a claim rests on is one that is made", {one for one in asked if not one.startswith("job-")} <= names)
    check("  each by a name that a file may have", all(field_report.NAME.fullmatch(field_report.LEFT + name) for name in names))
    check("more than 240 operations are tried", len(field_operations.WANTED) >= 240)


# -- a stranger's folder --


def folder_of(report, name="one"):
    path = f"{WORK}/{name}"
    shutil.rmtree(path, ignore_errors=True)
    field_report.write(path, report, again=False)
    return path


def reseal(path):
    """The index of what is there now, so that another reason than the hashes refuses it."""
    files = {}
    for name in os.listdir(path):
        if name != "report.json" and os.path.isfile(f"{path}/{name}") and not os.path.islink(f"{path}/{name}"):
            with open(f"{path}/{name}", "rb") as file:
                files[name] = hashlib.sha256(file.read()).hexdigest()
    index = json.load(open(f"{path}/report.json", encoding="ascii"))
    put(path, "report.json", json.dumps({**index, "files": files}).encode())


def put(path, name, data):
    with open(f"{path}/{name}", "wb") as file:
        file.write(data)


def step_text(**changes):
    return json.dumps({"step": "ids", "command": ["x"], "exit": 0, "seconds": 0.1, "output": ["x"], **changes}).encode()


def index_text(**changes):
    return json.dumps({"format": 1, "system": "darwin", "made": "2026-12-01", "files": {}, **changes}).encode()


def replaced(data, name="ids.json", sealed=True):
    def change(path):
        put(path, name, data)
        if sealed:
            reseal(path)
    return change


def remove_then(make):
    def change(path):
        os.unlink(f"{path}/ids.json")
        make(f"{path}/ids.json")
    return change


def many(path):
    for number in range(field_report.MOST + 1):
        put(path, f"x{number}.json", b"{}")


def huge(path):
    with open(f"{path}/ids.json", "wb") as file:
        file.truncate(1 << 33)


HOSTILE = (
    ("a file that was changed", replaced(step_text(output=["y"]), sealed=False), "not as it was written"),
    ("a link to a file", remove_then(lambda path: os.symlink("/etc/passwd", path)), "cannot be read"),
    ("a link to another file of it", remove_then(lambda path: os.symlink("kernel.json", path)), "cannot be read"),
    ("a folder", remove_then(os.mkdir), "no plain file"),
    ("a pipe that nobody fills", remove_then(os.mkfifo), "no plain file"),
    ("a file of 8 GB", huge, "is larger than"),
    ("any number of files", many, "more than"),
    ("a hidden file", lambda path: put(path, ".git", b""), "no name that a report has"),
    ("a name with a line in it", lambda path: put(path, "a\nb.json", b""), "no name that a report has"),
    ("a name that a terminal obeys", lambda path: put(path, "\x1b[2Jx.json", b""), "no name that a report has"),
    ("a file too many", lambda path: put(path, "more.json", step_text(step="more")), "not those that are there: more.json"),
    ("one too few", lambda path: os.unlink(f"{path}/ids.json"), "not those that are there: ids.json"),
    ("no index", lambda path: os.unlink(f"{path}/report.json"), "there is no report.json"),
    ("an index of another format", replaced(index_text(format=2), "report.json", False), "not 2"),
    ("one of no system", replaced(index_text(system="plan9"), "report.json", False), "names no system"),
    ("one of no day", replaced(index_text(made="2026-13-01"), "report.json", False), "names no system"),
    ("one with more keys", replaced(index_text(more=1), "report.json", False), "its keys are not"),
    ("files that are a list", replaced(index_text(files=[]), "report.json", False), "files is of another type"),
    ("a control character", replaced(step_text() + b"\x1b[2J"), "holds the byte 0x1b"),
    ("a carriage return", replaced(step_text() + b"\r\n"), "holds the byte 0x0d"),
    ("UTF-8", replaced(step_text() + "\u202e".encode()), "printable ASCII"),
    ("a control character that JSON spells", replaced(step_text(output=["\x1b]0;x\x07"])), "printable characters"),
    ("a letter that JSON spells", replaced(step_text(output=["\u202e"])), "printable characters"),
    ("a line feed in a line", replaced(step_text(output=["a\nb"])), "printable characters"),
    ("no JSON", replaced(b"{"), "no JSON"),
    ("a key twice", replaced(step_text()[:-1] + b', "exit": 1}'), "a key stands twice"),
    ("no number", replaced(step_text().replace(b"0.1", b"NaN")), "NaN is no number"),
    ("JSON that is deep", replaced(b"[" * 100000), "no JSON"),
    ("a list", replaced(b"[]"), "its keys are not"),
    ("a key too few", replaced(b'{"step": "ids"}'), "its keys are not"),
    ("true for a number", replaced(step_text(exit=True)), "exit is of another type"),
    ("a number that no exit has", replaced(step_text(exit=1 << 40)), "a number is not one"),
    ("a time before it began", replaced(step_text(seconds=-1)), "a number is not one"),
    ("a number without an end", replaced(step_text().replace(b'"exit": 0', b'"exit": ' + b"9" * 6000)), ""),
    ("another step's file", replaced(step_text(step="kernel")), "of another step"),
    ("a line without an end", replaced(step_text(output=["x" * 401])), "printable characters"),
    ("lines without an end", replaced(step_text(output=["x"] * 3001)), "more than 3000 lines"),
    ("a line that is a number", replaced(step_text(output=[1])), "printable characters"),
    ("somebody's home", replaced(step_text(output=["ls: /Users/jane/x"])), "a home"),
    ("somebody's home in a command", replaced(step_text(command=["ls", "/home/jane"])), "a home"),
    ("an address of mail", replaced(step_text(output=["jane@example.org"])), "an address of mail"),
    ("a card's address", replaced(step_text(output=["ether a4:83:e7:12:34:56"])), "an address of hardware"),
    ("a key", replaced(step_text(output=["sk-ant-" + "a" * 40])), "what looks like a secret"),
    ("a private key", replaced(step_text(output=["-----BEGIN OPENSSH PRIVATE KEY-----"])), "what looks like a secret"),
)


def test_hostile():
    path = folder_of(report_of())
    check("what was written is read as it was", field_report.read(path).files() == report_of().files())
    for what, change, why in HOSTILE:
        path = folder_of(report_of())
        change(path)
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                report_check.check([path])
            refused = "it was taken"
        except Refused as error:
            refused = str(error)
        good = refused != "it was taken" and why in refused and not said.getvalue() and re.fullmatch("[ -~]*", refused)
        check(f"refused: {what}", bool(good))
        if not good:
            print(f"    {refused!r}")
    os.symlink(folder_of(report_of()), f"{WORK}/link")
    for what, path in (("a link to a folder", f"{WORK}/link"), ("a file", f"{WORK}/one/ids.json"), ("nothing", f"{WORK}/none")):
        try:
            report_check.check([path])
            check(f"refused: {what}", False)
        except Refused as error:
            check(f"refused: {what}", "no folder with a report" in str(error))


# -- what is said, and written into a checkout --


def checked(*words):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = report_check.check(list(words))
    return code, said.getvalue()


def copy_checkout():
    path = f"{WORK}/checkout"
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(f"{path}/tests")
    for name in (report_check.SEEN, report_check.README):
        shutil.copy(f"{ROOT}/{name}", f"{path}/{name}")
    return path


def text_of(checkout, name):
    with open(f"{checkout}/{name}", encoding="utf-8") as file:
        return file.read()


def row_of(checkout, name):
    return next(line for line in text_of(checkout, report_check.SEEN).splitlines() if line.startswith(f"| `{name}` |"))


def test_into():
    code, said = checked(folder_of(report_of()))
    check("what a report shows is said", code == 0 and said.startswith("macOS 15.5 arm64, 2026-12-01: ") and " 0 against, 0 left open" in said)
    code, said = checked(folder_of(report_of([AGAINST["own-session"]])))
    check("what speaks against something exits with 3", code == 3 and "AGAINST  own-session" in said)
    checkout = copy_checkout()
    before = [text_of(checkout, name) for name in (report_check.SEEN, report_check.README)]
    rows = report_check.read_table(f"{ROOT}/{report_check.SEEN}")
    check("tests/seen.md is of these claims", "\n".join(report_check.table(rows)) in before[0])
    check("README.md says that no Mac has run it, as long as none has", report_check.macs_in(rows) == [] and
          f"<!-- seen on Macs -->{report_check.NOBODY}<!-- -->" in before[1] or report_check.macs_in(rows) != [])
    checked(folder_of(report_of([AGAINST["own-session"]])), "--into", checkout)
    check("the table has where it was seen", row_of(checkout, "profile").endswith("| macOS 15.5 arm64 (2026-12-01) |  |"))
    check("  and where it was not so", row_of(checkout, "own-session").endswith("|  | macOS 15.5 arm64 (2026-12-01) |"))
    check("  and README.md names the machine", "<!-- seen on Macs -->seen on macOS 15.5 arm64<!-- -->" in text_of(checkout, report_check.README))
    first = text_of(checkout, report_check.SEEN)
    checked(folder_of(report_of([AGAINST["own-session"]])), "--into", checkout)
    check("  once, however often it is asked for", text_of(checkout, report_check.SEEN) == first)
    checked(folder_of(report_of(made="2026-12-09")), "--into", checkout)
    check("a newer report of such a machine counts", row_of(checkout, "own-session").endswith("| macOS 15.5 arm64 (2026-12-09) |  |"))
    other = report_of([("release", (0, "ProductVersion: 14.1")), ("kernel", (0, "Darwin 23 x x86_64"))])
    checked(folder_of(other), "--into", checkout)
    check("another machine stands beside it", row_of(checkout, "profile").endswith(
        "| macOS 14.1 x86_64 (2026-12-01), macOS 15.5 arm64 (2026-12-09) |  |"))
    linux = Report("linux", "2026-12-02", [Step("release", [], 0, 0, ["ID=fedora", "VERSION_ID=44"]), Step(
        "kernel", [], 0, 0, ["Linux 7 x x86_64"]), Step("enter", [], 0, 0, []), Step("inside-id", [], 0, 0, ["60610"])])
    checked(folder_of(linux), "--into", checkout)
    check("so does a Linux", "fedora 44 x86_64 (2026-12-02)" in row_of(checkout, "enter"))
    check("  of which README.md says nothing as of a Mac", "fedora" not in text_of(checkout, report_check.README))
    for what, release, kernel in (("a version that is a text", "ProductVersion: 15.5 | x", "x arm64"), ("a kernel of no processor",
                                  "ProductVersion: 15.5", "x ](http://x)"), ("none at all", "", "x arm64")):
        bad = report_of([("release", (0, release.replace("|", "/"))), ("kernel", (0, kernel))])
        try:
            checked(folder_of(bad), "--into", checkout)
            check(f"refused: {what}", False)
        except Refused as error:
            check(f"refused: {what}", "does not say which system" in str(error))
    changed = text_of(checkout, report_check.SEEN).replace("| `profile` | ", "| `profile` | [x](http://x) | ")
    put(f"{checkout}/tests", "seen.md", changed.encode())
    try:
        checked(folder_of(report_of()), "--into", checkout)
        check("refused: a row that somebody else has written", False)
    except Refused as error:
        check("refused: a row that somebody else has written", "has not written" not in str(error) and "a row is not one" in str(error))
    try:
        checked(folder_of(report_of()), "--into", WORK)
        check("refused: what is no checkout", False)
    except Refused as error:
        check("refused: what is no checkout", "no checkout" in str(error))


# -- what hides names and secrets --


def test_scrub():
    spec = {"version": 1, "name": "acme", "operators": ["jane"], "workspaces": [{"path": "/srv/acme-payroll"}],
            "network": {"rules": [{"host": "git.acme-forge.com"}], "cidrs": [{"cidr": "10.77.1.0/24", "protocol": "tcp", "ports": [5432]}]},
            "credentials": [{"name": "payroll", "source": "file:/etc/agent-sandbox/acme/secrets/payroll", "hosts": ["git.acme-forge.com"],
                             "inject": {"header": "x-key"}, "env": "KEY"}]}
    os.mkdir(f"{WORK}/secrets")
    put(f"{WORK}/secrets", "payroll", b"tops3cret-value\n")
    put(WORK, "spec.json", json.dumps(spec).encode())
    subprocess.run([PROGRAM, "render", f"{WORK}/spec.json", "-o", f"{WORK}/tree"], check=True, stdout=subprocess.DEVNULL)
    box = Sandbox(f"{WORK}/tree", "linux")
    box.secrets = f"{WORK}/secrets"
    scrub = field_scrub.Scrub(Host("linux"), box, box.tree)
    me = next((entry.pw_name for entry in pwd.getpwall() if 1000 <= entry.pw_uid < 60000 and entry.pw_name not in field_scrub.PLAIN), None)
    hidden = ["jane", "acme", "/srv/acme-payroll", "git.acme-forge.com", "payroll", "tops3cret-value", "10.77.1.0", *([me] if me else [])]
    for word in hidden:
        for form in (word, word.upper(), f"x {word}: y", f"/a/{word}/b", f"agent-{word}", f"'{word}'"):
            if form == word.upper() and word == "tops3cret-value":
                continue  # a secret is a secret in its own spelling
            line = scrub.lines(form.encode(), 9, 400)[0]
            if word.lower() in line.lower():
                check(f"hidden: {word} in {form!r}, which became {line!r}", False)
    check("names, a project, its hosts, addresses and a secret are hidden", True)
    one, two = scrub.lines(b"jane and jane", 9, 400)[0].split(" and ")
    check("  the same name is the same everywhere in a report", one == two and one.startswith("user-"))
    again = field_scrub.Scrub(Host("linux"), box, box.tree).lines(b"jane", 9, 400)[0]
    check("  and another in another report", again != one)
    for what, text in (("a UUID", "3F2504E0-4F89-11D3-9A0C-0305E82C3301"), ("a card's address", "a4:83:e7:12:34:56"),
                       ("mail", "bob@corp.example"), ("a home that nobody told us of", "/Users/bob/x"), ("an address", "198.18.7.7"),
                       ("an address of v6", "fe80::a683:e7ff:fe12:3456"), ("a commit", "0123456789abcdef" * 2 + "01234567")):
        check(f"  {what}, too", text.split("/")[-2 if "/Users" in text else 0] not in scrub.lines(text.encode(), 9, 400)[0])
    kept = "block return out log quick proto tcp all user = 60610 127.0.0.1 ::1 1.1.1.1 224.0.0.251 com.apple/000 24.5.0 12:30:45"
    check("what tells of nobody stays", scrub.lines(kept.encode(), 9, 400) == [kept])
    check("what would not be read is left out", scrub.lines(b"-----BEGIN RSA PRIVATE KEY-----", 9, 400) == [field_scrub.LEFT_OUT])
    check("what a terminal obeys is not kept", scrub.lines(b"\x1b[2J\xe2\x80\xaex", 9, 400) == ["?[2J?x"])


def test_caller():
    """The folder is made with the rights of whoever asks sudo, not with root's."""
    if os.geteuid() != 0:
        print("skipped: whose rights a report is written with: this takes root")
        return
    os.chmod(WORK, 0o755)
    host = Host("linux")
    closed, opened = f"{WORK}/closed", f"{WORK}/open"
    os.mkdir(closed, 0o755)
    os.mkdir(opened)
    os.chmod(opened, 0o777)
    os.environ["SUDO_UID"] = "65534"
    with contextlib.redirect_stderr(io.StringIO()):
        check("an operator's report goes where he may write", field_kit.as_caller(host, lambda: field_report.write(
            f"{opened}/report", report_of(), False)) and os.stat(f"{opened}/report/ids.json").st_uid == 65534)
        check("  and nowhere else", not field_kit.as_caller(host, lambda: field_report.write(
            f"{closed}/report", report_of(), False)) and not os.path.exists(f"{closed}/report"))
    del os.environ["SUDO_UID"]
    check("root's own goes where root says", field_kit.as_caller(host, lambda: field_report.write(
        f"{closed}/report", report_of(), False)) and os.stat(f"{closed}/report").st_uid == 0)
    more = copy.copy(report_of())
    more.steps["left-more"] = Step("left-more", ["x"], 0, 0, [])
    before = os.stat(f"{closed}/report/ids.json").st_ino
    field_report.write(f"{closed}/report", more, True)
    check("what is added later leaves the rest as it is", os.stat(f"{closed}/report/ids.json").st_ino == before
          and "left-more" in field_report.read(f"{closed}/report").steps)


PROGRAM = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else f"{ROOT}/build/agent-sandbox")
try:
    test_claims()
    test_hostile()
    test_into()
    test_scrub()
    test_caller()
finally:
    shutil.rmtree(WORK)
print(f"{counts[0]} passed, {counts[1]} failed")
sys.exit(bool(counts[1]))
