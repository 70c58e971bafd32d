# bash completion of agent-sandbox
_agent_sandbox() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='init up check resolve explain render diff pin log show rollback checkout reproduce publish doctor apply run shell status drift logs verify secrets learn remove schema vocabulary man completion --help --version'
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
        return
    fi
    case $before in
    --agent) words='aider claude-code codex gemini-cli opencode' ;;
    --exit-code-on) words='any widening' ;;
    -o | --output | --from)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    *)
        case ${COMP_WORDS[1]} in
        init) words=' --agent --output --help' ;;
        up) words=' --output --sign --yes --verbose --help' ;;
        check) words=' --json --help' ;;
        resolve) words=' --json --origins --help' ;;
        explain) words=' --json --method --live --help' ;;
        render) words=' --output --fleet --json --sign --verbose --help' ;;
        diff) words=' --output --json --patch --exit-code-on --help' ;;
        pin) words='nixpkgs home-manager nix-darwin system-manager agent-sandbox --json --from --rev --help' ;;
        log) words=' --output --json --signature --policy --help' ;;
        show) words=' --output --json --signature --help' ;;
        rollback) words=' --output --json --name --sign --help' ;;
        checkout) words=' --output --fleet --help' ;;
        reproduce) words=' --output --json --name --help' ;;
        publish) words=' --output --help' ;;
        doctor) words=' --output --help' ;;
        apply) words=' --output --dry-run --try --help' ;;
        run) words=' --output --sandbox --help' ;;
        shell) words=' --output --sandbox --help' ;;
        status) words=' --output --sandbox --help' ;;
        drift) words=' --output --json --sandbox --verbose --help' ;;
        logs) words=' --output --json --denied --all --follow --sandbox --help' ;;
        verify) words=' --output --json --list --sandbox --verbose --help' ;;
        secrets) words=' --output --sandbox --help' ;;
        learn) words=' --output --sandbox --help' ;;
        remove) words=' --output --yes --sandbox --help' ;;
        schema) words=' --help' ;;
        vocabulary) words=' --help' ;;
        man) words=' --help' ;;
        completion) words='bash zsh fish --help' ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    case ${COMP_WORDS[1]} in
    up | check | resolve | explain | render | diff | pin)
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X '!*.json' -- "$word"; compgen -d -- "$word")
        ;;
    init)
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word")
        ;;
    esac
}
complete -o filenames -F _agent_sandbox agent-sandbox
