"""What rules say beyond places and methods, in the real proxies: what is denied, queries, ceilings."""

from __future__ import annotations

import json
import unittest

import test_live
import world as w


def setUpModule() -> None:
    test_live.setUpModule()


def tearDownModule() -> None:
    test_live.tearDownModule()


def made_policy(count: int, enforcement: str) -> dict:
    port = [test_live.WORLD.port]
    made = w.policy([w.rule("api.world.test", paths=["/v1/**"], ports=port, query=["a=*", "b"], owner="me"),
                     w.rule("www.attacker.test", ports=port, requests={"count": count, "seconds": 86400})],
                    [w.credential("api", "api.world.test", {"query": "key"}, w.PLACEHOLDER)], enforcement)
    made["denied"] = [{"host": "world.test", "suffix": True, "scheme": "https", "paths": ["/v1/no/**"], "ports": port, "owner": "you"}]
    return made


class Rules(unittest.TestCase):
    enforcement = "enforce"

    def setUp(self) -> None:
        self.proxy = w.Proxy(test_live.WORLD, made_policy(3, self.enforcement), self.id(), test_live.SECRETS)
        self.addCleanup(self.proxy.close)

    def ask(self, path: str, host="api.world.test", **more) -> str:
        self.answer = test_live.ask(self.proxy, path, host, **more)
        return test_live.status(self.answer)

    def load(self, policy: dict) -> None:
        before = sum(one["event"] == "policy-loaded" for one in self.proxy.events())
        self.proxy.write_policy(policy)
        self.proxy.hang_up()
        self.assertTrue(self.proxy.wait_for(
            lambda: sum(one["event"] == "policy-loaded" for one in self.proxy.events()) > before))

    def test_denied(self):
        self.assertEqual(self.ask("/v1/x"), "200")
        for path in ("/v1/no/x", "/v1/NO", "/v1//no/x", "/v1%2fno/x", "/v1/no;x/y", "/v1/%6eo/?a=1"):
            self.assertEqual(self.ask(path), "403", path)
            self.assertIn(b"agent-sandbox: a rule denies GET api.world.test", self.answer)
            self.assertNotIn(b"missing", self.answer)
        last = self.proxy.decisions()[-1]
        self.assertEqual((last["verdict"], last["owner"], "missing" in last), ("deny", "you", False))

    def test_query(self):
        for query in ("a=1&b", "a=%26c=1", "b=+&&a", f"key={w.PLACEHOLDER}&a=1"):
            self.assertEqual(self.ask("/v1/x?" + query), "200", query)
        self.assertIn(b"key=", test_live.WORLD.upstream.requests[-1]["line"])
        for query in ("c", "a=1&c=2", "a=1;c=2", "a=%25252541", "%61%00=1", "A=1"):
            self.assertEqual(self.ask("/v1/x?" + query), "403", query)
            self.assertIn(b"with this query", self.answer)
        self.ask("/v1/x?c=d+e", extra="Accept: application/json\r\n")
        said = json.loads(self.answer.split(b"\r\n\r\n", 1)[1])
        self.assertEqual(said["missing"]["query"], ["c=d%2Be", "c=d%20e"])

    def test_ceiling(self):
        self.assertEqual([self.ask("/", "www.attacker.test") for _ in range(3)], ["200"] * 3)
        asked = len(test_live.WORLD.upstream.requests)
        self.assertEqual(self.ask("/x", "www.attacker.test"), "429")
        head, _, body = self.answer.partition(b"\r\n\r\n")
        after = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"retry-after:")]
        self.assertTrue(1 <= after[0] <= 86400, after)
        self.assertIn(b"the rule for www.attacker.test lets 3 requests a day through", body)
        self.assertIn(b"is one more; it opens again at ", body)
        self.assertEqual(len(test_live.WORLD.upstream.requests), asked)
        self.assertEqual(self.proxy.decisions()[-1]["rule"], 1)
        changed = made_policy(3, self.enforcement)
        changed["rules"][0]["owner"] = "somebody else"
        self.load(changed)
        self.assertEqual(self.ask("/x", "www.attacker.test"), "429")
        self.load(made_policy(4, self.enforcement))
        self.assertEqual(self.ask("/x", "www.attacker.test"), "200")


class InAnAudit(Rules):
    enforcement = "audit"
    test_denied = test_query = None

    def test_ceiling(self):
        self.assertEqual([self.ask("/", "www.attacker.test") for _ in range(4)], ["200"] * 4)
        last = self.proxy.decisions()[-1]
        self.assertEqual((last["verdict"], last["rule"], "missing" in last), ("audit", 1, False))
        self.assertEqual(self.ask("/v1/no/x"), "200")
        last = self.proxy.decisions()[-1]
        self.assertEqual((last["verdict"], last["owner"], "missing" in last), ("audit", "you", False))


if __name__ == "__main__":
    unittest.main()
