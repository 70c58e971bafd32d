/* The places that a spec's rules name: each host and port with each of its rules, in order. */
#ifndef PLACES_H
#define PLACES_H

#include "base/buf.h"
#include "plan/plan.h"

struct place {
    struct host_pattern host;
    int64_t port;
    const struct rule *rule;
};

struct places {
    struct place *v;
    size_t n;
    const struct rule **denials; /* the rules that deny something */
    size_t denial_count;
};

/* Also what hosts of ssh stand for. */
struct places places_of(const struct plan *plan, struct arena *arena);

/* How many from the first on have its host and port. */
size_t places_alike(const struct places *places, size_t first);

/* Whether the rule lets that path of its own through there: not where a rule, which may be another,
 * denies all of it. */
bool place_allows(const struct places *places, const struct place *place, const char *path);

/* Whether anything passes by any of the n places from the first on; whether nothing passes there by
 * any rule, because of what they deny. */
bool places_allow(const struct places *places, size_t first, size_t n);
bool places_shut(const struct places *places, size_t first, size_t n);

/* HOST:PORT */
void place_name(struct buf *b, const struct place *place);

#endif
