/*
 * What a log says was asked for, by the rules of a spec: each decision is made again, of this spec,
 * and counts for every rule that would let it through alone. So the log may be of another one.
 */
#ifndef USES_H
#define USES_H

#include "lint/decisions.h"
#include "plan/plan.h"

enum { USES_FEW = 8 }; /* of hosts or paths that are remembered one by one */

/* Of a pattern of a rule's. */
struct use_of_path {
    unsigned any; /* a bit for each of the rule's hosts that are remembered; the last: others */
    bool many;    /* more than few: then common alone says something */
    const char *seen[USES_FEW]; /* as patterns, which match nothing else */
    unsigned seen_at[USES_FEW]; /* which of the hosts, as above */
    size_t count;
    const char *common; /* the folder that all of them lie in: "/" or "/a/b/"; or NULL */
};

struct use {
    bool any;
    bool *methods, *ports;     /* of the rule's, by number */
    struct use_of_path *paths; /* the same */
    const char *hosts[USES_FEW];
    size_t host_count;
    bool many_hosts;
};

struct uses;

/* The plan must outlive it. */
struct uses *uses_new(const struct plan *plan);
void uses_free(struct uses *uses); /* NULL is none */
/* NULL, or why it can't be read. */
const char *uses_read(struct uses *uses, int descriptor);

const struct decisions_tally *uses_tally(const struct uses *uses);
/* Of the spec's network.rules, and its credentials, by number. */
const struct use *uses_of(const struct uses *uses, size_t rule);
bool uses_credential(const struct uses *uses, size_t credential);
bool uses_login(const struct uses *uses, size_t login); /* of logins, by number */

#endif
