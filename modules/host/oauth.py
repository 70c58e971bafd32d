"""Logging in as a person does it: an authorization code with PKCE (RFC 6749, 7636, 8252) by a browser wherever it is, or a
device code (RFC 8628); and revoking (RFC 7009). Standard library alone. It runs in a process without rights (logins.py)."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import select
import ssl
import sys
import time
import urllib.parse

import callback
from login_files import claims_of, pick
from say import Failed, printable, warn

LONGEST = 1 << 20  # bytes of an answer
SECONDS = 30
PATIENCE = 600  # seconds for a person at a browser


# -- requests --


def post(url, fields, form=False, way=None):
    """(status, the answer's JSON object or {})"""
    data = urllib.parse.urlencode(fields).encode() if form else json.dumps(fields).encode()
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    return ask("POST", url, {"Content-Type": kind}, data, way)


def ask(method, url, fields, data=None, way=None):
    """(status, the answer's JSON object or {}). way: (host, port) of a company's proxy. Follows no redirect."""
    return ask_whole(method, url, fields, data, way)[:2]


def ask_whole(method, url, fields, data=None, way=None):
    """The same, and what WWW-Authenticate says; ""."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise Failed(f"{printable(url)[:200]} is no https URL")
    context = ssl.create_default_context()
    place = (parts.hostname, parts.port or 443)
    connection = http.client.HTTPSConnection(*(way or place), timeout=SECONDS, context=context)
    if way:
        connection.set_tunnel(*place)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, data, {"Accept": "application/json", "User-Agent": "agent-sandbox",
                                                  "Accept-Encoding": "identity", **fields})
        answer = connection.getresponse()
        text = answer.read(LONGEST + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"{place[0]} cannot be asked: {printable(str(error) or type(error).__name__)[:200]}") from None
    finally:
        connection.close()
    if len(text) > LONGEST:
        raise Failed(f"{place[0]} answers with more than a login has")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = {}
    return answer.status, found if isinstance(found, dict) else {}, answer.headers.get("WWW-Authenticate", "")


def refusal(host, status, said):
    """RFC 6749, 5.2; never what it was asked with."""
    error = said.get("error")
    if isinstance(error, dict):
        error = error.get("type") or error.get("message")
    words = [str(one) for one in (error, said.get("error_description")) if isinstance(one, str)]
    return f"{host} refuses ({status})" + (": " + printable(": ".join(words))[:300] if words else "")


def tokens_of(said, token, began):
    """What the answer of a token endpoint says, by the login's own names."""
    found = {}
    for name, pointer in token["fields"].items():
        value = pick(said, pointer)
        if name == "expires_in" and isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1 << 32:
            found["until"] = int(began + value)
        elif isinstance(value, str) and value:
            found[name] = value
    if "access" not in found:
        raise Failed("the answer has no access token")
    return {**claims_of(found), **found}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# -- an authorization code --


class Code:
    """One login by a browser: where to send it, and where it comes back to: this host, on a port of its own."""

    def __init__(self, login, patience=PATIENCE):
        self.login, self.end = login, time.monotonic() + patience
        self.resource = {"resource": login["resource"]} if "resource" in login else {}  # RFC 8707
        self.verifier, self.state = encoded(os.urandom(48)), encoded(os.urandom(24))
        self.redirect = login["authorize"]["redirect"]
        redirect = urllib.parse.urlsplit(self.redirect)
        self.path, self.doors = redirect.path or "/", []
        if redirect.scheme == "http":
            self.doors, self.port, problem = callback.listen(redirect.port or 0)
            self.redirect = f"http://{redirect.netloc.rpartition(':')[0] if redirect.port else redirect.netloc}:{self.port}{self.path}"
            if problem:
                warn(f"{problem}: paste the address that the browser ends at")
        # Where a page shows a code instead, for a browser that is on another machine.
        self.pasted_at = login["authorize"].get("pasted")

    def url(self, redirect=None):
        own = self.login["authorize"]
        challenge = encoded(hashlib.sha256(self.verifier.encode()).digest())
        fields = {**own.get("parameters", {}), "response_type": "code", "client_id": own["client"],
                  "redirect_uri": redirect or self.redirect, "scope": own["scope"], "code_challenge": challenge,
                  "code_challenge_method": "S256", "state": self.state, **self.resource}
        return own["url"] + ("&" if "?" in own["url"] else "?") + urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)

    def wait(self, stdin=None):
        """The code: from the browser, or from what somebody pastes."""
        sources = [*self.doors, *([stdin] if stdin is not None else [])]
        try:
            while sources:
                left = self.end - time.monotonic()
                ready = select.select(sources, [], [], max(0, left))[0] if left > 0 else []
                if not ready:
                    raise Failed(f"nobody logged in within {PATIENCE // 60} minutes")
                code = None
                if ready[0] is not stdin:
                    code = self.visited(ready[0])
                else:
                    line = stdin.readline()
                    if not line:
                        sources.remove(stdin)
                    elif line.strip():
                        code = self.pasted(line.strip())
                if code:
                    return code
            raise Failed("nothing was pasted")
        finally:
            for one in self.doors:
                one.close()

    def visited(self, door):
        connection, _ = door.accept()
        with connection:
            target = callback.requested(connection)
            parts = urllib.parse.urlsplit(target)
            if parts.path != self.path:
                return callback.respond(connection, "404 Not Found", "Nothing is here.")
            code, why = self.of_query(parts.query)
            if code:
                callback.respond(connection, "200 OK", "Logged in: go back to the terminal.")
                return code
            callback.respond(connection, "400 Bad Request", "This is not the login that the terminal waits for.")
        if why:
            raise Failed(why)
        return None

    def of_query(self, query):
        """(the code, ""), or (None, why it is over, "" where it goes on)"""
        fields = dict(urllib.parse.parse_qsl(query))
        if not self.is_ours(fields.get("state", "")):
            return None, ""  # any page may have sent the browser here
        if "error" in fields:
            return None, refusal(urllib.parse.urlsplit(self.login["authorize"]["url"]).hostname, "at the browser", fields)
        return fields.get("code"), ""

    def is_ours(self, state):
        return hmac.compare_digest(state.encode("utf-8", "replace"), self.state.encode())

    def pasted(self, text):
        """The address that the browser ended at, or the code as a page shows it, with the state behind a #."""
        if text.startswith(("http://", "https://")):
            code, why = self.of_query(urllib.parse.urlsplit(text).query)
            if why:
                raise Failed(why)
        else:
            code, _, state = text.partition("#")
            code = code if not state or self.is_ours(state) else None
            self.redirect = self.pasted_at if code and self.pasted_at else self.redirect
        if not code:
            warn("that is of another login: paste the whole address that the browser ended at")
        return code

    def exchange(self, code, way=None):
        token, own = self.login["token"][0], self.login["authorize"]
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect, "client_id": own["client"],
                  "code_verifier": self.verifier, **({"state": self.state} if own.get("state") else {}),
                  **secret_of(own), **self.resource}
        began = time.time()
        status, said = post(token["url"], fields, own.get("form") or token.get("body") == "form", way=way)
        if status != 200:
            raise Failed(refusal(urllib.parse.urlsplit(token["url"]).hostname, status, said))
        return {**who_of(said, self.login), **tokens_of(said, token, began)}


def secret_of(own):
    return {"client_secret": own["secret"]} if own.get("secret") else {}


def who_of(said, login):
    found = {}
    for key, pointer in login.get("answer", {}).items():
        value = pick(said, pointer)
        if isinstance(value, str) and value:
            found[key] = printable(value)[:200]
    return found


# -- a device code --


def by_device(login, show, way=None):
    """RFC 8628. show: tells a person the page and the code."""
    own, token = login["device"], login["token"][0]
    host = urllib.parse.urlsplit(own["url"]).hostname
    status, said = post(own["url"], {"client_id": own["client"], "scope": own["scope"]}, True, way=way)
    page, code, device = (said.get(key) for key in ("verification_uri", "user_code", "device_code"))
    if status != 200 or not all(isinstance(one, str) and one for one in (page, code, device)):
        raise Failed(refusal(host, status, said))
    show(page, code=code)
    pause, end = bounded(said.get("interval"), 1, 60, 5), time.monotonic() + bounded(said.get("expires_in"), 1, PATIENCE, PATIENCE)
    while time.monotonic() < end:
        time.sleep(pause)
        began = time.time()
        status, said = post(token["url"], {"grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                                           "device_code": device, "client_id": own["client"], **secret_of(own)}, True, way=way)
        error = said.get("error")
        if error == "slow_down":
            pause = min(60, pause + 5)
        elif error and error != "authorization_pending" or not error and status != 200:
            raise Failed(refusal(host, status, said))
        elif not error:
            return tokens_of(said, token, began)
    raise Failed("nobody entered the code in time")


def bounded(value, least, most, otherwise):
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    return max(least, min(most, value)) if good else otherwise


# -- who it is, and its end --


def profile(login, access, way=None):
    """Who and which plan, where there is an endpoint that says so; {} where it does not."""
    own = login.get("profile")
    if not own:
        return {}
    try:
        status, said = ask("GET", own["url"], {"Authorization": f"{own.get('word', 'Bearer')} {access}"}, way=way)
    except Failed as why:
        warn(str(why))
        return {}
    return who_of(said, {"answer": {key: own[key] for key in ("who", "plan", "account") if key in own}}) if status == 200 else {}


def browse(login, show, way=None):
    one = Code(login)
    if "register" in login:
        import discovery

        own = login["authorize"]
        own["client"], own["secret"] = discovery.register(login["register"], one.redirect, own["scope"], way)
    show(one.url(), elsewhere=one.pasted_at and one.url(one.pasted_at))
    code = one.wait(sys.stdin if sys.stdin and not sys.stdin.closed else None)
    return one.exchange(code, way=way)
