# The probes' own tools. verify sends this file, the settings before it and one or more groups after
# it to the standard input of a shell: the agent's inside a session, or root's for the group host.
# A group is a table: one row per guarantee.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# What the agent may have put into its own PATH has no say here.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin
export PATH

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

report() {
    last=$(printf '%s' "$2" | tr -c '\40-\176' ' ' | cut -c 1-100)
    printf '%s\t%s\t%s\t%s\n' "$id" "$1" "$guarantee" "$last"
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

# limited SECONDS COMMAND...
limited() {
    if here timeout; then
        timeout -s KILL "$@"
    else
        # macOS: perl is there, and an alarm outlives exec.
        # shellcheck disable=SC2016
        perl -e 'alarm shift; exec @ARGV' "$@"
    fi
}

# must_fail COMMAND...: a command that is not here cannot be used either.
must_fail() {
    here "$1" || { held "there is no $1" && return; }
    if output=$(limited 8 "$@" 2>&1); then
        broken "it worked: $output"
    else
        held "$output"
    fi
}

# tcp ADDRESS PORT: exit 0 when the connection stands.
tcp() {
    # shellcheck disable=SC2016
    limited "${TCP_SECONDS:-4}" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2"
}

no_tcp() {
    here bash || { unknown 'bash is missing'; return; }
    if output=$(tcp "$1" "$2" 2>&1); then
        broken "connected to $1 port $2"
    else
        held "$(printf '%s' "$output" | sed 's/.*: //' | head -n 1)"
    fi
}

can_tcp() {
    here bash || { unknown 'bash is missing'; return; }
    tcp "$1" "$2" 2>/dev/null && held ok && return
    broken "cannot connect to $1 port $2"
}

# Twice: the first datagram's refusal is what the second one is told.
no_udp() {
    here bash || { unknown 'bash is missing'; return; }
    # shellcheck disable=SC2016
    if output=$(limited 4 bash -c 'exec 3<>"/dev/udp/$0/$1" && printf x >&3 && sleep 0.3 &&
        printf x >&3' "$1" "$2" 2>&1); then
        broken "a datagram to $1 port $2 left"
    else
        held "$(printf '%s' "$output" | sed 's/.*: //' | head -n 1)"
    fi
}

# unreadable PATH, unwritable PATH, no_socket PATH
unreadable() {
    if [ -d "$1" ]; then
        [ -z "$(ls -A "$1/" 2>/dev/null)" ] || { broken "$1 is listed"; return; }
    elif cat "$1" >/dev/null 2>&1; then
        broken "$1 is readable"
        return
    fi
    held "$1"
}

unwritable() {
    if [ -d "$1" ]; then
        if mkdir "$1/.probe.$$" 2>/dev/null; then
            rmdir "$1/.probe.$$"
            broken "$1 is writable"
            return
        fi
    elif [ -e "$1" ] && (: >>"$1") 2>/dev/null; then
        broken "$1 is writable"
        return
    fi
    held "$1"
}

writable() {
    mkdir "$1/.probe.$$" 2>/dev/null && rmdir "$1/.probe.$$" && held "$1" && return
    broken "$1 is not writable"
}

# cannot_make_setuid FOLDER
cannot_make_setuid() {
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
        [ -S "$path" ] && [ -w "$path" ] && ! is_relaxed "unix-socket:$path" &&
            { broken "$path is open"; return; }
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

# each CHECK WORD...: the check holds for every word
each() {
    check=$1 && shift
    for word in "$@"; do
        outcome=$("$check" "$word") || { code=$? && echo "$outcome" && return "$code"; }
    done
    held "$# looked at"
}

# A line of /proc/self/status is what it must be.
status_is() {
    value=$(sed -n "s/^$1:[[:space:]]*//p" /proc/self/status)
    [ "$value" = "$2" ] && held "$value" && return
    broken "$1 is $value, not $2"
}

# no_socket_type FAMILY TYPE PROTOCOL, by numbers
no_socket_type() {
    if here perl; then
        perl -e 'socket(S, $ARGV[0], $ARGV[1], $ARGV[2]) and exit 0; print "$!"; exit 1' "$@"
    elif here python3; then
        python3 -I -c 'import socket, sys; socket.socket(*map(int, sys.argv[1:]))' "$@"
    else
        unknown 'neither perl nor python3 is here'
        return
    fi && { broken 'the socket was made'; return; }
    return 0
}

# no_syscall X86_64 AARCH64 [ARGUMENT]...: refused by the filter, not by its arguments
no_syscall() {
    case $(uname -m) in
    x86_64) number=$1 ;;
    aarch64) number=$2 ;;
    *) unknown "no number for $(uname -m)"; return ;;
    esac
    shift 2
    if here perl; then
        # EPERM, EACCES, ENOSYS
        perl -e '$n = shift; $r = syscall($n + 0, map { $_ + 0 } @ARGV); print "$!";
            exit($r == -1 && ($! == 1 || $! == 13 || $! == 38) ? 0 : 1)' "$number" "$@"
    elif here python3; then
        python3 -I -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall(*map(int, sys.argv[1:]))
print(os.strerror(ctypes.get_errno()))
sys.exit(0 if result == -1 and ctypes.get_errno() in (1, 13, 38) else 1)' "$number" "$@"
    else
        unknown 'neither perl nor python3 is here'
    fi
}
