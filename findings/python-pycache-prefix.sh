#!/bin/sh
# -X pycache_prefix=FOLDER (or sys.pycache_prefix, PYTHONPYCACHEPREFIX) is not for one's own modules alone: the
# standard library's are looked for below that folder as well, and no more beside their sources, where the
# distribution has put them. With -B, or where the folder cannot be written, they are compiled from source again at
# every start, in silence.
#
# Seen with python3.11 3.11.2-6+deb12u9 (Debian 12): modules of the standard library that are compiled from their
# source when one program begins, which imports json, subprocess and tempfile:
#
#   -B                                         0
#   -B -X pycache_prefix=FOLDER, any time      39, all of them
#   -X pycache_prefix=FOLDER, the first time   39
#   -X pycache_prefix=FOLDER, the second       0
#
# Why it matters: a program that runs often, as root, with -B and -I, so that nothing is written beside its sources,
# gets a prefix to start faster, and starts slower: here its imports took three times as long. A loader of one's own
# that sets sys.pycache_prefix around SourceFileLoader.get_code, for one's own folder, has neither.
#
# Needs Debian 12 and apt. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=3.11.2-6+deb12u9
apt-get download -q "python3.11-minimal=$version" "libpython3.11-minimal=$version" \
    "libpython3.11-stdlib=$version" >/dev/null 2>&1 || {
    echo 'this version cannot be fetched: needs Debian 12' >&2
    exit 2
}
for package in *.deb; do
    dpkg-deb -x "$package" root
done
unset PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX
export PYTHONHOME="$work/root/usr"
python=$work/root/usr/bin/python3.11
# As the distribution does when it is installed.
"$python" -m compileall -q "$work/root/usr/lib/python3.11" >/dev/null 2>&1 || true
echo 'import json, subprocess, tempfile' >program.py
mkdir prefix

# from_source OPTION...
from_source() {
    "$python" -v "$@" program.py 2>&1 | grep -c "^# code object from $work/root/.*[.]py\$" || true
}

wrong=0
# look WANTED OPTION...
look() {
    wanted=$1 && shift
    got=$(from_source "$@")
    echo "$* -> $got from source"
    case $wanted in
    none) [ "$got" -eq 0 ] || wrong=1 ;;
    most) [ "$got" -ge 30 ] || wrong=1 ;;
    esac
}
look none -B
look most -B -X "pycache_prefix=$work/prefix"
look most -B -X "pycache_prefix=$work/prefix"
look most -X "pycache_prefix=$work/prefix"
look none -X "pycache_prefix=$work/prefix"
exit "$wrong"
