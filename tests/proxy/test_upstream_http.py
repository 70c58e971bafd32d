"""http in the clear through a company's proxy: in the absolute form, by a real Squid that takes CONNECT to no such port, and
by some that lie."""

from __future__ import annotations

import base64
import socket
import time
import unittest

import upstream_world as u
import world as w
from upstream_world import (PASSWORD, USER, Case, Liar, Squid, certificates, policy, setUpModule, tearDownModule,  # noqa: F401
                            trusted, upstream)

PAIR = base64.b64encode(f"{USER}:{PASSWORD}".encode())
WRONG = "the upstream proxy does not take this user and password: it answered 407"
UNWANTED = ("Proxy-Authorization: Basic eDp5\r\nproxy-connection: keep-alive\r\nProxy_Authorization: Basic eDp5\r\nProxy-Authenticate: x\r\n"
            "Connection: X-Mine, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: timeout=9\r\nTE: trailers\r\n")


class OfSquid(Case):
    tls = False

    @classmethod
    def setUpClass(cls) -> None:
        cls.ca, leaf, key = certificates(f"http-{cls.tls}", ["proxy.corp"])
        cls.squid = Squid(u.WORLD.folder / f"squid-http-{cls.tls}", [u.WORLD.port, u.WORLD.plain_port], (leaf, key) if cls.tls else None,
                          [u.WORLD.port])
        cls.proxy = w.Proxy(u.WORLD, cls.through_it(), f"http-{cls.tls}", {"api": w.SECRET, "upstream": PASSWORD})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()
        cls.squid.close()

    @classmethod
    def through_it(cls, **changes) -> dict:
        way = upstream(cls.squid.port, tls=cls.tls or None, **changes)
        made = policy(way, trusted(cls.ca, "proxy.corp"))
        for host in "unknown.world.test", "direct.world.test", "plain.world.test":
            made["rules"].append(w.rule(host, scheme="http", ports=[u.WORLD.plain_port], methods=["GET", "POST"]))
        return made

    def seen(self) -> dict[bytes, bytes]:
        return {name.lower(): value for name, value in u.WORLD.plain.requests[-1]["fields"]}

    def test_a_request(self):
        answer = self.http("plain.world.test", UNWANTED)
        self.assertRegex(answer, rb"^HTTP/1.1 200 ", answer)
        self.assertEqual(u.WORLD.plain.requests[-1]["line"], b"GET /v1/x HTTP/1.1")
        self.assertFalse({b"proxy-authorization", b"proxy_authorization", b"proxy-connection", b"x-mine"} & set(self.seen()))
        line = self.squid.asked()[-1]
        self.assertIn("/200 ", line)
        self.assertIn(f" GET http://plain.world.test:{u.WORLD.plain_port}/v1/x {USER} ", line)

    def test_connect_would_be_refused(self):
        """So that the other tests say something."""
        with w.Client(self.proxy) as one:
            self.fails(one.connect(f"raw.world.test:{u.WORLD.plain_port}"),
                       "the upstream proxy does not let this through: it answered 403")

    def test_several_on_one_connection(self):
        host = f"plain.world.test:{u.WORLD.plain_port}"
        body = b"x" * 100000
        with w.Client(self.proxy) as one:
            for _ in range(2):
                self.assertRegex(one.raw(f"GET http://{host}/v1/x HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()), rb"^HTTP/1.1 200 ")
                head = f"POST http://{host}/v1/echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
                self.assertRegex(one.raw(head.encode() + body), rb"^HTTP/1.1 200 ")
                self.assertEqual(u.WORLD.plain.requests[-1]["body"], body)
                head = f"POST http://{host}/v1/echo HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
                self.assertRegex(one.raw(head.encode() + b"3\r\nabc\r\n0\r\n\r\n"), rb"^HTTP/1.1 200 ")
                self.assertEqual(u.WORLD.plain.requests[-1]["body"], b"abc")

    def test_in_a_tunnel(self):
        host = f"plain.world.test:{u.WORLD.plain_port}"
        with w.Client(self.proxy) as one:
            one.connect(host)
            self.assertRegex(one.raw(f"GET /v1/x?tunnel HTTP/1.1\r\nHost: {host}\r\n{UNWANTED}\r\n".encode()), rb"^HTTP/1.1 200 ")
        self.assertIn(f" GET http://{host}/v1/x? {USER} ", self.squid.asked()[-1])

    def test_an_exception_goes_at_once(self):
        self.assertRegex(self.http("direct.world.test", UNWANTED), rb"^HTTP/1.1 200 ")
        self.assertEqual(u.WORLD.plain.requests[-1]["line"], b"GET /v1/x HTTP/1.1")
        self.assertNotIn(b"proxy-authorization", self.seen())
        self.assertFalse([line for line in self.squid.asked() if "direct.world.test" in line])

    def test_what_squid_says_of_a_name(self):
        """Its page of that quotes what it was asked (CVE-2025-62168)."""
        answer = self.http("unknown.world.test")
        self.assertRegex(answer, rb"(?s)^HTTP/1.1 50[0-9] .*squid", answer)
        self.assertNotIn(PASSWORD.encode(), answer)
        self.assertNotIn(PAIR, answer)
        self.assertNotIn(PAIR.rstrip(b"="), answer)

    def test_another_password(self):
        path = self.proxy.secret_path("upstream")
        path.write_text("another-password\n")
        try:
            self.loads(self.through_it(addresses=["127.0.0.5/32", "10.9.0.0/16"]))
            time.sleep(1.2)
            self.fails(self.http("plain.world.test"), WRONG)
            self.fails(self.http("plain.world.test", "Accept: application/json\r\n"), WRONG)
        finally:
            path.write_text(PASSWORD + "\n")
            self.loads(self.through_it())
            time.sleep(1.2)
        self.assertRegex(self.http("plain.world.test"), rb"^HTTP/1.1 200 ")

    def test_a_policy_without_it(self):
        """Of what was kept open nothing is used, and nobody else hears the password."""
        host = f"plain.world.test:{u.WORLD.plain_port}"
        request = f"GET http://{host}/v1/x HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        without = {**self.through_it()}
        del without["upstream"]
        with w.Client(self.proxy) as one:
            self.assertRegex(one.raw(request), rb"^HTTP/1.1 200 ")
            before = len(self.squid.asked())
            self.loads(without)
            try:
                self.assertRegex(one.raw(request), rb"^HTTP/1.1 200 ")
                self.assertEqual(u.WORLD.plain.requests[-1]["line"], b"GET /v1/x HTTP/1.1")
                self.assertNotIn(b"proxy-authorization", self.seen())
                self.assertNotIn(b"via", self.seen())
                self.assertEqual(len(self.squid.asked()), before)
            finally:
                self.loads(self.through_it())
            self.assertRegex(one.raw(request), rb"^HTTP/1.1 200 ")
            self.assertEqual(len(self.squid.asked()), before + 1)


class OfSquidInTls(OfSquid):
    tls = True


class Lies(Case):
    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(u.WORLD, policy(upstream(1)), "http-lies", {"api": w.SECRET, "upstream": PASSWORD})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def lie(self, *answers: bytes, **changes) -> Liar:
        """One answer for each request of a connection; the last one again and again."""
        def behave(one: socket.socket) -> None:
            for number in range(100):
                one.sendall(answers[min(number, len(answers) - 1)])
                head = u.read_head(one)
                if not head:
                    return
                liar.heads.append(head)

        liar = Liar(behave)
        self.addCleanup(liar.close)
        made = policy(upstream(liar.port, **changes))
        for one in made["rules"]:
            if one["host"] == "plain.world.test":
                one.update(websocket=True, methods=["GET", "POST"])
        self.loads(made)
        return liar

    def test_what_it_is_asked(self):
        liar = self.lie(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.assertRegex(self.http("plain.world.test", UNWANTED + "Accept: */*\r\n"), rb"^HTTP/1.1 200 ")
        place = f"plain.world.test:{u.WORLD.plain_port}".encode()
        lines = liar.heads[0].split(b"\r\n")
        self.assertEqual(lines[0], b"GET http://%s/v1/x HTTP/1.1" % place)
        self.assertEqual(sorted(lines[1:-2]), sorted([b"Host: " + place, b"Accept: */*", b"Proxy-Authorization: Basic " + PAIR]))

    def test_a_connection_is_kept(self):
        liar = self.lie(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        host = f"plain.world.test:{u.WORLD.plain_port}"
        with w.Client(self.proxy) as one:
            for number in range(3):
                answer = one.raw(f"GET http://{host}/v1/{number} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                self.assertRegex(answer, rb"^HTTP/1.1 200 ", answer)
        self.assertEqual([head.split(b" ")[1].rpartition(b"/")[2] for head in liar.heads], [b"0", b"1", b"2"])
        self.assertEqual([head.count(b"Proxy-Authorization: Basic " + PAIR) for head in liar.heads], [1, 1, 1])
        self.assertEqual(liar.connections, 1)

    def test_without_a_user(self):
        liar = self.lie(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", user=None, source=None)
        self.assertRegex(self.http("plain.world.test"), rb"^HTTP/1.1 200 ")
        self.assertNotIn(b"uthorization", liar.heads[0])

    def test_407(self):
        for answer in (b"HTTP/1.1 407 no\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 4\r\n\r\nnone", 
                       b"HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.0 407\r\nConnection: close\r\n\r\nmore",
                       b"HTTP/1.1 407 no\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnone\r\n0\r\n\r\n"):
            with self.subTest(answer):
                self.lie(answer)
                said = self.http("plain.world.test", "Connection: close\r\n")
                self.fails(said, WRONG)
                self.assertNotIn(b"realm", said)
                self.assertNotIn(b"none", said)

    def test_407_while_a_body_is_sent(self):
        self.lie(b"HTTP/1.1 407 no\r\nContent-Length: 4\r\n\r\nnone")
        host, body = f"plain.world.test:{u.WORLD.plain_port}", b"x" * 300000
        with w.Client(self.proxy) as one:
            head = f"POST http://{host}/v1/echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
            self.fails(one.raw(head.encode() + body), WRONG)

    def test_what_is_said_back(self):
        """The password is blotted out of whatever comes, in every form."""
        text = b"<a href=?%s>%s %s</a>" % (PASSWORD.encode(), PAIR, base64.b64encode(PASSWORD.encode()))
        for status in 200, 404, 503:
            self.lie(b"HTTP/1.1 %d said\r\nX-Asked: Basic %s\r\nContent-Length: %d\r\n\r\n%s" % (status, PAIR, len(text), text))
            answer = self.http("plain.world.test")
            self.assertRegex(answer, rb"^HTTP/1.1 %d " % status, answer)
            self.assertIn(b"***", answer)
            for form in PASSWORD.encode(), PAIR.rstrip(b"=")[8:], base64.b64encode(PASSWORD.encode()).rstrip(b"=")[:-2]:
                self.assertNotIn(form, answer)

    def test_what_is_compressed(self):
        """An error may be the proxy's own, and quote; what is none is the server's."""
        coded = b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\ngzip"
        self.lie(b"HTTP/1.1 503 no\r\n" + coded)
        answer = self.http("plain.world.test")
        self.assertRegex(answer, rb"^HTTP/1.1 502 ", answer)
        self.assertIn(b"the server compressed an answer that must be read for secrets", answer)
        self.lie(b"HTTP/1.1 200 yes\r\n" + coded)
        self.assertRegex(self.http("plain.world.test"), rb"(?s)^HTTP/1.1 200 .*gzip$")

    def test_a_websocket(self):
        liar = self.lie(b"HTTP/1.1 503 no\r\n\r\n")
        self.fails(self.http("plain.world.test", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
                   "the upstream proxy does not let this through: it answered 503")
        self.assertRegex(liar.heads[0], rb"^CONNECT plain\.world\.test:")

    def test_an_early_end(self):
        liar = self.lie(b"")
        liar.behave = lambda one: None
        answer = self.http("plain.world.test")
        self.assertRegex(answer, rb"^HTTP/1.1 502 ", answer)

    def test_garbage(self):
        self.lie(b"SSH-2.0-what\r\n\r\n")
        self.assertRegex(self.http("plain.world.test", "Connection: close\r\n"), rb"^(HTTP/1.1 502 |$)")

    def test_a_password_that_is_not_there(self):
        liar = self.lie(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                        source={"kind": "file", "path": "/nowhere/at/all"})
        self.assertRegex(self.http("plain.world.test"), rb"^HTTP/1.1 (200|502) ")
        for head in liar.heads:
            self.assertIn(PAIR, head)  # the one that was good stays in use

    def test_a_closed_name(self):
        liar = self.lie(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        made = policy(upstream(liar.port))
        made["rules"].append(w.rule("closed.world.test", scheme="http", ports=[u.WORLD.plain_port]))
        self.loads(made)
        self.assertRegex(self.http("closed.world.test"), rb"^HTTP/1.1 403 ")
        self.assertFalse(liar.heads)


if __name__ == "__main__":
    unittest.main()
