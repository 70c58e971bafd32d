#!/bin/sh
# RLIMIT_NPROC (systemd's LimitNPROC=, ulimit -u, prlimit --nproc) is no limit of a container's: the kernel counts a
# uid's processes in all containers that share a user namespace, whatever their PID namespaces and control groups are.
# And it does not fail where one looks for it: setuid(2) to a uid that is full succeeds, and so do the calls
# after it; it is the next execve(2) that fails, with EAGAIN.
#
# Seen with util-linux 2.38.1-5+deb12u3 (Debian 12), Linux 6.18, with 30 processes of uid 54321 in a PID namespace of their
# own, from a process outside of it:
#
#   a limit of 20, root changes to the uid        setpriv: failed to execute: Resource temporarily unavailable
#   the same, the other 30 in a user namespace    works: they are counted there
#   a limit of 20, and the 30 are gone            works
#
# Why it matters: two machines of systemd-nspawn (or two containers of a runtime without user namespaces) have the
# same uid for the same service. One that floods its own limit keeps the other's service from starting. systemd says
# only "Main process exited, code=exited, status=203/EXEC", which one takes for a missing program, and `systemd-run --wait
# --pipe` exits 203 without a word. TasksMax= counts in the control group, and has none of this.
#
# Needs Debian 12, apt and root. Exits 1 when something behaves in another way.
set -eu
[ "$(id -u)" -eq 0 ] || { echo 'needs root' >&2 && exit 2; }
work=$(mktemp -d)
trap 'pkill -KILL -U 54321 || :; rm -rf "$work"' EXIT
cd "$work"
apt-get download -q util-linux=2.38.1-5+deb12u3 >/dev/null 2>&1 || {
    echo 'this version cannot be fetched: needs Debian 12' >&2
    exit 2
}
dpkg-deb -x util-linux_*.deb root
tools=$work/root/usr/bin
uid=54321 wrong=0

# thirty KIND MORE: as many processes of the uid, in a PID or a user namespace of their own
thirty() {
    mkfifo "$work/go.$1"
    # shellcheck disable=SC2016,SC2086
    "$tools/unshare" "--$1" $2 sh -c 'read -r _ <"$0" && exec "$1" --reuid "$2" --clear-groups sh -c "
        n=0; while [ \$n -lt 30 ]; do sleep 60 & n=\$((n + 1)); done; wait"' \
        "$work/go.$1" "$tools/setpriv" "$uid" >/dev/null 2>&1 &
    keeper=$!
    sleep 1
    if [ "$1" = user ]; then
        echo '0 0 65536' >"/proc/$keeper/uid_map"
        echo '0 0 65536' >"/proc/$keeper/gid_map"
    fi
    echo >"$work/go.$1"
    sleep 2
    [ "$(pgrep -c -U "$uid")" -ge 30 ] || { echo 'no thirty processes' >&2 && exit 2; }
}
gone() {
    pkill -KILL -U "$uid"
    wait "$keeper" 2>/dev/null || :
    sleep 1
}
# look WHAT WANTED
look() {
    got=$("$tools/prlimit" --nproc=20 "$tools/setpriv" --reuid "$uid" --clear-groups true 2>&1 && echo works) || :
    got=${got##*: }
    echo "$1: $got"
    [ "$got" = "$2" ] || wrong=1
}
thirty pid --fork
look 'thirty in a PID namespace ' 'Resource temporarily unavailable'
gone
look 'they are gone             ' works
thirty user ''
look 'in a user namespace       ' works
gone
exit "$wrong"
