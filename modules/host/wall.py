"""What root tells the probes of the wall (probes/wall.sh): what of their attempts the spec itself opens, and where else to try."""

import ipaddress
import json
import re
import socket

ATTEMPT = re.compile(r"^row .* wall (tcp|udp) ([0-9a-f.:]+) ([0-9]+)$", re.M)


def facts(box, folder):
    addresses = own_addresses()
    with open(f"{folder}/wall.sh", encoding="utf-8") as file:
        tried = [(kind, address, int(port)) for kind, address, port in ATTEMPT.findall(file.read())]
    tried += [("tcp", address, port) for address in addresses for port in (22, box.proxy_port)]
    return {"ANCHOR": box.anchor, "HOST_ADDRESSES": " ".join(addresses), "OTHER_PORT": str(other_port(box)),
            "NAMED": " ".join(f"{kind}/{address}/{port}" for kind, address, port in tried if opens(box, kind, address, port))}


def opens(box, kind, address, port):
    """Whether the agent itself may go there."""
    address = ipaddress.ip_address(address)
    address = getattr(address, "ipv4_mapped", None) or address
    if kind == "tcp" and str(address) in ("127.0.0.1", "::1") and port in (*box.local_ports, *box.publish):
        return True
    return any(one["protocol"] == kind and port in one["ports"] and address in ipaddress.ip_network(one["cidr"])
               for one in box.cidrs)


def own_addresses():
    """Those that the host would be known by; nothing is sent for that."""
    found = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as one:
                one.connect((far, 9))
                found.append(one.getsockname()[0])
        except OSError:
            continue
    return [one for one in found if not ipaddress.ip_address(one).is_loopback]


def other_port(box):
    """One that the proxy goes to for nobody: it stands nowhere in its policy."""
    with open(f"{box.tree}/proxy/policy.json", encoding="utf-8") as file:
        named = set(numbers(json.load(file)))
    return next(port for port in (9, 7, 13, 19, *range(1, 1024)) if port not in named)


def numbers(value):
    """All that are in it."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, int):
        yield value
