/* What rules deny, whatever others allow: each as if it were a rule of its own, of one method. */
#include "policy/policy_private.h"

static struct name any_method = {"*"}; /* only ever read */

static struct network denials_of(struct arena *arena, const struct network *network) {
    struct network denials = {0};
    denials.rules.v = arena_alloc(arena, network->rules.n * sizeof *denials.rules.v);
    for (size_t i = 0; i < network->rules.n; i++) {
        const struct rule *rule = &network->rules.v[i];
        struct rule *made = &denials.rules.v[denials.rules.n];
        if (!rule->deny.n)
            continue;
        *made = *rule;
        made->methods.v = &any_method;
        made->methods.n = 1;
        made->paths.v = rule->deny.v;
        made->paths.n = rule->deny.n;
        made->websocket = false;
        made->query.n = 0;
        made->ceilings = (struct ceilings){0};
        made->expires = (struct date){0};
        denials.rules.n++;
    }
    return denials;
}

static void tell(struct policy_run *run, const struct policy_part *part) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    BUF_CLEANUP struct buf host = {0};
    bool widens = run->direction == POLICY_WIDENS;
    if (widens)
        buf_lit(&sentence, "nothing denies ");
    else
        buf_lit(&sentence, "denied now, whichever rule allows it: ");
    policy_write_target(&sentence, part);
    if (widens)
        buf_lit(&sentence, " any more");
    if (widens)
        buf_lit(&subject, "what was denied: ");
    policy_write_target(&subject, part);
    struct policy_change *change = policy_add(run, &sentence, &subject);
    buf_host(&host, part->rule->host);
    change->about = policy_keep(run, &host);
    policy_answer(change, part->rule->owner, part->rule->reason, (struct date){0});
}

void policy_fewer_denials(struct policy_run *run, const struct network *less,
                          const struct network *more) {
    struct network of_less = denials_of(run->arena, less), of_more = denials_of(run->arena, more);
    struct policy_parts wholes = policy_wholes(run->arena, &of_more), gone = {0};
    if (!of_less.rules.n)
        return;
    struct policy_index *index = policy_index_make(run->arena, &wholes);
    for (size_t i = 0; i < of_less.rules.n; i++)
        policy_add_missing(run, &of_less.rules.v[i], index, &gone);
    for (size_t i = 0; i < gone.n; i++)
        tell(run, gone.v[i]);
}
