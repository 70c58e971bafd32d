#include "read/load.h"
#include "base/die.h"
#include "base/embedded.h"
#include "base/utf8.h"
#include "base/whole_file.h"
#include "read/check.h"
#include "read/defaults.h"
#include "read/merge.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXTENDS_DEPTH = 16 };

#define PRESET_FOLDER "templates/agents/"
#define PRESET_ENDING ".json"
#define BASE_FOLDER "templates/bases/"
#define SHIPPED "shipped:"

/* -- presets -- */

const char *preset_name(struct reading *reading, size_t index) {
    const size_t folder = strlen(PRESET_FOLDER), ending = strlen(PRESET_ENDING);
    for (size_t i = 0; i < embedded_count; i++) {
        const char *path = embedded_files[i].path;
        if (strncmp(path, PRESET_FOLDER, folder) == 0 && index-- == 0)
            return arena_copy_n(reading->arena, path + folder, strlen(path) - folder - ending);
    }
    return NULL;
}

static struct document *find_document(struct reading *reading, const char *name) {
    for (size_t i = 0; i < reading->document_count; i++)
        if (strcmp(reading->documents[i]->name, name) == 0)
            return reading->documents[i];
    return NULL;
}

/* A document that this program ships; NULL when there is none. */
static json_t *read_shipped(struct reading *reading, const char *name, const char *path) {
    struct document *document = find_document(reading, name);
    if (document)
        return document->root;
    const struct embedded *file = embedded_find(path);
    if (!file)
        return NULL;
    char *text = must_alloc(file->length + 1);
    memcpy(text, file->data, file->length);
    document = reading_add(reading, name, text, file->length);
    if (!document)
        return NULL;
    read_object(reading, &spec_object, document->root,
                arena_alloc(reading->arena, spec_object.size), READ_PART);
    return document->root;
}

static json_t *read_preset(struct reading *reading, const char *agent) {
    const char *name = arena_printf(reading->arena, "preset %s", agent);
    return read_shipped(reading, name,
                        arena_printf(reading->arena, PRESET_FOLDER "%s" PRESET_ENDING, agent));
}

/* What "shipped:NAME" in extends means; a new reference. */
static json_t *read_shipped_base(struct reading *reading, struct aim aim, const char *base) {
    const char *name = arena_printf(reading->arena, SHIPPED "%s", base);
    json_t *root = read_shipped(reading, name,
                                arena_printf(reading->arena, BASE_FOLDER "%s" PRESET_ENDING, base));
    const size_t folder = strlen(BASE_FOLDER), ending = strlen(PRESET_ENDING);
    const char *known = "";
    for (size_t i = 0; !root && i < embedded_count; i++) {
        const char *path = embedded_files[i].path;
        if (strncmp(path, BASE_FOLDER, folder) == 0)
            known = arena_printf(reading->arena, "%s%s" SHIPPED "%.*s", known, *known ? ", " : "",
                                 (int)(strlen(path) - folder - ending), path + folder);
    }
    if (!root)
        complain(reading, aim, "no base \"%s\" is shipped; there are: %s", base, known);
    return json_incref(root);
}

static void check_agents(struct reading *reading, const json_t *root) {
    size_t i;
    json_t *agent;
    json_array_foreach(json_object_get(root, "agents"), i, agent) {
        struct words_nearest nearest = {.wanted = json_string_value(agent)};
        struct aim aim = {.object = root, .key = "agents", .part = AIM_INDEX, .index = i};
        const char *known = "";
        bool found = false;
        for (size_t k = 0; preset_name(reading, k); k++) {
            const char *name = preset_name(reading, k);
            found = found || strcmp(name, nearest.wanted) == 0;
            words_offer(&nearest, name);
            known = arena_printf(reading->arena, "%s%s%s", known, k ? ", " : "", name);
        }
        if (!found && nearest.best)
            complain(reading, aim, "no preset is called \"%s\"; did you mean \"%s\"?",
                     nearest.wanted, nearest.best);
        else if (!found)
            complain(reading, aim, "no preset is called \"%s\"; there are: %s", nearest.wanted,
                     known);
    }
}

/* root with the presets of its agents below it; a new reference. */
static json_t *with_presets(struct reading *reading, json_t *root) {
    json_t *base = NULL;
    size_t i;
    json_t *agent;
    json_array_foreach(json_object_get(root, "agents"), i, agent) {
        json_t *preset = read_preset(reading, json_string_value(agent));
        json_t *next = preset ? merge(reading, &spec_object, base, preset) : json_incref(base);
        json_decref(base);
        base = next;
    }
    json_t *result = merge(reading, &spec_object, base, root);
    json_decref(base);
    return result;
}

/* -- files -- */

static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return must_copy(".");
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    char *folder = must_alloc(n + 1);
    memcpy(folder, path, n);
    return folder;
}

/* Whether the file that path leads to, links followed, lies below folder: a spec of a stranger
 * must not take a key of the operator along. */
static bool lies_below(const char *path, const char *folder) {
    CHAR_CLEANUP char *file = realpath(path, NULL);
    CHAR_CLEANUP char *base = realpath(folder, NULL);
    if (!file || !base)
        return false;
    size_t n = strlen(base);
    return strncmp(file, base, n) == 0 && (base[n - 1] == '/' || file[n] == '/');
}

/* Why a file that a spec names is not read: opening a pipe or a device may wait for ever. */
static const char *why_not_read(const char *path, bool *executable) {
    struct stat st;
    if (stat(path, &st) < 0)
        return strerror(errno);
    *executable = st.st_mode & S_IXUSR;
    if (S_ISDIR(st.st_mode))
        return "it is a folder";
    return S_ISREG(st.st_mode) ? NULL : "it is not a plain file";
}

static bool text_without_controls(const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        uint32_t c;
        size_t n = utf8_next(text + at, &c);
        if ((c == 0xfffd && n == 1) || (c < 0x20 && c != '\n' && c != '\t'))
            return false;
        at += n;
    }
    return true;
}

/* Puts the content of a dotfile's or an authority's source in its place, and a dotfile's owner's x
 * bit, which is all that git keeps of a mode. */
static void take_source(struct reading *reading, const struct document *document, json_t *of,
                        bool has_mode) {
    const char *source = json_string_value(json_object_get(of, "source"));
    const char *path = arena_printf(reading->arena, "%s/%s", document->folder, source);
    struct aim aim = at_value(of, "source");
    CHAR_CLEANUP char *text = NULL;
    size_t length = 0;
    bool executable = false;
    const char *why = why_not_read(path, &executable);
    reading_note(reading, path);
    if (!why)
        why = read_whole_file(path, MULTILINE_MAX, &text, &length);
    if (why)
        complain(reading, aim, "\"%s\" can't be read: %s", source, why);
    else if (!lies_below(path, document->folder))
        complain(reading, aim, "\"%s\" leads out of the spec's folder", source);
    else if (!text_without_controls(text, length))
        complain(reading, aim, "\"%s\" is not UTF-8 text without control characters", source);
    else {
        json_object_set_new(of, "text", json_stringn(text, length));
        json_object_del(of, "source");
        if (has_mode && executable && !json_object_get(of, "executable"))
            json_object_set_new(of, "executable", json_true());
    }
}

static void take_one(struct reading *reading, const struct document *document, json_t *of,
                     const char *what, bool has_mode) {
    bool text = json_object_get(of, "text"), source = json_object_get(of, "source");
    if (text == source)
        complain(reading, at_object(of), "%s needs one of \"text\" and \"source\"%s", what,
                 text ? ", not both" : "");
    else if (source && document->folder)
        take_source(reading, document, of, has_mode);
}

static void take_sources(struct reading *reading, const struct document *document) {
    const char *path;
    size_t i;
    json_t *one;
    json_object_foreach(json_object_get(document->root, "dotfiles"), path, one)
        take_one(reading, document, one, "a dotfile", true);
    json_array_foreach(json_object_get(json_object_get(document->root, "network"), "trust"), i, one)
        take_one(reading, document, one, "an authority", false);
}

struct document *load_document(struct reading *reading, const char *path) {
    char *text = NULL;
    size_t length = 0;
    bool input = strcmp(path, "-") == 0;
    reading_note(reading, path);
    const char *why = read_whole_file(input ? "/dev/stdin" : path, DOCUMENT_MAX, &text, &length);
    if (why) {
        bool large = strcmp(why, "it is too large") == 0;
        diagnostics_add_file(reading->diagnostics, path, "%s%s", why,
                             large ? ": a spec has at most 1 MiB" : "");
        return NULL;
    }
    struct document *document = reading_add(reading, input ? "standard input" : path, text, length);
    if (document)
        document->folder = folder_of(path);
    return document;
}

/* -- what a spec extends -- */

struct chain { /* the specs that are being read, to find a circle */
    const struct chain *before;
    const char *real_path;
    size_t depth;
};

static json_t *read_chain(struct reading *reading, const char *path, const struct chain *before);

static bool in_circle(const struct chain *chain, const char *real_path) {
    for (; chain; chain = chain->before)
        if (chain->real_path && strcmp(chain->real_path, real_path) == 0)
            return true;
    return false;
}

static json_t *read_base(struct reading *reading, const struct document *document, size_t index,
                         const char *relative, const struct chain *chain) {
    struct aim aim = {
        .object = document->root, .key = "extends", .part = AIM_INDEX, .index = index};
    if (strncmp(relative, SHIPPED, strlen(SHIPPED)) == 0)
        return read_shipped_base(reading, aim, relative + strlen(SHIPPED));
    while (strncmp(relative, "./", 2) == 0)
        relative += 2;
    bool here = strcmp(document->folder, ".") == 0;
    const char *path = here ? arena_copy(reading->arena, relative)
                            : arena_printf(reading->arena, "%s/%s", document->folder, relative);
    CHAR_CLEANUP char *real_path = realpath(path, NULL);
    bool executable; /* of no matter: it is read, not run */
    const char *why = real_path ? why_not_read(real_path, &executable) : strerror(errno);
    if (why)
        complain(reading, aim, "\"%s\" can't be read: %s", relative, why);
    else if (in_circle(chain, real_path))
        complain(reading, aim, "\"%s\" extends this spec in turn: a circle", relative);
    else if (chain->depth >= EXTENDS_DEPTH)
        complain(reading, aim, "specs extend each other more than %d deep", EXTENDS_DEPTH);
    else
        return read_chain(reading, path, chain);
    return NULL;
}

/* What new presets this spec's agents bring is its own doing, so its bases' locks hold for it. */
static void check_all_locks(struct reading *reading, json_t *base, const json_t *root) {
    if (json_array_size(json_object_get(base, "lock")) == 0)
        return;
    json_t *whole = with_presets(reading, base);
    size_t i;
    json_t *agent;
    check_locks(reading, whole, root);
    json_array_foreach(json_object_get(root, "agents"), i, agent) {
        json_t *preset = read_preset(reading, json_string_value(agent));
        if (preset)
            check_locks(reading, whole, preset);
    }
    json_decref(whole);
}

static bool is_spec_path(struct reading *reading, const json_t *json) {
    struct text unused;
    const char *s = json_string_value(json);
    return s && *s && !type_spec_path.parse(reading->arena, s, &unused);
}

/* The spec of a document on top of all it extends, presets aside; a new reference, or NULL.
 * diagnostics: how many there were before it was read. */
static json_t *on_its_bases(struct reading *reading, struct document *document, const char *path,
                            const struct chain *before, size_t diagnostics) {
    read_object(reading, &spec_object, document->root,
                arena_alloc(reading->arena, spec_object.size), READ_PART);
    if (diagnostics_count(reading->diagnostics) == diagnostics) {
        check_agents(reading, document->root);
        take_sources(reading, document);
    }

    CHAR_CLEANUP char *real_path = realpath(path, NULL);
    struct chain chain = {before, real_path, before ? before->depth + 1 : 1};
    json_t *base = NULL, *bases = json_object_get(document->root, "extends"), *one;
    size_t i;
    json_array_foreach(bases, i, one) {
        if (!is_spec_path(reading, one)) /* read_object has told why */
            continue;
        json_t *read = read_base(reading, document, i, json_string_value(one), &chain);
        json_t *next = read ? merge(reading, &spec_object, base, read) : json_incref(base);
        json_decref(base);
        json_decref(read);
        base = next;
    }
    json_t *result = NULL;
    if (diagnostics_count(reading->diagnostics) == diagnostics) {
        if (base)
            check_all_locks(reading, base, document->root);
        result = merge(reading, &spec_object, base, document->root);
    }
    json_decref(base);
    return result;
}

static json_t *read_chain(struct reading *reading, const char *path, const struct chain *before) {
    size_t diagnostics = diagnostics_count(reading->diagnostics);
    struct document *document = load_document(reading, path);
    return document ? on_its_bases(reading, document, path, before, diagnostics) : NULL;
}

/* Mistakes that both passes find are told once; what lies between keys is checked as far as the
 * keys could be read. */
static void read_all_diagnostics(struct reading *reading) {
    struct spec *spec = arena_alloc(reading->arena, sizeof *spec);
    struct document *top = reading->document_count ? reading->documents[0] : NULL;
    if (!top || !json_is_object(top->root))
        return;
    bool alone = json_array_size(json_object_get(top->root, "extends")) == 0;
    read_object(reading, &spec_object, top->root, spec, alone ? READ_WHOLE : READ_PART);
    fill_defaults(reading, spec);
    check_spec(reading, spec);
}

/* chain: taken over. */
static const struct spec *load(struct reading *reading, json_t *chain, bool check) {
    if (diagnostics_count(reading->diagnostics)) {
        json_decref(chain);
        read_all_diagnostics(reading);
        return NULL;
    }
    json_t *whole = with_presets(reading, chain);
    json_decref(chain);
    reading_keep(reading, whole);
    json_decref(whole);
    struct spec *spec = arena_alloc(reading->arena, sizeof *spec);
    if (diagnostics_count(reading->diagnostics) == 0)
        read_object(reading, &spec_object, whole, spec, READ_WHOLE);
    if (diagnostics_count(reading->diagnostics) == 0) {
        fill_defaults(reading, spec);
        if (check)
            check_spec(reading, spec);
    }
    return diagnostics_count(reading->diagnostics) == 0 ? spec : NULL;
}

const struct spec *load_spec(struct reading *reading, const char *path) {
    return load(reading, read_chain(reading, path, NULL), true);
}

const struct spec *load_older_spec(struct reading *reading, const char *path) {
    return load(reading, read_chain(reading, path, NULL), false);
}

const struct spec *load_spec_text(struct reading *reading, const char *name, const char *text,
                                  size_t length) {
    char *copy = must_alloc(length + 1);
    memcpy(copy, text, length);
    struct document *document = reading_add(reading, name, copy, length);
    return load(reading, document ? on_its_bases(reading, document, name, NULL, 0) : NULL, true);
}
