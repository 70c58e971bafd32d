"""The log is one chain: over restarts, kills, and what an agent sends; with what reads it on the host."""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import signal
import unittest

import test_live as live
import world as w

HOST = pathlib.Path(__file__).resolve().parents[2] / "modules/host"
WORLD: w.World


def setUpModule() -> None:
    global WORLD
    WORLD = live.WORLD = w.World()


def tearDownModule() -> None:
    WORLD.close()


def load(folder: pathlib.Path, name: str):
    """A module of this folder, whose name another folder has, too."""
    spec = importlib.util.spec_from_file_location(f"{folder.name}_{name}", folder / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(lines: list[str], kept: bytes | None = None):
    """What logs --check makes of them."""
    one = load(HOST, "chain").Check()
    for line in lines:
        one.take(line)
    one.end(kept or b"")
    return one


def addon_chain(folder: pathlib.Path):
    return load(w.MODULES, "chain").Chain(str(folder))


def proxy(name: str, **more) -> w.Proxy:
    return w.Proxy(WORLD, w.policy([w.rule("open.world.test", ports=[WORLD.port])], []), name, {}, **more)


class Chain(unittest.TestCase):
    def whole(self, lines: list[str], folder: pathlib.Path) -> None:
        one = read(lines, (folder / "chain").read_bytes())
        self.assertEqual((one.wrong, one.notes, one.older, one.lines), ([], [], 0, len(lines)))
        self.assertEqual(len(one.writers), 1)

    def test_restarts_and_kills(self):
        folder, lines = WORLD.folder / "kept", []
        for turn in range(4 if w.NATIVE else 2):
            one = proxy(f"restart{turn}", confdir=folder)
            live.ask(one, f"/{turn}", "open.world.test")
            live.ask(one, "/", "www.attacker.test")
            if turn % 2:
                one.process.send_signal(signal.SIGKILL)
            one.close()
            lines += one.lines()
        self.assertGreaterEqual(len(lines), 8)
        self.whole(lines, folder)
        self.assertEqual((folder / "chain").stat().st_mode & 0o7777, 0o600)
        for at in range(1, len(lines) - 1):
            with self.subTest(at):
                self.assertNotEqual(read(lines[:at] + lines[at + 1:]).wrong, [])
                self.assertNotEqual(read([*lines[:at], lines[at].replace("restart", "x").replace(":", ": ", 1),
                                          *lines[at + 1:]]).wrong, [])
                self.assertNotEqual(read([*lines[:at], lines[at + 1], lines[at], *lines[at + 2:]]).wrong, [])
        self.assertIn("the newest 2 lines are missing", read(lines[:-2], (folder / "chain").read_bytes()).wrong[0])

    def test_what_an_agent_sends(self):
        one = proxy("hostile")
        fake = '", "chain": "proxy-00000000 1 ' + "0" * 64 + '"}'
        for path in (f"/{fake}", "/\\", "/\\\\", "/" + "\\u0022" * 300, "/x\x7f", "/" + "y" * 3000):
            with w.Client(one) as client:
                client.raw(f"GET http://open.world.test{path} HTTP/1.1\r\nHost: open.world.test\r\n\r\n".encode())
        self.assertTrue(one.wait_for(lambda: len(one.decisions()) >= 4))
        one.close()
        self.whole(one.lines(), one.confdir)

    def test_a_file_that_is_none(self):
        def link(path):
            path.symlink_to("/etc/passwd")

        def fifo(path):
            os.mkfifo(path)

        def folder(path):
            path.mkdir()

        def text(what):
            return lambda path: path.write_text(what)

        digest = "a" * 64
        for name, make in (("link", link), ("fifo", fifo), ("folder", folder), ("empty", text("")), ("torn", text("proxy-0000")),
                           ("long", text("x" * 5000)), ("other", text(f"capture-00000000 {1:020} {digest}\n")),
                           ("short", text(f"proxy-00000000 {1:020} {digest[1:]}\n"))):
            with self.subTest(name):
                conf = WORLD.folder / f"conf-{name}"
                conf.mkdir()
                make(conf / "chain")
                if not w.NATIVE:  # a mitmdump takes seconds to start
                    self.assertRegex(addon_chain(conf).say(), f"^proxy-[0-9a-f]{{8}} 1 {'0' * 64}$")
                    continue
                one = proxy(f"file-{name}", confdir=conf)
                one.close()
                checked = read(one.lines())
                self.assertEqual((checked.wrong, checked.lines), ([], len(one.lines())))
                self.assertTrue(one.lines()[0].endswith(f' 1 {"0" * 64}"}}'))

    def test_one_at_a_time(self):
        """A second process of the same folder can't get between: it has a chain of its own."""
        conf = WORLD.folder / "conf-both"
        first, second = proxy("first", confdir=conf), proxy("second", confdir=conf)
        live.ask(first, "/1", "open.world.test")
        live.ask(second, "/2", "open.world.test")
        first.close()
        second.close()
        self.whole(first.lines(), conf)
        names = {json.loads(one.lines()[-1])["chain"].split()[0] for one in (first, second)}
        self.assertEqual(len(names), 2)

    def test_the_other_engine_goes_on(self):
        one = proxy("engines")
        live.ask(one, "/", "open.world.test")
        one.close()
        other = addon_chain(one.confdir)
        lines = one.lines()
        for n in range(3):
            line = json.dumps({"time": f"2026-01-01T00:00:0{n}.000+00:00", "event": "ready", "chain": other.say()})
            other.wrote(line.encode())
            lines.append(line)
        os.close(other._file)
        again = proxy("again", confdir=one.confdir)
        again.close()
        self.whole(lines + again.lines(), one.confdir)


if __name__ == "__main__":
    unittest.main()
