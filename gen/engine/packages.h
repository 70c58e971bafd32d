/*
 * Indexes of packages without what is too young: npm's packuments (github.com/npm/registry,
 * package-metadata) and PyPI's simple API (PEP 503, 691, 700). modules/proxy/packages.py, in C.
 */
#ifndef PACKAGES_H
#define PACKAGES_H

#include "base/buf.h"
#include "engine/cooldown.h"
#include "engine/published.h"

enum { PACKAGES_LONGEST = 24 * 1024 * 1024 }; /* of an index, in bytes */

struct packages_thinned {
    const char *kind;      /* Content-Type */
    size_t left, left_out; /* versions, or files */
};

/* Puts in place of the index's body what goes on, or nothing where it is only noted when each of
 * its files was published, which is noted in any case. Why nothing goes on, as a sentence, or NULL.
 * now: in seconds since the epoch. */
const char *packages_thin(const struct aged *aged, struct buf *body, bool only_noted, int64_t now,
                          struct arena *arena, struct packages_thinned *thinned);
/* Why an index is not usable, as that sentence. */
const char *packages_unusable(struct arena *arena, const struct aged *aged, const char *why);
/* Of a file: why it does not go on, or NULL. */
const char *packages_refuse(struct arena *arena, const struct aged *aged, int64_t now);
/* Whether the index has to be read before that can be said. */
bool packages_unknown(struct arena *arena, const struct aged *aged);

#endif
