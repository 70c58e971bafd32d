# macOS: what is applied, what is live, what was refused.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

cmd_status() {
    [ $# -eq 0 ] || usage_error 'status takes no arguments'
    find_tree
    if [ ! -d "$STATE/current" ]; then
        say_not_applied
        exit 1
    fi
    as_operator status
    FAULTS=0
    say "sandbox     $NAME, enforcement: $ENFORCEMENT"
    say "generation  $(current_commit)"
    [ ! -e "$STATE/pending" ] || fault 'an apply is under way, or was cut short'
    [ ! -e "$STATE/closed" ] || fault 'closed, because the last apply did not hold'
    managed_by_nix || files_are_committed "$TREE" || fault "differs from the commit: $DRIFTED"
    "$TREE/bin/pf-guard" check "$NAME" "$AGENT_UID" || fault 'the firewall is not as committed'
    users_are_right || fault 'a user has another id than the spec says'
    for label in $LABELS; do
        if launchctl print "system/$label" >/dev/null 2>&1; then
            say "job         $label: loaded"
        else
            fault "$label is not loaded"
        fi
    done
    for workspace in $WORKSPACES_RW; do
        say "workspace   $workspace: read-write, shared by access lists"
    done
    for workspace in $WORKSPACES_RO; do
        say "workspace   $workspace: read-only"
    done
    # shellcheck disable=SC2086
    managed_by_nix || {
        TOOL_PATH=/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/nix/var/nix/profiles/default/bin
        status_tools "brew bundle install --file=$TREE/darwin/Brewfile" \
            ${PACKAGES_BREW:-${PACKAGES_CASK:-$PACKAGES_NIX}} ${PACKAGES_BREW:+$PACKAGES_CASK}
    }
    [ "$FAULTS" -eq 0 ] || exit 1
}

fault() {
    say "FAULT       $*"
    FAULTS=$((FAULTS + 1))
}

# The job's standard error, as its plist says.
log_file() { plutil -extract StandardErrorPath raw -o - "$DAEMONS/org.agent-sandbox.$NAME.egress.plist"; }

cmd_logs() {
    denied='' follow='' all=''
    for argument in "$@"; do
        case $argument in
        --denied) denied=yes ;;
        --all) all=yes ;;
        --follow) follow=yes ;;
        *) usage_error "logs does not know '$argument'" ;;
        esac
    done
    find_tree
    as_operator logs "$@"
    file=$(log_file) || die 'the proxy has no log'
    if [ -n "$follow" ]; then
        tail -n 100 -F "$file" | print_log
    else
        print_log <"$file"
    fi
}

# What the agent sent is inside the proxy's JSON, which is ASCII.
print_log() {
    while IFS= read -r line; do
        case $line in
        *[[:cntrl:]]*) ;;
        '{'*'"verdict": "deny"'*) printf '%s\n' "$line" ;;
        '{'*) [ -n "$denied" ] || printf '%s\n' "$line" ;;
        esac
    done
}

decisions() {
    file=$(log_file) && cat "$file"
}
