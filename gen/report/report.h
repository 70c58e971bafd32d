/*
 * What a log of the proxy's says, as one page of HTML: who was asked, how often, with which
 * credential; what was refused, and what would let it pass; when. Lines are as hostile as the agent
 * (lint/decisions.h), and any number of them: what is kept of them is bounded, and what is left out
 * for that is told.
 */
#ifndef REPORT_H
#define REPORT_H

#include "base/buf.h"
#include "lint/decisions.h"

struct report;

/* since, until: as "2026-01-31T12:00:00", in UTC; NULL: all that there is. Lines without a time are
 * left out where one is given. */
struct report *report_new(const char *since, const char *until);
void report_free(struct report *report); /* NULL is none */

/* NULL, or why it can't be read. Several logs may follow each other. */
const char *report_read(struct report *report, int descriptor);
const struct decisions_tally *report_tally(const struct report *report);

/* source: how the log is called. */
void report_page(const struct report *report, struct text source, struct buf *out);

#endif
