# Where the committed tree comes from, and how it is read without running anything that lies in it.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# TREE: the folder that this command works from: -o, the script's own, or the one around us.
find_tree() {
    TREE=${LIBRARY%/bin/lib}
    if [ -n "$DIRECTORY" ]; then
        TREE=$(cd -P -- "$DIRECTORY" 2>/dev/null && pwd -P) || refuse "no folder $DIRECTORY"
    elif [ ! -d "$TREE/.git" ] && ! in_generation; then
        around=$(find_tree_around) && TREE=$around
    fi
    [ -f "$TREE/sandbox.json" ] || refuse "$TREE is not a rendered sandbox"
    conf_load "$TREE/$SYSTEM/host.conf"
}

# This very script is the applied copy. On NixOS that leads into the store, where any user's copy
# lies, too; what tells them apart is the name it was started by, which sudo takes from its own file.
in_generation() {
    case $0 in
    /var/lib/agent-sandbox/* | /var/db/agent-sandbox/*) return 0 ;;
    esac
    [ -e "$LIBRARY/../../../../current" ]
}

# NixOS's and nix-darwin's modules apply without this script.
managed_by_nix() {
    case $TREE in
    /nix/store/*) return 0 ;;
    esac
    return 1
}

find_tree_around() {
    folder=$(pwd -P)
    until [ -f "$folder/sandbox.json" ] && [ -d "$folder/.git" ]; do
        [ "$folder" != / ] || return 1
        folder=$(dirname -- "$folder")
    done
    printf '%s\n' "$folder"
}

# Only plumbing that neither runs hooks, filters, fsmonitor nor an external diff, because each of
# these is a command line in a file of the repository; and as the user who owns the repository, so
# that whatever git itself gets wrong happens without root's rights.
tree_git() {
    set -- env -i "PATH=$PATH" HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 \
        GIT_CONFIG_GLOBAL=/dev/null GIT_NO_REPLACE_OBJECTS=1 GIT_OPTIONAL_LOCKS=0 \
        git -c core.fsmonitor=false -c core.hooksPath=/dev/null -c core.pager=cat \
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

owner_and_mode() {
    # shellcheck disable=SC2012
    ls -ldn -- "$1" | awk '{ print $3, $1 }'
}

# Neither the agent nor a stranger may be able to write the repository or a folder above it: what
# root applies would be theirs.
check_tree_owner() {
    [ -d "$TREE/.git" ] && [ ! -L "$TREE/.git" ] ||
        refuse "$TREE is not a git repository: apply works from a commit"
    read -r TREE_OWNER _ <<END
$(owner_and_mode "$TREE")
END
    for workspace in $WORKSPACES_RW; do
        case $TREE/ in
        "$workspace"/*) refuse "$TREE lies in a workspace, where the agent can write" ;;
        esac
    done
    stranger=$(find -P "$TREE" \( -uid "$AGENT_UID" -o -uid "$PROXY_UID" -o -perm -020 \
        \( -gid "$AGENT_UID" -o -gid "$SHARE_GID" \) \) -print 2>/dev/null | head -n 1)
    [ -z "$stranger" ] || refuse "the sandbox itself may write $stranger"
    folder=$TREE/.git
    while :; do
        check_folder_owner "$folder"
        [ "$folder" != / ] || break
        folder=$(dirname -- "$folder")
    done
}

check_folder_owner() {
    read -r owner mode <<END
$(owner_and_mode "$1")
END
    [ "$owner" -ne "$AGENT_UID" ] && [ "$owner" -ne "$PROXY_UID" ] ||
        refuse "$1 belongs to the sandbox itself"
    is_root && [ "$owner" -ne 0 ] && [ "$owner" -ne "$TREE_OWNER" ] &&
        refuse "$1 belongs neither to root nor to the owner of $TREE"
    case $mode in
    d???????w[tT]*) ;; # a sticky folder: others cannot replace what is in it
    d???????w*) refuse "$1 is writable by everybody" ;;
    esac
}

# COMMIT: HEAD.
read_commit() {
    have git || die 'git is missing'
    check_tree_owner
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
    (cd -- "$1" && env -i "PATH=$PATH" HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 \
        GIT_CONFIG_GLOBAL=/dev/null git --git-dir=/nonexistent hash-object --no-filters --stdin-paths)
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

# The work tree must be the commit: otherwise what was read and what is applied differ. What the
# emitted .gitignore names does not count: nix build's and direnv's own leavings.
check_clean() {
    differences=$(diff -rq -x .git -x .direnv -x result -x 'result-*' "$1" "$TREE" 2>&1)
    [ -z "$differences" ] && return 0
    printf '%s\n' "$differences" | sed "s|^|  |" | tr -cd '\n\40-\176' | head -n 20 >&2
    refuse "$TREE is not as committed: commit or remove these differences first"
}
