# From inside a session: who the agent is, and that it cannot become more.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

is_user() {
    needs id || return
    [ "$(id -u):$(id -g)" = "$AGENT_UID:$AGENT_UID" ] && held "$(id -un)" && return
    broken "$(id)"
}

has_only_own_groups() {
    groups=$(id -G 2>&1) || { unknown "$groups"; return; }
    for group in $groups; do
        case $group in
        "$AGENT_UID" | "$SHARE_GID") ;;
        # macOS counts these in for everybody: everyone, localaccounts, netaccounts and the like.
        12 | 61 | 62 | 100 | 701 | 702) [ "$SYSTEM" = darwin ] || { broken "$(id)"; return; } ;;
        *) broken "$(id)"; return ;;
        esac
    done
    held "$groups"
}

# A set-user-ID program of root's runs as the agent all the same.
setuid_is_void() {
    for program in /usr/bin/su /bin/su /usr/bin/passwd /usr/bin/chsh /usr/bin/mount; do
        [ -u "$program" ] && sum=$program
    done
    [ -n "${sum-}" ] || { held 'there is no set-user-ID program' && return; }
    status_is NoNewPrivs 1
}

one_unit() {
    must_fail_at "$BUS" systemd-run --quiet --collect --unit="probe-$$" sh -c :
}

# It fills in the map of a namespace that has none yet, so there must be one to try it on.
no_uid_range() {
    here newuidmap || { held 'there is no newuidmap' && return; }
    needs unshare sleep grep || return
    unshare --user sleep 5 >/dev/null 2>&1 &
    child=$!
    sleep 0.5
    kill -0 "$child" 2>/dev/null || { held 'no user namespace to use it in' && return; }
    first=$(grep -hsE "^($AGENT|$AGENT_UID):" /etc/subuid | cut -d : -f 2 | head -n 1)
    must_fail newuidmap "$child" 0 "${first:-100000}" 1
}

# Where the kernel keeps it at all.
login_is_said() {
    [ -e /proc/self/loginuid ] || { held 'the kernel keeps none' && return; }
    read -r before </proc/self/loginuid
    (echo 0 >/proc/self/loginuid) 2>/dev/null && { broken "$before could be changed"; return; }
    [ "$before" = "$AGENT_UID" ] && held "$before" && return
    broken "it is $before"
}

row identity linux,darwin - 'the agent is its own user' is_user
row groups linux,darwin - 'and in no group but its own and the share' has_only_own_groups
row nnp linux - 'no privilege can be gained' status_is NoNewPrivs 1
row cap-effective linux - 'no capability in effect' status_is CapEff 0000000000000000
row cap-permitted linux - 'no capability permitted' status_is CapPrm 0000000000000000
row cap-bounding linux - 'no capability within reach' status_is CapBnd 0000000000000000
row cap-ambient linux - 'no ambient capability' status_is CapAmb 0000000000000000
row seccomp linux - 'system calls are filtered' status_is Seccomp 2
row setuid linux - 'set-user-ID programs give nothing' setuid_is_void
row make-setuid linux - 'none can be made' cannot_make_setuid "$HOME"
row sudo linux,darwin - 'no sudo' must_fail_or_absent sudo -n sh -c :
row su linux,darwin - 'no su' must_fail_or_absent su root -c :
row pkexec linux - 'no pkexec' must_fail_or_absent pkexec /bin/sh -c :
row doas linux - 'no doas' must_fail_or_absent doas -n sh -c :
row run0 linux - 'no run0' must_fail_at "$BUS" run0 --no-ask-password sh -c :
row newuidmap linux - 'no range of subordinate uids' no_uid_range
row userns linux nested-sandbox 'no user namespace' must_fail unshare --user --map-root-user sh -c :
row netns linux - 'no network namespace' must_fail unshare --net sh -c :
row mountns linux - 'no mount namespace' must_fail unshare --mount sh -c :
row mount linux - 'nothing can be mounted' must_fail mount --make-private /
row chroot linux - 'no chroot' must_fail chroot / /bin/sh -c :
row enter-init linux - "no way into process 1's namespaces" must_fail nsenter --target 1 --mount /bin/sh -c :
row login-uid linux - 'it cannot say that somebody else logged in' login_is_said
row run-system linux - 'no unit of the system can be started' one_unit
row run-user linux - 'no unit of a user manager can be started' must_fail_at "/run/user/$AGENT_UID/bus /run/user/$AGENT_UID/systemd/private" systemd-run --user --quiet sh -c :
row machinectl linux - 'no shell by machinectl' must_fail_at "$BUS" machinectl shell .host /bin/true
row linger linux - 'no lingering' must_fail_at "$BUS" loginctl enable-linger
row hostnamectl linux - 'no setting of the host can be changed' must_fail_at "$BUS" hostnamectl set-hostname probe
row keyring linux - 'no kernel keyring' no_syscall 250 219 0 -3 1
row add-key linux - 'no key can be planted' no_syscall 248 217 0 0 0 0 -3
row io-uring linux - 'no io_uring: it goes around socket filters' no_syscall 425 425 1 0
row bpf linux - 'no bpf' no_syscall 321 280 0 0 0
row perf linux - 'no perf events' no_syscall 298 241 0 0 -1 -1 0
row kexec linux - 'no other kernel' no_syscall 246 104 0 0 0 0
row module linux - 'no kernel module' no_syscall 175 105 0 0 0
row ptrace linux ptrace 'no process can be traced' no_syscall 101 117 0 0 0 0
row clock linux - 'the clock cannot be set' no_syscall 227 112 0 0
row reboot linux - 'no reboot' no_syscall 169 142 0 0 0 0
row kernel-log linux nested-sandbox 'the kernel log is closed' must_fail dmesg
row osascript darwin - 'no Apple events' must_fail osascript -e 'tell application "Finder" to get name'
row open darwin - 'no application of the operator is opened' must_fail open -g /System/Applications/Calculator.app
row launchctl darwin - 'no job can be loaded' must_fail launchctl submit -l probe -- /usr/bin/true
row pfctl darwin - 'the firewall is out of reach' must_fail pfctl -s rules
row own-record darwin - 'its own account cannot be changed' must_fail dscl . -create "/Users/$AGENT" Comment probe
row packets darwin - 'no packet of others is read' must_fail_or_absent tcpdump -L
row dtrace darwin - 'no program of others is traced' must_fail_or_absent dtrace -l
row nested darwin - 'Seatbelt is around the session' must_fail sandbox-exec -p '(version 1)(allow default)' /usr/bin/true
