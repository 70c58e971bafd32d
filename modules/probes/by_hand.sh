# The attacks for which there may be no tool, and those that one tool alone can make. verify sends this
# file after lib.sh.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# dial KIND ADDRESS PORT [COMMAND...]: what bash, run by the command, said, in $output; 0 connected, 1 refused or lost on the
# way, 2 it could not try
dial() {
    kind=$1 address=$2 port=$3
    shift 3
    needs bash && can_limit || return
    # Twice: the first datagram's refusal is what the second one is told.
    # shellcheck disable=SC2016
    case $kind in
    tcp) script='exec 3<>"/dev/tcp/$0/$1"' ;;
    udp)
        needs sleep || return
        script='exec 3<>"/dev/udp/$0/$1" && printf x >&3 && sleep 0.3 && printf x >&3'
        ;;
    esac
    output=$(limited 4 "$@" bash -c "$script" "$address" "$port" 2>&1)
    code=$?
    [ "$code" -ne 0 ] || return 0
    ! ran_out "$code" || { output='no answer'; return 1; }
    case $output in
    *'connect: '* | *'socket: '* | *'write error: '*) ;;
    *) unknown "$output"; return ;;
    esac
    output=${output%%"$newline"*}
    output=${output##*: }
    return 1
}

# perl -e "$become" UID COMMAND...: as this user, in its own group alone. Of root's.
# shellcheck disable=SC2016
become='use POSIX; $u = shift; $) = "$u $u"; POSIX::setgid($u); POSIX::setuid($u);
    $< == $u && $> == $u && $( == $u or exit 125; exec @ARGV or exit 126'

# tcp ADDRESS PORT: exit 0 when the connection stands
tcp() { dial tcp "$@" >/dev/null; }

# no_way KIND ADDRESS PORT
no_way() {
    dial "$@"
    case $? in
    0) broken "connected to $2 port $3" ;;
    1) held "$output" ;;
    *) return 2 ;;
    esac
}
no_tcp() { no_way tcp "$@"; }
no_udp() { no_way udp "$@"; }

can_tcp() {
    dial tcp "$@"
    case $? in
    0) held ok ;;
    1) broken "cannot connect to $1 port $2" ;;
    *) return 2 ;;
    esac
}

# by_hand PERL PYTHON ARGUMENT...: what no tool does; 0 it was refused, 1 it worked, 2 it could not be
# tried. What else they exit with is a failure of their own.
by_hand() {
    in_perl=$1 in_python=$2
    shift 2
    if here perl; then
        output=$(perl -e "alarm 8; $in_perl" "$@" 2>&1)
    elif here python3; then
        can_limit || return
        output=$(limited 8 python3 -I -c "import ctypes, os, socket, sys
try:
    $in_python
except OSError as error:
    print(error.strerror)
    sys.exit(40)
sys.exit(41)" "$@" 2>&1)
    else
        unknown 'neither perl nor python3 is here'
        return
    fi
    case $? in
    40) held "$output" ;;
    41) broken "it worked $output" ;;
    *) unknown "$output" ;;
    esac
}

# Refused, or not to be seen (EPERM, EACCES, ENOENT, and families that are filtered). Whatever else
# connect says, it was allowed to: somebody may listen the next time, or in another type. access(2) is
# asked only where nothing can connect: Seatbelt lets it say yes to what it closes.
# shellcheck disable=SC2016
no_connection() {
    by_hand 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0) and
            (connect(S, sockaddr_un(shift)) or $! != 1 && $! != 2 && $! != 13) and exit 41;
        print "$!"; exit 40' 'one = socket.socket(socket.AF_UNIX)
    code = one.connect_ex(sys.argv[1])
    if code in (1, 2, 13): raise OSError(code, os.strerror(code))' "$1"
}

# no_socket_type FAMILY TYPE PROTOCOL, by numbers
# shellcheck disable=SC2016
no_socket_type() {
    by_hand 'socket(S, $ARGV[0], $ARGV[1], $ARGV[2]) and exit 41; print "$!"; exit 40' \
        'socket.socket(*map(int, sys.argv[1:]))' "$@"
}

machine=$(uname -m 2>/dev/null)

# no_syscall X86_64 AARCH64 [ARGUMENT]...: refused by the filter (EPERM, EACCES, ENOSYS), not by its
# arguments
# shellcheck disable=SC2016
no_syscall() {
    case $machine in
    x86_64) number=$1 ;;
    aarch64) number=$2 ;;
    *) unknown "no number for ${machine:-a machine without uname}"; return ;;
    esac
    shift 2
    by_hand '$n = shift; $r = syscall($n + 0, map { $_ + 0 } @ARGV); print "$!";
        exit($r == -1 && ($! == 1 || $! == 13 || $! == 38) ? 40 : 41)' \
        'libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(*map(int, sys.argv[1:]))
    code = ctypes.get_errno()
    if result == -1 and code in (1, 13, 38): raise OSError(code, os.strerror(code))
    print(os.strerror(code))' "$number" "$@"
}

# no_ping ADDRESS: without ping, an echo request that is sent by hand
# shellcheck disable=SC2016
no_ping() {
    here ping && { must_fail ping -c 1 -W 2 "$1"; return; }
    by_hand 'use Socket; socket(S, PF_INET, $_, 1) and send(S, pack("CCnnn", 8, 0, 0xf7fe, 1, 0), 0,
            sockaddr_in(0, inet_aton($ARGV[0]))) and exit 41 for SOCK_DGRAM, SOCK_RAW;
        print "$!"; exit 40' 'for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
        try:
            one = socket.socket(socket.AF_INET, kind, 1)
            one.sendto(bytes((8, 0, 0xf7, 0xfe, 0, 1, 0, 0)), (sys.argv[1], 0))
            break
        except OSError as error: last = error
    else: raise last' "$1"
}
