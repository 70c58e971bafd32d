/*
 * What is refused whichever rule allows it: modules/proxy/policy.py's Denied, in C. One reading of
 * the path is enough; and what some servers take for the same path is the same here: other letters
 * of ASCII in capitals, a slash at the end or none.
 */
#include "engine/egress_private.h"

#include <string.h>

const char *const *egress_lower_readings(struct arena *arena, const struct target *target) {
    const char **lower = arena_alloc(arena, (target->reading_count + 1) * sizeof *lower);
    for (size_t i = 0; i < target->reading_count; i++)
        lower[i] = egress_lower(arena, target->readings[i]);
    return lower;
}

/* A reading in lower case, and the same with a slash at its end, or without. */
struct spelling {
    const char *as_it_is, *other;
};

static struct spelling spelling_of(struct arena *arena, const char *reading) {
    size_t n = strlen(reading);
    char *lower = arena_alloc(arena, n + 1), *other;
    for (size_t i = 0; i < n; i++)
        lower[i] = bytes_lower(reading[i]);
    if (n > 1 && lower[n - 1] == '/')
        other = arena_copy_n(arena, lower, n - 1);
    else
        other = arena_printf(arena, "%s/", lower);
    return (struct spelling){lower, other};
}

static bool matches(const char *const *paths, const struct spelling *spellings, size_t n) {
    for (const char *const *path = paths; *path; path++)
        for (size_t i = 0; i < n; i++)
            if (pattern_matches(*path, spellings[i].as_it_is) ||
                pattern_matches(*path, spellings[i].other))
                return true;
    return false;
}

bool egress_is_at(const char *const *paths, const struct egress_question *question,
                  struct arena *arena) {
    struct spelling spellings[PATH_READINGS];
    size_t n = question->target->reading_count;
    for (size_t i = 0; i < n; i++)
        spellings[i] = spelling_of(arena, question->target->readings[i]);
    return matches(paths, spellings, n);
}

static const struct egress_rule *first_of(const struct egress *egress,
                                          const struct egress_table *table, const char *host,
                                          const struct egress_question *question,
                                          struct arena *arena) {
    struct spelling spellings[PATH_READINGS];
    size_t n = 0;
    const struct egress_slot *slot = egress_find(table, host);
    for (size_t i = slot->host ? slot->first : NO_RULE; i != NO_RULE; i = egress->denied[i].next) {
        const struct egress_rule *denied = &egress->denied[i];
        if (denied->scheme != egress_scheme_of(question) ||
            !egress_has_port(denied, question->port))
            continue;
        for (; n < question->target->reading_count; n++)
            spellings[n] = spelling_of(arena, question->target->readings[n]);
        if (matches(denied->paths, spellings, n))
            return denied;
    }
    return NULL;
}

const struct egress_rule *egress_denies(const struct egress *egress,
                                        const struct egress_question *question,
                                        struct arena *arena) {
    if (!egress->denied_count)
        return NULL;
    const struct egress_rule *found =
        first_of(egress, &egress->index->denied_exact, question->host, question, arena);
    for (const char *dot = strchr(question->host, '.'); dot && !found; dot = strchr(dot + 1, '.'))
        found = first_of(egress, &egress->index->denied_suffix, dot + 1, question, arena);
    return found;
}
