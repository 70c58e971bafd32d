/* Patterns of a rule's paths: which of them lets through all that another does. */
#ifndef PATH_PATTERN_H
#define PATH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether pattern a lets through every path that b does; false when that is not plain to see. */
bool path_pattern_covers(const char *a, const char *b);

/* Whether a path may match both; of patterns that are spelled in one way (url_path.h). */
bool path_patterns_meet(const char *a, const char *b);

/* How long is what a pattern begins with: one of its wildcards, or one byte of itself. */
size_t path_pattern_token(const char *s);
/* Whether one segment's "*" takes in what a pattern begins with. */
bool path_pattern_stays_inside(const char *s);

#endif
