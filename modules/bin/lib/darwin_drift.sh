# macOS: what drift looks at beyond files. No Mac is in our tests: nothing here has been confirmed on
# one.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

drift_rows() {
    for label in $LABELS; do
        row job "$label" "$(launchctl print "system/$label" >/dev/null 2>&1 || echo 'it is not loaded')"
    done
    row rules "$ANCHOR" "$("$TREE/bin/pf-guard" check "$NAME" "$AGENT_UID" 2>&1)"
    drift_record Users UniqueID "$AGENT" "$AGENT_UID"
    drift_record Users UniqueID "$PROXY" "$PROXY_UID"
    drift_record Groups PrimaryGroupID "$SHARE" "$SHARE_GID"
    row user "$AGENT" "$(record_differs Users "$AGENT" NFSHomeDirectory "$AGENT_HOME")"
    row user "$AGENT" "$(record_differs Users "$AGENT" UserShell "/bin/$SHELL_NAME")"
    row folder "$AGENT_HOME" "$(entry_differs "$AGENT_HOME" d "$AGENT_UID" "$AGENT_UID" 0700)"
    for folder in "$STATE/proxy" "$SECRETS"; do
        row folder "$folder" "$(entry_differs "$folder" d "$PROXY_UID" "$PROXY_UID" 0700)"
    done
    row folder "$RUN" "$(entry_differs "$RUN" d "$PROXY_UID" "$PROXY_UID" 0755)"
    for workspace in $WORKSPACES_RW; do
        # Only ls prints the entries there.
        # shellcheck disable=SC2010
        row access-list "$workspace" "$(ls -lde "$workspace" 2>/dev/null |
            grep -q "group:$SHARE allow" || echo "it lacks $SHARE")"
    done
    for file in $CREDENTIAL_FILES; do
        row secret "$file" "$([ -s "$file" ] || echo 'it is missing or empty')"
    done
}

drift_record() { row "$2" "$3" "$(record_differs "$1" "$3" "$2" "$4")"; }

# record_differs FOLDER NAME KEY WANTED
record_differs() {
    seen=$(record "$1" "$2" "$3")
    [ "$seen" = "$4" ] || echo "$3 is ${seen:-missing}, not $4"
}
