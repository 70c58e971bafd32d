#!/usr/bin/python3
"""tests/engine/capture.py PROGRAM: what is dialled at an address of a name, and what is asked over TCP; see capture."""

import hashlib
import os
import signal
import socket
import struct
import sys
import threading
import time

from capture_world import World, answers, end_of, fill, framed, is_readable, query, reset, wait_for
from checks import check, finish

MOST = 1024  # gen/engine/capture.c
ALLOWED = 256 * 1024  # KiB: templates/linux/capture.service
OK, NXDOMAIN, FORMERR = 0, 3, 1
with open(sys.argv[1], "rb") as program:
    SANITIZED = b"__asan_init" in program.read()


def fits(text, holds):
    """What a sanitizer takes is left out."""
    check(text, holds or SANITIZED, True)


def by_tcp(world):
    one = world.inside(socket.SOCK_STREAM)
    one.connect(("127.0.0.1", 53))
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one


def connections(world):
    client = world.dial("Open.example.org", 8443)
    proxy, asked = world.take(b"")
    check("what is dialled becomes a CONNECT for its name", asked,
          b"CONNECT open.example.org:8443 HTTP/1.1\r\nHost: open.example.org:8443\r\n\r\n")
    client.sendall(b"early")
    for byte in b"HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n":
        proxy.sendall(bytes([byte]))
        time.sleep(0.002)
    check("the proxy's answer comes in pieces; what the client said waits for it", proxy.recv(99), b"early")
    proxy.sendall(b"said")
    check("and is not the client's to see", client.recv(99), b"said")
    client.close()
    check("an end is passed on", end_of(proxy), (b"", "end"))
    client = world.dial("open.example.org")
    proxy, _ = world.take(b"HTTP/1.1 200 OK\r\n\r\nserver first")
    client.settimeout(5)
    check("what a server says first, at once behind the answer", client_hears(client), b"server first")
    proxy.close()
    check("an end is passed on to the client", end_of(client), (b"", "end"))
    client, proxy = world.pair()
    client.sendall(b"that is all")
    client.shutdown(socket.SHUT_WR)
    check("a client that has said all", end_of(proxy), (b"that is all", "end"))
    time.sleep(0.5)
    proxy.sendall(b"the answer")
    check("hears the answer all the same", client.recv(99), b"the answer")
    proxy.shutdown(socket.SHUT_WR)
    check("to its end", end_of(client), (b"", "end"))


def client_hears(client):
    try:
        return client.recv(99)
    except socket.timeout:
        return b"nothing"


def refusals(world):
    for text, answer in (("a refusal", b"HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\n\r\nno\n"),
                         ("no HTTP", b"SSH-2.0-x\r\n\r\n"), ("an answer that never ends", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50000)):
        client = world.dial("shut.example.org")
        proxy, _ = world.take(b"")
        try:
            proxy.sendall(answer)
        except OSError:
            pass
        check(f"{text} closes, and no byte of it comes", end_of(client), (b"", "reset"))
    client = world.dial("open.example.org")
    world.take(b"")[0].close()
    check("so does a proxy that says nothing", end_of(client), (b"", "reset"))
    world.proxy.close()
    check("and one that is not there", world.outcome(world.address("open.example.org")), (b"", "reset"))
    world.open_proxy(world.port)
    check("an address that stands for nothing", world.outcome("198.19.77.77"), (b"", "reset"))
    check("is in the log", '"host": "198.19.77.77", "port": 443' in world.said(), True)
    one = world.inside(socket.SOCK_DGRAM)
    one.connect((world.address("open.example.org"), 443))
    try:
        one.send(b"x")
        one.recv(9)
    except OSError as error:
        check("datagrams to a name are refused at once", isinstance(error, socket.timeout), False)


def questions(world):
    one = by_tcp(world)
    for byte in framed(query("slow.example.org", 1)):
        one.sendall(bytes([byte]))
        time.sleep(0.002)
    check("a question in pieces", answers(one, 1), [1])
    one.sendall(b"".join(framed(query(f"n{i % 50}.example.org", i)) for i in range(2000)))
    check("2,000 at once, in their order", answers(one, 2000), list(range(2000)))
    one.sendall(framed(b"x"))
    check("what is no question ends it", end_of(one), (b"", "end"))
    one = by_tcp(world)
    one.sendall(framed(query("half.example.org", 3))[:9])
    one.shutdown(socket.SHUT_WR)
    check("so does half a one", end_of(one), (b"", "end"))
    greedy = by_tcp(world)
    message, before = framed(query("greedy.example.org")) * 1000, world.memory()
    try:
        while True:
            greedy.sendall(message)
    except OSError as error:
        check("who asks and never reads is cut off", isinstance(error, socket.timeout), False)
    fits("before it costs much", world.memory() - before < 2048)
    odd = [b"\n{\"event\": \"decision\"}", b"\x1b[2J\xe2\x80\xae", b"org"]
    check("a name of odd bytes does not exist", world.ask(query(odd))[3] & 15, NXDOMAIN)
    for i in range(3000):
        world.address(f"flood{i}.example.org")
    said = world.said()
    check("the log has none of that", said.isascii() and "\x1b" not in said and '\n{"event' not in said, True)
    check("nor every name of a flood", 900 < said.count('"event": "name"') < 1500, True)


def chains(length):
    """Records behind a question whose names are all of pointers: each is followed to its end (RFC 1035, 4.1.4)."""
    head = query("chain.example.org")
    data = b"".join(struct.pack("!H", 0xC000 | (len(head) + 11 + max(0, i * 2 - 2))) for i in range(8000))
    more = b"\0" + struct.pack("!HHIH", 99, 1, 0, len(data)) + data
    last = struct.pack("!H", 0xC000 | (len(head) + 11 + len(data) - 2)) + struct.pack("!HHIH", 99, 1, 0, 0)
    count = (length - len(head) - len(more)) // len(last)
    return head[:10] + struct.pack("!H", count + 1) + head[12:] + more + last * count


def costs(world):
    long, began = chains(60000), time.monotonic()
    for _ in range(100):
        code = world.ask(long)[3] & 15
    check("a question longer than any is not read through", (code, time.monotonic() - began < 3), (FORMERR, True))
    amount = 5_000_000
    client, proxy = world.pair()
    before, most = world.memory(), 0
    data = os.urandom(amount)
    for text, sender, reader in (("to the client", proxy, client), ("to the proxy", client, proxy)):
        thread = threading.Thread(target=sender.sendall, args=(data,))
        thread.start()
        got = bytearray()
        while len(got) < amount:
            piece = reader.recv(20000)
            if not piece:
                break
            got += piece
            most = max(most, world.memory())
            time.sleep(0.001)
        thread.join()
        check(f"5 MB {text}, who reads slowly", hashlib.sha256(got).digest() == hashlib.sha256(data).digest(), True)
    fits("what waits is bounded", most - before < 2048)
    client.close(), proxy.close()
    # As many as there may be, from which nobody reads, in both directions, must have room in what its unit gives it.
    world.narrow()
    before, pairs = world.memory(), [world.pair() for _ in range(100)]
    fill([one for pair in pairs for one in pair])
    each = (world.memory() - before) / len(pairs)
    fits("so is that of many from which nobody reads", each * MOST < ALLOWED * 0.8)
    for pair in pairs:
        for one in pair:
            reset(one)
    wait_for(lambda: world.files() == world.base)


def ends(world):
    before = world.base
    client, proxy = world.pair()
    reset(client)
    check("a client's reset is passed on", end_of(proxy)[1], "reset")
    client, proxy = world.pair()
    reset(proxy)
    check("so is the proxy's", end_of(client)[1], "reset")
    client, proxy = world.pair()
    world.process.send_signal(signal.SIGSTOP)
    proxy.sendall(b"half of")
    reset(proxy)
    world.process.send_signal(signal.SIGCONT)
    check("and one that comes together with bytes", end_of(client)[1], "reset")
    client = world.dial("open.example.org")
    proxy, _ = world.take(b"")
    reset(client)
    proxy.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    check("and one that came before the answer", end_of(proxy)[1], "reset")
    check("nothing is left open", (wait_for(lambda: world.files() == before), world.files()), (True, before))
    client, proxy = world.pair()
    client.sendall(b"a question")
    client.shutdown(socket.SHUT_WR)
    check("all of a question comes, whose client then ends its half", end_of(proxy), (b"a question", "end"))
    client, proxy = world.pair()
    proxy.sendall(b"an answer" * 10000)
    proxy.close()
    check("and all of an answer", len(end_of(client)[0]), 90000)


def serve(world, stop):
    """Takes whatever comes to the proxy, and holds it."""
    held = []
    while not stop.is_set():
        if is_readable(world.proxy, 100):
            held.append(world.take()[0])
    for one in held:
        one.close()


def crowds(world):
    before, address, clients = world.base, world.address("open.example.org"), []
    wait_for(lambda: world.files() == before)
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(world, stop))
    thread.start()
    for _ in range(1100):
        one = world.inside(socket.SOCK_STREAM)
        one.setblocking(False)
        one.connect_ex((address, 443))
        clients.append(one)
    held = wait_for(lambda: world.files() - before >= 2 * MOST)
    time.sleep(1)
    check("1,100 at once: as many as it takes", (held, world.files() - before), (True, 2 * MOST))
    check("names go on", world.address("open.example.org"), address)
    check("the others are turned away", sum(map(is_readable, clients)), 1100 - MOST)
    for one in clients:
        one.close()
    stop.set()
    thread.join()
    check("then all is free", (wait_for(lambda: world.files() == before), world.files()), (True, before))
    # Ended by their clients, while much waits to go out to these: each still has what it had.
    pairs = [world.pair() for _ in range(MOST - 10)]
    fill([proxy for _, proxy in pairs])
    for client, _ in pairs:
        client.shutdown(socket.SHUT_WR)
    for _ in range(20):
        pairs.append((world.dial("open.example.org"), None))
    time.sleep(1)
    check("those that wait for their end are counted", world.files() - before <= 2 * MOST, True)
    check("and so the last are turned away", [is_readable(client) for client, _ in pairs[-20:]].count(True), 10)
    for pair in pairs:
        for one in filter(None, pair):
            reset(one)
    while is_readable(world.proxy, 100):
        world.proxy.accept()[0].close()
    check("all of it ends", (wait_for(lambda: world.files() == before), world.files()), (True, before))


def restarts(world):
    name = "kept.example.org"
    world.stop()  # where so many names were, one may have had to stand aside
    world.start()
    address = world.address(name)
    world.stop()
    one = by_tcp(world)
    one.sendall(framed(query(name, 9)))
    waiting = world.inside(socket.SOCK_DGRAM)
    waiting.sendto(query(name), ("127.0.0.1", 53))
    world.start()
    check("what was asked while it was not there is answered", (answers(one, 1), waiting.recv(999)[-4:]),
          ([9], socket.inet_aton(address)))
    client, proxy = world.pair(name)
    client.sendall(b"again")
    check("and a name has the address that it had", (proxy.recv(99), client.getpeername()[0]), (b"again", address))
    wrong = world.begin("--capture", str(world.port), listen_pid="1")
    check("sockets that are another's are not taken", wrong.wait(20), 1)
    check("which it says", "the resolver has no sockets" in world.said(), True)
    check("it lives until it is ended", world.stop(), -15)
    check("and said nothing that is not the log's", [line for line in world.said().splitlines() if line[:9] != '{"time": '], [])


world = World(sys.argv[1])
world.start()
for part in connections, refusals, questions, costs, ends, crowds, restarts:
    part(world)
finish()
