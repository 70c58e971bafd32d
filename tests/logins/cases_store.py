"""What is kept: over restarts, and when somebody has been at it."""

from __future__ import annotations

import os
import random
import shutil
import stat
import threading
import time

from checks import check


def kept(host):
    said = host.first("claude")
    folder = host.state / "logins"
    check("the store is nobody else's", (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE((folder / "claude").stat().st_mode)), (0o700, 0o600))
    asked = len(host.identity.asked)
    host.again(kill=True)
    check("after kill -9 the agent is still logged in", host.use(said["access_token"])[0], 200)
    check("as whom", host.login("claude")["who"], "me@example.org")
    host.again()
    check("and after a restart", host.use(said["access_token"])[0], 200)
    check("without a word to the service", len(host.identity.asked), asked)


def killed_in_the_middle(host):
    """Whatever has reached the client is kept; and what is kept is whole."""
    chance, wrong, got, late = random.Random(5), [], 0, 0
    for turn in range(5):
        found: list = []

        def log_in():
            try:
                found.append(host.first("claude"))
            except (OSError, AssertionError, ValueError, IndexError):
                pass
        host.identity.sent.clear()
        thread = threading.Thread(target=log_in)
        thread.start()
        host.identity.sent.wait(10)
        time.sleep(chance.random() * (0.004 if turn % 2 else 0.04))
        host.stop(kill=True)
        thread.join()
        host.start()
        state = host.login("claude")["state"]
        got, late = got + bool(found), late + (not found)
        status, answer = host.use("sk-ant-oat01-agent-sandbox-login-box-claude-access")
        if found and (state, status, b'"claude"' in answer) != ("healthy", 200, True) or state not in ("healthy", "none") or (state == "healthy" and status != 200):
            wrong.append((turn, bool(found), state, status))
    check(f"killed between the service's answer and the client's ({got} had it, {late} not)", wrong, [])


def damaged(host):
    said = host.first("claude")
    host.first("chatgpt")
    folder = host.state / "logins"
    whole = (folder / "claude").read_bytes()
    chance, states = random.Random(7), []
    ways = [whole[:length] for length in (0, 30, len(whole) - 1)] + [whole + b"x", b"x" * len(whole), (folder / "chatgpt").read_bytes()]
    for _ in range(3):
        at = chance.randrange(len(whole))
        ways.append(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1:])
    for one in ways:
        host.stop()
        (folder / "claude").write_bytes(one)
        host.start()
        found = host.login("claude")
        states.append((found["state"], found["why"], host.use(said["access_token"])[0]))
    check("a file that is cut, altered or another's is said to be", states, [("ended", "what was kept of it cannot be read", 403)] * len(ways))
    check("and what to do", b"cannot be read: log in again: agent-sandbox login claude" in host.use(said["access_token"])[1], True)
    check("of the others nothing is lost", host.login("chatgpt")["state"], "healthy")
    key = (host.keys / "login-key").read_text()
    host.stop()
    (folder / "claude").write_bytes(whole)
    (host.keys / "login-key").write_text("ff" * 32 + "\n")
    host.start()
    check("under another key none opens", {one["state"] for one in host.ask_root("logins")["logins"] if one["name"] in ("claude", "chatgpt")}, {"ended"})
    host.stop()
    (host.keys / "login-key").write_text(key)
    host.start()
    check("with the right one they do", host.use(said["access_token"])[0], 200)
    os.remove(folder / "chatgpt")
    shutil.rmtree(folder / "chatgpt.new", ignore_errors=True)
    (folder / "chatgpt.new").mkdir()
    status, answer = host.token("chatgpt", {"grant_type": "authorization_code", "code": "c", "client_id": "c"})
    check("what cannot be kept does not go on", (status, "cannot be kept: login chatgpt: its file cannot be made" in answer["error"]), (502, True))
    (folder / "chatgpt.new").rmdir()


def by_root(host):
    said = host.first("claude")
    gone = host.ask_root("logout", name="claude")
    check("logout gives root what there is to revoke", sorted(gone), ["access", "ok", "refresh"])
    check("and forgets it", ((host.state / "logins" / "claude").exists(), host.login("claude")["state"]), (False, "none"))
    status, text = host.use(said["access_token"])
    check("the agent is told", (status, b"nobody is logged in as claude: agent-sandbox login claude" in text), (403, True))
    check("so is its renewal", host.renew("claude", said["refresh_token"])[0], 400)
    put = host.ask_root("login-put", name="claude", access=gone["access"], refresh=gone["refresh"], until=time.time() + 3500, who="me", plan="max")
    check("root puts it back", put, {"ok": True})
    check("and it works", host.use(said["access_token"])[0], 200)
    found = host.login("claude")
    check("whose it is", (found["who"], found["plan"], found["placeholders"]["access"]), ("me", "max", said["access_token"]))
    check("a client's renewal is answered", host.renew("claude", said["refresh_token"])[1]["access_token"], said["access_token"])
    check("by hand there is a new one", host.ask_root("login-refresh", name="claude"), {"ok": True})
    check("by who the preset says it is", host.identity.asked[-1][1]["client_id"], "9d1c250a-e61b-44d9-88ed-5944d1962f5e")
    check("and it is still whose it was", host.login("claude")["plan"], "max")
    for what, more in {"no such login": {"name": "nobody"}, "no token": {"name": "claude"}, "a token of blanks": {"name": "claude", "access": "a b c d e f"},
                       "a short one": {"name": "claude", "access": "short"}, "an end in words": {"name": "claude", "access": "x" * 20, "until": "soon"}}.items():
        try:
            host.ask_root("login-put", **more)
            problem = ""
        except Exception as error:
            problem = type(error).__name__
        check(f"root is told of {what}", problem, "ControlError")
