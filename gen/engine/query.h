/*
 * The query of a request, against the "query" of rules: modules/proxy/query.py, in C. Each
 * parameter, in every way in which servers read it, must match one item.
 */
#ifndef QUERY_H
#define QUERY_H

#include "engine/egress.h"

struct parameter {
    struct bytes name, value;
};

/* All readings of all parameters; those whose value is the placeholder of a query credential of
 * that host are left out: that credential's slot is its place. */
struct query {
    struct parameter *v;
    size_t n, cap;
    bool unsafe; /* it has one that may be read in more ways than these */
};

struct query *query_read(struct arena *arena, const struct egress *egress,
                         const struct egress_question *question);
/* The items, as they would stand in a spec, that would let all of it through; NULL: none is needed,
 * or more than a rule can hold. *wider: they let more through, since it is too long. */
json_t *query_items(const struct query *query, bool *wider);

#endif
