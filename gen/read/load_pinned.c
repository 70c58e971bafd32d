/* Bases in git repositories, each at one commit: from the cache, never from a network. What is in
 * them is a stranger's: no path leads out of its commit, no link is followed. */
#include "base/die.h"
#include "base/whole_file.h"
#include "git/kept.h"
#include "read/load_private.h"
#include "read/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void load_pinned_free(struct reading *reading) {
    for (size_t i = 0; i < reading->pinned_count; i++) {
        free(reading->pinned[i].url);
        free(reading->pinned[i].rev);
        free(reading->pinned[i].text);
    }
    free(reading->pinned);
}

/* -- the cache -- */

/* NULL when it was read; else why not. */
static const char *read_cached(struct reading *reading, struct pinned *pinned) {
    CHAR_CLEANUP char *path = sources_path(pinned->url, pinned->rev);
    const char *why;
    bool executable;
    size_t n;
    if (!path)
        return "is kept nowhere: " SOURCES_NONE;
    errno = 0;
    if (load_why_not(path, &executable))
        return errno == ENOENT || errno == ENOTDIR ? "is not in the cache"
                                                   : "can't be read from the cache";
    if (read_whole_file(path, 2 * (size_t)KEPT_MAX, &pinned->text, &n))
        return "can't be read from the cache";
    pinned->kept = kept_read(reading->arena, pinned->text, n, pinned->rev, &why);
    if (!pinned->kept)
        return arena_printf(reading->arena, "is not what the cache has for it (%s)", why);
    kept_hash(pinned->kept, pinned->hash);
    return NULL;
}

static const struct pinned *find_pinned(struct reading *reading, const struct base *pin,
                                        const char *way) {
    for (size_t i = 0; i < reading->pinned_count; i++)
        if (strcmp(reading->pinned[i].url, pin->url.s) == 0 &&
            strcmp(reading->pinned[i].rev, pin->rev.s) == 0)
            return &reading->pinned[i];
    reading->pinned =
        must_realloc(reading->pinned, (reading->pinned_count + 1) * sizeof *reading->pinned);
    struct pinned *pinned = &reading->pinned[reading->pinned_count++];
    *pinned = (struct pinned){
        .url = must_copy(pin->url.s), .rev = must_copy(pin->rev.s), .at = pin->at, .way = way};
    pinned->why = read_cached(reading, pinned);
    if (pinned->why && reading->fetcher &&
        reading->fetcher->fetch(pin, reading->fetcher->context)) {
        free(pinned->text);
        pinned->text = NULL;
        pinned->why = read_cached(reading, pinned);
    }
    return pinned;
}

/* -- a document of a commit -- */

static json_t *read_kept(struct reading *reading, struct aim aim, const char *path,
                         struct chain chain, const char *origin) {
    size_t diagnostics = diagnostics_count(reading->diagnostics);
    struct kept_file file = {0};
    const char *why = kept_file(chain.kept, path, &file);
    const char *name = arena_printf(reading->arena, "%s:%s", origin, path);
    if (!why && file.length > DOCUMENT_MAX)
        why = "it is too large: a spec has at most 1 MiB";
    if (why) {
        complain(reading, aim, "\"%s\" can't be read in %s: %s%s", path, origin, why,
                 load_way(reading, chain.before));
        return NULL;
    }
    for (const struct chain *c = chain.before; c; c = c->before)
        if (c->kept == chain.kept && strcmp(c->path, path) == 0) {
            complain(reading, aim, "\"%s\" extends this spec in turn: a circle%s", path,
                     load_way(reading, chain.before));
            return NULL;
        }
    if (!load_may_go_on(reading, aim, chain.before))
        return NULL;
    char *text = must_alloc(file.length + 1);
    memcpy(text, file.data, file.length);
    struct document *document = reading_add(reading, name, text, file.length);
    if (!document)
        return NULL;
    document->folder = load_folder_of(path);
    document->kept = chain.kept;
    document->origin = origin;
    chain.path = path;
    return load_on_its_bases(reading, document, chain, diagnostics);
}

const char *load_path_in_tree(struct reading *reading, const struct document *document,
                              const char *relative) {
    const char *whole = arena_printf(reading->arena, "%s/%s", document->folder, relative);
    char *path = arena_alloc(reading->arena, strlen(whole) + 1);
    size_t n = 0;
    for (const char *p = whole; *p; p += *p == '/') {
        size_t length = strcspn(p, "/");
        const char *name = p;
        p += length;
        if (length == 0 || (length == 1 && *name == '.'))
            continue;
        if (length == 2 && name[0] == '.' && name[1] == '.') {
            if (n == 0)
                return NULL;
            while (n > 0 && path[--n] != '/')
                ;
        } else {
            if (n > 0)
                path[n++] = '/';
            memcpy(path + n, name, length);
            n += length;
        }
    }
    path[n] = '\0';
    return path;
}

json_t *load_in_tree(struct reading *reading, struct aim aim, const char *relative,
                     const struct chain *chain) {
    const struct document *document = chain->document;
    const char *path = load_path_in_tree(reading, document, relative);
    if (path)
        return read_kept(reading, aim, path,
                         (struct chain){.before = chain, .kept = document->kept}, document->origin);
    complain(reading, aim, "\"%s\" leads out of %s%s", relative, document->origin,
             load_way(reading, chain));
    return NULL;
}

/* -- pins -- */

/* Whose pin it is: only what lies here can be pinned anew. */
static const char *remedy(struct reading *reading, const struct chain *chain) {
    if (chain->kept)
        return "what is pinned in a repository is for those who keep it to pin";
    return arena_printf(reading->arena, "run agent-sandbox update %s", chain->document->name);
}

json_t *load_pinned(struct reading *reading, const struct base *pin, const struct chain *chain) {
    const char *way = load_way(reading, chain), *top = reading->documents[0]->name;
    if (!pin->rev.s || !pin->hash.s) {
        complain(reading, at_object(pin->at), "%s is not pinned: it has no \"%s\"; %s%s",
                 pin->url.s, pin->rev.s ? "narHash" : "rev", remedy(reading, chain), way);
        return NULL;
    }
    const struct pinned *pinned = find_pinned(reading, pin, way);
    const char *origin = arena_printf(reading->arena, "%s@%.10s", pin->url.s, pin->rev.s);
    if (!pinned->kept) {
        complain(reading, at_value(pin->at, "rev"), "%s %s: run agent-sandbox update --pinned %s%s",
                 origin, pinned->why, top, way);
        return NULL;
    }
    if (strcmp(pinned->hash, pin->hash.s) != 0) {
        complain(reading, at_value(pin->at, "narHash"),
                 "the files of %s have another hash, %s: they are not what was pinned%s", origin,
                 pinned->hash, way);
        return NULL;
    }
    return read_kept(reading, at_value(pin->at, "path"), pin->path.s,
                     (struct chain){.before = chain, .kept = pinned->kept}, origin);
}
