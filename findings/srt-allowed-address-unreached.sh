#!/bin/sh
# An address that srt's settings allow, and no tool inside reaches: srt (Anthropic's sandbox-runtime) puts the
# loopback and all private networks into NO_PROXY inside, where there is no network but its proxy. So curl, which
# reads networks there, goes directly and fails; the same address by a name, or with NO_PROXY emptied, goes through
# srt's proxy, which lets it pass.
#
# Seen with srt 0.0.78 of npm and curl 7.88.1-10+deb12u* on Debian 12, allowedDomains being localhost:PORT,
# 10.77.0.1:PORT and lan.example.org:PORT (which is 10.77.0.1):
#
#   http://localhost:PORT/        fails   with NO_PROXY emptied: 200
#   http://10.77.0.1:PORT/        fails   with NO_PROXY emptied: 200
#   http://lan.example.org:PORT/  200     with NO_PROXY emptied: 200
#
# Its README has ["myapp.test", "127.0.0.1:3000"] as the way to a local server: the name works, the address does not.
# Who exports a rule for an address to srt has to say so.
#
# Needs root, Debian 12 with curl, python3, bubblewrap, socat, ripgrep and npm. Exits 1 when something behaves in another
# way.
set -eu
if [ "${1-}" != inside ]; then
    case $(uname -m) in
    aarch64) cpu=arm64 ;;
    *) cpu=x64 ;;
    esac
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # It wants a newer Node than Debian 12 has.
    npm install --silent --no-audit --no-fund --prefix "$work" @anthropic-ai/sandbox-runtime@0.0.78 "node-linux-$cpu@22.21.1"
    cp "$work/node_modules/node-linux-$cpu/bin/node" "$work/node"
    unshare -n -m "$0" inside "$work"
    exit
fi
cd "$2"
ip link set lo up
ip addr add 10.77.0.1/32 dev lo
{ cat /etc/hosts && echo '10.77.0.1 lan.example.org'; } >hosts
mount --bind hosts /etc/hosts
python3 -m http.server 18080 >server.log 2>&1 &
trap 'kill $!' EXIT
until curl -s -o index.html http://10.77.0.1:18080/; do sleep 0.1; done
cat >settings.json <<'JSON'
{ "network": { "allowedDomains": ["localhost:18080", "10.77.0.1:18080", "lan.example.org:18080"], "deniedDomains": [] },
  "filesystem": { "denyRead": [], "allowWrite": [], "denyWrite": [] } }
JSON
cat >ask <<'ASK'
for host in localhost 10.77.0.1 lan.example.org; do
    echo "$host $(curl -s -o /dev/null -w '%{http_code}' "http://$host:18080/")" \
        "$(NO_PROXY='' no_proxy='' curl -s -o /dev/null -w '%{http_code}' "http://$host:18080/")"
done
ASK
./node node_modules/@anthropic-ai/sandbox-runtime/dist/cli.js --settings settings.json -c "$(cat ask)" >got
cat got
printf '%s\n' 'localhost 000 200' '10.77.0.1 000 200' 'lan.example.org 200 200' | diff - got
