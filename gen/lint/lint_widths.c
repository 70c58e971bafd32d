/* never-used and wider-than-use: what rules let through, beside what a log says was asked for. */
#include "lint/lint_private.h"
#include "lint/narrower.h"

#include <string.h>

static size_t number_of(const struct linting *lint, const struct rule *rule) {
    return (size_t)(rule - lint->spec->network.rules.v);
}

static bool is_used(const struct linting *lint, struct lint_parts parts) {
    for (size_t i = 0; i < parts.n; i++)
        if (uses_of(lint->uses, number_of(lint, parts.v[i]))->any)
            return true;
    return false;
}

/* Whether it is there for what it lets through. */
static bool lets_through(const struct linting *lint, struct lint_parts parts) {
    for (size_t i = 0; i < parts.n; i++)
        if (!lint_only_denies(lint->denied, parts.v[i]))
            return true;
    return false;
}

void lint_never_used(struct linting *lint, const char *of, written at) {
    lint_find(lint, FINDING_NEVER_USED, of, at_object(at),
              arena_printf(lint->arena, "none of the log's %zu decisions asked for it",
                           uses_tally(lint->uses)->decisions),
              "Take it out, if the log is long enough to tell");
}

/* Of a repository, only whether something was written to it is told. */
static void only_read(struct linting *lint, const struct rule *whole, struct lint_parts parts) {
    for (size_t i = 0; i < parts.n; i++)
        if (narrower_is_write(parts.v[i]) && uses_of(lint->uses, number_of(lint, parts.v[i]))->any)
            return;
    if (whole->access != REPOSITORY_WRITE)
        return;
    struct finding *found = lint_find(
        lint, FINDING_WIDER_THAN_USE, lint_rule_name(lint, whole), at_value(whole->at, "access"),
        "the log has no request that writes to the repository", "Put this in its place");
    found->narrower = narrower_access(whole);
}

static void compare(struct linting *lint, const struct rule *rule) {
    BUF_CLEANUP struct buf why = {0};
    const struct use *use = uses_of(lint->uses, number_of(lint, rule));
    json_t *narrower = narrower_rules(lint->arena, rule, use, &why);
    if (!narrower)
        return;
    struct finding *found =
        lint_find(lint, FINDING_WIDER_THAN_USE, lint_rule_name(lint, rule), at_object(rule->at),
                  arena_copy(lint->arena, why.data), "Put this in its place");
    found->narrower = narrower;
}

static void widths_of(struct linting *lint, const struct rule *whole) {
    struct lint_parts parts = lint_parts(lint, whole);
    const char *of = lint_rule_name(lint, whole);
    if (!lets_through(lint, parts))
        return;
    if (lint->uses && !is_used(lint, parts))
        lint_never_used(lint, of, whole->at);
    else if (lint->uses && whole->github.s)
        only_read(lint, whole, parts);
    else if (lint->uses)
        compare(lint, parts.v[0]);
    lint_may_find(lint, FINDING_NEVER_USED, of);
    lint_may_find(lint, FINDING_WIDER_THAN_USE, of);
}

void lint_widths(struct linting *lint) {
    for (size_t i = 0; i < lint->spec->network.written_rules.n; i++)
        widths_of(lint, &lint->spec->network.written_rules.v[i]);
}
