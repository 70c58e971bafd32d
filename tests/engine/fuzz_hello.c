/* Any bytes as the beginning of a tunnel (libFuzzer): the first says how much of the rest has come
 * when it is asked for the first time, and where its first record is cut in two. What was told of a
 * part stays true of the whole, and no cut makes another name of a ClientHello. */
#include "engine/hello.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static bool is_same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void must(bool holds) {
    if (!holds)
        abort();
}

/* The first record as two, the first of which has this many bytes. */
static void cut(struct arena *arena, const char *data, size_t length, size_t at, const char *name) {
    const unsigned char *head = (const unsigned char *)data;
    size_t whole = (size_t)head[3] << 8 | head[4];
    if (!at || at >= whole)
        return;
    const char *found;
    char *pieces = arena_alloc(arena, length + 5);
    memcpy(pieces, data, 5 + at);
    memcpy(pieces + 5 + at, data, 5);
    memcpy(pieces + 10 + at, data + 5 + at, length - 5 - at);
    pieces[3] = (char)(at >> 8);
    pieces[4] = (char)at;
    pieces[8 + at] = (char)((whole - at) >> 8);
    pieces[9 + at] = (char)(whole - at);
    must(hello_read(arena, pieces, length + 5, &found) == HELLO_DONE && is_same(found, name));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (!length)
        return 0;
    const char *data = (const char *)bytes + 1, *name, *early_name;
    size_t part = bytes[0] < --length ? bytes[0] : length;
    struct arena *arena = arena_new();
    enum begin begins = begin_of(data, length), early_begins = begin_of(data, part);
    enum hello state = hello_read(arena, data, length, &name);
    enum hello early = hello_read(arena, data, part, &early_name);
    must(early_begins == BEGIN_MORE || early_begins == begins);
    must(early == HELLO_MORE || (early == state && is_same(early_name, name)));
    if (state == HELLO_DONE) {
        must(begins == BEGIN_TLS && (!name || (*name && strlen(name) <= 255)));
        cut(arena, data, length, bytes[0], name);
    }
    arena_free(arena);
    return 0;
}
