/* shadowed and expires-soon. */
#include "base/calendar.h"
#include "lint/lint_private.h"
#include "policy/policy_cover.h"

#include <string.h>

enum { SOON_DAYS = 14, DAY = 86400 };

/* -- shadowed -- */

/* Nobody here can take a rule of a preset out. */
static bool is_shipped(struct linting *lint, written at) {
    size_t offset, span;
    return !written_in(lint->reading, at_object(at), &offset, &span)->folder;
}

static void tell_shadow(struct linting *lint, const char *of, written at, written other) {
    lint_find(lint, FINDING_SHADOWED, of, at_object(at),
              arena_printf(lint->arena, "the rule at %s does all that it does, for as long",
                           lint_place(lint, other)),
              "Take it out, or narrow the other one");
}

/* Where each part is, by some rule or other. */
static void shadows_of(struct linting *lint, struct policy_cover *cover, const struct rule *whole) {
    struct lint_parts parts = lint_parts(lint, whole);
    const struct rule *other = NULL;
    for (size_t i = 0; i < parts.n; i++) {
        const struct rule *found = policy_cover_find(cover, parts.v[i]);
        if (!found)
            return;
        other = other ? other : found;
    }
    if (other && !is_shipped(lint, whole->at))
        tell_shadow(lint, lint_rule_name(lint, whole), whole->at, other->at);
}

static void shadowed_paths(struct linting *lint, struct policy_cover *cover,
                           const struct rule *rule) {
    for (size_t i = 0; rule->paths.n > 1 && i < rule->paths.n; i++) {
        const struct text *other = policy_cover_path(cover, rule, i);
        if (other)
            lint_find(lint, FINDING_SHADOWED, lint_rule_name(lint, rule),
                      at_item(rule->at, "paths", rule->paths.v[i].s),
                      arena_printf(lint->arena,
                                   "\"%s\" of the same rule lets through all that \"%s\" does",
                                   other->s, rule->paths.v[i].s),
                      "Take it out, or the wider one");
    }
}

void lint_shadows(struct linting *lint) {
    struct policy_cover *cover = policy_cover_make(lint->arena, lint->spec);
    const struct network *network = &lint->spec->network;
    for (size_t i = 0; i < network->written_rules.n; i++) {
        shadows_of(lint, cover, &network->written_rules.v[i]);
        shadowed_paths(lint, cover, &network->written_rules.v[i]);
    }
    for (size_t i = 0; i < network->cidrs.n; i++) {
        const struct cidr_rule *rule = &network->cidrs.v[i];
        const struct cidr_rule *other = policy_cover_cidr(lint->spec, rule);
        BUF_CLEANUP struct buf name = {0};
        buf_cidr(&name, rule->cidr);
        if (other)
            tell_shadow(lint, arena_copy(lint->arena, name.data), rule->at, other->at);
    }
}

/* -- expires-soon -- */

/* Days from the one to the other, which is later. */
static int days_until(struct date from, struct date to) {
    struct tm a = {.tm_year = from.year - 1900, .tm_mon = from.month - 1, .tm_mday = from.day};
    struct tm b = {.tm_year = to.year - 1900, .tm_mon = to.month - 1, .tm_mday = to.day};
    a.tm_hour = b.tm_hour = 12; /* so that no change of the clocks counts */
    double seconds = difftime(mktime(&b), mktime(&a));
    return (int)((seconds + DAY / 2) / DAY);
}

void lint_ends_on(struct linting *lint, const char *of, written at, struct date expires,
                  struct text owner) {
    struct date today = calendar_date(calendar_now());
    if (!expires.year)
        return;
    int days = days_until(today, expires);
    if (days > SOON_DAYS) {
        lint_may_find(lint, FINDING_EXPIRES_SOON, of);
        return;
    }
    const char *when = days == 0   ? "today"
                       : days == 1 ? "tomorrow"
                                   : arena_printf(lint->arena, "in %d days", days);
    lint_find(lint, FINDING_EXPIRES_SOON, of, at_value(at, "expires"),
              arena_printf(lint->arena,
                           "its last day is %04u-%02u-%02u, %s; behind it check "
                           "refuses the spec",
                           expires.year, expires.month, expires.day, when),
              owner.s ? arena_printf(lint->arena,
                                     "Ask its owner, %s, for another day, or take the "
                                     "rule out",
                                     owner.s)
                      : "Give it another day, or take the rule out");
}

void lint_ends(struct linting *lint) {
    const struct network *network = &lint->spec->network;
    for (size_t i = 0; i < network->written_rules.n; i++) {
        const struct rule *rule = &network->written_rules.v[i];
        lint_ends_on(lint, lint_rule_name(lint, rule), rule->at, rule->expires, rule->owner);
    }
    for (size_t i = 0; i < network->cidrs.n; i++) {
        const struct cidr_rule *rule = &network->cidrs.v[i];
        BUF_CLEANUP struct buf name = {0};
        buf_cidr(&name, rule->cidr);
        lint_ends_on(lint, arena_copy(lint->arena, name.data), rule->at, rule->expires,
                     rule->owner);
    }
}
