/* Any bytes as an index of packages (libFuzzer); the first says of which kind, in which form it
 * goes on, and how old packages have to be. What goes on is an index that loses nothing more, and
 * no file that it has is refused. */
#include "base/arena.h"
#include "base/buf_raw.h"
#include "engine/packages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

enum { NOW = 1767225600, DAY = 86400 }; /* 2026-01-01 */

static void must(bool holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (!length)
        return 0;
    struct arena *arena = arena_new();
    bool npm = bytes[0] & 1, version = npm && bytes[0] & 2, html = !npm && bytes[0] & 2;
    struct aged aged = {.place = version ? AGED_VERSION : AGED_INDEX,
                        .index = {npm ? PACKAGES_OF_NPM : PACKAGES_OF_PYPI, "index.example.org",
                                  443, npm ? "" : "/simple"},
                        .seconds = (int64_t)(bytes[0] >> 2) * DAY,
                        .name = "left",
                        .version = version ? "latest" : NULL,
                        .as_html = html,
                        .rule = "the rule",
                        .what = "GET index.example.org/left"};
    struct packages_thinned first, second;
    BUF_CLEANUP struct buf body = {0};
    buf_add(&body, (const char *)bytes + 1, length - 1);
    const char *why = packages_thin(&aged, &body, false, NOW, arena, &first);
    if (why) {
        must(*why && !body.len);
    } else if (!version && !html) {
        BUF_CLEANUP struct buf again = {0};
        buf_add(&again, body.data, body.len);
        must(!packages_thin(&aged, &again, false, NOW, arena, &second));
        must(second.left == first.left && !second.left_out);
        must(again.len == body.len && memcmp(again.data, body.data, body.len) == 0);
    }
    arena_free(arena);
    return 0;
}
