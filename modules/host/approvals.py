"""Whose signatures a generation needs by what it changes (signing.require), and whether they are there. What changes is
read from two spec.json alone, of root's own copies, by the installed program, as nobody; the rows are those of the
generation that is applied. What cannot be told is refused."""

import base64
import binascii
import hashlib
import json
import os
import re
import subprocess

from places import is_program, others_may_replace, somewhere
from say import Failed, Refused, remark, say, warn

REFS = "refs/agent-sandbox/approvals"
NAMESPACE = "agent-sandbox-approval"
LONGEST = 16384  # bytes of an approval: a signature by an RSA key of 16384 bits has a third of that
MOST_COMMITS = 10000  # between two generations
PATIENCE = 120  # seconds for the program
KEY = re.compile(r"(?:^|\s)(?:ssh|ecdsa|sk)-[a-z0-9@.-]+[ \t]+(AAAA[A-Za-z0-9+/]+={0,2})")


# -- what is asked --


def rows_of(text):
    """Whether a spec.json has any. One that is no JSON is for the program to refuse."""
    try:
        signing = json.loads(text).get("signing", {})
        return bool(signing.get("require", []))
    except (ValueError, RecursionError, AttributeError):
        return True


def meant(source, scratch, text):
    """The commit's files, as its id promises them."""
    folder = f"{scratch}/meant"
    if not os.path.isdir(folder):
        source.extract(folder, scratch, text)
    return folder


def are_asked(source, state, scratch, text):
    """Whether the spec.json that decides has rows: that of the applied generation, or the commit's own where that one
    names no signers. Where nobody asks, neither the program nor the history is needed."""
    applied = os.path.isfile(state.at("current/allowed_signers"))
    folder = state.at("current") if applied else meant(source, scratch, text)
    return rows_of(source.host.read(f"{folder}/spec.json") or b"")


def program(host):
    """The one that started us, or one that is installed: root runs it, so it is root's alone."""
    path = host.program or somewhere("agent-sandbox")
    if not path or not is_program(path):
        raise Refused("what this generation changes is read by the program agent-sandbox, and it is not installed here")
    replaced = host.root and others_may_replace(os.path.realpath(path))
    if replaced:
        raise Refused(f"what this generation changes is read by {path}, and {replaced} is not root's alone: install it")
    return os.path.realpath(path)


def ask(source, state, scratch, text):
    """What the change needs, as the program says it."""
    host, folder = source.host, f"{scratch}/asked"
    os.makedirs(folder)
    old = host.read(state.at("current/spec.json")) if state.has_generation(state.current()) else None
    for name, data in (("old.json", old), ("new.json", host.read(f"{meant(source, scratch, text)}/spec.json"))):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(data or b"")
    # It reads what strangers wrote, and needs nothing of root's for that.
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if host.root else {}
    try:
        done = host.run(program(host), "signatures", "old.json" if old is not None else "/dev/null", "new.json", "--json",
                        cwd=folder, env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE, timeout=PATIENCE, **nobody)
    except subprocess.TimeoutExpired:
        raise Refused("what this generation changes could not be read in time") from None
    if done.returncode != 0:
        remark(f"  {line}" for line in done.stderr.decode("utf-8", "replace").splitlines()[:20])
        raise Refused("what this generation changes cannot be told: it is not applied")
    answer = check_answer(done.stdout)
    if answer["sandbox"] != source.sandbox.name:
        raise Refused(f"the spec.json of this commit is of the sandbox {answer['sandbox']}")
    if f"tree {answer['tree']}".encode() != text.split(b"\n", 1)[0]:
        raise Refused("the files of this commit are not what its spec.json renders to ('agent-sandbox reproduce' says "
                      "which), so what it changes cannot be told")
    return answer["needs"]


def check_answer(printed):
    try:
        answer = json.loads(printed)
        for need in answer["needs"]:
            texts = [need["change"], *need["because"], *need.get("of", [])]
            count, nobody = need["signatures"], need.get("of") == []
            if type(count) is not int or count < 1 or nobody or not all(isinstance(one, str) for one in texts):
                raise ValueError
        if not isinstance(answer["tree"], str) or not isinstance(answer["sandbox"], str):
            raise ValueError
        return answer
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise Failed("the installed agent-sandbox does not say what a generation changes") from None


# -- whether the history leads there --


def parents_of(source, names):
    """{commit: its parents}, each as its own id promises: whoever may write the repository may have put anything in
    the place of a commit."""
    found = {}
    for name, data in zip(names, source.blobs(names, "commit")):
        kind = hashlib.sha1 if len(name) == 40 else hashlib.sha256
        if kind(b"commit %d\0" % len(data) + data).hexdigest() == name:
            head = data.partition(b"\n\n")[0].split(b"\n")
            found[name] = [line[7:].decode("ascii", "replace") for line in head if line.startswith(b"parent ")]
    return found


def leads_to(source, old, new):
    """Whether the applied generation is one before this commit. Then who signed this one knew that; a signature that is
    older than what is applied says nothing about what would change now."""
    listed = source.git("rev-list", f"--max-count={MOST_COMMITS}", new) or b""
    names = [name for name in listed.decode("ascii", "replace").split() if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", name)]
    if old not in names:
        return False
    parents, ways, seen = parents_of(source, names), [new], set()
    while ways:
        commit = ways.pop()
        if commit == old:
            return True
        if commit not in seen:
            seen.add(commit)
            ways += parents.get(commit, [])
    return False


# -- who has signed --


def keys_in(signers):
    """How the refs of approvals name the keys of a file of allowed signers."""
    with open(signers, encoding="utf-8", errors="replace") as file:
        lines = [line for line in file if not line.lstrip().startswith("#")]
    found = set()
    for match in filter(None, map(KEY.search, lines)):
        try:
            found.add(hashlib.sha256(base64.b64decode(match[1], validate=True)).hexdigest())
        except binascii.Error:
            pass
    return sorted(found)


def approvers(source, scratch, signers, verify):
    """The names of those whose approval of this very commit is there. Only where an approval by a key that counts would
    stand is looked, whatever else is there, and of what is long nothing is read."""
    asked = "".join(f"{REFS}/{source.commit}/{key}\n" for key in keys_in(signers))
    listed = source.git("cat-file", "--batch-check", data=asked.encode()) or b""
    good = re.compile(rb"([0-9a-f]+) blob ([1-9][0-9]{0,5})")
    found = [match for match in map(good.fullmatch, listed.split(b"\n")) if match and int(match[2]) <= LONGEST]
    said = f"{NAMESPACE}\nsandbox {source.sandbox.name}\ncommit {source.commit}\n".encode()
    names = set()
    for data in source.blobs([match[1].decode() for match in found]) if found else ():
        names.add(verify(data, said, NAMESPACE).partition(",")[0])
    return names - {""}


def listed(names, last):
    names = sorted(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else "".join(names)


def lacking(need, people):
    """What is missing for it, in words; ''."""
    of = need.get("of")
    has = people & set(of) if of else people
    if len(has) >= need["signatures"]:
        return ""
    because = f" ({need['because'][0]}{'; and more' if len(need['because']) > 1 else ''})" if need["because"] else ""
    whose = listed(set(of) - people, "or") if of else "other signers"
    there = f"it has {listed(has, 'and')}'s" if has else "it has none"
    return (f"  {need['change']}{because} needs {need['signatures']}{' of ' + listed(of, 'or') if of else ''}: {there}; "
            f"missing: {need['signatures'] - len(has)} of {whose}")


def check(source, state, scratch, text, signers, own, verify):
    """own: who signed the commit itself, or ''. None: nobody has; else whether it is enough. Says why not."""
    own = own.partition(",")[0]  # of one who is listed by several names
    approved = approvers(source, scratch, signers, verify)
    people = approved | ({own} if own else set())
    if not people:
        return None
    before = state.current()
    needs = ask(source, state, scratch, text)
    if needs and state.has_generation(before) and before != source.commit and not leads_to(source, before, source.commit):
        warn(f"commit {source.commit} does not come after {before}, which is applied: the signatures that it has were not "
             "given for what would change now. 'agent-sandbox rollback' goes back by a new commit")
        return False
    missing = list(filter(None, (lacking(need, people) for need in needs)))
    if missing:
        warn(f"commit {source.commit} needs more signatures, by what it changes:")
        remark(missing)
        remark(["  'agent-sandbox approve' adds one; 'git fetch REMOTE \"" + REFS + "/*:" + REFS + "/*\"' brings others'"])
        return False
    others = approved - {own}
    say((f"signed by {own}" if own else "not signed") + (f"; approved by {listed(others, 'and')}" if others else ""))
    return True
