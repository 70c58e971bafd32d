"""What the host must have that is not ours, and where it is. TABLE 9: one row a program, so that all that is
missing is told at once, with the one command that installs it."""

import re
import shlex

import capture
import engine
import terminal
from places import elsewhere
from say import Usage, say

# program: (what for, its package for apt, dnf, pacman and zypper: one name where they agree)
LINUX = {
    "systemctl": ("units", "systemd"),
    "systemd-run": ("sessions", "systemd"),
    "systemd-analyze": ("checks of the units", "systemd"),
    "systemd-sysusers": ("users", "systemd"),
    "systemd-tmpfiles": ("folders", "systemd"),
    "git": ("the repository", "git"),
    "getent": ("users", ("libc-bin", "glibc-common", "glibc", "glibc")),
    "usermod": ("groups", ("passwd", "shadow-utils", "shadow", "shadow")),
    "gpasswd": ("groups", ("passwd", "shadow-utils", "shadow", "shadow")),
    "nft": ("the firewall", "nftables"),
    "ip": ("the sessions' network", ("iproute2", "iproute", "iproute2", "iproute2")),
    "ss": ("a look at what listens", ("iproute2", "iproute", "iproute2", "iproute2")),
    "unshare": ("the sessions' workspaces", "util-linux"),
    "setfacl": ("the workspaces' access lists", "acl"),
    "setpriv": ("verify", "util-linux"),
    "flock": ("verify", "util-linux"),
    "bash": ("verify", "bash"),
    "find": ("verify", "findutils"),
    "curl": ("verify", "curl"),
    "sudo": ("operators", "sudo"),
    "visudo": ("a check of the sudoers file", "sudo"),
    "mitmdump": ("the proxy", "mitmproxy"),
}
# What no sandbox needs, and most people's first one does.
FIRST = {
    "rg": ("the starter spec's packages", "ripgrep"),
    "npm": ("agents that npm has", "npm"),
    "dtach": ("sessions that outlive their terminal", "dtach"),
}
MANAGERS = {"apt-get": "apt install", "dnf": "dnf install", "pacman": "pacman -S", "zypper": "zypper install"}
# Where none of those is, but Nix: into the profile that is in our PATH. What the host itself is made of does not come
# from there: sudo is setuid, systemd is process 1, and users are the host's own.
NIX = "--extra-experimental-features 'nix-command flakes' profile install --profile /nix/var/nix/profiles/default"
FROM_NIX = ("acl", "bash", "curl", "dtach", "findutils", "git", "iproute2", "mitmproxy", "nftables", "npm", "ripgrep", "util-linux")
DARWIN = "dscl dseditgroup launchctl pfctl plutil visudo sudo sandbox-exec".split()


def missing(host, wanted="auto", taken=None):
    """{program: what for}; wanted: the spec's engine; taken: the one that is chosen already"""
    if host.system == "darwin":
        found = {name: "apply" for name in DARWIN if not host.have(name)}
        found.update({"git": "the repository"} if not host.find_tool("git") else {})
    else:
        found = {name: what for name, (what, _) in LINUX.items() if not host.have(name) and not elsewhere(name)}
    found.pop(engine.PROGRAMS["mitmproxy"], None)
    if not (taken or engine.choose(host, wanted)):
        found[engine.PROGRAMS["native" if wanted == "native" else "mitmproxy"]] = "the proxy"
    if "nft" in found and host.have("iptables-restore"):
        del found["nft"]
    return found


def how_to_install(host, names):
    """The one command, and what else there is to know. Lines; a command's begins with two blanks."""
    own = [name for name in names if name == engine.PROGRAMS["native"]]
    return from_packages(host, names) + [f"{name} comes with agent-sandbox: 'make install' puts it into /usr/local/bin" for name in own]


def from_packages(host, names):
    if host.system == "darwin":
        brew = ["brew bundle installs it: see darwin/Brewfile in the sandbox's repository"] * (engine.PROGRAMS["mitmproxy"] in names)
        return brew + ["  xcode-select --install"] * ("git" in names)
    manager = next((name for name in MANAGERS if host.have(name)), None)
    if not manager:
        return how_with_nix(host.have("nix"), names)
    column, before, after = list(MANAGERS).index(manager), ["install them:"], []
    packages = {(package if isinstance(package, str) else package[column])
                for name, (_, package) in {**LINUX, **FIRST}.items() if name in names}
    if manager == "apt-get" and "mitmproxy" in packages and not has_candidate(host, "mitmproxy"):
        mirror = mirror_of_debian(host)
        if mirror:
            before = testing(mirror)
        else:
            packages.discard("mitmproxy")
            after = ["this release has no package of mitmproxy. It is found in /opt/mitmproxy, where the archive of mitmproxy.org",
                     "unpacks; in /usr/local/bin, where 'pipx install --global mitmproxy' puts it; and in root's profile of Nix."]
    if packages:
        after = [*before, f"  sudo {MANAGERS[manager]} {' '.join(sorted(packages))}", *after]
    return after


def testing(mirror):
    """How one package of Debian's testing comes to an older Debian, and nothing else of it does: what has a priority
    below 500 is taken where the release has none (apt_preferences(5))."""
    pin = r"Package: *\nPin: release a=testing\nPin-Priority: 100\n"
    return ["this release has no package of mitmproxy; testing's works, and nothing else will come from there:",
            f"  echo {shlex.quote(f'deb {mirror} testing main')} | sudo tee /etc/apt/sources.list.d/testing.list",
            f"  printf '{pin}' | sudo tee /etc/apt/preferences.d/testing",
            "  sudo apt update"]


def mirror_of_debian(host):
    """The archive that this Debian's packages come from (apt-get(8), indextargets); None elsewhere."""
    release = dict(re.findall(r'(?m)^(ID|VERSION_CODENAME)="?([a-z]+)"?$', (host.read("/etc/os-release") or b"").decode()))
    told = host.text("apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages") or ""
    found = dict(reversed([line.split(" ", 1) for line in told.splitlines()]))
    return found.get(release.get("VERSION_CODENAME")) if release.get("ID") == "debian" else None


def how_with_nix(nix, names):
    """Lines. Its attributes have the names of apt's packages, but for npm's."""
    packages = {name: row[1] if isinstance(row[1], str) else row[1][0] for name, row in {**LINUX, **FIRST}.items()
                if name in names}
    from_nix = {f"nixpkgs#{'nodejs' if package == 'npm' else package}" for package in packages.values() if package in FROM_NIX}
    others = [name for name, package in packages.items() if package not in FROM_NIX]
    lines = ["install them:", f"  sudo {nix} {NIX} {' '.join(sorted(from_nix))}"] if nix and from_nix else []
    if nix and others:
        lines.append(f"not from Nix, but this host's own: {' '.join(others)}")
    return lines


def has_candidate(host, package):
    """apt-cache(8), policy. Without any lists nobody knows, and apt says so itself."""
    said = host.text("apt-cache", "policy", package, "apt") or ""
    return "Candidate: " not in said or re.search(rf"^{package}:\n.*\n  Candidate: [^(]", said, re.M) is not None


def doctor(host, arguments, wanted="auto", taken=(None, None)):
    """The verb: 1 where something is missing. taken: what the proxy is where Nix's modules apply: engine, program."""
    if arguments:
        raise Usage("doctor takes no arguments")
    chosen, program = taken
    found, loose = missing(host, wanted, chosen), "" if chosen else engine.loose(host, wanted)
    first = {name: what for name, (what, _) in FIRST.items() if host.system == "linux" and not host.have(name)}
    for name, what in {**found, **first}.items():
        say(f"{'missing' if name in found else 'wanted':<8} {name:<17} {what}")
    for line in how_to_install(host, {**found, **first}):
        say(line)
    if not chosen:
        chosen = engine.choose(host, wanted)
        program = chosen and engine.place(host, chosen)
    if chosen:
        say(f"proxy    {chosen:<17} {program}")
    if host.system == "linux" and not taken[0] and not capture.program(host):
        say(f"wanted   {engine.PROGRAMS['native']:<17} capture: without it programs that know no proxy have no network")
    if terminal.missing():
        say(f"wanted   {terminal.PROGRAM:<17} sessions at a terminal: {terminal.missing()}")
    if loose:
        say(f"{'unsafe' if host.system == 'linux' else 'note':<8} {loose}")
    if found or loose and host.system == "linux":
        return 1
    say("nothing is missing on this host" if not first else "nothing that apply needs is missing on this host")
    return 0
