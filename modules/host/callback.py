"""Where a browser comes back to after a login: one GET on this host's own loopback, with a page of ours for an answer."""

import os
import socket

LONGEST = 16 << 10
PAGE = ("<!doctype html><meta charset=utf-8><title>agent-sandbox</title>"
        "<body style='font-family:sans-serif;margin:3em'><p>{}</p>")


def listen(port):
    """(what listens there, the port, "" or why nothing does); on both addresses that a browser may take localhost for, where
    this host has them. 0: any port."""
    try:
        doors = [socket.create_server(("127.0.0.1", port))]
    except OSError as error:
        return [], port, f"port {port} of this host is not free ({os.strerror(error.errno)})"
    port = doors[0].getsockname()[1]
    try:
        doors.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    except OSError:
        pass
    return doors, port, ""


def requested(connection):
    """The target of a GET, in bounds; ""."""
    connection.settimeout(5)
    text = b""
    try:
        while b"\r\n\r\n" not in text and len(text) < LONGEST:
            piece = connection.recv(4096)
            if not piece:
                break
            text += piece
    except OSError:
        return ""
    words = text.partition(b"\r\n")[0].decode("ascii", "replace").split(" ")
    return words[1] if len(words) == 3 and words[0] == "GET" and words[1].startswith("/") else ""


def respond(connection, status, text):
    """None, for whoever has nothing else to give."""
    page = PAGE.format(text).encode()
    head = (f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
            "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nReferrer-Policy: no-referrer\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n")
    try:
        connection.sendall(head.encode() + page)
    except OSError:
        pass
