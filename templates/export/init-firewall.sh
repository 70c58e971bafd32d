#!/bin/bash
# Closes the container's network but for what is listed here, then runs its arguments.
set -euo pipefail

nft -f - <<'END'
table inet agent_sandbox
delete table inet agent_sandbox
table inet agent_sandbox {
    set resolvers4 { type ipv4_addr; }
    set resolvers6 { type ipv6_addr; }
    set allowed4 { type ipv4_addr . inet_service; }
    set allowed6 { type ipv6_addr . inet_service; }
    chain input {
        type filter hook input priority 0; policy drop;
        iif lo accept
        ct state established,related accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
    }
    chain output {
        type filter hook output priority 0; policy drop;
        oif lo accept
        ct state established,related accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
        ip daddr @resolvers4 meta l4proto { tcp, udp } th dport 53 accept
        ip6 daddr @resolvers6 meta l4proto { tcp, udp } th dport 53 accept
        ip daddr . tcp dport @allowed4 accept
        ip6 daddr . tcp dport @allowed6 accept
{{cidrs}}
        reject
    }
}
END

# add SET ADDRESS [PORT]: by the address's family
add() {
    case $2 in
    *:*) nft add element inet agent_sandbox "${1}6" "{ $2${3:+ . $3} }" ;;
    *) nft add element inet agent_sandbox "${1}4" "{ $2${3:+ . $3} }" ;;
    esac
}

# allow HOST PORT: the addresses that it has now
allow() {
    local address
    for address in $(getent ahosts "$1" | awk '{ print $1 }' | sort -u); do
        add allowed "$address" "$2"
    done
}

while read -r word address _; do
    [ "$word" != nameserver ] || add resolvers "${address%%%*}"
done </etc/resolv.conf

{{places}}

touch /run/agent-sandbox-firewall
exec "$@"
