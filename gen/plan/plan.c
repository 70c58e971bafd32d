#include "plan/plan.h"
#include "plan/gaps.h"

#include <string.h>

static void plan_names(struct plan *plan, struct arena *arena) {
    const char *name = plan->name.s;
    plan->prefix.s = arena_printf(arena, "agent-sandbox-%s", name);
    char *table = arena_printf(arena, "agent_sandbox_%s", name);
    for (char *p = table; *p; p++)
        if (*p == '-') /* a name has no '_' of its own, so two names never meet */
            *p = '_';
    plan->table.s = table;
    plan->agent = plan->spec->user.name;
    plan->proxy.s = arena_printf(arena, "egress-%s", name);
    plan->relay.s = arena_printf(arena, "relay-%s", name);
    plan->share.s = arena_printf(arena, "share-%s", name);
}

static void plan_numbers(struct plan *plan, struct arena *arena) {
    uint32_t uid = (uint32_t)plan->spec->user.uid;
    plan->agent_uid = uid;
    plan->proxy_uid = uid + 1;
    plan->share_gid = 29000 + uid / 2;
    plan->proxy_port = (uint16_t)(20000 + uid / 2 % 10000);
    plan->relay_port = plan->proxy_port;
    plan->veth_host.s = arena_printf(arena, "as%uh", uid);
    plan->veth_agent.s = arena_printf(arena, "as%ua", uid);
}

static void plan_folders(struct plan *plan, struct arena *arena) {
    const char *name = plan->name.s, *agent = plan->agent.s;
    plan->linux_home.s = arena_printf(arena, "/home/%s", agent);
    plan->darwin_home.s = arena_printf(arena, "/Users/%s", agent);
    plan->state.s = arena_printf(arena, STATE_FOLDER "%s", name);
    plan->current.s = arena_printf(arena, STATE_FOLDER "%s/current", name);
    plan->secrets.s = arena_printf(arena, CONFIG_FOLDER "%s/secrets", name);
    plan->run.s = arena_printf(arena, RUN_FOLDER "%s", name);
    plan->darwin_state.s = arena_printf(arena, DARWIN_FOLDER "%s", name);
    plan->darwin_current.s = arena_printf(arena, DARWIN_FOLDER "%s/current", name);
    plan->darwin_run.s = arena_printf(arena, DARWIN_FOLDER "%s/run", name);
}

static void plan_targets(struct plan *plan) {
    size_t n;
    const struct host *hosts = gap_targets(plan->spec, &n);
    for (size_t i = 0; i < n; i++) {
        if (host_is_darwin(&hosts[i]))
            plan->darwin_family = true;
        else
            plan->linux_family = true;
        plan->wsl = plan->wsl || hosts[i].kind == HOST_WSL;
    }
    plan->wsl = plan->wsl || plan->spec->hosts.n == 0;
}

static void plan_relaxations(struct plan *plan) {
    for (size_t i = 0; i < plan->spec->relax.n; i++) {
        enum relax_what what = plan->spec->relax.v[i].what;
        plan->ephemeral_ports = plan->ephemeral_ports || what == RELAX_EPHEMERAL_PORTS;
        plan->git_config = plan->git_config || what == RELAX_GIT_CONFIG;
        plan->containers = plan->containers || what == RELAX_CONTAINERS;
        plan->nested = plan->nested || what == RELAX_NESTED_SANDBOX || plan->containers;
        plan->nix_daemon = plan->nix_daemon || what == RELAX_NIX_DAEMON;
        plan->ptrace = plan->ptrace || what == RELAX_PTRACE;
        plan->system_trust = plan->system_trust || what == RELAX_SYSTEM_TRUST;
    }
}

/* One key says that a host may be reached and that it may be logged in to: whoever names a host of
 * ssh need not write a rule for it, and a reviewer sees both where the rules are. */
static void plan_ssh(struct plan *plan, struct arena *arena) {
    const struct ssh *ssh = &plan->spec->ssh;
    plan->ssh_rules.v = arena_alloc(arena, ssh->hosts.n * sizeof *plan->ssh_rules.v);
    for (size_t i = 0; i < ssh->hosts.n; i++) {
        struct rule *rule = &plan->ssh_rules.v[plan->ssh_rules.n++];
        rule->at = ssh->hosts.v[i].at;
        rule->host = ssh->hosts.v[i].host;
        rule->scheme = SCHEME_TCP;
        rule->ports.v = &ssh->hosts.v[i].port;
        rule->ports.n = 1;
        rule->reason = (struct text){"ssh"};
    }
}

static void add_port(struct plan *plan, int64_t port) {
    size_t at = 0;
    while (at < plan->egress_ports.n && plan->egress_ports.v[at] < port)
        at++;
    if (at < plan->egress_ports.n && plan->egress_ports.v[at] == port)
        return;
    int64_t *v = plan->egress_ports.v;
    memmove(v + at + 1, v + at, (plan->egress_ports.n - at) * sizeof *v);
    v[at] = port;
    plan->egress_ports.n++;
}

static void plan_ports(struct plan *plan, struct arena *arena) {
    size_t most = 0;
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->rules.n; i++)
        most += network->rules.v[i].ports.n;
    most += plan->ssh_rules.n + 1;
    plan->egress_ports.v = arena_alloc(arena, most * sizeof *plan->egress_ports.v);
    for (size_t i = 0; i < network->rules.n; i++)
        for (size_t k = 0; k < network->rules.v[i].ports.n; k++)
            add_port(plan, network->rules.v[i].ports.v[k]);
    for (size_t i = 0; i < plan->ssh_rules.n; i++)
        add_port(plan, plan->ssh_rules.v[i].ports.v[0]);
    if (network->upstream.proxy.port)
        add_port(plan, network->upstream.proxy.port);
}

static bool same_opened(const struct opened *a, const struct opened *b) {
    return memcmp(&a->cidr, &b->cidr, sizeof a->cidr) == 0 && a->port_count == b->port_count &&
           memcmp(a->ports, b->ports, a->port_count * sizeof *a->ports) == 0 &&
           memcmp(&a->expires, &b->expires, sizeof a->expires) == 0;
}

static void add_opened(struct plan *plan, struct opened opened) {
    for (size_t i = 0; i < plan->opened.n; i++)
        if (same_opened(&plan->opened.v[i], &opened))
            return;
    plan->opened.v[plan->opened.n++] = opened;
}

static void plan_opened(struct plan *plan, struct arena *arena) {
    size_t most = 0;
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->rules.n; i++)
        most += network->rules.v[i].addresses.n;
    const struct upstream *upstream = &network->upstream;
    most += upstream->addresses.n;
    plan->opened.v = arena_alloc(arena, most * sizeof *plan->opened.v);
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        for (size_t k = 0; k < rule->addresses.n; k++)
            add_opened(plan, (struct opened){rule->addresses.v[k], rule->ports.v, rule->ports.n,
                                             rule->expires});
    }
    for (size_t i = 0; i < upstream->addresses.n; i++)
        add_opened(plan, (struct opened){upstream->addresses.v[i], &upstream->proxy.port, 1, {0}});
}

static void plan_secrets(struct plan *plan, struct arena *arena) {
    const struct spec *spec = plan->spec;
    plan->handed.v = arena_alloc(arena, (spec->credentials.n + 1) * sizeof *plan->handed.v);
    for (size_t i = 0; i < spec->credentials.n; i++)
        plan->handed.v[plan->handed.n++] = spec->credentials.v[i];
    if (spec->network.upstream.user.s)
        plan->handed.v[plan->handed.n++] = (struct credential){
            .name = {UPSTREAM_SECRET}, .source = spec->network.upstream.password};
}

struct text plan_login_placeholder(struct arena *arena, const struct spec *spec,
                                   const struct login *login) {
    return (struct text){
        arena_printf(arena, "agent-sandbox-login-%s-%s", spec->name.s, login->name.s)};
}

static void plan_logins(struct plan *plan, struct arena *arena) {
    const struct spec *spec = plan->spec;
    plan->logged.v = arena_alloc(arena, (spec->logins.n + 1) * sizeof *plan->logged.v);
    for (size_t i = 0; i < spec->logins.n; i++) {
        const struct login *login = &spec->logins.v[i];
        struct credential *one = &plan->logged.v[plan->logged.n++];
        *one = (struct credential){
            .at = login->at, .name = login->name, .ask = true, .inject = login->inject};
        one->placeholder.s =
            arena_printf(arena, "%s-access", plan_login_placeholder(arena, spec, login).s);
        one->hosts.v = login->hosts.v;
        one->hosts.n = login->hosts.n;
        one->paths.v = login->paths.v;
        one->paths.n = login->paths.n;
    }
}

static void add_variable(struct plan *plan, struct variable variable) {
    size_t at = plan->environment.n;
    for (; at > 0 && strcmp(plan->environment.v[at - 1].name.s, variable.name.s) > 0; at--)
        plan->environment.v[at] = plan->environment.v[at - 1];
    plan->environment.v[at] = variable;
    plan->environment.n++;
}

static void plan_environment(struct plan *plan, struct arena *arena) {
    const struct spec *spec = plan->spec;
    size_t most = spec->environment.n + spec->credentials.n;
    plan->environment.v = arena_alloc(arena, most * sizeof *plan->environment.v);
    for (size_t i = 0; i < spec->environment.n; i++)
        add_variable(plan, spec->environment.v[i]);
    for (size_t i = 0; i < spec->credentials.n; i++) {
        const struct credential *c = &spec->credentials.v[i];
        if (c->env.s)
            add_variable(plan, (struct variable){c->env, c->placeholder});
    }
}

struct plan *plan_make(const struct spec *spec, struct arena *arena) {
    struct plan *plan = arena_alloc(arena, sizeof *plan);
    plan->spec = spec;
    plan->name = spec->name;
    plan_names(plan, arena);
    plan_numbers(plan, arena);
    plan_folders(plan, arena);
    plan_targets(plan);
    plan_relaxations(plan);
    plan_ssh(plan, arena);
    plan_ports(plan, arena);
    plan_opened(plan, arena);
    plan_secrets(plan, arena);
    plan_logins(plan, arena);
    plan_environment(plan, arena);
    return plan;
}

/* Where a base has emptied what may be granted, nothing may. */
bool spec_grants(const struct spec *spec) {
    const struct grants_most *most = &spec->grants.most;
    return spec->grants.by.n && !(most->hosts.v && !most->hosts.n) &&
           !(most->methods.v && !most->methods.n);
}

bool plan_has_control(const struct plan *plan) {
    return spec_grants(plan->spec) || plan->spec->logins.n > 0;
}
