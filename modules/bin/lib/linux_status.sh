# Linux: what is applied, what is live, what was refused.
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
    find_applied_firewall
    [ ! -e "$STATE/pending" ] || fault 'an apply is under way, or was cut short'
    [ ! -e "$STATE/closed" ] || fault 'closed, because the last apply did not hold'
    managed_by_nix || files_are_committed "$TREE" || fault "differs from the commit: $DRIFTED"
    firewall_is_committed || fault 'the firewall is not as committed'
    users_are_right || fault 'a user has another id than the spec says'
    [ -e "/run/netns/$NETNS" ] || fault "no network namespace $NETNS"
    status_units
    status_firewall
    status_workspaces
    # shellcheck disable=SC2086
    managed_by_nix || {
        TOOL_PATH=$(sed -n 's/^PATH="\(.*\)"$/\1/p' "$TREE/linux/systemd/session.env")
        status_tools 'install it where everybody finds it, such as /usr/local/bin' $PACKAGES_NIX
    }
    [ "$DISK_BYTES" = 0 ] || [ -z "$DISK_BYTES" ] ||
        say "disk        limit of $DISK_BYTES bytes: set it as a quota of the file system"
    [ "$FAULTS" -eq 0 ] || exit 1
}

fault() {
    say "FAULT       $*"
    FAULTS=$((FAULTS + 1))
}

status_units() {
    for unit in $UNITS; do
        state=$(systemctl is-active "$unit")
        # shellcheck disable=SC2086
        if [ "$state" = active ] || ! contains "$unit" $START; then
            say "unit        $unit: $state"
        else
            fault "$unit is $state, see journalctl --namespace=+$PREFIX -u $unit"
        fi
    done
    sessions=$(systemctl list-units --no-legend --plain "$PREFIX.session-*" | cut -d ' ' -f 1)
    # shellcheck disable=SC2086
    say "sessions    $(set -- $sessions && echo $#)"
    for unit in $sessions; do
        is_attended "$unit" || fault "$unit goes on, but its run was killed and will not name the files" \
            "that it leaves behind: systemctl stop $unit, and look what has changed"
    done
}

# Named after the process of its run; a name of letters is of apply or verify.
is_attended() {
    run=${1#"$PREFIX.session-"}
    run=${run%.service}
    ! is_number "$run" || { tr '\0' ' ' <"/proc/$run/cmdline" | grep -qw run; } 2>/dev/null
}

# NAME PACKETS of each counter; iptables counts in the refusing chain.
firewall_counters() {
    find_firewall
    case $FIREWALL in
    nft)
        nft list counters table inet "$TABLE" 2>/dev/null |
            awk '$1 == "counter" { name = $2 } $1 == "packets" { print name, $2 }'
        ;;
    iptables)
        { iptables-save -c && ip6tables-save -c; } 2>/dev/null |
            sed -n "s/^\[\([0-9]*\):.*-[jg] as${AGENT_UID}_refuse\$/refused \1/p" |
            awk '{ sum += $2 } END { print "refused", sum + 0 }'
        ;;
    esac
}

status_firewall() {
    firewall_counters | while read -r counter packets; do
        say "refused     $counter: $packets packets"
    done
}

cmd_logs() {
    denied='' follow='' all=''
    for argument in "$@"; do
        case $argument in
        --denied) denied=yes ;;
        --all) all=yes ;;
        --follow) follow=--follow ;;
        *) usage_error "logs does not know '$argument'" ;;
        esac
    done
    find_tree
    as_operator logs "$@"
    # Our own lines only: the proxy's lie in a journal of their own, and those of the kernel, which is
    # the host's, have a prefix.
    if [ -n "$follow" ]; then
        set -- --follow --lines=100
    else
        set -- --no-pager
    fi
    journalctl --quiet --output=short-iso-precise --utc --no-hostname --namespace="+$PREFIX" "$@" \
        SYSLOG_IDENTIFIER=agent-sandbox "_SYSTEMD_UNIT=$PREFIX-egress.service" + _TRANSPORT=kernel |
        print_log
}

# Line by line, so that --follow shows each as it comes. What the agent sent is inside the proxy's
# JSON, which is ASCII; anything else that could steer a terminal is dropped here.
print_log() {
    read_spans
    while IFS= read -r line; do
        at=${line%% *} line=${line#* *: }
        case $line in
        *[[:cntrl:]]*) ;;
        '{'*'"verdict": "deny"'* | "denied $NAME: "*) is_attack "$at" || printf '%s\n' "$line" ;;
        '{'*'"event": "refusals-untold"'*) printf '%s\n' "$line" ;;
        '{'*) [ -n "$denied" ] || printf '%s\n' "$line" ;;
        esac
    done
}

# When verify attacked (note_attacks), from and to, unless that is asked for too.
read_spans() {
    spans=''
    [ -n "$denied" ] && [ -z "$all" ] && [ -f "$STATE/verified" ] || return 0
    while read -r from to; do
        as_number "$from" && spans="$spans $number"
        as_number "$to" && spans="$spans $number"
    done <"$STATE/verified"
}

# as_number TIME: 2026-01-02T03:04:05.678 of any precision as 20260102030405678, without a process
as_number() {
    IFS=T:.+-
    # shellcheck disable=SC2086
    set -- $1
    unset IFS
    number=$1$2$3$4$5$6${7%"${7#???}"}
}

is_attack() { # TIME
    [ -n "$spans" ] || return 1
    as_number "$1"
    # shellcheck disable=SC2086
    set -- $spans
    while [ $# -ge 2 ]; do
        [ "$number" -lt "$1" ] || [ "$number" -gt "$2" ] || return 0
        shift 2
    done
    return 1
}

decisions() {
    journalctl --quiet --no-pager --output=cat --namespace="$PREFIX" SYSLOG_IDENTIFIER=agent-sandbox \
        "_SYSTEMD_UNIT=$PREFIX-egress.service"
}
