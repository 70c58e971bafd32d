/* How old packages have to be: each as if it were a rule of its own, of one method. What asks for
 * less is wider. */
#include "policy/policy_private.h"

#include <string.h>

static struct name any_method = {"*"}; /* only ever read */

static struct rule as_rule(const struct rule *rule) {
    struct rule made = *rule;
    made.methods.v = &any_method;
    made.methods.n = 1;
    made.websocket = false;
    made.query.n = 0;
    made.ceilings = (struct ceilings){0};
    made.expires = (struct date){0};
    return made;
}

static bool asks_as_much(const struct rule *rule, const struct rule *of) {
    return rule->cooldown >= of->cooldown && rule->index.kind == of->index.kind &&
           rule->index.port == of->index.port &&
           strcmp(rule->index.host.s, of->index.host.s) == 0 &&
           strcmp(rule->index.path.s, of->index.path.s) == 0;
}

static void tell(struct policy_run *run, const struct policy_part *part) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    BUF_CLEANUP struct buf host = {0};
    const struct rule *rule = part->rule;
    bool widens = run->direction == POLICY_WIDENS;
    if (widens)
        buf_lit(&sentence, "packages need not be ");
    else
        buf_lit(&sentence, "packages have to be ");
    cooldown_words(&sentence, rule->cooldown);
    if (widens)
        buf_lit(&sentence, " old any more: ");
    else
        buf_lit(&sentence, " old now, whichever rule allows them: ");
    policy_write_target(&sentence, part);
    buf_lit(&sentence, ", by ");
    package_index_url(&sentence, &rule->index);
    buf_lit(&subject, "young packages: ");
    policy_write_target(&subject, part);
    struct policy_change *change = policy_add(run, &sentence, &subject);
    buf_host(&host, rule->host);
    change->about = policy_keep(run, &host);
    policy_answer(change, rule->owner, rule->reason, (struct date){0});
}

static void find_gone(struct policy_run *run, const struct rule *rule, const struct network *more,
                      struct policy_parts *gone) {
    struct network kept = {0};
    kept.rules.v = arena_alloc(run->arena, (more->rules.n + 1) * sizeof *kept.rules.v);
    for (size_t i = 0; i < more->rules.n; i++)
        if (more->rules.v[i].cooldown && asks_as_much(&more->rules.v[i], rule))
            kept.rules.v[kept.rules.n++] = as_rule(&more->rules.v[i]);
    struct policy_parts wholes = policy_wholes(run->arena, &kept);
    struct rule *made = arena_alloc(run->arena, sizeof *made);
    *made = as_rule(rule);
    policy_add_missing(run, made, policy_index_make(run->arena, &wholes), gone);
}

void policy_shorter_cooldowns(struct policy_run *run, const struct network *less,
                              const struct network *more) {
    struct policy_parts gone = {0};
    for (size_t i = 0; i < less->rules.n; i++)
        if (less->rules.v[i].cooldown)
            find_gone(run, &less->rules.v[i], more, &gone);
    for (size_t i = 0; i < gone.n; i++)
        tell(run, gone.v[i]);
}
