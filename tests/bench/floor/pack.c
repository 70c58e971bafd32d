/* One pack of whole objects, deflated at level 1, and its index (gitformat-pack). */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct object {
    struct id id;
    uint32_t crc, offset;
};

static struct bytes pack;
static struct object *objects;
static size_t object_count, object_cap;
static uint32_t *slots; /* a hash table of object numbers, counted from 1 */
static size_t slot_count;
static z_stream stream;

static size_t slot_of(const struct id *id) {
    uint32_t key;
    memcpy(&key, id->v, sizeof key);
    size_t at = key % slot_count;
    while (slots[at] && memcmp(objects[slots[at] - 1].id.v, id->v, 20) != 0)
        at = (at + 1) % slot_count;
    return at;
}

static void grow(void) {
    object_cap = object_cap ? 2 * object_cap : 512;
    objects = realloc(objects, object_cap * sizeof *objects);
    if (!objects)
        give_up("memory");
    free(slots);
    slot_count = 4 * object_cap;
    slots = allocate(slot_count * sizeof *slots);
    for (size_t i = 0; i < object_count; i++)
        slots[slot_of(&objects[i].id)] = (uint32_t)i + 1;
}

static void start(void) {
    if (pack.n)
        return;
    bytes_add(&pack, "PACK\0\0\0\2\0\0\0\0", 12);
    if (deflateInit(&stream, 1) != Z_OK)
        give_up("zlib");
}

static void put_entry(enum object_type type, const void *data, size_t n) {
    unsigned char head[10];
    size_t rest = n >> 4, k = 0;
    head[0] = (unsigned char)((unsigned)type << 4 | (n & 15));
    for (; rest; rest >>= 7) {
        head[k++] |= 0x80;
        head[k] = rest & 0x7f;
    }
    bytes_add(&pack, head, k + 1);
    size_t bound = deflateBound(&stream, n);
    if (pack.cap - pack.n < bound) {
        pack.cap = 2 * (pack.n + bound);
        if (!(pack.data = realloc(pack.data, pack.cap)))
            give_up("memory");
    }
    deflateReset(&stream);
    stream.next_in = (unsigned char *)data, stream.avail_in = (unsigned)n;
    stream.next_out = pack.data + pack.n, stream.avail_out = (unsigned)bound;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        give_up("zlib");
    pack.n += bound - stream.avail_out;
}

struct id pack_add(enum object_type type, const void *data, size_t n) {
    static const char *const names[] = {"", "commit", "tree", "blob"};
    char head[32];
    struct sha1 s;
    sha1_start(&s);
    sha1_add(&s, head, (size_t)snprintf(head, sizeof head, "%s %zu", names[type], n) + 1);
    sha1_add(&s, data, n);
    struct id id = sha1_end(&s);
    start();
    if (object_count == object_cap)
        grow();
    size_t slot = slot_of(&id);
    if (slots[slot])
        return id;
    struct object *object = &objects[object_count++];
    slots[slot] = (uint32_t)object_count;
    *object = (struct object){.id = id, .offset = (uint32_t)pack.n};
    put_entry(type, data, n);
    object->crc = (uint32_t)crc32(0, pack.data + object->offset, (unsigned)pack.n - object->offset);
    return id;
}

static int by_id(const void *a, const void *b) {
    return memcmp(((const struct object *)a)->id.v, ((const struct object *)b)->id.v, 20);
}

static struct id add_sum(struct bytes *bytes) {
    struct sha1 s;
    sha1_start(&s);
    sha1_add(&s, bytes->data, bytes->n);
    struct id sum = sha1_end(&s);
    bytes_add(bytes, sum.v, 20);
    return sum;
}

static struct bytes make_index(const struct id *pack_sum) {
    struct bytes index = {0};
    bytes_add(&index, "\377tOc\0\0\0\2", 8);
    qsort(objects, object_count, sizeof *objects, by_id);
    for (unsigned first = 0, n = 0; first < 256; first++) {
        while (n < object_count && objects[n].id.v[0] == first)
            n++;
        bytes_u32(&index, n);
    }
    for (size_t i = 0; i < object_count; i++)
        bytes_add(&index, objects[i].id.v, 20);
    for (size_t i = 0; i < object_count; i++)
        bytes_u32(&index, objects[i].crc);
    for (size_t i = 0; i < object_count; i++)
        bytes_u32(&index, objects[i].offset);
    bytes_add(&index, pack_sum->v, 20);
    add_sum(&index);
    return index;
}

void pack_write(const char *folder) {
    for (int i = 0; i < 4; i++)
        pack.data[8 + i] = (unsigned char)(object_count >> (24 - 8 * i));
    struct id sum = add_sum(&pack);
    struct bytes index = make_index(&sum);
    char hex[41], new_pack[4096], new_index[4096], name[4096];
    id_hex(&sum, hex);
    snprintf(new_pack, sizeof new_pack, "%s/tmp_pack_%s", folder, hex);
    snprintf(new_index, sizeof new_index, "%s/tmp_idx_%s", folder, hex);
    write_durably(new_pack, pack.data, pack.n);
    write_durably(new_index, index.data, index.n);
    snprintf(name, sizeof name, "%s/pack-%s.pack", folder, hex);
    if (rename(new_pack, name) < 0)
        give_up(name);
    snprintf(name, sizeof name, "%s/pack-%s.idx", folder, hex);
    if (rename(new_index, name) < 0)
        give_up(name);
    sync_folder(folder);
    free(index.data);
}
