#include "render/render_readme.h"
#include "spec/look_alike.h"
#include "spec/pem.h"
#include "spec/schema.h"
#include "write/write_md.h"

#include <string.h>

/* Who asked for it, why, and until when: the last three columns of each table. */
static void why(struct buf *out, struct text owner, struct text reason, struct date expires) {
    buf_lit(out, " | ");
    if (owner.s)
        md_text(out, owner);
    buf_lit(out, " | ");
    if (reason.s)
        md_text(out, reason);
    buf_lit(out, " | ");
    if (expires.year)
        buf_date(out, expires);
    buf_lit(out, " |\n");
}

static void paths(struct buf *out, const struct text *paths, size_t n) {
    if (n == 0)
        buf_lit(out, "all");
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code(out, paths[i]);
    }
}

static void addresses(const struct cidr *v, size_t n, struct buf *out) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_lit(out, ", ");
        else
            buf_lit(out, ", also at ");
        md_code_cidr(out, v[i]);
    }
}

static void scheme(enum scheme scheme, struct buf *out) {
    switch (scheme) {
    case SCHEME_HTTPS:
        buf_lit(out, " | https ");
        break;
    case SCHEME_HTTP:
        buf_lit(out, " | **http** ");
        break;
    case SCHEME_TCP:
        buf_lit(out, " | **tcp** ");
        break;
    case SCHEME_TLS:
        buf_lit(out, " | **tls** ");
        break;
    }
}

static bool any_of(const struct network *network, enum scheme scheme) {
    for (size_t i = 0; i < network->written_rules.n; i++)
        if (network->written_rules.v[i].scheme == scheme)
            return true;
    return false;
}

/* What a reviewer has to know of rules that read nothing. */
static void unread(const struct network *network, struct buf *out) {
    bool tcp = any_of(network, SCHEME_TCP), tls = any_of(network, SCHEME_TLS);
    if (!tcp && !tls)
        return;
    if (tcp)
        buf_lit(out, "**tcp**: bytes in both directions, whatever they are; the proxy checks name, "
                     "port and address, and logs one line for each connection. ");
    if (tls)
        buf_lit(out, "**tls**: TLS that the proxy does not open, so pinned and client certificates "
                     "work; the ClientHello must have the name of the rule. What is said inside, "
                     "and for which of its names the server answers, nobody sees. ");
    buf_lit(out, "No credential goes there, and what is told there cannot be taken back.\n\n");
}

static void ceilings(const struct ceilings *c, struct buf *out) {
    if (!ceilings_set(c))
        return;
    buf_lit(out, "; at most ");
    ceilings_words(out, c);
}

static void rule(const struct rule *r, struct buf *out) {
    buf_lit(out, "| ");
    md_code_host(out, r->host);
    scheme(r->scheme, out);
    readme_numbers(out, r->ports.v, r->ports.n);
    addresses(r->addresses.v, r->addresses.n, out);
    buf_lit(out, " | ");
    if (scheme_is_read(r->scheme)) {
        readme_code_names(out, r->methods.v, r->methods.n);
        if (r->websocket)
            buf_lit(out, ", WebSocket");
        buf_lit(out, " | ");
        paths(out, r->paths.v, r->paths.n);
        if (r->query.n) {
            buf_lit(out, "; query ");
            paths(out, r->query.v, r->query.n);
        }
        ceilings(&r->ceilings, out);
        if (r->cooldown) {
            buf_lit(out, "; packages of **");
            cooldown_words(out, r->cooldown);
            buf_lit(out, "** and older, by `");
            package_index_url(out, &r->index);
            buf_lit(out, "`");
        }
        if (r->deny.n) {
            buf_lit(out, "; **never** ");
            paths(out, r->deny.v, r->deny.n);
        }
    } else {
        buf_lit(out, "**not read** | **not read**");
        ceilings(&r->ceilings, out);
    }
    why(out, r->owner, r->reason, r->expires);
}

/* All that it stands for, in one row. */
static void repository(const struct rule *r, struct buf *out) {
    buf_lit(out, "| github:");
    md_code(out, r->github);
    if (r->access == REPOSITORY_WRITE)
        buf_lit(out, ", **write** | https 443 | git: fetch, push; API: read, write");
    else
        buf_lit(out, ", read | https 443 | git: fetch; API: read");
    buf_lit(out, " | its own");
    ceilings(&r->ceilings, out);
    why(out, r->owner, r->reason, r->expires);
}

static bool any_repository(const struct network *network) {
    for (size_t i = 0; i < network->written_rules.n; i++)
        if (network->written_rules.v[i].github.s)
            return true;
    return false;
}

/* What a reviewer has to know of repositories. */
static void repositories(const struct network *network, struct buf *out) {
    if (!any_repository(network))
        return;
    buf_lit(out,
            "**github**: what has that repository's name in its URL, in capitals or not: git over "
            "https, the REST API, archives and raw files. **Write** adds push, and in the API "
            "issues, pull requests with their reviews and merges, comments, labels, milestones, "
            "contents, and git's own refs and objects; never its settings, its name, owner or "
            "end, forks, webhooks, keys, secrets, Actions, releases and checks. Whoever may push "
            "may change its workflows, too, if the token may; and GitHub gives out a fork's "
            "commits under its name. Not let through, as no URL binds it to a repository: GraphQL, "
            "the API by numeric id, Git LFS, and the hosts of signed URLs that downloads of "
            "releases and artifacts lead to.\n\n");
}

static bool any_query(const struct network *network) {
    for (size_t i = 0; i < network->written_rules.n; i++)
        if (network->written_rules.v[i].query.n)
            return true;
    return false;
}

static bool any_deny(const struct network *network) {
    for (size_t i = 0; i < network->written_rules.n; i++)
        if (network->written_rules.v[i].deny.n)
            return true;
    return false;
}

static bool any_cooldown(const struct network *network) {
    for (size_t i = 0; i < network->written_rules.n; i++)
        if (network->written_rules.v[i].cooldown)
            return true;
    return false;
}

/* What a reviewer has to know of ages. */
static void cooldowns(const struct network *network, struct buf *out) {
    if (any_cooldown(network))
        buf_lit(out,
                "**Packages of** an age **and older**: the proxy reads the index itself, passes it "
                "on without younger versions, and lets a file through only where the index says "
                "how old it is; what it cannot tell is refused. It holds on that host, its ports "
                "and paths whichever rule allows the request, and after the rule's last day. The "
                "ages are those that the index gives: a registry that lies about them, or that "
                "changes an old file, is believed. An audit looks at no age.\n\n");
}

void readme_rules(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (network->written_rules.n == 0)
        return;
    buf_lit(out, "## Rules\n\n");
    if (network->enforcement == ENFORCEMENT_AUDIT)
        buf_lit(out, "**Audit: a request that no rule allows is logged, not refused.**\n\n");
    buf_lit(out, "In hosts `*.` stands for one label or more; in paths `*` stays inside a segment "
                 "and `**` crosses. A rule holds until the end of its last day, in UTC.");
    if (plan->opened.n)
        buf_lit(out,
                " A host leads to public addresses alone, and to those that stand behind *also "
                "at*, on the rule's ports.");
    buf_lit(out, "\n\n");
    if (any_query(network))
        buf_lit(out, "Of a **query** each parameter must be one of those named, in every way in "
                     "which servers read it; `*` is any text.\n\n");
    if (any_deny(network))
        buf_lit(out, "What is **never** let through is refused on that host, scheme and ports "
                     "whichever rule allows it, in capitals or not, with a slash behind it or "
                     "not, and also after the rule's last day.\n\n");
    buf_lit(out, "| Host | Scheme, ports | Methods | Paths | Owner | Reason | Last day |\n"
                 "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < network->written_rules.n; i++)
        if (network->written_rules.v[i].github.s)
            repository(&network->written_rules.v[i], out);
        else
            rule(&network->written_rules.v[i], out);
    buf_lit(out, "\n");
    unread(network, out);
    repositories(network, out);
    cooldowns(network, out);
}

void readme_mcp(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (network->mcp.n == 0)
        return;
    buf_lit(out,
            "## MCP servers\n\n"
            "Remote servers of tools, by Streamable HTTP. What is said to them is read, whichever "
            "rule lets it through, in capitals or not, with a slash behind the path or not: a tool "
            "that no pattern names (`*` is any text) is not called, and the client is told so in "
            "the server's place. Whatever else MCP has passes: what there is is listed, resources "
            "are read, prompts are asked for. What a tool does with what it is told, its server "
            "alone knows.\n\n"
            "| Server | Tools | Owner | Reason | Last day |\n"
            "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < network->mcp.n; i++) {
        const struct mcp_server *server = &network->mcp.v[i];
        buf_lit(out, "| `");
        mcp_url_write(out, &server->url);
        buf_lit(out, "`");
        addresses(server->addresses.v, server->addresses.n, out);
        buf_lit(out, " | ");
        paths(out, server->tools.v, server->tools.n);
        why(out, server->owner, server->reason, server->expires);
    }
    buf_lit(out, "\n");
}

void readme_cidrs(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (network->cidrs.n == 0)
        return;
    buf_lit(out,
            "## Network destinations\n\n"
            "Reached without the proxy: nobody sees what is said there. By HTTP too, where the "
            "address itself stands in the URL, with what reads networks in NO_PROXY: curl from "
            "7.86, Go, Python's requests; a single address is read by nearly all.\n\n"
            "| CIDR | Protocol, ports | Owner | Reason | Last day |\n"
            "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < network->cidrs.n; i++) {
        const struct cidr_rule *r = &network->cidrs.v[i];
        buf_lit(out, "| ");
        md_code_cidr(out, r->cidr);
        if (r->protocol == PROTOCOL_UDP)
            buf_lit(out, " | udp ");
        else
            buf_lit(out, " | tcp ");
        readme_numbers(out, r->ports.v, r->ports.n);
        why(out, r->owner, r->reason, r->expires);
    }
    buf_lit(out, "\n");
}

void readme_trust(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (network->trust.n == 0)
        return;
    buf_lit(out,
            "## Trusted authorities\n\n"
            "Certificates of servers may be signed by these, besides the system's authorities. "
            "Whoever has such a key can be any of the hosts to the proxy, and is given what the "
            "proxy gives them: credentials, too.\n\n");
    for (size_t i = 0; i < network->trust.n; i++) {
        const struct authority *authority = &network->trust.v[i];
        struct pem_block block;
        size_t n = 0;
        for (const char *at = authority->text.s; pem_next(&at, &block);)
            n++;
        buf_lit(out, "- ");
        buf_uint(out, n);
        if (n == 1)
            buf_lit(out, " certificate");
        else
            buf_lit(out, " certificates");
        buf_lit(out, " (`trust` in `proxy/policy.json`, place ");
        buf_uint(out, i);
        if (authority->hosts.n)
            buf_lit(out, "), for ");
        else
            buf_lit(out, "), for **every host**");
        for (size_t k = 0; k < authority->hosts.n; k++) {
            if (k)
                buf_lit(out, ", ");
            md_code_host(out, authority->hosts.v[k]);
        }
        buf_lit(out, "\n");
    }
    buf_lit(out, "\n");
}

void readme_ports(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    if (network->local_ports.n + network->publish.n == 0)
        return;
    buf_lit(out, "## Local ports\n\n| Port | Direction |\n| --- | --- |\n");
    for (size_t i = 0; i < network->local_ports.n; i++) {
        buf_lit(out, "| ");
        buf_uint(out, (uint64_t)network->local_ports.v[i]);
        buf_lit(out, " | the agent reaches this host's loopback |\n");
    }
    for (size_t i = 0; i < network->publish.n; i++) {
        buf_lit(out, "| ");
        buf_uint(out, (uint64_t)network->publish.v[i]);
        buf_lit(out, " | this host's users reach the agent's server, on 127.0.0.1 |\n");
    }
    buf_lit(out, "\n");
}

void readme_source(const struct source *s, struct buf *out) {
    switch (s->kind) {
    case SOURCE_FILE:
        buf_lit(out, "file ");
        md_code_path(out, s->path);
        break;
    case SOURCE_SYSTEMD:
        buf_lit(out, "systemd credential ");
        md_code_name(out, s->name);
        break;
    case SOURCE_KEYCHAIN:
        buf_lit(out, "keychain item ");
        md_code_name(out, s->name);
        break;
    case SOURCE_COMMAND:
        buf_lit(out, "what prints ");
        md_code(out, s->command);
        break;
    }
}

void readme_inject(const struct inject *how, struct buf *out) {
    if (how->header.s) {
        buf_lit(out, "header ");
        md_code_name(out, how->header);
    } else if (how->basic.s) {
        buf_lit(out, "basic authentication of ");
        md_code_name(out, how->basic);
    } else if (how->query.s) {
        buf_lit(out, "query parameter ");
        md_code_name(out, how->query);
    } else if (how->authorization.s) {
        buf_lit(out, "authorization of the scheme ");
        md_code(out, how->authorization);
    } else if (how->path) {
        buf_lit(out, "segment of the path");
    } else if (how->json.s) {
        md_code(out, how->json);
        buf_lit(out, " in a body of JSON");
    } else if (how->aws) {
        buf_lit(out, "signature of AWS (SigV4)");
    } else {
        buf_lit(out, "bearer token");
    }
}

static void credential(const struct credential *c, struct buf *out) {
    buf_lit(out, "| ");
    md_code_name(out, c->name);
    buf_lit(out, " | ");
    readme_source(&c->source, out);
    buf_lit(out, " | ");
    for (size_t i = 0; i < c->hosts.n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code_host(out, c->hosts.v[i]);
    }
    for (size_t i = 0; i < c->paths.n; i++) {
        if (i)
            buf_lit(out, ", ");
        else
            buf_lit(out, ", at ");
        md_code(out, c->paths.v[i]);
    }
    buf_lit(out, " | ");
    readme_inject(&c->inject, out);
    if (!c->ask)
        buf_lit(out, ", asked for or not");
    ceilings(&c->ceilings, out);
    buf_lit(out, " | ");
    if (c->env.s)
        md_code_name(out, c->env);
    buf_lit(out, " | ");
    if (c->placeholder.s)
        md_code(out, c->placeholder);
    buf_lit(out, " |\n");
}

void readme_credentials(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (spec->credentials.n == 0)
        return;
    buf_lit(out, "## Credentials\n\n"
                 "Secrets are nowhere in this repository. The agent sees a placeholder; the proxy "
                 "puts the secret in on the way to the bound hosts, over TLS alone, and takes it "
                 "out of their answers. A request without the placeholder goes on without the "
                 "secret, but where \"asked for or not\" stands.\n\n"
                 "| Name | Source | Hosts | Injected as | Variable | The agent sees |\n"
                 "| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < spec->credentials.n; i++)
        credential(&spec->credentials.v[i], out);
    buf_lit(out, "\n");
}

void readme_not_secrets(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (spec->not_secrets.n == 0)
        return;
    buf_lit(out, "## What looks like a secret and is none\n\n"
                 "By the word of the spec (`not_secrets`), which holds them whole:\n\n");
    for (size_t i = 0; i < spec->not_secrets.n; i++) {
        const char *s = spec->not_secrets.v[i].s;
        char shown[LOOK_ALIKE_SHOWN];
        look_alike_short((struct look_alike){s, strlen(s)}, shown);
        buf_lit(out, "- text ");
        md_code(out, (struct text){shown});
        buf_lit(out, " of ");
        buf_uint(out, strlen(s));
        buf_lit(out, " bytes\n");
    }
    buf_lit(out, "\n");
}
