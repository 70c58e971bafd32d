#include "engine/packages.h"
#include "base/buf_raw.h"
#include "engine/packages_private.h"

#include <string.h>
#include <time.h>

/* -- what is said -- */

static const char *said(struct arena *arena, int64_t seconds) {
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[64];
    if (!gmtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm))
        return "no time that a calendar has";
    return arena_copy(arena, text);
}

/* -- files -- */

void packages_note(struct thinning *thinning, const char *url, int64_t when) {
    const char *own, *file;
    if (!url || when == PUBLISHED_UNKNOWN)
        return;
    file = package_file(thinning->arena, &thinning->aged->index, thinning->aged->name, url, &own);
    if (!file)
        return;
    if (thinning->count + 2 > thinning->room) {
        size_t room = 2 * thinning->room + 64;
        struct published_file *more = arena_alloc(thinning->arena, room * sizeof *more);
        if (thinning->count)
            memcpy(more, thinning->files, thinning->count * sizeof *more);
        thinning->files = more;
        thinning->room = room;
    }
    thinning->files[thinning->count++] = (struct published_file){file, when};
    /* npm asks its own registry for what it says is at another. */
    if (thinning->aged->index.kind == PACKAGES_OF_NPM)
        thinning->files[thinning->count++] = (struct published_file){own, when};
}

bool packages_count(struct thinning *thinning, bool whole, int64_t when) {
    if (whole && when != PUBLISHED_UNKNOWN && when <= thinning->limit) {
        thinning->left++;
        return true;
    }
    thinning->left_out++;
    if (when != PUBLISHED_UNKNOWN &&
        (thinning->opens == PUBLISHED_UNKNOWN || when < thinning->opens))
        thinning->opens = when;
    return false;
}

bool packages_unknown(struct arena *arena, const struct aged *aged) {
    return aged->place == AGED_FILE && aged->name &&
           published_when(package_url(arena, &aged->index), aged->file) == PUBLISHED_UNKNOWN;
}

const char *packages_refuse(struct arena *arena, const struct aged *aged, int64_t now) {
    if (aged->place != AGED_FILE)
        return NULL;
    const char *url = package_url(arena, &aged->index);
    int64_t when = published_when(url, aged->file);
    if (when == PUBLISHED_UNKNOWN)
        return arena_printf(arena, "%s, and the index at %s does not say how old %s is", aged->rule,
                            url, aged->what);
    if (when > now - aged->seconds)
        return arena_printf(arena, "%s, and %s was published at %s; it opens at %s", aged->rule,
                            aged->what, said(arena, when), said(arena, when + aged->seconds));
    return NULL;
}

/* -- an index -- */

const char *packages_unusable(struct arena *arena, const struct aged *aged, const char *why) {
    return arena_printf(arena, "%s, and the index at %s cannot be used for %s: %s", aged->rule,
                        package_url(arena, &aged->index), aged->what, why);
}

static int add(const char *text, size_t length, void *out) {
    buf_add(out, text, length);
    return 0;
}

static const char *write(const struct aged *aged, struct arena *arena, const json_t *document,
                         struct buf *out, struct packages_thinned *thinned) {
    const json_t *written = document;
    if (aged->place == AGED_VERSION)
        written = packages_manifest(document, aged->version);
    if (!written)
        return arena_printf(arena, "%s, and %s has no %s that is", aged->rule, aged->name,
                            aged->version);
    thinned->kind = aged->index.kind == PACKAGES_OF_NPM ? "application/json"
                                                        : "application/vnd.pypi.simple.v1+json";
    if (aged->index.kind == PACKAGES_OF_PYPI && aged->as_html) {
        thinned->kind = "text/html; charset=utf-8";
        packages_html(document, out);
        return NULL;
    }
    json_dump_callback(written, add, out, JSON_COMPACT | JSON_ENSURE_ASCII);
    return NULL;
}

static const char *thin(struct thinning *thinning, json_t *document, struct buf *out,
                        struct packages_thinned *thinned) {
    const struct aged *aged = thinning->aged;
    struct arena *arena = thinning->arena;
    const char *why = aged->index.kind == PACKAGES_OF_NPM ? packages_thin_npm(thinning, document)
                                                          : packages_thin_pypi(thinning, document);
    if (!why && thinning->left_out && !thinning->left && !thinning->count)
        why = "it gives no dates";
    if (why)
        return packages_unusable(arena, aged, why);
    published_note(package_url(arena, &aged->index), aged->name, thinning->files, thinning->count);
    *thinned = (struct packages_thinned){.left = thinning->left, .left_out = thinning->left_out};
    if (thinning->left_out && !thinning->left) {
        bool opens = thinning->opens != PUBLISHED_UNKNOWN;
        return arena_printf(arena, "%s, and no version of %s is%s%s", aged->rule, aged->name,
                            opens ? "; the first opens at " : "",
                            opens ? said(arena, thinning->opens + aged->seconds) : "");
    }
    return out ? write(aged, arena, document, out, thinned) : NULL;
}

const char *packages_thin(const struct aged *aged, struct buf *body, bool only_noted, int64_t now,
                          struct arena *arena, struct packages_thinned *thinned) {
    json_error_t error;
    struct thinning thinning = {
        .aged = aged, .arena = arena, .limit = now - aged->seconds, .opens = PUBLISHED_UNKNOWN};
    json_t *document =
        json_loadb(body->data, body->len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    buf_free(body); /* there is not room for both */
    *thinned = (struct packages_thinned){0};
    const char *why =
        json_is_object(document)
            ? thin(&thinning, document, only_noted ? NULL : body, thinned)
            : packages_unusable(arena, aged, "it is no JSON that can be read in one way");
    json_decref(document);
    return why;
}
