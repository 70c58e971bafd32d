"""The heads that tests/proxy/test_attacks.py sends, as the engine is asked about them: its functions that send are
replaced, so that each request is written down instead."""

from __future__ import annotations

import contextlib
import pathlib
import sys
import unittest.mock as mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "proxy"))

import reference  # noqa: E402, F401 (it says where the modules are)
import target  # noqa: E402
import test_attacks as attacks  # noqa: E402
import world as w  # noqa: E402

TODAY = [2027, 6, 30]
# What is refused later than at the head: an address, a body that is not as long as it says, what a reader
# of HTTP/2 refuses, bytes that are not HTTP.
NOT_OF_A_HEAD = ("private_", "plain_http_inside", "h2_length_and_longer_body",
                 "h2_name_in_capitals")
NO_CHANNEL = {"tls": False, "host": None, "port": 0, "sni": None}


class Unreadable(Exception):
    """This is refused before there is a request."""


def described(head: bytes) -> dict:
    """As a reader of HTTP/1 that takes whatever it can would hand it on."""
    first, *lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or words[2] not in (b"HTTP/1.0", b"HTTP/1.1"):
        raise Unreadable
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or line[:1] in (b" ", b"\t"):
            raise Unreadable
        fields.append([name.decode("latin-1"), value.strip(b" \t").decode("latin-1")])
    return {"version": int(words[2] == b"HTTP/1.1"), "method": words[0].decode("latin-1"),
            "target": words[1].decode("latin-1"), "scheme": "", "authority": "",
            "fields": fields, "ends": False}


class Client:
    """In the place of world.Client."""

    asked: list[dict] = []

    def __init__(self, proxy, timeout=0.0) -> None:
        self.channel, self.socket = dict(NO_CHANNEL), mock.MagicMock()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass

    def connect(self, authority: str, extra: bytes = b"") -> bytes:
        self.asked.append({"connect": {"version": 1, "method": "CONNECT", "target": authority, "fields": [],
                                       "ends": False}, "channel": dict(self.channel), "today": TODAY})
        try:
            host, port = target.parse_authority(authority, None)
        except target.TargetError:
            return b"HTTP/1.1 403 -"
        self.channel.update(host=host, port=port)
        return b"HTTP/1.1 200 -"

    def tls(self, sni, alpn=None):
        self.channel.update(tls=True, sni=sni)
        return alpn[0] if alpn else None

    def raw(self, data: bytes, tail: float = 0.0):
        request = described(data)
        if request["method"] == "CONNECT" and not self.channel["host"]:
            self.asked.append({"connect": request, "channel": dict(self.channel), "today": TODAY})
        else:
            self.asked.append({"request": request, "channel": dict(self.channel), "today": TODAY})
        return mock.MagicMock()


def ask(client: Client, fields, body=None, trailers=None, before=None):
    """In the place of http2.ask."""
    for one in (before, fields):
        names = [name for name, _ in one or ()]
        pseudo = [name for name in names if name.startswith(":")]
        if not one:
            continue
        if len(set(pseudo)) < len(pseudo) or names[:len(pseudo)] != pseudo or ":protocol" in pseudo:
            raise Unreadable
        found = dict(one)
        client.asked.append({"channel": dict(client.channel), "today": TODAY, "request": {
            "version": 2, "method": found.get(":method", ""), "target": found.get(":path", ""),
            "scheme": found.get(":scheme", ""), "authority": found.get(":authority", ""),
            "fields": [list(field) for field in one if not field[0].startswith(":")], "ends": body is None}})
    return "200", b""


def collect():
    """The policy, its secrets, and (name, whether it must be refused, what is asked, whether that is all)."""
    made = {}

    def proxy(_, policy, name, secrets):
        made.update(policy=policy, secrets=secrets)
        return mock.MagicMock(port=3, ca=None)
    world = mock.MagicMock(port=20443, plain_port=20080, names={})
    with mock.patch.object(w, "World", return_value=world), mock.patch.object(w, "Proxy", proxy):
        attacks.setUpModule()
    found = [(name, True, *recorded(attack)) for name, attack in attacks.REFUSED.items()]
    for case in (attacks.Cleaned, attacks.Answers):
        for name in dir(case):
            if name.startswith("test_"):
                found.append((name, False, *recorded(lambda name=name, case=case: passes(case, name))))
    return made["policy"], made["secrets"], found


def passes(case, name: str) -> None:
    """Its requests alone; what it asserts is of another world."""
    one = case(name)
    for attribute in dir(one):
        if attribute.startswith("assert"):
            setattr(one, attribute, lambda *_, **__: None)
    one.upstream = lambda attack, server="": attack() or mock.MagicMock()
    one.answer = mock.MagicMock()
    with contextlib.suppress(TypeError, ValueError, OSError):  # a mock is no answer
        getattr(one, name)()


def recorded(attack) -> tuple[list[dict], bool]:
    """What is asked, and whether all of it can be."""
    Client.asked = []
    with mock.patch.object(w, "Client", Client), mock.patch.object(attacks.http2, "ask", ask):
        try:
            attack()
        except (Unreadable, TypeError):  # TLS inside of TLS is no head
            return Client.asked, False
    return Client.asked, True
