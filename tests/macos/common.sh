# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by the tests on a pretended Mac, as root, after tests/common.sh: makes one, in a root, network and process
# space of its own, and renders what is applied there. What only a Mac has is pretend.py.
mac=$work/mac support='Library/Application Support/ClaudeCode'

render() {
    mkdir -p "$work/spec"
    cat >"$work/spec/spec.json" <<SPEC
{ "version": 1, "name": "demo", "user": { "uid": 60610, "shell": "bash" }, "operators": ["me"],
  "hosts": { "mac": { "system": "aarch64-darwin" } }, "managed": ["claude-code", "codex"], "unenforced": "accept",
  "workspaces": [ { "path": "/Users/Shared/work" } ],
  "dotfiles": { ".config/hello/world": { "text": "hello\n" }, ".once": { "text": "once\n", "once": true } },
  "network": { "rules": [ { "host": "api.example.org" } ] },
  "credentials": [
    { "name": "key", "source": "file:/etc/agent-sandbox/demo/secrets/key", "hosts": ["api.example.org"],
      "inject": { "header": "x-api-key" }, "env": "API_KEY" },
    { "name": "item", "source": "keychain:demo-item", "hosts": ["api.example.org"],
      "inject": { "header": "x-item" }, "env": "ITEM" } ] }
SPEC
    "$program" render "$work/spec/spec.json" -o "$work/spec/tree" >"$work/out" 2>&1 || { cat "$work/out" && exit 1; }
    rm -rf "$mac/root/opt/demo" && mkdir -p "$mac/root/opt" && cp -r "$work/spec/tree" "$mac/root/opt/demo"
}

# stand_in NAME SCRIPT
# shellcheck disable=SC2016
stand_in() {
    rm -f "$on/usr/bin/$1"
    printf '#!/bin/bash\n%s\n' "$2" >"$on/usr/bin/$1"
    /bin/chmod 0755 "$on/usr/bin/$1"
}

# The operator's; remove takes it away.
give_key() {
    install -d -m 0700 "$mac/root/etc/agent-sandbox" "$mac/root/etc/agent-sandbox/demo" "$mac/root/etc/agent-sandbox/demo/secrets"
    install -m 0400 /dev/stdin "$mac/root/etc/agent-sandbox/demo/secrets/key" <<<'file-secret-1'
}

# mac_sh: what sh is there, without it bash, as on a stock Mac. bash 3.2 is nowhere to be had, so some of the tests take one
# that knows nothing of bash's.
# A stock Mac: its root is this machine's, written over in memory.
# shellcheck disable=SC2016
make_mac() {
    mkdir -p "$mac" && mount -t tmpfs tmpfs "$mac" && mkdir "$mac/upper" "$mac/work" "$mac/root" &&
        mount -t overlay overlay -o "lowerdir=/,upperdir=$mac/upper,workdir=$mac/work" "$mac/root" || exit 1
    on=$mac/root
    # Its own: what others here have open in theirs is nothing that its agent would find.
    mount -t tmpfs tmpfs "$on/tmp" || exit 1
    mkdir -p "$on/pretend/real" "$on/Users/me" "$on/Users/Shared" "$on/Library/LaunchDaemons" \
        "$on/Library/Keychains" "$on/opt/homebrew/bin" "$on/var/db" "$on/var/folders/zz"
    rm -rf "${on:?}/var/lib/agent-sandbox" "${on:?}/var/log/journal" "${on:?}/run" "${on:?}/home" && mkdir -p "$on/run" && chmod 1777 "$on/tmp" "$on/var/folders/zz"
    chmod 0700 "$on/Users/me" "$on/root"
    cp /etc/passwd /etc/group "$on/pretend/"
    # Until dscl writes all of them. Somebody here may be called me, too.
    sed -i '/^me:/d' "$on/pretend/passwd" "$on/etc/passwd"
    echo 'me:x:501:20::/Users/me:/bin/bash' >>"$on/etc/passwd"
    for name in chmod ls mv rm git setpriv; do
        cp -L "/usr/bin/$name" "$on/pretend/real/$name"
    done
    ln -s "$(readlink -f /usr/bin/python3)" "$on/pretend/real/python3"
    cp tests/macos/pretend.py "$on/pretend/mac" && chmod +x "$on/pretend/mac"
    cp tests/macos/pretend_pf.py tests/parse/pf_check.py "$on/pretend/" && cp -L /usr/sbin/nft "$on/pretend/real/nft"
    # The program's own Python is no stand-in.
    sed -i '1s|.*|#!/pretend/real/python3 -ISB|' "$on/pretend/mac"
    for name in dscl dseditgroup launchctl pfctl sandbox-exec sw_vers sysctl plutil getconf security nc; do
        rm -f "$on/usr/bin/$name" "$on/usr/sbin/$name"
        ln -s /pretend/mac "$on/usr/bin/$name"
    done
    for name in chmod ls launchd; do
        ln -s mac "$on/pretend/$name"
    done
    # What is asked often, or is mostly the real thing.
    stand_in chmod 'case " $* " in *" +a "* | *" -N "*) exec /pretend/chmod "$@" ;; esac
        exec /pretend/real/chmod "$@"'
    stand_in ls 'case " $* " in *" -lde "* | *" -lde@ "*) exec /pretend/ls "$@" ;; esac; exec /pretend/real/ls "$@"'
    stand_in mv '[ "$1" != -fh ] || { shift && set -- -fT "$@"; }; exec /pretend/real/mv "$@"'
    stand_in rm '[ "$1" != -rfx ] || { shift && set -- -rf --one-file-system "$@"; }; exec /pretend/real/rm "$@"'
    stand_in uname 'case $1 in -srvm) echo Darwin 24.5.0 Darwin Kernel Version 24.5.0 arm64 ;; -m) echo arm64 ;; *) echo Darwin ;; esac'
    rm -f "$on/usr/sbin/route"
    stand_in route 'case $4,$(ls /pretend/no-route 2>/dev/null) in
        *,) ;;
        127.* | ::1,*) ;;
        *) echo "route: writing to routing socket: not in table" >&2 && exit ;;
        esac
        echo "  interface: lo0"'
    # Seatbelt would refuse what they ask for.
    stand_in osascript 'exit 1'
    stand_in open 'exit 1'
    # As root, and without PAM, which has no word on these users.
    stand_in su '[ "$(/usr/bin/id -u) $1 $3" = "0 -m -c" ] || { echo "su: Sorry" >&2; exit 1; }
        user=$2 command=$4 && shift 4
        exec /pretend/real/setpriv --reuid "$user" --regid "$user" --init-groups /bin/sh -c "$command" "$@"'
    # From Homebrew: with it apply would go round for ever.
    stand_in flock 'echo flock >>/pretend/dialogs; exit 1'
    # Apple's stand-ins, each of which opens a dialog where the tools are not installed, and what they lead to.
    cp tests/macos/darwin.py "$on/pretend/darwin.py"
    clt=$on/Library/Developer/CommandLineTools/usr/bin
    mkdir -p "$clt"
    for name in git python3 xcode-select; do
        stand_in "$name" "echo $name >>/pretend/dialogs; exit 1"
    done
    for name in git:/pretend/real/git 'python3:/pretend/real/python3 -ISB /pretend/darwin.py'; do
        printf '#!/bin/bash\nexec %s "$@"\n' "${name#*:}" >"$clt/${name%%:*}"
        printf '#!/bin/bash\nid -u >>/pretend/ran\n' >"$on/opt/homebrew/bin/${name%%:*}"
        /bin/chmod 0755 "$clt/${name%%:*}" "$on/opt/homebrew/bin/${name%%:*}"
    done
    for name in timeout setpriv getent systemctl systemd-run nft; do
        rm -f "$on/usr/bin/$name" "$on/usr/sbin/$name"
    done
    ln -sf "${mac_sh-bash}" "$on/usr/bin/sh"
    ln -sf bsdtar "$on/usr/bin/tar"
    # Debian's, whose first line would ask the stand-in.
    sed '1s|.*|#!/pretend/real/python3|' /usr/bin/mitmdump >"$on/opt/homebrew/bin/mitmdump"
    chmod +x "$on/opt/homebrew/bin/mitmdump"
    chown -R 501:80 "$on/opt/homebrew"
    printf '#!/bin/sh\ntouch /pretend/ran\n' | tee "$on/usr/local/bin/id" >"$on/usr/local/bin/awk"
    /bin/chmod 0755 "$on/usr/local/bin/id" "$on/usr/local/bin/awk" "$on/etc/sudoers.d"
    echo Darwin >"$on/pretend/ostype"
    state='{"Users": {"me": {"UniqueID": "501", "PrimaryGroupID": "20", "NFSHomeDirectory": "/Users/me",
            "UserShell": "/bin/bash", "Password": "********"},
            "nobody": {"UniqueID": "-2", "NFSHomeDirectory": "/var/empty"}}, "Groups": {"staff": {"PrimaryGroupID": "20"}},
        "jobs": {}, "early": 0, "pf": "Disabled", "tokens": [], "skip": false, "anchors": {},
        "main": ["scrub-anchor \"com.apple/*\" all fragment reassemble", "anchor \"com.apple/*\" all"], "acls": {}, "version": "15.5",
        "refused": [], "tcc": false, "answers": {}, "keychain": {"demo-item": "item-secret-1"}}'
    echo "$state" >"$on/pretend/state.json"
    install -m 0666 /dev/null "$on/pretend/calls"
    /bin/chmod 0666 "$on/pretend/state.json"
    give_key
    # shellcheck disable=SC2016
    unshare --mount --net --pid --fork --kill-child sh -c '
        mount --make-rprivate / && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&
            mount --bind "$1/pretend/ostype" "$1/proc/sys/kernel/ostype" && ip link set lo up &&
            ip -4 route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo &&
            ip link add eth9 type veth peer name eth8 && ip link set eth8 up && ip link set eth9 up &&
            ip address add 10.99.0.1/24 dev eth9 && ip route add table local 224.0.0.0/4 dev eth9 &&
            exec chroot "$1" /bin/bash -c "echo >/pretend/ready; while :; do sleep 1000 & wait; done"' \
        sh "$on" </dev/null &
    keeper=$!
    until [ -e "$on/pretend/ready" ]; do sleep 0.1; done
    init=$(pgrep -P "$keeper" | head -n 1)
    # shellcheck disable=SC2086
    on_mac ${jobs_traced:+$tracing -o /pretend/jobs} /pretend/launchd </dev/null >/dev/null 2>&1 &
    until [ -p "$on/pretend/launchd.fifo" ]; do sleep 0.1; done
}

# shellcheck disable=SC2317
end_mac() {
    # The shell would tell on the other one's standard error that it was killed.
    exec 2>/dev/null
    [ -z "${keeper-}" ] || kill -9 "$keeper"
    wait
    umount -R "$mac/root" 2>/dev/null
    umount -R "$mac" 2>/dev/null
    rm -rf "$work"
}
trap end_mac EXIT

on_mac() {
    nsenter --target "$init" --mount --net --pid --root --wd -- env -i \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root TERM=dumb "$@"
}
sandbox() { on_mac /bin/sh /opt/demo/bin/agent-sandbox "$@"; }
# The same, and what is started meanwhile, for started.py. strace's filter sets no_new_privs: what verify says of sudo is
# for tests without it (run).
tracing='/usr/bin/strace -f -qq --seccomp-bpf -v -s 4096 -e signal=none -e trace=execve,clone,clone3,fork,vfork,setuid,setreuid,setresuid'
# shellcheck disable=SC2086
traced() { on_mac $tracing -o /pretend/started /bin/sh /opt/demo/bin/agent-sandbox "$@"; }
change_state() { # change_state PYTHON: of the dictionary s
    python3 - "$mac/root/pretend/state.json" "$1" <<'PY'
import json, sys
s = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(s, open(sys.argv[1], "w"))
PY
}
state_says() { # state_says PYTHON: an expression of it that must be true
    python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' \
        "$mac/root/pretend/state.json" "$1"
}

# says TEXT CODE COMMAND...: this exit code, and this text somewhere in what it prints
says() {
    local text=$1 wanted=$2
    shift 2
    expect_exit "$wanted" "$@" >"$work/said" 2>&1 && grep -qF -e "$text" "$work/said" && return
    cat "$work/said"
    return 1
}
