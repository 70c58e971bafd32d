#!/bin/sh
# Where this machine has no address but 127.0.0.1 and ::1, nix does more than it says ("you don't have Internet access; disabling
# some network-dependent features"): it changes four settings, also when a proxy on that very loopback is named in
# the environment, and leads everywhere.
#
# Seen with nix 2.8.0-1.1+b1 (Debian 12), `nix show-config`:
#
#   setting             another address     the loopback's alone
#   substitute          true                false
#   tarball-ttl         3600                4294967295
#   connect-timeout     0                   1
#   download-attempts   5                   0
#
# and only those of them that are set nowhere, even to their default: NIX_CONFIG='tarball-ttl = 3600' keeps that
# one, and the other three still change. The address alone counts: 127.0.0.2 on the loopback is "Internet access".
#
# Why it matters: a sandbox with a private network namespace and a proxy, which is how agents and builds are closed
# in, gets caches back by `substitute = true`, as one would guess from the warning's effect. But then a flake's
# branch that was fetched once is never looked at again (tarball-ttl is 136 years), a download that fails once
# is not tried again, and a connection that takes longer than a second is given up.
#
# Needs Debian 12, apt and namespaces of users (or root). Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q nix-bin=2.8.0-1.1+b1 libboost-context1.74.0=1.74.0+ds1-21 libcpuid16=0.6.2+repack1-1 \
    libgc1=1:8.2.2-3 libsodium23=1.0.18-1+deb12u1 libseccomp2=2.5.4-1+deb12u1 libarchive13=3.6.2-1+deb12u5 \
    libbrotli1=1.0.9-2+deb12u1 libcurl3-gnutls=7.88.1-10+deb12u15 libsqlite3-0=3.40.1-2+deb12u2 >/dev/null 2>&1 || {
    echo 'these versions cannot be fetched: needs Debian 12' >&2
    exit 2
}
for package in *.deb; do
    dpkg-deb -x "$package" root
done
libraries=$work/root/usr/lib/nix:$(find root/usr/lib -maxdepth 1 -name '*-linux-gnu' | sed "s|^|$work/|")
mkdir home

# settings NIX_CONFIG ADDRESS: those that are meant, in a network namespace with a loopback
# shellcheck disable=SC2016
settings() {
    unshare -rn sh -c 'ip link set lo up && { [ -z "$3" ] || ip address add "$3" dev lo; }
        exec env HOME="$1/home" NIX_CONFIG="$2" LD_LIBRARY_PATH="$4" https_proxy=http://127.0.0.1:3128 \
            NIX_STATE_DIR="$1/home/state" NIX_STORE_DIR="$1/home/store" \
            "$1/root/usr/bin/nix" --extra-experimental-features nix-command show-config' \
        sh "$work" "$1" "$2" "$libraries" 2>"$work/said" |
        grep -E '^(substitute|tarball-ttl|connect-timeout|download-attempts) = ' | tr '\n' ';'
}

wrong=0
# look WHAT NIX_CONFIG ADDRESS WANTED
look() {
    got=$(settings "$2" "$3")
    echo "$1: $got"
    [ "$got" = "$4" ] || wrong=1
}
look 'another address   ' '' 192.0.2.1/32 'connect-timeout = 0;download-attempts = 5;substitute = true;tarball-ttl = 3600;'
look '127.0.0.2 as well ' '' 127.0.0.2/8 'connect-timeout = 0;download-attempts = 5;substitute = true;tarball-ttl = 3600;'
look 'a loopback alone  ' '' '' 'connect-timeout = 1;download-attempts = 0;substitute = false;tarball-ttl = 4294967295;'
look 'substitute is set ' 'substitute = true' '' \
    'connect-timeout = 1;download-attempts = 0;substitute = true;tarball-ttl = 4294967295;'
look 'tarball-ttl is set' 'tarball-ttl = 3600' '' \
    'connect-timeout = 1;download-attempts = 0;substitute = false;tarball-ttl = 3600;'
exit "$wrong"
