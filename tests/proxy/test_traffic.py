"""How many bytes went where, as the log has it when the proxy ends."""

from __future__ import annotations

import json
import unittest

import test_chain
import test_live as live
import world as w

WORLD: w.World


def setUpModule() -> None:
    global WORLD
    WORLD = live.WORLD = w.World()


def tearDownModule() -> None:
    WORLD.close()


def told(proxy: w.Proxy) -> dict:
    """As it ends: by scheme, host and port, sent and received."""
    proxy.close()
    found: dict = {}
    for one in proxy.events():
        if one["event"] == "traffic":
            key = (one["scheme"], one["host"], one["port"])
            before = found.get(key, (0, 0))
            found[key] = (before[0] + one["sent"], before[1] + one["received"])
    return found


class Traffic(unittest.TestCase):
    def test_messages(self):
        proxy = w.Proxy(WORLD, w.policy([w.rule("open.world.test", ports=[WORLD.port], methods=["GET", "POST"]),
                                         w.rule("plain.world.test", scheme="http", ports=[WORLD.plain_port])], []), "messages", {})
        sizes = 0
        for body in (b"", b"x" * 10, b"y" * 100_000):
            with live.tunnel(proxy, "open.world.test", 30) as client:
                head = live.request("/v1/x", "open.world.test", "POST", f"Content-Length: {len(body)}\r\n")
                found = client.raw(head + body)
            self.assertEqual(live.status(found), "200")
            sizes += len(found.partition(b"\r\n\r\n")[2])
        live.ask(proxy, "/refused", "www.attacker.test")
        with w.Client(proxy) as client:
            place = f"plain.world.test:{WORLD.plain_port}"
            found = client.raw(f"GET http://{place}/ HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        plain = len(found.partition(b"\r\n\r\n")[2])
        self.assertGreater(plain, 0)
        self.assertEqual(told(proxy), {("https", "open.world.test", WORLD.port): (100_010, sizes),
                                       ("http", "plain.world.test", WORLD.plain_port): (0, plain)})

    def test_what_nobody_reads(self):
        proxy = w.Proxy(WORLD, w.policy([w.unread("plain.world.test", "tcp", [WORLD.plain_port])], []), "unread", {})
        with w.Client(proxy) as client:
            client.connect(f"plain.world.test:{WORLD.plain_port}")
            asked = f"GET /x HTTP/1.1\r\nHost: plain.world.test\r\nConnection: close\r\n\r\n".encode()
            found = client.raw(asked)
        self.assertEqual(told(proxy), {("tcp", "plain.world.test", WORLD.plain_port): (len(asked), len(found))})

    def test_the_counters(self):
        """Of the add-on: told once a minute, and only so many."""
        traffic = test_chain.load(w.MODULES, "traffic")
        now, lines = [100.0], []
        one = traffic.Traffic(lambda event, **facts: lines.append((event, facts)), lambda: now[0])
        one.of("https", "a", 443).add(False, 3)
        one.of("https", "a", 443).add(True, 4)
        one.of("https", "b", 443)
        one.tick()
        self.assertEqual(lines, [])
        now[0] += 60
        one.tick()
        one.tick()
        self.assertEqual(lines, [("traffic", {"scheme": "https", "host": "a", "port": 443, "sent": 3, "received": 4})])
        for n in range(3000):
            one.of("https", f"h{n}", 443).add(False, 1)
        one.tell()
        self.assertEqual((len(lines), json.dumps(lines[-1])), (
            1 + 1022 + 1, json.dumps(["traffic", {"scheme": "", "host": "others", "port": 0, "sent": 1978, "received": 0}])))


if __name__ == "__main__":
    unittest.main()
