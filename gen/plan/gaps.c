#include "plan/gaps.h"
#include "plan/flake_inputs.h"

bool host_is_darwin(const struct host *host) {
    return host->system == SYSTEM_X86_64_DARWIN || host->system == SYSTEM_AARCH64_DARWIN;
}

/* Where the key stands. */

static written at_host(const struct spec *spec, const struct host *host) {
    (void)spec;
    return host->at;
}

static written at_limits(const struct spec *spec, const struct host *host) {
    (void)host;
    return spec->limits.at;
}

static written at_network(const struct spec *spec, const struct host *host) {
    (void)host;
    return spec->network.at;
}

static written at_top(const struct spec *spec, const struct host *host) {
    (void)host;
    return spec->at;
}

static const struct credential *credential_of(const struct spec *spec, enum source_kind kind) {
    for (size_t i = 0; i < spec->credentials.n; i++)
        if (spec->credentials.v[i].source.kind == kind)
            return &spec->credentials.v[i];
    return NULL;
}

static bool upstream_has(const struct spec *spec, enum source_kind kind) {
    const struct upstream *upstream = &spec->network.upstream;
    return upstream->user.s && upstream->password.kind == kind;
}

static written at_upstream(const struct spec *spec, const struct host *host) {
    (void)host;
    return spec->network.upstream.at;
}

static written at_keychain(const struct spec *spec, const struct host *host) {
    (void)host;
    return credential_of(spec, SOURCE_KEYCHAIN)->at;
}

static written at_systemd(const struct spec *spec, const struct host *host) {
    (void)host;
    return credential_of(spec, SOURCE_SYSTEMD)->at;
}

/* Whether it is asked of a host that cannot do it. */

static bool home_manager(const struct spec *spec, const struct host *host) {
    (void)spec;
    return host->kind == HOST_HOME_MANAGER;
}

static bool memory(const struct spec *spec, const struct host *host) {
    return spec->limits.memory && host_is_darwin(host);
}

static bool cpus(const struct spec *spec, const struct host *host) {
    return spec->limits.cpus && host_is_darwin(host);
}

static bool tasks(const struct spec *spec, const struct host *host) {
    return spec->limits.tasks && host_is_darwin(host);
}

static bool session(const struct spec *spec, const struct host *host) {
    return spec->limits.session && host_is_darwin(host);
}

static bool disk(const struct spec *spec, const struct host *host) {
    (void)host;
    return spec->limits.disk;
}

static bool keychain(const struct spec *spec, const struct host *host) {
    return credential_of(spec, SOURCE_KEYCHAIN) && !host_is_darwin(host);
}

static bool systemd(const struct spec *spec, const struct host *host) {
    return credential_of(spec, SOURCE_SYSTEMD) && host_is_darwin(host);
}

static bool upstream_keychain(const struct spec *spec, const struct host *host) {
    return upstream_has(spec, SOURCE_KEYCHAIN) && !host_is_darwin(host);
}

static bool upstream_systemd(const struct spec *spec, const struct host *host) {
    return upstream_has(spec, SOURCE_SYSTEMD) && host_is_darwin(host);
}

static bool native_from_nix(const struct spec *spec, const struct host *host) {
    bool nix =
        host->kind == HOST_NIXOS || host->kind == HOST_DARWIN || host->kind == HOST_SYSTEM_MANAGER;
    return nix && spec->network.engine == ENGINE_NATIVE && !flake_gives_engine(spec);
}

static bool relaxed(const struct spec *spec, enum relax_what what) {
    for (size_t i = 0; i < spec->relax.n; i++)
        if (spec->relax.v[i].what == what)
            return true;
    return false;
}

static bool nested_sandbox(const struct spec *spec, const struct host *host) {
    return relaxed(spec, RELAX_NESTED_SANDBOX) && host_is_darwin(host);
}

static bool containers(const struct spec *spec, const struct host *host) {
    return relaxed(spec, RELAX_CONTAINERS) && host_is_darwin(host);
}

static written at_ssh(const struct spec *spec, const struct host *host) {
    (void)host;
    return spec->ssh.at;
}

static bool ssh(const struct spec *spec, const struct host *host) {
    return spec->ssh.keys.n && host_is_darwin(host);
}

static written at_projects(const struct spec *spec, const struct host *host) {
    (void)host;
    return spec->projects.at;
}

static bool projects(const struct spec *spec, const struct host *host) {
    return spec->projects.roots.n && host_is_darwin(host);
}

static bool managed(const struct spec *spec, const struct host *host) {
    return spec->managed.n && host_is_darwin(host);
}

static bool hides(const struct spec *spec, const struct host *host) {
    bool any = spec->files.hide.n > 0;
    for (size_t i = 0; i < spec->workspaces.n; i++)
        any = any || spec->workspaces.v[i].files.hide.n > 0;
    return any && host_is_darwin(host);
}

static bool protects(const struct spec *spec, const struct host *host) {
    bool any = spec->files.protect.n > 0;
    for (size_t i = 0; i < spec->workspaces.n; i++)
        any = any || spec->workspaces.v[i].files.protect.n > 0;
    return any && host_is_darwin(host);
}

const struct gap gaps[] = {
    {"hosts.*.kind",
     "home-manager alone makes no user, no firewall and no proxy; use nixos, darwin, "
     "system-manager or plain for a sandbox that holds",
     "kind", at_host, home_manager},
    {"credentials[].source",
     "a keychain is a thing of macOS; use a file or systemd source on Linux", "source", at_keychain,
     keychain},
    {"credentials[].source", "systemd is a thing of Linux; use a file or keychain source on macOS",
     "source", at_systemd, systemd},
    {"network.upstream.password",
     "a keychain is a thing of macOS; use a file or systemd source on Linux", "password",
     at_upstream, upstream_keychain},
    {"network.upstream.password",
     "systemd is a thing of Linux; use a file or keychain source on macOS", "password", at_upstream,
     upstream_systemd},
    {"network.engine",
     "where Nix's modules apply agent-sandbox-proxy comes with inputs.agent-sandbox, and without "
     "that input the proxy is mitmproxy",
     "engine", at_network, native_from_nix},
    {"relax", "a Seatbelt profile inside another one fails, so macOS has no nested-sandbox",
     "relax", at_top, nested_sandbox},
    {"relax",
     "on macOS containers run in a machine of their own, outside of the sandbox: build and run "
     "them "
     "on another host, and reach them by a rule or by local_ports",
     "relax", at_top, containers},
    {"ssh",
     "on macOS nothing stands between a session and its operator's ssh-agent, so it gets none, and "
     "no key",
     "keys", at_ssh, ssh},
    {"projects",
     "on macOS a session sees the workspaces that its Seatbelt profile was made for, and no "
     "project",
     "roots", at_projects, projects},
    {"managed",
     "on macOS nothing hides an agent's managed settings from a session, so they hold it inside, "
     "too",
     "managed", at_top, managed},
    {"hide", "on macOS a session sees all of its workspaces", "hide", at_top, hides},
    {"protect", "on macOS a session may write whatever lies in its workspaces", "protect", at_top,
     protects},
    {"limits.memory", "macOS has no limit on the memory of a session", "memory", at_limits, memory},
    {"limits.cpus", "macOS has no limit on the processors of a session", "cpus", at_limits, cpus},
    {"limits.tasks", "macOS has no limit on the processes and threads of a session", "tasks",
     at_limits, tasks},
    {"limits.session", "macOS ends no session after a time", "session", at_limits, session},
    {"limits.disk", "no quota is set by the sandbox; give the agent's user one in the file system",
     "disk", at_limits, disk},
};
const size_t gaps_count = sizeof gaps / sizeof *gaps;

const struct host *gap_targets(const struct spec *spec, size_t *n) {
    static const struct host standing_in[] = {
        {.name = {"linux"}, .system = SYSTEM_X86_64_LINUX, .kind = HOST_PLAIN},
        {.name = {"macos"}, .system = SYSTEM_AARCH64_DARWIN, .kind = HOST_PLAIN},
    };
    *n = spec->hosts.n ? spec->hosts.n : 2;
    return spec->hosts.n ? spec->hosts.v : standing_in;
}

const struct host *gap_diagnostic(const struct gap *gap, const struct spec *spec) {
    size_t n, asked = 0;
    const struct host *targets = gap_targets(spec, &n), *first = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!gap->asked(spec, &targets[i]))
            continue;
        asked++;
        if (!first)
            first = &targets[i];
    }
    bool named = spec->hosts.n > 0;
    return named || asked == n ? first : NULL;
}
