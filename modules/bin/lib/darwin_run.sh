# macOS: a session is sudo -> this script -> darwin-session -> su -> Seatbelt.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

cmd_run() {
    [ "${1-}" != -- ] || shift
    [ $# -gt 0 ] || usage_error 'run what?'
    find_tree
    as_operator run -- "$@"
    require_closed
    session_interactive "$@"
}

cmd_shell() {
    [ $# -eq 0 ] || usage_error 'shell takes no arguments'
    find_tree
    as_operator shell
    require_closed
    session_interactive
}

# darwin-session asks pf-guard about the firewall once more.
require_closed() {
    require_applied
    managed_by_nix || files_are_committed "$TREE" || die "not as committed, apply again: $DRIFTED"
    "$TREE/bin/pf-guard" check "$NAME" "$AGENT_UID" || exit 1
    for label in $LABELS; do
        launchctl print "system/$label" >/dev/null 2>&1 || die "$label is not loaded: apply again"
    done
}

session_start() { "$TREE/bin/darwin-session" "$NAME" "$AGENT" "$AGENT_UID" "$SHELL_NAME" "$@"; }

# The first word says what Linux needs to know.
session_capture() {
    shift
    (cd / && session_start "$@" 2>&1 | cat)
}

# sudo gives the session a terminal of its own (use_pty in the sudoers file), so its exit is all
# that is left to do here.
session_interactive() {
    scratch=$(mktemp -d) || die 'no temporary folder'
    trap 'rm -rf "$scratch"' EXIT
    : >"$scratch/start"
    note_workspaces "$scratch"
    session_start "$@"
    code=$?
    sweep "$scratch"
    exit "$code"
}
