/* The JSON Schema (draft 2020-12) of specs, from the schema table. */
#include "base/buf_raw.h"
#include "doc/doc.h"
#include "read/load.h"
#include "spec/schema.h"

#include <stdlib.h>
#include <string.h>

static void key_and(struct json_writer *j, const char *key, const char *value) {
    jw_key_name(j, (struct name){key});
    jw_text(j, (struct text){value});
}

static void key_number(struct json_writer *j, const char *key, int64_t value) {
    jw_key_name(j, (struct name){key});
    jw_uint(j, (uint64_t)value);
}

/* A default is JSON text in the table; it goes in as it is. */
static void key_raw(struct json_writer *j, const char *key, const char *json) {
    jw_key_name(j, (struct name){key});
    buf_str(j->out, json);
    j->after_key = false;
}

static void put_words(struct json_writer *j, const char *const *values) {
    jw_key(j, "enum");
    jw_array(j);
    for (size_t i = 0; values[i]; i++)
        jw_text(j, (struct text){values[i]});
    jw_end(j);
}

static void put_presets(struct json_writer *j,
                        const char *(*name_of)(struct reading *reading, size_t index)) {
    struct reading *reading = reading_new(NULL);
    jw_key(j, "enum");
    jw_array(j);
    for (size_t i = 0; name_of(reading, i); i++)
        jw_text(j, (struct text){name_of(reading, i)});
    jw_end(j);
    reading_free(reading);
}

static void put_locks(struct json_writer *j) {
    jw_key(j, "enum");
    jw_array(j);
    for (size_t i = 0; i < spec_object.count; i++) {
        const struct key *key = &spec_object.keys[i];
        jw_text(j, (struct text){key->name});
        for (size_t k = 0; key->form == ONE && key->object && k < key->object->count; k++) {
            char dotted[100];
            snprintf(dotted, sizeof dotted, "%s.%s", key->name, key->object->keys[k].name);
            jw_text(j, (struct text){dotted});
        }
    }
    jw_end(j);
}

static void put_string(struct json_writer *j, const struct key *key) {
    const struct type *type = key->type;
    int64_t least = key->min > 0 ? key->min : type->words || key->form == MAP ? 0 : 1;
    key_and(j, "type", "string");
    if (type->values) {
        put_words(j, type->values);
        return;
    }
    if (strcmp(key->name, "agents") == 0)
        put_presets(j, preset_name);
    else if (strcmp(key->name, "logins") == 0)
        put_presets(j, login_preset_name);
    else if (type == &type_lock)
        put_locks(j);
    else if (type->pattern)
        key_and(j, "pattern", type->pattern);
    if (least)
        key_number(j, "minLength", least);
    key_number(j, "maxLength", key->max > 0 ? key->max : STRING_MAX); /* characters: no stricter */
}

static void put_value(struct json_writer *j, const struct key *key) {
    if (key->type->kind == JSON_KIND_STRING) {
        put_string(j, key);
    } else if (key->type->kind == JSON_KIND_BOOLEAN) {
        key_and(j, "type", "boolean");
    } else {
        key_and(j, "type", "integer");
        key_number(j, "minimum", key->min);
        key_number(j, "maximum", key->max);
    }
}

static void put_object(struct json_writer *j, const struct object *object);

static void put_either(struct json_writer *j, const struct key *key) {
    jw_key(j, "anyOf");
    jw_array(j);
    jw_object(j);
    put_value(j, key);
    jw_end(j);
    jw_object(j);
    put_object(j, key->object);
    jw_end(j);
    jw_end(j);
}

static void put_item(struct json_writer *j, const struct key *key) {
    if (key->object && key->type)
        put_either(j, key);
    else if (key->object)
        put_object(j, key->object);
    else
        put_value(j, key);
}

static void put_description(struct json_writer *j, const struct key *key) {
    BUF_CLEANUP struct buf text = {0};
    buf_printf(&text, "%c%s", key->doc[0], key->doc + 1);
    if (key->absent_words)
        buf_printf(&text, " (default: %s)", key->absent_words);
    key_and(j, "description", text.data);
}

static void put_key(struct json_writer *j, const struct key *key) {
    jw_object(j);
    put_description(j, key);
    if (key->absent)
        key_raw(j, "default", key->absent);
    if (key->form == LIST) {
        key_and(j, "type", "array");
        if (key->required || key->absent)
            key_number(j, "minItems", 1);
        key_number(j, "maxItems", LIST_MAX);
        jw_key(j, "items");
        jw_object(j);
        put_item(j, key);
        jw_end(j);
    } else if (key->form == MAP) {
        key_and(j, "type", "object");
        key_number(j, "maxProperties", LIST_MAX);
        jw_key(j, "propertyNames");
        jw_object(j);
        key_and(j, "pattern", key->map_key->pattern);
        jw_end(j);
        jw_key(j, "additionalProperties");
        jw_object(j);
        put_item(j, key);
        jw_end(j);
    } else {
        put_item(j, key);
    }
    jw_end(j);
}

static void put_object(struct json_writer *j, const struct object *object) {
    bool any = false;
    key_and(j, "type", "object");
    jw_key(j, "additionalProperties");
    jw_bool(j, false);
    for (size_t i = 0; i < object->count; i++)
        any = any || object->keys[i].required;
    if (any) {
        jw_key(j, "required");
        jw_array(j);
        for (size_t i = 0; i < object->count; i++)
            if (object->keys[i].required)
                jw_text(j, (struct text){object->keys[i].name});
        jw_end(j);
    }
    jw_key(j, "properties");
    jw_object(j);
    for (size_t i = 0; i < object->count; i++) {
        jw_key_name(j, (struct name){object->keys[i].name});
        put_key(j, &object->keys[i]);
    }
    jw_end(j);
}

void doc_schema(struct buf *out) {
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    key_and(&j, "$schema", "https://json-schema.org/draft/2020-12/schema");
    key_and(&j, "title", "A spec of agent-sandbox");
    put_object(&j, &spec_object);
    jw_end(&j);
    jw_finish(&j);
}
