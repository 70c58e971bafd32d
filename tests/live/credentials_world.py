"""What the live test of credentials talks to: one TLS server that says what it was sent.

    credentials_world.py FOLDER    in FOLDER: leaf.pem leaf.key repo.git

Answers with the request's line and headers as text; /r.git is git's smart HTTP, for whoever
brings the right password; /leak gives the secret back.
"""

import http.server
import os
import ssl
import subprocess
import sys

FOLDER = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        with open(os.path.join(FOLDER, "log"), "a", encoding="utf-8") as log:
            authorization = self.headers.get("Authorization", "-")
            key = self.headers.get("x-api-key", "-")
            print(self.requestline, authorization, key, sep="|", file=log)

    def do_GET(self):
        if self.path.startswith("/r.git"):
            return self.git()
        text = f"{self.requestline}\n{self.headers}".encode()
        self.answer(200, [("Content-Type", "text/plain")], text)

    do_POST = do_GET

    def git(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = dict(
            os.environ, GIT_PROJECT_ROOT=FOLDER, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path,
            QUERY_STRING=query, REQUEST_METHOD=self.command, REMOTE_USER="x", REMOTE_ADDR="x",
            CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
            GIT_PROTOCOL=self.headers.get("Git-Protocol", ""),
            HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""))
        found = subprocess.run(["git", "http-backend"], input=body, env=environment,
                               stdout=subprocess.PIPE, check=True).stdout
        head, _, text = found.partition(b"\r\n\r\n")
        fields = [tuple(line.decode().split(": ", 1)) for line in head.split(b"\r\n")]
        status = int(dict(fields).get("Status", "200").split()[0])
        self.answer(status, [one for one in fields if one[0] != "Status"], text)

    def answer(self, status, fields, text):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{FOLDER}/leaf.pem", f"{FOLDER}/leaf.key")
server = http.server.ThreadingHTTPServer(("192.0.1.7", 443), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
