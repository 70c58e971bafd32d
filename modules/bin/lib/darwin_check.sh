# macOS: what a tree must pass before anything of this host is touched. No Mac is in our tests;
# what could not be confirmed on one is marked as unconfirmed.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

PROBLEMS=0
complain() {
    warn "$*"
    PROBLEMS=$((PROBLEMS + 1))
}

# A lack of the host: an error for apply, a remark for --dry-run.
host_lacks() {
    if [ -n "$dry_run" ]; then
        warn "note: $*"
    else
        complain "$*"
    fi
}

check_tree() {
    for tool in dscl dseditgroup launchctl pfctl plutil visudo sudo; do
        have "$tool" || host_lacks "$tool is missing"
    done
    [ -x /usr/bin/sandbox-exec ] || host_lacks 'sandbox-exec is missing'
    check_live_users
    check_operators
    for plist in "$1"/darwin/launchd/*.plist; do
        plutil -lint -s "$plist" >&2 || complain "plutil refuses $(basename -- "$plist")"
    done
    visudo -cqf "$1/darwin/sudoers.d/$PREFIX" >&2 || complain 'visudo refuses the sudoers file'
    if is_root; then
        # -n parses alone. Numbers stand for users, so nobody has to exist yet.
        pfctl -q -n -a "$ANCHOR" -f "$1/darwin/pf/$PREFIX.conf" >&2 || complain 'pf refuses its rules'
        check_seatbelt "$1"
        for file in $CREDENTIAL_FILES; do
            [ -s "$file" ] || host_lacks "the secret $file is missing: put it there, $PROXY's and 0400"
        done
    else
        warn 'note: the pf rules and the Seatbelt profile are checked only as root'
    fi
    [ "$PROBLEMS" -eq 0 ]
}

# There is no parser to ask but the kernel's own: start a program that does nothing.
# Unconfirmed: that /usr/bin/true runs as root under a profile meant for the agent.
check_seatbelt() {
    /usr/bin/sandbox-exec -f "$1/darwin/seatbelt/$PREFIX.sb" /usr/bin/true >&2 ||
        complain 'sandbox-exec refuses the profile'
}

# record FOLDER NAME KEY: one value of a directory record
record() {
    dscl . -read "/$1/$2" "$3" 2>/dev/null | awk 'NR == 1 { print $2 }'
}

# holder FOLDER KEY VALUE: the name that has this number
holder() {
    dscl . -search "/$1" "$2" "$3" 2>/dev/null | awk 'NR == 1 { print $1 }'
}

check_live_users() {
    for pair in "$AGENT:$AGENT_UID" "$PROXY:$PROXY_UID"; do
        check_number Users UniqueID "${pair%:*}" "${pair#*:}"
        check_number Groups PrimaryGroupID "${pair%:*}" "${pair#*:}"
    done
    check_number Groups PrimaryGroupID "$SHARE" "$SHARE_GID"
}

check_number() {
    there=$(record "$1" "$3" "$2")
    [ -z "$there" ] || [ "$there" = "$4" ] ||
        complain "$3 has the id $there here, and the spec says $4"
    there=$(holder "$1" "$2" "$4")
    [ -z "$there" ] || [ "$there" = "$3" ] || complain "the id $4 belongs to $there here"
}

# A home that others may search is open to the agent's user, whatever the firewall does; Seatbelt
# denies it once more.
check_operators() {
    for operator in $OPERATORS; do
        home=$(record Users "$operator" NFSHomeDirectory)
        [ -n "$home" ] || {
            host_lacks "operator '$operator' has no account here"
            continue
        }
        read -r _ mode <<END
$(owner_and_mode "$home")
END
        case $mode in
        d??????---*) ;;
        *) host_lacks "$home is open to other users: chmod 700 $home" ;;
        esac
    done
}

users_are_right() {
    [ "$(record Users "$AGENT" UniqueID)" = "$AGENT_UID" ] &&
        [ "$(record Users "$PROXY" UniqueID)" = "$PROXY_UID" ] &&
        [ "$(record Groups "$SHARE" PrimaryGroupID)" = "$SHARE_GID" ]
}
