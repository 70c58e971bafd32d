"""tests/vectors/rows.py STEP FOLDER: a step of tests/vectors/run. README.md says what a row is."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
LEAST = 1000
GROUP = {"about": str, "rules": list, "mcp": list, "credentials": list, "ssh": dict, "most": dict, "granted": list, "rows": list}
ROW = {"request": str, "connect": str, "tool": str, "expect": str, "credential": str, "grant": str, "why": str}
SCHEMES = {"https": (True, False), "http": (False, False), "wss": (True, True), "ws": (False, True)}
HANDSHAKE = [["Connection", "Upgrade"], ["Upgrade", "websocket"], ["Sec-WebSocket-Version", "13"],
             ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="]]


def load() -> dict:
    return json.loads((HERE / "decisions.json").read_text(encoding="utf-8"))


def asked(row: dict) -> str:
    return row.get("request", row.get("connect")) + " " + row.get("tool", "")


# -- the file itself --


def problems_of(group: dict) -> list[str]:
    found = [f"{key!r}" for key in group if not isinstance(group[key], GROUP.get(key, ()))]
    seen: dict[str, dict] = {}
    names = {one["name"] for one in group.get("credentials", [])}
    for row in group["rows"]:
        if any(not isinstance(value, ROW.get(key, ())) for key, value in row.items()) or ("request" in row) == ("connect" in row):
            found.append(f"no row: {row}")
        elif row["expect"] not in ("allow", "deny") or not re.fullmatch(r"\S.{8,200}\S", row.get("why", "")):
            found.append(f"no expectation, or no reason: {row}")
        elif "credential" in row and (row["credential"] not in names or row["expect"] == "deny" or "connect" in row):
            found.append(f"no such credential: {row}")
        if "grant" in row and (row["grant"] not in [one["id"] for one in group.get("granted", [])] or "credential" in row or row["expect"] == "deny"):
            found.append(f"no such grant: {row}")
        if seen.setdefault(asked(row), row) is not row:
            found.append(f"twice: {row}")
    return found


def form(_folder: pathlib.Path) -> list[str]:
    whole = load()
    rows = [row for group in whole["groups"] for row in group["rows"]]
    found = [f"{group['about']}: {one}" for group in whole["groups"] for one in problems_of(group)]
    reasons = [(group["about"], row["why"], row["expect"]) for group in whole["groups"] for row in group["rows"]]
    if set(whole) != {"format", "today", "groups"} or whole["format"] != 1 or len(rows) < LEAST:
        found.append(f"{len(rows)} rows")
    if len({group["about"] for group in whole["groups"]}) != len(whole["groups"]):
        found.append("two groups are called the same")
    return found + [f"the same reason twice: {one}" for one in sorted({one for one in reasons if reasons.count(one) > 1})]


# -- as tests of specs --


def spec_of(group: dict, number: int, tests: list[dict]) -> str:
    """A test a line, so that a complaint's line says which one it is about."""
    spec = {"version": 1, "name": f"v{number}", "network": {key: group[key] for key in ("rules", "mcp") if key in group}}
    spec.update((key, group[key]) for key in ("credentials", "ssh") if key in group)
    if "most" in group:
        spec.update(operators=["me"], grants={"by": ["me"], "most": group["most"]})
    text = json.dumps(spec)[:-1]
    return text + ', "tests": [\n' + ",\n".join(json.dumps(one) for one in tests) + "\n]}\n"


def tests_of(group: dict) -> list[dict]:
    """A spec knows nothing of what is granted: its rules refuse that."""
    return [{**{key: row[key] for key in row if key not in ("why", "grant")}, **({"expect": "deny"} if "grant" in row else {})}
            for row in group["rows"]]


def turned(group: dict) -> list[dict]:
    """What must not hold: each row the other way, and what passes with each secret that does not go along."""
    made = []
    for row in tests_of(group):
        made.append({**row, "expect": "deny" if row["expect"] == "allow" else "allow"})
        made[-1].pop("credential", None)
        if row["expect"] == "allow" and "request" in row:
            made += [{**row, "credential": one["name"]} for one in group.get("credentials", [])
                     if one["name"] != row.get("credential")]
    return made


def specs(folder: pathlib.Path) -> list[str]:
    for name, tests in (("specs", tests_of), ("turned", turned)):
        (folder / name).mkdir()
        for number, group in enumerate(load()["groups"]):
            (folder / name / f"{number}.json").write_text(spec_of(group, number, tests(group)))
    return []


def turned_failed(folder: pathlib.Path) -> list[str]:
    told = [one for line in (folder / "turned.json").read_text().replace("]\n[", "]\0[").split("\0") for one in json.loads(line)]
    lines = {(pathlib.Path(one["file"]).stem, one["line"]) for one in told if one["message"].startswith("this test fails: ")}
    found = [str(one) for one in told if not one["message"].startswith("this test fails: ")]
    for number, group in enumerate(load()["groups"]):
        found += [f"{group['about']}: it holds: {one}" for line, one in enumerate(turned(group))
                  if (str(number), line + 2) not in lines]
    return found


# -- as the proxy's policies --


def policies(folder: pathlib.Path) -> list[str]:
    git = ["git", "-C", str(folder / "fleet")]
    paths = subprocess.run([*git, "ls-tree", "-r", "--name-only", "HEAD"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    paths = [path for path in paths if path.endswith("/proxy/policy.json")]
    rest = subprocess.run([*git, "cat-file", "--batch"], input="".join(f"HEAD:{path}\n" for path in paths).encode(),
                          stdout=subprocess.PIPE, check=True).stdout
    for path in paths:
        head, _, rest = rest.partition(b"\n")
        length = int(head.split()[2])
        (folder / f"{path.split('/')[2][1:]}.policy").write_bytes(rest[:length])
        rest = rest[length + 1:]
    return [] if len(paths) == len(load()["groups"]) else [f"{len(paths)} policies"]


def latin(text: str) -> str:
    """Bytes, as tests/engine has them in JSON."""
    return text.encode("utf-8").decode("latin-1")


def split(url: str) -> tuple[str, str, str]:
    scheme, _, rest = url.partition("://")
    authority = re.match(r"[^/?]*", rest).group()
    target = rest[len(authority):]
    return scheme, authority, target if target.startswith("/") else "/" + target


class Asking:
    """What a client of a row sends, one after the other, until something is refused."""

    def __init__(self, one, today: list[int]) -> None:
        self.one, self.today = one, today

    def connect(self, place: str) -> dict:
        return self.one.connect({"today": self.today, "channel": {"tls": False, "host": None, "port": 0, "sni": None},
                                 "connect": {"version": 1, "method": "CONNECT", "target": place, "fields": [], "ends": False}})

    def inside(self, said: dict, read: bool) -> dict | None:
        """In a tunnel that is open; None: what is said in it is read."""
        host, port, scheme, _ = said["tunnel"]
        channel = {"tls": False, "host": host, "port": port, "sni": None}
        if scheme == "tls":
            return self.one.inside({"today": self.today, "channel": channel, "hello": {"name": host, "wrong": None}})
        if scheme == "https" and not read:
            return self.one.inside({"today": self.today, "channel": channel, "unread": True})
        return None if scheme == "https" else said

    def place(self, place: str) -> dict:
        said = self.connect(place)
        return self.inside(said, False) if said["status"] == 0 else said

    def request(self, row: dict, group: dict) -> dict:
        method, _, url = latin(row["request"]).partition(" ")
        scheme, authority, target = split(url)
        tls, websocket = SCHEMES[scheme]
        channel = {"tls": False, "host": None, "port": 0, "sni": None}
        if tls:
            said = self.connect(authority if re.search(r":\d*$", authority) else authority + ":443")
            said = self.inside(said, True) or said if said["status"] == 0 else said
            if said["status"] or said["tunnel"][2] != "https":
                return said
            host, port = said["tunnel"][:2]
            channel = {"tls": True, "host": host, "port": port, "sni": host}
        body = call(row["tool"]) if "tool" in row else ""
        one = {"version": 1, "method": method, "scheme": "", "authority": "", "ends": False, "body": body,
               "target": target if tls else f"http://{authority}{target}",
               "fields": [["Host", authority]] + (HANDSHAKE if websocket else []) + placeholder(group, row) + (
                   [["Content-Type", "application/json"], ["Content-Length", str(len(body))]] if body else [])}
        return self.one.request({"today": self.today, "channel": channel, "request": one}) or {"status": 403}


def call(tool: str) -> str:
    return latin(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}}, ensure_ascii=False))


def granted(group: dict) -> str:
    """As a file of grants (modules/host/grants_files.py): by the clock of now, which the proxies ask, whatever day it is."""
    found: dict = {"version": 1, "grants": [], "refusals": []}
    for one in group.get("granted", []):
        made = {**{key: one[key] for key in one if key not in ("for", "refuses")}, "owner": "me", "until": int(time.time()) + one["for"]}
        found["refusals" if one.get("refuses") else "grants"].append(made)
    return json.dumps(found)


def placeholder(group: dict, row: dict) -> list[list[str]]:
    """Of the row's credential where it has to be asked for: in its header. In a path or a query, the URL itself has it."""
    for one in group.get("credentials", []):
        if one["name"] == row.get("credential") and one.get("ask"):
            inject = one["inject"]
            return [[inject["header"], one["placeholder"]]] if "header" in inject else [
                ["Authorization", f"Bearer {one['placeholder']}"]] if "bearer" in inject else []
    return []


def differs(row: dict, said: dict) -> bool:
    if said["status"] != 0:
        return row["expect"] == "allow"
    wanted, line = [row["credential"]] if "credential" in row else [], said.get("line") or {}
    return row["expect"] == "deny" or line.get("credentials", []) != wanted or line.get("grant") != row.get("grant")


class Recorder:
    """Keeps what somebody is asked."""

    def __init__(self, one) -> None:
        self.one, self.questions = one, []

    def __getattr__(self, name: str):
        def ask(asked: dict):
            self.questions.append(asked)
            return getattr(self.one, name)(asked)
        return ask


def ask_addon(folder: pathlib.Path) -> tuple[list[str], list[dict]]:
    """What it says otherwise, and all that it was asked, as tests/engine has questions."""
    sys.path[:0] = [str(HERE.parent / "engine"), str(HERE.parent / "proxy")]
    import reference
    whole, found = load(), []
    addon_itself = reference.Reference(str(folder))
    recorder = Recorder(addon_itself)
    asking = Asking(recorder, [int(part) for part in whole["today"].split("-")])
    for number, group in enumerate(whole["groups"]):
        for credential in group.get("credentials", []):
            (folder / credential["name"]).write_text(f"secret-of-{credential['name']}-0123456789")
        policy = (folder / f"{number}.policy").read_text()
        recorder.questions += [{"policy": policy}, {"grants": granted(group)}]
        problem = addon_itself.load(policy) or addon_itself.grant(recorder.questions[-1]["grants"])
        if problem:
            found.append(f"{group['about']}: {problem}")
            continue
        for row in group["rows"]:
            said = asking.place(row["connect"]) if "connect" in row else asking.request(row, group)
            if differs(row, said):
                found.append(f"{group['about']}: {row}: {said}")
    return found, recorder.questions


def addon(folder: pathlib.Path) -> list[str]:
    return ask_addon(folder)[0]


STEPS = {"form": form, "specs": specs, "turned": turned_failed, "policies": policies, "addon": addon}


def main() -> int:
    found = STEPS[sys.argv[1]](pathlib.Path(sys.argv[2]))
    print("\n".join(found[:40]))
    if len(found) > 40:
        print(f"and {len(found) - 40} more")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
