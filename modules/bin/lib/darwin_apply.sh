# macOS: a generation becomes users, files, launchd jobs and a pf anchor.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

DAEMONS=/Library/LaunchDaemons

files_table() {
    for label in $LABELS; do
        echo "0644 $1/darwin/launchd/$label.plist $DAEMONS/$label.plist"
    done
    echo "0440 $1/darwin/sudoers.d/$PREFIX /etc/sudoers.d/$PREFIX"
}

plan_system() {
    for user in "$AGENT" "$PROXY"; do
        [ -n "$(record Users "$user" UniqueID)" ] || echo "create user $user"
    done
    [ -n "$(record Groups "$SHARE" PrimaryGroupID)" ] || echo "create group $SHARE"
    diff -rq "$1/darwin/pf" "$STATE/current/darwin/pf" >/dev/null 2>&1 ||
        echo "load the rules of the anchor $ANCHOR"
    for label in $LABELS; do
        launchctl print "system/$label" >/dev/null 2>&1 || echo "start $label"
    done
}

# Users first; then the firewall, so that nothing of theirs ever runs without it.
install_generation() {
    CHANGED='' TREE=$1
    make_users || return 1
    make_folders || return 1
    "$1/bin/pf-guard" keep "$NAME" "$AGENT_UID" || return 1
    differs=$(diff -rq -x policy.json "$1/proxy" "$STATE/current/proxy" 2>&1)
    install_files "$1" || return 1
    flip_current "$2" || return 1
    # shellcheck disable=SC2086
    [ -z "$CREDENTIALS" ] || "$1/bin/darwin-secrets" "$SECRETS" "$PROXY_UID" $CREDENTIALS ||
        return 1
    for label in $LABELS; do
        start_job "$label" || return 1
    done
    wait_for_proxy || return 1
    write_dotfiles "$1"
}

# set_record RECORD KEY VALUE: also of a record that an earlier apply left half made. dscl is refused
# single keys: a home, where the terminal has no leave to administer (TCC).
set_record() {
    folder=${1%/*}
    [ "$(record "${folder#/}" "${1##*/}" "$2")" = "${3%% *}" ] || dscl . -create "$1" "$2" "$3" || {
        warn "dscl does not set $2 of $1: has this terminal Full Disk Access (Privacy & Security)?"
        return 1
    }
}

# make_group NAME GID, make_user NAME UID HOME SHELL TEXT
make_group() {
    dscl . -create "/Groups/$1" && set_record "/Groups/$1" Password '*' &&
        set_record "/Groups/$1" PrimaryGroupID "$2"
}

# No AuthenticationAuthority and the password *: nobody can log in as it, and it has no SecureToken.
# sysadminctl would leave a blank password. The password first, and the number, without which it is
# nobody, last.
make_user() {
    dscl . -create "/Users/$1" && set_record "/Users/$1" Password '*' &&
        set_record "/Users/$1" IsHidden 1 &&
        set_record "/Users/$1" UserShell "$4" &&
        set_record "/Users/$1" NFSHomeDirectory "$3" &&
        set_record "/Users/$1" RealName "$5" &&
        set_record "/Users/$1" PrimaryGroupID "$2" &&
        set_record "/Users/$1" UniqueID "$2"
}

make_users() {
    make_group "$AGENT" "$AGENT_UID" && make_group "$PROXY" "$PROXY_UID" &&
        make_group "$SHARE" "$SHARE_GID" &&
        make_user "$AGENT" "$AGENT_UID" "$AGENT_HOME" "/bin/$SHELL_NAME" "agent of sandbox $NAME" &&
        make_user "$PROXY" "$PROXY_UID" /var/empty /usr/bin/false "proxy of sandbox $NAME" ||
        return 1
    leave_staff "$AGENT"
    leave_staff "$PROXY"
    for member in "$AGENT" $OPERATORS; do
        dseditgroup -o edit -a "$member" -t user "$SHARE" || return 1
    done
    users_are_right || {
        warn "the users are not the spec's"
        return 1
    }
}

# Homes are readable by staff. A membership stands by name and by GeneratedUID, each on its own.
leave_staff() {
    dseditgroup -o edit -d "$1" -t user staff 2>/dev/null
    generated=$(record Users "$1" GeneratedUID)
    [ -z "$generated" ] ||
        dscl . -delete /Groups/staff GroupMembers "$generated" 2>/dev/null
    :
}

# own FOLDER UID GID MODE: made anew, or already a real folder
own() {
    [ ! -L "$1" ] || {
        warn "$1 is a symbolic link"
        return 1
    }
    mkdir -p "$1" && chown -h "$2:$3" "$1" && chmod "$4" "$1"
}

make_folders() {
    own "$AGENT_HOME" "$AGENT_UID" "$AGENT_UID" 0700 &&
        own "$STATE/proxy" "$PROXY_UID" "$PROXY_UID" 0700 &&
        own "$SECRETS" 0 "$PROXY_UID" 0750 &&
        own "$RUN" "$PROXY_UID" "$PROXY_UID" 0755 || return 1
    for workspace in $WORKSPACES_RW; do
        [ -d "$workspace" ] || own "$workspace" 0 "$SHARE_GID" 0770 || return 1
        share_workspace "$workspace" || return 1
    done
    for workspace in $WORKSPACES_RO; do
        [ -d "$workspace" ] || own "$workspace" 0 0 0755 || return 1
    done
}

# Three entries: folders pass on search, files never get execute by inheritance; ACLs are inherited
# only at creation, so what is there already gets bare ones. -P and -h: no link is followed.
share_workspace() {
    rights='list,search,add_file,add_subdirectory,delete,delete_child'
    attributes='readattr,writeattr,readextattr,writeextattr,readsecurity'
    contents='read,write,append,delete'
    # Only ls prints the entries there.
    # shellcheck disable=SC2010
    ls -lde "$1" | grep -q "group:$SHARE allow" && return
    find -P "$1" -type d -exec chmod -h +a \
        "group:$SHARE allow $rights,$attributes,directory_inherit" {} + &&
        find -P "$1" -type d -exec chmod -h +a \
            "group:$SHARE allow $contents,$attributes,file_inherit,directory_inherit,only_inherit" {} + &&
        find -P "$1" -type f -exec chmod -h +a \
            "group:$SHARE allow $contents,$attributes" {} +
}

# bootout returns before the job is gone, and bootstrap fails while it is not.
start_job() {
    plist=$DAEMONS/$1.plist
    if launchctl print "system/$1" >/dev/null 2>&1; then
        # shellcheck disable=SC2086
        contains "$plist" $CHANGED || [ -n "$REINSTALL" ] ||
            { [ -n "$differs" ] && [ "$1" != "${1%.egress}" ]; } || return 0
        stop_job "$1"
    fi
    launchctl enable "system/$1" && launchctl bootstrap system "$plist" && return
    warn "$1 does not start: see launchctl print system/$1"
    return 1
}

stop_job() {
    launchctl bootout "system/$1" 2>/dev/null
    tries=0
    while launchctl print "system/$1" >/dev/null 2>&1 && [ "$tries" -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.2
    done
}

wait_for_proxy() {
    tries=0
    until nc -z 127.0.0.1 "$PROXY_PORT" 2>/dev/null && [ -s "$RUN/ca-bundle.pem" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 120 ] || {
            warn "the proxy does not answer; the end of $STATE/proxy/egress.log:"
            tail -n 8 "$STATE/proxy/egress.log" 2>/dev/null | tr -cd '\n\40-\176' >&2
            return 1
        }
        sleep 0.5
    done
}

stop_stale() {
    case $1 in
    "$DAEMONS"/*) stop_job "$(basename -- "$1" .plist)" ;;
    esac
}

# By the agent itself, under Seatbelt: root would follow the links in its home. Files alone: for a
# folder tar sets the time, and of the home the profile refuses that. Without the extended attributes
# that macOS gives every file, which tar would pack as files beside them.
write_dotfiles() {
    [ -d "$1/home" ] || return 0
    # shellcheck disable=SC2016
    (cd -- "$1/home" && find . -type f -print | COPYFILE_DISABLE=1 tar -cf - -T -) |
        session_capture --pipe /bin/sh -c 'PATH=/usr/bin:/bin
            umask 077; exec tar -C "$HOME" -U -xmf -' ||
        warn "the dotfiles of $AGENT could not be written"
    :
}

# An inherited entry of a Mac names a group that stays.
leave_dropped_folders() { :; }
# Seatbelt's profile stays around what it was put around.
end_wider_sessions() {
    read_change
    profile=darwin/seatbelt/$PREFIX.sb
    may_go_back || cmp -s "$STATE/generations/$PREVIOUS/$profile" "$GENERATION/$profile" || {
        warn 'ending the sessions: they may do what the new generation does not allow'
        stop_sessions
    }
}

retire() {
    stop_sessions
    remove_installed
}

stop_sessions() {
    launchctl bootout "user/$AGENT_UID" 2>/dev/null
    pkill -KILL -U "$AGENT_UID"
    :
}

remove_installed() {
    for target in $(cat "$STATE/installed" 2>/dev/null) $(files_table "$TREE" | cut -d ' ' -f 3); do
        is_ours "$target" || continue
        stop_stale "$target"
        rm -f "$target"
    done
    rm -f "$STATE/installed"
}
