#include "judge/judge.h"
#include "base/calendar.h"
#include "base/die.h"
#include "render/render_json.h"

#include <stdlib.h>

struct judge {
    const struct plan *plan; /* or NULL */
    struct egress *egress;
    struct date today;
};

struct judge *judge_of_policy(const char *text, size_t length, char **problem) {
    struct egress *egress = egress_parse(text, length, problem);
    if (!egress)
        return NULL;
    struct judge *judge = must_alloc(sizeof *judge);
    egress_drop_ceilings(egress);
    *judge = (struct judge){NULL, egress, calendar_date(calendar_now())};
    return judge;
}

struct judge *judge_new(const struct plan *plan) {
    BUF_CLEANUP struct buf policy = {0};
    char *problem;
    render_policy(plan, &policy);
    struct judge *judge = judge_of_policy(policy.data, policy.len, &problem);
    if (!judge)
        die("the engine does not read its policy: %s", problem);
    judge->plan = plan;
    return judge;
}

bool judge_is_audit(const struct judge *judge) {
    return judge->egress->audit;
}

void judge_free(struct judge *judge) {
    if (judge)
        arena_free(judge->egress->arena);
    free(judge);
}

void judge_line(const struct judge *judge, const struct request_line *line, struct arena *arena,
                struct judged *out) {
    const struct judge_request request = {line->method, line->tls, line->websocket, line->authority,
                                          line->target};
    judge_request(judge->egress, &request, judge->today, arena, out);
}

void judge_place(const struct judge *judge, const char *place, struct arena *arena,
                 struct judged *out) {
    judge_connect(judge->egress, place, judge->today, arena, out);
}

/* In render_policy()'s order. */
static const struct rule *rule_number(const struct plan *plan, size_t number) {
    size_t n = plan->spec->network.rules.n;
    return number < n ? &plan->spec->network.rules.v[number] : &plan->ssh_rules.v[number - n];
}

static const struct rule *denied_number(const struct plan *plan, size_t number) {
    const struct rule *rule = plan->spec->network.rules.v;
    for (;; rule++)
        if (rule->deny.n && number-- == 0)
            return rule;
}

const struct rule *judge_rule(const struct judge *judge, const struct judged *judged) {
    const struct egress_answer *answer = &judged->answer;
    if (!judge->plan || judged->wrong || !(answer->allowed || answer->denied))
        return NULL;
    return answer->denied ? denied_number(judge->plan, answer->rule)
                          : rule_number(judge->plan, answer->rule);
}

void judge_credentials(const struct judge *judge, const struct judged *judged, bool tls,
                       void (*found)(const struct credential *credential, void *context),
                       void *context) {
    if (!judge->plan || judged->wrong || judged->unread || !judged->answer.allowed || !tls)
        return;
    for (size_t i = 0; i < judge->egress->credential_count; i++) {
        const struct egress_credential *one = &judge->egress->credentials[i];
        if (egress_bound_to(one, judged->host) && egress_goes_to(one, &judged->target))
            found(&judge->plan->spec->credentials.v[i], context);
    }
}
