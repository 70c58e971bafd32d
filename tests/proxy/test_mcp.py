"""What is said to MCP servers, through the real proxies: what passes and how it goes on, what is told to the client in the server's
place, and what never reaches the server."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import unittest

import http2
import test_live
import world as w

HOST = "open.world.test"


def setUpModule() -> None:
    test_live.setUpModule()
    w.ROUTES[b"/mcp"] = w.ROUTES[b"/MCP/"] = serve


def tearDownModule() -> None:
    test_live.tearDownModule()


def serve(connection, record, lower) -> bool:
    """An event stream, as a server of MCP may answer with."""
    text = b'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nMcp-Session-Id: s-1\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
    return True


def call(name: str, **more) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {}}, **more}).encode()


class Mcp(unittest.TestCase):
    enforcement = "enforce"

    @classmethod
    def setUpClass(cls) -> None:
        port = test_live.WORLD.port
        rules = [w.rule(HOST, methods=["DELETE", "GET", "POST"], paths=["/mcp"], ports=[port]),
                 w.rule("world.test", suffix=True, methods=["GET", "POST", "PUT"], ports=[port], websocket=True)]
        made = w.policy(rules, [])
        made["enforcement"] = cls.enforcement
        made["mcp"] = [{"host": HOST, "suffix": False, "scheme": "https", "port": port, "path": "/mcp", "tools": ["read_*", "search"], "owner": "docs"}]
        cls.proxy = w.Proxy(test_live.WORLD, made, cls.__name__, {})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def post(self, body: bytes, path="/mcp", method="POST", extra="Content-Type: application/json\r\n", length: str | None = None) -> str:
        head = f"Content-Length: {len(body)}\r\n" if length is None else length
        with test_live.tunnel(self.proxy, HOST) as client:
            self.answer = client.raw(test_live.request(path, HOST, method, extra + head) + body)
        return test_live.status(self.answer)

    def last(self) -> dict:
        return self.proxy.decisions()[-1]


class Enforced(Mcp):
    def told(self, body: bytes, **more) -> list:
        """The errors that the client is told; the server sees nothing."""
        seen = test_live.WORLD.seen()
        self.assertEqual(self.post(body, **more), "200", self.answer)
        head, _, text = self.answer.partition(b"\r\n\r\n")
        self.assertIn(b"content-type: application/json\r\n", head.lower() + b"\r\n")
        self.assertEqual(test_live.WORLD.seen(), seen)
        self.assertEqual(self.last()["verdict"], "deny")
        said = json.loads(text)
        return said if isinstance(said, list) else [said]

    def refused(self, body: bytes, why: str, **more) -> None:
        with self.subTest(body[:60], why=why):
            seen = test_live.WORLD.seen()
            self.assertEqual(self.post(body, **more), "403", self.answer)
            self.assertIn(why.encode(), self.answer)
            self.assertEqual(test_live.WORLD.seen(), seen)

    def test_what_passes_goes_on_as_it_is(self):
        body = b' {"jsonrpc":"2.0",  "id":1.50, "method":"tools\\/call","params":{"name":"s\\u0065arch"}}\n'
        self.assertEqual(self.post(body, extra="Content-Type: application/json\r\nMcp-Session-Id: s-1\r\nMcp-Name: search\r\nExpect: 100-continue\r\n"), "100")
        self.assertEqual(self.post(body, extra="Content-Type: application/json\r\nMcp-Session-Id: s-1\r\nMcp-Name: search\r\n"), "200")
        self.assertIn(b"text/event-stream", self.answer)
        request = test_live.WORLD.upstream.requests[-1]
        self.assertEqual(request["body"], body)
        self.assertIn((b"Mcp-Session-Id", b"s-1"), request["fields"])
        self.assertEqual(self.last()["tools"], ["search"])
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 7]), body[at:at + 7]) for at in range(0, len(body), 7)) + b"0\r\n\r\n"
        self.assertEqual(self.post(pieces, length="Transfer-Encoding: chunked\r\n"), "200")
        self.assertEqual(test_live.WORLD.upstream.requests[-1]["body"], body)

    def test_streams_and_ends_of_sessions(self):
        for method in "GET", "DELETE":
            self.assertEqual(self.post(b"", method=method, extra="Mcp-Session-Id: s-1\r\n", length=""), "200")
            self.assertNotIn("tools", self.last())
        self.assertEqual(self.post(b"x", method="POST", path="/other", extra="Content-Type: text/plain\r\n"), "200")

    def test_a_tool_that_is_not_named(self):
        (error,) = self.told(call("write", id="a\u00e9"))
        self.assertEqual((error["id"], error["error"]["code"]), ("a\u00e9", -32602))
        self.assertIn(f"no rule lets POST {HOST}:{test_live.WORLD.port}/mcp call the tool write", error["error"]["message"])
        self.assertEqual(error["error"]["data"]["missing"], {"url": f"https://{HOST}:{test_live.WORLD.port}/mcp", "tools": ["write"]})
        self.assertEqual((self.last()["tools"], self.last()["owner"]), (["write"], "docs"))
        self.assertEqual(self.last()["missing"], error["error"]["data"]["missing"])
        self.told(call("write"), path="/MCP/")
        self.told(call("write"), method="PUT", path="/mcp/")
        self.told(call("write"), path="/%6Dcp?x=%00"[:9])

    def test_a_connection_goes_on_behind_a_refusal(self):
        with test_live.tunnel(self.proxy, HOST) as client:
            for name, passes in ("write", False), ("search", True), ("delete", False), ("read_x", True):
                body = call(name)
                answer = client.raw(test_live.request("/mcp", HOST, "POST", f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n") + body)
                self.assertEqual((answer[9:12], b"event-stream" in answer), (b"200", passes))

    def test_a_batch_with_one_bad_call(self):
        errors = self.told(b"[%s, %s, %s]" % (call("search"), call("write", id=2), b'{"jsonrpc":"2.0","method":"notifications/initialized"}'))
        self.assertEqual([one["id"] for one in errors], [1, 2])
        self.assertEqual(self.post(b"[%s, %s]" % (call("search"), call("read_x"))), "200")
        self.assertEqual(self.last()["tools"], ["search", "read_x"])

    def test_refused(self):
        for body in (b'{"id":1,"method":"ping","method":"tools/call","params":{"name":"write"}}', b'{"id":1,"method":"ping","METHOD":"tools/call"}',
                     b'{"id":1,"method":"tools/call","params":{"name":"search","n\\u0061me":"write"}}', b'{"id":1,"method":"tools/call","params":{"name":"search","name\\u0000":"write"}}'):
            self.refused(body, "once, and this one more often, or in other letters")
        self.refused(b'{"method":"tools/call","params":{"name":"write"}}', "no rule lets")  # nobody waits for an answer to it
        self.refused(b"\xef\xbb\xbf" + call("search"), "is JSON, and this one is not")
        self.refused(call("search").decode().encode("utf-16"), "is JSON, and this one is not")
        self.refused(call("search"), "Content-Type is not", extra="Content-Type: application/json; charset=utf-7\r\n")
        self.refused(call("search"), "Content-Type is not", extra="Content-Type: text/plain\r\n")
        self.refused(gzip.compress(call("write")), "has a Content-Encoding", extra="Content-Type: application/json\r\nContent-Encoding: gzip\r\n")
        self.refused(call("search"), "the header mcp-name says another thing", extra="Content-Type: application/json\r\nMcp-Name: write\r\n")
        self.refused(b"", "Content-Type is not", extra="")
        self.refused(call("search"), "and this one is a WebSocket", method="GET",
                     extra="Content-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
                     length="")

    def test_huge_bodies(self):
        self.assertEqual(self.post(call("search") + b" " * ((1 << 20) - len(call("search")))), "200")
        self.refused(call("search") + b" " * (1 << 20), "has at most 1 MiB")
        whole = call("search") + b" " * (1 << 20)
        self.refused(b"%x\r\n%s\r\n0\r\n\r\n" % (len(whole), whole), "has at most 1 MiB", length="Transfer-Encoding: chunked\r\n")
        self.refused(b'{"id":1,"method":"ping","params":' + b"[" * 500000 + b"]" * 500000 + b"}", "is JSON, and this one is not")

    def test_frames(self):
        with w.Client(self.proxy) as client:
            place = f"{HOST}:{test_live.WORLD.port}"
            client.connect(place)
            client.tls(HOST, ["h2"])
            spoken = http2.Spoken(client)
            fields = [(":method", "POST"), (":scheme", "https"), (":path", "/mcp"), (":authority", place), ("content-type", "application/json")]
            status, text = spoken.ask(fields, call("search"))
            self.assertEqual((status, b"result" in text), ("200", True))
            status, text = spoken.ask(fields, call("write"))
            self.assertEqual((status, json.loads(text)["error"]["code"]), ("200", -32602))
            self.assertEqual(spoken.ask(fields, b"{")[0], "403")
            self.assertEqual(spoken.ask(fields, call("read_x"))[0], "200")


class Audited(Mcp):
    enforcement = "audit"

    def test_it_is_logged_and_passes(self):
        self.assertEqual(self.post(call("write")), "200")
        self.assertIn(b"event-stream", self.answer)
        self.assertEqual((self.last()["verdict"], self.last()["tools"]), ("audit", ["write"]))
        self.assertEqual(self.post(gzip.compress(call("write")), extra="Content-Type: application/json\r\nContent-Encoding: gzip\r\n"), "200")
        self.assertIn("Content-Encoding", self.last()["reason"])
        self.assertNotIn("missing", self.last())

    def test_what_is_learned_of_it(self):
        """An entry that a spec takes, of the tools that were called and no others."""
        for name in "write", "search", "write":
            self.assertEqual(self.post(call(name)), "200")
        said = subprocess.run([sys.executable, "-I", str(w.MODULES / "learn.py")], input=self.proxy.log_text(), text=True,
                              stdout=subprocess.PIPE, check=True).stdout
        learned = json.loads(said.replace("world.test", "world.example.org"))["network"]
        (server,) = learned["mcp"]
        self.assertEqual((learned["rules"], server["url"], server["tools"]),
                         ([], f"https://{HOST}:{test_live.WORLD.port}/mcp".replace("world.test", "world.example.org"), ["write"]))
        spec = self.proxy.folder / "spec.json"
        spec.write_text(json.dumps({"version": 1, "name": "demo", "operators": ["me"], "hosts": {"here": {"system": "x86_64-linux"}},
                                    "network": learned}))
        subprocess.run([w.PROGRAM, "check", spec], check=True)
