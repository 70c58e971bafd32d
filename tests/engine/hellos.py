"""What begins in a tunnel, and the name of a ClientHello: the engine's reading against the add-on's, and against what
OpenSSL was told to send."""

from __future__ import annotations

import random
import ssl

import hello  # of modules/proxy
import names
import reference  # noqa: F401: it makes modules/proxy known
from hellos_made import extension, handshake, host_name, records, vector


def sent(name: str | None, alpn: list[str], newest: bool) -> bytes:
    """As OpenSSL says it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_3 if newest else ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(alpn)
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def message(data: bytes) -> bytes:
    """What lies in records."""
    made = b""
    while data:
        length = int.from_bytes(data[3:5], "big")
        made, data = made + data[5:5 + length], data[5 + length:]
    return made


def odd() -> list[bytes]:
    """Those that have two readings, or none; each is wrong, but for the first three."""
    good = extension(0, host_name(b"a.example.org"))
    made = [handshake(vector(good)), handshake(b""), handshake(vector(extension(10, b"x"))),
            handshake(vector(good + good)), handshake(vector(good) + b"x"), handshake(vector(good), behind=b"\0\0"),
            handshake(vector(extension(0, vector(b"\0" + vector(b"a.example.org") + b"\0" + vector(b"b.example.org"))))),
            handshake(vector(extension(0, vector(b"\1" + vector(b"a.example.org"))))), handshake(vector(extension(0, b""))),
            handshake(vector(extension(0, host_name(b"")))), handshake(vector(extension(0, host_name(b"a\0b")))),
            handshake(vector(extension(0, host_name(b"a" * 256)))), handshake(vector(good), session=bytes(33)),
            handshake(vector(good), suites=b""), handshake(vector(good))[:-1] + b"", b"\x02" + handshake(vector(good))[1:],
            b"\x01\xff\xff\xff" + bytes(50), handshake(vector(good)) + b"\x01"]
    return [records(one, []) for one in made] + [
        b"\x16\x03\x01\0\0", b"\x16\x03\x01\x40\x01", b"\x16\x02", b"\x17\x03\x03", b"\x80\x2e\x01\x03\x01", b"\x15\x03\x01\0\2\1\0",
        records(made[0], [10])[:15] + b"\x14\x03\x03\0\1\1" + records(made[0], [10])[15:]]


BEGINNINGS = [b"", b"G", b"GET", b"GET ", b"GET /", b"GET / HTTP/1.1\r\n", b"get / http/1.1\r\n", b"get / HTTP/1.1\n", b"PRI * HTTP/2.0\r\n",
              b"\r\nGET / HTTP/1.1\r\n", b"\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-2.0-x y\r\n", b"*1\r\n$4\r\nPING\r\n", b"PING\r\n",
              b"\0\0\0\x08\x04\xd2\x16\x2f", b"\x30\x0c\x02\x01\x01", b"AMQP\0\0\x09\x01", b"NICK ada\r\n", b"USER ada 0 * :x\n", b"EHLO x HTTP/\r\n",
              b"A" * 65535, b"A" * 65536, b"A " + b"b" * 65534, b"GET\t/ HTTP/1.1\r\n", b"\x16", b"\x16\x03", b"\x80", b" GET / HTTP/1.1\r\n", b"GET /\xff HTTP/1.1\r\n"]


def read(data: bytes) -> dict:
    try:
        done, name = hello.read(data)
        state = "done" if done else "more"
    except hello.HelloError:
        state, name = "wrong", None
    return {"begins": hello.begins(data) or "more", "hello": state, "name": name if state == "done" else None}


def compare(driver: str, folder: str, seed: str) -> list:
    chance, cases, problems = random.Random(f"hellos {seed}"), list(BEGINNINGS) + odd(), []
    said = [(name, sent(name, alpn, newest)) for name in ("db.example.org", "a" * 60 + ".example.org", None)
            for alpn in (["h2", "http/1.1"], ["x" * 255] * 200) for newest in (True, False)]
    for name, data in said:
        if read(data) != {"begins": "tls", "hello": "done", "name": name}:
            problems.append((name, read(data)))
        pieces = records(message(data), [chance.randint(1, 40) for _ in range(chance.randint(0, 9))])
        if read(pieces)["name"] != name:
            problems.append((name, "in pieces", read(pieces)))
        cases += [data, pieces] + [pieces[:chance.randrange(len(pieces))] for _ in range(20)]
    wrong = [one for one in odd()[3:] if read(one)["hello"] == "done"]
    problems += [("is taken", one) for one in wrong]
    for data in [one for one in cases if len(one) < 3000]:
        for _ in range(12):
            spoilt = bytearray(data or b"x")
            for _ in range(chance.choice((1, 1, 2))):
                spoilt[chance.randrange(min(len(spoilt), 200))] = chance.choice((0, 1, 2, 3, 22, 255, chance.randrange(256)))
            cases.append(bytes(spoilt))
    answers = names.ask(driver, [{"first": one.decode("latin-1")} for one in cases], folder)
    for data, mine in zip(cases, answers):
        theirs = read(data)
        if mine["hello"] != "done":
            mine["name"] = None
        if mine != theirs:
            problems.append((data[:300], "engine:", mine, "add-on:", theirs))
    states = [one["hello"] for one in answers]
    print(f"    {len(cases)} beginnings, {states.count('done')} with a ClientHello, {states.count('wrong')} wrong")
    return problems if min(map(states.count, ("done", "more", "wrong"))) > 50 else problems + ["too few of a kind"]
