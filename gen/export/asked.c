#include "export/asked.h"

#define NOTHING ((struct asked){NULL, NULL})

/* -- of the rest of the network -- */

/* A key of the spec's that has no object of its own, or none that says where it is. */
static struct asked at_key(const struct plan *plan, bool there, const char *key) {
    return there ? (struct asked){plan->spec->at, key} : NOTHING;
}

static struct asked in_network(const struct plan *plan, bool there, const char *key) {
    written at = plan->spec->network.at;
    return !there ? NOTHING : (struct asked){at ? at : plan->spec->at, at ? key : NULL};
}

struct asked asked_always(const struct plan *plan) {
    return at_key(plan, true, NULL);
}

struct asked asked_cidrs(const struct plan *plan) {
    return in_network(plan, plan->spec->network.cidrs.n > 0, "cidrs");
}

struct asked asked_ranges(const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->cidrs.n; i++) {
        const struct cidr_rule *rule = &network->cidrs.v[i];
        if (rule->protocol != PROTOCOL_TCP ||
            rule->cidr.length != (rule->cidr.family == 4 ? 32 : 128))
            return (struct asked){rule->at, "cidr"};
    }
    return NOTHING;
}

struct asked asked_trust(const struct plan *plan) {
    return in_network(plan, plan->spec->network.trust.n > 0, "trust");
}

struct asked asked_upstream(const struct plan *plan) {
    return in_network(plan, plan->spec->network.upstream.proxy.port > 0, "upstream");
}

struct asked asked_upstream_password(const struct plan *plan) {
    const struct upstream *upstream = &plan->spec->network.upstream;
    return upstream->user.s ? (struct asked){upstream->at, "password"} : NOTHING;
}

struct asked asked_upstream_tls(const struct plan *plan) {
    const struct upstream *upstream = &plan->spec->network.upstream;
    return upstream->proxy.tls ? (struct asked){upstream->at, "proxy"} : NOTHING;
}

struct asked asked_local_ports(const struct plan *plan) {
    return in_network(plan, plan->spec->network.local_ports.n > 0, "local_ports");
}

struct asked asked_publish(const struct plan *plan) {
    return in_network(plan, plan->spec->network.publish.n > 0, "publish");
}

struct asked asked_audit(const struct plan *plan) {
    return in_network(plan, plan->spec->network.enforcement == ENFORCEMENT_AUDIT, "enforcement");
}

/* -- of credentials -- */

struct asked asked_credentials(const struct plan *plan) {
    return at_key(plan, plan->spec->credentials.n > 0, "credentials");
}

struct asked asked_credentials_without_variable(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->credentials.n; i++)
        if (!spec->credentials.v[i].env.s)
            return (struct asked){spec->credentials.v[i].at, NULL};
    return NOTHING;
}

struct asked asked_credential_paths(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->credentials.n; i++)
        if (spec->credentials.v[i].paths.n)
            return (struct asked){spec->credentials.v[i].at, "paths"};
    return NOTHING;
}

/* -- of the home, and the rest -- */

struct asked asked_packages(const struct plan *plan) {
    const struct packages *packages = &plan->spec->packages;
    return at_key(plan,
                  packages->nix.n + packages->homebrew.formulae.n + packages->homebrew.casks.n > 0,
                  "packages");
}

struct asked asked_home(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    return spec->dotfiles.n ? at_key(plan, true, "dotfiles")
                            : at_key(plan, spec->git.name.s || spec->git.email.s, "git");
}

struct asked asked_environment(const struct plan *plan) {
    return at_key(plan, plan->spec->environment.n > 0, "environment");
}

struct asked asked_workspaces(const struct plan *plan) {
    return at_key(plan, plan->spec->workspaces.n > 0, "workspaces");
}

struct asked asked_read_only(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->workspaces.n; i++)
        if (spec->workspaces.v[i].access == ACCESS_READ_ONLY)
            return (struct asked){spec->workspaces.v[i].at, "access"};
    return NOTHING;
}

struct asked asked_ssh(const struct plan *plan) {
    return at_key(plan, plan->spec->ssh.keys.n || plan->spec->ssh.hosts.n, "ssh");
}

/* Also where a spec has none: memory and tasks have one then. */
struct asked asked_limits(const struct plan *plan) {
    const struct limits *limits = &plan->spec->limits;
    bool said = limits->memory || limits->cpus || limits->tasks || limits->session;
    return at_key(plan, true, said ? "limits" : NULL);
}

struct asked asked_session(const struct plan *plan) {
    const struct limits *limits = &plan->spec->limits;
    return limits->session ? (struct asked){limits->at, "session"} : NOTHING;
}

struct asked asked_disk(const struct plan *plan) {
    const struct limits *limits = &plan->spec->limits;
    return limits->disk ? (struct asked){limits->at, "disk"} : NOTHING;
}

struct asked asked_sockets(const struct plan *plan) {
    bool there = false;
    for (size_t i = 0; i < plan->spec->relax.n; i++)
        there = there || plan->spec->relax.v[i].what == RELAX_UNIX_SOCKET;
    return at_key(plan, there, "relax");
}

struct asked asked_nested(const struct plan *plan) {
    return at_key(plan, plan->nested, "relax");
}

struct asked asked_relaxed(const struct plan *plan) {
    return at_key(plan,
                  plan->ephemeral_ports || plan->nix_daemon || plan->ptrace || plan->system_trust,
                  "relax");
}

struct asked asked_managed(const struct plan *plan) {
    return at_key(plan, plan->spec->managed.n > 0, "managed");
}

struct asked asked_signing(const struct plan *plan) {
    return at_key(plan, plan->spec->signing.allowed.n > 0, "signing");
}
