"""tests/engine/decide.py FOLDER COUNT SEED FIRST: the engine decides as the add-on does. Run by tests/engine/decide, which
has built the driver, FOLDER/decide, and with sanitizers FOLDER/decide-sanitized. The random requests come in parts, each
from its own seed; FIRST is the number of the first one, so that a part of many is the same alone."""

from __future__ import annotations

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import bodies
import heads
import hellos
import grants_read
import messages
import names
import policies
import random_requests
import reference as ref
import secrets_read
import usages
import world as w

sys.path.append(str(ref.ROOT / "tests" / "vectors"))
import rows  # noqa: E402

AT_ONCE = 20000
SANITIZED_SHARE = 10  # of the random requests, one in so many
passed = failed = 0


def check(name: str, problems: list) -> None:
    global passed, failed
    passed, failed = passed + (not problems), failed + bool(problems)
    print(f"{'FAILED' if problems else 'ok'}: {name}", flush=True)
    for problem in problems[:5]:
        print("    " + str(problem)[:3000])


def compare(driver: str, questions: list[dict], folder: str) -> tuple[list, dict[int, int], list[dict]]:
    one, problems, count = ref.Reference(folder), [], {}
    answers = names.ask(driver, questions, folder)
    for asked, mine in zip(questions, answers):
        if "policy" in asked or "grants" in asked:
            theirs = {"problem": one.load(asked["policy"]) if "policy" in asked else one.grant(asked["grants"])}
            if mine != theirs:
                problems.append((asked, mine, theirs))
            continue
        ask = one.connect if "connect" in asked else one.request if "request" in asked else one.inside
        theirs = ask(asked)
        key = theirs["status"] if theirs else -1
        count[key] = count.get(key, 0) + 1
        if not ref.same(mine, theirs, asked):
            problems.append((asked, "engine:", mine, "add-on:", theirs))
    return problems, count, answers


def public(text: str) -> str:
    """No name in .test is reached, which the tests of the proxy have to take away first."""
    return re.sub(r"(?i)(world|attacker)\.(test)", r"\1.\2.net", text)


def compare_heads(driver: str, folder: str) -> list:
    policy, secrets, found = heads.collect()
    for credential in policy["credentials"]:
        name = credential["name"]
        pathlib.Path(folder, name).write_text(secrets[name])
        credential["source"] = {"kind": "systemd", "name": name}
    policy, found = json.loads(public(json.dumps([policy, found])))
    questions, owner = [{"policy": json.dumps(policy)}], []
    for name, refused, asked, whole in found:
        questions += [{**one, "reload": True} for one in asked]
        owner += [(name, refused and whole)] * len(asked)
    problems, count, answers = compare(driver, questions, folder)
    last = {name: answer["status"] for (name, _), answer in zip(owner, answers[1:])}
    must = {name for name, refused in owner if refused and not name.startswith(heads.NOT_OF_A_HEAD)}
    problems += [f"{name} passes" for name in must if last[name] == 0]
    passing = sum("passed" in one for one in answers)
    print(f"    {len(questions)} heads of {len(last)} attacks and controls, {passing} pass, "
          f"{len(must)} attacks must be refused")
    if len(must) < 150 or passing < 50:
        problems.append("too few were found")
    return problems


def compare_vectors(driver: str) -> list:
    """What tests/vectors asks the add-on, the engine is asked as well."""
    program = os.environ.get("PROGRAM", str(ref.ROOT / "build" / "agent-sandbox"))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rows.specs(folder)
        specs = sorted(str(path) for path in (folder / "specs").iterdir())
        subprocess.run([program, "render", *specs, "--fleet", str(folder / "fleet")], stdout=subprocess.DEVNULL, check=True)
        problems = rows.policies(folder)
        wrong, questions = rows.ask_addon(folder)
        return problems + wrong + compare(driver, questions, name)[0]


def random_questions(count: int, seed: str) -> list[dict]:
    chance, questions = random.Random(f"requests {seed}"), []
    while len(questions) < count:
        made = random_requests.policy(chance)
        questions.append({"policy": json.dumps(made)})
        if "grants" in made:
            questions.append({"grants": json.dumps(random_requests.grants(chance, made))})
        questions += [random_requests.request(chance, made) for _ in range(40)]
        questions += [random_requests.connect(chance, made) for _ in range(3)]
        questions += [random_requests.inside(chance, made) for _ in range(2)]
    return questions


def parts_of(count: int, at_once: int, first: int) -> list[tuple[int, int]]:
    """How many requests, of which number."""
    return [(min(at_once, count - part * at_once), first + part) for part in range(-(-count // at_once))]


def compare_random(driver: str, folder: str, parts: list[tuple[int, int]], seed: str) -> list:
    for name, secret in random_requests.SECRETS.items():
        pathlib.Path(folder, name).write_text(secret + "\n")
    total, problems, signed, filled, granted, asked = {}, [], 0, 0, 0, 0
    for number, part in parts:
        questions = random_questions(number, f"{seed}.{part}")
        found, ended, answers = compare(driver, questions, folder)
        filled += sum(any(json.dumps(secret)[1:-1] in (one.get("passed", {}).get("body") or "") for secret in random_requests.SECRETS.values())
                      for one in answers)
        signed += sum("AWS4-HMAC-SHA256 Credential=AKIAREAL.1/" in str(one.get("passed")) for one in answers)
        granted += sum("grant" in (one.get("line") or {}) for one in answers)
        asked += sum("; nobody is there to be asked" in one.get("answer", "") for one in answers)
        problems += found
        for key, number in ended.items():
            total[key] = total.get(key, 0) + number
    print(f"    {granted} were granted, {asked} would be asked about, {total.get(0, 0)} pass, {total.get(403, 0)} are refused, {total.get(200, 0)} in JSON-RPC, {total.get(429, 0)} come too often, {total.get(503, 0)} have no secret, "
          f"{total.get(-1, 0)} mitmproxy itself refuses, {signed} are signed, {filled} have a secret in their body")
    count = sum(number for number, _ in parts)
    rare = total.get(429) and total.get(200) and signed and filled and granted and asked
    if min(total.get(0, 0), total.get(403, 0)) < count / 10 or (not rare and count >= AT_ONCE):
        problems.append("too few pass, or too few are refused")
    return problems


def compare_long(driver: str, folder: str) -> list:
    channel = {"tls": True, "host": "a.example.org", "port": 443, "sni": "a.example.org"}
    questions = [{"policy": json.dumps(w.policy([], []))}] + [
        {"request": {"version": 2, "method": "GET", "target": path, "scheme": "https", "authority": "a.example.org", "fields": [],
                     "ends": True}, "channel": channel, "today": heads.TODAY} for path in random_requests.long_paths()]
    problems, _, answers = compare(driver, questions, folder)
    wide = sum("the one below is wider" in one.get("answer", "") for one in answers)
    return problems + ([] if 100 < wide < len(answers) - 100 else [f"{wide} of {len(answers)} are wider"])


def ten_thousand_rules(driver: str, folder: str, unread: bool = False) -> list:
    """Decide as fast as ten."""
    def nanoseconds(count: int) -> int:
        made = w.policy([w.unread(f"h{n}.example.org", "tcp", [5432]) if unread else w.rule(f"h{n}.example.org", paths=["/v1/**"])
                         for n in range(count)], [])
        made["denied"] = [{"host": f"h{n}.example.org", "suffix": False, "scheme": "https", "paths": ["/v1/no/**"], "ports": [443]}
                          for n in range(count)]
        asked = {"connect": {"version": 1, "method": "CONNECT", "target": "h7.example.org:5432", "fields": [], "ends": False},
                 "today": heads.TODAY, "repeat": 20000, "channel": {"tls": False, "host": None, "port": 0, "sni": None}}
        if not unread:
            asked = {"request": {"version": 1, "method": "GET", "target": "/v1/x", "scheme": "", "authority": "", "ends": False,
                                 "fields": [["Host", "h7.example.org"]]}, "today": heads.TODAY, "repeat": 20000,
                     "channel": {"tls": True, "host": "h7.example.org", "port": 443, "sni": "h7.example.org"}}
        loaded, *answers = names.ask(driver, [{"policy": json.dumps(made)}] + [asked] * 5, folder)
        assert loaded["problem"] is None and all(one["status"] == 0 for one in answers)
        return min(one["nanoseconds"] for one in answers)
    few, many = nanoseconds(10), nanoseconds(10000)
    print(f"    {few} and {many} ns")
    return [] if many < 3 * few else [(few, many)]


def all_of_it(driver: str, parts: list[tuple[int, int]], seed: str, kind: str) -> None:
    count = sum(number for number, _ in parts)
    with tempfile.TemporaryDirectory() as folder:
        check(f"names and authorities{kind}", names.compare_names(driver, folder, seed))
        check(f"readings of paths{kind}", names.compare_paths(driver, folder, seed))
        check(f"patterns{kind}", names.compare_patterns(driver, folder, seed))
        check(f"addresses{kind}", names.compare_addresses(driver, folder))
        check(f"no pattern is slow{kind}", names.no_pattern_is_slow(driver, folder))
        check(f"grants that are taken, and that are not{kind}", grants_read.compare_grants(driver, folder))
        check(f"policies that load, and that do not{kind}", policies.compare_policies(driver, folder))
        check(f"what begins in a tunnel, and ClientHellos{kind}", hellos.compare(driver, folder, seed))
        check(f"places in bodies{kind}", bodies.compare(driver, folder, seed))
        check(f"what is said to MCP servers{kind}", messages.compare(driver, folder, compare))
        check(f"tokens that answers say{kind}", usages.compare(driver, folder, seed))
        check(f"secrets{kind}", secrets_read.compare_vault(driver, folder))
        check(f"heads of the attacks{kind}", compare_heads(driver, folder))
        check(f"decisions with their reasons{kind}", compare_vectors(driver))
        check(f"rules that are missing for long paths{kind}", compare_long(driver, folder))
        check(f"{count} random requests{kind}", compare_random(driver, folder, parts, seed))


def main() -> int:
    built, count, seed, first = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    all_of_it(f"{built}/decide", parts_of(count, AT_ONCE, first), seed, "")
    with tempfile.TemporaryDirectory() as folder:
        check("ten thousand rules decide as fast as ten", ten_thousand_rules(f"{built}/decide", folder))
        check("ten thousand rules of tcp decide as fast as ten", ten_thousand_rules(f"{built}/decide", folder, True))
    parts = parts_of(count // SANITIZED_SHARE, AT_ONCE // SANITIZED_SHARE, first)
    all_of_it(f"{built}/decide-sanitized", parts, seed + " sanitized", ", with sanitizers")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
