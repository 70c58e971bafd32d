/*
 * Rules of repositories of GitHub, and of MCP servers, as rules of hosts. Of repositories all that
 * is let through has the repository's name in its path; what can't be bound to one by its URL is
 * left out: GraphQL, the API by numeric ids, Git LFS, and the hosts of signed URLs to which
 * downloads of releases and artifacts lead.
 */
#include "read/repositories.h"
#include "read/defaults.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Of what the API writes: what a push could do as well, and what people talk about. Not how the
 * repository is set up, who has it, what runs, what is published, and what checks say. */
const struct repository_part repository_parts[] = {
    {REPOSITORY_READ, "github.com", TEXTS("GET"), "/", TEXTS(".git/info/refs", "/info/refs"),
     "service=git-upload-pack"},
    {REPOSITORY_READ, "github.com", TEXTS("POST"), "/",
     TEXTS(".git/git-upload-pack", "/git-upload-pack"), NULL},
    {REPOSITORY_READ, "github.com", TEXTS("GET", "HEAD"), "/",
     TEXTS("/archive/**", "/releases/download/**", "/releases/latest/download/**"), NULL},
    {REPOSITORY_READ, "api.github.com", TEXTS("GET", "HEAD"), "/repos/", TEXTS("", "/**"), NULL},
    {REPOSITORY_READ, "codeload.github.com", TEXTS("GET", "HEAD"), "/", TEXTS("/**"), NULL},
    {REPOSITORY_READ, "raw.githubusercontent.com", TEXTS("GET", "HEAD"), "/", TEXTS("/**"), NULL},
    {REPOSITORY_WRITE, "github.com", TEXTS("GET"), "/", TEXTS(".git/info/refs", "/info/refs"),
     "service=git-receive-pack"},
    {REPOSITORY_WRITE, "github.com", TEXTS("POST"), "/",
     TEXTS(".git/git-receive-pack", "/git-receive-pack"), NULL},
    {REPOSITORY_WRITE, "api.github.com", TEXTS("DELETE", "PATCH", "POST", "PUT"), "/repos/",
     TEXTS("/comments/**", "/commits/*/comments", "/contents/**", "/git/**", "/issues",
           "/issues/**", "/labels", "/labels/*", "/merges", "/milestones", "/milestones/*",
           "/pulls", "/pulls/*", "/pulls/*/comments", "/pulls/*/comments/**", "/pulls/*/merge",
           "/pulls/*/requested_reviewers", "/pulls/*/reviews", "/pulls/*/reviews/**",
           "/pulls/*/update-branch", "/pulls/comments/**"),
     NULL},
};
const size_t repository_parts_count = sizeof repository_parts / sizeof *repository_parts;

static size_t count_of(const char *const *list) {
    size_t n = 0;
    while (list[n])
        n++;
    return n;
}

static struct rule rule_of(struct arena *arena, const struct rule *whole,
                           const struct repository_part *part) {
    static int64_t https = 443; /* only ever read */
    struct rule rule = {.at = whole->at,
                        .github = whole->github,
                        .access = whole->access,
                        .ceilings = whole->ceilings,
                        .owner = whole->owner,
                        .reason = whole->reason,
                        .expires = whole->expires};
    rule.host = (struct host_pattern){{part->host}, false};
    rule.scheme = SCHEME_HTTPS;
    rule.ignore_case = true;
    rule.ports.v = &https;
    rule.ports.n = 1;
    rule.methods.v = arena_alloc(arena, count_of(part->methods) * sizeof *rule.methods.v);
    rule.paths.v = arena_alloc(arena, count_of(part->behind) * sizeof *rule.paths.v);
    for (; part->methods[rule.methods.n]; rule.methods.n++)
        rule.methods.v[rule.methods.n] = (struct name){part->methods[rule.methods.n]};
    for (; part->behind[rule.paths.n]; rule.paths.n++)
        rule.paths.v[rule.paths.n] = (struct text){arena_printf(
            arena, "%s%s%s", part->before, whole->github.s, part->behind[rule.paths.n])};
    if (part->query) {
        rule.query.v = arena_alloc(arena, sizeof *rule.query.v);
        rule.query.v[0] = (struct text){part->query};
        rule.query.n = 1;
    }
    return rule;
}

/* POST asks, GET listens to what the server says of itself, DELETE ends a session. */
static struct rule rule_of_server(struct arena *arena, const struct mcp_server *server) {
    static struct name methods[] = {{"DELETE"}, {"GET"}, {"POST"}}; /* only ever read */
    struct rule rule = {.at = server->at,
                        .mcp = server,
                        .host = {server->url.host, false},
                        .scheme = server->url.scheme,
                        .owner = server->owner,
                        .reason = server->reason,
                        .expires = server->expires};
    rule.methods.v = methods;
    rule.methods.n = sizeof methods / sizeof *methods;
    rule.paths.v = arena_alloc(arena, sizeof *rule.paths.v);
    rule.paths.v[0] = (struct text){mcp_url_path(&server->url).s};
    rule.paths.n = 1;
    rule.ports.v = arena_alloc(arena, sizeof *rule.ports.v);
    rule.ports.v[0] = server->url.port;
    rule.ports.n = 1;
    rule.addresses.v = server->addresses.v;
    rule.addresses.n = server->addresses.n;
    return rule;
}

/* By hosts, as a spec's are. */
struct place {
    struct rule rule;
    size_t number;
};

static int by_host(const void *x, const void *y) {
    const struct place *a = x, *b = y;
    int order = b->rule.host.suffix - a->rule.host.suffix;
    if (!order)
        order = strcmp(a->rule.host.name.s, b->rule.host.name.s);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

void fill_rules(struct arena *arena, struct network *network) {
    size_t repositories = 0, n = 0, others = network->written_rules.n;
    for (size_t i = 0; i < network->written_rules.n; i++)
        repositories += network->written_rules.v[i].github.s != NULL;
    struct place *all = arena_alloc(
        arena, (others + repository_parts_count * repositories + network->mcp.n + 1) * sizeof *all);
    for (size_t i = 0; i < others; i++) {
        const struct rule *rule = &network->written_rules.v[i];
        for (size_t k = 0; rule->github.s && !rule->host.name.s && k < repository_parts_count; k++)
            if (repository_parts[k].access <= rule->access)
                all[n++].rule = rule_of(arena, rule, &repository_parts[k]);
        if (rule->host.name.s)
            all[n++].rule = *rule;
    }
    for (size_t i = 0; i < network->mcp.n; i++)
        if (network->mcp.v[i].url.host.s) /* what could be read of it */
            all[n++].rule = rule_of_server(arena, &network->mcp.v[i]);
    network->rules.v = arena_alloc(arena, (n + 1) * sizeof *network->rules.v);
    network->rules.n = n;
    for (size_t i = 0; i < n; i++)
        all[i].number = i;
    if (repositories || network->mcp.n)
        qsort(all, n, sizeof *all, by_host);
    for (size_t i = 0; i < n; i++)
        network->rules.v[i] = all[i].rule;
}
