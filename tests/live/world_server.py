"""The servers of the world around a throw-away machine; see the script world beside this file.

    world_server.py FOLDER NAME[=SITE]...

A name with a site of sites.py is that site, any other answers with what was asked. In FOLDER it writes the CA (world-ca.pem), then a line of JSON for each request that a web server
saw (requests), each connection that bait took (bait), each name that was asked for (names), and
each packet that came out of the machine (packets).
"""

from __future__ import annotations

import json
import pathlib
import socket
import ssl
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "proxy"))

import identities  # noqa: E402, F401
import models  # noqa: E402, F401
import sites  # noqa: E402
import world  # noqa: E402

GOOD, ATTACKER, DNS = "11.1.1.1", "11.1.1.2", "11.1.1.53"
GOOD_V6 = "2a00:77::1"
BAIT = [("192.168.77.1", port) for port in (22, 53, 80, 443)]
BAIT += [("fd77::1", 443), ("169.254.169.254", 80), ("10.1.2.3", 22), ("10.1.3.3", 5432)]
DATABASE = ("10.1.2.3", 5432)


class Log(list):
    """A list that is also a file, so that another process can read it. Thread-safe by one write
    per line; records of the web servers are written when the next one comes or at a look."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self.file = path.open("a", buffering=1, encoding="ascii")

    def append(self, record) -> None:
        super().append(record)
        self.file.write(json.dumps(record, default=as_text) + "\n")


def as_text(value) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class WebServer(world.Server):
    """Writes each request down when it has been answered, with its body."""

    def __init__(self, address: str, tls: ssl.SSLContext | None, port: int, log: Log,
                 played: dict[str, sites.Site]) -> None:
        self.address, self.log, self.played = address, log, played
        if ":" in address:
            original = socket.create_server
            socket.create_server = lambda place, backlog: original(
                place, family=socket.AF_INET6, backlog=backlog)
        try:
            super().__init__(address, tls, port)
        finally:
            if ":" in address:
                socket.create_server = original

    def handler(self, path: bytes, lower: dict[bytes, bytes]):
        host = lower.get(b"host", b"").decode("latin-1").partition(":")[0]
        return self.played.get(host) or super().handler(path, lower)

    def _one(self, connection, reader) -> bool:
        before = len(self.requests)
        again = super()._one(connection, reader)
        for record in self.requests[before:]:
            self.log.append({"server": self.address, "port": self.port, **record})
        return again


def serve_bait(place: tuple[str, int], log: Log, answer: bytes = b"") -> None:
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    listener = socket.create_server(place, family=family)
    while True:
        connection, peer = listener.accept()
        log.append({"bait": place, "from": peer[:2]})
        with connection:
            if answer:
                connection.sendall(answer)


def serve_names(log: Log, zone: pathlib.Path) -> None:
    """A records and AAAA records of zone.json: {"name": ["address", ...]}; a name below one of
    the file's has no other answer than its own."""
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    channel.bind((DNS, 53))
    while True:
        query, peer = channel.recvfrom(2048)
        name, kind, end = question(query)
        log.append({"name": name, "kind": kind, "from": peer[0]})
        known = json.loads(zone.read_text()).get(name)
        answers = [a for a in known or () if (kind == 28) == (":" in a) and kind in (1, 28)]
        flags = 0x8180 if known is not None else 0x8183
        reply = query[:2] + struct.pack(">HHHHH", flags, 1, len(answers), 0, 0) + query[12:end]
        for address in answers:
            packed = socket.inet_pton(socket.AF_INET6 if kind == 28 else socket.AF_INET, address)
            reply += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(packed)) + packed
        channel.sendto(reply, peer)


def question(query: bytes) -> tuple[str, int, int]:
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5


def watch_packets(log: Log) -> None:
    """Every IP packet that the machine sent, told from ours by who sent it (packet(7))."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    while True:
        data, (_, protocol, kind, *_) = wire.recvfrom(256)
        if kind == socket.PACKET_OUTGOING or protocol not in (0x0800, 0x86DD):
            continue
        log.append(packet(data, protocol))


def packet(data: bytes, protocol: int) -> dict:
    if protocol == 0x0800:
        number, head = data[9], (data[0] & 15) * 4
        source, target = (socket.inet_ntop(socket.AF_INET, data[at:at + 4]) for at in (12, 16))
    else:
        number, head = data[6], 40
        source, target = (socket.inet_ntop(socket.AF_INET6, data[at:at + 16]) for at in (8, 24))
    ports = struct.unpack(">HH", data[head:head + 4]) if number in (6, 17) else (0, 0)
    return {"protocol": number, "from": source, "to": target, "port": ports[1],
            "reset": number == 6 and bool(data[head + 13] & 4), "t": time.time()}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    asked = [word.partition("=") for word in sys.argv[2:]]
    names = [name for name, _, _ in asked]
    played = sites.make({name: site for name, _, site in asked if site}, folder)
    ca, leaf, key = world.make_certificates(folder, names + ["www.attacker.test"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf, key)
    context.sni_callback = lambda sock, name, ctx: setattr(sock, "server_name", name)
    zone = {name: [GOOD] for name in names if not name.startswith("*.")}
    zone["www.attacker.test"] = [ATTACKER]
    (folder / "zone.json").write_text(json.dumps(zone))
    logs = {name: Log(folder / name) for name in ("requests", "bait", "names", "packets")}
    for address in (GOOD, GOOD_V6, ATTACKER):
        WebServer(address, context, 443, logs["requests"], played)
        WebServer(address, None, 80, logs["requests"], played)
    tasks = [(serve_bait, (place, logs["bait"])) for place in BAIT]
    tasks.append((serve_bait, (DATABASE, logs["bait"], b"the database\n")))
    tasks += [(serve_names, (logs["names"], folder / "zone.json")),
              (watch_packets, (logs["packets"],))]
    for task, arguments in tasks:
        threading.Thread(target=task, args=arguments, daemon=True).start()
    time.sleep(0.2)
    (folder / "ready").touch()
    threading.Event().wait()


if __name__ == "__main__":
    main()
