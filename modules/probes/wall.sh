# As the agent, but in the host's own network: the second wall has to hold without the first. verify
# reads the firewall's counter before and after: each of these must have raised it.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

row wall-tcp4 linux - 'second wall: no TCP, v4' no_tcp 1.1.1.1 443
row wall-tcp6 linux - 'second wall: no TCP, v6' no_tcp ::1 443
row wall-udp linux - 'second wall: no DNS' no_udp 127.0.0.53 53
row wall-loopback linux - 'second wall: no loopback' no_tcp 127.0.0.1 22
row wall-proxy linux - 'second wall: no direct way to the proxy' no_tcp 127.0.0.1 "$PROXY_PORT"
row wall-lan linux - 'second wall: no LAN' no_tcp 192.168.1.1 80
row wall-metadata linux - 'second wall: no metadata service' no_tcp 169.254.169.254 80
row wall-ping linux - 'second wall: no ICMP' no_ping 127.0.0.1
