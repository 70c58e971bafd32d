#include "engine/wiped.h"
#include "base/buf_raw.h"

#include <openssl/crypto.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* In front of each piece: how long it is. */
union head {
    size_t length;
    max_align_t aligned;
};

static void *give(size_t length, void *context) {
    union head *head = length <= SIZE_MAX - sizeof *head ? malloc(sizeof *head + length) : NULL;
    (void)context;
    if (!head)
        return NULL;
    head->length = length;
    return head + 1;
}

static void take_back(void *piece, void *context) {
    union head *head = piece;
    (void)context;
    if (!head)
        return;
    head--;
    OPENSSL_cleanse(head, sizeof *head + head->length);
    free(head);
}

static void *give_zeroed(size_t count, size_t size, void *context) {
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *piece = give(count * size, context);
    if (piece)
        memset(piece, 0, count * size);
    return piece;
}

static void *give_another(void *piece, size_t length, void *context) {
    void *other = give(length, context);
    if (piece && other) {
        size_t before = ((union head *)piece - 1)->length;
        memcpy(other, piece, before < length ? before : length);
        take_back(piece, context);
    }
    return other;
}

nghttp2_mem *wiped_memory(void) {
    static nghttp2_mem memory = {NULL, give, take_back, give_zeroed, give_another};
    return &memory;
}

void wiped_free(struct buf *buf) {
    if (buf->data)
        OPENSSL_cleanse(buf->data, buf->cap);
    buf_free(buf);
}

void wiped_add(struct buf *buf, const void *data, size_t length) {
    if (buf->len && buf->cap - buf->len <= length) {
        struct buf larger = {0};
        buf_room(&larger, 2 * (buf->len + length));
        buf_add(&larger, buf->data, buf->len);
        wiped_free(buf);
        *buf = larger;
    }
    buf_add(buf, data, length);
}
