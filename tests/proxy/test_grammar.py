"""One grammar on both sides: what `check` takes the proxy loads and, for a request that matches, allows;
what `check` refuses the proxy refuses too; and what a 403 proposes lets through that very request.

Values come from the JSON Schema of the built program, so that a new key or a wider one is tried too.
"""

from __future__ import annotations

import datetime
import json
import pathlib
import random
import re
import string
import subprocess
import sys
import tempfile
import unicodedata
import unittest

try:
    import re._parser as sre
except ImportError:
    import sre_parse as sre

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "modules" / "proxy"))

import credentials  # noqa: E402
import headers  # noqa: E402
import policy  # noqa: E402
import policy_file  # noqa: E402
import target  # noqa: E402

import world as w  # noqa: E402

TODAY = datetime.date(2027, 6, 30)
VISIBLE = [chr(code) for code in range(0x21, 0x7F)]


def program(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([w.PROGRAM, *arguments], capture_output=True, timeout=120, check=False,
                          env={"SOURCE_DATE_EPOCH": "1790000000", "HOME": "/nonexistent"})


SCHEMA = json.loads((HERE.parent.parent / "gen" / "doc" / "agent-sandbox.schema.json").read_text())
RULE = SCHEMA["properties"]["network"]["properties"]["rules"]["items"]["properties"]
CREDENTIAL = SCHEMA["properties"]["credentials"]["items"]["properties"]


def write(folder: str, rules: list[dict], creds: list[dict]) -> str:
    """Each rule and credential on a line of its own, by which a mistake is known."""
    path = str(pathlib.Path(folder, "spec.json"))
    lines = ['{"version": 1, "name": "demo", "network": {"rules": [']
    lines += [",\n".join(json.dumps(rule) for rule in rules), ']}, "credentials": [',
              ",\n".join(json.dumps(one) for one in creds), "]}"]
    pathlib.Path(path).write_text("\n".join(lines), encoding="utf-8")
    return path


def judged(rules: list[dict], creds: list[dict] = ()) -> list[str]:
    """What `check` says to each rule and then to each credential; "" is nothing."""
    said = [""] * (len(rules) + len(creds))
    for start in range(0, len(said), 1500):
        part, more = rules[start:start + 1500], list(creds)
        if more:
            assert len(said) <= 1500
        with tempfile.TemporaryDirectory() as folder:
            found = json.loads(program("check", "--json", write(folder, part, more)).stdout or "[]")
        for mistake in found:
            line = mistake["line"] - 2
            said[start + (line if line < len(part) else line - 1)] += mistake["message"]
    return said


def rendered(rules: list[dict], creds: list[dict] = ()) -> policy.Policy:
    """The proxy's own reading of what is rendered."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "tree")
        run = program("render", write(folder, rules, list(creds)), "-o", str(out))
        assert run.returncode == 0, run.stderr.decode()[-2000:]
        return policy_file.load((out / "proxy" / "policy.json").read_bytes())


def loads(rule: dict | None = None, credential: dict | None = None) -> bool:
    try:
        policy_file.load(json.dumps(w.policy([rule] if rule else [], [credential] if credential else [])))
    except policy_file.PolicyError:
        return False
    return True


# -- values at the edges of a schema --


def chars(items) -> list[str]:
    found = []
    for op, value in items:
        op = str(op)
        if op == "LITERAL":
            found.append(chr(value))
        elif op == "RANGE":
            found += [chr(value[0]), chr(value[1])]
        elif op == "NEGATE":
            return ["z"]
    return found


def walks(parsed) -> list[list[list[str]]]:
    """Every way through a pattern: a list of places, each with its characters."""
    ways: list[list[list[str]]] = [[]]
    for op, value in parsed:
        op = str(op)
        if op in ("LITERAL", "IN"):
            more = [[[chr(value)] if op == "LITERAL" else chars(value)]]
        elif op == "SUBPATTERN":
            more = walks(value[3])
        elif op == "BRANCH":
            more = [way for branch in value[1] for way in walks(branch)]
        elif op == "MAX_REPEAT":
            least, most, inner = value[0], min(int(value[1]), max(value[0], 1) + 1), walks(value[2])
            more = [one * count for count in {least, max(1, least), most} for one in inner]
        else:
            assert op == "AT", op
            continue
        ways = [way + one for way in ways for one in more]
    return ways


def edges(schema: dict) -> set[str]:
    """Shortest, longest, one longer, and each character that the pattern names in each place."""
    shortest, longest = schema.get("minLength", 1), schema["maxLength"]
    found = set()
    for way in walks(sre.parse(schema["pattern"])):
        usual = [place[0] for place in way]
        found.add("".join(usual))
        for at, place in enumerate(way):
            for char in place:
                found.add("".join(usual[:at] + [char] + usual[at + 1:]))
                # Longer by what stands in that place.
                for length in (shortest, longest, longest + 1):
                    grown = usual[:at] + [char] * (length - len(usual) + 1) + usual[at + 1:]
                    found.add("".join(grown))
    return {value for value in found if value}


def neighbours(values: list[str], chance: random.Random, count: int) -> set[str]:
    """Like these, with something changed: most of them are wrong."""
    odd = VISIBLE + [" ", "\u00e9", "\u2025", "\uff0f", "%2F", "%2e", "%00", "%25", "%5c", "%C3%A9",
                     "%E2%80%A5", "//", "**", "..", ";x", "--"]
    found = set()
    for _ in range(count):
        value = chance.choice(values)
        at = chance.randrange(len(value) + 1)
        found.add(value[:at] + chance.choice(odd) + value[at + chance.randrange(3):])
    return {value for value in found if value}


class Grammar(unittest.TestCase):
    def agree(self, values, spec_of, policy_of, only_spec=()):
        """check and the proxy say the same of each; returns what both take."""
        values = sorted(values)
        specs = [spec_of(value, number) for number, value in enumerate(values)]
        rules = [rule for rule, _ in specs]
        creds = [one for _, one in specs if one]
        said = judged(rules, creds)
        said = said[len(rules):] if creds else said
        taken = []
        for value, why in zip(values, said):
            if any(words in why for words in only_spec):
                continue
            if (not why) != loads(**policy_of(value)):
                self.fail(f"{value!r}: check says {why or 'yes'}; the proxy says otherwise")
            if not why:
                taken.append(value)
        return taken

    def tried(self, schema, seed):
        values = edges(schema)
        return values | neighbours(sorted(values, key=len)[:40] + sorted(values)[-10:],
                                   random.Random(seed), 400)

    def decided(self, rules, requests):
        one = rendered(rules)
        for rule, request in zip(rules, requests):
            self.assertTrue(one.decide(request, TODAY).allowed, (rule, request))

    def test_hosts(self):
        # A suffix that strangers share, and a name that is never public, only the spec knows.
        taken = self.agree(self.tried(RULE["host"], "host"),
                           lambda value, n: ({"host": value}, None),
                           lambda value: {"rule": w.rule(value)},
                           ("shared by everyone", "names of strangers", "public address"))
        self.assertIn("my_bucket.s3.example.com", self.agree(
            {"my_bucket.s3.example.com", "_dmarc.example.org", "a_.example.org", "0x.example.org",
             "a.0xg", "a.0x", "a.example.org."},
            lambda value, n: ({"host": value}, None), lambda value: {"rule": w.rule(value)}))
        self.assertGreater(len(taken), 20)
        names = [host.replace("*", "any-name") for host in taken]
        self.decided([{"host": host} for host in taken if len(host) < 240],
                     [ask(host=target.parse_name(name))
                      for name, host in zip(names, taken) if len(host) < 240])

    def test_methods(self):
        taken = self.agree(self.tried(RULE["methods"]["items"], "methods"),
                           lambda value, n: ({"host": "a.example.org", "methods": [value]}, None),
                           lambda value: {"rule": w.rule("a.example.org", methods=[value])})
        self.assertIn("A" * 20, taken)
        self.decided([{"host": f"h{n}.example.org", "methods": [one]} for n, one in enumerate(taken)],
                     [ask(host=f"h{n}.example.org", method=one) for n, one in enumerate(taken)])

    def test_paths(self):
        schema = RULE["paths"]["items"]
        values = self.tried(schema, "paths") | {"/" + "/".join(way) for way in (
            ("%2e",), ("%2E%2e",), (".%2E", "x"), ("a%2Ejs",), ("a%2fb",), ("", "x"), ("a;b", "c"),
            ("..;x",), ("%25%32e",), ("%25%34",), ("%252e",), ("100%25",), ("%2A",), ("%2A%2A",),
            ("%C3*%A9",), ("%ff",), ("%1f",), ("%7F",), ("%C2%80",), ("***",), ("**", "**"),
            ("a%2F..",), ("%EF%BF%BD",), ("%ED%A0%80",), ("", ";x", ""), ("%",), ("%4",), ("%g1",))}
        values |= {f"/{char}" for char in VISIBLE} | {f"/%{code:02x}" for code in range(256)}
        other = "some servers read it as"
        taken = self.agree(values, lambda value, n: ({"host": "a.example.org", "paths": [value]}, None),
                           lambda value: {"rule": w.rule("a.example.org", paths=[value])}, (other,))
        self.assertIn("/a%2Ejs", taken)
        rules = [{"host": f"h{n}.example.org", "paths": [path]} for n, path in enumerate(taken)]
        self.decided(rules, [
            ask(host=rule["host"], path=path.replace("**", "a/b").replace("*", "a"))
            for rule, path in zip(rules, taken)])

    def test_what_servers_may_read_is_asked_for(self):
        """A rule with such a path alone would let nothing through."""
        paths = {"/a%2Fb": "/a/b", "/a//b": "/a/b", "/a;x/b": "/a/b", "/a/;x/b": "/a//b"}
        said = judged([{"host": "a.example.org", "paths": [path]} for path in paths])
        for path, why in zip(paths, said):
            self.assertIn(f'read it as "{paths[path]}"', why, path)
        whole = [["/a%2Fb", "/a/b"], ["/a%2fb", "/a/*"], ["/a//b", "/a/b"], ["/a;x/b", "/a/b"],
                 ["/a/;x/b", "/a/b", "/a//b"], ["/**", "/a%2Fb;c//d"]]
        self.assertEqual(judged([{"host": "a.example.org", "paths": one} for one in whole]),
                         [""] * len(whole))

    def test_queries(self):
        values = self.tried(RULE["query"]["items"], "query") | {
            "a", "a=", "a=*", "a=b*c*", "a==", "=a", "=", "*", "a*=b", "a=b=c", "a[]=1", "a%5B%5D", "a%2", "a=%zz", "a=%00",
            "a=%01", "a=%0a", "a%3d=1", "a%26=1", "a=%26%3D", "a=b&c", "a=b;c", "a=b+c", "a=b#c", "a=b c", "a" * 500, "a" * 501,
            "a=%2A", "a=%C3%A9", "a=\u00e9", "%61=1"}
        values |= {f"a={char}" for char in VISIBLE} | {f"{char}=" for char in VISIBLE} | {f"a%{code:02x}=%{code:02x}" for code in range(256)}
        taken = self.agree(values, lambda value, n: ({"host": "a.example.org", "query": [value]}, None),
                           lambda value: {"rule": w.rule("a.example.org", query=[value])})
        rules = [{"host": f"h{n}.example.org", "query": [one]} for n, one in enumerate(taken) if "%25" not in one]
        self.decided(rules, [ask(host=rule["host"], path="/?" + rule["query"][0]) for rule in rules])

    def test_look_alikes(self):
        """All of Unicode, by twenties: check's table is what NFKC makes here."""
        marks = {chr(code) for code in range(128, 0x110000) if not 0xD800 <= code < 0xE000
                 and set("/.\\") & set(unicodedata.normalize("NFKC", chr(code)))}
        self.assertGreater(len(marks), 30)
        self.assertNotIn("", judged([{"host": "a.example.org", "paths": [target_spelled(mark)]}
                                     for mark in sorted(marks)]))
        others = [chr(code) for code in range(128, 0x110000)
                  if not 0xD800 <= code < 0xE000 and chr(code) not in marks]
        chunks = ["".join(others[at:at + 38]) for at in range(0, len(others), 38)]
        said = judged([{"host": "a.example.org", "paths": [target_spelled(chunk)]} for chunk in chunks])
        self.assertEqual([chunk for chunk, why in zip(chunks, said) if why], [])

    def test_dates_and_ports(self):
        days = ["2027-06-30", "2999-12-31", "3000-01-01", "1999-12-31", "2028-02-29", "2027-02-29",
                "2027-6-3", "2027-06-31", "2027-13-01", "2027-00-01", "20270630", "2027-06-30 ",
                "2026-09-21"]
        self.agree(days, lambda value, n: ({"host": "a.example.org", "expires": value}, None),
                   lambda value: {"rule": w.rule("a.example.org", expires=value)})
        self.assertEqual(set(RULE["scheme"]["enum"]), {"https", "http", "tcp", "tls"})
        for scheme in ("https", "http"):  # what reads no request has a test of its own (test_tunnels.py)
            ports = [1, 80, 443, 8443, 65535]
            hosts = [f"h{port}.example.org" for port in ports]
            self.decided([{"host": host, "scheme": scheme, "ports": [port], "websocket": True}
                          for host, port in zip(hosts, ports)],
                         [ask(host, port, scheme) for host, port in zip(hosts, ports)])
        for port in (0, -1, 65536, 443.0, True, "443"):
            rule = {"host": "a.example.org", "ports": [port]}
            self.assertEqual(judged([rule]) == [""], loads(w.rule("a.example.org", ports=[port])), port)

    def credential(self, key, value, n, wide="bearer"):
        """One in the words of the spec, with its rule, and one in the proxy's."""
        host = f"h{n}.example.org"
        spec = {"name": f"n{n}", "source": f"file:/etc/secrets/n{n}", "hosts": [host],
                "inject": {"bearer": True}, "placeholder": f"placeholder-{n}"}
        mine = w.credential(f"n{n}", host, {"bearer": True}, f"placeholder-{n}")
        mine["source"]["path"] = f"/etc/secrets/n{n}"
        if key == "inject":
            spec["inject"] = mine["inject"] = {wide: value}
        elif key == "source":
            kind, _, name = value.partition(":")
            spec["source"] = value
            mine["source"] = {"kind": kind, {"file": "path", "command": "command"}.get(kind, "name"): name}
        else:
            spec[key] = mine[key] = value
        return ({"host": host}, spec), {"credential": mine}

    def credentials_agree(self, schema, key, wide="", more=(), only_spec=()):
        values = {value for value in self.tried(schema, key + wide) | set(more) if value}
        chance = random.Random(7)
        values = set(chance.sample(sorted(values), min(400, len(values)))) | set(more)
        taken = self.agree(values, lambda value, n: self.credential(key, value, n, wide)[0],
                           lambda value: self.credential(key, value, 0, wide)[1], only_spec)
        self.assertGreater(len(taken), 5)
        made = [self.credential(key, value, n, wide)[0] for n, value in enumerate(taken)]
        loaded = rendered([rule for rule, _ in made], [one for _, one in made])
        self.assertEqual(len(loaded.credentials), len(taken))
        return taken, loaded

    def test_headers_that_carry_a_secret(self):
        known = {name.decode() for group in (headers._HOP, headers._OVERRIDES, headers._SET_HERE)
                 for name in group}
        known |= {family.decode() + "x" for family in (*headers._OVERRIDE_FAMILIES,
                                                       *headers._WEBSOCKET)}
        # The table is the check's and the proxy's: what must be in it stands here as well.
        known |= {"connection", "te", "upgrade", "proxy-authorization", "host", "content-length", "transfer-encoding",
                  "range", "forwarded", "x-http-method-override", "x-forwarded-host", "x-original-url", "x-rewrite-url",
                  "x-envoy-original-path", "x-script-name", "sec-websocket-key"}
        known |= {name.replace("-", "_") for name in known} | {name.title() for name in known}
        free = {"Authorization", "x_api_key", "X-Forwarded-For", "x_forwarded_for", "Cookie", "x-api-key"}
        taken, loaded = self.credentials_agree(CREDENTIAL["inject"]["properties"]["header"], "inject",
                                               "header", known | free)
        self.assertEqual(known & set(taken), set())
        self.assertEqual(free - set(taken), set())
        for name, one in zip(taken, sorted(loaded.credentials, key=lambda one: int(one.name[1:]))):
            sent = [(b"Host", b"h"), (name.encode(), one.placeholder.encode()),
                    (name.lower().replace("-", "_").encode(), b"the agent's own")]
            sent = headers.clean(sent, headers.named(sent), False)
            ready = credentials.prepare([one], [one], sent, b"/", target.parse_target(b"/"))
            filled = credentials.fill(ready, lambda _: "the-secret")
            self.assertEqual([field for field in filled.fields if field[0] != b"Host"],
                             [(name.lower().encode(), b"the-secret")])

    def test_other_slots_names_and_placeholders(self):
        inject = CREDENTIAL["inject"]["properties"]
        self.assertEqual(set(inject), {"header", "bearer", "basic", "query", "authorization", "path", "json", "aws"})
        self.credentials_agree(inject["authorization"], "inject", "authorization", {
            "Bot", "bearer", "BASIC", "a b", "x" * 100, "x" * 101, "!#$%&'*+-.^_`|~9", "a/b", "a=", "\u00e9"})
        basic, _ = self.credentials_agree(inject["basic"], "inject", "basic", {"me@example.org", "a:b"})
        self.assertIn("me@example.org", basic)
        self.credentials_agree(inject["query"], "inject", "query", {"api.key", "te", "host", "_method"})
        self.credentials_agree(CREDENTIAL["name"], "name")
        places = {f"{kind}:{'n' * size}" for kind in ("systemd", "keychain")
                  for size in (1, 100, 101, 255, 256)}
        self.credentials_agree(CREDENTIAL["source"], "source", "", places,
                               ('behind "file:"', 'behind "command:"', "to 300 bytes", "would lie in"))
        self.credentials_agree(CREDENTIAL["placeholder"], "placeholder", "", {
            "\u00e9" * 5, "\u00e9" * 8, "1234567", "12345678", "with space", "x" * 500, "x" * 501})

    def test_every_key_was_tried(self):
        # Addresses are compared by tests/engine/decide; of github and access the proxy is told the rules that they become;
        # of cooldown and index what they are made of; of bytes and tokens test_ceilings knows.
        self.assertEqual(set(RULE), {"host", "scheme", "methods", "paths", "deny", "query", "requests", "ports", "websocket", "owner",
                                     "reason", "expires", "addresses", "github", "access", "bytes", "tokens", "cooldown", "index"})
        self.assertEqual(set(CREDENTIAL), {"name", "source", "hosts", "paths", "ask", "inject", "env", "placeholder",
                                           "requests", "bytes", "tokens"})


def target_spelled(text: str) -> str:
    return "/" + "".join(f"%{byte:02X}" for byte in text.encode("utf-8"))


def ask(host="a.example.org", port=0, scheme="https", method="GET", path="/", websocket=False):
    return policy.Request(host, port or target.DEFAULT_PORTS[scheme], scheme, method,
                          target.parse_target(path.encode()), websocket)


# -- what a refusal proposes --

PIECES = ["a", "B9", "%2F", "%2f", "/", "//", ";", ";v=1", "*", "**", "%2A", ".", "%2E", "%2e", "..", "%C3%A9",
          "%e2%82%ac", "%25", "%20", "%3F", "%23", "%22", "~", "@", "!", "$", "&", "'", "(", ")", "+", ",", "=",
          ":", "-", "_", '"', "<", ">", "[", "]", "^", "`", "{", "|", "}", "x" * 90, "%F0%9F%98%80" * 20]


def some_request(chance: random.Random, number: int) -> policy.Request | None:
    length = chance.choice((1, 2, 3, 4, 6, 9)) if chance.random() < 0.9 else chance.randrange(40, 400)
    path = "/" + "".join(chance.choice(PIECES) for _ in range(length))
    if chance.random() < 0.3:
        path += "?secret=" + chance.choice(("1", "%2F", "*"))
    scheme = chance.choice(("https", "https", "http"))
    port = chance.choice((0, 0, 80, 443, 8443, 1, 65535))
    method = chance.choice(("GET", "GET", "POST", "DELETE", "PROPFIND", "VERSION-CONTROL",
                            "UPDATEREDIRECTREF", "A", "".join(chance.choices(string.ascii_uppercase, k=20))))
    host = chance.choice((f"n{number}.example.org", f"my_bucket{number}.s3.example.net", f"n{number}.xn--p1ai"))
    try:
        return ask(host, port, scheme, method, path, method == "GET" and chance.random() < 0.3)
    except target.TargetError:
        return None


class Proposals(unittest.TestCase):
    COUNT = 800

    def requests(self):
        chance = random.Random("proposals")
        made = (some_request(chance, number) for number in range(10 ** 6))
        found = []
        while len(found) < self.COUNT:
            request = next(made)
            if request:
                found.append(request)
        return found

    def test_what_is_proposed_is_taken_and_allows_that_request(self):
        requests, empty = self.requests(), policy_file.load(json.dumps(w.policy([], [])))
        refused = [empty.decide(request, TODAY) for request in requests]
        rules = [decision.missing for decision in refused]
        for request, rule, why in zip(requests, rules, judged(rules)):
            self.assertFalse(why, (why[:200], request.target.path))
        one = rendered(rules)
        for request, rule in zip(requests, rules):
            self.assertTrue(one.decide(request, TODAY).allowed, (request, rule))
            self.assertNotIn("secret", json.dumps(rule))
        wide = [(decision, rule) for decision, rule in zip(refused, rules)
                if any("*" in path for path in rule["paths"])]
        self.assertGreater(len(wide), 10)
        for decision, rule in wide:
            self.assertIn("is wider", decision.reason)
            self.assertGreater(max(map(len, rule["paths"])), 400)

    def test_and_allows_no_other(self):
        requests, empty = self.requests(), policy_file.load(json.dumps(w.policy([], [])))
        chance, others = random.Random("others"), 0
        for request in requests[:300]:
            missing = empty.decide(request, TODAY).missing
            if any("*" in path for path in missing["paths"]):
                continue
            changes = {"scheme": "https", "ports": [target.DEFAULT_PORTS[request.scheme]], "websocket": False}
            one = policy_file.load(json.dumps(w.policy([w.rule(**{**changes, **missing})], [])))
            self.assertTrue(one.decide(request, TODAY).allowed, (request, missing))
            for _ in range(40):
                path = "/" + "".join(chance.choice(PIECES[:-2]) for _ in range(chance.randrange(4)))
                try:
                    readings = target.path_readings(path)
                except target.TargetError:
                    continue
                asked = request._replace(target=target.Target(path, None, readings))
                others += 1
                self.assertEqual(one.decide(asked, TODAY).allowed,
                                 set(readings) <= set(request.target.readings), (missing, path))
            for change in ({"port": 444}, {"method": "OTHER"}, {"host": "x." + request.host},
                           {"scheme": "http" if request.scheme == "https" else "https"},
                           {"websocket": not request.websocket}):
                if "websocket" not in change or change["websocket"]:
                    self.assertFalse(one.decide(request._replace(**change), TODAY).allowed, change)
        self.assertGreater(others, 3000)

    def test_readings_are_closed(self):
        """Reading a reading again gives nothing new: no server ends at a path that was not asked for."""
        for request in self.requests():
            readings = set(request.target.readings)
            for reading in readings:
                for change in ((lambda text: text.replace("%2F", "/")), (lambda text: re.sub("/+", "/", text)),
                               (lambda text: re.sub(";[^/]*", "", text))):
                    self.assertIn(change(reading), readings, request)


if __name__ == "__main__":
    unittest.main()
