#!/usr/bin/env python3
"""approvals.py [PROGRAM]: whose signatures apply wants by what a generation changes, with the real program, git and
ssh-keygen, as far as it goes before anything of the host is touched: and what somebody can do about it who may write
the repository, and has one signer's key."""
import base64
import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/modules/host")
sys.dont_write_bytecode = True

import approvals  # noqa: E402
import signature  # noqa: E402
from host import Host  # noqa: E402
from say import Failed  # noqa: E402
from source import Source  # noqa: E402
from state import State  # noqa: E402

WORK = tempfile.mkdtemp(prefix="agent-sandbox.")
PEOPLE = ("alice", "bob", "carol", "mallory", "alice2")
ROWS = [{"change": "any"}, {"change": "widening", "signatures": 2}, {"change": "relaxation", "of": ["carol"]},
        {"change": "credential", "signatures": 2, "of": ["bob", "carol"]}]
counts = [0, 0]


def run(*words, data=None, **options):
    return subprocess.run(words, input=data, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options).stdout


def check(what, good):
    counts[not good] += 1
    print(f"{'ok' if good else 'FAILED'}: {what}", flush=True)


class Repository:
    def __init__(self, name):
        self.path = f"{WORK}/{name}"

    def git(self, *words, data=None):
        return run("git", "-c", "user.name=x", "-c", "user.email=x@x.invalid", "-C", self.path, *words, data=data).decode().strip()

    def render(self, key="alice", rows=None, people=("alice", "bob", "carol"), **keys):
        spec = {"version": 1, "name": "ap", "signing": {
            "allowed": [{"name": one.rstrip("2"), "key": public(one)} for one in people],
            "require": ROWS if rows is None else rows}, **keys}
        if not spec["signing"]["require"]:
            del spec["signing"]["require"]
        with open(f"{self.path}.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
        run(PROGRAM, "render", f"{self.path}.json", "-o", self.path, *(["--sign", f"{WORK}/{key}"] if key else []))
        return self.head()

    def head(self):
        return self.git("rev-parse", "HEAD")

    def approve(self, *names):
        for name in names:
            run(PROGRAM, "approve", "-o", self.path, "--key", f"{WORK}/{name}", "--yes")

    def put(self, name, data, commit=None):
        """Something in the place of an approval."""
        blob = self.git("hash-object", "-w", "--stdin", data=data)
        self.git("update-ref", ref(commit or self.head(), name), blob)


def public(name):
    with open(f"{WORK}/{name}.pub", encoding="utf-8") as file:
        return file.read().strip()


def ref(commit, name):
    return f"refs/agent-sandbox/approvals/{commit}/{hashlib.sha256(base64.b64decode(public(name).split()[1])).hexdigest()}"


def signed(name, text, namespace="agent-sandbox-approval"):
    return run("ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", f"{WORK}/{name}", data=text.encode())


def approval(commit, sandbox="ap"):
    return f"agent-sandbox-approval\nsandbox {sandbox}\ncommit {commit}\n"


class Machine:
    """One host, as far as apply's first step sees it."""

    def __init__(self, repository):
        self.repository = repository
        self.host = Host("linux")
        self.host.program = PROGRAM
        self.path = tempfile.mkdtemp(dir=WORK)

    def state(self, source):
        state = State(self.host, source.sandbox)
        state.path = self.path
        return state

    def apply(self):
        """(whether it may be applied, all that is said)"""
        said, good = io.StringIO(), False
        with tempfile.TemporaryDirectory(dir=WORK) as scratch, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                source = Source(self.host, f"{ROOT}/modules", "x", self.repository.path, "apply")
                commit = source.read_commit()
                good = signature.check(source, self.state(source), scratch, source.read_object(scratch))
            except Failed as why:
                print(why)
        if good:
            self.take(commit)
        return good, said.getvalue()

    def take(self, commit):
        folder = f"{self.path}/generations/{commit}"
        os.makedirs(folder, exist_ok=True)
        run("tar", "-x", "-C", folder, data=run("git", "-C", self.repository.path, "archive", commit, "spec.json", "allowed_signers"))
        if os.path.lexists(f"{self.path}/current"):
            os.unlink(f"{self.path}/current")
        os.symlink(f"generations/{commit}", f"{self.path}/current")

    def approvers(self):
        """Of the newest commit, what is in the place of approvals."""
        with tempfile.TemporaryDirectory(dir=WORK) as scratch:
            source = Source(self.host, f"{ROOT}/modules", "x", self.repository.path, "apply")
            source.read_commit()
            signers, _ = signature.find_signers(source, self.state(source), scratch)
            verify = signature.Signatures(self.host, signers, scratch).verify
            return approvals.approvers(source, scratch, signers, verify)

    def takes(self, what, text=""):
        good, said = self.apply()
        check(what, good and text in said)
        if not (good and text in said):
            print(said)

    def refuses(self, what, *texts):
        good, said = self.apply()
        held = not good and all(text in said for text in texts)
        check(what, held)
        if not held:
            print(good, said)


def applied(name, **keys):
    """A repository and a machine with its first generation."""
    repository = Repository(name)
    repository.render(limits={"tasks": 100}, **keys)
    repository.approve("bob")
    machine = Machine(repository)
    good, said = machine.apply()
    assert good, said
    return repository, machine


def test_changes():
    repository = Repository("changes")
    machine = Machine(repository)
    repository.render(limits={"tasks": 100})
    machine.refuses("the first generation meets its own rows", "widening", "needs 2: it has alice's; missing: 1 of other signers")
    repository.approve("bob")
    machine.takes("  and is applied when it does", "signed by alice; approved by bob")
    machine.takes("  again is no question")
    repository.render(limits={"tasks": 90})
    machine.takes("who narrows needs one", "signed by alice")
    repository.render(limits={"tasks": 95})
    machine.refuses("who widens needs two", "widening (processes and threads: at most 95, was 90) needs 2")
    repository.put("alice2", signed("alice2", approval(repository.head())))
    machine.refuses("  a key of nobody's is none", "it has alice's; missing: 1")
    repository.approve("carol")
    machine.takes("  whoever they are", "approved by carol")
    repository.render(limits={"tasks": 95}, relax=["ptrace"])
    repository.approve("bob")
    machine.refuses("a relaxation needs the one who is named", "relaxation (may now trace its own processes) needs 1 of carol: "
                    "it has none; missing: 1 of carol")
    repository.approve("carol")
    machine.takes("  and gets it", "approved by bob and carol")
    rules = {"rules": [{"host": "api.example.org"}]}
    key = {"name": "k", "source": "file:/etc/agent-sandbox/ap/secrets/k", "hosts": ["api.example.org"], "inject": {"bearer": True}}
    repository.render(limits={"tasks": 95}, relax=["ptrace"], network=rules, credentials=[key])
    repository.approve("carol")
    machine.refuses("a credential needs the two who are named", "credential", "needs 2 of bob or carol: it has carol's; missing: 1 of bob")
    repository.approve("bob")
    machine.takes("  and gets them")
    repository.render(limits={"tasks": 95}, network=rules)
    repository.render(limits={"tasks": 94}, network=rules)
    machine.takes("several generations at once: what changes between what is applied and the newest")
    repository.render(limits={"tasks": 99}, network=rules)
    repository.approve("bob")
    repository.render(limits={"tasks": 98}, network=rules)
    machine.refuses("  an approval of one in between is none of the newest", "needs 2: it has alice's")
    repository.render(key=None, limits={"tasks": 97}, network=rules)
    machine.refuses("nobody has signed", "is not signed, and it must be")
    repository.approve("bob", "carol")
    machine.takes("  but two have approved", "not signed; approved by bob and carol")
    repository.render(limits={"tasks": 97}, network=rules, rows=ROWS[:1])
    repository.approve("bob")
    machine.refuses("fewer rows are a change of every kind", "relaxation (generations with a new", "credential (generations with a new")
    repository.approve("carol")
    machine.takes("  which those who are named may make")


def test_people():
    repository, machine = applied("people", people=("alice", "alice2", "bob", "carol"))
    everybody = {"people": ("alice", "alice2", "bob", "carol")}
    repository.render(limits={"tasks": 200}, **everybody)
    repository.approve("alice2")
    machine.refuses("one with two keys is one", "needs 2: it has alice's; missing: 1")
    repository.render(key="alice2", limits={"tasks": 201}, people=("alice", "bob", "carol", "mallory"))
    repository.approve("mallory")
    machine.refuses("a key that the generation itself adds is none", "it has alice's; missing: 1")
    repository.render(limits={"tasks": 202}, people=("mallory", "carol", "bob"), key="mallory")
    repository.approve("mallory")
    machine.refuses("nor when all is by it", "by none of the signers of the applied generation")
    repository.render(limits={"tasks": 50}, people=("alice", "carol"), rows=ROWS[:3])
    repository.approve("bob", "carol")
    machine.takes("bob's last signature takes himself out", "approved by bob and carol")
    repository.render(limits={"tasks": 60}, people=("alice", "carol"), rows=ROWS[:3])
    commit = repository.head()
    repository.put("bob", signed("bob", approval(commit)))
    machine.refuses("a signer who was taken out counts no more", "it has alice's; missing: 1")
    repository.render(key="bob", limits={"tasks": 40}, people=("alice", "carol"), rows=ROWS[:3])
    machine.refuses("  nor does what he commits", "by none of the signers")


def test_approvals():
    repository, machine = applied("approvals")
    first = repository.head()
    commit = repository.render(limits={"tasks": 200})
    lacks = "it has alice's; missing: 1"
    bobs = repository.git("cat-file", "blob", ref(first, "bob")) + "\n"
    repository.put("bob", bobs.encode())
    machine.refuses("an approval of another generation, given again", lacks)
    for what, data in (("of another sandbox", signed("bob", approval(commit, "other"))),
                       ("for commits", signed("bob", approval(commit), "git")), ("for files", signed("bob", approval(commit), "file")),
                       ("of the commit's bytes, as git signs", signed("bob", run("git", "-C", repository.path, "cat-file", "commit",
                                                                                commit).decode(), "agent-sandbox-approval")),
                       ("by mallory, in bob's place", signed("mallory", approval(commit))),
                       ("cut short", signed("bob", approval(commit))[:-60]), ("that is a word", b"approved\n"),
                       ("that is empty", b""), ("of control characters", b"\0\x1b[31m\n" * 50)):
        repository.put("bob", data)
        check(f"a signature {what}", machine.approvers() == set())
    started = time.monotonic()
    repository.put("bob", b"x" * (80 << 20))
    check("an approval of 80 MiB", machine.approvers() == set())
    repository.git("update-ref", ref(commit, "bob"), repository.git("rev-parse", "HEAD^{tree}"))
    check("a tree in its place", machine.approvers() == set())
    repository.git("update-ref", ref(commit, "bob"), commit)
    check("a commit in its place", machine.approvers() == set())
    junk = repository.git("rev-parse", "HEAD:README.md")
    repository.git("update-ref", "--stdin", data="".join(
        f"create refs/agent-sandbox/approvals/{commit}/{number:064x} {junk}\n" for number in range(3000)).encode())
    repository.git("update-ref", "-d", ref(commit, "bob"))
    repository.approve("bob")
    machine.takes("one among 3000 that are none")
    check("  none of which takes long", time.monotonic() - started < 20)


def test_history():
    repository, machine = applied("history")
    wide = repository.head()
    narrow = repository.render(limits={"tasks": 50})
    machine.takes("a narrowing")
    repository.git("checkout", "-q", "-B", "main", wide)
    machine.refuses("the generation before, with all its signatures: they are older than what is applied",
                    f"does not come after {narrow}")
    tree = repository.git("rev-parse", f"{wide}^{{tree}}")
    alone = sign_commit(repository, f"tree {tree}\n", "alice")
    repository.git("reset", "-q", "--hard", alone)
    repository.put("bob", signed("bob", approval(alone)))
    machine.refuses("a history of its own, signed by two", f"does not come after {narrow}")
    # The parent that leads there is put in the place of another commit.
    fake = sign_commit(repository, f"tree {tree}\n", None)
    top = sign_commit(repository, f"tree {tree}\nparent {fake}\n", "alice")
    lie = repository.git("cat-file", "commit", fake).replace("\nauthor", f"\nparent {narrow}\nauthor", 1) + "\n"
    plant(repository, fake, lie)
    repository.git("reset", "-q", "--hard", top)
    repository.put("bob", signed("bob", approval(top)))
    check("  git itself is deceived", repository.git("rev-list", "HEAD").split()[-1] == wide)
    machine.refuses("a parent that is not what its id says", f"does not come after {narrow}")
    repository.git("reset", "-q", "--hard", narrow)
    run(PROGRAM, "rollback", "-o", repository.path, wide, "--sign", f"{WORK}/alice")
    machine.refuses("going back needs what it widens", "needs 2")
    repository.approve("bob")
    machine.takes("  and gets it, by a new commit")


def sign_commit(repository, head, key, message="x\n"):
    people = "author x <x@x.invalid> 0 +0000\ncommitter x <x@x.invalid> 0 +0000\n"
    lines = signed(key, f"{head}{people}\n{message}", "git").decode().rstrip("\n").split("\n") if key else []
    header = "".join(f"{'gpgsig' if number == 0 else ''} {line}\n" for number, line in enumerate(lines))
    return repository.git("hash-object", "-w", "-t", "commit", "--stdin", data=f"{head}{people}{header}\n{message}".encode())


def plant(repository, name, text):
    """Another object in the place of one."""
    import zlib

    path = f"{repository.path}/.git/objects/{name[:2]}/{name[2:]}"
    os.unlink(path)
    with open(path, "wb") as file:
        file.write(zlib.compress(b"commit %d\0" % len(text) + text.encode()))


def test_trees():
    repository, machine = applied("trees")
    settings = f"{repository.path}/proxy/policy.json"
    with open(settings, encoding="utf-8") as file:
        text = file.read()
    with open(settings, "w", encoding="utf-8") as file:
        file.write(text.replace('"enforce"', '"audit"'))
    repository.git("-c", "gpg.format=ssh", "-c", f"user.signingkey={WORK}/alice", "commit", "-q", "-a", "-S", "-m", "Tidy up")
    machine.refuses("files that the spec.json does not say", "are not what its spec.json renders to")
    spec = f"{repository.path}/spec.json"
    for what, change in (("that is no JSON", lambda text: text[:-5]), ("of another version", lambda text: text.replace('"version": 1', '"version": 2')),
                         ("that check refuses", lambda text: text.replace('"limits"', '"relax": ["unix-socket:/var/run/docker.sock"], "limits"')),
                         ("that names another sandbox", lambda text: text.replace('"name": "ap"', '"name": "other"', 1))):
        repository.git("reset", "-q", "--hard", "HEAD~1")
        with open(spec, encoding="utf-8") as file:
            text = file.read()
        with open(spec, "w", encoding="utf-8") as file:
            file.write(change(text))
        repository.git("-c", "gpg.format=ssh", "-c", f"user.signingkey={WORK}/alice", "commit", "-q", "-a", "-S", "-m", "Tidy up")
        machine.refuses(f"a spec.json {what}", "sandbox other" if "another sandbox" in what else "cannot be told")


def test_program():
    repository, machine = applied("program")
    repository.render(limits={"tasks": 50})
    shown = f"{WORK}/shown"
    for what, text, said in (("that is not there", None, "is not installed here"), ("that fails", "exit 1", "cannot be told"),
                             ("that says nothing", "exit 0", "does not say"), ("that says no JSON", "echo x", "does not say"),
                             ("that asks for nothing, and names no tree", "echo '{\"needs\": []}'", "does not say"),
                             ("that names another tree", "echo '{\"needs\": [], \"tree\": \"0\", \"sandbox\": \"ap\"}'", "renders to"),
                             ("that asks for no signatures", "echo '{\"needs\": [{\"change\": \"any\", \"signatures\": 0, \"because\": []}], "
                              "\"tree\": \"0\", \"sandbox\": \"ap\"}'", "does not say"),
                             ("that asks some for none", "echo '{\"needs\": [{\"change\": \"any\", \"signatures\": 0, \"of\": [\"bob\"], "
                              "\"because\": []}], \"tree\": \"0\", \"sandbox\": \"ap\"}'", "does not say")):
        machine.host.program = f"{shown}.none"
        if text:
            machine.host.program = shown
            with open(shown, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{text}\n")
            os.chmod(shown, 0o755)
        machine.refuses(f"a program {what}", said)
    machine.host.program = PROGRAM
    if os.getuid() == 0:
        os.chown(shown, 65534, 65534)
        machine.host.program = shown
        machine.refuses("a program that is not root's", "is not root's alone")
        with open(shown, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nid -u >&2; cat /etc/shadow >&2; exit 1\n")
        os.chown(shown, 0, 0)
        machine.refuses("what reads specs is nobody", "  65534", "Permission denied")
        machine.host.program = PROGRAM
    machine.takes("the program that is installed")
    plain = Repository("plain")
    plain.render(rows=[], limits={"tasks": 100})
    machine = Machine(plain)
    machine.host.program = "/nonexistent"
    machine.takes("where no row asks, it is not needed", "signed by alice")
    plain.render(key="mallory", rows=[], limits={"tasks": 50})
    machine.refuses("  and all is as it was", "by none of the signers of the applied generation")


def main():
    global PROGRAM
    os.chmod(WORK, 0o755)
    for name in PEOPLE:
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", f"{WORK}/{name}")
    # Where everybody may start it: the checkout may be an ordinary user's.
    built, base = os.path.split(sys.argv[1] if len(sys.argv) > 1 else f"{ROOT}/build/agent-sandbox")
    os.mkdir(f"{WORK}/bin")
    for name in (base, "agent-sandbox-whole"):
        if os.path.isfile(f"{built}/{name}"):
            shutil.copy(f"{built}/{name}", f"{WORK}/bin")
    PROGRAM = f"{WORK}/bin/{base}"
    try:
        for test in (test_changes, test_people, test_approvals, test_history, test_trees, test_program):
            if os.environ.get("CASE", "") in test.__name__:
                test()
    finally:
        shutil.rmtree(WORK)
    print(f"{counts[0]} passed, {counts[1]} failed")
    return counts[1] > 0


PROGRAM = ""
if __name__ == "__main__":
    sys.exit(main())
