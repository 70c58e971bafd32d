"""What a spec says about packets, without a look at the rules: which may leave, and which must not. And the packets that
are asked about: what the spec opens, all around it, and what programs and attackers try.
"""

import ipaddress
import json
from urllib.parse import urlsplit

from pf_evaluate import Packet

MDNS = {4: "224.0.0.251", 6: "ff02::fb"}
# The machine's own, to come from.
OWN = {4: "192.168.1.20", 6: "2a00:1:2::20"}
LOOPBACK = {4: "127.0.0.1", 6: "::1"}
PUBLIC = ("1.1.1.1", "140.82.112.4", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e")
# One of each: RFC 6890 and its like.
CLOSED = ("0.0.0.1", "10.0.0.1", "10.255.255.254", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",
          "172.31.255.254", "192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
          "224.0.0.251", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::1", "::7f00:1", "::ffff:10.0.0.1",
          "::ffff:1.1.1.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::1", "3fff::1",
          "fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::fb", "ff05::2")
PORTS = (1, 22, 25, 53, 80, 123, 443, 445, 631, 853, 1900, 3128, 5000, 5353, 5432, 6379, 7000, 8080, 49152, 65535)
SOMEBODY = 501


class Meaning:
    """Of a resolved spec. Users and the proxy's port follow from user.uid (gen/plan/plan.h)."""

    def __init__(self, spec):
        self.name, self.agent = spec["name"], spec["user"]["uid"]
        self.proxy, self.port = self.agent + 1, 20000 + self.agent // 2 % 10000
        network = spec.get("network", {})
        self.local = {*network.get("local_ports", []), *network.get("publish", [])}
        self.publish = set(network.get("publish", []))
        self.cidrs = [(one.get("protocol", "tcp"), ipaddress.ip_network(one["cidr"]), set(one["ports"]))
                      for one in network.get("cidrs", [])]
        # What the kernel gives out when a server asks for any port (net.inet.ip.portrange).
        self.free = range(49152, 65536) if "ephemeral-ports" in json.dumps(spec.get("relax", [])) else ()
        self.audit = network.get("enforcement") == "audit"
        self.ports, self.opened = set(), []  # where the proxy goes: everywhere, and to addresses that are not public
        for rule in network.get("rules", []):
            self.opens(rule.get("ports", [443]), rule.get("addresses", []))
        for server in network.get("mcp", []):
            url = urlsplit(server["url"])
            self.opens([url.port or {"https": 443, "http": 80}[url.scheme]], server.get("addresses", []))
        for host in spec.get("ssh", {}).get("hosts", []):
            self.opens([host.get("port", 22)], [])
        if "upstream" in network:
            url = urlsplit(network["upstream"]["proxy"])
            self.opens([url.port], network["upstream"].get("addresses", []))

    def opens(self, ports, addresses):
        self.ports.update(ports)
        self.opened += [(ipaddress.ip_network(one), set(ports)) for one in addresses]

    # -- the verdicts --

    def says(self, packet):
        """pass, block, or None: nothing, because it is another user's and does not touch the sandbox."""
        if packet.user == self.agent:
            return "pass" if self.agent_may(packet) else "block"
        if packet.user == self.proxy:
            return "pass" if self.proxy_may(packet) else "block"
        begins = packet.proto == "tcp" and "S" in packet.flags and "A" not in packet.flags
        if begins and (packet.on, str(packet.target), packet.dport) == ("lo0", LOOPBACK[4], self.port) and packet.user != 0:
            return "block"
        return None

    def to_proxy(self, packet):
        return (packet.proto, packet.on, str(packet.target), packet.dport) == ("tcp", "lo0", LOOPBACK[4], self.port)

    def agent_may(self, packet):
        if self.to_proxy(packet):
            return True
        if packet.proto == "tcp" and packet.on == "lo0":
            if str(packet.target) in LOOPBACK.values() and (packet.dport in self.local or packet.dport in self.free):
                return True
            if (packet.sport in self.publish or packet.sport in self.free) and "A" in packet.flags:
                return True  # an answer of a server of its own
        return any(packet.proto == proto and packet.target in network and packet.dport in ports
                   for proto, network, ports in self.cidrs)

    def proxy_may(self, packet):
        if packet.proto != "tcp":
            return False
        if packet.on == "lo0" and (str(packet.source), packet.sport) == (LOOPBACK[4], self.port) and "A" in packet.flags:
            return True  # an answer to a client
        if self.to_proxy(packet):
            return True
        if any(packet.target in network and packet.dport in ports for network, ports in self.opened):
            return True
        return is_public(packet.target) and (self.audit or packet.dport in self.ports)


def is_public(address):
    return address.is_global and not address.is_multicast and address not in map(ipaddress.ip_address, CLOSED)


def expected(meanings, packet):
    """Of all the sandboxes of one Mac, and of what is everybody's: who shares UDP's port 5353 says multicast DNS there and
    nothing else, because the kernel cannot tell whose packet it is."""
    said = [one for one in (meaning.says(packet) for meaning in meanings) if one]
    if said:
        return "block" if "block" in said else "pass"
    if packet.proto == "udp" and packet.sport == 5353:
        return "pass" if (str(packet.target), packet.dport) == (MDNS[packet.target.version], 5353) else "block"
    return "pass"


# -- the packets --


def packets(meanings):
    """Each packet once."""
    seen = set()
    for one in meanings:
        others = [other for other in meanings if other is not one]
        for packet in of_one(one, others):
            if str(packet) not in seen:
                seen.add(str(packet))
                yield packet


def of_one(meaning, others):
    users = (meaning.agent, meaning.proxy, 0, SOMEBODY, None, *(other.agent for other in others), *(other.proxy for other in others))
    ports = {*meaning.ports, *meaning.local, meaning.port, *(other.port for other in others), 22, 443, 3000, 8443, 49151, 49152, 65535}
    for user in users:
        for target in (*LOOPBACK.values(), "127.0.0.2"):
            for port in ports:
                yield from tcp(user, target, port)
            yield Packet(user, "udp", LOOPBACK[ipaddress.ip_address(target).version], 40000, target, meaning.port)
        # Its own other address is on lo0, too.
        yield Packet(user, "tcp", OWN[4], 40000, OWN[4], meaning.port, "S", "lo0")
        yield Packet(user, "tcp", OWN[4], 40000, OWN[4], 22, "S", "lo0")
        for version, target in MDNS.items():
            for sport, port in ((5353, 5353), (5353, 53), (40000, 5353)):
                yield Packet(user, "udp", OWN[version], sport, target, port)
        yield Packet(user, "udp", OWN[4], 5353, "1.1.1.1", 53)
        yield Packet(user, "udp", OWN[6], 5353, PUBLIC[2], 5353)
        yield Packet(user, "tcp", OWN[4], 5353, "1.1.1.1", 5353, "S")
        yield from answers(user, meaning)
    for user in (meaning.agent, meaning.proxy, SOMEBODY):
        for target in (*PUBLIC, *CLOSED):
            for port in {443, 80, 53, *sorted(meaning.ports)[:4]}:
                yield from tcp(user, target, port, "S")
                yield udp(user, target, port)
        for port in (*PORTS, *meaning.ports):
            yield from tcp(user, PUBLIC[0], port, "S")
            yield from tcp(user, PUBLIC[2], port, "S")
            yield udp(user, PUBLIC[0], port)
    yield from around(meaning)


def tcp(user, target, port, *flags):
    source = ipaddress.ip_address(target)
    own = LOOPBACK[source.version] if source.is_loopback else OWN[source.version]
    for one in flags or ("S", "A", "R"):
        yield Packet(user, "tcp", own, 40000, target, port, one)


def udp(user, target, port, sport=40000):
    address = ipaddress.ip_address(target)
    return Packet(user, "udp", LOOPBACK[address.version] if address.is_loopback else OWN[address.version], sport, target, port)


def answers(user, meaning):
    """From ports that somebody listens on: the proxy's, published ones, others; on lo0 and elsewhere."""
    for sport in {meaning.port, *meaning.publish, *meaning.local, 3001, 49151, 49152, 65535}:
        for flags in ("SA", "A", "FA", "S", "R"):
            for address in LOOPBACK.values():
                yield Packet(user, "tcp", address, sport, address, 40000, flags)
            yield Packet(user, "tcp", OWN[4], sport, "192.168.1.77", 40000, flags)
        yield Packet(user, "udp", LOOPBACK[4], sport, LOOPBACK[4], 40000)


def around(meaning):
    """Each range that is opened: its ends and what is just beside them; its ports and those beside them; as another user,
    by the other protocol, and from port 5353."""
    ranges = [(meaning.agent, proto, network, ports) for proto, network, ports in meaning.cidrs]
    ranges += [(meaning.proxy, "tcp", network, ports) for network, ports in meaning.opened]
    for user, proto, network, ports in ranges:
        first, last = int(network.network_address), int(network.broadcast_address)
        for number in (first, first + 1, last, first - 1, last + 1):
            if not 0 <= number < 2 ** network.max_prefixlen:
                continue
            target = str(type(network.network_address)(number))
            for port in sorted({*ports, *(port + 1 for port in ports), *(port - 1 for port in ports if port > 1), 443, 22}):
                for who in {user, meaning.agent, meaning.proxy, SOMEBODY}:
                    yield from tcp(who, target, port)
                    yield udp(who, target, port)
                yield udp(user, target, port, 5353)
