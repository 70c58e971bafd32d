"""Hosts of a company's own network: what rules name in `addresses`, and nothing beside it."""

from __future__ import annotations

import json
import unittest

import world as w

WORLD: w.World
RANGE = "127.0.0.4/30"  # OFFICE is in it, and NEVER


def setUpModule() -> None:
    global WORLD, OFFICE, NEVER, PLAIN_OFFICE
    WORLD = w.World()
    OFFICE, NEVER = (w.Server(one, WORLD.upstream.tls, WORLD.port) for one in (w.OFFICE, w.NEVER))
    PLAIN_OFFICE = w.Server(w.OFFICE, None, WORLD.plain_port)
    WORLD.servers += [OFFICE, NEVER, PLAIN_OFFICE]
    WORLD.names.update({
        "git.corp": [w.OFFICE], "wiki.corp": [w.OFFICE], "git.invalid": [w.OFFICE], "split.world.test": [w.OFFICE],
        "two.world.test": [w.OFFICE], "low.world.test": [w.OFFICE], "out.world.test": [w.OFFICE],
        "dated.world.test": [w.OFFICE], "kept.world.test": [w.OFFICE],
        "never.world.test": [w.NEVER], "meta.world.test": ["169.254.169.254"], "own.world.test": [w.BAIT],
        "both.world.test": [w.NEVER, w.OFFICE], "wander.world.test": [[w.OFFICE], [w.NEVER], [w.OFFICE]],
        "rebind.world.test": [[w.UPSTREAM], [w.OFFICE]],
    })


def tearDownModule() -> None:
    WORLD.close()


def rules(**changes) -> list[dict]:
    def rule(host, *ranges, **more):
        more = {"ports": [WORLD.port], **more}
        return w.rule(host, **({"addresses": list(ranges)} if ranges else {}), **more)
    return [
        rule("git.corp", "10.1.0.0/16", RANGE), rule("wiki.corp"), rule("git.invalid", RANGE), rule("split.world.test", RANGE),
        rule("two.world.test", paths=["/a"]), rule("two.world.test", RANGE, methods=["POST"], paths=["/b"]),
        rule("low.world.test", RANGE), rule("low.world.test", scheme="http", ports=[WORLD.plain_port]),
        rule("out.world.test"), rule("dated.world.test"), rule("dated.world.test", RANGE, paths=["/x"], expires="2999-06-30"),
        rule("kept.world.test", *changes.get("kept", [RANGE])),
        *(rule(f"{name}.world.test", RANGE) for name in ("never", "meta", "own", "both", "wander")), rule("rebind.world.test")]


class Addresses(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(WORLD, w.policy(rules(), []), "addresses", {})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def ask(self, host: str, path: str = "/closing", client: w.Client | None = None) -> tuple[int, str]:
        with client or w.Client(self.proxy) as one:
            if client is None:
                one.connect(f"{host}:{WORLD.port}")
                one.tls(host)
            return said(one.raw(f"GET {path} HTTP/1.1\r\nHost: {host}:{WORLD.port}\r\n\r\n".encode()))

    def reaches(self, server: w.Server, host: str, path: str = "/closing") -> None:
        before = len(server.requests)
        self.assertEqual(self.ask(host, path)[0], 200, host)
        self.assertEqual(len(server.requests), before + 1, host)

    def refused(self, host: str, words: str, path: str = "/closing") -> None:
        seen = WORLD.seen()
        self.assertIn(words, self.ask(host, path)[1])
        self.assertEqual(WORLD.seen(), seen, host)

    def test_a_private_name_and_a_public_one_that_leads_there(self):
        self.reaches(OFFICE, "git.corp")
        self.reaches(OFFICE, "split.world.test")

    def test_without_addresses_a_name_is_refused_as_ever(self):
        self.refused("wiki.corp", 'a rule for wiki.corp has to say in "addresses" which ones it may have')
        self.refused("git.invalid", "git.invalid is not reached through it, whatever the rules say")
        self.refused("out.world.test", 'nor one that a rule of it names in "addresses"')

    def test_what_no_rule_can_open(self):
        for name in ("never", "meta", "own"):
            self.refused(f"{name}.world.test", "the name has no public address")

    def test_the_others_of_a_name_are_passed_over(self):
        self.reaches(OFFICE, "both.world.test")

    def test_a_name_that_moves(self):
        self.reaches(OFFICE, "wander.world.test")
        self.refused("wander.world.test", "the name has no public address")
        self.reaches(OFFICE, "wander.world.test")

    def test_rebinding_into_what_another_host_may_reach(self):
        self.reaches(WORLD.upstream, "rebind.world.test")
        for _ in range(2):
            self.refused("rebind.world.test", "the name has no public address")

    def test_the_rules_of_a_host_are_one(self):
        self.reaches(OFFICE, "two.world.test", "/a")

    def test_each_port_for_itself(self):
        self.reaches(OFFICE, "low.world.test")
        seen = WORLD.seen()
        place = f"low.world.test:{WORLD.plain_port}"
        with w.Client(self.proxy) as client:
            status, text = said(client.raw(f"GET http://{place}/x HTTP/1.1\r\nHost: {place}\r\n\r\n".encode()))
        self.assertEqual((status, WORLD.seen()), (403, seen))
        self.assertIn("the name has no public address", text)

    def test_expired_ones_open_nothing(self):
        self.reaches(OFFICE, "dated.world.test")
        day = self.proxy.folder / "today"
        day.write_text("2999-07-01")
        try:
            self.refused("dated.world.test", "the name has no public address")
        finally:
            day.unlink()

    def test_a_kept_connection_ends_with_what_opened_it(self):
        with w.Client(self.proxy) as client:
            client.connect(f"kept.world.test:{WORLD.port}")
            client.tls("kept.world.test")
            answers = []
            for kept in ([RANGE], [RANGE], [], [RANGE, "10.0.0.0/8"]):
                before = self.loaded()
                self.proxy.write_policy(w.policy(rules(kept=kept), []))
                self.proxy.wait_for(lambda: self.loaded() > before)
                seen = len(OFFICE.requests)
                answer = client.raw(f"GET /x HTTP/1.1\r\nHost: kept.world.test:{WORLD.port}\r\n\r\n".encode())
                answers.append((said(answer)[0], len(OFFICE.requests) - seen))
                if answers[-1][0] != 200:  # mitmproxy closes with an answer of its own
                    client.socket.close()
                    client.__init__(self.proxy)
                    client.connect(f"kept.world.test:{WORLD.port}")
                    client.tls("kept.world.test")
        self.assertEqual(answers, [(200, 1), (200, 1), (403, 0), (200, 1)])

    def loaded(self) -> int:
        return sum(event["event"] == "policy-loaded" for event in self.proxy.events())

    def test_an_audit_opens_no_more(self):
        proxy = w.Proxy(WORLD, w.policy([], [], "audit"), "addresses-audit", {})
        try:
            seen = WORLD.seen()
            for host in ("split.world.test", "git.corp"):
                with w.Client(proxy) as client:
                    client.connect(f"{host}:{WORLD.port}")
                    client.tls(host)
                    answer = client.raw(f"GET /x HTTP/1.1\r\nHost: {host}:{WORLD.port}\r\n\r\n".encode())
                self.assertEqual(said(answer)[0], 403, answer)
            self.assertEqual(WORLD.seen(), seen)
        finally:
            proxy.close()


def said(answer: bytes) -> tuple[int, str]:
    body = answer.partition(b"\r\n\r\n")[2].decode()
    return int(answer[9:12] or 0), json.loads(body)["error"] if body.startswith('{"error"') else body


if __name__ == "__main__":
    unittest.main()
