#include "export/asked.h"
#include "spec/schema.h"
#include "spec/types.h"

#include <string.h>

#define NOTHING ((struct asked){NULL, NULL})

typedef bool rule_fn(const struct rule *rule);

static struct asked any_rule(const struct plan *plan, rule_fn *is, const char *key) {
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->rules.n; i++)
        if (is(&network->rules.v[i]))
            return (struct asked){network->rules.v[i].at, key};
    return NOTHING;
}

static bool any(const struct rule *rule) {
    (void)rule;
    return true;
}

static bool is_read(const struct rule *rule) {
    return scheme_is_read(rule->scheme);
}

static bool has_star(const struct rule *rule) {
    for (size_t i = 0; i < rule->paths.n; i++)
        for (const char *p = rule->paths.v[i].s; (p = strchr(p, '*')); p += 2)
            if (p[1] != '*')
                return true;
    return false;
}

static bool has_deny(const struct rule *rule) {
    for (size_t i = 0; i < rule->deny.n; i++)
        if (strcmp(rule->deny.v[i].s, "/**") != 0)
            return true;
    return false;
}

static bool is_shut(const struct rule *rule) {
    for (size_t i = 0; i < rule->deny.n; i++)
        if (strcmp(rule->deny.v[i].s, "/**") == 0)
            return true;
    return false;
}

static bool has_query(const struct rule *rule) {
    return rule->query.n > 0;
}

static bool has_ceiling(const struct rule *rule) {
    return ceilings_set(&rule->ceilings);
}

static bool has_cooldown(const struct rule *rule) {
    return rule->cooldown != 0;
}

static bool has_date(const struct rule *rule) {
    return rule->expires.year != 0;
}

static bool has_addresses(const struct rule *rule) {
    return rule->addresses.n > 0;
}

static bool has_websocket(const struct rule *rule) {
    return rule->websocket;
}

static bool is_suffix(const struct rule *rule) {
    return rule->host.suffix;
}

static bool is_clear(const struct rule *rule) {
    return rule->scheme == SCHEME_HTTP;
}

static bool is_tunnel(const struct rule *rule) {
    return !scheme_is_read(rule->scheme);
}

struct asked asked_rules(const struct plan *plan) {
    return any_rule(plan, any, NULL);
}

struct asked asked_read_rules(const struct plan *plan) {
    return any_rule(plan, is_read, NULL);
}

struct asked asked_stars(const struct plan *plan) {
    return any_rule(plan, has_star, "paths");
}

struct asked asked_denies(const struct plan *plan) {
    return any_rule(plan, has_deny, "deny");
}

struct asked asked_shut(const struct plan *plan) {
    return any_rule(plan, is_shut, "deny");
}

struct asked asked_query(const struct plan *plan) {
    return any_rule(plan, has_query, "query");
}

struct asked asked_cooldowns(const struct plan *plan) {
    return any_rule(plan, has_cooldown, "cooldown");
}

struct asked asked_mcp(const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    return network->mcp.n ? (struct asked){network->mcp.v[0].at, NULL} : NOTHING;
}

struct asked asked_addresses(const struct plan *plan) {
    return any_rule(plan, has_addresses, "addresses");
}

struct asked asked_websockets(const struct plan *plan) {
    return any_rule(plan, has_websocket, "websocket");
}

struct asked asked_suffixes(const struct plan *plan) {
    return any_rule(plan, is_suffix, "host");
}

struct asked asked_clear(const struct plan *plan) {
    return any_rule(plan, is_clear, "scheme");
}

struct asked asked_tunnels(const struct plan *plan) {
    return any_rule(plan, is_tunnel, "scheme");
}

struct asked asked_repositories(const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->written_rules.n; i++)
        if (network->written_rules.v[i].github.s)
            return (struct asked){network->written_rules.v[i].at, "github"};
    return NOTHING;
}

struct asked asked_dates(const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    struct asked asked = any_rule(plan, has_date, "expires");
    for (size_t i = 0; i < network->cidrs.n && !asked.at; i++)
        if (network->cidrs.v[i].expires.year)
            asked = (struct asked){network->cidrs.v[i].at, "expires"};
    return asked;
}

struct asked asked_ceilings(const struct plan *plan) {
    const struct spec *spec = plan->spec;
    struct asked asked = any_rule(plan, has_ceiling, NULL);
    for (size_t i = 0; i < spec->credentials.n && !asked.at; i++)
        if (ceilings_set(&spec->credentials.v[i].ceilings))
            asked = (struct asked){spec->credentials.v[i].at, NULL};
    return asked;
}
