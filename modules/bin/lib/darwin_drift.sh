# macOS: what drift looks at beyond files. No Mac is in our tests: nothing here has been confirmed on
# one.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

drift_rows() {
    for label in $LABELS; do
        row job "$label" "$(launchctl print "system/$label" >/dev/null 2>&1 || echo 'it is not loaded')"
    done
    row rules "$ANCHOR" "$("$TREE/bin/pf-guard" check "$NAME" "$AGENT_UID" 2>&1)"
    row user "$AGENT" "$(user_differs "$AGENT" "$AGENT_UID" "$AGENT_HOME" "/bin/$SHELL_NAME" | in_one_line)"
    row user "$PROXY" "$(user_differs "$PROXY" "$PROXY_UID" /var/empty /usr/bin/false | in_one_line)"
    for pair in "$AGENT:$AGENT_UID" "$PROXY:$PROXY_UID" "$SHARE:$SHARE_GID"; do
        row group "${pair%:*}" "$(group_differs "${pair%:*}" "${pair#*:}")"
    done
    row folder "$AGENT_HOME" "$(entry_differs "$AGENT_HOME" d "$AGENT_UID" "$AGENT_UID" 0700)"
    row folder "$STATE/proxy" "$(entry_differs "$STATE/proxy" d "$PROXY_UID" "$PROXY_UID" 0700)"
    row folder "$SECRETS" "$(entry_differs "$SECRETS" d 0 "$PROXY_UID" 0750)"
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

in_one_line() { awk '{ printf "%s%s", (NR > 1 ? "; " : ""), $0 }'; }
