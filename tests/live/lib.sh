# Sourced by the tests that run real clients inside a machine: checks, and the machine itself.
# The caller is in the project's folder.
# shellcheck shell=sh
# shellcheck source=tests/live/common.sh
. tests/live/common.sh
unset IFS CDPATH

# world NAME[=SITE]...: what is around it.
world() {
    tests/live/world start "$machine" "$@" || exit 1
}

# session COMMAND...: what an operator's `agent-sandbox run COMMAND...` in the workspace does.
session() {
    inside su -c 'cd /srv/agent-sandbox/demo && exec sudo -n \
        /var/lib/agent-sandbox/demo/current/bin/agent-sandbox run "$@"' -- admin x "$@"
}

# bare COMMAND...: as session, without any variable that names the proxy, or that there is one.
# shellcheck disable=SC2016
bare() {
    session sh -c 'for name in $(env | sed -n "s/^\([A-Za-z_]*PROXY[A-Za-z_]*\|[a-z]*_proxy\)=.*/\1/p"); do unset "$name"; done
        # The JVM has its certificates there, too.
        export JAVA_TOOL_OPTIONS="$(echo "$JAVA_TOOL_OPTIONS" | grep -o "[-]Djavax.net.ssl.trustStore=[^ ]*")"
        ! env | grep -i proxy || exit 99
        exec "$@"' x "$@"
}

# apply SPEC: rendered, copied to the machine, applied.
apply() {
    rm -rf "$machine/root/opt/demo"
    if build/agent-sandbox render "$1" -o "$work/demo" >"$work/out" 2>&1 &&
        cp -r "$work/demo" "$machine/root/opt/demo" &&
        inside /opt/demo/bin/agent-sandbox apply >"$work/out" 2>&1; then
        return 0
    fi
    sed 's/^/    /' "$work/out"
    exit 1
}

verdict() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok: $2"
    else
        failed=$((failed + 1))
        echo "FAILED: $2"
        sed 's/^/    /' "$work/out" | tail -n 25
    fi
}

# expect TEXT COMMAND...: it succeeds.
expect() {
    text=$1 && shift
    "$@" >"$work/out" 2>&1 </dev/null
    verdict $? "$text"
}

# expect_failure TEXT WORDS COMMAND...: it fails, and prints the words.
expect_failure() {
    text=$1 words=$2 && shift 2
    if "$@" >"$work/out" 2>&1 </dev/null; then
        verdict 1 "$text"
    else
        grep -Fq "$words" "$work/out"
        verdict $? "$text"
    fi
}

# expect_output WANTED TEXT COMMAND...: its standard output is this.
expect_output() {
    wanted=$1 text=$2 && shift 2
    "$@" >"$work/got" 2>"$work/errors" </dev/null
    cat "$work/got" "$work/errors" >"$work/out"
    [ "$(cat "$work/got")" = "$wanted" ]
    verdict $? "$text"
}

# expect_lines TEXT FILE PATTERN...: each pattern (extended) has a line.
expect_lines() {
    text=$1 file=$2 missing='' && shift 2
    for pattern; do
        grep -Eq -e "$pattern" "$file" || missing="$missing $pattern"
    done
    cp "$file" "$work/out"
    echo "missing:$missing" >>"$work/out"
    [ -z "$missing" ]
    verdict $? "$text"
}

# expect_no_line TEXT FILE PATTERN
expect_no_line() {
    grep -E -e "$3" "$2" >"$work/out"
    [ $? -eq 1 ]
    verdict $? "$1"
}

# seen requests | packets | field HOST NAME | bait: what the world's logs say, a line each.
seen() {
    /usr/bin/python3 -B tests/live/seen.py "$machine/world" "$@"
}
