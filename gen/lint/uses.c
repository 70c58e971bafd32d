#include "lint/uses.h"
#include "base/die.h"
#include "engine/target.h"
#include "judge/judge.h"
#include "policy/policy_cover.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct known_rule { /* compiled: engine/target.h */
    const char **paths;
};

/* What has been decided, so that it is decided once. Dropped where it would grow too large. */
enum { SEEN_BYTES = 64 << 20, SEEN_FIRST = 1 << 12 };
struct seen {
    struct arena *arena;
    const char **v; /* open addressing, at most half full */
    size_t n, size, bytes;
};

struct uses {
    const struct plan *plan;
    struct judge *judge;
    struct arena *arena;
    struct known_rule *rules;
    struct use *v;
    bool *credentials; /* and behind them logins */
    struct decisions_tally tally;
    struct seen seen;
    struct policy_cover *cover;
    /* Rules that the decision may be of, each once; of each rule, for which one it was last. */
    size_t *candidates, *candidate_of, decision;
    char *key;
    size_t key_room;
};

/* What is being decided. */
struct asking {
    struct uses *uses;
    struct arena *arena;
    const char *method;
    int port;
    size_t candidate_count;
    bool cut; /* the log has the beginning of the path alone */
    struct judged judged;
};

static struct use use_of(struct arena *arena, const struct rule *rule) {
    return (struct use){.methods = arena_alloc(arena, (rule->methods.n + 1) * sizeof(bool)),
                        .ports = arena_alloc(arena, (rule->ports.n + 1) * sizeof(bool)),
                        .paths =
                            arena_alloc(arena, (rule->paths.n + 1) * sizeof(struct use_of_path))};
}

struct uses *uses_new(const struct plan *plan) {
    struct uses *uses = must_alloc(sizeof *uses);
    size_t n = plan->spec->network.rules.n;
    *uses = (struct uses){.plan = plan, .judge = judge_new(plan), .arena = arena_new()};
    uses->rules = arena_alloc(uses->arena, (n + 1) * sizeof *uses->rules);
    uses->v = arena_alloc(uses->arena, (n + 1) * sizeof *uses->v);
    uses->cover = policy_cover_make(uses->arena, plan->spec);
    uses->candidates = arena_alloc(uses->arena, (n + 1) * sizeof *uses->candidates);
    uses->candidate_of = arena_alloc(uses->arena, (n + 1) * sizeof *uses->candidate_of);
    uses->credentials =
        arena_alloc(uses->arena, (plan->spec->credentials.n + plan->spec->logins.n + 1) *
                                     sizeof *uses->credentials);
    for (size_t i = 0; i < n; i++) {
        const struct rule *rule = &plan->spec->network.rules.v[i];
        uses->v[i] = use_of(uses->arena, rule);
        uses->rules[i].paths = arena_alloc(uses->arena, (rule->paths.n + 1) * sizeof(char *));
        for (size_t k = 0; k < rule->paths.n; k++)
            pattern_compile(uses->arena, rule->paths.v[k].s, &uses->rules[i].paths[k]);
    }
    return uses;
}

void uses_free(struct uses *uses) {
    if (!uses)
        return;
    judge_free(uses->judge);
    arena_free(uses->arena);
    arena_free(uses->seen.arena);
    free(uses->seen.v);
    free(uses->key);
    free(uses);
}

const struct decisions_tally *uses_tally(const struct uses *uses) {
    return &uses->tally;
}

const struct use *uses_of(const struct uses *uses, size_t rule) {
    return &uses->v[rule];
}

bool uses_credential(const struct uses *uses, size_t credential) {
    return uses->credentials[credential];
}

bool uses_login(const struct uses *uses, size_t login) {
    return uses->credentials[uses->plan->spec->credentials.n + login];
}

/* -- what has been seen -- */

static size_t hash(const char *s) { /* FNV-1a */
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

static const char **slot_of(const char **v, size_t size, const char *key) {
    size_t at = hash(key) & (size - 1);
    while (v[at] && strcmp(v[at], key) != 0)
        at = (at + 1) & (size - 1);
    return &v[at];
}

static void resize(struct seen *seen, size_t size) {
    const char **v = must_alloc(size * sizeof *v);
    for (size_t i = 0; i < seen->size; i++)
        if (seen->v[i])
            *slot_of(v, size, seen->v[i]) = seen->v[i];
    free(seen->v);
    seen->v = v;
    seen->size = size;
}

static void forget(struct seen *seen) {
    arena_free(seen->arena);
    free(seen->v);
    *seen = (struct seen){.arena = arena_new()};
    resize(seen, SEEN_FIRST);
}

/* Whether it has been seen; it is from then on. */
static bool see(struct seen *seen, const char *key) {
    if (!seen->v || seen->bytes > SEEN_BYTES)
        forget(seen);
    const char **slot = slot_of(seen->v, seen->size, key);
    if (*slot)
        return true;
    *slot = arena_copy(seen->arena, key);
    seen->bytes += strlen(key) + sizeof *seen->v;
    if (2 * ++seen->n > seen->size)
        resize(seen, 2 * seen->size);
    return false;
}

/* -- what a rule was used for -- */

/* Its bit. */
static unsigned use_host(struct use *use, struct arena *arena, const char *host) {
    size_t i = 0;
    while (i < use->host_count && strcmp(use->hosts[i], host) != 0)
        i++;
    if (i == USES_FEW)
        use->many_hosts = true;
    else if (i == use->host_count)
        use->hosts[use->host_count++] = arena_copy(arena, host);
    return 1u << i;
}

/* The folder that both lie in. */
static const char *common(struct arena *arena, const char *folder, const char *path) {
    size_t end = 0;
    for (size_t i = 0; path[i] && (!folder || path[i] == folder[i]); i++)
        if (path[i] == '/')
            end = i + 1;
    if (folder && !folder[end])
        return folder;
    return arena_copy_n(arena, path, end);
}

static void use_pattern(struct use_of_path *use, struct arena *arena, const char *pattern,
                        unsigned host) {
    size_t i = 0;
    use->common = common(arena, use->common, pattern);
    while (i < use->count && strcmp(use->seen[i], pattern) != 0)
        i++;
    if (i == USES_FEW) {
        use->many = true;
        return;
    }
    if (i == use->count)
        use->seen[use->count++] = arena_copy(arena, pattern);
    use->seen_at[i] |= host;
}

static void use_path(const struct asking *asking, struct use_of_path *use, unsigned host) {
    const char **patterns;
    bool shortened;
    size_t n = target_patterns(asking->arena, &asking->judged.target, &patterns, &shortened);
    use->any |= host;
    use->many = use->many || shortened || asking->cut;
    for (size_t i = 0; i < n; i++)
        use_pattern(use, asking->uses->arena, patterns[i], host);
}

/* The pattern that lets a reading through: the one that is that path, else the first. */
static size_t pattern_of(const char *const *patterns, size_t n, const char *reading) {
    size_t found = n;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(patterns[i], reading) == 0)
            return i;
        if (found == n && pattern_matches(patterns[i], reading))
            found = i;
    }
    return found;
}

static void use_paths(const struct asking *asking, size_t number, struct use *use, unsigned host) {
    const struct target *target = &asking->judged.target;
    size_t n = asking->uses->plan->spec->network.rules.v[number].paths.n;
    for (size_t i = 0; i < target->reading_count; i++) {
        size_t k = pattern_of(asking->uses->rules[number].paths, n, target->readings[i]);
        if (k < n)
            use_path(asking, &use->paths[k], host);
    }
}

static void use_rule(size_t number, void *context) {
    const struct asking *asking = context;
    const struct rule *rule = &asking->uses->plan->spec->network.rules.v[number];
    struct use *use = &asking->uses->v[number];
    use->any = true;
    for (size_t i = 0; i < rule->methods.n; i++)
        use->methods[i] = use->methods[i] || strcmp(rule->methods.v[i].s, asking->method) == 0;
    for (size_t i = 0; i < rule->ports.n; i++)
        use->ports[i] = use->ports[i] || rule->ports.v[i] == asking->port;
    unsigned host = use_host(use, asking->uses->arena, asking->judged.host);
    if (rule->paths.n && !rule->ignore_case && !asking->judged.unread)
        use_paths(asking, number, use, host);
}

/* -- the decisions -- */

static void use_credentials(struct uses *uses, const json_t *names) {
    const struct spec *spec = uses->plan->spec;
    size_t i, n = spec->credentials.n;
    json_t *name;
    json_array_foreach(names, i, name) {
        const char *text = json_string_value(name);
        for (size_t k = 0; text && k < n + spec->logins.n; k++) {
            const char *one = k < n ? spec->credentials.v[k].name.s : spec->logins.v[k - n].name.s;
            uses->credentials[k] = uses->credentials[k] || strcmp(one, text) == 0;
        }
    }
}

static bool is_cut(const char *path) {
    size_t n = strlen(path);
    return n > 1024 && strcmp(path + n - 3, "...") == 0;
}

static void add_candidate(const struct rule *rule, void *context) {
    struct asking *asking = context;
    struct uses *uses = asking->uses;
    size_t number = (size_t)(rule - uses->plan->spec->network.rules.v);
    if (uses->candidate_of[number] == uses->decision)
        return;
    uses->candidate_of[number] = uses->decision;
    uses->candidates[asking->candidate_count++] = number;
}

/* The rules that may let it through: what else they ask for is the engine's to say. A pattern's "*"
 * may take in %2F in one reading and not in another. */
static void find_candidates(struct asking *asking, const struct decision *decision) {
    struct uses *uses = asking->uses;
    const struct network *network = &uses->plan->spec->network;
    struct target target;
    const char *host;
    if (target_host(asking->arena, bytes_of(decision->host), &host) ||
        target_parse(asking->arena, bytes_of(decision->path), &target))
        return;
    uses->decision++;
    const char *path = path_spell(asking->arena, target.readings[0]);
    if (!strstr(path, "%2F"))
        policy_cover_each(uses->cover, host, path, add_candidate, asking);
    for (size_t i = 0; strstr(path, "%2F") && i < network->rules.n; i++)
        add_candidate(&network->rules.v[i], asking);
}

static void use_unread(const struct asking *asking) {
    const struct network *network = &asking->uses->plan->spec->network;
    const struct rule *rule = judge_rule(asking->uses->judge, &asking->judged);
    bool own = rule >= network->rules.v && rule < network->rules.v + network->rules.n;
    if (own && asking->judged.answer.allowed) /* else one that ssh.hosts stands for */
        use_rule((size_t)(rule - network->rules.v), (void *)(uintptr_t)asking);
}

static void decide(struct asking *asking, const struct decision *decision) {
    const struct uses *uses = asking->uses;
    const char *authority = arena_printf(asking->arena, "%s:%d", decision->host, decision->port);
    if (!decision->path) {
        judge_place(uses->judge, authority, asking->arena, &asking->judged);
    } else {
        const struct request_line line = {.method = decision->method,
                                          .tls = strcmp(decision->scheme, "https") == 0,
                                          .authority = authority,
                                          .target = decision->path};
        asking->cut = is_cut(decision->path);
        find_candidates(asking, decision);
        judge_each_rule(uses->judge, &line, asking->arena, uses->candidates,
                        asking->candidate_count, &asking->judged, use_rule, asking);
    }
    use_unread(asking);
    judged_clear(&asking->judged);
}

/* What it is known by, until the next one. */
static const char *key_of(struct uses *uses, const struct decision *decision) {
    const char *const words[] = {decision->scheme, decision->method, decision->host,
                                 decision->path ? decision->path : ""};
    size_t n = 0, lengths[sizeof words / sizeof *words], used;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        n += lengths[i] = strlen(words[i]);
    if (uses->key_room < n + sizeof words) {
        uses->key_room = 2 * (n + sizeof words);
        uses->key = must_realloc(uses->key, uses->key_room);
    }
    used = (size_t)snprintf(uses->key, 8, "%d", decision->port);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        uses->key[used++] = ' ';
        memcpy(uses->key + used, words[i], lengths[i]);
        used += lengths[i];
    }
    uses->key[used] = '\0';
    return uses->key;
}

static void take(const struct decision *decision, void *context) {
    struct uses *uses = context;
    use_credentials(uses, decision->credentials);
    if (see(&uses->seen, key_of(uses, decision)))
        return;
    struct asking asking = {
        .uses = uses, .arena = arena_new(), .method = decision->method, .port = decision->port};
    decide(&asking, decision);
    arena_free(asking.arena);
}

const char *uses_read(struct uses *uses, int descriptor) {
    return decisions_each(descriptor, take, uses, &uses->tally);
}
