/*
 * The policy diff between generations: from the spec.json's that they hold. One that this version
 * cannot read is said plainly, and counts as a widening: nobody can tell that it is none.
 *
 * Ownership: policy_report_free() frees all that a report points to. Threads may each have their
 * own.
 */
#ifndef POLICY_REPORT_H
#define POLICY_REPORT_H

#include "policy/policy.h"
#include "read/read.h"

struct policy_report {
    struct policy_diff diff;
    const char *unreadable; /* which spec.json can't be read: a literal of the caller's; or NULL */
    struct reading *old, *new;
    struct arena *arena;
};

/* A spec.json as committed; text NULL: there is no such generation. what names it in messages, as
 * in "the spec.json of WHAT": a literal like "the generation before". */
struct policy_source {
    const char *what;
    const char *text;
    size_t length;
};

/* Between two generations. */
void policy_report_between(struct policy_report *report, struct policy_source old,
                           struct policy_source new);
/* Between a generation and a spec that is read already, which must outlive the report. */
void policy_report_against(struct policy_report *report, struct policy_source old,
                           const struct spec *new);
void policy_report_free(struct policy_report *report);
#define POLICY_REPORT_CLEANUP __attribute__((cleanup(policy_report_free)))

bool policy_report_empty(const struct policy_report *report);
bool policy_report_widens(const struct policy_report *report); /* true for an unreadable one */

/* As policy_write(), and what to say when there is no change or no way to tell. */
void policy_report_write(const struct policy_report *report, struct buf *out);
void policy_report_subject(const struct policy_report *report, struct name sandbox, bool fleet,
                           struct buf *out);
/* As policy_write_json(); an unreadable one is an item whose direction is "unknown". */
void policy_report_json(const struct policy_report *report, struct name sandbox,
                        struct json_writer *j);

#endif
