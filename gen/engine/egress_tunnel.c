/* A connection of which nothing is read: which rule allows it, by name and port. */
#include "base/calendar.h"
#include "engine/egress_private.h"
#include "engine/world.h"

#include <string.h>

const char *egress_scheme_word(enum egress_scheme scheme) {
    static const char *const words[] = {"https", "http", "tcp", "tls"};
    return words[scheme];
}

struct search {
    const struct egress *egress;
    int port;
    struct date today;
    size_t expired, full; /* of one that did allow it, and of the first that has no room to open */
    struct ceiling *reached;
};

static bool has_room(struct search *search, size_t number) {
    struct ceiling *full =
        ceilings_full(&search->egress->rules[number].ceilings, world_now(), 0, false);
    if (full && (!search->reached || ceiling_opens(full) < ceiling_opens(search->reached))) {
        search->full = number;
        search->reached = full;
    }
    return !full;
}

/* The number of the first of these that allows it, or NO_RULE. */
static size_t first_of(struct search *search, const struct egress_table *table, const char *host) {
    const struct egress_rule *rules = search->egress->rules;
    const struct egress_slot *slot = egress_find(table, host);
    for (size_t i = slot->host ? slot->first : NO_RULE; i != NO_RULE; i = rules[i].next) {
        const struct egress_rule *rule = &rules[i];
        if (rule->methods || !egress_has_port(rule, search->port))
            continue;
        if (rule->expires.year && calendar_compare(search->today, rule->expires) > 0)
            search->expired = i;
        else if (has_room(search, i))
            return i;
    }
    return NO_RULE;
}

static size_t find_rule(struct search *search, const char *host) {
    const struct egress_index *index = search->egress->index;
    if (!index->any_unread)
        return NO_RULE;
    size_t found = first_of(search, &index->exact, host);
    for (const char *dot = strchr(host, '.'); dot && found == NO_RULE; dot = strchr(dot + 1, '.'))
        found = first_of(search, &index->suffix, dot + 1);
    return found == NO_RULE ? search->full : found;
}

static json_t *missing_rule(const char *host, int port, enum egress_scheme scheme) {
    json_t *rule = json_pack("{s:s, s:s}", "host", host, "scheme", egress_scheme_word(scheme));
    if (scheme != EGRESS_TLS || port != egress_usual_port(true))
        json_object_set_new(rule, "ports", json_pack("[i]", port));
    return rule;
}

void egress_ask_tunnel(const struct egress *egress, const char *host, int port, struct date today,
                       struct arena *arena, struct egress_tunnel *tunnel) {
    struct search search = {egress, port, today, NO_RULE, NO_RULE, NULL};
    size_t found = find_rule(&search, host), named = found == NO_RULE ? search.expired : found;
    *tunnel = (struct egress_tunnel){.scheme = EGRESS_TCP, .named = named != NO_RULE};
    if (tunnel->named)
        tunnel->scheme = egress->rules[named].scheme;
    if (found != NO_RULE) {
        tunnel->answer = (struct egress_answer){.allowed = true,
                                                .rule = found,
                                                .owner = egress->rules[found].owner,
                                                .ceilings = &egress->rules[found].ceilings};
        if (found != search.full)
            return;
        tunnel->answer.again = ceiling_opens(search.reached);
        tunnel->answer.reason =
            ceiling_reason(search.reached, arena_printf(arena, "CONNECT %s:%d", host, port), arena);
        return;
    }
    struct date day = tunnel->named ? egress->rules[named].expires : (struct date){0};
    tunnel->answer.missing = missing_rule(host, port, tunnel->scheme);
    tunnel->answer.reason = arena_printf(
        arena, "no rule allows CONNECT %s:%d%s", host, port,
        tunnel->named ? arena_printf(arena, "; the rule that did expired on %04u-%02u-%02u",
                                     day.year, day.month, day.day)
                      : "");
}
