/* The tests that a spec has of its own rules. */
#include "judge/judge.h"

#include <string.h>

struct running {
    struct reading *reading;
    const struct judge *judge;
    const struct policy_test *test;
    struct judged judged;
    bool carried; /* the credential that is expected */
};

static void failed(const struct running *running, const char *key, const char *what) {
    complain(running->reading, at_value(running->test->at, key), "this test fails: %s", what);
}

static const char *place_of_rule(const struct running *running) {
    const struct rule *rule = judge_rule(running->judge, &running->judged);
    return rule ? written_place(running->reading, at_object(rule->at)) : NULL;
}

static void carries(const struct credential *credential, void *context) {
    struct running *running = context;
    running->carried =
        running->carried || strcmp(credential->name.s, running->test->credential.s) == 0;
}

static void check_credential(struct running *running, bool tls) {
    const char *name = running->test->credential.s;
    if (!name)
        return;
    judge_credentials(running->judge, &running->judged, tls, carries, running);
    if (!running->carried)
        failed(running, "credential",
               arena_printf(running->reading->arena,
                            "the request is let through, but \"%s\" does not go to this %s", name,
                            !tls ? "host in the clear" : "host and path"));
}

static void compare(struct running *running, bool tls) {
    const struct judged *judged = &running->judged;
    struct arena *arena = running->reading->arena;
    bool allowed = !judged->wrong && judged->answer.allowed;
    const char *tool = running->test->tool.s;
    const char *why = allowed && tool ? judge_tool(running->judge, judged, tls, tool, arena) : NULL;
    if (running->test->expect == EXPECT_DENY) {
        if (allowed && !why)
            failed(running, "expect",
                   arena_printf(arena, "it is allowed by the rule at %s", place_of_rule(running)));
    } else if (judged->wrong) {
        failed(running, "expect",
               arena_printf(arena, "it is refused, whatever rules say: %s", judged->wrong));
    } else if (!allowed) {
        const char *place = place_of_rule(running);
        failed(running, "expect",
               arena_printf(arena, "%s%s%s", judged->answer.reason, place ? ": " : "",
                            place ? place : ""));
    } else if (why) {
        failed(running, "tool", why);
    } else {
        check_credential(running, tls);
    }
}

static void run(struct reading *reading, const struct judge *judge,
                const struct policy_test *test) {
    struct running running = {.reading = reading, .judge = judge, .test = test};
    struct request_line line = {0};
    if (test->connect.s) {
        judge_place(judge, test->connect.s, reading->arena, &running.judged);
    } else {
        request_line_read(reading->arena, test->request.s, &line);
        judge_line(judge, &line, reading->arena, &running.judged);
    }
    compare(&running, line.tls);
    judged_clear(&running.judged);
}

void judge_tests(struct reading *reading, const struct plan *plan) {
    if (!plan->spec->tests.n)
        return;
    struct judge *judge = judge_new(plan);
    for (size_t i = 0; i < plan->spec->tests.n; i++)
        run(reading, judge, &plan->spec->tests.v[i]);
    judge_free(judge);
}
