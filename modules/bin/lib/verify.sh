# verify: the probes of probes/, run as the agent through the very entry that run uses; each row is
# guarantee -> held, BROKEN, UNKNOWN, or relaxed by the spec. UNKNOWN is not a pass, and a row that
# did not report is UNKNOWN.
# The system's part gives verify_facts, verify_wall, session_capture, sessions_are_running,
# pause_sessions, log_time, note_attacks, resume_sessions.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

SESSION_PROBES='network proxy sockets privileges files processes'

cmd_verify() {
    json='' list=''
    for argument in "$@"; do
        case $argument in
        --json) json=yes ;;
        --list) list=yes ;;
        *) usage_error "verify does not know '$argument'" ;;
        esac
    done
    find_tree
    if [ -n "$list" ]; then
        TREE=$OWN_TREE
        # shellcheck disable=SC2086
        probe_rows listed $SESSION_PROBES wall host | awk -F '\t' '{ printf "%-18s %s\n", $1, $3 }'
        return
    fi
    as_operator verify "$@"
    take_lock
    scratch=$(mktemp -d) || die 'no temporary folder'
    trap 'resume_sessions; forget_marks; rm -rf "$scratch"; release_lock' EXIT
    verify_all "$scratch/rows"
    if [ -n "$json" ]; then
        print_json <"$scratch/rows"
    else
        print_rows <"$scratch/rows"
    fi
    ! holds 2>/dev/null || open_again
    verified "$scratch/rows" || exit 1
}

open_again() {
    [ -e "$STATE/closed" ] || return 0
    rm -f "$STATE/closed"
    warn 'the generation holds: sessions may start again'
}

# What the agent's own files can make fail: a full disk, a link where a repository has its hooks. For
# apply that is no reason to fail, or the agent would have a say in it.
OWN_ROWS='home workspace workspace-setuid workspace-mount git-closed git-moved'

# For apply: nothing to read but what failed. OWN_DOING: rows of the agent's own doing. What else
# its processes may disturb ends with them.
verify_quietly() {
    verify_all "$scratch/rows"
    ! holds || return 0
    if sessions_are_running; then
        warn 'not all guarantees hold: ending the sessions, and looking again'
        stop_sessions
        make_folders "$STATE/current" && verify_all "$scratch/rows"
        ! holds || return 0
    fi
    if grep -q '	held	' "$scratch/rows"; then
        print_unheld
    else
        warn 'no probe reported; instead the session said:'
        tr -cd '\n\40-\176' <"$scratch/rows.seen" | head -n 10 >&2
    fi
    return 1
}

# Up to the agent's own doing.
holds() {
    OWN_DOING=''
    [ -s "$scratch/rows" ] || return 1
    unheld=$(grep -Ev '	(held|relaxed)	' "$scratch/rows" | cut -f 1)
    for row in $unheld; do
        # shellcheck disable=SC2086
        contains "$row" $OWN_ROWS || return 1
        OWN_DOING="$OWN_DOING $row"
    done
    [ -z "$OWN_DOING" ] || print_unheld
}

print_unheld() { grep -Ev '	(held|relaxed)	' "$scratch/rows" | print_rows >&2; }

verified() { [ -s "$1" ] && ! grep -qEv '	(held|relaxed)	' "$1"; }

# probe_script LIST GROUP...: settings, tools and tables, as one script for a shell's input. The groups
# run side by side: most of a probe is waiting.
probe_script() {
    echo "LIST='$1'"
    shift
    echo "SYSTEM='$SYSTEM'"
    for key in $CONF_KEYS; do
        eval "value=\$$key"
        # conf_load let nothing through that could end the quotes.
        printf "%s='%s'\n" "$key" "$value"
    done
    verify_facts | tr -cd 'A-Za-z0-9_=.: \47\n-'
    cat "$TREE/probes/lib.sh" "$TREE/probes/by_hand.sh"
    for group in "$@"; do
        echo '{'
        cat "$TREE/probes/$group.sh"
        echo '} &'
    done
    echo 'wait'
}

probe_rows() { probe_script "$@" | sh -s; }

# verify_all FILE: ID, result, guarantee, what was seen, for every row that belongs to this system.
# The other sessions stand still meanwhile: they run as the same user, who may look into the memory
# of our probes and write what they report.
# shellcheck disable=SC2086
verify_all() {
    pause_sessions
    began=$(log_time)
    plant_marks
    probe_script '' $SESSION_PROBES | session_capture --pipe /bin/sh -s >"$1.seen"
    verify_wall >>"$1.seen"
    probe_script '' host | sh -s >>"$1.seen"
    forget_marks
    note_attacks "$began"
    resume_sessions
    # The list of what must report comes from root, not from the session.
    probe_rows listed $SESSION_PROBES wall host >"$1.wanted"
    [ "$SYSTEM" = darwin ] || printf 'wall-counter\tlisted\t%s\t\n' \
        'every refusal of the second wall was counted' >>"$1.wanted"
    LC_ALL=C awk -F '\t' -v OFS='\t' '
        FILENAME == ARGV[1] {
            if (NF == 4 && $2 ~ /^(held|BROKEN|UNKNOWN|relaxed)$/ && !($1 in seen)) {
                # It is shown on the terminal of root.
                gsub(/[^ -~]/, "?", $4)
                seen[$1] = $2; what[$1] = $4
            }
            next
        }
        $1 in seen { print $1, seen[$1], $3, what[$1]; next }
        { print $1, "UNKNOWN", $3, "it did not report" }' "$1.seen" "$1.wanted" >"$1"
}

# Files of root's that a session must not see. Their names are not to be foreseen: anybody may have
# put something in the way there.
plant_marks() {
    [ "$SYSTEM" = linux ] || return 0
    MARK_TMP=$(mktemp /tmp/agent-sandbox-probe-XXXXXXXX) && MARK_TMP=${MARK_TMP##*/}
    MARK_SHM=$(mktemp /dev/shm/agent-sandbox-probe-XXXXXXXX) && MARK_SHM=${MARK_SHM##*/}
}

forget_marks() {
    [ "$SYSTEM" = linux ] || return 0
    [ -z "${MARK_TMP-}" ] || rm -f "/tmp/$MARK_TMP"
    [ -z "${MARK_SHM-}" ] || rm -f "/dev/shm/$MARK_SHM"
    MARK_TMP='' MARK_SHM=''
}

print_rows() {
    awk -F '\t' '{ printf "%-8s %-18s %s%s\n", $2, $1, $3, ($4 == "" ? "" : " [" $4 "]"); n[$2]++ }
        END { printf "%d held, %d BROKEN, %d UNKNOWN, %d relaxed by the spec\n",
            n["held"], n["BROKEN"], n["UNKNOWN"], n["relaxed"] }'
}

# What was seen is printable ASCII already.
print_json() {
    awk -F '\t' '
        function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }
        BEGIN { printf "[" }
        { printf "%s\n  {\"probe\": %s, \"result\": %s, \"guarantee\": %s, \"seen\": %s}",
            (NR > 1 ? "," : ""), text($1), text($2), text($3), text($4) }
        END { print "\n]" }'
}
