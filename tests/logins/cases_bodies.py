"""What is said to a token endpoint, and what it answers, otherwise than it should be."""

from __future__ import annotations

import gzip
import json
import urllib.parse

from checks import check
from identity import word

CODE = {"grant_type": "authorization_code", "code": "c", "client_id": "the-client"}
AUTH, PATH = "auth.example.org", "/oauth/token"
JSON, FORM = "Content-Type: application/json\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"


def asked_otherwise(host):
    body = json.dumps(CODE).encode()
    given = len(host.identity.issued.get("example", ()))
    for path in ("/oauth/token/", "/OAuth/Token", "//oauth/token", "/oauth/%74oken", "/oauth/./token", "/oauth/token;x=1",
                 "/oauth/x/../token", "/oauth//token", "/oauth/token?x=1", "/oauth/token%2F", "/oauth\\token", "/oauth/token/."):
        host.ask(AUTH, path, body, JSON)
    check("however the path is spelled, what is given out is kept", host.leaks(), [])
    check("the server took some of them for the same", len(host.identity.issued["example"]) - given > 4, True)
    given, words = len(host.identity.issued["example"]), b'"login example: its token endpoint is asked'
    for what, rows in {
        "with another method": [("GET", b"", ""), ("PUT", body, JSON), ("GET", body, JSON), ("POST", b"", JSON)],
        "with a body that says it in two ways": [("POST", body[:-1] + b', "grant_type": "password"}', JSON), ("POST", b"grant_type=authorization_code&grant_type=password", FORM),
                                                  ("POST", body, FORM), ("POST", body, "Content-Type: text/plain\r\n"), ("POST", body, ""),
                                                  ("POST", body, JSON + "Content-Encoding: identity\r\n"), ("POST", body, JSON + FORM), ("POST", b"[]", JSON)],
        "for anything but a login": [("POST", json.dumps({**CODE, "grant_type": one}).encode(), JSON) for one in (
            "password", "client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "", 1, ["authorization_code"])],
    }.items():
        check(f"a token endpoint is not asked {what}", [host.ask(AUTH, PATH, sent, fields, method)[0] for method, sent, fields in rows], [403] * len(rows))
    check("and the refusal says why", words[1:] in host.ask(AUTH, PATH, b"", JSON, "PUT")[1], True)
    check("or with more than 1 MiB", host.ask(AUTH, PATH, b"x" * (1 << 20) + body, JSON)[0], 403)
    check("none of it reached the server", len(host.identity.issued["example"]), given)
    check("a form passes as JSON does", host.token("example", CODE, as_json=False)[0], 200)


def answered_otherwise(host):
    access = "agent-sandbox-login-box-example-access"

    def answered(change) -> tuple[int, bytes]:
        host.identity.changes = change
        status, said = host.ask(AUTH, PATH, json.dumps(CODE).encode(), JSON)
        host.identity.changes = None
        return status, said

    def again(text, fields):
        token = json.loads(text)["access_token"]
        return json.dumps({**json.loads(text), "more": {"t": token, "h": token.encode().hex()}}).encode(), [*fields, (b"X-Token", token.encode())]

    status, said = answered(again)
    check("a token that is said again elsewhere in the answer is blotted", (status, json.loads(said)["more"]["t"].strip("*")), (200, ""))
    status, said = answered(lambda text, fields: (text.replace(b'"access_token": "', b'"access_token": "\\u0041'), fields))
    check("one that is spelled with escapes is read", (status, json.loads(said)["access_token"]), (200, access))
    host.identity.issued["example"].append("A" + host.identity.issued["example"][-2])
    for what, change in {
        "compressed": lambda text, fields: (gzip.compress(text), [*fields, (b"Content-Encoding", b"gzip")]),
        "no JSON": lambda text, fields: (b"<p>" + text, fields),
        "a form": lambda text, fields: (b"access_token=" + json.loads(text)["access_token"].encode(), fields),
        "cut off": lambda text, fields: (text[:-3], fields),
        "one that says a token twice": lambda text, fields: (text.rstrip(b"\n}") + b', "access_token": "' + b"x" * 40 + b'"}', fields),
        "one that says it in other letters, too": lambda text, fields: (text.rstrip(b"\n}") + b', "Access_Token": "' + b"x" * 40 + b'"}', fields),
        "one with a number for a token": lambda text, fields: (text.rstrip(b"\n}") + b', "id_token": 17}', fields),
        "one with a token that fits no field": lambda text, fields: (text.replace(b'"access_token": "', b'"access_token": "a b\\n'), fields),
        "one with a refresh token alone": lambda text, fields: (text.replace(b'"access_token"', b'"other"'), fields),
        "longer than 256 KiB": lambda text, fields: (text + b" " * (1 << 18), fields),
    }.items():
        status, said = answered(change)
        check(f"an answer that is {what} does not go on", (status, b"the answer of its token endpoint" in said), (502, True))
    status, said = answered(lambda text, fields: (text.replace(b'"refresh_token": "', b'"refresh_token": null, "x": "'), fields))
    check("one that says null for a token has none", (status, json.loads(said)["refresh_token"]), (200, None))
    host.identity.issued["example"].pop()
    status, said = answered(lambda text, fields: (b"", fields))
    check("an empty one passes", (status, said), (200, b""))
    host.identity.fails = [(b"500 Oops", b"<html>"), (b"400 Bad", b'{"error": "x"}'), (b"403 No", json.dumps({"access_token": "t" * 40}).encode())]
    check("errors pass as they are, but for one with a token", [answered(None)[0] for _ in range(3)], [500, 400, 502])


def answered_as_a_form(host):
    """GitHub's way, where nobody asks for JSON."""
    access, kind = "gho_agent-sandbox-login-box-github-copilot-access", b"application/x-www-form-urlencoded; charset=utf-8"
    asked = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "d", "client_id": "c"}

    def as_form(text, **more) -> bytes:
        return urllib.parse.urlencode({**json.loads(text), **more}).encode()

    def answered(change, status=b"200 OK") -> tuple[int, bytes]:
        host.identity.changes = lambda text, fields: (change(text), [(b"Content-Type", kind)])
        said = host.ask("github.com", "/login/oauth/access_token", urllib.parse.urlencode(asked).encode(), FORM)
        host.identity.changes = None
        return said

    host.identity.pending = 1
    check("a form: an error passes as it is", answered(as_form), (200, b"error=authorization_pending&interval=5"))
    status, said = answered(lambda text: as_form(text, refresh_token="ghr_" + "r" * 40, expires_in="28800", same=json.loads(text)["access_token"]))
    found = dict(urllib.parse.parse_qsl(said.decode()))
    check("of a form the tokens are kept", (status, found["access_token"], found["refresh_token"][:30], found["scope"], found["same"].strip("*")),
          (200, access, "ghr_agent-sandbox-login-box-gi", "read:user", ""))
    check("and work", host.use(access, "api.github.com", "/user")[0], 200)
    host.again()
    check("also after a restart", host.use(access, "api.github.com", "/user")[0], 200)
    said = host.ask("github.com", "/login/oauth/access_token", urllib.parse.urlencode(
        {"grant_type": "refresh_token", "refresh_token": found["refresh_token"], "client_id": "c"}).encode(), FORM)[1].decode()
    again = dict(urllib.parse.parse_qsl(said))
    check("a client that renews gets a form again", (again["access_token"], again["refresh_token"], 28000 < int(again["expires_in"]) <= 28800),
          (access, found["refresh_token"], True))
    token = "gho_" + "x" * 36
    for what, text in {
        "one that says a token twice": f"access_token={token}&access_token={token}", "in other letters, too": f"access_token={token}&Access_Token={token}",
        "with ;": f"scope=a;access_token={token}", "with a token of blanks": "access_token=a+b+c+d+e+f", "of bytes": "access_token=%ff%fe&scope=a",
        "with a refresh token alone": f"refresh_token={token}", "and is JSON": json.dumps({"access_token": token}),
    }.items():
        status, said = answered(lambda _, text=text: text.encode())
        check(f"a form {what} does not go on with a token", (token.encode() in said, access.encode() in said), (False, False))
    check("names are read as clients read them", b"access_token=gho_agent-sandbox" in answered(lambda _: f"acc%65ss_token={token}".encode())[1], True)


def sizes_of_answers(host):
    for length, good in ((7, False), (8, True), (16384, True), (16385, False)):
        token = word(length)
        host.identity.fails = [(b"200 OK", json.dumps({"access_token": token, "expires_in": "3600"}).encode())]
        status, _ = host.token("example", CODE)
        check(f"a token of {length} characters", status, 200 if good else 502)
        if good:
            host.ask("api.example.org", "/x", fields="x-token: agent-sandbox-login-box-example-access\r\n")
            check("goes out whole", dict(host.identity.requests[-1]["fields"])[b"x-token"], token.encode())
    check("an end that is said as text is one", host.login("example")["until"] > 0, True)
