"""Names, authorities, readings of paths and patterns: the engine's against modules/proxy/target.py's."""

from __future__ import annotations

import ipaddress
import json
import random
import re
import subprocess
import sys
import time

import reference as ref
import resolve  # of modules/proxy
import target  # of modules/proxy
import test_units  # of tests/proxy
import world as w

ODD = ["a", "b", ".", "..", "/", "//", "%", "%2F", "%2f", "%25", "%32", "%34", "2F", "1", "%2E", "%5C", ";", ";x", "*", "**", "\\", "%C3", "%A9",
       "%E2%80%A5", "%EF%BC%8F", "%F0%9F%98%80", "%ED%A0%80", "%C0%AE", "%00", "%7f", "x" * 30, "\xe9", "?", "#", " ", "~", "Z", "9"]


def ask(driver: str, questions: list[dict], folder: str, rotated: str = "") -> list[dict]:
    text = "".join(json.dumps(one) + "\n" for one in questions)
    done = subprocess.run([driver, folder, rotated], input=text.encode(), stdout=subprocess.PIPE, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(answers) != len(questions):
        sys.exit(f"the driver ended with {done.returncode} after {len(answers)} of {len(questions)} lines: "
                 f"{json.dumps(questions[len(answers):len(answers) + 1])[:3000]}")
    return answers


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
    found += [".".join(["a" * 49] * 5)[:n] + ".b" for n in (249, 250, 251, 252, 253)] + [("a" * 60 + ".") * 4 + "b" * n for n in (8, 9, 10)]
    return found + ["".join(chance.choice(pieces) for _ in range(chance.choice([1, 2, 3, 5]))) for _ in range(3000)]


def compare_names(driver: str, folder: str, seed: str) -> list:
    texts, problems = names(random.Random(f"names {seed}")), []
    questions = [{"host": text} for text in texts] + [
        {"authority": text, "usual": usual} for text in texts for usual in (443, 80, 0)]
    for asked, mine in zip(questions, ask(driver, questions, folder)):
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


def compare_paths(driver: str, folder: str, seed: str) -> list:
    chance, problems = random.Random(f"paths {seed}"), []
    texts = ["/" + text for text in strings(chance, 6000)] + strings(chance, 200)
    texts += ["/" + "a" * n for n in (32766, 32767, 32768)] + texts_of(test_units.Names.test_readings)
    texts += ["/" + w.PLACEHOLDER] + [f"/{chr(code)}" for code in range(256)] + [f"/%{code:02x}" for code in range(256)]
    questions = [{"path": text} for text in texts]
    for asked, mine in zip(questions, ask(driver, questions, folder)):
        why, found = outcome(target.parse_target, asked["path"].encode("latin-1"))
        if mine["why"] != why or mine["readings"] != list(found.readings if found else ()):
            problems.append((asked, mine, why, found))
    return problems


def compare_patterns(driver: str, folder: str, seed: str) -> list:
    """Which patterns are taken, and what they match."""
    chance, problems, matched = random.Random(f"patterns {seed}"), [], 0
    patterns = ["/" + text for text in strings(chance, 4000)] + ["/" + "a*" * 249, "/" + "a" * 499, "/" + "a" * 500, "/" + "\u20ac" * 200]
    questions = []
    for pattern in patterns:
        path = re.sub(r"\*+", lambda _: chance.choice(["", "a", "b", "a/b", "ab", "%2F"]), pattern)
        questions.append({"pattern": pattern, "path": path if path.isascii() else "/"})
    for _ in range(12000):  # few letters and many wildcards
        text = "/" + "/".join(chance.choice(["**", "a*", "*a", "a*b*a", "*", "b", "ab", "", "*a*b*"]) for _ in range(chance.randint(1, 6)))
        questions.append({"pattern": text, "path": "/" + "".join(chance.choice("aab/") for _ in range(chance.randrange(14)))})
    for asked, mine in zip(questions, ask(driver, questions, folder)):
        why, _ = outcome(target.check_pattern, asked["pattern"])
        found = outcome(target.parse_target, asked["path"].encode())[1]
        matches = None
        if not why and found:
            matches = ref.policy.compiled_path(asked["pattern"]).fullmatch(found.readings[0]) is not None
            matched += matches
        if mine["wrong"] != why or mine.get("matches") != matches:
            problems.append((asked, mine, why, matches))
    if matched < 1000:
        problems.append(f"only {matched} match: that tests little")
    return problems


def compare_addresses(driver: str, folder: str) -> list:
    """Where a name may lead: with the range that a rule names, and without."""
    addresses = ["10.1.2.3", "10.2.0.1", "1.1.1.1", "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "100.64.0.1", "100.100.100.200",
                 "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.32.0.1", "192.168.1.1", "192.0.0.192", "198.18.0.1", "198.19.255.255",
                 "198.20.0.1", "203.0.113.7", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.1.2.3",
                 "::10.1.2.3", "64:ff9b::a01:203", "64:ff9b:1::1", "2001:db8::1", "2001:4860::8888", "2002:a01:203::1", "fc00::1", "fd00:1::1",
                 "fd00:ec2::254", "fd00:ec2::253", "fe80::1", "fec0::1", "ff02::1", "ff05::2", "100::1", "4000::1"]
    ranges = ["0.0.0.0/0", "::/0", "10.0.0.0/8", "10.1.2.3/32", "10.1.2.4/31", "fd00::/8", "fd00:1::/64", "::ffff:0:0/96", "127.0.0.0/8"]
    questions = [{"reach": address, "range": one} for address in addresses for one in ranges]
    problems, opened = [], 0
    for asked, mine in zip(questions, ask(driver, questions, folder)):
        alone = resolve.is_public(asked["reach"])
        theirs = {"listed": resolve.may_reach(asked["reach"], (ipaddress.ip_network(asked["range"]),)), "alone": alone}
        opened += mine["listed"] and not mine["alone"]
        if mine != theirs:
            problems.append((asked, mine, theirs))
    if opened < 20:
        problems.append(f"only {opened} were opened by a range")
    return problems


def no_pattern_is_slow(driver: str, folder: str) -> list:
    """The longest path against patterns that could be matched in very many ways, in less than a second each."""
    patterns = ["/" + "/**/a*b" * 60, "/" + "*a" * 249, "/**/" + "a*" * 240 + "b"]
    questions = [{"pattern": pattern, "path": ("/" + unit * 33000)[:32768]} for pattern in patterns for unit in ("a", "/a/b", "ab/")]
    started = time.monotonic()
    found = ask(driver, questions, folder)
    return [one for one in found if "matches" not in one] + ([] if time.monotonic() - started < len(questions) else ["too slow"])
