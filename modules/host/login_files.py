"""What other programs keep of a login in their own files, as login --from takes it: .credentials.json (Claude Code), auth.json
(Codex, opencode), oauth_creds.json (Gemini CLI), hosts.yml (gh), apps.json and hosts.json (Copilot's editors). The format
is told by what is in it, never by its name; nothing of it is ever printed."""

import base64
import binascii
import json
import re

from say import Refused, printable

LONGEST = 256 << 10  # bytes
TOKEN = re.compile(r"[\x21-\x7e]{8,16384}")
CLIENT, SECRET = ("client_id", "client_secret"), re.compile(r"[\x21-\x7e]{1,1000}")
TEXT = 200  # characters of a name or a plan


def read(login, data):
    """{access, refresh, id, until, who, plan, account} of the login of this name, what is there of it; until in seconds
    since 1970. data: bytes."""
    if len(data) > LONGEST:
        raise Refused("a file of a login is shorter than that")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("the file is no text") from None
    known = of_json(text) if text.lstrip()[:1] in ("{", "[") else of_hosts_yml(text)
    if not known:
        raise Refused("the file is none that a program keeps its login in")
    if login not in known:
        raise Refused(f"the file has no login {login}: it has {' and '.join(sorted(known))}")
    return checked(known[login])


def checked(found):
    tokens = {key: found.get(key) for key in ("access", "refresh", "id") if found.get(key)}
    for key, value in tokens.items():
        if not isinstance(value, str) or not TOKEN.fullmatch(value):
            raise Refused(f"the file's {key} token is none: it has to be 8 to 16384 visible ASCII characters")
    if "access" not in tokens:
        raise Refused("the file has no access token")
    until = found.get("until")
    if isinstance(until, (int, float)) and not isinstance(until, bool) and 0 < until < 1 << 40:
        tokens["until"] = int(until)
    for key in ("who", "plan", "account"):
        if isinstance(found.get(key), str) and found[key]:
            tokens[key] = plain(found[key])
    return {**claims_of(tokens), **tokens}


def client(path):
    """{client_id, client_secret} of a file of JSON, as Google's console gives it of a desktop app, or those two alone."""
    try:
        with open(path, "rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise Refused(f"cannot read {printable(path)[:200]}: {error.strerror}") from None
    try:
        found = json.loads(data) if len(data) <= LONGEST else None
    except (ValueError, RecursionError):
        found = None
    found = found if isinstance(found, dict) else {}
    if "web" in found:
        raise Refused("the file has the client of a web application, which no host on its own may use: make one for a desktop app")
    own = part(found, "installed") or found
    made = {key: own.get(key) for key in CLIENT}
    if not all(isinstance(one, str) and SECRET.fullmatch(one) for one in made.values()):
        raise Refused(f"{printable(path)[:200]} is no JSON with {' and '.join(CLIENT)}")
    return made


def plain(text):
    return "".join(c if c.isprintable() else "?" for c in text[:TEXT])


def of_json(text):
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("the file is no JSON") from None
    if not isinstance(data, dict):
        return {}
    readers = (claude_code, codex, gemini_cli, opencode, copilot)
    return next(filter(None, (reader(data) for reader in readers)), {})


def part(data, key):
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def claude_code(data):
    own = part(data, "claudeAiOauth")
    return {"claude": {"access": own.get("accessToken"), "refresh": own.get("refreshToken"),
                       "until": milliseconds(own.get("expiresAt")), "plan": own.get("subscriptionType")}} if own else {}


def milliseconds(value):
    return value / 1000 if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def codex(data):
    own = part(data, "tokens")
    if not own and isinstance(data.get("OPENAI_API_KEY"), str):
        raise Refused("the file has a key and no login: name it in the spec's \"credentials\"")
    return {"chatgpt": {"access": own.get("access_token"), "refresh": own.get("refresh_token"), "id": own.get("id_token"),
                        "account": own.get("account_id")}} if own else {}


def gemini_cli(data):
    if "access_token" not in data and "refresh_token" not in data:
        return {}
    return {"google": {"access": data.get("access_token"), "refresh": data.get("refresh_token"), "id": data.get("id_token"),
                       "until": milliseconds(data.get("expiry_date"))}}


def opencode(data):
    names = {"anthropic": "claude", "openai": "chatgpt", "google": "google", "github-copilot": "github-copilot"}
    found = {}
    for key, name in names.items():
        own = part(data, key)
        if own.get("type") == "oauth":
            # Of GitHub's, the lasting token stands in the place of the other's refresh token.
            lasting = name == "github-copilot"
            found[name] = {"access": own.get("refresh" if lasting else "access"), "account": own.get("accountId"),
                           **({} if lasting else {"refresh": own.get("refresh"), "until": milliseconds(own.get("expires"))})}
    return found


def copilot(data):
    for key, own in data.items():
        if key.split(":")[0] == "github.com" and isinstance(own, dict) and own.get("oauth_token"):
            return {"github-copilot": {"access": own["oauth_token"], "who": own.get("user")}}
    return {}


def of_hosts_yml(text):
    """gh writes two levels, or more since it knows several accounts; the active one's stand at the host's own level. A token
    that the system's keyring has is not in it."""
    host, found = "", {}
    for line in text.splitlines():
        match = re.fullmatch(r"( *)([A-Za-z0-9_.-]+):\s*(.*?)\s*", line)
        if not match:
            continue
        indent, key, value = len(match[1]), match[2], match[3].strip("\"'")
        if indent == 0:
            host = key
        elif host == "github.com" and indent <= 4 and key in ("oauth_token", "user") and key not in found:
            found[key] = value
    if "user" in found and "oauth_token" not in found:
        raise Refused("the token is in the system's keyring and not in that file: gh auth token prints it")
    return {"github-copilot": {"access": found["oauth_token"], "who": found.get("user")}} if found else {}


def pick(found, pointer):
    """RFC 6901, of objects alone; None."""
    for key in pointer.split("/")[1:]:
        found = found.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found


# -- JSON Web Tokens (RFC 7519): what they say of whose they are; nobody here relies on it --


def claims(token):
    """{} for what is none."""
    parts = (token or "").split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def claims_of(tokens):
    """Who, which plan, which account and until when, as far as an id or access token says so."""
    found, own = {}, claims(tokens.get("id")) or claims(tokens.get("access"))
    for key in ("email", "preferred_username", "sub"):
        if isinstance(own.get(key), str) and "who" not in found:
            found["who"] = plain(own[key])
    more = part(own, "https://api.openai.com/auth")
    for key, name in (("chatgpt_plan_type", "plan"), ("chatgpt_account_id", "account")):
        if isinstance(more.get(key), str):
            found[name] = plain(more[key])
    until = claims(tokens.get("access")).get("exp")
    if isinstance(until, int) and not isinstance(until, bool) and 0 < until < 1 << 40:
        found["until"] = until
    return found
