/*
 * What the lines of session.properties are for, where the name does not say it (the file itself
 * holds one property a line and nothing else):
 *   BindsTo                 no firewall, no namespace or no relay: no session
 *   StartLimit              a restart of what it is bound to ends a session, and must not run its
 *                           command a second time
 *   TemporaryFileSystem     /run holds D-Bus, resolved's varlink, nscd, docker.sock; /var other
 *                           sandboxes' policies and daemons' sockets; abstract sockets belong to
 *                           the network namespace and are gone with it
 *   BindReadOnlyPaths       NixOS's programs; what programs of /usr keep in /var, and need to
 *                           start (ghc) or to know of anything (dpkg): the same on every host,
 *                           no secrets; the CAs, also where programs look that no variable
 *                           reaches (Debian, NixOS; Alpine; SUSE; Fedora; Arch; the JVM's: of
 *                           these session.py leaves out what the host has not, because systemd
 *                           would make it there); which of its addresses "localhost" means
 *                           first (gai.conf says why; systemd makes the file where the host has
 *                           none, empty, as it does resolv.conf: to the C library that says the
 *                           same)
 *   IPAddressDeny           works where BPF does; the namespace holds without it
 *   SystemCallFilter        io_uring goes around RestrictAddressFamilies, and is in @system-service
 *   RestrictSUIDSGID        workspaces are shared by idmapped mounts and ACLs; setgid, which this
 *                           forbids, is not needed
 *   no MemoryDenyWriteExecute (Node's JIT), no ProcSubset=pid (ps, free, Node's count of
 *   processors), no PrivateUsers and no ~@privileged (chgrp, cp -a)
 */
#include "render/render_session.h"
#include "plan/proxy_env.h"
#include "write/write_unit.h"

/* All of them: host/workspaces.py mounts what may be written over these. */
static void fill_workspaces(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        buf_lit(out, "BindReadOnlyPaths=");
        unit_folder(out, plan->spec->workspaces.v[i].path);
        buf_lit(out, "\n");
    }
}

/* A service of the host that is not running is no reason to refuse the session. */
static void fill_sockets(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->relax.n; i++) {
        const struct relax *relax = &plan->spec->relax.v[i];
        if (relax->what != RELAX_UNIX_SOCKET)
            continue;
        buf_lit(out, "BindPaths=-");
        unit_path(out, relax->socket);
        buf_lit(out, "\n");
    }
}

/* Without its socket names are not answered, and all else is as it was. The address that a program
 * hears answers from is the one that it dialled. */
static void fill_capture(const struct plan *plan, struct buf *out) {
    if (!plan->spec->network.capture)
        return;
    buf_lit(out, "Wants=");
    buf_name(out, plan->prefix);
    buf_lit(out, "-capture.socket\nAfter=");
    buf_name(out, plan->prefix);
    buf_lit(out, "-capture.socket\nBindReadOnlyPaths=");
    buf_path(out, plan->current);
    buf_lit(out, "/linux/resolv.conf:/etc/resolv.conf\nIPAddressAllow=198.19.0.0/16\n");
}

static void fill_cidrs(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++) {
        buf_lit(out, "IPAddressAllow=");
        buf_cidr(out, plan->spec->network.cidrs.v[i].cidr);
        buf_lit(out, "\n");
    }
}

/* The daemon's builders have network outside the agent's uid. */
static void fill_nix_daemon(const struct plan *plan, struct buf *out) {
    if (!plan->nix_daemon)
        buf_lit(out, "InaccessiblePaths=-/nix/var/nix/daemon-socket\n");
}

/* The Windows drives and WSLg's sockets; interop's handler, which binfmt starts; Windows' drivers.
 */
static void fill_wsl(const struct plan *plan, struct buf *out) {
    if (plan->wsl)
        buf_lit(out, "TemporaryFileSystem=/mnt:ro\n"
                     "InaccessiblePaths=-/init\n"
                     "InaccessiblePaths=-/usr/lib/wsl\n");
}

/* A nested sandbox mounts its own /proc, and the kernel allows that only where nothing of ours
 * covers a part of /proc. */
static void fill_namespaces(const struct plan *plan, struct buf *out) {
    if (!plan->nested)
        buf_lit(out, "ProtectKernelLogs=yes\n"
                     "ProtectKernelTunables=yes\n"
                     "RestrictNamespaces=yes\n");
}

/* fuse-overlayfs, which keeps owners and set-user-ID bits of images beside the files: none of a
 * session's may have them. */
static void fill_containers(const struct plan *plan, struct buf *out) {
    if (plan->containers)
        buf_lit(out, "BindPaths=-/dev/fuse\nDeviceAllow=/dev/fuse rw\n");
}

/* gdb starts its programs with another personality: without address randomisation. */
static void fill_personality(const struct plan *plan, struct buf *out) {
    if (!plan->ptrace)
        buf_lit(out, "LockPersonality=yes\n");
}

static void fill_system_calls(const struct plan *plan, struct buf *out) {
    buf_lit(out, "SystemCallFilter=@system-service");
    if (plan->nested)
        buf_lit(out, " @mount");
    if (plan->containers)
        buf_lit(out, " seccomp");
    if (plan->ptrace)
        buf_lit(out, " @debug");
    buf_lit(out, "\nSystemCallFilter=~@keyring io_uring_enter io_uring_register io_uring_setup");
    if (!plan->ptrace)
        buf_lit(out, " @debug");
    buf_lit(out, "\n");
}

#define LIMIT(out, name, value, unit)                                                              \
    do {                                                                                           \
        if ((value) != 0) {                                                                        \
            buf_lit((out), name "=");                                                              \
            buf_uint((out), (uint64_t)(value));                                                    \
            buf_lit((out), unit "\n");                                                             \
        }                                                                                          \
    } while (0)

static int64_t tasks(const struct plan *plan) {
    int64_t own = plan->spec->limits.tasks;
    return own ? own : DEFAULT_TASKS;
}

/* LimitNPROC holds where the kernel has no pids controller; it counts the user's processes. */
static void fill_session_limits(const struct plan *plan, struct buf *out) {
    LIMIT(out, "LimitNPROC", tasks(plan), "");
    LIMIT(out, "RuntimeMaxSec", plan->spec->limits.session, "");
}

static void fill_slice_limits(const struct plan *plan, struct buf *out) {
    const struct limits *limits = &plan->spec->limits;
    LIMIT(out, "MemoryMax", limits->memory, "");
    LIMIT(out, "MemoryMax", limits->memory ? 0 : DEFAULT_MEMORY_PERCENT, "%");
    buf_lit(out, "MemorySwapMax=0\n");
    LIMIT(out, "CPUQuota", limits->cpus * 100, "%");
    LIMIT(out, "TasksMax", tasks(plan), "");
}

/* Over the system's own, which would include what the host has. */
static void fill_ssh(const struct plan *plan, struct buf *out) {
    if (plan->spec->ssh.keys.n == 0)
        return;
    buf_lit(out, "BindReadOnlyPaths=");
    buf_path(out, plan->current);
    buf_lit(out, "/linux/ssh/config:/etc/ssh/ssh_config\n");
}

const struct hole slice_holes[] = {{"limits", fill_slice_limits}, {NULL, NULL}};

const struct hole session_holes[] = {
    {"workspaces", fill_workspaces},
    {"sockets", fill_sockets},
    {"nix_daemon", fill_nix_daemon},
    {"wsl", fill_wsl},
    {"namespaces", fill_namespaces},
    {"containers", fill_containers},
    {"personality", fill_personality},
    {"system_calls", fill_system_calls},
    {"limits", fill_session_limits},
    {"cidrs", fill_cidrs},
    {"capture", fill_capture},
    {"ssh", fill_ssh},
    {NULL, NULL},
};

/* systemd's own default has neither the agent's programs nor Nix's. */
static void search_path(const struct plan *plan, struct buf *out) {
    unit_begin(out, (struct name){"PATH"});
    buf_path(out, plan->linux_home);
    buf_lit(out, "/.local/bin:");
    buf_path(out, plan->linux_home);
    buf_lit(out, "/.nix-profile/bin:/etc/profiles/per-user/");
    buf_name(out, plan->agent);
    buf_lit(out, "/bin:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin"
                 ":/usr/local/bin:/usr/bin:/bin");
    unit_end(out);
}

static void proxy_variables_lines(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < proxy_variables_count; i++) {
        if (!proxy_variable_is_ours(&proxy_variables[i], plan, false))
            continue;
        unit_begin(out, (struct name){proxy_variables[i].name});
        proxy_variables[i].value(plan, false, out);
        unit_end(out);
    }
}

/* The last line of a name wins: the spec's variables stand before the proxy's. */
void render_session_environment(const struct plan *plan, struct buf *out) {
    search_path(plan, out);
    buf_lit(out, "LANG=\"C.UTF-8\"\nGIT_TERMINAL_PROMPT=\"0\"\nAGENT_SANDBOX=\"");
    buf_name(out, plan->name);
    buf_lit(out, "\"\n");
    for (size_t i = 0; i < plan->environment.n; i++)
        unit_assign_name(out, plan->environment.v[i].name, plan->environment.v[i].value);
    if (plan->spec->ssh.keys.n)
        buf_lit(out, "SSH_AUTH_SOCK=\"/run/agent-sandbox-ssh-agent\"\n");
    proxy_variables_lines(plan, out);
}
