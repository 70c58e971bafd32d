# Sourced by agent_cli: the agents that a commit takes in turn, each in a session with its preset: a prompt, what it sends,
# what it is told, and its first start in a terminal. AGENTS names them, or is all.
# shellcheck shell=sh disable=SC2154

# Two for each commit, by its id: installing all takes more than the rest of this test.
choose_newer() {
    case ${AGENTS-} in
    all) AGENTS='pi qwen copilot cline droid acp kilo' ;;
    '')
        commit=$(git rev-parse -q --verify HEAD 2>/dev/null | cut -c1-7)
        case $((0x${commit:-0} % 4)) in
        0) AGENTS='pi qwen' ;;
        1) AGENTS='copilot cline' ;;
        2) AGENTS='droid acp' ;;
        3) AGENTS='kilo copilot' ;;
        esac
        ;;
    esac
    echo "of the newer agents: $AGENTS; to repeat it: AGENTS='$AGENTS' tests/live/agent_cli"
}

# What npm calls them; of programs that are built, the package for this machine alone.
newer_packages() {
    echo @agentclientprotocol/sdk@2.4.0
    for agent in $AGENTS; do
        case $agent in
        pi) echo "@earendil-works/pi-coding-agent@${PI:-1.6.0}" ;;
        qwen) echo "@qwen-code/qwen-code@${QWEN:-0.24.4}" ;;
        cline) echo "@cline/cli-linux-$cpu@${CLINE:-3.0.65}" ;;
        droid) echo "@factory/cli-linux-$cpu@${DROID:-0.225.2}" ;;
        kilo) echo "@kilocode/cli-linux-$cpu@${KILO:-7.7.9}" ;;
        acp) echo "@agentclientprotocol/claude-agent-acp@${CLAUDE_ACP:-0.101.0} @agentclientprotocol/codex-acp@${CODEX_ACP:-2.6.0}" ;;
        esac
    done
}

# Where the machine's own /usr/local will be, before it is booted: nothing is copied.
install_newer() {
    wanted=$(newer_packages)
    [ -n "$wanted" ] || return 0
    local=$machine/upper/usr/local
    mkdir -p "$local/lib/newer" "$local/bin"
    # shellcheck disable=SC2086
    npm install --prefix "$local/lib/newer" --no-audit --no-fund --omit=optional $wanted >"$work/out" 2>&1 || {
        cat "$work/out"
        exit 1
    }
    for program in pi:@earendil-works/pi-coding-agent/dist/bundle/cli.js qwen:@qwen-code/qwen-code/cli-entry.js \
        cline:@cline/cli-linux-$cpu/bin/cline droid:@factory/cli-linux-$cpu/bin/droid kilo:@kilocode/cli-linux-$cpu/bin/kilo \
        claude-agent-acp:@agentclientprotocol/claude-agent-acp/dist/index.js \
        codex-acp:@agentclientprotocol/codex-acp/dist/index.js; do
        file=node_modules/${program#*:}
        [ ! -e "$local/lib/newer/$file" ] || ln -s "../lib/newer/$file" "$local/bin/${program%%:*}"
    done
    chmod 755 "$local"/lib/newer/node_modules/*/*/bin/* "$local"/bin/* 2>/dev/null
}

# answers HOST FIELD VALUE SECRET PLACEHOLDER COMMAND...: to one prompt, with the secret where it belongs and nowhere else
answers() {
    host=$1 field=$2 value=$3 secret=$4 placeholder=$5 && shift 5
    session "$@" >"$work/said" 2>&1 </dev/null
    expect_lines "$(jq -r '.agents[0]' "$work/spec.json") answers" "$work/said" 'The world says hello\.'
    sends "$host" "$field" "$value" 'each request carries the key'
    keeps_secret "$secret" "$placeholder"
}

# first_start PATTERN COMMAND...: in a terminal it comes to this without a question
first_start() {
    pattern=$1 && shift
    start_screen "$1" "$@"
    expect "$1 starts in a terminal, and asks nothing" screen_shows "$pattern" "$1"
    screen kill-server
}

with_anthropic() {
    spec "$1" api.anthropic.com key '"header": "x-api-key"' ANTHROPIC_API_KEY "$key_placeholder" && shift
    answers api.anthropic.com x-api-key "$key" "$key" "$key_placeholder" "$@"
    tells_model
}

test_pi() {
    with_anthropic pi pi -p hello
    first_start '/ commands' pi
}

test_kilo() {
    with_anthropic kilo kilo run hello
    first_start 'Ask anything' kilo
}

test_cline() {
    with_anthropic cline cline 'say hello'
    first_start 'Auto-approve' cline
}

test_qwen() {
    spec qwen-code dashscope.aliyuncs.com qwen '"bearer": true' OPENAI_API_KEY sk-placeholder-not-a-secret
    answers dashscope.aliyuncs.com authorization "Bearer $qwen" "$qwen" sk-placeholder-not-a-secret qwen -p hello
    tells_model
    first_start 'API Key' qwen
}

test_copilot() {
    spec copilot 'api.github.com", "api.individual.githubcopilot.com' copilot '"bearer": true' COPILOT_GITHUB_TOKEN \
        github_pat_placeholder_not_a_secret
    answers api.individual.githubcopilot.com authorization "Bearer $copilot" "$copilot" \
        github_pat_placeholder_not_a_secret copilot -p hello
    tells_model
    first_start '/ commands' copilot
}

# Its exec tells the model nothing of ~/.factory/AGENTS.md.
test_droid() {
    spec droid api.factory.ai factory '"bearer": true' FACTORY_API_KEY fk-placeholder-not-a-secret
    answers api.factory.ai authorization "Bearer $factory" "$factory" fk-placeholder-not-a-secret droid exec hello
    first_start '\? for help' droid
}

# edits COMMAND...: an editor of admin's, outside, in the workspace; with WRITES=yes the agent writes a file there
# shellcheck disable=SC2016
edits() {
    cp tests/live/acp_editor.mjs "$machine/root/usr/local/lib/newer/"
    inside su -c 'cd /srv/agent-sandbox/demo && exec env WRITES="$0" /usr/local/bin/node /usr/local/lib/newer/acp_editor.mjs sudo -n \
        /var/lib/agent-sandbox/demo/current/bin/agent-sandbox run --acp -- "$@"' -- admin "${WRITES-}" "$@" >"$work/said" 2>&1 </dev/null
    expect_lines "$(jq -r '.agents[0]' "$work/spec.json") answers an editor, and lets itself be broken off" "$work/said" \
        '^\["prompt",\["end_turn",".*The world says hello\."\]\]$' '^\["cancel","cancelled"\]$'
    expect_lines '  asks nothing of it for outside, and has no command to log in by' "$work/said" '^\["asked",\[\]\]$' '^\["ways",\[\]\]$'
    expect_lines "  and gets none of its MCP servers, which it is told" "$work/said" "the editor's MCP servers stay outside"
    expect_no_line '  nor what they hold' "$machine/world/requests" of-the-editor
}

test_acp() {
    spec claude-agent-acp api.anthropic.com key '"header": "x-api-key"' ANTHROPIC_API_KEY "$key_placeholder"
    WRITES=yes edits env CLAUDE_CODE_EXECUTABLE=/usr/local/bin/claude claude-agent-acp
    expect_lines '  it asks before it writes' "$work/said" '^\["permission",\["edit",\["/srv/agent-sandbox/demo/greeting.txt"\]\]\]$'
    expect_output hello '  and has written where the editor looks' cat "$machine/root/srv/agent-sandbox/demo/greeting.txt"
    sends api.anthropic.com x-api-key "$key" 'each request carries the key'
    keeps_secret "$key" "$key_placeholder"
    tells_model
    spec codex-acp api.openai.com openai '"bearer": true' OPENAI_API_KEY "$openai_placeholder"
    edits env CODEX_PATH=/usr/local/bin/codex codex-acp
    sends api.openai.com authorization "Bearer $openai" 'each request carries the key'
    keeps_secret "$openai" "$openai_placeholder"
    tells_model
}

test_newer() {
    for agent in $AGENTS; do
        "test_$agent"
    done
}
