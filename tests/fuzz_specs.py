"""fuzz_specs.py PROGRAM SCHEMA FOLDER COUNT SEED: random specs from the JSON Schema, most of them
valid. check and render agree and end with 0 or 2, check's JSON is JSON, and the resolved spec of
what was rendered renders to the same tree."""
import json
import os
import random
import shutil
import subprocess
import sys

try:
    import re._parser as sre
except ImportError:
    import sre_parse as sre

PROGRAM, SCHEMA, FOLDER = sys.argv[1:4]
COUNT, SEED = int(sys.argv[4]), int(sys.argv[5])
HOSTS = ["example.org", "api.example.org", "*.cdn.example.com", "a.b.example.net", "xn--bcher-kva.example.org"]
PIECES = ["$(id)", "`id`", "${x}", "''", '"', "'", "\\", "%h", ";", "*/", "]]>", "<b>", "|", "{{name}}", "#",
          "\u00fc", "\u202e", "\u200b", "\U0001f600", "\u2028", " ", "a", "Zz9", "-", "--", "&amp;", "~", "="]


# What a rule of a repository may say.
OF_REPOSITORIES = ("github", "access", "owner", "reason", "expires", "requests")


def from_pattern(parsed, rnd):
    """A string that a parsed regular expression matches; "any" characters are ours."""
    out = ""
    for op, value in parsed:
        op = str(op)
        if op == "LITERAL":
            out += chr(value)
        elif op == "IN":
            out += from_class(value, rnd)
        elif op == "NOT_LITERAL":
            out += "z"
        elif op in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inner = value
            for _ in range(rnd.randint(least, min(int(most), least + 3))):
                out += from_pattern(inner, rnd)
        elif op == "SUBPATTERN":
            out += from_pattern(value[3], rnd)
        elif op == "BRANCH":
            out += from_pattern(rnd.choice(value[1]), rnd)
        elif op != "AT":
            raise ValueError(f"{op} of a pattern is not known here")
    return out


def from_class(items, rnd):
    if str(items[0][0]) == "NEGATE":
        return "z"
    op, value = rnd.choice(items)
    return chr(value) if str(op) == "LITERAL" else chr(rnd.randint(value[0], value[1]))


def text(rnd):
    return "".join(rnd.choice(PIECES) for _ in range(rnd.randint(1, 8))).strip() or "x"


def number(schema, rnd):
    low, high = schema.get("minimum", 0), schema.get("maximum", 1 << 40)
    return rnd.choice([low, high, rnd.randint(low, high), rnd.randint(low, min(high, low + 9000))])


def mid(rnd):
    return rnd.choice("abcdefgh") + str(rnd.randint(0, 99))


def operator(word):
    return ["", "first.", "CORP\\", "R@"][ord(word[-1]) % 4] + word


def folder(rnd):
    word = mid(rnd)
    return ["", "Müller & Söhne (2024)/", "it's a=b, ", "日本 "][ord(word[-1]) % 4] + word


# Where a random word of the right form would hardly ever pass the checks between the keys.
MEANT = {
    "$schema": lambda rnd: "./agent-sandbox.schema.json",
    "name": lambda rnd: rnd.choice("abcxyz") + rnd.choice(["", "-a", "0", "-long-name-of-it9"]),
    "user.name": lambda rnd: "agent-" + mid(rnd),
    "user.uid": lambda rnd: rnd.randrange(60000, 61000, 2),
    "operators[]": lambda rnd: operator(mid(rnd)),
    "unenforced": lambda rnd: "accept",
    "hosts.*.kind": lambda rnd: "plain",
    "packages.unfree[]": lambda rnd: "claude-code",
    "dotfiles{}": lambda rnd: rnd.choice([".config/", ".local/share/", "."]) + mid(rnd),
    "environment{}": lambda rnd: "VAR_" + mid(rnd).upper(),
    "projects.roots[]": lambda rnd: rnd.choice(["~/", "/data/"]) + folder(rnd),
    "workspaces[].path": lambda rnd: "/srv/" + folder(rnd),
    "workspaces[].darwin_path": lambda rnd: "/Users/Shared/" + folder(rnd),
    **{f"{where}{key}[]": lambda rnd: rnd.choice(["", "**/", "/"]) + folder(rnd) + rnd.choice(["", "/", "/*.x"])
       for where in ("", "workspaces[].") for key in ("hide", "protect")},
    **{f"{where}unprotect[]": lambda rnd: rnd.choice([".envrc", ".vscode/", ".claude/settings*.json"]) for where in ("", "workspaces[].")},
    "network.rules[].host": lambda rnd: rnd.choice(HOSTS),
    "network.rules[].paths[]": lambda rnd: rnd.choice(["/**", "/v1/*", "/", "/a%20b/" + mid(rnd)]),
    "network.rules[].expires": lambda rnd: f"20{rnd.randint(30, 99)}-0{rnd.randint(1, 9)}-1{rnd.randint(0, 9)}",
    "network.cidrs[].cidr": lambda rnd: rnd.choice([f"10.{rnd.randint(0, 255)}.0.0/16", f"fd00:{rnd.randint(1, 9999)}::/64"]),
    "network.local_ports[]": lambda rnd: rnd.randint(1024, 19999),
    "network.publish[]": lambda rnd: rnd.randint(31000, 65535),
    "relax[]": lambda rnd: rnd.choice(["containers", "ephemeral-ports", "git-config", "nested-sandbox", "nix-daemon", "ptrace", "system-trust", "unix-socket:/run/" + mid(rnd)]),
    "credentials[].source": lambda rnd: rnd.choice(["file:/etc/agent-sandbox/x/secrets/", "systemd:", "keychain:"]) + mid(rnd),
    "credentials[].hosts[]": lambda rnd: rnd.choice(HOSTS),
    "credentials[].env": lambda rnd: "TOKEN_" + mid(rnd).upper(),
    "credentials[].placeholder": lambda rnd: "placeholder-" + mid(rnd),
    "not_secrets[]": lambda rnd: rnd.choice(["AKIA", "ASIA"]) + mid(rnd) * 8 + "EXAMPLE",
    # These never pass, whatever the rules are.
    "tests[].request": lambda rnd: rnd.choice(["TRACE https://a.example.org/", "GET https://a.example.org/../", "GET https://x.local/"]),
    "tests[].connect": lambda rnd: rnd.choice(["10.0.0.1:22", "x.local:443"]),
    "tests[].expect": lambda rnd: "deny",
    "logins": lambda rnd: rnd.sample(["chatgpt", "claude", "github-copilot", "google"], rnd.randint(0, 2)),
    "network.ask_hosts[]": lambda rnd: rnd.choice(HOSTS),
    "limits.memory": lambda rnd: f"{rnd.randint(1, 64)}G",
    "limits.disk": lambda rnd: f"{rnd.randint(1, 64)}G",
}
MEANT["network.cidrs[].expires"] = MEANT["network.mcp[].expires"] = MEANT["network.rules[].expires"]
NEVER = {"extends", "inputs", "dotfiles.*.source"}


def make(schema, path, rnd):
    if path in MEANT and rnd.random() < 0.97:
        return MEANT[path](rnd)
    if "enum" in schema:
        return rnd.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        return make_object(schema, path, rnd)
    if kind == "array":
        few = [1, 1, 2, 3] if schema.get("minItems") else [0, 1, 1, 2, 3]
        return [make(schema["items"], path + "[]", rnd) for _ in range(rnd.choice(few))]
    if kind == "integer":
        return number(schema, rnd)
    if kind == "boolean":
        return rnd.random() < 0.5
    pattern = schema.get("pattern")
    value = from_pattern(sre.parse(pattern), rnd) if pattern else text(rnd)
    return value[: schema.get("maxLength", 4096)]


def make_object(schema, path, rnd):
    prefix = path + "." if path else ""
    result = {}
    if isinstance(schema.get("additionalProperties"), dict):
        for _ in range(rnd.choice([0, 1, 1, 2, 3])):
            key = make({"type": "string", **schema["propertyNames"]}, path + "{}", rnd)
            result[key] = make(schema["additionalProperties"], prefix + "*", rnd)
        return result
    keys = list(schema["properties"])
    if path == "credentials[].inject":
        keys = [rnd.choice(keys)]
    about = ""
    if path == "tests[]":
        about = rnd.choice(["request", "connect"])
        keys = [about, "expect"]
    if path == "network.rules[]":
        about = rnd.choice(["host", "host", "host", "github"])
        keys = [key for key in keys if key in OF_REPOSITORIES] if about == "github" else [
            key for key in keys if key not in ("github", "access")]
    rnd.shuffle(keys)
    for key in keys:
        # A rule is about a host or a repository. A dotfile has one of text and source; an injection one kind.
        needed = key in schema.get("required", []) or prefix + key in ("dotfiles.*.text", "version") or key == about
        if prefix + key not in NEVER and (needed or len(keys) == 1 or rnd.random() < 0.35):
            result[key] = make(schema["properties"][key], prefix + key, rnd)
    return result


def agree(spec):
    """What the checks between the keys ask for, most often: a credential's host has a rule, what is
    said to be no secret is there."""
    rules = spec.setdefault("network", {}).setdefault("rules", [])
    for rule in rules:
        if "github" in rule:
            rule["github"] = rule["github"][:80] + "x"  # never "..", and no .git at the end
    for credential in spec.get("credentials", []):
        if credential["inject"].get("bearer") is False:
            credential["inject"]["bearer"] = True
        rules.extend({"host": host} for host in credential["hosts"])
    grants, network, operators = spec.get("grants", {}), spec["network"], spec.get("operators", [])
    if operators and grants:
        grants["by"], grants["wait"] = operators[:1], "60s"
        grants.pop("on_ask", None)
        grants["most"] = {"methods": ["GET"], "for": "2h"}
    else:
        spec.pop("grants", None)
        for name in ("ask", "ask_hosts"):
            network.pop(name, None)
    if not network.get("ask"):
        network.pop("ask_hosts", None)
    if not operators or not spec.get("projects", {}).get("roots"):
        spec.pop("projects", None)
    else:
        spec["projects"]["roots"] = spec["projects"]["roots"][:1]  # none lies in another one
    for number_, server in enumerate(network.get("mcp", [])):
        server["url"] = f"https://mcp{number_}.example.org/mcp"
        server.pop("addresses", None)
    if network.get("engine") == "mitmproxy":
        spec.pop("logins", None)
    if "lifetime" in spec.get("require", {}):
        spec["require"]["lifetime"] = "3650d"
    for rule in rules + network.get("cidrs", []) + network.get("mcp", []) if spec.get("require") else []:
        rule.setdefault("owner", "somebody")
        rule.setdefault("reason", "it is required")
        rule.setdefault("expires", "2035-01-01")
    signing = spec.get("signing", {})
    for number_, signer in enumerate(signing.get("allowed", [])):
        signer["name"] = f"signer{number_}"
    if not signing.get("allowed"):
        signing.pop("require", None)
        spec.get("require", {}).pop("bases", None)
    for need in signing.get("require", []):
        need["signatures"] = 1
        need["of"] = ["signer0"]
    environment = spec.setdefault("environment", {})
    for name in [name for name in environment if name.startswith("LOOKS")]:
        del environment[name]
    for i, said in enumerate(spec.get("not_secrets", [])):
        environment[f"LOOKS{i}"] = said
    return spec


def spoil(spec, rnd):
    """One thing wrong somewhere."""
    at = spec
    while True:
        key = rnd.choice(list(at)) if isinstance(at, dict) else rnd.randrange(len(at))
        if isinstance(at[key], (dict, list)) and at[key] and rnd.random() < 0.7:
            at = at[key]
            continue
        at[key] = rnd.choice([None, -1, 1.5, 1 << 62, True, "", [], {}, [[]], "\x00", "\ufffe", "x" * 5000, {"x": 1}])
        return spec


def run(*words):
    done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def tree_of(repository):
    return subprocess.run(["git", "-C", repository, "rev-parse", "HEAD^{tree}"], stdout=subprocess.PIPE, check=True).stdout


def problem_of(path):
    """None, and whether it was rendered; or what is wrong."""
    code, out, err = run("check", "--json", path)
    if code not in (0, 2):
        return f"check ends with {code}: {err[-2000:]}", False
    if (json.loads(out) == []) != (code == 0):
        return f"check ends with {code} and prints {out[:500]!r}", False
    first, second = os.path.join(FOLDER, "first"), os.path.join(FOLDER, "second")
    for folder in (first, second):
        shutil.rmtree(folder, ignore_errors=True)
    rendered, _, err = run("render", path, "-o", first)
    if rendered != code:
        return f"check ends with {code}, render with {rendered}: {err[-2000:]}", False
    if code == 2:
        return ("render wrote something" if os.path.exists(first) else None), False
    again, _, err = run("render", os.path.join(first, "spec.json"), "-o", second)
    if again != 0:
        return f"its resolved spec is refused: {err[-2000:]}", True
    if tree_of(first) != tree_of(second):
        return "its resolved spec renders another tree", True
    return None, True


def main():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    good = bad = rendered = 0
    for number_ in range(COUNT):
        rnd = random.Random(f"{SEED} {number_}")
        spec = agree(make(schema, "", rnd))
        if rnd.random() < 0.2:
            spec = spoil(spec, rnd)
        path = os.path.join(FOLDER, "random.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(spec, file, indent=rnd.choice([None, 1, 4]), ensure_ascii=rnd.random() < 0.5)
        problem, done = problem_of(path)
        rendered += done
        if problem:
            bad += 1
            print(f"seed {SEED}, number {number_}: {problem}\n{json.dumps(spec)[:3000]}")
        else:
            good += 1
    if rendered * 5 < COUNT:
        bad += 1
        print(f"only {rendered} of {COUNT} specs were valid: that tests little")
    print(f"{good} held, {bad} did not; {rendered} were rendered")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
