"""Tunnels of which nothing is read, tcp and tls, at both engines: what passes, how each direction ends, what is refused."""

from __future__ import annotations

import contextlib
import datetime
import json
import random
import socket
import ssl
import struct
import threading
import time
import unittest

import hellos_made as tls
import native_world
import world as w

WORLD: w.World
DB = "db.world.test"


class Speaker(native_world.Listener):
    """A server of bytes. What it does with a connection is told by what comes first, or by its port."""

    def __init__(self, serve) -> None:
        self.requests, self.heard, self.serve = [], [], serve
        super().__init__(w.UPSTREAM, None)

    def speak(self, connection) -> None:
        self.serve(self, connection)


def echo(self, connection) -> None:
    while data := connection.recv(65536):
        connection.sendall(data)


def greet(self, connection) -> None:
    connection.sendall(b"220 hello\r\n")
    echo(self, connection)


def count(self, connection) -> None:
    """Says what it got once the client has said that this is all, and then speaks on for a while."""
    total = 0
    while data := connection.recv(65536):
        total += len(data)
    for part in (b"%d" % total, b" bytes", b" came"):
        time.sleep(0.3)
        connection.sendall(part)


def end_first(self, connection) -> None:
    """Has said all, and goes on to listen."""
    connection.sendall(b"that was all")
    connection.shutdown(socket.SHUT_WR)
    while data := connection.recv(65536):
        self.heard.append(data)
    self.heard.append(b"end")


def reset(self, connection) -> None:
    connection.sendall(b"half of it")
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def listen(self, connection) -> None:
    try:
        while data := connection.recv(65536):
            self.heard.append(data)
        self.heard.append(b"end")
    except OSError:
        self.heard.append(b"reset")


def flood(self, connection) -> None:
    """Writes without reading, then reads."""
    connection.sendall(b"x" * 8_000_000)
    count(self, connection)


KINDS = {kind.__name__: kind for kind in (echo, greet, count, end_first, reset, listen, flood)}


def setUpModule() -> None:
    global WORLD
    WORLD = w.World()
    for name in (DB, "other.world.test", "low.db.world.test", "gone.world.test"):
        WORLD.names[name] = [w.UPSTREAM]
    WORLD.names["gone.world.test"] = ["127.0.0.9"]
    WORLD.names["two.world.test"] = ["127.0.0.9", w.BAIT, w.UPSTREAM]
    WORLD.speakers = {name: Speaker(kind) for name, kind in KINDS.items()}
    WORLD.servers.extend(WORLD.speakers.values())


def tearDownModule() -> None:
    WORLD.close()


def port(kind: str) -> int:
    return WORLD.speakers[kind].port


def rules(**changes) -> list[dict]:
    ports = sorted(one.port for one in WORLD.speakers.values())
    return [w.rule("api.world.test", ports=[WORLD.port]), {**w.unread(DB, "tcp", ports, owner="db team"), **changes},
            w.unread("*.db.world.test", "tcp", ports), w.unread("two.world.test", "tcp", ports), w.unread("gone.world.test", "tcp", ports),
            w.unread("bait.world.test", "tcp", ports), w.unread("plain.world.test", "tcp", [WORLD.plain_port]),
            w.unread("key.world.test", "tls", [WORLD.port]), w.unread("git.world.test", "tls", [WORLD.port])]


class Proxied(unittest.TestCase):
    enforcement = "enforce"
    name = ""

    @classmethod
    def setUpClass(cls) -> None:
        cls.proxy = w.Proxy(WORLD, w.policy(rules(), [], cls.enforcement), "tunnels-" + cls.__name__, {})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def opened(self, kind: str, host: str = DB) -> socket.socket:
        client = w.Client(self.proxy)
        self.addCleanup(client.socket.close)
        client.socket.sendall(f"CONNECT {host}:{port(kind)} HTTP/1.1\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):  # and nothing of what follows
            head += client.socket.recv(1)
        self.assertIn(b"HTTP/1.1 200 ", head)
        return client.socket

    def rest(self, connection: socket.socket) -> bytes:
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found

    def last(self) -> dict:
        line = self.proxy.decisions()[-1]
        del line["time"]
        return line

    def place(self, authority_port: int, host: str = DB, scheme: str = "tcp") -> dict:
        return {"event": "decision", "scheme": scheme, "method": "CONNECT", "host": host, "port": authority_port}


class Tcp(Proxied):
    def test_bytes_pass_both_ways(self) -> None:
        connection = self.opened("echo")
        for text in (b"\0\0\0\x08\x04\xd2\x16\x2f", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + b"\xff" * 300000):
            connection.sendall(text)
            found = b""
            while len(found) < len(text):
                found += connection.recv(65536)
            self.assertEqual(found, text)
        self.assertEqual(self.last(), {**self.place(port("echo")), "verdict": "allow", "rule": 1, "owner": "db team"})

    def test_what_came_with_connect_passes(self) -> None:
        with w.Client(self.proxy) as client:
            client.socket.sendall(b"CONNECT %s:%d HTTP/1.1\r\n\r\nfirst words" % (DB.encode(), port("echo")))
            self.assertTrue(self.all_of(client.socket, b"first words"))

    def all_of(self, connection: socket.socket, end: bytes) -> bool:
        found = b""
        while not found.endswith(end):
            piece = connection.recv(65536)
            if not piece:
                return False
            found += piece
        return True

    def test_the_server_may_speak_first(self) -> None:
        connection = self.opened("greet")
        self.assertTrue(self.all_of(connection, b"220 hello\r\n"))

    def test_a_client_that_has_said_all_hears_the_answer(self) -> None:
        connection = self.opened("count")
        connection.sendall(b"x" * 3_000_000)
        connection.shutdown(socket.SHUT_WR)
        self.assertEqual(self.rest(connection), b"3000000 bytes came")

    def test_a_server_that_has_said_all_hears_on(self) -> None:
        connection, heard = self.opened("end_first"), WORLD.speakers["end_first"].heard
        self.assertEqual(self.rest(connection), b"that was all")
        time.sleep(0.3)
        connection.sendall(b"still here")
        time.sleep(0.3)
        connection.sendall(b" and done")
        connection.shutdown(socket.SHUT_WR)
        self.assertTrue(self.proxy.wait_for(lambda: heard[-1:] == [b"end"], 5))
        self.assertEqual(b"".join(heard[:-1]), b"still here and done")

    def test_a_reset_is_one_on_the_other_side(self) -> None:
        connection = self.opened("reset")
        self.assertTrue(self.all_of(connection, b"half of it"))
        connection.sendall(b"x")
        self.assertRaises(ConnectionResetError, self.rest, connection)
        connection, heard = self.opened("listen"), WORLD.speakers["listen"].heard
        connection.sendall(b"begun")
        self.assertTrue(self.proxy.wait_for(lambda: b"begun" in heard, 5))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        self.assertTrue(self.proxy.wait_for(lambda: heard[-1:] == [b"reset"], 5), heard)

    def test_who_writes_and_does_not_read_keeps_nobody_waiting(self) -> None:
        connection, found = self.opened("flood"), []
        reader = threading.Thread(target=lambda: found.append(self.rest(connection)), daemon=True)
        time.sleep(1)  # its words wait everywhere
        reader.start()
        connection.sendall(b"y" * 8_000_000)
        connection.shutdown(socket.SHUT_WR)
        reader.join(20)
        self.assertEqual([one[-18:] for one in found], [b"8000000 bytes came"])

    def test_both_directions_at_once(self) -> None:
        connection, said = self.opened("echo"), random.randbytes(20_000_000)
        writer = threading.Thread(target=lambda: (connection.sendall(said), connection.shutdown(socket.SHUT_WR)), daemon=True)
        writer.start()
        heard = [connection.recv(100_000)]
        while heard[-1]:
            heard.append(connection.recv(100_000))
            if len(heard) % 50 == 0:
                time.sleep(0.05)  # what is behind it has to wait
        self.assertTrue(b"".join(heard) == said, "not what was said, in its order")

    def test_a_slow_reader_gets_all_of_it(self) -> None:
        connection = self.opened("flood")
        connection.shutdown(socket.SHUT_WR)
        found = 0
        for _ in range(14):  # more than the time that a close gives
            found += len(connection.recv(200_000))
            time.sleep(1)
        self.assertEqual(found + len(self.rest(connection)), 8_000_000 + len(b"0 bytes came"))

    def test_a_suffix(self) -> None:
        self.opened("echo", "low.db.world.test")
        self.assertEqual(self.last(), {**self.place(port("echo"), "low.db.world.test"), "verdict": "allow", "rule": 2})

    def refused(self, authority: str) -> dict:
        time.sleep(0.3)  # what came before is counted
        before = WORLD.seen()
        with w.Client(self.proxy) as client:
            answer = client.connect(authority)
        self.assertIn(b"HTTP/1.1 403 ", answer)
        self.assertEqual(WORLD.seen(), before)
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    def test_another_name_or_port_is_refused_with_the_rule(self) -> None:
        for host, number in (("other.world.test", port("echo")), (DB, 22)):
            answer = self.refused(f"{host}:{number}")
            missing = {"host": host, "scheme": "tcp", "ports": [number]}
            reason = (f'no rule speaks of port {number}; put it into the "ports" of one for {host} or, where that is not HTTP, '
                      "add the one below")
            self.assertEqual(answer, {"error": "agent-sandbox: " + reason, "missing": missing})
            self.assertEqual(self.last(), {**self.place(number, host), "verdict": "deny", "reason": reason, "missing": missing})

    def test_a_name_without_a_public_address_is_not_reached(self) -> None:
        answer = self.refused(f"bait.world.test:{port('echo')}")
        self.assertIn("the name has no public address", answer["error"])
        self.assertEqual(self.last(), {**self.place(port("echo"), "bait.world.test"), "verdict": "deny",
                                       "reason": "agent-sandbox: the name has no public address", "addresses": [w.BAIT]})

    def test_of_several_addresses_one_is_reached(self) -> None:
        self.opened("echo", "two.world.test").sendall(b"x")

    def test_a_server_that_does_not_answer_is_said(self) -> None:
        number = w.free_port()
        self.proxy.write_policy(w.policy([*rules(), w.unread("open.world.test", "tcp", [number])], []))
        with w.Client(self.proxy) as client:
            answer = client.connect(f"open.world.test:{number}")
        self.assertIn(b"HTTP/1.1 502 ", answer)
        self.assertIn(b"agent-sandbox: no answer came from the server: ", answer)

    def test_neither_tls_nor_http_where_that_is_read(self) -> None:
        for text in (b"\0\0\0\x08\x04\xd2\x16\x2f", b"SSH-2.0-OpenSSH_9.2\r\n", b"*1\r\n$4\r\nPING\r\n"):
            with w.Client(self.proxy) as client:
                client.connect(f"api.world.test:{WORLD.port}")
                answer = client.raw(text)
            self.assertIn(b"HTTP/1.1 403 ", answer)
            missing = {"host": "api.world.test", "scheme": "tcp", "ports": [WORLD.port]}
            reason = (f"what is said to api.world.test:{WORLD.port} is neither TLS nor HTTP, and no rule passes it on unread")
            self.assertEqual(json.loads(answer.partition(b"\r\n\r\n")[2]), {"error": "agent-sandbox: " + reason, "missing": missing})
            self.assertEqual(self.last(), {**self.place(WORLD.port, "api.world.test"), "verdict": "deny", "reason": reason,
                                           "missing": missing})

    def test_http_in_it_is_not_read(self) -> None:
        with w.Client(self.proxy) as client:
            client.connect(f"plain.world.test:{WORLD.plain_port}")
            answer = client.raw(b"BREW /../x HTTP/1.1\r\nHost: whatever\r\n\r\n")
        self.assertIn(b"BREW /../x", answer)


class Tls(Proxied):
    def spoken(self, host: str, sni: str | None, minimum=None) -> ssl.SSLSocket:
        client = w.Client(self.proxy)
        self.addCleanup(client.socket.close)
        self.assertIn(b"HTTP/1.1 200 ", client.connect(f"{host}:{WORLD.port}"))
        context = ssl.create_default_context(cafile=WORLD.ca)  # not the proxy's: nobody is in between
        context.check_hostname = False
        return context.wrap_socket(client.socket, server_hostname=sni)

    def test_it_is_the_servers_own(self) -> None:
        with self.spoken("key.world.test", "KEY.world.test") as connection:
            connection.sendall(b"GET /x HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n")
            self.assertIn(b"HTTP/1.1 200 ", connection.recv(1000))
        self.assertEqual(self.last(), {**self.place(WORLD.port, "key.world.test", "tls"), "verdict": "allow", "rule": 7})

    def refused(self, connect, why: str, host: str = "key.world.test", **more: str) -> None:
        time.sleep(0.3)
        before = WORLD.seen()
        with self.assertRaises(ConnectionResetError):
            connect()
        self.assertEqual(WORLD.seen(), before)
        self.assertEqual(self.last(), {**self.place(WORLD.port, host, "tls"), "verdict": "deny", "reason": why, **more})

    def test_another_name_is_refused(self) -> None:
        for sni in ("git.world.test", "other.world.test", "key.world.test.attacker.test", "x.key.world.test"):
            self.refused(lambda: self.spoken("key.world.test", sni), "the TLS server name is not that of the tunnel", sni=sni)

    def test_a_hostile_name_is_told_in_ascii(self) -> None:
        for name in (b'a"b\\\x1b[2J\n{}', "\u202e\xe9".encode(), b"\xff" * 255, b"x" * 255):
            extension = tls.extension(0, tls.host_name(name))
            hello = tls.records(tls.handshake(tls.vector(extension)), [])

            def say(hello=hello):
                with w.Client(self.proxy) as client:
                    client.connect(f"key.world.test:{WORLD.port}")
                    client.socket.sendall(hello)
                    client.socket.recv(10)
            told = name.decode("ascii", "backslashreplace")
            self.refused(say, "the TLS server name is not that of the tunnel", sni=told if len(told) <= 1024 else told[:1024] + "...")
        self.assertTrue(self.proxy.log_path.read_bytes().isascii())

    def test_no_name_is_refused(self) -> None:
        self.refused(lambda: self.spoken("key.world.test", None), "the ClientHello has no server name")

    def test_no_clienthello_is_refused(self) -> None:
        for text in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\0\x05\x02\0\0\x01\0", b"\x16\x03\x01\0\0", b"\x80\x2e\x01\x03\x01"):
            def say(text=text):
                with w.Client(self.proxy) as client:
                    client.connect(f"key.world.test:{WORLD.port}")
                    client.socket.sendall(text)
                    client.socket.recv(10)
            self.refused(say, "what was said is no ClientHello of TLS")

    def test_a_clienthello_in_pieces(self) -> None:
        context, out, into = ssl.create_default_context(cafile=WORLD.ca), ssl.MemoryBIO(), ssl.MemoryBIO()
        speaker = context.wrap_bio(into, out, server_hostname="key.world.test")
        with self.assertRaises(ssl.SSLWantReadError):
            speaker.do_handshake()
        hello = out.read()
        with w.Client(self.proxy) as client:
            client.connect(f"key.world.test:{WORLD.port}")
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in hello:
                client.socket.sendall(bytes([byte]))
            with self.assertRaises(ssl.SSLWantReadError):
                while True:
                    into.write(client.socket.recv(65536))
                    with contextlib.suppress(ssl.SSLWantReadError):
                        speaker.do_handshake()
                        break
                speaker.read()
        self.assertEqual(self.last()["verdict"], "allow")


class Audit(Proxied):
    enforcement = "audit"

    def test_what_is_not_read_passes_and_is_logged(self) -> None:
        for kind, text, answer in (("echo", b"\0\0\0\x08\x04\xd2\x16\x2f", b"\0\0\0\x08\x04\xd2\x16\x2f"),
                                   ("echo", b"SSH-2.0-x\r\n", b"SSH-2.0-x\r\n"), ("greet", b"", b"220 hello\r\n")):
            connection, found = self.opened(kind, "other.world.test"), b""
            connection.sendall(text)
            while len(found) < len(answer):
                found += connection.recv(100)
            self.assertEqual(found, answer)
            line = self.last()
            self.assertEqual(line.pop("reason").partition(" is neither ")[0], f"what is said to other.world.test:{port(kind)}")
            self.assertEqual(line, {**self.place(port(kind), "other.world.test"), "verdict": "audit", "missing": {
                "host": "other.world.test", "scheme": "tcp", "ports": [port(kind)]}})

    def test_a_name_that_a_tls_rule_has_is_asked_for_all_the_same(self) -> None:
        with w.Client(self.proxy) as client:
            client.connect(f"key.world.test:{WORLD.port}")
            with self.assertRaises(ConnectionResetError):
                client.tls("git.world.test")
        self.assertEqual(self.last()["verdict"], "deny")


class OverTime(Proxied):
    def setUp(self) -> None:
        self.proxy.write_policy(w.policy(rules(), []))
        (self.proxy.folder / "today").unlink(missing_ok=True)
        time.sleep(1.5)

    def test_a_rule_that_has_expired(self) -> None:
        day = datetime.date(2027, 6, 30)
        self.proxy.write_policy(w.policy(rules(expires=str(day)), []))
        (self.proxy.folder / "today").write_text(str(day))
        connection = self.opened("echo")
        (self.proxy.folder / "today").write_text("2027-07-01")
        with w.Client(self.proxy) as client:
            answer = client.connect(f"{DB}:{port('echo')}")
        self.assertIn(f"no rule allows CONNECT {DB}:{port('echo')}; the rule that did expired on 2027-06-30", answer.decode())
        connection.sendall(b"still")
        self.assertEqual(connection.recv(10), b"still")

    def test_a_rule_that_has_gone(self) -> None:
        connection, other = self.opened("echo"), self.opened("echo", "low.db.world.test")
        self.proxy.write_policy(w.policy(rules()[2:], []))
        self.proxy.hang_up()
        self.assertTrue(self.proxy.wait_for(lambda: any(one["event"] == "tunnel-cut" for one in self.proxy.events()), 5))
        self.assertRaises(ConnectionResetError, self.rest, connection)
        other.sendall(b"x")
        self.assertEqual(other.recv(10), b"x")
        lines = [one for one in self.proxy.events() if one["event"] == "tunnel-cut"]
        self.assertEqual([(one["scheme"], one["host"], one["port"]) for one in lines], [("tcp", DB, port("echo"))])


if __name__ == "__main__":
    unittest.main()
