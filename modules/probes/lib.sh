# The probes' own tools. verify sends this file, the settings before it and one or more groups after
# it to the standard input of a shell: the agent's inside a session, or root's for the group host.
# A group is a table: one row per guarantee.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# What the agent may have put into its own PATH has no say here.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin
# What tools say of a refusal is read here.
LC_ALL=C
export PATH LC_ALL

# row ID SYSTEMS UNLESS GUARANTEE CHECK [ARGUMENT]...
#   SYSTEMS  linux, darwin or linux,darwin
#   UNLESS   the relaxation of the spec that gives this guarantee up; - for none
#   CHECK    returns 0 when the guarantee held, 1 when it is broken, 2 when that cannot be told,
#            and prints what it saw
# Prints ID, result, guarantee, what was seen.
row() {
    id=$1 systems=$2 unless=$3 guarantee=$4
    shift 4
    case ,$systems, in
    *",$SYSTEM,"*) ;;
    *) return ;;
    esac
    if [ -n "$LIST" ]; then
        report listed ''
    elif is_relaxed "$unless"; then
        report relaxed "$unless"
    else
        seen=$("$@" </dev/null 2>&1)
        case $? in
        0) report held "$seen" ;;
        1) report BROKEN "$seen" ;;
        *) report UNKNOWN "$seen" ;;
        esac
    fi
}

# Here and below, what a shell can do itself starts no process: that is most of what verify takes.
report() {
    last=$2
    case $last in
    *[!\ -~]*) last=$(printf '%s' "$last" | tr -c '\40-\176' ' ') ;;
    esac
    printf '%s\t%s\t%s\t%.100s\n' "$id" "$1" "$guarantee" "$last"
}

is_relaxed() {
    case " $RELAX $ENFORCEMENT " in
    *" $1 "*) return 0 ;;
    esac
    return 1
}

here() { command -v "$1" >/dev/null 2>&1; }

held() { echo "$*" && return 0; }
broken() { echo "$*" && return 1; }
unknown() { echo "$*" && return 2; }

# needs TOOL...: a check that lacks one cannot look, and says so.
needs() {
    for tool in "$@"; do
        here "$tool" || { unknown "$tool is missing"; return; }
    done
}

# limited SECONDS COMMAND...; timeout or perl has to be there.
can_limit() {
    here timeout || here perl || { unknown 'neither timeout nor perl is here'; return; }
}
limited() {
    if here timeout; then
        timeout -s KILL "$@"
    else
        # macOS: perl is there, and an alarm outlives exec.
        # shellcheck disable=SC2016
        perl -e 'alarm shift; exec @ARGV' "$@"
    fi
}

# Killed by limited: by timeout, or by the alarm.
ran_out() { [ "$1" -eq 137 ] || [ "$1" -eq 142 ]; }

must_fail() {
    needs "$1" && can_limit || return
    output=$(limited 15 "$@" 2>&1)
    code=$?
    [ "$code" -ne 0 ] || { broken "it worked: $output"; return; }
    ! ran_out "$code" || { unknown "$1 did not end"; return; }
    held "$output"
}

# must_fail_or_absent COMMAND...: of a program that gives what the agent's own copy could not,
# because it is set-user-ID.
must_fail_or_absent() {
    here "$1" || { held "there is no $1" && return; }
    must_fail "$@"
}

# must_fail_at SOCKET COMMAND...: the agent can bring a client of its own, so without the command it is
# the service that must be out of reach.
must_fail_at() {
    socket=$1 && shift
    if here "$1"; then
        must_fail "$@"
    else
        # shellcheck disable=SC2086
        no_socket $socket
    fi
}
BUS='/run/dbus/system_bus_socket /run/systemd/private'

# unreadable PATH, unwritable PATH, no_socket PATH
unreadable() {
    if [ -d "$1" ]; then
        for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
            case $entry in
            "$1/*" | "$1/.[!.]*" | "$1/..?*") ;; # nothing like it is there, or can be seen
            *) broken "$1 is listed"; return ;;
            esac
        done
    elif [ -f "$1" ] || [ ! -e "$1" ]; then
        ! (: <"$1") 2>/dev/null || { broken "$1 is readable"; return; }
    else
        needs head && can_limit || return
        # One byte: some have no end, others wait for more.
        limited 8 head -c 1 "$1" >/dev/null 2>&1
        code=$?
        { [ "$code" -ne 0 ] && ! ran_out "$code"; } || { broken "$1 is readable"; return; }
    fi
    held "$1"
}

# What is not there must not be made either.
unwritable() {
    case $1 in
    /proc/* | /sys/*) needs mkdir || return ;;
    esac
    if [ -e "$1" ] && [ ! -d "$1" ]; then
        ! (: >>"$1") 2>/dev/null || { broken "$1 is writable"; return; }
        held "$1"
        return
    fi
    made=$1
    [ ! -d "$1" ] || made=$1/.probe.$$
    if output=$(make_anew "$made" 2>&1); then
        rmdir "$made" 2>/dev/null || rm -f "$made"
        broken "$1 is writable"
        return
    fi
    case $output in
    *'No space'* | *quota* | *'Too many'*) unknown "$output" ;;
    *) held "$1" ;;
    esac
}

# The kernel's own file systems hold no files of others, but may take folders. What a link leads to is left alone.
make_anew() {
    case $1 in
    /proc/* | /sys/*) mkdir "$1" ;;
    *) set -C && : >"$1" ;;
    esac
}

writable() {
    needs mkdir rmdir || return
    mkdir "$1/.probe.$$" 2>/dev/null && rmdir "$1/.probe.$$" && held "$1" && return
    broken "$1 is not writable"
}

# cannot_make_setuid FOLDER
cannot_make_setuid() {
    needs cp chmod rm || return
    copy=$1/.probe-setuid.$$
    cp /bin/sh "$copy" 2>/dev/null || { unknown 'cannot copy'; return; }
    chmod 4755 "$copy" 2>/dev/null
    if [ -u "$copy" ]; then
        rm -f "$copy"
        broken 'chmod 4755 works'
        return
    fi
    rm -f "$copy"
    held 'refused'
}

no_socket() {
    for path in "$@"; do
        [ -S "$path" ] && ! is_relaxed "unix-socket:$path" || continue
        outcome=$(no_connection "$path")
        case $? in
        0) ;;
        1) broken "$path is open"; return ;;
        *) [ ! -w "$path" ] || { broken "$path is open"; return; } ;;
        esac
    done
    held "$1"
}

absent() {
    for path in "$@"; do
        [ ! -e "$path" ] && [ ! -L "$path" ] || { broken "$path is there"; return; }
    done
    held "$1"
}

contains_word() {
    wanted=$1 && shift
    for word in "$@"; do
        [ "$word" != "$wanted" ] || return 0
    done
    return 1
}

newline='
'

# contains_line LINES LINE
contains_line() {
    case $newline$1$newline in
    *"$newline$2$newline"*) return 0 ;;
    esac
    return 1
}

# each CHECK WORD...: the check holds for every word. It is not called from within a check of its own.
each() {
    check=$1 && shift
    for word in "$@"; do
        quietly "$check" "$word" || return
    done
    held "$# looked at"
}

# quietly CHECK [ARGUMENT]...: what it saw is printed when it did not hold
quietly() {
    "$@" >/dev/null && return
    code=$?
    ("$@") # which has a code of its own
    return "$code"
}

# each_line CHECK LINES: the same of lists of paths (probes.py): a name may hold a blank.
each_line() {
    old_ifs=$IFS
    IFS=$newline
    set -f
    # shellcheck disable=SC2086
    set -- "$1" $2
    set +f
    IFS=$old_ifs
    each "$@"
}

# A line of /proc/self/status is what it must be.
status_is() {
    value=''
    [ ! -r /proc/self/status ] || while read -r key rest; do
        [ "$key" != "$1:" ] || value=$rest
    done </proc/self/status
    [ -n "$value" ] || { unknown "$1 is not told"; return; }
    [ "$value" = "$2" ] && held "$value" && return
    broken "$1 is $value, not $2"
}
