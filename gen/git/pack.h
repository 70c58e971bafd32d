/*
 * Git's packs (gitformat-pack, version 2, without deltas) and their indexes (version 2): bytes in,
 * bytes out. Pure; libdeflate deflates.
 */
#ifndef PACK_H
#define PACK_H

#include "git/object.h"

#include <stdint.h>

/* An object that is deflated already. */
struct pack_object {
    struct object_id id;
    enum object_type type;
    size_t size; /* as it is when inflated */
    const unsigned char *stream;
    size_t length;
};

/* Deflates one object after another; one a thread. */
struct deflater;
enum deflater_effort {
    DEFLATE_FAST,
    DEFLATE_SMALL, /* slow: for what is deflated once, when this is built */
};
struct deflater *deflater_new(enum deflater_effort effort);
void deflater_free(struct deflater *deflater);
/* Replaces what is in out. */
void deflater_run(struct deflater *deflater, const void *data, size_t n, struct buf *out);

struct pack_entry {
    struct object_id id;
    uint32_t crc;
    uint64_t offset;
};

struct pack { /* {0} at the start; pack_free() at the end */
    struct buf bytes;
    struct pack_entry *entries;
    size_t n, cap;
    uint32_t *slots; /* a table of the ids: indexes into entries, one more; 0: free */
    size_t slot_count;
};

void pack_free(struct pack *pack);
bool pack_has(const struct pack *pack, const struct object_id *id);
/* Nothing when it is in there already. */
void pack_add(struct pack *pack, const struct pack_object *object);
/* The same for one that is not deflated; it is kept as it is (small, or of ids, which are noise).
 */
void pack_add_plain(struct pack *pack, enum object_type type, const struct object_id *id,
                    const void *data, size_t n);

/* Ends the pack, writes its index, and names both: pack-NAME.pack, pack-NAME.idx. */
void pack_finish(struct pack *pack, struct buf *index, char name[41]);

/* For who writes a pack elsewhere: sorts the entries; sum is the pack's own last twenty bytes. */
void pack_write_index(struct pack_entry *entries, size_t n, const unsigned char sum[20],
                      struct buf *index);

#endif
