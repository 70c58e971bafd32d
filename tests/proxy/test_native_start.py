"""The native engine's options, its start and its end, its authority and certificates."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import unittest

import test_live as live
import world as w

WORLD: w.World


def setUpModule() -> None:
    global WORLD
    WORLD = live.WORLD = w.World()


def tearDownModule() -> None:
    WORLD.close()


def policy(**changes) -> dict:
    return dict(w.policy([w.rule("api.world.test", ports=[WORLD.port])], []), **changes)


def run(*arguments: str, **more) -> subprocess.CompletedProcess:
    environment = dict(os.environ, **more)
    for name in "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "JOURNAL_STREAM":
        environment.pop(name, None)
    return subprocess.run([w.ENGINE, *arguments], capture_output=True, text=True, timeout=20,
                          env=environment, stdin=subprocess.DEVNULL)


class Options(unittest.TestCase):
    def test_what_is_asked_for(self):
        for option, words in (("--help", "--policy FILE"), ("--version", "agent-sandbox-proxy ")):
            with self.subTest(option):
                done = run(option)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(words, done.stdout)

    def test_what_is_not_known(self):
        for arguments in ([], ["--policy", "/x"], ["--state", "/x"], ["--nothing"], ["--policy"],
                          ["--policy", "/x", "--state", "/x", "more"], ["-z"]):
            with self.subTest(arguments):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("usage: ", done.stderr)


class Start(unittest.TestCase):
    def fails(self, name: str, text: str | None, word: str, state: str = "state",
              authorities: str | None = None) -> None:
        folder = WORLD.folder / f"start-{name}"
        folder.mkdir()
        (folder / "file").write_text("")
        if text is not None:
            (folder / "policy.json").write_text(text)
        done = run("--policy", str(folder / "policy.json"), "--state", str(folder / state),
                   "--authorities", authorities or WORLD.ca)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        last = json.loads(done.stderr.splitlines()[-1])
        self.assertEqual((last["event"], sorted(last)), ("fatal", ["error", "event", "time"]))
        self.assertIn(word, last["error"])

    def test_what_stops_it(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            there = {"host": "127.0.0.1", "port": taken.getsockname()[1]}
            missing = [w.credential("api", "api.world.test", {"header": "x-api-key"}, w.PLACEHOLDER)]
            missing[0]["source"]["path"] = "/nowhere/at/all"
            for name, text, word, more in (
                    ("unreadable", None, "policy", {}),
                    ("json", "{", "policy", {}),
                    ("unknown", json.dumps(policy(more=1)), "more", {}),
                    ("port", json.dumps(policy(listen=there)), str(there["port"]), {}),
                    ("address", json.dumps(policy(listen={"host": "192.0.2.1", "port": 9})),
                     "192.0.2.1", {}),
                    ("credential", json.dumps(policy(credentials=missing)), "credential api", {}),
                    ("state", json.dumps(policy()), "Not a directory", {"state": "file/state"}),
                    ("state-file", json.dumps(policy()), "Not a directory", {"state": "file"}),
                    ("authorities", json.dumps(policy()), "certificates",
                     {"authorities": "/nowhere"})):
                with self.subTest(name):
                    self.fails(name, text, word, **more)

    def test_it_ends_when_it_is_told_to(self):
        proxy = w.Proxy(WORLD, policy(), "ends", {})
        client = live.tunnel(proxy)
        self.addCleanup(client.socket.close)
        self.assertEqual(proxy.close(), -signal.SIGTERM)


class Reach(unittest.TestCase):
    def test_an_address_that_cannot_be_reached_is_no_refusal(self):
        """As one of IPv6 where there is none: connect(2) fails at once."""
        world = {"names": {"api.world.test": ["255.255.255.255"]}, "open": ["255.255.255.255"]}
        proxy = w.Proxy(WORLD, policy(), "reach", {}, environment={"PROXY_WORLD": json.dumps(world)})
        self.addCleanup(proxy.close)
        found = live.ask(proxy)
        self.assertEqual(live.status(found), "502")
        self.assertIn(b"no answer came from the server", found)
        self.assertEqual([one["verdict"] for one in proxy.decisions()], ["allow"])


class Authority(unittest.TestCase):
    def started(self, name: str, folder: pathlib.Path, **changes) -> w.Proxy:
        proxy = w.Proxy(WORLD, policy(**changes), name, {}, confdir=folder)
        self.addCleanup(proxy.close)
        return proxy

    def test_it_is_kept_and_another_name_has_another(self):
        folder = WORLD.folder / "kept"
        key, published = folder / "agent-sandbox-ca-key.pem", folder / "agent-sandbox-ca.pem"
        seen = []
        for turn, sandbox in enumerate(("demo", "demo", "other", "other")):
            proxy = self.started(f"kept-{turn}", folder, sandbox=sandbox)
            self.assertEqual(live.status(live.ask(proxy)), "200")
            proxy.close()
            seen.append((key.read_bytes(), published.read_bytes()))
            self.assertEqual(key.stat().st_mode & 0o777, 0o600)
            self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
            self.assertNotIn(b"PRIVATE", published.read_bytes())
            self.assertTrue(key.read_bytes().endswith(published.read_bytes()))
        self.assertEqual(seen[0], seen[1])
        self.assertNotEqual(seen[1], seen[2])
        self.assertEqual(seen[2], seen[3])

    def test_a_key_that_cannot_be_read_is_replaced(self):
        folder = WORLD.folder / "broken"
        folder.mkdir()
        for turn, text in enumerate(("", "no key", (pathlib.Path(WORLD.folder) / "leaf.key").read_text())):
            (folder / "agent-sandbox-ca-key.pem").write_text(text)
            proxy = self.started(f"broken-{turn}", folder)
            self.assertEqual(live.status(live.ask(proxy)), "200")
            proxy.close()

    def test_certificates(self):
        from cryptography import x509
        from cryptography.x509.oid import ExtendedKeyUsageOID

        long = ".".join(["a" * 60, "b" * 60, "c" * 60, "world.test"])
        proxy = self.started("certificates", WORLD.folder / "certificates",
                             enforcement="audit")
        made = x509.load_pem_x509_certificate(pathlib.Path(proxy.ca).read_bytes())
        own = made.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        for host in "api.world.test", long:
            with self.subTest(host), w.Client(proxy) as client:
                client.connect(f"{host}:443")
                context = ssl.create_default_context(cafile=proxy.ca)
                context.verify_flags |= ssl.VERIFY_X509_STRICT
                with context.wrap_socket(client.socket, server_hostname=host) as tls:
                    leaf = x509.load_der_x509_certificate(tls.getpeercert(True))
            def of(kind, leaf=leaf):
                return leaf.extensions.get_extension_for_class(kind)
            names = of(x509.SubjectAlternativeName)
            self.assertEqual(names.value.get_values_for_type(x509.DNSName), [host])
            self.assertEqual(names.critical, not list(leaf.subject))  # RFC 5280, 4.1.2.6
            self.assertEqual(of(x509.AuthorityKeyIdentifier).value.key_identifier, own.digest)
            self.assertEqual(list(of(x509.ExtendedKeyUsage).value),
                             [ExtendedKeyUsageOID.SERVER_AUTH])
            self.assertFalse(of(x509.BasicConstraints).value.ca)
            self.assertLessEqual((leaf.not_valid_after - leaf.not_valid_before).days, 398)

    def test_tls_of_clients(self):
        proxy = self.started("versions", WORLD.folder / "versions")
        for version, spoken in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
                                (ssl.TLSVersion.TLSv1_1, None)):
            with self.subTest(version), w.Client(proxy) as client:
                client.connect(f"api.world.test:{WORLD.port}")
                context = ssl.create_default_context(cafile=proxy.ca)
                context.minimum_version = min(version, ssl.TLSVersion.TLSv1_2)
                context.maximum_version = version
                context.set_ciphers("DEFAULT@SECLEVEL=0")
                if spoken is None:
                    with self.assertRaises((ssl.SSLError, OSError)):
                        context.wrap_socket(client.socket, server_hostname="api.world.test")
                    continue
                client.socket = context.wrap_socket(client.socket, server_hostname="api.world.test")
                self.assertEqual(client.socket.version(), spoken)
                self.assertEqual(live.status(client.raw(live.request("/v1/x"))), "200")


if __name__ == "__main__":
    unittest.main()
