/*
 * The policy diff: what another spec lets the agent do that this one does not, in plain words. From
 * the two specs alone, so that a reviewer need not read nftables.
 *
 * Pure, and free of static state: threads may each make their own. A change widens or narrows what
 * the agent may do, or is about something else. When in doubt it widens. Swapping the two specs
 * swaps the directions, and no change is told exactly when both say the same (all that spec.json
 * holds).
 */
#ifndef POLICY_H
#define POLICY_H

#include "base/arena.h"
#include "spec/spec.h"
#include "write/write_json.h"

enum policy_direction { POLICY_WIDENS, POLICY_NARROWS, POLICY_OTHER };

struct policy_change {
    enum policy_direction direction;
    const char *key;      /* the spec's: "network.rules", "limits" */
    struct text sentence; /* one line without a full stop; a user's words stand in quotes */
    struct text subject;  /* the same as a commit's subject: "Allow POST to api.foo.com/v1/" */
    struct text about;    /* what is counted once when there are many: a rule's host; or NULL */
    size_t count;         /* how many things the sentence is about */
    struct text owner, reason; /* of the rule, where there is one */
    struct date expires;
    struct text old, new; /* where one value takes another's place */
};

struct policy_diff {
    bool first; /* there was nothing before */
    struct policy_change *v;
    size_t n, cap;
    struct arena *arena; /* what the changes point to; not owned */
};

/* old NULL: from nothing. The widenings come first, then the narrowings, then the rest. */
void policy_compare(struct policy_diff *diff, const struct spec *old, const struct spec *new,
                    struct arena *arena);

size_t policy_count(const struct policy_diff *diff, enum policy_direction direction);

/* Lines of at most 76 columns, each indented or a heading of ours, so that no user's words pass for
 * a line of their own or a trailer: the body of a commit, and what is printed. */
void policy_write(const struct policy_diff *diff, struct buf *out);

/* A commit's subject of at most 72 columns, without what could break the line. sandbox is said
 * where the changes do not tell; in a fleet, always. */
void policy_write_subject(const struct policy_diff *diff, struct name sandbox, bool fleet,
                          struct buf *out);

/* Items of an array that the caller has begun: {"sandbox", "direction", "key", "text", ...}. In a
 * fleet sandbox is its name, else unset. */
void policy_write_json(const struct policy_diff *diff, struct name sandbox, struct json_writer *j);

#endif
