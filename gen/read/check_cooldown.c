/* Checks of how old packages have to be. */
#include "read/check.h"
#include "spec/path_pattern.h"

#include <string.h>

static void check_cooldown(struct reading *reading, const struct rule *rule) {
    if (rule->index.kind && !rule->cooldown && is_written(rule->at, "index"))
        complain(reading, at_key(rule->at, "index"),
                 "\"index\" says where it stands how old packages are: it needs \"cooldown\"");
    if (!rule->cooldown)
        return;
    if (rule->scheme == SCHEME_HTTP)
        complain(reading, at_key(rule->at, "cooldown"),
                 "what comes by http may have been changed on its way: a cooldown needs \"https\"");
    if (rule->host.suffix && !rule->index.kind && !is_written(rule->at, "index"))
        complain(reading, at_key(rule->at, "cooldown"),
                 "\"*.%s\" is many hosts: say in \"index\" where it stands how old packages are, "
                 "like \"npm:https://registry.%s\"",
                 rule->host.name.s, rule->host.name.s);
}

void check_cooldowns(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.rules.n; i++)
        check_cooldown(reading, &spec->network.rules.v[i]);
}

/* -- indexes -- */

static bool has_port(const struct rule *rule, int64_t port) {
    for (size_t i = 0; i < rule->ports.n; i++)
        if (rule->ports.v[i] == port)
            return true;
    return false;
}

static bool has_get(const struct rule *rule) {
    for (size_t i = 0; i < rule->methods.n; i++)
        if (strcmp(rule->methods.v[i].s, "GET") == 0)
            return true;
    return rule->methods.n == 0;
}

static bool can_be_read(const struct network *network, const struct package_index *index) {
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        if (rule->scheme == SCHEME_HTTPS && rule->host.name.s && has_port(rule, index->port) &&
            has_get(rule) && host_covers(rule->host, (struct host_pattern){index->host, false}))
            return true;
    }
    return false;
}

static bool same_index(const struct package_index *a, const struct package_index *b) {
    return a->kind == b->kind && a->port == b->port && strcmp(a->host.s, b->host.s) == 0 &&
           strcmp(a->path.s, b->path.s) == 0;
}

static bool meet(const struct rule *a, const struct rule *b) {
    bool port = false, path = a->paths.n == 0 || b->paths.n == 0;
    for (size_t i = 0; i < a->ports.n && !port; i++)
        port = has_port(b, a->ports.v[i]);
    for (size_t i = 0; port && i < a->paths.n; i++)
        for (size_t k = 0; k < b->paths.n && !path; k++)
            path = path_pattern_covers(a->paths.v[i].s, b->paths.v[k].s) ||
                   path_pattern_covers(b->paths.v[k].s, a->paths.v[i].s);
    return port && path && (host_covers(a->host, b->host) || host_covers(b->host, a->host));
}

static void check_one_index(struct reading *reading, const struct network *network, size_t n) {
    const struct rule *rule = &network->rules.v[n];
    for (size_t i = 0; i < n; i++) {
        const struct rule *other = &network->rules.v[i];
        if (!other->cooldown || !other->index.kind || same_index(&rule->index, &other->index) ||
            !meet(rule, other))
            continue;
        BUF_CLEANUP struct buf url = {0};
        package_index_url(&url, &other->index);
        complain(reading, at_key(rule->at, "cooldown"),
                 "the rule for \"%s%s\" says of the same path that its index is %s: it has one",
                 other->host.suffix ? "*." : "", other->host.name.s, url.data);
        return;
    }
}

void check_package_indexes(struct reading *reading, const struct spec *spec) {
    const struct network *network = &spec->network;
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        if (!rule->cooldown || !rule->index.kind || !rule->host.name.s ||
            rule->scheme != SCHEME_HTTPS)
            continue;
        if (!can_be_read(network, &rule->index))
            complain(reading,
                     is_written(rule->at, "index") ? at_value(rule->at, "index")
                                                   : at_key(rule->at, "cooldown"),
                     "no rule lets GET through to \"%s\", port %d, where it stands how old "
                     "packages are",
                     rule->index.host.s, (int)rule->index.port);
        check_one_index(reading, network, i);
    }
}
