/* Several packs become one: entries are copied as they are. Pure but for where they are written. */
#ifndef FOLD_H
#define FOLD_H

#include "base/buf.h"

struct fold_source { /* one pack: all of its bytes, and of its index's */
    const unsigned char *pack, *index;
    size_t pack_length, index_length;
};

/* How many objects an index names; 0 when it is not of version 2, or cut short. */
size_t fold_count(const unsigned char *index, size_t length);

/* Writes the new pack with write, its index and the name of both to the others. A source that is
 * damaged, or holds deltas, whose bytes mean nothing elsewhere, is left out: taken says which are
 * not. False when write failed, or fewer than least were taken. */
bool fold_packs(const struct fold_source *sources, size_t n, size_t least, bool *taken,
                bool (*write)(const void *data, size_t n, void *context), void *context,
                struct buf *index, char name[41]);

#endif
