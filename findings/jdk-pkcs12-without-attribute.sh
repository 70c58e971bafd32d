#!/bin/sh
# A PKCS #12 file with a CA certificate in it, as `openssl pkcs12 -export -nokeys` writes it, is an empty trust store to
# Java: no error, 0 entries, and TLS fails later ("the trustAnchors parameter must be non-empty"). The JDK takes a
# certificate without a key for a trusted one only where its bag has the attribute 2.16.840.1.113894.746875.1.1
# (Oracle's trustedKeyUsage), which keytool writes and which OpenSSL 3.0 can neither write nor name.
#
# Seen with openjdk-17-jre-headless 17.0.21.1+2-1~deb12u1 and openssl 3.0.22 of Debian 12:
#
#   keytool -list of what openssl wrote    "Your keystore contains 0 entries", exit 0
#   keytool -list of what keytool wrote    "Your keystore contains 1 entry"
#   openssl pkcs12 -info of the latter     2.16.840.1.113894.746875.1.1: <Unsupported tag 6>
#
# Why it matters: whoever makes a trust store without a JDK at hand tests it with openssl, which shows the certificate
# in both. OpenSSL 3.2 has -jdktrust for it; before, the attribute must be written by hand, or a JKS file instead.
#
# Needs Debian 12 and apt. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=17.0.21.1+2-1~deb12u1
apt-get download -q "openjdk-17-jre-headless=$version" >/dev/null 2>&1 || {
    echo 'this version cannot be fetched: needs Debian 12' >&2
    exit 2
}
dpkg-deb -x openjdk-*.deb root
java=$(echo "$work"/root/usr/lib/jvm/java-17-openjdk-*)
# Debian keeps its settings in /etc: those of this package, whatever is installed.
find "$java" -type l | while read -r link; do
    to=$(readlink "$link")
    case $to in
    /etc/java-17-openjdk*) ln -sf "$work/root$to" "$link" ;;
    esac
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=A CA' \
    -addext basicConstraints=critical,CA:TRUE -keyout key.pem -out ca.pem 2>/dev/null
openssl pkcs12 -export -nokeys -in ca.pem -name ca -passout pass:changeit -out openssl.p12
"$java/bin/keytool" -importcert -noprompt -alias ca -file ca.pem -keystore keytool.p12 -storetype PKCS12 \
    -storepass changeit 2>/dev/null

wrong=0
# look FILE TEXT
look() {
    said=$("$java/bin/keytool" -list -keystore "$1" -storetype PKCS12 -storepass changeit | grep contains)
    echo "$1: $said; certificates that openssl sees: $(openssl pkcs12 -in "$1" -passin pass:changeit -nokeys 2>/dev/null |
        grep -c BEGIN)"
    case $said in *"$2"*) ;; *) wrong=1 ;; esac
}
look openssl.p12 '0 entries'
look keytool.p12 '1 entry'
openssl pkcs12 -in keytool.p12 -passin pass:changeit -nokeys 2>/dev/null | grep 2.16.840.1.113894.746875.1.1 || wrong=1
exit "$wrong"
