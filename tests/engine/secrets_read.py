"""What the engine reads as a secret, and when: what tests/proxy/test_units.py says of modules/proxy/vault.py."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import time

import reference  # noqa: F401 (it says where the modules are)
import world as w


def compare_vault(driver: str, folder: str) -> list:
    """The table of test_units, by the clock of files alone: the engine is told to look again."""
    started, rotated = pathlib.Path(folder, "started"), pathlib.Path(folder, "rotated")
    started.mkdir()
    rotated.mkdir()
    live = pathlib.Path(folder, "live")
    one = w.credential("x", "a.example.org", {"header": "x-key"}, "placeholder-one")
    one["source"]["path"] = str(live)
    running = subprocess.Popen([driver, str(started), str(rotated)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    problems, moment = [], [100]

    def say(question):
        running.stdin.write(json.dumps(question).encode() + b"\n")
        running.stdin.flush()
        return json.loads(running.stdout.readline())

    def expect(what, secret=None, why=None, complaints=None, forget=True):
        if forget:
            say({"forget": True})
        got = say({"read": 0})
        if (got.get("secret"), got["why"], got.get("complaints")) != (secret, why, complaints):
            problems.append((what, got))

    def write(path, text):
        path.write_bytes(text)
        moment[0] += 100
        os.utime(path, (moment[0], moment[0]))
    say({"policy": json.dumps(w.policy([], [one]))})
    expect("nothing is there", why="credential x cannot be read")
    write(started / "x", b"secret-one\n")
    expect("systemd's", "secret-one")
    write(rotated / "x", b"secret-two")
    expect("the later copy", "secret-two")
    write(started / "x", b"secret-three\r\n")
    expect("the other is later", "secret-three")
    bad = "credential x is not one line of 8 or more visible ASCII characters"
    for text in (b"", b"short\n", b"two\nlines-of-text", b"with space in it", b"x" * 16385, b"\xff" * 9, b"x" * 40000):
        write(rotated / "x", text)
        expect(f"a bad one: {text[:9]}", "secret-three", complaints=[bad])
        expect("said once", "secret-three")
    write(rotated / "x", b"y" * 16384)
    expect("the longest", "y" * 16384)
    write(live, b"from-the-file")
    expect("the file itself comes first", "from-the-file")
    write(live, b"changed-at-once")
    expect("and is looked at each time", "changed-at-once", forget=False)
    live.unlink()
    live.mkdir()
    expect("a folder is no file", "y" * 16384)
    live.rmdir()
    os.mkfifo(live)
    expect("a fifo", "y" * 16384, complaints=["credential x is not a regular file"])
    live.unlink()
    (started / "x").unlink()
    (rotated / "x").unlink()
    expect("what was good stays", "y" * 16384, complaints=["credential x cannot be read"])
    write(started / "x", b"within-a-second")
    write(rotated / "x", b"later-than-that")
    expect("the later one", "later-than-that")
    write(started / "x", b"even-later-than")
    expect("nobody looks within a second", "later-than-that", forget=False)
    time.sleep(1.05)
    expect("after it they do", "even-later-than", forget=False)
    one["inject"], one["placeholder"] = {"aws": True}, "placeholder-one"
    say({"policy": json.dumps(w.policy([], [one]))})
    shape = "credential x is not KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN"
    for text in (b"just-one-word", b"AKID0000:", b"AKID:key:", b":the-key", b"AK/ID:the-key", b"AK ID:the-key"):
        write(rotated / "x", text)
        expect(f"another shape: {text}", why=bad if b" " in text else shape)
    write(rotated / "x", b"AKID.1:the/key:a:token=")
    expect("its shape", "AKID.1:the/key:a:token=")
    write(rotated / "x", b"just-one-word")
    expect("another shape later", "AKID.1:the/key:a:token=", complaints=[shape])
    running.stdin.close()
    if running.wait() != 0:
        problems.append("the driver failed")
    return problems
