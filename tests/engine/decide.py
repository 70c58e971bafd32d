"""tests/engine/decide.py DRIVER COUNT SEED: the engine decides as the add-on does. Run by tests/engine/decide."""

from __future__ import annotations

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import heads
import random_requests
import reference as ref
import target  # of modules/proxy
import test_units  # of tests/proxy
import world as w

DRIVER, COUNT, SEED = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ODD = ["a", "b", ".", "..", "/", "//", "%", "%2F", "%2f", "%25", "2F", "%2E", "%5C", ";", ";x", "*", "**", "\\", "%C3", "%A9",
       "%E2%80%A5", "%EF%BC%8F", "%F0%9F%98%80", "%ED%A0%80", "%C0%AE", "%00", "%7f", "x" * 30, "\xe9", "?", "#", " ", "~", "Z", "9"]
passed = failed = 0


def check(name: str, problems: list) -> None:
    global passed, failed
    passed, failed = passed + (not problems), failed + bool(problems)
    print(f"{'FAILED' if problems else 'ok'}: {name}")
    for problem in problems[:5]:
        print("    " + str(problem)[:3000])


def ask(questions: list[dict], folder: str, rotated: str = "") -> list[dict]:
    text = "".join(json.dumps(one) + "\n" for one in questions)
    done = subprocess.run([DRIVER, folder, rotated], input=text.encode(), stdout=subprocess.PIPE, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(answers) != len(questions):
        sys.exit(f"the driver ended with {done.returncode} after {len(answers)} of {len(questions)} lines: "
                 f"{json.dumps(questions[len(answers):len(answers) + 1])[:3000]}")
    return answers


# -- names and paths --


def outcome(function, *arguments):
    try:
        return None, function(*arguments)
    except target.TargetError as error:
        return str(error), None


def strings(chance: random.Random, count: int) -> list[str]:
    return ["".join(chance.choice(ODD) for _ in range(chance.choice([1, 2, 3, 4, 6, 9]))) for _ in range(count)]


def texts_of(function) -> list[str]:
    """What a test of tests/proxy has in its tables."""
    return [one for one in walk(function.__code__.co_consts) if one.isascii() or max(one) <= "\xff"]


def walk(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, frozenset)):
        for one in value:
            yield from walk(one)


def names(chance: random.Random) -> list[str]:
    found = texts_of(test_units.Names.test_names) + texts_of(test_units.Names.test_authorities)
    pieces = ["a", "A", "-", "_", ".", ".", "0x", "1", "7f", ":", ":443", "[", "]", "@", " ", "\xe9", "\0", "xn--", "example.org",
              "a" * 63, "a" * 64, "b" * 190]
    return found + ["".join(chance.choice(pieces) for _ in range(chance.choice([1, 2, 3, 5]))) for _ in range(3000)]


def compare_names(folder: str) -> list:
    texts, problems = names(random.Random(f"names {SEED}")), []
    questions = [{"host": text} for text in texts] + [
        {"authority": text, "usual": usual} for text in texts for usual in (443, 80, 0)]
    for asked, mine in zip(questions, ask(questions, folder)):
        if "host" in asked:
            why, name = outcome(target.parse_name, asked["host"])
            theirs = (why, name, 0)
        else:
            scheme = {443: "https", 80: "http", 0: None}[asked["usual"]]
            why, place = outcome(target.parse_authority, asked["authority"], scheme)
            theirs = (why, *(place or (None, 0)))
        if (mine["why"], mine["name"], mine["port"]) != theirs:
            problems.append((asked, mine, theirs))
    return problems


def compare_paths(folder: str) -> list:
    chance, problems = random.Random(f"paths {SEED}"), []
    texts = ["/" + text for text in strings(chance, 6000)] + strings(chance, 200)
    texts += ["/" + "a" * n for n in (32766, 32767, 32768)] + texts_of(test_units.Names.test_readings)
    texts += ["/" + heads.w.PLACEHOLDER] + [f"/{chr(code)}" for code in range(256)] + [f"/%{code:02x}" for code in range(256)]
    questions = [{"path": text} for text in texts]
    for asked, mine in zip(questions, ask(questions, folder)):
        why, found = outcome(target.parse_target, asked["path"].encode("latin-1"))
        if mine["why"] != why or mine["readings"] != list(found.readings if found else ()):
            problems.append((asked, mine, why, found))
    return problems


def compare_patterns(folder: str) -> list:
    """Which patterns are taken, and what they match."""
    chance, problems, matched = random.Random(f"patterns {SEED}"), [], 0
    patterns = ["/" + text for text in strings(chance, 4000)] + ["/" + "a*" * 249, "/" + "a" * 499, "/" + "a" * 500, "/" + "\u20ac" * 200]
    questions = []
    for pattern in patterns:
        path = re.sub(r"\*+", lambda _: chance.choice(["", "a", "b", "a/b", "ab", "%2F"]), pattern)
        questions.append({"pattern": pattern, "path": path if path.isascii() else "/"})
    for _ in range(12000):  # few letters and many wildcards
        text = "/" + "/".join(chance.choice(["**", "a*", "*a", "a*b*a", "*", "b", "ab", "", "*a*b*"]) for _ in range(chance.randint(1, 6)))
        questions.append({"pattern": text, "path": "/" + "".join(chance.choice("aab/") for _ in range(chance.randrange(14)))})
    long = "/" + "/**/a*b" * 60
    questions += [{"pattern": long, "path": "/" + "/a/b" * 3000 + end} for end in ("", "/ab", "/ac")]
    started = time.process_time()
    for asked, mine in zip(questions, ask(questions, folder)):
        why, _ = outcome(target.check_pattern, asked["pattern"])
        found = outcome(target.parse_target, asked["path"].encode())[1]
        matches = None
        if not why and found and asked["pattern"] != long:
            matches = ref.policy.compiled_path(asked["pattern"]).fullmatch(found.readings[0]) is not None
            matched += matches
        if mine["wrong"] != why or asked["pattern"] != long and mine.get("matches") != matches:
            problems.append((asked, mine, why, matches))
    if matched < 1000:
        problems.append(f"only {matched} match: that tests little")
    return problems + ([] if time.process_time() - started < 60 else ["too slow"])


# -- policies that are refused --


def refused_policies():
    """Those of test_units' table, and each policy with something else in the place of each of its values."""
    def credential(*arguments):
        made = w.credential(*arguments)
        made["source"]["path"] = "/nowhere/" + made["name"]
        return made
    good = w.policy([w.rule("a.example.org", expires="2027-06-30", owner="me", reason="x")],
                    [credential("x", "a.example.org", {"bearer": True}, "placeholder"),
                     credential("y", "a.example.org", {"query": "key"}, "placeholder-2")])
    yield json.dumps(good)
    table = test_units.Rules.test_what_load_refuses
    made = []

    def load(rules=(), creds=(), **changes):
        made.append(json.dumps({**w.policy(list(rules), list(creds)), **changes}).replace("@FOLDER@", "/nowhere"))
        raise ref.policy.PolicyError
    old, test_units.load = test_units.load, load
    table(test_units.Rules("test_what_load_refuses"))
    test_units.load = old
    yield from made
    yield from ("", "{", "[]", "null", "1", '"x"', '{"format": 1, "format": 1}', "[" * 100000, json.dumps(good) + "x",
                json.dumps(good).replace('"owner"', '"own\\u0000er"'), json.dumps(good).replace('"me"', '"m\\u0000e"'),
                json.dumps(good).replace('"me"', "NaN"), "  " + json.dumps(good, indent=1) + "\n")
    others = [None, True, False, 0, 1, -1, 443, 65535, 65536, 10 ** 30, 443.0, "", "x", "a.b", "A.example.org", "\u00e9" * 8, [], [1],
              ["GET", "GET"], [None], {}, {"x": 1}, {"header": "x-key"}, {"header": "x-host"}, {"header": "1x"}, {"header": "x" * 101},
              {"basic": "a:b"}, {"basic": "x" * 100}, {"query": "-x"}, {"query": "x" * 101}, {"bearer": "x"}, {"bearer": False},
              {"kind": "file", "path": "x"}, {"kind": "file", "path": "/x", "name": "x"}, {"kind": "systemd", "name": "n" * 256},
              {"kind": "systemd"}, {"kind": []}, "2027-02-29", "2028-02-29", "1999-01-01", "2027-1-01", "2027-00-10", "GET", ["A" * 21],
              ["A-"], ["-A"], ["TRACE"], ["/a", "x"], ["/" + "a" * 500], ["/%C3*%A9"], ["/a**"], "x" * 60, "x" * 61, "1234567", "x" * 501,
              "a.b:1", "1.2.3.4", "a.b.", "https", "http", "audit", "enforce", [0], [True], ["443"], [443, 443], ".x"]
    for where in places(good):
        for other in others:
            yield json.dumps(changed(good, where, other))
        yield json.dumps(changed(good, where, None, drop=True))


def places(value, where=()):
    if where:
        yield where
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield from places(one, (*where, key))


def changed(good, where, other, drop=False):
    made = json.loads(json.dumps(good))
    inner = made
    for key in where[:-1]:
        inner = inner[key]
    if drop:
        inner.pop(where[-1])
    else:
        inner[where[-1]] = other
    return made


# Where Python is more generous: a `format` of true or 1.0 equals 1.
GENEROUS = [{"format": value} for value in (True, 1.0)]


def compare_policies(folder: str) -> list:
    problems, taken, texts = [], 0, list(refused_policies())
    one = ref.Reference(folder)
    for text, mine in zip(texts, ask([{"policy": text} for text in texts], folder)):
        theirs = one.load(text)
        if theirs is None and any(text.startswith(json.dumps(change)[:-1] + ",") for change in GENEROUS):
            theirs = "policy.format: this proxy reads format 1"
        if theirs and (mine["problem"] or "").startswith("not valid JSON"):
            agreed = True  # what is no object, or holds a NUL, is no JSON to the engine
        else:
            agreed = mine["problem"] == theirs
            taken += theirs is None
        if not agreed:
            problems.append((text[:1500], mine["problem"], theirs))
    if not 20 < taken < len(texts) / 2:
        problems.append(f"{taken} of {len(texts)} are taken: that tests little")
    print(f"    {len(texts)} policies, {taken} of them good")
    return problems


# -- requests --


def compare(questions: list[dict], folder: str) -> tuple[list, dict[int, int], list[dict]]:
    one, problems, count = ref.Reference(folder), [], {}
    answers = ask(questions, folder)
    for asked, mine in zip(questions, answers):
        if "policy" in asked:
            theirs = {"problem": one.load(asked["policy"])}
            if mine != theirs:
                problems.append((asked, mine, theirs))
            continue
        theirs = one.connect(asked) if "connect" in asked else one.request(asked)
        key = theirs["status"] if theirs else -1
        count[key] = count.get(key, 0) + 1
        if not ref.same(mine, theirs, asked):
            problems.append((asked, "engine:", mine, "add-on:", theirs))
    return problems, count, answers


def compare_heads(folder: str) -> None:
    policy, secrets, found = heads.collect()
    for credential in policy["credentials"]:
        name = credential["name"]
        pathlib.Path(folder, name).write_text(secrets[name])
        credential["source"] = {"kind": "systemd", "name": name}
    questions, owner = [{"policy": json.dumps(policy)}], []
    for name, refused, asked, whole in found:
        questions += asked
        owner += [(name, refused and whole)] * len(asked)
    problems, count, answers = compare(questions, folder)
    last = {name: answer["status"] for (name, _), answer in zip(owner, answers[1:])}
    must = {name for name, refused in owner if refused and not name.startswith(heads.NOT_OF_A_HEAD)}
    problems += [f"{name} passes" for name in must if last[name] == 0]
    print(f"    {len(questions)} heads of {len(last)} attacks and controls, {count.get(0, 0)} pass, "
          f"{len(must)} attacks must be refused")
    if len(must) < 150 or len(last) - len(must) < 20:
        problems.append("too few were found")
    check("heads of the attacks", problems)


def random_questions(count: int):
    chance, questions = random.Random(f"requests {SEED}"), []
    while len(questions) < count:
        made = random_requests.policy(chance)
        questions.append({"policy": json.dumps(made)})
        questions += [random_requests.request(chance, made) for _ in range(40)]
        questions += [random_requests.connect(chance, made) for _ in range(3)]
    return questions


def compare_random(folder: str) -> None:
    for name, secret in random_requests.SECRETS.items():
        pathlib.Path(folder, name).write_text(secret + "\n")
    total = {}
    for start in range(0, COUNT, 20000):
        global SEED
        problems, count, _ = compare(random_questions(min(20000, COUNT - start)), folder)
        check(f"random requests, seed {SEED}", problems)
        for key, number in count.items():
            total[key] = total.get(key, 0) + number
        SEED += "+"
    print(f"    {total.get(0, 0)} pass, {total.get(403, 0)} are refused, {total.get(503, 0)} have no secret, "
          f"{total.get(-1, 0)} mitmproxy itself refuses")
    check("enough of them pass, and are refused", [] if min(total.get(0, 0), total.get(403, 0)) > COUNT / 10 else [total])


# -- secrets --


def compare_vault(folder: str) -> list:
    """The table of test_units, by the clock of files alone: the engine is told to look again."""
    started, rotated = pathlib.Path(folder, "started"), pathlib.Path(folder, "rotated")
    started.mkdir()
    rotated.mkdir()
    live = pathlib.Path(folder, "live")
    one = w.credential("x", "a.example.org", {"header": "x-key"}, "placeholder-one")
    one["source"]["path"] = str(live)
    driver = subprocess.Popen([DRIVER, str(started), str(rotated)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    problems, moment = [], [100]

    def say(question):
        driver.stdin.write(json.dumps(question).encode() + b"\n")
        driver.stdin.flush()
        return json.loads(driver.stdout.readline())

    def expect(what, secret=None, why=None, complaints=None, forget=True):
        if forget:
            say({"forget": True})
        got = say({"read": 0})
        if (got.get("secret"), got["why"], got.get("complaints")) != (secret, why, complaints):
            problems.append((what, got))

    def write(path, text):
        path.write_bytes(text)
        moment[0] += 100
        os.utime(path, (moment[0], moment[0]))
    say({"policy": json.dumps(w.policy([], [one]))})
    expect("nothing is there", why="credential x cannot be read")
    write(started / "x", b"secret-one\n")
    expect("systemd's", "secret-one")
    write(rotated / "x", b"secret-two")
    expect("the later copy", "secret-two")
    write(started / "x", b"secret-three\r\n")
    expect("the other is later", "secret-three")
    bad = "credential x is not one line of 8 or more visible ASCII characters"
    for text in (b"", b"short\n", b"two\nlines-of-text", b"with space in it", b"x" * 16385, b"\xff" * 9, b"x" * 40000):
        write(rotated / "x", text)
        expect(f"a bad one: {text[:9]}", "secret-three", complaints=[bad])
        expect("said once", "secret-three")
    write(rotated / "x", b"y" * 16384)
    expect("the longest", "y" * 16384)
    write(live, b"from-the-file")
    expect("the file itself comes first", "from-the-file")
    write(live, b"changed-at-once")
    expect("and is looked at each time", "changed-at-once", forget=False)
    live.unlink()
    live.mkdir()
    expect("a folder is no file", "y" * 16384)
    live.rmdir()
    os.mkfifo(live)
    expect("a fifo", "y" * 16384, complaints=["credential x is not a regular file"])
    live.unlink()
    (started / "x").unlink()
    (rotated / "x").unlink()
    expect("what was good stays", "y" * 16384, complaints=["credential x cannot be read"])
    write(started / "x", b"within-a-second")
    write(rotated / "x", b"later-than-that")
    expect("the later one", "later-than-that")
    write(started / "x", b"even-later-than")
    expect("nobody looks within a second", "later-than-that", forget=False)
    time.sleep(1.05)
    expect("after it they do", "even-later-than", forget=False)
    driver.stdin.close()
    if driver.wait() != 0:
        problems.append("the driver failed")
    return problems


def main() -> int:
    if os.environ.get("VERBATIM"):
        ref.verbatim()
    with tempfile.TemporaryDirectory() as folder:
        check("names and authorities", compare_names(folder))
        check("readings of paths", compare_paths(folder))
        check("patterns", compare_patterns(folder))
        check("policies that load, and that do not", compare_policies(folder))
        check("secrets", compare_vault(folder))
        compare_heads(folder)
        compare_random(folder)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
