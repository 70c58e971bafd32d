# Generations: root-owned copies of commits, STATE/generations/COMMIT, and STATE/current -> one.
# STATE/pending exists while a change is under way and holds the commit to go back to (or nothing
# when there is none): whoever finds it without a running apply undoes what was cut short.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

GENERATIONS_KEPT=10

current_commit() {
    link=$(readlink "$STATE/current" 2>/dev/null) || return 1
    basename -- "$link"
}

# Root's folders, down to STATE: made by root, and nobody else's to write.
make_state() {
    for folder in "$(dirname -- "$STATE")" "$STATE" "$STATE/generations" "$STATE/listings"; do
        [ ! -L "$folder" ] || die "$folder is a symbolic link"
        mkdir -p "$folder" && chown -h 0:0 "$folder" && chmod 0755 "$folder" ||
            die "cannot make $folder"
    done
}

# A half-written copy never has the final name, so what is there is whole.
store_generation() {
    GENERATION=$STATE/generations/$COMMIT
    staging=$STATE/generations/.new
    rm -rf "$staging"
    extract_commit "$staging" || {
        rm -rf "$staging"
        die "cannot copy commit $COMMIT (is the disk full?)"
    }
    check_clean "$staging"
    tree_listing "$staging" | sort >"$STATE/listings/.new" &&
        mv -f "$STATE/listings/.new" "$STATE/listings/$COMMIT" || die "cannot list $COMMIT"
    if [ -d "$GENERATION" ] && [ -z "$(generation_differs "$COMMIT")" ]; then
        rm -rf "$staging"
        return 0
    fi
    find "$staging" -type d -exec chmod 0755 {} + && chown -R 0:0 "$staging" && sync &&
        rm -rf "$GENERATION" && mv "$staging" "$GENERATION" || die "cannot store $GENERATION"
}

# generation_differs COMMIT: which of its files are not those of the commit, or not root's alone.
generation_differs() {
    listing=$STATE/listings/$1
    copy=$STATE/generations/$1
    [ -f "$listing" ] || {
        echo 'nothing says what was in it: apply again'
        return
    }
    {
        tree_listing "$copy" | sort | comm -3 "$listing" - | sed 's/.*	//' | sort -u
        find -P "$copy" \( ! -uid 0 -o -type d ! -perm 0755 \) -print | sed "s|^$copy/||"
    } | head -n 5 | tr '\n' ' ' | sed 's/ $//'
}

# One that was refused leaves nothing behind.
discard_generation() {
    [ "$(current_commit)" = "$COMMIT" ] || rm -rf "$GENERATION" "$STATE/listings/$COMMIT"
    remove_empty_state
}

remove_empty_state() {
    rmdir "$STATE/generations" "$STATE/listings" "$STATE" "$(dirname -- "$STATE")" 2>/dev/null
    :
}

# rename(2) is atomic; mv would move into the folder that an existing link points to, unless told
# otherwise, and GNU and BSD spell that differently.
flip_current() {
    ln -s "generations/$1" "$STATE/.current.$$" || return 1
    if [ "$SYSTEM" = linux ]; then
        mv -fT "$STATE/.current.$$" "$STATE/current"
    else
        mv -fh "$STATE/.current.$$" "$STATE/current"
    fi
}

begin_change() {
    PREVIOUS=$(current_commit) || PREVIOUS=
    printf '%s\n' "$PREVIOUS" >"$STATE/.pending" && sync &&
        mv -f "$STATE/.pending" "$STATE/pending" || die 'cannot write to the state folder'
}

end_change() {
    rm -f "$STATE/pending"
    sync
}

# go_back_to COMMIT: the previous generation, whole; with none there is nothing that may run, and
# everything stays closed.
go_back_to() {
    REINSTALL=yes
    rm -f "$STATE/.table"
    if [ -n "$1" ] && [ -d "$STATE/generations/$1" ]; then
        previous_tree=$STATE/generations/$1
        conf_load "$previous_tree/$SYSTEM/host.conf"
        install_generation "$previous_tree" "$1" ||
            die "generation $1 could not be restored; sessions are refused until apply succeeds"
        end_change
        warn "back at generation $1"
    else
        retire
        rm -f "$STATE/current"
        end_change
        warn 'nothing was applied before: the sandbox is closed and runs nothing'
    fi
}

# After kill -9 or a power cut in the middle of an apply.
recover() {
    rm -f "$STATE"/.current.*
    [ -e "$STATE/pending" ] || return 0
    warn 'an earlier apply was cut short: undoing it'
    go_back_to "$(cat "$STATE/pending")"
}

prune_generations() {
    kept=$(current_commit) || return 0
    # shellcheck disable=SC2012
    ls -1t "$STATE/generations" | tail -n "+$((GENERATIONS_KEPT + 1))" | while read -r old; do
        [ "$old" = "$kept" ] || [ "$old" = "$PREVIOUS" ] ||
            rm -rf "$STATE/generations/$old" "$STATE/listings/$old"
    done
}
