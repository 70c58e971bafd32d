"""The pure parts: tables, and random checks with a fixed seed."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import html
import json
import os
import pathlib
import quopri
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import timeit
import unittest
import unittest.mock
import urllib.parse
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE.parent.parent / "modules" / "proxy"
sys.path.insert(0, str(MODULES))

import by_path  # noqa: E402
import credentials  # noqa: E402
import fold  # noqa: E402
import headers  # noqa: E402
import learn  # noqa: E402
import policy  # noqa: E402
import policy_file  # noqa: E402
import redact  # noqa: E402
import resolve  # noqa: E402
import startup  # noqa: E402
import target  # noqa: E402
from vault import CredentialError, Vault  # noqa: E402

import world as w  # noqa: E402

TODAY = datetime.date(2027, 6, 30)


def load(rules=(), creds=(), **changes) -> policy.Policy:
    data = w.policy(list(rules), list(creds))
    data.update(changes)
    return policy_file.load(json.dumps(data).replace("@FOLDER@", "/nowhere"))


def allowed(one: policy.Policy, url: str, method="GET", websocket=False, today=TODAY) -> bool:
    parts = urllib.parse.urlsplit(url)
    port = parts.port or target.DEFAULT_PORTS[parts.scheme]
    raw = url.split("/", 3)[3] if url.count("/") > 2 else ""
    try:
        where = target.parse_target(("/" + raw).encode("latin-1"))
    except target.TargetError:
        return False
    request = policy.Request(parts.hostname, port, parts.scheme, method, where, websocket)
    return one.decide(request, today).allowed


class Names(unittest.TestCase):
    def test_names(self):
        for text in ("a.b", "API.example.org", "x_y.example.org", "xn--bcher-kva.example", "1.a"):
            self.assertEqual(target.parse_name(text), text.lower())
        for text in ("", "a", "localhost", "a.b.", ".a.b", "a..b", "a.-b", "a-.b", "1.2.3.4",
                     "127.1", "0x7f.1", "2130706433", "a.0x", "a.1", "[::1]", "::1", "a.b:1",
                     "a b.c", "a.b\n", "a.b\0", "bücher.example", "a.b/", "a@b.c", "*.b.c",
                     "a" * 64 + ".b", ".".join(["a" * 60] * 5), "1.2.3.4."):
            with self.subTest(text), self.assertRaises(target.TargetError):
                target.parse_name(text)

    def test_authorities(self):
        self.assertEqual(target.parse_authority("A.b", "https"), ("a.b", 443))
        self.assertEqual(target.parse_authority("a.b", "http"), ("a.b", 80))
        self.assertEqual(target.parse_authority("a.b:8443", None), ("a.b", 8443))
        for text in ("a.b:", "a.b:0", "a.b:01", "a.b:65536", "a.b:+1", "a.b:1:2", "a.b:१"):
            with self.subTest(text), self.assertRaises(target.TargetError):
                target.parse_authority(text, "https")

    def test_readings(self):
        for path, count in (("/a/b", 1), ("/a%2fb", 2), ("/a//b", 2), ("/a;x/b", 2), ("/", 1),
                            ("/a%20b", 1), ("/%C3%A9", 1), ("/...", 1), ("/a..b", 1)):
            self.assertEqual(len(target.path_readings(path)), count, path)
        self.assertEqual(target.path_readings("/@a%2fb"), ("/@a%2Fb", "/@a/b"))


class ManyRules(unittest.TestCase):
    def test_those_of_a_path_are_all_that_can_match(self):
        dice = random.Random(5)
        words = ["a", "B", "octo", "Octo", "*", "**", "a*", "*b", "%2F", "%C3%89", "x.git", ""]

        def path(*words):
            return "/" + "/".join(dice.choice(words) for _ in range(dice.randint(0, 6)))
        for _ in range(30):
            one = load([w.rule("a.example.org", paths=list({path(*words).replace("***", "**") for _ in range(3)} - {""}),
                               **({"ignore_case": True} if dice.random() < 0.5 else {})) for _ in range(40)])
            passed = 0
            for _ in range(80):
                url = "https://a.example.org" + path("a", "b", "OCTO", "octo", "c", "ab", "%2F", "%c3%89", "%C3%A9", "X.git", "")
                found = []
                for few in (0, 10 ** 9):
                    with unittest.mock.patch.object(by_path, "_FEW", few):
                        found.append(allowed(one, url))
                self.assertEqual(*found, url)
                passed += found[0]
            self.assertGreater(passed, 3)

    def test_a_thousand_repositories(self):
        took = []
        for count in (20, 1000):
            one = load([w.rule("github.com", methods=["POST"], paths=[f"/octo/r{n}.git/git-upload-pack", f"/octo/r{n}/git-upload-pack"],
                               ignore_case=True) for n in range(count)])
            asked = f"https://github.com/Octo/R{count - 1}/git-upload-pack"
            self.assertTrue(allowed(one, asked, "POST"))
            self.assertFalse(allowed(one, asked + "x", "POST"))
            took.append(min(timeit.repeat(lambda: allowed(one, asked, "POST"), number=50, repeat=5)))
        self.assertLess(took[1], 5 * took[0], took)  # one by one it is fifty times


class Rules(unittest.TestCase):
    def test_table(self):
        one = load([
            w.rule("api.example.org", methods=["GET", "POST"], paths=["/v1/**", "/health"]),
            w.rule("*.cdn.example.org", paths=["/pkg/*/file-*.tgz"], ports=[443, 8443]),
            w.rule("old.example.org", expires="2027-06-30"),
            w.rule("plain.example.org", scheme="http", ports=[80]),
            w.rule("ws.example.org", paths=["/live"], websocket=True),
            w.rule("stars.example.org", paths=["/a/**/z", "/lit%2Aeral", "/caf%C3%A9"]),
        ])
        for url in ("https://api.example.org/v1/x", "https://api.example.org/v1/a/b/c?d=../e",
                    "https://api.example.org/v1/", "https://api.example.org/health",
                    "https://a.cdn.example.org/pkg/x/file-1.tgz",
                    "https://a.b.cdn.example.org:8443/pkg/x/file-1.tgz",
                    "https://old.example.org/", "http://plain.example.org/x",
                    "https://ws.example.org/live", "https://stars.example.org/a/b/c/z",
                    "https://stars.example.org/lit*eral", "https://stars.example.org/caf%c3%a9",
                    "https://api.example.org/%761/x", "https://api.example.org/v1/a%2fb"):
            self.assertTrue(allowed(one, url), url)
        for url in ("https://api.example.org/", "https://api.example.org/v1",
                    "https://api.example.org/v10", "https://api.example.org/health/x",
                    "https://api.example.org:8443/v1/x", "http://api.example.org/v1/x",
                    "http://api.example.org:443/v1/x", "https://x.api.example.org/v1/x",
                    "https://cdn.example.org/pkg/x/file-1.tgz",
                    "https://xcdn.example.org/pkg/x/file-1.tgz",
                    "https://a.cdn.example.org/pkg/x/y/file-1.tgz",
                    "https://a.cdn.example.org/pkg/x%2fy/file-1.tgz",
                    "https://a.cdn.example.org/pkg/x/file-1.tgz/more",
                    "https://stars.example.org/literal", "https://stars.example.org/litXeral",
                    "https://api.example.org/v1/../x", "https://plain.example.org/x",
                    "https://nothing.example.org/"):
            self.assertFalse(allowed(one, url), url)
        self.assertFalse(allowed(one, "https://api.example.org/v1/x", "DELETE"))
        self.assertTrue(allowed(one, "https://api.example.org/v1/x", "POST"))
        self.assertTrue(allowed(one, "https://ws.example.org/live", websocket=True))
        self.assertFalse(allowed(one, "https://ws.example.org/other", websocket=True))
        self.assertFalse(allowed(one, "https://api.example.org/v1/x", websocket=True))

    def test_expiry_is_the_last_day(self):
        one = load([w.rule("a.example.org", expires="2027-06-30")])
        day = datetime.timedelta(days=1)
        self.assertTrue(allowed(one, "https://a.example.org/", today=TODAY))
        self.assertFalse(allowed(one, "https://a.example.org/", today=TODAY + day))
        again = load([w.rule("a.example.org", expires="2020-01-01"), w.rule("a.example.org")])
        self.assertTrue(allowed(again, "https://a.example.org/"))

    def test_denied(self):
        def denied(host, **changes):
            made = {key: value for key, value in w.rule(host, **changes).items()
                    if key in ("host", "suffix", "scheme", "paths", "ports", "owner")}
            return made
        one = load([w.rule("a.example.org", methods=["GET", "PUT"], websocket=True),
                    w.rule("*.b.example.org", ports=[443, 8443])],
                   denied=[denied("a.example.org", paths=["/admin/**", "/x/*/Secret"], owner="me"),
                           denied("*.example.org", paths=["/everywhere"])])
        for url in ("https://a.example.org/", "https://a.example.org/administrator",
                    "https://a.example.org/x/y/z/secret", "https://a.example.org/x/secret",
                    "https://a.example.org/everywhere/else",
                    "https://c.b.example.org:8443/everywhere", "https://c.b.example.org/admin/x"):
            self.assertTrue(allowed(one, url), url)
        for url in ("https://a.example.org/admin/x", "https://a.example.org/admin/",
                    "https://a.example.org/admin", "https://a.example.org/ADMIN/x",
                    "https://a.example.org/%41dmin/x", "https://a.example.org//admin/x",
                    "https://a.example.org/admin;v=1/x", "https://a.example.org/admin%2fx",
                    "https://a.example.org/x/y/sECRET/", "https://a.example.org/x/y/secret?q",
                    "https://a.example.org/x/y/secret;q", "https://a.example.org/everywhere",
                    "https://c.b.example.org/everywhere/"):
            self.assertFalse(allowed(one, url), url)
        self.assertFalse(allowed(one, "https://a.example.org/admin/x", "PUT"))
        self.assertFalse(allowed(one, "https://a.example.org/admin/x", websocket=True))
        request = policy.Request("a.example.org", 443, "https", "GET",
                                 target.parse_target(b"/ADMIN/x"))
        said = one.decide(request, TODAY)
        self.assertEqual((said.reason, said.missing, said.owner),
                         ("a rule denies GET a.example.org/ADMIN/x", None, "me"))

    def test_query(self):
        one = load([w.rule("a.example.org", paths=["/info/refs"], query=["service=git-upload-pack"]),
                    w.rule("b.example.org", query=["q", "page=*", "sort=a*c*e", "tag=x%20y", "p=1%2B1", "p=1%201"])],
                   [w.credential("x", "b.example.org", {"query": "key"}, "placeholder-of-x")])
        for url in ("https://a.example.org/info/refs", "https://a.example.org/info/refs?",
                    "https://a.example.org/info/refs?service=git-upload-pack",
                    "https://a.example.org/info/refs?&service=git%2Dupload-pack&",
                    "https://a.example.org/info/refs?%73ervice=git-upload-pack",
                    "https://b.example.org/?q", "https://b.example.org/?q=any+thing%26&page=&page=%2541",
                    "https://b.example.org/?q=a;page=2&sort=ace&sort=abcde", "https://b.example.org/?tag=x%20y",
                    "https://b.example.org/?p=1%2B1", "https://b.example.org/?p=1+1",
                    "https://b.example.org/?key=placeholder-of-x&q=1",
                    "https://b.example.org/?key=placeholder%2Dof-x"):
            self.assertTrue(allowed(one, url), url)
        for url in ("https://a.example.org/info/refs?service=git-receive-pack",
                    "https://a.example.org/info/refs?service=git-upload-pack&service=git-receive-pack",
                    "https://a.example.org/info/refs?service=git-upload-pack;service=git-receive-pack",
                    "https://a.example.org/info/refs?service=git-upload-pack%26service=git-receive-pack",
                    "https://a.example.org/info/refs?service=git-upload-pack+",
                    "https://a.example.org/info/refs?service=git%252Dreceive-pack",
                    "https://a.example.org/info/refs?service=git%252Dupload-pack",
                    "https://a.example.org/info/refs?service=git-upload-pack%00",
                    "https://a.example.org/info/refs?service", "https://a.example.org/info/refs?service=",
                    "https://a.example.org/info/refs?Service=git-upload-pack",
                    "https://a.example.org/info/refs?x", "https://a.example.org/info/refs?=",
                    "https://b.example.org/?q;x", "https://b.example.org/?q=%25252541", "https://b.example.org/?q=%01",
                    "https://b.example.org/?sort=ac", "https://b.example.org/?sort=aec", "https://b.example.org/?tag=x+y",
                    "https://b.example.org/?%2571", "https://b.example.org/?q%3D1", "https://b.example.org/?key=other",
                    "https://b.example.org/?key=placeholder-of-x;x", "https://b.example.org/?key2=placeholder-of-x"):
            self.assertFalse(allowed(one, url), url)

    def test_query_that_is_missing(self):
        one = load([w.rule("a.example.org", query=["q"]), w.rule("b.example.org", methods=["PUT"])])
        def decided(host, raw):
            return one.decide(policy.Request(host, 443, "https", "GET", target.parse_target(raw)), TODAY)
        for raw, items in ((b"/?x=1", ["x=1"]), (b"/?x=a+b", ["x=a%2Bb", "x=a%20b"]), (b"/?x=%2541", ["x=%2541", "x=A"]),
                           (b"/?x=1;y", ["x=1%3By", "x=1", "y="]), (b"/?x=*", ["x=%2A"]), (b"/?x=" + b"a" * 500, ["x"])):
            said = decided("a.example.org", raw)
            self.assertTrue(said.reason.startswith("no rule allows GET a.example.org/ with this query"), said.reason)
            self.assertEqual(said.missing["query"], items)
            self.assertEqual("wider" in said.reason, items == ["x"])
            again = load([w.rule("a.example.org", query=items)])
            self.assertTrue(again.decide(policy.Request("a.example.org", 443, "https", "GET", target.parse_target(raw)), TODAY).allowed)
        self.assertNotIn("query", decided("b.example.org", b"/?x=1").missing)
        said = decided("a.example.org", b"/?x=%00")
        self.assertEqual((said.missing, said.reason), (None, "no rule allows GET a.example.org/ with this query; "
                                                             "servers may read the query in too many ways"))
        many = decided("a.example.org", b"/?" + b"&".join(b"x%d" % n for n in range(200)))
        self.assertIn("the query is longer than a rule's can be", many.reason)
        self.assertNotIn("query", many.missing)

    def test_letters_in_capitals_or_not(self):
        one = load([w.rule("a.example.org", paths=["/Octo/Kiss.git/*"], ignore_case=True),
                    w.rule("a.example.org", paths=["/Other/x"])])
        for url in ("/Octo/Kiss.git/x", "/octo/kiss.GIT/X", "/OCTO/KISS.GIT/%41", "/Other/x"):
            self.assertTrue(allowed(one, "https://a.example.org" + url), url)
        # U+212A and U+017F are k and s to those who fold all of Unicode.
        for url in ("/octo/%E2%84%AAiss.git/x", "/octo/ki%C5%BF%C5%BF.git/x", "/octo/kiss.git/x/y", "/octo/kiss_git/x",
                    "/octo/kiss.git;a/x", "/octo//kiss.git/x", "/octo/kiss%2egit%2Fx/../x", "/other/x"):
            self.assertFalse(allowed(one, "https://a.example.org" + url), url)

    def test_ceilings_of_several_rules(self):
        each = {"count": 2, "seconds": 86400}
        rules = [w.rule(f"{name}.example.org", requests={**each, **more}) for name, more in (
            ("a", {"together": "x"}), ("b", {"together": "x"}), ("c", {"together": "y"}), ("d", {}), ("e", {}),
            ("f", {"together": "x", "count": 3}))]
        one = load(rules)
        said = [[allowed(one, f"https://{name}.example.org/") for name in "ab"] for _ in range(2)]
        self.assertEqual(said, [[True, True], [False, False]])
        again = load([*rules, w.rule("z.example.org")])
        again.take_over(one)
        self.assertEqual([allowed(again, f"https://{name}.example.org/") for name in "abcddeef"],
                         [False, False, True, True, True, True, True, True])

    def test_ceilings(self):
        rules = [w.rule("a.example.org", requests={"count": 2, "seconds": 60}, owner="me"),
                 w.rule("*.b.example.org", requests={"count": 1, "seconds": 86400}),
                 w.rule("c.b.example.org", paths=["/x"], requests={"count": 1, "seconds": 3600})]
        one, request = load(rules), policy.Request("a.example.org", 443, "https", "GET", target.parse_target(b"/x?y"))
        with mock.patch("time.time", lambda: 1814356799.5):  # 2027-06-30 11:59:59
            self.assertEqual([one.decide(request, TODAY).allowed for _ in range(4)], [True, True, False, False])
            said = one.decide(request, TODAY)
            self.assertEqual((said.reason, said.owner, said.rule.number, said.missing, said.full.retry_after()), (
                "the rule for a.example.org lets 2 requests a minute through, and GET a.example.org/x is one more; "
                "it opens again at 2027-06-30 12:00:00 UTC", "me", 0, None, 1))
            for allows in (True, True, False):  # each rule in its turn; the one that opens first is named
                self.assertEqual(allowed(one, "https://c.b.example.org/x"), allows)
            there = policy.Request("c.b.example.org", 443, "https", "GET", target.parse_target(b"/x"))
            self.assertIn("for c.b.example.org lets 1 request an hour", one.decide(there, TODAY).reason)
            again = load(rules)
            again.take_over(one)
            self.assertFalse(again.decide(request, TODAY).allowed)
            other = load([{**rules[0], "owner": "you"}, *rules[1:]])
            other.take_over(one)
            self.assertTrue(other.decide(request, TODAY).allowed)
        with mock.patch("time.time", lambda: 1814356800.0):
            self.assertEqual([one.decide(request, TODAY).allowed for _ in range(3)], [True, True, False])
            self.assertFalse(allowed(one, "https://z.b.example.org/"))

    def test_missing_rule_would_allow(self):
        empty = load()
        for scheme, port, websocket in (("https", 443, False), ("http", 80, True),
                                        ("https", 8443, False)):
            request = policy.Request("a.example.org", port, scheme, "PUT",
                                     target.parse_target(b"/x/y?secret=1"), websocket)
            decision = empty.decide(request, TODAY)
            self.assertFalse(decision.allowed)
            missing = dict(decision.missing)
            ports = {"ports": [target.DEFAULT_PORTS[scheme]]}
            rule = w.rule(missing.pop("host"), **{**ports, **missing})
            self.assertTrue(load([rule]).decide(request, TODAY).allowed)
            self.assertNotIn("secret", json.dumps(decision.missing) + decision.reason)

    def test_ten_thousand_rules_decide_as_fast_as_ten(self):
        def seconds(count):
            hosts = [f"h{n}.example.org" for n in range(count)]
            one = load([w.rule(host, paths=["/v1/**"]) for host in hosts],
                       denied=[{"host": host, "suffix": False, "scheme": "https",
                                "paths": ["/v1/no/**"], "ports": [443]} for host in hosts])
            request = policy.Request("h7.example.org", 443, "https", "GET",
                                     target.parse_target(b"/v1/x"))
            best = []
            for _ in range(5):
                start = time.perf_counter()
                for _ in range(500):
                    one.decide(request, TODAY)
                best.append(time.perf_counter() - start)
            return min(best)
        self.assertLess(seconds(10000), 3 * seconds(10))

    def test_what_load_refuses(self):
        good = w.rule("a.example.org")
        bad_rules = [
            {"host": "1.2.3.4"}, {"host": "*.example.org"}, {"host": "com"}, {"suffix": 1},
            {"scheme": "ftp"}, {"methods": []}, {"methods": ["get"]}, {"methods": ["CONNECT"]},
            {"methods": "GET"}, {"paths": []}, {"paths": ["v1"]}, {"paths": ["/a?b"]},
            {"paths": ["/%zz"]}, {"paths": ["/%2e%2e"]}, {"ports": [0]}, {"ports": [True]},
            {"ports": ["443"]}, {"websocket": "no"}, {"expires": "tomorrow"},
            {"expires": "2027-13-01"}, {"owner": ""}, {"hosts": []}, {"query": []}, {"query": "a"},
            {"requests": 1},
            {"requests": {"count": 0, "seconds": 60}}, {"requests": {"count": 1, "seconds": 61}},
            {"requests": {"count": True, "seconds": 60}}, {"requests": {"count": 1}}, {"query": [""]}, {"query": ["*"]}, {"query": ["a&b"]}, {"query": ["a" * 501]}]
        for change in bad_rules:
            with self.subTest(change), self.assertRaises(policy_file.PolicyError):
                load([{**good, **change}])
        for key in good:
            with self.subTest(key), self.assertRaises(policy_file.PolicyError):
                load([{k: v for k, v in good.items() if k != key}])
        cred = w.credential("x", "a.example.org", {"bearer": True}, "placeholder")
        bad_credentials = [
            {"inject": {}}, {"inject": {"bearer": False}}, {"inject": {"header": "Host"}},
            {"inject": {"header": "a\r\nb"}}, {"inject": {"header": "a", "query": "b"}},
            {"inject": {"basic": "a:b"}}, {"inject": {"query": "a&b"}}, {"placeholder": "short"},
            {"source": {"kind": "env", "name": "x"}}, {"source": {"kind": "file", "path": "x"}},
            {"source": {"kind": "keychain", "name": "-w x"}}, {"name": "../x"}, {"env": "X"},
            {"hosts": [{"host": "1.2.3.4", "suffix": False}]}, {"hosts": ["a.b"]}]
        for change in bad_credentials:
            with self.subTest(change), self.assertRaises(policy_file.PolicyError):
                load([], [{**cred, **change}])
        for text in ("", "{", "[]", "null", '{"format": 1, "format": 1}', "[" * 100000, b"\xff"):
            with self.subTest(text[:20]), self.assertRaises(policy_file.PolicyError):
                policy_file.load(text)
        for change in ({"format": 2}, {"enforcement": "off"}, {"more": 1}, {"listen": []},
                       {"listen": {"host": "127.0.0.1"}}, {"credentials": None},
                       {"denied": {}}, {"denied": [{}]}, {"denied": [good]}):
            with self.subTest(change), self.assertRaises(policy_file.PolicyError):
                load(**change)
        with self.assertRaises(policy_file.PolicyError):
            load([], [cred, cred])

    def test_logins(self):
        with self.assertRaisesRegex(policy_file.PolicyError, "agent-sandbox-proxy alone keeps logins"):
            load(logins=[])

    def test_policy_alone(self):
        """Without mitmproxy, from another folder, with nothing but the standard library."""
        code = "import sys; sys.modules['mitmproxy'] = None; import policy_file, learn, redact, resolve"
        subprocess.run([sys.executable, "-I", "-B", "-c",
                        f"import sys; sys.path.insert(0, {str(MODULES)!r}); {code}"],
                       check=True, cwd="/")


class Redacting(unittest.TestCase):
    SECRETS = ("sk-ant-api03-AbC/dEf+123==", 'we"ird\\&<\'>key#', "ghp_0123456789abcdef",
               "aaaaaaaaaa")

    @staticmethod
    def echoes(secret: str) -> dict[str, bytes]:
        """What honest encoders make of it."""
        raw, odd = secret.encode(), [char for char in secret if not char.isalnum()]
        def each(form, chars=None):
            return "".join(form.format(ord(char)) if chars is None or char in chars else char
                           for char in secret).encode()
        quoted = urllib.parse.quote(secret, safe="")
        found = {
            "raw": raw, "reversed": raw[::-1], "upper": raw.upper(), "lower": raw.lower(),
            "json": json.dumps(secret).encode(), "json twice": json.dumps(json.dumps(secret)).encode(),
            "php": json.dumps(secret).replace("/", "\\/").encode(),
            ".net": each("\\u{:04X}", odd), "gson": each("\\u{:04x}", "=<>&'"), "go": each("\\u{:04x}", "<>&"),
            "js": each("\\x{:02x}"), "js brackets": each("\\u{{{:x}}}"), "all json": each("\\u{:04x}"),
            "all json upper": each("\\u{:04X}"), "in json, in json": each("\\\\u{:04x}"), "U": each("\\U{:08x}"),
            "html": html.escape(secret).encode(), "html twice": html.escape(html.escape(secret)).encode(),
            "handlebars": each("&#x{:X};", odd), "decimal": each("&#{};"), "padded": each("&#{:05};"),
            "hexadecimal": each("&#x{:x};"), "padded hexadecimal": each("&#x{:04X};"),
            "percent": quoted.encode(), "percent lower": each("%{:02x}", odd), "all percent": each("%{:02X}"),
            "uri component": urllib.parse.quote(secret, safe="!*'()").encode(),
            "percent twice": urllib.parse.quote(quoted, safe="").encode(), "iis": each("%u{:04x}", odd),
            "form": urllib.parse.quote_plus(secret).encode(), "regex": re.escape(secret).encode(),
            "octal": each("\\{:03o}"), "css": each("\\{:x} ", odd),
            "quoted-printable": quopri.encodestring(b"x" * 60 + raw, quotetabs=True)[60:],
            "all quoted-printable": each("={:02X}"),
            "hex": raw.hex().encode(), "hex upper": raw.hex().upper().encode(), "hex back": raw.hex()[::-1].encode(),
            "bytes": str(list(raw)).encode(), "array": json.dumps(list(raw), separators=(",", ":")).encode(),
            "utf-16": secret.encode("utf-16-le"), "utf-16 big": secret.encode("utf-16-be"),
            "utf-32": secret.encode("utf-32-be"),
        }
        found.update({f"hex with {mark!r}": raw.hex(mark).encode() for mark in ":- ,"})
        for left in range(5):
            padded = b"\xff" * left + raw + b"\xff" * 3
            found[f"base32 {left}"] = base64.b32encode(padded)
            found[f"base64 {left}"] = base64.b64encode(padded)
            found[f"base64 url {left}"] = base64.urlsafe_b64encode(padded)
            found[f"base64 back {left}"] = base64.b64encode(padded)[::-1]
            found[f"base64 in a url {left}"] = urllib.parse.quote(base64.b64encode(padded), safe="").encode()
        for left in range(40, 60):
            found[f"mime {left}"] = base64.encodebytes(b"\xff" * left + raw)
            found[f"mime in json {left}"] = json.dumps(base64.encodebytes(b"\xff" * left + raw).decode()).encode()
        return found

    def test_echoes_of_honest_encoders(self):
        chance = random.Random(7)
        for secret in self.SECRETS:
            forms = redact.forms(secret)
            for name, sample in self.echoes(secret).items():
                with self.subTest(secret=secret, encoder=name):
                    self.assertTrue(redact.contains(sample, forms), sample)
                    text = b"<" + sample + b"> \n\n"
                    redactor, out, at = redact.Redactor(forms), [], 0
                    while at < len(text):
                        step = chance.randrange(1, 40)
                        out += redactor(text[at:at + step])
                        at += step
                    out += redactor(b"")
                    self.assertNotIn(b"", out)
                    joined = b"".join(out)
                    self.assertEqual(joined, redact.scrub(text, forms))
                    self.assertEqual(len(joined), len(text))
                    self.assertFalse(redact.contains(joined, forms), joined)
                    self.assertGreaterEqual(joined.count(b"*"), len(secret), joined)

    def test_chunk_borders_do_not_matter(self):
        chance = random.Random(7)
        for secret in self.SECRETS:
            forms, samples = redact.forms(secret), list(self.echoes(secret).values())
            for _ in range(60):
                parts = [chance.choice(samples)[: chance.randrange(1, 30)] for _ in range(6)]
                parts += [chance.choice(samples) for _ in range(4)]
                parts += [b"\n\n", b"data: x", b""]
                chance.shuffle(parts)
                text = b"|".join(parts)
                redactor, out, at = redact.Redactor(forms), [], 0
                while at < len(text):
                    step = chance.randrange(1, 40)
                    out += redactor(text[at:at + step])
                    at += step
                joined = b"".join(out + redactor(b""))
                self.assertEqual(len(joined), len(text))
                self.assertFalse(redact.contains(joined, forms), (secret, text))
                self.assertEqual(joined.replace(b"*", b""), bytes(
                    a for a, b in zip(text, joined) if b != 0x2A))

    def test_a_border_within_the_spelling_of_the_first_character(self):
        """What is cut there may end in that character as it is: \\u of \\u0075, an u."""
        for secret in ("u123-abcdefgh", "x123-abcdefgh", "0123-abcdefgh", "amp-abcdefgh", "5123-abcdefgh"):
            forms = redact.forms(secret)
            for name, sample in self.echoes(secret).items():
                if sample in redact.scrub(sample, forms):
                    continue
                for border in range(1, 14):
                    redactor = redact.Redactor(forms)
                    out = redactor(sample[:border]) + redactor(sample[border:]) + redactor(b"")
                    with self.subTest(secret=secret, encoder=name, border=border):
                        self.assertEqual(b"".join(out), redact.scrub(sample, forms))

    def test_what_may_be_held_back_is_bounded(self):
        """However a server ends a chunk, no more than one form of the secret waits."""
        secret = self.SECRETS[0]
        forms = redact.forms(secret)
        redactor = redact.Redactor(forms)
        for piece in (b"\\" * 65536, b"&amp;#x0000" * 9000, b"%25" * 20000, b"sk-ant" * 9000, b"=\r\n" * 20000,
                      b"s=\r\n" * 20000, secret[:-1].encode() * 2000):
            start = time.perf_counter()
            out = redactor(piece)
            self.assertLess(len(redactor._held), 60 * len(secret), piece[:12])
            self.assertLess(time.perf_counter() - start, 5, piece[:12])
            self.assertNotIn(b"", out)

    def test_innocent_text_is_untouched_and_not_held_back(self):
        forms = redact.forms(self.SECRETS[0])
        redactor = redact.Redactor(forms)
        for event in (b"data: {\"a\": 1}\n\n", b"data: [DONE]\n\n", bytes(range(256)) + b"\n"):
            self.assertEqual(redactor(event), [event])
        self.assertEqual(redactor(b""), [])

    def test_speed(self):
        forms, block = redact.forms(self.SECRETS[0]), os.urandom(65536)
        redactor, start = redact.Redactor(forms), time.process_time()
        for _ in range(160):
            redactor(block)
        rate = 160 * 65536 / 1e6 / (time.process_time() - start)
        self.assertGreater(rate, 10, f"{rate:.0f} MB/s")


class Addresses(unittest.TestCase):
    def test_table(self):
        for address in ("8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111",
                        "2a00:1450::1", "198.20.0.1", "192.0.1.1"):
            self.assertTrue(resolve.is_global(address), address)
        for address in ("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1",
                        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                        "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
                        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1",
                        "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1",
                        "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:808:808::1",
                        "fc00::1", "fd12::1", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
                        "3fff::1", "5f00::1", "x", ""):
            self.assertFalse(resolve.is_global(address), address)

    def test_own_addresses(self):
        self.assertTrue(resolve.is_own("127.0.0.1"))
        self.assertFalse(resolve.is_own("192.0.2.1"))

    def test_addresses_that_a_rule_names(self):
        everything = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
        for address in ("10.1.2.3", "192.168.1.1", "100.64.0.1", "203.0.113.7", "fd00:1::1", "2001:db8::1"):
            self.assertTrue(resolve.may_reach(address, everything), address)
            self.assertFalse(resolve.may_reach(address, ()), address)
        for address in ("127.0.0.1", "127.5.5.5", "0.0.0.0", "169.254.169.254", "198.18.0.1", "198.19.1.1", "224.0.0.1",
                        "255.255.255.255", "::", "::1", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fe80::1", "ff02::1", "fd00:ec2::254", "x"):
            self.assertFalse(resolve.may_reach(address, everything), address)

    def test_filter(self):
        def answer(*addresses):
            return [(2, 1, 6, "", (a, 443)) for a in addresses]
        with mock.patch.object(resolve, "_system_getaddrinfo") as system, \
                mock.patch.object(resolve, "is_own", return_value=False):
            system.return_value = answer("127.0.0.1", "8.8.8.8", "10.0.0.1")
            found = resolve.public_getaddrinfo("a.b", 443)
            self.assertEqual([one[4][0] for one in found], ["8.8.8.8"])
            system.return_value = answer("127.0.0.1")
            with self.assertRaises(socket.gaierror):
                resolve.public_getaddrinfo("a.b", 443)
            self.assertTrue(resolve.public_getaddrinfo("a.b", 443, flags=socket.AI_PASSIVE))
            self.assertTrue(resolve.public_getaddrinfo(None, 443))


class Secrets(unittest.TestCase):
    def credential(self, **changes) -> policy.Credential:
        entry = w.credential("x", "a.example.org", {"header": "X-Key"}, "placeholder-one")
        entry.update(changes)
        return load([], [entry]).credentials[0]

    def test_file_before_systemd(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "live")
            one = self.credential(source={"kind": "file", "path": path})
            vault = Vault([folder])
            with self.assertRaises(CredentialError):
                vault.read(one)
            pathlib.Path(folder, "x").write_text("from-systemd\n")
            self.assertEqual(vault.read(one), "from-systemd")
            pathlib.Path(path).write_text("from-the-file")
            vault.forget()
            self.assertEqual(vault.read(one), "from-the-file")
            other = self.credential(source={"kind": "systemd", "name": "other"})
            self.assertEqual(vault.read(other), "from-systemd")
            os.unlink(path)
            os.mkfifo(path)
            with self.assertRaises(CredentialError):
                Vault([folder]).read(one)

    def test_rotated_copy(self):
        """The later of systemd's copies counts, whichever it is; a bad one changes nothing."""
        with tempfile.TemporaryDirectory() as top:
            started, rotated = pathlib.Path(top, "started"), pathlib.Path(top, "rotated")
            started.mkdir()
            one, now, said = self.credential(), [0.0], []
            vault = Vault([str(started), str(rotated)], said.append, lambda: now[0])

            def copied(folder, text, time):
                (folder / "x").write_text(text)
                os.utime(folder / "x", (time, time))
                now[0] += 1.1
                return vault.read(one)
            self.assertEqual(copied(started, "secret-one\n", 100), "secret-one")
            rotated.mkdir()
            self.assertEqual(copied(rotated, "secret-two", 200), "secret-two")
            self.assertEqual(copied(started, "secret-three\r\n", 300), "secret-three")
            self.assertEqual(said, [])
            for bad in ("", "short\n", "two\nlines-of-text", "with space in it"):
                self.assertEqual(copied(rotated, bad, 400), "secret-three")
                now[0] += 1.1
                self.assertEqual(vault.read(one), "secret-three")
            self.assertEqual(len(said), 4, said)
            self.assertEqual(copied(rotated, "secret-four", 400), "secret-four")
            (rotated / "x").unlink()
            (started / "x").unlink()
            vault.forget()
            self.assertEqual(vault.read(one), "secret-four")
            self.assertNotIn("secret-", "".join(said))

    def test_what_is_taken_apart_has_its_shape(self):
        one = self.credential(inject={"aws": True}, placeholder="placeholder-one", ask=True)
        with tempfile.TemporaryDirectory() as folder:
            said, vault = [], Vault([folder], lambda problem: said.append(problem))
            place = pathlib.Path(folder, "x")
            for bad in ("just-one-word", "AKID0000:", ":the-key", "AKID:the-key:", "AK/ID:the-key", "\xc3:the-key"):
                place.write_text(bad)
                with self.assertRaises(CredentialError) as caught:
                    vault.read(one)
                if bad.isascii():
                    self.assertEqual(str(caught.exception), "credential x is not KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN")
            place.write_text("AKID.1:the/key+:and=:token\n")
            vault.forget()
            self.assertEqual(vault.read(one), "AKID.1:the/key+:and=:token")
            place.write_text("without-a-key")
            vault.forget()
            self.assertEqual(vault.read(one), "AKID.1:the/key+:and=:token")
            self.assertEqual(said, ["credential x is not KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN"])
            self.assertEqual(vault.read(self.credential()), "without-a-key")

    def test_keychain(self):
        """The system's keychain is root's to read: the proxy has the copy alone."""
        one = self.credential(source={"kind": "keychain", "name": "svc"})
        with tempfile.TemporaryDirectory() as folder:
            vault = Vault([folder])
            with self.assertRaises(CredentialError):
                vault.read(one)
            pathlib.Path(folder, one.name).write_text("from-keychain\n")
            self.assertEqual(vault.read(one), "from-keychain")

    def test_two_credentials_of_one_host(self):
        made = load([], [
            w.credential("key", "a.example.org", {"header": "x-api-key"}, "placeholder-key"),
            w.credential("token", "a.example.org", {"bearer": True}, "placeholder-token"),
            w.credential("second", "a.example.org", {"bearer": True}, "placeholder-second")])
        bound = list(made.credentials)

        def due(*fields):
            found = credentials.prepare(bound, bound, list(fields), b"/", target.parse_target(b"/"))
            return [one.name for one in found.due]
        self.assertEqual(due(), ["key", "token"])
        self.assertEqual(due((b"Authorization", b"Bearer placeholder-second")), ["second"])
        self.assertEqual(due((b"x-api-key", b"placeholder-key")), ["key"])
        basic = base64.b64encode(b"git:placeholder-token")
        self.assertEqual(due((b"authorization", b"Basic " + basic)), ["token"])

    def prepared(self, credentials_of_it, path, *fields):
        made = load([], credentials_of_it)
        bound = list(made.credentials)
        found = credentials.prepare(bound, bound, list(fields), path, target.parse_target(path))
        return [one.name for one in found.due], found.fields

    def test_a_credential_that_is_asked_for(self):
        one = {**w.credential("one", "a.example.org", {"bearer": True}, "placeholder-one"), "ask": True}
        other = {**w.credential("more", "a.example.org", {"bearer": True}, "placeholder-one-more"), "ask": True}
        asks = (b"Authorization", b"Bearer placeholder-one")
        self.assertEqual(self.prepared([one], b"/", asks), (["one"], []))
        self.assertEqual(self.prepared([one], b"/"), ([], []))
        self.assertEqual(self.prepared([one], b"/", (b"Authorization", b"Bearer mine")), ([], []))
        self.assertEqual(self.prepared([one, other], b"/", asks)[0], ["one"])
        longer = (b"Authorization", b"Bearer placeholder-one-more")
        self.assertEqual(self.prepared([one, other], b"/", longer)[0], ["more"])
        self.assertEqual(self.prepared([other, one], b"/", longer)[0], ["more"])
        with self.assertRaisesRegex(credentials.PlaceholderError, "credential one stands where"):
            self.prepared([one], b"/", (b"X-Other", b"placeholder-one"))

    def test_a_placeholder_in_the_path(self):
        one = w.credential("bot", "a.example.org", {"path": True}, "123:placeholder")
        made = load([], [one]).credentials

        def sent(path, secret="987:AA-x_y/z;w"):
            ready = credentials.prepare(list(made), made, [], path, target.parse_target(path))
            return credentials.fill(ready, lambda _: secret).target
        self.assertEqual(sent(b"/bot123:placeholder/getMe?x=1"), b"/bot987:AA-x_y%2Fz%3Bw/getMe?x=1")
        self.assertEqual(sent(b"/file/bot123%3Aplaceholder/a"), b"/file/bot987:AA-x_y%2Fz%3Bw/a")
        self.assertEqual(sent(b"/getMe"), b"/getMe")
        for path in (b"/getMe?t=123:placeholder", b"/123:placeholder/123:placeholder", b"/a?123%3Aplaceholder"):
            with self.assertRaisesRegex(credentials.PlaceholderError, "a segment of the path of https://a.example.org only"):
                sent(path)

    def test_a_credential_of_some_paths(self):
        def of(name, *paths):
            return {**w.credential(name, "a.example.org", {"bearer": True}, f"placeholder-{name}"), "paths": paths}
        both = [of("one", "/v1/**"), of("two", "/v2/**", "/v2")]
        self.assertEqual(self.prepared(both, b"/v1/x")[0], ["one"])
        self.assertEqual(self.prepared(both, b"/v2")[0], ["two"])
        self.assertEqual(self.prepared(both, b"/v3", (b"Authorization", b"Bearer mine")), ([], []))
        self.assertEqual(self.prepared(both, b"/v1%2Fx")[0], [], "not all its readings")
        with self.assertRaisesRegex(credentials.PlaceholderError,
                                    "header of https://a.example.org at /v2/\\*\\*, /v2 only$"):
            self.prepared(both, b"/v1/x", (b"Authorization", b"Bearer placeholder-two"))


class Headers(unittest.TestCase):
    def test_websocket(self):
        good = [(b"Upgrade", b"websocket"), (b"Connection", b"keep-alive, Upgrade")]
        def asks(fields, method=b"GET", version=b"HTTP/1.1"):
            return headers.asks_for_websocket(headers.named(fields), method, version)
        self.assertTrue(asks(good))
        self.assertFalse(asks([(b"Upgrade", b"h2c")]))
        for fields, method, version in ((good, b"POST", b"HTTP/1.1"), (good, b"GET", b"HTTP/1.0"),
                                        (good + good[:1], b"GET", b"HTTP/1.1")):
            with self.assertRaises(headers.HeaderError):
                asks(fields, method, version)

    def test_close_is_kept(self):
        sent = [(b"Connection", b"Close, x-y"), (b"X-Y", b"1"), (b"A", b"2")]
        fields = headers.clean(sent, headers.named(sent), False)
        self.assertEqual(fields, [(b"A", b"2"), (b"Connection", b"close")])


class Options(unittest.TestCase):
    def test_listening(self):
        old = mock.Mock(spec=["running_servers"], running_servers=())
        self.assertFalse(startup.listening(old))
        old.running_servers = (1,)
        self.assertTrue(startup.listening(old))
        instance = mock.Mock(listen_addrs=())
        new = mock.Mock(spec=["servers"], servers=[instance])
        self.assertFalse(startup.listening(new))
        instance.listen_addrs = (("127.0.0.1", 1),)
        self.assertTrue(startup.listening(new))


    def test_idle_addons_go_and_the_others_stay(self):
        class Manager(dict):
            def remove(self, addon):
                self.pop(addon)
        kept = ("core", "block", "disableh2c", "nextlayer", "proxyserver", "tlsconfig", "termlog")
        chain = Manager({name: name for name in (*kept, "stickycookie", "modifybody", "dumper")})
        startup.drop_idle(chain)
        self.assertEqual(tuple(chain), kept)


class Learning(unittest.TestCase):
    def line(self, host, path, method="GET", verdict="audit", **more) -> str:
        missing = {"host": host, "methods": [method], "paths": [path], **more}
        return json.dumps({"event": "decision", "verdict": verdict, "missing": missing})

    def test_proposal_is_what_was_seen(self):
        seen = [("a.example.org", f"/v1/items/{n}") for n in range(30)]
        seen += [("a.example.org", f"/v1/{word}/list") for word in "abcdef"]
        seen += [("b.example.org", "/x%2Ay"), ("b.example.org", "/one"),
                 ("c.example.org", "/7f9c24e8-3b1d-4a52-9f60-0c5d8e1b2a34/x")]
        lines = [self.line(*one) for one in seen] + ["not json", "[]", '{"event": "ready"}']
        lines.append(self.line("d.example.org", "/no", verdict="deny"))
        rules = learn.propose(lines)["network"]["rules"]
        self.assertEqual({(rule["host"], path) for rule in rules for path in rule["paths"]}, set(seen))
        one = load([w.rule(rule["host"], methods=rule["methods"], paths=rule["paths"])
                    for rule in rules])
        for host, path in seen:
            self.assertTrue(allowed(one, f"https://{host}{path}"), (host, path))
        for host, path in (("b.example.org", "/xzzy"), ("a.example.org", "/v1/items/30"),
                           ("a.example.org", "/v1/items/x"), ("a.example.org", "/v1/g/list")):
            self.assertFalse(allowed(one, f"https://{host}{path}"), (host, path))
        self.assertTrue(learn.propose(lines, denied=True)["network"]["rules"][-1]["host"][0] == "d")

    def test_what_is_not_read_is_proposed_by_host_and_port(self):
        def line(verdict, host, port, scheme="tcp"):
            missing = {"host": host, "scheme": scheme, "ports": [port]}
            return json.dumps({"time": "2027-06-30T10:00:00", "event": "decision", "verdict": verdict, "missing": missing})
        lines = [line("audit", "db.example.org", 5432), line("audit", "db.example.org", 5432), line("deny", "x.example.org", 22),
                 line("audit", "mq.example.org", 8883, "tls")]
        wanted = [{"host": "db.example.org", "scheme": "tcp", "ports": [5432], "reason": "learned: 2 connections to this host, unread"},
                  {"host": "mq.example.org", "scheme": "tls", "ports": [8883], "reason": "learned: 1 connection to this host, unread"}]
        self.assertEqual(learn.propose(lines)["network"]["rules"], wanted)
        self.assertIn("x.example.org", [one["host"] for one in learn.propose(lines, denied=True)["network"]["rules"]])

    def test_repositories_of_github(self):
        """One rule each, of the least access; what none of theirs lets through stays a rule of its path."""
        asked = [("github.com", "/Octo/Hello.git/info/refs", "GET", {"query": ["service=git-upload-pack"]}),
                 ("github.com", "/octo/hello/git-upload-pack", "POST", {}), ("api.github.com", "/repos/octo/hello/issues", "GET", {}),
                 ("raw.githubusercontent.com", "/octo/other/main/%C3%A9", "GET", {}),
                 ("github.com", "/octo/pushed/info/refs", "GET", {"query": ["service=git-receive-pack"]}),
                 ("api.github.com", "/repos/octo/pushed/issues/1/comments", "POST", {})]
        others = [("api.github.com", "/graphql", "POST", {}), ("api.github.com", "/repos/octo/hello/hooks", "POST", {}),
                  ("github.com", "/octo/hello/info/refs", "GET", {"query": ["service=git-upload-pack", "x=y"]}),
                  ("github.com", "/octo/hello/settings", "GET", {}), ("github.com", "/-octo/hello/archive/x", "GET", {}),
                  ("api.github.com", "/repos/octo/hel%6co", "GET", {}), ("api.github.com", "/repos/octo/hello", "GET", {"ports": [8443]}),
                  ("api.github.com", "/repos/octo/..", "GET", {}), ("github.com.evil.example", "/octo/hello/git-upload-pack", "POST", {})]
        lines, wider = [self.line(host, path, method, **more) for host, path, method, more in asked + others], []
        rules = learn.propose(lines, fold=True)["network"]["rules"]
        self.assertEqual([(one["github"], one.get("access")) for one in rules if "github" in one],
                         [("Octo/Hello", None), ("octo/other", None), ("octo/pushed", "write")])
        self.assertEqual(rules[0]["reason"], "learned: 3 requests to this repository, all of which may then be read")
        self.assertEqual(sorted((one["host"], path) for one in rules if "host" in one for path in one["paths"]),
                         sorted((host, path) for host, path, _, _ in others if ".." not in path))
        exact = learn.propose(lines, wider=wider)["network"]["rules"]
        self.assertEqual(sorted((one["host"], path, method) for one in exact for path in one["paths"] for method in one["methods"]),
                         sorted({(host, path, method) for host, path, method, _ in asked + others if ".." not in path}))
        self.assertEqual(wider, [
            "the repository Octo/Hello in place of 3 requests to it: all of it may then be read",
            "the repository octo/other in place of 1 request to it: all of it may then be read",
            "the repository octo/pushed in place of 2 requests to it: all of it may then be read and pushed to"])

    def test_folded(self):
        """Of what differs in one segment; where a server could read it in two ways, it stays."""
        paths = [f"/v1/items/{n}/x" for n in (1, 22)] + [f"/pkg/{word}" for word in ("a", "b", "c", "d", "e")]
        paths += ["/few/a", "/few/b", "/few/a/7", "/few/b/7f9c24e8-3b1d-4a52-9f60-0c5d8e1b2a34", "/x;1", "/x;2", "/y%2F1", "/y%2F2", "/z//1", "/"]
        folded = fold.fold(paths)
        self.assertEqual({pattern: len(of) for pattern, of in folded.items() if len(of) > 1}, {"/v1/items/*/x": 2, "/pkg/*": 5})
        self.assertEqual(sorted(path for of in folded.values() for path in of), sorted(paths))
        hashes = fold.fold([f"/a/{n}/{digest * 20}" for n in range(3) for digest in ("0a", "1b")])
        self.assertEqual(list(hashes), ["/a/*/*"])
        self.assertEqual(fold.fold([f"/{word}" for word in "abcd"] + ["/1x"]), {"/*": ["/1x", "/a", "/b", "/c", "/d"]})
        wider: list[str] = []
        lines = [self.line("a.example.org", path) for path in paths] + [self.line("a.example.org", "/pkg/f", "POST", ports=[8443])]
        for how, rules in ((False, learn.propose(lines, wider=wider)), (True, learn.propose(lines, fold=True))):
            one = load([w.rule(rule["host"], methods=rule["methods"], paths=rule["paths"], ports=rule.get("ports", [443]))
                        for rule in rules["network"]["rules"]])
            self.assertTrue(all(allowed(one, f"https://a.example.org{path}") for path in paths if not re.search("//|;|%", path)))
            self.assertEqual([allowed(one, f"https://a.example.org{path}") for path in ("/pkg/z", "/v1/items/y/x", "/pkg/a/b", "/few/c")],
                             [how, how, False, False])
        self.assertEqual(wider, ["GET https://a.example.org:443/pkg/* in place of 5 paths: whatever else stands where * does",
                                 "GET https://a.example.org:443/v1/items/*/x in place of 2 paths: whatever else stands where * does"])

    def test_what_a_fold_adds_is_said(self):
        lines = [self.line("a.example.org", f"/{n}") for n in range(3)] + [self.line("\u202eb.example.org", f"/{n}") for n in range(3)]
        for more, paths, head in (([], ["/0", "/1", "/2"], "with --fold these would be wider than what was seen:\n"),
                                  (["--fold"], ["/*"], "wider than what was seen:\n")):
            done = subprocess.run([sys.executable, "-I", "-B", str(MODULES / "learn.py"), *more], input="\n".join(lines), text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
            self.assertEqual([one["paths"] for one in json.loads(done.stdout)["network"]["rules"]], [paths, paths])
            said = "in place of 3 paths: whatever else stands where * does\n"
            self.assertEqual(done.stderr, head + f"  GET https://a.example.org:443/* {said}  GET https://?b.example.org:443/* {said}")

    def test_names_without_a_public_address(self):
        def closed(host, port, scheme, addresses, **more):
            return json.dumps({"event": "decision", "verdict": "deny", "reason": resolve.MARK, "scheme": scheme, "host": host, "port": port,
                               "method": "CONNECT", "addresses": addresses, **more})
        lines = [self.line("wiki.corp", "/a", "GET"), closed("wiki.corp", 443, "https", ["10.9.0.6", "fd00::1"], method="GET", path="/a"),
                 closed("db.corp", 5432, "tcp", ["10.9.0.5"]), closed("git.corp", 8443, "https", ["10.9.0.7"], method="POST", path="/x*"),
                 closed("odd.corp", 443, "https", ["10.9.0.7"], method="GET", path="/x\\xe9"), closed("here.corp", 5432, "tcp", ["127.0.0.1"])]
        why = "; the name has no public address, so it has to say in addresses which ones it may have"
        wiki = {"host": "wiki.corp", "methods": ["GET"], "paths": ["/a"], "reason": "learned: 1 request to this host" + why,
                "addresses": ["10.9.0.6/32", "fd00::1/128"]}
        self.assertEqual(learn.propose(lines)["network"]["rules"], [wiki])
        self.assertEqual(learn.propose(lines, denied=True)["network"]["rules"], [
            {"host": "db.corp", "scheme": "tcp", "ports": [5432], "reason": "learned: 1 connection to this host, unread" + why,
             "addresses": ["10.9.0.5/32"]},
            {"host": "git.corp", "methods": ["POST"], "paths": ["/x%2A"], "ports": [8443],
             "reason": "learned: 1 request to this host" + why, "addresses": ["10.9.0.7/32"]},
            {"host": "here.corp", "scheme": "tcp", "ports": [5432],
             "reason": "learned: 1 connection to this host, unread; the name has no address that a rule could name"}, wiki])

    def test_what_a_spec_cannot_hold(self):
        lines = [self.line("a.example.org", "/a/../b"), self.line("a.example.org", "/t", "TRACE"),
                 self.line("a.example.org", "/x" * 300), self.line("a.example.org", "/ok")]
        (rule,) = learn.propose(lines)["network"]["rules"]
        self.assertEqual(rule["paths"], ["/ok"])
        many = [self.line("a.example.org", f"/{n}") for n in range(4100)]
        self.assertEqual([len(rule["paths"]) for rule in learn.propose(many)["network"]["rules"]],
                         [2000, 2000, 100])

    def test_places_and_methods(self):
        lines = [self.line("a.example.org", "/x", "POST"), self.line("a.example.org", "/x"),
                 self.line("a.example.org", "/y", scheme="http", ports=[443]),
                 self.line("a.example.org", "/z", scheme="http")]
        self.assertEqual([(rule.get("scheme"), rule["methods"], rule["paths"], rule.get("ports"))
                          for rule in learn.propose(lines)["network"]["rules"]],
                         [("http", ["GET"], ["/z"], None), ("http", ["GET"], ["/y"], [443]),
                          (None, ["GET", "POST"], ["/x"], None)])

    def test_queries(self):
        def line(path, *items):
            made = json.loads(self.line("a.example.org", path))
            made["missing"]["query"] = list(items)
            return json.dumps(made)
        made = learn.propose([line("/a", "x=1"), line("/b", "x=1"), line("/a", "y"), self.line("a.example.org", "/a"),
                              line("/c", "a&b")])
        self.assertEqual([(rule["paths"], rule.get("query")) for rule in made["network"]["rules"]],
                         [(["/a"], None), (["/a", "/b"], ["x=1"]), (["/a"], ["y"])])

    def test_tools_of_mcp_servers(self):
        def line(tool, verdict="audit", url="https://mcp.example.org/mcp"):
            return json.dumps({"event": "decision", "verdict": verdict, "tools": [tool], "missing": {"url": url, "tools": [tool]}})
        lines = [line("search"), line("read_x"), line("search"), line("any*"), line("a b"), line("write", "deny"), line("x", url="https://a.example.org/")]
        why = "of tools of this server that no entry names"
        other = {"url": "https://a.example.org/", "tools": ["x"], "reason": f"learned: 1 call {why}"}
        self.assertEqual(learn.propose(lines)["network"], {"rules": [], "mcp": [
            other, {"url": "https://mcp.example.org/mcp", "tools": ["read_x", "search"], "reason": f"learned: 3 calls {why}"}]})
        self.assertEqual(learn.propose(lines, denied=True)["network"]["mcp"][1]["tools"], ["read_x", "search", "write"])
        self.assertNotIn("mcp", learn.propose(lines[3:5])["network"])

    def test_verify_is_nobodys_work(self):
        """Only the time tells: what stands in a request is the agent's to choose."""
        def at(second, host):
            return json.dumps({"time": f"2027-06-30T10:00:{second:02}.500+00:00",
                               **json.loads(self.line(host, "/", verdict="deny"))})
        lines = [at(9, "before.example.org"), at(10, "mitm.it"), at(12, "denied.example.org"),
                 at(14, "after.example.org")]
        attacks = learn.spans("2027-06-30T10:00:10 2027-06-30T10:00:13\n\nnonsense\n")
        self.assertEqual([rule["host"] for rule in learn.propose(lines, True, attacks)["network"]["rules"]],
                         ["after.example.org", "before.example.org"])
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder, "proxy")
            shutil.copytree(MODULES, copy, ignore=shutil.ignore_patterns("__pycache__"))
            before = sorted(copy.rglob("*"))
            pathlib.Path(folder, "verified").write_text("2027-06-30T10:00:10 2027-06-30T10:00:13\n")
            for file, count in (("verified", 2), ("none", 4)):
                done = subprocess.run(
                    [sys.executable, "-I", str(copy / "learn.py"), "--denied", "--without",
                     str(pathlib.Path(folder, file))], input="\n".join(lines), text=True,
                    stdout=subprocess.PIPE, check=True)
                self.assertEqual(len(json.loads(done.stdout)["network"]["rules"]), count)
            self.assertEqual(sorted(copy.rglob("*")), before)


if __name__ == "__main__":
    unittest.main()
