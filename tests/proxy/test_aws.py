"""What AWS' clients sign with placeholder keys is signed again; botocore, which is another implementation, says how."""

from __future__ import annotations

import datetime
import sys
import unittest
import unittest.mock

import http2
import world as w

sys.path.insert(0, str(w.MODULES))

import aws  # noqa: E402
from botocore import auth, awsrequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

WORLD: w.World
KEY_ID, KEY, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+" + "bPxRfiCYEXAMPLEKEY", "session/Token+of=a:role=="
PLACEHOLDER = "placeholder-demo-aws"
DATE = "20150830T123600Z"
HOST = "api.world.test"


def setUpModule() -> None:
    global WORLD
    WORLD = w.World()


def tearDownModule() -> None:
    WORLD.close()


class _Then(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return cls(2015, 8, 30, 12, 36)


def by_botocore(method: str, url: str, fields: list, body: bytes, service: str, key_id: str, key: str, token: str | None = None) -> dict:
    """The fields of that request, signed."""
    signer = auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth
    request = awsrequest.AWSRequest(method=method, url=url, data=body)
    for name, value in fields:
        request.headers[name] = value
    if service == "s3":
        request.context["payload_signing_enabled"] = True
    with unittest.mock.patch.object(auth.datetime, "datetime", _Then):
        signer(Credentials(key_id, key, token), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def again(method: str, target: str, sent: dict, body: bytes, secret: str, host: str) -> bytes:
    fields = [(name.encode(), value.encode()) for name, value in sent.items()]
    asked = aws.read("one", PLACEHOLDER, fields)
    fields = [one for one in fields if one[0].lower() not in (b"authorization", b"x-amz-security-token", b"host")]
    signing, _ = aws.prepare(secret, asked, method.encode(), host.encode(), target.encode(), fields)
    return signing.authorization(asked.payload or aws.hashed(body))


# Method, target, fields, body, service.
REQUESTS = [
    ("GET", "/?Action=ListUsers&Version=2010-05-08", [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")], b"", "iam"),
    ("POST", "/", [("X-Amz-Target", "DynamoDB_20120810.GetItem"), ("Content-Type", "application/x-amz-json-1.0")], b'{"a": 1}', "dynamodb"),
    ("GET", "/a%20b/../c//d%2Fe/", [], b"", "lambda"), ("GET", "/..", [], b"", "lambda"), ("GET", "//", [], b"", "lambda"),
    ("GET", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Afn~x/policy?b=2&a=1&a=0&B=&c=%2F%20~&ab=1&a=", [("X-Any", " two   blanks ")],
     b"", "lambda"),
    ("PUT", "/bucket/a%20b//../%C3%A9%2Bc~/", [("X-Amz-Meta-A", "x"), ("Content-MD5", "abc=")], b"the object", "s3"),
    ("GET", "/bucket?list-type=2&prefix=a%2Fb%20c&delimiter=%2F&acl", [("Range", "bytes=0-1")], b"", "s3"),
]


class Signature(unittest.TestCase):
    def test_the_example_of_the_documentation(self):
        asked = aws.Asked(DATE.encode(), b"20150830/us-east-1/iam/aws4_request", b"us-east-1", b"iam", b"content-type;host;x-amz-date", None)
        signing, _ = aws.prepare(f"{KEY_ID}:{KEY}", asked, b"GET", b"iam.amazonaws.com", REQUESTS[0][1].encode(), [
            (b"X-Amz-Date", DATE.encode()), (b"Content-Type", b"application/x-www-form-urlencoded; charset=utf-8")])
        self.assertEqual(signing.authorization(aws.EMPTY).decode(), (
            f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"))

    def test_as_botocore_signs(self):
        for host in ("service.us-east-1.amazonaws.com", "minio.example.org:9000"):
            for token in (None, TOKEN):
                for method, target, fields, body, service in REQUESTS:
                    with self.subTest(host=host, target=target, token=token):
                        url = f"https://{host}{target}"
                        sent = by_botocore(method, url, fields, body, service, PLACEHOLDER, "anything")
                        wanted = by_botocore(method, url, fields, body, service, KEY_ID, KEY, token)
                        secret = f"{KEY_ID}:{KEY}" + (f":{token}" if token else "")
                        self.assertEqual(again(method, target, sent, body, secret, host).decode(), wanted["Authorization"])


class Live(unittest.TestCase):
    """Through the proxy, to a server that signs what it got, as AWS does."""

    secret = f"{KEY_ID}:{KEY}"
    token: str | None = None

    @classmethod
    def setUpClass(cls) -> None:
        rules = [w.rule(HOST, methods=["GET", "HEAD", "PUT", "POST"], ports=[WORLD.port])]
        made = w.policy(rules, [w.credential("aws", HOST, {"aws": True}, PLACEHOLDER)])
        cls.place = f"{HOST}:{WORLD.port}"
        cls.proxy = w.Proxy(WORLD, made, cls.__name__, {"aws": cls.secret})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.proxy.close()

    def send(self, method: str, target: str, fields: dict, body: bytes = b"") -> bytes:
        head = f"{method} {target} HTTP/1.1\r\nHost: {self.place}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        with w.Client(self.proxy) as client:
            client.connect(self.place)
            client.tls(HOST)
            return client.raw(head.encode() + b"\r\n" + body)

    def signed(self, method: str, target: str, fields: list, body: bytes, service: str) -> dict:
        return by_botocore(method, f"https://{self.place}{target}", fields, body, service, PLACEHOLDER, "anything", "the agent's own")

    def check_upstream(self, method: str, target: str, body: bytes, service: str) -> None:
        record = WORLD.upstream.requests[-1]
        got = {name.decode().lower(): value.decode() for name, value in record["fields"]}
        self.assertEqual(record["line"].decode(), f"{method} {target} HTTP/1.1")
        self.assertEqual(record["body"], body)
        self.assertEqual(got.get("x-amz-security-token"), self.token)
        names = got["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        fields = [(name, got[name]) for name in names if name not in ("host", "x-amz-date", "x-amz-security-token")]
        wanted = by_botocore(method, f"https://{got['host']}{target}", fields, body, service, KEY_ID, KEY, self.token)
        self.assertEqual(got["authorization"], wanted["Authorization"])

    def test_a_server_finds_its_own_signature(self):
        for method, target, fields, body, service in REQUESTS:
            if ".." in target or "//" in target:
                continue  # no rule has it
            with self.subTest(target):
                answer = self.send(method, target, self.signed(method, target, fields, body, service), body)
                self.assertEqual(answer[9:12], b"200", answer)
                self.check_upstream(method, target, body, service)

    def test_a_body_that_is_hashed_here(self):
        for size in (1, 65536, aws.LONGEST_BODY):
            body = bytes(number % 251 for number in range(size))
            with self.subTest(size):
                self.assertEqual(self.send("POST", "/", self.signed("POST", "/", [], body, "sqs"), body)[9:12], b"200")
                self.check_upstream("POST", "/", body, "sqs")

    def test_expect(self):
        sent = {**self.signed("POST", "/", [], b"a body", "sqs"), "Expect": "100-continue"}
        answer = self.send("POST", "/", sent, b"a body")
        self.assertIn(b" 200 ", answer)
        self.check_upstream("POST", "/", b"a body", "sqs")

    def test_over_http2(self):
        for body in (b"", b"the body"):
            method = "POST" if body else "GET"
            sent = self.signed(method, "/", [], body, "sqs")
            fields = [(":method", method), (":scheme", "https"), (":path", "/"), (":authority", self.place)]
            fields += [(name.lower(), value) for name, value in sent.items()] + ([("content-length", str(len(body)))] if body else [])
            with w.Client(self.proxy) as client:
                client.connect(self.place)
                client.tls(HOST, ["h2"])
                self.assertEqual(http2.ask(client, fields, body or None)[0], "200")
            self.check_upstream(method, "/", body, "sqs")

    def refused(self, text: str, method: str = "GET", target: str = "/", body: bytes = b"", service: str = "s3", **changes: str) -> None:
        before = WORLD.seen()
        fields = self.signed(method, "/", [], body, service)
        fields.update({name.replace("_", "-"): value for name, value in changes.items()})
        answer = self.send(method, target, fields, body)
        self.assertEqual(answer[9:12], b"403", answer)
        self.assertIn(text.encode(), answer)
        self.assertEqual(WORLD.seen(), before)

    def test_what_cannot_be_signed_again(self):
        self.refused("signed chunk by chunk cannot be signed again", X_Amz_Content_SHA256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
        self.refused("signed chunk by chunk cannot be signed again", X_Amz_Content_SHA256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
        self.refused("is neither one hash nor UNSIGNED-PAYLOAD", X_Amz_Content_SHA256="x")
        self.refused("(SigV4A) cannot be made again", Authorization=f"AWS4-ECDSA-P256-SHA256 Credential={PLACEHOLDER}/x")
        self.refused("Authorization is not AWS4-HMAC-SHA256 with", Authorization=f"Bearer {PLACEHOLDER}")
        self.refused("has one X-Amz-Date, of the day", X_Amz_Date="20150831T123600Z")
        self.refused("(a presigned URL) does not pass", target=f"/a?X-Amz-Credential={PLACEHOLDER}%2F20150830&X-Amz-Signature=00")
        self.refused("(a presigned URL) does not pass", target="/a?x%2Damz-signature=00")
        self.refused("says its length, of at most 1 MiB", "POST", body=b"x" * (aws.LONGEST_BODY + 1), service="sqs")
        self.refused("the credential does not belong", X_Other=PLACEHOLDER)

    def test_other_keys_do_not_work_there(self):
        sent = by_botocore("GET", f"https://{self.place}/", [], b"", "s3", "AKIDOTHER", "of the agent's own", "its token")
        self.send("GET", "/", sent)
        names = {name.lower() for name, _ in WORLD.upstream.requests[-1]["fields"]}
        self.assertEqual(names & {b"authorization", b"x-amz-security-token"}, set())

    def test_unsigned_and_streamed(self):
        for payload in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
            sent = self.signed("PUT", "/b", [], b"", "s3")
            sent["X-Amz-Content-SHA256"] = payload
            self.assertEqual(self.send("PUT", "/b", sent, b"x" * 3000000)[9:12], b"200")
            got = {name.lower(): value for name, value in WORLD.upstream.requests[-1]["fields"]}
            asked = aws.read("one", KEY_ID, WORLD.upstream.requests[-1]["fields"])
            fields = [one for one in WORLD.upstream.requests[-1]["fields"] if one[0].lower() != b"host"]
            again_by_us, _ = aws.prepare(f"{KEY_ID}:{KEY}", asked, b"PUT", self.place.encode(), b"/b", fields)
            self.assertEqual(again_by_us.authorization(payload.encode()), got[b"authorization"])


class LiveWithToken(Live):
    secret, token = f"{KEY_ID}:{KEY}:{TOKEN}", TOKEN


class Shape(unittest.TestCase):
    problem = "credential aws is not KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN"

    def start(self, name: str, secret: str, **more) -> w.Proxy:
        rules = [w.rule(HOST, methods=["GET"], ports=[WORLD.port])]
        proxy = w.Proxy(WORLD, w.policy(rules, [w.credential("aws", HOST, {"aws": True}, PLACEHOLDER)]), name, {"aws": secret}, **more)
        self.addCleanup(proxy.close)
        return proxy

    def test_the_proxy_does_not_start_with_another_one(self):
        proxy = self.start("shape", "just-one-word", wait=False)
        self.assertNotEqual(proxy.process.wait(30), 0)
        self.assertIn(self.problem, proxy.log_text())
        self.assertNotIn("just-one-word", proxy.log_text())

    def test_one_that_comes_later_is_told_and_not_taken(self):
        proxy = self.start("later", f"{KEY_ID}:{KEY}")
        proxy.secret_path("aws").write_text("just-one-word")
        Live.proxy, Live.place, Live.token = proxy, f"{HOST}:{WORLD.port}", None
        one = Live()
        answer = one.send("GET", "/", one.signed("GET", "/", [], b"", "s3"))
        self.assertEqual(answer[9:12], b"200", answer)
        one.check_upstream("GET", "/", b"", "s3")
        self.assertEqual([event["error"] for event in proxy.events() if event["event"] == "credential-kept"], [self.problem])
        self.assertNotIn("just-one-word", proxy.log_text())
