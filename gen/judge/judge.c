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

struct judge *judge_new_at(const struct plan *plan, const char *place, int usual,
                           struct arena *arena) {
    const char *host;
    int port;
    if (target_authority(arena, bytes_of(place), usual, &host, &port)) /* no rule matters */
        host = "";
    struct spec *spec = arena_alloc(arena, sizeof *spec);
    struct plan *narrow = arena_alloc(arena, sizeof *narrow);
    *spec = *plan->spec;
    *narrow = *plan;
    narrow->spec = spec;
    size_t n = spec->network.rules.n;
    const struct rule *all = spec->network.rules.v;
    spec->network.rules.v = arena_alloc(arena, (n + 1) * sizeof *all);
    spec->network.rules.n = 0;
    for (size_t i = 0; i < n; i++)
        if (host_covers(all[i].host, (struct host_pattern){.name = {host}}))
            spec->network.rules.v[spec->network.rules.n++] = all[i];
    return judge_new(narrow);
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

void judge_each_rule(const struct judge *judge, const struct request_line *line,
                     struct arena *arena, const size_t *rules, size_t n, struct judged *out,
                     void (*found)(size_t rule, void *context), void *context) {
    const struct judge_request request = {line->method, line->tls, line->websocket, line->authority,
                                          line->target};
    judge_each(judge->egress, &request, judge->today, arena, out,
               &(struct judge_told){rules, n, found, context});
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
    size_t own = judge->plan->spec->credentials.n; /* behind them stand those of logins */
    for (size_t i = 0; i < judge->egress->credential_count; i++) {
        const struct egress_credential *one = &judge->egress->credentials[i];
        if (egress_bound_to(one, judged->host) && egress_goes_to(one, &judged->target))
            found(i < own ? &judge->plan->spec->credentials.v[i] : &judge->plan->logged.v[i - own],
                  context);
    }
}

static struct egress_question call_of(const struct judged *judged, bool tls) {
    return (struct egress_question){.host = judged->host,
                                    .port = judged->port,
                                    .tls = tls,
                                    .method = "POST",
                                    .target = &judged->target};
}

const char *const *judge_tools(const struct judge *judge, const struct judged *judged, bool tls,
                               struct arena *arena) {
    struct egress_question call = call_of(judged, tls);
    if (judged->wrong || judged->unread || !egress_speaks_mcp(judge->egress, &call, arena))
        return NULL;
    const char **tools = egress_tools(judge->egress, &call, judge->today, arena);
    for (size_t i = 0; tools[i]; i++) /* the policy's */
        tools[i] = arena_copy(arena, tools[i]);
    return (const char *const *)tools;
}

const char *judge_tool(const struct judge *judge, const struct judged *judged, bool tls,
                       const char *tool, struct arena *arena) {
    struct egress_question call = call_of(judged, tls);
    struct egress_tool found;
    if (!egress_speaks_mcp(judge->egress, &call, arena))
        return "no item of network.mcp has this URL, so nothing is read that is said there";
    egress_ask_tool(judge->egress, &call, tool, judge->today, arena, &found);
    return found.allowed ? NULL
                         : arena_printf(arena, "no rule lets %s call the tool %s",
                                        egress_words(&call, arena), tool);
}
