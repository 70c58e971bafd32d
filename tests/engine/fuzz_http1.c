/*
 * libFuzzer's harness: any bytes as HTTP/1's heads and chunks. What comes in pieces is read as what
 * comes at once, and what was read is written so that it is read again as the same. The first byte
 * says what is read, the second how long the pieces are.
 */
#include "base/buf.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/http1.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what))                                                                               \
            die("does not hold: %s", #what);                                                       \
    } while (0)

/* Of its own size, so that a sanitizer sees what is read behind it. */
static char *copy_of(const char *data, size_t length) {
    char *copy = must_alloc(length ? length : 1);
    if (length)
        memcpy(copy, data, length);
    return copy;
}

static bool holds(struct bytes b, const char *any) {
    for (size_t i = 0; i < b.n; i++)
        if (strchr(any, b.s[i]) && b.s[i])
            return true;
    return false;
}

static void check_fields(const struct fields *fields, bool answer) {
    for (size_t i = 0; i < fields->n; i++) {
        struct bytes name = fields->v[i].name, value = fields->v[i].value;
        MUST(name.n > 0 && !holds(name, ": \t\r\n()[]{}<>@,;\\\"/?="));
        MUST(!memchr(name.s, '\0', name.n));
        MUST(!holds(value, answer ? "\r\n" : "\n"));
        MUST(!answer || !value.n || !memchr(value.s, '\0', value.n));
        MUST(bytes_trim(value).n == value.n);
    }
}

static bool same(const struct fields *a, const struct fields *b) {
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!bytes_equal(a->v[i].name, b->v[i].name) || !bytes_equal(a->v[i].value, b->v[i].value))
            return false;
    return true;
}

/* What is written of a head is read as the same head. */
static void check_written(const struct http1_head *head, bool answer) {
    struct arena *arena = arena_new();
    struct buf out BUF_CLEANUP = {0};
    struct http1_head again;
    size_t seen = 0;
    const char *why;
    buf_str(&out, answer ? "HTTP/1.1 200 OK\r\n" : "GET / HTTP/1.1\r\n");
    http1_write_fields(&out, &head->fields);
    buf_str(&out, "\r\n");
    MUST(http1_read_head(arena, out.data, out.len, answer, &seen, &again, &why) == HTTP1_DONE);
    MUST(same(&again.fields, &head->fields) && again.length == out.len);
    arena_free(arena);
}

static void check_framing(const struct http1_head *head) {
    unsigned long long length;
    enum http1_framing framing = http1_answer_framing(head, false, http1_status(head), &length);
    bool coded = fields_have(&head->fields, "transfer-encoding"),
         counted = fields_have(&head->fields, "content-length");
    MUST(framing != FRAMING_CHUNKED || (coded && !counted));
    MUST(framing != FRAMING_LENGTH || (counted && !coded && length < 1000000000000000000));
    MUST(framing != FRAMING_CLOSE || (!counted && !coded));
    struct arena *arena = arena_new();
    struct fields fields = {0};
    for (size_t i = 0; i < head->fields.n; i++)
        fields_add(arena, &fields, head->fields.v[i].name, head->fields.v[i].value);
    http1_drop_hop(arena, &fields);
    MUST(!fields_have(&fields, "transfer-encoding") && !fields_have(&fields, "connection"));
    arena_free(arena);
}

static void read_head(const char *data, size_t size, bool answer, size_t step) {
    struct arena *arena = arena_new();
    struct http1_head head, piecewise;
    const char *why = NULL;
    size_t seen = 0;
    char *whole = copy_of(data, size);
    enum http1_state state = http1_read_head(arena, whole, size, answer, &seen, &head, &why),
                     other = HTTP1_MORE;
    MUST(state != HTTP1_WRONG || why);
    size_t at = 0;
    for (seen = 0; other == HTTP1_MORE && at < size;) {
        at = at + step < size ? at + step : size;
        char *part = copy_of(data, at);
        other = http1_read_head(arena, part, at, answer, &seen, &piecewise, &why);
        free(part);
    }
    MUST(other == state);
    if (state == HTTP1_DONE) {
        MUST(head.length <= size && data[head.length - 1] == '\n');
        MUST(piecewise.length == head.length && at < head.length + step);
        MUST(same(&piecewise.fields, &head.fields));
        check_fields(&head.fields, answer);
        MUST(!holds(head.first[0], " \r\n") && !holds(head.first[1], " \n"));
        MUST(!answer || (http1_status(&head) >= 100 && !holds(head.first[2], "\r\n")));
        if (!answer)
            MUST(!holds(head.first[2], "\n"));
        bool plain = true; /* a request's value may hold what admit.c refuses */
        for (size_t i = 0; i < head.fields.n; i++)
            plain = plain && !holds(head.fields.v[i].value, "\r");
        if (plain)
            check_written(&head, answer);
        if (answer)
            check_framing(&head);
    }
    free(whole);
    arena_free(arena);
}

struct chunked {
    struct buf body;
    struct fields trailers;
    enum http1_state state;
    size_t taken;
};

static struct chunked read_chunks(struct arena *arena, const char *data, size_t size, bool lenient,
                                  size_t step) {
    struct chunked made = {.state = HTTP1_MORE};
    struct http1_chunks chunks = {.lenient = lenient};
    while (made.state == HTTP1_MORE && made.taken < size) {
        size_t length = made.taken + step < size ? step : size - made.taken;
        char *part = copy_of(data + made.taken, length);
        for (size_t at = 0; made.state == HTTP1_MORE && at < length;) {
            struct bytes piece;
            size_t n;
            made.state = http1_read_chunks(&chunks, part + at, length - at, &n, &piece, arena,
                                           &made.trailers);
            MUST(n > 0 || made.state == HTTP1_WRONG);
            MUST(n <= length - at && (!piece.n || (piece.s >= part + at && piece.n <= n)));
            buf_add(&made.body, piece.s, piece.n);
            at += n;
            made.taken += n;
        }
        free(part);
    }
    http1_chunks_free(&chunks);
    return made;
}

static void read_body(const char *data, size_t size, bool lenient, size_t step) {
    struct arena *arena = arena_new();
    struct chunked whole = read_chunks(arena, data, size, lenient, size ? size : 1),
                   pieces = read_chunks(arena, data, size, lenient, step);
    MUST(whole.state == pieces.state && whole.body.len == pieces.body.len);
    MUST(!whole.body.len || memcmp(whole.body.data, pieces.body.data, whole.body.len) == 0);
    if (whole.state == HTTP1_DONE) {
        MUST(whole.taken == pieces.taken && data[whole.taken - 1] == '\n');
        MUST(same(&whole.trailers, &pieces.trailers));
        check_fields(&whole.trailers, true);
        /* Who is strict reads no other end than who is lenient. */
        struct chunked other = read_chunks(arena, data, size, true, step);
        MUST(other.state == HTTP1_DONE && other.taken == whole.taken);
        buf_free(&other.body);
    }
    buf_free(&whole.body);
    buf_free(&pieces.body);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    const char *text = (const char *)data + 2;
    size_t step = 1 + data[1] % 40u;
    if (data[0] & 1)
        read_body(text, size - 2, data[0] & 2, step);
    else
        read_head(text, size - 2, data[0] & 2, step);
    return 0;
}
