"""Policies and requests of tests/engine/differ, from a seed: mostly what passes, with something odd about it."""

from __future__ import annotations

import base64
import functools
import json
import pathlib
import random
import re
import subprocess
import tempfile
import time

import aws_fields
import bodies
import messages
import random_requests as odd
from differ_world import CLOSED, GITHUB, NAMES, differ_unread, w

METHODS = ["GET", "GET", "GET", "POST", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "PROPFIND"]
PATHS = ["/**", "/**", "/v1/**", "/a/*/b", "/a*", "/**/x", "/v1/*", "/*.git/info/refs", "/"]
QUERY = ["a=b", "a=*", "c", "service=git-upload-pack", "key=*", "key", "te=%20x*", "te=x%2B*", "%6bey=*", "a=*b*c", "k%e9y=1"]
SLOTS = [("one", "api.world.test", {"header": "x-api-key"}), ("two", "git.world.test", {"basic": "git"}),
         ("three", "key.world.test", {"query": "key"}), ("four", "deep.sub.world.test", {"bearer": True}),
         ("five", "low.sub.world.test", {"header": "Cookie"}), ("six", "open.world.test", {"path": True}),
         ("seven", "api.world.test", {"authorization": "Bot"}), ("eight", "sign.world.test", {"aws": True}),
         ("nine", "body.world.test", {"json": "/auth/key"}), ("ten", "body.world.test", {"json": "/a/0"})]
SECRETS = {"one": w.SECRET, "two": w.GIT_SECRET, "three": w.QUERY_SECRET, "four": "four-Real_Token.of/Mine=", "five": "sid=5Letters8",
           "six": "987:Six_of/the;path=", "seven": "seven-Bot.token/8=", "eight": "AKIAREAL.1:real/Key+of0aws=:session/token==",
           "nine": "nine\\in\"a:body", "ten": "ten-Real.in/a+list="}
HANDSHAKE = [["Upgrade", "websocket"], ["Connection", "Upgrade"], ["Sec-WebSocket-Version", "13"],
             ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="]]
# Of HTTP/1 alone, but for a second Host.
NOT_FRAMED = {"host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings", "te"}
# What has a body behind it that is as long as it says; the rest is not kept (see with_body()).
LONGEST = 60000


@functools.lru_cache(maxsize=None)
def of_github() -> list[dict]:
    """As they are rendered."""
    asked = [{"github": "Octo/Hello", "access": "write", "requests": "90/d"}, {"github": "octo/read"}, {"github": "octo/read.me", "owner": "me"}]
    with tempfile.TemporaryDirectory() as folder:
        spec = pathlib.Path(folder, "spec.json")
        spec.write_text(json.dumps({"version": 1, "name": "demo", "network": {"rules": asked}}))
        subprocess.run([w.PROGRAM, "render", spec, "-o", f"{folder}/tree"], check=True, capture_output=True, timeout=120,
                       env={"SOURCE_DATE_EPOCH": "1790000000", "HOME": "/nonexistent"})
        return json.loads(pathlib.Path(folder, "tree", "proxy", "policy.json").read_text())["rules"]


def policy(dice: random.Random, ports: dict[str, int]) -> dict:
    rules = []
    for host in NAMES + [CLOSED]:
        for _ in range(dice.choice((1, 1, 2))):
            scheme = "http" if host == "plain.world.test" else dice.choice(("https",) * 5 + ("http",))
            paths = dice.sample(PATHS, dice.choice((1, 2))) + ([odd.pattern(dice)] if dice.random() < 0.3 else [])
            one = w.rule(host, scheme=scheme, methods=sorted(set(dice.sample(METHODS, 5)) | {"GET"}), paths=sorted(set(paths)),
                         ports=[ports[scheme]], websocket=scheme == "https" and dice.random() < 0.5)
            rules.append({**one, **dice.choice(({}, {}, {}, {}, {}, {"owner": "me \u00e9"}, {"owner": "me"}, {"expires": "2020-01-01"})),
                          **bounds(dice)})
    if dice.random() < 0.5:
        rules.append(w.rule("*.sub.world.test", ports=[ports["https"]], methods=["GET", "POST"]))
    rules.append(w.rule("mcp.world.test", ports=[ports["https"]], methods=["GET", "POST"], paths=["/mcp", "/v1/mcp"]))
    rules += [{**one, "ports": [ports["https"]]} for one in of_github()]
    credentials = []
    for name, host, inject in dice.sample(SLOTS, dice.choice((3, 6, 10))):
        one = w.credential(name, host, inject, f"placeholder-of-{name}-0000")
        if dice.random() < 0.3:
            if not {"path", "aws"} & set(inject):
                del one["placeholder"]
        elif dice.random() < 0.5:
            one["ask"] = True
        if dice.random() < 0.25:
            one["paths"] = dice.choice((["/v1/**"], ["/v1/**", "/a*"], ["/**/x", "/*"]))
        credentials.append(one)
    made = w.policy(rules, credentials, "audit" if dice.random() < 0.15 else "enforce")
    if dice.random() < 0.8:
        made["denied"] = [denied(dice, dice.choice(rules)) for _ in range(dice.choice((1, 2, 4)))]
    made["mcp"] = [{"host": "mcp.world.test", "suffix": False, "scheme": "https", "port": ports["https"], "path": path,
                    "tools": dice.sample(messages.TOOLS, dice.choice((1, 2)))} for path in ("/mcp", "/mcp", "/v1/mcp")]
    if dice.random() < 0.85:  # not of what places() has unread: all ports of these are read then
        made["grants"] = {"seconds": 7200, "hosts": [{"host": host, "suffix": False} for host in dice.sample(NAMES[1:], 8)],
                          **dice.choice(({}, {"methods": ["GET", "POST"]}))}
        if dice.random() < 0.5:  # nobody is there
            made["ask"] = {"seconds": 1}
    return made


def grants(dice: random.Random, made: dict) -> dict:
    """Some for all of a host, and random ones; nothing of github.com, whose rules come in hundreds."""
    rules = [one for one in made["rules"] if one["host"] in NAMES + [CLOSED]]
    found = odd.grants(dice, {**made, "rules": rules})
    for number, one in enumerate(dice.sample(rules, 5)):
        found["grants"].append({"id": f"all-{number}", "owner": "you", "methods": sorted(set(METHODS)), "paths": ["/**"], "until": int(time.time()) + 3600,
                                **{key: one[key] for key in ("host", "scheme", "ports", "websocket")}})
    return found


def bounds(dice: random.Random) -> dict:
    """What else a rule says of requests. A window is a day: both are asked within it."""
    found = {}
    if dice.random() < 0.25:
        found["query"] = dice.sample(QUERY, dice.choice((1, 3, 6)))
    if dice.random() < 0.2:
        found["requests"] = {"count": dice.choice((1, 60, 300)), "seconds": 86400}
    return found


def denied(dice: random.Random, rule: dict) -> dict:
    """Something of a rule's place, often in other letters."""
    paths = [path.upper() if dice.random() < 0.3 else path
             for path in dice.sample(("/v1/a/**", "/a", "/ab", "/v1/ab", "/a/b/**", "/**/x", "/v1/*.*", odd.pattern(dice)), 2)]
    made = {key: rule[key] for key in ("host", "suffix", "scheme", "ports")}
    return {**made, "paths": paths, **dice.choice(({}, {"owner": "me"}))}


def counts(made: dict, granted: dict, place: tuple[str, str, int]) -> bool:
    """Whether what is sent on a connection to that place may count for a ceiling, or use a grant up."""
    return any(({"requests", "uses"} & set(one)) and (one["host"] == place[1] or place[0] == "plain")
               for one in made["rules"] + granted["grants"])


class Request:
    """One, and what of it both sides have to be asked with."""

    def __init__(self, turn: str, method: str, target: str, version: str, fields: list[list[str]], dice: random.Random,
                 content: bytes = b"") -> None:
        self.turn, self.method, self.target, self.version = turn, method, target, version
        self.fields = fields + [["X-Turn", turn]]
        self.websocket = self.framed = False
        self.last = False  # nothing can come behind it on its connection
        self.content, self.trailers = content, []
        self.body = self.with_body(dice)
        closes = any("close" in text.lower() for text in self.values("connection"))
        self.last = self.last or closes or version == "1.0" or method == "CONNECT"

    def values(self, name: str) -> list[str]:
        return [text for key, text in self.fields if key.lower() == name]

    def with_body(self, dice: random.Random) -> bytes:
        lengths, codings = self.values("content-length"), self.values("transfer-encoding")
        if not lengths and not codings:
            return b""
        plain = len(lengths) == 1 and not codings and lengths[0].isdigit() and lengths[0] == str(int(lengths[0]))
        if self.content and plain:
            self.fields = [[name, str(len(self.content)) if name.lower() == "content-length" else text] for name, text in self.fields]
            return self.content
        if plain and int(lengths[0]) <= LONGEST:
            self.content = bytes(dice.randrange(33, 126) for _ in range(min(int(lengths[0]), 50))).ljust(int(lengths[0]), b"y")
            return self.content
        if not lengths and [one.lower() for one in codings] == ["chunked"]:
            self.last = self.version == "1.0"
            return self.chunks(dice)
        self.last = True
        return b"0\r\n\r\n" if codings else b"hello"  # for who takes it

    def chunks(self, dice: random.Random) -> bytes:
        made, known, self.content = b"", self.content, b""
        pieces = [known[:7], known[7:]] if known else [b"z" * dice.choice((1, 5, 17, 300, 9000)) for _ in range(dice.choice((0, 1, 2, 5)))]
        for piece in filter(None, pieces):
            made += b"%s%s\r\n%s\r\n" % ((b"%x" if dice.random() < 0.8 else b"0%X") % len(piece), dice.choice((b"", b"", b";a=b")), piece)
            self.content += piece
        self.trailers = dice.choice(([], [], [("x-late", "yes")], [("host", "example.com")]))
        return made + b"0\r\n" + b"".join(f"{name}: {text}\r\n".encode() for name, text in self.trailers) + b"\r\n"

    def as_framed(self, scheme: str) -> list[tuple[str, str]]:
        """As a client of HTTP/2 has them: names in lower case, and none of one hop."""
        hosts = self.values("host")
        found = [(":method", self.method), (":scheme", scheme), (":path", self.target), (":authority", hosts[0] if hosts else "")]
        for name, text in self.fields:
            plain = re.fullmatch("[a-z0-9_-]+", name.lower()) and not re.search("[\0-\x1f\x7f]", text)
            if plain and name.lower() not in NOT_FRAMED and (name.lower() != "content-length" or self.content):
                found.append((name.lower(), text.strip(" \t")))
        self.framed, self.fields = True, [list(one) for one in found]
        return found

    def path(self) -> str:
        """As it stands in the log."""
        text = self.target.partition("?")[0]
        if "://" in text and not text.startswith("/"):
            text = "/" + text.partition("://")[2].partition("/")[2]
        return text.encode("latin-1").decode("ascii", "backslashreplace")

    def bytes(self) -> bytes:
        head = f"{self.method} {self.target} HTTP/{self.version}\r\n" + "".join(f"{name}: {text}\r\n" for name, text in self.fields)
        return head.encode("latin-1") + b"\r\n" + self.body


def path(dice: random.Random, made: dict, near: dict) -> str:
    text = odd.path(dice, made, near)
    if dice.random() < 0.7:  # nothing odd about it
        text = dice.choice(near["paths"]).replace("**", dice.choice(("v1", "a/b", ""))).replace("*", dice.choice(("ab", "1")))
        if "ignore_case" in near and dice.random() < 0.5:
            text = dice.choice((text.upper(), text.swapcase()))
        if "query" in near and dice.random() < 0.8:
            asked = [one.replace("*", dice.choice(("x", "x", "+", "%62", ""))) for one in near["query"] if dice.random() < 0.7]
            text += "?" + "&".join(asked)
        else:
            text += dice.choice(("", "", "?a=b&c", "?service=git-upload-pack"))
    if len(text) > 9000 and dice.random() < 0.9:
        text = text[:700]
    if near["host"] == "open.world.test":
        text = odd.with_placeholder(dice, made, text)
    known = odd.placeholders(made)
    if known and dice.random() < (0.4 if near["host"] == "key.world.test" else 0.04):
        text += ("&" if "?" in text else "?") + "key=" + dice.choice(known)
    return re.sub(" +", " ", text.strip(" "))  # readers do not agree on how many part a request line


def credentials_of(dice: random.Random, made: dict, host: str) -> list[list[str]]:
    """As a client sends a placeholder that it was given."""
    found = []
    for one in made["credentials"]:
        text, inject = one.get("placeholder", "mine"), one["inject"]
        if one["hosts"][0]["host"] != host or dice.random() < 0.3:
            continue
        if "header" in inject:
            found.append([inject["header"], text])
        elif "authorization" in inject:
            found.append(["Authorization", f"Bot {text}"])
        elif "bearer" in inject:
            found.append(["Authorization", f"Bearer {text}"])
        elif "basic" in inject:
            found.append(["Authorization", "Basic " + base64.b64encode(f"{inject['basic']}:{text}".encode()).decode()])
    return found


def fields(dice: random.Random, made: dict, host: str, authority: str, method: str) -> list[list[str]]:
    if dice.random() < 0.2:
        found = odd.fields(dice, made, authority, 1)
    else:
        found = [["Host", authority], ["Accept", "*/*"], *credentials_of(dice, made, host)]
        if host == "sign.world.test":
            found += [one for one in aws_fields.signed(dice, made) if one[0] != "Content-Length"]  # as long as it says, below
        for _ in range(dice.choice((0, 0, 1, 2))):
            found.append([dice.choice(odd.NAMES[:26]), odd.value(dice, made if dice.random() < 0.2 else {"credentials": []})])
    usual = {"POST": 0.8, "PUT": 0.8, "PATCH": 0.8}.get(method, 0.1)
    if dice.random() < usual and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in found):
        found.append(dice.choice((["Content-Length", str(dice.choice((0, 5, 900, 20000)))], ["Transfer-Encoding", "chunked"])))
        if dice.random() < 0.1:
            found.append(["Expect", "100-continue"])
    for one in found:  # nobody waits for what does not come
        if one[0].lower() == "content-length" and one[1].isdigit() and int(one[1]) > LONGEST:
            one[1] = "05"
    if dice.random() < 0.1:
        found.append(dice.choice((["Connection", "keep-alive, X-Any"], ["TE", "trailers"], ["Connection", "close"],
                                  ["Connection", "TE"], ["Keep-Alive", "timeout=5"])))
    # Where a line ends, where LF stands alone, is not asked here.
    return [[name, text.replace("\n", " ")] for name, text in found if name.lower() != "x-turn"]


def request(dice: random.Random, turn: str, made: dict, place: tuple[str, str, int]) -> Request:
    """One of those that may be sent on a connection to that place."""
    channel, host, port = place
    near = [one for one in made["rules"] if one["host"] == host] or made["rules"]
    rule = dice.choice(near)
    if channel == "plain":
        rule = dice.choice([one for one in made["rules"] if one["scheme"] == "http"])
        host = rule["host"] if dice.random() < 0.9 else dice.choice(NAMES)
    authority = f"{host}:{port}"
    method = dice.choice(rule["methods"]) if dice.random() < 0.9 else dice.choice(METHODS + odd.ODD_METHODS[:-2])
    target, version = path(dice, made, rule), "1.0" if dice.random() < 0.05 else "1.1"
    found = fields(dice, made, host, authority, method)
    websocket = rule["websocket"] and channel == "tls" and dice.random() < 0.06
    if websocket:
        method, version = "GET", "1.1"
        found = [["Host", authority], *HANDSHAKE, *credentials_of(dice, made, host)]
        found += dice.sample([["Origin", "https://example.com"], ["Sec-WebSocket-Protocol", "chat"], ["User-Agent", "x"],
                              ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"]], dice.choice((1, 2)))
    if channel == "plain" and dice.random() < 0.97:
        target = f"http://{authority}{target}"
    if dice.random() < 0.06:
        target, found = spoiled(dice, target, found, host, port)
    content = b""
    if host == "body.world.test" and dice.random() < 0.8:
        found = [one for one in found if one[0].lower() != "content-type"]
        found.append(["Content-Type", dice.choice(("application/json",) * 4 + ("Application/vnd.x+JSON; charset=utf-8", "text/plain"))])
        content = bodies.body(dice, made).encode("latin-1")
    if host == "mcp.world.test" and dice.random() < 0.7 and not websocket:
        found = [one for one in found if one[0].lower() not in ("content-type", "content-length", "transfer-encoding")]
        content = messages.body(dice).encode("latin-1")
        found += [["Content-Type", dice.choice(("application/json",) * 6 + ("text/plain",))],
                  dice.choice((["Content-Length", "5"], ["Content-Length", "5"], ["Transfer-Encoding", "chunked"]))]
        method, target = "POST", dice.choice(("/mcp",) * 5 + ("/mcp?x=1", "/mcp/", "/v1/mcp", "/MCP", "/other"))
    one = Request(turn, method, target, version, found, dice, content)
    one.websocket = any("websocket" in text.lower() for text in one.values("upgrade"))
    one.last = one.last or one.websocket
    return one


def spoiled(dice: random.Random, target: str, found: list, host: str, port: int) -> tuple[str, list]:
    """One thing about where it goes is wrong, or unusual."""
    other = dice.choice((host.upper() + f":{port}", odd.odd_authority(dice, host, port)))
    kind = dice.randrange(4)
    if kind == 0:
        return dice.choice((f"http://{other}/a", f"https://{other}/a", f"ftp://{other}/", "*", other, f"HTTP://{other}",
                            f"http://{other}?a", target.lstrip("/"))), found
    if kind == 1:
        return target, found + [["Host", f"{host}:{port}"]]
    if kind == 2:
        return target, [one for one in found if one[0].lower() != "host"]
    return target, [[name, other if name.lower() == "host" else text] for name, text in found]


def places(ports: dict[str, int], unread: list[int], dice: random.Random) -> list[tuple[str, str, int]]:
    """Where connections go: in a tunnel's TLS, in a tunnel alone, to the proxy itself, or to what is passed on unread."""
    found = [("tls", host, ports["https"]) for host in NAMES + GITHUB if host != "plain.world.test"] * 3
    found += [("h2", *one[1:]) for one in found[::4]]
    found += [("unread", host, dice.choice(unread)) for host in (*differ_unread.NAMES * 2, NAMES[0], CLOSED)]
    found += [("clear", "plain.world.test", ports["http"])] * 2 + [("plain", "", ports["http"])] * 4
    return found + [("clear", dice.choice(NAMES), ports["http"]), ("tls", CLOSED, ports["https"])]


def opening(dice: random.Random, place: tuple[str, str, int]) -> tuple[bytes, str | None]:
    """The CONNECT of a place, and the name that TLS is then asked for."""
    channel, host, port = place
    authority, more = f"{host}:{port}", ""
    if dice.random() < 0.1:
        authority = dice.choice((authority.upper(), odd.odd_authority(dice, host, port), f"{host}:9"))
    if dice.random() < 0.1:
        more = dice.choice(("Proxy-Connection: keep-alive\r\n", "Proxy-Authorization: Basic eDp5\r\n", "User-Agent: x\r\n"))
    version = "1.0" if dice.random() < 0.05 else "1.1"
    asked = f"CONNECT {authority} HTTP/{version}\r\nHost: {host}:{port}\r\n{more}\r\n"
    return asked.encode("latin-1"), host if channel in ("tls", "h2") else None
