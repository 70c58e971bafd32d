#!/usr/bin/python3
"""tests/engine/dns.py DRIVER: what the resolver inside answers, and which names its addresses stand for."""

import random
import socket
import struct
import subprocess
import sys

from checks import check, finish

A, AAAA, TXT, MX, OPT, ANY, HTTPS = 1, 28, 16, 15, 41, 255, 65
OK, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = 0, 1, 2, 3, 4, 5
FIRST, COUNT = struct.unpack("!I", socket.inet_aton("198.19.0.0"))[0], 1 << 16
WAYS = 16


def wire(name):
    return b"".join(bytes([len(label)]) + label for label in name) + b"\0"


def query(name, kind=A, *, number=7, flags=0x0100, count=1, more=b"", counts=(0, 0, 0), klass=1):
    labels = [part.encode("latin-1") for part in name.split(".")] if isinstance(name, str) else name
    question = wire(labels) + struct.pack("!HH", kind, klass) if count else b""
    return struct.pack("!HHHHHH", number, flags, count, *counts) + question + more


class Driver:
    def __init__(self, *words):
        self.process = subprocess.Popen([sys.argv[1], *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, message, now=1000):
        """(the answer, the new name)"""
        said, name = self.line(f"{now} {message.hex()}").split(" ")
        return (None if said == "-" else bytes.fromhex(said)), (None if name == "-" else name)

    def address(self, name, now=1000):
        return addresses(self.ask(query(name), now)[0])[0]

    def at(self, address, now=1000):
        return self.line(f"{now} at {address}")

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def code(answer):
    return answer[3] & 15


def records(answer):
    """[(type, class, TTL, data)] of the answer section, behind the one question."""
    at = 12
    while answer[at]:
        at += answer[at] + 1
    at += 5
    found = []
    for _ in range(struct.unpack("!H", answer[6:8])[0]):
        pointer, kind, klass, ttl, length = struct.unpack("!HHHIH", answer[at:at + 12])
        assert pointer == 0xC00C
        found.append((kind, klass, ttl, answer[at + 12:at + 12 + length]))
        at += 12 + length
    return found, answer[at:]


def addresses(answer):
    return [socket.inet_ntoa(data) for kind, _, _, data in records(answer)[0] if kind == A]


def number_of(address):
    return struct.unpack("!I", socket.inet_aton(address))[0]


def answers(one):
    said, new = one.ask(query("Open.Example.ORG", number=0xBEEF))
    check("the head is that of an answer", (said[:2], said[2] & 0xF9, said[3]), (b"\xbe\xef", 0x81, 0x80))
    check("the question is as it was written", b"\x04Open\x07Example\x03ORG\0" in said, True)
    (kind, klass, ttl, data), = records(said)[0]
    check("one address, for a short time", (kind, klass, ttl), (A, 1, 5))
    check("of nobody's", 0 <= number_of(socket.inet_ntoa(data)) - FIRST < COUNT, True)
    check("a new name is told, in lower case", new, "open.example.org")
    again, new = one.ask(query("open.example.org"))
    check("once", (new, addresses(again)), (None, [socket.inet_ntoa(data)]))
    check("it stands for the name", one.at(socket.inet_ntoa(data)), "open.example.org")
    for kind in AAAA, TXT, MX, HTTPS, ANY:
        said, new = one.ask(query(f"type{kind}.example.org", kind))
        check(f"type {kind} has no record, and the name is told", (code(said), records(said)[0], new),
              (OK, [], f"type{kind}.example.org"))
    said, _ = one.ask(query("ext.example.org", more=b"\0" + struct.pack("!HHIH", OPT, 4096, 0, 0), counts=(0, 0, 1)))
    check("extensions are answered by ours", (said[10:12], records(said)[1]),
          (b"\0\1", b"\0" + struct.pack("!HHIH", OPT, 1232, 0, 0)))


def names(one):
    for name in ("intranet", "a..b", "-a.example.org", "1.2.3.4", "198.18.0.1", "0x7f.1", "7.0.0.127.in-addr.arpa",
                 "home.arpa", "xhome.arpa", "a.example.arpa", "a b.example.org", "ä.example.org", [b"a.b", b"org"], [b"x\0y", b"org"], "*.example.org"):
        if name == "a..b":
            continue
        said, new = one.ask(query(name))
        check(f"{name} does not exist", (code(said), records(said)[0], new), (NXDOMAIN, [], None))
    for name in "printer.home.arpa", "a.b.home.arpa", "git.corp", "nas.local":
        check(f"{name} is one that a rule may have", one.ask(query(name))[1], name)
    check("the root neither", code(one.ask(query([]))[0]), NXDOMAIN)
    for name in "localhost", "LOCALHOST", "a.localhost":
        check(f"{name} is the loopback", addresses(one.ask(query(name))[0]), ["127.0.0.1"])
    check("in IPv6, too", records(one.ask(query("localhost", AAAA))[0])[0][0][3], bytes(15) + b"\1")
    label = "a" * 63
    longest = ".".join([label, label, label, "a" * 57, "org"])
    check("the longest name", (len(longest), len(addresses(one.ask(query(longest))[0]))), (253, 1))
    check("an underscore is a name's", code(one.ask(query("_sip._tcp.example.org", 33))[0]), OK)


def broken(one):
    good = query("open.example.org")
    check("another class", code(one.ask(query("open.example.org", klass=3))[0]), REFUSED)
    check("another kind of message", code(one.ask(query("open.example.org", flags=0x2800))[0]), NOTIMP)
    check("no question", code(one.ask(query("x.org", count=0))[0]), FORMERR)
    check("two questions", code(one.ask(struct.pack("!HHHHHH", 7, 256, 2, 0, 0, 0) + good[12:] * 2)[0]), FORMERR)
    check("an answer is not answered", one.ask(query("open.example.org", flags=0x8180)), (None, None))
    pointer = struct.pack("!HHHHHH", 7, 256, 1, 0, 0, 0) + b"\xc0\x0c" + struct.pack("!HH", A, 1)
    check("a name that points to itself", code(one.ask(pointer)[0]), FORMERR)
    pointer = struct.pack("!HHHHHH", 0x0161, 256, 1, 0, 0, 0) + b"\x01b\xc0\x00" + struct.pack("!HH", A, 1)
    check("one that points into the head", code(one.ask(pointer)[0]), FORMERR)
    check("more behind it", code(one.ask(good + b"x")[0]), FORMERR)
    wrong = []
    for n in range(len(good)):
        said, _ = one.ask(good[:n])
        if said if n < 12 else code(said) != FORMERR:
            wrong.append(n)
    check("every shorter one", wrong, [])
    chance, lengths = random.Random(14), set()
    for _ in range(20000):
        message = bytearray(good)
        for _ in range(chance.randrange(1, 5)):
            message[chance.randrange(len(message))] = chance.choice([0, 0xC0, 0xFF, 63, 64, chance.randrange(256)])
        said, _ = one.ask(bytes(message[:chance.randrange(12, len(message) + 1)]))
        lengths.add(len(said or b""))
    check("20,000 spoilt ones, and it lives", max(lengths) <= 512 and len(one.address("alive.example.org")) > 0, True)


def places(one):
    seen = {}
    for i in range(20000):
        seen.setdefault(one.address(f"n{i}.example.org"), []).append(i)
    check("20,000 names have an address each", max(map(len, seen.values())), 1)
    first = one.address("n7.example.org")
    check("nothing stands at the ends' neighbours", (one.at("198.18.255.255"), one.at("198.20.0.0")), ("-", "-"))
    other = Driver()
    check("the same in another process", other.address("n7.example.org"), first)
    other.end()
    # Names of one set: so many stand, the next has to wait until one of them was not spoken of for long.
    groups = {}
    for i in range(400000):
        group = groups.setdefault(fnv(f"g{i}.example.org") // WAYS % (COUNT // WAYS), [])
        group.append(f"g{i}.example.org")
        if len(group) > WAYS:
            break
    full, late = Driver(), group[WAYS]
    where = [full.address(name, 100 + i) for i, name in enumerate(group[:WAYS])]
    check(f"{WAYS} names of one place stand beside each other", len(set(where)), WAYS)
    said, new = full.ask(query(late), 150)
    check("one more is told to come again", (code(said), records(said)[0], new), (SERVFAIL, [], None))
    full.address(group[0], 160)
    check("what is dialled is spoken of, too", full.at(where[1], 161), group[1])
    check("later it has that of the one longest silent", full.address(late, 240), where[2])
    check("which stands for it now", full.at(where[2], 241), late)
    check("the others stay", full.at(where[0], 241), group[0])
    check("it ends properly", full.end(), 0)


def fnv(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 % 2 ** 64
    return h ^ h >> 32


driver = Driver()
for part in answers, names, broken, places:
    part(driver)
check("it ends properly", driver.end(), 0)
finish()
