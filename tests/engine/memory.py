"""tests/engine/memory: requests with secrets through a running engine, and then a look at all of its memory."""

import base64
import re
import sys
import time
import unittest

import host as host_of_logins
import native_case as case
import upstream_world as u
import world as w
from native_case import at
from native_world import PLAYS, STREAMS, answer

SLOTS = {"header": {"header": "x-api-key"}, "bearer": {"bearer": True}, "basic": {"basic": "user"}, "query": {"query": "key"},
         "path": {"path": True}, "word": {"authorization": "Bot"}}
SECRETS = {name: f"sk-{name}-0f9e8d7c6b5a-of-the-test" for name in SLOTS}
PLACEHOLDERS = {name: f"placeholder-{name}-of-the-test" for name in SLOTS}


def play(table, path, how):
    """There, and there with the secret in a segment."""
    table[path] = table[f"{path}/bot{SECRETS['path']}/a"] = how


def host(name):
    return f"{name}.world.test"


def policy():
    ports = [at.RAW.port, at.FRAMES.port]
    return w.policy([w.rule(host(name), methods=case.METHODS, ports=ports, websocket=True) for name in SLOTS],
                    [w.credential(name, host(name), slot, PLACEHOLDERS[name]) for name, slot in SLOTS.items()])


def kept(process, secret):
    """The regions that hold it and may be written to a disk (proc(5): "lo" among VmFlags is locked memory)."""
    found, region, flagged = [], None, {}
    with open(f"/proc/{process}/smaps", encoding="ascii", errors="replace") as smaps:
        for line in smaps:
            head = re.match("([0-9a-f]+)-([0-9a-f]+) (r)?", line)
            if head:
                region = (int(head[1], 16), int(head[2], 16)) if head[3] else None
            elif line.startswith("VmFlags:") and region:
                flagged[region] = line.split()[1:]
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        for (start, end), flags in flagged.items():
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except (OSError, ValueError):
                continue
            count = data.count(secret.encode())
            if count and "lo" not in flags:
                found.append((hex(start), count, re.findall(b"[ -~]{0,24}" + secret.encode() + b"[ -~]{0,8}", data)[:2]))
            locked = count if "lo" in flags else 0
            kept.locked += locked
    return found


class Memory(case.Native):
    @classmethod
    def setUpClass(cls):
        cls.proxy = w.Proxy(at.WORLD, policy(), cls.__name__, SECRETS)

    def fields(self, name):
        placeholder = PLACEHOLDERS[name]
        return {"header": {"x-api-key": placeholder}, "bearer": {"authorization": f"Bearer {placeholder}"},
                "basic": {"authorization": "Basic " + base64.b64encode(f"user:{placeholder}".encode()).decode()}, "query": {},
                "path": {}, "word": {"authorization": f"Bot {placeholder}"}}[name]

    def path(self, name):
        return {"query": "/x?key=" + PLACEHOLDERS[name], "path": f"/x/bot{PLACEHOLDERS[name]}/a"}.get(name, "/x")

    def asked(self, name, path="/x", body=b""):
        extra = "".join(f"{key}: {value}\r\n" for key, value in self.fields(name).items())
        place = self.path(name).replace("/x", path)
        head, said = self.ask(self.tunnel(host(name)), case.request(place, host(name), "POST" if body else "GET",
                                                                    extra + (f"Content-Length: {len(body)}\r\n" if body else ""), body))
        self.assertEqual(head[9:12], b"200", head)
        return said

    def asked_two(self, name, port):
        talk = self.talk(host(name), port)
        stream = talk.ask([(":method", "GET"), (":scheme", "https"), (":path", self.path(name)),
                           (":authority", f"{host(name)}:{port}"), *self.fields(name).items()])
        self.assertEqual(talk.head(stream)[":status"], "200")

    def nothing_is_left(self):
        time.sleep(0.3)
        for name, secret in SECRETS.items():
            kept.locked = 0
            with self.subTest(name):
                self.assertEqual(kept(self.proxy.process.pid, secret), [])
                self.assertGreater(kept.locked, 0, "what is to be found was looked for in the wrong way")

    def test_requests(self):
        play(PLAYS, "/x", lambda peer, head: peer.send(answer()) or True)
        play(STREAMS, "/x", lambda talk, stream: talk.h2.send_headers(stream, [(":status", "200")], end_stream=True))
        for name in SLOTS:
            self.asked(name)
            self.asked_two(name, at.RAW.port)
            self.asked_two(name, at.FRAMES.port)
        self.nothing_is_left()

    def test_long_heads_and_bodies(self):
        play(PLAYS, "/long", lambda peer, head: bool(peer.body(head)) and (peer.send(answer()) or True))
        for name in SLOTS:
            self.asked(name, "/long", b"b" * 300000)
        self.nothing_is_left()

    def test_answers_that_say_it_back(self):
        def piecewise(peer, said):
            for i in range(0, len(said), 9):
                peer.send(said[i:i + 9])
            return True

        def in_frames(talk, stream, secret):
            talk.h2.send_headers(stream, [(":status", "200")])
            talk.h2.send_data(stream, b"x" * 5000 + secret.encode() + b"y", end_stream=True)

        for name, secret in SECRETS.items():
            play(PLAYS, "/back", lambda peer, head, secret=secret: peer.send(
                answer(b"x" * 5000 + secret.encode() + b"y" * 5000, b"X-Back: " + secret.encode() + b"\r\n")) or True)
            self.assertNotIn(secret.encode(), self.asked(name, "/back"))
            play(PLAYS, "/slowly", lambda peer, head, secret=secret: piecewise(
                peer, answer(secret.encode(), b"X-Long: " + b"z" * 3000 + secret.encode() + b"\r\n")))
            self.assertNotIn(secret.encode(), self.asked(name, "/slowly"))
            play(STREAMS, "/x", lambda talk, stream, secret=secret: in_frames(talk, stream, secret))
            self.asked_two(name, at.FRAMES.port)
        self.nothing_is_left()


class Upstream(case.Native):
    """The password of a company's proxy: said by CONNECT and in the absolute form, in the clear and in TLS."""

    @classmethod
    def setUpClass(cls):
        cls.ca, leaf, key = u.certificates("memory", ["proxy.corp"])
        cls.liars = [u.Liar(cls.serve), u.Liar(cls.serve, u.speaks(leaf, key))]
        cls.proxy = w.Proxy(at.WORLD, cls.policy(0), cls.__name__, {"upstream": u.PASSWORD})

    @classmethod
    def policy(cls, tls):
        rules = [w.rule(host("header"), ports=[at.RAW.port]), w.rule(host("header"), scheme="http", ports=[at.RAW.port + 1]),
                 w.unread(host("bearer"), "tcp", [at.RAW.port])]
        return {**w.policy(rules, []), "upstream": u.upstream(cls.liars[tls].port, tls=bool(tls)), "trust": u.trusted(cls.ca)}

    @staticmethod
    def serve(one):
        """Refuses, and says back what it was asked: to CONNECT, and twice on a connection in the absolute form."""
        for _ in range(2):
            one.sendall(b"HTTP/1.1 503 no\r\nX-Asked: Basic " + PAIR + b"\r\nContent-Length: %d\r\n\r\n" % len(PAIR) + PAIR)
            if not one.recv(65536):
                return

    def test_a_password(self):
        place = f"{host('header')}:{at.RAW.port + 1}"
        request = f"GET http://{place}/x HTTP/1.1\r\nHost: {place}\r\n\r\n".encode()
        for tls in 0, 1:
            self.proxy.write_policy(self.policy(tls))
            for _ in range(3):
                with w.Client(self.proxy) as one:
                    one.connect(f"{host('header')}:{at.RAW.port}")
                    one.tls(host("header"))
                    self.assertIn(b" 502 ", one.raw(case.request("/x", host("header"))))
                with w.Client(self.proxy) as one:
                    self.assertIn(b" 502 ", one.connect(f"{host('bearer')}:{at.RAW.port}"))
                with w.Client(self.proxy) as one:
                    self.assertNotIn(PAIR, one.raw(request) + one.raw(request))
        time.sleep(0.3)
        for liar in self.liars:
            self.assertEqual(sum(PAIR in head for head in liar.heads), 9, liar.heads)
        kept.locked = 0
        self.assertEqual(kept(self.proxy.process.pid, u.PASSWORD), [])
        self.assertGreater(kept.locked, 0, "what is to be found was looked for in the wrong way")
        self.assertEqual(kept(self.proxy.process.pid, PAIR.decode()), [])


class Logins(unittest.TestCase):
    """Tokens that came from a service, went to one, or came back; and those that root handed in."""

    def setUp(self):
        self.host = host_of_logins.Host()
        self.addCleanup(self.host.close)

    def nothing_is_left(self, *held):
        """held: the services whose newest access token is still kept."""
        time.sleep(0.3)
        identity, process = self.host.identity, self.host.proxy.process.pid
        for service, tokens in identity.issued.items():
            for number, token in enumerate(tokens):
                kept.locked = 0
                with self.subTest(service, number=number):
                    self.assertEqual(kept(process, token), [])
        for service in held:
            kept.locked = 0
            kept(process, [one for one, of in identity.good.items() if of == service][-1])
            with self.subTest(service):
                self.assertGreater(kept.locked, 0, "what is to be found was looked for in the wrong way")

    def all_in(self):
        said = {service: self.host.first(service, **more) for service, more in (
            ("claude", {}), ("chatgpt", {}), ("google", {"client_secret": "made/up+secret"}), ("example", {}))}
        said["github-copilot"] = self.host.token("github-copilot", {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "d", "client_id": "c"})[1]
        return {service: one["access_token"] for service, one in said.items()}

    def test_given_out_and_used(self):
        for service, access in self.all_in().items():
            place = {"claude": ("api.anthropic.com", "/api/oauth/profile"), "chatgpt": ("chatgpt.com", "/backend-api/codex/models"),
                     "google": ("www.googleapis.com", "/oauth2/v2/userinfo"), "github-copilot": ("api.github.com", "/user")}.get(service)
            if place:
                self.assertEqual(self.host.use(access, *place)[0], 200)  # it says it back in many forms
        self.assertEqual(self.host.over_http2("sk-ant-oat01-agent-sandbox-login-box-claude-access", b"b" * 10000), "200")
        self.nothing_is_left("claude", "chatgpt", "google", "github-copilot", "example")

    def test_renewed(self):
        access = self.all_in()["claude"]
        self.host.identity.revoke("claude")
        self.assertEqual(self.host.use(access, body=b"b" * 300000)[0], 200)  # it went out a second time
        self.host.ahead(3400)
        for service in "chatgpt", "google", "example":
            self.assertEqual(self.host.ask_root("login-refresh", name=service), {"ok": True})
        self.host.ahead(0)
        self.nothing_is_left("claude", "chatgpt", "google", "example")

    def test_read_again_and_forgotten(self):
        self.all_in()
        self.host.again(kill=True)
        self.nothing_is_left("claude", "chatgpt", "google", "example")
        gone = self.host.ask_root("logout", name="claude")
        self.host.ask_root("login-put", name="claude", access=gone["access"], refresh=gone["refresh"])
        self.nothing_is_left("claude")
        self.host.ask_root("logout", name="claude")
        self.nothing_is_left("chatgpt", "google")


PAIR = base64.b64encode(f"{u.USER}:{u.PASSWORD}".encode())

if __name__ == "__main__":
    case.set_up()
    u.WORLD = at.WORLD
    at.WORLD.names["proxy.corp"] = [w.OFFICE]
    at.WORLD.names.update({host(name): [w.UPSTREAM] for name in SLOTS})
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    result = unittest.TestSuite([load(Memory), load(Upstream), load(Logins)]).run(unittest.TestResult())
    case.tear_down()
    problems = result.failures + result.errors
    for test, text in problems:
        print(f"FAILED: {test}\n{text}")
    print(f"{result.testsRun - len(result.failures) - len(result.errors) if not problems else result.testsRun - len({str(t) for t, _ in problems})} passed, {len(problems)} failed")
    sys.exit(1 if problems else 0)
