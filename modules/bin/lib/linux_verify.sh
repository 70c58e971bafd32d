# Linux: what verify tells the probes about this host, the second wall, and the other sessions.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# Numbers and addresses alone; probe_script drops every other character.
verify_facts() {
    echo "MARK_TMP='${MARK_TMP-}'"
    echo "MARK_SHM='${MARK_SHM-}'"
    echo "LINGER='97531$$'"
    [ -n "${MARK_TMP-}" ] || return 0
    # What cannot be told is not said, and a probe that needs it is UNKNOWN.
    listeners=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' | sort -u | while read -r port; do
            printf '%d ' "0x$port"
        done)
    [ -z "$listeners" ] || echo "HOST_LISTENERS='$listeners'"
    ! addresses=$(ip -o address show scope global) ||
        echo "HOST_ADDRESSES='$(echo "$addresses" | awk '{ sub(/\/.*/, "", $4); printf "%s ", $4 }')'"
    ! sockets=$(awk '$8 ~ /^@/ { printf "%s ", $7 }' /proc/net/unix) ||
        echo "HOST_ABSTRACT='$sockets'"
    process=$(systemctl show --property=MainPID --value "$PREFIX-egress.service")
    echo "PROXY_PID='$process'"
}

# What the agent was refused; iptables has one counter for all.
refused_packets() {
    firewall_counters | awk '$1 == "agent_denied" || $1 == "refused" { sum += $2 }
        END { print sum + 0 }'
}

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

sessions_are_running() {
    systemctl list-units --no-legend --plain "$PREFIX.session-*.service" | grep -q .
}

# The file comes first: a session that would start from here on waits for its end, and one that has
# looked for it already is frozen as it starts, because their slice is there before any of them. The
# kernel says when all of them stand still; a signal to each would miss what one of them forks
# meanwhile. Where it cannot freeze them, they are ended.
pause_sessions() {
    : >"$STATE/paused" && systemctl start "$TABLE.slice" && group=$(sessions_group) &&
        thaw_after_us "$group" && freeze "$group" && return
    warn 'the sessions cannot be frozen while verify attacks: ending them'
    stop_sessions
}

# Where systemd put them, as we see it.
sessions_group() {
    group=/sys/fs/cgroup$(systemctl show --property=ControlGroup --value "$TABLE.slice")
    [ -e "$group/cgroup.freeze" ] && echo "$group"
}

freeze() {
    echo 1 >"$1/cgroup.freeze" || return 1
    tries=0
    until grep -qx 'frozen 1' "$1/cgroup.events"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || return 1
        sleep 0.05
    done
}

# A verify that is killed lets go of its lock with its last process; then this unit, which no signal to
# us reaches, thaws what it froze. One that waits already serves as well.
thaw_after_us() {
    systemctl --quiet is-active "$PREFIX-thaw.service" ||
        systemd-run --quiet --collect --unit="$PREFIX-thaw" -- flock "$LOCK" /bin/sh -c \
            "echo 0 >'$1/cgroup.freeze'; rm -f '$STATE/paused'"
}

# As the proxy writes it, but for the zone: a time of the log is longer, and sorts behind the same one.
log_time() { date -u +%Y-%m-%dT%H:%M:%S.%3N; }

# note_attacks FROM: all sessions have stood still, so whatever the agent's user asked for since then
# is verify's. learn and `logs --denied` leave it out.
note_attacks() {
    { tail -n 999 "$STATE/verified" 2>/dev/null; echo "$1 $(log_time)"; } >"$STATE/.verified" &&
        chmod 600 "$STATE/.verified" && mv -f "$STATE/.verified" "$STATE/verified"
}

resume_sessions() {
    [ -e "$STATE/paused" ] || return 0
    ! group=$(sessions_group) || echo 0 >"$group/cgroup.freeze"
    rm -f "$STATE/paused"
}

# Whoever finds the file without a verify under way undoes what was cut short.
wait_for_verify() {
    tries=0
    while [ -e "$STATE/paused" ]; do
        lock_is_held || resume_sessions
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || die 'a verify is under way: try again when it is done'
        sleep 0.2
    done
}
