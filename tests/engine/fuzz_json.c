/* Any bytes as a body that a secret goes into, as what is said to an MCP server, as a file of
 * grants, and as an answer of a model's API (libFuzzer): the first byte says where it is looked in,
 * and in which pieces the answer comes. A string that is found is where it is said to be: another
 * one in its place is found there, and none of the other bytes counts. A file of grants that is
 * taken is taken in other spelling, too. No cut changes the tokens. */
#include "base/arena.h"
#include "engine/grants.h"
#include "engine/json_place.h"
#include "engine/rpc.h"
#include "engine/usage.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static const char *const pointers[] = {"/key",  "/auth/key", "/a/0", "/a/1/key",
                                       "/~0~1", "/",         "/sk",  "/\xc3\xa9"};
static const char other[] = "\"\\u0061 secret\"";

static void must(bool holds) {
    if (!holds)
        abort();
}

static void replace(struct arena *arena, struct bytes text, const char *pointer) {
    struct json_place place = json_place_find(arena, text, pointer);
    if (place.kind != PLACE_STRING)
        return;
    const char *end = place.literal.s + place.literal.n;
    must(place.literal.s >= text.s && end <= text.s + text.n && place.literal.n >= 2);
    must(place.literal.s[0] == '"' && end[-1] == '"' && place.text.n <= 3 * place.literal.n);
    size_t before = (size_t)(place.literal.s - text.s), behind = text.n - before - place.literal.n;
    char *changed = arena_alloc(arena, text.n + sizeof other);
    memcpy(changed, text.s, before);
    memcpy(changed + before, other, sizeof other - 1);
    memcpy(changed + before + sizeof other - 1, end, behind);
    struct bytes whole = {changed, before + sizeof other - 1 + behind};
    struct json_place again = json_place_find(arena, whole, pointer);
    must(again.kind == PLACE_STRING && again.literal.s == changed + before &&
         again.literal.n == sizeof other - 1);
    must(bytes_are(again.text, "a secret"));
}

/* What one reader takes for a call, the other does. */
static void agree(struct arena *arena, struct bytes text) {
    struct rpc rpc;
    if (rpc_read(arena, text, &rpc))
        return;
    must(rpc.n > 0 && rpc.n <= RPC_MOST);
    for (size_t i = 0; i < rpc.n; i++) {
        const struct rpc_message *one = &rpc.v[i];
        const char *at = rpc.batch ? arena_printf(arena, "/%zu/", i) : "/";
        struct json_place method =
            json_place_find(arena, text, arena_printf(arena, "%smethod", at));
        struct json_place name =
            json_place_find(arena, text, arena_printf(arena, "%sparams/name", at));
        must(!one->id.s || (one->id.s >= text.s && one->id.s + one->id.n <= text.s + text.n));
        must((method.kind == PLACE_STRING) == (one->method.s != NULL));
        must(!one->method.s || bytes_equal(one->method, method.text));
        if (!one->method.s || !bytes_equal(one->method, BYTES("tools/call")))
            continue;
        must((name.kind == PLACE_STRING) == (one->name.s != NULL));
        must(!one->name.s || bytes_equal(one->name, name.text));
    }
}

/* Whether it is taken. */
static bool grants_good(struct arena *arena, const char *text, size_t length) {
    struct grants_file *file = NULL;
    const char *why = grants_parse(text, length, arena, &file);
    must(why ? *why && !file : file != NULL);
    grants_file_free(file);
    return !why;
}

static void grant(struct arena *arena, struct bytes text) {
    bool good = grants_good(arena, text.s, text.n);
    json_t *read = json_loadb(text.s, text.n, JSON_REJECT_DUPLICATES, NULL);
    must(read || !good);
    char *again = json_dumps(read, JSON_ENSURE_ASCII | JSON_SORT_KEYS | JSON_INDENT(1));
    must(!again || grants_good(arena, again, strlen(again)) == good);
    free(again);
    json_decref(read);
}

static uint64_t tokens(const char *data, size_t length, size_t piece) {
    struct usage *usage = usage_new();
    uint64_t before = 0;
    for (size_t at = 0; at < length; at += piece) {
        usage_feed(usage, data + at, length - at < piece ? length - at : piece);
        must(usage_tokens(usage) >= before);
        before = usage_tokens(usage);
    }
    usage_free(usage);
    return before;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (!length)
        return 0;
    struct arena *arena = arena_new();
    /* Its own size, so that a sanitizer sees what is read behind it. */
    char *text = malloc(length);
    memcpy(text, bytes + 1, --length);
    replace(arena, (struct bytes){text, length}, pointers[bytes[0] & 7]);
    agree(arena, (struct bytes){text, length});
    grant(arena, (struct bytes){text, length});
    must(tokens(text, length, length + 1) == tokens(text, length, 1 + bytes[0] % 13));
    free(text);
    arena_free(arena);
    return 0;
}
