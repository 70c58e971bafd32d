#include "git/fold.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "git/pack.h"
#include "git/sha1.h"

#include <libdeflate.h>

#include <stdlib.h>
#include <string.h>

enum { INDEX_HEAD = 8, FAN_OUT = 1024, TRAILERS = 40, PACK_HEAD = 12, PACK_TAIL = 20 };

struct piece { /* one object of one source */
    struct pack_entry entry;
    const struct fold_source *source;
    uint64_t end; /* where the next one begins in its source */
};

static uint32_t get_32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

size_t fold_count(const unsigned char *index, size_t length) {
    if (length < INDEX_HEAD + FAN_OUT + TRAILERS ||
        memcmp(index, "\377tOc\0\0\0\2", INDEX_HEAD) != 0)
        return 0;
    size_t n = get_32(index + INDEX_HEAD + FAN_OUT - 4);
    return (length - INDEX_HEAD - FAN_OUT - TRAILERS) / 28 >= n ? n : 0;
}

/* -- reading an index -- */

/* Offsets of 2 GiB and more stand in a table of their own: such packs are left as they are. */
static bool read_pieces(const struct fold_source *source, struct piece *pieces, size_t n) {
    const unsigned char *ids = source->index + INDEX_HEAD + FAN_OUT, *sums = ids + 20 * n,
                        *offsets = sums + 4 * n;
    for (size_t i = 0; i < n; i++) {
        struct piece *piece = &pieces[i];
        uint32_t offset = get_32(offsets + 4 * i);
        if (offset >> 31 || offset < PACK_HEAD || offset >= source->pack_length - PACK_TAIL)
            return false;
        memcpy(piece->entry.id.bytes, ids + 20 * i, 20);
        piece->entry.crc = get_32(sums + 4 * i);
        piece->entry.offset = offset;
        piece->source = source;
    }
    return true;
}

static int by_offset(const void *a, const void *b) {
    const struct piece *x = a, *y = b;
    return (x->entry.offset > y->entry.offset) - (x->entry.offset < y->entry.offset);
}

/* Entries follow each other without a gap. */
static void find_ends(struct piece *pieces, size_t n, uint64_t end) {
    qsort(pieces, n, sizeof *pieces, by_offset);
    for (size_t i = 0; i < n; i++)
        pieces[i].end = i + 1 < n ? pieces[i + 1].entry.offset : end;
}

/* The sum in the index tells a damaged entry; bits 4 to 6 of its first byte, a delta. */
static bool is_whole(const struct piece *piece) {
    const unsigned char *data = piece->source->pack + piece->entry.offset;
    size_t n = (size_t)(piece->end - piece->entry.offset);
    unsigned type = data[0] >> 4 & 7;
    return type >= OBJECT_COMMIT && type <= 4 && libdeflate_crc32(0, data, n) == piece->entry.crc;
}

static bool add_source(const struct fold_source *source, struct piece *pieces, size_t n) {
    if (source->pack_length < PACK_HEAD + PACK_TAIL || !read_pieces(source, pieces, n))
        return false;
    find_ends(pieces, n, source->pack_length - PACK_TAIL);
    for (size_t i = 0; i < n; i++)
        if (!is_whole(&pieces[i]))
            return false;
    return true;
}

/* -- each object once -- */

static int by_id(const void *a, const void *b) {
    const struct piece *x = a, *y = b;
    return memcmp(x->entry.id.bytes, y->entry.id.bytes, 20);
}

static size_t drop_twins(struct piece *pieces, size_t n) {
    size_t kept = 0;
    qsort(pieces, n, sizeof *pieces, by_id);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !object_same(&pieces[kept - 1].entry.id, &pieces[i].entry.id))
            pieces[kept++] = pieces[i];
    return kept;
}

static int by_place(const void *a, const void *b) {
    const struct piece *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return by_offset(a, b);
}

/* -- writing -- */

struct output {
    bool (*write)(const void *data, size_t n, void *context);
    void *context;
    struct sha1 sha1;
};

static bool put(struct output *out, const void *data, size_t n) {
    sha1_add(&out->sha1, data, n);
    return out->write(data, n, out->context);
}

static bool put_pieces(struct output *out, const struct piece *pieces, size_t n,
                       struct pack_entry *entries) {
    unsigned char head[PACK_HEAD] = {'P', 'A', 'C', 'K', 0, 0, 0, 2};
    uint64_t at = PACK_HEAD;
    for (size_t i = 0; i < 4; i++)
        head[8 + i] = (unsigned char)(n >> (24 - 8 * i));
    bool done = put(out, head, sizeof head);
    for (size_t i = 0; done && i < n; i++) {
        size_t length = (size_t)(pieces[i].end - pieces[i].entry.offset);
        entries[i] = pieces[i].entry;
        entries[i].offset = at;
        at += length;
        done = put(out, pieces[i].source->pack + pieces[i].entry.offset, length);
    }
    return done;
}

static bool write_folded(struct piece *pieces, size_t n, struct output *out, struct buf *index,
                         char name[41]) {
    struct pack_entry *entries = must_alloc(n * sizeof *entries);
    struct object_id sum;
    sha1_start(&out->sha1);
    bool done = put_pieces(out, pieces, n, entries);
    sha1_end(&out->sha1, sum.bytes);
    done = done && out->write(sum.bytes, sizeof sum.bytes, out->context);
    pack_write_index(entries, n, sum.bytes, index);
    object_hex(&sum, name);
    free(entries);
    return done;
}

bool fold_packs(const struct fold_source *sources, size_t n, size_t least, bool *taken,
                bool (*write)(const void *data, size_t n, void *context), void *context,
                struct buf *index, char name[41]) {
    struct output out = {.write = write, .context = context};
    size_t count = 0, at = 0, some = 0;
    for (size_t i = 0; i < n; i++)
        count += fold_count(sources[i].index, sources[i].index_length);
    struct piece *pieces = must_alloc(count * sizeof *pieces);
    for (size_t i = 0; i < n; i++) {
        size_t here = fold_count(sources[i].index, sources[i].index_length);
        taken[i] = here > 0 && add_source(&sources[i], pieces + at, here);
        at += taken[i] ? here : 0;
        some += taken[i];
    }
    bool good = some >= least;
    if (good) {
        count = drop_twins(pieces, at);
        qsort(pieces, count, sizeof *pieces, by_place);
        good = write_folded(pieces, count, &out, index, name);
    }
    free(pieces);
    return good;
}
