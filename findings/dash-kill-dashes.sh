#!/bin/sh
# `kill -9 -- -GROUP`, which every other shell here and kill(1) take, is an error in dash: behind a
# signal that is written as an option's own letters it reads "--" as the first process. Nothing is
# killed. `kill -s KILL -- -GROUP` works in all of them.
#
# Seen with dash 0.5.12-2, bash 5.2.15-2+b13, zsh 5.9-4+b15, and kill of procps 2:4.0.2-3 (Debian 12):
#
#   dash          -9 -- -GROUP: exit 2, "kill: Illegal number: -"    -s KILL -- -GROUP: exit 0
#   bash          -9 -- -GROUP: exit 0                               -s KILL -- -GROUP: exit 0
#   zsh           -9 -- -GROUP: exit 0                               -s KILL -- -GROUP: exit 0
#   procps' kill  -9 -- -GROUP: exit 0                               -s KILL -- -GROUP: exit 0
#
# Why it matters: a script whose #!/bin/sh is bash on one machine and dash on the next stops its own
# process groups on the first one only; with `2>/dev/null` behind it nobody sees why. POSIX (kill, "the
# XSI extension") has the signal's name as an option and so lets "--" follow it.
#
# Needs Debian 12 and apt. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q dash=0.5.12-2 bash=5.2.15-2+b13 zsh=5.9-4+b15 zsh-common=5.9-4 \
    procps=2:4.0.2-3 >/dev/null 2>&1 || {
    echo 'these versions cannot be fetched: needs Debian 12' >&2
    exit 2
}
for package in *.deb; do
    dpkg-deb -x "$package" root
done

# A process group of its own: its leader's number.
group() {
    # shellcheck disable=SC2016
    setsid sh -c 'echo $$ >"$0"; exec sleep 100' "$work/leader" >/dev/null 2>&1 &
    until [ -s "$work/leader" ]; do sleep 0.1; done
    cat "$work/leader"
    rm "$work/leader"
}

wrong=0
# look NAME WANTED SCRIPT SHELL...: the exit code of the script, with the group as $1
look() {
    name=$1 wanted=$2 script=$3
    shift 3
    leader=$(group)
    code=0
    "$@" "$script" sh "$leader" >"$work/out" 2>&1 || code=$?
    echo "$name: $script: exit $code $(cat "$work/out")"
    [ "$code" = "$wanted" ] || wrong=1
    alive=no
    ! kill -0 "$leader" 2>/dev/null || [ "$(ps -o stat= -p "$leader" | cut -c1)" = Z ] || alive=yes
    [ "$code" = 0 ] || [ "$alive" = yes ] || { echo "  but it is gone"; wrong=1; }
    kill -s KILL -- "-$leader" 2>/dev/null || true
}

# shellcheck disable=SC2016
for form in 'kill -9 -- "-$1"' 'kill -s KILL -- "-$1"'; do
    expected=0
    [ "$form" != 'kill -9 -- "-$1"' ] || expected=2
    look dash "$expected" "$form" root/bin/dash -c
    look bash 0 "$form" root/bin/bash -c
    look zsh 0 "$form" root/bin/zsh -c
    look procps 0 "root/bin/$form" root/bin/bash -c
done
exit "$wrong"
