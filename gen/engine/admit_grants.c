/* What becomes of a request that no rule allows, where operators may grant it. */
#include "engine/admit_line.h"
#include "engine/admit_private.h"
#include "engine/grants.h"

/* An agent is told where it can read what it may do. On macOS nothing is mounted there. */
#ifdef __APPLE__
#define LEARN_MORE ""
#else
#define LEARN_MORE "; /run/agent-sandbox/policy.json says what is allowed"
#endif

static const char *with_asked(struct arena *arena, const char *reason, const char *asked) {
    return arena_printf(arena, "%s%s%s" LEARN_MORE, reason, asked ? "; " : "", asked ? asked : "");
}

void admit_asked(struct admitted *admitted, struct arena *arena, const char *asked) {
    admitted->reason = with_asked(arena, admitted->reason, asked);
    admitted->askable = false;
    json_object_set_new(admitted->line, "reason", line_text(admitted->reason));
}

static bool may_be_asked(const struct egress *egress, const struct egress_question *question,
                         struct date today, struct arena *arena,
                         const struct egress_answer *answer) {
    return answer->wanting && egress->ask &&
           egress_is_grantable(egress->ask, question->host, question->method) &&
           egress_is_grantable(egress->grants, question->host, question->method) &&
           !egress_addresses(egress, question->host, question->port, today, arena).n;
}

void admit_ask_operators(const struct egress *egress, const struct egress_question *question,
                         struct date today, struct arena *arena, struct egress_answer *answer,
                         struct admitted *out) {
    struct granted granted = {0};
    if (!egress->grants || answer->denied || answer->again)
        return;
    if (egress->granted && answer->missing)
        grants_ask(egress->granted, egress, question, today, arena, &granted);
    if (granted.says == GRANTS_ALLOW) {
        json_decref(answer->missing);
        *answer =
            (struct egress_answer){.allowed = true, .grant = granted.id, .owner = granted.owner};
        return;
    }
    out->askable =
        granted.says == GRANTS_NOTHING && may_be_asked(egress, question, today, arena, answer);
    if (out->askable)
        out->would_ask = (struct would_ask){
            .method = question->method,
            .host = question->host,
            .path = arena_copy_n(arena, question->target->path.s, question->target->path.n),
            .port = question->port,
            .tls = question->tls,
            .websocket = question->websocket};
    else
        answer->reason = with_asked(arena, answer->reason,
                                    granted.says == GRANTS_REFUSE ? "an operator said no" : NULL);
}
