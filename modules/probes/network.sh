# From inside a session: nothing is reachable but the relay.
# 192.0.2.1 and 2001:db8::1 are documentation addresses (RFC 5737, RFC 3849): whatever answers
# would be a hole, and nobody is disturbed by the attempt. The others are what programs really use.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

only_own_interfaces() {
    [ -r /proc/net/dev ] || { unknown '/proc/net/dev cannot be read'; return; }
    while read -r interface _; do
        case $interface in
        *:*) ;;
        *) continue ;;
        esac
        case ${interface%%:*} in
        lo | "${VETH_AGENT:-lo}") ;;
        # Kernels with these modules put one into every namespace; without an address it is idle.
        tunl0 | gre0 | gretap0 | erspan0 | sit0 | ip6tnl0 | ip6gre0 | ip_vti0 | ip6_vti0 | teql0) ;;
        *) broken "interface ${interface%%:*}"; return ;;
        esac
    done </proc/net/dev
    held 'lo'
}

# With cidrs in the spec there are routes to exactly those. The loopback has one of v6 that refuses.
no_default_route() {
    [ -r /proc/net/route ] || { unknown '/proc/net/route cannot be read'; return; }
    while read -r interface to _ _ _ _ _ mask _; do
        [ "$to $mask" != '00000000 00000000' ] || { broken "a default route on $interface"; return; }
    done </proc/net/route
    [ -r /proc/net/ipv6_route ] || { held 'none'; return; }
    while read -r to length _ _ _ _ _ _ _ interface; do
        [ "$to $length" != '00000000000000000000000000000000 00' ] || [ "$interface" = lo ] ||
            { broken "a default route of v6 on $interface"; return; }
    done </proc/net/ipv6_route
    held 'none'
}

# Addresses that stand for names (network.capture) are nobody's outside: 198.19.0.0/16.
no_name_is_resolved() {
    needs getent && can_limit || return
    output=$(limited 8 getent hosts example.com)
    case ${CAPTURE:-no}$output in
    no | yes) held 'no answer' ;;
    yes198.19.*) held "$output" ;;
    *) broken "example.com is $output" ;;
    esac
}

# The agent may have some of its own; root knows the host's by their numbers.
no_foreign_abstract_sockets() {
    [ -n "${HOST_ABSTRACT+known}" ] && [ -r /proc/net/unix ] ||
        { unknown "the host's are not known, or these cannot be read"; return; }
    while read -r _ _ _ _ _ _ inode path; do
        case $path in
        @*) ;;
        *) continue ;;
        esac
        # shellcheck disable=SC2086
        ! contains_word "$inode" $HOST_ABSTRACT || { broken "$path"; return; }
    done </proc/net/unix
    held 'none'
}

# A server of the agent's own, in this namespace (proc_net(5): hexadecimal port, state, uid).
is_own_server() { listens_as "$AGENT_UID" "$1"; }

# listens_as UID PORT
listens_as() {
    wanted=$(printf ':%04X' "$2")
    for table in /proc/net/tcp /proc/net/tcp6; do
        [ -r "$table" ] || continue
        while read -r _ local _ state _ _ _ owner _; do
            [ "${local#????????}" != "$local" ] && [ ":${local##*:}" = "$wanted" ] &&
                [ "$state $owner" = "0A $1" ] && return
        done <"$table"
    done
    return 1
}

no_listener_but() {
    [ -n "${HOST_LISTENERS+known}" ] || { unknown "the host's ports are not known"; return; }
    needs bash && can_limit || return
    for port in $HOST_LISTENERS; do
        case " $RELAY_PORT $LOCAL_PORTS $PUBLISH ${CAPTURE:+53} " in
        *" $port "*) ;;
        *)
            is_own_server "$port" && continue
            for address in 127.0.0.1 ::1; do
                ! tcp "$address" "$port" || { broken "port $port of the host answers"; return; }
            done
            ;;
        esac
    done
    held "of the host's ports: ${HOST_LISTENERS:-none}"
}

# All at once: a refusal that gets lost on its way takes as long as the limit.
no_host_address() {
    [ -n "${HOST_ADDRESSES+known}" ] || { unknown "the host's addresses are not known"; return; }
    needs bash && can_limit || return
    found=$(
        for address in $HOST_ADDRESSES; do
            for port in 22 53 80 443 "$PROXY_PORT"; do
                { tcp "$address" "$port" && echo "$address port $port answers"; } &
            done
        done
        wait
    )
    [ -z "$found" ] && held "${HOST_ADDRESSES:-the host has none}" && return
    broken "$found"
}

# The relay may have the proxy's own number inside. Whose sockets listen there, the kernel says: the
# relay's are the manager's.
no_second_entrance() {
    [ -r /proc/net/tcp ] || { unknown '/proc/net/tcp cannot be read'; return; }
    ! listens_as "$PROXY_UID" "$PROXY_PORT" || { broken 'the proxy itself listens here'; return; }
    [ "$RELAY_PORT" = "$PROXY_PORT" ] && held 'the port is the relay, and none of the proxy listens' && return
    no_tcp 127.0.0.1 "$PROXY_PORT"
}

# Nobody gets to send one without asking for it (SO_BROADCAST), which bash does not.
# shellcheck disable=SC2016
no_broadcast() {
    by_hand 'use Socket; socket(S, PF_INET, SOCK_DGRAM, 0) and setsockopt(S, SOL_SOCKET, SO_BROADCAST, 1) and
            send(S, "x", 0, sockaddr_in(67, inet_aton("255.255.255.255"))) and exit 41;
        print "$!"; exit 40' 'one = socket.socket(type=socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    one.sendto(b"x", ("255.255.255.255", 67))'
}

# shellcheck disable=SC2016
ping_six() {
    here ping && { must_fail ping -6 -c 1 -W 2 2606:4700:4700::1111; return; }
    by_hand 'use Socket; socket(S, PF_INET6, $_, 58) and send(S, pack("CCnnn", 128, 0, 0, 1, 0), 0,
            pack_sockaddr_in6(0, pack("n8", 0x2606, 0x4700, 0x4700, 0, 0, 0, 0, 0x1111))) and exit 41
            for SOCK_DGRAM, SOCK_RAW;
        print "$!"; exit 40' 'for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
        try:
            one = socket.socket(socket.AF_INET6, kind, 58)
            one.sendto(bytes((128, 0, 0, 0, 0, 1, 0, 0)), ("2606:4700:4700::1111", 0))
            break
        except OSError as error: last = error
    else: raise last'
}

# The kernel asks who wants it before it asks what.
no_new_link() {
    outcome=$(must_fail ip link add probe0 type dummy)
    code=$?
    case $code$outcome in
    0*'not permitted'* | 0*denied* | [12]*) ;;
    *) code=1 ;;
    esac
    echo "$outcome" && return "$code"
}

row relay linux,darwin - 'control: the relay to the proxy is open' can_tcp 127.0.0.1 "$RELAY_PORT"
row tcp4-https linux,darwin - 'no TCP to the internet, v4' no_tcp 1.1.1.1 443
row tcp4-http linux,darwin - 'no TCP to the internet, v4, port 80' no_tcp 192.0.2.1 80
row tcp4-ssh linux,darwin - 'no ssh out' no_tcp 192.0.2.1 22
row tcp4-smtp linux,darwin - 'no mail out' no_tcp 192.0.2.1 25
row tcp6-https linux,darwin - 'no TCP to the internet, v6' no_tcp 2606:4700:4700::1111 443
row tcp6-doc linux,darwin - 'no TCP to any v6 address' no_tcp 2001:db8::1 443
row tcp6-mapped linux,darwin - 'no TCP through v4-mapped v6' no_tcp ::ffff:1.1.1.1 443
row tcp6-nat64 linux,darwin - 'no TCP through NAT64' no_tcp 64:ff9b::101:101 443
row udp4-dns linux,darwin - 'no DNS to an outside resolver, v4' no_udp 1.1.1.1 53
row udp6-dns linux,darwin - 'no DNS to an outside resolver, v6' no_udp 2606:4700:4700::1111 53
row tcp4-dns linux,darwin - 'no DNS over TCP' no_tcp 8.8.8.8 53
row tcp4-dot linux,darwin - 'no DNS over TLS' no_tcp 1.1.1.1 853
row quic4 linux,darwin - 'no QUIC, v4' no_udp 1.1.1.1 443
row quic6 linux,darwin - 'no QUIC, v6' no_udp 2606:4700:4700::1111 443
row ntp linux,darwin - 'no NTP' no_udp 192.0.2.1 123
row mdns linux,darwin - 'no multicast DNS' no_udp 224.0.0.251 5353
row broadcast linux - 'no broadcast' no_broadcast
row ping4 linux,darwin - 'no ICMP, v4' no_ping 1.1.1.1
row ping6 linux - 'no ICMP, v6' ping_six
row metadata linux,darwin - 'no cloud metadata service' no_tcp 169.254.169.254 80
row lan-ten linux,darwin - 'no LAN: 10/8' no_tcp 10.0.0.1 443
row lan-home linux,darwin - 'no LAN: 192.168/16' no_tcp 192.168.1.1 80
row lan-172 linux,darwin - 'no LAN: 172.16/12' no_tcp 172.17.0.1 80
row lan-cgnat linux,darwin - 'no LAN: 100.64/10' no_tcp 100.100.100.100 80
row lan-six linux,darwin - 'no LAN: unique local v6' no_tcp fd00::1 443
row resolve-name linux - 'the resolver libraries know nobody outside' no_name_is_resolved
row resolve-stub linux - 'the resolver on 127.0.0.53 is out of reach' no_tcp 127.0.0.53 53
row resolve-bus linux - 'systemd-resolved does not resolve for the agent' must_fail_at "$BUS" resolvectl query example.com
row host-proxy4 linux - 'the proxy has no second entrance on the loopback' no_second_entrance
row host-proxy6 linux - 'nor on the v6 loopback' no_tcp ::1 "$PROXY_PORT"
row host-ports linux - "no service of the host's loopback answers" no_listener_but
row host-address linux - "no service answers on the host's own addresses" no_host_address
row interfaces linux - 'only the loopback is there' only_own_interfaces
row route linux - 'there is no default route' no_default_route
row abstract linux - 'no abstract unix socket of the host is visible' no_foreign_abstract_sockets
row raw4 linux,darwin - 'no raw socket, v4' no_socket_type 2 3 1
row raw6 darwin - 'no raw socket, v6' no_socket_type 30 3 58
row raw6 linux - 'no raw socket, v6' no_socket_type 10 3 58
row packet linux - 'no packet socket' no_socket_type 17 3 768
row vsock linux - 'no socket to a hypervisor (vsock)' no_socket_type 40 1 0
row bluetooth linux - 'no bluetooth socket' no_socket_type 31 3 1
row alg linux - 'no kernel crypto socket' no_socket_type 38 5 0
row add-address linux - 'the namespace cannot be rewired' must_fail ip address add 192.0.2.9/24 dev lo
row add-link linux - 'no new network interface' no_new_link
row enter-netns linux - "no way into the host's namespaces" must_fail nsenter --net=/proc/1/ns/net sh -c :
