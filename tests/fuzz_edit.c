/*
 * libFuzzer's harness: any object of JSON, of which one value is set. The text must say that then
 * and nothing else besides what it said; what stood before and behind the place stands there still;
 * and setting it again changes nothing.
 */
#include "base/buf_raw.h"
#include "base/die.h"
#include "read/json_edit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const path[] = {"inputs", "nixpkgs", "rev"};
#define VALUE "\"0123\""

/* What the text should say; NULL: it may not be asked for. */
static json_t *wanted_of(const json_t *root) {
    json_t *wanted = json_deep_copy(root), *at = wanted;
    for (size_t i = 0; i < 2 && json_is_object(at); i++) {
        json_t *next = json_object_get(at, path[i]);
        if (!next)
            json_object_set_new(at, path[i], next = json_object());
        at = next;
    }
    if (!json_is_object(at)) {
        json_decref(wanted);
        return NULL;
    }
    json_object_set_new(at, path[2], json_string("0123"));
    return wanted;
}

/* At most the old value, or the blanks of empty objects, are gone. */
static void must_stand_still(const char *old, size_t n, const struct buf *new, bool replaced) {
    size_t before = 0, behind = 0;
    while (before < n && before < new->len &&old[before] == new->data[before])
        before++;
    while (behind < n - before &&
           behind < new->len - before &&old[n - 1 - behind] == new->data[new->len - 1 - behind])
        behind++;
    for (size_t i = before; !replaced && i < n - behind; i++)
        if (!strchr(" \t\r\n", old[i]))
            die("a byte that is no blank is gone");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* Refused by document.c; jansson skips one that stands behind a number. */
    if (size && memchr(data, 0, size))
        return 0;
    json_t *root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL), *got;
    json_t *wanted = json_is_object(root) ? wanted_of(root) : NULL;
    if (wanted) {
        BUF_CLEANUP struct buf text = {0};
        BUF_CLEANUP struct buf once = {0};
        json_t *own = json_object_get(json_object_get(root, path[0]), path[1]);
        buf_add(&text, data, size);
        json_edit_set(&text, path, 3, VALUE);
        must_stand_still((const char *)data, size, &text, json_object_get(own, path[2]) != NULL);
        got = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
        if (!got || !json_equal(wanted, got))
            die("the text says something else");
        json_decref(got);
        buf_add(&once, text.data, text.len);
        json_edit_set(&text, path, 3, VALUE);
        if (text.len != once.len || memcmp(text.data, once.data, once.len) != 0)
            die("the same again is another text");
    }
    json_decref(wanted);
    json_decref(root);
    return 0;
}
