"""A company's proxy that is spoken to in TLS: a real Squid, and some that lie before TLS, in it or about who they are."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
import time
import unittest

import upstream_world as u
import world as w
from upstream_world import (PASSWORD, PROXY_ADDRESS, USER, Case, Liar, Squid, certificates, policy, setUpModule, speaks,  # noqa: F401
                            tearDownModule, trusted, upstream)

NO_TLS = "no TLS came to stand with the upstream proxy; one that speaks none is written http://"


class ThroughSquidInTls(Case):
    @classmethod
    def setUpClass(cls) -> None:
        cls.ca, leaf, key = certificates("good", ["proxy.corp"])
        cls.squid = Squid(u.WORLD.folder / "squid", [u.WORLD.port, u.WORLD.plain_port], (leaf, key))
        cls.proxy = w.Proxy(u.WORLD, cls.through_it(), "through-tls", {"api": w.SECRET, "upstream": PASSWORD})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()
        cls.squid.close()

    @classmethod
    def through_it(cls, *hosts: str, **changes) -> dict:
        return policy(upstream(cls.squid.port, tls=True, **changes), trusted(cls.ca, *(hosts or ("proxy.corp",))))

    def through(self, host: str, port: int) -> bool:
        return any(f" CONNECT {host}:{port} {USER} " in line and "/200 " in line for line in self.squid.asked())

    def test_https_with_a_credential(self):
        answer = self.https("api.world.test", f"X-Api-Key: {w.PLACEHOLDER}\r\nProxy-Authorization: Basic eDp5\r\nConnection: close\r\n")
        self.assertRegex(answer, rb"^HTTP/1.1 200 ", answer)
        fields = {name.lower(): value for name, value in u.WORLD.upstream.requests[-1]["fields"]}
        self.assertEqual(fields[b"x-api-key"], w.SECRET.encode())
        self.assertNotIn(b"proxy-authorization", fields)

    def test_http2_inside(self):
        with w.Client(self.proxy) as one:
            one.connect(f"api.world.test:{u.WORLD.port}")
            context = ssl.create_default_context(cafile=self.proxy.ca)
            context.set_alpn_protocols(["h2", "http/1.1"])
            with context.wrap_socket(one.socket, server_hostname="api.world.test") as inside:
                self.assertEqual(inside.selected_alpn_protocol(), "h2")

    def test_much_both_ways(self):
        """Records of the inner TLS lie across those of the outer one."""
        body = b"0123456789abcdef" * 65536
        with w.Client(self.proxy) as one:
            one.connect(f"api.world.test:{u.WORLD.port}")
            one.tls("api.world.test")
            head = f"POST /v1/echo HTTP/1.1\r\nHost: api.world.test:{u.WORLD.port}\r\nContent-Length: {len(body)}\r\n\r\n"
            answer = one.raw(head.encode() + body)
        self.assertRegex(answer, rb"^HTTP/1.1 200 ", answer[:200])
        self.assertEqual(u.WORLD.upstream.requests[-1]["body"], body)

    def test_http_in_the_clear(self):
        self.assertRegex(self.http("plain.world.test"), rb"^HTTP/1.1 200 ")

    def test_tcp(self):
        with w.Client(self.proxy) as one:
            self.assertRegex(one.connect(f"raw.world.test:{u.WORLD.plain_port}"), rb"^HTTP/1.1 200 ")
            self.assertRegex(one.raw(b"GET /closing HTTP/1.1\r\nHost: x\r\n\r\n"), rb"^HTTP/1.1 200 ")
        self.assertTrue(self.proxy.wait_for(lambda: self.through("raw.world.test", u.WORLD.plain_port)), self.squid.asked())

    def test_tls(self):
        self.assertRegex(self.unread_tls("git.world.test"), rb"^HTTP/1.1 200 ")

    def test_an_exception_goes_at_once(self):
        self.assertRegex(self.https("direct.world.test"), rb"^HTTP/1.1 200 ")
        self.assertFalse([line for line in self.squid.asked() if "direct.world.test" in line])

    def test_what_it_refuses(self):
        self.fails(self.https("forbidden.world.test"), "the upstream proxy does not let this through: it answered 403")

    def test_another_password(self):
        path = self.proxy.secret_path("upstream")
        path.write_text("another-password\n")
        try:
            self.loads(self.through_it(addresses=["127.0.0.5/32", "10.9.0.0/16"]))
            self.proxy.hang_up()
            time.sleep(1.2)
            self.fails(self.https("api.world.test"), "the upstream proxy does not take this user and password: it answered 407")
        finally:
            path.write_text(PASSWORD + "\n")
            self.loads(self.through_it())
            time.sleep(1.2)
        self.assertRegex(self.https("api.world.test"), rb"^HTTP/1.1 200 ")

    def test_an_authority_that_counts_no_more(self):
        """What was opened while it did is used no more."""
        with w.Client(self.proxy) as one:
            one.connect(f"api.world.test:{u.WORLD.port}")
            one.tls("api.world.test")
            request = f"GET /v1/x HTTP/1.1\r\nHost: api.world.test:{u.WORLD.port}\r\n\r\n".encode()
            self.assertRegex(one.raw(request), rb"^HTTP/1.1 200 ")
            self.loads(self.through_it("api.world.test"))
            try:
                self.fails(one.raw(request), "the certificate of the upstream proxy does not hold: "
                           "unable to get local issuer certificate")
            finally:
                self.loads(self.through_it())


class Impostors(Case):
    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(u.WORLD, policy(upstream(1, tls=True)), "impostors", {"api": w.SECRET, "upstream": PASSWORD})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def lie(self, tls: ssl.SSLContext, behave=None, trust: list | None = None) -> Liar:
        liar = Liar(behave or (lambda one: one.sendall(b"HTTP/1.1 200 yes\r\n\r\n")), tls)
        self.addCleanup(liar.close)
        self.loads(policy(upstream(liar.port, tls=True), trust))
        return liar

    def is_an_impostor(self, name: str, names: list[str], why: str, trust=None, age: int = 1) -> None:
        ca, leaf, key = certificates(name, names, age)
        liar = self.lie(speaks(leaf, key), trust=trust(ca) if trust else None)
        for ask in self.https("api.world.test"), self.http("plain.world.test"):
            self.fails(ask, f"the certificate of the upstream proxy does not hold: {why}")
        self.assertFalse(liar.heads)  # nothing was said, the password least of all

    def test_an_authority_that_nobody_named(self):
        self.is_an_impostor("unknown", ["proxy.corp"], "unable to get local issuer certificate")

    def test_an_authority_for_another_host(self):
        self.is_an_impostor("other-host", ["proxy.corp"], "unable to get local issuer certificate",
                            lambda ca: trusted(ca, "api.world.test"))

    def test_another_name(self):
        self.is_an_impostor("other-name", ["proxy.corp.evil.test", "api.world.test", "*.proxy.corp"], "hostname mismatch", trusted)

    def test_a_name_in_the_subject_alone(self):
        folder = u.WORLD.folder / "subject"
        folder.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=proxy.corp", "-keyout", folder / "key", "-out", folder / "leaf"], check=True, stderr=subprocess.DEVNULL)
        liar = self.lie(speaks(str(folder / "leaf"), str(folder / "key")), trust=trusted(str(folder / "leaf")))
        self.fails(self.https("api.world.test"), "the certificate of the upstream proxy does not hold: hostname mismatch")
        self.assertFalse(liar.heads)

    def test_expired(self):
        self.is_an_impostor("expired", ["proxy.corp"], "certificate has expired", trusted, age=40)

    def test_not_valid_yet(self):
        self.is_an_impostor("early", ["proxy.corp"], "certificate is not yet valid", trusted, age=-2)

    def test_signed_by_itself(self):
        folder = u.WORLD.folder / "itself"
        folder.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=proxy.corp", "-addext", "subjectAltName=DNS:proxy.corp", "-keyout", folder / "key", "-out", folder / "leaf"],
                       check=True, stderr=subprocess.DEVNULL)
        liar = self.lie(speaks(str(folder / "leaf"), str(folder / "key")))
        self.fails(self.https("api.world.test"), "the certificate of the upstream proxy does not hold: self-signed certificate")
        self.assertFalse(liar.heads)

    def raw(self, behave) -> list[bytes]:
        """A port where something else than TLS is said."""
        heard = []
        server = socket.create_server((PROXY_ADDRESS, 0))
        self.addCleanup(server.close)

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    heard.append(one.recv(65536))
                    behave(one)

        threading.Thread(target=serve, daemon=True).start()
        self.loads(policy(upstream(server.getsockname()[1], tls=True)))
        return heard

    def test_http_on_that_port(self):
        for text in (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", b"SSH-2.0-what\r\n", b"\0" * 100):
            with self.subTest(text[:10]):
                heard = self.raw(lambda one, text=text: one.sendall(text))
                self.fails(self.https("api.world.test"), NO_TLS)
                self.assertEqual(len(heard), 1)
                self.assertNotIn(b"CONNECT", heard[0])

    def test_an_end_within_the_handshake(self):
        text = "the upstream proxy closed the connection before TLS stood"
        self.raw(lambda one: None)
        self.fails(self.https("api.world.test"), text)
        self.raw(lambda one: one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)))
        self.fails(self.https("api.world.test"), text)

    def test_a_certificate_of_ours_is_wanted(self):
        ca, leaf, key = certificates("wants", ["proxy.corp"])
        context = speaks(leaf, key)
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
        self.lie(context, trust=trusted(ca))
        self.fails(self.https("api.world.test"), "the upstream proxy closed the connection and did not answer")

    def test_nobody_there(self):
        port = w.free_port(PROXY_ADDRESS)
        self.loads(policy(upstream(port, tls=True)))
        self.fails(self.https("api.world.test"), "the upstream proxy cannot be reached")


if __name__ == "__main__":
    unittest.main()
