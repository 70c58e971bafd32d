/* Ceilings (ceiling.h) of a policy: what stands in it, and what is taken over from the one before.
 */
#include "base/die.h"
#include "engine/egress_private.h"

#include <stdlib.h>
#include <string.h>

static const char *const keys[CEILING_KINDS] = {"requests", "bytes", "tokens"};
/* More than a spec can say: 9999TiB. */
#define MOST INT64_C(99999999999999999)

static struct ceiling *made(const json_t *item, const json_t *found, int kind, const char *whose) {
    struct ceiling *one = must_alloc(sizeof *one);
    const char *together = json_string_value(json_object_get(found, "together"));
    *one = (struct ceiling){.references = 1,
                            .kind = (enum ceiling_kind)kind,
                            .count = json_integer_value(json_object_get(found, "count")),
                            .seconds = json_integer_value(json_object_get(found, "seconds")),
                            .window = -1,
                            .whose = must_copy(whose),
                            .identity = json_dumps(together ? found : item, JSON_SORT_KEYS),
                            .together = together ? must_copy(together) : NULL};
    return one;
}

void egress_read_ceilings(struct egress_reading *r, const json_t *item, const char *where,
                          const char *whose, bool may_share, struct ceiling_set *ceilings) {
    for (int kind = 0; kind < CEILING_KINDS; kind++) {
        const json_t *found = json_object_get(item, keys[kind]);
        const char *at = egress_inside(r, where, keys[kind]);
        if (!found ||
            !egress_object(r, found, at, may_share ? "count seconds|together" : "count seconds|"))
            continue;
        const json_t *count = json_object_get(found, "count"),
                     *seconds = json_object_get(found, "seconds");
        json_int_t length = json_integer_value(seconds);
        if (!json_is_integer(count) || json_integer_value(count) < 1 ||
            json_integer_value(count) > MOST)
            egress_wrong(r, egress_inside(r, at, "count"), "a number, 1 to 99999999999999999");
        if (!json_is_integer(seconds) ||
            (length != 1 && length != 60 && length != 3600 && length != 86400))
            egress_wrong(r, egress_inside(r, at, "seconds"), "1, 60, 3600 or 86400");
        egress_optional(r, found, "together", at);
        if (!r->wrong)
            ceilings->v[kind] = made(item, found, kind, whose);
    }
}

static void drop(struct ceiling_set *ceilings) {
    for (int kind = 0; kind < CEILING_KINDS; kind++)
        ceiling_unref(ceilings->v[kind]);
    *ceilings = (struct ceiling_set){0};
}

void egress_drop_ceilings(struct egress *egress) {
    for (size_t i = 0; i < egress->rule_count; i++)
        drop(&egress->rules[i].ceilings);
    for (size_t i = 0; i < egress->credential_count; i++)
        drop(&egress->credentials[i].ceilings);
}

/* -- rules that count together -- */

static int by_identity(const void *x, const void *y) {
    struct ceiling **const *a = x, **const *b = y;
    const struct ceiling *m = **a, *n = **b;
    int order = (m->kind > n->kind) - (m->kind < n->kind);
    if (!order)
        order = strcmp(m->identity, n->identity);
    return order ? order : (*a > *b) - (*a < *b);
}

static void replace(struct ceiling **ceiling, struct ceiling *other) {
    struct ceiling *was = *ceiling;
    *ceiling = ceiling_ref(other);
    ceiling_unref(was);
}

void egress_join_ceilings(struct egress *egress) {
    size_t n = 0;
    struct ceiling ***shared =
        must_alloc((egress->rule_count * CEILING_KINDS + 1) * sizeof *shared);
    for (size_t i = 0; i < egress->rule_count; i++)
        for (int kind = 0; kind < CEILING_KINDS; kind++) {
            struct ceiling **one = &egress->rules[i].ceilings.v[kind];
            if (*one && (*one)->together)
                shared[n++] = one;
        }
    qsort(shared, n, sizeof *shared, by_identity);
    for (size_t i = 1; i < n; i++)
        if ((*shared[i - 1])->kind == (*shared[i])->kind &&
            strcmp((*shared[i - 1])->identity, (*shared[i])->identity) == 0)
            replace(shared[i], *shared[i - 1]);
    free(shared);
}

/* -- what was counted already -- */

static void take_over(struct ceiling_set *ceilings, const struct ceiling_set *old) {
    for (int kind = 0; kind < CEILING_KINDS; kind++) {
        struct ceiling *one = ceilings->v[kind], *was = old->v[kind];
        if (one && was && strcmp(one->identity, was->identity) == 0)
            replace(&ceilings->v[kind], was);
    }
}

static void take_over_rule(struct egress_rule *rule, const struct egress *old) {
    const struct egress_table *table = rule->host.suffix ? &old->index->suffix : &old->index->exact;
    const struct egress_slot *slot = egress_find(table, rule->host.host);
    for (size_t i = slot->host ? slot->first : NO_RULE; i != NO_RULE; i = old->rules[i].next)
        take_over(&rule->ceilings, &old->rules[i].ceilings);
}

static bool has_any(const struct ceiling_set *ceilings) {
    for (int kind = 0; kind < CEILING_KINDS; kind++)
        if (ceilings->v[kind])
            return true;
    return false;
}

void egress_take_over(struct egress *egress, const struct egress *old) {
    for (size_t i = 0; old && i < egress->rule_count; i++)
        if (has_any(&egress->rules[i].ceilings))
            take_over_rule(&egress->rules[i], old);
    for (size_t i = 0; old && i < egress->credential_count; i++)
        for (size_t k = 0; k < old->credential_count; k++)
            take_over(&egress->credentials[i].ceilings, &old->credentials[k].ceilings);
}
