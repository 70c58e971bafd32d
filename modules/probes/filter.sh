# As the agent, but in the host's own network: the egress filter has to hold without the namespace. verify
# reads the firewall's counter before and after: each of these must have raised it.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

row filter-tcp4 linux - 'egress filter: no TCP, v4' no_tcp 1.1.1.1 443
row filter-tcp6 linux - 'egress filter: no TCP, v6' no_tcp ::1 443
row filter-udp linux - 'egress filter: no DNS' no_udp 127.0.0.53 53
row filter-loopback linux - 'egress filter: no loopback' no_tcp 127.0.0.1 22
row filter-proxy linux - 'egress filter: no direct way to the proxy' no_tcp 127.0.0.1 "$PROXY_PORT"
row filter-lan linux - 'egress filter: no LAN' no_tcp 192.168.1.1 80
row filter-metadata linux - 'egress filter: no metadata service' no_tcp 169.254.169.254 80
row filter-ping linux - 'egress filter: no ICMP' no_ping 127.0.0.1
