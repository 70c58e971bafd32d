# Whether the commit that apply is given is what its id says, and signed by whom it must be. The
# repository may be somebody else's, and so is the git that reads it (tree_git): what it gives is
# hashed again here, and no setting of the repository has a say.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# own_git COMMAND...: with no repository, or with one that we make.
own_git() {
    env -i "PATH=$PATH" HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \
        git --git-dir="$scratch/git" "$@"
}

# read_commit_object: $scratch/commit, and TREE_ID, the tree that it names.
read_commit_object() {
    tree_git cat-file commit "$COMMIT" >"$scratch/commit" &&
        [ "$(own_git hash-object -t commit --stdin <"$scratch/commit")" = "$COMMIT" ] ||
        die "commit $COMMIT is not what its id promises"
    TREE_ID=$(sed -n '1s/^tree //p' "$scratch/commit")
}

# tree_is_committed LISTING: these files are that tree, whole. git hashes trees as it reads them, but in a
# process of the repository's owner. Nothing of them has to be there.
tree_is_committed() {
    own_git init -q --bare --template= && own_git update-index --index-info <"$1" &&
        [ "$(own_git write-tree --missing-ok)" = "$TREE_ID" ]
}

# The signers that decide: root's own file; or those of the generation that is applied now, so that
# new ones must be signed for by an old one; or, before there are any, HEAD's own.
find_signers() {
    SIGNERS=$(dirname -- "$SECRETS")/allowed_signers SIGNERS_OF="$SIGNERS"
    if [ -e "$SIGNERS" ] || [ -L "$SIGNERS" ]; then
        [ -n "$(find "$SIGNERS" -prune -type f -uid 0 ! -perm -020 ! -perm -002)" ] ||
            die "$SIGNERS is not a file that only root may write"
    elif [ -f "$STATE/current/allowed_signers" ]; then
        SIGNERS=$STATE/current/allowed_signers SIGNERS_OF='the applied generation'
        # It was signed for by those before it.
        [ "$(current_commit)" != "$COMMIT" ] || SIGNERS=''
    else
        SIGNERS=$scratch/signers SIGNERS_OF='this commit itself'
        tree_git cat-file blob "$COMMIT:allowed_signers" >"$SIGNERS" 2>/dev/null || SIGNERS=''
    fi
}

# Before anything of the commit is used.
check_signature() {
    find_signers
    [ -n "$SIGNERS" ] || return 0
    have ssh-keygen || die 'ssh-keygen is missing: it checks the signature of the commit'
    split_signature
    [ -s "$scratch/signature" ] || {
        warn "commit $COMMIT is not signed, and it must be: signers are named by $SIGNERS_OF"
        return 1
    }
    signer=$(ssh-keygen -Y find-principals -s "$scratch/signature" -f "$SIGNERS" 2>/dev/null |
        head -n 1)
    [ -n "$signer" ] || {
        warn "commit $COMMIT is signed, but by none of the signers of $SIGNERS_OF"
        return 1
    }
    ssh-keygen -Y verify -f "$SIGNERS" -I "$signer" -n git -s "$scratch/signature" \
        <"$scratch/payload" >/dev/null 2>&1 || {
        warn "the signature of commit $COMMIT is not one of $signer over this commit"
        return 1
    }
    say "signed by $signer"
}

# The header gpgsig, whose further lines begin with a blank, is the signature; what is left is what
# was signed (gitformat-signature(5)).
split_signature() {
    : >"$scratch/signature"
    awk -v signature="$scratch/signature" '
        body { print; next }
        /^$/ { body = 1; print; next }
        /^gpgsig / { inside = 1; print substr($0, 8) >signature; next }
        inside && /^ / { print substr($0, 2) >signature; next }
        { inside = 0; print }' "$scratch/commit" >"$scratch/payload"
}
