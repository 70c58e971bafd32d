"""Secrets in bodies of JSON, in the real proxies: where they go, what is refused, and what comes back."""

from __future__ import annotations

import json
import unittest

import http2
import test_live
import world as w

PLACEHOLDER = "placeholder-in-a-body"
SECRET = 'real"Secret\\of/4+a=Body'


def setUpModule() -> None:
    test_live.setUpModule()
    w.ROUTES[b"/says"] = says


def tearDownModule() -> None:
    test_live.tearDownModule()


def says(connection, record, lower) -> bool:
    """All of its body, back, in pieces."""
    text = record["body"] or b"nothing"
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for at in range(0, len(text), 5):
        connection.sendall(b"%x\r\n%s\r\n" % (len(text[at:at + 5]), text[at:at + 5]))
    connection.sendall(b"0\r\n\r\n")
    return True


class JsonSlots(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        ports = [test_live.WORLD.port]
        rules = [w.rule(host, methods=["GET", "POST", "PUT"], ports=ports) for host in ("api.world.test", "open.world.test", "key.world.test")]
        asked = {**w.credential("asked", "api.world.test", {"json": "/auth/key"}, PLACEHOLDER), "ask": True, "paths": ["/says", "/v1/**"]}
        always = w.credential("always", "open.world.test", {"json": "/key"}, PLACEHOLDER + "-2")
        few = {**w.credential("few", "key.world.test", {"json": "/key"}, PLACEHOLDER + "-3"), "ask": True,
               "requests": {"count": 1, "seconds": 86400}}
        for one in asked, always, few:
            one["source"]["path"] = "@FOLDER@/secret-one"
        cls.proxy = w.Proxy(test_live.WORLD, w.policy(rules, [asked, always, few]), cls.__name__, {"one": SECRET})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def post(self, body: bytes, path="/says", host="api.world.test", head: str | None = None, kind="application/json") -> str:
        head = f"Content-Length: {len(body)}\r\n" if head is None else head
        with test_live.tunnel(self.proxy, host) as client:
            self.answer = client.raw(test_live.request(path, host, "POST", f"Content-Type: {kind}\r\n{head}" if kind else head) + body)
        return test_live.status(self.answer)

    def sent(self) -> bytes:
        return test_live.WORLD.upstream.requests[-1]["body"]

    def asks(self, **more) -> bytes:
        return json.dumps({"auth": {"key": PLACEHOLDER, **more}, "n": [1.50, "\u00e9"]}, indent=1).encode()

    def refused(self, body: bytes, why: str, **more) -> None:
        with self.subTest(body[:40], why=why):
            seen = test_live.WORLD.seen()
            self.assertEqual(self.post(body, **more), "403")
            self.assertIn(why.encode(), self.answer)
            self.assertEqual(test_live.WORLD.seen(), seen)
            last = self.proxy.decisions()[-1]
            self.assertEqual((last["verdict"], "missing" in last), ("deny", False))

    def test_it_goes_in_and_does_not_come_back(self):
        body = self.asks()
        self.assertEqual(self.post(body), "200")
        wanted = body.replace(json.dumps(PLACEHOLDER).encode(), json.dumps(SECRET).encode())
        self.assertEqual(self.sent(), wanted)
        self.assertEqual(json.loads(self.sent())["auth"]["key"], SECRET)
        self.assertNotIn(b"4+a=Body", self.answer)
        self.assertNotIn(SECRET.encode(), self.answer)
        self.assertEqual(self.proxy.decisions()[-1]["credentials"], ["asked"])
        fields = dict(test_live.WORLD.upstream.requests[-1]["fields"])
        self.assertEqual((fields[b"Content-Length"], fields[b"Accept-Encoding"]), (b"%d" % len(wanted), b"identity"))

    def test_chunks_and_expect(self):
        body = self.asks()
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 7]), body[at:at + 7]) for at in range(0, len(body), 7))
        for end in b"0\r\n\r\n", b"0\r\nX-Late: yes\r\nHost: other.example\r\n\r\n":
            self.assertEqual(self.post(pieces + end, head="Transfer-Encoding: chunked\r\n"), "200")
            self.assertEqual(json.loads(self.sent())["auth"]["key"], SECRET)
            names = [name.lower() for name, _ in test_live.WORLD.upstream.requests[-1]["fields"]]
            self.assertEqual((names.count(b"content-length"), b"transfer-encoding" in names, b"x-late" in names), (1, False, False))
        with test_live.tunnel(self.proxy) as client:
            client.socket.sendall(test_live.request("/says", method="POST", extra=(
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n")))
            self.assertTrue(client.socket.recv(4096).startswith(b"HTTP/1.1 100"))
            self.assertTrue(client.raw(body).startswith(b"HTTP/1.1 200"))
            self.assertEqual(json.loads(self.sent())["auth"]["key"], SECRET)
            self.assertTrue(client.raw(test_live.request("/says")).startswith(b"HTTP/1.1 200"))  # and the connection goes on

    def test_frames(self):
        with w.Client(self.proxy) as client:
            place = f"api.world.test:{test_live.WORLD.port}"
            client.connect(place)
            client.tls("api.world.test", ["h2"])
            spoken = http2.Spoken(client)
            fields = [(":method", "POST"), (":scheme", "https"), (":path", "/says"), (":authority", place), ("content-type", "application/json")]
            for trailers in None, [("x-late", "yes")]:
                status, text = spoken.ask(fields, self.asks(), trailers)
                self.assertEqual(status, "200")
                self.assertEqual(json.loads(self.sent())["auth"]["key"], SECRET)
                self.assertNotIn(b"4+a=Body", text)
            self.assertEqual(spoken.ask(fields, b'{"auth":{"key":"x","key":"y"}}')[0], "403")
            self.assertEqual(spoken.ask(fields, self.asks())[0], "200")

    def test_what_does_not_ask(self):
        for body, sent in ((b'{"auth":{"key":"sk-of-another"},"a":1}', b'{"auth":{"key":""},"a":1}'), (b'{"auth":{}}', None), (b'{"auth":{"key":5}}', None),
                           (b'{"auth":["key"]}', None), (b'["%s"]' % PLACEHOLDER.encode(), None), (b"", b"")):
            self.assertEqual(self.post(body), "200", body)
            self.assertEqual(self.sent(), body if sent is None else sent)
            self.assertNotIn("credentials", self.proxy.decisions()[-1])
        with test_live.tunnel(self.proxy) as client:
            self.assertTrue(client.raw(test_live.request("/says")).startswith(b"HTTP/1.1 200"))
        self.assertEqual(self.post(b"\x1f\x8b", "/elsewhere", kind="text/plain"), "200")
        self.assertEqual(self.sent(), b"\x1f\x8b")

    def test_it_need_not_be_asked_for(self):
        for body in b'{"key":"whatever"}', b'{"key":"' + PLACEHOLDER.encode() + b'-2"}', b'{"k\\u0065y":""}':
            self.assertEqual(self.post(body, "/says", "open.world.test"), "200")
            self.assertEqual(json.loads(self.sent()), {"key": SECRET})
        self.assertEqual(self.post(b'{"other":1}', "/says", "open.world.test"), "200")
        self.assertEqual(self.sent(), b'{"other":1}')

    def test_refused(self):
        twice = "credential asked: the body has /auth/key more than once, or in other letters"
        for body in (b'{"auth":{"key":"sk-x","key":"%s"}}', b'{"auth":{"key":"%s","KEY":"sk-x"}}', b'{"auth":{"\\u006bey":"sk-x","key":"%s"}}',
                     b'{"AUTH":{"key":"sk-x"},"auth":{"key":"%s"}}', b'{"auth":{"key":"sk-x"},"a\\u0075th":{"key":"%s"}}',
                     '{"auth":{"\u212aey":"sk-x","key":"%s"}}'.encode(), b'{"Auth":{"key":"%s"}}'):
            self.refused(body % PLACEHOLDER.encode(), twice)
        none = "credential asked: a body that it may go into is JSON, and this one is not"
        for body in (self.asks() + b"x", self.asks() + self.asks(), b"\xef\xbb\xbf" + self.asks(), self.asks().decode().encode("utf-16"), b"{",
                     self.asks().replace(b"1.5", b"01"), self.asks()[:-1] + b',}', b'{"auth":{"key":"%s"}}\0' % PLACEHOLDER.encode(), b"a=b"):
            self.refused(body, none)
        self.refused(self.asks(), "is JSON, and this one's Content-Type is not", kind="text/plain")
        self.refused(self.asks(), "is JSON, and this one's Content-Type is not", kind="")
        self.refused(self.asks(), "is JSON, and this one's Content-Type is not", kind="application/json\r\nContent-Type: application/json")
        self.refused(self.asks(), "is read, and this one has a Content-Encoding", kind="application/json\r\nContent-Encoding: gzip")
        long = self.asks() + b" " * (1 << 20)
        self.refused(long, "is read whole, and has at most 1 MiB", head=f"Content-Length: {len(long)}\r\n")

    def test_a_long_one_without_a_length(self):
        seen = test_live.WORLD.seen()
        body = b"".join(b"10000\r\n%s\r\n" % (b" " * 65536) for _ in range(40)) + b"0\r\n\r\n"
        self.assertEqual(self.post(body, head="Transfer-Encoding: chunked\r\n"), "403")
        self.assertIn(b"is read whole, and has at most 1 MiB", self.answer)
        self.assertEqual(test_live.WORLD.seen(), seen)
        fits = b'{"auth":{"key":"%s"}}' % PLACEHOLDER.encode()
        self.assertEqual(self.post(fits + b" " * ((1 << 20) - len(fits)), "/v1/x"), "200")
        self.assertEqual(json.loads(self.sent())["auth"]["key"], SECRET)

    def test_placeholders_elsewhere(self):
        self.refused(self.asks(), "the placeholder of credential asked stands where the credential does not belong; it goes to /auth/key in a body of JSON "
                                  "of https://api.world.test at /says, /v1/** only", path=f"/says?x={PLACEHOLDER}")

    def test_its_ceiling_counts_once(self):
        body = b'{"key":"%s-3"}' % PLACEHOLDER.encode()
        self.assertEqual([self.post(b'{"key":1}', host="key.world.test"), self.post(body, host="key.world.test"),
                          self.post(body, host="key.world.test"), self.post(b'{"key":1}', host="key.world.test")], ["200", "200", "429", "200"])


if __name__ == "__main__":
    unittest.main()
