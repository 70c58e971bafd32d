#!/usr/bin/python3 -SB
"""tests/control/kinds.py: each kind of TABLE 8 against a recorded host, without root and in a second: what it
observes, how it tells what differs, what it does about it, and how it goes. tests/live does it for real."""

import ast
import contextlib
import glob
import hashlib
import inspect
import io
import json
import os
import pathlib
import plistlib
import pwd
import re
import subprocess
import sys
import tarfile
import tempfile
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from recorded import BOX, NoState, Recorded, entry, group, make, user  # noqa: E402

import capture  # noqa: E402
import engine  # noqa: E402
import host  # noqa: E402
import logins  # noqa: E402
import logs  # noqa: E402
import narrower  # noqa: E402
import places  # noqa: E402
import programs  # noqa: E402
import sandbox  # noqa: E402
import session  # noqa: E402
import ssh_agent  # noqa: E402
import terminal  # noqa: E402
import table  # noqa: E402
import table_darwin  # noqa: E402
import table_linux  # noqa: E402
import told  # noqa: E402
import wall  # noqa: E402
from kinds import access_list, account, command, darwin, darwin_account, deny_list, dotfiles, file, folder  # noqa: E402
from kinds import generation, journal, login, managed, namespace, needs, policy, port, process, project, rules, secret, sessions  # noqa: E402
from kinds import sub_ids, tools, unit  # noqa: E402
from kinds import grant, told as told_kind  # noqa: E402
from kinds.kind import Kind, Report  # noqa: E402
from say import Failed, Refused  # noqa: E402

passed = failed = 0
MODULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "modules")


def check(text, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok' if good else 'FAILED'}: {text}")


def equal(text, got, wanted):
    check(text, got == wanted)
    if got != wanted:
        print(f"    {got!r}\n    not {wanted!r}")


def raised(do, *arguments):
    """The words of it."""
    try:
        do(*arguments)
    except Failed as why:
        return str(why)
    return ""


def stays(item):
    try:
        item.remove()
    except Failed:
        return True
    return False


def test_user():
    sysusers = {"/tree/linux/sysusers.d/agent-sandbox-demo.conf": b'u agent 60610:agent "x" /home/agent /bin/bash\n'}
    known = {"users": {"agent": user("agent", 60610)}, "groups": {"agent": group("agent", 60610)}}
    wanted = (60610, "/home/agent", ["share"])
    item, here, _ = make(account.User, "agent", wanted, files=sysusers, **known)
    here.member_of = {"agent": ["share"]}
    equal("user: as committed", item.difference(), "")
    here.users["agent"].pw_shell, here.users["agent"].pw_dir = "/bin/sh", "/"
    here.member_of = {"agent": ["share", "sudo"]}
    here.files["/etc/shadow"] = b"agent:$6$x:1::::::\n"
    equal("  told", item.difference(), 'home /, not /home/agent; shell /bin/sh, not /bin/bash; in the groups "share sudo", '
          'not "share"; it has a password')
    item.converge(item.observe())
    equal("  mended", here.did[-1], "usermod -g agent -G share -d /home/agent -s /bin/bash -p !* agent")
    item.remove()
    check("  and gone", "userdel agent" in here.did)
    here.answers = {"userdel": None}
    check("  and told when it stays", stays(item))
    item, here, change = make(account.User, "agent", wanted)
    equal("user: missing", (item.difference(), item.plan()), ("there is no such user", "create user agent"))
    account.User.prepare([item])
    check("  is made", here.did[0].startswith("systemd-sysusers /tree/linux/sysusers.d/"))
    item, here, change = make(account.User, "agent", wanted, users={"agent": user("agent", 7), "x": user("x", 60610)},
                              groups={"y": group("y", 60610)})
    said = []
    item.check(Report(said.append, False, "/scratch"))
    equal("user: another's number is refused", len(said), 3)


def test_group():
    item, here, _ = make(account.Group, "share", (59305, ["agent", "op"]), groups={"share": group("share", 59305, "agent", "op")},
                         users={"op": user("op", 1000)})
    equal("group: as committed", item.difference(), "")
    here.known_groups["share"].gr_mem = ["agent", "old"]
    equal("  told", item.difference(), "it has agent old and not agent op")
    item.converge(item.observe())
    equal("  mended", here.did, ["gpasswd -d old share", "gpasswd -a op share"])
    here.known_groups["share"].gr_gid = 7
    equal("  its number", item.difference(), "gid 7, not 59305")
    item.remove()
    check("  and gone", "groupdel share" in here.did)
    said = []
    here.users.clear()
    item.check(Report(said.append, True, "/scratch"))
    check("group: an operator who is not here is told", any("'op' has no account" in line for line in said))


def test_rules():
    listed = "table inet agent_sandbox_demo {\n}\n"
    files = {"/tree/linux/nftables/agent-sandbox-demo.nft": b"new", "/old/linux/nftables/agent-sandbox-demo.nft": b"new",
             "/state/firewall": listed.encode()}
    item, here, _ = make(rules.Rules, "agent_sandbox_demo", before="/old", files=files, programs=["nft"],
                         answers={"nft -s list table": listed})
    equal("rules: as committed", item.difference(), "")
    check("  nothing to load", not item.stale(None) and not item.plan() and not item.make())
    files["/old/linux/nftables/agent-sandbox-demo.nft"] = b"old"
    check("rules: a change is planned", "one transaction" in item.plan())
    check("  and loaded at once", item.make() and "nft -f /tree/linux/nftables/agent-sandbox-demo.nft" in here.did)
    equal("  and noted down as the kernel has it", item.change.state.wrote, [("firewall", listed)])
    here.answers = {"nft -s list table": listed.replace("{", "{ x"), "unshare": None}
    check("rules: a strange one is told", "+table inet agent_sandbox_demo { x" in item.difference())
    upgraded = listed.replace("{", "{ # in other words")
    here.answers = {"nft -s list table": upgraded, "unshare --net": upgraded}
    equal("rules: an upgraded nft lists the same in other words", item.difference(), "")
    equal("  and that is noted down", item.change.state.wrote[-1], ("firewall", upgraded))
    here.answers = {"nft -s list table": ""}
    equal("  and none", item.difference(), "no rule is loaded")
    here.answers = {"nft -f": None}
    try:
        item.converge("")
        check("rules: what does not load is a failure", False)
    except Failed:
        check("rules: what does not load is a failure", True)
    item.remove()
    check("rules: they go", "nft delete table inet agent_sandbox_demo" in here.did)
    save = ":as60610_out - [0:0]\n-A OUTPUT -m x -j as60610_out\n-A INPUT -j other\n[7:9] -A x -j as60610_refuse\n"
    item, here, _ = make(rules.Rules, "agent_sandbox_demo", programs=["iptables-restore", "ip6tables-restore", "iptables-save"],
                         answers={"iptables-save": save}, files={"/state/firewall": b""})
    equal("iptables: our lines alone, without counters", item.listed(),
          ":as60610_out - \n-A OUTPUT -m x -j as60610_out\n -A x -j as60610_refuse\n")
    equal("iptables: what was refused", item.refused(), 7)
    item.remove()
    check("iptables: rules, then chains", here.did.index("iptables -w -t filter -D OUTPUT -m x -j as60610_out")
          < here.did.index("iptables -w -t filter -X as60610_out"))
    files = {"/state/firewall": f"/other\n{listed}".encode()}
    item, here, _ = make(rules.Rules, "agent_sandbox_demo", nix="NixOS", files=files,
                         answers={"nft -s list table": upgraded, "unshare --net": upgraded})
    equal("Nix's: nobody noted them, so they are compared with the tree", item.difference(), "")
    equal("  and noted down for this tree", item.change.state.wrote, [("firewall", f"/tree\n{upgraded}")])
    files["/state/firewall"] = item.change.state.wrote[0][1].encode()
    here.answers["unshare --net"] = None
    equal("  once", item.difference(), "")
    here.answers["nft -s list table"] = listed
    check("  a strange one is told", "-table inet agent_sandbox_demo { # in other words" in item.difference())


def test_folders():
    item, here, _ = make(folder.Folder, "/home/agent", ("0700", "agent", "agent"), users={"agent": user("agent", 60610)},
                         groups={"agent": group("agent", 60610)}, files={"/home/agent": entry(0o40700, 60610, 60610)}, before="/old")
    equal("folder: as committed", item.difference(), "")
    here.files["/home/agent"] = entry(0o40755, 0, 60610)
    equal("  told", item.difference(), "it is drwxr-xr-x 0 agent, not 0700 agent agent")
    here.files["/home/agent"] = entry(0o120777, 60610, 60610)
    check("  a link is none", "lrwxrwxrwx" in item.difference())
    folder.Folder.prepare([item])
    check("  tmpfiles makes all", here.did == ["systemd-tmpfiles --create /tree/linux/tmpfiles.d/agent-sandbox-demo.conf"])
    item.remove()
    check("  and it goes", here.did[-1] == "remove /home/agent")
    here.files["/proc/self/mountinfo"] = b"1 2 3:4 / /home/agent/mnt rw - tmpfs x rw\n"
    check("  but not with a mount in it", stays(item))
    item, here, _ = make(folder.Folder, "/srv/a b", (":0770", ":root", ":share"))
    equal("folder: a workspace is told when it is missing", item.difference(), "no folder is there")
    here.files["/srv/a b"] = entry(0o40700, 5, 5)
    equal("  whoever it belongs to", item.difference(), "")
    item.remove()
    equal("  and it stays", here.did, [])


def test_lists():
    item, here, _ = make(access_list.AccessList, "/srv/a b", ["group:share:rwx", "default:group:share:rwx"], programs=["getfacl"],
                         answers={"getfacl": "user::rwx\ngroup:share:rwx\n"})
    equal("access-list: told", item.difference(), "it lacks default:group:share:rwx")
    equal("  bare lists alone go whole", [access_list.bare_path(block) for block in (
        b"# file: /w/a\nuser::rwx\nmask::rwx", b"# file: /w/b\nuser::rwx\nuser:7:r--\nmask::r--", b"# file: /w/c\nuser::rwx",
        b"# file: /w/d\nuser::rwx\ndefault:user::rwx", b"# file: /w/d\\012\nmask::rwx")], [b"/w/a", None, None, b"/w/d", None])
    item, here, _ = make(deny_list.DenyList, "/etc/cron.deny", files={"/etc/cron.deny": b"x\ny"})
    equal("list: told", item.difference(), "agent is not in it")
    os_stat, os.stat = os.stat, lambda path: entry(0o100640)
    item.converge(item.observe())
    os.stat = os_stat
    equal("  written, after a line that cron would ignore", here.files["/etc/cron.deny"], b"x\ny\nagent\n")
    equal("  its mode stays", here.did[-1], "write /etc/cron.deny 640")
    item.remove()
    equal("  and taken out", here.files["/etc/cron.deny"], b"x\ny\n")
    here.files["/etc/cron.deny"] = b"agent\n"
    item.remove()
    check("  the last name takes the list with it", "/etc/cron.deny" not in here.files)


def test_sub_ids():
    item, here, _ = make(sub_ids.SubIds, "/etc/subuid", ["agent"], users={"agent": user("agent", 60610)},
                         files={"/etc/subuid": b"op:1:9\nagent:100000:65536\n60610:7:7\n"})
    equal("sub-ids: ranges of ours are told, by name and by number", item.difference(), "it has agent:100000:65536 60610:7:7")
    os_stat, os.stat = os.stat, lambda path: entry(0o100644)
    item.make()
    os.stat = os_stat
    equal("  and go", here.files["/etc/subuid"], b"op:1:9\n")
    equal("  others' stay", item.difference(), "")


def test_file():
    path = "/etc/systemd/system/agent-sandbox-demo-nft.service"
    source = "/tree/linux/systemd/agent-sandbox-demo-nft.service"
    item, here, change = make(file.File, path, ("0644", source[6:]), files={path: b"a", source: b"b"})
    equal("file: told", item.difference(), "its content differs")
    item.make()
    equal("  written", (here.files[path], here.did), (b"b", [f"write {path} 644"]))
    file.File.settle(change)
    check("  systemd reads it", "systemctl daemon-reload" in here.did)
    here.files[path] = entry(0o120777)
    equal("  a link is no file", item.difference(), "no file is there")
    here.files[path] = b"b"
    item.remove()
    check("  and gone", path not in here.files)
    for name in ("/etc/passwd", "/etc/systemd/system/ssh.service", "/etc/sudoers.d/../passwd-agent-sandbox-demo",
                 "/etc/sudoers.d/agent-sandbox-other"):
        item, here, _ = make(file.File, name, files={name: b"x"})
        item.remove()
        check(f"file: a journal cannot name {name}", name in here.files)


def test_managed():
    place, file_name = "/etc/codex/requirements.toml", "managed/codex/requirements.toml"
    files = {f"/tree/{file_name}": b"new", "/state/generations/c1/" + file_name: b"old", "/state/generations/c2/" + file_name: b"new"}
    lexists, os.path.lexists = os.path.lexists, lambda path: path in files
    listdir, os.listdir = os.listdir, lambda path: ["demo", "other"]
    isdir, os.path.isdir = os.path.isdir, lambda path: True
    item, here, change = make(managed.Managed, place, file_name, files=files)
    said = []
    item.check(Report(said.append, False, "/scratch"))
    equal("managed: a free place is taken", (said, item.difference(), item.plan()), ([], "no file is there", f"create {place}"))
    table.note(change, [item])
    item.make()
    equal("  by what is rendered", (files[place], here.did, item.difference()), (b"new", [f"write {place} 644"], ""))
    files[place] = b"new and more"
    item.check(Report(said.append, False, "/scratch"))
    equal("  changed, it is told and mended", (said, item.difference(), item.plan(), item.make(), files[place]),
          ([], "its content differs", f"change {place}", True, b"new"))
    files[place] = entry(0o100666)
    here.read = lambda path, plain=here.read: b"new" if path == place else plain(path)
    check("  nobody else may write it", "0644" in item.difference())
    del here.read
    for text, stays_there in ((b"new", False), (b"old", False), (b"theirs", True)):
        files[place] = text
        with contextlib.redirect_stderr(io.StringIO()) as warned:
            item.remove()
        equal(f"  {text.decode()}: it {'stays, and that is told' if stays_there else 'goes'}",
              (place in files, "stays: what is in it" in warned.getvalue()), (stays_there, stays_there))
    for objects, whose in ((b"", "this sandbox has not put it there"), (f"managed\t{place}\n".encode(), "the sandbox other has put it there")):
        item, here, change = make(managed.Managed, place, file_name, files=files)
        files[place], files["/states/other/objects"] = b"theirs", objects
        item.check(Report(said.append, False, "/scratch"))
        equal(f"managed: somebody else's file is refused, as {whose}", said.pop(), f"{place} is there, and {whose}: move what is in "
              "it elsewhere, or take codex out of the spec's managed")
        item.remove()
        equal("  and never removed", files[place], b"theirs")
    files["/etc/passwd"] = b"x"
    item, here, change = make(managed.Managed, "/etc/passwd", None, files=files)
    change.state.journal = [("managed", "/etc/passwd")]
    item.remove()
    check("managed: a journal cannot name /etc/passwd", "/etc/passwd" in files)
    os.path.lexists, os.listdir, os.path.isdir = lexists, listdir, isdir
    with open(f"{MODULES}/../tests/good/everything/tree/sandbox.json", encoding="utf-8") as tree:
        rendered = {(one[system], one["agent"], one["file"]) for one in json.load(tree)["managed"] for system in ("linux", "darwin")}
    known = {(path, *about) for places in sandbox.PLACES.values() for path, about in places.items()}
    equal("managed: what is rendered is for the places that are known here", rendered, known)
    for broken in ({"agent": "codex", "file": file_name, "linux": "/etc/passwd"}, {"agent": "codex", "file": "../x", "linux": place},
                   {"agent": "copilot", "file": file_name, "linux": place}, {"agent": "codex", "file": file_name}, "codex"):
        try:
            sandbox.Sandbox.managed_places(types.SimpleNamespace(system="linux"), sandbox.Reader("x", {"managed": [broken]}))
            check(f"managed: {broken} is refused", False)
        except Refused:
            check(f"managed: {broken} is refused", True)


def test_used_projects():
    place, home, folder = "/state/projects/0f", "/state/projects/0f/home", 0o040700
    noted = types.SimpleNamespace(st_mtime=86400 * 365, **vars(entry(0o100600)))
    files = {place: entry(folder), home: entry(0o040755, 60610, 60610), f"{place}/about": noted}
    item, here, _ = make(project.Project, "/home/op/src/p\x1b", (place, home), files=files)
    equal("project: as it was made", (item.difference(), item.tell(item.observe())),
          ("", ["project     /home/op/src/p?: used 1971-01-01T00:00:00Z, with a home of its own"]))
    files[place], files[home] = entry(0o040755, 1000), entry(folder)
    equal("project: others' folders", item.difference(), f"{place}: it is drwxr-xr-x 1000 0, not 0700 0 0; "
          f"{home}: it is drwx------ 0 0, not 0700 60610 60610")
    item.make()
    equal("project: given back", here.did, [f"chown --no-dereference 0:0 {place}", f"chown --no-dereference 60610:60610 {home}",
                                            f"chmod 0700 {place}"])
    files[home], here.did[:] = entry(0o120777), []
    item.make()
    equal("project: a link is left alone", here.did, [f"chown --no-dereference 0:0 {place}", f"chmod 0700 {place}"])
    del files[home], files[f"{place}/about"]
    files[place] = entry(folder)
    equal("project: without a home", (item.difference(), item.tell(item.observe())), ("", []))


def test_hidden():
    with tempfile.TemporaryDirectory() as states:
        here = session.Session.__new__(session.Session)
        here.host, here.sandbox = Recorded(), types.SimpleNamespace(states=states)
        kept, session.PLACES = session.PLACES, {"linux": {f"{states}/codex/requirements.toml": ("codex", "managed/codex/r.toml")}}
        try:
            os.makedirs(f"{states}/other/current/managed/codex")
            os.makedirs(f"{states}/codex")
            equal("session: what others have put in an agent's folder it sees", here.hidden(), [])
            pathlib.Path(f"{states}/other/current/managed/codex/r.toml").write_text("")
            equal("  what a sandbox has it does not", here.hidden(), [f"TemporaryFileSystem={states}/codex:ro"])
            os.rmdir(f"{states}/codex")
            equal("  and no folder is made for that", here.hidden(), [])
        finally:
            session.PLACES = kept


def test_generation():
    item, _, change = make(generation.Generation, "c2")
    equal("generation: another one is told", item.difference(), "c1 is applied")
    item.make()
    equal("  made current", change.state.now, "c2")
    item, _, _ = make(generation.Marker, "closed", state=NoState(has=["closed"]))
    check("apply: one that did not hold is told", "no session starts" in item.difference())
    item, _, _ = make(generation.Marker, "closed")
    equal("  and else it is not", item.difference(), "")
    item, here, _ = make(generation.StateFolder, "/state")
    item.remove()
    equal("state: the link goes first", here.did[:2], ["unlink /state/current", "remove /state"])


def test_namespace():
    exists, os.path.exists = os.path.exists, lambda path: path.startswith("/run/netns/")
    links = "1: lo: <LOOPBACK,UP> mtu\n2: as1a@if3: <BROADCAST,UP> mtu\n3: tun0: <UP> mtu\n4: down0: <BROADCAST> mtu\n"
    item, here, change = make(namespace.Namespace, "agent-sandbox-demo", answers={"ip -n agent-sandbox-demo -o link show": links})
    equal("namespace: a way out is told", item.difference(), "it has tun0")
    here.answers = {"ip": "1: lo: <LOOPBACK,UP> mtu\n"}
    equal("  and a route that is not there", item.difference(), "it lacks as1a")
    item.converge(None)
    item.converge(None)
    equal("  it is made anew, once", here.did.count("systemctl restart agent-sandbox-demo-netns.service"), 1)
    item.remove()
    check("  and goes, with its route", here.did[-3:] == ["ip netns delete agent-sandbox-demo", "ip link delete as1h",
                                                          "/tree/bin/cidr-route close"])
    os.path.exists = exists
    item, here, _ = make(namespace.Namespace, "agent-sandbox-demo")
    equal("namespace: missing", (item.difference(), item.guard()), ("it is missing",) * 2)
    item, here, _ = make(namespace.Setting, "net.ipv4.ip_forward", "1", files={"/proc/sys/net/ipv4/ip_forward": b"0\n"})
    equal("setting: told", item.difference(), "it is 0, not 1")


def block(unit_name, **values):
    known = {"Id": unit_name, "LoadState": "loaded", "FragmentPath": f"/etc/systemd/system/{unit_name}", "DropInPaths": "",
             "NeedDaemonReload": "no", "UnitFileState": "enabled", "ActiveState": "active", "StatusText": "", **values}
    return "".join(f"{key}={value}\n" for key, value in known.items())


def test_unit():
    name = "agent-sandbox-demo-local-1.socket"
    files = {f"/etc/systemd/system/{name}": b"[Socket]\n[Install]\n"}
    item, here, change = make(unit.Unit, name, True, files=files, answers={"systemctl show": block(name)})
    equal("unit: as committed", item.difference(), "")
    check("  and left alone", not item.make())
    for key, value, text in (("LoadState", "masked", "it is masked"), ("FragmentPath", "/x", "it is loaded from /x"),
                             ("DropInPaths", "/run/x.conf", "changed by /run/x.conf"), ("NeedDaemonReload", "yes", "an older one"),
                             ("ActiveState", "failed", "it is failed"), ("UnitFileState", "disabled", "not enabled")):
        change.cache.clear()
        here.answers = {"systemctl show": block(name, **{key: value})}
        check(f"  told: {key}", text in item.difference())
    equal("  a drop-in of the distribution is none", unit.foreign(change, ["/usr/lib/systemd/system/service.d/x.conf"]), [])
    theirs = ["/nix/store/x-unit/overrides.conf", "/run/systemd/system.control/x.conf"]
    equal("  nor is one of the store's", unit.foreign(change, theirs), theirs)
    nix, here_too, nix_change = make(unit.Unit, name, True, nix="NixOS", files=files, answers={"systemctl show": block(name)})
    equal("  where Nix applies, it alone is", unit.foreign(nix_change, theirs), theirs[1:])
    check("  and a unit of another's is told", "it is loaded from /etc" in nix.difference())
    nix_change.cache.clear()
    here_too.answers = {"systemctl show": block(name, FragmentPath="/nix/store/x-unit/x", UnitFileState="linked")}
    equal("  one of the store's is as committed", nix.difference(), "")
    change.cache.clear()
    here.answers = {"systemctl show": block(name)}
    change.wrote.add(f"/etc/systemd/system/{name}")
    here.did.clear()
    item.make()
    check("unit: one that changed starts anew, its service first", here.did.index(
        "systemctl stop agent-sandbox-demo-local-1.service") < here.did.index(f"systemctl restart {name}"))
    change.cache.clear()
    here.answers = {"systemctl show": block(name, DropInPaths="/run/x.conf"), "systemctl is-active": None}
    unit.Unit.prepare([item])
    check("  what others laid over it goes", "unlink /run/x.conf" in here.did and "systemctl daemon-reload" in here.did)
    here.answers = {"systemctl is-active": None, "systemctl start": None}
    here.did.clear()
    check("unit: a forward whose port a session took ends the sessions", not item.start()
          and "systemctl stop agent-sandbox-demo.session-*.service" in here.did)
    item.remove()
    check("  and it goes", here.did[-1].startswith("systemctl"))
    here.answers = {"systemctl is-active": None}
    here.did.clear()
    item.start()
    equal("unit: a stopped socket's service that runs on is stopped first", here.did[1:],
          ["systemctl stop agent-sandbox-demo-local-1.service", f"systemctl start {name}"])
    here.run, plain = lambda *words, **options: types.SimpleNamespace(
        returncode=3, stdout=b"activating\n", stderr=b"") if words[1] == "is-active" else plain(*words, **options), here.run
    here.did.clear()
    item.start()
    check("unit: one that is about to start again by itself starts anew", f"systemctl restart {name}" in here.did)
    lexists, os.path.lexists = os.path.lexists, lambda path: path.startswith("/etc/systemd/system/agent-sandbox-demo-nft")
    for answers, wanted in (({}, ["systemctl --quiet disable --now agent-sandbox-demo-nft.service"]),
                            ({"systemctl --quiet disable": None}, ["systemctl --quiet disable --now agent-sandbox-demo-nft.service"] * 2)):
        nft, here, change = make(unit.Unit, "agent-sandbox-demo-nft.service", True, answers=answers)
        unit.Unit.dismiss([nft])
        unit.Unit.dismiss([nft])
        change.cache.setdefault("dismissed", [])
        nft.remove()
        equal("unit: all go at once, and else each by itself", list(dict.fromkeys(here.did)), wanted[:1])
        check("  once where that was enough", (len(here.did) == 1) == (len(wanted) == 1))
    os.path.lexists = lexists
    nft, here, change = make(unit.Unit, "agent-sandbox-demo-nft.service", True, again=True)
    nft.restart()
    equal("unit: the firewall's is never started anew", here.did, [])


def test_policy():
    import hashlib

    wanted = hashlib.sha256(b"{}").hexdigest()
    name = "agent-sandbox-demo-egress.service"
    item, here, change = make(policy.Policy, name, files={"/tree/proxy/policy.json": b"{}"}, answers={
        "systemctl show --property=StatusText": f"policy {wanted}\n", "systemctl show": block(name, StatusText="policy old")})
    equal("policy: another one is told", item.difference(), "the proxy says: policy old")
    item.make()
    check("  the running proxy reads it", any("--signal=HUP" in line for line in here.did))
    here.answers = {"systemctl show": f"policy old; refused {wanted}\n"}
    try:
        item.converge("policy old")
        check("policy: one that the proxy does not take is a failure", False)
    except Failed as why:
        check("policy: one that the proxy does not take is a failure", "refused" in str(why))


def test_sessions():
    item, here, _ = make(sessions.Sessions, "drop-ins", answers={"systemctl list-units": "agent-sandbox-demo.session-7.service x\n"})
    check("session: running, and its run was killed", item.is_running() and "FAULT" in item.tell([])[1])
    here.files["/proc/7/cmdline"] = b"python3\0run\0"
    equal("  or goes on", len(item.tell([])), 1)
    equal("session: drop-ins are told", item.differs(["/x"]), "changed by /x")
    item.converge(["/etc/systemd/system/agent-sandbox-demo.session-.service.d", "/etc/systemd/system/agent-.service.d"])
    equal("  only ours are taken", [line for line in here.did if line.startswith("remove")],
          ["remove /etc/systemd/system/agent-sandbox-demo.session-.service.d"])
    item.remove()
    check("  and all end", "systemctl stop agent_sandbox_demo.slice" in here.did)


def gives(*words):
    """What a command gives, or why it gives nothing."""
    me = pwd.getpwuid(os.getuid())
    try:
        return command.printed(list(words), me)
    except Failed as why:
        return str(why)


def test_login_key():
    path, line = "/state/login-key.cred", b"LoadCredentialEncrypted=login-key:/state/login-key.cred\n"
    item, here, _ = make(login.Key, path, programs=["systemd-creds"], answers={"systemd-creds": None})
    equal("login-key: missing", (item.difference(), item.plan()), ("it is missing", f"create {path}"))
    equal("  systemd is to decrypt it", login.as_kept(here, line), line)
    item.converge(item.observe())
    kept = here.files[path]
    check("  where nothing encrypts it, it is root's alone as it is", login.PLAIN.fullmatch(kept) and f"write {path} 400" in here.did)
    check("  after trying", [one for one in here.did if "--with-key=auto" in one] and [one for one in here.did if "--with-key=host" in one])
    check("  and no key is ever in an argument", not any(kept.decode() in one for one in here.did))
    equal("  systemd takes that as it is", login.as_kept(here, b"x=1\n" + line), b"x=1\nLoadCredential=login-key:/state/login-key.cred\n")
    item, here, _ = make(login.Key, path)
    equal("  as it will where there is no systemd-creds", login.as_kept(here, line), line.replace(b"Encrypted", b""))
    item, here, _ = make(login.Key, path, programs=["systemd-creds"], files={path: b"blob"})
    here.about = lambda _: entry(0o100400)
    equal("login-key: as committed", item.difference(), "")
    equal("  decrypted to nobody", here.did, [f"systemd-creds decrypt --name=login-key {path} -"])
    here.about = lambda _: entry(0o100644)
    check("  told when others may read it", "not 0400" in item.difference())
    here.about, here.answers = lambda _: entry(0o100400), {"systemd-creds": None}
    equal("  told when another host's", item.difference(), "this host cannot decrypt it any more, so who was logged in has to log in again")
    item.converge(item.observe())
    check("  and made anew", login.PLAIN.fullmatch(here.files[path]))
    item.remove()
    equal("  gone with the store", here.did[-2:], [f"unlink {path}", "remove /state/proxy/logins"])
    here.remove_tree = lambda _: False
    check("  and told when that stays", stays(item))
    box = types.SimpleNamespace(**{**vars(BOX), "logins": [{"name": "claude"}], "credentials": [("k", "systemd", "k")]})
    equal("  on macOS it is handed over as a credential's secret is", list(table_darwin.copies(box, None)),
          [(BOX.secrets, ["login-key=file:/state/login-key.cred"])])
    proxy = types.SimpleNamespace(logins=[])
    equal("  nothing is said where the spec has none", list(logins.status_lines(types.SimpleNamespace(sandbox=proxy))), [])


def test_given():
    equal("given: what is printed, without its line end", gives("/bin/echo", "a-secret of none".replace(" ", "-")), b"a-secret-of-none\n")
    equal("  one line end is none of it", gives("/usr/bin/printf", "%s\\r\\n", "12345678"), b"12345678\n")
    for words, why in ((("/bin/echo", "short"), "printed no line of 8 or more visible ASCII characters"),
                       (("/usr/bin/printf", "a-secret\\n\\n"), "printed no line of 8 or more visible ASCII characters"),
                       (("/bin/echo", "two words here"), "printed no line of 8 or more visible ASCII characters"),
                       (("/bin/false",), "ended with status 1"),
                       (("/bin/sh", "-c", "kill -9 $$"), "was ended by signal 9"),
                       (("/bin/sh", "-c", "echo a-good-secret; exit 3"), "ended with status 3"),
                       (("/usr/bin/head", "-c", "20000", "/dev/zero"), "printed more than 16384 bytes"),
                       (("/usr/bin/head", "-c", "9", "/dev/zero"), "printed no line of 8 or more visible ASCII characters"),
                       (("/bin/no-such-program",), "cannot be started (No such file or directory)"), (("/bin/echo", ""), "printed no line of 8 or more visible ASCII characters")):
        equal(f"  {words[0]} {len(words)}: {why}", gives(*words), why)
    kept, command.SECONDS = command.SECONDS, 0.3
    try:
        equal("  nobody waits for ever", gives("/bin/sleep", "9"), "took longer than 0.3 seconds")
        equal("  nor for what it leaves behind", gives("/bin/sh", "-c", "sleep 9 & echo a-good-secret"), "took longer than 0.3 seconds")
    finally:
        command.SECONDS = kept
    path, where = "/state/given/k-0123456789abcdef", os.environ.pop("SUDO_UID", None)
    item, here, _ = make(command.Given, path, ("k", ["/bin/echo", "a-good-secret"]))
    here.root, said = True, []
    equal("given: nothing yet", item.difference(), "its command has given nothing yet: run 'agent-sandbox secrets' as root")
    for number, name in (("", "root"), ("x", "root"), (str(item.sandbox.agent_uid), "root"), (str(item.sandbox.proxy_uid), "root"),
                         ("1", pwd.getpwuid(1).pw_name)):
        os.environ["SUDO_UID"] = number
        equal(f"  run as who called sudo ({number})", command.who_asks(item.sandbox).pw_name, name)
    os.environ.pop("SUDO_UID")
    kept, command.printed = command.printed, lambda words, caller: f"{words[1]}-of-{caller.pw_name}\n".encode()
    try:
        item.check(Report(said.append, True, "/x"))
        equal("  a dry run runs nothing", (said, here.files.get(path)), ([], None))
        item.check(Report(said.append, False, "/x"))
        equal("  apply has it run", (said, here.files.get(path), f"write {path} 400" in here.did), ([], b"a-good-secret-of-root\n", True))

        def fails(words, caller):
            raise Failed("ended with status 1")
        command.printed = fails
        with contextlib.redirect_stderr(io.StringIO()) as told:
            item.check(Report(said.append, False, "/x"))
        check("  one that fails leaves what there was, and is told", not said and "run as root, ended with status 1: /bin/echo; the "
              "secret that it gave before stays" in told.getvalue() and path in here.files)
        del here.files[path]
        with contextlib.redirect_stderr(io.StringIO()):
            item.check(Report(said.append, False, "/x"))
        check("  without one apply refuses", len(said) == 1 and "credential k, run as root, ended with status 1" in said[0])
    finally:
        command.printed = kept
        if where is not None:
            os.environ["SUDO_UID"] = where
    with tempfile.TemporaryDirectory() as folder:
        loose = pathlib.Path(folder, "program")
        loose.write_text("#!/bin/sh\n")
        loose.chmod(0o777)
        for words, why in (([str(loose)], "whoever may change "), (["/bin"], "is no program: /bin")):
            item, here, _ = make(command.Given, path, ("k", words))
            said = []
            item.check(Report(said.append, False, "/x"))
            check(f"  {why}", len(said) == 1 and why in said[0])
    item.remove()
    check("given: and gone", any(path in line for line in here.did))


def test_others():
    item, here, _ = make(process.Process, "nobody-of-this-name")
    equal("process: of nobody there are none", (item.observe(), item.remove()), ([], None))
    item, here, _ = make(journal.Journal, "agent-sandbox-demo", files={"/etc/machine-id": b"m\n"})
    item.remove()
    check("journal: its folders go", "remove /var/log/journal/m.agent-sandbox-demo" in here.did)
    item, here, _ = make(secret.Secret, "/s/k", "file")
    said = []
    item.check(Report(said.append, False, "/x"))
    check("secret: missing", item.difference() == "it is missing or empty" and len(said) == 1)
    item, here, _ = make(secret.Secret, "/etc/agent-sandbox/demo/secrets/k", "file",
                         files={"/etc/agent-sandbox/demo/secrets/k": entry(0o100444)})
    check("secret: others may read it", "not 0400" in item.difference())
    item, here, _ = make(secret.Secret, "/s/k", "file", files={"/s/k": b"short\n"})
    said.clear()
    item.check(Report(said.append, False, "/x"))
    check("secret: one that the proxy would refuse is told before", len(said) == 1 and "8 or more" in said[0])
    path, kept = "/etc/agent-sandbox/demo/secrets/k", (secret.ask, sys.stdin, sys.stderr)
    for at_terminal, dry_run, typed, wanted in ((True, False, ["short", "a\tb c d e f", "sk-example-1"], b"sk-example-1\n"),
                                             (True, False, [""], None), (False, False, [], None), (True, True, [], None)):
        item, here, _ = make(secret.Secret, path, "file")
        said, answers = [], iter(typed)
        secret.ask, sys.stdin = lambda _, answers=answers: next(answers), types.SimpleNamespace(isatty=lambda to=at_terminal: to)
        sys.stderr = types.SimpleNamespace(isatty=lambda to=at_terminal: to, write=lambda _: 0, flush=lambda: None)
        try:
            item.check(Report(said.append, dry_run, "/x"))
        finally:
            secret.ask, sys.stdin, sys.stderr = kept
        equal(f"secret: what is typed at a terminal ({at_terminal}, {dry_run}, {len(typed)} lines)", (here.files.get(path),
              bool(said), f"write {path} 400" in here.did), (wanted, not wanted, bool(wanted)))
    test_given()
    item, here, _ = make(port.Port, 3128, "proxy")
    item.change.cache["others"] = [types.SimpleNamespace(name="two", proxy_port=3128, publish=[])]
    said = []
    item.check(Report(said.append, False, "/x"))
    check("port: another sandbox's is refused", "sandbox two" in said[0])
    item, here, _ = make(needs.Needs, "linux")
    report = Report(said.append, True, "/x")
    item.check(report)
    check("needs: what is missing is a remark of a dry run", report.problems == 0 and any("sudo  " in one for one in said))
    item, here, _ = make(dotfiles.Dotfiles, "agent", before="/nonexistent")
    check("dotfiles: the same are left alone", not item.make())
    item, here, _ = make(tools.Disk, 7)
    check("disk: a limit that nothing enforces is told", "7 bytes" in item.tell(None)[0])


def test_tools():
    with tempfile.TemporaryDirectory() as work:
        os.makedirs(f"{work}/bin/a-folder")
        for name in ("Cellar/a-formula", "Caskroom/a-cask"):
            os.makedirs(f"{work}/brew/{name}")
        for name, mode in (("rg", 0o755), ("claude", 0o755), ("not-executable", 0o644)):
            pathlib.Path(f"{work}/bin/{name}").write_text("#!/bin/sh\n")
            os.chmod(f"{work}/bin/{name}", mode)
        tools.HOMEBREW, wanted = [f"{work}/brew"], ["ripgrep", "claude-code", "some/tap/a-formula", "a-cask", "pythonPackages.claude"]
        item, here, _ = make(tools.Tools, "look around", wanted)
        item.folders = lambda: [f"{work}/empty", f"{work}/bin"]
        equal("tools: what is here", item.tell(None), [f"tools       {' '.join(wanted)}"])
        item.desired = ["ripgrep", "no-such-tool", "not-executable", "a-folder", "gemini-cli"]
        equal("  and what is missing", item.tell(None), [f"missing     {name}: look around" for name in item.desired[1:]]
              + ["tools       ripgrep"])


def dscl(**record):
    """What dscl answers of the user agent."""
    return {"dscl -plist . -read /Users/agent": plistlib.dumps({f"dsAttrTypeStandard:{key}": [value] for key, value in record.items()})}


def test_darwin():
    record = {"Password": "*", "UniqueID": "60610"}
    item, here, _ = make(darwin_account.User, "agent", record, answers=dscl(Password="*", UniqueID="7"))
    equal("macOS: a record is told", item.difference(), "UniqueID is 7, not 60610")
    item.converge(item.observe())
    check("  set, and its staff membership gone", "dscl . -create /Users/agent UniqueID 60610" in here.did
          and any("-d agent -t user staff" in line for line in here.did))
    item.remove()
    check("  and gone", here.did[-1] == "dscl . -delete /Users/agent")
    item, here, _ = make(darwin_account.Member, "op", "share", answers={"dseditgroup -o checkmember": None})
    check("macOS: a member is told and made", item.difference() and item.converge(None) is None
          and here.did[-1] == "dseditgroup -o edit -a op -t user share")
    item, here, _ = make(darwin.Anchor, "com.apple/x", answers={"/tree/bin/pf-guard check": None})
    check("macOS: rules that pf has not", item.difference())
    here.files["/state/pf-token"] = b"BOOT-1 4711\n"
    item.name = "com.apple/000.agent-sandbox.demo"
    darwin.Anchor.dismiss([item])
    del here.files["/state/pf-token"]
    darwin.Anchor.dismiss([item])  # of the next remove, after one that was cut here
    item.remove()
    check("  and nothing of pf's token stays", not here.files)
    equal("  and they go, with pf's token, after the state", [line for line in here.did if line.startswith("pfctl")],
          ["pfctl -q -a com.apple/000.agent-sandbox.demo -F all", "pfctl -q -a com.apple/001.agent-sandbox.demo -F all",
           "pfctl -q -X 4711"])
    item, here, _ = make(darwin.Job, "org.agent-sandbox.demo.pf", False, answers={"launchctl print": None})
    equal("macOS: a job is told", item.difference(), "it is not loaded")
    item.converge(False)
    equal("  and started", here.did[-1], "launchctl bootstrap system /Library/LaunchDaemons/org.agent-sandbox.demo.pf.plist")
    here.answers = {"launchctl list": "PID\tStatus\tLabel\n-\t0\torg.agent-sandbox.demo.pf\n", "launchctl print": None}
    equal("  one question is for all jobs before a session", (item.guard(), item.guard(), here.did.count("launchctl list")), ("", "", 1))
    item.name = "org.agent-sandbox.demo"
    equal("  what it does not name is asked for", item.guard(), "it is not loaded")
    kept, darwin.TRIES = darwin.TRIES, 2
    here.answers = {"launchctl bootstrap": None, "launchctl print": None}
    equal("  one that launchd does not take is told", raised(item.converge, False), "org.agent-sandbox.demo does not start: see "
          "launchctl print system/org.agent-sandbox.demo")
    darwin.TRIES = kept
    kept, darwin.time = darwin.time, types.SimpleNamespace(sleep=lambda _: None)
    here.answers = {"launchctl bootout": None}
    equal("  nor is one that does not go taken for gone", raised(item.remove), "org.agent-sandbox.demo does not end")
    darwin.time = kept
    item, here, _ = make(darwin.AccessList, "/srv/a b", answers={"ls -lde": "0: group:other allow list\n"})
    equal("macOS: an access list is told", item.difference(), "it lacks share")
    item.converge(item.observe())
    equal("  and set on folders, what is made in them, and files", len([1 for line in here.did if line.startswith("find -P /srv/a b")]), 3)


def test_darwin_processes():
    kept, darwin.time.sleep = darwin.time.sleep, lambda seconds: None
    item, here, _ = make(darwin.Processes, "agent", answers={"pgrep -U 60610": None})
    item.stop()
    equal("macOS: processes end", here.did, ["launchctl bootout user/60610", "pkill -9 -U 60610", "pgrep -U 60610"])
    item, here, _ = make(darwin.Processes, "agent")
    check("  and those that do not are told", stays(item) and here.did.count("pkill -9 -U 60610") == 100)
    darwin.time.sleep = kept


def test_wall():
    """What of the wall's attempts a spec opens itself, and where else to try."""
    box = types.SimpleNamespace(**{**vars(BOX), "local_ports": [631], "publish": [22], "cidrs": [
        {"cidr": "10.0.0.0/24", "protocol": "tcp", "ports": [443]}, {"cidr": "1.1.1.0/24", "protocol": "udp", "ports": [53, 443]}]})
    for said, kind, address, number in (
            (True, "tcp", "10.0.0.1", 443), (False, "udp", "10.0.0.1", 443), (False, "tcp", "10.0.1.1", 443), (False, "tcp", "10.0.0.1", 80),
            (True, "udp", "1.1.1.1", 53), (True, "udp", "::ffff:1.1.1.1", 443), (False, "tcp", "fd00::1", 443),
            (True, "tcp", "127.0.0.1", 631), (True, "tcp", "::1", 22), (False, "tcp", "127.0.0.2", 22), (False, "udp", "127.0.0.1", 631)):
        equal(f"wall: {kind} {address} {number}", wall.opens(box, kind, address, number), said)
    with tempfile.TemporaryDirectory() as box.tree:
        os.mkdir(f"{box.tree}/proxy")
        with open(f"{box.tree}/proxy/policy.json", "w", encoding="ascii") as file_:
            json.dump({"rules": [{"ports": [9, 443]}], "upstream": {"port": 7}}, file_)
        found = wall.facts(box, f"{MODULES}/probes")
    equal("wall: a port that nobody goes to", found["OTHER_PORT"], "13")
    check("wall: what is opened is told of what is tried", {"tcp/10.0.0.1/443", "udp/1.1.1.1/53", "tcp/127.0.0.1/631", "tcp/::1/22"}
          <= set(found["NAMED"].split()))
    check("wall: and nothing else", not {"tcp/1.1.1.1/443", "tcp/127.0.0.2/22", "tcp/192.168.1.1/80"} & set(found["NAMED"].split()))
    box.local_ports, box.publish, box.cidrs = [], [], []
    check("wall: of a spec that opens nothing, nothing", not any(wall.opens(box, kind, address, int(number)) for kind, address, number in
          wall.ATTEMPT.findall(open(f"{MODULES}/probes/wall.sh", encoding="utf-8").read())))
    check("wall: its rows are found", len(wall.ATTEMPT.findall(open(f"{MODULES}/probes/wall.sh", encoding="utf-8").read())) > 30)


def test_darwin_account():
    box = types.SimpleNamespace(**{**vars(BOX), "operators": ["op"]})
    for name, record in [*table_darwin.darwin_users(box, None), *table_darwin.darwin_groups(box, None)]:
        keys = list(record)
        number = "UniqueID" if "UniqueID" in record else "PrimaryGroupID"
        check(f"macOS: {name}: no password first, and the number last", keys[0] == "Password" and record["Password"] == "*"
              and keys[-1] == number and "AuthenticationAuthority" not in keys)
    record = {"Password": "*", "NFSHomeDirectory": "/Users/agent", "UniqueID": "60610"}
    item, here, _ = make(darwin_account.User, "agent", record,
                         answers={"dscl . -create /Users/agent NFSHomeDirectory": None})
    check("macOS: a key that dscl is refused ends apply", "Full Disk Access" in raised(item.converge, item.observe()))
    equal("  after the password, and before the number", [line for line in here.did if "-create" in line][1:],
          ["dscl . -create /Users/agent Password *", "dscl . -create /Users/agent NFSHomeDirectory /Users/agent"])
    item, here, _ = make(darwin_account.User, "agent", {**record, "RealName": "agent of b"}, answers=dscl(**record, RealName="agent of c"))
    equal("macOS: a value with blanks is told whole", item.difference(), "RealName is agent of c, not agent of b")
    for text in ("", "No such record", "<plist/>"):
        item.host.answers = {"dscl -plist": text}
        check(f"macOS: {text or 'nothing'} is no record", "Password is missing" in item.difference())
    refused = {"dscl . -change /Users/nobody NFSHomeDirectory": None}
    for what, answers, wanted in (("a user is to be made", refused, 1), ("all is as it should be", {**dscl(**record), **refused}, 0),
                                  ("may administer", {}, 0)):
        item, here, _ = make(darwin_account.User, "agent", record, answers=answers)
        said = []
        darwin_account.User.check_all([item], Report(said.append, False, "/x"))
        equal(f"macOS: without leave, {what}", sum("Full Disk Access" in text for text in said), wanted)
    item.host.answers = refused
    item.check_removal([item])
    item.host.answers = {**dscl(**record), **refused}
    check("macOS: without leave no user is removed", "Full Disk Access" in raised(item.check_removal, [item]))


def test_programs():
    here = Recorded(programs=["apt-get", *(name for name in programs.LINUX if name not in ("ip", "ss", "mitmdump"))],
                    answers={"apt-cache policy mitmproxy": "mitmproxy:\n  Installed: (none)\n  Candidate: 8.1.1-2\napt:\n"
                             "  Installed: 2\n  Candidate: 2\n"})
    kept, places.ELSEWHERE = places.ELSEWHERE, ()
    systemd, places.SYSTEMD = places.SYSTEMD, ()
    equal("programs: all that is missing, with what for", programs.missing(here),
          {"ip": "the sessions' network", "ss": "a look at what listens", "mitmdump": "the proxy"})
    equal("  and one command for it", programs.how_to_install(here, programs.missing(here)),
          ["install them:", "  sudo apt install iproute2 mitmproxy"])
    for without in ("mitmproxy:\n  Installed: (none)\n  Candidate: (none)\n", ""):
        here.answers = {"apt-cache policy mitmproxy": without + "apt:\n  Installed: 2\n  Candidate: 2\n"}
        said = programs.how_to_install(here, {"mitmdump": "", "curl": ""})
        check("  a release without the proxy's package: where it is found", said[1].endswith("apt install curl")
              and "/opt/mitmproxy" in said[2])
    here.answers["apt-get indextargets"] = ("old-security mirror://other/\nold mirror://some/debian/\n"
                                            "old mirror://second/\n")
    here.files["/etc/os-release"] = b'ID=debian\nVERSION_CODENAME=old\n'
    equal("  on Debian: testing's, from its own mirror", programs.how_to_install(here, {"mitmdump": "", "curl": ""})[1:],
          ["  echo 'deb mirror://some/debian/ testing main' | sudo tee /etc/apt/sources.list.d/testing.list",
           r"  printf 'Package: *\nPin: release a=testing\nPin-Priority: 100\n' | sudo tee /etc/apt/preferences.d/testing",
           "  sudo apt update", "  sudo apt install curl mitmproxy"])
    here.files["/etc/os-release"] = b'ID=ubuntu\nVERSION_CODENAME=old\n'
    check("  and nowhere else", "/opt/mitmproxy" in programs.how_to_install(here, {"mitmdump": ""})[0])
    here.answers = {"apt-cache policy mitmproxy": ""}
    equal("  lists that are not there tell nothing", programs.how_to_install(here, {"mitmdump": ""}),
          ["install them:", "  sudo apt install mitmproxy"])
    for manager, package in (("dnf", "dnf install iproute"), ("pacman", "pacman -S iproute2"), ("zypper", "zypper install iproute2")):
        equal(f"  {manager}", programs.how_to_install(Recorded(programs=[manager]), {"ip": ""}),
              ["install them:", f"  sudo {package}"])
    nix = Recorded(programs=["nix"])
    equal("  Nix alone", programs.how_to_install(nix, {"ip": "", "ss": "", "mitmdump": "", "sudo": "", "getent": "", "npm": ""}), [
        "install them:", f"  sudo {nix.have('nix')} {programs.NIX} nixpkgs#iproute2 nixpkgs#mitmproxy nixpkgs#nodejs",
        "not from Nix, but this host's own: getent sudo"])
    equal("  and what it lacks", programs.how_to_install(nix, {"sudo": ""}), ["not from Nix, but this host's own: sudo"])
    equal("  with neither", programs.how_to_install(Recorded(programs=[]), {"ip": ""}), [])
    equal("  iptables stands for nftables", "nft" in programs.missing(Recorded(programs=["iptables-restore"])), False)
    places.SYSTEMD = systemd
    unit_text = b"[Service]\nExecStart=no-such-program --set a\nExecStart=sh -c x\nExecStartPost=no-such-program\n"
    with tempfile.TemporaryDirectory() as folder:
        places.ELSEWHERE = (folder,)
        equal("  a unit is left alone where systemd finds it", engine.with_paths(unit_text), unit_text)
        for name in ("no-such-program", "sh"):
            pathlib.Path(folder, name).write_text("#!/bin/sh\n", encoding="ascii")
            os.chmod(f"{folder}/{name}", 0o755)
        equal("  or starts it by its path", engine.with_paths(unit_text).decode(), unit_text.decode().replace(
            "ExecStart=no-such", f"ExecStart={os.path.realpath(folder)}/no-such"))
        os.chmod(folder, 0o777)
        check("  which somebody else could replace", places.others_may_replace(f"{os.path.realpath(folder)}/sh"))
    equal("  and nobody could", places.others_may_replace(os.path.realpath("/usr/bin/env")), "")
    places.ELSEWHERE = kept


def test_engine():
    with open(f"{MODULES}/../gen/doc/agent-sandbox.schema.json", encoding="utf-8") as schema:
        words = re.search(r'"engine": \{.*?"enum": \[(.*?)\]', schema.read(), re.S)[1]
    equal("engine: the words of the schema", {"auto", *engine.PROGRAMS}, set(re.findall('"(.*?)"', words)))
    kept, places.SYSTEMD, places.ELSEWHERE = (places.SYSTEMD, places.ELSEWHERE), (), ()
    both = list(engine.PROGRAMS.values())
    for there, chosen in ((both, ("native", "native", "mitmproxy")), (both[:1], ("native", "native", None)),
                          (both[1:], ("mitmproxy", None, "mitmproxy")), ([], (None, None, None))):
        here = Recorded(programs=there)
        equal(f"engine: auto, native and mitmproxy where there is {' and '.join(there) or 'neither'}",
              tuple(engine.choose(here, wanted) for wanted in ("auto", "native", "mitmproxy")), chosen)
        here.programs = [*there, *(name for name in programs.LINUX if name not in both), *programs.FIRST]
        lacks = {one: list(programs.missing(here, one)) for one in ("auto", "native", "mitmproxy")}
        equal("  what is missing then", lacks, {
            "auto": [] if chosen[0] else both[1:], "native": [] if chosen[1] else both[:1],
            "mitmproxy": [] if chosen[2] else both[1:]})
        for wanted, one in zip(lacks, chosen):
            with contextlib.redirect_stdout(io.StringIO()) as said:
                code = programs.doctor(here, [], wanted)
            equal(f"  doctor says so of {wanted}", (code, f"proxy    {one} " in said.getvalue(), "comes with agent-sandbox" in said.getvalue()),
                  (0 if one else 1, bool(one), both[0] in lacks[wanted]))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = programs.doctor(here, [], "auto", ("native", "/nix/store/x/bin/agent-sandbox-proxy"))
    equal("  of one that Nix has taken, all the same", (code, said.getvalue().splitlines()[0].split()),
          (0, ["proxy", "native", "/nix/store/x/bin/agent-sandbox-proxy"]))
    with tempfile.TemporaryDirectory() as work:
        path = f"{os.path.realpath(work)}/agent-sandbox-proxy"
        pathlib.Path(path).write_text("#!/bin/sh\n", encoding="ascii")
        os.chmod(path, 0o755)
        places.SYSTEMD, text = (work,), b"[Service]\nExecStart=agent-sandbox-proxy --policy /x\n"
        equal("engine: our own is started by its path, also where systemd finds it", engine.with_paths(text).decode(),
              text.decode().replace("agent-sandbox-proxy", path, 1))
        os.chmod(work, 0o777)
        check("  which nobody else may replace", "would have the secrets" in engine.loose(Recorded(), "auto"))
    places.SYSTEMD, places.ELSEWHERE = (), ()
    name, units = "agent-sandbox-demo-egress.service", {one: f"[Service]\nExecStart={path} --x\n".encode()
                                                       for one, path in engine.PROGRAMS.items()}
    own = f"/etc/systemd/system/{name}"
    files = {f"/tree/linux/{engine.FOLDERS[one]}/{name}": text for one, text in units.items()}
    for there, now, chosen in ((both, "native", "native"), (both[1:], "native", "mitmproxy"), (both, "mitmproxy", "native")):
        item, here, change = make(file.File, own, None, files={**files, own: units[now]}, programs=there)
        item.desired = ("0644", *engine.sources(change, name))
        equal(f"engine: the unit of {now} where apply takes {chosen}", (item.difference(), item.guard()), (
            "" if now == chosen else f"it starts {now}, and apply takes {chosen}", ""))
        if now != chosen:
            item.make()
        equal("  and becomes that one's", (here.files[own], "another proxy" in change.cache), (units[chosen], now != chosen))
        equal("  what it was is noted, for a way back", change.state.wrote, [("engine", now)] * (now != chosen))
    here.files[own] = units["mitmproxy"] + b"# x"
    equal("  one that somebody changed keeps sessions out", (item.difference(), item.guard()), ("its content differs",) * 2)
    for noted, there, back in ((b"mitmproxy", both, "mitmproxy"), (b"mitmproxy", both[:1], "native"), (b"../x", both, "native")):
        _, here, change = make(file.File, own, None, programs=there, files={"/state/engine": noted}, again=True)
        equal(f"engine: back to {noted.decode()} where there is {' and '.join(there)}", engine.sources(change, name)[0],
              f"linux/{engine.FOLDERS[back]}/{name}")
    for wanted in ("native", "mitmproxy"):
        _, _, change = make(file.File, own, None, programs=both)
        change.sandbox = types.SimpleNamespace(**{**vars(BOX), "engine": wanted})
        equal(f"engine: {wanted} is that alone", engine.sources(change, name), [f"linux/{engine.FOLDERS[wanted]}/{name}"])
    item, here, _ = make(unit.ProxyUnit, name, True, files={own: units["native"]}, answers={"systemctl show": block(name)})
    equal("engine: status says which runs", item.tell(item.observe())[1:], ["proxy       native: agent-sandbox-proxy"])
    item, here, _ = make(darwin.Listener, "/x/egress.log", answers={"pgrep -U 60611 -f mitmdump": None})
    equal("  on macOS, too", item.tell(None), ["proxy       native: agent-sandbox-proxy"])
    places.SYSTEMD, places.ELSEWHERE = kept


def test_capture():
    kept, places.SYSTEMD, places.ELSEWHERE = (places.SYSTEMD, places.ELSEWHERE), (), ()
    looks = capture.others_may_replace  # a folder of the test's own is not root's
    socket, service = own = ["agent-sandbox-demo-capture.socket", "agent-sandbox-demo-capture.service"]
    others, made = ["agent-sandbox-demo-nft.service"], {f"/etc/systemd/system/{socket}": b"[Socket]\n"}

    def settled(files=None, applies=False, wanted=True, program=False):
        """(its units, those that are started, whether it captures, what status says) of a box that the host has settled"""
        with tempfile.TemporaryDirectory() as work:
            places.SYSTEMD = (os.path.realpath(work),)
            if program:
                pathlib.Path(work, "agent-sandbox-proxy").write_text("#!/bin/sh\n", encoding="ascii")
                os.chmod(f"{work}/agent-sandbox-proxy", 0o755)
            capture.others_may_replace = lambda path: path if program == "loose" else ""
            units = others + own * wanted
            box = types.SimpleNamespace(**{**vars(BOX), "units": units, "start": [one for one in units if one != service],
                                           "capture": wanted, "ssh": None})
            here = Recorded(files=files or {})
            capture.settle(here, box, applies)
            return box.units, box.start, box.captures, capture.lines(here, box)

    here, without = (others + own, others + [socket], True, []), (others, others, False)
    equal("capture: apply takes it where the program is", settled(applies=True, program=True), here)
    equal("  leaves it out where it is not", settled(applies=True)[:3], without)
    equal("  or where others could replace it", settled(applies=True, program="loose")[:3], without)
    equal("  whatever was made before", settled(made, applies=True)[:3], without)
    equal("others look at what apply has made", settled(made), here)
    equal("  also where the program came later", settled(program=True)[:3], without)
    check("  and status says what takes it up", "apply takes it up" in settled(program=True)[3][0])
    check("  or what brings the program", "make install" in settled()[3][0])
    box = types.SimpleNamespace(**{**vars(BOX), "capture": True, "captures": False, "ssh": None})
    check("  which is another thing where Nix applies", "inputs.agent-sandbox" in capture.lines(Recorded(), box, "NixOS")[0])
    equal("without it in the spec there is none, and nothing to say", settled(made, wanted=False, applies=True, program=True),
          (others, others, False, []))
    box = types.SimpleNamespace(**{**vars(BOX), "system": "darwin", "units": None, "start": None, "capture": True, "ssh": None})
    capture.settle(Recorded("darwin"), box, True)
    equal("nor on macOS", (box.captures, capture.lines(Recorded("darwin"), box)), (False, []))
    box = types.SimpleNamespace(**{**vars(BOX), "capture": False, "ssh": {"signCommits": True}})
    check("where ssh is wanted, status says that its agent is missing", "no session has a key" in capture.lines(Recorded(), box)[0])
    with contextlib.redirect_stdout(io.StringIO()) as said:
        programs.doctor(Recorded(programs=["mitmdump", *programs.LINUX]), [], "mitmproxy")
    check("doctor says what is missing for it", "agent-sandbox-proxy capture: " in said.getvalue())
    capture.others_may_replace = looks
    places.SYSTEMD, places.ELSEWHERE = kept


def test_terminal():
    """Where the program is looked for, and whose rights it gives up."""
    change = types.SimpleNamespace(sandbox=types.SimpleNamespace(clipboard=False))
    found, replaced, tty, uid = terminal.somewhere, terminal.others_may_replace, os.isatty, dict(os.environ)
    try:
        os.isatty = lambda descriptor: True
        terminal.somewhere, terminal.others_may_replace = lambda name: f"/usr/local/bin/{name}", lambda path: ""
        for names, wanted in (({}, "65534:65534"), ({"SUDO_UID": "1000", "SUDO_GID": "1001"}, "1000:1001"),
                              ({"SUDO_UID": "0", "SUDO_GID": "0"}, "65534:65534"), ({"SUDO_UID": "1000"}, "65534:65534"),
                              ({"SUDO_UID": "1000; x", "SUDO_GID": "1"}, "65534:65534")):
            for name in ("SUDO_UID", "SUDO_GID"):
                os.environ.pop(name, None)
            os.environ.update(names)
            equal(f"terminal: read by {wanted} ({names})", terminal.around(change),
                  ["/usr/local/bin/agent-sandbox-terminal", "--user", wanted, "--"])
        change.sandbox.clipboard = True
        check("  which may write the clipboard where the spec says so", "--clipboard" in terminal.around(change))
        os.isatty = lambda descriptor: descriptor != 1
        equal("  none stands where no terminal is", terminal.around(change), [])
        os.isatty = lambda descriptor: True
        for why, path, other in (("is not installed", None, ""), ("others may change /opt", "/opt/x", "/opt")):
            terminal.somewhere, terminal.others_may_replace = lambda name, path=path: path, lambda path, other=other: other
            try:
                said = terminal.around(change)
            except Failed as failed:
                said = str(failed)
            check(f"  without it no session gets to a terminal: it {why}", why in said and "without what filters it" in said)
            equal("  nor one that it could start", terminal.program(), None)
    finally:
        terminal.somewhere, terminal.others_may_replace, os.isatty = found, replaced, tty
        os.environ.clear()
        os.environ.update(uid)


def test_ssh_agent():
    kept = {name: os.environ.pop(name, None) for name in ("SSH_AUTH_SOCK", "SUDO_UID")}
    equal("ssh: without an ssh-agent none is handed on", (ssh_agent.handed_on(), ssh_agent.taken(["--", "x"])), ([], ("", ["--", "x"])))
    equal("  root without sudo is who asks", ssh_agent.operator(), "0")
    os.environ.update(SSH_AUTH_SOCK="/tmp/agent one", SUDO_UID="1000")
    equal("  one is handed on by its path", ssh_agent.handed_on(), ["--ssh-agent=/tmp/agent one"])
    equal("  and taken from there", ssh_agent.taken(["--ssh-agent=/tmp/a", "--", "x"]), ("/tmp/a", ["--", "x"]))
    equal("  by the operator's user", ssh_agent.operator(), "1000")
    for wrong in ("agent", "/tmp/a\nUser=root", "/" + "a" * 107, ""):
        os.environ["SSH_AUTH_SOCK"] = wrong
        equal(f"  but not {wrong[:16]!r}", (ssh_agent.handed_on(), ssh_agent.taken([f"--ssh-agent={wrong}"])), ([], ("", [])))
    os.environ["SUDO_UID"] = "root"
    equal("  nor an operator who is no number", ssh_agent.operator(), "0")
    for name, value in kept.items():
        os.environ.pop(name)
        os.environ.update({name: value} if value is not None else {})
    whole = {"hosts": [{"host": "a", "port": 22, "keys": ["A"]}], "keys": ["K"], "signCommits": False}
    equal("  a change of it ends sessions", [narrower.relaxes_the_same({"ssh": one}, {"ssh": whole})
                                              for one in (whole, None, {**whole, "signCommits": True})], [True, False, False])
    equal("logs say who logged in", logs.for_people(json.dumps(
        {"time": "2026-01-02T03:04:05", "event": "ssh", "verdict": "allow", "asked": "login", "host": "a", "user": "git",
         "key": "SHA256:x"})), "03:04:05  allowed  login by ssh at a as git with SHA256:x")
    equal("  and what was refused", logs.for_people(json.dumps(
        {"time": "2026-01-02T03:04:05", "event": "ssh", "verdict": "deny", "asked": "bind", "reason": "because"})),
        "03:04:05  refused  a session of ssh: because")


def test_darwin_host():
    for version, wrong in (("13.6.1\n", 0), ("26.0\n", 0), ("12.7\n", 1), (None, 1)):
        item, here, _ = make(needs.Needs, "darwin", system="darwin", programs=[*programs.DARWIN, "git"],
                             answers={"sw_vers": version, "sh /": "/opt/homebrew/bin/mitmdump\n"})
        said = []
        item.check(Report(said.append, False, "/x"))
        equal(f"macOS: {(version or 'no sw_vers').strip()}", len(said), wrong)
    here = Recorded(system="darwin", programs=[*programs.DARWIN, "git"], answers={"sh /": None})
    equal("macOS: without a proxy it is told", programs.missing(here), {"mitmdump": "the proxy"})
    check("  and from where it comes", "darwin/Brewfile" in programs.how_to_install(here, programs.missing(here))[0])
    equal("  each engine's own", list(programs.missing(here, "native")), ["agent-sandbox-proxy"])
    kept = dict(os.environ)
    host.clean_environment("darwin")
    equal("macOS: the system's folders alone are searched for programs", os.environ["PATH"], "/usr/sbin:/usr/bin:/sbin:/bin")
    os.environ.clear()
    os.environ.update(kept)
    with tempfile.TemporaryDirectory() as work:
        os.makedirs(f"{work}/home/.config/empty")
        pathlib.Path(f"{work}/home/.config/x").write_text("text")
        os.chmod(f"{work}/home/.config/x", 0o755)
        packed = tarfile.open(fileobj=io.BytesIO(dotfiles.packed(f"{work}/home")))
        equal("macOS: dotfiles are packed without their folders", [(entry.name, entry.mode & 0o777) for entry in packed],
              [(".config/x", 0o755)])
    check("  and no time is set", " -xmf " in dotfiles.UNPACK["darwin"])


def test_darwin_secrets():
    """The real script, whose group here is root's."""
    script = pathlib.Path(__file__).resolve().parents[2] / "modules/bin/darwin-secrets"
    with tempfile.TemporaryDirectory() as work:
        handed = f"{work}/handed"
        os.makedirs(handed)
        pathlib.Path(f"{work}/key").write_text("sk-first\n")
        pathlib.Path(f"{handed}/old").write_text("of a credential that is gone")

        def hand_over(*pairs):
            return subprocess.run(["sh", script, handed, str(os.getgid()), *pairs], capture_output=True, check=False)

        if os.geteuid():
            return
        equal("macOS: a secret is handed over", (hand_over(f"k=file:{work}/key").returncode, sorted(os.listdir(handed))),
              (0, ["k"]))
        mode = os.stat(f"{handed}/k").st_mode & 0o777
        equal("  for the proxy's group alone to read", (mode, pathlib.Path(f"{handed}/k").read_text()), (0o440, "sk-first\n"))
        number = os.stat(f"{handed}/k").st_ino
        hand_over(f"k=file:{work}/key")
        equal("  the same again is left as it is", os.stat(f"{handed}/k").st_ino, number)
        os.unlink(f"{work}/key")
        done = hand_over(f"k=file:{work}/key")
        check("  one that cannot be read keeps its copy, and says so", done.returncode == 1
              and b"cannot be read" in done.stderr and os.path.exists(f"{handed}/k"))


def test_trim_log():
    """The real script, while somebody writes."""
    script = pathlib.Path(__file__).resolve().parents[2] / "modules/bin/trim-log"
    with tempfile.TemporaryDirectory() as work:
        log = f"{work}/egress.log"

        def trim(*more):
            return subprocess.run(["sh", script, log, *more], capture_output=True, check=False).returncode

        pathlib.Path(log).write_text("short\n")
        equal("a short log is left", (trim(), os.listdir(work)), (0, ["egress.log"]))
        with open(log, "r+") as file:
            file.truncate(33 << 20)
        os.symlink(log, f"{work}/link")
        subprocess.run(["sh", script, f"{work}/link"], check=False)
        equal("  one by another name, too", os.path.getsize(log), 33 << 20)
        writer = subprocess.Popen(["sh", "-c", 'n=0; while :; do n=$((n + 1)); echo $n; done >>"$1"', "sh", log])
        while os.path.getsize(log) < (33 << 20) + 1000:
            pass
        equal("a long log is begun anew", trim(str(writer.pid)), 0)
        before = os.path.getsize(log)
        while os.path.getsize(log) < before + 1000:
            pass
        writer.kill()
        writer.wait()
        lines = [line for name in ("egress.log.1", "egress.log") for line in pathlib.Path(f"{work}/{name}").read_bytes().split(b"\n")]
        numbers = [int(line.strip(b"\0")) for line in lines if line.strip(b"\0").isdigit()]
        equal("  its writer goes on, and no line of it is lost", numbers, list(range(1, len(numbers) + 1)))
        check("  most of them in the other file", os.path.getsize(log) < 33 << 20 < os.path.getsize(f"{log}.1"))


def test_on_mac():
    with tempfile.TemporaryDirectory() as work:
        kept, places.DARWIN = places.DARWIN, [f"{work}/nix", f"{work}/clt", f"{work}/brew"]
        for name in ("clt", "brew"):
            os.makedirs(f"{work}/{name}")
            pathlib.Path(f"{work}/{name}/git").write_text("#!/bin/sh\n")
            os.chmod(f"{work}/{name}/git", 0o755)
        equal("macOS: the first git of the list", places.on_mac("git", False), f"{work}/clt/git")
        if os.geteuid() == 0:
            for path in (f"{work}/clt/git", f"{work}/clt"):
                os.chown(path, 7, 7)
                equal("  root takes one that is root's alone", places.on_mac("git", True), f"{work}/brew/git")
                os.chown(path, 0, 0)
            os.rename(f"{work}/clt/git", f"{work}/git")
            os.chown(f"{work}/git", 7, 7)
            os.symlink(f"{work}/git", f"{work}/clt/git")
            equal("  nor what a link of root's leads to", places.on_mac("git", True), f"{work}/brew/git")
        places.DARWIN = kept


# Never loaded on a Mac, and single names in other files that are not asked there.
LINUX_FILES = {"access_list", "attached", "closing", "common_git", "files", "kept", "mounts", "paste", "projects", "workspaces"}
LINUX_NAMES = {("landing", "O_PATH"), ("journal", "SOCK_CLOEXEC")}


def test_mac_python():
    """What Linux alone has in Python is nowhere asked for without a look."""
    sys.path.insert(0, os.path.join(MODULES, "..", "tests", "macos"))
    import darwin as mac

    wrong = []
    for module_file in pathlib.Path(MODULES).glob("[hp]*/**/*.py"):
        text = module_file.read_text()
        for node in ast.walk(ast.parse(text)):
            of = next((pattern for module, pattern in mac.PATTERNS.items() if isinstance(node, ast.Attribute)
                       and isinstance(node.value, ast.Name) and node.value.id == module.__name__), None)
            if of and of.fullmatch(node.attr) and module_file.stem not in LINUX_FILES and (module_file.stem, node.attr) not in LINUX_NAMES and (
                    f'hasattr({node.value.id}, "{node.attr}")' not in text):
                wrong.append(f"{module_file.name}: {node.value.id}.{node.attr}")
    equal("macOS: its Python has all that is asked of it", wrong, [])


def test_misread():
    import workspaces

    paths = ["/home/bob/My Code/x y", "/srv/a"]
    equal("a workspace with a blank: mounted as it should be", workspaces.misread(paths, {"/", *paths}), None)
    equal("  no mount of its own is told", workspaces.misread(paths, {"/", "/srv/a"}), paths[0])
    for part in ("/home/bob/My", "/home/bob/My Code/x"):
        equal(f"  and {part} in its place", workspaces.misread(paths, {"/", *paths, part}), paths[0])
    equal("  unless that is one, too", workspaces.misread([*paths, "/home/bob/My"], {*paths, "/home/bob/My"}), None)


def test_shared():
    """A folder that was judged stays the one it was, wherever its path leads meanwhile."""
    from shared import Folder, Shared

    files = {"/srv/a": {"hide": [".env"]}, "/srv/a/read": {"hide": ["x/"], "protect": ["y"]}}
    shared = Shared(types.SimpleNamespace(writable=["/srv/a", "/srv/b c"], readonly=["/srv/a/read"], files_of=lambda path: files.get(path, {})))
    equal("shared: what is mounted by us", [one.path for one in shared.prepared], ["/srv/a", "/srv/b c", "/srv/a/read"])
    equal("  where something is hidden", [one.path for one in shared.folders if one.hides], ["/srv/a", "/srv/a/read"])
    equal("  what is read-only anyhow has nothing to protect", shared.folders[2].patterns().said, (["x/"], [], []))
    equal("shared: the workspaces of the spec, if nothing else is said", shared.paths, ["/srv/a", "/srv/b c", "/srv/a/read"])
    equal("  those that are writable", [one.path for one in shared.writable], ["/srv/a", "/srv/b c"])
    around = [place and place.path for place in map(shared.around, ("/srv/a", "/srv/a/x", "/srv/ab", "/srv", "/srv/b c/d"))]
    equal("  which one a path lies in", around, ["/srv/a", "/srv/a", None, None, "/srv/b c"])
    with tempfile.TemporaryDirectory() as work:
        os.makedirs(f"{work}/mine/own")
        os.makedirs(f"{work}/others")
        judged = os.open(f"{work}/mine", os.O_RDONLY | os.O_DIRECTORY)
        os.rename(f"{work}/mine", f"{work}/away")
        os.symlink("others", f"{work}/mine")
        opened = Folder(f"{work}/mine", descriptor=judged).open(os.O_RDONLY)
        equal("  its path is a link by now: the folder that was judged", os.listdir(opened), ["own"])
        os.unlink(f"{work}/mine")
        os.mkdir(f"{work}/mine")
        try:
            Folder(f"{work}/mine", descriptor=judged).to_mount(os.O_RDONLY)
            check("  and no other one is mounted for it", False)
        except OSError as error:
            check("  and no other one is mounted for it", "another folder" in str(error))
        os.rmdir(f"{work}/mine")
        os.symlink("others", f"{work}/mine")
        check("  whose descriptor stays open", os.fstat(judged).st_ino == os.fstat(opened).st_ino and opened != judged)
        try:
            Folder(f"{work}/mine").open(os.O_RDONLY)
            check("  without one, a link is refused", False)
        except OSError:
            check("  without one, a link is refused", True)


def judged(box, path, account):
    """The project's path, or the words of who refuses it."""
    import projects

    try:
        found = projects.judged(box, path, account)
    except Refused as why:
        return str(why)
    return found and found.path


def test_projects():
    """Where an operator stands. Who we are here is the operator; what is another's is told in the live test."""
    import projects

    me = pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory() as work:
        work = os.path.realpath(work)
        kept, projects.people = projects.people, lambda _: [me]
        account = pwd.struct_passwd((me.pw_name, "x", me.pw_uid, me.pw_gid, "", f"{work}/home", "/bin/sh"))
        box = types.SimpleNamespace(projects=sandbox.Projects([f"{work}/src", "~/own"], True, False), state=f"{work}/state", name="demo")
        try:
            for place in ("src/git/.git", "src/git/a/b", "src/plain/a/b", "src/out/in/.git", "src/out/in/deep", "other", "home/own/x",
                          "src/file/sub"):
                os.makedirs(f"{work}/{place}")
            pathlib.Path(f"{work}/src/file/sub/.git").write_text("gitdir: x\n")
            os.symlink("../other", f"{work}/src/link")
            os.symlink("git", f"{work}/src/near")
            for place, wanted in (("src/git/a/b", "src/git"), ("src/git", "src/git"), ("src/plain/a/b", "src/plain"),
                                  ("src/out/in/deep", "src/out/in"), ("src/out", "src/out"), ("src/file/sub", "src/file/sub"),
                                  ("home/own/x", "home/own/x")):
                equal(f"project of {place}", judged(box, f"{work}/{place}", account), f"{work}/{wanted}")
            for place in ("src", "other", "srcs/x", "home/own", "."):
                equal(f"project of {place}: none", judged(box, os.path.normpath(f"{work}/{place}"), account), None)
            refused = f"below {work}/src no link is followed"
            for place in ("src/link", "src/near", "src/near/a", "src/link/x", "src/nowhere"):
                check(f"project of {place}: refused", refused in (judged(box, f"{work}/{place}", account) or ""))
            os.chmod(f"{work}/src/plain", 0o500)
            if os.getuid():
                check("project: one that he may not write", "may not read, write" in judged(box, f"{work}/src/plain", account))
            os.chmod(f"{work}/src/plain", 0o700)
            os.makedirs(projects.place_of(box, me.pw_uid, f"{work}/src/out/in"))
            os.rmdir(f"{work}/src/out/in/.git")
            equal("project: what was one stays one", judged(box, f"{work}/src/out/in/deep", account), f"{work}/src/out/in")
            home = account._replace(pw_dir=f"{work}/src/git/a") if hasattr(account, "_replace") else pwd.struct_passwd(
                (*account[:5], f"{work}/src/git/a", "/bin/sh"))
            check("project: none holds a home", "'s home" in judged(box, f"{work}/src/git", home))
            stranger = pwd.struct_passwd(("stranger", "x", me.pw_uid + 7, 7, "", f"{work}/none", "/bin/sh"))
            box.projects = sandbox.Projects([f"{work}/src"], True, False)
            check("project: another's", "not to stranger" in judged(box, f"{work}/src/git", stranger))
            os.rename(f"{work}/src", f"{work}/away")
            os.symlink("away", f"{work}/src")
            equal("projects: a root that is a link, to what is his", projects.roots_of(box, account), [f"{work}/away"])
            equal("  or not his", projects.roots_of(box, stranger), [])
            shared = types.SimpleNamespace(folders=[types.SimpleNamespace(kind="project", path=f"{work}/away/git/a")], points=[])
            lines = projects.empty_folders(box, f"{work}/scratch", shared)
            equal("projects: an empty folder over the root", lines, [f'BindReadOnlyPaths={work}/scratch/roots/0:"{work}/away"'])
            equal("  with a place for the project", [place for place, _, _ in os.walk(f"{work}/scratch/roots/0")][1:],
                  [f"{work}/scratch/roots/0/git", f"{work}/scratch/roots/0/git/a"])
            os.rename(f"{work}/away", f"{work}/a:way")
            os.unlink(f"{work}/src")
            os.symlink("a:way", f"{work}/src")
            try:
                projects.empty_folders(box, f"{work}/scratch", shared)
                check("  where it cannot be, there is no session", False)
            except Failed:
                check("  where it cannot be, there is no session", True)
        finally:
            projects.people = kept
    for value, good in (({"roots": ["~/src"], "home": "shared", "worktrees": False}, True), ({"roots": []}, False),
                        ({"roots": ["~/../x"], "home": "shared", "worktrees": False}, False),
                        ({"roots": ["src"], "home": "shared", "worktrees": False}, False),
                        ({"roots": ["/srv/src"], "home": "own", "worktrees": False}, False),
                        ({"roots": ["/srv/src"], "home": "shared", "worktrees": 1}, False), ([], False)):
        try:
            sandbox.Sandbox.projects_of(types.SimpleNamespace(), sandbox.Reader("x", {"projects": value}))
            check(f"projects: {value}", good)
        except Refused:
            check(f"projects: {value} is refused", not good)


def test_table():
    """What is in no row is never made, so every kind is in one; and each row stands behind those it needs."""
    for name, rows in (("linux", table_linux.TABLE), ("macOS", table_darwin.TABLE)):
        order = [row.kind for row in rows]
        check(f"{name}: every row stands behind what it needs", all(
            order.index(other) < order.index(row.kind) for row in rows for other in row.after))
        equal(f"{name}: no kind stands twice", len(set(order)), len(order))
        check(f"{name}: the firewall before the first file, and last to go", order.index(next(
            kind for kind in order if kind.goes_last)) < order.index(file.File))
    everything = {row.kind for rows in (table_linux.TABLE, table_darwin.TABLE) for row in rows}
    known, todo = set(), [Kind]
    while todo:
        todo += (kinds := todo.pop().__subclasses__())
        known.update(kind for kind in kinds if kind.kind and kind.__module__.startswith("kinds."))
    equal("every kind is in a table", {kind.__qualname__ for kind in known - everything} - {"Record"}, set())
    equal("what the loops call takes in every kind what it takes in all of them", [
        f"{kind.__name__}.{name}" for kind in everything for name, own in vars(kind).items()
        if inspect.isroutine(own) and inspect.isfunction(getattr(Kind, name, None))
        and inspect.signature(own) != inspect.signature(getattr(Kind, name))], [])
    equal("as many rows as there were", (len(table_linux.TABLE), len(table_darwin.TABLE)), (31, 26))


def test_journal():
    item, here, change = make(file.File, "/etc/sudoers.d/agent-sandbox-demo", ("0440", "x"))
    table.note(change, [item])
    equal("journal: named before it is made", change.state.journal, [("file", "/etc/sudoers.d/agent-sandbox-demo")])
    old = "/etc/systemd/system/agent-sandbox-demo-old.service"
    change.state.journal += [("file", old), ("unit", "agent-sandbox-demo-old.service"), ("access-list", "/srv/old"),
                             ("nonsense", "x")]
    here.files[old] = b"x"
    gone = [(one.kind, one.name) for one in table.dropped(change)]
    equal("journal: what no spec wants any more, those first that were made last", gone,
          [("unit", "agent-sandbox-demo-old.service"), ("file", old), ("access-list", "/srv/old")])
    table.drop(change, last=False)
    check("  it goes, and a workspace only once the new one holds", old not in here.files
          and ("access-list", "/srv/old") in change.state.journal and ("file", old) not in change.state.journal)


def test_relaxations():
    """What is relaxed is a word on this side, and a misspelt one would relax nothing or, in a probe, never count."""
    with open(f"{MODULES}/proxy/vocabulary.json", encoding="ascii") as file:
        known = set(json.load(file)["relaxations"])
    for pattern, where, more in ((r'"([a-z-]+)" in (?:self\.)?sandbox\.relax', "host/*.py", set()),
                                  (r'elem "([a-z-]+)" sandbox\.relax', "nix/*.nix", set()),
                                  (r"(?m)^row \S+ \S+ ([a-z-]+) ", "probes/*.sh", {"-", "audit"})):
        said = set()
        for path in glob.glob(f"{MODULES}/{where}"):
            with open(path, encoding="utf-8") as file:
                said |= set(re.findall(pattern, file.read()))
        check(f"relaxations: {where} speaks of some, each of them a spec's", said - more and said <= known | more)


LINES = """\
2026-01-02T03:04:05.000001+0000 mitmdump[7]: {"time": "t", "event": "decision", "verdict": "allow"}
2026-01-02T03:04:05.000001+0000 mitmdump[7]: {"time": "t", "event": "decision", "verdict": "deny", "n": 1}
2026-01-02T03:04:06.700001+0000 agent-sandbox[7]: {"event": "decision", "verdict": "deny", "n": 2}
2026-01-02T03:04:06.700001+0000 agent-sandbox[7]: {"event": "refusals-untold", "count": 7, "hosts": []}
2026-01-02T03:04:05.000001+0000 kernel: denied demo: IN= OUT=lo N=1
2026-01-02T03:04:07.800999+0000 kernel: denied demo: IN= OUT=lo N=2
2026-01-02T03:04:07.801000+0000 kernel: denied demo: IN= OUT=lo N=3
2026-01-02T03:04:05.000001+0000 kernel: denied demo: a\x1b[2J
2026-01-02T03:04:05.000001+0000 kernel: denied other: IN= OUT=lo
"""


def test_grants():
    text = b'{"version": 1, "grants": [], "refusals": []}'
    path, digest = "/run/agent-sandbox-demo/grants.json", hashlib.sha256(text).hexdigest()
    item, here, _ = make(grant.Grants, path, "run", files={path: text, "/state/granted": f"{digest} {path}\n".encode()},
                         users={"egress": user("egress", 60611)}, groups={"egress": group("egress", 60611)})
    item.sandbox.state = "/state"
    equal("grants: none is none", make(grant.Grants, path, "run")[0].difference(), "")
    check("  as written, but for its mode", "not 0640 root egress" in item.difference())
    here.files[path] = text + b" "
    equal("  told when it is not as written", item.difference(), "it is not as it was written")
    item.make()
    check("  apply does not take it over", path not in here.files)
    here.files[path] = b"{"
    check("  status says that it cannot be read", item.tell(None)[0].startswith("FAULT       grants: "))
    item.remove()
    check("  and gone, with what was written down of it", path not in here.files and "/state/granted" not in here.files)


def test_told():
    policy = {"enforcement": "enforce", "rules": [
        {"host": "a.example", "suffix": True, "scheme": "https", "methods": ["GET", "POST"], "paths": ["/v1/**"], "ports": [443, 8443],
         "query": ["page"], "websocket": True, "requests": {"count": 60, "seconds": 60}, "expires": "2099-12-31", "reason": "work\x1b[2J"},
        {"host": "db.corp", "suffix": False, "scheme": "tcp", "ports": [5432]}],
        "denied": [{"host": "a.example", "suffix": False, "scheme": "https", "paths": ["/v1/keys"], "ports": [443]}],
        "cooldowns": [{"host": "npm.example", "suffix": False, "seconds": 604800}],
        "credentials": [{"name": "k", "source": {"kind": "file", "path": "/s/k"}, "hosts": [{"host": "a.example", "suffix": False}],
                         "inject": {"header": "x-key"}, "ask": True}]}
    box = types.SimpleNamespace(**{**vars(BOX), "cidrs": [], "local_ports": [5432], "data": {**BOX.data}})
    path = "/run/agent-sandbox/demo/inside/policy.json"
    item, here, change = make(told_kind.Told, path, files={"/tree/proxy/policy.json": json.dumps(policy).encode()})
    item.sandbox = change.sandbox = box
    equal("told: missing is no drift, and apply makes it", (item.difference(), item.make()), ("", True))
    equal("  where a session finds it", here.did, ["folder /run/agent-sandbox/demo/inside/demo", f"write {path} 644"])
    said = json.loads(here.files[path])
    equal("  what it may reach, in words", said["network"], [
        {"allowed": "GET, POST https://*.a.example:443, 8443; of the paths /v1/**; with no query but page; with WebSocket; "
                    "at most 60 requests a minute; until 2099-12-31", "for": "work\x1b[2J"},
        {"allowed": "tcp to tcp://db.corp:5432, read by nobody"}])
    check("  no byte of a reason steers a terminal", here.files[path].isascii() and b"\x1b" not in here.files[path])
    equal("  a credential by its name", said["credentials"], [
        {"name": "k", "used": "the proxy puts it into the header x-key of requests to a.example that have the placeholder there"}])
    check("  what is read-only in each workspace", ".envrc, " in said["read_only_in_workspaces"][0])
    box.files_of = lambda path: {"hide": [".env"], "protect": ["a/"], "unprotect": [".vscode/"]}
    equal("  what is hidden there, and what else is read-only or not", told.content(change, policy)["workspaces"], [
        {"path": "/srv/a b", "may": "read and write", "hidden": [".env"], "read_only": ["a/"], "writable_all_the_same": [".vscode/"]},
        {"path": "/srv/r", "may": "read", "hidden": [".env"]}])
    box.files_of = BOX.files_of
    equal("  and the rest", [said[key] for key in ("refused_whatever_is_allowed", "too_young", "ports_of_the_host", "workspaces")], [
        ["https://a.example of the paths /v1/keys"], ["versions of packages younger than 7 days of npm.example"], ["127.0.0.1:5432"],
        [{"path": "/srv/a b", "may": "read and write"}, {"path": "/srv/r", "may": "read"}]])
    check("  nobody can be asked", said["who_is_asked"].startswith("nobody"))
    here.files["/tree/proxy/policy.json"] = json.dumps({**policy, "ask": {"seconds": 20}}).encode()
    equal("  told when it differs", item.difference(), "its content differs")
    item.make()
    check("  mended: somebody can be", "up to 20 seconds" in json.loads(here.files[path])["who_is_asked"])
    del here.did[:]
    told.provide(change)
    equal("  a session's start leaves alone what is of this generation", here.did, [])
    change.state.now = "c9"
    told.provide(change)
    check("  and mends what is not", f"write {path} 644" in here.did)
    item.remove()
    check("  and gone", path not in here.files)


def test_logs():
    state = NoState()
    state.host = Recorded(files={"/state/verified": b"2025-01-02T03:04:05.000 2025-01-02T03:04:06.000\n"
                                 b"2026-01-02T03:04:06.700 2026-01-02T03:04:07.800\n"})

    def shown(denied, spans):
        found = [logs.shown("demo", line, denied, spans) for line in LINES.splitlines()]
        return [line for line in found if line is not None]

    equal("logs: all of ours", len(shown(False, [])), 7)
    equal("  what was refused, but by verify", [line[-9:] for line in shown(True, logs.read_spans(state))],
          ['", "n": 1}'[-9:], 'osts": []}'[-9:], "UT=lo N=1", "UT=lo N=3"])
    equal("  whose too, with --all", len(shown(True, [])), 6)
    refused = {"time": "2026-01-02T03:04:05.000+00:00", "event": "decision", "scheme": "https", "method": "GET", "port": 8443,
               "host": "a.example.org", "path": "/x\x1b[2J\n\u202e", "verdict": "deny", "reason": "no rule",
               "missing": {"host": "a.example.org"}}
    equal("  for people: a refusal, and what would allow it", logs.for_people(json.dumps(refused)).split("\n"),
          ["03:04:05  refused  GET https://a.example.org:8443/x?[2J??: no rule", '          allow    {"host": "a.example.org"}'])
    equal("  the name that a ClientHello had", logs.for_people(json.dumps({
        "time": "2026-01-02T03:04:05", "event": "decision", "scheme": "tls", "method": "CONNECT", "host": "h", "port": 443,
        "verdict": "deny", "reason": "another name", "sni": "x\x1b[2Jy"})), "03:04:05  refused  CONNECT tls://h:443: another name: x?[2Jy")
    equal("  what was allowed", logs.for_people(json.dumps({**refused, "verdict": "allow", "port": 443, "path": "/", "rule": 3,
          "credentials": ["key"], "missing": None})), "03:04:05  allowed  GET https://a.example.org/: rule 3, with key")
    equal("  of an audit", logs.for_people(json.dumps({**refused, "verdict": "audit", "path": "/"})).split("\n")[0],
          "03:04:05  audit    GET https://a.example.org:8443/: no rule")
    equal("  another event", logs.for_people('{"time": "2026-01-02T03:04:05", "event": "error", "host": "h", "error": "e"}'),
          "03:04:05  error  h  e")
    session = {"time": "2026-01-02T03:04:05", "event": "session", "session": "7", "operator": "op", "command": "a\x1b[2J"}
    equal("  a session", [logs.for_people(json.dumps(one)) for one in (session, {**session, "code": 3})],
          ["03:04:05  session  op: a?[2J begins", "03:04:05  session  op: a?[2J ended with 3"])
    equal("  the firewall's", logs.for_people("denied demo: IN= OUT=lo SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=1 DPT=22 "),
          "          refused  TCP to 10.0.0.2 port 22: the firewall")
    for odd in ("{", "{}", '{"event": 1}', '{"event": "decision"}', '{"event": "decision", "verdict": "deny", "missing": [1]}'):
        check(f"  and of {odd} a line or two", 1 <= len(logs.for_people(odd).split("\n")) <= 2)


def chained(count, name="proxy-00000000", first=1, before="0" * 64):
    """Lines as both engines write them."""
    made = []
    for number in range(first, first + count):
        text = json.dumps({"time": f"2026-01-02T03:{number // 60:02}:{number % 60:02}.000+00:00", "event": "decision",
                           "path": "/\", \"chain\": \"proxy-00000000 1 " + "0" * 64 + '"}', "chain": f"{name} {number} {before}"})
        before = hashlib.sha256(text.encode()).hexdigest()
        made.append(text)
    return made, before


def checked(lines, kept=b""):
    import chain

    one = chain.Check()
    for line in lines:
        one.take(line)
    one.end(kept)
    return one


def test_chain():
    lines, digest = chained(9)
    kept = f"proxy-00000000 {9:020} {digest}\n".encode()

    def wrong(name, found, *words, kept=kept):
        one = checked(found, kept)
        check(f"chain: {name}: {one.wrong}", len(one.wrong) >= len(words) and all(
            word in said for word, said in zip(words, one.wrong)) and one.code() == 3)

    whole = checked(lines, kept)
    equal("chain: whole", (whole.for_people(), whole.code()), (
        ["9 lines of 1 chain, from 2026-01-02T03:00:01.000+00:00 to 2026-01-02T03:00:09.000+00:00: none is missing, and none was "
         "changed"], 0))
    equal("chain: what stands between", checked([*lines[:3], "denied demo: IN=", "", *lines[3:]], kept).wrong, [])
    rotated = checked(lines[4:], kept)
    equal("chain: rotated", (rotated.wrong, rotated.code(), rotated.notes), ([], 0, [
        "proxy-00000000 begins with line 5 (2026-01-02T03:00:05.000+00:00): what was written before is not kept any more"]))
    wrong("one is missing", lines[:3] + lines[4:], "a line is missing between line 3 and line 5 of proxy-00000000 (2026-")
    wrong("some are missing", lines[:3] + lines[6:], "3 lines are missing between line 3 and line 7")
    wrong("one was changed", [*lines[:3], lines[3].replace("03:00", "03:01"), *lines[4:]],
          "line 5 of proxy-00000000 (2026-01-02T03:00:05.000+00:00) was written behind another line than the one that stands there: "
          "line 4 was changed")
    wrong("a chain was changed", [*lines[:3], lines[3].replace(" 4 ", " 5 "), *lines[4:]], "a line is missing", "line 5")
    wrong("two changed places", [*lines[:3], lines[4], lines[3], *lines[5:]], "a line is missing",
          "line 4 of proxy-00000000 (2026-01-02T03:00:04.000+00:00) stands behind line 5: it is in the wrong place, or was changed")
    wrong("one is there twice", [*lines[:4], lines[3], *lines[4:]], "is there twice")
    wrong("one is torn", [*lines[:3], lines[3][:40], *lines[4:]], "a line (2026-01-02T03:00:04.000+00:00) is torn", "a line is missing")
    wrong("one has no chain", [*lines[:3], '{"time": "2026-01-02T03:00:04.000+00:00", "event": "decision"}', *lines[3:]],
          "a line (2026-01-02T03:00:04.000+00:00) has no chain, and stands behind lines that have one")
    wrong("the newest are missing", lines[:7], "the newest 2 lines are missing: the proxy has written line 9 of proxy-00000000, and "
          "the log ends with line 7")
    wrong("the newest is missing", lines[:8], "the newest line is missing: line 9 of proxy-00000000")
    wrong("the newest was changed", [*lines[:8], lines[8].replace("03:00", "03:01")], "line 9 of proxy-00000000 was changed: it is not")
    wrong("all are missing", [], "the proxy has written 9 lines of proxy-00000000, and the log has none of them")
    again, other = chained(3, first=4, before=hashlib.sha256(lines[2].encode()).hexdigest())
    again[0] = again[0].replace("03:00", "04:00")
    wrong("the power was lost", lines[:6] + again[:1], "was written behind line 3 once more: the proxy was killed, or the machine "
          "lost its power, and what it wrote behind line 6 may be missing", kept=b"")
    second = chained(2, "proxy-11111111")[0]
    wrong("the file was lost", lines + second, "the proxy begins another chain, proxy-11111111 (2026-01-02T03:00:01.000+00:00), after "
          "proxy-00000000: its file was lost", kept=b"")
    wrong("a beginning that is none", chained(2, before="1" * 64)[0], "line 1 of proxy-00000000 (2026-", kept=b"")
    ssh = [line for n in range(3) for line in chained(2, f"ssh-{n:08x}")[0]]
    equal("chain: a session's each", checked([*lines[:2], *ssh, *lines[2:]], kept).wrong, [])
    older = ['{"time": "t", "event": "ready"}'] * 2
    last = ['{"time": "t", "event": "fatal", "error": "e"}', '{"event": "diagnostic", "text": "t"}']
    equal("chain: older ones, and last words", checked([*older, *lines, *last], kept).for_people()[0],
          "2 older lines without a chain: nothing is known of them")
    equal("chain: nothing", (checked([]).for_people(), checked([]).code()), (["no line of the log has a chain"], 1))
    odd = ["{", "{}", "{\x1b[2J", '{"chain": 1}', "{" + "[" * 100000, '{"a": "' + "x" * 99999 + '"}', '{"time": "\\u001b", "event": []}',
           '{, "chain": "proxy-00000000 99999999999999999999 ' + "0" * 64 + '"}']
    for line in odd:
        check(f"chain: and of {line[:20]!r} words", all(one.isprintable() for one in checked([*lines, line], kept).for_people()))
    many = checked([*lines, *["{"] * 1000], kept)
    equal("chain: most is told", (len(many.wrong), many.for_people()[-2:]), (20, [
        "and 980 more", "9 lines of 1 chain, from 2026-01-02T03:00:01.000+00:00 to 2026-01-02T03:00:09.000+00:00: 1000 things wrong"]))
    gap = [lines[0], chained(1, first=1 << 62)[0][0]]
    wrong("a huge number", gap, "lines are missing", kept=b"")


def test_session_log():
    """What journald hears of a session."""
    import socket

    import session_log

    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journald:
        journald.bind(f"{name}/socket")
        one = session_log.SessionLog(types.SimpleNamespace(unit="agent-sandbox-demo.session-77", host=Recorded(), sandbox=BOX),
                        ["/usr/bin/claude\x1b", "--token=secret"])
        equal("session log: to the sandbox's journald", one.socket, "/run/systemd/journal.agent-sandbox-demo/socket")
        one.socket = f"{name}/socket"
        one.began()
        one.ended(130)
        said = [journald.recv(4096).decode() for _ in range(2)]
        equal("session log: fields", [one.partition("{")[0] for one in said], ["SYSLOG_IDENTIFIER=agent-sandbox\nPRIORITY=6\nMESSAGE="] * 2)
        lines = [one.partition("MESSAGE=")[2].rstrip("\n") for one in said]
        found = [json.loads(line) for line in lines]
        equal("session log: which program, and nothing behind it", [(one["session"], one["command"], one.get("code")) for one in found],
              [("77", "claude\x1b", None), ("77", "claude\x1b", 130)])
        equal("session log: a chain", (checked(lines).wrong, [line.isprintable() for line in lines]), ([], [True, True]))
        one.socket = f"{name}/nowhere"
        one.ended(1)
        equal("session log: without a journald it is not", one.number, 2)
    where = os.environ.pop("SUDO_UID", None)
    for number, wanted in (("0", "root"), ("4294967294", "4294967294"), ("x", pwd.getpwuid(os.getuid()).pw_name), ("9" * 30, None)):
        os.environ["SUDO_UID"] = number
        equal(f"session log: SUDO_UID {number[:12]}", session_log.operator(), wanted or pwd.getpwuid(os.getuid()).pw_name)
    os.environ.pop("SUDO_UID")
    if where is not None:
        os.environ["SUDO_UID"] = where


for name, test in list(globals().items()):
    if name.startswith("test_") and (len(sys.argv) < 2 or name[5:] in sys.argv[1:]):
        test()
print(f"{passed} passed, {failed} failed")
sys.exit(bool(failed))
