/* Repositories of GitHub: what may be done with them, and who answers for it. */
#include "policy/policy_private.h"
#include "spec/types.h"

#include <string.h>
#include <strings.h>

/* Until when these rules, of which there are so many, allow that of this one's repository. */
static uint32_t until_of(const struct rule *rules, size_t n, const struct rule *rule,
                         enum repository_access access) {
    uint32_t until = POLICY_NEVER;
    for (size_t i = 0; i < n; i++)
        if (rules[i].github.s && strcasecmp(rules[i].github.s, rule->github.s) == 0 &&
            rules[i].access >= access &&
            policy_covers_ceilings(&rules[i].ceilings, &rule->ceilings) &&
            policy_day(rules[i].expires) > until)
            until = policy_day(rules[i].expires);
    return until;
}

/* What less lets through of it with another ceiling. */
static void write_rest(const struct policy_run *run, struct buf *b, const struct network *less,
                       const struct rule *rule, enum repository_access access) {
    for (size_t i = 0; i < less->written_rules.n; i++) {
        const struct rule *one = &less->written_rules.v[i];
        if (!one->github.s || strcasecmp(one->github.s, rule->github.s) != 0 ||
            one->access < access || !ceilings_set(&one->ceilings))
            continue;
        if (run->direction == POLICY_NARROWS)
            buf_lit(b, " (still, at most ");
        else
            buf_lit(b, " (so far, at most ");
        ceilings_words(b, &one->ceilings);
        buf_lit(b, ")");
        return;
    }
}

static void write_what(struct buf *b, const struct rule *rule, bool read, bool write) {
    if (read && write)
        buf_lit(b, "read and written");
    else if (write)
        buf_lit(b, "written");
    else
        buf_lit(b, "read");
    policy_write_ceilings(b, rule);
}

static void write_repository(struct buf *b, const struct rule *rule) {
    buf_lit(b, "GitHub repository ");
    plain_word(b, rule->github);
}

static void tell(struct policy_run *run, const struct network *less, const struct rule *rule,
                 bool read, bool write, uint32_t until) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    bool longer = until != POLICY_NEVER;
    write_repository(&sentence, rule);
    buf_lit(&sentence, " ");
    if (longer)
        buf_lit(&sentence, "may ");
    else
        policy_may(run, &sentence);
    buf_lit(&sentence, "be ");
    write_what(&sentence, rule, read, write);
    write_repository(&subject, rule);
    buf_lit(&subject, " to be ");
    write_what(&subject, rule, read, write);
    if (!longer)
        write_rest(run, &sentence, less, rule, write ? REPOSITORY_WRITE : REPOSITORY_READ);
    else
        policy_longer(run, &sentence, until, policy_day(rule->expires));
    struct policy_change *change = policy_add(run, &sentence, &subject);
    policy_answer(change, rule->owner, rule->reason, rule->expires);
    if (longer)
        policy_dates(run, change, &subject, until, policy_day(rule->expires));
}

/* Of the rules before it too, so that nothing is told twice. */
static bool is_more(const struct network *less, const struct network *more, size_t at,
                    enum repository_access access, uint32_t *until) {
    const struct rule *rule = &more->written_rules.v[at];
    uint32_t day = policy_day(rule->expires);
    *until = until_of(less->written_rules.v, less->written_rules.n, rule, access);
    return access <= rule->access && *until < day &&
           until_of(more->written_rules.v, at, rule, access) < day;
}

void policy_more_repositories(struct policy_run *run, const struct spec *less,
                              const struct spec *more) {
    for (size_t i = 0; i < more->network.written_rules.n; i++) {
        const struct rule *rule = &more->network.written_rules.v[i];
        uint32_t until_read, until_written;
        if (!rule->github.s)
            continue;
        bool read = is_more(&less->network, &more->network, i, REPOSITORY_READ, &until_read);
        bool write = is_more(&less->network, &more->network, i, REPOSITORY_WRITE, &until_written);
        if (read && write && until_read == until_written) {
            tell(run, &less->network, rule, true, true, until_read);
            continue;
        }
        if (read)
            tell(run, &less->network, rule, true, false, until_read);
        if (write)
            tell(run, &less->network, rule, false, true, until_written);
    }
}

/* -- who answers for it -- */

static bool same_text(struct text a, struct text b) {
    return a.s && b.s ? strcmp(a.s, b.s) == 0 : a.s == b.s;
}

/* The last of the older spec that this one was, but for who answers for it; NULL: that one has it,
 * too, or none was. */
static const struct rule *with_another_answer(const struct network *old, const struct rule *rule) {
    const struct rule *was = NULL;
    for (size_t i = 0; i < old->written_rules.n; i++) {
        const struct rule *one = &old->written_rules.v[i];
        if (!one->github.s || strcasecmp(one->github.s, rule->github.s) != 0 ||
            one->access != rule->access)
            continue;
        if (same_text(one->owner, rule->owner) && same_text(one->reason, rule->reason))
            return NULL;
        was = one;
    }
    return was;
}

void policy_other_repositories(struct policy_run *run, const struct spec *old,
                               const struct spec *new) {
    for (size_t i = 0; i < new->network.written_rules.n; i++) {
        const struct rule *rule = &new->network.written_rules.v[i];
        const struct rule *was = rule->github.s ? with_another_answer(&old->network, rule) : NULL;
        if (!was)
            continue;
        BUF_CLEANUP struct buf what = {0};
        write_repository(&what, rule);
        policy_tell_answer(run, &what, policy_answer_text(run, was->owner, was->reason),
                           policy_answer_text(run, rule->owner, rule->reason));
    }
}

/* -- what is left to compare host by host -- */

const struct spec *policy_without_repositories(struct arena *arena, const struct spec *spec) {
    size_t n = 0, all = spec ? spec->network.rules.n : 0;
    for (size_t i = 0; i < all; i++)
        n += spec->network.rules.v[i].github.s == NULL;
    if (n == all)
        return spec;
    struct spec *copy = memcpy(arena_alloc(arena, sizeof *copy), spec, sizeof *copy);
    copy->network.rules.v = arena_alloc(arena, (n + 1) * sizeof *copy->network.rules.v);
    copy->network.rules.n = 0;
    for (size_t i = 0; i < all; i++)
        if (!spec->network.rules.v[i].github.s)
            copy->network.rules.v[copy->network.rules.n++] = spec->network.rules.v[i];
    return copy;
}
