/* Ceilings of rules: modules/proxy/ceiling.py, in C. Windows begin with the minutes, hours and days
 * of UTC. */
#include "base/calendar.h"
#include "base/die.h"
#include "engine/egress_private.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 999999999 };

bool ceiling_takes(struct ceiling *ceiling, int64_t now) {
    int64_t window = now / ceiling->seconds;
    if (window != ceiling->window) {
        ceiling->window = window;
        ceiling->used = 0;
    }
    if (ceiling->used >= ceiling->count)
        return false;
    ceiling->used++;
    return true;
}

int64_t ceiling_opens(const struct ceiling *ceiling) {
    return (ceiling->window + 1) * ceiling->seconds;
}

const char *ceiling_words(const struct ceiling *ceiling, struct arena *arena) {
    const char *each = ceiling->seconds == 1      ? "a second"
                       : ceiling->seconds == 60   ? "a minute"
                       : ceiling->seconds == 3600 ? "an hour"
                                                  : "a day";
    return arena_printf(arena, "%lld request%s %s", (long long)ceiling->count,
                        ceiling->count == 1 ? "" : "s", each);
}

void egress_read_ceiling(struct egress_reading *r, const json_t *item, const char *where,
                         struct egress_rule *rule) {
    const json_t *requests = json_object_get(item, "requests");
    where = egress_inside(r, where, "requests");
    if (!requests || !egress_object(r, requests, where, "count seconds|together"))
        return;
    const json_t *count = json_object_get(requests, "count"),
                 *seconds = json_object_get(requests, "seconds");
    json_int_t length = json_integer_value(seconds);
    if (!json_is_integer(count) || json_integer_value(count) < 1 ||
        json_integer_value(count) > MOST)
        egress_wrong(r, egress_inside(r, where, "count"), "a number, 1 to 999999999");
    if (!json_is_integer(seconds) ||
        (length != 1 && length != 60 && length != 3600 && length != 86400))
        egress_wrong(r, egress_inside(r, where, "seconds"), "1, 60, 3600 or 86400");
    char *text = json_dumps(item, JSON_SORT_KEYS);
    rule->requests = arena_alloc(r->arena, sizeof *rule->requests);
    *rule->requests = (struct ceiling){.count = json_integer_value(count),
                                       .seconds = length,
                                       .window = -1,
                                       .together = egress_optional(r, requests, "together", where),
                                       .rule = arena_copy(r->arena, text)};
    free(text);
}

static int by_together(const void *x, const void *y) {
    const struct egress_rule *a = *(struct egress_rule *const *)x,
                             *b = *(struct egress_rule *const *)y;
    const struct ceiling *m = a->requests, *n = b->requests;
    int order = strcmp(m->together, n->together);
    if (!order)
        order = (m->seconds > n->seconds) - (m->seconds < n->seconds);
    if (!order)
        order = (m->count > n->count) - (m->count < n->count);
    return order ? order : (a > b) - (a < b);
}

static bool counts_with(const struct ceiling *a, const struct ceiling *b) {
    return a->count == b->count && a->seconds == b->seconds &&
           strcmp(a->together, b->together) == 0;
}

void egress_join_ceilings(struct egress *egress) {
    struct egress_rule **rules = must_alloc((egress->rule_count + 1) * sizeof *rules);
    size_t n = 0;
    for (size_t i = 0; i < egress->rule_count; i++)
        if (egress->rules[i].requests && egress->rules[i].requests->together)
            rules[n++] = &egress->rules[i];
    qsort(rules, n, sizeof *rules, by_together);
    for (size_t i = 1; i < n; i++)
        if (counts_with(rules[i - 1]->requests, rules[i]->requests))
            rules[i]->requests = rules[i - 1]->requests;
    free(rules);
}

static void take_over(struct ceiling *ceiling, const struct egress_host *host,
                      const struct egress *old) {
    const struct egress_table *table = host->suffix ? &old->index->suffix : &old->index->exact;
    const struct egress_slot *slot = egress_find(table, host->host);
    for (size_t i = slot->host ? slot->first : NO_RULE; i != NO_RULE; i = old->rules[i].next) {
        const struct ceiling *was = old->rules[i].requests;
        if (was && strcmp(was->rule, ceiling->rule) == 0) {
            ceiling->window = was->window;
            ceiling->used = was->used;
        }
    }
}

void egress_take_over(struct egress *egress, const struct egress *old) {
    for (size_t i = 0; old && i < egress->rule_count; i++)
        if (egress->rules[i].requests)
            take_over(egress->rules[i].requests, &egress->rules[i].host, old);
}
