/* What is left of a permission that narrows, or was there of one that widens. */
#include "policy/policy_private.h"

/* A longer list would hide the change itself; so would what so many paths have in common. */
enum { REST_MAX = 4, PAIRS_MAX = 1000000 };

struct policy_rest {
    struct {
        const struct rule *rule;
        size_t path;
    } v[REST_MAX + 1]; /* one more: that there is more is said */
    size_t n;
};

/* -- finding -- */

static bool is_full(const struct policy_rest *rest) {
    return rest->n == REST_MAX + 1;
}

static void add(const struct policy_part *part, const struct rule *other, size_t path) {
    struct policy_rest *rest = part->rest;
    bool twice = rest->n && rest->v[rest->n - 1].rule == other && rest->v[rest->n - 1].path == path;
    if (is_full(rest) || twice || part->n_paths * other->paths.n > PAIRS_MAX)
        return;
    rest->v[rest->n].rule = other;
    rest->v[rest->n++].path = path;
}

struct looking {
    const struct rule *less;
};

/* Parts that are full go: the last one takes the place. */
static void found(struct policy_entry *group, size_t at, void *context) {
    const struct looking *looking = context;
    if (!group->left || !policy_meets(group->part, looking->less))
        return;
    for (size_t i = 0; i < group->left;) {
        add(group[i].part, looking->less, at);
        if (is_full(group[i].part->rest))
            group[i].part = group[--group->left].part;
        else
            i++;
    }
}

/* Each rule that there is, in the spec's order, is asked what covers it, and not each part what it
 * covers: a part's wildcard leads everywhere, a rule's path only to what begins as it does. */
void policy_find_rests(struct policy_run *run, const struct policy_parts *parts,
                       const struct network *less) {
    struct policy_parts asking = {.v = arena_alloc(run->arena, parts->n * sizeof *asking.v)};
    for (size_t i = 0; i < parts->n; i++) {
        struct policy_part *part = parts->v[i];
        if (part->websocket || part->until != POLICY_NEVER)
            continue;
        part->rest = arena_alloc(run->arena, sizeof *part->rest);
        asking.v[asking.n++] = part;
    }
    if (asking.n == 0)
        return;
    struct policy_index *index = policy_index_make(run->arena, &asking);
    for (size_t i = 0; i < less->rules.n; i++)
        policy_find_covering(index, &less->rules.v[i], found, &(struct looking){&less->rules.v[i]});
}

/* -- writing -- */

static size_t shared_methods(const struct policy_part *part, const struct rule *other,
                             struct name *out) {
    size_t n = 0;
    for (size_t i = 0; i < part->n_methods; i++)
        if (policy_has_name(other->methods.v, other->methods.n, part->methods[i].s))
            out[n++] = part->methods[i];
    return n;
}

void policy_write_rest(struct policy_run *run, const struct policy_part *part, struct buf *b) {
    const struct policy_rest *rest = part->rest;
    struct name *methods = arena_alloc(run->arena, part->n_methods * sizeof *methods);
    for (size_t i = 0; rest && i < rest->n && i < REST_MAX; i++) {
        const struct rule *other = rest->v[i].rule;
        size_t n = shared_methods(part, other, methods);
        if (i > 0)
            buf_lit(b, ", ");
        else if (run->direction == POLICY_WIDENS)
            buf_lit(b, " (so far ");
        else
            buf_lit(b, " (still ");
        if (n < part->n_methods) {
            policy_names(b, methods, n);
            buf_lit(b, " ");
        }
        buf_host(b, other->host);
        if (scheme_is_read(other->scheme))
            plain_word(b, other->paths.v[rest->v[i].path]);
        for (size_t k = 0; k < other->query.n; k++) {
            if (k)
                policy_comma(b, k, other->query.n);
            else
                buf_lit(b, " with query ");
            plain_word(b, other->query.v[k]);
        }
        policy_write_ceilings(b, other);
    }
    if (rest && is_full(rest))
        buf_lit(b, " and more");
    if (rest && rest->n)
        buf_lit(b, ")");
}
