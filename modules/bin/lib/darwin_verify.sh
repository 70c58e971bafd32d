# macOS: what verify tells the probes about this host. There is no namespace, so pf is the wall that
# the session's own rows attack; there is no second one to attack without Seatbelt.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

verify_facts() {
    echo "MARK='${MARK-}'"
    [ -n "${MARK-}" ] || return 0
    echo "HOST_LISTENERS=''"
    echo "HOST_ADDRESSES=''"
    echo "PROXY_PID='$(pgrep -U "$PROXY_UID" -f mitmdump | head -n 1)'"
}

verify_wall() { :; }
