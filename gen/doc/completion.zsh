#compdef agent-sandbox
_agent_sandbox() {
    local -a commands
    commands=(
        'init:write a starter spec for a project'\''s folder'
        'up:check, render, ask, and apply'
        'check:find every mistake in specs'
        'resolve:print a spec with all that it extends merged into it'
        'explain:say whether a spec allows something, and why'
        'render:render specs and commit the result'
        'diff:show what render would change, policy first'
        'pin:pin a flake input to a commit of a local clone'
        'log:list the generations, newest first'
        'show:show one generation'
        'rollback:commit an older generation'\''s tree again'
        'checkout:give one sandbox of a fleet a work tree'
        'reproduce:render a generation'\''s spec again and compare'
        'publish:push the generations to a remote repository'
        'doctor:say what this host lacks'
        'apply:make this host the newest generation, and verify it'
        'run:run a command as the agent'
        'shell:open a shell as the agent'
        'status:say what runs'
        'drift:compare this host with what is applied'
        'logs:show what the proxy decided'
        'verify:attack every guarantee on this host'
        'secrets:run the commands that give secrets again'
        'learn:propose rules from what an audit run asked for'
        'remove:take everything away but the workspaces'
        'schema:print the JSON Schema of specs'
        'vocabulary:print what the proxy has in common with specs, as JSON'
        'man:print the manual page (agent-sandbox man | man -l -)'
        'completion:print the completion of bash, zsh or fish'
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
    init)
        _arguments \
        '*--agent[an agent whose preset the spec uses; may be repeated]:agent:(aider claude-code codex gemini-cli opencode)' \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--help[print help]' \
        '1:folder:_files -/'
        ;;
    up)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--sign[the file of the ssh key that signs the commit]:KEY:_files' \
        '*--yes[do not ask]' \
        '*--verbose[every row, also of what holds; of render, the files]' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    check)
        _arguments \
        '*--json[print JSON, for programs]' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    resolve)
        _arguments \
        '*--json[print JSON, for programs]' \
        '*--origins[say where each value comes from]' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    explain)
        _arguments \
        '*--json[print JSON, for programs]' \
        '*--method[the method of the request; without it, GET]:NAME:_files' \
        '*--live[ask the policy that is applied on this host, not the spec]' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    render)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--fleet[the bare repository that holds many sandboxes]:REPO:_files' \
        '*--json[print JSON, for programs]' \
        '*--sign[the file of the ssh key that signs the commit]:KEY:_files' \
        '*--verbose[every row, also of what holds; of render, the files]' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    diff)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--patch[print the changed lines too]' \
        '*--exit-code-on[what makes diff exit with 3: any change, or widening]:what:(any widening)' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    pin)
        _arguments \
        '*--json[print JSON, for programs]' \
        '*--from[a local clone of the input'\''s repository]:DIR:_files' \
        '*--rev[the commit to pin, as git reads it]:REV:_files' \
        '*--help[print help]' \
        '1:input:(nixpkgs home-manager nix-darwin system-manager agent-sandbox)' \
        '*:spec:_files -g "*.json"'
        ;;
    log)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--signature[say who signed it]' \
        '*--policy[print what each generation changed for the agent]' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    show)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--signature[say who signed it]' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    rollback)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--name[one sandbox of a fleet]:NAME:_files' \
        '*--sign[the file of the ssh key that signs the commit]:KEY:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    checkout)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--fleet[the bare repository that holds many sandboxes]:REPO:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    reproduce)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--name[one sandbox of a fleet]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    publish)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    doctor)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    apply)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--dry-run[check everything, print what would change, change nothing]' \
        '*--try[undo the change after that, unless it is confirmed]:SECONDS:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    run)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    shell)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    status)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    drift)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--verbose[every row, also of what holds; of render, the files]' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    logs)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--denied[only what was refused, without what verify asked for]' \
        '*--all[what verify asked for, too]' \
        '*--follow[go on printing]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    verify)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--list[name the attacks, and make none]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--verbose[every row, also of what holds; of render, the files]' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    secrets)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    learn)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    remove)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--yes[do not ask]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    schema)
        _arguments \
        '*--help[print help]' \
        '*:argument:'
        ;;
    vocabulary)
        _arguments \
        '*--help[print help]' \
        '*:argument:'
        ;;
    man)
        _arguments \
        '*--help[print help]' \
        '*:argument:'
        ;;
    completion)
        _arguments \
        '*--help[print help]' \
        '1:shell:(bash zsh fish)'
        ;;
    esac
}
_agent_sandbox "$@"
