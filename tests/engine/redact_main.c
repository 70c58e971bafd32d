/*
 * What tests/engine/redact asks, on standard input: how many secrets and each of them, how many
 * pieces and each of them; numbers are uint32_t, a text is its length and itself. Answers what came
 * out for each piece and at the end, whether a form is in the whole, and the whole, blotted.
 */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 512, MOST = 8 };

static struct {
    char *secret;
    struct forms *forms;
} kept[KEPT];
static size_t kept_n;

static bool read_all(void *data, size_t n) {
    return fread(data, 1, n, stdin) == n;
}

static uint32_t number(void) {
    uint32_t n;
    if (!read_all(&n, sizeof n))
        die("the question ends too soon");
    return n;
}

static char *text(size_t *n) {
    *n = number();
    char *s = must_alloc(*n + 1);
    if (!read_all(s, *n))
        die("the question ends too soon");
    s[*n] = '\0';
    return s;
}

static void answer(const void *data, size_t n) {
    uint32_t length = (uint32_t)n;
    fwrite(&length, sizeof length, 1, stdout);
    if (n)
        fwrite(data, 1, n, stdout);
}

static void forget(void) {
    for (size_t i = 0; i < kept_n; i++) {
        free(kept[i].secret);
        forms_unref(kept[i].forms);
    }
    kept_n = 0;
}

/* Secrets come again and again; forms are made once. The caller holds no reference. */
static struct forms *forms_of(char *secret, size_t n) {
    for (size_t i = 0; i < kept_n; i++)
        if (strcmp(kept[i].secret, secret) == 0) {
            free(secret);
            return kept[i].forms;
        }
    kept[kept_n].secret = secret;
    return kept[kept_n++].forms = forms_new(secret, n);
}

static void at_once(struct forms *const *forms, size_t count, const struct buf *whole,
                    const struct buf *blotted) {
    BUF_CLEANUP struct buf out = {0};
    struct redactor *redactor = redactor_new(forms, count);
    redactor_feed(redactor, whole->data, whole->len, true, &out);
    redactor_free(redactor);
    if (out.len != blotted->len || (out.len && memcmp(out.data, blotted->data, out.len) != 0))
        die("a stream of one piece is not what is blotted at once");
}

static void one_case(uint32_t count) {
    struct forms *forms[MOST];
    BUF_CLEANUP struct buf whole = {0};
    BUF_CLEANUP struct buf blotted = {0};
    if (count > MOST)
        die("%u secrets", count);
    if (kept_n + count > KEPT)
        forget();
    for (size_t i = 0; i < count; i++) {
        size_t n;
        char *secret = text(&n);
        forms[i] = forms_of(secret, n);
    }
    struct redactor *redactor = redactor_new(forms, count);
    for (uint32_t left = number() + 1; left--;) {
        BUF_CLEANUP struct buf out = {0};
        size_t n = 0;
        char *piece = left ? text(&n) : NULL;
        redactor_feed(redactor, piece, n, !left, &out);
        answer(out.data, out.len);
        buf_add(&whole, piece, n);
        free(piece);
    }
    redactor_free(redactor);
    buf_add(&blotted, whole.data, whole.len);
    bool blots = forms_scrub(forms, count, blotted.data, blotted.len);
    bool found = forms_found(forms, count, whole.data, whole.len);
    if (blots != found)
        die("found is not what is blotted");
    answer(&found, 1);
    answer(blotted.data, blotted.len);
    at_once(forms, count, &whole, &blotted);
}

int main(void) {
    uint32_t count;
    while (read_all(&count, sizeof count))
        one_case(count);
    forget();
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
