#include "git/pack.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "git/sha1.h"

#include <libdeflate.h>

#include <stdlib.h>
#include <string.h>

enum { HEADER = 12, TRAILER = 20 };

/* -- deflating -- */

struct deflater {
    struct libdeflate_compressor *compressor;
};

struct deflater *deflater_new(enum deflater_effort effort) {
    struct deflater *deflater = must_alloc(sizeof *deflater);
    deflater->compressor = libdeflate_alloc_compressor(effort == DEFLATE_FAST ? 1 : 12);
    if (!deflater->compressor)
        die("libdeflate does not start");
    return deflater;
}

void deflater_free(struct deflater *deflater) {
    if (deflater)
        libdeflate_free_compressor(deflater->compressor);
    free(deflater);
}

void deflater_run(struct deflater *deflater, const void *data, size_t n, struct buf *out) {
    size_t bound = libdeflate_zlib_compress_bound(deflater->compressor, n);
    out->len = 0;
    buf_room(out, bound);
    out->len = libdeflate_zlib_compress(deflater->compressor, data, n, out->data, bound);
    if (out->len == 0)
        die("libdeflate does not end");
}

/* -- the set of ids in a pack -- */

static size_t hash_of(const struct object_id *id) {
    size_t hash;
    memcpy(&hash, id->bytes, sizeof hash);
    return hash;
}

/* The slot that holds the id, or the free one where it belongs. */
static size_t find_slot(const struct pack *pack, const struct object_id *id) {
    size_t mask = pack->slot_count - 1, at = hash_of(id) & mask;
    while (pack->slots[at] && !object_same(&pack->entries[pack->slots[at] - 1].id, id))
        at = (at + 1) & mask;
    return at;
}

static void grow_slots(struct pack *pack) {
    pack->slot_count = pack->slot_count ? 2 * pack->slot_count : 256;
    free(pack->slots);
    pack->slots = must_alloc(pack->slot_count * sizeof *pack->slots);
    for (size_t i = 0; i < pack->n; i++)
        pack->slots[find_slot(pack, &pack->entries[i].id)] = (uint32_t)i + 1;
}

bool pack_has(const struct pack *pack, const struct object_id *id) {
    return pack->slot_count && pack->slots[find_slot(pack, id)];
}

/* -- entries -- */

void pack_free(struct pack *pack) {
    buf_free(&pack->bytes);
    free(pack->entries);
    free(pack->slots);
    *pack = (struct pack){0};
}

static void note_entry(struct pack *pack, const struct object_id *id) {
    if (2 * (pack->n + 1) > pack->slot_count)
        grow_slots(pack);
    if (pack->n == pack->cap) {
        pack->cap = pack->cap ? 2 * pack->cap : 128;
        pack->entries = must_realloc(pack->entries, pack->cap * sizeof *pack->entries);
    }
    pack->slots[find_slot(pack, id)] = (uint32_t)pack->n + 1;
    pack->entries[pack->n++] = (struct pack_entry){.id = *id, .offset = pack->bytes.len};
}

/* Three bits of type, and the size: four bits in the first byte, then seven in each. */
static void add_head(struct buf *out, enum object_type type, size_t size) {
    unsigned byte = (unsigned)type << 4 | (size & 15);
    for (size >>= 4; size; size >>= 7) {
        buf_char(out, (char)(byte | 0x80));
        byte = size & 0x7f;
    }
    buf_char(out, (char)byte);
}

void pack_add(struct pack *pack, const struct pack_object *object) {
    static const char header[HEADER] = "PACK\0\0\0\2";
    if (pack_has(pack, &object->id))
        return;
    if (pack->bytes.len == 0)
        buf_add(&pack->bytes, header, HEADER);
    note_entry(pack, &object->id);
    struct pack_entry *entry = &pack->entries[pack->n - 1];
    add_head(&pack->bytes, object->type, object->size);
    buf_add(&pack->bytes, object->stream, object->length);
    entry->crc =
        libdeflate_crc32(0, pack->bytes.data + entry->offset, pack->bytes.len - entry->offset);
}

/* zlib's own form of bytes that are not deflated: blocks of at most 65535. */
static void store_plain(const unsigned char *data, size_t n, struct buf *out) {
    uint32_t sum = libdeflate_adler32(1, data, n);
    buf_add(out, "\x78\x01", 2);
    do {
        size_t part = n > 65535 ? 65535 : n;
        const unsigned char head[] = {part == n, part & 255, (unsigned char)(part >> 8),
                                      ~part & 255, (unsigned char)(~part >> 8 & 255)};
        buf_add(out, head, sizeof head);
        buf_add(out, data, part);
        data += part;
        n -= part;
    } while (n);
    const unsigned char tail[] = {(unsigned char)(sum >> 24), (unsigned char)(sum >> 16),
                                  (unsigned char)(sum >> 8), (unsigned char)sum};
    buf_add(out, tail, sizeof tail);
}

void pack_add_plain(struct pack *pack, enum object_type type, const struct object_id *id,
                    const void *data, size_t n) {
    if (pack_has(pack, id))
        return;
    BUF_CLEANUP struct buf stream = {0};
    store_plain(data, n, &stream);
    pack_add(pack,
             &(struct pack_object){*id, type, n, (const unsigned char *)stream.data, stream.len});
}

/* -- the end, and the index -- */

static void put_32(unsigned char *p, uint64_t n) {
    for (size_t i = 0; i < 4; i++)
        p[i] = (unsigned char)(n >> (24 - 8 * i));
}

static void add_32(struct buf *out, uint64_t n) {
    unsigned char bytes[4];
    put_32(bytes, n);
    buf_add(out, bytes, sizeof bytes);
}

static void add_sum(struct buf *out, unsigned char sum[TRAILER]) {
    struct sha1 sha1;
    sha1_start(&sha1);
    sha1_add(&sha1, out->data, out->len);
    sha1_end(&sha1, sum);
    buf_add(out, sum, TRAILER);
}

static int by_id(const void *a, const void *b) {
    return memcmp(((const struct pack_entry *)a)->id.bytes,
                  ((const struct pack_entry *)b)->id.bytes, 20);
}

void pack_write_index(struct pack_entry *entries, size_t n, const unsigned char sum[20],
                      struct buf *index) {
    static const char header[] = "\377tOc\0\0\0\2";
    unsigned char own[TRAILER];
    size_t large = 0;
    qsort(entries, n, sizeof *entries, by_id);
    buf_add(index, header, 8);
    for (size_t byte = 0, at = 0; byte < 256; byte++) {
        while (at < n && entries[at].id.bytes[0] <= byte)
            at++;
        add_32(index, at);
    }
    for (size_t i = 0; i < n; i++)
        buf_add(index, entries[i].id.bytes, 20);
    for (size_t i = 0; i < n; i++)
        add_32(index, entries[i].crc);
    for (size_t i = 0; i < n; i++)
        add_32(index, entries[i].offset >> 31 ? 0x80000000u | large++ : entries[i].offset);
    for (size_t i = 0; i < n; i++)
        if (entries[i].offset >> 31) {
            add_32(index, entries[i].offset >> 32);
            add_32(index, entries[i].offset & 0xffffffffu);
        }
    buf_add(index, sum, TRAILER);
    add_sum(index, own);
}

void pack_finish(struct pack *pack, struct buf *index, char name[41]) {
    struct object_id sum;
    if (pack->n == 0)
        die("a pack without objects");
    put_32((unsigned char *)pack->bytes.data + 8, pack->n);
    add_sum(&pack->bytes, sum.bytes);
    object_hex(&sum, name);
    pack_write_index(pack->entries, pack->n, sum.bytes, index);
    free(pack->slots); /* they point into the order of before */
    pack->slots = NULL;
    pack->slot_count = 0;
}
