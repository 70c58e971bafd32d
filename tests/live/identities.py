"""What the world plays for tests/live/logins: identity services, as RFC 6749 and what their own clients send say, and the APIs
that take their tokens. Each token it gives is written into FOLDER/tokens, so that a search can look for all of them; in FOLDER
the test says what is to happen:

    challenge   the code challenge of the next login (RFC 7636); without it no code is good
    lasts       for how many seconds the next tokens are good; 28800 otherwise
    revoked     while it is there, no access token is good; it goes with the next refresh
    refuses     while it is there, nothing is refreshed
    slow        while it is there, no model answers; asked says that one was
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
import urllib.parse

import models
import sites
import world

GIVEN: dict[str, dict[str, str]] = {}  # {service: the newest tokens}


def jwt(**claims) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode()
             for one in ({"alg": "RS256", "typ": "JWT", "kid": "live"}, claims)]
    return ".".join([*parts, base64.urlsafe_b64encode(os.urandom(48)).decode()])


def say(connection, status: bytes, said) -> bool:
    world.send(connection, status, [(b"Content-Type", b"application/json")], json.dumps(said).encode())
    return True


class Identity(sites.Site):
    """A token endpoint."""

    service, path = "", "/oauth/token"

    def __call__(self, connection, record, lower) -> bool:
        method, target = record["line"].decode().split(" ")[:2]
        if method != "POST" or target.partition("?")[0] != self.path:
            return self.other(connection, method, target)
        text = record["body"].decode()
        asked = json.loads(text) if lower.get(b"content-type", b"").startswith(b"application/json") else dict(urllib.parse.parse_qsl(text))
        if not self.is_good(asked):
            return say(connection, b"400 Bad Request", {"error": "invalid_grant", "error_description": "It is not good any more"})
        (self.folder / "revoked").unlink(missing_ok=True)
        lasts = self.folder / "lasts"
        seconds = int(lasts.read_text()) if lasts.exists() else 28800
        GIVEN[self.service] = tokens = self.tokens(int(time.time()) + seconds)
        with (self.folder / "tokens").open("a") as file:
            file.write("".join(f"{token}\n" for token in tokens.values()))
        return say(connection, b"200 OK", {"token_type": "Bearer", "expires_in": seconds, **tokens, **self.more()})

    def is_good(self, asked: dict) -> bool:
        if asked.get("grant_type") == "refresh_token":
            return asked.get("refresh_token") == GIVEN.get(self.service, {}).get("refresh_token") and not (self.folder / "refuses").exists()
        challenge, digest = self.folder / "challenge", hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if asked.get("grant_type") != "authorization_code" or not challenge.exists():
            return False
        wanted = challenge.read_text().strip()
        challenge.unlink()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == wanted

    def other(self, connection, method: str, target: str) -> bool:
        return say(connection, b"200 OK", {})

    def more(self) -> dict:
        return {}


class Claude(Identity):
    service, path = "claude", "/v1/oauth/token"

    def tokens(self, _end: int) -> dict[str, str]:
        return {"access_token": f"sk-ant-oat01-real-{os.urandom(30).hex()}-AA", "refresh_token": f"sk-ant-ort01-real-{os.urandom(30).hex()}-AA"}

    def more(self) -> dict:
        return {"scope": "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload",
                "account": {"uuid": "11111111-2222-4333-8444-555555555555", "email_address": "me@live.org"},
                "organization": {"uuid": "66666666-7777-4888-8999-000000000000", "name": "live"}}


class ChatGPT(Identity):
    service = "chatgpt"

    def tokens(self, end: int) -> dict[str, str]:
        own = {"chatgpt_account_id": "acc-live-1", "chatgpt_plan_type": "plus", "chatgpt_user_id": "user-live", "user_id": "user-live"}
        claims = {"iss": "https://auth.openai.com", "exp": end, "sub": "user-live", "https://api.openai.com/auth": own}
        return {"access_token": jwt(**claims, aud=["https://api.openai.com/v1"]), "refresh_token": f"rt_real_{os.urandom(40).hex()}",
                "id_token": jwt(**claims, aud=["app_EMoamEEZ73f0CkXaXp7hrann"], email="me@live.org", email_verified=True)}


class Google(Identity):
    """Lets no client in without its secret; a token is renewed by the same refresh token again and again."""

    service, path, secret = "google", "/token", "GOCSPX-of-the-client"

    def __call__(self, connection, record, lower) -> bool:
        if record["line"].startswith(b"POST /token ") and self.secret.encode() not in record["body"]:
            return say(connection, b"401 Unauthorized", {"error": "invalid_client", "error_description": "Unauthorized"})
        return super().__call__(connection, record, lower)

    def tokens(self, end: int) -> dict[str, str]:
        refresh = GIVEN.get(self.service, {}).get("refresh_token", f"1//real-{os.urandom(40).hex()}")
        claims = {"iss": "https://accounts.google.com", "exp": end, "sub": "1", "email": "me@live.org"}
        return {"access_token": f"ya29.real-{os.urandom(60).hex()}", "refresh_token": refresh, "id_token": jwt(**claims)}

    def other(self, connection, method: str, target: str) -> bool:
        return say(connection, b"200 OK", {"expires_in": 3000, "email": "me@live.org", "scope": "openid"})


class GitHub(Identity):
    """By a device code (RFC 8628), which nobody has to enter; its tokens last."""

    service, path = "github-copilot", "/login/oauth/access_token"

    def is_good(self, asked: dict) -> bool:
        return asked.get("device_code") == "device-live"

    def tokens(self, _end: int) -> dict[str, str]:
        return {"access_token": f"gho_real{os.urandom(18).hex()}"}

    def other(self, connection, method: str, target: str) -> bool:
        return say(connection, b"200 OK", {"device_code": "device-live", "user_code": "ABCD-1234", "interval": 1, "expires_in": 900,
                                           "verification_uri": "https://github.com/login/device"})


class Guarded:
    """An API that takes the newest access token of a service, and nothing else."""

    service = ""

    def is_known(self, lower) -> bool:
        token = GIVEN.get(self.service, {}).get("access_token")
        return token is not None and lower.get(b"authorization") == f"Bearer {token}".encode() and not (self.folder / "revoked").exists()

    def __call__(self, connection, record, lower) -> bool:
        path = record["line"].split(b" ")[1].partition(b"?")[0].decode()
        while path.encode() == self.path and (self.folder / "slow").exists():
            (self.folder / "asked").touch()
            time.sleep(0.1)
        if path in self.open or self.is_known(lower):
            return super().__call__(connection, record, lower)
        return say(connection, b"401 Unauthorized", {"type": "error", "error": {"type": "authentication_error", "message": "Invalid token"}})


class ClaudeAPI(Guarded, models.Anthropic):
    service, open = "claude", ("/api/hello",)

    def __init__(self, *place) -> None:
        super().__init__(*place)
        account = {"uuid": "11111111-2222-4333-8444-555555555555", "email": "me@live.org", "full_name": "Me", "display_name": "Me",
                   "has_claude_max": True, "has_claude_pro": False}
        organization = {"uuid": "66666666-7777-4888-8999-000000000000", "name": "live", "organization_type": "claude_max",
                        "rate_limit_tier": "default_claude_max_5x", "billing_type": "stripe_subscription"}
        self.pages["/api/oauth/profile"] = json.dumps({"account": account, "organization": organization}).encode()
        self.pages["/api/oauth/claude_cli/roles"] = b'{"organization_role": "admin", "workspace_role": null, "organization_name": "live"}'


class ChatGPTAPI(Guarded, models.OpenAI):
    service, open, path = "chatgpt", (), b"/backend-api/codex/responses"

    def __init__(self, *place) -> None:
        super().__init__(*place)
        account = {"id": "acc-live-1", "plan_type": "plus", "workspace_backend_origin": "https://chatgpt.com",
                   "account_routing_override": "NO_CONSTRAINT"}
        self.pages["/backend-api/wham/accounts/check"] = json.dumps(
            {"accounts": [account], "account_ordering": ["acc-live-1"], "default_account_id": "acc-live-1"}).encode()
        self.pages["/backend-api/codex/models"] = b'{"models": []}'


class CodeAssist(models.Gemini):
    """Gemini for whoever is logged in."""

    path = b"/v1internal:streamGenerateContent"

    def __init__(self, *place) -> None:
        super().__init__(*place)
        tier = {"id": "standard-tier", "name": "Live", "userDefinedCloudaicompanionProject": False}
        self.pages["/v1internal:loadCodeAssist"] = json.dumps(
            {"currentTier": tier, "allowedTiers": [tier], "cloudaicompanionProject": "live"}).encode()
        self.pages["/oauth2/v2/userinfo"] = b'{"id": "1", "email": "me@live.org", "verified_email": true, "name": "Me"}'

    def __call__(self, connection, record, lower) -> bool:
        path = record["line"].split(b" ")[1].partition(b"?")[0].decode()
        if path.endswith("enerateContent"):
            return super().__call__(connection, record, lower)
        return say(connection, b"200 OK", json.loads(self.pages.get(path, b"{}")))

    def said(self, part: str | dict) -> dict:
        return {"response": super().said(part)}


class GoogleAPI(Guarded, CodeAssist):
    service, open = "google", ()


class CopilotAPI(Guarded, models.Copilot):
    service, open = "github-copilot", ()

    def __init__(self, *place) -> None:
        super().__init__(*place)
        self.pages["/user"] = b'{"login": "live", "id": 1}'

    def is_known(self, lower) -> bool:
        """GitHub takes another word, too."""
        return super().is_known({**lower, b"authorization": lower.get(b"authorization", b"").replace(b"token ", b"Bearer ")})


sites.KINDS.update({"google-login": Google, "google-api": GoogleAPI, "github-login": GitHub, "copilot-api": CopilotAPI, "claude-login": Claude, "claude-api": ClaudeAPI, "chatgpt-login": ChatGPT, "chatgpt-api": ChatGPTAPI})
