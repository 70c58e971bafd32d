"""The steps of `verify --report`: which programs are asked, on which system. The report is for somebody who has not got
this host: what only a Mac can say, and what another Linux does. A word in braces is the sandbox's."""

import collections

# keep: of its lines those that match, and of these the group, if it has one. left: also after remove, where it shows
# what that has left. {files} and {jobs} stand for many words.
Row = collections.namedtuple("Row", "name systems command keep left", defaults=(None, False))
MAC, LINUX, BOTH = "darwin", "linux", "darwin linux"
# What a session of bash, node, git and their like asks for and is refused; of which no line tells who works here.
STARTED = "bash|sh|zsh|node|npm|python[0-9.]*|git|perl|claude|codex|tmux|ps|top|pgrep|defaults|launchctl|security|sysctl|true"

BEFORE = (
    Row("release", LINUX, "cat /etc/os-release", r"^(?:ID|VERSION_ID|PRETTY_NAME)="),
    Row("release", MAC, "sw_vers"),
    Row("kernel", BOTH, "uname -srvm"),
    Row("chip", MAC, "sysctl -n machdep.cpu.brand_string"),
    Row("integrity", MAC, "csrutil status"),
    Row("disk-encryption", MAC, "fdesetup status", "^FileVault"),
    Row("developer-tools", MAC, "xcode-select -p"),
    Row("shells", MAC, "/bin/bash --version", "version"),
    Row("sudo", BOTH, "sudo -V", "^Sudo version"),
    Row("service-manager", LINUX, "systemctl --version", "^systemd"),
    Row("nft", LINUX, "nft --version"),
    Row("selinux", LINUX, "getenforce"),
    Row("apparmor", LINUX, "aa-enabled"),
    Row("homebrew", MAC, "ls -ld /opt/homebrew /opt/homebrew/bin/mitmdump /usr/local/bin /usr/local/bin/mitmdump"),
    # As nix-darwin asks whether this terminal may administer: it changes a home to what it is.
    Row("may-administer", MAC, "dscl . -change /Users/nobody NFSHomeDirectory /var/empty /var/empty"),
    Row("files", MAC, "ls -lde@ {files}", left=True),
    Row("files", LINUX, "ls -ld {files}", left=True),
    Row("agent", MAC, "dscl . -read /Users/{agent}", left=True),
    Row("proxy-user", MAC, "dscl . -read /Users/{proxy}", left=True),
    Row("share", MAC, "dscl . -read /Groups/{share}", left=True),
    Row("ids", BOTH, "id {agent}", left=True),
    Row("pf", MAC, "pfctl -s info", "^(?!Hostid)", True),
    Row("pf-main", MAC, "pfctl -s rules", left=True),
    Row("pf-anchors", MAC, "pfctl -a com.apple -s Anchors", left=True),
    Row("pf-rules", MAC, "pfctl -a {anchor} -v -v -s rules", left=True),
    Row("pf-everybody", MAC, "pfctl -a {anchor_mdns} -v -v -s rules", left=True),
    Row("pf-tables", MAC, "pfctl -a {anchor} -s Tables", left=True),
    Row("pf-loopback", MAC, "pfctl -v -s Interfaces -i lo0"),
    Row("pf-parses", MAC, "pfctl -n -a {anchor} -f {tree}/darwin/pf/{prefix}.conf"),
    Row("pf-guard", MAC, "{tree}/bin/pf-guard check {name} {agent_uid}"),
    Row("table", LINUX, "nft list table inet {table}", left=True),
    Row("jobs", LINUX, "systemctl --no-pager list-units --all --plain --no-legend {jobs}", r"^(\S+ +\S+ +\S+ +\S+)", True),
    Row("agent-domain", MAC, "launchctl print user/{agent_uid}", left=True),
    Row("background-items", MAC, "sfltool dumpbtm", r"(?i)^\s*(?:identifier|disposition|type)?.*org\.agent-sandbox"),
    Row("firewall", MAC, "/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate"),
    Row("tunnels", MAC, "scutil --nc list", r"^(\* \([A-Za-z]+\))"),
    Row("extensions", MAC, "systemextensionsctl list", r"(?:\d+ extension|\[[a-z ]+\]$|network_extension)"),
    Row("profile", MAC, "sandbox-exec -f {profile} /usr/bin/true"),
)
# A job of launchd's each: job-egress, job-pf, job-secrets.
JOB = Row("job", MAC, "launchctl print system/{job}", left=True)

# As the agent, inside, each in a session of its own, with the PATH that an agent has.
INSIDE = (
    Row("enter", BOTH, "/usr/bin/true"),
    Row("inside-id", BOTH, "/usr/bin/id -u"),
    Row("inside-manager", MAC, "launchctl managername"),
    Row("inside-manager-uid", MAC, "launchctl manageruid"),
    Row("inside-keychain", MAC, "security find-generic-password -s agent-sandbox-no-such-item"),
    Row("inside-preferences", MAC, "defaults read -g AppleLocale"),
    Row("inside-temporary", MAC, "mktemp -d /tmp/agent-sandbox.XXXXXX"),
    Row("inside-processors", MAC, "sysctl -n hw.ncpu"),
    Row("inside-node-processors", BOTH, "node -p require('os').cpus().length"),
    Row("inside-node", BOTH, "node --version"),
    Row("inside-npm", BOTH, "npm --version"),
    Row("inside-python", BOTH, "python3 --version"),
    Row("inside-git", BOTH, "git --version"),
    Row("inside-claude", BOTH, "claude --version"),
    Row("inside-codex", BOTH, "codex --version"),
    Row("inside-tmux", MAC, "tmux -V"),
    Row("inside-zsh", MAC, "zsh -lc :"),
    Row("inside-ps", MAC, "ps -A -o pid=", r"^\s*1$"),
    Row("inside-pgrep", MAC, "pgrep -x launchd"),
    Row("inside-top", MAC, "top -l 1 -n 0", "^Processes"),
)

AFTER = (
    # What Seatbelt refused to these, without what for whom.
    Row("denials", MAC, "log show --style compact --last 10m --predicate {denials}",
        rf"Sandbox: ((?:{STARTED})\(\d+\) deny\(\d+\) [a-z*-]+(?: (?:/(?:System|usr|bin|dev|Library|private/var/(?:run|select))/\S*|"
        r"com\.apple\.\S*))?)"),
)
DENIALS = 'sender == "Sandbox" AND eventMessage CONTAINS "deny"'


def words_of(row, known):
    """The command, in words: a word in braces alone may stand for many."""
    words = []
    for word in row.command.split(" "):
        value = known.get(word[1:-1]) if word.startswith("{") and word.endswith("}") else None
        if isinstance(value, list):
            words += value
        else:
            words.append(word.format_map(known))
    return words
