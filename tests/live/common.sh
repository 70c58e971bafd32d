# shellcheck shell=sh disable=SC2034,SC2154
# Sourced by the live tests, from the project's folder: a throw-away machine (machine), the world
# around it (world), a sandbox named demo in it, and checks that are counted.
# The caller sets names: those that the world's DNS knows.
set -u
root=${LIVE_ROOT:-/var/tmp/agent-sandbox-live-root${LIVE_SUITE:+-$LIVE_SUITE}}
work=$(mktemp -d) || exit 1
machine=$work/machine
passed=0 failed=0
trap 'end_machine; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

end_machine() {
    tests/live/world stop "$machine" >/dev/null 2>&1
    tests/live/machine stop "$machine" >/dev/null 2>&1
}

inside() { tests/live/machine sh "$machine" "$@"; }
sandbox() { inside /opt/demo/bin/agent-sandbox "$@"; }
applied=/var/lib/agent-sandbox/demo/current/bin/agent-sandbox

ok() {
    passed=$((passed + 1))
    [ -z "${VERBOSE-}" ] || printf 'ok: %s\n' "${1-}"
}
bad() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$1"
    [ ! -s "$work/out" ] || sed 's/^/    /' "$work/out" | tail -n 25
}

# expect CODE TEXT COMMAND...
expect() {
    code=$1 text=$2 && shift 2
    "$@" >"$work/out" 2>&1
    got=$?
    if [ "$got" -eq "$code" ]; then ok "$text"; else bad "$text (exit $got, not $code)"; fi
}

# expect_output WANTED TEXT COMMAND...
expect_output() {
    wanted=$1 text=$2 && shift 2
    "$@" >"$work/out" 2>&1
    if [ "$(cat "$work/out")" = "$wanted" ]; then ok "$text"; else bad "$text"; fi
}

# expect_words WORDS TEXT COMMAND...: the words stand somewhere in what it prints
expect_words() {
    wanted=$1 text=$2 && shift 2
    "$@" >"$work/out" 2>&1
    if grep -qF -e "$wanted" "$work/out"; then ok "$text"; else bad "$text"; fi
}

# expect_said WORDS TEXT: the command of the expectation before this one did
expect_said() { if grep -qF -e "$1" "$work/out"; then ok "$2"; else bad "$2"; fi; }

# render HOST [MORE-KEYS [NAME]]: the spec that allows this host, as the machine's /opt/NAME; workspaces, where it is
# set, is what stands in their place
render() {
    name=${3:-demo}
    uid=${agent_uid:-60610}
    [ "$name" = demo ] || uid=60620
    own="{ \"path\": \"/srv/agent-sandbox/$name\" },
                  { \"path\": \"/srv/agent-sandbox/$name-read\", \"access\": \"read-only\" },
                  { \"path\": \"/srv/agent sandbox/Müller${name#demo}\" }"
    cat >"$work/spec.json" <<SPEC
{ "version": 1, "name": "$name", "user": { "uid": $uid, "shell": "bash" }, "operators": ["admin"],
  "hosts": { "here": { "system": "x86_64-linux" } },
  "workspaces": [ ${workspaces-$own} ],
  ${2:-\"limits\": { \"tasks\": 512 \},}
  "network": { "local_ports": [${local_ports-5432}], "publish": [${publish-3000}],
               "cidrs": [${cidrs-}], "rules": [ { "host": "$1" } ] } }
SPEC
    build/agent-sandbox render "$work/spec.json" -o "$work/$name" >"$work/out" 2>&1 || {
        bad 'render'
        exit 1
    }
    rm -rf "$machine/root/opt/$name"
    cp -r "$work/$name" "$machine/root/opt/$name"
}

head_of() { git -C "$work/demo" rev-parse HEAD; }
current() { inside readlink /var/lib/agent-sandbox/demo/current | sed 's|.*/||'; }
proxy_process() { inside systemctl show -P MainPID agent-sandbox-demo-egress.service; }

# At the next boot, before the network is up, the agent and nobody try a port of the host's: /var/lib/early-USER says
# what came of it.
attempt_early() {
    units=$machine/root/etc/systemd/system
    printf '[Unit]\nDefaultDependencies=no\nBefore=network-pre.target\n[Socket]\nListenStream=127.0.0.1:5599\n' \
        >"$units/early-bait.socket"
    printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 5\n' \
        >"$units/early-bait.service"
    printf '[Unit]\nDefaultDependencies=no\nAfter=network-pre.target early-bait.socket local-fs.target
Wants=network-pre.target early-bait.socket\nBefore=network.target sysinit.target
[Service]\nType=oneshot\nExecStart=/root/early\n[Install]\nWantedBy=sysinit.target\n' \
        >"$units/early.service"
    cat >"$machine/root/root/early" <<'END'
#!/bin/bash
for user in agent-demo nobody; do
    if setpriv --reuid "$user" --clear-groups timeout 3 bash -c 'exec 3<>/dev/tcp/127.0.0.1/5599'; then
        echo open
    else
        echo closed
    fi >"/var/lib/early-$user"
done
END
    chmod +x "$machine/root/root/early"
    inside sh -c 'systemctl daemon-reload && systemctl -q enable early.service && sync'
}

# break_proxy FOLDER: a commit of a proxy that does not start, whichever program it is.
break_proxy() {
    inside sh -c "cd $1 && echo 'nonsense(' >>proxy/addon.py && sed -i 's/ --policy / --nonsense /' linux/native/*.service &&
        git -c user.name=x -c user.email=x@x commit -qam broken"
}

# boot ROOT: a machine with an operator called admin.
boot() {
    if ! [ -x build/agent-sandbox ] || ! tests/live/machine boot "$1" "$machine"; then
        exit 1
    fi
    install -m 755 build/agent-sandbox-proxy build/agent-sandbox-terminal "$machine/root/usr/local/bin/"
    inside useradd -m admin
}

begin() {
    tests/live/machine make "$root" && boot "$root"
    # shellcheck disable=SC2086
    tests/live/world start "$machine" $names || exit 1
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
