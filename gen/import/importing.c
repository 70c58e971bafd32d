#include "base/die.h"
#include "base/whole_file.h"
#include "import/import_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct import_format *const import_formats[] = {
    &import_srt,
    &import_claude_code,
    &import_devcontainer,
    NULL,
};

const struct import_format *import_find(const char *name) {
    for (size_t i = 0; import_formats[i]; i++)
        if (strcmp(import_formats[i]->name, name) == 0)
            return import_formats[i];
    return NULL;
}

/* -- notes -- */

struct aim import_key_aim(const json_t *object, const char *key) {
    return (struct aim){.object = object, .key = key, .part = AIM_KEY};
}

struct aim import_item_aim(const json_t *object, const char *key, size_t index) {
    return (struct aim){.object = object, .key = key, .part = AIM_INDEX, .index = index};
}

void import_note(struct importing *importing, struct aim aim, const char *format, ...) {
    char message[600];
    size_t offset = 0, span = 1;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    where_find(importing->document, &aim, &offset, &span);
    diagnostics_add(importing->notes, importing->document, offset, span, "%s", message);
}

/* -- what is taken -- */

/* The member, made where it is missing. */
static json_t *member(json_t *object, const char *key, json_t *(*make)(void)) {
    json_t *found = json_object_get(object, key);
    if (found)
        return found;
    json_object_set_new(object, key, make());
    return json_object_get(object, key);
}

json_t *import_taken(const struct importing *importing, const char *outer, const char *key) {
    const json_t *object = outer ? json_object_get(importing->spec, outer) : importing->spec;
    return json_object_get(object, key);
}

/* Why check refuses a spec that says this alone; free with free(). NULL: it does not. */
static char *refused(const struct importing *importing, const char *outer, const char *key,
                     json_t *value) {
    json_t *spec = json_object(), *object = outer ? member(spec, outer, json_object) : spec;
    json_object_set_new(spec, "version", json_integer(1));
    json_object_set(spec, "name", json_object_get(importing->spec, "name"));
    json_object_set(object, key, value);
    CHAR_CLEANUP char *text = json_dumps(spec, 0);
    json_decref(spec);
    struct reading *reading = reading_new(diagnostics_new());
    load_spec_text(reading, "import", text ? text : "", text ? strlen(text) : 0);
    const char *why = diagnostics_first(reading->diagnostics);
    char *copy = why ? must_copy(why) : NULL;
    reading_drop(reading);
    return copy;
}

static bool is_taken(struct importing *importing, struct aim aim, const char *outer,
                     const char *key, json_t *value) {
    CHAR_CLEANUP char *why = refused(importing, outer, key, value);
    if (why)
        import_note(importing, aim, "%s", why);
    return !why;
}

bool import_add(struct importing *importing, struct aim aim, const char *outer, const char *list,
                json_t *value) {
    json_t *alone = json_pack("[O]", value);
    bool fits = is_taken(importing, aim, outer, list, alone);
    json_decref(alone);
    if (fits) {
        json_t *object = outer ? member(importing->spec, outer, json_object) : importing->spec;
        json_t *there = member(object, list, json_array), *one;
        size_t i;
        json_array_foreach(there, i, one) if (json_equal(one, value)) break;
        if (i == json_array_size(there))
            json_array_append(there, value);
    }
    json_decref(value);
    return fits;
}

bool import_set(struct importing *importing, struct aim aim, const char *outer, const char *name,
                json_t *value) {
    bool fits = is_taken(importing, aim, outer, name, value);
    if (fits)
        json_object_set(outer ? member(importing->spec, outer, json_object) : importing->spec, name,
                        value);
    json_decref(value);
    return fits;
}

/* -- keys -- */

static const struct import_key *row_of(const struct import_key *keys, size_t count,
                                       const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

void import_walk(struct importing *importing, const json_t *object, const struct import_key *keys,
                 size_t count) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        const struct import_key *row = row_of(keys, count, name);
        if (!row)
            import_note(importing, import_key_aim(object, name), "no key of a spec says that");
        else if (row->take)
            row->take(importing, object, row->name, value);
        else if (row->why && !json_is_false(value) && !json_is_null(value) &&
                 !(json_is_array(value) && !json_array_size(value)))
            import_note(importing, import_key_aim(object, name), "%s", row->why);
    }
}

bool import_is(struct importing *importing, const json_t *object, const char *key,
               const json_t *value, json_type type) {
    if (json_typeof(value) == type)
        return true;
    if (!json_is_null(value))
        import_note(importing, import_key_aim(object, key), "\"%s\" is no %s", key,
                    type == JSON_ARRAY    ? "list"
                    : type == JSON_OBJECT ? "object"
                                          : "text");
    return false;
}

void import_each(struct importing *importing, const json_t *object, const char *key,
                 const json_t *value, take_text_fn *take) {
    size_t i;
    json_t *item;
    if (!import_is(importing, object, key, value, JSON_ARRAY))
        return;
    json_array_foreach((json_t *)(uintptr_t)value, i, item) {
        struct aim aim = import_item_aim(object, key, i);
        if (json_is_string(item))
            take(importing, aim, json_string_value(item));
        else
            import_note(importing, aim, "an item of \"%s\" is no text", key);
    }
}

/* -- a file -- */

static struct document *read_file(struct reading *reading, const struct import_format *format,
                                  const char *path) {
    char *text = NULL;
    size_t length = 0;
    const char *why = read_whole_file(path, DOCUMENT_MAX, &text, &length);
    if (why) {
        diagnostics_add_file(reading->diagnostics, path, "%s", why);
        return NULL;
    }
    if (format->comments)
        jsonc_blank(text, length);
    if (text[strspn(text, " \t\r\n")] != '{') {
        diagnostics_add_file(reading->diagnostics, path, "it holds no JSON object, as %s does",
                             format->doc);
        free(text);
        return NULL;
    }
    return reading_add(reading, path, text, length);
}

json_t *import_file(struct reading *reading, struct diagnostics *notes,
                    const struct import_format *format, const char *path, const char *name) {
    struct importing importing = {.reading = reading, .notes = notes, .path = path};
    importing.document = read_file(reading, format, path);
    if (!importing.document)
        return NULL;
    importing.spec = json_pack("{s:i, s:s}", "version", 1, "name", name);
    if (format->agent)
        json_object_set_new(importing.spec, "agents", json_pack("[s]", format->agent));
    format->read(&importing);
    import_late(&importing);
    free(importing.later);
    return importing.spec;
}
