"""A company's own authorities: what `trust` names, for the hosts that it names."""

from __future__ import annotations

import pathlib
import ssl
import unittest

import world as w

WORLD: w.World


def setUpModule() -> None:
    global WORLD, CORP, SERVER
    WORLD = w.World()
    folder = WORLD.folder / "corp"
    folder.mkdir()
    ca, leaf, key = w.make_certificates(folder, ["git.corp", "wiki.world.test", "key.world.test", "late.world.test"])
    CORP = pathlib.Path(ca).read_text()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf, key)
    context.sni_callback = lambda sock, name, ctx: setattr(sock, "server_name", name)
    SERVER = w.Server(w.OFFICE, context, WORLD.port)
    WORLD.servers.append(SERVER)
    for name in ("git.corp", "wiki.world.test", "key.world.test", "late.world.test", "wrong.world.test"):
        WORLD.names[name] = [w.OFFICE]


def tearDownModule() -> None:
    WORLD.close()


def policy(*trust: dict) -> dict:
    made = w.policy([w.rule(name, addresses=["127.0.0.5/32"], ports=[WORLD.port], methods=["GET"]) for name in WORLD.names if
                     WORLD.names[name] == [w.OFFICE]] + [w.rule("api.world.test", ports=[WORLD.port])],
                    [w.credential("git", "git.corp", {"header": "private-token"}, w.GIT_PLACEHOLDER)])
    return {**made, "trust": list(trust)} if trust else made


def named(*hosts: str) -> dict:
    return {"certificates": CORP, "hosts": [{"host": one[2:] if one.startswith("*.") else one, "suffix": one.startswith("*.")}
                                            for one in hosts]}


class Trust(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(WORLD, policy(named("git.corp", "wiki.world.test")), "trust", {"git": w.GIT_SECRET})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def ask(self, host: str, extra: str = "", client: w.Client | None = None) -> bytes:
        text = f"GET /api/v4/user HTTP/1.1\r\nHost: {host}:{WORLD.port}\r\n{extra}\r\n".encode()
        if client:
            return client.raw(text)
        with w.Client(self.proxy) as one:
            one.connect(f"{host}:{WORLD.port}")
            one.tls(host)
            return one.raw(text)

    def loads(self, made: dict) -> None:
        before = sum(event["event"] == "policy-loaded" for event in self.proxy.events())
        self.proxy.write_policy(made)
        self.assertTrue(self.proxy.wait_for(
            lambda: sum(event["event"] == "policy-loaded" for event in self.proxy.events()) > before))

    def refused(self, host: str) -> None:
        seen = len(SERVER.requests)
        answer = self.ask(host)
        self.assertRegex(answer, rb"^HTTP/1.1 502 ", answer)
        self.assertRegex(answer, rb"(?i)certificate verify failed", answer)
        self.assertEqual(len(SERVER.requests), seen)

    def test_an_internal_server_with_a_credential(self):
        answer = self.ask("git.corp", f"Private-Token: {w.GIT_PLACEHOLDER}\r\n")
        self.assertRegex(answer, rb"^HTTP/1.1 200 ")
        fields = {name.lower(): value for name, value in SERVER.requests[-1]["fields"]}
        self.assertEqual(fields[b"private-token"], w.GIT_SECRET.encode())

    def test_the_system_s_authorities_still_count(self):
        self.assertRegex(self.ask("api.world.test"), rb"^HTTP/1.1 200 ")

    def test_another_host_is_not_vouched_for(self):
        self.refused("key.world.test")

    def test_the_name_must_be_in_the_certificate_all_the_same(self):
        self.loads(policy(named("wrong.world.test", "git.corp", "wiki.world.test")))
        answer = self.ask("wrong.world.test")
        self.assertRegex(answer, rb"^HTTP/1.1 502 ", answer)

    def test_what_is_taken_back_ends_kept_connections(self):
        self.loads(policy(named("git.corp", "late.world.test")))
        with w.Client(self.proxy) as client:
            client.connect(f"late.world.test:{WORLD.port}")
            client.tls("late.world.test")
            self.assertRegex(self.ask("late.world.test", client=client), rb"^HTTP/1.1 200 ")
            self.loads(policy(named("git.corp", "wiki.world.test")))
            seen = len(SERVER.requests)
            self.assertRegex(self.ask("late.world.test", client=client), rb"^HTTP/1.1 502 ")
            self.assertEqual(len(SERVER.requests), seen)

    def test_for_every_host(self):
        self.loads(policy({"certificates": "the company's\n" + CORP}))
        try:
            self.assertRegex(self.ask("key.world.test"), rb"^HTTP/1.1 200 ")
        finally:
            self.loads(policy(named("git.corp", "wiki.world.test")))
        self.refused("key.world.test")


if __name__ == "__main__":
    unittest.main()
