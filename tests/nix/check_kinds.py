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
    managed = [one["linux"][len("/etc/"):] for one in sandbox.get("managed", [])]
    expect("nixos: files", sorted(got["nixos"]["files"]), sorted([f"systemd/journald@{sandbox['prefix']}.conf", *managed]))
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
                *managed,
            ]
        ),
    )
    check_shell("system-manager: users' script", got["systemManager"]["script"])


def check_darwin(got, sandbox):
    check_accounts("darwin", got["darwin"], sandbox)
    daemons = sorted(os.path.basename(path) for path in sandbox["darwin"]["plists"])
    expect("darwin: daemons", sorted(got["darwin"]["daemons"]), daemons)
    check_shell("darwin: activation", got["darwin"]["activation"])
    expect("darwin: a key for logins", "login-key.cred" in got["darwin"]["activation"], "logins" in sandbox)
    for one in sandbox.get("managed", []):
        link = f"/var/db/agent-sandbox/{sandbox['name']}/current/{one['file']}"
        expect(f"darwin: {one['agent']}", f"ln -sfn {link} " in got["darwin"]["activation"], True)
        expect(f"darwin: {one['agent']}, another's", link in got["unmanaged"]["activation"], False)
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


def program_of(sandbox, spec, how):
    """What the proxy is, where the host has the native engine (given) and where not (bare)."""
    if sandbox["network"]["engine"] != "mitmproxy" and how == "given":
        return "agent-sandbox-proxy"
    refused = sandbox["network"]["engine"] == "native" and spec.get("unenforced") != "accept"
    return None if refused else "mitmdump"


def check_unit(what, got, wanted, sandbox):
    """Line by line, but for programs and paths in the store."""
    current = f"/var/lib/agent-sandbox/{sandbox['name']}/current"
    for own, line in zip(got.splitlines(), wanted.splitlines()):
        if current in line or re.match(r"Exec[A-Za-z]*=", line):
            expect(what, own.split("=")[0], line.split("=")[0])
        else:
            expect(what, own, line)


def check_engine_linux(where, got, program, sandbox, tree):
    for name, text in got.items():
        own = os.path.join(tree, "linux/native", name)
        native = program == "agent-sandbox-proxy" and os.path.exists(own)
        with open(own if native else os.path.join(tree, "linux/systemd", name), encoding="utf-8") as file:
            check_unit(f"{where}: {name}", text, file.read(), sandbox)
    started = re.findall(r"(?m)^ExecStart=(\S+)", got[f"{sandbox['prefix']}-egress.service"])
    expect(f"{where}: the proxy", [os.path.basename(path) for path in started], [program])
    expect(f"{where}: its place", started[0].startswith(os.environ["NIX_STORE_DIR"] + "/"), True)


def check_engines(got, sandbox, spec, tree):
    for how in ("given", "bare"):
        program = program_of(sandbox, spec, how)
        for kind in ("nixos", "systemManager", "darwin"):
            family = "darwin" if kind == "darwin" else "linux"
            if family not in sandbox:
                continue
            text, where = got["engines"][kind][how], f"{kind}, engine {how}"
            if text is None or program is None:
                expect(f"{where}: it evaluates", text is not None, program is not None)
            elif kind == "darwin":
                engine = "native" if program == "agent-sandbox-proxy" else "mitmproxy"
                named = re.findall(r"(?m)^ *echo '(\S+) (\S+)' >\S+/managed-by-nix$", text)
                expect(where, [(one, os.path.basename(path)) for one, path in named], [(engine, program)])
            else:
                check_engine_linux(where, text, program, sandbox, tree)


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
    check_engines(got, sandbox, json.loads(read("spec.json")), tree)
    for name, option in got["options"].items():
        expect(f"option {name} has a description", len(option["description"]) > 20, True)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
