#include "policy/policy_cover.h"
#include "policy/policy_private.h"
#include "spec/path_pattern.h"
#include "spec/url_path.h"

#include <ctype.h>
#include <string.h>

struct policy_cover {
    struct arena *arena;
    const struct spec *spec;
    /* Their paths spelled in one way; of those in whatever case, in lower case. */
    struct policy_index *index, *caseless;
    size_t pairs; /* of paths, that were compared */
    const struct rule *rule, *found;
};

/* More than any honest spec needs: then nothing more is said. */
enum { PAIRS_MAX = 20000000 };

static const char *lower(struct arena *arena, const char *s) {
    char *copy = arena_copy(arena, s);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

static struct text spelled(struct arena *arena, struct text path, bool caseless) {
    const char *readings[URL_PATH_READINGS];
    url_path_readings(arena, path.s, readings);
    return (struct text){caseless ? lower(arena, readings[0]) : readings[0]};
}

static struct policy_index *index_of(struct arena *arena, const struct spec *spec, bool caseless) {
    struct policy_parts all = policy_wholes(arena, &spec->network), some = all;
    some.n = 0;
    for (size_t i = 0; i < all.n; i++) {
        struct policy_part *part = all.v[i];
        const struct text *written_as = part->paths;
        if (part->rule->ignore_case != caseless)
            continue;
        part->paths = arena_alloc(arena, (part->n_paths + 1) * sizeof *part->paths);
        for (size_t k = 0; k < part->n_paths; k++)
            part->paths[k] = spelled(arena, written_as[k], caseless);
        some.v[some.n++] = part;
    }
    return policy_index_make(arena, &some);
}

struct policy_cover *policy_cover_make(struct arena *arena, const struct spec *spec) {
    struct policy_cover *cover = arena_alloc(arena, sizeof *cover);
    *cover = (struct policy_cover){.arena = arena,
                                   .spec = spec,
                                   .index = index_of(arena, spec, false),
                                   .caseless = index_of(arena, spec, true)};
    return cover;
}

/* -- two rules -- */

static bool covers_ports(const int64_t *v, size_t n, const int64_t *other, size_t n_other) {
    for (size_t i = 0; i < n_other; i++)
        if (!policy_has_number(v, n, other[i]))
            return false;
    return true;
}

static bool covers_methods(const struct rule *a, const struct rule *b) {
    for (size_t i = 0; i < b->methods.n; i++)
        if (!policy_has_name(a->methods.v, a->methods.n, b->methods.v[i].s))
            return false;
    return true;
}

static bool covers_range(struct cidr a, struct cidr b) {
    if (a.family != b.family || a.length > b.length)
        return false;
    uint8_t whole = a.length / 8, rest = a.length % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    return memcmp(a.bytes, b.bytes, whole) == 0 &&
           (rest == 0 || (a.bytes[whole] & mask) == (b.bytes[whole] & mask));
}

static bool covers_addresses(const struct rule *a, const struct rule *b) {
    for (size_t i = 0; i < b->addresses.n; i++) {
        bool covered = false;
        for (size_t k = 0; k < a->addresses.n && !covered; k++)
            covered = covers_range(a->addresses.v[k], b->addresses.v[i]);
        if (!covered)
            return false;
    }
    return true;
}

static bool covers_paths(struct policy_cover *cover, const struct rule *a, const struct rule *b) {
    for (size_t i = 0; i < b->paths.n; i++) {
        bool covered = false;
        for (size_t k = 0; k < a->paths.n && !covered; k++, cover->pairs++)
            covered = path_pattern_covers(a->paths.v[k].s, b->paths.v[i].s);
        if (!covered || cover->pairs > PAIRS_MAX)
            return false;
    }
    return true;
}

/* What a rule denies, and how old a package has to be, holds for the others, too; with a ceiling,
 * each lets through as much as it says. */
static bool changes_others(const struct rule *rule) {
    return rule->deny.n || rule->cooldown;
}

static bool does_all_of(struct policy_cover *cover, const struct rule *a, const struct rule *b) {
    return a->scheme == b->scheme && (a->websocket || !b->websocket) &&
           (a->ignore_case || !b->ignore_case) && !changes_others(b) &&
           !ceilings_set(&a->ceilings) && policy_day(a->expires) >= policy_day(b->expires) &&
           host_covers(a->host, b->host) &&
           covers_ports(a->ports.v, a->ports.n, b->ports.v, b->ports.n) && covers_methods(a, b) &&
           covers_addresses(a, b) && policy_covers_query(cover->arena, a, b) &&
           covers_paths(cover, a, b);
}

/* Of two that do the same: a part of the repository's rule that has more, else the one in front. */
static bool stays(const struct rule *a, const struct rule *b) {
    return a->access != b->access ? a->access > b->access : a < b;
}

static bool makes_needless(struct policy_cover *cover, const struct rule *a, const struct rule *b) {
    cover->pairs++;
    return a->at != b->at && does_all_of(cover, a, b) && (stays(a, b) || !does_all_of(cover, b, a));
}

/* -- one and all -- */

static void try_group(struct policy_entry *group, size_t at, void *context) {
    struct policy_cover *cover = context;
    (void)at;
    for (size_t i = 0; i < group->n && !cover->found && cover->pairs <= PAIRS_MAX; i++)
        if (makes_needless(cover, group[i].part->rule, cover->rule))
            cover->found = group[i].part->rule;
}

static void find_both(struct policy_cover *cover, struct host_pattern host, struct text path,
                      policy_found *found, void *context) {
    for (int caseless = 0; caseless < 2; caseless++) {
        struct text one = spelled(cover->arena, path, caseless);
        const struct rule asked = {.host = host, .paths = {&one, 1}};
        policy_find_covering(caseless ? cover->caseless : cover->index, &asked, found, context);
    }
}

const struct rule *policy_cover_find(struct policy_cover *cover, const struct rule *rule) {
    cover->rule = rule;
    cover->found = NULL;
    if (changes_others(rule))
        return NULL;
    if (rule->paths.n) /* what covers all of its paths covers the first */
        find_both(cover, rule->host, rule->paths.v[0], try_group, cover);
    for (size_t i = 0; !rule->paths.n && !cover->found && i < cover->spec->network.rules.n; i++)
        if (makes_needless(cover, &cover->spec->network.rules.v[i], rule))
            cover->found = &cover->spec->network.rules.v[i];
    return cover->found;
}

struct telling {
    void (*found)(const struct rule *rule, void *context);
    void *context;
};

static void tell_group(struct policy_entry *group, size_t at, void *context) {
    const struct telling *telling = context;
    (void)at;
    for (size_t i = 0; i < group->n; i++)
        telling->found(group[i].part->rule, telling->context);
}

void policy_cover_each(struct policy_cover *cover, const char *host, const char *path,
                       void (*found)(const struct rule *rule, void *context), void *context) {
    struct telling telling = {found, context};
    struct arena *arena = arena_new(), *own = cover->arena;
    cover->arena = arena;
    find_both(cover, (struct host_pattern){{host}, false}, (struct text){path}, tell_group,
              &telling);
    cover->arena = own;
    arena_free(arena);
}

const struct text *policy_cover_path(struct policy_cover *cover, const struct rule *rule,
                                     size_t path) {
    const char *asked = rule->paths.v[path].s;
    for (size_t i = 0; i < rule->paths.n && cover->pairs <= PAIRS_MAX; i++, cover->pairs++) {
        const char *other = rule->paths.v[i].s;
        if (i != path && path_pattern_covers(other, asked) &&
            (i < path || !path_pattern_covers(asked, other)))
            return &rule->paths.v[i];
    }
    return NULL;
}

static bool does_all_of_range(const struct cidr_rule *a, const struct cidr_rule *b) {
    return a->protocol == b->protocol && policy_day(a->expires) >= policy_day(b->expires) &&
           covers_range(a->cidr, b->cidr) &&
           covers_ports(a->ports.v, a->ports.n, b->ports.v, b->ports.n);
}

const struct cidr_rule *policy_cover_cidr(const struct spec *spec, const struct cidr_rule *rule) {
    for (size_t i = 0; i < spec->network.cidrs.n; i++) {
        const struct cidr_rule *other = &spec->network.cidrs.v[i];
        if (other != rule && does_all_of_range(other, rule) &&
            (other < rule || !does_all_of_range(rule, other)))
            return other;
    }
    return NULL;
}
