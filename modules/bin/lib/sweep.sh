# After a session: which files did it leave in a workspace that an operator's tools run without
# asking? They are only named, never touched. Root walks folders that the agent can write, so
# nothing here follows a link (find -P) or opens a file.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# sweep REFERENCE: what is newer than this file
sweep() {
    for workspace in $WORKSPACES_RW; do
        find -P "$workspace" -maxdepth 6 -name node_modules -prune -o \
            \( -type f -o -type l \) -newer "$1" \( \
            -path '*/.git/hooks/*' -o -path '*/.git/config' -o -path '*/.git/info/attributes' -o \
            -path '*/.vscode/*.json' -o -path '*/.husky/*' -o -path '*/.idea/*.xml' -o \
            -path '*/.github/workflows/*' -o -path '*/.devcontainer/*' -o \
            -name .envrc -o -name .gitmodules -o -name .gitattributes -o \
            -name package.json -o -name Makefile -o -name justfile -o \
            -name .pre-commit-config.yaml -o -name conftest.py -o -name build.rs -o \
            -name flake.nix -o -name .mise.toml -o -name .tool-versions \) -print 2>/dev/null
    done | tr -c '\n\40-\176' '?' >"${scratch:?}/swept"
    [ -s "$scratch/swept" ] || return 0
    warn 'this session wrote files that your own tools may run: read them first'
    head -n 20 "$scratch/swept" | sed 's/^/  /' >&2
    [ "$(wc -l <"$scratch/swept")" -le 20 ] || echo '  and more' >&2
}
