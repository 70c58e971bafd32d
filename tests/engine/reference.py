"""What the mitmproxy add-on decides about a request that the engine is asked about, too.

A request is described as the engine gets it: version 0, 1, 2 (HTTP/1.0, 1.1, 2), and texts of Latin-1. What mitmproxy
makes of it before its hooks run is done here.
"""

from __future__ import annotations

import datetime
import pathlib
import sys
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "modules" / "proxy"))

import addon  # noqa: E402
import answers  # noqa: E402
import by_path  # noqa: E402
import flows  # noqa: E402
import grants  # noqa: E402
import headers  # noqa: E402
import journal  # noqa: E402
import policy  # noqa: E402, F401: what asks for it by this module's name
import policy_file  # noqa: E402
import redact  # noqa: E402
import tunnels  # noqa: E402
import vault  # noqa: E402
from mitmproxy.net.http import url  # noqa: E402

by_path._FEW = 0  # so that random policies are asked by it, too

VERSIONS = (b"HTTP/1.0", b"HTTP/1.1", b"HTTP/2.0")
SET_BY_THE_WRITER = {b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"expect"}


def verbatim() -> None:
    """With the engine's stand-in for redact.c."""
    redact.forms = lambda secret: (secret.encode("ascii"),)
    redact.all_forms = lambda secrets: tuple(one.encode("ascii") for one in secrets)
    redact.contains = lambda data, wanted: any(one in data for one in wanted)


def finish(rest) -> None:
    """Nobody is there to be asked, so nothing is waited for."""
    if rest:
        try:
            rest.send(None)
        except StopIteration:
            return
        raise AssertionError("it waits")


class Reference:
    """One add-on, asked without mitmproxy around it."""

    def __init__(self, folder: str) -> None:
        self.addon = addon.AgentSandbox()
        self.addon.live.refresh = lambda: None
        self.addon._before = lambda aged, flow: None  # no index is read here
        self.addon.vault = vault.Vault([folder])
        self.folder = folder
        self.line: dict | None = None
        journal.write = self._write
        flows.answer = self._answer

    def load(self, text) -> str | None:
        try:
            self.addon.live.policy = policy_file.load(text)
        except policy_file.PolicyError as error:
            return str(error)
        return None

    def grant(self, text: str) -> str | None:
        """One file of grants, in place of all that there were."""
        said: list[str] = []
        path = pathlib.Path(self.folder, "grants-too.json")
        path.write_text(text)
        self.addon.granted = grants.Granted(lambda _path, problem: said.append(problem), lambda: None)
        self.addon.granted.start([str(path)])
        self.addon.granted.refresh()
        return said[0] if said else None

    def _write(self, event, **facts) -> None:
        assert self.line is None
        self.line = {"event": event}
        self.line.update((key, journal._short(value)) for key, value in facts.items() if value is not None)

    def _answer(self, flow, status, reason, missing=None, rpc=None) -> None:
        flow.answer = answers.of_rpc(rpc) if rpc else answers.make(status, reason, missing)

    def connect(self, asked: dict) -> dict:
        flow = self._flow(asked["channel"])
        one = asked["connect"]
        data = types.SimpleNamespace(
            method=raw(one["method"]), http_version=VERSIONS[one["version"]], authority=raw(one["target"]))
        flow.request.data = data
        flows.today = lambda: datetime.date(*asked["today"])
        addon.AgentSandbox.http_connect.__wrapped__(self.addon, flow)
        return self._said(flow) or self._opened(flow.metadata[tunnels._KEY])

    def inside(self, asked: dict) -> dict:
        """What is said in a tunnel: a ClientHello that nobody opens, or what nobody reads."""
        flow, channel = self._flow(asked["channel"]), asked["channel"]
        flows.today = lambda: datetime.date(*asked["today"])
        tunnel = self.addon.places.tunnel("tls" if "hello" in asked else "https", flow.client_conn, channel["host"], channel["port"], False)
        refused = tunnel.decide(*asked["hello"].values()) if "hello" in asked else tunnel.unread()
        if not refused:
            return self._opened(tunnel)
        answer = answers.refused(*refused)
        return {"status": answer.status_code, "answer": answer.content.decode("ascii"), "line": self.line}

    def _opened(self, tunnel) -> dict:
        said = {"status": 0, "tunnel": [*tunnel.place, tunnel.scheme, tunnel.may_wait]}
        return {**said, "line": self.line} if self.line else said

    def request(self, asked: dict) -> dict | None:
        """None: mitmproxy answers it itself, without asking the add-on."""
        flow = self._flow(asked["channel"])
        one = asked["request"]
        data = self._data(one, asked["channel"])
        if data is None:
            return None
        flow.request.data = data
        flow.request.ends = one["ends"] if one["version"] == 2 else True
        flows.today = lambda: datetime.date(*asked["today"])
        finish(addon.AgentSandbox.requestheaders.__wrapped__(self.addon, flow))
        state = flow.metadata[flows.STATE]
        if state.waits:  # as the hook does, once all of it has come
            assert self.line is None and flow.response is None
            self.body = raw(one.get("body", ""))
            state.waits, state.body, flow.response = False, self.body, flows.UNDECIDED
            finish(self.addon._admit(flow, state))
        return self._said(flow) or self._passed(flow, asked)

    def _flow(self, channel: dict):
        self.line = self.body = None
        client = types.SimpleNamespace(id="client", tls_established=channel["tls"], sni=channel["sni"])
        self.addon._tunnels = {} if channel["host"] is None else {"client": (channel["host"], channel["port"])}
        return types.SimpleNamespace(client_conn=client, metadata={}, response=None, answer=None,
                                     request=types.SimpleNamespace(stream=False, absolute=True))

    def _data(self, one: dict, channel: dict):
        """mitmproxy's own reading of a request line, or of pseudo-headers."""
        tls, target = channel["tls"], raw(one["target"])
        data = types.SimpleNamespace(
            method=raw(one["method"]), http_version=VERSIONS[one["version"]], path=target, authority=b"",
            scheme=b"https" if tls else b"http", host=channel["host"], port=channel["port"],
            headers=types.SimpleNamespace(fields=tuple((raw(name), raw(value)) for name, value in one["fields"])))
        if one["version"] == 2:
            data.scheme, data.authority = raw(one["scheme"]), raw(one["authority"])
            return data if tls else None
        if target.startswith(b"/") or target == b"*":
            return data if channel["host"] else None
        if b"://" not in target:
            return None
        scheme, _, rest = target.partition(b"://")
        authority, _, path = rest.partition(b"/")
        data.path = b"/" + path
        try:
            host, port = url.parse_authority(authority, check=True)
        except ValueError:
            return None
        if b":0" in authority:  # deliberate: no port is written with a zero before it
            return None
        if channel["host"]:  # the tunnel says where to, but it is still seen that there was an authority
            data.authority = authority
            return data if port or url.default_port(scheme) else None
        # Deliberate: the engine's log has a host as it was sent, not without brackets or in another script.
        host = authority.decode("ascii").rpartition(":")[0] if port else authority.decode("ascii")
        data.scheme, data.host, data.port = scheme, host, port or url.default_port(scheme)
        return data if data.port else None

    def _said(self, flow) -> dict | None:
        if flow.answer is None:
            return None
        return {"status": flow.answer.status_code, "answer": flow.answer.content.decode("ascii"), "line": self.line}

    def _passed(self, flow, asked: dict) -> dict:
        data, one, state = flow.request.data, asked["request"], flow.metadata[flows.STATE]
        assert state.passed and flow.response is None
        sent = headers.named(tuple((raw(name), raw(value)) for name, value in one["fields"]))
        made = headers.named(data.headers.fields)
        (authority,) = [data.authority] if one["version"] == 2 else made[b"host"]
        expect = [value.lower() for value in sent.get(b"expect", [])]
        length = sent.get(b"content-length")
        dropped = SET_BY_THE_WRITER | ({b"te"} if one["version"] == 2 else set())
        if state.websocket and state.secret_forms:  # deliberate: compressed frames could not be read
            dropped = dropped | {b"sec-websocket-extensions"}
        signers = [one.name for one in self.addon.live.policy.credentials if one.slot.kind == "aws"]
        addresses = self.addon.live.policy.addresses(data.host, data.port, datetime.date(*asked["today"]))
        return {"status": 0, "line": self.line, "passed": {
            "addresses": [str(block) for block in addresses],
            "host": data.host, "port": data.port, "tls": asked["channel"]["tls"], "websocket": state.websocket,
            "has_body": bool(flow.request.stream) or state.signing is not None or self.body is not None, "te_trailers": one["version"] == 2 and b"te" in made,
            "authority": authority.decode("ascii"), "method": one["method"], "target": data.path.decode("latin-1"),
            "fields": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in data.headers.fields
                       if name.lower() not in dropped],
            "length": len(data.content) if self.body is not None else int(length[0]) if length else None,
            "close": b"close" in headers.tokens(sent, b"connection"),
            "body": None if self.body is None else data.content.decode("latin-1"),
            "expects": self.body is None and one["version"] > 0 and expect == [b"100-continue"],
            "secrets": sum(one not in signers for one in self.line.get("credentials", ()))}}


def raw(text: str) -> bytes:
    return text.encode("latin-1")


def same(mine: dict, theirs: dict | None, asked: dict) -> bool:
    """Whether the engine's answer is the add-on's; the order of keys counts."""
    if theirs is None:
        return mine["status"] == 403
    if mine["status"] == 0 and theirs["status"] == 0 and "passed" in mine and asked["request"]["version"] == 2:
        mine["passed"]["fields"] = [[name.lower(), value] for name, value in mine["passed"]["fields"]]
    return mine == theirs and list(mine.get("line", ())) == list(theirs.get("line", ()) or ())
