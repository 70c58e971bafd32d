"""What operators grant while the proxy runs, and the requests that wait for their answer."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import unittest

import http2
import world as w

import host_control as control

WORLD: w.World
HINT = "; /run/agent-sandbox/policy.json says what is allowed"


def setUpModule() -> None:
    global WORLD
    WORLD = w.World()


def tearDownModule() -> None:
    WORLD.close()


def policy(ask: dict | None = None, most: dict | None = None, credentials: list | None = None, **more) -> dict:
    made = dict(w.policy([w.rule("open.world.test", ports=[WORLD.port]),
                          w.rule("plain.world.test", scheme="http", ports=[WORLD.plain_port], paths=["/never"])],
                         credentials or []), grants=dict({"seconds": 7200}, **(most or {})), **more)
    if ask is not None:
        made["ask"] = dict({"seconds": 3}, **ask)
    return made


def get(proxy: w.Proxy, path: str = "/v1/asked", host: str = "git.world.test", method: str = "GET", extra: str = "",
        body: bytes = b"", port: int | None = None) -> tuple[int, str]:
    port = port or WORLD.port
    with w.Client(proxy) as client:
        if b" 200 " not in client.connect(f"{host}:{port}")[:20]:
            return 0, ""
        client.tls(host)
        found = client.raw(f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{extra}\r\n".encode() + body)
        return int(found[9:12] or 0), found.partition(b"\r\n\r\n")[2].decode()


class Later(threading.Thread):
    """A request, and what came of it."""

    def __init__(self, proxy: w.Proxy, *arguments, **more) -> None:
        super().__init__(daemon=True)
        self.proxy, self.arguments, self.more = proxy, arguments, more
        self.answer: tuple[int, str] = (0, "")
        self.took = 0.0
        self.start()

    def run(self) -> None:
        start = time.monotonic()
        self.answer = get(self.proxy, *self.arguments, **self.more)
        self.took = time.monotonic() - start

    def ended(self) -> tuple[int, str]:
        self.join(30)
        return self.answer


class Operator:
    """Who is there, and has what is asked."""

    def __init__(self, proxy: w.Proxy) -> None:
        self.peer = control.Control(str(proxy.control), os.geteuid())
        self.peer.send("questions")
        self.questions: dict[int, dict] = {}
        self.gone: list[int] = []
        self.refused = 0
        while "ok" not in (line := self.line()):
            self.take(line)

    def __enter__(self) -> Operator:
        return self

    def __exit__(self, *_) -> None:
        self.peer.close()

    def line(self) -> dict:
        said = self.peer.next_line()
        assert said is not None, "the proxy ended the connection"
        return said

    def take(self, line: dict) -> None:
        if "question" in line:
            self.questions[line["question"]["id"]] = line["question"]
        elif "gone" in line:
            self.questions.pop(line["gone"], None)
            self.gone.append(line["gone"])
        else:
            self.refused = line["refused"]

    def wait_for(self, condition) -> bool:
        self.peer.wait(10)
        with contextlib.suppress(control.ControlError):
            while not condition(self):
                self.take(self.line())
            return True
        return False

    def asks_for(self, path: str, waiting: int = 1) -> dict:
        def found(operator):
            return [one for one in operator.questions.values() if one["path"] == path and one["waiting"] == waiting]
        assert self.wait_for(found), (path, self.questions)
        return found(self)[0]


class Case(unittest.TestCase):
    """One proxy for all tests of a class; each begins without a grant, and asks for a path of its own."""

    ask: dict | None = None
    most: dict | None = None
    more: dict = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.policy = policy(cls.ask, cls.most, **cls.more)
        cls.proxy = w.Proxy(WORLD, cls.policy, f"grants-{cls.__name__}", {"api": w.SECRET}, control=True)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def setUp(self) -> None:
        self.path = "/v1/" + self._testMethodName
        self.proxy.grant()
        self.proxy.grants[1].unlink(missing_ok=True)
        self.proxy.write_policy(self.policy)
        self.look()

    def refuse_all(self) -> None:
        """So that nothing waits any longer."""
        self.proxy.grant(refusals=[w.grant("all", host, ports=[WORLD.port], paths=["/**"], methods=["GET", "POST"])
                                   for host in ("git.world.test", "api.world.test")])
        self.look()

    def last(self) -> dict:
        return self.proxy.decisions()[-1]

    def look(self) -> None:
        with control.Control(str(self.proxy.control), os.geteuid()) as peer:
            peer.ask("look")

    def told(self, word: str) -> list[dict]:
        return [one for one in self.proxy.events() if one["event"] == word]


class Granted(Case):
    def allowed(self, *arguments, **more) -> bool:
        status, _ = get(self.proxy, *arguments, **more)
        self.assertIn(status, (200, 403))
        return status == 200

    def test_one(self):
        status, body = get(self.proxy)
        self.assertEqual(status, 403)
        self.assertIn(HINT, body)
        self.proxy.grant(w.grant("g1", "git.world.test", ports=[WORLD.port]))
        self.assertTrue(self.allowed())
        self.assertEqual({key: self.last().get(key) for key in ("verdict", "grant", "owner", "rule")},
                         {"verdict": "allow", "grant": "g1", "owner": "me", "rule": None})
        for other in ({"path": "/v1/asked/more"}, {"path": "/v1"}, {"path": "/v1/asked%2fx"}, {"path": "/V1/asked"},
                      {"method": "DELETE"}, {"method": "POST", "extra": "Content-Length: 0\r\n"}, {"host": "api.world.test"}):
            with self.subTest(**other):
                self.assertFalse(self.allowed(**other))
        self.assertTrue(self.allowed("/v1/asked?more=1"))
        self.proxy.grants[0].unlink()
        self.assertFalse(self.allowed())

    def test_what_a_rule_says(self):
        self.proxy.grant(
            w.grant("a", "git.world.test", ports=[WORLD.port], methods=["GET", "POST"], paths=["/v1/a/**"]),
            w.grant("b", "git.world.test", ports=[WORLD.port], paths=["/v1/b"], query=["x=1"]),
            w.grant("c", "api.world.test"),
            w.grant("d", "plain.world.test", scheme="http", ports=[WORLD.plain_port]))
        self.assertTrue(self.allowed("/v1/a/x/y"))
        self.assertTrue(self.allowed("/v1/a/x", method="POST", extra="Content-Length: 2\r\n", body=b"ok"))
        self.assertFalse(self.allowed("/v1/a/../b"))
        self.assertTrue(self.allowed("/v1/b?x=1"))
        self.assertFalse(self.allowed("/v1/b?x=2"))
        self.assertFalse(self.allowed(host="api.world.test"))  # its port is 443
        with w.Client(self.proxy) as client:
            place = f"plain.world.test:{WORLD.plain_port}"
            found = client.raw(f"GET http://{place}/v1/asked HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
            self.assertIn(b" 200 ", found[:13])

    def test_a_port_that_no_rule_has(self):
        """Its tunnel is opened and read, where the host may be granted; so somebody can be asked about it."""
        port = w.free_port()
        status, body = get(self.proxy, port=port)
        self.assertEqual(status, 403)
        self.assertEqual(json.loads(body)["missing"], {"host": "git.world.test", "methods": ["GET"], "paths": ["/v1/asked"], "ports": [port]})
        self.proxy.grant(w.grant("port", "git.world.test", ports=[port]))
        status, body = get(self.proxy, port=port)
        self.assertEqual((status, self.last()["grant"]), (502, "port"), body)
        with w.Client(self.proxy) as client:
            client.connect(f"git.world.test:{port}")
            self.assertIn(b"is neither TLS nor HTTP, and no rule passes it on unread", client.raw(b"SSH-2.0-x\r\n"))
        self.proxy.write_policy(policy(most={"hosts": [{"host": "api.world.test", "suffix": False}]}))
        self.assertEqual(get(self.proxy, port=port), (0, ""))

    def test_two_files(self):
        self.proxy.grant(w.grant("date", "git.world.test", ports=[WORLD.port], boot_until=None), file=1)
        self.assertTrue(self.allowed())
        self.proxy.grant(w.grant("other", "api.world.test", ports=[WORLD.port]))
        self.assertTrue(self.allowed())
        self.assertTrue(self.allowed(host="api.world.test"))

    def test_its_end(self):
        now, boot = int(time.time()), int(time.clock_gettime(time.CLOCK_BOOTTIME))
        for name, ends, holds in (
                ("over", {"until": now - 1, "boot_until": None}, False),
                ("over by the machine's", {"until": now + 60, "boot_until": boot - 1}, False),
                ("over by the date", {"until": now - 1, "boot_until": boot + 60}, False),
                ("further than any may be", {"until": now + 7500, "boot_until": None}, False),
                ("further by the machine's", {"until": None, "boot_until": boot + 7500}, False),
                ("the machine's alone", {"until": None, "boot_until": boot + 60}, True),
                ("in time", {"until": now + 60, "boot_until": None}, True)):
            with self.subTest(name):
                self.proxy.grant(w.grant("end", "git.world.test", ports=[WORLD.port], **ends))
                self.assertEqual(self.allowed(), holds)
        self.proxy.grant(w.grant("soon", "git.world.test", ports=[WORLD.port], until=int(time.time()) + 2, boot_until=None))
        self.assertTrue(self.allowed())
        self.assertTrue(self.proxy.wait_for(lambda: not self.allowed(), 5))

    def test_uses(self):
        self.proxy.grant(w.grant("twice", "git.world.test", ports=[WORLD.port], uses=2))
        self.assertEqual([self.allowed() for _ in range(4)], [True, True, False, False])
        self.proxy.grant(w.grant("twice", "git.world.test", ports=[WORLD.port], uses=2), w.grant("x", "a.world.test"))
        self.assertFalse(self.allowed())
        self.proxy.grant(w.grant("again", "git.world.test", ports=[WORLD.port], uses=1))
        self.assertEqual([self.allowed() for _ in range(2)], [True, False])

    def test_refusals(self):
        never = w.grant("no", "git.world.test", ports=[WORLD.port], paths=["/**"])
        self.proxy.grant(refusals=[never])
        status, body = get(self.proxy)
        self.assertEqual(status, 403)
        self.assertIn("; an operator said no" + HINT, body)
        self.proxy.grant(w.grant("yes", "git.world.test", ports=[WORLD.port]), refusals=[never])
        self.assertTrue(self.allowed())
        self.assertFalse(self.allowed("/v1/other"))

    def test_what_is_not_taken_up(self):
        good = w.grant("good", "git.world.test", ports=[WORLD.port])
        self.proxy.grant(good)
        self.assertTrue(self.allowed())
        for one, word in (
                (dict(good, host="*.world.test"), "grants[0].host: "), (dict(good, host="10.0.0.1"), "grants[0].host: "),
                (dict(good, paths=[]), "grants[0].paths: one or more"), (dict(good, paths=["x"]), "grants[0].paths[0]: "),
                (dict(good, methods=["CONNECT"]), "grants[0].methods[0]: "), (dict(good, scheme="tcp"), "grants[0]"),
                (dict(good, more=1), "grants[0]: unknown key 'more'"), (dict(good, addresses=["10.0.0.0/8"]), "unknown key 'addresses'"),
                (dict(good, id="a b"), "grants[0].id: letters, digits and -, at most 60"), (dict(good, id=""), "grants[0].id: "),
                (dict(good, until=0), "grants[0].until: a number that is not too large"),
                (dict(good, until=True), "grants[0].until: "), (dict(good, uses=1.5), "grants[0].uses: "),
                (w.grant("x", "git.world.test", until=None, boot_until=None), "grants[0]: until or boot_until is missing"),
                ({key: value for key, value in good.items() if key != "owner"}, "grants[0]: owner is missing"),
                ("text", "grants[0]: an object")):
            with self.subTest(word):
                before = len(self.told("grants-kept"))
                self.proxy.grant(one)
                self.look()
                self.assertEqual(len(self.told("grants-kept")), before + 1)
                said = self.told("grants-kept")[-1]
                self.assertEqual(said["file"], str(self.proxy.grants[0]))
                self.assertIn(word, said["error"])
                self.assertTrue(self.allowed())
        for text, word in (("{", "not valid JSON"), ("[]", "the file: an object"), ('{"version": 1}', "the file: grants is missing"),
                           ('{"version": 2, "grants": []}', "version: this proxy reads version 1"),
                           ('{"version": 1, "grants": [], "grants": []}', "not valid JSON"),
                           ('{"version": 1, "grants": [], "refusals": 1}', "refusals: a list"),
                           (json.dumps({"version": 1, "grants": [good] * 1001}), "1000 grants and refusals at most"),
                           (" " * 1_100_000, "")):
            with self.subTest(word):
                before = len(self.told("grants-kept"))
                self.proxy.grants[0].with_suffix(".new").write_text(text)
                self.proxy.grants[0].with_suffix(".new").rename(self.proxy.grants[0])
                self.look()
                self.assertEqual(len(self.told("grants-kept")), before + 1)
                self.assertIn(word, self.told("grants-kept")[-1]["error"])
                self.assertTrue(self.allowed())

    def test_a_policy_without(self):
        self.proxy.grant(w.grant("g", "git.world.test", ports=[WORLD.port]))
        self.assertTrue(self.allowed())
        now = policy()
        del now["grants"]
        self.proxy.write_policy(now)
        self.assertFalse(self.allowed())
        self.assertNotIn(HINT, get(self.proxy)[1])


class Most(Case):
    most = {"hosts": [{"host": "world.test", "suffix": True}], "methods": ["GET"]}

    def test_what_is_more(self):
        both = {"ports": [WORLD.port], "methods": ["GET", "POST"]}
        self.proxy.grant(w.grant("a", "git.world.test", **both), w.grant("b", "www.attacker.test", **both))
        self.assertEqual(get(self.proxy)[0], 200)
        self.assertEqual(get(self.proxy, method="POST", extra="Content-Length: 0\r\n")[0], 403)
        self.assertEqual(get(self.proxy, host="www.attacker.test")[0], 403)


class Never(Case):
    """What holds whatever is granted."""

    ask: dict | None = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.more = {"credentials": [w.credential("api", "git.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)],
                    "denied": [{"host": "git.world.test", "suffix": False, "scheme": "https", "paths": ["/v1/closed/**"],
                                "ports": [WORLD.port]}]}
        super().setUpClass()

    def setUp(self) -> None:
        super().setUp()
        self.proxy.grant(*(w.grant(f"g{number}", host, ports=[WORLD.port], paths=["/**"]) for number, host in enumerate(
            ("git.world.test", "bait.world.test", "metadata.world.test", "mixed.world.test", "x.localhost"))))

    def test_no_secret(self):
        status, _ = get(self.proxy, extra=f"X-Api-Key: {w.PLACEHOLDER}\r\n")
        self.assertEqual(status, 200)
        record = WORLD.upstream.requests[-1]
        self.assertNotIn(w.SECRET.encode(), b"".join(map(b"".join, record["fields"])))
        self.assertNotIn(b"x-api-key", [name.lower() for name, _ in record["fields"]])
        self.assertNotIn("credentials", self.last())
        self.assertEqual(get(self.proxy, extra=f"X-Other: {w.PLACEHOLDER}\r\n")[0], 403)

    def test_what_is_denied(self):
        with Operator(self.proxy) as operator:
            status, body = get(self.proxy, "/v1/closed/x")
            self.assertEqual((status, "a rule denies" in body, operator.questions), (403, True, {}))

    def test_addresses_that_are_closed(self):
        before = WORLD.seen()
        for host in "bait.world.test", "metadata.world.test":
            with self.subTest(host):
                self.assertIn(get(self.proxy, host=host)[0], (403, 502))
        with Operator(self.proxy) as operator:
            self.assertEqual(get(self.proxy, host="x.localhost")[0], 403)
            self.assertEqual(operator.questions, {})
        self.assertEqual(WORLD.seen(), before)

    def test_ranges_of_a_rule(self):
        changed = policy(self.ask, None, **self.more)
        changed["rules"].append(w.rule("bait.world.test", ports=[WORLD.port], paths=["/only"], addresses=["127.0.0.0/8"]))
        self.proxy.write_policy(changed)
        before = WORLD.seen()
        with Operator(self.proxy):
            self.assertEqual(get(self.proxy, host="bait.world.test")[0], 403)
        self.assertEqual(WORLD.seen(), before)


class Asked(Case):
    ask: dict | None = {"seconds": 30}

    def test_nobody_is_there(self):
        status, body = get(self.proxy)
        self.assertEqual(status, 403)
        self.assertIn("; nobody is there to be asked" + HINT, body)

    def test_yes(self):
        with Operator(self.proxy) as operator:
            asked = Later(self.proxy, self.path + "?secret=1")
            question = operator.asks_for(self.path)
            self.assertEqual({key: question[key] for key in ("method", "scheme", "host", "port", "count", "websocket")},
                             {"method": "GET", "scheme": "https", "host": "git.world.test", "port": WORLD.port, "count": 1,
                              "websocket": False})
            self.assertNotIn("secret", json.dumps(question))
            self.assertLessEqual(question["wait_until"], time.time() + 31)
            self.proxy.grant(w.grant("yes", **question["missing"]))
            start = time.monotonic()
            self.look()
            self.assertEqual(asked.ended()[0], 200)
            self.assertLess(time.monotonic() - start, 10)
            self.assertEqual(self.last()["grant"], "yes")
            self.assertEqual(operator.asks_for(self.path, 0)["waiting"], 0)

    def test_yes_without_a_word(self):
        with Operator(self.proxy) as operator:
            asked = Later(self.proxy, self.path)
            self.proxy.grant(w.grant("yes", **operator.asks_for(self.path)["missing"]))
            self.assertEqual(asked.ended()[0], 200)

    def test_a_rule(self):
        with Operator(self.proxy) as operator:
            asked = Later(self.proxy, self.path)
            operator.asks_for(self.path)
            changed = policy(self.ask)
            changed["rules"].append(w.rule("git.world.test", ports=[WORLD.port]))
            self.proxy.write_policy(changed)
            self.assertEqual(asked.ended()[0], 200)
            self.assertEqual(self.last()["rule"], 2)

    def test_no(self):
        with Operator(self.proxy) as operator:
            asked = Later(self.proxy, self.path)
            self.proxy.grant(refusals=[w.grant("no", **operator.asks_for(self.path)["missing"])])
            self.look()
            status, body = asked.ended()
            self.assertEqual(status, 403)
            self.assertIn("; an operator said no" + HINT, body)
            self.assertLess(asked.took, 20)

    def test_many_of_one(self):
        with Operator(self.proxy) as operator:
            asked = [Later(self.proxy, self.path) for _ in range(5)]
            question = operator.asks_for(self.path, 5)
            self.assertEqual(question["count"], 5)
            self.proxy.grant(w.grant("once", uses=1, **question["missing"]))
            self.look()
            self.assertTrue(operator.wait_for(lambda one: self.waiting(one) == 4))
            self.refuse_all()
            self.assertEqual(sorted(one.ended()[0] for one in asked), [200, 403, 403, 403, 403])
            self.assertEqual([one["count"] for one in operator.questions.values() if one["path"] == self.path], [5])

    def waiting(self, operator: Operator) -> int:
        return sum(one["waiting"] for one in operator.questions.values() if one["path"] == self.path)

    def test_a_body(self):
        with Operator(self.proxy) as operator:
            asked = Later(self.proxy, "/v1/upload", method="POST", extra="Content-Length: 100000\r\n", body=b"x" * 100000)
            question = operator.asks_for("/v1/upload")
            self.assertEqual(question["missing"]["methods"], ["POST"])
            self.proxy.grant(w.grant("body", **question["missing"]))
            self.look()
            self.assertEqual(asked.ended(), (200, "100000"))
            refused = Later(self.proxy, "/v1/count", method="POST", extra="Content-Length: 100000\r\n", body=b"x" * 100000)
            operator.asks_for("/v1/count")
            self.refuse_all()
            self.assertEqual(refused.ended()[0], 403)

    def test_who_leaves(self):
        with Operator(self.proxy) as operator:
            with w.Client(self.proxy) as client:
                client.connect(f"git.world.test:{WORLD.port}")
                client.tls("git.world.test")
                client.socket.sendall(f"GET /v1/left HTTP/1.1\r\nHost: git.world.test:{WORLD.port}\r\n\r\n".encode())
                question = operator.asks_for("/v1/left")
            self.assertEqual(operator.asks_for("/v1/left", 0)["id"], question["id"])
            before = WORLD.seen()
            self.proxy.grant(w.grant("late", **question["missing"]))
            self.look()
            time.sleep(0.3)
            self.assertEqual(WORLD.seen(), before)

    def test_what_is_there_already(self):
        with Operator(self.proxy) as first:
            asked = Later(self.proxy, self.path)
            first.asks_for(self.path)
            with Operator(self.proxy) as second:
                self.assertIn(self.path, [one["path"] for one in second.questions.values()])
            self.refuse_all()
            self.assertEqual(asked.ended()[0], 403)

    def test_what_is_not_asked(self):
        with Operator(self.proxy) as operator:
            for path in ("/v1/" + "x" * 600,):
                start = time.monotonic()
                self.assertEqual(get(self.proxy, path)[0], 403)
                self.assertLess(time.monotonic() - start, 20)
            self.assertEqual(get(self.proxy, host="192.0.2.1")[0], 0)
            self.assertEqual([one for one in operator.questions.values() if "x" * 600 in one["path"]], [])

    def test_http2(self):
        with Operator(self.proxy) as operator, w.Client(self.proxy) as client:
            client.connect(f"git.world.test:{WORLD.port}")
            self.assertEqual(client.tls("git.world.test", ["h2"]), "h2")
            talk = http2.Spoken(client)
            for stream, path in (1, "/v1/two"), (3, "/v1/free"):
                talk.connection.send_headers(stream, [
                    (":method", "GET"), (":scheme", "https"), (":path", path),
                    (":authority", f"git.world.test:{WORLD.port}")], end_stream=True)
            client.socket.sendall(talk.connection.data_to_send())
            question = operator.asks_for("/v1/two")
            operator.asks_for("/v1/free")
            self.proxy.grant(w.grant("two", **question["missing"]))
            self.look()
            talk.stream = 1
            self.assertEqual(talk.answer()[0], "200")
            self.refuse_all()
            talk.stream = 3
            self.assertEqual(talk.answer()[0], "403")


class Unanswered(Case):
    ask: dict | None = {"seconds": 2}

    def test_no_answer(self):
        with Operator(self.proxy):
            asked = Later(self.proxy, self.path)
            status, body = asked.ended()
            self.assertEqual(status, 403)
            self.assertIn("; nobody answered within 2 s" + HINT, body)
            self.assertTrue(0.5 <= asked.took < 20, asked.took)
            self.assertEqual((self.last()["verdict"], "missing" in self.last()), ("deny", True))
            self.assertIn("nobody answered within 2 s", self.last()["reason"])

class Some(Case):
    ask: dict | None = {"seconds": 30, "hosts": [{"host": "git.world.test", "suffix": False}]}

    def test_the_others(self):
        with Operator(self.proxy) as operator:
            status, body = get(self.proxy, host="api.world.test")
            self.assertEqual(status, 403)
            self.assertIn("/v1/asked" + HINT, body)
            self.assertIn(HINT, body)
            asked = Later(self.proxy)
            operator.asks_for("/v1/asked")
            self.refuse_all()
            self.assertIn("said no", asked.ended()[1])


class Flood(Case):
    ask: dict | None = {"seconds": 60}

    def test_more_questions_than_there_may_be(self):
        with Operator(self.proxy) as operator, contextlib.ExitStack() as stack:
            waiting = []
            for number in range(300):
                peer = stack.enter_context(socket.create_connection(("127.0.0.1", self.proxy.port), 20))
                place = f"plain.world.test:{WORLD.plain_port}"
                peer.sendall(f"GET http://{place}/v1/{number} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n".encode())
                waiting.append(peer)
            self.assertTrue(operator.wait_for(lambda one: len(one.questions) == 256 and one.refused == 44),
                            (len(operator.questions), operator.refused))
            self.assertIn(b"too many requests wait for an answer already", waiting[-1].makefile("rb").read())
            waiting[0].close()
            self.assertTrue(operator.wait_for(lambda one: sum(q["waiting"] for q in one.questions.values()) == 255))
            late = stack.enter_context(socket.create_connection(("127.0.0.1", self.proxy.port), 20))
            late.sendall(f"GET http://{place}/v1/late HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
            self.assertTrue(operator.wait_for(lambda one: any(q["path"] == "/v1/late" for q in one.questions.values())))
            self.assertEqual(len(operator.gone), 1)
            self.assertEqual(len(operator.questions), 256)
