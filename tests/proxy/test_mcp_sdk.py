"""MCP's own SDK as client and server, through the real proxies: which tools a model may call, and what it is told of the others.
MCP_SDK: a folder with node_modules; tests/proxy/mcp_sdk makes it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import test_live
import world as w

FOLDER = pathlib.Path(os.environ["MCP_SDK"])
HOST = "open.world.test"


def setUpModule() -> None:
    test_live.setUpModule()
    shutil.copy(pathlib.Path(__file__).with_name("mcp_sdk.mjs"), FOLDER)


tearDownModule = test_live.tearDownModule


class Sdk(unittest.TestCase):
    def run_through(self, version: str) -> tuple[dict, list, w.Proxy]:
        server = subprocess.Popen(["node", "mcp_sdk.mjs", "serve", version, w.UPSTREAM], cwd=FOLDER, stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        port = int(server.stdout.readline())
        made = w.policy([w.rule(HOST, scheme="http", methods=["DELETE", "GET", "POST"], ports=[port])], [])
        made["mcp"] = [{"host": HOST, "suffix": False, "scheme": "http", "port": port, "path": "/mcp", "tools": ["read_*", "search"]}]
        proxy = w.Proxy(test_live.WORLD, made, f"sdk{version}", {})
        self.addCleanup(proxy.close)
        client = ["node", "mcp_sdk.mjs", "ask", version, f"http://{HOST}:{port}/mcp", f"http://127.0.0.1:{proxy.port}"]
        done = subprocess.run(client, cwd=FOLDER, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
        with w.Client(proxy) as asking:
            called = asking.raw(f"GET http://{HOST}:{port}/called HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode())
        return json.loads(done.stdout), json.loads(called.partition(b"\r\n\r\n")[2]), proxy

    def test_both_versions(self):
        for version in "1", "2":
            with self.subTest(version=version):
                said, called, proxy = self.run_through(version)
                self.assertEqual(said["tools"], ["read_page", "search", "delete_page"])
                self.assertEqual((said["search"], said["read_page"]), ("did search", "did read_page"))
                self.assertRegex(said["delete_page"], r"^-32602: .*agent-sandbox: no rule lets POST .*/mcp call the tool delete_page")
                self.assertEqual(called, ["search", "read_page", "search"])
                decisions = [one for one in proxy.decisions() if one["path"] == "/mcp"]
                self.assertEqual([one["tools"] for one in decisions if "tools" in one], [["search"], ["read_page"], ["delete_page"], ["search"]])
                self.assertEqual({one["verdict"] for one in decisions if one.get("tools") != ["delete_page"]}, {"allow"})
