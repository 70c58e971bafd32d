"""Throws broken requests and broken answers at a running engine, and broken lines and files of grants of root's, which it
must outlive and keep its secret.

    ENGINE_PROGRAM=FILE python3 live_fuzz.py SECONDS [SEED]

Each turn is made from the seed and its number alone; some run at once.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import random
import re
import ssl
import struct
import sys
import threading
import time

os.environ["ENGINE"] = "native"

import native_world as n  # noqa: E402
import world as w  # noqa: E402
import live_fuzz_control as control  # noqa: E402
from native_websocket import GUID  # noqa: E402

KEY = re.compile(rb"(?i)x-api-key: (\S+)")
PIECES = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b"0", b"-1", b"+5", b"0x5", b"99999999999999999999",
          b"chunked", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n",
          b"Connection: close\r\n", b"HTTP/1.1 ", b"HTTP/1.0 ", b"Expect: 100-continue\r\n", b"5\r\nhello\r\n",
          b"0\r\n\r\n", b"\r\n\r\n", b"\xff", b"%00", b"/../", b"?", b"Upgrade: websocket\r\n",
          b"HTTP/1.1 100 Continue\r\n\r\n", b"x" * 5000, b"X: y\r\n" * 300]
ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 @KEY@\r\nX: @KEY@\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\n"
    b"b\r\nhello @KEY@\r\n0\r\nX-Late: @KEY@\r\n\r\n",
    b"HTTP/1.1 103 Early\r\nLink: @KEY@\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + b"@KEY@ " * 50,
    b"HTTP/1.0 200 OK\r\n\r\nall @KEY@ of it",
    b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: @ACCEPT@\r\n\r\n"
    b"\x81\x05@KEY@\x01\x03abc\x89\x00\x80\x02de\x88\x02\x03\xe8",
    b"HTTP/1.1 417 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
]
TOKENS = (b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 94\r\n\r\n'
          b'{"access_token": "0123456789", "refresh_token": "9876543210", "expires_in": 3600, "a": "bcde"}')
HANDSHAKE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
REQUESTS = [
    (b"GET @T@ HTTP/1.1\r\nHost: @H@\r\n\r\n"),
    (b"HEAD @T@ HTTP/1.1\r\nHost: @H@\r\nConnection: close\r\n\r\n"),
    (b"POST @T@ HTTP/1.1\r\nHost: @H@\r\nContent-Length: 5\r\n\r\nhello"),
    (b"POST @T@ HTTP/1.1\r\nHost: @H@\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n there\r\n0\r\nX: y\r\n\r\n"),
    (b"PUT @T@ HTTP/1.1\r\nHost: @H@\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"),
    (b"GET @T@ HTTP/1.0\r\nHost: @H@\r\n\r\n"),
    (b"GET @T@ HTTP/1.1\r\nHost: @H@\r\n" + HANDSHAKE + b"\r\n\x81\x85abcdhello"),
    (b"DELETE @T@ HTTP/1.1\r\nHost: @H@\r\nContent-Length: 0\r\nX-Api-Key: mine\r\n\r\n"),
]
ANSWERED = b"HTTP/1.1 200"
TURNS = 16  # at once
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1


def mutated(dice: random.Random, data: bytes, most: int = 4) -> bytes:
    for _ in range(dice.choice((0, 0, 1, 1, 2, most))):
        at, kind = dice.randrange(len(data) + 1), dice.randrange(6)
        if kind == 0:
            data = data[:at] + dice.choice(PIECES) + data[at:]
        elif kind == 1:
            data = data[:at] + data[at + dice.randrange(1, 12):]
        elif kind == 2:
            data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1:]
        elif kind == 3:
            end = at + dice.randrange(1, 60)
            data = data[:end] + data[at:end] + data[end:]
        elif kind == 4:
            data = data[:at]
        else:
            data = data[:at] + dice.choice(PIECES) + data[at + dice.randrange(1, 6):]
    return data


def sent(dice: random.Random, connection, data: bytes) -> None:
    """At once, in pieces, or byte by byte."""
    step = dice.choice((len(data) or 1, len(data) or 1, 7, 50, 1 if len(data) < 400 else 500))
    for at in range(0, len(data), step):
        connection.sendall(data[at:at + step])


class BrokenServer(n.Listener):
    def speak(self, connection) -> None:
        connection.settimeout(2)
        while seen := connection.recv(65536):
            number = re.search(rb"/f\?([0-9]+)", seen)
            dice = random.Random(f"{SEED} server {number[1] if number else seen}")
            self.heads.append(seen)
            del self.heads[:-50]
            found = KEY.search(seen)
            asked = re.search(rb"Sec-WebSocket-Key: (\S+)", seen)
            accept = base64.b64encode(hashlib.sha1(asked[1] + GUID).digest()) if asked else b""
            for _ in range(dice.choice((1, 1, 1, 2))):
                answer = dice.choice(ANSWERS[6:7] if asked and dice.randrange(2) else [TOKENS] if b" /token " in seen else ANSWERS)
                data = answer.replace(b"@KEY@", found[1] if found else b"none").replace(b"@ACCEPT@", accept)
                sent(dice, connection, mutated(dice, data))
            if dice.randrange(3) == 0:
                return


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">BHBBI", len(payload) >> 16, len(payload) & 0xffff, kind, flags, stream) + payload


def framed(dice: random.Random, host: str, port: int, path: bytes) -> bytes:
    """HTTP/2, a little broken."""
    import hpack
    encoder, data = hpack.Encoder(), frame(4, 0, 0, struct.pack(">HI", 4, dice.choice((0, 1, 65535, 1 << 20))))
    for number in range(dice.randrange(1, 6)):
        stream = 2 * number + 1
        method = dice.choice(("GET", "HEAD", "POST", "CONNECT"))
        protocol = [(":protocol", dice.choice(("websocket", "websocket", "h2c")))] if method == "CONNECT" else []
        block = encoder.encode(protocol + [(":method", method), (":scheme", "https"), (":path", path),
                                (":authority", f"{host}:{port}"), ("te", "trailers"), ("x-a", "b" * dice.randrange(90))])
        takes_data = method in ("POST", "CONNECT")
        if dice.randrange(3) == 0:  # in two
            data += frame(1, 0 if takes_data else 1, stream, block[:9]) + frame(9, 4, stream, block[9:])
        else:
            data += frame(1, 4 if takes_data else 5, stream, block)
        if takes_data:
            data += frame(0, 0, stream, b"hello") + frame(0, dice.choice((0, 1)), stream, b"x" * dice.randrange(300))
        data += dice.choice((b"", b"", frame(3, 0, stream, b"\0\0\0\x08"), frame(8, 0, stream, b"\0\0\xff\0"),
                             frame(6, 0, 0, b"pingping"), frame(8, 0, 0, b"\0\0\xff\0"), frame(7, 0, 0, b"\0" * 8)))
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + mutated(dice, data, 2)


def turn(number: int, proxy: w.Proxy, tls: n.Listener, plain: n.Listener) -> bytes:
    dice = random.Random(f"{SEED} client {number}")
    host = dice.choice((*["api.world.test"] * 3, *["open.world.test"] * 2, control.HOST))
    kind = dice.randrange(5)
    # Some turns stay whole and are waited for, so that enough comes as far as the servers on a busy machine, too.
    whole = kind != 4 and dice.randrange(4) == 0
    client = w.Client(proxy, 10 if whole else 2)
    with client:
        if kind == 0:
            place = f"plain.world.test:{plain.port}".encode()
            target = b"http://" + place + b"/f?%d" % number
        else:
            place, target = f"{host}:{tls.port}".encode(), b"/f?%d" % number
            client.connect(place.decode())
            client.tls(host, ["h2"] if kind == 4 else None)
        if kind == 4:
            data = framed(dice, host, tls.port, target)
        else:
            asked = [dice.choice(REQUESTS).replace(b"@T@", target).replace(b"@H@", place) for _ in range(dice.choice((1, 1, 2, 4)))]
            data = b"".join(asked if whole else (mutated(dice, one) for one in asked))
        sent(dice, client.socket, data)
        if not whole:
            if dice.randrange(4) == 0:
                return b""
            if dice.randrange(6) == 0 and kind != 0:
                client.socket.unwrap()
        found = b""
        client.socket.settimeout(3 if whole else dice.choice((0.03, 0.1, 0.6)))
        with contextlib.suppress(OSError):
            while not (whole and ANSWERED in found) and (piece := client.socket.recv(65536)):
                found += piece
        return found


class Fuzz:
    def __init__(self) -> None:
        self.world = w.World()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.world.folder / "leaf.pem", self.world.folder / "leaf.key")
        self.tls, self.plain = BrokenServer(w.UPSTREAM, context), BrokenServer(w.UPSTREAM, None)
        more = {"methods": ["GET", "HEAD", "POST", "PUT", "DELETE"], "websocket": True}
        (self.world.folder / "login-key").write_text("00112233445566778899aabbccddeeff" * 2 + "\n")
        self.proxy = w.Proxy(self.world, control.policy(w.policy(
            [w.rule(host, ports=[self.tls.port], **more) for host in ("api.world.test", "open.world.test")] +
            [w.rule("plain.world.test", scheme="http", ports=[self.plain.port], **more)],
            [w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)]), self.tls.port), "fuzz", {"api": w.SECRET},
            environment={"CREDENTIALS_DIRECTORY": str(self.world.folder)}, control=True)
        self.root = control.Root(self.proxy, self.tls.port, str(SEED), mutated, sent)
        self.lock, self.number, self.heard, self.problem = threading.Lock(), 0, 0, ""

    def next(self) -> int:
        with self.lock:
            self.number += 1
            return self.number

    def run(self, end: float) -> None:
        while time.monotonic() < end and not self.problem:
            number, found = self.next(), b""
            with contextlib.suppress(OSError, ValueError):
                found = turn(number, self.proxy, self.tls, self.plain)
            self.heard += ANSWERED in found
            if w.SECRET.encode() in found:
                self.problem = "the client has heard the secret"
            elif any(w.SECRET.encode() in one for one in list(self.plain.heads)):
                self.problem = "a server in the clear has heard the secret"
            elif self.root.problem:
                self.problem = self.root.problem
            elif self.proxy.process.poll() is not None:
                self.problem = "the engine ended"

    def open_now(self) -> int:
        return n.connections(self.proxy.port, self.tls.port, self.plain.port)

    def finish(self) -> int:
        left, end = self.open_now(), time.monotonic() + 15
        while left > 20 and not self.problem and time.monotonic() < end:
            time.sleep(0.5)
            left = self.open_now()
        if left > 20 and not self.problem:
            self.problem = "connections are left"
        self.problem = self.problem or self.root.wrong()
        code, log = self.proxy.close(), self.proxy.log_text()
        if re.search("Sanitizer|runtime error", log):
            self.problem = self.problem or "a sanitizer complains"
        elif not self.problem and code != -15:
            self.problem = f"the engine ended with {code}"
        elif not self.problem and (self.heard * 20 < self.number
                                   or not any(w.SECRET.encode() in one for one in self.tls.heads)):
            self.problem = "hardly anything passed: this has tried nothing"
        print(f"{self.number} turns, {self.heard} answers, {left} connections open at the end")
        if self.problem:
            at = log.find("==ERROR")
            print(f"{self.problem}; seed {SEED}, about turn {self.number}\n{log[at if at > 0 else -1500:][:6000]}")
        for one in self.tls, self.plain, self.world:
            one.close()
        return 1 if self.problem else 0


def main() -> int:
    fuzz, end = Fuzz(), time.monotonic() + float(sys.argv[1])
    threads = [threading.Thread(target=one, args=(end,)) for one in [fuzz.run] * TURNS + [fuzz.root.run] * 2 + [fuzz.root.attend]]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return fuzz.finish()


if __name__ == "__main__":
    sys.exit(main())
