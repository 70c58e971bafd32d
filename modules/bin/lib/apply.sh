# apply: commit -> generation -> checks -> firewall, files, units -> current -> verify; and when a step
# fails back again by itself, or closed where that would allow something again.
# The system's part gives check_tree, plan_system, install_generation, retire.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

cmd_apply() {
    dry_run='' try='' PREVIOUS='' REINSTALL=''
    while [ $# -gt 0 ]; do
        case $1 in
        --dry-run) dry_run=yes && shift ;;
        --try)
            [ $# -ge 2 ] && is_number "$2" && [ "$2" -gt 0 ] ||
                usage_error '--try needs a number of seconds'
            try=$2 && shift 2
            ;;
        *) usage_error "apply does not know '$1'" ;;
        esac
    done
    find_tree
    read_commit
    if [ -n "$dry_run" ]; then
        plan_apply
    else
        need_root apply
        ! managed_by_nix || refuse "nix-darwin applies $NAME here: darwin-rebuild switch"
        take_lock
        apply_commit
    fi
}

# Everything that can be looked at without root, and the list of changes.
plan_apply() {
    scratch=$(mktemp -d) || die 'no temporary folder'
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 1' HUP INT TERM
    read_commit_object
    { check_signature && check_renamed; } || refuse 'apply would refuse this commit'
    extract_commit "$scratch/tree" || die "cannot read commit $COMMIT"
    check_clean "$scratch/tree"
    check_scripts "$scratch/tree" || refuse 'apply would refuse this tree'
    check_tree "$scratch/tree" "$scratch" || refuse 'apply would refuse this tree'
    before=$(current_commit) || before=nothing
    say "sandbox $NAME: $before -> $COMMIT"
    {
        plan_files "$scratch/tree"
        plan_system "$scratch/tree"
        [ "$before" = "$COMMIT" ] || echo "point $STATE/current to generations/$COMMIT"
    } >"$scratch/plan"
    if [ -s "$scratch/plan" ]; then
        cat "$scratch/plan"
    else
        say 'nothing to do'
    fi
}

apply_commit() {
    scratch=$(mktemp -d) || die 'no temporary folder'
    trap 'rm -rf "$scratch"; release_lock' EXIT
    make_state
    recover
    # recover may have read the older generation's settings
    conf_load "$TREE/$SYSTEM/host.conf"
    read_commit_object
    { check_signature && check_renamed; } || {
        remove_empty_state
        refuse 'nothing was changed'
    }
    store_generation
    conf_load "$GENERATION/$SYSTEM/host.conf"
    { check_scripts "$GENERATION" && check_tree "$GENERATION" "$scratch"; } || {
        discard_generation
        refuse 'nothing was changed'
    }
    # Nothing more is read from where the caller can write.
    TREE=$GENERATION
    begin_change
    # From here on an interruption goes back, too.
    trap 'interrupted' HUP INT TERM
    install_generation "$GENERATION" "$COMMIT" || fail_back 'a step of apply failed'
    verify_quietly || fail_back 'verify found a guarantee that does not hold'
    [ -z "$try" ] || confirmed_within "$try" || fail_back 'not confirmed' asked
    trap 'exit 1' HUP INT TERM
    end_wider_sessions
    end_change_open
    leave_dropped_folders
    prune_generations
    say "applied $COMMIT"
    [ -z "$OWN_DOING" ] || die "but what the agent's own files can break does not hold:$OWN_DOING"
}

interrupted() {
    trap '' HUP INT TERM
    fail_back 'interrupted' ${try:+asked}
}

# fail_back WHY [asked]
fail_back() {
    warn "$1"
    resume_sessions
    undo_change ${2+"$2"}
    exit 1
}

# A connection that the change cut off cannot answer: silence means no. Both children work on a
# copy of our input, because a background job's own is /dev/null.
confirmed_within() {
    printf 'Keep this change? Type yes within %s seconds: ' "$1" >&2
    exec 3<&0
    (
        trap - HUP INT TERM EXIT
        IFS= read -r answer <&3 && [ "$answer" = yes ]
    ) &
    reader=$!
    (
        trap - HUP INT TERM EXIT
        exec >/dev/null 2>&1 3<&-
        sleep "$1"
        kill "$reader"
    ) &
    timer=$!
    wait "$reader"
    answered=$?
    kill "$timer" 2>/dev/null
    exec 3<&-
    [ "$answered" -eq 0 ]
}
