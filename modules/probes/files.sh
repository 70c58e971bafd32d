# From inside a session: what can be read and written.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

homes_are_hidden() {
    needs ls || return
    for home in /home/* /root /Users/* /var/root; do
        case $home in
        "$AGENT_HOME" | */'*' | /Users/Shared) ;;
        *)
            seen=$(only_the_way "$home") || { broken "$seen is there"; return; }
            (cd "$home") 2>/dev/null && [ "$SYSTEM" = darwin ] && ! is_on_the_way "$home" &&
                { broken "$home"; return; }
            ;;
        esac
    done
    held "$AGENT_HOME and the workspaces alone"
}

is_on_the_way() {
    case $newline$WORKSPACES_RW$newline$WORKSPACES_RO$newline$PROJECTS$newline in
    *"$newline$1$newline"* | *"$newline$1/"*) return 0 ;;
    esac
    return 1
}

# only_the_way FOLDER: it holds folders that lead to a workspace, and nothing else; or says what.
only_the_way() {
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        [ -e "$entry" ] || [ -L "$entry" ] || continue
        case $newline$WORKSPACES_RW$newline$WORKSPACES_RO$newline$PROJECTS$newline in
        *"$newline$entry$newline"*) ;;
        *"$newline$entry/"*) (only_the_way "$entry") || return ;;
        *) echo "$entry" && return 1 ;;
        esac
    done
}

# Nothing of anybody's is in a root of projects: this session began in none.
is_empty() {
    needs ls || return
    [ -d "$1" ] || { held "$1 is not there"; return; }
    seen=$(ls -A "$1" 2>&1) && [ -z "$seen" ] && held "$1" && return
    broken "$1 has $seen"
}

# mark_is_hidden FOLDER NAME: of a file that root put there, on the host, for this run
mark_is_hidden() {
    [ -n "$2" ] || { unknown 'no mark was set'; return; }
    absent "$1/$2"
}

devices_are_private() {
    for device in /dev/sd? /dev/vd? /dev/nvme* /dev/mem /dev/kmem /dev/kvm /dev/net/tun \
        /dev/loop-control /dev/input/event0 /dev/vsock /dev/bpf0 /dev/disk0; do
        [ -e "$device" ] && { [ -r "$device" ] || [ -w "$device" ]; } &&
            { broken "$device is open"; return; }
    done
    held 'no disk, memory, kvm, tun'
}

fuse_is_closed() {
    [ -e /dev/fuse ] && { [ -r /dev/fuse ] || [ -w /dev/fuse ]; } && { broken '/dev/fuse is open'; return; }
    held 'no /dev/fuse'
}

# Values, not names: a secret of the spec may stand in no variable.
environment_is_clean() {
    needs env grep cut || return
    found=$(env | grep -E '^(SSH_AUTH_SOCK|DBUS_SESSION_BUS_ADDRESS|XDG_RUNTIME_DIR|SUDO_[A-Z]*|CREDENTIALS_DIRECTORY|NOTIFY_SOCKET|DISPLAY|XAUTHORITY)=' |
        grep -vx 'SSH_AUTH_SOCK=/run/agent-sandbox-ssh-agent' | cut -d = -f 1)
    [ -z "$found" ] && held 'nothing of the operator or the manager' && return
    broken "$found"
}

# The repositories that were there when this session began, so none of an attack's own; as many as can
# be closed (repositories.py).
# shellcheck disable=SC2086
repositories() (
    IFS=$newline
    set -f
    find -P $WORKSPACES_RW -maxdepth 6 -name .git -type d 2>/dev/null | head -n 1024
)

# each_repository CHECK: with the .git folder of each
each_repository() {
    needs find head || return
    each_line "$1" "$(repositories)"
}

git_is_closed() {
    (each unwritable "$1/hooks" "$1/config") || return
    # One that has a work tree of its own gets none (repositories.py).
    [ ! -e "$1/commondir" ] || unwritable "$1/commondir"
}

# Moved back at once where it can be moved.
git_stays() {
    needs mv || return
    for folder in "$1" "${1%/.git}"; do
        ! contains_line "$WORKSPACES_RW" "$folder" || continue
        mv -T "$folder" "$folder.probe.$$" 2>/dev/null || continue
        mv -T "$folder.probe.$$" "$folder"
        broken "$folder was moved"
        return
    done
    held "$1"
}

# The topmost of the mounts there, by the number that an open file has.
is_mounted_safely() {
    needs awk || return
    mount=$(awk '$1 == "mnt_id:" { print $2 }' /proc/self/fdinfo/3 3<"$1")
    options=$(awk -v mount="$mount" '$1 == mount { print $6 }' /proc/self/mountinfo)
    case ,$options, in
    *,nosuid,*nodev,*) held "$options" ;;
    *) broken "$1 is mounted $options" ;;
    esac
}

# What is hidden is there, and there is nothing in it.
shows_nothing() {
    while IFS= read -r line || [ -n "$line" ]; do
        [ -z "$line" ] || { broken "$1 is read"; return; }
    done 2>/dev/null <"$1"
    held "$1"
}

row home linux,darwin - "control: the agent's home is writable" writable "$AGENT_HOME"
row workspace linux,darwin - 'control: the workspaces are writable' each_line writable "$WORKSPACES_RW"
row workspace-ro linux,darwin - 'read-only workspaces are' each_line unwritable "$WORKSPACES_RO"
row projects linux - 'no project is there that the session did not begin in' each_line is_empty "$PROJECTS"
row workspace-setuid linux - 'no set-user-ID file can be made in one' each_line cannot_make_setuid "$WORKSPACES_RW"
row workspace-mount linux - 'and none would count' each_line is_mounted_safely "$WORKSPACES_RW"
row credentials linux,darwin - 'no secret of the spec is readable' each_line unreadable "$CREDENTIAL_FILES"
row git-closed linux git-config "hooks and configuration of the workspaces' repositories cannot be written" each_repository git_is_closed
row git-moved linux git-config 'and no other ones can be put in their place' each_repository git_stays
row hidden linux - 'what is hidden in a workspace is not read' each_line shows_nothing "$HIDDEN_FILES"
row protected linux - "what operators' tools run by themselves there is not written" each_line unwritable "$PROTECTED_FILES"
row secrets linux,darwin - 'the folder of the secrets is closed' unreadable "$SECRETS"
row credstore linux - "the system's credential store is closed" each unreadable /etc/credstore /etc/credstore.encrypted /run/credentials
row ca-key linux,darwin - "the proxy's key and CA are closed" unreadable "$STATE/proxy"
row policy linux,darwin - 'the policy cannot be written' unwritable "$STATE/current/proxy/policy.json"
row addon linux,darwin - "the proxy's code cannot be written" unwritable "$STATE/current/proxy/addon.py"
row generation linux,darwin - 'the generation cannot be written' each unwritable "$STATE/current/" "$STATE/current/bin" "$STATE/generations" "$STATE"
row control-script linux,darwin - 'the control script cannot be written' unwritable "$STATE/current/bin/agent-sandbox"
row ca-bundle linux,darwin - 'the published CA cannot be written' each unwritable "$RUN" "$RUN/ca.pem" "$RUN/ca-bundle.pem" \
    "$RUN/cacerts.jks" "$RUN/cacerts.p12" "$RUN/wgetrc" "$RUN/nssdb"
row units linux - 'no unit can be written' each unwritable /etc/systemd/system "/etc/systemd/system/$PREFIX-nft.service" /run/systemd/system /usr/lib/systemd/system
# Apple ships the folder open to all (0755); what is in it is not.
row sudoers linux - 'sudoers is closed' each unreadable /etc/sudoers /etc/sudoers.d "/etc/sudoers.d/$PREFIX"
row sudoers darwin - 'sudoers is closed' each unreadable /etc/sudoers "/etc/sudoers.d/$PREFIX"
row shadow linux,darwin - 'no password hashes' each unreadable /etc/shadow /etc/gshadow /etc/master.passwd
row passwd linux,darwin - 'the users cannot be edited' each unwritable /etc/passwd /etc/group /etc
row system linux,darwin - 'the system cannot be written' each unwritable /usr /usr/bin /bin /usr/local /usr/local/bin /boot /opt /Library /Library/LaunchDaemons
row ssl linux,darwin - "the system's CAs cannot be written" each unwritable /etc/ssl /etc/ssl/certs
row host-keys linux,darwin - 'no host key of ssh' each unreadable /etc/ssh/ssh_host_ed25519_key /etc/ssh/ssh_host_rsa_key
row logs linux,darwin - 'the logs are closed' each unreadable /var/log/journal /var/log/syslog /var/log/auth.log /var/log/audit
row homes linux,darwin - 'no other home is visible' homes_are_hidden
row tmp linux - "the host's /tmp is another one" mark_is_hidden /tmp "$MARK_TMP"
row shm linux - "the host's shared memory is another one" mark_is_hidden /dev/shm "$MARK_SHM"
row devices linux,darwin - 'no device gives a way out' devices_are_private
row fuse linux containers 'no file system of its own making' fuse_is_closed
row sysctl linux - 'no kernel setting can be written' each unwritable /proc/sys/kernel/core_pattern /proc/sys/net/ipv4/ip_forward /proc/sysrq-trigger /sys/kernel
row cgroup linux - 'its own limits cannot be written' each unwritable /sys/fs/cgroup /sys/fs/cgroup/cgroup.procs
row kcore linux - 'no kernel memory' each unreadable /proc/kcore /proc/kmsg
row environment linux,darwin - "nothing of the operator's environment" environment_is_clean
row windows linux - 'no Windows drive, no Windows program (WSL)' each unreadable /mnt/c/Windows /run/WSL /init.exe
row keychain darwin - 'no keychain is readable' each unreadable /Library/Keychains/System.keychain /Library/Keychains
row volumes darwin - 'no other volume is listed' unreadable /Volumes
# Each place has a second name, on the data volume.
row data-homes darwin - 'no home by its second name' unreadable /System/Volumes/Data/Users
row data-keychains darwin - 'no keychain by its second name' each unreadable /System/Volumes/Data/Library/Keychains /System/Volumes/Data/Library/Keychains/System.keychain
row data-state darwin - "nothing of the sandbox's state by its second name" each unreadable "/System/Volumes/Data/private$STATE" "/System/Volumes/Data/private$STATE/proxy" "/System/Volumes/Data/private$SECRETS"
row automounts darwin - 'no folder whose names the automounter asks the network for' each unreadable /Network /net /home
row directory darwin - 'no record of any account' each unreadable /var/db/dslocal/nodes/Default /var/db/dslocal/nodes/Default/users/root.plist
row rules darwin - 'the rules and the profile cannot be written' each unwritable "$STATE/current/darwin" "$STATE/current/darwin/pf/$PREFIX.conf" "$STATE/current/darwin/seatbelt/$PREFIX.sb"
row pf-files darwin - "the system's own rules cannot be written" each unwritable /etc/pf.conf /etc/pf.anchors /etc/pf.anchors/com.apple
row jobs darwin - 'the jobs cannot be written' each unwritable "/Library/LaunchDaemons/org.agent-sandbox.${PREFIX#agent-sandbox-}.pf.plist" "/Library/LaunchDaemons/org.agent-sandbox.${PREFIX#agent-sandbox-}.egress.plist"
row jobs-of-others darwin - 'nothing that starts with the Mac, or at a login' each unwritable /Library/LaunchAgents /Library/StartupItems /Library/PrivilegedHelperTools /Library/Extensions /Library/Security
row pam darwin - 'what decides about logins cannot be written' each unwritable /etc/pam.d /etc/pam.d/sudo /etc/pam.d/sudo_local /etc/pam.d/su
row names-file darwin - 'no name can be given another address' each unwritable /etc/hosts /etc/resolver /etc/resolv.conf
row paths darwin - "no folder can be put into others' PATH" each unwritable /etc/paths /etc/paths.d /etc/manpaths.d
row periodic darwin - 'nothing that runs by the day' each unwritable /etc/periodic /etc/periodic/daily /etc/newsyslog.d /etc/newsyslog.conf
row settings darwin - 'no setting of all users can be written' each unwritable /Library/Preferences "/Library/Managed Preferences" /Library/Preferences/SystemConfiguration
row homebrew darwin - "no program of Homebrew's can be replaced" each unwritable /opt/homebrew /opt/homebrew/bin /usr/local/Cellar /usr/local/opt /usr/local/Homebrew
