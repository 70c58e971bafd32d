/* Rules side by side: whether they meet, their orders, and the last of equal ones. */
#include "policy/policy_private.h"
#include "spec/types.h"
#include "spec/url_query.h"

#include <string.h>

bool policy_meets(const struct policy_part *part, const struct rule *rule) {
    bool port = false, method = false;
    if (part->rule->scheme != rule->scheme)
        return false;
    for (size_t i = 0; i < part->n_ports && !port; i++)
        port = policy_has_number(rule->ports.v, rule->ports.n, part->ports[i]);
    for (size_t i = 0; i < part->n_methods && port && !method; i++)
        method = policy_has_name(rule->methods.v, rule->methods.n, part->methods[i].s);
    return method;
}

static bool lets_through(struct arena *arena, const struct rule *rule, const char *item) {
    struct url_query asked = url_query_read(arena, item);
    for (size_t i = 0; i < rule->query.n; i++) {
        struct url_query one = url_query_read(arena, rule->query.v[i].s);
        if (url_query_covers(&one, &asked))
            return true;
    }
    return false;
}

/* A window of the one holds so many of the other's, which begin with it. */
static bool covers_rate(const struct rate *a, const struct rate *b) {
    if (!a->count)
        return true;
    return b->count && a->seconds >= b->seconds && a->count / (a->seconds / b->seconds) >= b->count;
}

bool policy_covers_ceilings(const struct ceilings *a, const struct ceilings *b) {
    return covers_rate(&a->requests, &b->requests) && covers_rate(&a->bytes, &b->bytes) &&
           covers_rate(&a->tokens, &b->tokens);
}

void policy_write_ceilings(struct buf *b, const struct rule *rule) {
    if (!ceilings_set(&rule->ceilings))
        return;
    buf_lit(b, ", at most ");
    ceilings_words(b, &rule->ceilings);
}

bool policy_covers_query(struct arena *arena, const struct rule *a, const struct rule *b) {
    for (size_t i = 0; a->query.n && i < b->query.n; i++)
        if (!lets_through(arena, a, b->query.v[i].s))
            return false;
    return !a->query.n || b->query.n;
}

static int by_numbers(const int64_t *a, size_t na, const int64_t *b, size_t nb) {
    for (size_t i = 0; i < na && i < nb; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return (na > nb) - (na < nb);
}

int policy_by_host(struct host_pattern a, struct host_pattern b) {
    int order = strcmp(a.name.s, b.name.s);
    return order ? order : a.suffix - b.suffix;
}

static int by_rate(const struct rate *a, const struct rate *b) {
    int order = (a->seconds > b->seconds) - (a->seconds < b->seconds);
    return order ? order : (a->count > b->count) - (a->count < b->count);
}

static int by_ceilings(const struct ceilings *a, const struct ceilings *b) {
    int order = by_rate(&a->requests, &b->requests);
    if (!order)
        order = by_rate(&a->bytes, &b->bytes);
    return order ? order : by_rate(&a->tokens, &b->tokens);
}

static int by_query(const struct rule *a, const struct rule *b) {
    int order = 0;
    for (size_t i = 0; !order && i < a->query.n && i < b->query.n; i++)
        order = strcmp(a->query.v[i].s, b->query.v[i].s);
    return order ? order : (a->query.n > b->query.n) - (a->query.n < b->query.n);
}

int policy_by_rights(const struct policy_part *a, const struct policy_part *b) {
    int order = (a->rule->scheme > b->rule->scheme) - (a->rule->scheme < b->rule->scheme);
    if (!order)
        order = a->rule->websocket - b->rule->websocket;
    if (!order)
        order = by_numbers(a->ports, a->n_ports, b->ports, b->n_ports);
    for (size_t i = 0; !order && i < a->n_methods && i < b->n_methods; i++)
        order = strcmp(a->methods[i].s, b->methods[i].s);
    if (!order)
        order = (a->n_methods > b->n_methods) - (a->n_methods < b->n_methods);
    if (!order)
        order = by_query(a->rule, b->rule);
    return order ? order : by_ceilings(&a->rule->ceilings, &b->rule->ceilings);
}

int policy_by_meaning(const struct policy_part *a, const struct policy_part *b) {
    int order = policy_by_host(a->rule->host, b->rule->host);
    if (!order)
        order = policy_by_rights(a, b);
    for (size_t i = 0; !order && i < a->n_paths && i < b->n_paths; i++)
        order = strcmp(a->paths[i].s, b->paths[i].s);
    return order ? order : (a->n_paths > b->n_paths) - (a->n_paths < b->n_paths);
}

/* The rules are items of one array. */
int policy_by_place(const struct policy_part *a, const struct policy_part *b) {
    return (a->rule > b->rule) - (a->rule < b->rule);
}

int policy_by_day(const struct policy_part *a, const struct policy_part *b) {
    uint32_t x = policy_day(a->rule->expires), y = policy_day(b->rule->expires);
    return (x > y) - (x < y);
}

static int by_text(struct text a, struct text b) {
    return a.s && b.s ? strcmp(a.s, b.s) : !!a.s - !!b.s;
}

int policy_by_answer(const struct policy_part *a, const struct policy_part *b) {
    int order = policy_by_meaning(a, b);
    if (!order)
        order = by_text(a->rule->owner, b->rule->owner);
    return order ? order : by_text(a->rule->reason, b->rule->reason);
}

struct policy_part policy_whole(const struct rule *rule) {
    return (struct policy_part){.rule = rule,
                                .methods = rule->methods.v,
                                .paths = rule->paths.v,
                                .ports = rule->ports.v,
                                .n_methods = rule->methods.n,
                                .n_paths = rule->paths.n,
                                .n_ports = rule->ports.n};
}

struct policy_parts policy_wholes(struct arena *arena, const struct network *network) {
    struct policy_parts parts = {.n = network->rules.n};
    struct policy_part *wholes = arena_alloc(arena, parts.n * sizeof *wholes);
    parts.v = arena_alloc(arena, parts.n * sizeof *parts.v);
    for (size_t i = 0; i < parts.n; i++) {
        wholes[i] = policy_whole(&network->rules.v[i]);
        parts.v[i] = &wholes[i];
    }
    return parts;
}

const struct rule *policy_last(const struct policy_parts *sorted, const struct policy_part *part,
                               policy_order *order) {
    size_t low = 0, high = sorted->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(sorted->v[middle], part) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && order(sorted->v[low - 1], part) == 0 ? sorted->v[low - 1]->rule : NULL;
}
