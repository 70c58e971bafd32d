# Linux: what verify tells the probes about this host, and the second wall.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# Numbers and addresses alone; probe_script drops every other character.
verify_facts() {
    echo "MARK='${MARK-}'"
    [ -n "${MARK-}" ] || return 0
    listeners=$(ss -Hltn 2>/dev/null | awk '{ sub(/.*:/, "", $4); print $4 }' | sort -un | tr '\n' ' ')
    addresses=$(ip -o address show scope global | awk '{ sub(/\/.*/, "", $4); print $4 }' | tr '\n' ' ')
    process=$(systemctl show --property=MainPID --value "$PREFIX-egress.service")
    echo "HOST_LISTENERS='$listeners'"
    echo "HOST_ADDRESSES='$addresses'"
    echo "PROXY_PID='$process'"
}

refused_packets() { firewall_counters | awk '{ sum += $2 } END { print sum + 0 }'; }

# The rows, and one more: each attempt that the kernel had a route for must have raised the counter.
# Three go to the loopback, three elsewhere. A connection that failed for another reason than our
# rules would not have raised it.
verify_wall() {
    before=$(refused_packets)
    probe_script '' wall | session_capture --host /bin/sh -s >"$scratch/wall"
    after=$(refused_packets)
    cat "$scratch/wall"
    expected=3
    ! ip route show default | grep -q . || expected=6
    if [ $((after - before)) -ge "$expected" ]; then
        result=held
    else
        result=BROKEN
    fi
    printf 'wall-counter\t%s\tcounted\t%s packets, at least %s expected\n' "$result" \
        $((after - before)) "$expected"
}
