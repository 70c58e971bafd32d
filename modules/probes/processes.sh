# From inside a session: other processes, and what stays behind.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

sees_only_own() {
    needs stat || return
    own=''
    for one in $(stat -c %u=%n /proc/[0-9]* 2>/dev/null); do
        [ "${one%%=*}" = "$AGENT_UID" ] || { broken "${one#*=} of uid ${one%%=*}"; return; }
        own=yes
    done
    [ -n "$own" ] || { unknown 'not even an own process'; return; }
    held 'own processes alone'
}

# The numbers come from root, so that nothing has to be visible for the attempt.
cannot_signal() {
    [ "${PROXY_PID:-0}" != 0 ] || { unknown 'the proxy does not run'; return; }
    for process in 1 $PROXY_PID; do
        kill -0 "$process" 2>/dev/null && { broken "process $process can be signalled"; return; }
    done
    held "1 $PROXY_PID"
}

process_is_closed() {
    [ "${PROXY_PID:-0}" != 0 ] || { unknown 'the proxy does not run'; return; }
    for process in 1 $PROXY_PID; do
        for file in environ mem maps root/etc/hostname fd/0; do
            quietly unreadable "/proc/$process/$file" || return
        done
    done
    held "1 $PROXY_PID"
}

# Standard input, output and error, and the one that reads the folder. A shell may keep a copy of
# its own at 10 or above.
no_inherited_descriptors() {
    folder=/proc/self/fd
    [ "$SYSTEM" = linux ] || folder=/dev/fd
    for descriptor in "$folder"/*; do
        descriptor=${descriptor##*/}
        [ "$descriptor" -gt 9 ] || [ "$descriptor" -le 3 ] ||
            { broken "descriptor $descriptor"; return; }
    done
    held 'none'
}

# Not in POSIX, but in every sh that we name.
# shellcheck disable=SC3045
no_core_files() {
    [ "$(ulimit -c)" = 0 ] && held 0 && return
    broken "$(ulimit -c)"
}

# Root looks afterwards whether this one is still there (host.sh).
leave_something_behind() {
    needs sleep || return
    (exec sleep "$LINGER") >/dev/null 2>&1 &
    left=$!
    if here setsid; then
        setsid sleep "$LINGER" >/dev/null 2>&1 &
    fi
    sleep 0.2
    kill -0 "$left" 2>/dev/null || { broken 'nothing could be left behind'; return; }
    held 'left behind for the row "leftovers"'
}

no_shared_ipc() {
    for kind in shm msg sem; do
        [ -r "/proc/sysvipc/$kind" ] || { unknown "/proc/sysvipc/$kind cannot be read"; return; }
        { read -r _ && ! read -r _; } <"/proc/sysvipc/$kind" || { broken "there is one of $kind"; return; }
    done
    held 'none'
}

# Both are set-user-ID or set-group-ID.
no_crontab() { here crontab || { held 'there is no crontab' && return; }; must_fail sh -c 'echo "* * * * * true" | crontab -'; }
no_at_job() { here at || { held 'there is no at' && return; }; must_fail sh -c 'echo true | at now + 1 hour'; }

row processes linux - "no other user's process is visible" sees_only_own
row signal linux,darwin - 'no other process can be signalled' cannot_signal
row inspect linux - 'nor looked into' process_is_closed
row descriptors linux,darwin - 'no open file is inherited' no_inherited_descriptors
row core linux,darwin - 'no core files' no_core_files
row ipc linux - "no shared memory or queue of the host's" no_shared_ipc
row crontab linux,darwin - 'no crontab' no_crontab
row at linux,darwin - 'no job with at' no_at_job
row cron-spool linux,darwin - 'no crontab by hand' each unwritable /var/spool/cron /var/spool/cron/crontabs /etc/cron.d /etc/crontab /var/at/tabs
row at-spool linux - 'no at job by hand' each unwritable /var/spool/at /var/spool/cron/atjobs
row profile linux,darwin - 'nothing that others read at login' each unwritable /etc/profile /etc/profile.d /etc/zsh /etc/bash.bashrc /etc/environment /etc/zshrc
row mail linux - 'no mail to others' each unwritable /var/mail /var/spool/mail
row tasks linux,darwin - 'a process of its own is left to be found' leave_something_behind
