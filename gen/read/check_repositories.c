/* Checks of what a rule is about: a host, or a repository of GitHub. */
#include "read/check.h"

static void check_place(struct reading *reading, const struct rule *rule) {
    if (!rule->host.name.s && !rule->github.s)
        complain(reading, at_object(rule->at), "a rule needs one of \"host\" and \"github\"");
    if (rule->host.name.s && rule->github.s)
        complain(reading, at_key(rule->at, "github"),
                 "a rule needs one of \"host\" and \"github\", not both");
    if (rule->access && !rule->github.s)
        complain(reading, at_key(rule->at, "access"),
                 "\"access\" says what may be done with a repository: it stands beside \"github\"");
}

static void check_repository(struct reading *reading, const struct rule *rule) {
    static const char *const of_hosts[] = {"methods", "paths",     "deny",     "query",
                                           "ports",   "addresses", "websocket"};
    if (rule->scheme != SCHEME_HTTPS) /* the resolved spec has it */
        complain(reading, at_value(rule->at, "scheme"), "GitHub is reached by https alone");
    for (size_t i = 0; i < sizeof of_hosts / sizeof *of_hosts; i++)
        if (is_written(rule->at, of_hosts[i]))
            complain(reading, at_key(rule->at, of_hosts[i]),
                     "\"github\" says what is let through: leave \"%s\" out, or write rules of "
                     "hosts",
                     of_hosts[i]);
}

void check_repositories(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.written_rules.n; i++) {
        const struct rule *rule = &spec->network.written_rules.v[i];
        check_place(reading, rule);
        if (rule->github.s && !rule->host.name.s)
            check_repository(reading, rule);
    }
}
