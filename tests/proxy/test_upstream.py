"""A company's proxy, which what leaves goes through: a real Squid, and some that lie."""

from __future__ import annotations

import base64
import socket
import ssl
import time
import unittest

import upstream_world as u
import world as w
from upstream_world import PASSWORD, PROXY_ADDRESS, USER, Case, Liar, Squid, policy, setUpModule, tearDownModule, upstream  # noqa: F401


class ThroughSquid(Case):
    @classmethod
    def setUpClass(cls) -> None:
        cls.squid = Squid(u.WORLD.folder / "squid", [u.WORLD.port, u.WORLD.plain_port])
        cls.proxy = w.Proxy(u.WORLD, policy(upstream(cls.squid.port)), "through",
                            {"api": w.SECRET, "upstream": PASSWORD})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()
        cls.squid.close()

    def through(self, host: str, port: int) -> bool:
        return any(f" CONNECT {host}:{port} {USER} " in line and "/200 " in line for line in self.squid.asked())

    def test_https_with_a_credential(self):
        answer = self.https("api.world.test", f"X-Api-Key: {w.PLACEHOLDER}\r\nProxy-Authorization: Basic eDp5\r\n")
        self.assertRegex(answer, rb"^HTTP/1.1 200 ", answer)
        fields = {name.lower(): value for name, value in u.WORLD.upstream.requests[-1]["fields"]}
        self.assertEqual(fields[b"x-api-key"], w.SECRET.encode())
        self.assertNotIn(b"proxy-authorization", fields)
        with w.Client(self.proxy) as one:  # Squid logs once it ends
            one.connect(f"api.world.test:{u.WORLD.port}")
        self.loads(policy(upstream(self.squid.port, addresses=["127.0.0.5/32", "10.9.0.0/16"])))
        self.loads(policy(upstream(self.squid.port)))

    def test_http_in_the_clear(self):
        answer = self.http("plain.world.test", "Proxy-Authorization: Basic eDp5\r\nConnection: close\r\n")
        self.assertRegex(answer, rb"^HTTP/1.1 200 ", answer)
        fields = {name.lower() for name, _ in u.WORLD.plain.requests[-1]["fields"]}
        self.assertNotIn(b"proxy-authorization", fields)

    def test_tcp(self):
        with w.Client(self.proxy) as one:
            self.assertRegex(one.connect(f"raw.world.test:{u.WORLD.plain_port}", b"Proxy-Authorization: Basic eDp5\r\n"),
                             rb"^HTTP/1.1 200 ")
            self.assertRegex(one.raw(b"GET /closing HTTP/1.1\r\nHost: x\r\n\r\n"), rb"^HTTP/1.1 200 ")
        self.assertTrue(self.proxy.wait_for(lambda: self.through("raw.world.test", u.WORLD.plain_port)), self.squid.asked())

    def test_tls(self):
        self.assertRegex(self.unread_tls("git.world.test"), rb"^HTTP/1.1 200 ")
        self.assertTrue(self.proxy.wait_for(lambda: self.through("git.world.test", u.WORLD.port)), self.squid.asked())

    def test_a_name_that_nobody_here_knows(self):
        self.assertRegex(self.https("far.world.test"), rb"^HTTP/1.1 200 ")

    def test_a_special_use_name_is_refused_as_ever(self):
        self.assertRegex(self.https("nowhere.corp"), rb"^HTTP/1.1 403 ")

    def test_a_name_with_closed_addresses_is_not_asked_for(self):
        self.assertRegex(self.https("closed.world.test"), rb"^HTTP/1.1 403 ")
        self.assertFalse([line for line in self.squid.asked() if "closed.world.test" in line])

    def test_an_exception_goes_at_once(self):
        self.assertRegex(self.https("direct.world.test"), rb"^HTTP/1.1 200 ")
        self.assertFalse([line for line in self.squid.asked() if "direct.world.test" in line])

    def test_what_it_refuses(self):
        self.fails(self.https("forbidden.world.test"), "the upstream proxy does not let this through: it answered 403")

    def test_another_password(self):
        path = self.proxy.secret_path("upstream")
        path.write_text("another password".replace(" ", "_") + "\n")
        try:
            self.loads(policy(upstream(self.squid.port, addresses=["127.0.0.5/32", "10.9.0.0/16"])))
            self.proxy.hang_up()
            time.sleep(1.2)
            self.fails(self.https("api.world.test"), "the upstream proxy does not take this user and password: it answered 407")
        finally:
            path.write_text(PASSWORD + "\n")
            self.loads(policy(upstream(self.squid.port)))
            time.sleep(1.2)
        self.assertRegex(self.https("api.world.test"), rb"^HTTP/1.1 200 ")

    def test_nothing_is_said_of_the_password(self):
        self.https("api.world.test")
        log = self.proxy.log_text()
        self.assertNotIn(PASSWORD, log)
        self.assertNotIn(base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(), log)

    def test_a_policy_without_it(self):
        self.assertRegex(self.https("api.world.test"), rb"^HTTP/1.1 200 ")
        self.loads(policy(None))
        try:
            before = len(self.squid.asked())
            self.assertRegex(self.https("api.world.test"), rb"^HTTP/1.1 200 ")
            self.assertFalse([line for line in self.squid.asked()[before:] if " NONE" in line])
        finally:
            self.loads(policy(upstream(self.squid.port)))


class Lies(Case):
    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(u.WORLD, policy(upstream(1)), "lies", {"api": w.SECRET, "upstream": PASSWORD})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def lie(self, behave, **changes) -> Liar:
        liar = Liar(behave)
        self.addCleanup(liar.close)
        self.loads(policy(upstream(liar.port, **changes)))
        return liar

    def test_what_it_is_asked(self):
        liar = self.lie(lambda one: one.sendall(b"HTTP/1.1 503 no\r\n\r\n"))
        self.fails(self.https("api.world.test"), "the upstream proxy does not let this through: it answered 503")
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode())
        place = f"api.world.test:{u.WORLD.port}".encode()
        self.assertEqual(liar.heads[0], b"CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Basic %s\r\n\r\n" % (
            place, place, pair))

    def test_without_a_user(self):
        liar = self.lie(lambda one: one.sendall(b"HTTP/1.0 407 who\r\n\r\n"), user=None, source=None)
        self.fails(self.http("plain.world.test"), "the upstream proxy does not take this user and password: it answered 407")
        self.assertNotIn(b"Authorization", liar.heads[0])

    def test_a_certificate_of_its_own(self):
        folder = u.WORLD.folder / "liar"
        folder.mkdir()
        _, leaf, key = w.make_certificates(folder, ["api.world.test"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf, key)
        said = []

        def behave(one):
            one.sendall(b"HTTP/1.1 200 yes\r\n\r\n")
            with context.wrap_socket(one, server_side=True) as inside:
                said.append(inside.recv(1000))

        self.lie(behave)
        answer = self.https("api.world.test", f"X-Api-Key: {w.PLACEHOLDER}\r\n")
        self.assertRegex(answer, rb"^HTTP/1.1 502 ", answer)
        self.assertRegex(answer, rb"(?i)certificate verify failed", answer)
        self.assertFalse(b"".join(said))

    def test_nonsense(self):
        self.lie(lambda one: (one.sendall(b"SSH-2.0-what\r\n"), one.recv(1)))
        self.fails(self.https("api.world.test"), "the upstream proxy does not speak HTTP")
        for text in (b"HTTP/1.1 abc no\r\n\r\n", b"HTTP/1.12 200 ok\r\n\r\n", b"HTTP/1.1 2000 ok\r\n\r\n",
                     b"HTTP/1.1 200 " + b"x" * 20000 + b"\r\n\r\n", b"HTTP/1.1 200 " + b"x" * 70000):
            with self.subTest(text[:20]):
                self.lie(lambda one, text=text: (one.sendall(text), one.recv(1)))
                self.fails(self.https("api.world.test"), "the upstream proxy does not speak HTTP")

    def test_an_early_end(self):
        for text in (b"", b"HT", b"HTTP/1.1 200 ok\r\n"):
            with self.subTest(text):
                self.lie(lambda one, text=text: one.sendall(text))
                self.fails(self.https("api.world.test"), "the upstream proxy closed the connection and did not answer")

    def test_what_follows_at_once(self):
        self.lie(lambda one: (one.sendall(b"HTTP/1.1 200 ok\r\nX: y\r\n\r\nhello from there"), one.recv(100)))
        with w.Client(self.proxy) as one:
            answer = one.connect(f"raw.world.test:{u.WORLD.plain_port}")
            self.assertRegex(answer, rb"^HTTP/1.1 200 ")
            behind = answer.partition(b"\r\n\r\n")[2]
            self.assertEqual(behind or one.socket.recv(100), b"hello from there")

    def test_nobody_there(self):
        port = w.free_port(PROXY_ADDRESS)
        self.loads(policy(upstream(port)))
        self.fails(self.https("api.world.test"), "the upstream proxy cannot be reached")

    def test_its_own_addresses(self):
        liar = self.lie(lambda one: None, addresses=None)
        self.fails(self.https("api.world.test"), 'the upstream proxy has no public address, nor one that \\"upstream\\" names in '
                   '\\"addresses\\"')
        self.loads(policy(upstream(liar.port, host="unknown.corp")))
        self.fails(self.https("api.world.test"), "the name of the upstream proxy does not resolve")
        self.assertFalse(liar.heads)

    def test_a_tcp_rule_hears_it_too(self):
        self.lie(lambda one: one.sendall(b"HTTP/1.1 403 no\r\n\r\n"))
        with w.Client(self.proxy) as one:
            self.fails(one.connect(f"raw.world.test:{u.WORLD.plain_port}"), "the upstream proxy does not let this through: it answered 403")


if __name__ == "__main__":
    unittest.main()
