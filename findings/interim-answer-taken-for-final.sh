#!/bin/sh
# A server may send an interim answer (1xx) at any time before the final one, and a client must go on reading (RFC 9110,
# section 15.2). 103 Early Hints is one that real servers send. Who takes it for the answer:
#
#   Python 3.11 http.client   status 103, empty body; urllib raises HTTPError 103
#   libwww-perl 6.68          103; with keep_alive the second request then gets the answer to the first
#   Java 17 HttpURLConnection 103 (java.net.http.HttpClient of the same JDK: 200)
#   undici 7.16.0, curl 7.88  200
#
# http.client skips 100 alone. Net::HTTP skips 100 and 102 alone, and what it left unread on a kept connection is what the
# next request is answered with.
#
# Why it matters: a proxy that hands interim answers on, as it should, shows these clients what no server of theirs may
# have sent them before; and a client that is off by one answer on a kept connection mixes up what belongs to which
# request.
#
# Seen with Debian 12's python3.11-minimal 3.11.2, libwww-perl 6.68-1, libnet-http-perl 6.22-1, a JDK 17, curl 7.88.1, and
# undici 7.16.0 of npm. Needs these of Debian's, node and npm. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
server=
cd "$work"
npm install --silent --no-audit --no-fund undici@7.16.0 >/dev/null
cat >server.py <<'END'
import socket, threading


def serve(connection):
    reader, number = connection.makefile("rb"), 0
    try:
        while reader.readline():
            while reader.readline() not in (b"\r\n", b""):
                pass
            number += 1
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                               b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nanswer %d" % number)
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
END
python=/usr/bin/python3.11
"$python" server.py >port &
server=$!
until [ -s port ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat port)/

cat >ask.py <<'END'
import http.client, sys, urllib.error, urllib.request
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1].split(":")[2].strip("/")))
connection.request("GET", "/")
print("http.client", connection.getresponse().status)
try:
    print("urllib", urllib.request.urlopen(sys.argv[1]).status)
except urllib.error.HTTPError as error:
    print("urllib", "HTTPError", error.code)
END
cat >ask.pl <<'END'
use LWP::UserAgent;
my $agent = LWP::UserAgent->new(keep_alive => 1);
for (1 .. 2) { my $answer = $agent->get($ARGV[0]); print "LWP ", $answer->code, " ", $answer->content, "\n" }
END
cat >Ask.java <<'END'
import java.net.*;
import java.net.http.*;
public class Ask {
    public static void main(String[] arguments) throws Exception {
        URI place = URI.create(arguments[0]);
        System.out.println("HttpURLConnection " + ((HttpURLConnection) place.toURL().openConnection()).getResponseCode());
        System.out.println("HttpClient " + HttpClient.newHttpClient().send(HttpRequest.newBuilder(place).build(),
            HttpResponse.BodyHandlers.ofString()).statusCode());
    }
}
END
cat >ask.js <<'END'
require('undici').request(process.argv[2]).then(answer => { console.log('undici', answer.statusCode); process.exit() })
END
{
    "$python" ask.py "$url"
    /usr/bin/perl ask.pl "$url"
    java Ask.java "$url"
    node ask.js "$url"
    /usr/bin/curl -s -o /dev/null -w 'curl %{http_code}\n' "$url"
} >seen
cat seen
cat >wanted <<'END'
http.client 103
urllib HTTPError 103
LWP 103 
LWP 200 answer 1
HttpURLConnection 103
HttpClient 200
undici 200
curl 200
END
cmp -s seen wanted || { diff wanted seen; exit 1; }
