# From inside a session: no unix socket of the host is within reach.
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

no_agent_socket() {
    [ -z "${SSH_AUTH_SOCK-}" ] || ! [ -S "${SSH_AUTH_SOCK-}" ] ||
        { broken "$SSH_AUTH_SOCK"; return; }
    needs find head || return
    found=$(find /tmp /var/tmp "${TMPDIR:-/tmp}" -maxdepth 3 -type s -user 0 2>/dev/null | head -n 2)
    [ -z "$found" ] && held 'none' && return
    broken "$found"
}

# Whatever else there is: nothing in /run but what the spec names.
no_socket_in_run() {
    needs find tr || return
    for socket in $(find /run /var/run/ -type s 2>/dev/null | tr ' ' '?'); do
        no_socket "$socket" >/dev/null || { broken "$socket"; return; }
    done
    held 'none in /run'
}

# Where root tells the proxy what is granted, and what a login gave.
no_control() {
    unreadable "$STATE/proxy" >/dev/null || { broken "$STATE/proxy can be read"; return; }
    no_socket "$STATE/proxy/control"
}

row bus linux - 'no system bus' no_socket /run/dbus/system_bus_socket
row systemd-private linux - "no way to the service manager" no_socket /run/systemd/private
row resolved-varlink linux - 'no DNS over resolved' no_socket /run/systemd/resolve/io.systemd.Resolve /run/systemd/resolve/io.systemd.Resolve.Monitor
row nscd linux - 'no DNS over nscd' no_socket /run/nscd/socket /var/run/nscd/socket
row userdb linux - 'no user database service' no_socket /run/systemd/userdb/io.systemd.DynamicUser /run/systemd/userdb/io.systemd.Multiplexer
row journal linux - 'no forged entries in the journal' no_socket /run/systemd/journal/socket /run/systemd/journal/stdout /dev/log
row notify linux - "no word to the service manager" no_socket /run/systemd/notify
row docker linux,darwin - 'no docker' no_socket /run/docker.sock /var/run/docker.sock
row podman linux,darwin - 'no podman' no_socket /run/podman/podman.sock /run/podman.sock
row containerd linux - 'no containerd, no CRI' no_socket /run/containerd/containerd.sock /run/crio/crio.sock
row libvirt linux - 'no virtual machines' no_socket /run/libvirt/libvirt-sock /run/libvirt/virtqemud-sock
row lxd linux - 'no LXD, no Incus' no_socket /var/snap/lxd/common/lxd/unix.socket /var/lib/incus/unix.socket
row snapd linux - 'no snapd' no_socket /run/snapd.socket
row nix-daemon linux,darwin nix-daemon 'no nix daemon: its builders have network' no_socket /nix/var/nix/daemon-socket/socket
row display linux - 'no display server' no_socket /tmp/.X11-unix/X0 /tmp/.X11-unix/X1
row agent-sockets linux,darwin - 'no ssh or gpg agent' no_agent_socket
row any-socket linux - 'no socket at all in /run' no_socket_in_run
row control-socket linux,darwin - 'no word to the proxy but requests' no_control
row mdnsresponder darwin - 'no DNS over mDNSResponder' no_socket /var/run/mDNSResponder
row orbstack darwin - 'no OrbStack' no_socket /var/run/orbstack.sock
row printers darwin - 'no printing service' no_socket /var/run/cupsd
row devices-on-cables darwin - 'no phone on a cable' no_socket /var/run/usbmuxd
row vpn darwin - 'no VPN' no_socket /var/run/vpncontrol.sock
row any-socket darwin - 'no socket at all in /var/run' no_socket_in_run
