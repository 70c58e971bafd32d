# Sourced by agent_cli, in whose sessions the agents run beside these files: what managed settings hold them outside, what
# a session sees of them, and whose files apply leaves alone.
# shellcheck shell=sh disable=SC2154

# outside COMMAND...: what an operator types without the sandbox
outside() {
    inside su -c 'cd && exec env PATH=/usr/local/bin:/usr/bin:/bin ANTHROPIC_API_KEY=x OPENAI_API_KEY=x GEMINI_API_KEY=x \
        ANTHROPIC_BASE_URL=http://127.0.0.1:9 CLAUDE_CODE_MAX_RETRIES=0 GEMINI_CLI_TRUST_WORKSPACE=true timeout 60 "$@"' -- admin x "$@" >"$work/said" 2>&1 </dev/null
}

test_managed() {
    hosts='api.anthropic.com open.live.org platform.claude.com'
    spec claude-code api.anthropic.com key '"header": "x-api-key"' ANTHROPIC_API_KEY "$key_placeholder"
    outside claude -p hello
    expect_lines 'outside, Claude Code wants a sandbox of its own' "$work/said" \
        '^Error: sandbox required but unavailable' 'Refusing to start without a working sandbox'
    # It ends there; what it makes of the rest it says where no sandbox is asked for.
    settings=$machine/root/etc/claude-code/managed-settings.json
    cp -p "$settings" "$work/managed.json"
    jq 'del(.sandbox)' "$work/managed.json" >"$settings"
    outside claude -p --output-format stream-json --verbose --dangerously-skip-permissions hello
    cp -p "$work/managed.json" "$settings"
    expect_lines 'and Claude Code takes no bypass' "$work/said" '"permissionMode":"default"'
    outside codex exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox hello
    expect_lines 'Codex takes no bypass' "$work/said" 'requirements do not allow .sandbox_mode = "danger-full-access"'
    outside python3 /usr/local/lib/managed.py codex codex
    expect_output "$hosts" 'and has the hosts of the rules alone' jq -r '.network |
        select(.enabled and .managedAllowedDomainsOnly) | .allowedDomains | sort | join(" ")' "$work/said"
    outside gemini --yolo -p hello
    expect_lines 'Gemini CLI has no YOLO mode' "$work/said" 'YOLO mode is disabled'
    expect_no_line 'and nothing to say against its settings' "$work/said" 'Invalid configuration'
    outside python3 /usr/local/lib/managed.py copilot copilot
    # shellcheck disable=SC2016
    expect_output "$hosts" 'Copilot CLI has the hosts of the rules alone, for itself and for commands' jq -r '
        select(.permissions.disableBypassPermissionsMode == "disable") |
        (.permissions.limitTo | map(ltrimstr("Domain(") | rtrimstr(")"))) as $own |
        select(.sandbox.userPolicy.network.allowedHosts == $own) | $own | sort | join(" ")' "$work/said"
    expect_output '' 'a session sees none of that' session sh -c \
        'cd /etc && ls claude-code codex github-copilot gemini-cli | grep -v ":$" | grep .'
    sed '/"managed"/d' "$work/spec.json" >"$work/without.json"
    apply "$work/without.json"
    expect_failure 'taken out of the spec they are gone, with their folders' 'No such file' inside ls /etc/codex
    inside sh -c 'mkdir /etc/codex && echo "# theirs" >/etc/codex/requirements.toml'
    rm -rf "$machine/root/opt/demo"
    build/agent-sandbox render "$work/spec.json" -o "$work/demo" >/dev/null && cp -r "$work/demo" "$machine/root/opt/demo"
    expect_failure "somebody else's file is not written over" \
        '/etc/codex/requirements.toml is there, and this sandbox has not put it there' inside /opt/demo/bin/agent-sandbox apply
    expect_output '# theirs' 'and stays' inside cat /etc/codex/requirements.toml
    inside rm -r /etc/codex
    expect 'moved away, ours is put there' inside /opt/demo/bin/agent-sandbox apply
    inside sh -c 'echo "{}" >/etc/gemini-cli/settings.json'
    inside /opt/demo/bin/agent-sandbox remove --yes >"$work/said" 2>&1
    expect_lines 'remove says what stays' "$work/said" '/etc/gemini-cli/settings.json stays: '
    expect_output '' 'remove takes them away' inside sh -c 'ls -d /etc/codex /etc/claude-code /etc/github-copilot 2>/dev/null'
    expect_output '{}' 'but not what somebody has changed' inside cat /etc/gemini-cli/settings.json
}
