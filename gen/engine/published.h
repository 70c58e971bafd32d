/*
 * What indexes have told: when each file of a package was published. In memory alone; the oldest
 * word is forgotten first.
 */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#include <stddef.h>
#include <stdint.h>

/* No time at all. */
#define PUBLISHED_UNKNOWN INT64_MIN

struct published_file {
    const char *file; /* package_file() */
    int64_t when;     /* seconds since the epoch */
};

/* In place of what was told of that package; all is copied. index: package_url(). */
void published_note(const char *index, const char *name, const struct published_file *files,
                    size_t count);
/* The latest time that any package of the index gives it, or PUBLISHED_UNKNOWN. */
int64_t published_when(const char *index, const char *file);

#endif
