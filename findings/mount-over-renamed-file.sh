#!/bin/sh
# A mount over a file goes when somebody in another mount namespace renames a file over that one, or unlinks it: in the
# namespace that had it, the name is the new file from then on, without the mount's flags and without a word. In the
# namespace of the mount itself the same rename is EBUSY (rename(2)), so who tries it there sees a cover that holds.
#
# Seen with Linux 6.18, on ext4 and tmpfs:
#
#   before                             the file in the namespace is read-only: EROFS
#   mv new file, in the namespace      EBUSY
#   mv new file, outside               works; the file in the namespace is the new one, and can be written
#
# Why it matters: a container that is shown one file of a folder read-only, or /dev/null over one that it must not see,
# loses that as soon as an editor outside saves the file, or `git config` writes it: both write another file and rename
# it. Linux does so since 3.18 (8ed936b5671b, "vfs: Lazily remove mounts on unlinked files and directories"); before,
# the rename outside failed.
#
# Needs root. Exits 1 when something behaves in another way.
set -eu
[ "$(id -u)" -eq 0 ] || {
    echo 'needs root' >&2
    exit 2
}
work=$(mktemp -d)
trap 'touch "$work/go"; rm -rf "$work"' EXIT
cd "$work"
echo old >file

# shellcheck disable=SC2016
unshare --mount --propagation private sh -c '
    mount --bind file file && mount -o remount,bind,ro file
    writes() { if (echo agent >>file) 2>/dev/null; then echo yes; else echo no; fi; }
    writes >before
    echo inside >new
    if mv -T new file 2>/dev/null; then echo yes; else echo no; fi >renamed
    touch ready
    until [ -e go ]; do sleep 0.05; done
    writes >after' &
until [ -e ready ]; do sleep 0.05; done
echo new >other
mv other file
touch go
wait

wrong=0
expect() { # expect WHAT WANTED FILE
    echo "$1: $(cat "$3")"
    [ "$(cat "$3")" = "$2" ] || wrong=1
}
expect 'written below the mount, before' no before
expect 'renamed over it in the namespace' no renamed
expect 'written after a rename outside' yes after
[ "$(cat file)" = "new
agent" ] || wrong=1
exit "$wrong"
