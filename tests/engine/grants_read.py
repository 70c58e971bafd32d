"""Which files of grants are taken, and what is said of the others: the engine's against modules/proxy/grants.py's."""

from __future__ import annotations

import json
import time

import names
import policies
import reference as ref


def texts():
    now = int(time.time())
    good = {"version": 1, "grants": [
        {"id": "g-1", "host": "a.example.org", "methods": ["GET", "POST"], "paths": ["/v1/**"], "owner": "me", "until": now + 60},
        {"id": "Z9", "host": "b.example.org", "scheme": "http", "methods": ["GET"], "paths": ["/a"], "ports": [8080, 80], "query": ["a=*"],
         "websocket": True, "owner": "me", "reason": "x", "until": now + 60, "boot_until": 60, "uses": 3}],
        "refusals": [{"id": "no", "host": "c.example.org", "methods": ["GET"], "paths": ["/"], "owner": "me", "boot_until": 5}]}
    yield json.dumps(good)
    yield json.dumps({"version": 1, "grants": []})
    yield json.dumps(good).replace('"uses": 3', '"uses": 3, "uses": 3')
    yield from ("", "{", "[]", "null", "1", "[" * 100000, json.dumps(good) + "x", json.dumps(good, indent=1) + "\n",
                json.dumps(good).replace('"me"', '"m\\u0000e"'), json.dumps(good).replace('"me"', '"m\\ud800e"'),
                json.dumps(good).replace('"me"', "NaN"), json.dumps(good).replace("60", "6e1"))
    for count in 999, 1000, 1001:
        yield json.dumps({"version": 1, "grants": [good["grants"][0]] * count})
    others = [None, True, 0, 1, -1, 2, 1000000, 1000001, 10 ** 11, 10 ** 11 + 1, 10 ** 30, 1.0, "", "x", "a b", "x" * 60, "x" * 61, "\u00e9",
              "https", "http", "tcp", "tls", "ftp", [], {}, ["GET"], ["TRACE"], ["/a"], ["a"], ["/a**"], [80], ["80"], [0], "*.example.org",
              "A.example.org", "10.0.0.1", "localhost", {"x": 1}]
    for where in policies.places(good):
        for other in others:
            yield json.dumps(policies.changed(good, where, other))
        yield json.dumps(policies.changed(good, where, None, drop=True))


def compare_grants(driver: str, folder: str) -> list:
    one, asked = ref.Reference(folder), list(texts())
    answers = names.ask(driver, [{"grants": text} for text in asked], folder)
    problems, taken = [], 0
    for text, mine in zip(asked, answers):
        theirs = {"problem": one.grant(text)}
        taken += theirs["problem"] is None
        if mine != theirs:
            problems.append((text[:1000], "engine:", mine, "add-on:", theirs))
    print(f"    {len(asked)} files of grants, {taken} are taken")
    return problems + ([] if taken > 20 and len(asked) - taken > 300 else ["too few of one kind"])
