/* Where a host may lead: the addresses that its rules name, besides public ones. */
#include "base/calendar.h"
#include "base/die.h"
#include "engine/egress_private.h"

#include <string.h>

static bool is_in(const struct cidr *v, size_t n, const struct cidr *one) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(&v[i], one, sizeof *one) == 0)
            return true;
    return false;
}

/* Calls found for each rule of the host that names addresses. */
static void each_of(const struct egress *egress, const char *host,
                    void (*found)(const struct egress_rule *rule, void *context), void *context) {
    const char *name = host;
    const struct egress_table *table = &egress->index->exact;
    while (name) {
        const struct egress_slot *slot = egress_find(table, name);
        for (size_t i = slot->host ? slot->first : NO_RULE; i != NO_RULE; i = egress->rules[i].next)
            if (egress->rules[i].address_count)
                found(&egress->rules[i], context);
        table = &egress->index->suffix;
        name = strchr(name, '.');
        name = name ? name + 1 : NULL;
    }
}

struct gathering {
    struct cidr *v;
    size_t n;
    int port;
    struct date today;
    struct arena *arena;
};

static void gather(const struct egress_rule *rule, void *context) {
    struct gathering *all = context;
    if (!egress_has_port(rule, all->port) ||
        (rule->expires.year && calendar_compare(all->today, rule->expires) > 0))
        return;
    struct cidr *v = arena_alloc(all->arena, (all->n + rule->address_count) * sizeof *v);
    if (all->n)
        memcpy(v, all->v, all->n * sizeof *v);
    all->v = v;
    for (size_t i = 0; i < rule->address_count; i++)
        if (!is_in(v, all->n, &rule->addresses[i]))
            v[all->n++] = rule->addresses[i];
}

struct ranges egress_addresses(const struct egress *egress, const char *host, int port,
                               struct date today, struct arena *arena) {
    struct gathering all = {.port = port, .today = today, .arena = arena};
    if (egress->index->any_addresses)
        each_of(egress, host, gather, &all);
    return (struct ranges){all.v, all.n};
}

static void note(const struct egress_rule *rule, void *context) {
    (void)rule;
    *(bool *)context = true;
}

bool egress_names_addresses(const struct egress *egress, const char *host) {
    bool named = false;
    each_of(egress, host, note, &named);
    return named;
}

struct ranges ranges_copy(struct ranges ranges) {
    struct cidr *v = must_alloc((ranges.n + 1) * sizeof *v);
    for (size_t i = 0; i < ranges.n; i++)
        v[i] = ranges.v[i];
    return (struct ranges){v, ranges.n};
}

bool ranges_equal(struct ranges a, struct ranges b) {
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = memcmp(&a.v[i], &b.v[i], sizeof *a.v) == 0;
    return same;
}
