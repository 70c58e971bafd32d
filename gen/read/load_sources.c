/* What a spec's dotfiles and authorities say that they take from files beside it. */
#include "base/die.h"
#include "base/utf8.h"
#include "base/whole_file.h"
#include "git/kept.h"
#include "read/load_private.h"

#include <stdlib.h>
#include <string.h>

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

/* What a source names, below the folder of its document. */
struct source_file {
    char *own; /* what is to be freed */
    const char *text;
    size_t length;
    bool executable;
};

static const char *read_beside(struct reading *reading, const char *path,
                               struct source_file *file) {
    const char *why = load_why_not(path, &file->executable);
    reading_note(reading, path);
    if (!why)
        why = read_whole_file(path, MULTILINE_MAX, &file->own, &file->length);
    file->text = file->own;
    return why;
}

static const char *read_kept(struct reading *reading, const struct document *document,
                             const char *source, struct source_file *file) {
    struct kept_file found;
    const char *path = load_path_in_tree(reading, document, source);
    const char *why = path ? kept_file(document->kept, path, &found) : "it leads out";
    if (why)
        return why;
    *file = (struct source_file){NULL, found.data, found.length, found.executable};
    return found.length > MULTILINE_MAX ? "it is too large" : NULL;
}

/* Puts the content of a dotfile's or an authority's source in its place, and a dotfile's owner's x
 * bit, which is all that git keeps of a mode. */
static void take_source(struct reading *reading, const struct document *document, json_t *of,
                        bool has_mode) {
    const char *source = json_string_value(json_object_get(of, "source"));
    const char *path = arena_printf(reading->arena, "%s/%s", document->folder, source);
    struct aim aim = at_value(of, "source");
    struct source_file file = {0};
    const char *why = document->kept ? read_kept(reading, document, source, &file)
                                     : read_beside(reading, path, &file);
    if (why)
        complain(reading, aim, "\"%s\" can't be read: %s", source, why);
    else if (!document->kept && !lies_below(path, document->folder))
        complain(reading, aim, "\"%s\" leads out of the spec's folder", source);
    else if (!text_without_controls(file.text, file.length))
        complain(reading, aim, "\"%s\" is not UTF-8 text without control characters", source);
    else {
        json_object_set_new(of, "text", json_stringn(file.text, file.length));
        json_object_del(of, "source");
        if (has_mode && file.executable && !json_object_get(of, "executable"))
            json_object_set_new(of, "executable", json_true());
    }
    free(file.own);
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

void load_sources(struct reading *reading, const struct document *document) {
    const char *path;
    size_t i;
    json_t *one;
    json_object_foreach(json_object_get(document->root, "dotfiles"), path, one)
        take_one(reading, document, one, "a dotfile", true);
    json_array_foreach(json_object_get(json_object_get(document->root, "network"), "trust"), i, one)
        take_one(reading, document, one, "an authority", false);
}
