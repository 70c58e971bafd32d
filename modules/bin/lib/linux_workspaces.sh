# Linux: how a session gets its workspaces. systemd binds them into its mount namespace, read-only;
# workspaces.py mounts the writable ones over them, so that both sides see their own files and the
# repositories are closed, while the session's first process (linux-session) waits at a gate: a
# FIFO that only this session sees. Another session of the agent may look into that process
# meanwhile, and finds nothing there that it could write.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# GATE: the folder that it lies in; the caller removes it.
make_gate() {
    GATE=${SWEEP:-$(mktemp -d)} && mkfifo -m 0444 "$GATE/gate" ||
        die 'cannot make the gate of a session'
}

# Started before the session is, because it waits for it. Whatever goes wrong, the gate is told, and
# the session ends. Our descriptor 6 of it is open for reading as well, so nobody blocks.
open_gate_later() {
    exec 6<>"$GATE/gate" || die 'cannot open the gate of a session'
    gatekeeper=''
    if [ -z "$WORKSPACES_RW" ]; then
        echo open >&6
        return
    fi
    flags=''
    # shellcheck disable=SC2086
    ! contains git-config $RELAX || flags=git
    [ -z "${SWEEP-}" ] || flags="$flags sweep"
    [ "$LIMITS" != none ] || flags="$flags probe"
    (
        trap 'kill "$helper" 2>/dev/null; exit 1' TERM
        # shellcheck disable=SC2086
        "$PYTHON" -ISB "$TREE/bin/lib/workspaces.py" enter "$SESSION_SLICE" "$SESSION_UNIT.service" \
            6 "$GATE" "$AGENT_UID" "$SHARE_GID" "$OPERATORS" "$flags" \
            $WORKSPACES_RW </dev/null &
        helper=$!
        wait "$helper" || echo closed >&6
    ) &
    gatekeeper=$!
}

close_gate() {
    [ -z "$gatekeeper" ] || { kill "$gatekeeper" && wait "$gatekeeper"; } 2>/dev/null
    exec 6>&-
}

# Each workspace's way, as a session would find it now.
ways_of_sharing() {
    # shellcheck disable=SC2086
    "$(find_python)" -ISB "$TREE/bin/lib/workspaces.py" way "$AGENT_UID" "$SHARE_GID" "$OPERATORS" \
        $WORKSPACES_RW
}

status_workspaces() {
    ways_of_sharing | while read -r way workspace; do
        case $way in
        idmapped) say "workspace   $workspace: read-write, shared by an idmapped mount" ;;
        *) say "workspace   $workspace: read-write, shared by access lists" ;;
        esac
    done
    for workspace in $WORKSPACES_RW; do
        getfacl -pc "$workspace" 2>/dev/null | grep -q "^default:group:$SHARE:rwx" ||
            fault "$workspace has no access list for $SHARE"
    done
    for workspace in $WORKSPACES_RO; do
        say "workspace   $workspace: read-only"
    done
}
