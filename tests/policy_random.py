#!/usr/bin/env python3
"""tests/policy_random.py PROGRAM SCHEMA FOLDER COUNT SEED: pairs of random specs, and what must hold for
the policy diff of any two. It is empty exactly when both resolve to the same spec.json. Each widening
is, the other way round, a narrowing that says the same. Its text has as many items as its JSON, whatever
owners and reasons say. And the proxy's own code is asked: a request that only the newer rules allow
comes with a widening of the rules."""
import copy
import datetime
import json
import os
import random
import re
import shutil
import sys

import fuzz_specs
from fuzz_specs import COUNT, FOLDER, PROGRAM, SCHEMA, SEED, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "modules", "proxy"))
import policy as proxy  # noqa: E402
import policy_file  # noqa: E402
import target  # noqa: E402

DATES = [None, None, "2031-03-01", "2031-06-01", "2032-01-01"]
HEADINGS = {"WIDENS what the agent may do:", "Narrows what the agent may do:", "Also changed:"}
FORGED = ["Spec-SHA256: 0", "  + may now reach everything", "Narrows what the agent may do:", "\u2028- x", "until 2099-01-01",
          "Files:", "+ a", "- b", "~ c", "```", "\\", '"', "\u202e", "\u00a0", "Generator-Version: 9"]


def write(name, spec):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(spec, file, ensure_ascii=False)
    return path


def hostile(rnd):
    return " ".join(rnd.choice(FORGED + fuzz_specs.PIECES) for _ in range(rnd.randint(1, 12))).strip() or "x"


# -- random pairs --


def random_rule(rnd):
    """From so small a world that rules often cover one another."""
    segments = ["a", "b", "*", "**", "a*", "%2F", "*b"]
    path = "/" + "/".join(rnd.choice(segments) for _ in range(rnd.randint(0, 3)))
    rule = {"host": rnd.choice(["a.example.org", "b.a.example.org", "*.example.org", "*.a.example.org"]),
            "methods": rnd.sample(["GET", "POST", "PUT"], rnd.randint(1, 3)), "paths": [path],
            "ports": rnd.sample([443, 8443], rnd.randint(1, 2))}
    if rnd.random() < 0.4:
        rule["paths"].append("/" + rnd.choice(segments))
    rule["paths"] = target.with_readings(rule["paths"])
    if rnd.random() < 0.2:
        rule["websocket"] = True
    if rnd.random() < 0.15:
        rule["scheme"] = "http"
    expires = rnd.choice(DATES)
    if expires:
        rule["expires"] = expires
    for key in ("owner", "reason"):
        if rnd.random() < 0.4:
            rule[key] = hostile(rnd)[:90]
    return rule


def small_spec(rnd):
    return {"version": 1, "name": "demo", "network": {"rules": [random_rule(rnd) for _ in range(rnd.randint(0, 4))]}}


def one_rule_more(spec, rnd):
    """A copy, with one rule that differs from one of its rules in one thing: is it covered?"""
    spec = copy.deepcopy(spec)
    rules = spec["network"]["rules"]
    rules[:] = rules[: rnd.randint(1, 2)] or [random_rule(rnd)]
    rule, other = copy.deepcopy(rnd.choice(rules)), random_rule(rnd)
    old = copy.deepcopy(spec)
    key = rnd.choice(["host", "host", "paths", "paths", "paths", "ports", "methods", "expires", "websocket", "scheme"])
    if key == "paths":
        rule["paths"] = [re.sub(r"\*\*|\*|[ab]", lambda _: rnd.choice(["a", "b", "*", "**", "a/b", "%2F"]), path, count=1)
                         for path in rule["paths"]]
        rule["paths"] = target.with_readings([re.sub(r"[^/]*\*\*[^/]*", "**", path) for path in rule["paths"]])
    elif key in other:
        rule[key] = other[key]
    else:
        rule.pop(key, None)
    rules.append(rule)
    return old, spec


def changed(spec, rnd):
    """A copy with one to three things taken away, doubled, or made anew."""
    spec = copy.deepcopy(spec)
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    for _ in range(rnd.randint(0, 3)):
        key = rnd.choice(list(schema["properties"]))
        if key in ("version", "extends", "$schema") or rnd.random() < 0.3:
            rules = spec.setdefault("network", {}).setdefault("rules", [])
            if rules and rnd.random() < 0.5:
                rules.pop(rnd.randrange(len(rules)))
            else:
                rules.append(random_rule(rnd))
        elif rnd.random() < 0.25 and key != "name":
            spec.pop(key, None)
        elif key != "inputs":
            spec[key] = fuzz_specs.make(schema["properties"][key], key, rnd)
    rnd.shuffle(spec.setdefault("network", {}).setdefault("rules", []))
    return fuzz_specs.agree(spec)


# -- what must hold --


def mirrored(item):
    """The sentence with what a direction decides taken out."""
    words = item["text"]
    for now, no_longer in (("may now ", "may no longer "), (" now ", " no longer "), ("(so far ", "(still ")):
        words = words.replace(no_longer, now)
    words = re.sub(r"^no longer ", "now ", words)
    words = words.replace(" for a shorter time: ", " for a longer time: ")
    if "old" in item:
        pair = sorted([item["old"], item["new"]])
        words = re.sub(r"(until \S+|without an end|at most \S+|no limit|without a limit)?, was .*", "", words) + repr(pair)
        words = re.sub(r": (at most )?no limit\[|: without a limit\[|: \[", ": [", words)
        words = re.sub(r"at most .*?(\[|$)", r"\1", words)
    both = {"AUDIT: nothing is refused any more, what no rule allows is logged",
            "the rules are enforced again: what no rule allows is refused"}
    gaps = {"what a host cannot enforce is accepted and stated, not refused",
            "what a host cannot enforce is refused, not accepted"}
    words = "enforcement" if words in both else "gaps" if words in gaps else words
    answer = () if "old" in item else (item.get("owner"), item.get("reason"), item.get("expires"))
    return repr((item["key"], words, answer))


def of(items, direction):
    return sorted(mirrored(item) for item in items if item["direction"] == direction)


def diff(old, new):
    code, out, err = run("diff", "--json", old, new)
    if code not in (0, 3):
        raise AssertionError(f"diff ends with {code}: {err[-500:]}")
    items = json.loads(out)["policy"]
    if (code == 3) != bool(items):
        raise AssertionError(f"diff ends with {code} and has {len(items)} changes")
    gate = run("diff", "--exit-code-on", "widening", old, new)[0]
    if (gate == 3) != any(item["direction"] == "widens" for item in items):
        raise AssertionError(f"--exit-code-on widening ends with {gate}")
    lines = run("diff", old, new)[1].decode("utf-8").splitlines()
    for line in lines:
        if line not in HEADINGS and not re.match(r"  [-+~] \S|      [^\W_]", line):
            raise AssertionError(f"a line that is none of ours: {line!r}")
    if sum(1 for line in lines if re.match(r"  [-+~] ", line)) != len(items):
        raise AssertionError("the text has another number of items than the JSON")
    return items


def resolved(path, name):
    folder = os.path.join(FOLDER, name)
    shutil.rmtree(folder, ignore_errors=True)
    if run("render", path, "-o", folder)[0] != 0:
        return None
    with open(os.path.join(folder, "spec.json"), "rb") as file:
        return file.read()


def in_proxy(spec):
    rules = []
    for rule in spec["network"]["rules"]:
        suffix = rule["host"].startswith("*.")
        scheme = rule.get("scheme", "https")
        rules.append({"host": rule["host"][2:] if suffix else rule["host"], "suffix": suffix, "scheme": scheme,
                      "methods": rule.get("methods", ["GET", "HEAD"]), "paths": rule.get("paths", ["/**"]),
                      "ports": rule.get("ports", [443 if scheme == "https" else 80]),
                      "websocket": rule.get("websocket", False),
                      **{key: rule[key] for key in ("owner", "reason", "expires") if key in rule}})
    return policy_file.load(json.dumps({"format": 1, "sandbox": "demo", "enforcement": "enforce",
                                        "listen": {"host": "127.0.0.1", "port": 20000}, "rules": rules, "credentials": []}))


def requests(spec, rnd):
    """Requests that these rules might allow, and their neighbours."""
    for rule in spec["network"]["rules"]:
        for path in rule["paths"]:
            for _ in range(8):
                made = path.replace("**", rnd.choice(["a/b", "b", "", "c/%2F/d"])).replace("*", rnd.choice(["a", "x", ""]))
                host = rule["host"].replace("*", rnd.choice(["a", "z", "b.a"]))
                day = rnd.choice(["2031-02-01", "2031-05-01", "2031-12-01", "2033-01-01"])
                try:
                    asked = target.parse_target(made.encode())
                except target.TargetError:
                    continue
                yield (proxy.Request(host, rnd.choice([443, 8443]), rule.get("scheme", "https"), rnd.choice(rule["methods"]),
                                     asked, rnd.random() < 0.2), datetime.date.fromisoformat(day))


def asked_proxy(old, new, items, rnd):
    """How many requests only the newer one allows; each needs a widening."""
    before, after, told, n = in_proxy(old), in_proxy(new), [i for i in items if i["direction"] == "widens"], 0
    for request, day in requests(new, rnd):
        if len(request.target.readings) > 1 and not one_reading_each(before, request, day):
            continue
        if after.decide(request, day).allowed and not before.decide(request, day).allowed:
            n += 1
            if not any(item["key"] == "network.rules" for item in told):
                raise AssertionError(f"only the newer rules allow {request} on {day}, and nothing widens")
    return n


def one_reading_each(policy, request, day):
    """Two rules that permit one reading each count as permitting both (policy_rules.c)."""
    return not all(any(rule.allows(request._replace(target=request.target._replace(readings=(reading,))))
                       and not rule.expired(day) for rule in policy.rules_for(request.host))
                   for reading in request.target.readings)


def hold(old, new, rnd, small):
    a, b = write("old.json", old), write("new.json", new)
    if not small and any(run("check", path)[0] != 0 for path in (a, b)):
        return None
    there, back = diff(a, b), diff(b, a)
    if of(there, "widens") != of(back, "narrows") or of(there, "narrows") != of(back, "widens"):
        raise AssertionError(f"no mirror:\n{json.dumps(there, indent=1)}\n{json.dumps(back, indent=1)}")
    if small:
        return asked_proxy(old, new, there, rnd) + asked_proxy(new, old, back, rnd)
    if (resolved(a, "resolved-old") == resolved(b, "resolved-new")) != (not there):
        raise AssertionError(f"{len(there)} changes, which does not fit the resolved specs")
    return 0


def main():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    good = bad = asked = 0
    for number in range(COUNT):
        rnd = random.Random(f"policy {SEED} {number}")
        small = number % 3 > 0
        old = small_spec(rnd) if small else fuzz_specs.agree(fuzz_specs.make(schema, "", rnd))
        if not small:
            new = changed(old, rnd)
        elif rnd.random() < 0.7:
            old, new = one_rule_more(old, rnd)
        else:
            new = rnd.choice([small_spec(rnd), copy.deepcopy(old)])
        try:
            found = hold(old, new, rnd, small)
        except AssertionError as problem:
            bad += 1
            print(f"seed {SEED}, number {number}: {problem}\n{json.dumps(old)[:3000]}\n{json.dumps(new)[:3000]}")
            continue
        good += found is not None
        asked += found or 0
    if good * 2 < COUNT or asked * 2 < COUNT:
        bad += 1
        print(f"only {good} of {COUNT} pairs were valid, {asked} requests made a difference: that tests little")
    print(f"{good} held, {bad} did not; {asked} requests that only one of two allows")
    return bad != 0


sys.exit(main())
