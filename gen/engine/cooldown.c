#include "engine/cooldown.h"
#include "engine/cooldown_private.h"

#include <string.h>

static const char *conditions[] = {
    "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "range", "if-range",
    "accept",        "accept-encoding",   NULL};

const char *package_url(struct arena *arena, const struct package_place *index) {
    const char *port = index->port == 443 ? "" : arena_printf(arena, ":%d", index->port);
    return arena_printf(arena, "https://%s%s%s", index->host, port, index->path);
}

const char *package_page(struct arena *arena, const struct package_place *index, const char *name) {
    const char *slash = strchr(name, '/');
    if (index->kind == PACKAGES_OF_PYPI)
        return arena_printf(arena, "%s/%s/", index->path, name);
    if (!slash)
        return arena_printf(arena, "%s/%s", index->path, name);
    return arena_printf(arena, "%s/%.*s%%2f%s", index->path, (int)(slash - name), name, slash + 1);
}

/* -- which one counts -- */

static bool is_under(const struct egress_rule *rule, const struct egress_question *question) {
    if (!egress_has_port(rule, question->port))
        return false;
    for (const char *const *path = rule->paths; *path; path++)
        for (size_t i = 0; i < question->target->reading_count; i++)
            if (pattern_matches(*path, question->target->readings[i]))
                return true;
    return false;
}

static bool same_index(const struct package_place *a, const struct package_place *b) {
    return a->kind == b->kind && a->port == b->port && strcmp(a->host, b->host) == 0 &&
           strcmp(a->path, b->path) == 0;
}

struct finding {
    const struct egress_rule *longest;
    bool several; /* indexes */
};

static void look(const struct egress *egress, const struct egress_table *table, const char *host,
                 const struct egress_question *question, struct finding *finding) {
    const struct egress_slot *slot = egress_find(table, host);
    for (size_t i = slot->host ? slot->first : NO_RULE; i != NO_RULE; i = egress->aged[i].next) {
        const struct egress_rule *rule = &egress->aged[i];
        if (!is_under(rule, question))
            continue;
        if (finding->longest && !same_index(&rule->index, &finding->longest->index))
            finding->several = true;
        if (!finding->longest || rule->seconds > finding->longest->seconds)
            finding->longest = rule;
    }
}

static struct finding find(const struct egress *egress, const struct egress_question *question) {
    struct finding finding = {0};
    const char *host = question->host;
    look(egress, &egress->index->aged_exact, host, question, &finding);
    for (const char *dot = strchr(host, '.'); dot; dot = strchr(dot + 1, '.'))
        look(egress, &egress->index->aged_suffix, dot + 1, question, &finding);
    return finding;
}

/* -- what is asked for -- */

static const char *age_words(struct arena *arena, int64_t seconds) {
    long long count = seconds % 86400 ? seconds / 3600 : seconds / 86400;
    return arena_printf(arena, "%lld %s%s", count, seconds % 86400 ? "hour" : "day",
                        count == 1 ? "" : "s");
}

static bool takes_json(const struct fields *fields) {
    const struct field *accept;
    for (size_t at = 0; (accept = fields_next(fields, "accept", &at));)
        for (size_t i = 0; i + 4 <= accept->value.n; i++)
            if (memcmp(accept->value.s + i, "json", 4) == 0)
                return true;
    return false;
}

const char *cooldown_ask(const struct egress *egress, const struct egress_question *question,
                         const struct fields *fields, const char *what, struct arena *arena,
                         struct aged **aged, const char **owner) {
    *aged = NULL;
    if (!egress->aged_count || !question->tls ||
        (strcmp(question->method, "GET") != 0 && strcmp(question->method, "HEAD") != 0))
        return NULL;
    struct finding finding = find(egress, question);
    const struct egress_rule *rule = finding.longest;
    if (finding.several)
        return arena_printf(arena, "rules say different indexes of packages for %s", what);
    if (!rule)
        return NULL;
    struct aged made = {
        .index = {rule->index.kind, arena_copy(arena, rule->index.host), rule->index.port,
                  arena_copy(arena, rule->index.path)},
        .seconds = rule->seconds,
        .as_html = !takes_json(fields),
        .rule = arena_printf(arena, "the rule for %s%s lets packages through that are %s old",
                             rule->host.suffix ? "*." : "", rule->host.host,
                             age_words(arena, rule->seconds)),
        .what = what,
        .owner = rule->owner ? arena_copy(arena, rule->owner) : NULL};
    *owner = made.owner;
    const char *path = package_reading(arena, question->target);
    if (!path)
        return arena_printf(arena, "%s, and servers may read the path of %s in several ways",
                            made.rule, what);
    if (package_place_of(arena, &made, question->host, question->port, path)) {
        *aged = arena_alloc(arena, sizeof **aged);
        **aged = made;
    }
    return NULL;
}

struct bytes cooldown_target(struct arena *arena, const struct aged *aged, struct bytes query) {
    const char *page = package_page(arena, &aged->index, aged->name);
    if (!query.s)
        return bytes_of(page);
    return bytes_of(arena_printf(arena, "%s?%.*s", page, (int)query.n, query.s));
}

void cooldown_fields(struct arena *arena, const struct aged *aged, struct fields *fields) {
    for (const char **name = conditions; *name; name++)
        fields_drop(fields, *name);
    fields_add(arena, fields, BYTES("Accept"),
               aged->index.kind == PACKAGES_OF_NPM ? BYTES("application/json")
                                                   : BYTES("application/vnd.pypi.simple.v1+json"));
    fields_add(arena, fields, BYTES("Accept-Encoding"), BYTES("identity"));
}
