#compdef agent-sandbox
_agent_sandbox() {
    local -a commands
    commands=(
        'init:write a starter spec for a project'\''s folder'
        'up:check, render, ask, and apply'
        'check:find every mistake in specs'
        'resolve:print a spec with all that it extends merged into it'
        'explain:say whether a spec allows something, and why'
        'lint:find what is right in a spec, and not as it should be'
        'report:write a page about what a sandbox asked for'
        'render:render specs and commit the result'
        'diff:show what render would change, policy first'
        'allow:write one more rule into a spec'
        'pin:pin a flake input to a commit of a local clone'
        'update:fetch the bases of git repositories, and pin their newest commits'
        'log:list the generations, newest first'
        'show:show one generation'
        'rollback:commit an older generation'\''s tree again'
        'export:write another sandbox'\''s own file from a spec'
        'import:write a spec from another sandbox'\''s own file'
        'approve:sign that a generation may be applied'
        'checkout:give one sandbox of a fleet a work tree'
        'reproduce:render a generation'\''s spec again and compare'
        'publish:push the generations to a remote repository'
        'doctor:say what this host lacks'
        'apply:make this host the newest generation, and verify it'
        'run:run a command as the agent'
        'shell:open a shell as the agent'
        'projects:list the projects that were used, and the agent'\''s homes there'
        'attach:come back to a session'
        'sessions:list the sessions'
        'stop:end a session'
        'paste:give a session what you have copied'
        'status:say what runs'
        'drift:compare this host with what is applied'
        'logs:show what the proxy decided'
        'verify:attack every guarantee on this host'
        'report-check:say what a report of verify shows'
        'secrets:run the commands that give secrets again'
        'login:log in to a service, whose tokens the proxy keeps'
        'logout:forget a login'
        'ask:answer what waits, and what was refused'
        'grant:let one thing through for a while'
        'revoke:end what was granted'
        'grants:list what is granted'
        'land:look at what the agent committed, and bring it over'
        'editor:print the settings by which an editor starts the agent'
        'learn:propose rules from what an audit run asked for'
        'remove:take everything away but the workspaces'
        'signatures:say whose signatures a generation needs'
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
        '*--agent[an agent whose preset the spec uses; may be repeated]:agent:(aider claude-agent-acp claude-code cline codex-acp codex copilot droid gemini-cli kilo opencode pi qwen-code)' \
        '*--login[of init: a login in place of its agents'\'' key; may be repeated]:NAME:_files' \
        '*--team[a team'\''s repository: a base, a spec, and what its CI runs]' \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--name[one sandbox of a fleet; for import, the new one]:NAME:_files' \
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
    lint)
        _arguments \
        '*--json[print JSON, for programs]' \
        '*--log[a log of the proxy'\''s decisions; "-" is standard input]:FILE:_files' \
        '*--verbose[every row, also of what holds; of render, the files]' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    report)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--log[a log of the proxy'\''s decisions; "-" is standard input]:FILE:_files' \
        '*--since[from then on: 2026-01-31T12:00 (UTC), or 7d, 12h, 30m ago]:TIME:_files' \
        '*--until[and before that; for grant and allow, the last day, as 2027-01-31]:TIME:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
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
    allow)
        _arguments \
        '*--method[the method of the request; without it, GET]:NAME:_files' \
        '*--reason[what it is for]:TEXT:_files' \
        '*--until[and before that; for grant and allow, the last day, as 2027-01-31]:TIME:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
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
    update)
        _arguments \
        '*--json[print JSON, for programs]' \
        '*--pinned[fetch what is pinned, and change no pin]' \
        '*--dry-run[check everything, print what would change, change nothing]' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    log)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--signature[say who signed it, and who has to]' \
        '*--policy[print what each generation changed for the agent]' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    show)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--signature[say who signed it, and who has to]' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    rollback)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--name[one sandbox of a fleet; for import, the new one]:NAME:_files' \
        '*--sign[the file of the ssh key that signs the commit]:KEY:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    export)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--lossy[write it although it lets pass what the spec forbids]' \
        '*--matrix[print what it holds and what not, and write nothing]' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    import)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--name[one sandbox of a fleet; for import, the new one]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    approve)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--key[the file of the ssh key that signs the approval]:KEY:_files' \
        '*--yes[do not ask]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
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
        '*--name[one sandbox of a fleet; for import, the new one]:NAME:_files' \
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
        '*--open-browser[open a login'\''s page in your browser]' \
        '*--worktree[begin in a worktree beside the project, on agent/NAME]:NAME:_files' \
        '*--clone[begin in a clone beside it (--clone=NAME names it)]' \
        '*--acp[for an editor: what is asked of it for outside is refused]' \
        '*--detach[start it where nobody looks yet]' \
        '*--ephemeral[it ends with its terminal]' \
        '*--project[begin in this project, not in the one around you]:DIR:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    shell)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--open-browser[open a login'\''s page in your browser]' \
        '*--worktree[begin in a worktree beside the project, on agent/NAME]:NAME:_files' \
        '*--clone[begin in a clone beside it (--clone=NAME names it)]' \
        '*--detach[start it where nobody looks yet]' \
        '*--ephemeral[it ends with its terminal]' \
        '*--project[begin in this project, not in the one around you]:DIR:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    projects)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--remove[the agent'\''s home of this project, never the project]:DIR:_files' \
        '*--stale[the homes of projects that are gone]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    attach)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    sessions)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    stop)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--all[what verify asked for, too]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    paste)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--image[the image that was copied, not the text]' \
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
        '*--ocsf[events of the Open Cybersecurity Schema Framework, 1.8.0]' \
        '*--otlp[a new file of OpenTelemetry'\''s logs; "-" is standard output]:FILE:_files' \
        '*--check[whether no line is missing and none was changed]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    verify)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--list[name the attacks, and make none]' \
        '*--report[of verify: what this host says, as a folder for others]:DIR:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--verbose[every row, also of what holds; of render, the files]' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    report-check)
        _arguments \
        '*--into[write what a report shows into its tests/seen.md]:CHECKOUT:_files' \
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
    login)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--from[of login: what another program keeps of it]:FILE:_files' \
        '*--client[of login: the client'\''s id and its secret]:FILE:_files' \
        '*--open-browser[open a login'\''s page in your browser]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    logout)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    ask)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--plain[a line for each, and no screen]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:spec:_files -g "*.json"'
        ;;
    grant)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--method[the method of the request; without it, GET]:NAME:_files' \
        '*--for[how long: 90s, 30m, 2h, 7d]:TIME:_files' \
        '*--once[for one request]' \
        '*--session[while the sessions that run now last]' \
        '*--reason[what it is for]:TEXT:_files' \
        '*--until[and before that; for grant and allow, the last day, as 2027-01-31]:TIME:_files' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    revoke)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--all[what verify asked for, too]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    grants)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    land)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--diff[of land: the difference alone]' \
        '*--fast-forward[move your branch on to the agent'\''s]' \
        '*--cherry-pick[put the agent'\''s commits on top of yours]' \
        '*--patch[change your files as the agent did, and commit nothing]' \
        '*--remove[take a worktree or clone away that was brought over]' \
        '*--discard[with --remove, also what was not brought over]' \
        '*--commit[only if this is the agent'\''s last commit]:ID:_files' \
        '*--yes[do not ask]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    editor)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--json[print JSON, for programs]' \
        '*--sandbox[the one of the applied sandboxes that has this name]:NAME:_files' \
        '*--help[print help]' \
        '*:argument:'
        ;;
    learn)
        _arguments \
        '*--output[the repository'\''s folder; for init, the spec'\''s file]:PATH:_files' \
        '*--fold[fold rules that look alike, and say what that adds]' \
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
    signatures)
        _arguments \
        '*--json[print JSON, for programs]' \
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
