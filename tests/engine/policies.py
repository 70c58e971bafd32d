"""Which policies are taken, and what is said of the others: the engine's against modules/proxy/policy.py's."""

from __future__ import annotations

import json

import names
import reference as ref
import test_units  # of tests/proxy
import world as w


CA = """-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUBfgXXBKlpg4iMsqpUFbCCIozimEwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRRXhhbXBsZSBDb3JwIFJvb3QwIBcNMjYxMTMwMDAzMTE1WhgP
MjEyNjExMDYwMDMxMTVaMBwxGjAYBgNVBAMMEUV4YW1wbGUgQ29ycCBSb290MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUCAWrNgk+Xz9aRFQaLDyF3P/mdpX88I7
ikSbCgU+EahDdtTB3SiPaksP0sdtDKv7sXUr9XrwPyGdowMqFXrMRqNTMFEwHQYD
VR0OBBYEFDP30tQQzLEaSwFdnsWFS8DVrH47MB8GA1UdIwQYMBaAFDP30tQQzLEa
SwFdnsWFS8DVrH47MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh
AP9f7Z2TddNP/I3ilnPIKxB9EuFEwMVnEuMErcfRD9mHAiBj82mU54dLVszUP5gh
gcTm/OTUyl5FaujcJJ5CfZ5zZg==
-----END CERTIFICATE-----
"""


def refused_policies():
    """Those of test_units' table, and each policy with something else in the place of each of its values."""
    def credential(*arguments):
        made = w.credential(*arguments)
        made["source"]["path"] = "/nowhere/" + made["name"]
        return made
    good = w.policy([w.rule("a.example.org", expires="2027-06-30", owner="me", reason="x",
                            addresses=["10.1.0.0/16", "fd00:1::/64"], query=["a", "b=*"], ignore_case=True,
                            requests={"count": 5, "seconds": 60, "together": "x"}, bytes={"count": 1024, "seconds": 86400}, tokens={"count": 9, "seconds": 1})],
                    [credential("x", "a.example.org", {"bearer": True}, "placeholder"),
                     {**credential("y", "a.example.org", {"query": "key"}, "placeholder-2"), "ask": True,
                      "requests": {"count": 1, "seconds": 3600}, "bytes": {"count": 2, "seconds": 60}, "tokens": {"count": 3, "seconds": 1},
                      "paths": ["/v1/**", "/a%2Fb"]},
                     credential("z", "a.example.org", {"authorization": "Bot"}, "placeholder-3"),
                     credential("p", "a.example.org", {"path": True}, "placeholder:4"),
                     credential("s", "a.example.org", {"aws": True}, "placeholder-5"),
                     credential("j", "a.example.org", {"json": "/a/0"}, "placeholder-6")])
    good["credentials"][2]["source"] = {"kind": "command", "command": "/usr/bin/op read x"}
    good["denied"] = [{"host": "a.example.org", "suffix": False, "scheme": "https", "paths": ["/x/**"], "ports": [443], "owner": "me"}]
    good["cooldowns"] = [{"host": "a.example.org", "suffix": False, "paths": ["/**"], "ports": [443], "seconds": 604800, "owner": "me",
                          "index": {"kind": "npm", "host": "a.example.org", "port": 443, "path": "/a/b"}}]
    yield json.dumps(good)
    for path in ("", "/", "/a/", "a", "/..", "/a/./b", "/a//b", "/.a", "/a%2Fb", "/\u00e9"):
        yield json.dumps(good).replace('"/a/b"', f'"{path}"')
    for seconds in (3599, 3600, 365 * 86400, 365 * 86400 + 1):
        yield json.dumps(good).replace("604800", str(seconds))
    good["mcp"] = [{"host": "a.example.org", "suffix": False, "scheme": "https", "port": 8443, "path": "/mcp", "tools": ["read_*", "x"], "owner": "me", "expires": "2027-06-30"}]
    for tool in "*", "**", "a**", "", " ", "x" * 128, "x" * 129, "\u00e9", "\u00e9" * 128, "a b", "a.b/c:d@e+f-g_h*", "a,b", "x\0":
        yield json.dumps(good).replace('"read_*"', json.dumps(tool))
    for path in "/", "mcp", "/*", "/a/**", "/%zz", "/a%2Fb", "/A/":
        yield json.dumps(good).replace('"/mcp"', json.dumps(path))
    good["grants"] = {"seconds": 60, "hosts": [{"host": "a.example.org", "suffix": True}], "methods": ["GET"]}
    yield json.dumps({**good, "ask": {"seconds": 60}})
    yield json.dumps({key: value for key, value in {**good, "ask": {"seconds": 60}}.items() if key != "grants"})
    good["ask"] = {"seconds": 600, "hosts": [{"host": "b.org", "suffix": False}]}
    good["trust"] = [{"certificates": CA, "hosts": [{"host": "a.example.org", "suffix": False}]}, {"certificates": "x\n" + CA + CA}]
    yield json.dumps(good)
    good["upstream"] = {"host": "proxy.corp", "suffix": False, "port": 3128, "addresses": ["10.1.0.0/16"], "user": "me@corp",
                        "source": {"kind": "file", "path": "/nowhere/upstream"}, "except": [{"host": "b.org", "suffix": True}, {"host": "corp", "suffix": True}]}
    yield json.dumps(good)
    for tls in (True, False, None, "https"):
        yield json.dumps({**good, "upstream": {**good["upstream"], "tls": tls}})
    yield json.dumps(good).replace('"name": "x"', '"name": "upstream"')
    unread = w.policy([{"host": "db.example.org", "suffix": False, "scheme": "tcp", "ports": [5432], "owner": "me", "bytes": {"count": 7, "seconds": 60}},
                       {"host": "example.org", "suffix": True, "scheme": "tls", "ports": [443], "expires": "2027-06-30"}], [])
    yield json.dumps(unread)
    table = test_units.Rules.test_what_load_refuses
    made = []

    def load(rules=(), creds=(), **changes):
        made.append(json.dumps({**w.policy(list(rules), list(creds)), **changes}).replace("@FOLDER@", "/nowhere"))
        raise ref.policy_file.PolicyError
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
              {"json": "/~0~1/"}, {"json": "a"}, {"json": "/~2"}, {"json": "/~"}, {"json": "/" + "x" * 199}, {"json": "/" + "x" * 200}, {"json": "/" + "\u00e9" * 100}, {"json": "/\n"}, {"json": True}, {"aws": False}, {"aws": True}, {"aws": "x"}, {"path": False}, {"path": True}, {"path": "x"}, {"authorization": "Basic"}, {"authorization": "a b"}, {"authorization": True},
              {"authorization": "x" * 101}, "a;placeholder", "a/placeholder", "a%20placeholder",
              {"kind": "file", "path": "x"}, {"kind": "file", "path": "/x", "name": "x"}, {"kind": "systemd", "name": "n" * 256},
              {"kind": "systemd"}, {"kind": []}, {"kind": "command"}, {"kind": "command", "command": "op"},
              {"kind": "command", "command": "/usr/bin/op", "path": "/x"}, {"kind": "command", "name": "x"}, "2027-02-29", "2028-02-29", "1999-01-01", "2027-1-01", "2027-00-10", "GET", ["A" * 21],
              ["A-"], ["-A"], ["TRACE"], ["/a", "x"], ["/" + "a" * 500], ["/%C3*%A9"], ["/a**"], "x" * 60, "x" * 61, "1234567", "x" * 501,
              "a.b:1", "1.2.3.4", "a.b.", "10.1.0.1/16", "10.1/16", "10.1.0.0", "10.1.0.0/33", "10.1.0.0/016", "fd00:1:0::/64", "FD00::/16", "::/0", "0.0.0.0/0", "fe80::1%lo/128",
              ["10.0.0.0/8", "10.0.0.0/8"], "1.2.3.4/32", "10.1.0.0/255.255.0.0", "/8", "10.1.0.0/", "a/8", "10.1.0.0/ 16", "+1.0.0.0/8",
              CA, CA[:200], CA.replace("M", "\u00e9"), CA + CA[:90], "\u00e9\n" + CA, CA.replace("CERTIFICATE", "X"), CA.replace("\n", "\r\n"), CA + "-----BEGIN", "https", "http", "tcp", "tls", "udp", "audit", "enforce", [0], [True], ["443"], [443, 443], ".x"]
    for one in (good, unread):
        for where in places(one):
            for other in others:
                yield json.dumps(changed(one, where, other))
            yield json.dumps(changed(one, where, None, drop=True))


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


def compare_policies(driver: str, folder: str) -> list:
    problems, taken, texts = [], 0, list(refused_policies())
    one = ref.Reference(folder)
    for text, mine in zip(texts, names.ask(driver, [{"policy": text} for text in texts], folder)):
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
