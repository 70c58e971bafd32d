/* The rules of one network, found by host and path: or each rule would be compared with each. */
#include "policy_private.h"

#include <stdlib.h>
#include <string.h>

static int by_numbers(const int64_t *a, size_t na, const int64_t *b, size_t nb) {
    for (size_t i = 0; i < na && i < nb; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return (na > nb) - (na < nb);
}

static int by_host(struct host_pattern a, struct host_pattern b) {
    int order = strcmp(a.name.s, b.name.s);
    return order ? order : a.suffix - b.suffix;
}

/* All but who answers for a rule, and until when. */
static int by_meaning(const struct rule *a, const struct rule *b) {
    int order = by_host(a->host, b->host);
    if (!order)
        order = (a->scheme > b->scheme) - (a->scheme < b->scheme);
    if (!order)
        order = a->websocket - b->websocket;
    if (!order)
        order = by_numbers(a->ports.v, a->ports.n, b->ports.v, b->ports.n);
    for (size_t i = 0; !order && i < a->methods.n && i < b->methods.n; i++)
        order = strcmp(a->methods.v[i].s, b->methods.v[i].s);
    if (!order)
        order = (a->methods.n > b->methods.n) - (a->methods.n < b->methods.n);
    for (size_t i = 0; !order && i < a->paths.n && i < b->paths.n; i++)
        order = strcmp(a->paths.v[i].s, b->paths.v[i].s);
    return order ? order : (a->paths.n > b->paths.n) - (a->paths.n < b->paths.n);
}

/* Equal ones in the order of the spec: they are items of one array. */
static int by_meaning_and_place(const void *x, const void *y) {
    const struct rule *a = *(const struct rule *const *)x, *b = *(const struct rule *const *)y;
    int order = by_meaning(a, b);
    return order ? order : (a > b) - (a < b);
}

static int by_literal(const struct policy_entry *a, const char *s, size_t n) {
    size_t shorter = a->literal < n ? a->literal : n;
    int order = memcmp(a->path, s, shorter);
    return order ? order : (a->literal > n) - (a->literal < n);
}

static int by_entry(const void *x, const void *y) {
    const struct policy_entry *a = x, *b = y;
    int order = a->wild - b->wild;
    if (!order)
        order = by_host(a->rule->host, b->rule->host);
    return order ? order : by_literal(a, b->path, b->literal);
}

struct policy_index *policy_index_make(struct arena *arena, const struct network *network) {
    struct policy_index *index = arena_alloc(arena, sizeof *index);
    size_t n = 0;
    for (size_t i = 0; i < network->rules.n; i++)
        n += network->rules.v[i].paths.n;
    index->network = network;
    index->rules = arena_alloc(arena, network->rules.n * sizeof *index->rules);
    index->entries = arena_alloc(arena, n * sizeof *index->entries);
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        index->rules[i] = rule;
        for (size_t k = 0; k < rule->paths.n; k++) {
            const char *path = rule->paths.v[k].s;
            size_t literal = strcspn(path, "*");
            bool wild = path[literal] != '\0';
            index->entries[index->n++] = (struct policy_entry){path, literal, wild, rule, k};
        }
    }
    if (network->rules.n)
        qsort(index->rules, network->rules.n, sizeof *index->rules, by_meaning_and_place);
    if (n)
        qsort(index->entries, n, sizeof *index->entries, by_entry);
    return index;
}

const struct rule *const *policy_same_rules(const struct policy_index *index,
                                            const struct rule *rule, size_t *n) {
    size_t low = 0, high = index->network->rules.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_meaning(index->rules[middle], rule) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (*n = 0; low + *n < index->network->rules.n; ++*n)
        if (by_meaning(index->rules[low + *n], rule) != 0)
            break;
    return index->rules + low;
}

struct wanted { /* entries that begin with n bytes of s */
    bool wild;
    struct host_pattern host;
    const char *s;
    size_t n;
};

/* The first of the entries, which are sorted, that is not before what is wanted, or that is behind
 * it. */
static size_t bound(const struct policy_index *index, struct policy_range within,
                    const struct wanted *wanted, bool behind) {
    size_t low = within.first, high = within.end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct policy_entry *entry = &index->entries[middle];
        int order = entry->wild - wanted->wild;
        if (!order)
            order = by_host(entry->rule->host, wanted->host);
        if (!order && behind && entry->literal > wanted->n)
            order = memcmp(entry->path, wanted->s, wanted->n);
        else if (!order)
            order = by_literal(entry, wanted->s, wanted->n);
        if (behind ? order <= 0 : order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct policy_range narrow(const struct policy_index *index, struct policy_range within,
                                  const struct wanted *wanted) {
    size_t first = bound(index, within, wanted, false);
    within.first = first;
    return (struct policy_range){first, bound(index, within, wanted, true)};
}

struct policy_range policy_entries(const struct policy_index *index, bool wild,
                                   struct host_pattern host, const char *s, size_t n) {
    const struct wanted wanted = {wild, host, s, n};
    return narrow(index, (struct policy_range){0, index->n}, &wanted);
}

/* Of one host's. A literal covers itself alone; of the others, those that begin as path does, each
 * length of it asked for in what is left of the shorter ones. */
static void find_of_host(const struct policy_index *index, struct host_pattern host,
                         const char *path, void (*found)(const struct policy_entry *, void *),
                         void *context) {
    size_t literal = strcspn(path, "*");
    struct policy_range same = {0, 0};
    if (path[literal] == '\0')
        same = policy_entries(index, false, host, path, literal);
    for (size_t i = same.first; i < same.end && index->entries[i].literal == literal; i++)
        found(&index->entries[i], context);
    struct policy_range left = policy_entries(index, true, host, path, 0);
    for (size_t n = 0; left.first < left.end && n <= literal; n++) {
        size_t i = left.first;
        for (; i < left.end && index->entries[i].literal == n; i++)
            if (policy_path_covers(index->entries[i].path, path))
                found(&index->entries[i], context);
        if (i == left.end || n == literal)
            return;
        const struct wanted wanted = {true, host, path, n + 1};
        left = narrow(index, left, &wanted);
    }
}

void policy_find_covering(const struct policy_index *index, struct host_pattern host,
                          const char *path, void (*found)(const struct policy_entry *, void *),
                          void *context) {
    find_of_host(index, host, path, found, context);
    for (const char *dot = strchr(host.name.s, '.'); dot; dot = strchr(dot + 1, '.'))
        find_of_host(index, (struct host_pattern){{dot + 1}, true}, path, found, context);
}
