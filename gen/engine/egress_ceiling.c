/* Ceilings of rules: modules/proxy/ceiling.py, in C. Windows begin with the minutes, hours and days
 * of UTC. */
#include "base/calendar.h"
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
    if (!requests || !egress_object(r, requests, where, "count seconds|"))
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
                                       .rule = arena_copy(r->arena, text)};
    free(text);
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
