#!/bin/sh
# In NSS's SQLite database a certificate and its trust are two rows, and nothing signs the second where the database has
# no password: a program that only knows SQLite can write both. What ties the trust to the certificate, besides issuer
# and serial number, is the certificate's SHA-1 (column ace5363b4, CKA_CERT_SHA1_HASH), in 2026 as well: without it the
# row is passed over in silence, and the certificate is there without any trust. The MD5 beside it may be missing, and
# so may all trusts that are not asked for.
#
# Seen with libnss3-tools 2:3.87.1-1+deb12u4 (NSS 3.87.1, Debian 12), of a CA that certutil -A -t C,, added:
#
#   as it is                         C,,   certutil -V: certificate is valid
#   without ace5363b5 (MD5)          C,,   certificate is valid
#   without ace5363b4 (SHA-1)        ,,    Peer's certificate issuer has been marked as not trusted by the user.
#
# Why it matters: a CA for Chromium's or Firefox's store can be put there where no certutil is, which few systems have;
# and who leaves SHA-1 out as obsolete gets a certificate that is listed and not trusted.
#
# Needs Debian 12, apt, python3 and openssl. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=2:3.87.1-1+deb12u4
apt-get download -q "libnss3-tools=$version" "libnss3=$version" "libnspr4=2:4.35-1" >/dev/null 2>&1 || {
    echo 'this version cannot be fetched: needs Debian 12' >&2
    exit 2
}
for package in *.deb; do
    dpkg-deb -x "$package" root
done
LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH
certutil=root/usr/bin/certutil
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=A CA' \
    -addext basicConstraints=critical,CA:TRUE -keyout key.pem -out ca.pem 2>/dev/null
mkdir made
"$certutil" -N --empty-password -d sql:made
"$certutil" -A -n ca -t C,, -i ca.pem -d sql:made

wrong=0
# look TRUST TEXT [COLUMN]: in a copy without that column's value
look() {
    rm -rf copy && cp -r made copy
    [ -z "${3-}" ] || python3 -c '
import sqlite3, sys
database = sqlite3.connect("copy/cert9.db")
database.execute(f"update nssPublic set {sys.argv[1]} = NULL where {sys.argv[1]} is not null")
database.commit()' "$3"
    trust=$("$certutil" -L -d sql:copy | sed -n 's/^ca  *//p')
    said=$("$certutil" -V -u V -n ca -d sql:copy 2>&1 || true)
    echo "without ${3:-anything}: $trust $said"
    case $trust in "$1"*) ;; *) wrong=1 ;; esac
    case $said in *"$2"*) ;; *) wrong=1 ;; esac
}
look C,, 'certificate is valid'
look C,, 'certificate is valid' ace5363b5
look ,, 'not trusted' ace5363b4
exit "$wrong"
