#!/usr/bin/python3 -SB
"""tests/control/notifications.py: what a desktop shows of a question: the real notify-send, as the operator, a bus of his own, and
dunst, which says what it has shown. In a mount namespace of its own, whose /run/user is empty.

Needs root, dbus, dunst, libnotify-bin and Xvfb."""

import contextlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
import types

if "NOTIFY_APART" not in os.environ:
    os.execvpe("unshare", ["unshare", "--mount", "--propagation=private", sys.executable, "-SB", os.path.abspath(__file__)],
               {**os.environ, "NOTIFY_APART": "yes"})

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from recorded import BOX  # noqa: E402
import host  # noqa: E402
import notify  # noqa: E402

WHO = pwd.getpwnam("nobody")
RUNNING = f"/run/user/{WHO.pw_uid}"
BUS = {"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": RUNNING, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={RUNNING}/bus"}
passed = failed = 0


def check(text, good, found=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"ok: {text}" if good else f"FAILED: {text}: {found}")


def his(words, **more):
    return subprocess.Popen(words, user=WHO.pw_uid, group=WHO.pw_gid, extra_groups=[], stdin=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True, **more)


def asked(*words):
    """What dunstctl says."""
    return his(["dunstctl", *words], env=BUS, stdout=subprocess.PIPE, text=True).communicate(timeout=20)[0]


def soon(what):
    for _ in range(100):
        with contextlib.suppress(ValueError):
            if what():
                return True
        time.sleep(0.1)
    return False


def shown():
    """The texts of the newest one: (program, title, body, as it is drawn)"""
    if not soon(lambda: int(asked("count", "displayed")) > 0):
        return None
    asked("close-all")
    one = json.loads(asked("history"))["data"][0][0]
    return tuple(one[key]["data"] for key in ("appname", "summary", "body", "message"))


@contextlib.contextmanager
def a_desktop(folder):
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/user"], check=True)
    os.mkdir(RUNNING, 0o700)
    os.chown(RUNNING, WHO.pw_uid, WHO.pw_gid)
    reading, writing = os.pipe()
    screen = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-ac", "-nolisten", "tcp"], pass_fds=[writing],
                              stderr=subprocess.DEVNULL)
    os.close(writing)
    with open(reading, encoding="ascii") as file:
        display = f":{file.readline().strip()}"
    running = [screen, his(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={BUS['DBUS_SESSION_BUS_ADDRESS']}"])]
    soon(lambda: os.path.exists(f"{RUNNING}/bus"))
    settings = os.path.join(folder, "dunstrc")
    with open(settings, "w", encoding="ascii") as file:
        file.write('[global]\nmarkup = full\nformat = "%s|%b"\nnotification_limit = 0\nidle_threshold = 0\n')
    running.append(his(["dunst", "-config", settings], env={**BUS, "DISPLAY": display, "HOME": folder}, stdout=subprocess.DEVNULL))
    try:
        soon(lambda: asked("count").strip() != "")
        yield
    finally:
        for one in reversed(running):
            one.kill()
            one.wait()


def watch():
    box = types.SimpleNamespace(**{**vars(BOX), "grants": {"notify": True, "on_ask": None, "asks": True}, "name": "demo", "system": "linux"})
    return notify.Watch(types.SimpleNamespace(host=host.Host("linux"), sandbox=box), WHO, None)


def question(number, path, where="example.org"):
    return {"question": {"id": number, "waiting": 1, "missing": {"host": where, "methods": ["GET"], "paths": [path]}}}


def test_shown():
    one = watch()
    one.hear(question(1, "/a"))
    one.tell()
    found = shown()
    check("a question is on the operator's desktop", found and found[:3] == (
        "agent-sandbox", "The sandbox demo asks", "GET https://example.org/a\nagent-sandbox ask"), found)
    for number in range(2, 5):
        one.hear(question(number, f"/{number}"))
    one.tell()
    found = shown()
    check("of several the first, and how many more", found and found[2].endswith("/2\nand 2 more\nagent-sandbox ask"), found)


def test_hostile():
    """What an agent may ask for is drawn as it is."""
    for number, path in enumerate(("/<b>bold</b>", "/&lt;&amp;", "/<a href='x'>y</a>", "/%s%n", "/-h", "/x" * 300, "/a\x1b[2J\u202eb"), 10):
        one = watch()
        one.hear(question(number, path))
        one.tell()
        found = shown()
        text = notify.choices.clean(f"GET https://example.org{path}")[:200]
        drawn = found and found[3].replace("&lt;", "<").replace("&gt;", ">").replace("&apos;", "'").replace("&quot;", '"').replace("&amp;", "&")
        check(f"drawn as it is: {path[:20]!r}", drawn and drawn.startswith(f"The sandbox demo asks|{text}\n"), found)


def test_nobody_there():
    before = asked("count", "history")
    os.rename(f"{RUNNING}/bus", f"{RUNNING}/gone")
    one = watch()
    one.hear(question(30, "/x"))
    one.tell()
    os.rename(f"{RUNNING}/gone", f"{RUNNING}/bus")
    check("without a bus nothing is shown, and nothing fails", (asked("count", "displayed").strip(), asked("count", "history")) == ("0", before))


def test_whose():
    """The bus takes its owner alone: who sent it was the operator, and not root."""
    refused = subprocess.run(["notify-send", "as root"], env=BUS, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    check("root itself is refused there", refused.returncode != 0, refused)


def main():
    missing = [one for one in ("Xvfb", "dbus-daemon", "dunst", "dunstctl", "notify-send") if not shutil.which(one)]
    if missing or os.geteuid():
        print(f"skipped: notifications: {', '.join(missing) or 'root'} is missing\n0 passed, 0 failed")
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with a_desktop(folder):
            for test in (test_shown, test_hostile, test_whose, test_nobody_there):
                test()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
