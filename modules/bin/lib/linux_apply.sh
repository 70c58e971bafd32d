# Linux: a generation becomes users, files, units, a firewall.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

files_table() {
    echo "0644 $1/linux/sysusers.d/$PREFIX.conf /etc/sysusers.d/$PREFIX.conf"
    echo "0644 $1/linux/tmpfiles.d/$PREFIX.conf /etc/tmpfiles.d/$PREFIX.conf"
    echo "0644 $1/linux/journald/$PREFIX.conf /etc/systemd/journald@$PREFIX.conf"
    for unit in $UNITS; do
        echo "0644 $1/linux/systemd/$unit /etc/systemd/system/$unit"
    done
    find_firewall
    if [ "$FIREWALL" = iptables ]; then
        echo "0644 $1/linux/systemd/$PREFIX-iptables.conf" \
            "/etc/systemd/system/$PREFIX-nft.service.d/iptables.conf"
    fi
    echo "0440 $1/linux/sudoers.d/$PREFIX /etc/sudoers.d/$PREFIX"
}

# Beyond the files: what --dry-run says.
plan_system() {
    for user in "$AGENT" "$PROXY" "$RELAY"; do
        getent passwd "$user" >/dev/null || echo "create user $user"
    done
    getent group "$SHARE" >/dev/null || echo "create group $SHARE"
    if [ ! -d "$STATE/current" ]; then
        for unit in $START; do
            echo "enable and start $unit"
        done
        return
    fi
    cmp -s "$1/linux/nftables/$PREFIX.nft" "$STATE/current/linux/nftables/$PREFIX.nft" ||
        echo "load the firewall's rules (table inet $TABLE), in one transaction"
    proxy_code_is_same "$1" || echo "restart $PREFIX-egress.service: its code changes, and open connections close"
    cmp -s "$1/proxy/policy.json" "$STATE/current/proxy/policy.json" ||
        echo 'load the new policy into the running proxy'
    diff -rq "$1/home" "$STATE/current/home" >/dev/null 2>&1 || echo "write $AGENT's dotfiles"
}

proxy_code_is_same() {
    diff -rq -x policy.json -x __pycache__ "$1/proxy" "$STATE/current/proxy" >/dev/null 2>&1
}

# install_generation TREE COMMIT: the order matters. Users first, since rules name them; then the
# firewall, so that nothing of theirs ever runs without it; files; current, which is the moment
# of change; then the units that read through it.
install_generation() {
    CHANGED='' TREE=$1
    make_users "$1" || return 1
    load_firewall "$1" || return 1
    make_folders "$1" || return 1
    join_operators || return 1
    deny_jobs || return 1
    note_differences "$1"
    take_foreign_drop_ins
    install_files "$1" || return 1
    flip_current "$2" || return 1
    start_units && wait_for_policy "$1" || return 1
    firewall_live >"$STATE/.firewall" && mv -f "$STATE/.firewall" "$STATE/firewall" || return 1
    [ -z "$dotfiles_differ" ] || write_dotfiles "$1"
}

make_users() {
    systemd-sysusers "$1/linux/sysusers.d/$PREFIX.conf" && mend_users "$1" || return 1
    forget_names
    users_are_right || {
        warn "the users that systemd-sysusers made are not the spec's"
        return 1
    }
}

# A name service's cache remembers for a while who was not there.
forget_names() {
    ! have nscd || { nscd -i passwd && nscd -i group; } >/dev/null 2>&1
    :
}

# It exits 0 or 73 for failures that matter and for ones that do not; so look at the result.
make_folders() {
    systemd-tmpfiles --create "$1/linux/tmpfiles.d/$PREFIX.conf"
    folder_is "$AGENT_HOME" "$AGENT_UID" drwx------ &&
        folder_is "$SECRETS" - - || return 1
    # shellcheck disable=SC2086
    {
        cat "$STATE/shared" 2>/dev/null
        printf '%s\n' $WORKSPACES_RW $WORKSPACES_RO
    } | sort -u >"$STATE/.shared" && mv -f "$STATE/.shared" "$STATE/shared" || return 1
    for workspace in $WORKSPACES_RW $WORKSPACES_RO; do
        folder_is "$workspace" - - || return 1
    done
}

# folder_is PATH UID MODE; - stands for any
folder_is() {
    [ -d "$1" ] && [ ! -L "$1" ] || {
        warn "$1 is not a folder"
        return 1
    }
    read -r owner mode <<END
$(owner_and_mode "$1")
END
    { [ "$2" = - ] || [ "$owner" = "$2" ]; } && case $mode in
    $3*) true ;;
    *) [ "$3" = - ] ;;
    esac || {
        warn "$1 has owner $owner and mode $mode; expected $2 and $3"
        return 1
    }
}

# Compared before current changes, because the units read through it.
note_differences() {
    proxy_differs='' policy_differs='' dotfiles_differ=''
    proxy_code_is_same "$1" && [ -z "$REINSTALL" ] || proxy_differs=yes
    cmp -s "$1/proxy/policy.json" "$STATE/current/proxy/policy.json" || policy_differs=yes
    diff -rq "$1/home" "$STATE/current/home" >/dev/null 2>&1 || dotfiles_differ=yes
}

unit_changed() {
    # shellcheck disable=SC2086
    contains "/etc/systemd/system/$1" $CHANGED || [ -n "$REINSTALL" ]
}

# What somebody laid over a unit of ours (systemctl edit, set-property) goes: it runs as committed.
take_foreign_drop_ins() {
    for unit in $UNITS; do
        foreign=$(foreign_drop_ins "$unit" "$(systemctl show --property=DropInPaths --value "$unit")")
        [ -n "$foreign" ] || continue
        warn "$unit goes back to what is committed, without $foreign"
        systemctl revert "$unit" 2>/dev/null
        CHANGED="$CHANGED /etc/systemd/system/$unit"
    done
    for foreign in $(drop_in_folders "$PREFIX.session-.service.d"); do
        warn "sessions go back to what is committed, without $foreign"
        rm -rf "$foreign"
    done
}

# A unit that is running and unchanged is left alone: its sessions live on.
start_units() {
    systemctl daemon-reload || return 1
    # shellcheck disable=SC2086
    systemctl --quiet enable $START || return 1
    # shellcheck disable=SC2086
    ! contains "/etc/systemd/journald@$PREFIX.conf" $CHANGED ||
        systemctl try-restart "systemd-journald@$PREFIX.service" || return 1
    for unit in $UNITS; do
        systemctl --quiet is-active "$unit" || continue
        case $unit in
        # Its rules are loaded already; a restart would end the sessions that are bound to it.
        "$PREFIX-nft.service") ;;
        "$PREFIX-netns.service") refresh_namespace "$unit" || return 1 ;;
        "$PREFIX-egress.service") refresh_proxy "$unit" || return 1 ;;
        *) ! unit_changed "$unit" || restart_unit "$unit" || return 1 ;;
        esac
    done
    for unit in $START; do
        start_unit "$unit" || {
            warn "$unit does not start:"
            journalctl -q --namespace="+$PREFIX" -u "$unit" -n 8 -o cat >&2
            return 1
        }
    done
}

# A service that outlived its socket keeps that from listening. And a server of the agent's may be
# listening where a new door is to be.
start_unit() {
    case $1 in
    *.socket) systemctl --quiet is-active "$1" || systemctl stop "${1%.socket}.service" ;;
    esac
    systemctl start "$1" 2>/dev/null && return
    case $1 in
    *-local-*.socket) ;;
    *) return 1 ;;
    esac
    warn "a session listens on the port of $1: ending the sessions"
    stop_sessions
    systemctl start "$1"
}

restart_unit() {
    # A socket cannot be restarted while its service holds it.
    case $1 in
    *.socket) systemctl stop "${1%.socket}.service" ;;
    esac
    systemctl restart "$1"
}

# With everything in it, when it is not as it was made.
refresh_namespace() {
    ! unit_changed "$1" && [ -z "$(namespace_differs)$(forwarding_differs)" ] || restart_unit "$1"
}

# New rules alone: SIGHUP has the running proxy read them; it keeps its last good ones on an error,
# and the connections that are open.
refresh_proxy() {
    if [ -n "$proxy_differs" ] || unit_changed "$1"; then
        warn "$1 starts anew: the open connections of sessions close"
        before=$(cat "$RUN/ca.pem" 2>/dev/null)
        systemctl restart "$1" || return 1
        [ "$(cat "$RUN/ca.pem" 2>/dev/null)" = "$before" ] ||
            warn "the proxy's CA is another one: sessions that run have to start anew"
    elif [ -n "$policy_differs" ]; then
        # The old spelling of the option is understood by all versions.
        systemctl kill --kill-who=main --signal=HUP "$1"
    fi
}

# The running proxy says which policy it has, and which one it would not take.
wait_for_policy() {
    wanted=$(sha256sum <"$1/proxy/policy.json") && wanted=${wanted%% *} || return 1
    tries=0
    while [ "$tries" -lt 100 ]; do
        said=$(systemctl show --property=StatusText --value "$PREFIX-egress.service")
        case $said in
        "policy $wanted"*) return ;;
        *"refused $wanted") break ;;
        esac
        tries=$((tries + 1))
        sleep 0.2
    done
    warn "the proxy does not take the new policy; it says: ${said:-nothing}"
    return 1
}

stop_stale() {
    case $1 in
    /etc/systemd/system/*.d/*) ;;
    /etc/systemd/system/*) systemctl --quiet disable --now "$(basename -- "$1")" ;;
    esac
}

# Written by the agent itself, inside: root would follow the links that the agent may have planted
# in its home. Nor may the agent have a say in which tar this is, how long it takes, or what it
# prints on our terminal, nor in whether apply succeeds: they hold nothing back. A file that is gone from
# the spec is left to the agent.
write_dotfiles() {
    [ -d "$1/home" ] || return 0
    # shellcheck disable=SC2016
    said=$( (cd -- "$1/home" && find . -type f -print | tar -cf - -T -) |
        session_capture --pipe /bin/sh -c 'PATH=/usr/bin:/bin:/run/current-system/sw/bin
            umask 077; exec timeout 60 tar -C "$HOME" --unlink-first -xf -') || {
        warn "the dotfiles of $AGENT could not be written:"
        printf '%s\n' "$said" | tr -cd '\n\40-\176' | head -n 5 >&2
    }
}

# Nothing to go back to: no session, no unit, no sudo rule, no process. The users stay; the rules only
# where a process of theirs does, because they could be in another sandbox's way.
retire() {
    stop_sessions
    remove_installed
    LEFT=0
    end_processes
    drop_firewall
}

# A session keeps the workspaces and sockets that it was started with.
end_wider_sessions() {
    read_change
    before=$STATE/generations/$PREVIOUS
    ! sessions_are_running || may_go_back ||
        cmp -s "$before/linux/systemd/session.properties" "$GENERATION/linux/systemd/session.properties" || {
        warn 'ending the sessions: they may do what the new generation does not allow'
        stop_sessions
    }
}

stop_sessions() {
    systemctl stop "$PREFIX.session-*.service" 2>/dev/null
    :
}

remove_installed() {
    for target in $(cat "$STATE/installed" 2>/dev/null) $(files_table "$TREE" | cut -d ' ' -f 3); do
        is_ours "$target" || continue
        [ ! -e "$target" ] || stop_stale "$target"
        rm -f "$target"
    done
    rmdir "/etc/systemd/system/$PREFIX-nft.service.d" 2>/dev/null
    rm -f "$STATE/installed"
    systemctl daemon-reload
    systemctl reset-failed "$PREFIX-*" 2>/dev/null
    :
}
