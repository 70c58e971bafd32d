# macOS: remove leaves nothing but the workspaces. The order matters: jobs, processes, firewall,
# files, memberships before the user they name, users, folders. A second run finishes a first one.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

cmd_remove() {
    find_tree
    confirm_remove "$@"
    need_root remove
    in_generation || prove_tree
    take_lock
    LEFT=0
    for label in $LABELS; do
        stop_job "$label"
    done
    stop_sessions
    "$TREE/bin/pf-guard" drop "$NAME" "$AGENT_UID"
    remove_installed
    for workspace in $WORKSPACES_RW; do
        [ ! -d "$workspace" ] || find -P "$workspace" -exec chmod -h -N {} +
    done
    remove_users
    remove_folder "$AGENT_HOME"
    # Half of it is no copy to run remove from.
    rm -f "$STATE/current"
    remove_folder "$STATE"
    rmdir "$(dirname -- "$STATE")" 2>/dev/null
    [ "$LEFT" -eq 0 ] || die "$LEFT things could not be removed: run remove again"
    say "removed sandbox $NAME; kept: ${WORKSPACES_RW:-no workspace} $WORKSPACES_RO"
}

confirm_remove() {
    case ${1-} in
    --yes) [ $# -eq 1 ] || usage_error 'too many arguments' ;;
    '')
        [ -t 0 ] || usage_error 'remove deletes the home and the secrets: say --yes'
        printf 'This deletes %s and the secrets of %s. Type the name to go on: ' \
            "$AGENT_HOME" "$NAME" >&2
        read -r answer
        [ "$answer" = "$NAME" ] || refuse 'nothing was removed'
        ;;
    *) usage_error "remove does not know '$1'" ;;
    esac
}

left_over() {
    warn "$*"
    LEFT=$((LEFT + 1))
}

remove_users() {
    for member in "$AGENT" $OPERATORS; do
        dseditgroup -o edit -d "$member" -t user "$SHARE" 2>/dev/null
    done
    for user in "$AGENT" "$PROXY"; do
        [ -z "$(record Users "$user" UniqueID)" ] || dscl . -delete "/Users/$user" ||
            left_over "user $user stays"
    done
    for group in "$AGENT" "$PROXY" "$SHARE"; do
        [ -z "$(record Groups "$group" PrimaryGroupID)" ] || dscl . -delete "/Groups/$group" ||
            left_over "group $group stays"
    done
}

# rm does not follow links; -x keeps it on the file system.
remove_folder() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    rm -rfx -- "$1" || left_over "$1 stays"
}
