"""Policies and requests from a small world, so that they often meet; most requests have something odd."""

from __future__ import annotations

import random
import time

import aws_fields
import bodies
import messages

HOSTS = ["a.example.org", "b.a.example.org", "c.b.a.example.org", "x-y.example.net", "a_b.example.net",
         "xn--bcher-kva.example.com", "other.example.com"]
PORTS = [443, 80, 8443, 8444, 8445, 22, 1, 65535]
TODAY = [2027, 6, 30]
SPECIAL = ["a.example.test", "printer.home.arpa", "git.corp", "a.invalid"]
RANGES = ["10.0.0.0/8", "10.1.0.0/16", "192.168.1.7/32", "fd00:1::/64", "203.0.113.0/24"]
PIECES = ["a", "b", "B9", "%2F", "%2f", "/", "/", "/", "//", ";", ";v=1", "*", "%2A", ".", "%2E", "..", "%C3%A9",
          "%e2%82%ac", "%25", "%20", "%3F", "%EF%BC%8F", "%E2%80%A5", "%00", "%5C", "\\", "%", "%4", "%zz", "%ff",
          "%252e", "%25%32F", "%C3", "\xe9", "#", "~", "@", "!", "$", "&", "'", "(", "+", ",", "=", ":", "-", "_", '"',
          "<", "[", "^", "`", "{", "|", "x" * 90, "%F0%9F%98%80" * 20, " ", "\x7f", "?", "?a=b", "&key=1"]
SEGMENTS = ["a", "b", "*", "**", "a*", "*b", "%2F", "a*b*a", "*a*", "v=1", "%C3%A9", "x" * 40]
BOUND_OFTEN = [{"host": "example.org", "suffix": True}, {"host": "example.net", "suffix": True}]
QUERY = ["a", "a=", "a=*", "a=b", "key=1", "key", "te=%20x*", "te=x%2B*", "te=*", "methods=1", "a=%25zz", "%6bey=*", "a=*b*c",
         "k%e9y=1", "x=%41*"]
PARAMETERS = ["a=b", "a=", "a", "te=+x", "te=x%2By", "te=x%2by;a", "a=%25%35a", "a=xbyc", "a=%2562", "a;b", ";", "a=b;key=1", "a=%00",
              "te=%01", "key=%2525252531", "x=%41+%42", "a=" + "b" * 600, "a" * 501, "*", "a=*", "a=b=c", "%3D=1", "a%26b"]
METHODS = ["GET", "GET", "GET", "POST", "PUT", "HEAD", "DELETE", "VERSION-CONTROL", "PROPFIND"]
ODD_METHODS = ["get", "CONNECT", "TRACE", "GET,POST", "A" * 20, "A" * 21, "-GET", "GET-", "G T", "", "G\xe9T"]
SECRETS = {"one": "sk-real-0f9e8d7c6b5a/4+3=21", "two": "ghp_RealTokenOfTheOperator0123456789",
           "aws": "AKIAREAL.1:real/Key+of0aws=:session/token==", "three": "we\"ird\\&<'>key#", "four": "AIzaQueryKey-55_66&77%", "five": "8letters"}
PLACEHOLDERS = ["sk-placeholder-demo-api", "ghp_placeholder000000", "Accept-Encoding", "chunked%placeholder", None]
IN_PATHS = ["123:placeholder-", "sk-placeholder-demo-api", "a.b_c~d@e"]
NAMES = ["Accept", "accept-encoding", "Range", "If-Range", "X-Any", "X_Any", "Cookie", "Authorization", "authorization",
         "AUTHORIZATION", "x-api-key", "X_Api_Key", "Connection", "connection", "Upgrade", "Keep-Alive", "TE", "te",
         "Trailer", "Proxy-Authorization", "X-HTTP-Method-Override", "X_Http_Method", "X-Forwarded-Host",
         "X-Forwarded-For", "x_forwarded_for", "X-Forwarded-", "X-Original-URL", "Forwarded", "Sec-WebSocket-Key",
         "Sec-WebSocket-Extensions", "Sec_WebSocket_Protocol", "HTTP2-Settings", "Expect", "Content_Length",
         "Transfer_Encoding", "content-type", "Content-Length", "Transfer-Encoding", "Host", "X(A)", "", "X A", "X:",
         "\xe9", "sec-websocket-", "x-host", "X-Envoy-Original-Path"]
VALUES = ["", "1", "*/*", "application/json", "gzip, br", "bytes=0-1", "close", "Close, x-any", "keep-alive", "host",
          "upgrade", "websocket", "h2c", "h2c, websocket", "WebSocket , websocket", "trailers", "Trailers", "100-continue",
          "200-ok", "0", "5", "05", "+5", "5, 5", "123456789012345678", "1234567890123456789", "chunked", "CHUNKED",
          "gzip, chunked", "identity", "a\tb", "\xff\xfe", "Bearer x", "x" * 3000,
          ",,", " , close , ", "authorization,x", "%41%zz%2"]
ODD_VALUES = ["a\0b", "a\rb", "a\nb", "\x7f", "content-length"]


UNREAD = ("host", "suffix", "scheme", "ports", "addresses", "bytes", "owner", "reason", "expires")


def unread(chance: random.Random) -> dict:
    made = rule(chance)
    made.update(scheme=chance.choice(["tcp", "tls"]), ports=chance.sample(PORTS, chance.randint(1, 3)))
    return {key: value for key, value in made.items() if key in UNREAD}


def rule(chance: random.Random) -> dict:
    host, suffix = chance.choice(HOSTS if chance.random() < 0.97 else SPECIAL), chance.random() < 0.3
    if suffix and host.count(".") > 1 and chance.random() < 0.7:
        host = host.partition(".")[2]
    made = {"host": host, "suffix": suffix, "scheme": chance.choice(["https", "https", "https", "http"]),
            "methods": chance.sample(METHODS, chance.randint(1, 4)),
            "paths": [pattern(chance) for _ in range(chance.randint(1, 3))],
            "ports": chance.sample([443, 443, 443, 80, 80, 8443, 8444, 1, 65535], chance.randint(1, 4)),
            "websocket": chance.random() < 0.4}
    if chance.random() < 0.5:
        made["paths"] = ["/**"]
    if chance.random() < 0.2:
        made["expires"] = chance.choice(["2027-06-29", "2027-06-30", "2027-07-01", "2020-01-01", "2999-12-31"])
    if chance.random() < (0.7 if host in SPECIAL else 0.2):
        made["addresses"] = chance.sample(RANGES, chance.randint(1, 3))
    if chance.random() < 0.3:
        made["requests"] = {"count": chance.choice([1, 2, 5]), "seconds": 86400}
    if chance.random() < 0.2:
        made["bytes"] = {"count": chance.choice([1, 4, 10 ** 17 - 1]), "seconds": 86400}
    if chance.random() < 0.1:
        made["tokens"] = {"count": 1, "seconds": 86400}
    if chance.random() < 0.3:
        made["query"] = chance.sample(QUERY, chance.randint(1, 4))
    if chance.random() < 0.2:
        made["ignore_case"] = chance.random() < 0.9
    for kind in set(made) & {"requests", "bytes", "tokens"}:
        if chance.random() < 0.3:
            made[kind]["together"] = chance.choice(["a", "b"])
    for key in ("owner", "reason"):
        if chance.random() < 0.3:
            made[key] = chance.choice(["me", "\u00e9\u20ac\U0001f600", "x" * 1024, "\u00e9" * 1025, "\n\x7f"])
    return made


def pattern(chance: random.Random) -> str:
    return "/" + "/".join(chance.choice(SEGMENTS) for _ in range(chance.randint(0, 4)))


def denied(chance: random.Random, rules: list[dict]) -> dict:
    """Of a rule's place, or of another; often in other letters."""
    one = chance.choice(rules) if rules and chance.random() < 0.8 else rule(chance)
    paths = [chance.choice(["/**", pattern(chance), pattern(chance) + "/**", chance.choice(one["paths"])])
             for _ in range(chance.randint(1, 2))]
    made = {"host": one["host"], "suffix": one["suffix"], "scheme": one["scheme"], "ports": one["ports"][:2],
            "paths": [path.upper() if chance.random() < 0.3 else path for path in paths]}
    if chance.random() < 0.3:
        made["owner"] = chance.choice(["me", "\u00e9" * 1025])
    return made


def credential(chance: random.Random, name: str) -> dict:
    kind = chance.choice(["header", "header", "bearer", "basic", "query", "authorization", "path", "json", "json"]) if name != "aws" else "aws"
    value = {"authorization": chance.choice(["Bot", "a-b.c~", "GenieKey"]), "path": True, "aws": True,
             "header": chance.choice(["x-api-key", "Authorization", "X_Any", "Cookie"]), "bearer": True,
             "basic": chance.choice(["git", "me@example.org"]), "query": chance.choice(["key", "a", "te"]), "json": chance.choice([one for one in bodies.POINTERS if one.isascii()])}[kind]
    made = {"name": name, "inject": {kind: value},
            "source": chance.choice([{"kind": "systemd", "name": name}, {"kind": "keychain", "name": name},
                                      {"kind": "command", "command": f"/usr/bin/pass {name}"}]),
            "hosts": [{"host": chance.choice(HOSTS[:4]), "suffix": chance.random() < 0.3}
                      for _ in range(chance.randint(1, 3))] + BOUND_OFTEN[:chance.randrange(3)]}
    placeholder = chance.choice({"path": IN_PATHS, "aws": aws_fields.KEY_IDS}.get(kind, PLACEHOLDERS))
    if placeholder:
        made["placeholder"] = placeholder + (name if chance.random() < 0.7 else "")
        if chance.random() < 0.5:
            made["ask"] = chance.random() < 0.9
    for ceiling in "requests", "bytes", "tokens":
        if chance.random() < 0.15:
            made[ceiling] = {"count": chance.choice([1, 4, 5]), "seconds": 86400}
    if kind in ("aws", "json"):
        made["hosts"] += [{"host": host, "suffix": suffix} for host in HOSTS for suffix in (False, True)]
    elif chance.random() < 0.3:
        made["paths"] = [pattern(chance) for _ in range(chance.randint(1, 2))] + ["/**"] * (chance.random() < 0.3)
    return made


def policy(chance: random.Random) -> dict:
    names = chance.sample(sorted(SECRETS), chance.choice([0, 0, 1, 2, 3, 5]))
    if chance.random() < 0.3:
        names = [one for one in names if one != "aws"] + ["aws"]
    if chance.random() < 0.1:
        names.append("unreadable")
    made = {"format": 1, "sandbox": "demo", "enforcement": chance.choice(["enforce", "enforce", "audit"]),
            "listen": {"host": "127.0.0.1", "port": 1},
            "rules": [rule(chance) for _ in range(chance.randint(0, 8))] + [unread(chance) for _ in range(chance.choice([0, 0, 1, 3]))],
            "credentials": [credential(chance, name) for name in names]}
    if chance.random() < 0.3:
        made["denied"] = [denied(chance, [one for one in made["rules"] if "paths" in one]) for _ in range(chance.randint(0, 2))]
    if chance.random() < 0.3:
        made["cooldowns"] = [cooldown(chance, [one for one in made["rules"] if "paths" in one]) for _ in range(chance.choice([1, 1, 2]))]
    if chance.random() < 0.2:
        made["mcp"] = [messages.server(chance, [one for one in made["rules"] if "paths" in one], rule(chance)) for _ in range(chance.choice([1, 1, 2, 3]))]
    if chance.random() < 0.4:
        made["grants"] = most(chance, 7200)
        if chance.random() < 0.7:
            made["ask"] = {key: value for key, value in most(chance, 60).items() if key != "methods"}
    return made


def most(chance: random.Random, seconds: int) -> dict:
    made: dict = {"seconds": seconds}
    if chance.random() < 0.4:
        made["hosts"] = chance.choice([BOUND_OFTEN, BOUND_OFTEN[:1], [{"host": HOSTS[0], "suffix": False}]])
    if chance.random() < 0.4:
        made["methods"] = chance.choice([["GET"], ["GET", "POST", "HEAD"], ["PUT"]])
    return made


def grants(chance: random.Random, made: dict) -> dict:
    """Of the policy's own places, and others: what they have is often asked for."""
    rules = [one for one in made["rules"] if "paths" in one]

    def one(number: int) -> dict:
        near = chance.choice(rules) if rules and chance.random() < 0.8 else rule(chance)
        host = near["host"] if not near["suffix"] else "z." + near["host"]
        now = int(time.time())
        given = {"id": f"g{number}", "host": host, "owner": chance.choice(["me", "you"]), "methods": sorted(set(METHODS)) if chance.random() < 0.7 else chance.sample(METHODS[3:], 3),
                 "paths": chance.choice([["/**"], ["/**"], near["paths"], [pattern(chance)]]), "ports": near["ports"], "scheme": near["scheme"],
                 "websocket": near["websocket"], "until": now + chance.choice([3600, 3600, 3600, -5, 10 ** 6])}
        given.update({key: near[key] for key in ("query",) if key in near and chance.random() < 0.5})
        if chance.random() < 0.2:
            given["uses"] = chance.choice([1, 2])
        return given
    many = [one(number) for number in range(chance.choice([0, 2, 6, 12]))]
    refused = [{key: value for key, value in one(number + 10).items() if key != "uses"} for number in range(chance.choice([0, 0, 1]))]
    return {"version": 1, "grants": many, "refusals": refused}


def cooldown(chance: random.Random, rules: list[dict]) -> dict:
    """Of a rule's place, or of another; mostly with an index of the place itself."""
    one = chance.choice(rules) if rules and chance.random() < 0.8 else rule(chance)
    made = {"host": one["host"], "suffix": one["suffix"], "ports": one["ports"][:2], "seconds": chance.choice([3600, 5400 * 2, 86400, 604800]),
            "paths": chance.choice([["/**"], one["paths"]]),
            "index": {"kind": chance.choice(["npm", "pypi"]), "host": chance.choice([one["host"], one["host"], HOSTS[0]]),
                      "port": one["ports"][0], "path": chance.choice(["", "", "/a", "/a/b"])}}
    if chance.random() < 0.3:
        made["owner"] = chance.choice(["me", "\u00e9" * 1025])
    return made


PACKAGES = ["/{n}", "/{n}/", "/{n}/latest", "/{n}/1.0.0", "/{n}/-/{n}-1.0.0.tgz", "/@s/{n}", "/@s%2f{n}", "/@s/{n}/1", "/@s/{n}/-/{n}-1.tgz",
            "/-/v1/search", "/-/{n}/-/x.tgz", "/x/{n}-1.0-py3-none-any.whl", "/x/{n}-1.0.tar.gz.metadata", "/x/{n}.asc", "/", "//{n}", "/{n};x"]


def package(chance: random.Random, index: dict) -> str:
    name = chance.choice(["a", "left-pad", "A_b.c", "-", ".a", "~a", "a%20b", "a!'()*", "%61", "foo-3d", "x--y", "%40s"])
    return chance.choice([index["path"], index["path"], "", "/a"]) + chance.choice(PACKAGES).replace("{n}", name)


def path(chance: random.Random, made: dict, near: dict) -> str:
    kind = chance.random()
    if kind < 0.6:
        text = chance.choice(near["paths"]).replace("**", chance.choice(["a/b", "", "c//d", "a%2Fb", "x;y/z"])).replace(
            "*", chance.choice(["a", "", "ab", "%2F"]))
    elif kind < 0.98:
        text = "/" + "".join(chance.choice(PIECES) for _ in range(chance.choice([1, 2, 3, 5, 8])))
    else:
        text = "/" + "".join(chance.choice(PIECES[:14]) for _ in range(chance.choice([300, 900, 9000, 33000])))
    if "denied" in made and chance.random() < 0.1:
        text = text.upper()
    if "cooldowns" in made and chance.random() < 0.5:
        text = package(chance, chance.choice(made["cooldowns"])["index"])
    text = with_placeholder(chance, made, text)
    if near.get("ignore_case") and chance.random() < 0.5:
        text = chance.choice([text.upper(), text.swapcase(), text.capitalize()]).replace("%2f", "%2F")
    if chance.random() < 0.2:
        items = near.get("query", QUERY)
        text += "?" + chance.choice("&&;").join(chance.choice([chance.choice(items).replace("*", "x"), chance.choice(PARAMETERS)])
                                                for _ in range(chance.choice([1, 1, 2, 4, 70])))
    elif chance.random() < 0.3:
        text += "?" + "&".join(chance.choice(["key=1", "a", "%6bey=x", "te", "a=%zz", "+key=", "", "key", "methods=1",
                                              "k%e9y=1", "=", "x-amz-Signature=1", "b=%2f+c&a=~%7e", "a&a=&a=0"] + placeholders(made))
                               for _ in range(chance.randint(1, 3)))
        if chance.random() < 0.1:
            text += chance.choice(["&_method=X", "&%5Fmethod=PUT", "&_METHOD", "&_met+hod=1"])
    return text


def with_placeholder(chance: random.Random, made: dict, text: str) -> str:
    """In a segment, as clients of a token in the path have it."""
    known = [one["placeholder"] for one in made["credentials"] if "path" in one["inject"]]
    if not known or chance.random() < 0.5:
        return text
    one = chance.choice(known)
    one = chance.choice([one, one, one, one.replace(":", "%3A"), one.replace("-", "%2d", 1), one + "x", one * 2, one[:-1]])
    return chance.choice([text + one, f"/bot{one}{text}", f"/{one}/a", text + "/" + one, text.replace("a", one, 1), f"/{one};x{text}"])


def long_paths() -> list[str]:
    """Around the length at which the rule that is missing ends in a wildcard."""
    return ["/" + "a" * n + piece * 2 + end for n in range(470, 500) for piece in ("%2F", "%25", "%E2%82%AC", "b/", ";c/", "//")
            for end in ("", "z" * 60, "/z" * 30)]


def placeholders(made: dict) -> list[str]:
    return [one["placeholder"] for one in made["credentials"] if "placeholder" in one]


def value(chance: random.Random, made: dict) -> str:
    known = placeholders(made)
    if known and chance.random() < 0.25:
        one = chance.choice(known)
        return chance.choice([one, "Bearer " + one, one[:-1], one.replace("-", "%2d"), one.replace("l", "%6C", 1),
                              one[:5] + "," + one[5:]])
    return chance.choice(VALUES if chance.random() < 0.97 else ODD_VALUES)


def fields(chance: random.Random, made: dict, authority: str, version: int) -> list[list[str]]:
    found = []
    if version != 2 or chance.random() < 0.05:
        found.append([chance.choice(["Host", "host"]), authority])
    if chance.random() < 0.15:
        offered = chance.choice(["websocket", "websocket", "WebSocket", "h2c", "h2c, websocket", "websocket,websocket", ", ", "tls/1.0"])
        found += [["Upgrade", offered], ["Connection", "Upgrade"], ["Sec-WebSocket-Key", "x"]]
    if chance.random() < 0.2:
        found.append(chance.choice([["Content-Length", "5"], ["content-length", "0"], ["Transfer-Encoding", "chunked"]]))
    for _ in range(chance.choice([0, 1, 2, 3, 6])):
        found.append([chance.choice(NAMES if chance.random() < 0.2 else NAMES[:36]), value(chance, made)])
    found += aws_fields.signed(chance, made)
    if chance.random() < 0.05:
        found = [one for one in found if one[0].lower() != "host"]
    chance.shuffle(found)
    return found


def handshake(chance: random.Random) -> list[list[str]]:
    more = [["Sec-WebSocket-Extensions", "permessage-deflate"], ["Content-Length", "0"], ["Authorization", "Bearer x"],
            ["Sec_WebSocket_Version", "13"], ["x-forwarded-host", "x"], ["Connection", "close"], ["Keep-Alive", "1"]]
    return [["Upgrade", chance.choice(["websocket", "WebSocket", "websocket, websocket"])], ["Connection", "keep-alive, Upgrade"],
            ["Sec-WebSocket-Key", "x"]] + chance.sample(more, chance.randrange(4))


def odd_authority(chance: random.Random, host: str, port: int) -> str:
    return chance.choice([host.upper() + f":{port}", f"{host}.:{port}", f"x@{host}:{port}", f"{host}:0{port}", "",
                          f"{host}:", f"[::1]:{port}", f"127.0.0.1:{port}", f"0x7f.1:{port}", host, f"{host}:{port}:1",
                          f"other.example.com:{port}", f"\xe9.example.org:{port}", f"{'a' * 64}.b:{port}", f"1.2.3.4.:{port}",
                          f"{host}:65536", f"{host}:1", "localhost", f"a..b:{port}", f"-a.b:{port}", f"{host}/x"])


def request(chance: random.Random, made: dict) -> dict:
    rules = [one for one in made["rules"] if "paths" in one]
    one = chance.choice(rules) if rules and chance.random() < 0.85 else rule(chance)
    host = one["host"] if not one["suffix"] else chance.choice(["z.", "y.z.", "a-b."]) + one["host"]
    port, tls = chance.choice(one["ports"]), one["scheme"] == "https"
    if "mcp" in made and chance.random() < 0.6:
        server = chance.choice(made["mcp"])
        host, port, tls = server["host"], server["port"], server["scheme"] == "https"
    version = chance.choice([0, 1, 1, 1, 2, 2]) if tls else chance.choice([0, 1, 1, 1])
    usual = 443 if tls else 80
    authority = host if port == usual else f"{host}:{port}"
    text = path(chance, made, one)
    method = chance.choice(one["methods"]) if chance.random() < 0.85 else chance.choice(METHODS + ODD_METHODS)
    channel = {"tls": tls, "host": host, "port": port, "sni": host}
    made_request = {"version": version, "method": method, "target": text, "scheme": "", "authority": "",
                    "fields": fields(chance, made, authority, version), "ends": chance.random() < 0.5}
    servers = [server for server in made.get("mcp", ()) if (server["host"], server["port"]) == (host, port)]
    if servers and chance.random() < 0.8:
        to_server(chance, chance.choice(servers)["path"], made_request)
        text = made_request["target"]
    elif any("json" in slot["inject"] for slot in made["credentials"]) and chance.random() < 0.8:
        with_body(chance, made, made_request)
    if one["websocket"] and chance.random() < 0.4:
        version = 1
        made_request.update(version=1, method="GET", fields=[["Host", authority], *handshake(chance)])
    if version == 2:
        made_request.update(scheme="https", authority=authority)
    elif not tls and chance.random() < 0.8:
        channel.update(host=None, port=0)
        made_request["target"] = f"http://{authority}{text}"
    if chance.random() < 0.15:
        spoil(chance, made_request, channel, (host, port))
    return {"request": made_request, "channel": channel, "today": TODAY}


def to_server(chance: random.Random, place: str, one: dict) -> None:
    """What is said to an MCP server, mostly as its clients do."""
    if chance.random() < 0.7:
        one["fields"] = [field for field in one["fields"] if field[0].lower() == "host"]
    with_body(chance, {"credentials": []}, one)
    if chance.random() < 0.7:
        one["fields"] = [["Content-Type", "application/json"] if field[0] == "Content-Type" else field for field in one["fields"] if field[0] != "Content-Encoding"]
    before = str(len(one["body"]))
    one["body"] = messages.body(chance)
    one["fields"] = [[name, str(len(one["body"])) if name == "Content-Length" and text == before else text] for name, text in one["fields"]]
    one["method"] = chance.choice(["POST"] * 6 + ["GET", "DELETE", one["method"]])
    one["target"] = chance.choice([place] * 4 + [place.upper(), place + "/", place + "?x=1", place + "/x"])
    if chance.random() < 0.2:
        one["fields"].append([chance.choice(["Mcp-Name", "mcp-method"]), chance.choice(["search", "tools/call", "x"])])


def with_body(chance: random.Random, made: dict, one: dict) -> None:
    one["body"] = bodies.body(chance, made)
    if chance.random() < 0.02:
        one["body"] += " " * (1 << 20)
    kind = chance.choice(["application/json"] * 6 + ["Application/JSON ; charset=utf-8", "application/x+json", "text/plain", "+json", "json", ""])
    length = ["Content-Length", str(len(one["body"]))] if one["version"] != 1 or chance.random() < 0.6 else ["Transfer-Encoding", "chunked"]
    one["fields"] = [field for field in one["fields"] if field[0].lower() not in ("content-length", "transfer-encoding", "upgrade")]
    one["fields"] += [["Content-Type", kind]] * chance.choice([1] * 9 + [0, 2]) + [length]
    if chance.random() < 0.1:
        one["fields"].append(["Content-Encoding", chance.choice(["gzip", "identity", "identity, br", ","])])
    one["ends"] = False


def spoil(chance: random.Random, one: dict, channel: dict, place: tuple[str, int]) -> None:
    """One thing about where it goes is wrong, or unusual."""
    other = odd_authority(chance, *place)
    kind = chance.randrange(5)
    if kind == 0:
        channel["sni"] = chance.choice([None, "", place[0].upper(), "other.example.com"])
    elif kind == 1 and one["version"] == 2:
        one["authority"] = other
    elif kind in (1, 2):
        one["fields"] = [[name, other if name.lower() == "host" else text] for name, text in one["fields"]]
    elif kind == 3:
        one["target"] = chance.choice([f"http://{other}/a", f"https://{other}/a", f"ftp://{other}/", "*", other,
                                       f"HTTP://{other}", f"http://{other}?a", one["target"].lstrip("/"), "", "/://"])
    else:
        one["scheme"] = chance.choice(["http", "HTTPS", "", "https\r\n"])
        channel["tls"] = chance.random() < 0.5


def inside(chance: random.Random, made: dict) -> dict:
    """What is said in a tunnel, of which nothing is read but maybe its name."""
    unread = [one for one in made["rules"] if one["scheme"] in ("tcp", "tls")]
    host, port = chance.choice(HOSTS), chance.choice(PORTS)
    if unread and chance.random() < 0.7:
        host, port = place(chance, chance.choice(unread))
    asked = {"channel": {"tls": False, "host": host, "port": port, "sni": None}, "today": TODAY}
    if chance.random() < 0.3:
        return {"unread": True, **asked}
    name = chance.choice([host] * 5 + [host.upper(), "x." + host, host + ".", None])
    return {"hello": {"name": name, "wrong": chance.choice([None] * 6 + ["it is none"])}, **asked}


def place(chance: random.Random, near: dict) -> tuple[str, int]:
    return (chance.choice(["a.", "x.y."]) if near["suffix"] else "") + near["host"], chance.choice(near["ports"])


def connect(chance: random.Random, made: dict) -> dict:
    host, port = chance.choice(HOSTS), chance.choice(PORTS)
    unread = [one for one in made["rules"] if one["scheme"] in ("tcp", "tls")]
    if unread and chance.random() < 0.6:
        host, port = place(chance, chance.choice(unread))
    other = chance.random() < 0.3
    return {"connect": {"version": chance.choice([0, 1, 1]), "method": chance.choice(["CONNECT"] * 9 + ["connect"]),
                        "target": odd_authority(chance, host, port) if other else f"{host}:{port}", "fields": [],
                        "ends": False}, "today": TODAY,
            "channel": {"tls": chance.random() < 0.1, "host": None, "port": 0, "sni": None}}
