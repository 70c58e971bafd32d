# drift: the live host against the applied generation, a row for each thing: its kind, its name, and
# what differs (nothing: it is as committed). It only looks; apply mends.
# The system's part gives drift_rows.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

cmd_drift() {
    json='' head=''
    while [ $# -gt 0 ]; do
        case $1 in
        --json) json=yes && shift ;;
        # For ourselves alone: what the repository says that the applied copy cannot see.
        --head)
            [ $# -ge 2 ] && is_head "$2" || usage_error '--head needs a commit'
            head=$2 && shift 2
            ;;
        *) usage_error "drift does not know '$1'" ;;
        esac
    done
    find_tree
    [ -n "$head" ] || head=$(repository_head)
    as_operator drift ${json:+"--json"} ${head:+"--head" "$head"}
    scratch=$(mktemp -d) || die 'no temporary folder'
    trap 'rm -rf "$scratch"' EXIT
    all_rows >"$scratch/rows" || exit 1
    if [ -n "$json" ]; then
        print_drift_json <"$scratch/rows"
    else
        print_drift <"$scratch/rows"
    fi
    ! grep -q '	.*	.' "$scratch/rows" || exit 3
}

is_head() {
    case $1 in
    unreadable) return 0 ;;
    '' | *[!0-9a-f]*) return 1 ;;
    esac
    [ ${#1} -le 64 ]
}

# Read as whoever asks; the applied copy, as root, is given the answer and no repository.
repository_head() {
    [ -d "$TREE/.git" ] || return 0
    (read_commit && printf '%s\n' "$COMMIT") || echo unreadable
}

# row KIND NAME [WHAT-DIFFERS]
row() { printf '%s\t%s\t%s\n' "$1" "$2" "${3-}"; }

all_rows() {
    applied=$(current_commit) || die 'cannot tell what is applied'
    managed_by_nix || row generation "$applied" "$(generation_differs "$applied")"
    case $head in
    '' | "$applied") ;;
    unreadable) row repository HEAD 'it cannot be read, and apply would refuse it' ;;
    *) row repository HEAD "it is $head, and $applied is applied" ;;
    esac
    [ ! -e "$STATE/pending" ] || row apply pending 'an apply is under way, or was cut short'
    [ ! -e "$STATE/closed" ] || row apply closed 'it did not hold, and no session starts'
    managed_by_nix || drift_files
    drift_rows
}

# Content, and who may change it.
drift_files() {
    files_table "$TREE" | while read -r mode source target; do
        if [ -L "$target" ] || [ ! -e "$target" ]; then
            row file "$target" 'no file is there'
        elif ! cmp -s "$source" "$target"; then
            row file "$target" 'its content differs'
        else
            row file "$target" "$(entry_differs "$target" f 0 0 "$mode")"
        fi
    done
}

# entry_differs PATH TYPE USER GROUP MODE: says how; users and groups by name or number.
entry_differs() {
    [ -z "$(find -P "$1" -prune -type "$2" -user "$3" -group "$4" -perm "$5" 2>/dev/null)" ] ||
        return 0
    # shellcheck disable=SC2012
    seen=$(ls -ld -- "$1" 2>/dev/null | awk '{ print $1, $3, $4 }')
    echo "it is ${seen:-missing}, not $5 $3 $4"
}

print_drift() {
    awk -F '\t' '{ gsub(/[^ -~\t]/, "?") }
        { printf "%-13s %-11s %s%s\n", ($3 == "" ? "as committed" : "DRIFTED"), $1, $2,
            ($3 == "" ? "" : ": " $3); n[$3 != ""]++ }
        END { printf "%d as committed, %d DRIFTED\n", n[0], n[1] }'
}

print_drift_json() {
    awk -F '\t' '
        function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }
        BEGIN { printf "[" }
        { gsub(/[^ -~\t]/, "?") }
        { printf "%s\n  {\"kind\": %s, \"name\": %s, \"drifted\": %s, \"differs\": %s}",
            (NR > 1 ? "," : ""), text($1), text($2), ($3 == "" ? "false" : "true"), text($3) }
        END { print "\n]" }'
}
