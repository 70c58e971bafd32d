# After a session: which files did it leave in a workspace that an operator's tools run without
# asking? They are only named, never touched. Root walks folders that the agent can write, so
# nothing here follows a link (find -P), and a package.json is opened by descriptors alone.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

SWEPT_LINES=100

# sweep KEEP: what has changed since KEEP/start. By the time of change (ctime), which nobody can set
# back; and folders too, since one that is moved here brings its files with their times.
sweep() {
    for workspace in $WORKSPACES_RW; do
        # The depth is repositories.py's.
        find -P "$workspace" -maxdepth 9 -name node_modules -prune -o \
            -path '*/.git/objects' -prune -o -cnewer "$1/start" \( \
            -name .git -o -path '*/.git/hooks' -o -path '*/.git/modules/*/hooks' -o \
            -name .husky -o -name .vscode -o -name .idea -o -name .devcontainer -o \
            -type f \( -perm -4000 -o -perm -2000 \) -o \( -type f -o -type l \) \( \
            -path '*/.git/hooks/*' -o -path '*/.git/config' -o -path '*/.git/config.worktree' -o \
            -path '*/.git/commondir' -o -path '*/.git/info/attributes' -o \
            -path '*/.git/rebase-*/git-rebase-todo' -o \
            -path '*/.git/*/config.worktree' -o -path '*/.git/modules/*/hooks/*' -o \
            -path '*/.git/modules/*/config' -o -path '*/.git/modules/*/commondir' -o \
            -name HEAD ! -path '*/.git/*' -o \
            -path '*/.vscode/*.json' -o -name '*.code-workspace' -o -path '*/.husky/*' -o \
            -path '*/.idea/*.xml' -o -path '*/.devcontainer/*' -o -path '*/.zed/*.json' -o \
            -path '*/.claude/settings*.json' -o -name .mcp.json -o -path '*/.cursor/mcp.json' -o \
            -path '*/.github/workflows/*' -o -name .gitlab-ci.yml -o \
            -name .envrc -o -name .gitmodules -o -name .gitattributes -o -name package.json -o \
            -name .npmrc -o -name .yarnrc.yml -o -name .pnp.cjs -o \
            -name Makefile -o -name makefile -o -name GNUmakefile -o -name justfile -o \
            -name Taskfile.yml -o -name Rakefile -o -name Vagrantfile -o -name lefthook.yml -o \
            -name .pre-commit-config.yaml -o -name conftest.py -o -name sitecustomize.py -o \
            -name build.rs -o -path '*/.cargo/config*' -o -name gradlew -o -name mvnw -o \
            -name flake.nix -o -name shell.nix -o -name default.nix -o -name .exrc -o \
            -name .nvim.lua -o -name mise.toml -o -name .mise.toml -o -name .tool-versions \
            \) \) -print0 2>/dev/null
    done >"$1/found"
    [ -s "$1/found" ] || return 0
    name_swept "$1" >"$1/swept"
    [ -s "$1/swept" ] || return 0
    warn 'this session wrote files that your own tools may run: read them first'
    head -n "$SWEPT_LINES" "$1/swept" | sed 's/^/  /' >&2
    more=$(($(wc -l <"$1/swept") - SWEPT_LINES))
    [ "$more" -le 0 ] || echo "  and $more more" >&2
}

# Without those that are as they were.
name_swept() {
    python=$(find_python)
    if [ -n "$python" ]; then
        "$python" -ISB "$TREE/bin/lib/scripts.py" "$1" <"$1/found"
    else
        tr '\0\n' '\n?' <"$1/found" | tr -c '\n\40-\176' '?'
    fi
}
