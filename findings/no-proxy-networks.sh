#!/bin/sh
# One NO_PROXY, four readings: a network such as 127.9.9.0/24 keeps curl from the proxy, and nobody else
# of these. wget, Python's urllib and undici (what Node's own fetch is made of) take it for a name, go
# through the proxy all the same, and say nothing. A single address works in all four.
#
# Seen with curl 7.88.1-10+deb12u*, wget 1.21.3-1+deb12u*, Python 3.11.2 of Debian 12 and undici 6.21.3
# (EnvHttpProxyAgent, Node 18 or newer):
#
#   NO_PROXY=127.9.9.0/24   curl direct   wget proxy    urllib proxy   undici proxy
#   NO_PROXY=127.9.9.7      curl direct   wget direct   urllib direct  undici direct
#
# curl reads networks from 7.86 on (curl(1), --noproxy), Go's net/http and Python's requests do, too. Who
# opens a network around a proxy by way of the environment has to name each address for the others.
#
# Needs Debian 12 with curl, wget, python3, node and npm. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'kill $servers 2>/dev/null; rm -rf "$work"' EXIT
servers=
cd "$work"
npm install --silent --no-audit --no-fund --prefix "$work" undici@6.21.3

# Two servers, each of which answers everything with its own word.
cat >server.py <<'PY'
import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(sys.argv[2])))
        self.end_headers()
        self.wfile.write(sys.argv[2].encode())

    def do_CONNECT(self):  # undici makes a tunnel for http, too
        self.send_response(200)
        self.end_headers()
        self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nproxy")
        self.close_connection = True

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer((sys.argv[1], 0), Handler)
with open(sys.argv[3], "w", encoding="ascii") as file:
    file.write(str(server.server_port))
server.serve_forever()
PY
for pair in 127.9.9.7=direct 127.0.0.1=proxy; do
    python3 -I server.py "${pair%%=*}" "${pair#*=}" "${pair#*=}.port" &
    servers="$servers $!"
done
until [ -s direct.port ] && [ -s proxy.port ]; do sleep 0.1; done
url=http://127.9.9.7:$(cat direct.port)/
proxy=http://127.0.0.1:$(cat proxy.port)

cat >ask.cjs <<'JS'
const { EnvHttpProxyAgent, fetch } = require('undici')
fetch(process.argv[2], { dispatcher: new EnvHttpProxyAgent() })
    .then(answer => answer.text()).then(text => process.stdout.write(text)).finally(() => process.exit())
JS

wrong=0
# look CLIENT NO_PROXY WANTED COMMAND...
look() {
    client=$1 none=$2 wanted=$3
    shift 3
    got=$(env -i PATH="$PATH" HOME="$work" http_proxy="$proxy" HTTP_PROXY="$proxy" \
        no_proxy="$none" NO_PROXY="$none" "$@" || echo failed)
    echo "NO_PROXY=$none: $client: $got"
    [ "$got" = "$wanted" ] || wrong=1
}

for none in 127.9.9.0/24 127.9.9.7; do
    others=direct
    [ "$none" = 127.9.9.7 ] || others=proxy
    look curl "$none" direct curl -sS "$url"
    look wget "$none" "$others" wget -q -O - "$url"
    look urllib "$none" "$others" python3 -I -c \
        'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())' "$url"
    look undici "$none" "$others" node ask.cjs "$url"
done
curl --version | head -n 1
wget --version | head -n 1
python3 --version
node --version
exit "$wrong"
