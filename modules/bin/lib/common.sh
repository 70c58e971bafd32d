# What every part needs: messages, exit codes, arguments, privilege, the lock.
# In all parts: variables are shared (SC2034, SC2153, SC2154), and `die` after || does not come back,
# or the row after it is meant to run (SC2015).
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

say() { printf '%s\n' "$*"; }
# A path may be of anybody's choice, and the terminal is the operator's.
warn() {
    case $* in
    *[[:cntrl:]]*) printf '%s\n' "agent-sandbox: $*" | tr '\1-\10\13-\37\177' '?' >&2 ;;
    *) printf 'agent-sandbox: %s\n' "$*" >&2 ;;
    esac
}

# The system failed.
die() {
    warn "$*"
    exit 1
}

# The input is wrong.
refuse() {
    warn "$*"
    exit 2
}

usage_error() {
    warn "$*"
    echo "try 'agent-sandbox --help'" >&2
    exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

# find_tool NAME: git or python3 by its path. What macOS has of them in /usr/bin are stand-ins, which
# open a dialog and fail where the Command Line Tools are not installed.
find_tool() {
    if [ "$SYSTEM" = darwin ] && ! xcode-select -p >/dev/null 2>&1; then
        (PATH=/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin && command -v "$1")
    else
        command -v "$1"
    fi
}
# Asked once.
OWN_UID=''
is_root() { [ "${OWN_UID:=$(id -u)}" -eq 0 ]; }
need_root() { is_root || refuse "$1 changes the system: run it with sudo"; }

# contains WORD LIST...
contains() {
    wanted=$1 && shift
    for word in "$@"; do
        [ "$word" != "$wanted" ] || return 0
    done
    return 1
}

# run_limited SECONDS COMMAND...: macOS has no timeout(1).
run_limited() {
    if have timeout; then
        timeout -s KILL "$@"
        return
    fi
    seconds=$1 && shift
    "$@" &
    limited=$!
    (
        exec >/dev/null 2>&1
        sleep "$seconds"
        kill -9 "$limited"
    ) &
    watchdog=$!
    wait "$limited"
    code=$?
    kill "$watchdog" 2>/dev/null
    wait "$watchdog" 2>/dev/null
    return "$code"
}

# One apply, verify or remove at a time. The kernel lets go of an flock with its last holder, whatever
# ended it; /run is root's, so nobody else can plant a file there. macOS has no flock(1), and where
# somebody's is in the PATH there, no /proc by which the file can be told from a removed one.
take_lock() {
    LOCK=/var/run/$PREFIX.lock
    if [ "$SYSTEM" = linux ]; then
        lock_file
    else
        lock_folder
    fi || die "another apply, verify or remove of $NAME is under way"
    trap 'release_lock' EXIT
    trap 'exit 1' HUP INT TERM
}

# A verify takes some seconds, also one whose apply was killed. The file may be a removed one by the
# time that we hold it.
lock_file() {
    while :; do
        exec 9>>"$LOCK"
        flock -n 9 || {
            warn 'waiting for another apply, verify or remove'
            flock -w 30 9 || return 1
        }
        # In dash, busybox, bash and zsh, though not in POSIX.
        # shellcheck disable=SC3013
        [ "$LOCK" -ef /proc/self/fd/9 ] && return
    done
}

# A folder whose owner is dead (kill -9, power cut) is taken over: whoever renames it away has it.
lock_folder() {
    tries=0
    until mkdir "$LOCK" 2>/dev/null; do
        owner=$(cat "$LOCK/pid" 2>/dev/null)
        if [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; then
            return 1
        fi
        # Without a pid the owner may be between its two steps.
        tries=$((tries + 1))
        [ -z "$owner" ] && [ "$tries" -lt 3 ] && sleep 1 && continue
        mv "$LOCK" "$LOCK.dead.$$" 2>/dev/null && rm -rf "$LOCK.dead.$$"
    done
    echo $$ >"$LOCK/pid"
}

# For a file: only remove takes it away, and then nobody holds another one of this name.
release_lock() {
    if [ -d "$LOCK" ]; then
        rm -rf "$LOCK"
    else
        exec 9>&-
    fi
}

lock_is_held() {
    lock=/var/run/$PREFIX.lock
    if [ -d "$lock" ]; then
        owner=$(cat "$lock/pid" 2>/dev/null) && kill -0 "$owner" 2>/dev/null
    else
        [ -e "$lock" ] && ! flock -n "$lock" true
    fi
}

# Of a sandbox that may have had another name.
say_not_applied() {
    others=''
    for other in "${STATE%/*}"/*/current; do
        [ ! -e "$other" ] || { other=${other%/current} && others="$others ${other##*/}"; }
    done
    say "sandbox $NAME: not applied${others:+; applied here:$others}"
}

# as_operator COMMAND [ARGUMENT]...: the commands below work from the applied generation alone,
# which is root's, and never from a work tree that others may write. NixOS's module links the same
# place to the store.
as_operator() {
    [ -d "$STATE/current" ] || refuse "$NAME is not applied here: run 'agent-sandbox apply' first"
    applied=$STATE/current/bin/agent-sandbox
    if ! is_root; then
        have sudo || die 'sudo is missing'
        check_applied
        exec sudo -- "$applied" "$@"
    fi
    here=$(cd -P -- "$STATE/current" && pwd -P)
    [ "$TREE" = "$here" ] && return
    check_applied
    exec "$applied" "$@"
}

# It and what leads to it is root's alone.
check_applied() {
    others=$(find / /var "${STATE%/*/*}" "${STATE%/*}" "$STATE" "$STATE/generations" "$STATE/current" \
        "$STATE/current/." "$STATE/current/bin" "$applied" -prune \
        \( ! -uid 0 -o ! -type l \( -perm -020 -o -perm -002 \) \) -print 2>/dev/null | head -n 1)
    [ -z "$others" ] || refuse "$others is not root's alone: nothing of it is run"
}
