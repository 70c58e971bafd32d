"""tests/merge_laws.py PROGRAM FOLDER LAW SLICE: a law of merging, for random layers. Run by tests/merge_laws."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys

PROGRAM, FOLDER, LAW, SLICE = sys.argv[1:5]
COUNT = 40
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"
HOST_KEYS = [KEY + "GhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGho", KEY + "GxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxs"]
USERS_KEY = KEY + "G1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1t"
HOSTS = ["a.example.org", "b.a.example.org", "*.example.org", "*.a.example.org", "c.example.net"]
PATHS = ["/**", "/v1/**", "/v1/*", "/v1/chat", "/", "/v2/**"]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]
UNITS = {"M": 1, "G": 1024}

# -- random layers, from so small a world that they often meet --


def some(rnd: random.Random, among: list, most: int) -> list:
    return rnd.sample(among, rnd.randint(1, min(most, len(among))))


def rule(rnd: random.Random) -> dict:
    kind = rnd.random()
    if kind < 0.1:
        return {"github": rnd.choice(["octo/one", "octo/two"]), "access": rnd.choice(["read", "write"])}
    if kind < 0.2:
        return {"host": rnd.choice(HOSTS), "scheme": "tcp", "ports": some(rnd, [5432, 22], 2)}
    made = {"host": rnd.choice(HOSTS)}
    for key, value in (("methods", some(rnd, METHODS, 3)), ("paths", some(rnd, PATHS, 2)), ("ports", some(rnd, [443, 8443], 2)),
                       ("websocket", rnd.random() < 0.5), ("query", some(rnd, ["a=1", "page", "a=*"], 2)),
                       ("deny", some(rnd, ["/v1/keys/**", "/v2/x", "/v1/chat"], 2)), ("scheme", rnd.choice(["http", "https"]))):
        if rnd.random() < 0.35:
            made[key] = value
    if made.get("scheme") == "http":
        made["ports"] = [80]
    return made


def credential(rnd: random.Random) -> dict:
    name = rnd.choice(["one", "two"])
    return {"name": name, "source": f"file:/etc/agent-sandbox/x/secrets/{name}", "hosts": ["a.example.org"], "inject": {"header": f"x-{name}"}}


PARTS = {
    "network.rules": lambda rnd: [rule(rnd) for _ in range(rnd.randint(1, 3))],
    "network.local_ports": lambda rnd: some(rnd, [3000, 5000, 8000], 2),
    "network.publish": lambda rnd: some(rnd, [40000, 40001], 2),
    "network.enforcement": lambda rnd: rnd.choice(["enforce", "enforce", "audit"]),
    "network.capture": lambda rnd: rnd.random() < 0.5,
    "limits.memory": lambda rnd: rnd.choice(["512M", "1G", "2G", "8G"]),
    "limits.tasks": lambda rnd: rnd.choice([100, 1000, 4000]),
    "environment": lambda rnd: {name: rnd.choice("12") for name in some(rnd, ["A", "B", "C"], 2)},
    "workspaces": lambda rnd: [{"path": path} for path in some(rnd, ["/srv/a", "/srv/b", "/srv/c"], 2)],
    "relax": lambda rnd: some(rnd, ["ephemeral-ports", "git-config", "ptrace", "nested-sandbox", "system-trust"], 2),
    "hide": lambda rnd: some(rnd, [".env", "*.pem", "secrets/"], 2),
    "protect": lambda rnd: some(rnd, ["Makefile", "ci/"], 1),
    "unprotect": lambda rnd: some(rnd, [".vscode/", ".envrc"], 1),
    "operators": lambda rnd: some(rnd, ["ann", "bob"], 2),
    "packages.nix": lambda rnd: some(rnd, ["git", "jq", "ripgrep"], 2),
    "credentials": lambda rnd: [credential(rnd)],
    "ssh.hosts": lambda rnd: [{"host": rnd.choice(["c.example.net", "git.example.net"]), "keys": some(rnd, HOST_KEYS, 1)}],
    "unenforced": lambda rnd: rnd.choice(["refuse", "accept"]),
    "agents": lambda rnd: [rnd.choice(["codex", "claude-code"])],
}
TIGHTER_MORE = {"hide", "protect"}  # lists, of which more is less for the agent
TIGHTER_WORDS = {"network.enforcement": ["enforce", "audit"], "unenforced": ["refuse", "accept"]}
LOCKS = ["network.rules", "network", "limits", "limits.memory", "environment", "workspaces", "relax", "operators", "packages",
         "credentials", "unenforced", "network.local_ports", "network.enforcement", "ssh", "ssh.hosts", "network.capture", "hide",
         "protect", "unprotect"]


def put(spec: dict, name: str, value) -> None:
    outer, _, inner = name.rpartition(".")
    (spec.setdefault(outer, {}) if outer else spec)[inner] = value


def layer(rnd: random.Random, often: float = 0.35) -> dict:
    spec: dict = {}
    for name, make in PARTS.items():
        if rnd.random() < often:
            put(spec, name, make(rnd))
    if "ssh" in spec:
        spec["ssh"]["keys"] = [USERS_KEY]
    if "credentials" in spec:
        spec.setdefault("network", {}).setdefault("rules", []).append({"host": "a.example.org", "paths": ["/v1/**"]})
    return spec


# -- what the program makes of them --


def write(name: str, spec: dict, extends=()) -> str:
    made = {"version": 1, "name": "laws", **spec}
    if extends:
        made["extends"] = list(extends)
    with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as file:
        json.dump(made, file)
    return name


def run(*words: str) -> tuple[int, str]:
    done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=FOLDER, timeout=120, check=False)
    if done.returncode not in (0, 2):
        sys.exit(f"{words} ends with {done.returncode}: {done.stderr.decode()}")
    return done.returncode, done.stdout.decode()


def resolved(name: str) -> dict | None:
    """None: it is refused."""
    code, text = run("resolve", name)
    return json.loads(text) if code == 0 else None


# -- what a spec decides --


def asked() -> list[dict]:
    """Around everything that a random rule may say."""
    hosts = ["a.example.org", "b.a.example.org", "z.example.org", "z.a.example.org", "c.example.net", "git.example.net", "other.net"]
    urls = [f"https://{host}{port}{path}" for host in hosts for port, path in (
        ("", "/"), ("", "/v1/chat"), ("", "/v1/keys/x"), ("", "/v2/x?a=1"), ("", "/v1/a?page=2&a=2"), (":8443", "/v1/a/b"))]
    urls += [f"http://{host}/v1/chat" for host in hosts] + [f"wss://{host}/v1/chat" for host in hosts]
    urls += ["https://github.com/octo/one/info/refs?service=git-upload-pack", "https://api.github.com/repos/octo/two/issues",
             "https://chatgpt.com/backend-api/codex", "https://api.openai.com/v1/responses", "https://api.anthropic.com/v1/messages"]
    found = [{"request": f"{method} {url}"} for url in urls for method in ("GET", "POST") if method == "GET" or "wss:" not in url]
    found += [{"request": f"DELETE {url}"} for url in urls[:len(hosts)]]
    return found + [{"connect": f"{host}:{port}"} for host in hosts for port in (22, 443, 5432)]


ASKED = asked()


def decisions(specs: list[dict]) -> list[set[int] | None]:
    """Of each resolved spec the numbers of what it allows: the tests that expect a refusal, and fail. None: no spec."""
    tests = ",\n".join(json.dumps({**one, "expect": "deny"}) for one in ASKED)
    names = []
    for number, spec in enumerate(specs):
        names.append(f"asked-{number}.json")
        with open(os.path.join(FOLDER, names[-1]), "w", encoding="utf-8") as file:
            file.write(json.dumps({**spec, "name": f"laws-{number}"})[:-1] + ', "tests": [\n' + tests + "\n]}\n")
    _, text = run("check", "--json", *names)
    found: list[set[int] | None] = [set() for _ in specs]
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        told, at = decoder.raw_decode(text, at)
        at += 1  # the line's end
        for one in told:
            number = int(one["file"][len("asked-"):-len(".json")])
            if not one["message"].startswith("this test fails: it is allowed"):
                found[number] = None
            elif found[number] is not None:
                found[number].add(one["line"] - 2)
    return found


# -- the laws: each yields what does not hold, and says with None that one was asked in earnest --


def twice(rnd: random.Random):
    base, top = layer(rnd), layer(rnd)
    if rnd.random() < 0.3:
        base["lock"] = some(rnd, LOCKS, 2)
    write("base.json", base), write("again.json", base)
    once = resolved(write("once.json", top, ["base.json"]))
    both = resolved(write("both.json", top, ["base.json", "again.json"]))
    if once != both:
        yield "a base and its copy", base, top
    if once is not None:
        write("once-resolved.json", once)
        if resolved("once-resolved.json") != once:
            yield "resolved twice", base, top
        if resolved(write("above.json", {}, ["once-resolved.json"])) != once:
            yield "nothing above it", base, top
        yield None


def chain(rnd: random.Random):
    first, second, third = layer(rnd), layer(rnd), layer(rnd)
    if rnd.random() < 0.3:
        first["lock"] = some(rnd, LOCKS, 2)
    write("first.json", first)
    write("second.json", second, ["first.json"])
    whole = resolved(write("third.json", third, ["second.json"]))
    middle = resolved("second.json")
    if middle is None:  # it is no spec by itself; what is above may still mend it
        return
    write("middle.json", middle)
    if resolved(write("flat.json", third, ["middle.json"])) != whole:
        yield "the lower two resolved first", first, second, third
    write("alone.json", second)
    if resolved(write("side.json", third, ["first.json", "alone.json"])) != whole and "lock" not in first:
        yield "the lower two beside each other", first, second, third
    if whole is not None:
        yield None


def order_of(rnd: random.Random, value):
    """The same with its lists in another order."""
    if isinstance(value, dict):
        return {key: order_of(rnd, item) for key, item in value.items()}
    if isinstance(value, list):
        made = [order_of(rnd, item) for item in value]
        rnd.shuffle(made)
        return made
    return value


def order(rnd: random.Random):
    first, second = layer(rnd, 0.7), layer(rnd)
    for one in (first, second):  # of two words the nearer one wins, so their order says something
        one.get("network", {}).pop("enforcement", None)
    write("first.json", first), write("second.json", second)
    one = resolved(write("ordered.json", {}, ["first.json", "second.json"]))
    write("first.json", order_of(rnd, first)), write("second.json", order_of(rnd, second))
    other = resolved(write("shuffled.json", {}, ["second.json", "first.json"]))
    if (one is None) != (other is None):
        yield "one order is a spec, and the other is not", first, second
    if one is not None and other is not None:
        yield None, [one, other], lambda mine, theirs: mine == theirs, (first, second)


def megabytes(size: str) -> int:
    return int(size[:-1]) * UNITS[size[-1]]


def is_within(name: str, base, near) -> bool:
    """Whether the resolved value near is no wider than base; None: it is not there."""
    if name in TIGHTER_MORE:
        return all(one in (near or []) for one in base or [])
    if near is None or near == base:
        return True
    if isinstance(near, list):
        return all(one in (base or []) for one in near)
    if isinstance(near, dict) and name != "environment":
        return all(is_within(f"{name}.{key}", (base or {}).get(key), value) for key, value in near.items())
    if name in TIGHTER_WORDS:
        words = TIGHTER_WORDS[name]
        return words.index(near) <= words.index(base or words[0])
    if name == "limits.memory":
        return base is None or megabytes(near) <= megabytes(base)
    return name == "limits.tasks" and (base is None or near <= base)


def value_of(spec: dict, name: str):
    for key in name.split("."):
        spec = (spec or {}).get(key)
    return spec


def extension(rnd: random.Random, base: dict) -> dict:
    """Of what the base locks often nothing, something of its own, or what the base has already."""
    made = layer(rnd, 0.3)
    for name in PARTS:
        locked = any(name == one or name.startswith(one + ".") for one in base["lock"])
        if name == "ssh.hosts":  # they are rules, too
            locked = locked or bool({"network", "network.rules"} & set(base["lock"]))
        if locked and value_of(made, name) is not None and rnd.random() < 0.9:
            own = value_of(base, name)
            if own is None:
                outer, _, inner = name.rpartition(".")
                del (made[outer] if outer else made)[inner]
            else:
                put(made, name, copy.deepcopy(own))
    return made


def locks(rnd: random.Random):
    base = layer(rnd, 0.5)
    base["lock"] = some(rnd, LOCKS, 3)
    if rnd.random() < 0.5:
        base["lock"] += ["network"]
    base["lock"] = sorted(set(base["lock"]))
    near, beside = extension(rnd, base), extension(rnd, base)
    write("base.json", base), write("beside.json", beside)
    alone = resolved("base.json")
    built = resolved(write("near.json", near, rnd.choice([["base.json"], ["base.json"], ["base.json", "beside.json"], ["beside.json", "base.json"]])))
    if alone is None or built is None:
        return
    for name in base["lock"]:
        if not is_within(name, value_of(alone, name), value_of(built, name)):
            yield f"{name} is locked, and wider", base, near, beside
    if {"network", "network.rules"} & set(base["lock"]):
        yield None, [alone, built], lambda mine, theirs: theirs <= mine, (base, near, beside)
    else:
        yield None


def main() -> int:
    law = {"twice": twice, "chain": chain, "order": order, "locks": locks}[LAW]
    bad, earnest, later = [], 0, []
    for number in range(COUNT):
        for found in law(random.Random(f"{LAW} {SLICE} {number}")):
            if found is None or found[0] is None:
                earnest += 1
            if found and found[0] is None:
                later.append((number, *found[1:]))
            elif found:
                bad.append((number, *found))
    decided = decisions([spec for one in later for spec in one[1]])
    compared = 0
    for place, (number, _, holds, layers) in enumerate(later):
        mine, theirs = decided[2 * place:2 * place + 2]
        if (mine is None) != (theirs is None):
            bad.append((number, "one is no spec", layers))
        elif mine is not None:
            compared += 1
            if not holds(mine, theirs):
                bad.append((number, [ASKED[one] for one in sorted(mine ^ theirs)][:5], layers))
    for one in bad[:5]:
        print(json.dumps(one, default=str)[:3000])
    print(f"{LAW}: {COUNT} were asked, {earnest} in earnest, {compared} of them about {len(ASKED)} requests; {len(bad)} do not hold")
    if earnest < COUNT / 4:
        bad.append("too few")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
