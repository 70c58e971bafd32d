/* user-content and way-out: hosts where anyone may put something, or take something in. */
#include "lint/known.h"
#include "lint/lint_private.h"
#include "spec/path_pattern.h"

#include <string.h>

/* How many segments a path begins with that no wildcard stands in. */
static size_t fixed_segments(const char *path) {
    size_t n = 0;
    while (*path == '/') {
        size_t length = strcspn(path + 1, "/*");
        path += 1 + length;
        if (*path == '*' || length == 0)
            break;
        n++;
    }
    return n;
}

static bool only_reads(const struct rule *rule) {
    for (size_t i = 0; i < rule->methods.n; i++)
        if (strcmp(rule->methods.v[i].s, "GET") != 0 && strcmp(rule->methods.v[i].s, "HEAD") != 0)
            return false;
    return scheme_is_read(rule->scheme);
}

/* Whether the path leads to what is anyone's. Of what only reads, a path without a wildcard names
 * one thing. */
static bool is_about(const struct known *known, const struct rule *rule, const char *path) {
    bool one = !strchr(path, '*') && !known->takes && only_reads(rule);
    if (known->path && !path_patterns_meet(known->path, path))
        return false;
    return !one && (!known->owner || fixed_segments(path) < known->owner);
}

static bool is_wide(const struct known *known, const struct rule *rule) {
    bool any = !scheme_is_read(rule->scheme);
    for (size_t i = 0; i < rule->paths.n && !any; i++)
        any = is_about(known, rule, rule->paths.v[i].s);
    return any;
}

static bool has_host(const struct known *known, struct host_pattern host) {
    bool below = strncmp(known->host, "*.", 2) == 0;
    struct host_pattern wanted = {{known->host + (below ? 2 : 0)}, below};
    if (known->first && !host.suffix && strncmp(host.name.s, known->first, strlen(known->first)))
        return false;
    return host_covers(host, wanted) || host_covers(wanted, host);
}

static void tell(struct linting *lint, const struct rule *rule, const struct known *known) {
    const char *of = lint_rule_name(lint, rule);
    const char *name = known->host;
    const char *narrow = known->owner && scheme_is_read(rule->scheme)
                             ? "Say in paths whose it may be, or accept it with a reason"
                             : "Take the rule out, or accept it with a reason";
    if (known->takes)
        lint_find(lint, FINDING_WAY_OUT, of, at_value(rule->at, "host"),
                  arena_printf(lint->arena,
                               "%s has %s: what is sent there is for whoever made the place, so "
                               "data can leave by it",
                               name, known->what),
                  narrow);
    else if (!only_reads(rule))
        lint_find(lint, FINDING_WAY_OUT, of, at_value(rule->at, "host"),
                  arena_printf(lint->arena,
                               "%s has %s, and the rule lets the agent write there: data can leave "
                               "by it",
                               name, known->what),
                  narrow);
    else
        lint_find(lint, FINDING_USER_CONTENT, of, at_value(rule->at, "host"),
                  arena_printf(lint->arena,
                               "%s has %s: what strangers wrote there reaches the agent", name,
                               known->what),
                  narrow);
}

/* One thing is told of a rule, the worst. */
static void look_up(struct linting *lint, const struct rule *rule) {
    const struct known *found = NULL;
    for (size_t i = 0; i < known_count; i++) {
        const struct known *one = &known_hosts[i];
        if (has_host(one, rule->host) && is_wide(one, rule) &&
            (!found || (one->takes && !found->takes)))
            found = one;
    }
    if (found)
        tell(lint, rule, found);
}

void lint_hosts(struct linting *lint) {
    const struct network *network = &lint->spec->network;
    for (size_t i = 0; i < network->rules.n; i++)
        if (!network->rules.v[i].github.s && !lint_only_denies(lint->denied, &network->rules.v[i]))
            look_up(lint, &network->rules.v[i]);
}
