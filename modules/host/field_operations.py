"""Single things that a session does, or must not, for `verify --report`: each is really tried inside (field_inside.py),
and where the kernel can be asked about it (sandbox_check, on a Mac) asked as well, so that it shows whether Seatbelt or a
file's mode has refused it. wanted: what the profile means; "" where nobody here knows what a Mac makes of it, or whether
a spec relaxes it: then what it says is news and no fault."""

import collections

Op = collections.namedtuple("Op", "name kind arguments wanted")

READ_REFUSED = """/Library/Keychains /Library/Keychains/System.keychain /Volumes /private/var/root {state}/secrets {state}/proxy
    {state}/current/proxy/policy.json {state}/current/darwin /System/Volumes/Data/Users /System/Volumes/Data/Volumes
    /System/Volumes/Data/Library/Keychains /System/Volumes/Data/private/var/root /dev/disk0 /dev/rdisk0 /dev/bpf0 /dev/pf
    /dev/auditpipe /private/etc/sudoers /private/etc/master.passwd /private/var/db/dslocal/nodes/Default/users /Users
    /private/var/db/sudo /System/Volumes/Data/private/var/db/agent-sandbox""".split()
READ_ALLOWED = """/bin /usr/bin /usr/lib /System/Library /Library /private/etc/hosts /private/etc/passwd /private/etc/shells
    /private/etc/ssl/cert.pem /usr/share/zoneinfo /dev/null /dev/urandom /dev/random /dev/zero {home} {workspace} {tmp}
    {state}/run/ca-bundle.pem {state}/told""".split()
READ_UNKNOWN = "/private/tmp /private/var/tmp /home /net /Network /System/Volumes/Data/private/tmp".split()
WRITE_REFUSED = """/ /usr/local /usr/local/bin /opt/homebrew /opt/homebrew/bin /Library /Library/LaunchDaemons
    /Library/LaunchAgents /Applications /private/etc /private/etc/sudoers.d /private/var {state} {state}/run
    {state}/current/bin {home}/Library/LaunchAgents /Users /System/Library /Library/Keychains /private/var/db
    /private/var/at/tabs /usr/bin""".split()
WRITE_ALLOWED = "{home} {workspace} {tmp}".split()
WRITE_UNKNOWN = "/private/tmp /private/var/tmp".split()
# Services by name. Of the refused ones each carries data out, or acts as somebody else.
MACH_REFUSED = """com.apple.dnssd.service com.apple.nsurlsessiond com.apple.pasteboard.1 com.apple.windowserver.active
    com.apple.coreservices.launchservicesd com.apple.tccd com.apple.tccd.system com.apple.coreservices.appleevents
    com.apple.cfprefsd.agent com.apple.audio.audiohald com.apple.accountsd.accountmanager com.apple.cloudd com.apple.bird
    com.apple.networkserviceproxy com.apple.nehelper com.apple.DiskArbitration.diskarbitrationd com.apple.opendirectoryd.api
    com.apple.airportd com.apple.bluetoothd com.apple.xpc.smd com.apple.authd com.apple.locationd.desktop.registration
    com.apple.usernotifications.usernotificationservice com.apple.CoreAuthentication.agent com.apple.apsd
    com.apple.imagent.desktop.auth com.apple.screencapture.interactive com.apple.hiservices-xpcservice
    com.apple.securitycenter com.apple.contactsd com.apple.CalendarAgent com.apple.photos.service com.apple.systemuiserver
    com.apple.dock.server com.apple.print.cups com.apple.KeyboardServices com.apple.ViewBridgeAuxiliary
    com.apple.Virtualization.VirtualMachine com.apple.remoted com.apple.sharingd com.apple.ScreenTime""".split()
MACH_ALLOWED = """com.apple.FSEvents com.apple.SystemConfiguration.configd com.apple.bsd.dirhelper com.apple.cfprefsd.daemon
    com.apple.logd com.apple.system.logger com.apple.system.notification_center com.apple.system.opendirectoryd.libinfo
    com.apple.system.opendirectoryd.membership""".split()
MACH_UNKNOWN = """com.apple.trustd.agent com.apple.SecurityServer com.apple.securityd.xpc com.apple.sysmond
    com.apple.SystemConfiguration.DNSConfiguration com.apple.PowerManagement.control com.apple.analyticsd com.apple.diagnosticd
    com.apple.coreservices.quarantine-resolver com.apple.lsd.mapdb com.apple.distributed_notifications@Uv3""".split()
# Asked of the kernel alone.
OPERATIONS_REFUSED = """job-creation appleevent-send lsopen iokit-open system-kext-load nvram-set authorization-right-obtain
    device-camera device-microphone hid-control user-preference-write mach-register mach-priv-host-port file-chroot
    file-mount file-unmount system-reboot system-set-time system-suspend-resume distributed-notification-post process-codesigning-status-set
    file-write-setugid file-write-mount system-privilege system-swap system-acct system-audit""".split()
OPERATIONS_ALLOWED = "process-fork process-exec sysctl-read file-map-executable pseudo-tty".split()
OPERATIONS_UNKNOWN = "system-socket sysctl-write mach-host-special-port-get process-info-listpids file-clone file-link".split()
# Set-id: Seatbelt itself refuses to start them; ps only reads, and has leave.
EXEC_REFUSED = """/usr/bin/sudo /usr/bin/su /usr/bin/login /usr/bin/crontab /usr/bin/at /usr/bin/newgrp /sbin/ping
    /usr/sbin/traceroute /usr/sbin/traceroute6 /usr/bin/quota""".split()
EXEC_ALLOWED = "/bin/ps /bin/ls /bin/bash /bin/zsh /usr/bin/env /usr/bin/perl".split()

NETWORK = (
    Op("proxy", "tcp", ("127.0.0.1", "{port}"), "allowed"),
    Op("localhost-closed-port", "tcp", ("127.0.0.1", "1"), "refused"),
    Op("localhost-ssh", "tcp", ("127.0.0.1", "22"), "refused"),
    Op("localhost-six", "tcp", ("::1", "22"), "refused"),
    Op("internet", "tcp", ("1.1.1.1", "443"), "refused"),
    Op("internet-six", "tcp", ("2606:4700:4700::1111", "443"), "refused"),
    Op("home-network", "tcp", ("192.168.1.1", "80"), "refused"),
    Op("dns-udp", "udp", ("1.1.1.1", "53"), "refused"),
    Op("dns-udp-six", "udp", ("2606:4700:4700::1111", "53"), "refused"),
    Op("multicast-dns", "udp", ("224.0.0.251", "5353"), "refused"),
    Op("multicast-dns-six", "udp", ("ff02::fb", "5353"), "refused"),
    Op("localhost-udp", "udp", ("127.0.0.1", "53"), "refused"),
    Op("serve-published", "bind", ("127.0.0.1", "{publish}"), "allowed"),
    Op("serve-any-port", "bind", ("127.0.0.1", "0"), ""),
    Op("serve-everybody", "bind", ("0.0.0.0", "0"), ""),
    Op("serve-everybody-six", "bind", ("::", "0"), ""),
    Op("serve-3000", "bind", ("127.0.0.1", "3000"), ""),
    Op("bind-multicast-dns", "bind-udp", ("0.0.0.0", "5353"), "refused"),
    Op("icmp", "icmp", (), "refused"),
    Op("raw-socket", "raw", (), "refused"),
    Op("resolve-localhost", "resolve", ("localhost",), ""),
    Op("resolve-a-name", "resolve", ("example.com",), "refused"),
    Op("system-socket", "system-socket", (), ""),
    Op("unix-mdnsresponder", "unix", ("/private/var/run/mDNSResponder",), "refused"),
    Op("unix-docker", "unix", ("/private/var/run/docker.sock",), "refused"),
    Op("unix-syslog", "unix-datagram", ("/private/var/run/syslog",), ""),
    Op("unix-usbmuxd", "unix", ("/private/var/run/usbmuxd",), "refused"),
    Op("unix-cups", "unix", ("/private/var/run/cupsd",), "refused"),
    Op("unix-serve-home", "unix-bind", ("{home}",), "allowed"),
    Op("unix-serve-temporary", "unix-bind", ("{tmp}",), "allowed"),
    Op("unix-serve-workspace", "unix-bind", ("{workspace}",), ""),
)
OTHERS = (
    Op("second-name", "link", ("{home}",), "allowed"),
    Op("copy-on-write", "clone", ("{home}",), ""),
    Op("set-user-id", "setuid", ("{home}",), "refused"),
    Op("move-library", "rename", ("{home}/Library",), "refused"),
    Op("watch-files", "watch", ("{workspace}",), "allowed"),
    Op("terminal", "pty", (), "allowed"),
    Op("shared-memory", "shm", (), "allowed"),
    Op("semaphore", "sem", (), "allowed"),
    Op("processors", "processors", (), ""),
    Op("signal-a-child", "signal-child", (), "allowed"),
    Op("signal-launchd", "signal", ("1",), "refused"),
    Op("signal-the-operator", "signal", ("{parent}",), "refused"),
    Op("preferences", "run", ("/usr/bin/defaults", "read", "-g"), ""),
    Op("open-a-page", "run", ("/usr/bin/open", "https://192.0.2.1/"), "refused"),
    Op("apple-event", "run", ("/usr/bin/osascript", "-e", "tell application \"Finder\" to get name"), "refused"),
    Op("read-pasteboard", "run", ("/usr/bin/pbpaste",), ""),
    Op("ask-the-keychain", "run", ("/usr/bin/security", "list-keychains"), ""),
    Op("start-a-job", "run", ("/bin/launchctl", "submit", "-l", "org.agent-sandbox.no", "--", "/usr/bin/true"), "refused"),
    Op("resolve-by-service", "run", ("/usr/bin/dscacheutil", "-q", "host", "-a", "name", "example.com"), ""),
)


def listed(kind, **by_wanted):
    for wanted, paths in by_wanted.items():
        for path in paths:
            yield Op(f"{kind} {path}", kind, (path,), {"unknown": ""}.get(wanted, wanted))


TABLE = (
    *listed("read", refused=READ_REFUSED, allowed=READ_ALLOWED, unknown=READ_UNKNOWN),
    *listed("write", refused=WRITE_REFUSED, allowed=WRITE_ALLOWED, unknown=WRITE_UNKNOWN),
    *listed("mach", refused=MACH_REFUSED, allowed=MACH_ALLOWED, unknown=MACH_UNKNOWN),
    *listed("exec", refused=EXEC_REFUSED, allowed=EXEC_ALLOWED),
    *listed("ask", refused=OPERATIONS_REFUSED, allowed=OPERATIONS_ALLOWED, unknown=OPERATIONS_UNKNOWN),
    *NETWORK, *OTHERS,
)
WANTED = {op.name: op.wanted for op in TABLE}


def rows(box):
    """[name, kind, argument...] for field_inside.py, which knows home, tmp and parent itself."""
    state = f"/private{box.state}" if box.system == "darwin" else box.state
    known = {"state": state, "workspace": (box.writable or ["{home}"])[0], "port": str(box.proxy_port),
             "publish": str((box.publish or [0])[0]), "home": "{home}", "tmp": "{tmp}", "parent": "{parent}"}
    return [[op.name, op.kind, *(one.format_map(known) for one in op.arguments)] for op in TABLE
            if "{publish}" not in op.arguments or box.publish]
