/* What a spec extends: files beside it, shipped ones, and pinned ones of git repositories. */
#include "base/die.h"
#include "read/load_private.h"
#include "read/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A spec is written by people: what is longer is meant to use memory up. */
enum { EXTENDS_DEPTH = 16, EXTENDS_FILES = 200, EXTENDS_BYTES = 16 << 20 };

#define SHIPPED "shipped:"

const char *load_way(struct reading *reading, const struct chain *chain) {
    const char *names = "";
    if (!chain->before)
        return "";
    for (; chain; chain = chain->before)
        names = arena_printf(reading->arena, "%s%s%s", chain->document->name, *names ? ", " : "",
                             names);
    return arena_printf(reading->arena, "; the way to it: %s", names);
}

static bool in_circle(const struct chain *chain, const char *real_path) {
    for (; chain; chain = chain->before)
        if (chain->real_path && strcmp(chain->real_path, real_path) == 0)
            return true;
    return false;
}

bool load_may_go_on(struct reading *reading, struct aim aim, const struct chain *chain) {
    size_t bytes = 0;
    for (size_t i = 0; i < reading->document_count; i++)
        bytes += reading->documents[i]->length;
    if (reading->full)
        return false;
    reading->full = reading->document_count >= EXTENDS_FILES || bytes > EXTENDS_BYTES;
    if (reading->full)
        complain(reading, aim, "what a spec builds on is more than %d files or %d MiB%s",
                 EXTENDS_FILES, EXTENDS_BYTES >> 20, load_way(reading, chain));
    else if (chain->depth >= EXTENDS_DEPTH)
        complain(reading, aim, "specs extend each other more than %d deep%s", EXTENDS_DEPTH,
                 load_way(reading, chain));
    return !reading->full && chain->depth < EXTENDS_DEPTH;
}

static json_t *read_beside(struct reading *reading, struct aim aim, const char *relative,
                           const struct chain *chain) {
    const char *folder = chain->document->folder;
    while (strncmp(relative, "./", 2) == 0)
        relative += 2;
    bool here = strcmp(folder, ".") == 0;
    const char *path = here ? arena_copy(reading->arena, relative)
                            : arena_printf(reading->arena, "%s/%s", folder, relative);
    CHAR_CLEANUP char *real_path = realpath(path, NULL);
    bool executable; /* of no matter: it is read, not run */
    const char *why = real_path ? load_why_not(real_path, &executable) : strerror(errno);
    if (why)
        complain(reading, aim, "\"%s\" can't be read: %s%s", relative, why,
                 load_way(reading, chain));
    else if (in_circle(chain, real_path))
        complain(reading, aim, "\"%s\" extends this spec in turn: a circle%s", relative,
                 load_way(reading, chain));
    else if (load_may_go_on(reading, aim, chain))
        return load_chain(reading, path, chain);
    return NULL;
}

static bool is_spec_path(struct reading *reading, const json_t *json) {
    struct text unused;
    const char *s = json_string_value(json);
    return s && *s && !type_spec_path.parse(reading->arena, s, &unused);
}

static json_t *read_base(struct reading *reading, const struct spec *part, size_t index,
                         const struct chain *chain) {
    const json_t *root = chain->document->root;
    const json_t *one = json_array_get(json_object_get(root, "extends"), index);
    const char *text = json_string_value(one);
    struct aim aim = {.object = root, .key = "extends", .part = AIM_INDEX, .index = index};
    for (size_t i = 0; i < part->extends.n; i++)
        if (part->extends.v[i].at && part->extends.v[i].at == one)
            return load_pinned(reading, &part->extends.v[i], chain);
    if (!is_spec_path(reading, one)) /* read_object() has told why, or it stands there twice */
        return NULL;
    if (strncmp(text, SHIPPED, strlen(SHIPPED)) == 0)
        return load_shipped_base(reading, aim, text + strlen(SHIPPED));
    return chain->kept ? load_in_tree(reading, aim, text, chain)
                       : read_beside(reading, aim, text, chain);
}

typedef void check_fn(struct reading *reading, const json_t *base, const json_t *other);

/* What new presets a spec's agents and logins bring is its own doing, so the locks hold for it. */
static void check_all_locks(struct reading *reading, json_t *base, const json_t *other,
                            check_fn *check) {
    if (json_array_size(json_object_get(base, "lock")) == 0)
        return;
    json_t *whole = load_with_presets(reading, base);
    size_t i;
    json_t *item, *preset;
    json_array_foreach(json_object_get(base, "logins"), i, item) if (json_is_string(item))
        json_array_append(json_object_get(whole, "logins"), item); /* it may be named again */
    check(reading, whole, other);
    json_array_foreach(json_object_get(other, "agents"), i,
                       item) if ((preset = load_preset(reading, json_string_value(item))))
        check(reading, whole, preset);
    json_array_foreach(json_object_get(other, "logins"), i,
                       item) if (json_is_string(item) &&
                                 (preset = load_login(reading, json_string_value(item))))
        check(reading, whole, preset);
    json_decref(whole);
}

/* base with one more on top, both taken over; each is well, or NULL. A lock holds against what
 * stands beside its base, too: else one more base would be the way around it. */
static json_t *add_base(struct reading *reading, json_t *base, json_t *more) {
    if (base && more) {
        check_all_locks(reading, base, more, check_locks);
        check_all_locks(reading, more, base, check_locks_behind);
    }
    json_t *both = more ? merge(reading, &spec_object, base, more) : json_incref(base);
    json_decref(base);
    json_decref(more);
    return both;
}

/* Nothing of it comes from elsewhere: another layer, or a file beside it. */
static bool stands_alone(const json_t *root) {
    static const char *const brought[] = {"extends", "agents", "logins", "dotfiles", NULL};
    for (const char *const *key = brought; *key; key++)
        if (json_object_get(root, *key))
            return false;
    if (json_object_get(json_object_get(root, "network"), "trust"))
        return false;
    for (size_t i = 0; i < spec_object.count; i++)
        if (spec_object.keys[i].required && !json_object_get(root, spec_object.keys[i].name))
            return false;
    return json_is_object(root);
}

json_t *load_on_its_bases(struct reading *reading, struct document *document, struct chain chain,
                          size_t diagnostics) {
    struct spec *part = arena_alloc(reading->arena, sizeof *part);
    bool is_all = reading->is_whole && !chain.before && stands_alone(document->root);
    read_object(reading, &spec_object, document->root, part, is_all ? READ_WHOLE : READ_PART);
    document->said = part;
    if (is_all)
        reading->whole = part;
    if (diagnostics_count(reading->diagnostics) == diagnostics) {
        load_check_presets(reading, document->root);
        load_sources(reading, document);
    }

    chain.document = document;
    chain.depth = chain.before ? chain.before->depth + 1 : 1;
    json_t *base = NULL;
    for (size_t i = 0; i < json_array_size(json_object_get(document->root, "extends")); i++)
        base = add_base(reading, base, read_base(reading, part, i, &chain));
    json_t *result = NULL;
    if (diagnostics_count(reading->diagnostics) == diagnostics) {
        if (base) {
            check_all_locks(reading, base, document->root, check_locks);
            check_stricter(reading, &spec_object, base, document->root);
        }
        result = merge(reading, &spec_object, base, document->root);
    }
    json_decref(base);
    return result;
}

json_t *load_chain(struct reading *reading, const char *path, const struct chain *before) {
    size_t diagnostics = diagnostics_count(reading->diagnostics);
    struct document *document = load_document(reading, path);
    CHAR_CLEANUP char *real_path = realpath(path, NULL);
    struct chain chain = {.before = before, .real_path = real_path};
    return document ? load_on_its_bases(reading, document, chain, diagnostics) : NULL;
}
