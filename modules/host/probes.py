"""The probes of probes/: as one script for a shell, and the rows that they report."""

import ipaddress
import re
import shlex

INSIDE = ("network", "proxy", "sockets", "privileges", "files", "processes")
ALL = (*INSIDE, "filter", "wall", "host")
RESULTS = ("held", "BROKEN", "UNKNOWN", "relaxed")
# What the probes know: of the sandbox (settings), and of this host (verify.py).
NAMES = ("PREFIX AGENT AGENT_UID AGENT_HOME PROXY PROXY_UID RELAY SHARE SHARE_GID PROXY_PORT RELAY_PORT STATE SECRETS RUN "
         "LAN_FOUR LAN_SIX OPENED "
         "NETNS VETH_AGENT ANCHOR NAMED OTHER_PORT HOST_ADDRESSES ENFORCEMENT WORKSPACES_RW WORKSPACES_RO LOCAL_PORTS PUBLISH CAPTURE MUST_REFUSE RELAX CREDENTIAL_FILES HIDDEN_FILES PROTECTED_FILES").split()

# A blank may stand in them, so they are lines; other lists are words.
PATHS = ("WORKSPACES_RW", "PROJECTS", "WORKSPACES_RO", "CREDENTIAL_FILES", "MUST_REFUSE", "HIDDEN_FILES", "PROTECTED_FILES")


class Found:
    """probe, result, guarantee, seen: texts, printable"""

    def __init__(self, probe, result, guarantee, seen=""):
        self.probe, self.result, self.guarantee, self.seen = probe, result, guarantee, seen

    def holds(self):
        return self.result in ("held", "relaxed")

    def line(self):
        return f"{self.result:<8} {self.probe:<18} {self.guarantee}" + (f" [{self.seen}]" if self.seen else "")


def joined(values):
    """Lists as the probes take them apart."""
    return {key: ("\n" if key in PATHS else " ").join(map(str, value)) if isinstance(value, list) else value
            for key, value in values.items()}


def closed_one(box, candidates):
    """The first of these addresses to which the proxy does not go."""
    for one in candidates:
        if not any(ipaddress.ip_address(one) in block for block, _ in box.opened):
            return one
    return ""


def other_port(box):
    """An address to which the proxy goes, and a port on which it does not: as two words."""
    for block, _ in box.opened:
        ports = {port for other, ports in box.opened if other.overlaps(block) for port in ports}
        for port in (22, 9, 7):
            if port not in ports:
                return f"{block[min(1, block.num_addresses - 1)]} {port}"
    return ""


def roots_of_projects(box):
    if not getattr(box, "projects", None):
        return []
    import projects

    return projects.all_roots(box)


def settings(box):
    """What the probes know of the sandbox, by the names that they have for it."""
    return joined({
        "PREFIX": box.prefix, "AGENT": box.agent, "AGENT_UID": box.agent_uid, "AGENT_HOME": box.home,
        "PROXY": box.proxy, "PROXY_UID": box.proxy_uid, "RELAY": box.relay, "SHARE": box.share,
        "SHARE_GID": box.share_gid, "PROXY_PORT": box.proxy_port, "RELAY_PORT": box.relay_port, "STATE": box.state,
        "SECRETS": box.secrets, "RUN": box.run, "NETNS": getattr(box, "namespace", ""),
        "VETH_AGENT": (getattr(box, "veth", None) or ("", ""))[1], "ENFORCEMENT": box.enforcement,
        "WORKSPACES_RW": box.writable, "WORKSPACES_RO": box.readonly, "LOCAL_PORTS": box.local_ports,
        "PROJECTS": roots_of_projects(box),
        "LAN_FOUR": closed_one(box, ("192.168.1.1", "10.0.0.1", "172.17.0.1", "100.64.0.1", "203.0.113.1")),
        "LAN_SIX": closed_one(box, ("fd00::1", "fc00::1", "2001:db8::1")), "OPENED": other_port(box),
        "PUBLISH": box.publish, "CAPTURE": "yes" if box.captures else "", "MUST_REFUSE": box.must_refuse, "RELAX": box.relax, "CREDENTIAL_FILES": box.credentials_of("file"),
    })


def script(folder, system, values, groups, listed=False):
    """Settings, tools and tables, as one script for a shell's input. The groups run side by side, because most of a
    probe is waiting; a list has an order."""
    lines = [f"LIST={shlex.quote('listed' if listed else '')}", f"SYSTEM={shlex.quote(system)}"]
    lines += [f"{key}={shlex.quote(str(value))}" for key, value in values.items()]
    parts = ["\n".join(lines) + "\n"]
    for name in ("lib", "by_hand"):
        parts.append(read(f"{folder}/{name}.sh"))
    for group in groups:
        parts.append("{\n" + read(f"{folder}/{group}.sh") + ("}\n" if listed else "} &\n"))
    return ("".join(parts) + "wait\n").encode("utf-8", "surrogateescape")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def parse(printed):
    """The rows in it; what else is there is the agent's."""
    found = {}
    for line in printed.decode("ascii", "replace").splitlines():
        fields = line.split("\t")
        if len(fields) == 4 and fields[1] in (*RESULTS, "listed") and fields[0] not in found:
            # It is shown on the terminal of root.
            found[fields[0]] = Found(fields[0], fields[1], fields[2], re.sub("[^ -~]", "?", fields[3]))
    return found


def listing(host, folder, values, groups):
    """Every row that belongs to this system."""
    printed = host.bytes("sh", "-s", data=script(folder, host.system, values, groups, listed=True)) or b""
    return parse(printed)
