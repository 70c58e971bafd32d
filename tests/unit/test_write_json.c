/* JSON, read back by jansson: the very bytes, as values and as keys, at any depth. */
#include "base/buf_raw.h"
#include "round_trip.h"
#include "write/write_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const unseen[] = {
    "\u202e",     "\u2066",     "\u200b", "\ufeff", "\u2028",   "\u00ad",
    "\U000e0041", "\U0001d173", "\x7f",   "\x1b",   "\xc2\x85", "\U0010ffff",
};

static json_t *parse(const char *what, const struct buf *b) {
    json_error_t error;
    json_t *root = json_loadb(b->data, b->len, JSON_REJECT_DUPLICATES, &error);
    expect_true(what, root != NULL);
    if (!root)
        exit(finish());
    return root;
}

static void strings(void) {
    struct buf b BUF_CLEANUP = {0};
    struct json_writer j;
    jw_start(&j, &b);
    jw_array(&j);
    for (size_t i = 0; i < hostile_count; i++)
        jw_text(&j, (struct text){hostile[i].in});
    jw_text(&j, (struct text){""});
    jw_end(&j);
    jw_finish(&j);
    json_t *root = parse("an array of hostile strings", &b);
    expect_true("as many as went in", json_array_size(root) == hostile_count + 1);
    for (size_t i = 0; i < hostile_count; i++)
        expect_equal("a value", json_string_value(json_array_get(root, i)), hostile[i].in);
    expect_equal("an empty value", json_string_value(json_array_get(root, hostile_count)), "");
    json_decref(root);
}

static void keys(void) {
    struct buf b BUF_CLEANUP = {0};
    struct json_writer j;
    jw_start(&j, &b);
    jw_object(&j);
    for (size_t i = 0; i < hostile_count; i++) {
        jw_key_text(&j, (struct text){hostile[i].in});
        jw_uint(&j, i);
    }
    jw_end(&j);
    jw_finish(&j);
    json_t *root = parse("an object with hostile keys", &b);
    expect_true("as many keys as went in", json_object_size(root) == hostile_count);
    for (size_t i = 0; i < hostile_count; i++) {
        const json_t *value = json_object_get(root, hostile[i].in);
        expect_true("a key", json_is_integer(value) && json_integer_value(value) == (json_int_t)i);
    }
    json_decref(root);
}

/* Every character that Unicode has, one string each, but NUL, which no text holds. */
static void every_character(void) {
    struct buf b BUF_CLEANUP = {0}, all BUF_CLEANUP = {0};
    struct json_writer j;
    for (uint32_t c = 1; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        const char bytes[] = {(char)(c < 0x80      ? c
                                     : c < 0x800   ? 0xc0 | c >> 6
                                     : c < 0x10000 ? 0xe0 | c >> 12
                                                   : 0xf0 | c >> 18),
                              (char)(0x80 | (c >> 12 & 0x3f)), (char)(0x80 | (c >> 6 & 0x3f)),
                              (char)(0x80 | (c & 0x3f))};
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        buf_add(&all, bytes, 1);
        buf_add(&all, bytes + (5 - n), n - 1);
    }
    jw_start(&j, &b);
    jw_text(&j, (struct text){all.data});
    jw_finish(&j);
    json_error_t error;
    json_t *root = json_loadb(b.data, b.len, JSON_DECODE_ANY, &error);
    expect_true("every character reads back",
                root && json_string_length(root) == all.len &&
                    memcmp(json_string_value(root), all.data, all.len) == 0);
    json_decref(root);
}

/* A reviewer sees what would reorder or hide the text around it. */
static void shown(void) {
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        struct buf b BUF_CLEANUP = {0};
        struct json_writer j;
        jw_start(&j, &b);
        jw_text(&j, (struct text){unseen[i]});
        jw_finish(&j);
        expect_true("an unseen character is written by number", strstr(b.data, "\\u") != NULL);
        expect_true("and does not stand there itself", strstr(b.data, unseen[i]) == NULL);
    }
}

/* The writer keeps its place in 64 bits; a document of ours is less than 16 deep. */
static void nesting(void) {
    enum { DEEP = 24 };
    struct buf b BUF_CLEANUP = {0};
    struct json_writer j;
    jw_start(&j, &b);
    for (int i = 0; i < DEEP; i++) {
        jw_object(&j);
        jw_key(&j, "empty");
        jw_object(&j);
        jw_end(&j);
        jw_key(&j, "down");
        jw_array(&j);
        jw_bool(&j, i % 2 == 0);
    }
    jw_uint(&j, UINT32_MAX);
    for (int i = 0; i < DEEP; i++) {
        jw_end(&j);
        jw_key(&j, "after");
        jw_string(&j, "it");
        jw_end(&j);
    }
    jw_finish(&j);
    json_t *root = parse("objects in arrays in objects", &b);
    const json_t *at = root;
    for (int i = 0; i < DEEP; i++) {
        expect_true("an empty object", json_object_size(json_object_get(at, "empty")) == 0);
        expect_equal("what stands behind", json_string_value(json_object_get(at, "after")), "it");
        const json_t *down = json_object_get(at, "down");
        expect_true("a truth", json_is_boolean(json_array_get(down, 0)) &&
                                   json_is_true(json_array_get(down, 0)) == (i % 2 == 0));
        at = json_array_get(down, 1);
    }
    expect_true("a number", json_integer_value(at) == UINT32_MAX);
    expect_true("a newline at the end", b.len > 0 && b.data[b.len - 1] == '\n');
    json_decref(root);
}

static void layout(void) {
    struct buf b BUF_CLEANUP = {0};
    struct json_writer j;
    jw_start(&j, &b);
    jw_object(&j);
    jw_key(&j, "list");
    jw_array(&j);
    jw_uint(&j, 1);
    jw_name(&j, (struct name){"two"});
    jw_end(&j);
    jw_key(&j, "path");
    jw_path(&j, (struct path){"/srv"});
    jw_end(&j);
    jw_finish(&j);
    expect_equal("two spaces, one item a line", b.data,
                 "{\n  \"list\": [\n    1,\n    \"two\"\n  ],\n  \"path\": \"/srv\"\n}\n");
}

int main(void) {
    strings();
    keys();
    every_character();
    shown();
    nesting();
    layout();
    return finish();
}
