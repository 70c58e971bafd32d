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
    check_version
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
        for rules in "$1"/darwin/pf/*.conf; do
            pfctl -q -n -a "$ANCHOR" -f "$rules" >&2 || complain "pf refuses $(basename -- "$rules")"
        done
        check_seatbelt "$1"
        check_keychain
        for file in $CREDENTIAL_FILES; do
            [ -s "$file" ] || host_lacks "the secret $file is missing: put it there, root's and 0400"
        done
    else
        warn 'note: the pf rules and the Seatbelt profile are checked only as root'
    fi
    [ "$PROBLEMS" -eq 0 ]
}

# What is used of it came by 12.3 (mv -h); 13 is the oldest that still gets fixes of security's.
check_version() {
    version=$(sw_vers -productVersion 2>/dev/null)
    case ${version%%.*} in
    '' | *[!0-9]*) host_lacks 'sw_vers does not say which macOS this is' ;;
    *) [ "${version%%.*}" -ge 13 ] || host_lacks "macOS $version is too old: 13 or newer is needed" ;;
    esac
}

# There is no parser to ask but the kernel's own: start a program that does nothing.
# Unconfirmed: that /usr/bin/true runs as root under a profile meant for the agent.
check_seatbelt() {
    /usr/bin/sandbox-exec -f "$1/darwin/seatbelt/$PREFIX.sb" /usr/bin/true >&2 ||
        complain 'sandbox-exec refuses the profile'
}

check_keychain() {
    for pair in $CREDENTIALS; do
        case ${pair#*=} in
        keychain:*) ;;
        *) continue ;;
        esac
        item=${pair#*=keychain:}
        security find-generic-password -s "$item" /Library/Keychains/System.keychain >/dev/null 2>&1 ||
            host_lacks "the system's keychain has no item $item: sudo security add-generic-password" \
                "-U -a agent-sandbox -s $item -w /Library/Keychains/System.keychain"
    done
}

# record FOLDER NAME KEY: one value of a directory record, its first word. The key's own line: where
# there is none, dscl says so on the same output. A value with spaces stands on the next line.
record() {
    dscl . -read "/$1/$2" "$3" 2>/dev/null | awk -v key="$3:" '
        found { print $1; exit }
        $1 == key || $1 == "dsAttrTypeNative:" key { if (NF > 1) { print $2; exit } found = 1 }'
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
    [ -z "$there" ] || [ "$there" = "$3" ] || complain "the id $4 belongs to $there here: give the sandbox another \"uid\" in \"user\""
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

users_are_right() { [ -z "$(users_differ)" ]; }

# Every key that apply sets, a line for each that is not as it must be: a user without a home, a shell
# or the password that nothing matches is not the sandbox's, whatever its number.
users_differ() {
    user_differs "$AGENT" "$AGENT_UID" "$AGENT_HOME" "/bin/$SHELL_NAME"
    user_differs "$PROXY" "$PROXY_UID" /var/empty /usr/bin/false
    group_differs "$AGENT" "$AGENT_UID"
    group_differs "$PROXY" "$PROXY_UID"
    group_differs "$SHARE" "$SHARE_GID"
}

user_differs() {
    record_differs Users "$1" UniqueID "$2"
    record_differs Users "$1" PrimaryGroupID "$2"
    record_differs Users "$1" NFSHomeDirectory "$3"
    record_differs Users "$1" UserShell "$4"
    record_differs Users "$1" Password '*'
    record_differs Users "$1" IsHidden 1
}

group_differs() { record_differs Groups "$1" PrimaryGroupID "$2"; }

# record_differs FOLDER NAME KEY WANTED
record_differs() {
    seen=$(record "$1" "$2" "$3")
    [ "$seen" = "$4" ] || echo "$3 is ${seen:-missing}, not $4"
}
