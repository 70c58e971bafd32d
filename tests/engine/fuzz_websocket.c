/*
 * libFuzzer's harness: any bytes as the frames of a server. What goes on are frames of one reading,
 * with messages of the same length, and never the secret; in pieces the same as at once. The first
 * byte says how long the pieces are.
 */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/websocket.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define SECRET "secret-0123"
#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what))                                                                               \
            die("does not hold: %s", #what);                                                       \
    } while (0)

static struct forms *forms;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    forms = forms_new(SECRET, sizeof SECRET - 1);
    return 0;
}

/* What a client makes of frames: messages one after the other, and control frames apart. */
struct read {
    struct buf messages, controls;
    size_t whole;    /* messages that have ended */
    bool has_secret; /* one message alone; two may have a half each */
};

static uint64_t number(const unsigned char *at, size_t n) {
    uint64_t made = 0;
    while (n--)
        made = made << 8 | *at++;
    return made;
}

static bool has_secret(const char *text, size_t length) {
    for (size_t i = 0; i + sizeof SECRET - 1 <= length; i++)
        if (memcmp(text + i, SECRET, sizeof SECRET - 1) == 0)
            return true;
    return false;
}

/* strict: only whole frames, as they go on; else what came in, whose last may be cut off. */
static struct read read_frames(const unsigned char *data, size_t size, bool strict) {
    struct read read = {0};
    bool in_message = false;
    size_t begins = 0; /* where the message does, in messages */
    for (size_t at = 0; at < size;) {
        if (!strict && size - at < 2)
            break;
        MUST(size - at >= 2);
        unsigned char first = data[at], length = data[at + 1];
        size_t more = (length & 127) == 127 ? 8 : (length & 127) == 126 ? 2 : 0;
        if (!strict && size - at - 2 < more)
            break;
        MUST(!(first & 0x70) && !(length & 0x80));
        MUST(size - at - 2 >= more);
        uint64_t n = more ? number(data + at + 2, more) : length;
        at += 2 + more;
        if (!strict && n > size - at)
            n = size - at;
        MUST(n <= size - at);
        if (strict && more) /* the shortest that is enough: RFC 6455, 5.2 */
            MUST(n >= (more == 2 ? 126u : 65536u));
        if (first & 8) {
            MUST((first & 0x80) && n <= 125);
            buf_add(&read.controls, &first, 1);
            buf_add(&read.controls, data + at, (size_t)n);
        } else {
            MUST(!(first & 15) == in_message);
            begins = in_message ? begins : read.messages.len;
            buf_add(&read.messages, data + at, (size_t)n);
            in_message = !(first & 0x80);
            read.whole += !in_message;
            size_t so_far = read.messages.len - begins;
            read.has_secret |= so_far && has_secret(read.messages.data + begins, so_far);
        }
        at += (size_t)n;
    }
    return read;
}

static bool feed(const uint8_t *data, size_t size, size_t step, struct buf *out) {
    struct websocket *websocket = websocket_new(&forms, 1);
    bool agreed = true;
    for (size_t at = 0, n; agreed && at < size; at += n) {
        n = at + step < size ? step : size - at;
        char *part = must_alloc(n); /* of its own size, for the sanitizer */
        memcpy(part, data + at, n);
        agreed = websocket_feed(websocket, part, n, out);
        free(part);
    }
    websocket_free(websocket);
    return agreed;
}

static void read_free(struct read *read) {
    buf_free(&read->messages);
    buf_free(&read->controls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf out = {0}, other = {0};
    if (size < 1)
        return 0;
    size_t step = 1 + data[0] % 40u;
    bool agreed = feed(data + 1, size - 1, size, &out);
    MUST(feed(data + 1, size - 1, step, &other) == agreed);
    struct read whole = read_frames((const unsigned char *)out.data, out.len, true),
                pieces = read_frames((const unsigned char *)other.data, other.len, true);
    MUST(whole.whole == pieces.whole && whole.messages.len == pieces.messages.len);
    MUST(!whole.messages.len ||
         memcmp(whole.messages.data, pieces.messages.data, whole.messages.len) == 0);
    MUST(whole.controls.len == pieces.controls.len);
    MUST(!whole.controls.len ||
         memcmp(whole.controls.data, pieces.controls.data, whole.controls.len) == 0);
    MUST(!whole.has_secret);
    if (agreed) {
        struct read before = read_frames(data + 1, size - 1, false);
        MUST(whole.whole <= before.whole && whole.messages.len <= before.messages.len);
        MUST(whole.controls.len <= before.controls.len);
        read_free(&before);
    }
    read_free(&whole);
    read_free(&pieces);
    buf_free(&out);
    buf_free(&other);
    return 0;
}
