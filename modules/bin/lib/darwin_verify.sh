# macOS: what verify tells the probes about this host. There is no namespace, so pf is the wall that
# the session's own rows attack; there is no second one to attack without Seatbelt, which also keeps
# a session out of another one's memory.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

verify_facts() {
    echo "LINGER='97531$$'"
    echo "HOST_LISTENERS=''"
    echo "HOST_ADDRESSES=''"
    echo "PROXY_PID='$(pgrep -U "$PROXY_UID" -f mitmdump | head -n 1)'"
}

verify_wall() { :; }
sessions_are_running() { pgrep -U "$AGENT_UID" >/dev/null; }
pause_sessions() { :; }
# Nothing stands still here, so nothing is known to be verify's.
log_time() { :; }
note_attacks() { :; }
resume_sessions() { :; }
