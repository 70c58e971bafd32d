/* Checks of rules whose bytes nobody reads: tcp and tls. */
#include "read/check.h"
#include "spec/schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* -- what they may say -- */

static void check_scheme(struct reading *reading, const struct rule *rule) {
    static const char *const of_http[] = {"methods",  "paths",  "websocket", "deny", "query",
                                          "requests", "tokens", "cooldown",  "index"};
    const char *word = scheme_word(rule->scheme);
    for (size_t i = 0; i < sizeof of_http / sizeof *of_http; i++)
        if (is_written(rule->at, of_http[i]))
            complain(reading, at_key(rule->at, of_http[i]),
                     "nothing of HTTP is read where \"scheme\" is \"%s\": leave \"%s\" out", word,
                     of_http[i]);
    bool unreadable = is_written(rule->at, "ports") && diagnostics_count(reading->diagnostics);
    if (rule->scheme == SCHEME_TCP && rule->ports.n == 0 && !unreadable)
        complain(reading, at_value(rule->at, "scheme"),
                 "\"tcp\" has no usual port: name those that are meant in \"ports\"");
}

void check_schemes(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.rules.n; i++)
        if (!scheme_is_read(spec->network.rules.v[i].scheme))
            check_scheme(reading, &spec->network.rules.v[i]);
}

/* -- one port, two readings -- */

/* Of two host patterns that meet, one covers the other. So each is looked for among those that
 * cover it: of its own name, and the suffixes above. */
struct place {
    struct host_pattern host;
    int64_t port;
    enum scheme scheme;
    const struct rule *rule;
};

static int by_place(const void *x, const void *y) {
    const struct place *a = x, *b = y;
    int order = strcmp(a->host.name.s, b->host.name.s);
    if (!order)
        order = a->host.suffix - b->host.suffix;
    if (!order)
        order = (a->port > b->port) - (a->port < b->port);
    return order ? order : (a->scheme > b->scheme) - (a->scheme < b->scheme);
}

struct places {
    struct place *v;
    size_t n;
};

static struct places all_places(struct arena *arena, const struct network *network) {
    struct places places = {0};
    size_t n = 0;
    for (size_t i = 0; i < network->rules.n; i++)
        n += network->rules.v[i].ports.n;
    places.v = arena_alloc(arena, (n + 1) * sizeof *places.v);
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        for (size_t k = 0; k < rule->ports.n; k++)
            places.v[places.n++] = (struct place){rule->host, rule->ports.v[k], rule->scheme, rule};
    }
    qsort(places.v, places.n, sizeof *places.v, by_place);
    return places;
}

static bool clash(enum scheme a, enum scheme b) {
    return a != b && !(scheme_is_read(a) && scheme_is_read(b));
}

static void complain_of(struct reading *reading, const struct place *unread,
                        const struct place *other) {
    complain(reading, at_value(unread->rule->at, "scheme"),
             "the rule for \"%s%s\" has port %" PRId64 " as \"%s\": one port of a host is read, or "
             "passed on unread, in one way",
             other->host.suffix ? "*." : "", other->host.name.s, unread->port,
             scheme_word(other->scheme));
}

/* False: there is none of that pattern. */
static bool find_clash(struct reading *reading, const struct places *places,
                       const struct place *place, struct host_pattern host) {
    static const enum scheme schemes[] = {SCHEME_HTTPS, SCHEME_HTTP, SCHEME_TCP, SCHEME_TLS};
    struct place wanted = *place;
    wanted.host = host;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        wanted.scheme = schemes[i];
        const struct place *other =
            clash(place->scheme, wanted.scheme)
                ? bsearch(&wanted, places->v, places->n, sizeof *places->v, by_place)
                : NULL;
        if (!other)
            continue;
        if (scheme_is_read(place->scheme))
            complain_of(reading, other, place);
        else
            complain_of(reading, place, other);
        return true;
    }
    return false;
}

static bool same_pattern(const struct place *a, const struct place *b) {
    return by_place(&(struct place){a->host, 0, SCHEME_HTTPS, NULL},
                    &(struct place){b->host, 0, SCHEME_HTTPS, NULL}) == 0 &&
           a->port == b->port;
}

static void check_place(struct reading *reading, const struct places *places, size_t i) {
    const struct place *place = &places->v[i];
    /* Once for each pattern and port, whatever the number of its rules. */
    bool first = i == 0 || !same_pattern(place, &places->v[i - 1]);
    if (first && find_clash(reading, places, place, place->host))
        return;
    if (i > 0 && by_place(place, &places->v[i - 1]) == 0)
        return;
    for (const char *dot = strchr(place->host.name.s, '.'); dot; dot = strchr(dot + 1, '.'))
        if (find_clash(reading, places, place, (struct host_pattern){{dot + 1}, true}))
            return;
}

void check_unread_ports(struct reading *reading, const struct spec *spec) {
    const struct network *network = &spec->network;
    bool any = false;
    for (size_t i = 0; i < network->rules.n && !any; i++)
        any = !scheme_is_read(network->rules.v[i].scheme);
    if (!any)
        return;
    struct places places = all_places(reading->arena, network);
    for (size_t i = 0; i < places.n; i++)
        check_place(reading, &places, i);
}
