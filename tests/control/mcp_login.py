#!/usr/bin/python3 -SB
"""tests/control/mcp_login.py: how one logs in to a remote MCP server, against a server of our own over TLS whose words are changed
one by one. tests/proxy/mcp_sdk does it with the SDK's own server."""

import contextlib
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), str(pathlib.Path(__file__).resolve().parents[2] / "modules/host")]

import discovery  # noqa: E402
import oauth  # noqa: E402
from say import Failed  # noqa: E402

passed = failed = 0


def equal(text, got, wanted):
    global passed, failed
    passed, failed = passed + (got == wanted), failed + (got != wanted)
    print(f"{'ok' if got == wanted else 'FAILED'}: {text}" + ("" if got == wanted else f": {got!r}, not {wanted!r}"))


class Server(http.server.BaseHTTPRequestHandler):
    """Answers what its server's pages say: {"METHOD /path": (status, fields, JSON)}."""

    def log_message(self, *_):
        pass

    def do_GET(self, method="GET"):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.seen.append((method, self.path, text))
        status, fields, said = self.server.pages.get(f"{method} {self.path}", (404, {}, {}))
        data = json.dumps(said).encode()
        self.send_response(status)
        for name, value in {**fields, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        self.do_GET("POST")


@contextlib.contextmanager
def served():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/key", "-out",
                        f"{folder}/certificate"], capture_output=True, check=True)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.url, server.seen = f"https://localhost:{server.server_address[1]}", []
        os.environ["SSL_CERT_FILE"] = f"{folder}/certificate"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


WELL = "/.well-known"


def usual(url):
    """What MCP's document has in its flow, at one host."""
    return {
        "POST /mcp": (401, {"WWW-Authenticate": f'Bearer resource_metadata="{url}/meta", scope="tickets:read"'}, {}),
        "GET /meta": (200, {}, {"resource": f"{url}/mcp", "authorization_servers": [f"{url}/tenant"], "scopes_supported": ["a", "b"]}),
        f"GET {WELL}/oauth-authorization-server/tenant": (200, {}, {
            "issuer": f"{url}/tenant", "authorization_endpoint": f"{url}/authorize", "token_endpoint": f"{url}/token",
            "registration_endpoint": f"{url}/register", "code_challenge_methods_supported": ["plain", "S256"]}),
        "POST /register": (201, {}, {"client_id": "made-7", "redirect_uris": []}),
    }


def login_at(url, **more):
    fields = {"access": "/access_token", "refresh": "/refresh_token", "expires_in": "/expires_in", "id": "/id_token"}
    return {"name": "tracker", "resource": f"{url}/mcp", "token": [{"url": f"{url}/token", "body": "form", "fields": fields}], **more}


def found(server, **more):
    try:
        login = discovery.completed(login_at(server.url, **more))
    except Failed as why:
        return str(why).replace(server.url, "URL")
    own = login["authorize"]
    return {"page": own["url"].replace(server.url, ""), "client": own["client"], "scope": own["scope"],
            "register": login.get("register", "").replace(server.url, "")}


def ways(server):
    url = server.url
    server.pages = usual(url)
    whole = {"page": "/authorize", "client": "", "scope": "tickets:read", "register": "/register"}
    equal("a server says how one logs in", found(server), whole)
    equal("the spec's scope and client go before that", found(server, client="mine", scope="x y"),
          {**whole, "client": "mine", "scope": "x y", "register": ""})
    server.pages["POST /mcp"] = (401, {}, {})
    server.pages[f"GET {WELL}/oauth-protected-resource/mcp"] = server.pages.pop("GET /meta")
    equal("its metadata is found without its saying where", found(server), {**whole, "scope": "a b"})
    del server.pages[f"GET {WELL}/oauth-protected-resource/mcp"]
    one = server.pages.pop(f"GET {WELL}/oauth-authorization-server/tenant")
    server.pages[f"GET {WELL}/oauth-authorization-server"] = (200, {}, {**one[2], "issuer": url})
    equal("without any it is its own authorization server", found(server), {**whole, "scope": ""})
    server.pages[f"GET {WELL}/openid-configuration"] = server.pages.pop(f"GET {WELL}/oauth-authorization-server")
    equal("which may be one of OpenID Connect", found(server), {**whole, "scope": ""})


def refusals(server):
    url, well = server.url, f"GET {WELL}/oauth-authorization-server/tenant"

    def change(text, where, wanted, status=200, fields=None, **said):
        server.pages = usual(url)
        old = server.pages[where]
        new = {key: value for key, value in {**old[2], **said}.items() if value is not None}
        server.pages[where] = (status, old[1] if fields is None else fields, new)
        equal(text, found(server), wanted)

    change("one that lets anybody in", "POST /mcp", "localhost answers without a login (200)")
    change("metadata of another server", "GET /meta", "localhost speaks for another server than URL/mcp", resource="https://evil.example/mcp")
    change("of a path beside it", "GET /meta", "localhost speaks for another server than URL/mcp", resource=f"{url}/mc")
    change("of none", "GET /meta", "localhost speaks for another server than URL/mcp", resource=7)
    change("an authorization server that says it is another", well,
           "localhost speaks for another authorization server than URL/tenant", issuer="https://login.example.org")
    change("tokens from elsewhere than the policy knows", well, "localhost has its tokens from https://evil.example/token, and the spec's "
           "login says URL/token: nothing was asked there", token_endpoint="https://evil.example/token")
    change("a page in clear", well, "localhost does not say where one logs in, or where tokens are had",
           authorization_endpoint="http://localhost/authorize")
    change("no page", well, "localhost does not say where one logs in, or where tokens are had", authorization_endpoint=None)
    change("a login that can be stolen", well, "localhost takes no login with PKCE (S256), which one to an MCP server needs",
           code_challenge_methods_supported=["plain"])
    change("no clients but known ones", well, "localhost registers no clients by itself: give the spec's login the \"client_id\" that it knows",
           registration_endpoint=None)
    change("a registration in clear", well, "localhost registers no clients by itself: give the spec's login the \"client_id\" that it knows",
           registration_endpoint="http://localhost/register")
    change("a scope with escapes is none", "POST /mcp", {"page": "/authorize", "client": "", "scope": "a b", "register": "/register"}, 401,
           {"WWW-Authenticate": f'Bearer resource_metadata="{url}/meta", scope="\t\x1b[2J"'})
    server.pages = {"POST /mcp": (401, {}, {})}
    equal("nothing said", found(server), "localhost does not say how one logs in (RFC 8414)")
    equal("where nobody is", str(_raised(lambda: discovery.completed(login_at("https://localhost:1")))).partition(":")[0], "localhost cannot be asked")


def _raised(work):
    try:
        return work()
    except Failed as why:
        return why


def whole(server):
    """Registered, sent to its page, and back."""
    server.pages = {**usual(server.url), "POST /token": (200, {}, {"access_token": "at-1-secret", "refresh_token": "rt-1-secret"})}
    login, shown = discovery.completed(login_at(server.url)), []

    def show(url, **_):
        shown.append(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)))
        threading.Thread(target=urllib.request.urlopen, args=[f"{shown[0]['redirect_uri']}?code=c-1&state={shown[0]['state']}"]).start()

    got = oauth.browse(login, show)
    asked = [(path, json.loads(text) if text[:1] == "{" else dict(urllib.parse.parse_qsl(text))) for _, path, text in server.seen[-2:]]
    equal("a client is registered for this login", asked[0], ("/register", {
        "client_name": "agent-sandbox", "redirect_uris": [shown[0]["redirect_uri"]], "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "token_endpoint_auth_method": "none", "scope": "tickets:read"}))
    equal("the page is told for which server", {key: shown[0][key] for key in ("client_id", "resource", "scope", "code_challenge_method")},
          {"client_id": "made-7", "resource": f"{server.url}/mcp", "scope": "tickets:read", "code_challenge_method": "S256"})
    equal("and so is the token endpoint", {key: asked[1][1].get(key) for key in ("code", "client_id", "client_secret", "resource", "redirect_uri")},
          {"code": "c-1", "client_id": "made-7", "client_secret": None, "resource": f"{server.url}/mcp", "redirect_uri": shown[0]["redirect_uri"]})
    equal("which gives the tokens", got, {"access": "at-1-secret", "refresh": "rt-1-secret"})
    for text, answer, wanted in (
            ("refused", (400, {}, {"error": "invalid_redirect_uri", "error_description": "no \x1b[1mloopback"}),
             "localhost refuses (400): invalid_redirect_uri: no ?[1mloopback"),
            ("of no name", (201, {}, {"client_secret": "x"}), "localhost refuses (201)"),
            ("of one with a line end", (201, {}, {"client_id": "a\nb"}), "localhost refuses (201)")):
        server.pages["POST /register"] = answer
        equal(f"a client that is {text}", str(_raised(lambda: oauth.browse(discovery.completed(login_at(server.url)), show))), wanted)
    server.pages["POST /register"] = (201, {}, {"client_id": "made-8", "client_secret": "s-8"})
    login = discovery.completed(login_at(server.url))
    shown.clear()
    oauth.browse(login, show)
    equal("a client's secret goes where its code goes", dict(urllib.parse.parse_qsl(server.seen[-1][2]))["client_secret"], "s-8")
    equal("and with the tokens to the proxy", login["authorize"]["secret"], "s-8")


with served() as local:
    for test in (ways, refusals, whole):
        test(local)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
