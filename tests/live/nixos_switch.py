"""The activation of a host that nixos_nixpkgs.nix has evaluated, as its engine does it; root's, inside the machine.

    nixos_switch.py nixos|system-manager TOPLEVEL

nixos: switch-to-configuration, with the users of update-users-groups.pl: what has changed is stopped; users, /etc
and /run/current-system; daemon-reload; tmpfiles.d; then reloads, and the starts of what was stopped and of all
targets. system-manager: links in /etc, daemon-reload, then reload-or-restart of what has changed, beside the
start of its target.
"""

import json
import os
import re
import subprocess
import sys

UNITS = "/etc/systemd/system"
CURRENT = "/run/current-system"
# What the other generation has put there.
DECLARED = "/var/lib/nixos/declared.json"
TARGETS = ("sysinit.target", "sockets.target", "multi-user.target")
NIX_TARGET = "system-manager.target"


def must(*words):
    if subprocess.run(words, check=False).returncode:
        sys.exit(f"failed: {' '.join(words)}")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
    os.rename(f"{path}.new", path)


def link(target, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(f"{path}.new"):
        os.unlink(f"{path}.new")
    os.symlink(target, f"{path}.new")
    os.rename(f"{path}.new", path)


def is_active(unit):
    return subprocess.run(["systemctl", "is-active", "--quiet", unit], check=False).returncode == 0


# -- users: what is declared is made so, what no longer is goes; others of this host stay --


def entries(path):
    return [line.split(":") for line in read(path).splitlines() if line]


def free_id(taken):
    return next(number for number in range(999, 399, -1) if number not in taken)


def declare(path, known, wanted, gone, mode=0o644):
    kept = [fields for fields in known if fields[0] not in wanted and fields[0] not in gone]
    write(path, "".join(":".join(map(str, fields)) + "\n" for fields in kept + list(wanted.values())), mode)


def make_users(new, old):
    groups, users, shadow = entries("/etc/group"), entries("/etc/passwd"), entries("/etc/shadow")
    ids, wanted = {fields[0]: int(fields[2]) for fields in groups}, {}
    for name, group in new["groups"].items():
        ids[name] = group.get("gid") or ids.get(name) or free_id(ids.values())
        members = sorted(group.get("members") or [])
        wanted[name] = [name, "x", ids[name], ",".join(members)]
    declare("/etc/group", groups, wanted, set(old.get("groups", ())) - set(wanted))
    gids, ids = ids, {fields[0]: int(fields[2]) for fields in users}
    wanted, hashes = {}, {}
    for name, user in new["users"].items():
        ids[name] = user.get("uid") or ids.get(name) or free_id(ids.values())
        home = user.get("home", "/var/empty")
        wanted[name] = [name, "x", ids[name], gids[user["group"]], user["description"], home,
                        user.get("shell", f"{CURRENT}/sw/bin/nologin")]
        hashes[name] = [name, user.get("hashedPassword", "!"), "1", "", "", "", "", "", ""]
        if user.get("createHome") and not os.path.isdir(home):
            os.makedirs(home)
            os.chown(home, ids[name], gids[user["group"]])
            os.chmod(home, int(user["homeMode"], 8))
    gone = set(old.get("users", ())) - set(wanted)
    declare("/etc/passwd", users, wanted, gone)
    declare("/etc/shadow", shadow, hashes, gone, 0o640)
    # A range of others' ids is what NixOS gives an ordinary user that says nothing of it.
    for name, user in new["users"].items():
        if user.get("isNormalUser") and user.get("autoSubUidGidRange", True):
            for path in ("/etc/subuid", "/etc/subgid"):
                write(path, read(path) + f"{name}:100000:65536\n")


# -- /etc --


def make_etc(new, old):
    for name in set(old.get("etc", ())) - set(new["etc"]):
        os.unlink(f"/etc/{name}")
    for name, entry in new["etc"].items():
        if entry["mode"] == "symlink":
            link(entry["source"], f"/etc/{name}")
        else:
            write(f"/etc/{name}", read(entry["source"]), int(entry["mode"], 8))


def make_units(new, old, target_of=lambda target: target):
    folders = {"wantedBy": "wants", "requiredBy": "requires"}

    def links(units):
        for name, unit in units.items():
            yield f"{UNITS}/{name}", unit["path"]
            for kind, folder in folders.items():
                for target in unit[kind]:
                    yield f"{UNITS}/{target_of(target)}.{folder}/{name}", unit["path"]

    wanted = dict(links(new["units"]))
    for path in set(dict(links(old.get("units", {})))) - set(wanted):
        os.unlink(path)
        folder = os.path.dirname(path)
        if folder != UNITS and not os.listdir(folder):
            os.rmdir(folder)
    for path, target in wanted.items():
        link(target, path)


# -- NixOS --


def lines_of(unit):
    return [line for line in read(unit["path"]).splitlines() if line and line[0] not in "#;"]


def changed(new, old):
    """(to stop, to reload, to start) of what is active."""
    stop, reload, start = [], [], []
    for name, unit in old.get("units", {}).items():
        now = new["units"].get(name)
        if not is_active(name) or now and lines_of(now) == lines_of(unit):
            continue
        socket = re.sub("service$", "socket", name)
        if not now:
            stop.append(name)
        elif name.endswith((".slice", ".path", ".socket")):
            pass  # left to daemon-reload
        elif "X-ReloadIfChanged=true" in lines_of(now):
            reload.append(name)
        elif socket in new["units"]:
            stop += [name, socket]
            start.append(socket)
        else:
            stop.append(name)
            start.append(name)
    return stop, reload, start


def nixos(toplevel, new, old):
    stop, reload, start = changed(new, old)
    if stop:
        must("systemctl", "stop", *stop)
    if not os.path.exists("/etc/NIXOS"):
        write("/etc/NIXOS", "")
    make_users(new, old)
    link(toplevel, CURRENT)
    for folder in new["tmpfiles"]:
        for name in os.listdir(folder):
            new["etc"][f"tmpfiles.d/{name}"] = {"source": f"{folder}/{name}", "mode": "symlink"}
    make_etc(new, old)
    for script in new["activation"]:
        must("bash", script)
    write("/etc/sudoers", f"root ALL=(ALL:ALL) SETENV: ALL\n%wheel ALL=(ALL:ALL) SETENV: ALL\n\n{new['sudo']}\n", 0o440)
    must("visudo", "-c", "-q")
    write("/etc/tmpfiles.d/00-nixos.conf", "".join(f"{rule}\n" for rule in new["rules"]))
    make_units(new, old)
    must("systemctl", "daemon-reload")
    # Debian's own rules would empty /tmp at each of them.
    must("systemd-tmpfiles", "--create", "--remove", "--exclude-prefix=/dev", "--exclude-prefix=/tmp")
    if reload:
        must("systemctl", "reload", *reload)
    must("systemctl", "start", *start, *TARGETS)


# -- system-manager --


def system_manager(toplevel, new, old):
    def target_of(target):
        return NIX_TARGET if target == "multi-user.target" else target

    new["units"][NIX_TARGET] = {"path": f"{UNITS}/.{NIX_TARGET}", "wantedBy": ["default.target"], "requiredBy": []}
    write(f"{UNITS}/.{NIX_TARGET}", "[Unit]\nDescription=system-manager\n")
    make_etc(new, old)
    make_units(new, old, target_of)
    link(toplevel, "/run/system-manager")
    link("/run/system-manager", CURRENT)
    must("systemctl", "daemon-reload")
    for name in old.get("units", {}):
        if name not in new["units"] and is_active(name):
            must("systemctl", "stop", name)
    other = [name for name, unit in new["units"].items() if unit["path"] != old.get("units", {}).get(name, unit)["path"]]
    # All at once, and none of them waits for another one that is not ordered.
    jobs = [subprocess.Popen(["systemctl", "reload-or-restart", name]) for name in other]
    jobs.append(subprocess.Popen(["systemctl", "start", NIX_TARGET]))
    if any([job.wait() for job in jobs]):
        sys.exit("failed: a unit")


def main(engine, toplevel):
    toplevel = os.path.realpath(toplevel)
    new = json.loads(read(f"{toplevel}/host.json"))
    old = json.loads(read(DECLARED)) if os.path.exists(DECLARED) else {}
    {"nixos": nixos, "system-manager": system_manager}[engine](toplevel, new, old)
    write(DECLARED, json.dumps(new))


main(*sys.argv[1:])
