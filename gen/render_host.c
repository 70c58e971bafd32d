#include "render_host.h"
#include "render_darwin.h"
#include "units.h"
#include "veth.h"
#include "write_sh.h"

static void names(struct buf *out, const struct name *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sh_item(out);
        buf_name(out, names[i]);
    }
    sh_end(out);
}

static void numbers(struct buf *out, const int64_t *numbers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sh_item(out);
        buf_uint(out, (uint64_t)numbers[i]);
    }
    sh_end(out);
}

#define NAME(out, key, value) (sh_begin(out, key), buf_name(out, value), sh_end(out))
#define PATH(out, key, value) (sh_begin(out, key), buf_path(out, value), sh_end(out))
#define UINT(out, key, value) (sh_begin(out, key), buf_uint(out, (uint64_t)(value)), sh_end(out))
#define NAMES(out, key, list) (sh_begin(out, key), names(out, (list).v, (list).n))
#define NUMBERS(out, key, list) (sh_begin(out, key), numbers(out, (list).v, (list).n))

static void identity(const struct plan *plan, struct buf *out) {
    UINT(out, "FORMAT", 1);
    NAME(out, "NAME", plan->name);
    NAME(out, "PREFIX", plan->prefix);
    NAME(out, "AGENT", plan->agent);
    UINT(out, "AGENT_UID", plan->agent_uid);
    sh_begin(out, "SHELL_NAME");
    if (plan->spec->user.shell == SHELL_ZSH)
        buf_lit(out, "zsh");
    else
        buf_lit(out, "bash");
    sh_end(out);
    NAME(out, "PROXY", plan->proxy);
    UINT(out, "PROXY_UID", plan->proxy_uid);
    NAME(out, "SHARE", plan->share);
    UINT(out, "SHARE_GID", plan->share_gid);
    UINT(out, "PROXY_PORT", plan->proxy_port);
    NAMES(out, "OPERATORS", plan->spec->operators);
}

static void workspaces(const struct plan *plan, struct buf *out, enum access access, bool darwin) {
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        const struct workspace *w = &plan->spec->workspaces.v[i];
        if (w->access != access)
            continue;
        sh_item(out);
        buf_path(out, darwin ? w->darwin_path : w->path);
    }
    sh_end(out);
}

static void all_workspaces(const struct plan *plan, struct buf *out, bool darwin) {
    sh_begin(out, "WORKSPACES_RW");
    workspaces(plan, out, ACCESS_READ_WRITE, darwin);
    sh_begin(out, "WORKSPACES_RO");
    workspaces(plan, out, ACCESS_READ_ONLY, darwin);
}

static void cidrs(const struct plan *plan, struct buf *out) {
    sh_begin(out, "CIDRS");
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++) {
        sh_item(out);
        buf_cidr_rule(out, &plan->spec->network.cidrs.v[i]);
    }
    sh_end(out);
}

static void network(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    sh_begin(out, "ENFORCEMENT");
    if (network->enforcement == ENFORCEMENT_AUDIT)
        buf_lit(out, "audit");
    else
        buf_lit(out, "enforce");
    sh_end(out);
    NUMBERS(out, "LOCAL_PORTS", network->local_ports);
    NUMBERS(out, "PUBLISH", network->publish);
    cidrs(plan, out);
}

static void credentials(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    sh_begin(out, "CREDENTIAL_FILES");
    for (size_t i = 0; i < spec->credentials.n; i++) {
        if (spec->credentials.v[i].source.kind != SOURCE_FILE)
            continue;
        sh_item(out);
        buf_path(out, spec->credentials.v[i].source.path);
    }
    sh_end(out);
    sh_begin(out, "CREDENTIAL_SYSTEMD");
    for (size_t i = 0; i < spec->credentials.n; i++) {
        if (spec->credentials.v[i].source.kind != SOURCE_SYSTEMD)
            continue;
        sh_item(out);
        buf_name(out, spec->credentials.v[i].source.name);
    }
    sh_end(out);
}

static void relaxed(const struct plan *plan, struct buf *out) {
    sh_begin(out, "RELAX");
    for (size_t i = 0; i < plan->spec->relax.n; i++) {
        const struct relax *relax = &plan->spec->relax.v[i];
        sh_item(out);
        switch (relax->what) {
        case RELAX_GIT_CONFIG:
            buf_lit(out, "git-config");
            break;
        case RELAX_NESTED_SANDBOX:
            buf_lit(out, "nested-sandbox");
            break;
        case RELAX_NIX_DAEMON:
            buf_lit(out, "nix-daemon");
            break;
        case RELAX_PTRACE:
            buf_lit(out, "ptrace");
            break;
        case RELAX_UNIX_SOCKET:
            buf_lit(out, "unix-socket:");
            buf_path(out, relax->socket);
            break;
        }
    }
    sh_end(out);
}

/* What both systems have in common. */
static void common(const struct plan *plan, struct buf *out, bool darwin) {
    identity(plan, out);
    all_workspaces(plan, out, darwin);
    network(plan, out);
    credentials(plan, out);
    relaxed(plan, out);
    NAMES(out, "PACKAGES_NIX", plan->spec->packages.nix);
}

struct units {
    struct buf *out;
    bool started_only;
};

static void add_unit(struct name file, bool start, void *context) {
    struct units *units = context;
    if (units->started_only && !start)
        return;
    sh_item(units->out);
    buf_name(units->out, file);
}

static void all_units(const struct plan *plan, struct buf *out) {
    struct units units = {out, false};
    sh_begin(out, "UNITS");
    linux_units(plan, add_unit, &units);
    sh_end(out);
    units.started_only = true;
    sh_begin(out, "START");
    linux_units(plan, add_unit, &units);
    sh_end(out);
}

/* There is a veth pair only for destinations that are not HTTP. */
static void veth(const struct plan *plan, struct buf *out) {
    bool there = plan->spec->network.cidrs.n > 0;
    sh_begin(out, "VETH_HOST");
    if (there)
        buf_name(out, plan->veth_host);
    sh_end(out);
    sh_begin(out, "VETH_AGENT");
    if (there)
        buf_name(out, plan->veth_agent);
    sh_end(out);
}

void render_host_linux(const struct plan *plan, struct buf *out) {
    common(plan, out, false);
    NAME(out, "TABLE", plan->table);
    PATH(out, "AGENT_HOME", plan->linux_home);
    NAME(out, "RELAY", plan->relay);
    UINT(out, "DOOR_PORT", plan->door_port);
    PATH(out, "STATE", plan->state);
    PATH(out, "SECRETS", plan->secrets);
    PATH(out, "RUN", plan->run);
    NAME(out, "NETNS", plan->prefix);
    all_units(plan, out);
    veth(plan, out);
    UINT(out, "SESSION_SECONDS", plan->spec->limits.session);
    UINT(out, "DISK_BYTES", plan->spec->limits.disk);
    buf_lit(out, "PACKAGES_BREW=''\nPACKAGES_CASK=''\nLABELS=''\nANCHOR=''\n"
                 "CREDENTIALS=''\n");
}

/* The secrets come before the proxy that reads them. */
static void launchd_labels(const struct plan *plan, struct buf *out) {
    sh_begin(out, "LABELS");
    buf_lit(out, "org.agent-sandbox.");
    buf_name(out, plan->name);
    buf_lit(out, ".pf org.agent-sandbox.");
    buf_name(out, plan->name);
    if (has_launchd_secrets(plan)) {
        buf_lit(out, ".secrets org.agent-sandbox.");
        buf_name(out, plan->name);
    }
    buf_lit(out, ".egress");
    sh_end(out);
    sh_begin(out, "CREDENTIALS");
    for (size_t i = 0; i < plan->spec->credentials.n; i++) {
        if (plan->spec->credentials.v[i].source.kind == SOURCE_SYSTEMD)
            continue;
        sh_item(out);
        buf_launchd_secret(out, &plan->spec->credentials.v[i]);
    }
    sh_end(out);
}

/* The agent finds the proxy at its own port there, so that is the door. */
void render_host_darwin(const struct plan *plan, struct buf *out) {
    common(plan, out, true);
    PATH(out, "AGENT_HOME", plan->darwin_home);
    UINT(out, "DOOR_PORT", plan->proxy_port);
    PATH(out, "STATE", plan->darwin_state);
    sh_begin(out, "SECRETS");
    buf_path(out, plan->darwin_state);
    buf_lit(out, "/secrets");
    sh_end(out);
    PATH(out, "RUN", plan->darwin_run);
    NAMES(out, "PACKAGES_BREW", plan->spec->packages.homebrew.formulae);
    NAMES(out, "PACKAGES_CASK", plan->spec->packages.homebrew.casks);
    launchd_labels(plan, out);
    sh_begin(out, "ANCHOR");
    buf_lit(out, "com.apple/000.agent-sandbox.");
    buf_name(out, plan->name);
    sh_end(out);
    UINT(out, "SESSION_SECONDS", plan->spec->limits.session);
    UINT(out, "DISK_BYTES", plan->spec->limits.disk);
    buf_lit(out, "TABLE=''\nRELAY=''\nNETNS=''\nUNITS=''\nSTART=''\n"
                 "VETH_HOST=''\nVETH_AGENT=''\n");
}
