#include "engine/redact.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/redact_private.h"

#include <openssl/crypto.h>
#include <string.h>

/* Spans are found in data as it was, so blotting waits for the last form. */
struct spans {
    struct span *v;
    size_t n, cap;
};

static void find(const struct forms *forms, const unsigned char *data, size_t size,
                 struct spans *spans) {
    if (size < SHORTEST_FORM)
        return;
    uint32_t wanted = anchors_in(forms, data, size);
    for (size_t i = 0; wanted >> i; i++) {
        size_t at = 0;
        struct span span;
        while (wanted >> i & 1 && form_next(forms, &forms->v[i], data, size, &at, &span)) {
            spans->v = secret_room(spans->v, &spans->cap, spans->n + 1, sizeof *spans->v);
            spans->v[spans->n++] = span;
        }
    }
}

bool forms_found(struct forms *const *forms, size_t count, const void *data, size_t length) {
    struct span span;
    for (size_t i = 0; i < count; i++) {
        uint32_t wanted = length < SHORTEST_FORM ? 0 : anchors_in(forms[i], data, length);
        for (size_t k = 0; wanted >> k; k++) {
            size_t at = 0;
            if (wanted >> k & 1 && form_next(forms[i], &forms[i]->v[k], data, length, &at, &span))
                return true;
        }
    }
    return false;
}

static void find_all(struct forms *const *forms, size_t count, const void *data, size_t length,
                     struct spans *spans) {
    for (size_t i = 0; i < count; i++)
        find(forms[i], data, length, spans);
}

static void blot(char *data, struct spans *spans) {
    for (size_t i = 0; i < spans->n; i++)
        memset(data + spans->v[i].start, '*', spans->v[i].end - spans->v[i].start);
    secret_free(spans->v, spans->cap, sizeof *spans->v);
}

bool forms_scrub(struct forms *const *forms, size_t count, void *data, size_t length) {
    struct spans spans = {0};
    find_all(forms, count, data, length, &spans);
    blot(data, &spans);
    return spans.n > 0;
}

struct redactor {
    char *held;
    size_t held_n, held_cap;
    size_t count;
    struct forms *forms[];
};

struct redactor *redactor_new(struct forms *const *forms, size_t count) {
    struct redactor *redactor = must_alloc(sizeof *redactor + count * sizeof *forms);
    *redactor = (struct redactor){.count = count};
    for (size_t i = 0; i < count; i++)
        redactor->forms[i] = forms_ref(forms[i]);
    return redactor;
}

void redactor_free(struct redactor *redactor) {
    if (!redactor)
        return;
    for (size_t i = 0; i < redactor->count; i++)
        forms_unref(redactor->forms[i]);
    secret_free(redactor->held, redactor->held_cap, 1);
    secret_free(redactor, 1, sizeof *redactor);
}

static size_t tail(const struct redactor *redactor, const unsigned char *data, size_t size) {
    size_t longest = 0;
    for (size_t i = 0; i < redactor->count; i++) {
        const struct forms *forms = redactor->forms[i];
        for (size_t k = 0; k < forms->n; k++) {
            size_t one = form_tail(forms, &forms->v[k], data, size, longest);
            longest = one > longest ? one : longest;
        }
    }
    return longest;
}

static void keep_end(struct redactor *redactor, struct bytes text, size_t n) {
    redactor->held = secret_room(redactor->held, &redactor->held_cap, n, 1);
    if (n)
        memcpy(redactor->held, text.s + text.n - n, n);
    redactor->held_n = n;
}

struct bytes redactor_pass(struct redactor *redactor, const void *data, size_t length, bool end,
                           struct buf *room) {
    struct bytes text = {data, length};
    struct spans spans = {0};
    bool copied = redactor->held_n > 0;
    if (!length && !end)
        return text;
    if (copied) {
        buf_add(room, redactor->held, redactor->held_n);
        buf_add(room, data, length);
        text = (struct bytes){room->data, room->len};
    }
    find_all(redactor->forms, redactor->count, text.s, text.n, &spans);
    if (spans.n && !copied) {
        copied = true;
        buf_add(room, data, length);
        text.s = room->data;
    }
    if (spans.n)
        blot(room->data, &spans);
    size_t hold = end ? 0 : tail(redactor, (const unsigned char *)text.s, text.n);
    keep_end(redactor, text, hold);
    text.n -= hold;
    if (copied)
        OPENSSL_cleanse(room->data + text.n, hold);
    return text;
}

void redactor_feed(struct redactor *redactor, const void *data, size_t length, bool end,
                   struct buf *out) {
    struct buf room BUF_CLEANUP = {0};
    struct bytes sure = redactor_pass(redactor, data, length, end, &room);
    buf_add(out, sure.s, sure.n);
}
