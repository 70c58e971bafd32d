"""Random specs: what `export srt` opens is what the spec's own proxy lets something pass to, host by host and port by
port; it is asked by tests in the spec, which check runs.

opens.py PROGRAM FOLDER [COUNT [SEED]]
"""
import json
import pathlib
import random
import subprocess
import sys

HOSTS = ["a.example.org", "b.example.org", "x.a.example.org", "example.net"]
PATTERNS = [*HOSTS, "*.example.org", "*.a.example.org"]
PORTS = [80, 443, 8443]
PATHS = ["/**", "/x/**", "/x", "/y"]
PROBES = ["/", "/x", "/x/z", "/y"]


def rule(dice):
    one = {"host": dice.choice(PATTERNS), "ports": sorted(dice.sample(PORTS, dice.randint(1, 2)))}
    one["scheme"] = dice.choice(["https", "https", "http", "tcp", "tls"])
    if one["scheme"] in ("https", "http"):
        one["paths"] = sorted(dice.sample(PATHS, dice.randint(1, 2)))
        one["methods"] = dice.choice([["GET"], ["POST"]])
        if dice.random() < 0.5:
            one["deny"] = sorted(dice.sample(PATHS, dice.randint(1, 2)))
    elif one["host"].startswith("*"):
        one["scheme"] = "tls"
    return one


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)


def probes():
    for host in HOSTS:
        for port in PORTS:
            yield host, port, {"connect": f"{host}:{port}", "expect": "deny"}
            for scheme in ("https", "http"):
                for method in ("GET", "POST"):
                    for path in PROBES:
                        yield host, port, {"request": f"{method} {scheme}://{host}:{port}{path}", "expect": "deny"}


def matches(entry, host, port):
    pattern, _, wanted = entry.rpartition(":")
    if int(wanted) != port:
        return False
    return host.endswith(pattern[1:]) and host != pattern[2:] if pattern.startswith("*.") else host == pattern


def main(program, folder, count="40", seed="1"):
    dice, folder = random.Random(int(seed)), pathlib.Path(folder)
    asked, spec, opened, shut = list(probes()), folder / "random.json", 0, 0
    for _ in range(int(count)):
        rules = [rule(dice) for _ in range(dice.randint(1, 5))]
        value = {"version": 1, "name": "demo", "network": {"rules": rules}}
        spec.write_text(json.dumps(value))
        out = run(program, "export", "srt", spec, "--lossy")
        if out.returncode == 2:
            continue  # rules that do not go together
        network = json.loads(out.stdout)["network"]
        # One test a line, which is how the failing ones are known.
        head = json.dumps(value)[:-1] + ', "tests": [\n'
        spec.write_text(head + ",\n".join(json.dumps(probe) for _, _, probe in asked) + "\n]}\n")
        allowed = set()
        for mistake in json.loads(run(program, "check", "--json", spec).stdout):
            if not mistake["message"].startswith("this test fails: it is allowed"):
                sys.exit(f"{mistake} of {json.dumps(rules)}")
            allowed.add(asked[mistake["line"] - 2][:2])
        for host in HOSTS:
            for port in PORTS:
                here = (any(matches(e, host, port) for e in network["allowedDomains"])
                        and not any(matches(e, host, port) for e in network["deniedDomains"]))
                opened, shut = opened + here, shut + (not here)
                if here and (host, port) not in allowed:
                    sys.exit(f"{host}:{port} is open in srt, and nothing passes by {json.dumps(rules)}")
                if not here and (host, port) in allowed and not any(
                        r.get("deny") for r in rules):
                    sys.exit(f"{host}:{port} is shut in srt, and something passes by {json.dumps(rules)}")
    if min(opened, shut) < int(count) // 2:
        sys.exit(f"only {opened} were open, {shut} shut: that says little")
    print(f"{opened} open, {shut} shut")


if __name__ == "__main__":
    main(*sys.argv[1:])
