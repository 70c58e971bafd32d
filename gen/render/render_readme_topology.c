#include "render/render_readme.h"
#include "write/write_md.h"

/* A picture of more is none. */
enum { HOSTS_SHOWN = 12 };

/* Labels stand in double quotes; what is not text is inert there. */

static void people(const struct plan *plan, struct buf *out) {
    buf_lit(out, "    subgraph machine[\"this host\"]\n"
                 "        operator([\"operators\"])\n"
                 "        subgraph sandbox[\"sandbox ");
    buf_name(out, plan->name);
    buf_lit(out, "\"]\n            agent[\"agent: user ");
    buf_name(out, plan->agent);
    buf_lit(out, "\"]\n        end\n        proxy[\"proxy: user ");
    buf_name(out, plan->proxy);
    buf_lit(out, "\"]\n");
}

static void folders(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        const struct workspace *w = &plan->spec->workspaces.v[i];
        buf_lit(out, "        workspace");
        buf_uint(out, i);
        buf_lit(out, "[(\"");
        md_mermaid_folder(out, plan->linux_family ? w->path : w->darwin_path);
        if (w->access == ACCESS_READ_ONLY)
            buf_lit(out, " (read-only)");
        buf_lit(out, "\")]\n");
    }
}

static void local_services(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (network->local_ports.n == 0)
        return;
    buf_lit(out, "        services[\"services on the loopback: ");
    readme_numbers(out, network->local_ports.v, network->local_ports.n);
    buf_lit(out, "\"]\n");
}

static void ways(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    buf_lit(out, "    operator -->|\"run, shell\"| agent\n"
                 "    agent -->|\"every request\"| proxy\n");
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        buf_lit(out, "    agent --- workspace");
        buf_uint(out, i);
        buf_lit(out, "\n");
    }
    if (network->local_ports.n)
        buf_lit(out, "    agent --> services\n");
    if (network->publish.n == 0)
        return;
    buf_lit(out, "    operator -->|\"published: ");
    readme_numbers(out, network->publish.v, network->publish.n);
    buf_lit(out, "\"| agent\n");
}

/* One node for each host, however many rules it has; credentials show as a key at the arrow. */
static bool has_credential(const struct plan *plan, struct host_pattern host) {
    for (size_t i = 0; i < plan->spec->credentials.n; i++)
        for (size_t h = 0; h < plan->spec->credentials.v[i].hosts.n; h++)
            if (readme_same_host(plan->spec->credentials.v[i].hosts.v[h], host))
                return true;
    return false;
}

static void one_host(const struct plan *plan, struct host_pattern host, size_t n, struct buf *out) {
    if (has_credential(plan, host))
        buf_lit(out, "    proxy -->|\"with a credential\"| host");
    else
        buf_lit(out, "    proxy --> host");
    buf_uint(out, n);
    buf_lit(out, "([\"");
    md_mermaid_host(out, host);
    buf_lit(out, "\"])\n");
}

static void hosts(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    size_t n = 0, all = readme_distinct_hosts(plan);
    for (size_t i = 0; i < network->rules.n && n < HOSTS_SHOWN; i++) {
        struct host_pattern host = network->rules.v[i].host;
        if (i == 0 || !readme_same_host(host, network->rules.v[i - 1].host))
            one_host(plan, host, n++, out);
    }
    if (all > n) {
        buf_lit(out, "    proxy --> more([\"and ");
        buf_uint(out, all - n);
        buf_lit(out, " more\"])\n");
    }
    if (network->enforcement == ENFORCEMENT_AUDIT)
        buf_lit(out, "    proxy -->|\"audit: not refused\"| any([\"any public host\"])\n");
}

static void cidrs(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &plan->spec->network.cidrs.v[i];
        buf_lit(out, "    agent -->|\"");
        if (rule->protocol == PROTOCOL_UDP)
            buf_lit(out, "udp ");
        else
            buf_lit(out, "tcp ");
        readme_numbers(out, rule->ports.v, rule->ports.n);
        buf_lit(out, "\"| network");
        buf_uint(out, i);
        buf_lit(out, "([\"");
        buf_cidr(out, rule->cidr);
        buf_lit(out, "\"])\n");
    }
}

void readme_topology(const struct plan *plan, struct buf *out) {
    buf_lit(out, "flowchart LR\n");
    people(plan, out);
    folders(plan, out);
    local_services(plan, out);
    buf_lit(out, "    end\n");
    ways(plan, out);
    hosts(plan, out);
    cidrs(plan, out);
}
