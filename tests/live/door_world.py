"""A company's servers, but for its databases and its directory.

    door_world.py FOLDER GIT ECHO

On the address GIT an API that takes a token, by HTTPS with FOLDER/leaf.pem: FOLDER/asked has a line for each request,
its host, path and token; and as s3.corp.example one that keeps objects, whose signatures botocore makes again:
FOLDER/signed has a line for each request, its method, path, key and whether the signature is the key's. On ECHO port 7000 what answers, in capitals, once its client has said that it has said all.
"""

import hashlib
import http.server
import pathlib
import re
import socket
import ssl
import sys
import threading

from botocore import auth, awsrequest
from botocore.credentials import Credentials

FOLDER = pathlib.Path(sys.argv[1])
KEY_ID, KEY = "AKIDOFTHECOMPANY", "of/the+company=="
SIGNED = re.compile("AWS4-HMAC-SHA256 Credential=([^/]+)/[0-9]+/([^/]+)/s3/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]+)")


OBJECTS: dict[str, bytes] = {}


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers["host"] == "s3.corp.example":
            self.do_object()
            return
        with (FOLDER / "asked").open("a", encoding="utf-8") as log:
            print(self.headers["host"], self.path, self.headers["private-token"], file=log)
        self.say(200, b'[{"name": "ours"}]\n')

    def say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_object(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        key, good = self.signed(body)
        with (FOLDER / "signed").open("a", encoding="utf-8") as log:
            print(self.command, self.path, key, "good" if good else "bad", file=log)
        if not good:
            self.say(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif self.command == "PUT":
            OBJECTS[self.path.partition("?")[0]] = body
            self.say(200, b"")
        elif self.path in OBJECTS:
            self.say(200, OBJECTS[self.path])
        else:
            found = "".join(f"<Contents><Key>{path.rpartition('/')[2]}</Key></Contents>" for path in OBJECTS)
            self.say(200, f"<ListBucketResult>{found}</ListBucketResult>".encode())

    do_PUT = do_object

    def signed(self, body: bytes) -> tuple[str, bool]:
        """By whom, and whether botocore comes to the same signature."""
        found = SIGNED.fullmatch(self.headers.get("authorization", ""))
        if not found:
            return "nobody", False
        key, region, names, signature = found.groups()
        request = awsrequest.AWSRequest(method=self.command, url=f"https://{self.headers['host']}{self.path}")
        for name in names.split(";"):
            request.headers[name] = self.headers[name]
        request.context["timestamp"] = self.headers["x-amz-date"]
        signer = auth.S3SigV4Auth(Credentials(KEY_ID, KEY), "s3", region)
        wanted = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        payload = self.headers["x-amz-content-sha256"]
        return key, key == KEY_ID and wanted == signature and payload in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest())


def answer(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as said:
        connection.sendall(said.read().upper())


def echo(address: str) -> None:
    listener = socket.create_server((address, 7000))
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


threading.Thread(target=echo, args=(sys.argv[3],), daemon=True).start()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(FOLDER / "leaf.pem", FOLDER / "leaf.key")
server = http.server.ThreadingHTTPServer((sys.argv[2], 443), Api)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
