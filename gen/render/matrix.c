#include "render/matrix.h"
#include "plan/flake_inputs.h"
#include "plan/gaps.h"
#include "spec/spec.h"
#include "spec/types.h"

#include <string.h>

static bool target_of(enum target target, const struct host *host) {
    switch (target) {
    case TARGET_HOME_MANAGER:
        return host->kind == HOST_HOME_MANAGER;
    case TARGET_WSL:
        return host->kind == HOST_WSL;
    case TARGET_DARWIN:
        return host_is_darwin(host) && host->kind != HOST_HOME_MANAGER;
    case TARGET_LINUX:
        break;
    }
    return !host_is_darwin(host) && host->kind != HOST_HOME_MANAGER;
}

bool target_applies(enum target target, const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->hosts.n; i++)
        if (target_of(target, &spec->hosts.v[i]))
            return true;
    return spec->hosts.n == 0 && target != TARGET_HOME_MANAGER;
}

bool matrix_applies(const struct matrix_row *row, enum target target, const struct plan *plan) {
    return (row->targets & target) && target_applies(target, plan) &&
           (!row->when || row->when(plan));
}

static bool enforced(const struct plan *plan) {
    return plan->spec->network.enforcement == ENFORCEMENT_ENFORCE;
}

static bool audited(const struct plan *plan) {
    return !enforced(plan);
}

static bool nested(const struct plan *plan) {
    return plan->nested;
}

static bool not_nested(const struct plan *plan) {
    return !plan->nested;
}

static bool containers(const struct plan *plan) {
    return plan->containers;
}

static bool nix_daemon(const struct plan *plan) {
    return plan->nix_daemon;
}

static bool ephemeral_ports(const struct plan *plan) {
    return plan->ephemeral_ports;
}

static bool system_trust(const struct plan *plan) {
    return plan->system_trust;
}

static bool no_system_trust(const struct plan *plan) {
    return !plan->system_trust;
}

static bool traced(const struct plan *plan) {
    return plan->ptrace;
}

static bool grants(const struct plan *plan) {
    return spec_grants(plan->spec);
}

static bool sockets(const struct plan *plan) {
    for (size_t i = 0; i < plan->spec->relax.n; i++)
        if (plan->spec->relax.v[i].what == RELAX_UNIX_SOCKET)
            return true;
    return false;
}

/* DNS on macOS: whoever reaches it can have any name asked. */
static bool resolver(const struct plan *plan) {
    const char *socket = "/var/run/mDNSResponder", *resolved = "/private/var/run/mDNSResponder";
    for (size_t i = 0; i < plan->spec->relax.n; i++) {
        const struct relax *relax = &plan->spec->relax.v[i];
        if (relax->what == RELAX_UNIX_SOCKET &&
            (strcmp(relax->socket.s, socket) == 0 || strcmp(relax->socket.s, resolved) == 0))
            return true;
    }
    return false;
}

static bool no_resolver(const struct plan *plan) {
    return !resolver(plan);
}

static bool dated_cidrs(const struct plan *plan) {
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++)
        if (plan->spec->network.cidrs.v[i].expires.year)
            return true;
    return false;
}

static bool cidrs(const struct plan *plan) {
    return plan->spec->network.cidrs.n > 0;
}

static bool opened(const struct plan *plan) {
    return plan->opened.n > 0;
}

static bool has_upstream(const struct plan *plan) {
    return plan->spec->network.upstream.proxy.port > 0;
}

static bool has_upstream_in_tls(const struct plan *plan) {
    return plan->spec->network.upstream.proxy.tls;
}

static bool tells_a_password_in_the_clear(const struct plan *plan) {
    const struct upstream *upstream = &plan->spec->network.upstream;
    return upstream->user.s && !upstream->proxy.tls;
}

static bool dated_opened(const struct plan *plan) {
    for (size_t i = 0; i < plan->opened.n; i++)
        if (plan->opened.v[i].expires.year)
            return true;
    return false;
}

static bool forwards(const struct plan *plan) {
    return plan->spec->network.local_ports.n > 0;
}

static bool published(const struct plan *plan) {
    return plan->spec->network.publish.n > 0;
}

static bool credentials(const struct plan *plan) {
    return plan->spec->credentials.n > 0;
}

static bool logins(const struct plan *plan) {
    return plan->spec->logins.n > 0;
}

static bool hidden(const struct plan *plan) {
    bool any = plan->spec->files.hide.n > 0;
    for (size_t i = 0; i < plan->spec->workspaces.n; i++)
        any = any || plan->spec->workspaces.v[i].files.hide.n > 0;
    return any;
}

static bool workspaces(const struct plan *plan) {
    return plan->spec->workspaces.n > 0;
}

/* A project is written, too. */
static bool shared(const struct plan *plan) {
    if (plan->spec->projects.roots.n)
        return true;
    for (size_t i = 0; i < plan->spec->workspaces.n; i++)
        if (plan->spec->workspaces.v[i].access == ACCESS_READ_WRITE)
            return true;
    return false;
}

static bool git_closed(const struct plan *plan) {
    return shared(plan) && !plan->git_config;
}

static bool worktrees(const struct plan *plan) {
    return plan->spec->projects.roots.n && plan->spec->projects.worktrees;
}

static bool git_open(const struct plan *plan) {
    return shared(plan) && plan->git_config;
}

static bool cpus(const struct plan *plan) {
    return plan->spec->limits.cpus;
}

static bool no_cpus(const struct plan *plan) {
    return !cpus(plan);
}

static bool session(const struct plan *plan) {
    return plan->spec->limits.session;
}

static bool no_session(const struct plan *plan) {
    return !session(plan);
}

/* Modules for NixOS and system-manager have it from an input alone. */
static bool native(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->hosts.n && !flake_gives_engine(spec); i++)
        if (spec->hosts.v[i].kind == HOST_NIXOS || spec->hosts.v[i].kind == HOST_SYSTEM_MANAGER)
            return false;
    return spec->network.engine == ENGINE_NATIVE;
}

static bool mitmproxy(const struct plan *plan) {
    return plan->spec->network.engine == ENGINE_MITMPROXY;
}

static bool either(const struct plan *plan) {
    return !native(plan) && !mitmproxy(plan);
}

static bool any_rule_of(const struct plan *plan, enum scheme scheme) {
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->rules.n; i++)
        if (network->rules.v[i].scheme == scheme)
            return true;
    return false;
}

static bool any_tcp(const struct plan *plan) {
    return any_rule_of(plan, SCHEME_TCP);
}

static bool any_tls(const struct plan *plan) {
    return any_rule_of(plan, SCHEME_TLS);
}

static bool any_ceiling(const struct plan *plan, bool of_tokens) {
    const struct spec *spec = plan->spec;
    bool any = false;
    for (size_t i = 0; i < spec->network.rules.n && !any; i++)
        any = of_tokens ? spec->network.rules.v[i].ceilings.tokens.count
                        : ceilings_set(&spec->network.rules.v[i].ceilings);
    for (size_t i = 0; i < spec->credentials.n && !any; i++)
        any = of_tokens ? spec->credentials.v[i].ceilings.tokens.count
                        : ceilings_set(&spec->credentials.v[i].ceilings);
    return any;
}

static bool ceilings(const struct plan *plan) {
    return any_ceiling(plan, false);
}

static bool token_ceilings(const struct plan *plan) {
    return any_ceiling(plan, true);
}

static bool cooldowns(const struct plan *plan) {
    for (size_t i = 0; i < plan->spec->network.rules.n; i++)
        if (plan->spec->network.rules.v[i].cooldown)
            return true;
    return false;
}

static bool mcp_servers(const struct plan *plan) {
    return plan->spec->network.mcp.n > 0;
}

static bool captures(const struct plan *plan) {
    return plan->spec->network.capture;
}

static bool captures_not(const struct plan *plan) {
    return !captures(plan);
}

static bool clipboard(const struct plan *plan) {
    return plan->spec->terminal.clipboard == CLIPBOARD_WRITE;
}

static bool notices(const struct plan *plan) {
    return plan->spec->terminal.notify != NOTIFY_NEVER;
}

static bool ssh_hosts(const struct plan *plan) {
    return plan->spec->ssh.hosts.n > 0;
}

static bool ssh_keys(const struct plan *plan) {
    return plan->spec->ssh.keys.n > 0;
}

static bool ssh_commits(const struct plan *plan) {
    return plan->spec->ssh.sign_commits;
}

/* What shipped:browser sets; Playwright's tests and its chromium go without, too. */
static bool bare_browser(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->environment.n; i++) {
        const struct variable *one = &spec->environment.v[i];
        if (strcmp(one->name.s, "PUPPETEER_DANGEROUS_NO_SANDBOX") == 0)
            return strcmp(one->value.s, "true") == 0;
    }
    return false;
}

#define LINUX TARGET_LINUX
#define DARWIN TARGET_DARWIN
#define WSL TARGET_WSL
#define HOME_MANAGER TARGET_HOME_MANAGER
#define EVERY (TARGET_LINUX | TARGET_DARWIN)
#define ROW(targets, guarantee, mechanism, status, when)                                           \
    { targets, {guarantee}, {mechanism}, STATUS_##status, when }

const struct matrix_row matrix[] = {
    ROW(LINUX, "Own identity",
        "sysusers.d: own user and group, no password, no supplementary group but the share", HELD,
        NULL),
    ROW(LINUX, "The only way out is the proxy (TCP, UDP, QUIC; IPv4 and IPv6)",
        "a private network namespace that holds a loopback and one relay; behind it nftables (or "
        "iptables) rejects the agent's user in the host's namespace",
        HELD, NULL),
    ROW(LINUX, "Beyond the proxy only the listed CIDRs, protocols and ports",
        "a veth pair; a filter inside the namespace and the host's forwarding admit exactly these; "
        "a "
        "host that forwarded nothing before forwards for nobody else",
        HELD, cidrs),
    ROW(LINUX, "No DNS of its own",
        "no resolver in the namespace; the sockets of D-Bus, systemd-resolved and nscd are hidden "
        "with `/run`",
        HELD, captures_not),
    ROW(LINUX, "No DNS of its own",
        "the one resolver in the namespace knows nobody: it gives each name an address of "
        "198.19.0.0/16, where a rule takes whatever is dialled to the proxy, and logs it; the "
        "sockets of D-Bus, systemd-resolved and nscd are hidden with `/run`",
        HELD, captures),
    ROW(LINUX, "What knows no proxy is decided by the same rules",
        "the proxy is asked for the name whose address was dialled, whatever the program says "
        "later; where agent-sandbox-proxy is not installed (`doctor` says so) it has no network",
        HELD, captures),
    ROW(LINUX, "No ICMP, raw or packet socket, vsock, Bluetooth",
        "no capability, `RestrictAddressFamilies=`, a namespace without a device", HELD, NULL),
    ROW(LINUX, "No service of this host, of its network, no cloud metadata",
        "none of them is in the namespace", HELD, NULL),
    ROW(LINUX, "The listed local ports, and no other",
        "one socket unit each; what listens there does not see who asks", HELD, forwards),
    ROW(LINUX, "The agent's published ports, on this host's loopback only",
        "one socket unit each; every local user can open them", HELD, published),
    ROW(LINUX, "No socket of another program (Docker, ssh-agent, D-Bus)",
        "`/run` is empty, `/var` but for package lists too, `/tmp` and the homes are its own; "
        "abstract sockets belong to "
        "the network namespace. One that its owner put elsewhere (`/opt`, `/srv`) and that "
        "everybody may write to can be reached",
        PARTLY, NULL),
    ROW(LINUX, "The operator's keys of ssh sign only logins at the listed hosts",
        "a filter for each session, of its operator's user, passes on what a listed host's key has "
        "signed as its session; all else is refused. Other processes of that operator's could "
        "change it, as they could ask the ssh-agent itself",
        HELD, ssh_hosts),
    ROW(LINUX, "What the agent does where it is logged in to",
        "all that the operator's key can do there: give it a key of its own, or one that opens "
        "single repositories",
        NOT, ssh_hosts),
    ROW(LINUX, "What is signed as a commit is one that its operator has seen",
        "the agent can have anything signed that git signs: commits, tags, signed pushes", NOT,
        ssh_commits),
    ROW(LINUX, "Who signed, and where somebody logged in, is in the log (`logs`)",
        "a line of the filter's before it is passed on", HELD, ssh_keys),
    ROW(LINUX, "What is pasted is what its operator has copied",
        "the agent may write the clipboard of who looks at its terminal: text without controls, "
        "which it can have chosen",
        NOT, clipboard),
    ROW(LINUX, "The relaxed unix sockets",
        "bound into the session: the agent may do whatever their owner does for it", NOT, sockets),
    ROW(LINUX, "The Nix daemon's builders",
        "relaxed: they run as other users and have a network of their own", NOT, nix_daemon),
    ROW(LINUX, "No way to root (sudo, setuid, polkit, capabilities)",
        "`NoNewPrivileges=`, an empty bounding set, `SystemCallFilter=`, not in sudoers", HELD,
        NULL),
    ROW(LINUX, "No user namespaces", "`RestrictNamespaces=`", HELD, not_nested),
    ROW(LINUX, "No user namespaces",
        "relaxed for nested sandboxes: more of the kernel can be attacked; `NoNewPrivileges=` and "
        "the network namespace stay",
        NOT, nested),
    ROW(LINUX, "A container reaches no more than the session that it runs in",
        "it has the session's only uid, network namespace, system calls and limits; no sub-ids, "
        "no daemon. `/dev/fuse` is open to it",
        HELD, containers),
    ROW(LINUX, "No other user's memory, keys or IPC",
        "`ProtectProc=invisible`, `PrivateIPC=`, `KeyringMode=private`, another uid", HELD, NULL),
    ROW(LINUX, "No other user's processes are seen",
        "`ProtectProc=invisible` hides their files. They share one numbering: `kill -0` and "
        "`pidfd_open` tell which numbers are taken, newer kernels also by which user and unit",
        PARTLY, NULL),
    ROW(LINUX, "No other home, no shared `/tmp` or `/dev/shm`, nothing of the system to write",
        "`ProtectHome=tmpfs`, `PrivateTmp=`, a `/var` of package lists, `ProtectSystem=strict`; "
        "only the "
        "agent's home and the workspaces are writable",
        HELD, NULL),
    ROW(LINUX, "Agent and operators can edit each other's files in a workspace",
        "an idmapped mount, in which the agent and the folder's operator (or the first one) change "
        "places; further operators, and file systems without such mounts (`status` says which), "
        "have access lists, which files do not take up that were there before, are moved in, or "
        "are made with a mode of their own (`mktemp`, `cp -a`)",
        PARTLY, shared),
    ROW(LINUX, "No set-user-ID file and no device in a workspace",
        "`RestrictSUIDSGID=`; mounted nosuid and nodev", HELD, shared),
    ROW(LINUX, "The hooks and the configuration of the workspaces' git repositories",
        "read-only mounts (a missing `hooks`, `config` or `commondir` is made for them) in `.git` "
        "and in folders above it that cannot be moved: `git config`, and moving or removing such a "
        "repository or worktree, fail inside. For repositories that are there when the session "
        "starts, at most five folders deep or where a `.git` file leads; not the `commondir` that "
        "a bare one or a submodule's lacks, not what a link or the configuration itself points to, "
        "and no longer "
        "once an operator replaces the file during the session",
        PARTLY, git_closed),
    ROW(LINUX, "The hooks and the configuration of the workspaces' git repositories",
        "relaxed: the agent may change them, and the operators' git runs what stands there", NOT,
        git_open),
    ROW(LINUX, "A session in a linked worktree changes nothing else of the repository",
        "read-only mounts, in the folder that the worktree has in common with it, over hooks, "
        "settings, attributes, alternates, the main work tree's `HEAD` and `index`, and the other "
        "worktrees' parts. Objects, refs and logs are the agent's to write: it can move branches "
        "and damage objects (`git fsck`); what it makes beside them (`rebase-merge`), `run` names "
        "afterwards. In a submodule it has the submodule's repository alone, with its `HEAD` and "
        "`index`",
        PARTLY, worktrees),
    ROW(LINUX, "What operators' tools run by themselves in a workspace stays as it is",
        "read-only mounts over what begins with `!` in `host/obeyed.txt` (`.envrc`, `.vscode/`, "
        "`.github/workflows/` ...), of which `unprotect` opens some, and over what `protect` "
        "names: of what is there when the session starts; of the former at most five folders deep "
        "and outside of `node_modules` and its like. Not what a link stands for, and no longer "
        "once an operator puts another file in its place during the "
        "session; a folder above can be moved away and made anew, which `run` names afterwards, "
        "as all that was made meanwhile",
        PARTLY, shared),
    ROW(LINUX, "What is hidden in a workspace is not read",
        "an empty file or folder is mounted over it, whatever folder it lies in, under each of its "
        "names in the workspaces, and over what a hidden link leads to: of what is there when the "
        "session starts. That there is such a file is seen, and of one in git's index its size "
        "and time. Not hidden is what git has of it in its history (of what is in the index, `run` "
        "says so when a session starts), what an operator puts in its "
        "place during the session (an editor that renames does), and, while another session "
        "moves folders, what those hold",
        PARTLY, hidden),
    ROW(LINUX, "Nothing outlives a session (cron, at, lingering, user units)",
        "cron.deny and at.deny; no user manager; the session's processes end with its unit", HELD,
        NULL),
    ROW(LINUX, "The policy, the proxy, its keys and its log are out of reach",
        "files of root and of the proxy's own user; `ProtectSystem=strict`", HELD, NULL),
    ROW(LINUX, "What is granted is an operator's word, and ends when he said",
        "files of root's and a socket of the proxy's own, of which no session has one. What ends "
        "with the machine is measured by a clock that nobody sets back; what has a date, by the "
        "machine's",
        PARTLY, grants),
    ROW(LINUX, "No memory of the proxy's is first written and then run",
        "`MemoryDenyWriteExecute=`", HELD, native),
    ROW(LINUX, "No memory of the proxy's is first written and then run",
        "mitmproxy's TLS makes code at run time, so `MemoryDenyWriteExecute=` is not set", NOT,
        mitmproxy),
    ROW(LINUX, "No memory of the proxy's is first written and then run",
        "`MemoryDenyWriteExecute=` where the proxy is agent-sandbox-proxy, not where it is "
        "mitmproxy: `status` says which",
        PARTLY, either),
    ROW(LINUX, "What the proxy let pass is in its log (`logs`)",
        "a journal of the proxy's own, without a limit of its rate: a request leaves once its line "
        "is "
        "with journald. Refusals beyond 1,000 at once and one a second are told as a count. The "
        "newest gigabyte is kept: with enough allowed requests the agent pushes older ones out, "
        "and "
        "a full disk takes none",
        PARTLY, NULL),
    ROW(LINUX, "No firewall, no session",
        "the session and the proxy are bound to the firewall's and the namespace's units: when "
        "one of them stops or starts anew, sessions end",
        HELD, NULL),
    ROW(LINUX, "A limit of memory, and of processes and threads",
        "`MemoryMax=`, without swap, and `TasksMax=` of the slice that all its sessions share",
        HELD, NULL),
    ROW(LINUX, "A limit of processors", "`CPUQuota=` of that slice", HELD, cpus),
    ROW(LINUX, "A limit of processors", "the spec has no `limits.cpus`", NOT, no_cpus),
    ROW(LINUX, "A limit of a session's time", "`RuntimeMaxSec=`", HELD, session),
    ROW(LINUX, "A limit of a session's time", "the spec has no `limits.session`", NOT, no_session),
    ROW(LINUX, "The agent cannot silence its proxy",
        "2 GB of memory (agent-sandbox-proxy: 384 MB), one processor, and bounds of a head, of "
        "resets, of indexes of packages at once and of what a refusal keeps; "
        "but it can open the 1,024 connections that there are. Another sandbox has a proxy of its "
        "own",
        PARTLY, NULL),

    ROW(DARWIN, "Own identity", "own user and group, never `staff`, no password, no login", HELD,
        NULL),
    ROW(DARWIN, "The only way out is the proxy (TCP and UDP; IPv4 and IPv6)",
        "Seatbelt allows the proxy's port alone; behind it pf blocks the agent's uid", HELD, NULL),
    ROW(DARWIN, "Beyond the proxy only the listed CIDRs, protocols and ports",
        "pf by uid. Seatbelt cannot name addresses, so here pf stands alone", PARTLY, cidrs),
    ROW(DARWIN, "No DNS through mDNSResponder",
        "Seatbelt alone: neither its socket nor its Mach service; pf cannot tell whose query it is",
        PARTLY, no_resolver),
    ROW(DARWIN, "No DNS through mDNSResponder",
        "relaxed: any name can be asked, and a name can hold data", NOT, resolver),
    ROW(DARWIN, "No UDP over the shared port 5353",
        "Seatbelt alone; pf limits that port to multicast", PARTLY, NULL),
    ROW(DARWIN, "No ICMP",
        "Seatbelt alone: pf matches no user for ICMP, and any user may open an ICMP socket", PARTLY,
        NULL),
    ROW(DARWIN, "No help from setuid programs (ping, traceroute)",
        "Seatbelt alone: it refuses to start them", PARTLY, NULL),
    ROW(DARWIN,
        "No help from system services (nsurlsessiond, pasteboard, Apple events, LaunchServices)",
        "Seatbelt alone: Mach services by list, these are not on it", PARTLY, NULL),
    ROW(DARWIN, "No help from virtual machines with a network of their own",
        "Seatbelt alone: a machine that already runs answers on sockets that are not listed",
        PARTLY, NULL),
    ROW(DARWIN, "What is pasted is what its operator has copied",
        "the agent may write the clipboard of who looks at its terminal: text without controls, "
        "which it can have chosen",
        NOT, clipboard),
    ROW(DARWIN, "No socket of another program (Docker, OrbStack, ssh-agent)",
        "Seatbelt alone, by path; one that somebody puts into a workspace that the agent writes "
        "can "
        "be reached, where its mode allows it",
        PARTLY, NULL),
    ROW(DARWIN, "The relaxed unix sockets",
        "allowed by path: the agent may do whatever their owner does for it", NOT, sockets),
    ROW(DARWIN, "The Nix daemon's builders",
        "relaxed: they run as other users and have a network of their own", NOT, nix_daemon),
    ROW(DARWIN, "pf stays switched on and keeps its rules",
        "a guard looks every minute and when files change, and ends the sessions; `run` looks "
        "before "
        "each; between two looks another program can switch pf off",
        PARTLY, NULL),
    ROW(DARWIN, "A narrower spec holds for connections that stand",
        "pf keeps no state for ours: each packet is asked about by the rules of now. Where a "
        "ruleset of your own refuses what comes in, it has to let answers through",
        HELD, NULL),
    ROW(DARWIN, "The rest of this Mac goes on as before",
        "pf looks at every packet while it is on. With rules that it does not know macOS does "
        "without networking in user space (so its sources say) and, as users of other programs "
        "report, without iCloud Private Relay: for everybody, until `remove`",
        NOT, NULL),
    ROW(DARWIN, "Nothing outlives a session",
        "with the last session that runs, all of the agent's processes end; before, those that "
        "have its terminal. What has left its terminal goes on beside other sessions until then; "
        "`verify` ends sessions, because it cannot make them stand still",
        PARTLY, NULL),
    ROW(DARWIN, "No inherited socket",
        "`closefrom` in sudoers; what the operator's terminal itself passes on is the terminal",
        PARTLY, NULL),
    ROW(DARWIN, "No login session of the operator's (Mach bootstrap, audit session)",
        "`launchctl asuser` moves each session into the agent's own, and one that finds itself "
        "elsewhere (`launchctl manageruid`) does not start; what only a Mac can say: whether it "
        "moves a user there who has never logged in. Seatbelt stands behind it",
        PARTLY, NULL),
    ROW(DARWIN, "No other user's processes are seen",
        "`ps`, which runs outside of Seatbelt, and `pgrep` show all of this Mac's, with their "
        "arguments; none can be signalled or looked into",
        NOT, NULL),
    ROW(DARWIN, "No other user's memory, keys or IPC",
        "another uid, and no port of another process's; shared memory and semaphores are the whole "
        "Mac's, and what its owner left open to everybody is open to the agent",
        PARTLY, NULL),
    ROW(DARWIN, "No set-user-ID file can be made", "Seatbelt alone, for any file", PARTLY, NULL),
    ROW(DARWIN, "Programs trust the proxy's certificate",
        "by variables; of Go's programs those that are built with 1.27 or newer. Others ask the "
        "system's keychain, where nothing is put",
        PARTLY, NULL),
    ROW(DARWIN, "What a certificate names is not fetched by the system",
        "Seatbelt alone: trustd is not on its list", PARTLY, no_system_trust),
    ROW(DARWIN, "What a certificate names is not fetched by the system",
        "relaxed: trustd fetches it, past the proxy. pf refuses what its copy for the agent's user "
        "asks; whether another one asks for it, only a Mac can say. securityd answers what it "
        "would "
        "answer any user",
        NOT, system_trust),
    ROW(DARWIN, "The agent's own servers are its own",
        "relaxed for the loopback's ports from 49152 on: whoever else listens on one of them is "
        "reached, and whoever is logged in here reaches the agent's",
        NOT, ephemeral_ports),
    ROW(DARWIN, "What is granted is an operator's word, and ends when he said",
        "files of root's and a socket of the proxy's own, which Seatbelt has no path for; what "
        "has a date ends by the machine's clock",
        PARTLY, grants),
    ROW(DARWIN, "The proxy's program is root's alone",
        "Homebrew's mitmdump, and what lies in a folder of Homebrew's owner's, is theirs to "
        "replace, and it holds the secrets; Nix's is root's",
        PARTLY, NULL),
    ROW(DARWIN, "The listed local ports, and no other", "pf and Seatbelt, by port", HELD, forwards),
    ROW(DARWIN, "The agent's published ports, on this host's loopback only",
        "pf lets their answers pass on `lo0`; every local user can open them", HELD, published),
    ROW(DARWIN, "No other home, volume or keychain, nothing of the system to write",
        "file modes and Seatbelt, which denies `/Users`, `/Volumes` and the keychains", HELD, NULL),
    ROW(DARWIN, "The hooks and the configuration of the workspaces' git repositories",
        "the agent may change them, and the operators' git runs what stands there", NOT, shared),
    ROW(DARWIN, "What operators' tools run by themselves in a workspace stays as it is",
        "the agent may change it; `run` names afterwards what it changed", NOT, shared),
    ROW(DARWIN, "What is hidden in a workspace is not read", "the agent may read it", NOT, hidden),
    ROW(DARWIN, "The policy, the proxy, its keys and its log are out of reach",
        "files of root and of the proxy's own user", HELD, NULL),
    ROW(DARWIN, "Limits of memory, processors, tasks, time", "macOS has none for a session", NOT,
        NULL),

    ROW(EVERY, "The agent's processes and each other", "relaxed: one may trace another (ptrace)",
        NOT, traced),
    ROW(EVERY, "Only the listed hosts, schemes, ports, methods and paths",
        "the proxy decides every request; a refusal is a 403 that names the missing rule", HELD,
        enforced),
    ROW(EVERY, "Only the listed hosts, schemes, ports, methods and paths",
        "audit: the proxy lets every request through and logs what a rule would refuse", NOT,
        audited),
    ROW(EVERY, "What rules of tcp say is what they mean",
        "name, port and address are checked, once for each connection; nothing of the bytes is "
        "read, so whatever is told there leaves, by whatever protocol",
        NOT, any_tcp),
    ROW(EVERY, "What rules of tls say is what they mean",
        "the name in the ClientHello too is checked; nothing inside is read: the server that has "
        "the address may serve other names there (fronting, an encrypted ClientHello)",
        NOT, any_tls),
    ROW(EVERY, "The host that was decided is the host that is reached",
        "CONNECT authority, SNI and Host must agree; the proxy resolves names itself and refuses "
        "private addresses, after a rebinding too",
        HELD, NULL),
    ROW(EVERY, "Of addresses that are not public, only those that a rule names, on its ports",
        "the proxy asks for each host which of them its rules name; never the loopback, link-local "
        "addresses, metadata services, multicast, or an address of this host. The firewall opens "
        "them to the proxy's user, on these ports, whichever host is meant",
        HELD, opened),
    ROW(EVERY, "What leaves goes through the company's proxy, without a check the less",
        "a name that leads to closed addresses here is refused before it is asked; it is asked by "
        "CONNECT and the name, of http in the clear by requests in the absolute form (of WebSocket "
        "there by CONNECT, too), and TLS is verified with the server. Its password is told to it "
        "alone, and blotted out of what it answers; an error that comes compressed is refused. "
        "Where a name that does not resolve here leads, it alone "
        "says; "
        "the firewall keeps nobody from connecting to public addresses without it",
        PARTLY, has_upstream),
    ROW(EVERY, "The company's proxy is the one that is meant",
        "its certificate must have its name and be signed by the system's authorities or by one "
        "that trust has for it, before a byte is said to it, the password least of all. Of what "
        "goes through it in TCP one half cannot end alone where mitmproxy is the proxy",
        HELD, has_upstream_in_tls),
    ROW(EVERY, "Nobody on the way to the company's proxy reads its password",
        "Basic says it in the clear to a proxy that is written http://; where it has a port for "
        "TLS, write https://",
        NOT, tells_a_password_in_the_clear),
    ROW(DARWIN, "The last day of such addresses",
        "the proxy compares it at every request; pf, behind it, knows no dates", PARTLY,
        dated_opened),
    ROW(EVERY, "A rule ends after its last day",
        "the proxy compares the date (UTC) at every request", HELD, enforced),
    ROW(EVERY, "Ceilings of requests and bytes",
        "the proxy counts, in its memory: what does not fit is answered 429, what is under way is "
        "cut. Bytes are those of bodies (with tcp and tls, and in a WebSocket, all that passes), "
        "not of heads; a start of the proxy begins anew",
        PARTLY, ceilings),
    ROW(EVERY, "Ceilings of tokens",
        "the proxy adds up what answers say themselves (`usage`) once they have ended. One that "
        "says nothing, or is broken off before it does, and a WebSocket cost nothing; what runs "
        "side by side can go beyond it",
        PARTLY, token_ceilings),
    ROW(EVERY, "No version of a package that is younger than its rule's cooldown",
        "the proxy reads the index itself, takes out what is too young or has no date, and lets a "
        "file through where the index says that it is old enough. The index says when, so whoever "
        "rules it can lie; what a client has in its own cache, and what another host has, is not "
        "seen; an audit looks at no age",
        PARTLY, cooldowns),
    ROW(EVERY, "Of an MCP server's tools, those alone that are named",
        "the proxy reads each message that is sent to its URL, whichever rule lets it through, and "
        "refuses one that could be read in two ways. It does not judge what a tool is told, nor "
        "what the server answers; a tool's name means what its server makes of it; an audit lets "
        "all pass",
        PARTLY, mcp_servers),
    ROW(LINUX, "The last day of a CIDR",
        "the firewall compares the time (UTC) with it at every packet", HELD, dated_cidrs),
    ROW(DARWIN, "The last day of a CIDR",
        "pf knows no dates: `check` and `render` refuse an expired one, an anchor that is loaded "
        "keeps it",
        NOT, dated_cidrs),
    ROW(EVERY, "No secret in the sandbox",
        "the agent holds placeholders; the proxy injects over TLS, to the bound hosts only, and "
        "redacts the secret and its common encodings from answers",
        HELD, credentials),
    ROW(EVERY, "No token of a login in the sandbox",
        "agent-sandbox-proxy reads the answers of the token endpoints and keeps what they give "
        "out, encrypted at rest; mitmproxy does not, and refuses to start: `apply` fails where the "
        "other engine is not there",
        HELD, logins),

    ROW(EVERY, "No data leaves inside an allowed request",
        "a host that may be written to can be told anything", NOT, NULL),
    ROW(EVERY, "A credential is used as its owner meant",
        "the agent can do at a bound host whatever the rules and the credential allow: the "
        "credential is an oracle",
        NOT, credentials),
    ROW(EVERY, "A bound host does not give the secret away",
        "an answer that holds it transformed (encrypted, or in an encoding of its own) passes the "
        "redaction",
        NOT, credentials),
    ROW(EVERY, "What a session prints does nothing to the operator's terminal",
        "a terminal of its own keeps it from typing there (TIOCSTI); escape sequences pass: title, "
        "clipboard (OSC 52), questions whose answers the shell reads that follows. Switch them "
        "off in the terminal, or run in one of its own",
        NOT, NULL),
    ROW(EVERY, "What its operator's desktop is told of a session is true",
        "a notice says what the agent chose: one short line without controls, below the sandbox's "
        "name",
        NOT, notices),
    ROW(EVERY, "A page that takes over a part of its browser does not have all of it",
        "a browser's own sandbox has no place inside this one and is off (`--no-sandbox`): such a "
        "page can do what the agent can, and no more",
        NOT, bare_browser),
    ROW(EVERY, "What an operator runs in a workspace is harmless",
        "the agent can plant repositories, hooks, `.envrc`, tasks and scripts there, and where "
        "the workspace is an idmapped mount git takes them for the operator's own. When a session "
        "ends, `run` names what it changed of the files in `host/obeyed.txt`, the most "
        "dangerous first, also what was moved to such a name, and what a repository's "
        "configuration (hooks, commands, includes), a `.git` file or a link leads to in the "
        "workspaces: read them before you run anything. Not named are other files that those run "
        "in turn (a script that a Makefile calls), source code, a `package.json` whose scripts are "
        "as they were, and in `node_modules` and `site-packages` anything but repositories",
        NOT, workspaces),
    ROW(EVERY, "A link in a workspace leads nowhere else",
        "the agent can plant symbolic links; root follows none, an operator's own tools may", NOT,
        workspaces),
    ROW(EVERY, "The agent cannot fill the disk",
        "no quota is set: give its user one in the file system, or a volume of its own; in an "
        "idmapped workspace its files count as the operator's",
        NOT, NULL),

    ROW(WSL, "The Windows drives",
        "`wsl.conf` mounts them for their owner alone; the session does not see `/mnt`", HELD,
        NULL),
    ROW(WSL, "No Windows program is started from the sandbox",
        "`wsl.conf` switches interop off; the session sees neither its handler nor its socket",
        HELD, NULL),
    ROW(WSL, "Windows itself, and other distributions",
        "whoever owns the Windows session is root in here; all distributions share one kernel and "
        "one network",
        NOT, NULL),

    ROW(HOME_MANAGER, "Everything above",
        "home-manager installs packages and dotfiles; user, firewall, proxy and session are there "
        "only if somebody else makes them",
        NOT, NULL),
};
const size_t matrix_count = sizeof matrix / sizeof *matrix;
