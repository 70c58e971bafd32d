"""What a company's proxy says in TLS: read as what is said without, and ended by halves."""

from __future__ import annotations

import socket
import ssl
import unittest

import test_upstream
import upstream_world as u
import world as w
from upstream_world import (PASSWORD, Case, Liar, certificates, policy, setUpModule, speaks, tearDownModule, trusted,  # noqa: F401
                            upstream)


class LiesInTls(test_upstream.Lies):
    """What is said in TLS is read as what is said without."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.ca, leaf, key = certificates("liar", ["proxy.corp"])
        cls.context = speaks(leaf, key)
        cls.proxy = w.Proxy(u.WORLD, policy(upstream(1, tls=True)), "lies-tls", {"api": w.SECRET, "upstream": PASSWORD})

    def lie(self, behave, **changes) -> Liar:
        liar = Liar(behave, self.context)
        self.addCleanup(liar.close)
        self.loads(policy(upstream(liar.port, tls=True, **changes), trusted(self.ca, "proxy.corp")))
        return liar

    def test_a_certificate_of_its_own(self):
        """TLS with the server in TLS with the proxy, whose certificate is good for that one alone."""
        _, leaf, key = certificates("inner", ["api.world.test"])
        said = []

        def behave(one):
            one.sendall(b"HTTP/1.1 200 yes\r\n\r\n")
            inner, to, back = speaks(leaf, key), ssl.MemoryBIO(), ssl.MemoryBIO()
            inside = inner.wrap_bio(to, back, server_side=True)
            for _ in range(5):
                try:
                    inside.do_handshake()
                    said.append(inside.read(1000))
                except ssl.SSLWantReadError:
                    pass
                one.sendall(back.read())
                to.write(one.recv(65536))

        self.lie(behave)
        answer = self.https("api.world.test", f"X-Api-Key: {w.PLACEHOLDER}\r\n")
        self.assertRegex(answer, rb"^HTTP/1.1 502 ", answer)
        self.assertRegex(answer, rb"(?i)certificate verify failed", answer)
        self.assertFalse(b"".join(said))


class Halves(Case):
    """The client's half of a tunnel ends: in TLS that is said, and what follows is read."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.ca, leaf, key = certificates("halves", ["proxy.corp"])
        cls.liar = Liar(cls.behave, speaks(leaf, key))
        cls.proxy = w.Proxy(u.WORLD, policy(upstream(cls.liar.port, tls=True), trusted(cls.ca)), "halves",
                            {"api": w.SECRET, "upstream": PASSWORD})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()
        cls.liar.close()

    @staticmethod
    def behave(one: ssl.SSLSocket) -> None:
        one.sendall(b"HTTP/1.1 200 yes\r\n\r\n")
        heard = b""
        while piece := one.recv(1000):
            heard += piece
        one.sendall(b"heard " + heard)
        one.unwrap()

    @unittest.skipUnless(w.NATIVE, "asyncio's TLS has no halves")
    def test_an_answer_after_the_end(self):
        with w.Client(self.proxy) as one:
            one.connect(f"raw.world.test:{u.WORLD.plain_port}")
            one.socket.sendall(b"all of it")
            one.socket.shutdown(socket.SHUT_WR)
            heard = b""
            while piece := one.socket.recv(1000):
                heard += piece
        self.assertEqual(heard, b"heard all of it")

    def test_the_end_ends_both(self):
        with w.Client(self.proxy) as one:
            one.connect(f"raw.world.test:{u.WORLD.plain_port}")
            one.socket.shutdown(socket.SHUT_WR)
            while one.socket.recv(1000):
                pass


if __name__ == "__main__":
    unittest.main()
