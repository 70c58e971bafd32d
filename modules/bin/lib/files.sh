# Files that root keeps outside the sandbox's own state: units, sudoers, plists. The system's part
# gives them as a table, files_table TREE: one "MODE SOURCE TARGET" a line, plain names throughout.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# CHANGED: the targets that install_files wrote or removed.
CHANGED=

# Beside the target, then renamed over it: a reader sees the old file or the new one. Neither
# systemd nor sudo reads names that begin with a dot.
install_file() {
    new=$(dirname -- "$3")/.$(basename -- "$3").new
    mkdir -p "$(dirname -- "$3")" || return 1
    rm -f "$new"
    cp "$2" "$new" && chown -h 0:0 "$new" && chmod "$1" "$new" && mv -f "$new" "$3"
}

file_is_installed() {
    [ -f "$3" ] && [ ! -L "$3" ] && cmp -s "$2" "$3" &&
        [ -n "$(find "$3" -prune -uid 0 -gid 0 -perm "$1")" ]
}

# install_files TREE: what the table names; then what an earlier table named and this one does not.
# $STATE/installed names every target before it is written, so that remove finds all of them even
# after a power cut.
install_files() {
    table=$STATE/.table
    files_table "$1" >"$table" || return 1
    {
        cut -d ' ' -f 3 "$table"
        cat "$STATE/installed" 2>/dev/null
    } | sort -u >"$STATE/.installed" && mv -f "$STATE/.installed" "$STATE/installed" || return 1
    while read -r mode source target; do
        file_is_installed "$mode" "$source" "$target" && continue
        install_file "$mode" "$source" "$target" || return 1
        CHANGED="$CHANGED $target"
    done <"$table" || return 1
    remove_stale "$table" || return 1
    rm -f "$table"
}

# Call stop_stale (the system's) first: a unit must be stopped while its file still says how.
remove_stale() {
    cut -d ' ' -f 3 "$1" | sort -u >"$STATE/.wanted"
    stale=$(comm -23 "$STATE/installed" "$STATE/.wanted")
    for target in $stale; do
        is_ours "$target" || continue
        stop_stale "$target"
        rm -f "$target"
        CHANGED="$CHANGED $target"
    done
    mv -f "$STATE/.wanted" "$STATE/installed"
}

# The list is root's own; a name in it is checked all the same before root removes it.
is_ours() {
    case $1 in
    */../* | *//*) return 1 ;;
    /etc/*"$PREFIX"* | /etc/systemd/system/"$TABLE".slice | /Library/LaunchDaemons/org.agent-sandbox."$NAME".*) return 0 ;;
    esac
    return 1
}

# What apply would do to each file, a line each: create, change, delete; nothing for the same.
plan_files() {
    files_table "$1" | while read -r mode source target; do
        if [ ! -e "$target" ]; then
            echo "create $target"
        elif [ -r "$target" ] && ! cmp -s "$source" "$target"; then
            echo "change $target"
        elif [ ! -r "$target" ]; then
            echo "unknown $target (only root can read it)"
        fi
    done
    [ -r "$STATE/installed" ] || return 0
    while read -r target; do
        files_table "$1" | grep -q " $target\$" || echo "delete $target"
    done <"$STATE/installed"
}

# The live files are the applied generation's. All are compared at once, since every run asks; only
# when that fails is it worth telling which one differs.
files_are_committed() {
    DRIFTED=''
    sources='' targets=''
    rows=$(files_table "$1") || return 1
    # As words, because a shell reads lines byte by byte.
    for word in $rows; do
        case $word in
        "$1"/*) sources="$sources $word" ;;
        /*)
            targets="$targets $word"
            [ ! -L "$word" ] || DRIFTED="$DRIFTED $word"
            ;;
        esac
    done
    # shellcheck disable=SC2086
    [ -z "$DRIFTED" ] && [ -n "$sources" ] && [ -n "$targets" ] &&
        cat $sources | { cat $targets 2>/dev/null | cmp -s - /dev/fd/3; } 3<&0 && return
    DRIFTED=$(files_table "$1" | while read -r mode source target; do
        file_is_installed "$mode" "$source" "$target" || echo "$target"
    done)
    [ -z "$DRIFTED" ]
}

# owner_and_mode PATH: as ls has them on either system
owner_and_mode() {
    # shellcheck disable=SC2012
    ls -ldn -- "$1" | awk '{ print $3, $1 }'
}
