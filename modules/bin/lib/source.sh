# Where the committed tree comes from, and how it is read without running anything that lies in it.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# TREE: the folder that this command works from: -o, the script's own, or the one around us, of which
# nothing but data is taken.
find_tree() {
    OWN_TREE=${LIBRARY%/bin/lib} TREE=${LIBRARY%/bin/lib} TREE_CALLER=any TREE_WAY=''
    if [ -n "$DIRECTORY" ]; then
        TREE=$(cd -P -- "$DIRECTORY" 2>/dev/null && pwd -P) || refuse "no folder $DIRECTORY"
        case $DIRECTORY in
        /*) TREE_WAY=$DIRECTORY ;;
        *) TREE_WAY=$(pwd -P)/$DIRECTORY ;;
        esac
    elif [ ! -e "$TREE/.git" ] && ! in_generation && needs_repository; then
        find_tree_around
    fi
    [ -f "$TREE/sandbox.json" ] || refuse "$TREE is not a rendered sandbox"
    conf=$TREE/$SYSTEM/host.conf
    # What others wrote may be of any size.
    [ "$TREE" = "$OWN_TREE" ] || [ -z "$(find "$conf" -prune -size +128 2>/dev/null)" ] ||
        refuse "$conf is too long"
    conf_load "$conf"
}

needs_repository() {
    case $command in
    apply | drift | remove) ;;
    *) [ ! -f "$TREE/sandbox.json" ] ;;
    esac
}

# This very script is the applied copy. On NixOS that leads into the store, where any user's copy
# lies, too; what tells them apart is the name it was started by, which sudo takes from its own file.
in_generation() {
    case $0 in
    /var/lib/agent-sandbox/* | /var/db/agent-sandbox/*) return 0 ;;
    esac
    [ -e "$LIBRARY/../../../../current" ]
}

# NixOS's and nix-darwin's modules apply without this script. nix-darwin's copies the tree, and leaves
# a mark beside the copies.
managed_by_nix() {
    case $TREE in
    /nix/store/*) return 0 ;;
    esac
    [ "$SYSTEM" = darwin ] && [ -e "$STATE/managed-by-nix" ]
}

# What is found by looking around must be the caller's own.
find_tree_around() {
    folder=$(pwd -P)
    until [ -f "$folder/sandbox.json" ] && [ -e "$folder/.git" ]; do
        [ "$folder" != / ] || break
        folder=$(dirname -- "$folder")
    done
    if [ "$folder" != / ]; then
        TREE=$folder TREE_CALLER=$(caller_uid)
    elif [ ! -f "$TREE/sandbox.json" ]; then
        refuse 'no rendered sandbox is around this folder: say which with -o DIR'
    fi
}

caller_uid() {
    if is_root && is_number "${SUDO_UID-}"; then
        echo "$SUDO_UID"
    else
        id -u
    fi
}

GIT=''
find_git() {
    [ -z "$GIT" ] || return 0
    GIT=$(find_tool git) || {
        [ "$SYSTEM" = linux ] || die 'git is missing: xcode-select --install has it'
        die 'git is missing'
    }
}

# Only plumbing that neither runs hooks, filters, fsmonitor nor an external diff, because each of
# these is a command line in a file of the repository; and as the user who owns the repository, so
# that whatever git itself gets wrong happens without root's rights.
tree_git() {
    set -- env -i "PATH=$PATH" HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 \
        GIT_CONFIG_GLOBAL=/dev/null GIT_NO_REPLACE_OBJECTS=1 GIT_OPTIONAL_LOCKS=0 GIT_NO_LAZY_FETCH=1 \
        "$GIT" -c core.fsmonitor=false -c core.hooksPath=/dev/null -c core.pager=cat -c protocol.allow=never \
        -c "safe.directory=$TREE" -C "$TREE" --git-dir="$TREE/.git" "$@"
    if is_root && [ "$TREE_OWNER" -ne 0 ]; then
        drop_to "$TREE_OWNER" "$@"
    else
        "$@"
    fi
}

drop_to() {
    if have setpriv; then
        to=$1 && shift
        setpriv --reuid "$to" --regid "$(id -g "$to")" --clear-groups "$@"
    else
        to=$(id -un "$1") && shift
        sudo -u "$to" -- "$@"
    fi
}

# Neither the agent nor a stranger may be able to write the repository or a folder above it: what
# root applies would be theirs. Before git or anything else looks into it.
prove_tree() {
    python=$(find_python)
    [ -n "$python" ] || die 'python3 is missing: it looks at who can write the repository'
    reason=$("$python" -ISB "$LIBRARY/proof.py" "${STATE%/*}" "$SYSTEM" "$TREE" "${TREE_WAY:-$TREE}" \
        "$TREE_CALLER") || refuse "${reason:-cannot tell who can write $TREE}"
    TREE_OWNER=$(owner_of "$TREE") && is_number "$TREE_OWNER" || die "cannot tell whose $TREE is"
}

owner_of() {
    # shellcheck disable=SC2012
    ls -ldn -- "$1" | awk 'NR == 1 { print $3 }'
}

# COMMIT: HEAD.
read_commit() {
    find_git
    prove_tree
    COMMIT=$(tree_git rev-parse --verify --quiet 'HEAD^{commit}') ||
        refuse "$TREE has no commit"
    case $COMMIT in
    *[!0-9a-f]* | '') die 'git gave no commit id' ;;
    esac
}

# extract_commit FOLDER: HEAD's files, blob by blob: git archive would run smudge filters. Only
# plain files are taken, so no link of the tree can lead root elsewhere.
extract_commit() {
    listing=$1/.listing
    mkdir -p "$1" && tree_git ls-tree -r "$COMMIT" >"$listing" || return 1
    if grep -Ev '^100(644|755) blob [0-9a-f]+	[A-Za-z0-9._+@/-]+$' "$listing" >&2; then
        warn 'the commit holds something other than plain files with plain names'
        return 1
    fi
    while IFS=' 	' read -r mode _ object path; do
        case /$path/ in
        */../* | */./* | */.git/*) return 1 ;;
        esac
        mkdir -p "$(dirname -- "$1/$path")" &&
            tree_git cat-file blob "$object" >"$1/$path" </dev/null || return 1
        chmod "0${mode#100}" "$1/$path"
    done <"$listing" || return 1
    check_extracted "$1" "$listing" || return 1
    rm -f "$listing"
}

# The commit id that was reviewed stands for these very bytes: hash them again.
check_extracted() {
    cut -d ' ' -f 3 "$2" | cut -f 1 >"$1/.wanted" &&
        cut -f 2 "$2" | hash_files "$1" >"$1/.got" &&
        cmp -s "$1/.wanted" "$1/.got" && tree_is_committed "$2" || {
        warn 'a file of the commit does not have the content that its id promises'
        return 1
    }
    rm -f "$1/.wanted" "$1/.got"
}

# hash_files FOLDER: git's ids of the files that are named on the input, without any repository.
hash_files() {
    find_git
    (cd -- "$1" && env -i "PATH=$PATH" HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 \
        GIT_CONFIG_GLOBAL=/dev/null "$GIT" --git-dir=/nonexistent hash-object --no-filters --stdin-paths)
}

# tree_listing FOLDER: mode, id and path of each file, as ls-tree has them; "other" for what no
# commit of ours can hold.
tree_listing() {
    paths=$(mktemp) || return 1
    for mode in 0755 0644; do
        (cd -- "$1" && find . -type f -perm "$mode" -print) | cut -c 3- >"$paths"
        # shellcheck disable=SC2094
        hash_files "$1" <"$paths" | paste - "$paths" | sed "s/^/10$mode blob /"
    done
    rm -f "$paths"
    (cd -- "$1" && find . ! -type d ! \( -type f \( -perm 0755 -o -perm 0644 \) \) -print) |
        sed 's/^\.\//other	/'
}

# A name is all that ties what is applied to a repository. One that was rendered under another name
# before would leave that sandbox behind: its users, its firewall, its proxy and who may use them.
check_renamed() {
    for other in "${STATE%/*}"/*/current; do
        other_name=${other%/current} other_name=${other_name##*/}
        before=$(readlink "$other") && before=${before##*/} && [ "$other_name" != "$NAME" ] || continue
        case $before in
        '' | *[!0-9a-f]*) continue ;;
        esac
        tree_git merge-base --is-ancestor "$before" "$COMMIT" 2>/dev/null || continue
        warn "this repository was rendered as '$other_name' before, and that is applied here: it would stay." \
            "Remove it first (the workspaces stay): sudo $other/bin/agent-sandbox remove"
        return 1
    done
}

# Root runs this script's own text, whose folder the caller has named, or root's program has made.
# Another version's may write down other things than the generation's own will look for.
check_scripts() {
    [ "$TREE" != "$OWN_TREE" ] || return 0
    (cd -- "$1" && find bin probes -type f) | while read -r file; do
        cmp -s "$1/$file" "$OWN_TREE/$file" || {
            warn "$TREE was rendered by another version of agent-sandbox ($file differs): render it again," \
                "or run $TREE/bin/agent-sandbox apply"
            return 1
        }
    done
}

# The work tree must be the commit: otherwise what was read and what is applied differ. What the
# emitted .gitignore names does not count: nix build's and direnv's own leavings.
check_clean() {
    differences=$(diff -rq -x .git -x .direnv -x result -x 'result-*' "$1" "$TREE" 2>&1)
    [ -z "$differences" ] && return 0
    printf '%s\n' "$differences" | sed "s|^|  |" | tr -cd '\n\40-\176' | head -n 20 >&2
    refuse "$TREE is not as committed: commit or remove these differences first"
}
