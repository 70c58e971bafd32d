"""Tunnels of tests/engine/differ whose bytes nobody reads (rules of tcp and tls): what is said in them, who hears it, and
what comes back."""

from __future__ import annotations

import random
import socket
import time

import hellos_made as tls
import native_world as n
import world as w

DATABASE, PINNED, EITHER = "db.world.test", "pin.world.test", "one.of.world.test"  # of tcp, of tls, of one of both
NAMES = [DATABASE, PINNED, EITHER]
HOSTILE = [b"x" * 255, b"pin.world.test\x1b[2J", b"\xff\xfe\x80", "\u202etset".encode(), b'a"b\\', b"pin.world.test\n{}", b"127.0.0.1",
           b"pin.world.test\0.x", b"", b"x" * 256]
PLAIN = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-x\r\n", b"\0\0\0\x08\x04\xd2\x16\x2f", b"", b"\x16\x03\x01\0\0",
         b"\x80\x2e\x01\x03\x01", b"\x16\x03\x01\0\x05\x02\0\0\x01\0", b"x" * 200_000]
SECONDS = 5


class Mirror(n.Listener):
    """Says each byte turned round; or greets, has said all, and listens on."""

    def __init__(self, address: str, greets: bool, port: int = 0) -> None:
        self.greets, self.records, self.done = greets, [], 0
        super().__init__(address, None, port)

    def speak(self, connection) -> None:
        heard, how = bytearray(), "end"
        try:
            if self.greets:
                connection.sendall(b"220 hello\r\n")
                connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                heard += data
                if not self.greets:
                    connection.sendall(bytes(255 - one for one in data))
            if not self.greets:
                connection.sendall(b"and that was all")
        except OSError:
            how = "reset"
        self.records.append({"line": how.encode(), "fields": [], "body": bytes(heard), "trailers": []})
        self.done += 1

    def heard(self) -> list[dict]:
        """Of each connection that came, once it has ended."""
        end = time.monotonic() + SECONDS
        while self.done < self.connections and time.monotonic() < end:
            time.sleep(0.002)
        found, self.records = self.records, []
        return found


def mirrors(address: str, ports: list[int]) -> list[Mirror]:
    """One of each kind; on these ports, where there are some."""
    return [Mirror(address, greets, port) for greets, port in zip((False, True), ports or (0, 0))]


def rules(dice: random.Random, ports: list[int]) -> list[dict]:
    made = [w.unread("bait.world.test", dice.choice(("tcp", "tls")), ports)]
    for host, scheme in ((DATABASE, "tcp"), (PINNED, "tls"), ("*.of.world.test", dice.choice(("tcp", "tls")))):
        more = dice.choice(({}, {}, {}, {"owner": "db \u00e9"}, {"expires": "2020-01-01"}))
        made.append(w.unread(host, scheme, dice.choice((ports, ports, ports[:1], ports[1:])), **more))
    return made


def hello(dice: random.Random, host: str) -> bytes:
    """Mostly with the right name, in one record or in many, and often with something behind it."""
    name = host.encode() if dice.random() < 0.7 else dice.choice(HOSTILE + [host.upper().encode(), b"x." + host.encode(), None])
    extensions = [] if name is None else [tls.extension(0, tls.host_name(name))]
    if dice.random() < 0.05:
        extensions *= 2
    extensions.insert(dice.randrange(2), tls.extension(16, tls.vector(b"\2h2")))
    made = tls.records(tls.handshake(tls.vector(b"".join(extensions))), dice.choice(([], [], [1], [5, 1, 40])))
    if dice.random() < 0.1:
        at = dice.randrange(len(made))
        made = made[:at] + bytes([dice.randrange(256)]) + made[at + 1:]
    if dice.random() < 0.05:
        return made[:dice.randrange(len(made))]
    return made + b"\x17\x03\x03" * dice.choice((0, 1, 30_000))


def said(dice: random.Random, host: str) -> list[bytes]:
    """What a client says, and how it is cut."""
    whole = hello(dice, host) if dice.random() < 0.75 else dice.choice(PLAIN + [bytes(dice.randrange(256) for _ in range(40))])
    ends = sorted(dice.sample(range(len(whole)), min(len(whole), dice.choice((0, 0, 1, 3)))))
    return [whole[start:end] for start, end in zip([0, *ends], [*ends, len(whole)])]


def talk(peer: n.Peer, pieces: list[bytes]) -> tuple[bytes, str]:
    """All of it, the end, and what came back."""
    connection, found, broke = peer.socket, peer.rest, False
    try:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
    except OSError:  # and what is read then looks like an end
        broke = True
    try:
        while data := connection.recv(65536):
            found += data
    except TimeoutError:
        return found, "nothing more came"
    except OSError:
        return found, "reset"
    return found, "reset" if broke else "end"
