"""The control channel, as root's program speaks it, and as anybody else would."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import unittest

import world as w

import host_control as control

WORLD: w.World
PROXY: w.Proxy


def setUpModule() -> None:
    global WORLD, PROXY
    WORLD = w.World()
    PROXY = w.Proxy(WORLD, w.policy([w.rule("open.world.test", ports=[WORLD.port])], []), "control", {}, control=True)


def tearDownModule() -> None:
    PROXY.close()
    WORLD.close()


def dial() -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(str(PROXY.control))
    return peer


def ended(peer: socket.socket) -> bool:
    try:
        while peer.recv(65536):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


def says(line: bytes) -> dict:
    with dial() as peer:
        peer.sendall(line + b"\n")
        return json.loads(peer.makefile("rb").readline())


class Control(unittest.TestCase):
    def test_its_place(self):
        about = os.lstat(PROXY.control)
        self.assertTrue(stat.S_ISSOCK(about.st_mode))
        self.assertEqual((stat.S_IMODE(about.st_mode), about.st_uid), (0o600, os.geteuid()))

    def test_the_host_program(self):
        with control.Control(str(PROXY.control), os.geteuid()) as peer:
            self.assertEqual(peer.ask("look"), {"ok": True})
            with self.assertRaisesRegex(control.ControlError, "the proxy says: no such thing may be asked"):
                peer.ask("nothing")
            self.assertEqual(peer.ask("look"), {"ok": True})
            with self.assertRaisesRegex(control.ControlError, "more than the proxy may be told"):
                peer.ask("look", more="x" * control.LONGEST_LINE)

    def test_that_somebody_else_listens(self):
        with self.assertRaisesRegex(control.ControlError, "is user .*'s, and not the proxy's"):
            control.Control(str(PROXY.control), os.geteuid() + 1)
        with self.assertRaisesRegex(control.ControlError, "the proxy can't be asked"):
            control.Control(str(PROXY.folder / "nowhere"), os.geteuid())

    def test_what_is_no_line(self):
        for line in (b"", b"{", b"[]", b"1", b'"look"', b"{}", b'{"ask": 1}', b'{"ask": ["look"]}', b"\xff\xfe", b"[" * 60000,
                     b'{"ask": "look", "ask": "look"}', b'{"ask": "look\\u0000"}', b'{"ask": "look", "n": NaN}'):
            with self.subTest(line[:40]):
                self.assertEqual(says(line), {"error": "this is no JSON object with ask"})
        for line in (b'{"ask": ""}', b'{"ask": "LOOK"}', b'{"ask": "look "}'):
            with self.subTest(line):
                self.assertEqual(says(line), {"error": "no such thing may be asked"})

    def test_lines_in_pieces(self):
        with dial() as peer:
            peer.sendall(b'{"ask": "lo')
            peer.sendall(b'ok"}\n{"ask": "none"}\n{"ask"')
            peer.sendall(b': "look"}\n')
            lines = peer.makefile("rb")
            self.assertEqual([json.loads(lines.readline()) for _ in range(3)],
                             [{"ok": True}, {"error": "no such thing may be asked"}, {"ok": True}])

    def test_lines_that_are_too_long(self):
        for tail in (b"", b"\n"):
            with self.subTest(tail), dial() as peer:
                peer.sendall(b'{"ask": "' + b"x" * 64 * 1024 + tail)
                self.assertTrue(ended(peer))
        self.assertEqual(says(b'{"ask": "look"}'), {"ok": True})

    def test_that_nobody_is_waited_for(self):
        with dial() as peer:
            peer.settimeout(2)
            sent = 0
            try:
                while sent < 200_000_000:
                    sent += peer.send(b'{"ask": "look"}\n' * 4096)
            except OSError:
                pass
            self.assertLess(sent, 100_000_000)
            self.assertEqual(says(b'{"ask": "look"}'), {"ok": True})

    def test_how_many(self):
        peers = [dial() for _ in range(8)]
        try:
            for peer in peers:
                peer.sendall(b'{"ask": "look"}\n')
                self.assertEqual(json.loads(peer.recv(100)), {"ok": True})
            with dial() as ninth:
                self.assertTrue(ended(ninth))
            peers.pop().close()
            self.assertTrue(PROXY.wait_for(self.has_room, 5))
        finally:
            for peer in peers:
                peer.close()

    @staticmethod
    def has_room() -> bool:
        try:
            return says(b'{"ask": "look"}') == {"ok": True}
        except (ValueError, OSError):
            return False

    @unittest.skipIf(os.geteuid(), "wants root")
    def test_another_user(self):
        """Were the socket's mode another one, the proxy would still answer nobody else."""
        script = ("import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.settimeout(10)\n"
                  "try: s.connect(sys.argv[1]); s.sendall(b'{\"ask\": \"look\"}\\n'); print(s.recv(100))\n"
                  "except OSError as error: print(type(error).__name__)")
        ask = [sys.executable, "-c", script, str(PROXY.control)]
        folders = [PROXY.folder, WORLD.folder]
        for folder in folders:
            folder.chmod(0o711)
        self.assertEqual(subprocess.check_output(ask, text=True), "PermissionError\n")
        os.chmod(PROXY.control, 0o666)
        try:
            self.assertIn(subprocess.check_output(ask, text=True), ("b''\n", "ConnectionResetError\n", "BrokenPipeError\n"))
        finally:
            os.chmod(PROXY.control, 0o600)
            for folder in folders:
                folder.chmod(0o700)

    def test_one_that_is_left_from_before(self):
        policy = w.policy([], [])
        first = w.Proxy(WORLD, policy, "control-left", {}, control=True)
        first.process.kill()
        first.process.wait()
        self.assertTrue(first.control.exists())
        again = w.Proxy(WORLD, policy, "control-again", {}, control=first.control)
        try:
            with control.Control(str(first.control), os.geteuid()) as peer:
                self.assertEqual(peer.ask("look"), {"ok": True})
        finally:
            again.close()

    def test_one_that_cannot_be_opened(self):
        for name, place in (("long", WORLD.folder / ("x" * 200)), ("folder", WORLD.folder / "no" / "such")):
            with self.subTest(name):
                proxy = w.Proxy(WORLD, w.policy([], []), f"control-{name}", {}, control=place, wait=False)
                self.assertTrue(proxy.process.wait(30))
                self.assertIn("the control socket", proxy.log_text())
