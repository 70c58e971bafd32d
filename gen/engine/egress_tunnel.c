/* A connection of which nothing is read: which rule allows it, by name and port. */
#include "base/calendar.h"
#include "engine/egress_private.h"

#include <string.h>

const char *egress_scheme_word(enum egress_scheme scheme) {
    static const char *const words[] = {"https", "http", "tcp", "tls"};
    return words[scheme];
}

/* The number of the first of these that allows it, or NO_RULE; *expired: of one that did. */
static size_t first_of(const struct egress *egress, const struct egress_table *table,
                       const char *host, int port, struct date today, size_t *expired) {
    const struct egress_slot *slot = egress_find(table, host);
    for (size_t i = slot->host ? slot->first : NO_RULE; i != NO_RULE; i = egress->rules[i].next) {
        const struct egress_rule *rule = &egress->rules[i];
        if (rule->methods || !egress_has_port(rule, port))
            continue;
        if (!rule->expires.year || calendar_compare(today, rule->expires) <= 0)
            return i;
        *expired = i;
    }
    return NO_RULE;
}

static size_t find_rule(const struct egress *egress, const char *host, int port, struct date today,
                        size_t *expired) {
    size_t found = first_of(egress, &egress->index->exact, host, port, today, expired);
    for (const char *dot = strchr(host, '.'); dot && found == NO_RULE; dot = strchr(dot + 1, '.'))
        found = first_of(egress, &egress->index->suffix, dot + 1, port, today, expired);
    return found;
}

static json_t *missing_rule(const char *host, int port, enum egress_scheme scheme) {
    json_t *rule = json_pack("{s:s, s:s}", "host", host, "scheme", egress_scheme_word(scheme));
    if (scheme != EGRESS_TLS || port != egress_usual_port(true))
        json_object_set_new(rule, "ports", json_pack("[i]", port));
    return rule;
}

void egress_ask_tunnel(const struct egress *egress, const char *host, int port, struct date today,
                       struct arena *arena, struct egress_tunnel *tunnel) {
    size_t expired = NO_RULE, found = find_rule(egress, host, port, today, &expired);
    size_t named = found == NO_RULE ? expired : found;
    *tunnel = (struct egress_tunnel){.scheme = EGRESS_TCP, .named = named != NO_RULE};
    if (tunnel->named)
        tunnel->scheme = egress->rules[named].scheme;
    if (found != NO_RULE) {
        tunnel->answer = (struct egress_answer){
            .allowed = true, .rule = found, .owner = egress->rules[found].owner};
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
