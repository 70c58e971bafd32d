# Linux: remove leaves nothing but the workspaces. Each step does what is still to do, so a second
# run finishes what a first one could not. The firewall goes last: while one process of the agent
# could still be there, the rules are, too.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

cmd_remove() {
    find_tree
    confirm_remove "$@"
    need_root remove
    in_generation || prove_tree
    [ ! -e /etc/NIXOS ] || refuse 'on NixOS take the module out of the configuration instead'
    take_lock
    scratch=$(mktemp -d) || die 'no temporary folder'
    trap 'rm -rf "$scratch"; release_lock' EXIT
    LEFT=0
    stop_sessions
    stop_units
    end_processes
    remove_installed
    remove_namespace
    remove_journal
    leave_shared_folders
    undeny_jobs
    remove_users
    remove_folder "$RUN"
    remove_folder "$(dirname -- "$SECRETS")"
    # Half of it is no copy to run remove from.
    rm -f "$STATE/current"
    remove_folder "$STATE"
    drop_firewall
    rm -f "$LOCK"
    rmdir "$(dirname -- "$STATE")" "$(dirname -- "$RUN")" /etc/agent-sandbox 2>/dev/null
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

stop_units() {
    for unit in $UNITS; do
        [ ! -e "/etc/systemd/system/$unit" ] || systemctl --quiet disable "$unit"
    done
    # Everything is bound to the firewall's unit; named all the same, for a half-done state.
    # shellcheck disable=SC2086
    systemctl stop $UNITS 2>/dev/null
    systemctl stop "$TABLE.slice" 2>/dev/null
    :
}

# Only those whose real or effective user is ours, and never by name.
end_processes() {
    for user in "$AGENT" "$PROXY" "$RELAY"; do
        getent passwd "$user" >/dev/null || continue
        loginctl disable-linger "$user" 2>/dev/null
        tries=0
        while [ -n "$(processes_of "$user")" ] && [ "$tries" -lt 10 ]; do
            # shellcheck disable=SC2046
            kill -9 $(processes_of "$user") 2>/dev/null
            tries=$((tries + 1))
            sleep 0.1
        done
        [ -z "$(processes_of "$user")" ] || left_over "processes of $user do not end"
    done
}

processes_of() {
    number=$(uid_of "$1")
    grep -lE "^Uid:.*[[:space:]]$number([[:space:]]|\$)" /proc/[0-9]*/status 2>/dev/null |
        cut -d / -f 3
}

remove_namespace() {
    [ ! -e "/run/netns/$NETNS" ] || ip netns delete "$NETNS" ||
        left_over "namespace $NETNS stays"
    [ -z "$VETH_HOST" ] || ip link delete "$VETH_HOST" 2>/dev/null
    :
}

# The decisions, with the journald that keeps them.
remove_journal() {
    systemctl stop "systemd-journald@$PREFIX.service" "systemd-journald@$PREFIX.socket" \
        "systemd-journald-varlink@$PREFIX.socket" 2>/dev/null
    read -r machine </etc/machine-id || return 0
    for folder in "/var/log/journal/$machine.$PREFIX" "/run/log/journal/$machine.$PREFIX" \
        "/run/systemd/journal.$PREFIX"; do
        remove_folder "$folder"
    done
}

# The data stays as it is; only what names a user or a group that is going is taken off, or whoever
# gets its number next would own the files. No process of the agent is left to plant a link now, and
# -P follows none that it planted before.
leave_shared_folders() {
    getent group "$SHARE" >/dev/null || return 0
    for workspace in $WORKSPACES_RW $WORKSPACES_RO $(dropped_folders); do
        leave_folder "$workspace"
    done
}

# What an earlier generation shared, and this one does not.
dropped_folders() {
    while read -r workspace; do
        # shellcheck disable=SC2086
        contains "$workspace" $WORKSPACES_RW $WORKSPACES_RO || echo "$workspace"
    done <"$STATE/shared" 2>/dev/null
}

# No session has them any more, where a link could lead root elsewhere.
leave_dropped_folders() {
    dropped=$(dropped_folders)
    [ -z "$dropped" ] || stop_sessions
    for workspace in $dropped; do
        leave_folder "$workspace"
    done
    # shellcheck disable=SC2086
    printf '%s\n' $WORKSPACES_RW $WORKSPACES_RO >"$STATE/.shared" && mv -f "$STATE/.shared" "$STATE/shared"
}

leave_folder() {
    [ -d "$1" ] && [ ! -L "$1" ] && have setfacl || return 0
    # -n: a mask without rights would shut the next apply's entries out.
    setfacl -R -P -n -x "group:$SHARE" -x "default:group:$SHARE" -x "user:$AGENT" \
        -x "default:user:$AGENT" "$1" 2>/dev/null
    forget_bare_lists "$1"
    hand_over "$1"
}

# Lists that name nobody any more go as a whole: what stays of them is the mode. getfacl writes names
# that could end a line as octal numbers; such a file keeps its list.
forget_bare_lists() {
    getfacl -R -P -p -n "$1" 2>/dev/null | awk '
        function done() {
            if (path != "" && !named && listed && path !~ /\\/) print path
            path = ""
        }
        /^# file: / { done(); path = substr($0, 9); named = 0; listed = 0; next }
        /^(default:)?(user|group):[0-9]/ { named = 1 }
        /^(default:)?mask:/ || /^default:/ { listed = 1 }
        END { done() }' | xargs -d '\n' -r setfacl -P -b -- 2>/dev/null
    :
}

# hand_over WORKSPACE: to its owner, or to the first operator where it is root's
hand_over() {
    heir=$(stat -c %u -- "$1")
    [ "$heir" -ne 0 ] && [ "$heir" -ne "$AGENT_UID" ] || heir=$(uid_of "${OPERATORS%% *}")
    [ -n "$heir" ] || heir=0
    # The folder that apply made was the share's; now it is one person's. No chmod: where there are
    # access lists it would change their mask.
    if [ "$(stat -c %g -- "$1")" -eq "$SHARE_GID" ]; then
        chown -h "$heir" -- "$1"
        setfacl -n -m g::--- -- "$1"
    fi
    find -P "$1" -xdev -uid "$AGENT_UID" -exec chown -h "$heir" {} +
    find -P "$1" -xdev \( -gid "$SHARE_GID" -o -gid "$AGENT_UID" \) \
        -exec chgrp -h "$(id -g "$heir")" {} +
}

undeny_jobs() {
    for list in /etc/cron.deny /etc/at.deny; do
        grep -qx "$AGENT" "$list" 2>/dev/null || continue
        grep -vx "$AGENT" "$list" >"$list.new"
        if [ -s "$list.new" ]; then
            chmod 0644 "$list.new" && mv -f "$list.new" "$list"
        else
            # Nobody else was in it; cron then asks its own default, as before.
            rm -f "$list.new" "$list"
        fi
    done
}

remove_users() {
    crontab -r -u "$AGENT" 2>/dev/null
    remove_folder "$AGENT_HOME"
    for user in "$AGENT" "$PROXY" "$RELAY"; do
        ! getent passwd "$user" >/dev/null || userdel "$user" 2>/dev/null ||
            left_over "user $user stays"
    done
    for group in "$AGENT" "$PROXY" "$RELAY" "$SHARE"; do
        ! getent group "$group" >/dev/null || groupdel "$group" 2>/dev/null ||
            left_over "group $group stays"
    done
}

# rm neither follows links nor leaves the file system; a mount below it would be somebody's data.
remove_folder() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    if grep -q " $1[/ ]" /proc/self/mountinfo; then
        left_over "$1 holds a mount"
        return
    fi
    rm -rf --one-file-system -- "$1" || left_over "$1 stays"
}

# In whichever of the two it was loaded: a half-done remove may no longer know.
drop_firewall() {
    [ "$LEFT" -eq 0 ] || return
    ! have nft || nft delete table inet "$TABLE" 2>/dev/null
    ! have iptables-save || drop_chains iptables
    ! have ip6tables-save || drop_chains ip6tables
    :
}

# Every rule that names one of our chains, then the chains; in every table that we may be in.
drop_chains() {
    for table in filter nat; do
        "$1-save" -t "$table" 2>/dev/null | grep -F "as${AGENT_UID}_" >"$scratch/chains"
        sed -n 's/^-A \([A-Z].*\)/\1/p' "$scratch/chains" | while read -r rule; do
            # shellcheck disable=SC2086
            "$1" -w -t "$table" -D $rule
        done
        for step in -F -X; do
            sed -n 's/^:\([^ ]*\) .*/\1/p' "$scratch/chains" | while read -r chain; do
                "$1" -w -t "$table" "$step" "$chain"
            done
        done
    done
}
