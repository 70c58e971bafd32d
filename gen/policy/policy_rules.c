/* Rules: what one set of them lets through and another does not, and who answers for it. */
#include "policy/policy_private.h"

#include <stdlib.h>
#include <string.h>

static bool only_reads(const struct policy_part *part) {
    for (size_t i = 0; i < part->n_methods; i++)
        if (strcmp(part->methods[i].s, "GET") != 0 && strcmp(part->methods[i].s, "HEAD") != 0)
            return false;
    return true;
}

void policy_write_target(struct buf *b, const struct policy_part *part) {
    const struct rule *rule = part->rule;
    int64_t usual = rule->scheme == SCHEME_HTTP ? 80 : 443;
    bool read = scheme_is_read(rule->scheme), one = part->n_ports == 1;
    if (rule->scheme == SCHEME_HTTP)
        buf_lit(b, "http://");
    buf_host(b, rule->host);
    if (one && (part->ports[0] != usual || !read)) {
        buf_lit(b, ":");
        buf_uint(b, (uint64_t)part->ports[0]);
    }
    for (size_t i = 0; i < part->n_paths && read; i++) {
        policy_comma(b, i, part->n_paths);
        plain_word(b, part->paths[i]);
    }
    for (size_t i = 0; i < rule->query.n; i++) {
        if (i)
            policy_comma(b, i, rule->query.n);
        else
            buf_lit(b, " with query ");
        plain_word(b, rule->query.v[i]);
    }
    if (!one) {
        buf_lit(b, ", ports ");
        policy_numbers(b, part->ports, part->n_ports);
    }
    policy_write_ceilings(b, rule);
}

static void write_unread(struct buf *b, const struct policy_part *part) {
    buf_lit(b, "any bytes to and from ");
    policy_write_target(b, part);
    if (part->rule->scheme == SCHEME_TCP)
        buf_lit(b, " (tcp: nothing is read)");
    else
        buf_lit(b, " (tls: only the name is read)");
}

static void write_part(struct buf *b, const struct policy_part *part) {
    if (!scheme_is_read(part->rule->scheme)) {
        write_unread(b, part);
        return;
    }
    if (part->websocket)
        buf_lit(b, "WebSockets (");
    policy_names(b, part->methods, part->n_methods);
    if (part->websocket)
        buf_lit(b, ") to ");
    else if (only_reads(part))
        buf_lit(b, " from ");
    else
        buf_lit(b, " to ");
    policy_write_target(b, part);
}

static struct text host_text(struct policy_run *run, struct host_pattern host) {
    BUF_CLEANUP struct buf b = {0};
    buf_host(&b, host);
    return policy_keep(run, &b);
}

static void tell(struct policy_run *run, const struct policy_part *part) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    const struct rule *rule = part->rule;
    bool longer = part->until != POLICY_NEVER;
    if (longer)
        buf_lit(&sentence, "may ");
    else
        policy_may(run, &sentence);
    if (part->websocket)
        buf_lit(&sentence, "open ");
    if (!scheme_is_read(rule->scheme))
        buf_lit(&sentence, "pass ");
    write_part(&sentence, part);
    write_part(&subject, part);
    if (!longer && !part->websocket && rule->websocket)
        buf_lit(&sentence, ", WebSockets too");
    if (!longer && run->direction == POLICY_WIDENS && rule->deny.n) {
        buf_lit(&sentence, ", never ");
        for (size_t i = 0; i < rule->deny.n; i++) {
            policy_comma(&sentence, i, rule->deny.n);
            plain_word(&sentence, rule->deny.v[i]);
        }
    }
    if (!longer && run->direction == POLICY_WIDENS && rule->cooldown) {
        buf_lit(&sentence, ", packages once they are ");
        cooldown_words(&sentence, rule->cooldown);
        buf_lit(&sentence, " old");
    }
    policy_write_rest(run, part, &sentence);
    if (longer)
        policy_longer(run, &sentence, part->until, policy_day(rule->expires));
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->about = host_text(run, rule->host);
    policy_answer(change, rule->owner, rule->reason, rule->expires);
    if (longer)
        policy_dates(run, change, &subject, part->until, policy_day(rule->expires));
}

/* -- sorted rules -- */

static int by_day(const void *x, const void *y) {
    const struct policy_part *a = *(struct policy_part *const *)x,
                             *b = *(struct policy_part *const *)y;
    int order = policy_by_meaning(a, b);
    return order ? order : policy_by_day(a, b);
}

static int by_place(const void *x, const void *y) {
    const struct policy_part *a = *(struct policy_part *const *)x,
                             *b = *(struct policy_part *const *)y;
    int order = policy_by_meaning(a, b);
    return order ? order : policy_by_place(a, b);
}

static int by_answer(const void *x, const void *y) {
    return policy_by_answer(*(struct policy_part *const *)x, *(struct policy_part *const *)y);
}

static struct policy_parts sorted(struct policy_run *run, const struct network *network,
                                  int (*order)(const void *, const void *)) {
    struct policy_parts wholes = policy_wholes(run->arena, network);
    if (wholes.n)
        qsort(wholes.v, wholes.n, sizeof *wholes.v, order);
    return wholes;
}

/* -- what is permitted -- */

/* As it is, and as long: it need not be looked for path by path. */
static bool stands_in(const struct rule *rule, const struct policy_parts *less) {
    struct policy_part whole = policy_whole(rule);
    const struct rule *longest = policy_last(less, &whole, policy_by_meaning);
    return longest && policy_day(rule->expires) <= policy_day(longest->expires);
}

void policy_more_rules(struct policy_run *run, const struct spec *less, const struct spec *more) {
    struct policy_parts wholes = sorted(run, &less->network, by_day), parts = {0};
    struct policy_index *index = policy_index_make(run->arena, &wholes);
    for (size_t i = 0; i < more->network.rules.n; i++)
        if (!more->network.rules.v[i].mcp && /* policy_mcp.c tells of it */
            !stands_in(&more->network.rules.v[i], &wholes))
            policy_add_missing(run, &more->network.rules.v[i], index, &parts);
    policy_find_rests(run, &parts, &less->network);
    for (size_t i = 0; i < parts.n; i++)
        tell(run, parts.v[i]);
    policy_fewer_denials(run, &less->network, &more->network);
    policy_shorter_cooldowns(run, &less->network, &more->network);
}

/* -- who answers for a rule -- */

/* The last rule of the older spec that this one was, but for who answers for it; NULL when one of
 * them has it all. */
static const struct rule *with_another_answer(const struct policy_part *whole,
                                              const struct policy_parts *by_answers,
                                              const struct policy_parts *by_places) {
    if (policy_last(by_answers, whole, policy_by_answer))
        return NULL;
    return policy_last(by_places, whole, policy_by_meaning);
}

void policy_other_rules(struct policy_run *run, const struct spec *old, const struct spec *new) {
    struct policy_parts by_answers = sorted(run, &old->network, by_answer);
    struct policy_parts by_places = sorted(run, &old->network, by_place);
    for (size_t i = 0; i < new->network.rules.n; i++) {
        const struct rule *rule = &new->network.rules.v[i];
        struct policy_part whole = policy_whole(rule);
        const struct rule *was = with_another_answer(&whole, &by_answers, &by_places);
        if (!was || rule->mcp)
            continue;
        BUF_CLEANUP struct buf what = {0};
        write_part(&what, &whole);
        policy_tell_answer(run, &what, policy_answer_text(run, was->owner, was->reason),
                           policy_answer_text(run, rule->owner, rule->reason))
            ->about = host_text(run, rule->host);
    }
}
