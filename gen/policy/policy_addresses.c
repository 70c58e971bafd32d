/* Addresses that are not public, to which hosts of rules may lead. */
#include "policy/policy_private.h"
#include "spec/types.h"
#include "spec/vocabulary.h"

enum { DONE = UINT32_MAX };

/* Until when these rules, of which there are so many, let that host lead there on that port. */
static uint32_t until_of(const struct rule *rules, size_t n, const struct rule *rule,
                         const struct cidr *cidr, int64_t port) {
    uint32_t until = POLICY_NEVER;
    for (size_t i = 0; i < n; i++) {
        if (!rules[i].addresses.n || !host_covers(rules[i].host, rule->host) ||
            !policy_has_number(rules[i].ports.v, rules[i].ports.n, port))
            continue;
        for (size_t k = 0; k < rules[i].addresses.n; k++)
            if (cidr_covers(&rules[i].addresses.v[k], cidr) && policy_day(rules[i].expires) > until)
                until = policy_day(rules[i].expires);
    }
    return until;
}

static void write_addresses(struct buf *b, const struct rule *rule, struct cidr cidr,
                            const int64_t *ports, size_t n) {
    buf_host(b, rule->host);
    buf_lit(b, " at ");
    buf_cidr(b, cidr);
    if (n == 1)
        buf_lit(b, ", port ");
    else
        buf_lit(b, ", ports ");
    policy_numbers(b, ports, n);
}

static void tell(struct policy_run *run, const struct rule *rule, struct cidr cidr,
                 const int64_t *ports, size_t n, uint32_t until) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    bool longer = until != POLICY_NEVER;
    if (longer)
        buf_lit(&sentence, "may ");
    else
        policy_may(run, &sentence);
    buf_lit(&sentence, "find ");
    write_addresses(&sentence, rule, cidr, ports, n);
    buf_lit(&sentence, " (not public)");
    write_addresses(&subject, rule, cidr, ports, n);
    if (longer)
        policy_longer(run, &sentence, until, policy_day(rule->expires));
    struct policy_change *change = policy_add(run, &sentence, &subject);
    policy_answer(change, rule->owner, rule->reason, rule->expires);
    if (longer)
        policy_dates(run, change, &subject, until, policy_day(rule->expires));
}

/* Of the rules before it too, so that nothing is told twice. */
static void more_of(struct policy_run *run, const struct network *less, const struct network *more,
                    size_t at, const struct cidr *cidr) {
    const struct rule *rule = &more->rules.v[at];
    size_t n = rule->ports.n;
    uint32_t *until = arena_alloc(run->arena, n * sizeof *until);
    int64_t *ports = arena_alloc(run->arena, n * sizeof *ports);
    for (size_t i = 0; i < n; i++) {
        int64_t port = rule->ports.v[i];
        until[i] = until_of(less->rules.v, less->rules.n, rule, cidr, port);
        if (until[i] >= policy_day(rule->expires) ||
            until_of(more->rules.v, at, rule, cidr, port) >= policy_day(rule->expires))
            until[i] = DONE;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t day = until[i];
        size_t count = 0;
        for (size_t k = i; day != DONE && k < n; k++)
            if (until[k] == day) {
                ports[count++] = rule->ports.v[k];
                until[k] = DONE;
            }
        if (count)
            tell(run, rule, *cidr, ports, count, day);
    }
}

void policy_more_addresses(struct policy_run *run, const struct spec *less,
                           const struct spec *more) {
    for (size_t i = 0; i < more->network.rules.n; i++)
        for (size_t k = 0; k < more->network.rules.v[i].addresses.n; k++)
            more_of(run, &less->network, &more->network, i,
                    &more->network.rules.v[i].addresses.v[k]);
}
