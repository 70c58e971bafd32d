# bash completion of agent-sandbox
_agent_sandbox() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='init up check resolve explain lint report render diff allow pin update log show rollback export import approve checkout reproduce publish doctor apply run shell projects attach sessions stop paste status drift logs verify report-check secrets login logout ask grant revoke grants land editor learn remove signatures schema vocabulary man completion --help --version'
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
        return
    fi
    case $before in
    --agent) words='aider claude-agent-acp claude-code cline codex-acp codex copilot droid gemini-cli kilo opencode pi qwen-code' ;;
    --exit-code-on) words='any widening' ;;
    -o | --output | --from)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    *)
        case ${COMP_WORDS[1]} in
        init) words=' --agent --login --team --output --name --help' ;;
        up) words=' --output --sign --yes --verbose --help' ;;
        check) words=' --json --help' ;;
        resolve) words=' --json --origins --help' ;;
        explain) words=' --json --method --live --help' ;;
        lint) words=' --json --log --verbose --help' ;;
        report) words=' --output --log --since --until --sandbox --help' ;;
        render) words=' --output --fleet --json --sign --verbose --help' ;;
        diff) words=' --output --json --patch --exit-code-on --help' ;;
        allow) words=' --method --reason --until --sandbox --help' ;;
        pin) words='nixpkgs home-manager nix-darwin system-manager agent-sandbox --json --from --rev --help' ;;
        update) words=' --json --pinned --dry-run --help' ;;
        log) words=' --output --json --signature --policy --help' ;;
        show) words=' --output --json --signature --help' ;;
        rollback) words=' --output --json --name --sign --help' ;;
        export) words=' --output --json --lossy --matrix --help' ;;
        import) words=' --output --json --name --help' ;;
        approve) words=' --output --key --yes --sandbox --help' ;;
        checkout) words=' --output --fleet --help' ;;
        reproduce) words=' --output --json --name --help' ;;
        publish) words=' --output --help' ;;
        doctor) words=' --output --help' ;;
        apply) words=' --output --dry-run --try --help' ;;
        run) words=' --output --open-browser --worktree --clone --acp --detach --ephemeral --project --sandbox --help' ;;
        shell) words=' --output --open-browser --worktree --clone --detach --ephemeral --project --sandbox --help' ;;
        projects) words=' --output --json --remove --stale --sandbox --help' ;;
        attach) words=' --output --sandbox --help' ;;
        sessions) words=' --output --json --sandbox --help' ;;
        stop) words=' --output --all --sandbox --help' ;;
        paste) words=' --output --image --sandbox --help' ;;
        status) words=' --output --sandbox --help' ;;
        drift) words=' --output --json --sandbox --verbose --help' ;;
        logs) words=' --output --json --denied --all --follow --ocsf --otlp --check --sandbox --help' ;;
        verify) words=' --output --json --list --report --sandbox --verbose --help' ;;
        report-check) words=' --into --help' ;;
        secrets) words=' --output --sandbox --help' ;;
        login) words=' --output --from --client --open-browser --sandbox --help' ;;
        logout) words=' --output --sandbox --help' ;;
        ask) words=' --output --plain --sandbox --help' ;;
        grant) words=' --output --method --for --once --session --reason --until --sandbox --help' ;;
        revoke) words=' --output --all --sandbox --help' ;;
        grants) words=' --output --json --sandbox --help' ;;
        land) words=' --output --json --diff --fast-forward --cherry-pick --patch --remove --discard --commit --yes --sandbox --help' ;;
        editor) words=' --output --json --sandbox --help' ;;
        learn) words=' --output --fold --sandbox --help' ;;
        remove) words=' --output --yes --sandbox --help' ;;
        signatures) words=' --json --help' ;;
        schema) words=' --help' ;;
        vocabulary) words=' --help' ;;
        man) words=' --help' ;;
        completion) words='bash zsh fish --help' ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    case ${COMP_WORDS[1]} in
    up | check | resolve | explain | lint | render | diff | allow | pin | update | export | ask)
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X '!*.json' -- "$word"; compgen -d -- "$word")
        ;;
    init)
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word")
        ;;
    esac
}
complete -o filenames -F _agent_sandbox agent-sandbox
