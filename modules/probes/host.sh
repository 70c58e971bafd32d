# As root, on the host: what only the outside can see. Root is the operator here: its own attempts
# must succeed, or the others' failures would prove nothing.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# no_tcp_as UID ADDRESS PORT
no_tcp_as() {
    if [ "$SYSTEM" = linux ]; then
        needs setpriv && no_way tcp "$2" "$3" setpriv --reuid "$1" --regid "$1" --clear-groups --no-new-privs
    else
        needs perl && no_way tcp "$2" "$3" perl -e "$become" "$1"
    fi
}

password_is_locked() {
    needs getent cut || return
    for user in "$AGENT" "$PROXY" "$RELAY"; do
        [ -n "$user" ] || continue
        hash=$(getent shadow "$user" | cut -d : -f 2)
        case $hash in
        '!'* | '*'*) ;;
        *) broken "$user has a password"; return ;;
        esac
    done
    held 'locked'
}

# Neither a hash, nor another way in (dscl(1)).
no_way_to_log_in() {
    needs dscl || return
    for user in "$AGENT" "$PROXY"; do
        said=$(dscl . -read "/Users/$user" Password AuthenticationAuthority 2>/dev/null)
        case $said in
        *'AuthenticationAuthority: '* | *'AuthenticationAuthority:'"$newline"*) broken "$user can log in"; return ;;
        *'Password: *'*) ;;
        *) broken "$user has a password"; return ;;
        esac
    done
    held 'neither has a password'
}

ids_are_live() {
    needs id || return
    [ "$(id -u "$AGENT")" = "$AGENT_UID" ] && [ "$(id -u "$PROXY")" = "$PROXY_UID" ] &&
        held "$AGENT_UID $PROXY_UID" && return
    broken "$(id "$AGENT") $(id "$PROXY")"
}

no_strange_groups() {
    groups=$(id -Gn "$AGENT") || { unknown "$AGENT has none"; return; }
    for group in $groups; do
        case $group in
        "$AGENT" | "$SHARE") ;;
        *) broken "$group"; return ;;
        esac
    done
    held "$groups"
}

# No line of what sudo lists allows anything.
no_sudo_rights() {
    here sudo || { held 'there is no sudo' && return; }
    needs grep || return
    rights=$(sudo -l -U "$AGENT" 2>&1)
    case $rights in
    *'not allowed to run sudo'*) held 'none' && return ;;
    *'may run the following'*) ;;
    *) unknown "$rights"; return ;;
    esac
    found=$(printf '%s\n' "$rights" | grep '^ *(' | grep -v ') *!ALL$')
    [ -z "$found" ] && held 'none' && return
    broken "$found"
}

no_subordinate_uids() {
    needs grep || return
    found=$(grep -hsE "^($AGENT|$AGENT_UID):" /etc/subuid /etc/subgid)
    [ -z "$found" ] && held 'none' && return
    broken "$found"
}

# owned_by_root PATH...: and not for others to write
owned_by_root() {
    needs find head || return
    [ -e "$1" ] || { unknown "$1 is missing"; return; }
    found=$(find -H "$@" ! -type l \( ! -uid 0 -o -perm -020 -o -perm -002 \) 2>/dev/null | head -n 2)
    [ -z "$found" ] && held 'root, and nobody else' && return
    broken "$found"
}

# Whose it is, and its mode. stat of macOS is another program.
# shellcheck disable=SC2016
modes_of() {
    if [ "$SYSTEM" = linux ]; then
        stat -c '%u %a' "$1"
    else
        perl -e '@s = stat shift and printf "%d %o\n", $s[4], $s[2] & 07777' "$1"
    fi
}
can_tell_modes() {
    if [ "$SYSTEM" = linux ]; then needs stat; else needs perl; fi
}

modes_are() {
    can_tell_modes || return
    seen_modes=$(modes_of "$1")
    [ "$seen_modes" = "$2" ] && held "$2" && return
    broken "$seen_modes"
}

is_roots_alone() {
    case $(modes_of "$1") in
    '0 400' | '0 600') held "$1" ;;
    *) broken "$1" ;;
    esac
}

# secrets_are_closed MODES: on macOS the proxy reads its copies there, because launchd hands nothing over.
secrets_are_closed() {
    [ -d "$SECRETS" ] || { held 'there are none' && return; }
    can_tell_modes || return
    modes_are "$SECRETS" "$1" >/dev/null || { broken "$SECRETS is open"; return; }
    outcome=$(each_line is_roots_alone "$CREDENTIAL_FILES") || { broken "$outcome"; return; }
    held 'root alone'
}

# Its number is nowhere else. grep has it from a file, not among its own arguments.
no_leftovers() {
    needs grep head || return
    # shellcheck disable=SC2062
    found=$(echo "$LINGER" | grep -lsxzF -f - /proc/[0-9]*/cmdline | head -n 3)
    [ -z "$found" ] && held 'none' && return
    broken "processes $found"
}

# The agent's whose sessions have all ended: verify's own are the only ones now.
nothing_is_left() {
    needs pgrep || return
    found=$(pgrep -f "sleep $LINGER")
    [ -z "$found" ] && held 'none' && return
    broken "processes $found"
}

namespace_is_bare() {
    needs ip grep || return
    found=$({ ip -n "$NETNS" -o route show; ip -n "$NETNS" -6 -o route show; } 2>/dev/null | grep -c '^default')
    [ "$found" -eq 0 ] && ip -n "$NETNS" link show lo >/dev/null && held 'no way out' && return
    broken 'it has a default route, or is missing'
}

# is_denied DAEMON PROGRAM: a list of who may goes before the list of who may not (crontab(1), at(1))
is_denied() {
    needs grep || return
    if [ -e "/etc/$1.allow" ]; then
        ! grep -qx "$AGENT" "/etc/$1.allow" || { broken "$AGENT is in /etc/$1.allow"; return; }
    elif [ -e "/etc/$1.deny" ]; then
        grep -qx "$AGENT" "/etc/$1.deny" || { broken "$AGENT is not in /etc/$1.deny"; return; }
    else
        ! here "$2" || { broken "there is no /etc/$1.deny"; return; }
    fi
    held 'not allowed'
}

bound_to_the_firewall() {
    needs systemctl grep || return
    for unit in netns.service egress.service relay.socket; do
        systemctl show --property=BindsTo --value "$PREFIX-$unit" |
            grep -qF "$PREFIX-nft.service" || { broken "$unit"; return; }
    done
    held 'namespace, proxy, relay'
}

firewall_is_early() {
    needs systemctl grep || return
    systemctl show --property=Before --value "$PREFIX-nft.service" | grep -qw network-pre.target &&
        systemctl is-enabled --quiet "$PREFIX-nft.service" && held 'enabled, before the network' &&
        return
    broken 'it is not enabled, or not before network-pre.target'
}

# What it says itself: the bytes that it has read.
proxy_has_policy() {
    if [ "$SYSTEM" = linux ]; then
        wanted=$(sha256sum <"$STATE/current/proxy/policy.json")
        said=$(systemctl show --property=StatusText --value "$PREFIX-egress.service")
    else
        wanted=$(shasum -a 256 <"$STATE/current/proxy/policy.json")
        said=$(cat "$STATE/proxy/policy-loaded")
    fi
    wanted=${wanted%% *}
    [ ${#wanted} -eq 64 ] || { unknown 'no hash can be made'; return; }
    case $said in
    "policy $wanted"*) held "$wanted" ;;
    '') unknown 'the proxy does not say' ;;
    *) broken "$said" ;;
    esac
}

# Empty: the rules name all that is tried.
no_lan() {
    [ -n "$1" ] || { held 'a rule names it'; return; }
    no_tcp_as "$PROXY_UID" "$1" 443
}

# OPENED is an address and a port of it that no rule opens.
no_other_port() {
    [ -n "$OPENED" ] || { held 'no rule names addresses'; return; }
    no_tcp_as "$PROXY_UID" "${OPENED% *}" "${OPENED#* }"
}

row live-policy linux,darwin - 'the running proxy has the applied policy' proxy_has_policy
row operator linux,darwin - 'control: the operator reaches the proxy' can_tcp 127.0.0.1 "$PROXY_PORT"
row other-user linux,darwin - 'no other user reaches the proxy' no_tcp_as 65534 127.0.0.1 "$PROXY_PORT"
row egress-loopback linux - 'the proxy itself reaches no loopback service' no_tcp_as "$PROXY_UID" 127.0.0.1 "$PROXY_PORT"
row egress-lan linux - 'the proxy itself reaches no LAN that no rule names' no_lan "$LAN_FOUR"
row egress-opened linux - 'where a rule lets it, only on the ports of rules' no_other_port
row egress-metadata linux - 'the proxy itself reaches no metadata service' no_tcp_as "$PROXY_UID" 169.254.169.254 80
row egress-port linux audit 'the proxy itself dials no other port' no_tcp_as "$PROXY_UID" 1.1.1.1 22
row egress-six linux - 'the proxy itself reaches no private v6 that no rule names' no_lan "$LAN_SIX"
row live-ids linux,darwin - "the live uids are the spec's" ids_are_live
row password linux - 'nobody can log in as one of the users' password_is_locked
row strange-groups linux - 'the agent is in no other group' no_strange_groups
row sudo-rights linux,darwin - 'sudo gives the agent nothing' no_sudo_rights
row subuid linux - 'the agent has no subordinate uids' no_subordinate_uids
row lingering linux - 'the agent does not linger' absent "/var/lib/systemd/linger/$AGENT"
row cron-deny linux - 'cron refuses the agent' is_denied cron crontab
row at-deny linux - 'at refuses the agent' is_denied at at
row root-owned linux,darwin - "the generation is root's" owned_by_root "$STATE/current/"
row password darwin - 'nobody can log in as one of the users' no_way_to_log_in
row proxy-folder linux,darwin - "the proxy's folder is its own" modes_are "$STATE/proxy" "$PROXY_UID 700"
row home-folder linux,darwin - "the agent's home is its own" modes_are "$AGENT_HOME" "$AGENT_UID 700"
row secret-modes linux - 'the secrets are closed' secrets_are_closed '0 700'
row secret-modes darwin - 'the secrets are closed' secrets_are_closed '0 750'
row namespace linux - 'the namespace leads nowhere' namespace_is_bare
row bound linux - 'without the firewall nothing runs' bound_to_the_firewall
row early linux - 'the firewall stands before the network' firewall_is_early
row leftovers linux - 'no process outlives its session' no_leftovers
row leftovers darwin - 'no process outlives its session' nothing_is_left
