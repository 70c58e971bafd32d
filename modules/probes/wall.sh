# macOS: the firewall without Seatbelt, which would refuse most of this before a packet exists. Root asks, as the agent and as
# its proxy, one attempt after the other, and reads pf's own counters around each: what failed without pf having
# refused it says nothing about pf.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

ANCHOR_MDNS=com.apple/001.${ANCHOR#*/*.}

# refusals UID: how many packets of this user's, and of the shared port 5353, pf has refused in our anchors (pfctl(8): -v
# prints them below each rule); nothing where no rule refuses them
refusals() {
    for one in "$ANCHOR" "$ANCHOR_MDNS"; do
        pfctl -v -a "$one" -s rules 2>/dev/null
    done | awk -v uid="$1" '
        /^[a-z]/ { own = $0 ~ (" user = " uid "$"); mine = $1 == "block" && (own || / port = 5353 to any$/); rules += mine && own }
        mine && match($0, /Packets: *[0-9]+/) { number = substr($0, RSTART, RLENGTH); sub(/.* /, "", number); sum += number }
        END { if (rules) print sum + 0 }'
}

# Whether it has none is the kernel's word; route alone says it, and exits 0 either way.
has_route() {
    here route && here grep || return 0
    family=-inet
    case $1 in
    *:*) family=-inet6 ;;
    esac
    ! route -n get "$family" "$1" 2>&1 | grep -q 'not in table'
}

# walled UID ADDRESS COMMAND...: what the command tries there as this user is refused by pf. It exits 0 when a connection
# stands, 1 when it was refused or lost, 2 when it could not be tried, 3 when it was sent and nobody says more, 4 when
# there is nothing that it could send.
# Nothing else of that user's runs meanwhile: verify sees to that.
walled() {
    whose=$1 where=$2
    shift 2
    needs pfctl awk perl bash && can_limit || return
    before=$(refusals "$whose")
    [ -n "$before" ] || { broken "pf has no rule that refuses uid $whose"; return; }
    "$@"
    tried=$?
    after=$(refusals "$whose")
    case $tried in
    0) broken "connected to $where"; return ;;
    2) echo "$output" && return 2 ;;
    4) held "$output" && return ;;
    esac
    [ "${after:-0}" -le "$before" ] || { held "pf refused $((after - before)): ${output:-nothing was said}"; return; }
    has_route "$where" || { held "there is no way to $where"; return; }
    broken "pf refused nothing to $where: ${output:-it was sent}"
}

# wall KIND ADDRESS PORT, wall_of UID KIND ADDRESS PORT. What the spec opens (cidrs, local_ports) is no attack.
wall() {
    case " $NAMED " in
    *" $1/$2/$3 "*) held 'the spec names it' ;;
    *) wall_of "$AGENT_UID" "$@" ;;
    esac
}
wall_of() { walled "$1" "$3" dialled "$1" "$2" "$3" "$4"; }

dialled() {
    dial "$2" "$3" "$4" perl -e "$become" "$1"
    dialled=$?
    # A datagram that is sent stands for nothing.
    [ "$dialled$2" != 0udp ] || return 3
    return "$dialled"
}

# by_agent PERL: what no tool sends; its exit code is as above
by_agent() {
    output=$(limited 8 perl -e "$become" "$AGENT_UID" perl -e "use Socket; $1" 2>&1)
    by=$?
    ! ran_out "$by" || return 1
    [ "$by" -le 4 ] || return 2
    return "$by"
}

# From UDP's port 5353, which every process may share, as mDNSResponder does. Who cannot have it sends nothing from it.
# shellcheck disable=SC2016
from_mdns='socket(S, PF_INET, SOCK_DGRAM, 17) or exit 2; setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt(S, SOL_SOCKET, eval { SO_REUSEPORT } || 15, 1); bind(S, sockaddr_in(5353, INADDR_ANY)) or do { print "$!"; exit 4 };
    for (1, 2) { send(S, "x", 0, sockaddr_in(53, inet_aton("1.1.1.1"))) or do { print "$!"; exit 1 } } exit 3'
# shellcheck disable=SC2016
to_everybody='socket(S, PF_INET, SOCK_DGRAM, 17) and setsockopt(S, SOL_SOCKET, SO_BROADCAST, 1) or exit 2;
    send(S, "x", 0, sockaddr_in(67, inet_aton("255.255.255.255"))) or do { print "$!"; exit 1 }; exit 3'
# shellcheck disable=SC2016
own_server='socket(L, PF_INET, SOCK_STREAM, 6) and bind(L, sockaddr_in(0, INADDR_LOOPBACK)) and listen(L, 1) or exit 2;
    socket(S, PF_INET, SOCK_STREAM, 6) or exit 2; connect(S, getsockname(L)) or do { print "$!"; exit 1 }; exit 0'

# wall_at_own PORT
wall_at_own() {
    [ -n "$HOST_ADDRESSES" ] || { held 'it has none'; return; }
    # shellcheck disable=SC2086
    each "wall_port_$1" $HOST_ADDRESSES
}
wall_port_ssh() { wall tcp "$1" 22; }
wall_port_proxy() { wall tcp "$1" "$PROXY_PORT"; }

# Empty: the rules name all that is tried.
wall_lan() {
    [ -n "$1" ] || { held 'a rule names it'; return; }
    wall_of "$PROXY_UID" tcp "$1" 443
}

wall_opened() {
    [ -n "$OPENED" ] || { held 'no rule names addresses'; return; }
    wall_of "$PROXY_UID" tcp "${OPENED% *}" "${OPENED#* }"
}

# A profile cannot be put around what is in one: then the rest would prove nothing about pf.
is_bare() {
    needs sandbox-exec perl && can_limit || return
    limited 8 perl -e "$become" "$AGENT_UID" sandbox-exec -p '(version 1)(allow default)' /usr/bin/true &&
        held 'pf alone' && return
    broken 'no profile can be put around it'
}

opens_to_agent() {
    needs perl && can_tcp 127.0.0.1 "$PROXY_PORT" perl -e "$become" "$AGENT_UID"
}

row wall-bare darwin - 'control: Seatbelt is not around these attempts' is_bare
row wall-proxy darwin - 'control: pf lets the agent reach its proxy' opens_to_agent
row wall-tcp4-https darwin - 'pf alone: no TCP to the internet, v4' wall tcp 1.1.1.1 443
row wall-tcp4-http darwin - 'pf alone: no TCP to the internet, v4, port 80' wall tcp 192.0.2.1 80
row wall-tcp4-ssh darwin - 'pf alone: no ssh out' wall tcp 192.0.2.1 22
row wall-tcp4-smtp darwin - 'pf alone: no mail out' wall tcp 192.0.2.1 25
row wall-tcp4-dns darwin - 'pf alone: no DNS over TCP' wall tcp 8.8.8.8 53
row wall-tcp4-dot darwin - 'pf alone: no DNS over TLS' wall tcp 1.1.1.1 853
row wall-tcp6-https darwin - 'pf alone: no TCP to the internet, v6' wall tcp 2606:4700:4700::1111 443
row wall-tcp6-doc darwin - 'pf alone: no TCP to any v6 address' wall tcp 2001:db8::1 443
row wall-tcp6-mapped darwin - 'pf alone: no TCP through v4-mapped v6' wall tcp ::ffff:1.1.1.1 443
row wall-tcp6-nat64 darwin - 'pf alone: no TCP through NAT64' wall tcp 64:ff9b::101:101 443
row wall-udp4-dns darwin - 'pf alone: no DNS to an outside resolver, v4' wall udp 1.1.1.1 53
row wall-udp6-dns darwin - 'pf alone: no DNS to an outside resolver, v6' wall udp 2606:4700:4700::1111 53
row wall-quic4 darwin - 'pf alone: no QUIC, v4' wall udp 1.1.1.1 443
row wall-quic6 darwin - 'pf alone: no QUIC, v6' wall udp 2606:4700:4700::1111 443
row wall-ntp darwin - 'pf alone: no NTP' wall udp 192.0.2.1 123
row wall-metadata darwin - 'pf alone: no cloud metadata service' wall tcp 169.254.169.254 80
row wall-lan-ten darwin - 'pf alone: no LAN: 10/8' wall tcp 10.0.0.1 443
row wall-lan-home darwin - 'pf alone: no LAN: 192.168/16' wall tcp 192.168.1.1 80
row wall-lan-172 darwin - 'pf alone: no LAN: 172.16/12' wall tcp 172.17.0.1 80
row wall-lan-cgnat darwin - 'pf alone: no LAN: 100.64/10' wall tcp 100.100.100.100 80
row wall-lan-six darwin - 'pf alone: no LAN: unique local v6' wall tcp fd00::1 443
row wall-lan-dns darwin - "pf alone: no DNS to the LAN's router" wall udp 192.168.1.1 53
row wall-loopback darwin - "pf alone: no ssh of this Mac's, by the loopback" wall tcp 127.0.0.1 22
row wall-loopback-six darwin - 'pf alone: nor by that of v6' wall tcp ::1 22
row wall-loopback-two darwin - 'pf alone: nor by another of its addresses' wall tcp 127.0.0.2 22
row wall-printers darwin - 'pf alone: no printing service' wall tcp 127.0.0.1 631
row wall-files darwin - 'pf alone: no file sharing' wall tcp 127.0.0.1 445
row wall-screen darwin - 'pf alone: no screen sharing' wall tcp 127.0.0.1 5900
row wall-airplay darwin - 'pf alone: no AirPlay' wall tcp 127.0.0.1 7000
row wall-loopback-dns darwin - 'pf alone: no resolver on the loopback' wall udp 127.0.0.1 53
row wall-proxy-six darwin - 'pf alone: the proxy has no second entrance on the v6 loopback' wall tcp ::1 "$PROXY_PORT"
row wall-own-address darwin - "pf alone: no service on this Mac's own addresses" wall_at_own ssh
row wall-own-proxy darwin - 'pf alone: nor the proxy on them' wall_at_own proxy
row wall-own-server darwin ephemeral-ports 'pf alone: no server of its own on a port that the spec does not name' walled "$AGENT_UID" 127.0.0.1 by_agent "$own_server"
row wall-mdns-port darwin - 'pf alone: nothing else leaves from the shared port 5353' walled "$AGENT_UID" 1.1.1.1 by_agent "$from_mdns"
row wall-broadcast darwin - 'pf alone: no broadcast' walled "$AGENT_UID" 255.255.255.255 by_agent "$to_everybody"
row wall-ssdp darwin - 'pf alone: no UPnP, which opens routers' wall udp 239.255.255.250 1900
row wall-llmnr darwin - 'pf alone: no names by multicast' wall udp 224.0.0.252 5355
row wall-egress-lo darwin - 'pf alone: the proxy itself reaches no loopback service' wall_of "$PROXY_UID" tcp 127.0.0.1 22
row wall-egress-lan darwin - 'pf alone: nor a LAN that no rule names' wall_lan "$LAN_FOUR"
row wall-egress-six darwin - 'pf alone: nor private v6 that no rule names' wall_lan "$LAN_SIX"
row wall-egress-opened darwin - 'pf alone: where a rule lets it, only on the ports of rules' wall_opened
row wall-egress-cloud darwin - 'pf alone: nor a metadata service' wall_of "$PROXY_UID" tcp 169.254.169.254 80
row wall-egress-port darwin audit 'pf alone: nor another port' wall_of "$PROXY_UID" tcp 1.1.1.1 "$OTHER_PORT"
row wall-egress-udp darwin - 'pf alone: nor anything by UDP' wall_of "$PROXY_UID" udp 1.1.1.1 53
