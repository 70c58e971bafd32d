"""TABLE 8 on Linux: the managed objects of a sandbox, in the order in which apply makes them; remove goes
through it in reverse."""

import shlex

import engine
import project_state
from kinds import access_list, account, command, deny_list, dotfiles, file, folder, generation, grant, journal, login, managed, namespace
from kinds import needs, policy, port, process, project, rules, secret, sessions, sub_ids, told, tools, unit
from rows import Row, accounts, commands, commits, disks, grant_files, login_keys, managed_files, markers, one, ports, told_files


def linux_users(box, _):
    yield box.agent, (box.agent_uid, box.home, [box.share])
    yield box.proxy, (box.proxy_uid, None, [])
    yield box.relay, (None, None, [])


def linux_groups(box, _):
    yield box.share, (box.share_gid, [box.agent, *box.operators])


def sub_ids_files(box, _):
    for path in ("/etc/subuid", "/etc/subgid"):
        yield path, [box.agent, box.proxy, box.relay]


def tmpfiles(kinds):
    """The lines of tmpfiles.d(5) of these kinds: their path, and what they say."""
    def objects(sandbox, change):
        for line in (change.host.read(change.path(folder.tmpfiles(sandbox))) or b"").decode().splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in kinds:
                yield words[1], (tuple(words[2:5]) if words[0] == "d" else words[-1].split(","))
    return objects


def linux_files(box, change):
    if change.managed_by_nix:
        return
    prefix = box.prefix
    yield f"/etc/sysusers.d/{prefix}.conf", ("0644", f"linux/sysusers.d/{prefix}.conf")
    yield f"/etc/tmpfiles.d/{prefix}.conf", ("0644", f"linux/tmpfiles.d/{prefix}.conf")
    yield f"/etc/systemd/journald@{prefix}.conf", ("0644", f"linux/journald/{prefix}.conf")
    for name in box.units:
        yield f"{unit.FOLDER}/{name}", ("0644", *engine.sources(change, name))
    if rules.which(change) == "iptables":
        yield rules.drop_in(box), ("0644", f"linux/systemd/{prefix}-iptables.conf")
    yield f"/etc/sudoers.d/{prefix}", ("0440", f"linux/sudoers.d/{prefix}")


def units(box, _):
    for name in box.units:
        if name != f"{box.prefix}-egress.service":
            yield name, name in box.start


def proxy_unit(box, _):
    yield f"{box.prefix}-egress.service", True


def settings(box, _):
    if box.cidrs:
        yield "net.ipv4.ip_forward", "1"


def linux_secrets(box, _):
    for path in box.credentials_of("file"):
        yield path, "file"
    for name in box.credentials_of("systemd"):
        yield f"/etc/credstore.encrypted/{name}", "systemd"


def used_projects(box, _):
    if box.projects:
        for place, about in project_state.all_of(box, None):
            yield about["path"], (place, f"{place}/home")


def linux_tools(box, _):
    yield "install it where everybody finds it, such as /usr/local/bin", box.data["packages"]["nix"]


TABLE = (
    Row(needs.Needs, one("linux")),
    Row(port.Port, ports),
    Row(generation.StateFolder, one("state")),
    # Rules name users.
    Row(account.User, linux_users),
    Row(account.Group, linux_groups, after=(account.User,)),
    # Before anything of theirs can run.
    Row(rules.Rules, one("table"), after=(account.User,)),
    Row(sub_ids.SubIds, sub_ids_files, after=(account.User,)),
    Row(secret.Secret, linux_secrets),
    Row(command.Given, commands),
    Row(login.Key, login_keys),
    Row(folder.Folder, tmpfiles({"d"}), after=(account.User, account.Group)),
    Row(access_list.AccessList, tmpfiles({"a+"}), after=(folder.Folder,)),
    Row(deny_list.DenyList, tmpfiles({"f"}), after=(account.User,)),
    Row(file.File, linux_files, after=(account.User, rules.Rules)),
    # The moment of change: the units read through it.
    Row(generation.Generation, commits, after=(file.File, rules.Rules)),
    Row(generation.Marker, markers),
    Row(grant.Grants, grant_files, after=(account.User, folder.Folder)),
    Row(told.Told, told_files, after=(generation.Generation,)),
    Row(journal.Journal, one("prefix")),
    Row(process.Process, accounts),
    Row(namespace.Namespace, one("namespace"), after=(generation.Generation, file.File)),
    Row(namespace.Setting, settings, after=(namespace.Namespace,)),
    Row(unit.Unit, units, after=(namespace.Namespace,)),
    Row(unit.ProxyUnit, proxy_unit, after=(unit.Unit, secret.Secret)),
    Row(policy.Policy, lambda box, _: [(f"{box.prefix}-egress.service", None)], after=(unit.ProxyUnit,)),
    Row(sessions.Sessions, one("drop-ins"), after=(unit.ProxyUnit,)),
    Row(project.Project, used_projects, after=(account.User,)),
    Row(managed.Managed, managed_files, after=(generation.Generation,)),
    # By the agent itself, inside.
    Row(dotfiles.Dotfiles, one("agent"), after=(policy.Policy, sessions.Sessions)),
    Row(tools.Tools, linux_tools),
    Row(tools.Disk, disks),
)


