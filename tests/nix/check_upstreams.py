"""check_upstreams.py TREE: reads the values that upstream/evaluate.nix gives for TREE from standard
input, and prints what is not as TREE's sandbox.json says.

check_upstreams.py --environment TREE FILE: FILE is the output of `env -0`; prints what differs from
the environment of TREE's sandbox.json."""

import json
import os
import re
import sys

wrong = []


def expect(what, got, wanted):
    if got != wanted:
        wrong.append(f"{what}: got {got!r}, wanted {wanted!r}")


def read(tree, path):
    with open(os.path.join(tree, path), encoding="utf-8") as file:
        return file.read()


def check_accounts(host, got, sandbox, family):
    agent, proxy, share = sandbox["agent"], sandbox["proxy"], sandbox["share"]
    for part in (agent, proxy):
        expect(f"{host}: uid of {part['name']}", got["users"][part["name"]]["uid"], part["uid"])
        expect(f"{host}: gid of {part['name']}", got["groups"][part["name"]]["gid"], part["uid"])
    expect(f"{host}: home", got["users"][agent["name"]]["home"], agent["home"][family])
    expect(f"{host}: gid of {share['name']}", got["groups"][share["name"]]["gid"], share["gid"])
    expect(
        f"{host}: members of {share['name']}",
        sorted(got["groups"][share["name"]]["members"]),
        sorted([agent["name"], *sandbox["operators"]]),
    )


def wanted_by(text):
    lines = [line for line in text.splitlines() if line.startswith("WantedBy=")]
    return " ".join(line.split("=", 1)[1] for line in lines).split()


def check_unit(what, got, text):
    if got is None:
        wrong.append(f"{what} is missing")
        return
    expect(f"{what} is wanted by", got["wantedBy"], wanted_by(text))
    for line in got["text"].splitlines():
        if re.match(r"Exec[A-Za-z]*=", line) and not re.match(r"Exec[A-Za-z]*=[-@:+!]*\S*/nix/store/", line):
            wrong.append(f"{what}: {line}: not in the store")
    reloads = "X-ReloadIfChanged=true" in got["text"]
    expect(f"{what} is reloaded by a switch", reloads, "\nExecReload=" in text)


def check_nixos(host, got, sandbox, tree):
    check_accounts(host, got, sandbox, "linux")
    agent = sandbox["agent"]["name"]
    expect(f"{host}: primary group", got["users"][agent]["group"], agent)
    sudoers = read(tree, sandbox["linux"]["sudoers"])
    expect(f"{host}: sudoers stand last", got["sudo"].endswith(sudoers), True)
    for path in sandbox["linux"]["units"]:
        name = os.path.basename(path)
        if name.endswith((".path", ".service", ".socket", ".slice")):
            check_unit(f"{host}: {name}", got["units"].get(name), read(tree, path))
    home = sandbox["agent"]["home"]["linux"]
    links = {rule.split()[1] for rule in got["tmpfiles"] if rule.startswith("L+")}
    wanted = {f"{home}/{file['path']}" for file in sandbox["dotfiles"]}
    expect(f"{host}: dotfiles", {link for link in links if link.startswith(home)}, wanted)


def check_darwin(host, got, sandbox):
    check_accounts(host, got, sandbox, "darwin")
    names = [sandbox[part]["name"] for part in ("agent", "proxy", "share")]
    expect(f"{host}: known users and groups", set(names) <= set(got["known"]), True)
    daemons = {os.path.basename(path) for path in sandbox["darwin"]["plists"]}
    expect(f"{host}: daemons", daemons <= set(got["daemons"]), True)


def check_values(tree, sandbox):
    values = json.load(sys.stdin)
    for host, got in values["nixos"].items():
        check_nixos(host, got, sandbox, tree)
    for host, got in values["darwin"].items():
        check_darwin(host, got, sandbox)


def check_environment(sandbox, path):
    with open(path, encoding="utf-8") as file:
        seen = dict(line.split("=", 1) for line in file.read().split("\0") if line)
    if not sandbox["environment"]:
        wrong.append("no environment is there to be read back")
    for name, value in sandbox["environment"].items():
        expect(name, seen.get(name), value)


def main():
    tree = sys.argv[-2] if sys.argv[1] == "--environment" else sys.argv[1]
    sandbox = json.loads(read(tree, "sandbox.json"))
    if sys.argv[1] == "--environment":
        check_environment(sandbox, sys.argv[-1])
    else:
        check_values(tree, sandbox)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
