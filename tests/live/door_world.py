"""A company's servers, but for its databases.

    door_world.py FOLDER GIT ECHO

On the address GIT an API that takes a token, by HTTPS with FOLDER/leaf.pem: FOLDER/asked has a line for each request,
its host, path and token. On ECHO port 7000 what answers, in capitals, once its client has said that it has said all.
"""

import http.server
import pathlib
import socket
import ssl
import sys
import threading

FOLDER = pathlib.Path(sys.argv[1])


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with (FOLDER / "asked").open("a", encoding="utf-8") as log:
            print(self.headers["host"], self.path, self.headers["private-token"], file=log)
        body = b'[{"name": "ours"}]\n'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


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
