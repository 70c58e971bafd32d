/*
 * What the unit tests of the writers share: a hostile corpus, and a program of the target's own
 * that reads back what a writer wrote.
 */
#ifndef ROUND_TRIP_H
#define ROUND_TRIP_H

#include "base/buf.h"

/* shown: how people see it, where that differs: characters that leave no mark stand by number. */
struct hostile {
    const char *in, *shown;
};
extern const struct hostile hostile[];
extern const size_t hostile_count;

/* Runs "COMMAND FILE" with input in FILE and appends what it prints; ends the test when it fails.
 */
void run_on(const char *command, const struct buf *input, struct buf *output);

void expect_true(const char *what, bool truth);
void expect_equal(const char *what, const char *got, const char *want);
/* The next NUL-terminated string in [p, end) is want; returns what follows it. */
const char *expect_next(const char *what, const char *p, const char *end, const char *want);

/* Prints the count; the exit code of main(). */
int finish(void);

#endif
