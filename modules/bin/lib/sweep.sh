# After a session: which files did it leave in a workspace that an operator's tools run or obey without
# asking? sweep.py names them.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# sweep KEEP: what has changed since KEEP/start
sweep() {
    # shellcheck disable=SC2086
    [ -z "$WORKSPACES_RW" ] ||
        with_sweep report "$1" "$STATE/swept" $WORKSPACES_RW || warn 'the workspaces were not swept'
}

# note_workspaces KEEP: before a session, where workspaces.py does not
note_workspaces() {
    # shellcheck disable=SC2086
    [ -z "$WORKSPACES_RW" ] || with_sweep note "$1" $WORKSPACES_RW
}

with_sweep() {
    python=$(find_python)
    [ -n "$python" ] || { warn 'python3 is missing' && return 1; }
    "$python" -ISB "$TREE/bin/lib/sweep.py" "$@"
}
