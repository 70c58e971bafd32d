#!/usr/bin/python3 -SB
"""tests/macos/seatbelt.py: what rendered profiles let a session do on a Mac, by a reader and an evaluator of their own (sbpl.py):
operations.txt for three specs, README's table (inside.txt) for each of its relaxations alone; and that each part of the
profile is one that some row asks about. CASE, where it is set, is a part of the names of what is looked at."""

import json
import os
import socket
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, f"{os.path.dirname(here)}/parse", f"{os.path.dirname(os.path.dirname(here))}/modules/host"]
import field_operations  # noqa: E402
import pf_check  # noqa: E402
import sbpl  # noqa: E402

root = os.path.dirname(os.path.dirname(here))
program = os.environ.get("PROGRAM", f"{root}/build/agent-sandbox")
case = os.environ.get("CASE", "")
counts = [0, 0]

BARE = {"version": 1, "name": "demo", "hosts": {"mac": {"system": "aarch64-darwin"}}, "user": {"uid": 60610}}
PLAIN = {
    **BARE,
    "dotfiles": {".once": {"text": "once\n", "once": True}},
    "workspaces": [
        {"path": "/Users/Shared/work"}, {"path": "/Volumes/Data/repo"},
        {"path": "/Users/Shared/reference", "access": "read-only"}],
    "network": {
        "local_ports": [5432], "publish": [3000],
        "cidrs": [{"cidr": "10.1.0.0/16", "protocol": "tcp", "ports": [6379]},
                  {"cidr": "10.1.0.0/16", "protocol": "udp", "ports": [123]}]},
}
DNS = "unix-socket:/var/run/mDNSResponder"
RELAXED = {**PLAIN, "relax": ["ephemeral-ports", "git-config", "nix-daemon", "ptrace", "system-trust", DNS]}
NAMES = {
    "home": "/Users/agent-demo", "work": "/Users/Shared/work", "volume": "/Volumes/Data/repo",
    "reference": "/Users/Shared/reference", "state": "/var/db/agent-sandbox/demo", "proxy": 20000 + 60610 // 2 % 10000}


def check(name, wrong):
    """wrong: lines of what is not as it should be."""
    if case not in name:
        return
    counts[bool(wrong)] += 1
    print(f"{'FAILED' if wrong else 'ok'}: {name}")
    for line in wrong[:40]:
        print(f"    {line}")


def rendered(spec, work):
    """(the profile, the anchor), as they are rendered."""
    os.makedirs(work)
    with open(f"{work}/spec.json", "w", encoding="utf-8") as file:
        json.dump(spec, file)
    done = subprocess.run([program, "render", f"{work}/spec.json", "-o", f"{work}/tree"], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1790000000"})
    if done.returncode:
        sys.exit(f"{done.stdout}FAILED: a spec is not rendered")
    texts = []
    for path in ("seatbelt/agent-sandbox-demo.sb", "pf/agent-sandbox-demo.conf"):
        with open(f"{work}/tree/darwin/{path}", "rb") as file:
            texts.append(file.read())
    return texts


def lines(name):
    with open(f"{here}/{name}", encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield [part.strip() for part in line.split("|")]


def operations():
    """(a question, whether each of the three specs lets it)"""
    for wanted, question in lines("operations.txt"):
        yield question.format(**NAMES), [{"y": True, "-": False}[one] for one in wanted.split()]


def differences(rules, rows):
    return [f"{question}: {'allowed' if not wanted else 'refused'}" for question, wanted in rows
            if sbpl.allows(rules, question) != wanted]


def asked_about(rules, rows):
    """Parts of the profile without which every row comes out as before. What a folder above a workspace is looked at for may
    be told twice, / is read by all, and one port of the loopback is covered where all of them are."""
    told, wide = {}, [one for rule in rules for one in rule.filters]
    for rule in rules:
        for one in rule.filters:
            key = json.dumps([rule.allow, rule.operations, one])
            told[key] = told.get(key, 0) + 1
    for (form, part), less in sbpl.lesser(rules):
        rule = sbpl.Rule(form)
        one = part if isinstance(part, list) else None if part else (rule.filters or [None])[0]
        if one == ["literal", "/"] or told.get(json.dumps([rule.allow, rule.operations, one]), 0) > 1:
            continue
        if any(two[0] in ("remote", "local") and [*two[:2], "localhost:*"] in wide for two in rule.filters if two[2:] != ["localhost:*"]):
            continue
        if not differences(less, rows):
            yield f"{' '.join(map(str, form[:3]))}: nothing asks for {part or 'it'}"


# What it is to Seatbelt that the field kit tries: by its kind, "{}" for its argument. "read" is of folders and files alike.
TRIED = {"read": "file-read-data {}", "write": "file-write-create {}/x", "mach": "mach-lookup {}", "exec": "process-exec {}",
         "tcp": "network-outbound tcp {}", "udp": "network-outbound udp {}", "bind": "network-bind tcp {}", "bind-udp": "network-bind udp {}",
         "unix": "network-outbound {}", "unix-bind": "network-bind {}/x.sock", "link": "file-link {}/x", "setuid": "file-write-setugid {}/x",
         "rename": "file-write-unlink {}"}

# Root's alone by their mode: the profile lets the folders be read.
BY_MODE = {"/private/etc/sudoers", "/private/etc/master.passwd", "/private/var/db/dslocal/nodes/Default/users", "/private/var/db/sudo"}


def field_kit():
    """Of what the field kit tries on a Mac, and knows what is wanted: (a question of Seatbelt's, whether the profile lets it)"""
    known = {**NAMES, "tmp": "/var/folders/ab/c123/T", "workspace": NAMES["work"], "port": NAMES["proxy"], "publish": 3000,
             "state": "/private" + NAMES["state"], "parent": 1}
    setid = set(field_operations.EXEC_REFUSED) | {"/bin/ps"}
    for op in field_operations.TABLE:
        words = [one.format_map(known) for one in op.arguments]
        asked = TRIED.get(op.kind)
        if op.kind == "ask" and sbpl.OPERATIONS.get(words[0], "words") == "":
            asked = "{}"
        if not op.wanted or not asked:
            continue
        if len(words) == 2:
            words = [f"[{words[0]}]:{words[1]}"]
        asked = asked.replace("exec", "exec-setid") if words[0] in setid else asked
        yield asked.format(*words), op.wanted == "allowed" or words[0] in BY_MODE


def decisions(work):
    profiles = {None: sbpl.read(rendered(PLAIN, f"{work}/none")[0])}
    for what, decision, questions, words in lines("inside.txt"):
        relaxation = decision[6:] if decision.startswith("relax ") else None
        if relaxation not in profiles:
            profiles[relaxation] = sbpl.read(rendered({**PLAIN, "relax": [relaxation]}, f"{work}/{len(profiles)}")[0])
        wrong = [] if words and decision in ("allowed", "refused", f"relax {relaxation}") else ["it says nothing"]
        for question in filter(None, map(str.strip, questions.format(**NAMES).split(";"))):
            for by, wanted in ((None, decision == "allowed"), (relaxation, decision != "refused")):
                if sbpl.allows(profiles[by], question) != wanted:
                    wrong.append(f"{question}: {'refused' if wanted else 'allowed'}, relaxed: {by or 'nothing'}")
        check(f"README, {what}: {decision}", wrong)


# As path_helper(8) leaves it: the system's folders, then what was there before.
ZSH = """. "$HOME/.zshenv"; PATH=/usr/bin:/bin:$PATH; typeset -U path; helped=$path[1]; . "$HOME/.zprofile"
print -r -- "$helped $path[1]" """


def zsh(home):
    """A login zsh's order of folders, without this machine's own files."""
    os.makedirs(f"{home}/.local/bin")
    done = subprocess.run(["zsh", "-f", "-c", ZSH], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"HOME": home, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"})
    return [] if done.stdout == f"/usr/bin {home}/.local/bin\n" else [f"exit code {done.returncode}", done.stdout]


# The probe's own way to look, with what connect(2) says put in its place: 0 refused, 1 it worked, 2 it could not be tried.
PROBE = """SYSTEM=darwin LIST= RELAX= ENFORCEMENT=
. "$1/lib.sh"; . "$1/by_hand.sh"
connects=$3
no_connection() { return "$connects"; }
no_socket "$2" """


def believes_connect(work):
    """access(2) says yes of this socket, as it may inside Seatbelt to what that closes: connect(2) alone decides, where it
    can be tried."""
    wrong, path = [], f"{work}/socket"
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path)
        for said, wanted in ((0, 0), (1, 1), (2, 1)):
            done = subprocess.run(["sh", "-c", PROBE, "sh", f"{root}/modules/probes", path, str(said)], check=False,
                                  stdout=subprocess.DEVNULL)
            if done.returncode != wanted:
                wrong.append(f"{said}: {done.returncode}, not {wanted}")
    return wrong


def main():
    rows = list(operations())
    check("no question stands twice", sorted({one for one, _ in rows if [asked for asked, _ in rows].count(one) > 1}))
    check("at least 250 operations", [] if len(rows) >= 250 else [str(len(rows))])
    with tempfile.TemporaryDirectory(prefix="agent-sandbox-test.") as work:
        for at, (name, spec) in enumerate((("bare", BARE), ("plain", PLAIN), ("relaxed", RELAXED))):
            profile, anchor = rendered(spec, f"{work}/{name}")
            try:
                rules = sbpl.read(profile)
                pf_check.check(anchor)
            except (sbpl.seatbelt_check.Refused, pf_check.Refused) as refused:
                check(f"{name}: the profile and the anchor are ones of ours", [str(refused)])
                continue
            mine = [(question, wanted[at]) for question, wanted in rows]
            allowed = [row for row in mine if row[1]]
            refused = [row for row in mine if not row[1]]
            check(f"{name}: {len(allowed)} operations that are needed", differences(rules, allowed))
            check(f"{name}: {len(refused)} operations that are refused", differences(rules, refused))
            check(f"{name}: each part of the profile is asked about", list(asked_about(rules, mine)))
            if name == "plain":
                tried = list(field_kit())
                check(f"the field kit wants {len(tried)} answers of a Mac, and the profile gives each", differences(rules, tried))
                check("  and they are most of them", [] if len(tried) >= 165 else [str(len(tried))])
        decisions(f"{work}/decisions")
        check("a probe of a socket believes connect, not access", believes_connect(work))
        check("zsh looks first where it did before path_helper", zsh(f"{work}/plain/tree/home"))
    print(f"{counts[0]} passed, {counts[1]} failed")
    return 1 if counts[1] else 0


sys.exit(main())
