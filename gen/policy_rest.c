/* What is left of a permission that narrows, or was there of one that widens. */
#include "policy_private.h"
#include "types.h"

#include <string.h>

/* A longer list would hide the change itself; more pairs of paths are not worth their time. */
enum { REST_MAX = 4, PAIRS_MAX = 1000000 };

struct rest {
    struct buf *out;
    size_t n;
    bool more;
};

static size_t shared_methods(const struct policy_part *part, const struct rule *other,
                             struct name *out) {
    size_t n = 0;
    for (size_t i = 0; i < part->n_methods; i++)
        if (policy_has_name(other->methods.v, other->methods.n, part->methods[i].s))
            out[n++] = part->methods[i];
    return n;
}

static bool share_a_port(const struct policy_part *part, const struct rule *other) {
    for (size_t i = 0; i < part->n_ports; i++)
        if (policy_has_number(other->ports.v, other->ports.n, part->ports[i]))
            return true;
    return false;
}

static bool any_covers(const struct policy_part *part, const char *path) {
    for (size_t i = 0; i < part->n_paths; i++)
        if (policy_path_covers(part->paths[i].s, path))
            return true;
    return false;
}

static void begin(struct policy_run *run, struct rest *rest) {
    if (rest->n > 0)
        buf_lit(rest->out, ", ");
    else if (run->direction == POLICY_WIDENS)
        buf_lit(rest->out, " (so far ");
    else
        buf_lit(rest->out, " (still ");
}

static void add(struct policy_run *run, struct rest *rest, const struct policy_part *part,
                const struct rule *other, struct text path) {
    struct name *methods = arena_alloc(run->arena, part->n_methods * sizeof *methods);
    size_t n = shared_methods(part, other, methods);
    rest->more = rest->n == REST_MAX;
    if (rest->more)
        return;
    begin(run, rest);
    if (n < part->n_methods) {
        policy_names(rest->out, methods, n);
        buf_lit(rest->out, " ");
    }
    buf_host(rest->out, other->host);
    plain_word(rest->out, path);
    rest->n++;
}

void policy_rest_rules(struct policy_run *run, const struct policy_part *part,
                       const struct network *less, struct buf *b) {
    struct rest rest = {.out = b};
    const struct rule *rule = part->rule;
    struct name *methods = arena_alloc(run->arena, part->n_methods * sizeof *methods);
    for (size_t i = 0; i < less->rules.n && !rest.more; i++) {
        const struct rule *other = &less->rules.v[i];
        if (rule->scheme != other->scheme || !host_covers(rule->host, other->host) ||
            !share_a_port(part, other) || shared_methods(part, other, methods) == 0 ||
            part->n_paths * other->paths.n > PAIRS_MAX)
            continue;
        for (size_t k = 0; k < other->paths.n && !rest.more; k++)
            if (any_covers(part, other->paths.v[k].s))
                add(run, &rest, part, other, other->paths.v[k]);
    }
    if (rest.more)
        buf_lit(b, " and more");
    if (rest.n)
        buf_lit(b, ")");
}
