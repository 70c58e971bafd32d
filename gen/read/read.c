#include "read/read.h"
#include "base/die.h"
#include "base/utf8.h"
#include "read/load.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct reading *reading_new(struct diagnostics *diagnostics) {
    struct reading *reading = must_alloc(sizeof *reading);
    reading->arena = arena_new();
    reading->diagnostics = diagnostics;
    return reading;
}

struct absent {
    const struct key *key;
    json_t *json;
};

void reading_note(struct reading *reading, const char *path) {
    size_t size = (reading->input_count + 1) * sizeof *reading->inputs;
    reading->inputs = must_realloc(reading->inputs, size);
    reading->inputs[reading->input_count++] = must_copy(path);
}

void reading_free(struct reading *reading) {
    if (!reading)
        return;
    for (size_t i = 0; i < reading->document_count; i++) {
        document_free(reading->documents[i]);
        free(reading->documents[i]);
    }
    for (size_t i = 0; i < reading->kept_count; i++)
        json_decref(reading->kept[i]);
    for (size_t i = 0; i < reading->absent_count; i++)
        json_decref(reading->absent[i].json);
    free(reading->absent);
    free(reading->documents);
    free(reading->merges);
    free(reading->kept);
    arena_free(reading->arena);
    for (size_t n = 0; n < reading->input_count; n++)
        free(reading->inputs[n]);
    free(reading->inputs);
    load_pinned_free(reading);
    free(reading);
}

void reading_drop(struct reading *reading) {
    diagnostics_free(reading->diagnostics);
    reading_free(reading);
}

static struct document *new_document(struct reading *reading) {
    struct document *document = must_alloc(sizeof *document);
    reading->documents = must_realloc(reading->documents,
                                      (reading->document_count + 1) * sizeof *reading->documents);
    return reading->documents[reading->document_count++] = document;
}

struct document *reading_add(struct reading *reading, const char *name, char *text, size_t length) {
    struct document *document = new_document(reading);
    return document_parse(document, name, text, length, reading->diagnostics) ? document : NULL;
}

struct document *reading_add_text(struct reading *reading, const char *name, char *text,
                                  size_t length) {
    struct document *document = new_document(reading);
    return document_text(document, name, text, length, reading->diagnostics) ? document : NULL;
}

void reading_merged(struct reading *reading, const json_t *result, const json_t *near,
                    const json_t *base) {
    reading->merges =
        must_realloc(reading->merges, (reading->merge_count + 1) * sizeof *reading->merges);
    reading->merges[reading->merge_count++] = (struct merged){result, near, base};
}

json_t *reading_keep(struct reading *reading, json_t *value) {
    reading->kept = must_realloc(reading->kept, (reading->kept_count + 1) * sizeof *reading->kept);
    reading->kept[reading->kept_count++] = json_incref(value);
    return value;
}

/* -- values -- */

struct spot { /* what is being read, for messages */
    struct reading *reading;
    const struct key *key;
    struct aim aim;
};

static const char *json_kind_name(const json_t *json) {
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return json_is_true(json) ? "true" : "false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static void wrong_kind(const struct spot *spot, const char *wanted, const json_t *json) {
    complain(spot->reading, spot->aim, "\"%s\" must be %s, not %s", spot->key->name, wanted,
             json_kind_name(json));
}

static bool number_in_range(const struct spot *spot, int64_t value) {
    const struct key *key = spot->key;
    if (value >= key->min && value <= key->max)
        return true;
    if (key->min == key->max)
        complain(spot->reading, spot->aim, "\"%s\" must be %" PRId64 ", not %" PRId64, key->name,
                 key->min, value);
    else
        complain(spot->reading, spot->aim,
                 "\"%s\" must be a whole number from %" PRId64 " to %" PRId64 ", not %" PRId64,
                 key->name, key->min, key->max, value);
    return false;
}

/* Control characters have no use in any value, and end a line or a string in many a language. */
static bool clean_text(const struct spot *spot, const char *s, bool multiline) {
    for (size_t n; *s; s += n) {
        uint32_t c;
        n = utf8_next(s, &c);
        if (multiline && (c == '\n' || c == '\t'))
            continue;
        if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            complain(spot->reading, spot->aim, "\"%s\" holds the control character U+%04X",
                     spot->key->name, (unsigned)c);
            return false;
        }
        if ((c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef)) {
            complain(spot->reading, spot->aim, "\"%s\" holds U+%04X, which is no character",
                     spot->key->name, (unsigned)c);
            return false;
        }
    }
    return true;
}

static bool read_word_of(const struct spot *spot, const char *s, void *out) {
    struct words_nearest nearest = {.wanted = s};
    const char *const *values = spot->key->type->values;
    const char *list = "";
    for (int i = 0; values[i]; i++) {
        if (strcmp(values[i], s) == 0) {
            memcpy(out, &i, sizeof i);
            return true;
        }
        words_offer(&nearest, values[i]);
        const char *before = i == 0 ? "" : values[i + 1] ? ", " : " or ";
        list = arena_printf(spot->reading->arena, "%s%s%s", list, before, values[i]);
    }
    if (nearest.best)
        complain(spot->reading, spot->aim, "\"%s\" can't be \"%s\"; did you mean \"%s\"?",
                 spot->key->name, s, nearest.best);
    else
        complain(spot->reading, spot->aim, "\"%s\" must be %s, not \"%s\"", spot->key->name, list,
                 s);
    return false;
}

static bool read_string(const struct spot *spot, const json_t *json, void *out) {
    const struct key *key = spot->key;
    const char *s = json_string_value(json);
    size_t n = json_string_length(json);
    size_t max = key->max > 0 ? (size_t)key->max : STRING_MAX;
    size_t min = key->min > 0 ? (size_t)key->min : key->type->words || key->form == MAP ? 0 : 1;
    if (!clean_text(spot, s, key->type->words))
        return false;
    if (key->type->values)
        return read_word_of(spot, s, out);
    if (n < min || n > max) {
        if (n == 0)
            complain(spot->reading, spot->aim, "\"%s\" is empty", key->name);
        else
            complain(spot->reading, spot->aim, "\"%s\" must have %zu to %zu bytes, not %zu",
                     key->name, min, max, n);
        return false;
    }
    const char *why = key->type->parse(spot->reading->arena, s, out);
    if (why)
        complain(spot->reading, spot->aim, "\"%s\" must be %s: %s", key->name, key->type->doc, why);
    return !why;
}

static bool read_value(const struct spot *spot, const json_t *json, void *out) {
    const struct type *type = spot->key->type;
    if (type->kind == JSON_KIND_BOOLEAN && json_is_boolean(json)) {
        *(bool *)out = json_is_true(json);
        return true;
    }
    if (type->kind == JSON_KIND_INTEGER && json_is_integer(json)) {
        *(int64_t *)out = json_integer_value(json);
        return number_in_range(spot, json_integer_value(json));
    }
    if (type->kind == JSON_KIND_STRING && json_is_string(json))
        return read_string(spot, json, out);
    wrong_kind(spot, type->kind == JSON_KIND_STRING ? "a string" : type->doc, json);
    return false;
}

/* -- lists and maps -- */

/* What an item looks like, to sort by and to find doubles: its resolved JSON. */
struct shown {
    struct buf text;
    char *item;
};

static void show(const struct key *key, struct shown *shown) {
    struct json_writer j;
    if (key->type && key->type->kind == JSON_KIND_INTEGER) {
        int64_t n;
        memcpy(&n, shown->item, sizeof n);
        for (int64_t place = INT64_C(1000000000000000); place > n && place > 1; place /= 10)
            buf_lit(&shown->text, "0");
        buf_uint(&shown->text, (uint64_t)n);
        return;
    }
    jw_start(&j, &shown->text);
    schema_write_item(&j, key, shown->item);
}

static int by_look(const void *a, const void *b) {
    return strcmp(((const struct shown *)a)->text.data, ((const struct shown *)b)->text.data);
}

/* A list is a set: sorted, each item once. Returns how many are left. */
static size_t make_set(const struct key *key, char *items, size_t n) {
    struct shown *shown = must_alloc(n * sizeof *shown);
    char *sorted = must_alloc(n * key->item_size);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        shown[i].item = items + i * key->item_size;
        show(key, &shown[i]);
    }
    qsort(shown, n, sizeof *shown, by_look);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || by_look(&shown[i - 1], &shown[i]) != 0)
            memcpy(sorted + kept++ * key->item_size, shown[i].item, key->item_size);
    memcpy(items, sorted, kept * key->item_size);
    for (size_t i = 0; i < n; i++)
        buf_free(&shown[i].text);
    free(shown);
    free(sorted);
    return kept;
}

static void set_list(void *member, char *items, size_t n) {
    memcpy(member, &items, sizeof items);
    memcpy((char *)member + sizeof items, &n, sizeof n);
}

static bool too_many(const struct spot *spot, size_t n) {
    if (n <= LIST_MAX)
        return false;
    complain(spot->reading, spot->aim, "\"%s\" has %zu items; %d at most", spot->key->name, n,
             LIST_MAX);
    return true;
}

static bool read_item(struct spot spot, const json_t *json, void *out, enum read_as as) {
    const struct type *type = spot.key->type;
    if (!spot.key->object || (type && json_is_string(json)))
        return read_value(&spot, json, out);
    if (!json_is_object(json)) {
        wrong_kind(&spot, type ? "a string or an object" : "an object", json);
        return false;
    }
    size_t before = diagnostics_count(spot.reading->diagnostics);
    read_object(spot.reading, spot.key->object, json, out, as);
    return diagnostics_count(spot.reading->diagnostics) == before;
}

static void read_list(struct spot spot, const json_t *json, void *member, enum read_as as) {
    const struct key *key = spot.key;
    size_t n = json_array_size(json);
    if (!json_is_array(json)) {
        wrong_kind(&spot, "an array", json);
        return;
    }
    if (n == 0 && (key->required || key->absent)) /* an empty list would not print back as one */
        complain(spot.reading, spot.aim, "\"%s\" needs one item at least", key->name);
    if (n == 0 && key->keeps_empty)
        set_list(member, arena_alloc(spot.reading->arena, key->item_size), 0);
    if (n == 0 || too_many(&spot, n))
        return;
    char *items = arena_alloc(spot.reading->arena, n * key->item_size);
    size_t good = 0;
    spot.aim.part = AIM_INDEX;
    for (size_t i = 0; i < n; i++) {
        char *item = items + good * key->item_size;
        spot.aim.index = i;
        if (read_item(spot, json_array_get(json, i), item, as))
            good++;
        else
            memset(item, 0, key->item_size);
    }
    set_list(member, items, make_set(key, items, good));
}

/* The key of a map is read like any string; a spot of its own names it in messages. */
static bool read_map_key(const struct spot *map, const char *container, const char *name,
                         void *out) {
    struct key key = {.name = name, .type = map->key->map_key, .max = 255};
    struct spot spot = {map->reading, &key, map->aim};
    if (!clean_text(&spot, name, false))
        return false;
    if (!*name || strlen(name) > (size_t)key.max) {
        complain(map->reading, spot.aim, "a name in \"%s\" must have 1 to %d bytes, not %zu",
                 container, (int)key.max, strlen(name));
        return false;
    }
    const char *why = key.type->parse(map->reading->arena, name, out);
    if (why)
        complain(map->reading, spot.aim, "\"%s\" must be %s: %s", name, key.type->doc, why);
    return !why;
}

static int by_map_key(const void *a, const void *b) {
    return strcmp(((const struct name *)a)->s, ((const struct name *)b)->s);
}

/* Insertion sort: maps are short, and qsort has no way to know an element's size. */
static void sort_map(const struct key *key, char *items, size_t n) {
    char *spare = must_alloc(key->item_size);
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0; k--) {
            char *a = items + (k - 1) * key->item_size, *b = a + key->item_size;
            if (by_map_key(a, b) <= 0)
                break;
            memcpy(spare, a, key->item_size);
            memcpy(a, b, key->item_size);
            memcpy(b, spare, key->item_size);
        }
    free(spare);
}

static void read_map(struct spot spot, const json_t *json, void *member, enum read_as as) {
    const struct key *key = spot.key;
    size_t n = json_object_size(json), good = 0;
    if (!json_is_object(json)) {
        wrong_kind(&spot, "an object", json);
        return;
    }
    if (n == 0 || too_many(&spot, n))
        return;
    char *items = arena_alloc(spot.reading->arena, n * key->item_size);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)json, name, value) {
        char *item = items + good * key->item_size;
        struct key named = *key;
        named.name = name;
        struct spot inside = {spot.reading, &named, at_key(json, name)};
        bool fine = read_map_key(&inside, key->name, name, item);
        inside.aim.part = AIM_VALUE;
        if (read_item(inside, value, item + key->value_offset, as) && fine)
            good++;
        else
            memset(item, 0, key->item_size);
    }
    sort_map(key, items, good);
    set_list(member, items, good);
}

/* -- objects -- */

static void unknown_key(struct reading *reading, const struct object *object, const json_t *json,
                        const char *name) {
    struct words_nearest nearest = {.wanted = name};
    struct spot spot = {reading, &(struct key){.name = name}, at_key(json, name)};
    if (!clean_text(&spot, name, false))
        return;
    for (size_t i = 0; i < object->count; i++)
        words_offer(&nearest, object->keys[i].name);
    if (nearest.best) {
        complain(reading, spot.aim, "unknown key \"%s\" in %s; did you mean \"%s\"?", name,
                 object->name, nearest.best);
        return;
    }
    const char *known = "";
    for (size_t i = 0; i < object->count; i++)
        known = arena_printf(reading->arena, "%s%s%s", known, i ? ", " : "", object->keys[i].name);
    complain(reading, spot.aim, "unknown key \"%s\" in %s; it has: %s", name, object->name, known);
}

static void read_key(struct spot spot, const json_t *json, void *member, enum read_as as) {
    if (spot.key->at_offset)
        *(written *)((char *)member - spot.key->offset + spot.key->at_offset) = json;
    if (spot.key->form == LIST)
        read_list(spot, json, member, as);
    else if (spot.key->form == MAP)
        read_map(spot, json, member, as);
    else
        read_item(spot, json, member, as);
}

static json_t *absent_of(struct reading *reading, const struct key *key) {
    for (size_t i = 0; i < reading->absent_count; i++)
        if (reading->absent[i].key == key)
            return reading->absent[i].json;
    json_t *json = json_loads(key->absent, JSON_DECODE_ANY, NULL);
    if (!json)
        die("the default of \"%s\" is no JSON", key->name);
    reading->absent =
        must_realloc(reading->absent, (reading->absent_count + 1) * sizeof *reading->absent);
    reading->absent[reading->absent_count++] = (struct absent){key, json};
    return json;
}

static void read_absent(const struct spot *spot, void *member, enum read_as as) {
    const struct key *key = spot->key;
    if (key->absent) {
        read_key(*spot, absent_of(spot->reading, key), member, as);
    } else if (key->object && key->form == ONE && as == READ_WHOLE) {
        json_t *json = json_object();
        reading_keep(spot->reading, json);
        read_object(spot->reading, key->object, json, member, as);
        reading_merged(spot->reading, json, spot->aim.object, spot->aim.object);
        json_decref(json);
    }
}

void read_object(struct reading *reading, const struct object *object, const json_t *json,
                 void *out, enum read_as as) {
    const char *name;
    json_t *value;
    if (object->at != SIZE_MAX)
        *(written *)((char *)out + object->at) = json;
    json_object_foreach((json_t *)json, name, value) {
        bool known = false;
        for (size_t i = 0; i < object->count && !known; i++)
            known = strcmp(object->keys[i].name, name) == 0;
        if (!known)
            unknown_key(reading, object, json, name);
    }
    for (size_t i = 0; i < object->count; i++) {
        const struct key *key = &object->keys[i];
        struct spot spot = {reading, key, at_value(json, key->name)};
        void *member = (char *)out + key->offset;
        value = json_object_get(json, key->name);
        if (value)
            read_key(spot, value, member, as);
        else if (key->required && (as == READ_WHOLE || object != &spec_object))
            complain(reading, at_object(json), "%s needs \"%s\": %s", object->name, key->name,
                     key->doc);
        else if (as == READ_WHOLE || object != &spec_object)
            read_absent(&spot, member, as);
    }
    if (object->finish && as == READ_WHOLE)
        object->finish(out);
}
