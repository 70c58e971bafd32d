/* Where something of a spec is written, in whichever file, and telling mistakes there. */
#include "base/die.h"
#include "read/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct aim at_object(written at) {
    return (struct aim){.object = at};
}

struct aim at_key(written at, const char *key) {
    return (struct aim){.object = at, .key = key, .part = AIM_KEY};
}

struct aim at_value(written at, const char *key) {
    return (struct aim){.object = at, .key = key, .part = AIM_VALUE};
}

struct aim at_item(written at, const char *key, const char *item) {
    return (struct aim){.object = at, .key = key, .part = AIM_ITEM, .item = item};
}

bool is_written(written at, const char *key) {
    return json_object_get(at, key) != NULL;
}

static const struct merged *merge_of(const struct reading *reading, const json_t *object) {
    for (size_t i = 0; i < reading->merge_count; i++)
        if (reading->merges[i].result == object)
            return &reading->merges[i];
    return NULL;
}

static bool array_has(const json_t *array, const char *item) {
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value) {
        if (json_is_string(value) && strcmp(json_string_value(value), item) == 0)
            return true;
        char number[24];
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        if (json_is_integer(value) && strcmp(number, item) == 0)
            return true;
    }
    return false;
}

/* Which of the objects that were merged into this one says what is aimed at; the nearest first. */
static const json_t *written_object(const struct reading *reading, struct aim *aim) {
    const json_t *object = aim->object;
    const struct merged *merge;
    while ((merge = merge_of(reading, object))) {
        if (merge->near == merge->base) /* not written at all: show what lacks it */
            aim->key = NULL;
        const json_t *near_value = aim->key ? json_object_get(merge->near, aim->key) : merge->near;
        bool near = near_value && (aim->part != AIM_ITEM || !json_is_array(near_value) ||
                                   array_has(near_value, aim->item));
        bool base = aim->key && json_object_get(merge->base, aim->key);
        object = near || !base ? merge->near : merge->base;
    }
    return object;
}

const struct document *written_in(const struct reading *reading, struct aim aim, size_t *offset,
                                  size_t *span) {
    aim.object = written_object(reading, &aim);
    for (size_t i = 0; i < reading->document_count; i++)
        if (where_find(reading->documents[i], &aim, offset, span))
            return reading->documents[i];
    *offset = 0;
    *span = 1;
    return reading->documents[0];
}

const char *written_place(struct reading *reading, struct aim aim) {
    size_t offset, span;
    const struct document *document = written_in(reading, aim, &offset, &span);
    return arena_printf(reading->arena, "%s:%zu:%zu", document->name,
                        document_line(document, offset), document_column(document, offset));
}

void complain(struct reading *reading, struct aim aim, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHAR_CLEANUP char *message = must_alloc((size_t)(n < 0 ? 0 : n) + 1);
    vsnprintf(message, (size_t)n + 1, format, again);
    va_end(again);

    size_t offset, span;
    const struct document *document = written_in(reading, aim, &offset, &span);
    diagnostics_add(reading->diagnostics, document, offset, span, "%s", message);
}
