# shellcheck shell=sh disable=SC2034
# Sourced by the tests' drivers: counts checks, prints a line for each, and the closing line.
# The caller sets root (the project's folder) first.
set -u
unset IFS CDPATH
umask 022
program=${PROGRAM:-$root/build/agent-sandbox}
# Specs expire and commits have times: both as on this day.
export SOURCE_DATE_EPOCH=1790000000 LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
work=$(mktemp -d "${TMPDIR:-/tmp}/agent-sandbox-test.XXXXXX") || exit 1
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# The program may be two: see gen/front/front.c. whole: the one that does the work.
whole=${program%/*}/agent-sandbox-whole
[ -f "$whole" ] || whole=${program%/*}/../lib/agent-sandbox/agent-sandbox-whole
[ -f "$whole" ] || whole=$program
copy_program() { # copy_program FOLDER
    cp "$program" "$1/agent-sandbox" &&
        { [ "$whole" = "$program" ] || cp "$whole" "$1/agent-sandbox-whole"; }
}
passed=0 failed=0

ok() {
    passed=$((passed + 1))
    echo "ok: $*"
}

fail() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}

# skip NAME WHY: what cannot be judged here; tests/run says so, and counts it
skip() {
    echo "skipped: $1: $2"
}

# check NAME COMMAND...: shows what the command printed only when it fails. CASE, where it is set, is some of
# the names of those that are to be run alone (tests/run PATTERN:CASE).
check() {
    check_name=$1
    shift
    case $check_name in
    *"${CASE-}"*) ;;
    *) return 0 ;;
    esac
    if "$@" >"$work/output" 2>&1; then
        ok "$check_name"
    else
        fail "$check_name"
        sed 's/^/    /' "$work/output" | tail -n 40
    fi
}

# expect_exit CODE COMMAND...
expect_exit() {
    wanted=$1
    shift
    got=0
    "$@" || got=$?
    [ "$got" -eq "$wanted" ] || {
        echo "exit code $got instead of $wanted: $*"
        return 1
    }
}

# slice_of_commit COUNT: a number below that, of the commit's id. So one commit asks the same on every machine and in
# every clone, however shallow, and as commits go by all slices are asked. 0 where there is no commit.
slice_of_commit() {
    commit=$(git -C "$root" rev-parse -q --verify HEAD 2>/dev/null | cut -c1-7)
    echo $((0x${commit:-0} % $1))
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
