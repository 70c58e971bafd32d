# Linux: what drift looks at beyond files; all of it from the applied generation, as root, and nothing
# behind a link of somebody else's.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

drift_rows() {
    drift_units
    find_applied_firewall
    row rules "$TABLE" "$(rules_differ)"
    row namespace "$NETNS" "$(namespace_differs)"
    row setting net.ipv4.ip_forward "$(forwarding_differs)"
    drift_users
    drift_folders
    drift_secrets
}

# What systemd has loaded, asked at once: a block a unit.
drift_units() {
    properties='LoadState,FragmentPath,DropInPaths,NeedDaemonReload,UnitFileState,ActiveState'
    # shellcheck disable=SC2086
    systemctl show --property="Id,$properties" $UNITS >"$scratch/units"
    echo >>"$scratch/units"
    while IFS='=' read -r key value; do
        case $key in
        Id) id=$value ;;
        LoadState) load=$value ;;
        FragmentPath) fragment=$value ;;
        DropInPaths) drop_ins=$value ;;
        NeedDaemonReload) reload=$value ;;
        UnitFileState) enabled=$value ;;
        ActiveState) active=$value ;;
        '') drift_unit ;;
        esac
    done <"$scratch/units"
    foreign=$(session_drop_ins | tr '\n' ' ')
    row session drop-ins "${foreign:+"changed by $foreign"}"
}

drift_unit() {
    differs=''
    [ "$load" = loaded ] || differs="$differs; it is $load"
    managed_by_nix || [ "$fragment" = "/etc/systemd/system/$id" ] ||
        differs="$differs; it is loaded from $fragment"
    foreign=$(foreign_drop_ins "$id" "$drop_ins")
    [ -z "$foreign" ] || differs="$differs; changed by $foreign"
    [ "$reload" = no ] || differs="$differs; systemd has an older one loaded"
    # shellcheck disable=SC2086
    if contains "$id" $START; then
        [ "$active" = active ] || differs="$differs; it is $active"
        managed_by_nix || ! grep -q '^\[Install\]' "/etc/systemd/system/$id" 2>/dev/null ||
            [ "$enabled" = enabled ] || differs="$differs; it is not enabled"
    fi
    row unit "$id" "${differs#; }"
}

# foreign_drop_ins UNIT PATHS: those that neither we nor the distribution put there. On NixOS the
# drop-ins are the module's.
foreign_drop_ins() {
    ! managed_by_nix || return 0
    for drop_in in $2; do
        case $drop_in in
        /usr/lib/systemd/* | /lib/systemd/*) ;;
        "/etc/systemd/system/$PREFIX-nft.service.d/iptables.conf") ;;
        *) printf '%s ' "$drop_in" ;;
        esac
    done
}

# A session's unit does not exist between sessions; what would change it does (systemd.unit(5): the
# names with everything behind a dash left out).
session_drop_ins() {
    for name in "$PREFIX.session-.service.d" agent-sandbox-.service.d agent-.service.d; do
        drop_in_folders "$name"
    done
}

drop_in_folders() {
    for folder in /etc/systemd/system /etc/systemd/system.control /run/systemd/system \
        /run/systemd/system.control /usr/local/lib/systemd/system; do
        [ ! -d "$folder/$1" ] || echo "$folder/$1"
    done
}

# The lines that are loaded and were not (+), or the other way round (-).
rules_differ() {
    ! firewall_is_committed || return 0
    managed_by_nix || [ -f "$STATE/firewall" ] || {
        echo 'nothing says what was loaded: apply again'
        return
    }
    firewall_live >"$scratch/rules" 2>/dev/null
    if [ ! -s "$scratch/rules" ]; then
        echo 'no rule is loaded'
    elif managed_by_nix; then
        echo 'the rule for the agent is missing'
    else
        diff "$STATE/firewall" "$scratch/rules" |
            sed -n 's/^<[[:space:]]*/-/p; s/^>[[:space:]]*/+/p' | head -n 3 | tr '\n' ' '
    fi
}

# A third interface in it would be a way out.
namespace_differs() {
    [ -e "/run/netns/$NETNS" ] || {
        echo 'it is missing'
        return
    }
    ip -n "$NETNS" -o link show | awk -F ': ' '{ sub(/@.*/, "", $2); print $2 }' |
        while read -r interface; do
            case $interface in
            lo) ;;
            "$VETH_AGENT") [ -n "$CIDRS" ] || echo "it has $interface" ;;
            *) ip -n "$NETNS" -o link show dev "$interface" up | grep -q . && printf 'it has %s ' "$interface" ;;
            esac
        done
    [ -z "$CIDRS" ] || ip -n "$NETNS" link show dev "$VETH_AGENT" >/dev/null 2>&1 ||
        echo "it lacks $VETH_AGENT"
}

forwarding_differs() {
    [ -n "$CIDRS" ] || return 0
    seen=$(cat /proc/sys/net/ipv4/ip_forward)
    [ "$seen" = 1 ] || echo "it is $seen, not 1"
}

drift_users() {
    users_table "$TREE" | while read -r user home shell groups; do
        differs=$(user_differs "$user" "$home" "$shell" "$groups")
        row user "$user" "${differs%; }"
    done
    row group "$SHARE" "$(share_differs)"
}

# What tmpfiles.d says, line by line. A colon asks for something of new folders alone.
drift_folders() {
    while read -r kind path mode user group _ what; do
        case $kind in
        d) row folder "$path" "$(folder_differs "$path" "$user" "$group" "$mode")" ;;
        z) drift_matches "$path" "$mode" "$user" "$group" ;;
        a+) row access-list "$path" "$(access_differs "$path" "$what")" ;;
        f) row list "$path" "$(grep -qsx "$AGENT" "$path" || echo "$AGENT is not in it")" ;;
        esac
    done <"$TREE/linux/tmpfiles.d/$PREFIX.conf"
}

folder_differs() {
    case $2 in
    :*) [ -d "$1" ] && [ ! -L "$1" ] || echo 'no folder is there' ;;
    *) entry_differs "$1" d "$2" "$3" "$4" ;;
    esac
}

# z PATTERN: what matches now; the folder is root's.
drift_matches() {
    for match in $1; do
        [ ! -e "$match" ] || row file "$match" "$(entry_differs "$match" f "$3" "$4" "$2")"
    done
}

access_differs() {
    have getfacl || return 0
    [ ! -L "$1" ] || {
        echo 'it is a link'
        return
    }
    there=$(getfacl -pc -- "$1" 2>/dev/null)
    for entry in $(echo "$2" | tr , ' '); do
        printf '%s\n' "$there" | grep -qxF -e "$entry" || printf 'it lacks %s ' "$entry"
    done
}

# Never what is in them.
drift_secrets() {
    for file in $CREDENTIAL_FILES; do
        case $file in
        "$SECRETS"/*) [ -s "$file" ] || row secret "$file" 'it is missing or empty' ;;
        *) row secret "$file" "$(secret_differs "$file")" ;;
        esac
    done
    for secret in $CREDENTIAL_SYSTEMD; do
        file=/etc/credstore.encrypted/$secret
        row secret "$file" "$([ -s "$file" ] || echo 'it is missing or empty')"
    done
}

secret_differs() {
    if [ ! -s "$1" ]; then
        echo 'it is missing or empty'
    elif [ -n "$(find -P "$1" -prune -perm -004 2>/dev/null)" ]; then
        echo 'everybody may read it'
    fi
}
