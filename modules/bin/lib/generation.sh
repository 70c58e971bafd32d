# Generations: root-owned copies of commits, STATE/generations/COMMIT, and STATE/current -> one.
# STATE/pending exists while a change is under way and holds the commit to go back to (or nothing
# when there is none) and the new one: whoever finds it without a running apply undoes what was cut
# short, or finishes it. It becomes STATE/closed when a change did not hold and going back would have
# allowed something again: no session until a verify holds or another apply succeeds.
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
    printf '%s\n%s\n%s\n' "$PREVIOUS" "$COMMIT" "$try" >"$STATE/.pending" && sync &&
        mv -f "$STATE/.pending" "$STATE/pending" || die 'cannot write to the state folder'
}

end_change() {
    rm -f "$STATE/pending"
    sync
}

# The change, and every one before it that did not hold.
end_change_open() {
    rm -f "$STATE/closed"
    end_change
}

# read_change: PREVIOUS, CHANGED_TO and TRIED, as begin_change wrote them
read_change() {
    CHANGED_TO='' TRIED=''
    {
        read -r PREVIOUS
        read -r CHANGED_TO
        read -r TRIED
    } <"$STATE/pending"
    :
}

# undo_change [asked]: back, when the operator asks for it; otherwise only to what allowed no more than
# the new generation, because it may be the agent that made it fail. Where that cannot be told, it is
# not so.
undo_change() {
    read_change
    if [ -n "${1-}" ] || may_go_back; then
        go_back_to "$PREVIOUS"
    else
        stay_closed
    fi
}

may_go_back() {
    [ -n "$PREVIOUS" ] && [ -d "$STATE/generations/$PREVIOUS" ] && [ -n "$CHANGED_TO" ] || return 0
    python=$(find_python) && [ -n "$python" ] &&
        "$python" -ISB "$LIBRARY/narrower.py" "$STATE/generations/$PREVIOUS" \
            "$STATE/generations/$CHANGED_TO" 2>/dev/null
}

# The new generation, as far as it got, and nothing that runs in it. A rename needs no room on a disk
# that may be full.
stay_closed() {
    mv -f "$STATE/pending" "$STATE/closed"
    stop_sessions
    [ "$(current_commit)" = "$CHANGED_TO" ] || flip_current "$CHANGED_TO"
    sync
    warn "generation $PREVIOUS allowed what $CHANGED_TO does not, so it does not come back: all"
    warn "sessions were ended, and none starts until 'agent-sandbox verify' holds or an apply succeeds"
}

# Before a session.
require_applied() {
    if [ -e "$STATE/pending" ]; then
        ! lock_is_held || die 'an apply is under way: try again when it is done'
        take_lock
        scratch=$(mktemp -d) || die 'no temporary folder'
        trap 'resume_sessions; forget_marks; rm -rf "$scratch"; release_lock' EXIT
        recover
        die "look at 'agent-sandbox status' and apply again"
    fi
    [ ! -e "$STATE/closed" ] ||
        die "closed, because the last apply did not hold: see 'agent-sandbox verify', and apply again"
}

# go_back_to COMMIT: the previous generation, whole; with none there is nothing that may run, and
# everything stays closed.
go_back_to() {
    REINSTALL=yes
    rm -f "$STATE/.table"
    if [ -n "$1" ] && [ -d "$STATE/generations/$1" ]; then
        previous_tree=$STATE/generations/$1
        conf_load "$previous_tree/$SYSTEM/host.conf"
        install_generation "$previous_tree" "$1" || {
            mv -f "$STATE/pending" "$STATE/closed"
            warn "generation $1 could not be restored; sessions are refused until apply succeeds"
            return
        }
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
    read_change
    tree=$TREE
    if [ -n "$TRIED" ] || may_go_back; then
        warn 'an earlier apply was cut short: undoing it'
        go_back_to "$PREVIOUS"
    else
        warn 'an earlier apply was cut short: finishing it'
        finish_change
    fi
    TREE=$tree
}

finish_change() {
    REINSTALL=yes
    GENERATION=$STATE/generations/$CHANGED_TO
    conf_load "$GENERATION/$SYSTEM/host.conf"
    if install_generation "$GENERATION" "$CHANGED_TO" && verify_quietly; then
        end_change_open
        warn "applied $CHANGED_TO"
    else
        stay_closed
    fi
}

prune_generations() {
    kept=$(current_commit) || return 0
    # shellcheck disable=SC2012
    ls -1t "$STATE/generations" | tail -n "+$((GENERATIONS_KEPT + 1))" | while read -r old; do
        [ "$old" = "$kept" ] || [ "$old" = "$PREVIOUS" ] ||
            rm -rf "$STATE/generations/$old" "$STATE/listings/$old"
    done
}
