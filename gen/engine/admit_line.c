#include "engine/admit_line.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_TEXT = 1024, MOST_ITEMS = 16 };
#define CUT "..."

json_t *line_bytes(struct bytes b) {
    char text[LONGEST_TEXT + sizeof "\\xNN" + sizeof CUT];
    size_t n = 0;
    for (size_t i = 0; i < b.n && n <= LONGEST_TEXT; i++) {
        unsigned char c = (unsigned char)b.s[i];
        if (c < 0x80)
            text[n++] = (char)c;
        else
            n += (size_t)snprintf(text + n, sizeof text - n, "\\x%02x", c);
    }
    if (n > LONGEST_TEXT) {
        memcpy(text + LONGEST_TEXT, CUT, strlen(CUT));
        n = LONGEST_TEXT + strlen(CUT);
    }
    return json_stringn(text, n);
}

json_t *line_text(const char *text) {
    const char *end = text;
    uint32_t c;
    for (size_t count = 0; *end && count < LONGEST_TEXT; count++)
        end += utf8_next(end, &c);
    if (!*end)
        return json_string(text);
    return json_sprintf("%.*s" CUT, (int)(end - text), text);
}

json_t *line_copy(const json_t *value) {
    json_t *item, *copy;
    const char *key;
    size_t i;
    switch (json_typeof(value)) {
    case JSON_STRING:
        return line_text(json_string_value(value));
    case JSON_ARRAY:
        copy = json_array();
        json_array_foreach(value, i, item) {
            if (i < MOST_ITEMS)
                json_array_append_new(copy, line_copy(item));
        }
        return copy;
    case JSON_OBJECT:
        copy = json_object();
        json_object_foreach((json_t *)(uintptr_t)value, key, item)
            json_object_set_new(copy, key, line_copy(item));
        return copy;
    default:
        return json_deep_copy(value);
    }
}

void line_set(json_t *line, const char *key, json_t *value) {
    if (value)
        json_object_set_new(line, key, value);
}
