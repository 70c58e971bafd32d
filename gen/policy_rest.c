/* What is left of a permission that narrows, or was there of one that widens. */
#include "policy_private.h"
#include "types.h"

#include <stdlib.h>
#include <string.h>

/* A longer list would hide the change itself; more pairs of paths are not worth their time. */
enum { REST_MAX = 4, PAIRS_MAX = 1000000, FOUND_MAX = 500 };

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

static bool could_be_rest(struct policy_run *run, const struct policy_part *part,
                          const struct rule *other) {
    struct name *methods = arena_alloc(run->arena, part->n_methods * sizeof *methods);
    return part->rule->scheme == other->scheme && host_covers(part->rule->host, other->host) &&
           share_a_port(part, other) && shared_methods(part, other, methods) > 0 &&
           part->n_paths * other->paths.n <= PAIRS_MAX;
}

static void rest_of_all(struct policy_run *run, const struct policy_part *part,
                        const struct network *less, struct rest *rest) {
    for (size_t i = 0; i < less->rules.n && !rest->more; i++) {
        const struct rule *other = &less->rules.v[i];
        if (!could_be_rest(run, part, other))
            continue;
        for (size_t k = 0; k < other->paths.n && !rest->more; k++)
            if (any_covers(part, other->paths.v[k].s))
                add(run, rest, part, other, other->paths.v[k]);
    }
}

/* In the order of the spec: the rules are items of one array. */
static int by_place(const void *x, const void *y) {
    const struct policy_entry *a = *(const struct policy_entry *const *)x;
    const struct policy_entry *b = *(const struct policy_entry *const *)y;
    int order = (a->rule > b->rule) - (a->rule < b->rule);
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

struct found {
    const struct policy_entry *v[FOUND_MAX];
    size_t n;
    bool more;
};

static void find_below(const struct policy_index *index, bool wild, struct host_pattern host,
                       const char *path, struct found *found) {
    size_t literal = strcspn(path, "*");
    bool exact = path[literal] == '\0';
    struct policy_range range = policy_entries(index, wild, host, path, literal);
    for (size_t i = range.first; i < range.end && !found->more; i++) {
        const struct policy_entry *entry = &index->entries[i];
        if (exact && (wild || entry->literal != literal))
            break;
        found->more = found->n == FOUND_MAX;
        if (!found->more)
            found->v[found->n++] = entry;
    }
}

/* What few entries begin as the part's paths do is found by them. Of many, most will do, and the
 * first of all rules' are soon there. */
void policy_rest_rules(struct policy_run *run, const struct policy_part *part,
                       const struct policy_index *less, struct buf *b) {
    struct rest rest = {.out = b};
    struct found found = {.more = part->rule->host.suffix};
    for (size_t i = 0; i < part->n_paths && !found.more; i++) {
        find_below(less, false, part->rule->host, part->paths[i].s, &found);
        find_below(less, true, part->rule->host, part->paths[i].s, &found);
    }
    if (found.more)
        rest_of_all(run, part, less->network, &rest);
    else if (found.n)
        qsort(found.v, found.n, sizeof *found.v, by_place);
    for (size_t i = 0; i < found.n && !found.more && !rest.more; i++) {
        const struct policy_entry *entry = found.v[i];
        bool twice = i > 0 && by_place(&found.v[i - 1], &found.v[i]) == 0;
        if (!twice && could_be_rest(run, part, entry->rule) && any_covers(part, entry->path))
            add(run, &rest, part, entry->rule, entry->rule->paths.v[entry->at]);
    }
    if (rest.more)
        buf_lit(b, " and more");
    if (rest.n)
        buf_lit(b, ")");
}
