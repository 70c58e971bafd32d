/* What a preset tells its agent about the sandbox: one text for all of them, where {{instructions}}
 * stands. */
#include "base/die.h"
#include "base/embedded.h"
#include "read/load_private.h"

#include <string.h>

#define INSTRUCTIONS "templates/instructions.md"
#define HOLE "{{instructions}}"

static const struct embedded *instructions(void) {
    const struct embedded *file = embedded_find(INSTRUCTIONS);
    if (!file)
        die("%s is not built in", INSTRUCTIONS);
    return file;
}

/* The text with n bytes at `at` replaced; the caller frees it. */
static char *replaced(const char *text, const char *at, size_t n, const char *by, size_t length) {
    size_t before = (size_t)(at - text), behind = strlen(at + n);
    char *result = must_alloc(before + length + behind + 1);
    memcpy(result, text, before);
    memcpy(result + before, by, length);
    memcpy(result + before + length, at + n, behind + 1);
    return result;
}

void load_fill_instructions(json_t *preset) {
    const char *path;
    json_t *dotfile;
    json_object_foreach(json_object_get(preset, "dotfiles"), path, dotfile) {
        json_t *text = json_object_get(dotfile, "text");
        const char *s = json_string_value(text), *hole = s ? strstr(s, HOLE) : NULL;
        if (!hole)
            continue;
        const struct embedded *file = instructions();
        CHAR_CLEANUP char *whole = replaced(s, hole, strlen(HOLE), file->data, file->length);
        json_string_set(text, whole); /* in place: it stays where it was found */
    }
}

static json_t *copy_of(struct reading *reading, json_t *object) {
    json_t *copy = json_copy(object);
    reading_merged(reading, reading_keep(reading, copy), object, NULL);
    return copy;
}

/* A file of nothing else goes with them. */
static bool is_only_that(const char *path) {
    size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".md") == 0;
}

json_t *load_without_instructions(struct reading *reading, json_t *preset) {
    const struct embedded *file = instructions();
    CHAR_CLEANUP char *said = must_alloc(file->length + 1);
    memcpy(said, file->data, file->length);
    json_t *result = copy_of(reading, preset), *dotfile;
    json_t *dotfiles = json_object_get(preset, "dotfiles");
    json_t *left = dotfiles ? copy_of(reading, dotfiles) : NULL;
    const char *path;
    json_object_foreach(dotfiles, path, dotfile) {
        const char *s = json_string_value(json_object_get(dotfile, "text"));
        const char *at = s ? strstr(s, said) : NULL;
        if (!at)
            continue;
        if (is_only_that(path)) {
            json_object_del(left, path);
            continue;
        }
        CHAR_CLEANUP char *rest = replaced(s, at, file->length, "", 0);
        json_t *other = copy_of(reading, dotfile);
        json_object_set_new(other, "text", json_string(rest));
        json_object_set_new(left, path, other);
    }
    if (left)
        json_object_set_new(result, "dotfiles", left);
    return result;
}
