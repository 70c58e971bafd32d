"""Open tunnels under another policy: cut where they would go another way now, or to another address."""

from __future__ import annotations

import socket
import unittest

import upstream_world as u
import world as w
from upstream_world import PASSWORD, PROXY_ADDRESS, Case, Liar, setUpModule, tearDownModule, upstream  # noqa: F401

OFFICE = "db.corp"
THERE, BESIDE = [f"{PROXY_ADDRESS}/32"], ["10.9.0.0/16"]


def echo(one: socket.socket) -> None:
    while piece := one.recv(1000):
        one.sendall(piece)


def echo_behind(one: socket.socket) -> None:
    one.sendall(b"HTTP/1.1 200 yes\r\n\r\n")
    echo(one)


class Judged(Case):
    @classmethod
    def setUpClass(cls) -> None:
        u.WORLD.names[OFFICE] = [PROXY_ADDRESS]
        cls.server = socket.create_server((PROXY_ADDRESS, 0))
        cls.port = cls.server.getsockname()[1]
        cls.first, cls.second = Liar(echo_behind), Liar(echo_behind)
        cls.proxy = w.Proxy(u.WORLD, cls.policy(), "judged", {"upstream": PASSWORD})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()
        for one in cls.server, cls.first, cls.second:
            one.close()

    @classmethod
    def policy(cls, way: dict | None = None, addresses: list[str] = THERE, more: list | None = None) -> dict:
        made = w.policy([w.unread(OFFICE, "tcp", [cls.port], addresses=addresses),
                         w.unread("raw.world.test", "tcp", [u.WORLD.plain_port])] + (more or []), [])
        return {**made, "upstream": way} if way else made

    def opened(self, host: str, port: int) -> socket.socket:
        one = w.Client(self.proxy)
        self.addCleanup(one.socket.close)
        answer = one.connect(f"{host}:{port}")
        self.assertRegex(answer, rb"^HTTP/1.1 200 ", answer)
        return one.socket

    def cuts(self, policy: dict, *those: tuple[str, str]) -> None:
        """Of all that are open; each with why."""
        before = len(self.proxy.events())
        self.loads(policy)

        def found() -> list[tuple[str, str]]:
            return [(one["host"], one["reason"]) for one in self.proxy.events()[before:] if one["event"] == "tunnel-cut"]

        # The line of a policy comes before those of what it cuts.
        self.proxy.wait_for(lambda: len(found()) >= len(those))
        self.assertEqual(found(), list(those))

    def stands(self, connection: socket.socket) -> None:
        connection.sendall(b"still")
        self.assertEqual(connection.recv(100), b"still")

    def test_an_address(self):
        self.loads(self.policy())
        here = self.opened(OFFICE, self.port)
        there, _ = self.server.accept()
        public = self.opened("raw.world.test", u.WORLD.plain_port)
        self.cuts(self.policy(addresses=THERE + BESIDE))
        here.sendall(b"x")
        self.assertEqual(there.recv(10), b"x")
        self.cuts(self.policy(addresses=BESIDE), (OFFICE, "it may not have this address any more"))
        self.assertRaises(ConnectionResetError, here.recv, 10)
        self.assertRaises(ConnectionResetError, there.recv, 10)
        public.sendall(b"GET /closing HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertRegex(public.recv(100), rb"^HTTP/1.1 200 ")
        there.close()

    def test_a_way(self):
        way = upstream(self.first.port)
        for other, why in ((upstream(self.second.port), "it would go another way now"), (None, "it would go another way now"),
                           (upstream(self.first.port, tls=True), "it would go another way now"),
                           (upstream(self.first.port, user="others"), "it would go another way now"),
                           (upstream(self.first.port, **{"except": [{"host": "raw.world.test", "suffix": False}]}),
                            "it would go another way now"),
                           (upstream(self.first.port, addresses=BESIDE), "it may not have this address any more")):
            with self.subTest(other):
                self.loads(self.policy(way))
                connection = self.opened("raw.world.test", u.WORLD.plain_port)
                self.stands(connection)
                self.cuts(self.policy(other), ("raw.world.test", why))
                self.assertRaises(ConnectionResetError, connection.recv, 10)

    def test_the_same_way(self):
        self.loads(self.policy(upstream(self.first.port)))
        connection = self.opened("raw.world.test", u.WORLD.plain_port)
        self.cuts(self.policy(upstream(self.first.port, addresses=THERE + BESIDE)))
        self.cuts(self.policy(upstream(self.first.port, **{"except": [{"host": "another.world.test", "suffix": False}]})))
        self.stands(connection)

    def test_a_way_that_is_new(self):
        self.loads(self.policy())
        connection = self.opened("raw.world.test", u.WORLD.plain_port)
        self.cuts(self.policy(upstream(self.first.port)), ("raw.world.test", "it would go another way now"))
        self.assertRaises(ConnectionResetError, connection.recv, 10)


if __name__ == "__main__":
    unittest.main()
