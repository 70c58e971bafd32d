"""Of live_fuzz, what root does meanwhile: lines at the control socket and files of grants, good ones and broken ones. What
comes back is a line of JSON for each, as gen/engine/control.h has them."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import socket
import time

import world as w

ODD = [None, True, 0, -1, 1e300, -1e300, 2 ** 63 - 1, -2 ** 63, 10 ** 30, "", "x", "demo", "x" * 20, "y" * 20000, "\0", "a\nb", "\u00e9", [], {}, ["look"]]
ANSWERS = ("ok", "error", "question", "gone", "refused")
HOST = "git.world.test"  # no rule allows anything there


def policy(made: dict, port: int) -> dict:
    """With a login whose service is a broken server, and grants."""
    endpoint = {"host": "open.world.test", "port": port, "path": "/token", "body": "json", "access": "/access_token",
                "refresh": "/refresh_token", "expires_in": "/expires_in", "id": "/id_token"}
    return {**made, "grants": {"seconds": 7200}, "ask": {"seconds": 1}, "logins": [
        {"name": "demo", "placeholder": "login-demo", "token": [endpoint], "hosts": [{"host": "open.world.test", "suffix": False}],
         "inject": {"bearer": True}, "prefix": {"access": "sk-"}, "client_id": "c"}]}


def line(dice: random.Random, mutated) -> bytes:
    until = int(time.time()) + dice.choice((-100, 1, 200, 5000))
    one = dice.choice(({"ask": "look"}, {"ask": "logins"}, {"ask": "questions"}, {"ask": "logout", "name": "demo"},
                       {"ask": "login-refresh", "name": "demo"}, {"ask": "login-client", "name": "demo"},
                       {"ask": "login-put", "name": "demo", "access": "a" * 20, "refresh": "r" * 20, "id": "i" * 20, "until": until, "who": "me",
                        "plan": "p", "account": "1", "client_id": "c", "client_secret": "s"}))
    for _ in range(dice.choice((0, 0, 1, 2))):
        one = {**one, dice.choice([*one, "until", "access", "more"]): dice.choice(ODD)}
    data = json.dumps(one, ensure_ascii=dice.random() < 0.5).encode("utf-8")
    return (mutated(dice, data) if dice.random() < 0.3 else data) + b"\n"


def grants(dice: random.Random, port: int, mutated) -> bytes:
    def one(number: int) -> dict:
        made = w.grant(f"g{number}", HOST, ports=[port], methods=dice.choice((["GET"], ["GET", "HEAD", "POST", "PUT", "DELETE"])),
                       paths=dice.choice((["/**"], ["/f"], ["/none"])))
        if dice.random() < 0.3:
            made["uses"] = dice.choice((1, 3))
        if dice.random() < 0.1:
            made[dice.choice([*made, "more"])] = dice.choice(ODD)
        return made
    whole = {"version": 1, "grants": [one(number) for number in range(dice.choice((0, 1, 3, 40)))]}
    if dice.random() < 0.3:
        whole["refusals"] = [{key: value for key, value in one(90).items() if key != "uses"}]
    data = json.dumps(whole).encode("utf-8")
    return mutated(dice, data) if dice.random() < 0.2 else data


class Root:
    """mutated(dice, data) and sent(dice, connection, data) are live_fuzz's own."""

    def __init__(self, proxy: w.Proxy, port: int, seed: str, mutated, sent) -> None:
        self.proxy, self.port, self.seed, self.mutated, self.sent = proxy, port, seed, mutated, sent
        self.problem, self.numbers = "", itertools.count()
        self.heard = dict.fromkeys(ANSWERS, 0)

    def dial(self) -> socket.socket:
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(0.2)
        peer.connect(str(self.proxy.control))
        return peer

    def hear(self, peer: socket.socket, seconds: float) -> None:
        data, end = b"", time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while time.monotonic() < end and (piece := peer.recv(65536)):
                data += piece
        for text in data.split(b"\n")[:-1]:
            try:
                said = json.loads(text)
                (word,) = [one for one in ANSWERS if one in said]
                self.heard[word] += 1
            except (ValueError, TypeError):
                self.problem = f"the control socket says {text[:300]!r}"

    def turn(self, number: int) -> None:
        dice = random.Random(f"{self.seed} root {number}")
        if dice.random() < 0.5:
            one = self.proxy.grants[dice.randrange(2)]
            new = one.with_suffix(f".{number}")
            new.write_bytes(grants(dice, self.port, self.mutated))
            new.rename(one)
        with contextlib.closing(self.dial()) as peer:
            data = b"".join(line(dice, self.mutated) for _ in range(dice.choice((1, 1, 3, 20))))
            self.sent(dice, peer, data if dice.random() < 0.8 else data[:-dice.randrange(1, 9)])
            self.hear(peer, dice.choice((0, 0.1, 0.1, 0.5)))

    def run(self, end: float) -> None:
        while time.monotonic() < end and not self.problem:
            with contextlib.suppress(OSError):
                self.turn(next(self.numbers))

    def attend(self, end: float) -> None:
        """Somebody is there to be asked, mostly."""
        while time.monotonic() < end and not self.problem:
            with contextlib.suppress(OSError), contextlib.closing(self.dial()) as peer:
                peer.sendall(b'{"ask": "questions"}\n')
                peer.settimeout(1)
                self.hear(peer, 2)

    def wrong(self) -> str:
        """Once all of it is over: what is wrong, or has not been tried."""
        with contextlib.suppress(OSError), contextlib.closing(self.dial()) as peer:
            peer.sendall(b'{"ask": "look"}\n')
            peer.settimeout(10)
            if peer.makefile("rb").readline() != b'{"ok":true}\n':
                return "the control socket answers no more"
        granted, kept = (self.proxy.log_text().count(one) for one in ('"grant": "', '"grants-kept"'))
        print(f"control: {self.heard}; {granted} requests were granted, {kept} files of grants not taken")
        return self.problem or ("" if min(granted, kept, *(self.heard[one] for one in ANSWERS[:3])) > 3 else "hardly anything was asked by root")
