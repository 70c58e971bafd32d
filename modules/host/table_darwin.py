"""TABLE 8 on macOS: the managed objects of a sandbox, in the order in which apply makes them; remove goes
through it in reverse. No Mac is in our tests."""

from kinds import command, darwin, darwin_account, dotfiles, file, generation, grant, login, managed, needs, port, secret, told
from kinds import tools
from rows import Row, commands, commits, disks, grant_files, login_keys, managed_files, markers, one, ports, told_files


def darwin_users(box, _):
    for name, uid, home, shell, what in ((box.agent, box.agent_uid, box.home, f"/bin/{box.shell}", "agent"),
                                         (box.proxy, box.proxy_uid, "/var/empty", "/usr/bin/false", "proxy")):
        yield name, {"Password": "*", "IsHidden": "1", "UserShell": shell, "NFSHomeDirectory": home,
                     "RealName": f"{what} of sandbox {box.name}", "PrimaryGroupID": str(uid), "UniqueID": str(uid)}


def darwin_groups(box, _):
    for name, gid in ((box.agent, box.agent_uid), (box.proxy, box.proxy_uid), (box.share, box.share_gid)):
        yield name, {"Password": "*", "PrimaryGroupID": str(gid)}


def members(box, _):
    for name in (box.agent, *box.operators):
        yield name, box.share


def darwin_folders(box, change):
    yield box.home, ("0700", box.agent_uid, box.agent_uid)
    typed = f"/etc/agent-sandbox/{box.name}"
    if not change.managed_by_nix and any(path.startswith(f"{typed}/") for path in box.credentials_of("file")):
        yield typed, ("0700", 0, 0)
    yield f"{box.state}/proxy", ("0700", box.proxy_uid, box.proxy_uid)
    yield box.secrets, ("0750", 0, box.proxy_uid)
    yield box.run, ("0755", box.proxy_uid, box.proxy_uid)
    for path in box.writable:
        yield path, ("0770", 0, box.share_gid)
    for path in box.readonly:
        yield path, ("0755", 0, 0)


def darwin_lists(box, _):
    for path in box.writable:
        yield path, None


def darwin_files(box, change):
    if change.managed_by_nix:
        return
    for label in box.labels:
        yield f"{darwin.DAEMONS}/{label}.plist", ("0644", f"darwin/launchd/{label}.plist")
    yield f"/etc/sudoers.d/{box.prefix}", ("0440", f"darwin/sudoers.d/{box.prefix}")


def darwin_secrets(box, _):
    for kind in ("file", "keychain"):
        for name in box.credentials_of(kind):
            yield name, kind


def copies(box, _):
    given = {credential: path for path, (credential, _) in commands(box, None)}
    yield box.secrets, [f"{name}=file:{given[name]}" if kind == "command" else f"{name}={kind}:{rest}"
                        for name, kind, rest in box.credentials if kind != "systemd"] + [
                            f"login-key=file:{path}" for path, _ in login_keys(box, None)]


def jobs(box, _):
    for label in box.labels:
        yield label, label.endswith(".egress")


def darwin_tools(box, change):
    packages = box.data["packages"]
    brew = packages["homebrew"]["formulae"], packages["homebrew"]["casks"]
    yield (f"brew bundle install --file={change.path('darwin/Brewfile')}",
           [*brew[0], *brew[1]] if brew[0] or brew[1] else packages["nix"])


TABLE = (
    Row(needs.Needs, one("darwin")),
    Row(port.Port, ports),
    Row(generation.StateFolder, one("state")),
    Row(darwin_account.Group, darwin_groups),
    Row(darwin_account.User, darwin_users, after=(darwin_account.Group,)),
    Row(darwin_account.Member, members, after=(darwin_account.User,)),
    Row(secret.Secret, darwin_secrets),
    Row(command.Given, commands),
    Row(login.Key, login_keys),
    Row(darwin.Folder, darwin_folders, after=(darwin_account.User,)),
    Row(darwin.AccessList, darwin_lists, after=(darwin.Folder, darwin_account.Member)),
    # Before anything of theirs can run.
    Row(darwin.Anchor, one("anchor"), after=(darwin_account.User,)),
    Row(darwin.Profile, lambda box, _: [(f"darwin/seatbelt/{box.prefix}.sb", None)]),
    Row(file.File, darwin_files, after=(darwin.Anchor,)),
    Row(generation.Generation, commits, after=(file.File,)),
    Row(generation.Marker, markers),
    Row(grant.Grants, grant_files, after=(darwin_account.User,)),
    Row(told.Told, told_files, after=(generation.Generation,)),
    Row(darwin.Copies, copies, after=(generation.Generation, darwin.Folder)),
    Row(darwin.Processes, one("agent")),
    Row(darwin.Job, jobs, after=(darwin.Copies, darwin.Anchor)),
    Row(darwin.Listener, lambda box, _: [(f"{box.state}/proxy/egress.log", None)], after=(darwin.Job,)),
    Row(managed.Managed, managed_files, after=(generation.Generation,)),
    Row(dotfiles.Dotfiles, one("agent"), after=(darwin.Listener,)),
    Row(tools.Tools, darwin_tools),
    Row(tools.Disk, disks),
)
