#include "render/render_readme.h"
#include "write/write_md.h"

#include <string.h>

const struct hole readme_holes[] = {
    {"summary", readme_summary},
    {"topology", readme_topology},
    {"rules", readme_rules},
    {"mcp", readme_mcp},
    {"grants", readme_grants},
    {"trust", readme_trust},
    {"upstream", readme_upstream},
    {"cidrs", readme_cidrs},
    {"ports", readme_ports},
    {"credentials", readme_credentials},
    {"logins", readme_logins},
    {"not_secrets", readme_not_secrets},
    {"accepted", readme_accepted},
    {"ssh", readme_ssh},
    {"workspaces", readme_workspaces},
    {"files", readme_files},
    {"relaxations", readme_relaxations},
    {"managed", readme_managed},
    {"signing", readme_signing},
    {"environment", readme_environment},
    {"dotfiles", readme_dotfiles},
    {"packages", readme_packages},
    {"limits", readme_limits},
    {"hosts", readme_hosts},
    {"nix", readme_nix},
    {"matrix", readme_matrix},
    {"gaps", readme_gaps},
    {NULL, NULL},
};

void readme_numbers(struct buf *out, const int64_t *numbers, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_lit(out, ", ");
        buf_uint(out, (uint64_t)numbers[i]);
    }
}

void readme_code_names(struct buf *out, const struct name *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code_name(out, names[i]);
    }
}

bool readme_same_host(struct host_pattern a, struct host_pattern b) {
    return a.suffix == b.suffix && strcmp(a.name.s, b.name.s) == 0;
}

/* The rules are sorted by host. */
size_t readme_distinct_hosts(const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    size_t n = 0;
    for (size_t i = 0; i < network->rules.n; i++)
        if (i == 0 || !readme_same_host(network->rules.v[i].host, network->rules.v[i - 1].host))
            n++;
    return n;
}

static void count(struct buf *out, size_t n, struct markdown one, struct markdown many) {
    buf_uint(out, n);
    buf_lit(out, " ");
    md_own(out, n == 1 ? one : many);
}

static void may_reach_hosts(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (network->enforcement == ENFORCEMENT_AUDIT) {
        buf_lit(out, "- **send any request to any public host**: the rules below are only compared "
                     "and logged (audit), to learn which ones the work needs\n");
        return;
    }
    if (network->rules.n == 0) {
        if (plan->spec->ssh.hosts.n == 0)
            buf_lit(out, "- send no request to any host: there is no rule\n");
        return;
    }
    buf_lit(out, "- send requests to ");
    count(out, readme_distinct_hosts(plan), (struct markdown){"host or suffix"},
          (struct markdown){"hosts or suffixes"});
    buf_lit(out, ", only as the rules below say, through a proxy that sees each of them\n");
}

static void may_reach_others(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (network->cidrs.n) {
        buf_lit(out, "- open connections, past the proxy, to ");
        count(out, network->cidrs.n, (struct markdown){"network destination"},
              (struct markdown){"network destinations"});
        buf_lit(out, "\n");
    }
    if (network->local_ports.n) {
        buf_lit(out, "- use what listens on this host's loopback at port ");
        readme_numbers(out, network->local_ports.v, network->local_ports.n);
        buf_lit(out, "\n");
    }
    if (network->publish.n) {
        buf_lit(out, "- be opened by the users of its host at port ");
        readme_numbers(out, network->publish.v, network->publish.n);
        buf_lit(out, "\n");
    }
}

static void may_use_workspaces(const struct plan *plan, struct buf *out, enum access access) {
    const struct spec *spec = plan->spec;
    bool some = false;
    for (size_t i = 0; i < spec->workspaces.n; i++) {
        const struct workspace *w = &spec->workspaces.v[i];
        if (w->access != access)
            continue;
        if (some)
            buf_lit(out, ", ");
        else if (access == ACCESS_READ_WRITE)
            buf_lit(out, "- read and write ");
        else
            buf_lit(out, "- read ");
        some = true;
        md_code(out, plan->linux_family ? w->path : w->darwin_path);
    }
    if (some)
        buf_lit(out, "\n");
}

static void may_use_projects(const struct plan *plan, struct buf *out) {
    const struct projects *projects = &plan->spec->projects;
    if (!projects->roots.n || !plan->linux_family)
        return;
    buf_lit(out, "- read and write the one [project](#projects) that it is started in, below ");
    for (size_t i = 0; i < projects->roots.n; i++) {
        if (i)
            buf_lit(out, " or ");
        md_code(out, projects->roots.v[i]);
    }
    buf_lit(out, "\n");
}

static void may_use_credentials(const struct plan *plan, struct buf *out) {
    if (plan->spec->credentials.n == 0)
        return;
    buf_lit(out, "- use credentials whose secrets it never sees:");
    for (size_t i = 0; i < plan->spec->credentials.n; i++) {
        if (i)
            buf_lit(out, ",");
        buf_lit(out, " ");
        md_code_name(out, plan->spec->credentials.v[i].name);
    }
    buf_lit(out, "\n");
}

/* There nothing that the sentences below promise is made. */
static void unprotected_hosts(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    for (size_t i = 0; i < spec->hosts.n; i++) {
        if (spec->hosts.v[i].kind != HOST_HOME_MANAGER)
            continue;
        buf_lit(out, "**On ");
        md_code_name(out, spec->hosts.v[i].name);
        buf_lit(out, " (home-manager alone) none of this is enforced.**\n\n");
    }
}

void readme_summary(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    unprotected_hosts(plan, out);
    buf_lit(out, "The agent");
    if (spec->agents.n) {
        buf_lit(out, " (");
        readme_code_names(out, spec->agents.v, spec->agents.n);
        buf_lit(out, ")");
    }
    buf_lit(out, " may\n\n");
    may_reach_hosts(plan, out);
    may_reach_others(plan, out);
    may_use_workspaces(plan, out, ACCESS_READ_WRITE);
    may_use_workspaces(plan, out, ACCESS_READ_ONLY);
    may_use_projects(plan, out);
    may_use_credentials(plan, out);
    readme_logins_summary(plan, out);
    readme_ssh_summary(plan, out);
    if (spec->relax.n)
        buf_lit(out, "- **do what the [relaxations](#relaxations) open**\n");
    buf_lit(out, "- read and write its own home\n");
    if (spec->operators.n == 0)
        return;
    buf_lit(out, "\nIt is operated by ");
    for (size_t i = 0; i < spec->operators.n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code(out, spec->operators.v[i]);
    }
    buf_lit(out, ".\n");
}
