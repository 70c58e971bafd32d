#!/usr/bin/python3 -SB
"""tests/control/logins.py: logging in on the host, without root and without a sandbox: the files that other programs keep,
the flows against an identity service of our own over TLS, the door, the URLs that a session hands out, and what it is
given. tests/live/logins does it with the real programs."""

import base64
import contextlib
import hashlib
import http.client
import http.server
import io
import json
import os
import pathlib
import pwd
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import types
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.dirname(sys.path[0]))

from ports import free_port  # noqa: E402
from recorded import BOX  # noqa: E402
import door  # noqa: E402
import login_data  # noqa: E402
import login_files  # noqa: E402
import logins  # noqa: E402
import oauth  # noqa: E402
import sandbox  # noqa: E402
import seeds  # noqa: E402
from say import Failed, Refused  # noqa: E402

passed = failed = 0
MODULES = pathlib.Path(__file__).resolve().parents[2] / "modules"
ROOT = MODULES.parent


def preset(name):
    """As the host has it of a sandbox.json with the login that templates/logins/ has."""
    own, = json.loads((ROOT / f"templates/logins/{name}.json").read_text())["logins"]
    known = json.loads((MODULES / "host/logins.json").read_text())
    return login_data.one_of(None, {"name": name, "client": own["client_id"]}, known)


PRESETS = {path.stem: preset(path.stem) for path in (ROOT / "templates/logins").iterdir()}


def check(text, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok' if good else 'FAILED'}: {text}")


def equal(text, got, wanted):
    check(text, got == wanted)
    if got != wanted:
        print(f"    {got!r}\n    not {wanted!r}")


def raises(text, words, work, *arguments):
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            got = work(*arguments)
    except Failed as why:
        equal(text, str(why), words)
    else:
        check(f"{text}: {got!r}", False)


def jwt(**claims):
    parts = (json.dumps(one).encode() for one in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts), "c2lnbmF0dXJl"])


# -- the files of other programs --

ACCESS, REFRESH = "sk-ant-oat01-of-the-file", "sk-ant-ort01-of-the-file"
CLAUDE = {"claudeAiOauth": {"accessToken": ACCESS, "refreshToken": REFRESH, "expiresAt": 1900000000123, "scopes": ["x"],
                            "subscriptionType": "max"}, "mcpOAuth": {}}
ID = jwt(email="a@example.org", **{"https://api.openai.com/auth": {"chatgpt_plan_type": "plus", "chatgpt_account_id": "acc-1"}})
CHATGPT_ACCESS = jwt(exp=1900000001)


def test_files():
    def read(name, data):
        return login_files.read(name, data if isinstance(data, bytes) else json.dumps(data).encode())

    equal("Claude Code's", read("claude", CLAUDE),
          {"access": ACCESS, "refresh": REFRESH, "until": 1900000000, "plan": "max"})
    codex = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "last_refresh": "2026-01-01T00:00:00Z",
             "tokens": {"id_token": ID, "access_token": CHATGPT_ACCESS, "refresh_token": "rt_of_the_file", "account_id": "acc-2"}}
    equal("Codex's, with what its tokens say", read("chatgpt", codex),
          {"access": CHATGPT_ACCESS, "refresh": "rt_of_the_file", "id": ID, "until": 1900000001, "who": "a@example.org",
           "plan": "plus", "account": "acc-2"})
    equal("Gemini CLI's", read("google", {"access_token": "ya29.of-the-file", "refresh_token": "1//of-the-file",
                                          "expiry_date": 1900000000500, "token_type": "Bearer"}),
          {"access": "ya29.of-the-file", "refresh": "1//of-the-file", "until": 1900000000})
    gh = b"github.com:\n    git_protocol: https\n    users:\n        old:\n            oauth_token: gho_old_token\n" \
         b"        me:\n    user: me\n    oauth_token: \"gho_of_the_file\"\nghe.example.org:\n    oauth_token: gho_of_another\n"
    equal("gh's, the active account of github.com", read("github-copilot", gh), {"access": "gho_of_the_file", "who": "me"})
    equal("Copilot's", read("github-copilot", {"github.com:Iv1.x": {"user": "me", "oauth_token": "ghu_of_the_file"}}),
          {"access": "ghu_of_the_file", "who": "me"})
    several = {"anthropic": {"type": "oauth", "access": ACCESS, "refresh": REFRESH, "expires": 1900000000000},
               "openai": {"type": "api", "key": "sk-key-of-the-file"},
               "github-copilot": {"type": "oauth", "refresh": "ghu_lasting", "access": "tid=short;x=1", "expires": 1}}
    equal("opencode's, one of several", read("claude", several), {"access": ACCESS, "refresh": REFRESH, "until": 1900000000})
    equal("  of GitHub's the lasting one", read("github-copilot", several), {"access": "ghu_lasting"})
    for name, data, words in (
            ("claude", b"", "the file is none that a program keeps its login in"),
            ("claude", b"{", "the file is no JSON"),
            ("claude", b"{\"a\": " * 5000, "the file is no JSON"),
            ("claude", b"\xff\xfe", "the file is no text"),
            ("claude", b" " * (256 << 10) + b"{}", "a file of a login is shorter than that"),
            ("claude", {"installMethod": "native"}, "the file is none that a program keeps its login in"),
            ("chatgpt", CLAUDE, "the file has no login chatgpt: it has claude"),
            ("google", several, "the file has no login google: it has claude and github-copilot"),
            ("chatgpt", {"OPENAI_API_KEY": "sk-proj-x", "tokens": None},
             "the file has a key and no login: name it in the spec's \"credentials\""),
            ("claude", {"claudeAiOauth": {"accessToken": "two words"}},
             "the file's access token is none: it has to be 8 to 16384 visible ASCII characters"),
            ("claude", {"claudeAiOauth": {"accessToken": ACCESS, "refreshToken": 7}},
             "the file's refresh token is none: it has to be 8 to 16384 visible ASCII characters"),
            ("claude", {"claudeAiOauth": {"expiresAt": 1}},
             "the file has no access token"),
            ("github-copilot", b"github.com:\n    user: me\n    git_protocol: https\n",
             "the token is in the system's keyring and not in that file: gh auth token prints it")):
        raises(f"refused: {words}", words, read, name, data)


def test_clients():
    with tempfile.TemporaryDirectory() as folder:
        def read(data):
            path = pathlib.Path(folder, "client.json")
            path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
            try:
                return login_files.client(str(path))
            except Refused as why:
                return str(why).replace(folder, "")

        client = {"client_id": "c-1", "client_secret": "GOCSPX-made"}
        equal("a client, by itself", read({**client, "more": 1}), client)
        equal("as Google's console gives it", read({"installed": {**client, "redirect_uris": ["http://localhost"]}}), client)
        equal("not one that a server has", read({"web": client}),
              "the file has the client of a web application, which no host on its own may use: make one for a desktop app")
        for data in (b"", b"{", b"[]", b"\xff", b"[" * 9999, b" " * (257 << 10), {"client_id": "c-1"}, {"installed": "x"},
                     {**client, "client_secret": ""}, {**client, "client_secret": "two words"}, {**client, "client_id": 7},
                     {**client, "client_id": "c\n"}):
            equal(f"none: {str(data)[:40]}", read(data), "/client.json is no JSON with client_id and client_secret")
        raises("none: no file", f"cannot read {folder}/none: No such file or directory", login_files.client, f"{folder}/none")


class Proxy:
    """What control.connect gives: says the same to whoever asks."""

    def __init__(self, **said):
        self.said, self.asked = said, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, verb, **more):
        self.asked.append((verb, more))
        return self.said


def test_whose_client():
    google, client = PRESETS["google"], {"client_id": "c-1", "client_secret": "s-1"}
    command = types.SimpleNamespace(sandbox=BOX, host=None)
    real = logins.control.connect
    lacks = "google renews no login without its client's secret, which nothing here has seen"
    try:
        logins.control.connect = lambda *_: Proxy(ok=True, **client)
        equal("Google's: what the agent's own login has shown", logins.client_of(command, google, None, False), client)
        logins.control.connect = lambda *_: Proxy(ok=True, client_id="c-1")
        raises("without a secret there is no login", f"{lacks}: log in inside once, or name a file that has it: --client FILE",
               logins.client_of, command, google, None, False)
        with contextlib.redirect_stderr(io.StringIO()) as said:
            equal("a file of tokens is taken all the same", logins.client_of(command, google, None, True), {})
        check("  and what becomes of it is said", f"{lacks}: it ends with its token, unless --client FILE names it" in said.getvalue())
        logins.control.connect = None
        equal("the others have none", [logins.client_of(command, PRESETS[name], None, False) for name in ("claude", "chatgpt", "github-copilot")],
              [{}] * 3)
    finally:
        logins.control.connect = real
    made = logins.with_client(google, client)["authorize"]
    equal("another client is who logs in", (made["client"], made["secret"], "pasted" in made), ("c-1", "s-1", False))
    own = logins.with_client(google, {**client, "client_id": google["authorize"]["client"]})["authorize"]
    equal("  the page with a code is that of the agent's own", own["pasted"], "https://codeassist.google.com/authcode")
    check("  and what is known stays", "secret" not in google["authorize"] and "pasted" in google["authorize"])
    with identity() as server:
        one = oauth.Code({**login_at(server), "authorize": {**made, "url": f"{server.url}/authorize"}})
        fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(one.url()).query))
        equal("its page", (fields["client_id"], fields["access_type"], fields["redirect_uri"]),
              ("c-1", "offline", f"http://127.0.0.1:{one.port}/oauth2callback"))
        server.answers["/token"] = [(200, {"access_token": "ya29.made", "refresh_token": "1//made"}), (401, {"error": "invalid_client"})]
        one.exchange("code")
        equal("the code goes with its secret", {key: server.seen[-1][1].get(key) for key in client}, client)
        raises("a secret that is wrong", "localhost refuses (401): invalid_client", one.exchange, "code")
        one.wait(piped("c\n"))


# -- flows --


class Identity(http.server.BaseHTTPRequestHandler):
    """RFC 6749 with PKCE, and RFC 8628; what it was asked stays in its server's list."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        self.answer(200, {"account": {"email": "me@example.org\x1b[31m"}, "organization": {"organization_type": "claude_max"}})

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = json.loads(text) if self.headers["Content-Type"] == "application/json" else dict(urllib.parse.parse_qsl(text))
        self.server.seen.append((self.path, asked))
        self.answer(*self.server.answers[self.path].pop(0))

    def answer(self, status, said):
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextlib.contextmanager
def identity():
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                               "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                               f"{folder}/key", "-out", f"{folder}/certificate"], capture_output=True, check=False)
        assert made.returncode == 0, made.stderr
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Identity)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.seen, server.answers = [], {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ["SSL_CERT_FILE"] = f"{folder}/certificate"
        server.url = f"https://localhost:{server.server_address[1]}"
        try:
            yield server
        finally:
            server.shutdown()


def login_at(server, **more):
    fields = {"access": "/access_token", "refresh": "/refresh_token", "expires_in": "/expires_in", "id": "/id_token"}
    return {"name": "claude", "token": [{"url": f"{server.url}/token", "fields": fields, "body": "json"}],
            "authorize": {"url": f"{server.url}/authorize", "client": "client-1", "scope": "a b",
                          "redirect": "http://localhost/callback", "parameters": {"code": "true"}, "state": True},
            "answer": {"who": "/account/email_address"}, **more}


def visit(port, target, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, target)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def in_thread(work):
    """(the thread, the list that gets what it gives or raises)"""
    found = []

    def run():
        try:
            found.append(work())
        except Failed as why:
            found.append(why)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


def test_code():
    with identity() as server:
        login = login_at(server)
        one = oauth.Code(login)
        fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(one.url()).query))
        equal("the page is asked for a code", {key: fields[key] for key in ("code", "response_type", "client_id", "scope")},
              {"code": "true", "response_type": "code", "client_id": "client-1", "scope": "a b"})
        equal("  to come back to this host", fields["redirect_uri"], f"http://localhost:{one.port}/callback")
        thread, found = in_thread(one.wait)
        equal("another path is nobody's", visit(one.port, "/favicon.ico")[0], 404)
        equal("another method either", visit(one.port, f"/callback?code=x&state={one.state}", "POST")[0], 404)
        equal("another login's is not taken", visit(one.port, "/callback?code=stolen&state=guess")[0], 400)
        equal("nor one without a state", visit(one.port, "/callback?code=stolen")[0], 400)
        status, page = visit(one.port, f"/callback?code=c%2B1&state={one.state}")
        thread.join(10)
        equal("its own is", (status, found), (200, ["c+1"]))
        check("  and the page has nothing of it", "c+1" not in page and one.state not in page)
        server.answers["/token"] = [(200, {"access_token": "at-1-secret", "refresh_token": "rt-1-secret", "expires_in": 3600,
                                           "account": {"email_address": "me@example.org"}})]
        got = one.exchange("c+1")
        until = got.pop("until")
        equal("the code becomes tokens", got, {"access": "at-1-secret", "refresh": "rt-1-secret", "who": "me@example.org"})
        check("  until when they say", abs(until - time.time() - 3600) < 60)
        asked = server.seen[-1][1]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        equal("  by the verifier of the challenge (RFC 7636)", challenge, fields["code_challenge"])
        equal("  and the same address", (asked["redirect_uri"], asked["grant_type"]), (one.redirect, "authorization_code"))
        equal("whose it is", oauth.profile({"profile": {"url": f"{server.url}/me", "who": "/account/email",
                                                        "plan": "/organization/organization_type"}}, "at-1-secret"),
              {"who": "me@example.org?[31m", "plan": "claude_max"})
        for status, said, words in (
                (400, {"error": "invalid_grant", "error_description": "code\x1b[2J expired"},
                 "localhost refuses (400): invalid_grant: code?[2J expired"),
                (429, {"error": {"type": "rate_limit_error", "message": "x"}}, "localhost refuses (429): rate_limit_error"),
                (500, b"<html>", "localhost refuses (500)"),
                (302, {"access_token": "of-a-redirect"}, "localhost refuses (302)"),
                (200, {"token_type": "Bearer"}, "the answer has no access token"),
                (200, b"[]", "the answer has no access token"),
                (200, b"{" + b" " * (1 << 20) + b"}", "localhost answers with more than a login has")):
            server.answers["/token"] = [(status, said)]
            raises(f"told: {words}", words, one.exchange, "c")
        os.environ["SSL_CERT_FILE"] = "/dev/null"
        try:
            one.exchange("c")
            check("a server that nobody vouches for gets no code", False)
        except Failed as why:
            check("a server that nobody vouches for gets no code", "CERTIFICATE_VERIFY_FAILED" in str(why))
        raises("nor one in clear", "http://localhost/token is no https URL", oauth.post, "http://localhost/token", {})
        raises("nor one with a password in its URL", "https://a:b@localhost/ is no https URL", oauth.post, "https://a:b@localhost/", {})


def test_pasted():
    login = login_at(types.SimpleNamespace(url="https://id.example.org"))
    for text, wanted in (("https://localhost/callback?code=c-2&state={}", "c-2"), ("c-3#{}", "c-3"), ("c-4", "c-4")):
        one = oauth.Code(login)
        thread, found = in_thread(lambda one=one, text=text: one.wait(piped(f"\nc-0#other\n{text.format(one.state)}\n")))
        thread.join(10)
        equal(f"pasted: {text}", found, [wanted])
    shown = {**login, "authorize": {**login["authorize"], "pasted": "https://id.example.org/shown"}}
    one = oauth.Code(shown)
    check("a page that shows a code is offered, too", "redirect_uri=https%3A%2F%2Fid.example.org%2Fshown" in one.url(one.pasted_at))
    one.wait(piped("c-5\n"))
    equal("  and the code goes with its address", one.redirect, "https://id.example.org/shown")
    one = oauth.Code({**login, "authorize": {**login["authorize"], "redirect": "https://id.example.org/shown"}})
    equal("nothing listens for what only a page shows", (one.doors, one.redirect, one.wait(piped(f"c-6#{one.state}\n"))),
          ([], "https://id.example.org/shown", "c-6"))
    one = oauth.Code(login)
    thread, found = in_thread(lambda: one.wait(piped(f"http://localhost/?error=access_denied&state={one.state}\n")))
    thread.join(10)
    equal("pasted: a refusal", [str(one) for one in found], ["id.example.org refuses (at the browser): access_denied"])
    raises("a person who never comes", "nobody logged in within 10 minutes", oauth.Code(login, 0.1).wait)
    one = oauth.Code(login)
    taken = {**login, "authorize": {**login["authorize"], "redirect": f"http://localhost:{one.port}/callback"}}
    with contextlib.redirect_stderr(io.StringIO()) as said:
        other = oauth.Code(taken)
    check("a port that is taken is told", f"port {one.port} of this host is not free" in said.getvalue() and not other.doors)


def piped(text):
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return os.fdopen(reading, encoding="utf-8", buffering=1)


def test_device():
    with identity() as server:
        login = login_at(server, device={"url": f"{server.url}/device", "client": "client-2", "scope": "read:user"})
        shown = []
        first = {"device_code": "device-1", "user_code": "ABCD-1234", "verification_uri": "https://id.example.org/device",
                 "interval": 1, "expires_in": 900}
        server.answers = {"/device": [(200, first)], "/token": [(400, {"error": "authorization_pending"}),
                                                               (200, {"access_token": "gho_of_the_device"})]}
        equal("a device code", oauth.by_device(login, lambda page, code: shown.append((page, code))), {"access": "gho_of_the_device"})
        equal("  is shown with its page", shown, [("https://id.example.org/device", "ABCD-1234")])
        equal("  and asked about by its own name", server.seen[-1][1]["device_code"], "device-1")
        server.answers = {"/device": [(200, first)], "/token": [(200, {"error": "access_denied"})]}
        raises("one that was refused", "localhost refuses (200): access_denied", oauth.by_device, login, lambda *_, **__: None)
        server.answers = {"/device": [(404, {})]}
        raises("one that is not given", "localhost refuses (404)", oauth.by_device, login, lambda *_, **__: None)
        server.answers = {"/device": [(200, {**first, "expires_in": 1})], "/token": [(400, {"error": "authorization_pending"})]}
        raises("one that nobody entered", "nobody entered the code in time", oauth.by_device, login, lambda *_, **__: None)


# -- the way out of a session --


def test_urls():
    claude, chatgpt = PRESETS["claude"], PRESETS["chatgpt"]

    def url(base="https://claude.com/cai/oauth/authorize", **more):
        fields = {"code": "true", "client_id": claude["authorize"]["client"], "response_type": "code",
                  "redirect_uri": "http://localhost:39741/callback", "state": "s-1", **more}
        return base + "?" + urllib.parse.urlencode(fields)

    def seen(text):
        return door.asked_for(text, [claude, chatgpt])

    equal("the page of a login, and where it comes back to", seen(url()), ("claude", (39741, "/callback", "s-1")))
    equal("Codex's", seen(url("https://auth.openai.com/oauth/authorize", client_id=chatgpt["authorize"]["client"],
                              redirect_uri="http://localhost:1455/auth/callback")), ("chatgpt", (1455, "/auth/callback", "s-1")))
    equal("one whose code is pasted", seen(url(redirect_uri=claude["authorize"]["pasted"])), ("claude", None))
    for text, one in (("another client's", url(client_id="evil")), ("another page", url("https://claude.com/evil")),
                      ("another host", url("https://claude.com.evil.example/cai/oauth/authorize")),
                      ("a user before the host", url("https://claude.com@evil.example/cai/oauth/authorize")),
                      ("in clear", url("http://claude.com/cai/oauth/authorize")),
                      ("back to somebody else", url(redirect_uri="http://evil.example/callback")),
                      ("back to a port of the system", url(redirect_uri="http://localhost:80/callback")),
                      ("back to a user at localhost", url(redirect_uri="http://localhost:1@evil.example:8000/")),
                      ("a client named twice", url() + "&client_id=evil"), ("a token at once", url(response_type="token")),
                      ("with a fragment", url() + "#x"), ("no query", "https://claude.com/cai/oauth/authorize"),
                      ("a bad port", url("https://claude.com:99999999/cai/oauth/authorize"))):
        equal(f"none: {text}", seen(one), ("", None))
    for text, wanted in ((b"https://a.example/x?y=z%20&k", True), (b"https://a.example/\x1b[2J", False), (b"file:///etc/passwd", False),
                         (b"https://a.example/ b", False), (b"javascript:alert(1)", False), (b"https://a.example/\"", False),
                         (b"HTTPS://a.example/", False), (b"https://a.example/\xc3\xa9", False)):
        equal(f"{'' if wanted else 'not '}handed out: {text!r}", bool(door.clean(text)), wanted)


def test_lines():
    pipe, writing = os.pipe()
    over, end = os.pipe()
    sent = b"https://a.example/1\n" + b"x" * 5000 + b"\nhttps://a.example/2\n" + b"".join(b"https://a.example/%d\n" % n for n in range(50))
    os.write(writing, sent)
    got = list(door.lines(pipe, over))
    equal("what is too long is left out whole", got[:3], [b"https://a.example/1", b"https://a.example/2", b"https://a.example/0"])
    equal("and no session shows more than twenty", len(got), door.MOST)
    os.close(end)
    equal("nothing comes once it has ended", list(door.lines(pipe, over)), [])


def test_door():
    """The namespace is our own; to enter even that one takes root."""
    inside = http.server.HTTPServer(("127.0.0.1", 0), Inside)
    inside.got = []
    threading.Thread(target=inside.serve_forever, daemon=True).start()
    port, root = inside.server_address[1], os.geteuid() == 0
    over, end = os.pipe()
    one = door.Door((free_port(), "/callback", "s-1"), "/proc/self/ns/net")
    outside = one.port
    thread = threading.Thread(target=one.stand, args=(over,))
    thread.start()
    one.port = port
    for text, target in (("another path", "/other?code=c&state=s-1"), ("another state", "/callback?code=c&state=s-2"),
                         ("two states", "/callback?state=s-1&state=s-2"), ("none", "/callback?code=c")):
        equal(f"not through the door: {text}", visit(outside, target)[0], 404)
    equal("nor another method", visit(outside, "/callback?code=c&state=s-1", "POST")[0], 404)
    status, page = visit(outside, "/callback?code=c%201&state=s-1")
    thread.join(10)
    equal("one passes" if root else "one passes, as far as a user can", status, 200 if root else 502)
    equal("  as it came", inside.got, ["/callback?code=c%201&state=s-1"] if root else [])
    check("  and the page is ours", "INSIDE" not in page)
    try:
        visit(outside, "/callback?code=c&state=s-1")
        check("and then no door is there", False)
    except OSError:
        check("and then no door is there", True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        equal("a port that is taken is told", door.Door((number, "/", "s"), "/").problem,
              f"port {number} of this host is not free (Address already in use): paste the code inside")
    equal("without a state there is none", door.Door((1455, "/", ""), "/").problem,
          "its address has no state, so no door opens for what comes back: paste the code inside")
    closes = door.Door((free_port(), "/", "s"), "/")
    thread = threading.Thread(target=closes.stand, args=(over,))
    thread.start()
    os.close(end)
    thread.join(10)
    check("it goes with the session", not thread.is_alive())
    inside.shutdown()


class Inside(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.got.append(self.path)
        self.send_response(302)
        self.send_header("Location", "http://localhost:1/INSIDE")
        self.end_headers()


# -- what a session is given, and what is said --


def test_seed():
    held = {"state": "healthy", "plan": "max", "placeholders": {"access": "sk-ant-oat01-place", "refresh": "sk-ant-ort01-holder"}}
    got = seeds.filled(PRESETS["claude"]["seed"][".claude/.credentials.json"], held, 1000)["claudeAiOauth"]
    equal("Claude Code's file", (got["accessToken"], got["refreshToken"], got["subscriptionType"], got["expiresAt"]),
          ("sk-ant-oat01-place", "sk-ant-ort01-holder", "max", (1000 + 365 * 86400) * 1000))
    equal("  is read as one", login_files.read("claude", json.dumps({"claudeAiOauth": got}).encode())["access"], "sk-ant-oat01-place")
    held = {"placeholders": {"access": "a.b.c-place", "refresh": "rt_place", "id": "i.d.place"}, "account": "acc-1"}
    got = seeds.filled(PRESETS["chatgpt"]["seed"][".codex/auth.json"], held, 0)
    equal("Codex's", (got["tokens"], got["last_refresh"], got["OPENAI_API_KEY"]), (
        {"id_token": "i.d.place", "access_token": "a.b.c-place", "refresh_token": "rt_place", "account_id": "acc-1"},
        "1970-01-01T00:00:00Z", None))
    got = seeds.filled(PRESETS["github-copilot"]["seed"][".config/github-copilot/apps.json"], {"placeholders": {"access": "gho_p"}}, 0)
    check("what nobody knows is left out", "user" not in got["github.com:Iv1.b507a08c87ecfe98"])
    for name, one in PRESETS.items():
        for path in one["seed"]:
            check(f"{name}: {path} is below a home", not path.startswith("/") and ".." not in path and " " not in path)


def test_told():
    one = {"state": "healthy", "who": "me@example.org", "plan": "max", "until": 1900000000}
    equal("who, which plan, until when", logins.state_of(one, "claude", 1800000000),
          "logged in as me@example.org (max), token until 2030-03-17 17:46 UTC")
    equal("nobody", logins.state_of({}, "claude", 0), "nobody is logged in: agent-sandbox login claude")
    equal("one that gets no new token", logins.state_of({"state": "healthy", "why": "its service answered 503"}, "claude", 0),
          "logged in; it gets no new token: its service answered 503")
    equal("an end", logins.state_of({"state": "ended", "why": "invalid_grant\x1b"}, "claude", 0),
          "ENDED (invalid_grant?): agent-sandbox login claude")
    box = types.SimpleNamespace(logins=[PRESETS["claude"], PRESETS["chatgpt"]])
    raises("which?", 'login which login: claude, chatgpt are in the spec\'s "logins"', logins.known, box, "", "login")
    raises("none of that name", 'there is no login x?: claude, chatgpt are in the spec\'s "logins"', logins.known, box, "x\x1b", "login")
    raises("none at all", 'there is no login x: the spec has no "logins"', logins.known, types.SimpleNamespace(logins=[]), "x", "login")


def test_data():
    fields = {"access": "/access_token"}
    good = {"name": "own", "token": [{"url": "https://id.example.org/token", "fields": fields}],
            "client": "c", "authorize": {"url": "https://id.example.org/authorize", "scope": "a b", "parameters": {"p": "q"}}}

    def read(*rows):
        return login_data.read(sandbox.Reader("sandbox.json", {"logins": list(rows)}))

    one = read(good)[0]
    equal("of sandbox.json: a login", (one["authorize"]["scope"], one["authorize"]["redirect"]), ("a b", "http://localhost/callback"))
    known = read({"name": "claude", "token": good["token"]})[0]
    check("  and of a known one what is ours", known["authorize"]["url"].startswith("https://claude.") and known["seed"])
    for text, row in (("no name", {**good, "name": "../x"}), ("in clear", {**good, "authorize": {"url": "http://id.example.org/"}}),
                      ("a redirect elsewhere", {**good, "authorize": {**good["authorize"], "redirect": "http://evil.example/"}}),
                      ("a list", []), ("a token without a URL", {**good, "token": [{"fields": fields}]}),
                      ("a line end", {**good, "client": "a\nb"}),
                      ("a parameter that is none", {**good, "authorize": {**good["authorize"], "parameters": {"p": 7}}}),
                      ("another body", {**good, "token": [{"url": "https://x/", "body": "xml", "fields": fields}]}),
                      ("a field that is none", {**good, "token": [{"url": "https://x/", "fields": {"access": "x"}}]})):
        try:
            check(f"refused: {text}: {read(row)}", False)
        except Refused as why:
            check(f"refused: {text}", str(why).startswith("sandbox.json: bad logins: "))
    try:
        check(f"refused: the same name twice: {read(good, good)}", False)
    except Refused:
        check("refused: the same name twice", True)


def test_rights():
    command = types.SimpleNamespace(sandbox=BOX)
    mine = os.geteuid()
    got = logins.without_rights(command, lambda: {"uid": os.getresuid(), "groups": os.getgroups()})
    equal("it runs without rights", got["uid"], [65534] * 3 if mine == 0 else [mine] * 3)
    if mine == 0:
        other = next(one for one in pwd.getpwall() if one.pw_uid >= 1 and one.pw_uid not in (60610, 60611))
        os.environ["SUDO_UID"] = str(other.pw_uid)
        equal("  or as who called sudo", logins.without_rights(command, lambda: os.getresuid()), [other.pw_uid] * 3)
        del os.environ["SUDO_UID"]

    def fails():
        raise Refused("no such thing")

    raises("  and says why not", "no such thing", logins.without_rights, command, fails)
    raises("  and never ends in words of its own", "the login broke off", logins.without_rights, command, lambda: 1 / 0)


for test in (test_files, test_clients, test_whose_client, test_code, test_pasted, test_device, test_urls, test_lines, test_door, test_seed,
             test_told, test_data, test_rights):
    test()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
