/* Any bytes as what an operator's terminal types (libFuzzer): no key is lost, and without a
 * question all comes as it was typed, however it is cut. The first byte says which questions stand,
 * the second how it is cut. */
#include "terminal/replies.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void must(bool holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    if (length < 2 || length > 4096)
        return 0;
    struct replies replies = {.length = 0};
    struct questions asked = {.count = 0};
    for (unsigned i = 0; i <= ASKED_A_COLOUR; i++)
        if (*data >> i & 1)
            asked.queue[asked.count++] = (unsigned char)i;
    size_t before = asked.count, piece = (size_t)data[1] + 1, wrote = 0;
    const char *typed = (const char *)data + 2;
    length -= 2;
    char *out = malloc(REPLIES_ROOM(length));
    for (size_t at = 0; at < length; at += piece) {
        size_t some = length - at < piece ? length - at : piece;
        char *room = malloc(REPLIES_ROOM(some));
        size_t got = replies_take(&replies, &asked, typed + at, some, room);
        must(wrote + got <= REPLIES_ROOM(length));
        memcpy(out + wrote, room, got);
        wrote += got;
        free(room);
    }
    wrote += replies_give_up(&replies, out + wrote);
    must(asked.count <= before);
    /* Only an answer to what it is comes as another. */
    bool is_other = (*data & 3) && asked.count < before;
    must(is_other || (wrote == length && !memcmp(out, typed, length)));
    free(out);
    return 0;
}
