#!/bin/sh
# An answer to HEAD has no body, whatever its Content-Length says (RFC 9110, section 9.3.2). An addon of mitmproxy that
# answers a request by itself, as its own example for that does, gives http.Response.make() a body, and mitmproxy sends
# it, to HEAD too:
#
#   HEAD /one   403 with Content-Length: 9, an empty line, and then "refused: ", which belongs to no answer
#   GET /two    what a client reads next on that connection begins with "refused: HTTP/1.1 403"
#
# Why it matters: whoever refuses requests in an addon ("block this host") puts every client that asks HEAD first, as
# package managers and caches do, out of step with its connection. The addon has to leave the body out itself.
#
# Seen with Debian 12's mitmproxy 8.1.1-2 and python3. Needs these. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'kill "$proxy" 2>/dev/null; rm -rf "$work"' EXIT
proxy=
cd "$work"
cat >refuse.py <<'END'
from mitmproxy import http


def request(flow):
    flow.response = http.Response.make(403, b"refused: ")
END
port=$(/usr/bin/python3 -c 'import socket; one = socket.socket(); one.bind(("127.0.0.1", 0)); print(one.getsockname()[1])')
mitmdump -q --set confdir="$work/conf" --listen-host 127.0.0.1 -p "$port" -s refuse.py >log 2>&1 &
proxy=$!
cat >ask.py <<'END'
import http.client, socket, sys, time

port = int(sys.argv[1])
for _ in range(200):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        break
    except OSError:
        time.sleep(0.1)
kept = socket.create_connection(("127.0.0.1", port))


def ask(line):
    """All that comes within a second; what is left of it is the next one's."""
    kept.sendall(line + b" HTTP/1.1\r\nHost: example.com\r\n\r\n")
    kept.settimeout(1)
    said = b""
    try:
        while piece := kept.recv(999):
            said += piece
    except TimeoutError:
        return said


head, _, left = ask(b"HEAD http://example.com/one").partition(b"\r\n\r\n")
print("HEAD", head.split(b"\r\n")[0].decode(), [line.decode() for line in head.split(b"\r\n") if b"ength" in line])
print("GET", (left + ask(b"GET http://example.com/two")).split(b"\r\n")[0].decode())
END
/usr/bin/python3 ask.py "$port" >found
cat found
dpkg-query -W mitmproxy
printf '%s\n' "HEAD HTTP/1.1 403 Forbidden ['content-length: 9']" 'GET refused: HTTP/1.1 403 Forbidden' >expected
cmp found expected
