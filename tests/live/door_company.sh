# Sourced by tests/live/door: the company, in a copy of the machine's root with the world's network.
# shellcheck shell=sh disable=SC2034,SC2154

servers=
end_company() {
    # Those of the background ignore an interrupt, and a database waits for its clients.
    # shellcheck disable=SC2086
    [ -z "$servers" ] || { kill -KILL $servers && wait $servers; } 2>/dev/null
    umount -l "$work/company/root" 2>/dev/null
}

# certify NAME CA NAMES: NAME.pem and NAME.key, of CA.pem, for the names of DNS
certify() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.csr" 2>/dev/null
    echo "subjectAltName=$3" >"$work/$1.ext"
    openssl x509 -req -in "$work/$1.csr" -CA "$work/$2.pem" -CAkey "$work/$2.key" -CAcreateserial -days 30 -extfile "$work/$1.ext" \
        -out "$work/$1.pem" 2>/dev/null || exit 1
}

certificates() {
    for ca in corp-ca client-ca; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$ca" -keyout "$work/$ca.key" \
            -out "$work/$ca.pem" 2>/dev/null || exit 1
    done
    certify leaf corp-ca 'DNS:db.corp.example,DNS:git.corp.example,DNS:wiki.corp.example,DNS:vault.corp.example,DNS:other.corp.example,DNS:ldap.corp.example,DNS:s3.corp.example'
    certify mine client-ca DNS:agent.corp.example
    pin=$(openssl x509 -in "$work/leaf.pem" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
}

# of_company USER COMMAND...: in a copy of the machine's root, with the world's network; it stays the shell's process
# shellcheck disable=SC2016
of_company() {
    exec ip netns exec "$space" sh -c 'mount --bind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/tmp" && chmod 1777 "$0/tmp" &&
        user=$1 && shift && exec chroot --userspec="$user" "$0" "$@"' "$work/company/root" "$@"
}

# serve COMMAND...
serve() {
    "$@" >>"$work/servers" 2>&1 </dev/null &
    servers="$servers $!"
}

# listens ADDRESS:PORT
listens() {
    tries=0
    until ip netns exec "$space" ss -Hltn "src $1" | grep -q .; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || { cat "$work/servers" && exit 1; }
        sleep 0.1
    done
}

# A directory with one person; who asks says a name and a password.
directory() {
    mkdir "$work/company/root/srv/ldap" && cp "$work/leaf.pem" "$work/leaf.key" "$work/company/root/srv/ldap/"
    cat >"$work/company/root/srv/ldap/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile /srv/ldap/leaf.pem
TLSCertificateKeyFile /srv/ldap/leaf.key
database mdb
suffix dc=corp
rootdn cn=reader,dc=corp
rootpw of-the-directory
directory /srv/ldap
access to * by users read by * auth
CONF
    printf '%s\n' 'dn: dc=corp' 'objectClass: dcObject' 'objectClass: organization' 'dc: corp' 'o: corp' '' \
        'dn: uid=ada,dc=corp' 'objectClass: inetOrgPerson' 'uid: ada' 'cn: Ada' 'sn: L' 'mail: ada@corp.example' \
        >"$work/company/root/srv/ldap/people"
    chroot "$work/company/root" sh -c 'slapadd -q -f /srv/ldap/slapd.conf -l /srv/ldap/people && chown -R openldap: /srv/ldap' || exit 1
    serve of_company root /usr/sbin/slapd -u openldap -g openldap -d 0 -f /srv/ldap/slapd.conf -h 'ldap://10.9.0.5 ldaps://10.9.0.5'
}

company() {
    for address in 10.9.0.5 10.9.0.6 10.9.0.7 11.1.1.9; do
        ip -n "$space" address add "$address" dev lo
    done
    jq '. + { "db.corp.example": ["10.9.0.5"], "cache.corp.example": ["10.9.0.5"], "cache.home.arpa": ["10.9.0.5"],
        "ldap.corp.example": ["10.9.0.5"], "s3.corp.example": ["10.9.0.6"], "echo.corp.example": ["10.9.0.6"],
        "git.corp.example": ["10.9.0.6"], "wiki.corp.example": ["10.9.0.6"], "vault.corp.example": ["10.9.0.7"],
        "other.corp.example": ["10.9.0.7"], "unnamed.corp.example": ["10.9.0.5"], "private.live.org": ["10.9.0.5"],
        "unnamed.live.org": ["11.1.1.9"] }' \
        "$machine/world/zone.json" >"$work/zone" && cp "$work/zone" "$machine/world/zone.json"
    tests/live/machine copy "$root" "$work/company"
    certificates
    (umask 077 && echo of-the-database >"$work/company/root/srv/password")
    install -d -m 0700 "$work/company/root/srv/tls" && cp "$work/leaf.pem" "$work/leaf.key" "$work/company/root/srv/tls/"
    chroot "$work/company/root" sh -c 'mkdir -p /srv/data && chmod 600 /srv/tls/leaf.key && chown -R postgres: /srv'
    programs=/$(cd "$work/company/root" && echo usr/lib/postgresql/*/bin)
    (of_company postgres "$programs/initdb" -D /srv/data -E UTF8 --locale=C --auth=scram-sha-256 --pwfile=/srv/password -N) >"$work/out" 2>&1 || {
        cat "$work/out"
        exit 1
    }
    echo 'hostssl all all all scram-sha-256' >>"$work/company/root/srv/data/pg_hba.conf"
    serve of_company postgres "$programs/postgres" -D /srv/data -k /tmp -h 10.9.0.5 -c ssl=on -c fsync=off \
        -c ssl_cert_file=/srv/tls/leaf.pem -c ssl_key_file=/srv/tls/leaf.key
    directory
    serve of_company redis redis-server --bind 10.9.0.5 11.1.1.9 --protected-mode no --save ''
    serve ip netns exec "$space" openssl s_server -accept 10.9.0.7:443 -cert "$work/leaf.pem" -key "$work/leaf.key" \
        -CAfile "$work/client-ca.pem" -Verify 1 -verify_return_error -www
    serve ip netns exec "$space" /usr/bin/python3 -B tests/live/door_world.py "$work" 10.9.0.6 10.9.0.6
    for place in 10.9.0.5:5432 10.9.0.5:6379 10.9.0.5:389 10.9.0.5:636 10.9.0.7:443 10.9.0.6:443; do
        listens "$place"
    done
}
