"""A host with an engine: the presets' own policy, moved to the ports of the stand-ins, and clients that remember every byte
that reached them."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

import http2
import world as w
from identity import Identity

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "modules" / "host"))
import control  # noqa: E402

NAMES = ["platform.claude.com", "api.anthropic.com", "auth.openai.com", "chatgpt.com", "oauth2.googleapis.com",
         "www.googleapis.com", "cloudcode-pa.googleapis.com", "github.com", "api.github.com", "api.individual.githubcopilot.com",
         "auth.example.org", "api.example.org", "other.example.org", "mcp.example.org"]
OWN = {"name": "example", "token": [{"url": "https://auth.example.org/oauth/token", "body": "json"}], "hosts": ["api.example.org"],
       "inject": {"header": "x-token"}, "client_id": "own-client"}
TRACKER = {"name": "tracker", "token": [{"url": "https://auth.example.org/tracker/token"}], "mcp": "https://mcp.example.org/mcp"}
ALL = {"GET": ["/**"], "POST": ["/**"]}
KEY = "00112233445566778899aabbccddeeff" * 2


def rendered(folder: pathlib.Path) -> dict:
    """The policy of a spec that has every preset, and rules that are wider than any of theirs."""
    spec = {"version": 1, "name": "box", "logins": ["claude", "chatgpt", "google", "github-copilot", OWN, TRACKER],
            "network": {"mcp": [{"url": "https://mcp.example.org/mcp", "tools": ["search"]}],
                        "rules": [{"host": host, "methods": ["GET", "POST", "PUT"], "paths": ["/**"]} for host in NAMES]}}
    (folder / "spec.json").write_text(json.dumps(spec))
    subprocess.run([w.PROGRAM, "render", "-o", str(folder / "tree"), str(folder / "spec.json")], check=True,
                   stdout=subprocess.DEVNULL, env=dict(os.environ, HOME=str(folder)))
    return json.loads((folder / "tree" / "proxy" / "policy.json").read_text())


class Host:
    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="logins-"))
        self.ca, leaf, key = w.make_certificates(self.folder, NAMES)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf, key)
        self.identity = Identity(w.UPSTREAM, context)
        self.port, self.names = self.identity.port, {name: [w.UPSTREAM] for name in NAMES}
        self.policy = rendered(self.folder)
        for rule in self.policy["rules"]:
            rule["ports"] = [self.port]
        for server in self.policy["mcp"]:
            server["port"] = self.port
        for login in self.policy["logins"]:
            for endpoint in [*login["token"], *([login["revoke"]] if "revoke" in login else [])]:
                endpoint["port"] = self.port
        self.keys = self.folder / "keys"
        self.keys.mkdir()
        (self.keys / "login-key").write_text(KEY + "\n")
        self.clock = self.folder / "clock"
        self.seen = bytearray()  # by clients
        self.logs: list[str] = []
        self.number = 0
        self.proxy = None
        self.state = self.folder / "state"
        self.start()

    def start(self) -> None:
        self.number += 1
        self.proxy = w.Proxy(self, self.policy, f"run-{self.number}", {}, confdir=self.state, control=True,
                             environment={"CREDENTIALS_DIRECTORY": str(self.keys), "PROXY_CLOCK": str(self.clock)})

    def stop(self, kill: bool = False) -> None:
        if kill:
            self.proxy.process.kill()
            self.proxy.process.wait(10)
        else:
            self.proxy.close()
        self.logs.append(self.proxy.log_text())

    def again(self, kill: bool = False) -> None:
        self.stop(kill)
        self.start()

    def ahead(self, seconds: int) -> None:
        self.clock.write_text(str(seconds))

    def ask_root(self, verb: str, **more) -> dict:
        with control.Control(str(self.proxy.control), os.geteuid()) as peer:
            return peer.ask(verb, **more)

    def login(self, name: str) -> dict:
        return next(one for one in self.ask_root("logins")["logins"] if one["name"] == name)

    # -- clients --

    def connect(self, host: str) -> w.Client:
        client = w.Client(self.proxy)
        client.connect(f"{host}:{self.port}")
        client.tls(host)
        return client

    def ask(self, host: str, path: str, body: bytes = b"", fields: str = "", method: str = "") -> tuple[int, bytes]:
        """Status, and the answer's body; all that came is remembered."""
        with self.connect(host) as client:
            method = method or ("POST" if body else "GET")
            length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
            said = client.raw(f"{method} {path} HTTP/1.1\r\nHost: {host}:{self.port}\r\n{length}{fields}\r\n".encode() + body)
        self.seen += said + b"\n"
        head, _, rest = said.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]) if head else 0, rest

    def token(self, service: str, asked: dict, as_json: bool | None = None) -> tuple[int, dict]:
        host, path = {"claude": ("platform.claude.com", "/v1/oauth/token"), "chatgpt": ("auth.openai.com", "/oauth/token"),
                      "google": ("oauth2.googleapis.com", "/token"), "github-copilot": ("github.com", "/login/oauth/access_token"),
                      "example": ("auth.example.org", "/oauth/token")}[service]
        if service in ("claude", "example") if as_json is None else as_json:
            kind, body = "application/json", json.dumps(asked).encode()
        else:
            kind, body = "application/x-www-form-urlencoded", urllib.parse.urlencode(asked).encode()
        status, said = self.ask(host, path, body, f"Content-Type: {kind}\r\nAccept: application/json\r\n")
        return status, json.loads(said or b"null")

    def first(self, service: str, **more) -> dict:
        status, said = self.token(service, {"grant_type": "authorization_code", "code": "code-1", "client_id": "the-client",
                                            "code_verifier": "v" * 43, **more})
        assert status == 200, said
        return said

    def renew(self, service: str, refresh: str, **more) -> tuple[int, dict]:
        return self.token(service, {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": "the-client", **more})

    def use(self, token: str, host: str = "api.anthropic.com", path: str = "/api/oauth/profile", **more) -> tuple[int, bytes]:
        return self.ask(host, path, fields=f"Authorization: Bearer {token}\r\n", **more)

    def over_http2(self, token: str, body: bytes, host: str = "api.anthropic.com") -> str:
        with w.Client(self.proxy) as client:
            client.connect(f"{host}:{self.port}")
            client.tls(host, ["h2"])
            status, text = http2.Spoken(client).ask([(":method", "POST"), (":scheme", "https"), (":authority", f"{host}:{self.port}"),
                                                     (":path", "/api/oauth/profile"), ("authorization", f"Bearer {token}")], body)
        self.seen += text + b"\n"
        return status

    # -- what nobody may see --

    def leaks(self) -> list[str]:
        """Every form of every token that was given out, in what clients saw, in the log, and on the disk."""
        places = {"clients": bytes(self.seen), "log": "".join([*self.logs, self.proxy.log_text()]).encode()}
        for path in self.state.rglob("*"):
            if path.is_file():
                places[str(path)] = path.read_bytes()
        return [f"{kind} of {service}'s in {place}" for service, tokens in self.identity.issued.items() for token in tokens
                for kind, form in forms(token) for place, text in places.items() if form in text]

    def close(self) -> None:
        self.stop()
        self.identity.close()
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)


def forms(token: str) -> list[tuple[str, bytes]]:
    """As it is and encoded; of a JWT the signature, without which the rest is good for nothing."""
    raw = (token.split(".")[2] if token.startswith("eyJ") else token).encode()
    found = [("the text", raw), ("the text, backwards", raw[::-1]), ("hex", raw.hex().encode()), ("HEX", raw.hex().upper().encode()),
             ("%XX", "".join(f"%{byte:02X}" for byte in raw).encode()), ("half of it", raw[len(raw) // 2:])]
    for shift in range(3):
        whole = base64.b64encode(b"x" * shift + raw)
        found.append((f"base64 ({shift})", re.sub(rb"=+$", b"", whole)[4 if shift else 0:-2]))
    return found
