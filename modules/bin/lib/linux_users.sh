# Linux: what the accounts of the sandbox must be, beyond their numbers: drift tells, apply mends.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# users_table TREE: USER HOME SHELL GROUPS; - stands for what is not ours to say. Where Nix makes
# them, the shell lies in its store.
users_table() {
    shell=$(awk -v user="$AGENT" '$1 == "u" && $2 == user { print $NF }' \
        "$1/linux/sysusers.d/$PREFIX.conf")
    ! managed_by_nix || shell=-
    echo "$AGENT $AGENT_HOME ${shell:--} $SHARE"
    echo "$PROXY - -"
    echo "$RELAY - -"
}

# user_differs USER HOME SHELL [GROUP]: says how, in one line.
user_differs() {
    entry=$(getent passwd "$1") || {
        echo 'there is no such user'
        return
    }
    IFS=: read -r _ _ number group _ home shell <<END
$entry
END
    case $1 in
    "$AGENT") wanted=$AGENT_UID ;;
    "$PROXY") wanted=$PROXY_UID ;;
    *) wanted=$number ;;
    esac
    [ "$number" = "$wanted" ] || printf 'uid %s, not %s; ' "$number" "$wanted"
    [ "$group" = "$(gid_of "$1")" ] || printf 'group %s, not %s; ' "$group" "$(gid_of "$1")"
    [ "$2" = - ] || [ "$home" = "$2" ] || printf 'home %s, not %s; ' "$home" "$2"
    [ "$3" = - ] || [ "$shell" = "$3" ] || printf 'shell %s, not %s; ' "$shell" "$3"
    others=$(other_groups "$1")
    [ "$others" = "${4-}" ] || printf 'in the groups "%s", not "%s"; ' "$others" "${4-}"
    ! has_password "$1" || printf 'it has a password; '
}

# Beyond its own, in one order.
other_groups() {
    id -Gn "$1" | tr ' ' '\n' | grep -vx -e "$1" -e "$(group_name_of "$group")" | sort | tr '\n' ' ' |
        sed 's/ $//'
}

has_password() {
    case $(getent shadow "$1" | cut -d : -f 2) in
    '' | '!'* | '*'*) return 1 ;;
    esac
}

share_differs() {
    there=$(getent group "$SHARE" | cut -d : -f 4 | tr , '\n' | sort | tr '\n' ' ')
    # shellcheck disable=SC2086
    wanted=$(printf '%s\n' "$AGENT" $OPERATORS | sort | tr '\n' ' ')
    [ "$there" = "$wanted" ] || echo "it has ${there}and not $wanted"
}

# Numbers that are taken were refused before; everything else goes back to what the spec says.
mend_users() {
    users_table "$1" | while read -r user home shell groups; do
        differs=$(user_differs "$user" "$home" "$shell" "$groups")
        [ -n "$differs" ] || continue
        warn "user $user goes back to what the spec says: ${differs%; }"
        set -- -g "$user" -G "$groups"
        [ "$home" = - ] || set -- "$@" -d "$home"
        [ "$shell" = - ] || set -- "$@" -s "$shell"
        ! has_password "$user" || set -- "$@" -p '!*'
        usermod "$@" "$user" </dev/null || exit 1
    done
}

# The share group holds the agent and the operators, and nobody who was one before.
join_operators() {
    for member in $(getent group "$SHARE" | cut -d : -f 4 | tr , ' '); do
        # shellcheck disable=SC2086
        contains "$member" "$AGENT" $OPERATORS || gpasswd -d "$member" "$SHARE" >/dev/null
    done
    for operator in $OPERATORS; do
        # shellcheck disable=SC2046
        contains "$operator" $(getent group "$SHARE" | cut -d : -f 4 | tr , ' ') ||
            usermod -a -G "$SHARE" "$operator" || return 1
    done
}

# tmpfiles leaves a list that is already there alone; and a last line without its newline is one
# that cron ignores, so the name never goes behind such a line.
deny_jobs() {
    for list in /etc/cron.deny /etc/at.deny; do
        [ -f "$list" ] && ! grep -qx "$AGENT" "$list" || continue
        [ -z "$(tail -c 1 "$list")" ] || echo >>"$list" || return 1
        echo "$AGENT" >>"$list" || return 1
    done
}
