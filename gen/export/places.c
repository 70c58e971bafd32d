#include "export/places.h"
#include "base/die.h"
#include "spec/path_pattern.h"
#include "spec/schema.h"
#include "spec/types.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void add(struct places *places, const struct rule *rule) {
    for (size_t i = 0; i < rule->ports.n; i++)
        places->v[places->n++] = (struct place){rule->host, rule->ports.v[i], rule};
}

static int by_place(const struct place *a, const struct place *b) {
    int order = strcmp(a->host.name.s, b->host.name.s);
    if (order)
        return order;
    if (a->host.suffix != b->host.suffix)
        return a->host.suffix ? 1 : -1;
    return (a->port > b->port) - (a->port < b->port);
}

/* What is alike stays in the order of the rules, which is that of the spec. */
static int by_place_and_rule(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    int order = by_place(x, y);
    return order ? order : (x->rule > y->rule) - (x->rule < y->rule);
}

struct places places_of(const struct plan *plan, struct arena *arena) {
    const struct network *network = &plan->spec->network;
    struct places places = {0};
    size_t most = 0;
    for (size_t i = 0; i < network->rules.n; i++)
        most += network->rules.v[i].ports.n;
    for (size_t i = 0; i < plan->ssh_rules.n; i++)
        most += plan->ssh_rules.v[i].ports.n;
    places.v = arena_alloc(arena, (most ? most : 1) * sizeof *places.v);
    for (size_t i = 0; i < network->rules.n; i++)
        add(&places, &network->rules.v[i]);
    for (size_t i = 0; i < plan->ssh_rules.n; i++)
        add(&places, &plan->ssh_rules.v[i]);
    places.denials = arena_alloc(arena, (network->rules.n + 1) * sizeof *places.denials);
    for (size_t i = 0; i < network->rules.n; i++)
        if (network->rules.v[i].deny.n)
            places.denials[places.denial_count++] = &network->rules.v[i];
    qsort(places.v, places.n, sizeof *places.v, by_place_and_rule);
    return places;
}

size_t places_alike(const struct places *places, size_t first) {
    size_t n = 1;
    while (first + n < places->n && by_place(&places->v[first], &places->v[first + n]) == 0)
        n++;
    return n;
}

/* As rules deny: in any letters, and with a slash behind it or not. */
static bool denies(const struct rule *rule, const char *path) {
    size_t n = strlen(path);
    char *lower = must_alloc(n + 2), *deny;
    bool covered = false;
    for (size_t i = 0; i < rule->deny.n && !covered; i++) {
        deny = must_copy(rule->deny.v[i].s);
        for (char *p = deny; *p; p++)
            *p = (char)tolower((unsigned char)*p);
        for (size_t k = 0; k <= n; k++)
            lower[k] = (char)tolower((unsigned char)path[k]);
        covered = path_pattern_covers(deny, lower);
        memcpy(lower + n, "/", 2);
        covered = covered || path_pattern_covers(deny, lower);
        free(deny);
    }
    free(lower);
    return covered;
}

static bool is_there(const struct rule *rule, const struct place *place) {
    bool same = rule->scheme == place->rule->scheme && host_covers(rule->host, place->host);
    for (size_t i = 0; i < rule->ports.n && same; i++)
        if (rule->ports.v[i] == place->port)
            return true;
    return false;
}

bool place_allows(const struct places *places, const struct place *place, const char *path) {
    for (size_t i = 0; i < places->denial_count; i++)
        if (is_there(places->denials[i], place) && denies(places->denials[i], path))
            return false;
    return true;
}

static bool allows(const struct places *places, const struct place *place) {
    const struct rule *rule = place->rule;
    if (!scheme_is_read(rule->scheme))
        return true;
    for (size_t i = 0; i < rule->paths.n; i++)
        if (place_allows(places, place, rule->paths.v[i].s))
            return true;
    return false;
}

bool places_allow(const struct places *places, size_t first, size_t n) {
    for (size_t i = first; i < first + n; i++)
        if (allows(places, &places->v[i]))
            return true;
    return false;
}

/* Also by rules of a suffix that it is below. */
static bool passes(const struct places *places, const struct place *at) {
    for (size_t i = 0; i < places->n; i++) {
        const struct place *other = &places->v[i];
        struct place here = {at->host, at->port, other->rule};
        if (other->port == at->port && host_covers(other->host, at->host) && allows(places, &here))
            return true;
    }
    return false;
}

bool places_shut(const struct places *places, size_t first, size_t n) {
    bool denied = false;
    for (size_t i = first; i < first + n; i++)
        denied = denied || places->v[i].rule->deny.n;
    return denied && !passes(places, &places->v[first]);
}

void place_name(struct buf *b, const struct place *place) {
    buf_host(b, place->host);
    buf_lit(b, ":");
    buf_uint(b, (uint64_t)place->port);
}
