# Linux: a session is a transient unit with the committed properties, in the namespace whose only
# door is the proxy.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

cmd_run() {
    [ "${1-}" != -- ] || shift
    [ $# -gt 0 ] || usage_error 'run what?'
    find_tree
    as_operator run -- "$@"
    begin_session
    session_interactive "$@"
}

cmd_shell() {
    [ $# -eq 0 ] || usage_error 'shell takes no arguments'
    find_tree
    as_operator shell
    begin_session
    session_interactive "$SHELL_NAME" -l
}

# A session is prepared while the questions are asked that it waits for. Nothing of it is started
# before all are answered.
begin_session() {
    require_quiet
    ask_whether_closed
    prepare_session
    require_closed
}

require_quiet() {
    require_applied
    wait_for_verify
}

# systemd-run --wait exits 0 when a unit that the session needs fails, so everything is looked at
# here first: no session unless files, firewall, units and namespace are as committed. All at once,
# each in a process of its own, whose exit code is the answer.
ask_whether_closed() {
    find_applied_firewall
    { managed_by_nix || files_are_committed "$TREE"; } &
    asked_files=$!
    firewall_is_committed &
    asked_firewall=$!
    units_are_active &
    asked_units=$!
}

is_closed() {
    wait "$asked_files" && wait "$asked_firewall" && wait "$asked_units" &&
        [ -e "/run/netns/$NETNS" ] && [ -n "$PYTHON" ]
}

# What it is that does not hold is found one by one.
require_closed() {
    ! is_closed || return 0
    managed_by_nix || files_are_committed "$TREE" || die "not as committed, apply again: $DRIFTED"
    firewall_is_committed || die 'the firewall is not as committed: apply again'
    inactive=$(inactive_units)
    [ -z "$inactive" ] || die "not running, see 'agent-sandbox status': ${inactive% }"
    [ -e "/run/netns/$NETNS" ] || die "the network namespace $NETNS is missing"
    [ -n "$PYTHON" ] || die 'python3 is missing: it makes the workspaces ready'
}

inactive_units() {
    # shellcheck disable=SC2086
    systemctl is-active $START | {
        for unit in $START; do
            read -r state || state=unknown
            [ "$state" = active ] || printf '%s ' "$unit"
        done
    }
}

units_are_active() {
    inactive=$(inactive_units) && [ -z "$inactive" ]
}

# prepare_session: an operator's, whose properties are known before its command is.
prepare_session() {
    PYTHON=$(find_python)
    SESSION_UNIT=$PREFIX.session-$$
    LIMITS='' SESSION_SLICE=$TABLE.slice
    scratch=''
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    scratch=$(mktemp -d) || die 'no temporary folder'
    : >"$scratch/start" && SWEEP=$scratch
    make_gate
    read_properties --pipe
}

# read_properties KIND: those that this kind has, one a line. A session never starts without them.
read_properties() {
    without='^#'
    [ "$LIMITS" != none ] || without="$without|^(Slice|LimitNPROC|RuntimeMaxSec)="
    [ "$1" != --host ] || without="$without|^(NetworkNamespacePath=|IPAddress)"
    PROPERTIES=$(sed -E -e "/^\$|$without/d" -e 's/^/--property=/' \
        "$TREE/linux/systemd/session.properties") && [ -n "$PROPERTIES" ] ||
        die 'cannot read the properties of a session'
}

# session_start KIND COMMAND...: KIND is --pty or --pipe, or --host for the verification of the
# second wall: everything but the private namespace and the filter by address, which would hide
# whether the wall refuses.
session_start() {
    kind=$1 && shift
    session_folder
    set -- "$folder" "$@"
    rest=$#
    # The command's own words, in linux-session's form.
    while [ "$rest" -gt 0 ]; do
        argument=$1 && shift
        case $argument in
        *[\\\$]*)
            argument=$(printf '%sx' "$argument" | sed 's/\\/\\\\/g; s/\$/\\044/g') &&
                argument=${argument%x}
            ;;
        esac
        set -- "$@" "$argument"
        rest=$((rest - 1))
    done
    [ "$kind" != --host ] || kind=--pipe
    set -- --property="BindReadOnlyPaths=$GATE/gate:/run/agent-sandbox-gate" -- \
        "$STATE/current/bin/linux-session" "$@"
    for variable in TERM COLORTERM NO_COLOR LANG; do
        eval "value=\${$variable-}"
        case $value in
        '' | *[!A-Za-z0-9._+@-]*) ;;
        *) set -- "--setenv=$variable=$value" "$@" ;;
        esac
    done
    # A property a line, as it is.
    IFS='
'
    set -f
    # shellcheck disable=SC2086
    set -- $PROPERTIES "$@"
    set +f
    unset IFS
    open_gate_later
    read -r began rest </proc/uptime
    systemd-run --quiet --wait --collect "$kind" --unit="$SESSION_UNIT" \
        --description="session of sandbox $NAME" "$@" 6>&-
    ended=$?
    close_gate
    [ "$ended" -eq 0 ] || tell_time_limit
    return "$ended"
}

# systemd ends what has lasted too long, and says so only in its own journal.
tell_time_limit() {
    limit=$(printf '%s\n' "$PROPERTIES" | sed -n 's/^--property=RuntimeMaxSec=//p')
    read -r now rest </proc/uptime
    [ -z "$limit" ] || [ $((${now%.*} - ${began%.*})) -lt "$limit" ] ||
        warn "the session was ended: $limit seconds are its limit"
}

# folder: the one we are in, when it is the agent's too.
session_folder() {
    folder=$AGENT_HOME
    cd -P . 2>/dev/null || return
    for workspace in $WORKSPACES_RW $WORKSPACES_RO "$AGENT_HOME"; do
        case $PWD/ in
        "$workspace"/*) folder=$PWD ;;
        esac
    done
}

# session_capture KIND COMMAND...: a session of our own (dotfiles, verify), its input and output
# never a terminal; gives the command's exit code. The limits are for the agent's sessions: what those
# have used up must not keep the probes from running. One of their own ends a session that nobody
# waits for any more, because we were killed before its gate was opened.
session_capture() {
    LIMITS=none SESSION_SLICE=system.slice
    SESSION_UNIT=$PREFIX.session-$(mktemp -u XXXXXXXX)
    PYTHON=$(find_python)
    read_properties "$1"
    PROPERTIES="$PROPERTIES
--property=RuntimeMaxSec=900"
    make_gate
    {
        code=$({ { session_in_root "$@" 2>&1 && echo 0 >&3 || echo $? >&3; } | cat >&4; } 3>&1)
    } 4>&1
    rm -r "$GATE"
    return "${code:-1}"
}

session_in_root() { (cd / && session_start "$@"); }

# A session that could keep a terminal of ours open could read it long afterwards, from another
# session that it handed the descriptor to; so it gets a terminal of its own, or pipes.
session_interactive() {
    job='' ending=''
    trap 'signal_session INT' INT
    trap 'ending=143; signal_session TERM' TERM
    trap 'ending=129; signal_session HUP' HUP
    # A shell runs its traps only between foreground commands, so the session is a background job;
    # those read /dev/null unless told otherwise.
    exec 5<&0
    if [ -t 0 ] && [ -t 1 ]; then
        session_with_terminal "$@" <&5 5<&- &
    else
        session_with_pipes "$@" <&5 5<&- &
    fi
    job=$!
    [ -z "$ending" ] || end_session
    while kill -0 "$job" 2>/dev/null; do
        wait "$job"
    done
    sweep "$scratch"
    read -r code 2>/dev/null <"$scratch/code" || code=1
    # A unit that is ended before it has begun counts as success there.
    [ "$code" -ne 0 ] || code=${ending:-0}
    exit "$code"
}

session_with_terminal() {
    session_start --pty "$@"
    echo $? >"$scratch/code"
}

session_with_pipes() {
    {
        {
            if [ -t 0 ]; then
                session_start --pipe "$@" </dev/null
            else
                session_start --pipe "$@"
            fi 2>&1 >&3 3>&-
            echo $? >"$scratch/code"
        } | cat >&2
    } 3>&1 | cat
}

signal_session() {
    systemctl kill --signal="$1" "$SESSION_UNIT.service" 2>/dev/null
    [ -z "$ending" ] || end_session
}

# Also one whose unit is only about to be made; one that has ended by itself has no job any more.
end_session() {
    tries=0
    while [ -n "$job" ] && ! systemctl stop "$SESSION_UNIT.service" 2>/dev/null &&
        kill -0 "$job" 2>/dev/null && [ "$tries" -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
}
