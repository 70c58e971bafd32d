/* CIDRs: what goes past the proxy. */
#include "policy/policy_private.h"
#include "spec/types.h"
#include "spec/vocabulary.h"

enum { DONE = UINT32_MAX };

static bool same_cidr(const struct cidr_rule *a, const struct cidr_rule *b) {
    return a->protocol == b->protocol && cidr_covers(&a->cidr, &b->cidr) &&
           cidr_covers(&b->cidr, &a->cidr) &&
           policy_same_numbers(a->ports.v, a->ports.n, b->ports.v, b->ports.n);
}

static uint32_t cidr_until(const struct cidr_rule *rule, int64_t port, const struct network *less) {
    uint32_t until = POLICY_NEVER;
    for (size_t i = 0; i < less->cidrs.n; i++) {
        const struct cidr_rule *other = &less->cidrs.v[i];
        if (other->protocol == rule->protocol && cidr_covers(&other->cidr, &rule->cidr) &&
            policy_has_number(other->ports.v, other->ports.n, port) &&
            policy_day(other->expires) > until)
            until = policy_day(other->expires);
    }
    return until >= policy_day(rule->expires) ? DONE : until;
}

static void write_cidr(struct buf *b, const struct cidr_rule *rule, const int64_t *ports,
                       size_t n) {
    buf_cidr(b, rule->cidr);
    buf_lit(b, " by ");
    policy_value(b, &type_protocol, &rule->protocol);
    if (n == 1)
        buf_lit(b, ", port ");
    else
        buf_lit(b, ", ports ");
    policy_numbers(b, ports, n);
}

static void tell_cidr(struct policy_run *run, const struct cidr_rule *rule, const int64_t *ports,
                      size_t n, uint32_t until) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (until != POLICY_NEVER)
        buf_lit(&sentence, "may ");
    else
        policy_may(run, &sentence);
    buf_lit(&sentence, "reach ");
    write_cidr(&sentence, rule, ports, n);
    buf_lit(&sentence, " (past the proxy)");
    write_cidr(&subject, rule, ports, n);
    if (until != POLICY_NEVER)
        policy_longer(run, &sentence, until, policy_day(rule->expires));
    struct policy_change *change = policy_add(run, &sentence, &subject);
    policy_answer(change, rule->owner, rule->reason, rule->expires);
    if (until != POLICY_NEVER)
        policy_dates(run, change, &subject, until, policy_day(rule->expires));
}

void policy_more_cidrs(struct policy_run *run, const struct spec *less, const struct spec *more) {
    for (size_t i = 0; i < more->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &more->network.cidrs.v[i];
        size_t n = rule->ports.n;
        uint32_t *until = arena_alloc(run->arena, n * sizeof *until);
        int64_t *ports = arena_alloc(run->arena, n * sizeof *ports);
        for (size_t k = 0; k < n; k++)
            until[k] = cidr_until(rule, rule->ports.v[k], &less->network);
        for (size_t k = 0; k < n; k++) {
            uint32_t day = until[k];
            size_t count = 0;
            for (size_t p = k; day != DONE && p < n; p++)
                if (until[p] == day) {
                    ports[count++] = rule->ports.v[p];
                    until[p] = DONE;
                }
            if (count)
                tell_cidr(run, rule, ports, count, day);
        }
    }
}

void policy_other_cidrs(struct policy_run *run, const struct spec *old, const struct spec *new) {
    for (size_t i = 0; i < new->network.cidrs.n; i++) {
        const struct cidr_rule *rule = &new->network.cidrs.v[i], *was = NULL;
        bool same = false;
        for (size_t k = 0; k < old->network.cidrs.n; k++) {
            const struct cidr_rule *other = &old->network.cidrs.v[k];
            if (!same_cidr(rule, other))
                continue;
            same = same || (policy_same_text(rule->owner, other->owner) &&
                            policy_same_text(rule->reason, other->reason));
            was = other;
        }
        if (same || !was)
            continue;
        BUF_CLEANUP struct buf what = {0};
        write_cidr(&what, rule, rule->ports.v, rule->ports.n);
        policy_tell_answer(run, &what, policy_answer_text(run, was->owner, was->reason),
                           policy_answer_text(run, rule->owner, rule->reason));
    }
}
