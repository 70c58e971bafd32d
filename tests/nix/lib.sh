# Sourced by the tests with the real Nix and stand-ins for what it would fetch: a store of their own,
# checks, the stand-ins. The caller sets here (this folder) and root (the project's) first.
# shellcheck shell=sh
set -u
unset IFS CDPATH
umask 022
work=$(mktemp -d) || exit 1
# The store is read-only, for root as for anybody.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0

# A private store needs neither root nor a daemon; without substituters nothing waits for a cache.
export NIX_STORE_DIR="$work/nix/store" NIX_STATE_DIR="$work/nix/var" NIX_LOG_DIR="$work/nix/log"
export NIX_CONF_DIR="$work/nix/etc" XDG_CACHE_HOME="$work/cache" HOME="$work/home"
export NIX_CONFIG='experimental-features = nix-command flakes
substituters =
sandbox = false
build-users-group =
flake-registry =
warn-dirty = false'
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
unset NIX_PATH NIX_REMOTE

# check NAME COMMAND...: the command's output only when it fails.
check() {
    name=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        passed=$((passed + 1))
        echo "ok: $name"
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        # Not what is said of every override.
        grep -v -e '^• ' -e "^    '" -e '^  → ' -e '^warning: not writing' "$work/output" |
            sed 's/^/    /' | tail -n 30
    fi
}

stand_ins() {
    mkdir -p "$HOME" "$work/nix" &&
        cp -R "$here/nixpkgs" "$here/home-manager" "$here/nix-darwin" "$here/system-manager" \
            "$here/deploy-rs" "$here/colmena" "$here/comin" "$here/agent-sandbox" "$work/"
}

# The packages that the trees ask for are placeholders of the stand-in.
name_packages() {
    find "$@" -name sandbox.json -exec jq '.packages.nix' {} + | jq -s 'add // [] | unique' \
        >"$work/nixpkgs/names.json"
}

# with_stand_ins COMMAND ARGUMENT...: COMMAND may be two words, like 'flake show'.
with_stand_ins() {
    command=$1
    shift
    # shellcheck disable=SC2086
    nix $command --no-write-lock-file --override-input nixpkgs "path:$work/nixpkgs" "$@"
}

# has_input NAME FOLDER: a rendered flake
has_input() { jq -e --arg input "$1" '.nodes.root.inputs[$input]' "$2/flake.lock" >/dev/null; }

# The same for a rendered flake, FOLDER[#ATTRIBUTE], which has inputs as its hosts need them. The project is no
# stand-in: its engine is really built.
with_all_stand_ins() {
    command=$1 flake=$2
    shift 2
    set -- "$flake" "$@"
    for input in home-manager nix-darwin system-manager; do
        if has_input "$input" "${flake%%#*}"; then
            set -- --override-input "$input" "path:$work/$input" "$@"
        fi
    done
    ! has_input agent-sandbox "${flake%%#*}" ||
        set -- --override-input agent-sandbox "git+file://$work/project" "$@"
    with_stand_ins "$command" "$@"
}

current_system() { nix eval --impure --raw --expr builtins.currentSystem; }

commit_all() {
    git -C "$1" init -q && git -C "$1" add -A -f && git -C "$1" \
        -c user.name=test -c user.email=test@example.org commit -q --allow-empty -m test
}

# The golden trees are kept without the folders that every repository is shipped with.
add_shipped() {
    [ ! -d "$1/modules" ] || return 0
    for pair in bin:bin nix:modules probes:probes proxy:proxy; do
        mkdir -p "$1/${pair#*:}" && cp -R "$root/modules/${pair%%:*}/." "$1/${pair#*:}/" || return 1
    done
    find "$1" -name __pycache__ -prune -exec rm -rf {} +
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
