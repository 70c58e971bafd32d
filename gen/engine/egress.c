/*
 * One rule, not expired, allows a request's host, port, scheme and method, every reading of its
 * path, its query and, where it asks for one, a WebSocket; and none denies it. Nothing else allows
 * anything.
 */
#include "base/calendar.h"
#include "engine/egress_private.h"
#include "engine/query.h"
#include "engine/world.h"

#include <string.h>

int egress_usual_port(bool tls) {
    return tls ? 443 : 80;
}

bool egress_host_is_among(const struct egress_host *hosts, size_t count, const char *host) {
    size_t n = strlen(host);
    for (size_t i = 0; i < count; i++) {
        const struct egress_host *one = &hosts[i];
        size_t length = strlen(one->host);
        if (one->suffix ? n > length && host[n - length - 1] == '.' &&
                              strcmp(host + n - length, one->host) == 0
                        : strcmp(host, one->host) == 0)
            return true;
    }
    return false;
}

bool egress_bound_to(const struct egress_credential *credential, const char *host) {
    return egress_host_is_among(credential->hosts, credential->host_count, host);
}

/* -- which rules a host has -- */

static size_t hash(const char *s) { /* FNV-1a: the keys are the operator's, not the agent's */
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

static struct egress_slot *find(const struct egress_table *table, const char *host) {
    size_t at = hash(host) & (table->size - 1);
    while (table->slots[at].host && strcmp(table->slots[at].host, host) != 0)
        at = (at + 1) & (table->size - 1);
    return &table->slots[at];
}

const struct egress_slot *egress_find(const struct egress_table *table, const char *host) {
    return find(table, host);
}

static void add(struct egress_rule *rules, struct egress_table *table, size_t number) {
    struct egress_slot *slot = find(table, rules[number].host.host);
    if (slot->host)
        rules[slot->last].next = number;
    else
        slot->first = number;
    slot->host = rules[number].host.host;
    slot->last = number;
}

static void make_table(struct arena *arena, struct egress_table *table, size_t count) {
    table->size = 2;
    while (table->size < 2 * count)
        table->size *= 2;
    table->slots = arena_alloc(arena, table->size * sizeof *table->slots);
}

void egress_make_index(struct egress *egress) {
    struct egress_index *index = arena_alloc(egress->arena, sizeof *index);
    make_table(egress->arena, &index->exact, egress->rule_count + 1);
    make_table(egress->arena, &index->suffix, egress->rule_count + 1);
    for (size_t i = 0; i < egress->rule_count; i++) {
        const struct egress_rule *rule = &egress->rules[i];
        add(egress->rules, rule->host.suffix ? &index->suffix : &index->exact, i);
        index->any_addresses = index->any_addresses || rule->address_count;
        index->any_unread = index->any_unread || !rule->methods;
        for (const int *port = rule->ports; rule->methods && *port; port++)
            index->ports[*port / PORT_BITS] |= UINT64_C(1) << *port % PORT_BITS;
    }
    make_table(egress->arena, &index->denied_exact, egress->denied_count + 1);
    make_table(egress->arena, &index->denied_suffix, egress->denied_count + 1);
    for (size_t i = 0; i < egress->denied_count; i++)
        add(egress->denied,
            egress->denied[i].host.suffix ? &index->denied_suffix : &index->denied_exact, i);
    make_table(egress->arena, &index->aged_exact, egress->aged_count + 1);
    make_table(egress->arena, &index->aged_suffix, egress->aged_count + 1);
    for (size_t i = 0; i < egress->aged_count; i++)
        add(egress->aged, egress->aged[i].host.suffix ? &index->aged_suffix : &index->aged_exact,
            i);
    make_table(egress->arena, &index->mcp, egress->mcp_count + 1);
    for (size_t i = 0; i < egress->mcp_count; i++)
        add(egress->mcp, &index->mcp, i);
    egress->index = index;
}

bool egress_speaks_of_port(const struct egress *egress, int port) {
    return egress->index->ports[port / PORT_BITS] >> port % PORT_BITS & 1;
}

/* -- whether one allows it -- */

static bool allows_paths(const char *const *paths, const char *const *readings, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *const *path = paths;
        while (*path && !pattern_matches(*path, readings[i]))
            path++;
        if (!*path)
            return false;
    }
    return true;
}

bool egress_goes_to(const struct egress_credential *credential, const struct target *target) {
    return !credential->paths ||
           allows_paths(credential->paths, target->readings, target->reading_count);
}

bool egress_has_port(const struct egress_rule *rule, int port) {
    const int *one = rule->ports;
    while (*one && *one != port)
        one++;
    return *one != 0;
}

enum egress_scheme egress_scheme_of(const struct egress_question *question) {
    return question->tls ? EGRESS_HTTPS : EGRESS_HTTP;
}

struct search {
    const struct egress *egress;
    const struct egress_question *question;
    struct date today;
    struct arena *arena;
    const char *const *lower; /* the readings, once a rule asks for it, as the query is read */
    struct query *query;
    struct date expired; /* of a rule that did allow it */
    bool of_query;       /* a rule of this host speaks of queries */
    size_t full;         /* of those whose ceiling is reached, the first to open again */
    struct ceiling *reached;
    bool but_for_query; /* one would allow it with another query */
};

static const char *const *readings_for(const struct egress_rule *rule, struct search *search) {
    const struct target *target = search->question->target;
    if (!rule->ignore_case)
        return target->readings;
    if (!search->lower)
        search->lower = egress_lower_readings(search->arena, target);
    return search->lower;
}

static bool allows(const struct egress_rule *rule, struct search *search) {
    const struct egress_question *question = search->question;
    if (!egress_has_port(rule, question->port) || rule->scheme != egress_scheme_of(question) ||
        (question->websocket && !rule->websocket))
        return false;
    const char *const *method = rule->methods;
    while (*method && strcmp(*method, question->method) != 0)
        method++;
    return *method &&
           allows_paths(rule->paths, readings_for(rule, search), question->target->reading_count);
}

static struct query *query_of(struct search *search) {
    if (!search->query)
        search->query = query_read(search->arena, search->egress, search->question);
    return search->query;
}

static bool allows_query(const struct egress_rule *rule, struct search *search) {
    const struct query *query = rule->query_count ? query_of(search) : NULL;
    if (query && query->unsafe)
        return false;
    for (size_t i = 0; query && i < query->n; i++) {
        const struct parameter *one = &query->v[i];
        size_t k = 0;
        while (k < rule->query_count && !url_query_matches(&rule->query[k], one->name.s,
                                                           one->name.n, one->value.s, one->value.n))
            k++;
        if (k == rule->query_count)
            return false;
    }
    return true;
}

/* Where there is, it is taken. */
static bool has_room(struct search *search, size_t number) {
    struct ceiling *full = ceilings_full(&search->egress->rules[number].ceilings, world_now(),
                                         search->question->length, search->question->peeks);
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
        search->of_query = search->of_query || rule->query_count;
        if (!allows(rule, search))
            continue;
        bool holds = !rule->expires.year || calendar_compare(search->today, rule->expires) <= 0;
        if (!allows_query(rule, search))
            search->but_for_query = search->but_for_query || holds;
        else if (!holds)
            search->expired = rule->expires;
        else if (has_room(search, i))
            return i;
    }
    return NO_RULE;
}

/* Those of the name itself, then those of the names that it is below, the longest first. */
static size_t find_rule(struct search *search) {
    const struct egress_index *index = search->egress->index;
    const char *host = search->question->host;
    size_t found = first_of(search, &index->exact, host);
    for (const char *dot = strchr(host, '.'); dot && found == NO_RULE; dot = strchr(dot + 1, '.'))
        found = first_of(search, &index->suffix, dot + 1);
    return found;
}

void egress_each(const struct egress *egress, const struct egress_question *question,
                 struct date today, struct arena *arena, const size_t *rules, size_t n,
                 void (*found)(size_t rule, void *context), void *context) {
    struct search search = {.egress = egress, .question = question, .today = today, .arena = arena};
    if (egress_denies(egress, question, arena))
        return;
    for (size_t i = 0; i < n; i++) {
        const struct egress_rule *rule = &egress->rules[rules[i]];
        bool holds = !rule->expires.year || calendar_compare(today, rule->expires) <= 0;
        if (holds && egress_host_is_among(&rule->host, 1, question->host) && rule->methods &&
            allows(rule, &search) && allows_query(rule, &search))
            found(rules[i], context);
    }
}

/* -- what is said -- */

/* The rule, as it would stand in a spec, that would have allowed this request. */
static json_t *missing_rule(const struct egress_question *question, const struct query *query,
                            struct arena *arena, bool *shortened, bool *wider) {
    json_t *rule = json_object(), *paths = json_array();
    const char **patterns;
    size_t n = target_patterns(arena, question->target, &patterns, shortened);
    json_object_set_new(rule, "host", json_string(question->host));
    if (!question->tls)
        json_object_set_new(rule, "scheme", json_string("http"));
    json_object_set_new(rule, "methods", json_pack("[s]", question->method));
    for (size_t i = 0; i < n; i++)
        json_array_append_new(paths, json_string(patterns[i]));
    json_object_set_new(rule, "paths", paths);
    json_t *items = query ? query_items(query, wider) : NULL;
    if (items)
        json_object_set_new(rule, "query", items);
    if (question->port != egress_usual_port(question->tls))
        json_object_set_new(rule, "ports", json_pack("[i]", question->port));
    if (question->websocket)
        json_object_set_new(rule, "websocket", json_true());
    return rule;
}

const char *egress_words(const struct egress_question *question, struct arena *arena) {
    const char *port = question->port == egress_usual_port(question->tls)
                           ? ""
                           : arena_printf(arena, ":%d", question->port);
    return arena_printf(arena, "%s%s %s%s%.*s", question->websocket ? "a WebSocket at " : "",
                        question->method, question->host, port, (int)question->target->path.n,
                        question->target->path.s);
}

static void refuse(struct search *search, struct egress_answer *answer) {
    struct arena *arena = search->arena;
    struct date expired = search->expired;
    const struct query *query = search->of_query ? query_of(search) : NULL;
    bool shortened = false, wider = false, unsafe = query && query->unsafe;
    const char *end = expired.year
                          ? arena_printf(arena, "; the rule that did expired on %04u-%02u-%02u",
                                         expired.year, expired.month, expired.day)
                          : "";
    if (!unsafe)
        answer->missing = missing_rule(search->question, query, arena, &shortened, &wider);
    answer->wanting = answer->missing && !shortened && !wider;
    answer->reason = arena_printf(
        arena, "no rule allows %s%s%s%s%s%s", egress_words(search->question, arena),
        search->but_for_query ? " with this query" : "", end,
        shortened ? "; the path is longer than a rule's can be, so the one below is wider" : "",
        wider ? "; the query is longer than a rule's can be, so the one below is wider" : "",
        unsafe ? "; servers may read the query in too many ways" : "");
}

static void refuse_for_now(struct search *search, struct egress_answer *answer) {
    const struct egress_rule *rule = &search->egress->rules[search->full];
    answer->rule = search->full;
    answer->owner = rule->owner;
    answer->again = ceiling_opens(search->reached);
    answer->reason = ceiling_reason(search->reached, egress_words(search->question, search->arena),
                                    search->arena);
}

void egress_ask(const struct egress *egress, const struct egress_question *question,
                struct date today, struct arena *arena, struct egress_answer *answer) {
    struct search search = {
        .egress = egress, .question = question, .today = today, .arena = arena, .full = NO_RULE};
    *answer = (struct egress_answer){0};
    const struct egress_rule *denied = egress_denies(egress, question, arena);
    if (denied) {
        answer->denied = true;
        answer->rule = (size_t)(denied - egress->denied);
        answer->owner = denied->owner;
        answer->reason = arena_printf(arena, "a rule denies %s", egress_words(question, arena));
        return;
    }
    size_t found = find_rule(&search);
    answer->allowed = found != NO_RULE;
    if (!answer->allowed) {
        if (search.full == NO_RULE)
            refuse(&search, answer);
        else
            refuse_for_now(&search, answer);
        return;
    }
    answer->rule = found;
    answer->owner = egress->rules[found].owner;
    answer->ceilings = &egress->rules[found].ceilings;
}
