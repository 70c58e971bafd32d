# Sourced by tests/nix/run: what the rendered flake's checks are for. Each is broken once in a copy of a
# tree, and must be the one that fails.
# shellcheck shell=sh

# CHECK|FILE|SED-SCRIPT: one slip of a pen each
slips() {
    cat <<'END'
json|proxy/policy.json|$d
scripts|bin/publish-ca|s/^esac$//; s/^done$//
policy|proxy/policy.json|s/"methods"/"method"/
plists|darwin/launchd/*.egress.plist|s/<\/dict>//
sudoers|linux/sudoers.d/*|s/NOPASSWD:/NOPASSWORD:/
sudoers|darwin/sudoers.d/*|s/ALL = /ALL /
units|linux/systemd/*-egress.service|s/^ProtectClock=/ProtectClocks=/
units|linux/systemd/*-nft.service|s/^Type=oneshot/Type=once/
units|linux/systemd/*-netns.service|s|^ExecStart=ip |ExecStart=/usr/bin/pi |
units|linux/systemd/*-relay.socket|s/^ListenStream=.*/ListenStream=:x/
accounts|linux/sysusers.d/*|s/^u \([^ ]*\) [0-9]*/u \1 60600/
firewall|linux/nftables/*|s/ goto refuse_agent/ goto refuse_agents/
END
}

refuses() {
    copy=$work/slip
    rm -rf "$copy" && cp -R "$1" "$copy" || return 1
    # shellcheck disable=SC2086
    set -- "$2" "$3" "$copy"/$4
    cp "$3" "$work/before" && sed "$2" "$work/before" >"$3" && ! cmp -s "$work/before" "$3" &&
        commit_all "$copy" &&
        ! with_all_stand_ins build "$copy#checks.$(current_system).$1" --no-link
}

test_refusals() {
    slips >"$work/slips"
    while IFS='|' read -r one file script <&3; do
        check "checks.$one refuses $file: $script" refuses "$1" "$one" "$script" "$file"
    done 3<"$work/slips"
}
