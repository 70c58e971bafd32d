# What a tree must pass before anything of this host is touched: each file through its target's
# own parser, the users against those that live here. Nothing here changes the host.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

PROBLEMS=0
complain() {
    warn "$*"
    PROBLEMS=$((PROBLEMS + 1))
}

# A lack of the host: an error for apply, a remark for --dry-run, which may run elsewhere.
host_lacks() {
    if [ -n "$dry_run" ]; then
        warn "note: $*"
    else
        complain "$*"
    fi
}

check_tree() {
    check_host
    check_live_users
    check_other_sandboxes
    for operator in $OPERATORS; do
        # sysusers' m line would create the missing user.
        getent passwd "$operator" >/dev/null || host_lacks "operator '$operator' has no account here"
    done
    check_credentials
    check_places
    dry_users "$1" "$2"
    check_units "$1" "$2"
    check_sudoers "$1"
    if is_root; then
        check_firewall_file "$1" "$2"
        check_tmpfiles "$1" "$2"
    else
        warn 'note: the firewall and tmpfiles rules are checked only as root'
    fi
    [ "$PROBLEMS" -eq 0 ]
}

check_host() {
    [ ! -e /etc/NIXOS ] ||
        host_lacks "on NixOS import modules/nixos.nix and use nixos-rebuild instead of apply"
    [ -d /run/systemd/system ] ||
        host_lacks 'systemd does not run here (on WSL: [boot] systemd=true in /etc/wsl.conf)'
    for tool in systemctl systemd-run systemd-analyze systemd-sysusers systemd-tmpfiles getent ip \
        setpriv unshare visudo sudo usermod gpasswd flock ss; do
        have "$tool" || host_lacks "$tool is missing"
    done
    [ -n "$(find_python)" ] || host_lacks 'python3 is missing'
    find_firewall || host_lacks 'neither nftables nor iptables works here'
    [ "${#AGENT}" -le 31 ] && [ "${#PROXY}" -le 31 ] && [ "${#SHARE}" -le 31 ] ||
        complain 'a user name is longer than 31 characters'
}

# Root makes no folder in one that is somebody's, such as a home: what it made would be root's.
check_places() {
    for workspace in $WORKSPACES_RW $WORKSPACES_RO; do
        place=$workspace
        while [ ! -e "$place" ] && [ "$place" != / ]; do
            place=$(dirname -- "$place")
        done
        [ "$place" != "$workspace" ] || continue
        owner=$(stat -c %u -- "$place")
        [ "$owner" -eq 0 ] || host_lacks "the workspace $workspace is missing, and $place belongs to" \
            "$(name_of "$owner"): make it as that user (mkdir -p $workspace)"
    done
}

# Without them the proxy does not start; saying so beforehand is kinder.
check_credentials() {
    is_root || return 0
    for file in $CREDENTIAL_FILES; do
        [ -s "$file" ] || host_lacks "the secret $file is missing: put it there, root's and 0400"
    done
    for secret in $CREDENTIAL_SYSTEMD; do
        [ -s "/etc/credstore.encrypted/$secret" ] ||
            host_lacks "/etc/credstore.encrypted/$secret is missing: see systemd-creds encrypt"
    done
}

# FIREWALL: nft, where the kernel has it; iptables otherwise. Looked for once.
FIREWALL=
find_firewall() {
    [ -z "$FIREWALL" ] || return 0
    if have nft && { ! is_root || nft list tables >/dev/null 2>&1; }; then
        FIREWALL=nft
    elif have iptables-restore && have ip6tables-restore; then
        FIREWALL=iptables
    else
        return 1
    fi
}

# The one that apply loaded: its unit says so.
find_applied_firewall() {
    FIREWALL=nft
    [ ! -e "/etc/systemd/system/$PREFIX-nft.service.d/iptables.conf" ] || FIREWALL=iptables
}

# uid_of NAME [PASSWD-FILE], gid_of NAME [GROUP-FILE], name_of UID
uid_of() {
    if [ $# -gt 1 ]; then grep "^$1:" "$2"; else getent passwd "$1"; fi | cut -d : -f 3
}
gid_of() {
    if [ $# -gt 1 ]; then grep "^$1:" "$2"; else getent group "$1"; fi | cut -d : -f 3
}
name_of() { getent passwd "$1" | cut -d : -f 1; }
group_name_of() { getent group "$1" | cut -d : -f 1; }

# All ids of a sandbox follow from one.
ANOTHER_UID='give the sandbox another "uid" or "name" in "user"'

# Whoever already has one of our numbers or names. systemd-sysusers would silently take another.
check_live_users() {
    for pair in "$AGENT:$AGENT_UID" "$PROXY:$PROXY_UID"; do
        user=${pair%:*} number=${pair#*:}
        there=$(uid_of "$user")
        [ -z "$there" ] || [ "$there" = "$number" ] ||
            complain "user $user has uid $there here, and the spec says $number: $ANOTHER_UID"
        there=$(name_of "$number")
        [ -z "$there" ] || [ "$there" = "$user" ] || complain "uid $number belongs to $there here: $ANOTHER_UID"
    done
    for pair in "$AGENT:$AGENT_UID" "$PROXY:$PROXY_UID" "$SHARE:$SHARE_GID"; do
        group=${pair%:*} number=${pair#*:}
        there=$(gid_of "$group")
        [ -z "$there" ] || [ "$there" = "$number" ] ||
            complain "group $group has gid $there here, and the spec says $number: $ANOTHER_UID"
        there=$(group_name_of "$number")
        [ -z "$there" ] || [ "$there" = "$group" ] || complain "gid $number belongs to $there here: $ANOTHER_UID"
    done
}

# The rules of one would cut the other off, and no two can listen on one port.
check_other_sandboxes() {
    for other in "$(dirname -- "$STATE")"/*/current/linux/host.conf; do
        [ -f "$other" ] || continue
        # shellcheck disable=SC2046
        set -- $( (conf_load "$other" && echo "$NAME $PROXY_PORT $PUBLISH") 2>/dev/null)
        [ $# -ge 2 ] && [ "$1" != "$NAME" ] || continue
        theirs=$1
        [ "$2" != "$PROXY_PORT" ] || complain "port $2 is that of sandbox $theirs:" \
            'it comes from user.uid, so take a uid whose distance to the other is no multiple of 20000'
        shift 2
        for port in $PUBLISH; do
            ! contains "$port" "$@" || complain "port $port is published by sandbox $theirs"
        done
    done
}

# users_are_right [PASSWD GROUP]: of this host, or of a dry run's files.
users_are_right() {
    [ "$(uid_of "$AGENT" ${1+"$1"})" = "$AGENT_UID" ] &&
        [ "$(uid_of "$PROXY" ${1+"$1"})" = "$PROXY_UID" ] &&
        [ "$(gid_of "$AGENT" ${2+"$2"})" = "$AGENT_UID" ] &&
        [ "$(gid_of "$PROXY" ${2+"$2"})" = "$PROXY_UID" ] &&
        [ "$(gid_of "$SHARE" ${2+"$2"})" = "$SHARE_GID" ] &&
        [ -n "$(uid_of "$RELAY" ${1+"$1"})" ]
}

# systemd-sysusers on copies of this host's own files: it exits 0 whatever uid it took, so the
# result is looked at. The copies serve the firewall's check, whose rules name these users.
dry_users() {
    DRY_ROOT=$2/root
    mkdir -p "$DRY_ROOT/etc" && getent passwd >"$DRY_ROOT/etc/passwd" &&
        getent group >"$DRY_ROOT/etc/group" || die 'cannot read the users of this host'
    if ! have systemd-sysusers; then
        return 0
    elif ! systemd-sysusers --root="$DRY_ROOT" "$1/linux/sysusers.d/$PREFIX.conf" \
        >"$2/sysusers.log" 2>&1; then
        complain "systemd-sysusers refuses linux/sysusers.d/$PREFIX.conf:"
        cat "$2/sysusers.log" >&2
    elif ! users_are_right "$DRY_ROOT/etc/passwd" "$DRY_ROOT/etc/group"; then
        complain 'systemd-sysusers would not create the users as the spec says:'
        cat "$2/sysusers.log" >&2
    fi
}

# Its exit code alone does not tell: a unit with a misspelt key is "fine". The units must lie in a
# folder of their own, because session.properties and the drop-in are no units.
check_units() {
    have systemd-analyze || return 0
    mkdir -p "$2/units" || return
    set -- "$1" "$2"
    for unit in $UNITS; do
        cp "$1/linux/systemd/$unit" "$2/units/$unit" || complain "unit $unit is missing"
        set -- "$@" "$2/units/$unit"
    done
    if [ "$FIREWALL" = iptables ]; then
        mkdir -p "$2/units/$PREFIX-nft.service.d" &&
            cp "$1/linux/systemd/$PREFIX-iptables.conf" "$2/units/$PREFIX-nft.service.d/"
    fi
    log=$2/units.log
    shift 2
    SYSTEMD_UNIT_PATH=${log%.log}: systemd-analyze verify --man=no "$@" >"$log" 2>&1
    verified=$?
    # What lies in current comes with the generation itself.
    sed -i "\\|Command $STATE/current/|d" "$log"
    own=$(grep -F "$PREFIX" "$log" | grep -Ev 'is not executable: No such file')
    absent=$(grep -F "$PREFIX" "$log" | grep -E 'is not executable: No such file')
    if [ -n "$absent" ]; then
        host_lacks 'a program that a unit starts is missing:'
        printf '%s\n' "$absent" >&2
    fi
    if [ -n "$own" ] || { [ "$verified" -ne 0 ] && [ -s "$log" ] && [ -z "$absent" ]; }; then
        complain 'systemd-analyze verify refuses the units:'
        cat "$log" >&2
    fi
}

check_sudoers() {
    have visudo || return 0
    visudo -cqf "$1/linux/sudoers.d/$PREFIX" >&2 || complain 'visudo refuses the sudoers file'
}

# The users do not exist before the first apply, and names are resolved when a rule is parsed; so
# the check sees the dry run's passwd and group instead, in a mount namespace of its own. Those who
# answer for these files from outside are hidden there.
with_dry_users() {
    # shellcheck disable=SC2016
    unshare --mount sh -c 'for daemon in /run/nscd /run/unscd; do
            [ ! -d "$daemon" ] || mount -t tmpfs tmpfs "$daemon" || exit
        done
        mount --bind "$1/etc/passwd" /etc/passwd &&
        mount --bind "$1/etc/group" /etc/group && shift && exec "$@"' sh "$DRY_ROOT" "$@"
}

check_firewall_file() {
    find_firewall
    case $FIREWALL in
    nft)
        with_dry_users nft -c -f "$1/linux/nftables/$PREFIX.nft" >"$2/firewall.log" 2>&1
        ;;
    iptables)
        {
            with_dry_users iptables-restore --test --noflush "$1/linux/iptables/$PREFIX.v4" &&
                with_dry_users ip6tables-restore --test --noflush "$1/linux/iptables/$PREFIX.v6"
        } >"$2/firewall.log" 2>&1
        ;;
    *) false ;;
    esac || {
        complain 'the firewall refuses its rules:'
        head -n 20 "$2/firewall.log" >&2
    }
}

# --root keeps it off the host; a rule that does not parse is exit 65, one that could not be
# carried out in that bare folder (73) is no fault of the file.
check_tmpfiles() {
    have systemd-tmpfiles || return 0
    systemd-tmpfiles --create --root="$DRY_ROOT" "$1/linux/tmpfiles.d/$PREFIX.conf" \
        >"$2/tmpfiles.log" 2>&1
    [ $? -ne 65 ] || {
        complain 'systemd-tmpfiles refuses its rules:'
        head -n 20 "$2/tmpfiles.log" >&2
    }
}
