/* Checks of what a rule is about: a host, or a repository of GitHub. */
#include "base/die.h"
#include "read/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    static const char *const of_hosts[] = {"methods",   "paths",     "deny",     "query", "ports",
                                           "addresses", "websocket", "cooldown", "index"};
    if (rule->scheme != SCHEME_HTTPS) /* the resolved spec has it */
        complain(reading, at_value(rule->at, "scheme"), "GitHub is reached by https alone");
    for (size_t i = 0; i < sizeof of_hosts / sizeof *of_hosts; i++)
        if (is_written(rule->at, of_hosts[i]))
            complain(reading, at_key(rule->at, of_hosts[i]),
                     "\"github\" says what is let through: leave \"%s\" out, or write rules of "
                     "hosts",
                     of_hosts[i]);
}

static int by_name(const void *x, const void *y) {
    const struct rule *a = *(const struct rule *const *)x, *b = *(const struct rule *const *)y;
    int order = strcasecmp(a->github.s, b->github.s);
    return order ? order : (a > b) - (a < b);
}

/* GitHub tells no capital letters apart, and what a repository's rules share goes by its name. */
static void check_spellings(struct reading *reading, const struct network *network) {
    size_t n = 0;
    const struct rule **all = must_alloc((network->written_rules.n + 1) * sizeof *all);
    for (size_t i = 0; i < network->written_rules.n; i++)
        if (network->written_rules.v[i].github.s)
            all[n++] = &network->written_rules.v[i];
    if (n)
        qsort(all, n, sizeof *all, by_name);
    for (size_t i = 1, first = 0; i < n; i++) {
        const char *name = all[first]->github.s, *other = all[i]->github.s;
        if (strcasecmp(name, other) != 0)
            first = i;
        else if (strcmp(name, other) != 0)
            complain(
                reading, at_value(all[i]->at, "github"),
                "\"%s\" is the repository \"%s\" of another rule: write its name in one way, or "
                "one rule for both",
                other, name);
    }
    free((void *)all);
}

void check_repositories(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->network.written_rules.n; i++) {
        const struct rule *rule = &spec->network.written_rules.v[i];
        check_place(reading, rule);
        if (rule->github.s && !rule->host.name.s)
            check_repository(reading, rule);
    }
    check_spellings(reading, &spec->network);
}
