"""check_kinds.py TREE: reads the JSON that kinds.nix gives for TREE from standard input, compares
it with TREE's sandbox.json, and prints what differs."""

import json
import os
import re
import subprocess
import sys

wrong = []


def expect(what, got, wanted):
    if got != wanted:
        wrong.append(f"{what}: got {got!r}, wanted {wanted!r}")


def units_of(sandbox):
    units = [os.path.basename(path) for path in sandbox.get("linux", {}).get("units", [])]
    return sorted(name for name in units if name.endswith((".path", ".service", ".socket", ".slice")))


def check_accounts(where, got, sandbox):
    for part in ("agent", "proxy"):
        name, uid = sandbox[part]["name"], sandbox[part]["uid"]
        expect(f"{where}: uid of {name}", got["users"].get(name, {}).get("uid"), uid)
        expect(f"{where}: gid of {name}", got["groups"].get(name, {}).get("gid"), uid)
    share = sandbox["share"]
    expect(f"{where}: gid of {share['name']}", got["groups"][share["name"]]["gid"], share["gid"])


def check_linux(got, sandbox, read):
    check_accounts("nixos", got["nixos"], sandbox)
    expect("nixos: sudoers", got["nixos"]["sudo"], read(sandbox["linux"]["sudoers"]))
    expect("nixos: units", sorted(got["nixos"]["units"]), units_of(sandbox))
    home = sandbox["agent"]["home"]["linux"]
    linked = [rule.split()[1] for rule in got["nixos"]["tmpfiles"] if rule.startswith("L+")]
    wanted = {f"{home}/{file['path']}" for file in sandbox["dotfiles"]}
    expect("nixos: dotfiles", {path for path in linked if path.startswith(home)}, wanted)
    expect("system-manager: units", sorted(got["systemManager"]["units"]), units_of(sandbox))
    prefix = sandbox["prefix"]
    expect(
        "system-manager: files",
        sorted(got["systemManager"]["files"]),
        sorted(
            [
                f"profiles/per-user/{sandbox['agent']['name']}",
                f"sudoers.d/{prefix}",
                f"systemd/journald@{prefix}.conf",
                f"sysusers.d/{prefix}.conf",
            ]
        ),
    )
    check_shell("system-manager: users' script", got["systemManager"]["script"])


def check_darwin(got, sandbox):
    check_accounts("darwin", got["darwin"], sandbox)
    daemons = sorted(os.path.basename(path) for path in sandbox["darwin"]["plists"])
    expect("darwin: daemons", sorted(got["darwin"]["daemons"]), daemons)
    check_shell("darwin: activation", got["darwin"]["activation"])
    # There GNU's come first in the search path, which know neither -e of ls nor +a of chmod.
    bare = re.findall(r"(?<![\w/-])(?:ls -|chmod -h|find -)[^\n]*", got["darwin"]["activation"])
    expect("darwin: Apple's own tools by their paths", bare, [])


def check_daemon(got, sandbox):
    """Whom the Nix daemon may know, and which hosts must not evaluate."""
    closed = "nix-daemon" not in sandbox["relax"]
    for kind, family, admins in (("nixos", "linux", "wheel"), ("darwin", "darwin", "admin")):
        if family in sandbox:
            users = ["root", "@" + admins, *sandbox["operators"]] if closed else None
            expect(f"{kind}: allowed-users", got["allowed"][kind], users)
    wanted = {
        "trusting": "linux" not in sandbox,
        "allowing": "linux" not in sandbox or not closed,
        "opened": True,
        "trustingDarwin": "darwin" not in sandbox,
        "allowingDarwin": "darwin" not in sandbox or not closed,
        "unmanaged": True,
    }
    expect("hosts that evaluate", got["evaluates"], wanted)


def check_shell(what, script):
    done = subprocess.run(["bash", "-n"], input=script.encode(), capture_output=True)
    expect(f"{what}: bash -n", done.stderr.decode(), "")


def check_home(got, sandbox):
    expect("home: files", sorted(got["files"]), sorted(f["path"] for f in sandbox["dotfiles"]))
    variables = dict(sandbox["environment"])
    variables.update(sandbox["proxyEnvironment"].get("linux", {}))
    # As home-manager writes them, and as a shell then reads them.
    script = "".join(f'export {name}="{value}"\n' for name, value in got["variables"].items())
    done = subprocess.run(
        ["/bin/sh", "-c", script + "exec /usr/bin/env -0"], capture_output=True, env={}
    )
    seen = dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if line)
    for name, value in variables.items():
        expect(f"home: variable {name}", seen.get(name), value)


def main():
    tree = sys.argv[1]
    with open(os.path.join(tree, "sandbox.json"), encoding="utf-8") as file:
        sandbox = json.load(file)

    def read(path):
        with open(os.path.join(tree, path), encoding="utf-8") as file:
            return file.read()

    got = json.load(sys.stdin)
    if "linux" in sandbox:
        check_linux(got, sandbox, read)
    if "darwin" in sandbox:
        check_darwin(got, sandbox)
    check_home(got["home"], sandbox)
    check_daemon(got, sandbox)
    for name, option in got["options"].items():
        expect(f"option {name} has a description", len(option["description"]) > 20, True)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
