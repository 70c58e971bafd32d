/* never-matches and denies-nothing: what of the rules does nothing, as others say so. */
#include "lint/hosts.h"
#include "lint/lint_private.h"
#include "spec/path_pattern.h"
#include "spec/url_path.h"

#include <ctype.h>
#include <string.h>

/* Pairs of paths that are compared; more than any honest spec has. */
enum { PAIRS_MAX = 2000000 };

/* A pattern as servers may read it, in lower case: in whatever case it is denied. */
struct readings {
    const char **v;
    size_t n;
};

struct lint_denied {
    struct arena *arena;
    const struct rule *rules; /* all of them */
    size_t n;
    struct readings **paths, **denies; /* of each rule, by its number */
    size_t by_count;                   /* of those that deny something */
    struct hosts *by, *all;            /* these, and all */
    bool *only;                        /* of each rule: it lets nothing through */
    size_t pairs;                      /* that were compared */
};

static const char *lower(struct arena *arena, const char *s) {
    char *copy = arena_copy(arena, s);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

static struct readings *readings_of(struct arena *arena, const struct text *v, size_t n) {
    struct readings *all = arena_alloc(arena, (n + 1) * sizeof *all);
    const char *readings[URL_PATH_READINGS];
    for (size_t i = 0; i < n; i++) {
        all[i].n = url_path_readings(arena, v[i].s, readings);
        all[i].v = arena_alloc(arena, all[i].n * sizeof *all[i].v);
        for (size_t k = 0; k < all[i].n; k++)
            all[i].v[k] = lower(arena, readings[k]);
    }
    return all;
}

static bool has_port(const struct rule *rule, int64_t port) {
    for (size_t i = 0; i < rule->ports.n; i++)
        if (rule->ports.v[i] == port)
            return true;
    return false;
}

static bool has_all_ports(const struct rule *rule, const struct rule *other) {
    for (size_t i = 0; i < other->ports.n; i++)
        if (!has_port(rule, other->ports.v[i]))
            return false;
    return true;
}

static bool share_a_port(const struct rule *a, const struct rule *b) {
    for (size_t i = 0; i < a->ports.n; i++)
        if (has_port(b, a->ports.v[i]))
            return true;
    return false;
}

static bool denies_path(struct lint_denied *denied, size_t by, const struct readings *path) {
    for (size_t i = 0; i < denied->rules[by].deny.n && ++denied->pairs < PAIRS_MAX; i++)
        if (path_pattern_covers(denied->denies[by][i].v[0], path->v[0]))
            return true;
    return false;
}

static bool only_denies(struct lint_denied *denied, size_t rule) {
    for (size_t i = 0; i < denied->rules[rule].paths.n; i++)
        if (!denies_path(denied, rule, &denied->paths[rule][i]))
            return false;
    return denied->rules[rule].paths.n > 0;
}

struct lint_denied *lint_denied_make(const struct linting *lint) {
    struct lint_denied *denied = arena_alloc(lint->arena, sizeof *denied);
    size_t n = lint->spec->network.rules.n;
    *denied =
        (struct lint_denied){.arena = lint->arena, .rules = lint->spec->network.rules.v, .n = n};
    size_t *numbers = arena_alloc(lint->arena, (n + 1) * sizeof *numbers);
    for (size_t i = 0; i < n; i++)
        if (denied->rules[i].deny.n)
            numbers[denied->by_count++] = i;
    if (!denied->by_count)
        return denied;
    denied->by = hosts_make(lint->arena, denied->rules, numbers, denied->by_count);
    for (size_t i = 0; i < n; i++)
        numbers[i] = i;
    denied->all = hosts_make(lint->arena, denied->rules, numbers, n);
    denied->only = arena_alloc(lint->arena, n * sizeof *denied->only);
    denied->paths = arena_alloc(lint->arena, n * sizeof *denied->paths);
    denied->denies = arena_alloc(lint->arena, n * sizeof *denied->denies);
    for (size_t i = 0; i < n; i++) {
        const struct rule *rule = &denied->rules[i];
        denied->paths[i] = readings_of(lint->arena, rule->paths.v, rule->paths.n);
        denied->denies[i] = readings_of(lint->arena, rule->deny.v, rule->deny.n);
        denied->only[i] = rule->deny.n && only_denies(denied, i);
    }
    return denied;
}

bool lint_only_denies(const struct lint_denied *denied, const struct rule *rule) {
    return denied->only && denied->only[rule - denied->rules];
}

struct asked {
    struct lint_denied *denied;
    const struct rule *rule; /* whose hosts and ports */
    const struct readings *path;
    const struct rule *by; /* what was found */
};

static bool is_denied_by(size_t number, void *context) {
    struct asked *asked = context;
    const struct rule *by = &asked->denied->rules[number];
    if (by->scheme == asked->rule->scheme && host_covers(by->host, asked->rule->host) &&
        has_all_ports(by, asked->rule) && denies_path(asked->denied, number, asked->path))
        asked->by = by;
    return asked->by;
}

static const struct rule *denied_by(struct lint_denied *denied, const struct rule *rule,
                                    const struct readings *path) {
    struct asked asked = {denied, rule, path, NULL};
    hosts_each(denied->by, rule->host, is_denied_by, &asked);
    return asked.by;
}

const struct rule *lint_denied_by(struct lint_denied *denied, const struct rule *rule,
                                  size_t path) {
    if (!denied->by_count)
        return NULL;
    return denied_by(denied, rule, &denied->paths[rule - denied->rules][path]);
}

bool lint_is_denied(struct lint_denied *denied, const struct rule *rule, struct text path) {
    return denied->by_count && denied_by(denied, rule, readings_of(denied->arena, &path, 1));
}

/* -- never-matches -- */

static const char *words_of(const struct linting *lint, const struct rule *rule,
                            const struct rule *by) {
    if (rule->at == by->at)
        return "the rule itself denies";
    return arena_printf(lint->arena, "the rule at %s denies", lint_place(lint, by->at));
}

static void tell_denied(struct linting *lint, const struct rule *rule, size_t path,
                        const struct rule *by) {
    lint_find(lint, FINDING_NEVER_MATCHES, lint_rule_name(lint, rule),
              at_item(rule->at, "paths", rule->paths.v[path].s),
              arena_printf(lint->arena, "%s all that \"%s\" would let through",
                           words_of(lint, rule, by), rule->paths.v[path].s),
              "Take the path out, or what denies it");
}

static void never_matches(struct linting *lint, struct lint_denied *denied,
                          const struct rule *rule) {
    const struct rule *first = NULL;
    size_t n = 0;
    if (rule->github.s || !rule->paths.n || lint_only_denies(denied, rule))
        return;
    const struct rule **by = arena_alloc(lint->arena, rule->paths.n * sizeof *by);
    for (size_t i = 0; i < rule->paths.n; i++) {
        by[i] = lint_denied_by(denied, rule, i);
        first = first ? first : by[i];
        n += by[i] != NULL;
    }
    if (n && n == rule->paths.n)
        lint_find(lint, FINDING_NEVER_MATCHES, lint_rule_name(lint, rule), at_object(rule->at),
                  arena_printf(lint->arena, "%s all that it would let through",
                               words_of(lint, rule, first)),
                  "Take the rule out, or what denies it");
    for (size_t i = 0; n < rule->paths.n && i < rule->paths.n; i++)
        if (by[i])
            tell_denied(lint, rule, i, by[i]);
}

/* RFC 6455, section 4.1: it begins with a GET; RFC 8441's is decided as one. */
static void never_upgrades(struct linting *lint, const struct rule *rule) {
    bool get = false;
    for (size_t i = 0; i < rule->methods.n; i++)
        get = get || strcmp(rule->methods.v[i].s, "GET") == 0;
    if (rule->websocket && !get)
        lint_find(lint, FINDING_NEVER_MATCHES, lint_rule_name(lint, rule),
                  at_key(rule->at, "websocket"),
                  "a WebSocket begins with GET, which is not among the rule's methods",
                  "Add GET to its methods, or take websocket out");
}

/* -- denies-nothing -- */

/* Also what differs from it by a slash at its end is denied. */
static bool meets(struct lint_denied *denied, const struct readings *deny,
                  const struct readings *path) {
    for (size_t i = 0; i < deny->n; i++) {
        const char *one = deny->v[i];
        size_t n = strlen(one);
        const char *other = n > 1 && one[n - 1] == '/' ? arena_copy_n(denied->arena, one, n - 1)
                                                       : arena_printf(denied->arena, "%s/", one);
        for (size_t k = 0; k < path->n; k++) {
            denied->pairs++;
            if (path_patterns_meet(one, path->v[k]) || path_patterns_meet(other, path->v[k]))
                return true;
        }
    }
    return false;
}

struct taking {
    struct lint_denied *denied;
    const struct rule *by;
    const struct readings *deny;
};

static bool takes_of(size_t number, void *context) {
    const struct taking *taking = context;
    struct lint_denied *denied = taking->denied;
    const struct rule *rule = &denied->rules[number];
    if (rule->scheme != taking->by->scheme || !share_a_port(rule, taking->by) ||
        denied->only[number])
        return false;
    for (size_t k = 0; k < rule->paths.n; k++)
        if (denied->pairs >= PAIRS_MAX || meets(denied, taking->deny, &denied->paths[number][k]))
            return true;
    return false;
}

static bool takes_away(struct lint_denied *denied, const struct rule *by, size_t item) {
    struct taking taking = {denied, by, &denied->denies[by - denied->rules][item]};
    return hosts_each(denied->all, by->host, takes_of, &taking);
}

static void denies_nothing(struct linting *lint, struct lint_denied *denied,
                           const struct rule *rule) {
    for (size_t i = 0; i < rule->deny.n; i++)
        if (!takes_away(denied, rule, i))
            lint_find(lint, FINDING_DENIES_NOTHING, lint_rule_name(lint, rule),
                      at_item(rule->at, "deny", rule->deny.v[i].s),
                      arena_printf(lint->arena,
                                   "no rule lets through what \"%s\" denies, so it changes nothing",
                                   rule->deny.v[i].s),
                      "Take it out, or mend how it is written");
}

void lint_denials(struct linting *lint) {
    struct lint_denied *denied = lint->denied;
    for (size_t i = 0; i < lint->spec->network.rules.n; i++) {
        const struct rule *rule = &lint->spec->network.rules.v[i];
        if (denied->by_count)
            never_matches(lint, denied, rule);
        never_upgrades(lint, rule);
        denies_nothing(lint, denied, rule);
    }
}
