/* Words of ASCII, compared; and the nearest one to a word that nobody knows. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

bool words_equal_ignoring_case(const char *a, const char *b);
bool words_starts_ignoring_case(const char *s, const char *prefix);

/* How many characters must be changed, added, dropped or swapped to make a of b. Capped at 64. */
size_t words_distance(const char *a, const char *b);

/* Collects the nearest of many words: start with {.wanted = …}, offer each, read .best (NULL when
 * none is near enough to be meant). */
struct words_nearest {
    const char *wanted, *best;
    size_t distance;
};
void words_offer(struct words_nearest *nearest, const char *candidate);

#endif
