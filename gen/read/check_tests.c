/* Checks of how the spec's own tests are written; what comes of them: gen/judge. */
#include "base/words.h"
#include "read/check.h"

#include <string.h>

static void check_tool(struct reading *reading, const struct policy_test *test) {
    if (!test->tool.s)
        return;
    if (!test->request.s || strncmp(test->request.s, "POST ", 5) != 0)
        complain(reading, at_key(test->at, "tool"),
                 "a tool is called by POST: \"tool\" stands beside a \"request\" of that");
    if (strchr(test->tool.s, '*'))
        complain(reading, at_value(test->at, "tool"), "a test calls one tool: a name, without *");
}

void check_tests(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->tests.n; i++) {
        const struct policy_test *test = &spec->tests.v[i];
        bool request = is_written(test->at, "request"), connect = is_written(test->at, "connect");
        if (request == connect)
            complain(reading, request ? at_key(test->at, "connect") : at_object(test->at),
                     "a test needs one of \"request\" and \"connect\"%s",
                     request ? ", not both" : "");
        else if (connect && is_written(test->at, "credential"))
            complain(reading, at_key(test->at, "credential"),
                     "a credential goes into a request: \"credential\" stands beside \"request\"");
        else if (test->expect == EXPECT_DENY && is_written(test->at, "credential"))
            complain(reading, at_key(test->at, "credential"),
                     "what is denied carries no credential: leave \"credential\" out, or expect "
                     "\"allow\"");
        check_tool(reading, test);
    }
}

void check_test_credentials(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->tests.n; i++) {
        const struct name *wanted = &spec->tests.v[i].credential;
        struct words_nearest nearest = {.wanted = wanted->s};
        bool found = !wanted->s;
        for (size_t k = 0; k < spec->credentials.n && !found; k++) {
            found = strcmp(spec->credentials.v[k].name.s, wanted->s) == 0;
            words_offer(&nearest, spec->credentials.v[k].name.s);
        }
        for (size_t k = 0; k < spec->logins.n && !found; k++)
            found = strcmp(spec->logins.v[k].name.s, wanted->s) == 0;
        if (!found)
            complain(reading, at_value(spec->tests.v[i].at, "credential"),
                     "no credential is called \"%s\"%s%s%s", wanted->s,
                     nearest.best ? "; did you mean \"" : "", nearest.best ? nearest.best : "",
                     nearest.best ? "\"?" : "");
    }
}
