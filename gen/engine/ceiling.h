/*
 * Ceilings of rules and credentials: so many requests, bytes or tokens in each window, which begin
 * with the seconds, minutes, hours and days of UTC; modules/proxy/ceiling.py, in C. They are
 * counted in memory, and outlive the policy that they stand in: what is under way counts on, and a
 * new policy takes over those of the old one.
 */
#ifndef CEILING_H
#define CEILING_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum ceiling_kind { CEILING_REQUESTS, CEILING_BYTES, CEILING_TOKENS, CEILING_KINDS };

struct ceiling {
    size_t references;
    enum ceiling_kind kind;
    int64_t count, seconds;
    int64_t window, used;
    char *whose;    /* "the rule for *.example.org" */
    char *identity; /* with another one the counting begins again */
    char *together; /* rules with the same word here share it; or NULL */
};

/* What a rule or a credential has, NULL where it has none. */
struct ceiling_set {
    struct ceiling *v[CEILING_KINDS];
};

struct ceiling *ceiling_ref(struct ceiling *ceiling);
void ceiling_unref(struct ceiling *ceiling); /* NULL is none */

/* NULL: there is room in all for one more request, with so many bytes, and it is counted, but for
 * one who peeks. Else the one that opens last of those where there is none. */
struct ceiling *ceilings_full(const struct ceiling_set *ceilings, int64_t now, uint64_t length,
                              bool peeks);
/* Whether so many bytes fit; they are counted. Where they do not, all that is left is. */
bool ceiling_takes(struct ceiling *ceiling, int64_t now, uint64_t n);
/* As ceiling_takes() would say, and nothing is counted. */
bool ceiling_fits(struct ceiling *ceiling, int64_t now, uint64_t n);
/* Counts what has been spent already, whether it fits or not. */
void ceiling_spend(struct ceiling *ceiling, int64_t now, uint64_t n);
int64_t ceiling_opens(const struct ceiling *ceiling); /* again, once it is full */

/* Why what is asked for ("GET example.org/a") does not pass; NULL: what passes is cut. */
const char *ceiling_reason(const struct ceiling *ceiling, const char *what, struct arena *arena);

#endif
