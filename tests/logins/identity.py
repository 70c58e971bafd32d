"""Stand-ins of the identity services, as servers of HTTPS. Each answers as its service's documents say:

Claude     JSON; a new refresh token each time; who and which organization beside the tokens
ChatGPT    OpenID Connect: JWTs, whose "exp" alone says when they end; a new refresh token each time
Google     a form (developers.google.com/identity/protocols/oauth2/native-app): a client secret, and no refresh token again
GitHub     device flow (RFC 8628): errors with status 200 until somebody has typed the code in; no end, no refresh token
"""

from __future__ import annotations

import base64
import json
import os
import random
import string
import threading
import time
import urllib.parse

import world as w

RANDOM = random.Random(17)


def word(length: int = 40) -> str:
    return "".join(RANDOM.choice(string.ascii_letters + string.digits) for _ in range(length))


def part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(kind: str, ends: float) -> str:
    claims = {"iss": "https://auth.openai.com", "sub": "user-1", "exp": int(ends), "kind": kind, "jti": word(8),
              "https://api.openai.com/auth": {"chatgpt_account_id": "account-1", "chatgpt_plan_type": "plus"}}
    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.{word(86)}"


class Identity(w.Server):
    """One server for all services; what it is asked for says which."""

    def __init__(self, address: str, tls, port: int = 0) -> None:
        self.lock = threading.Lock()
        self.issued: dict[str, list[str]] = {}  # every token that was ever given out, by service
        self.good: dict[str, str] = {}  # access token: service
        self.refresh: dict[str, str] = {}  # refresh token that is still taken: service
        self.asked: list[tuple[str, dict]] = []  # what came to token endpoints
        self.fails: list[tuple[bytes, bytes]] = []  # answers in place of the next ones
        self.lasts = 3600
        self.delay = 0.0
        self.pending = 0
        self.changes = None  # of an answer's bytes and fields, before they are sent
        self.sent = threading.Event()
        super().__init__(address, tls, port)

    def token(self, service: str, kind: str) -> str:
        made = {"claude": {"access": "sk-ant-oat01-", "refresh": "sk-ant-ort01-"}, "google": {"access": "ya29.", "refresh": "1//"},
                "github-copilot": {"access": "gho_"}}.get(service, {})
        text = jwt(kind, time.time() + self.lasts) if service == "chatgpt" and kind != "refresh" else made.get(kind, "") + word()
        self.issued.setdefault(service, []).append(text)
        (self.good if kind == "access" else self.refresh if kind == "refresh" else {})[text] = service
        return text

    def revoke(self, service: str) -> None:
        """Of access tokens all that were given out."""
        self.good = {one: of for one, of in self.good.items() if of != service}

    def handler(self, path: bytes, lower):
        host = lower.get(b"host", b"").decode().split(":")[0]
        path = os.path.normpath(urllib.parse.unquote(path.decode()).replace("\\", "/").partition(";")[0].lower()).replace("//", "/").encode()
        service = {("platform.claude.com", "/v1/oauth/token"): "claude", ("auth.openai.com", "/oauth/token"): "chatgpt",
                   ("oauth2.googleapis.com", "/token"): "google", ("github.com", "/login/oauth/access_token"): "github-copilot",
                   ("auth.example.org", "/oauth/token"): "example", ("auth.example.org", "/tracker/token"): "tracker"}.get((host, path.decode()))
        if (host, path) == ("api.github.com", b"/copilot_internal/v2/token"):
            return self.other_token
        if service:
            return lambda connection, record, lower: self.give(service, connection, record, lower)
        return self.resource

    # -- tokens --

    def give(self, service, connection, record, lower) -> bool:
        kind = lower.get(b"content-type", b"").split(b";")[0]
        asked = json.loads(record["body"]) if kind == b"application/json" else dict(
            urllib.parse.parse_qsl(record["body"].decode(), keep_blank_values=True))
        with self.lock:
            self.asked.append((service, asked))
            fails = self.fails.pop(0) if self.fails else None
        if self.delay:
            time.sleep(self.delay)
        if fails is not None:
            w.send(connection, fails[0], [(b"Content-Type", b"application/json")], fails[1])
            return True
        with self.lock:
            status, answer = self.answer(service, asked)
        text, fields = json.dumps(answer, indent=1).encode(), [(b"Content-Type", b"application/json; charset=utf-8")]
        if self.changes:
            text, fields = self.changes(text, fields)
        w.send(connection, status, fields, text)
        self.sent.set()
        return True

    def count(self, service) -> int:
        """How often it was asked for a token; what others' logins ask meanwhile is theirs."""
        return sum(of == service for of, _ in self.asked)

    def answer(self, service, asked) -> tuple[bytes, dict]:
        renews = asked.get("grant_type") == "refresh_token"
        if renews and self.refresh.get(asked.get("refresh_token")) != service:
            return b"400 Bad Request", {"error": "invalid_grant", "error_description": "Refresh token not found or invalid"}
        if service == "google" and asked.get("client_secret") != "made/up+secret":
            return b"401 Unauthorized", {"error": "invalid_client"}
        if service == "github-copilot":
            self.pending -= 1
            if self.pending >= 0:
                return b"200 OK", {"error": "authorization_pending", "interval": 5}
            return b"200 OK", {"access_token": self.token(service, "access"), "token_type": "bearer", "scope": "read:user"}
        answer = {"token_type": "Bearer", "access_token": self.token(service, "access")}
        if not (service == "google" and renews):
            answer["refresh_token"] = self.token(service, "refresh")
            if renews:
                del self.refresh[asked["refresh_token"]]
        if service == "chatgpt":
            answer["id_token"] = self.token(service, "id")
        else:
            answer["expires_in"] = self.lasts
        if service == "claude":
            answer.update(scope="user:inference user:profile", account={"email_address": "me@example.org"},
                          organization={"name": "An \u00e9xample", "uuid": "o-1"})
        return b"200 OK", answer

    def other_token(self, connection, record, lower) -> bool:
        """GitHub's, for a while, to whoever has a lasting one."""
        if self.good.get(lower.get(b"authorization", b"").partition(b" ")[2].decode("latin-1")) != "github-copilot":
            w.send(connection, b"401 Unauthorized", [(b"Content-Type", b"application/json")], b'{"message": "Bad credentials"}')
            return True
        self.issued["github-copilot"].append(f"tid={word(12)};exp=1790000000;sku=monthly;proxy-ep=proxy.example.org:{word(64)}")
        text, fields = json.dumps({"token": self.issued["github-copilot"][-1], "expires_at": 1790000000, "refresh_in": 1500,
                                   "endpoints": {"api": "https://api.individual.githubcopilot.com"}}).encode(), [(b"Content-Type", b"application/json")]
        if self.changes:
            text, fields = self.changes(text, fields)
        w.send(connection, b"200 OK", fields, text)
        return True

    # -- and what they are for --

    def resource(self, connection, record, lower) -> bool:
        said = lower.get(b"x-token", lower.get(b"authorization", b"").partition(b" ")[2]).decode("latin-1")
        service = self.good.get(said)
        echo = json.dumps({"service": service, "said": said, "hex": said.encode().hex(),
                           "base64": base64.b64encode(said.encode()).decode()}).encode()
        w.send(connection, b"200 OK" if service else b"401 Unauthorized", [(b"Content-Type", b"application/json"),
                                                                             (b"X-Said", said.encode("latin-1"))], echo)
        return True
