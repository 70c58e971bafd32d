#include "engine/admit_line.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
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

static bool has(const json_t *list, const char *text) {
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item) {
        if (strcmp(json_string_value(item), text) == 0)
            return true;
    }
    return false;
}

static void address_text(const struct sockaddr *address, char text[INET6_ADDRSTRLEN]) {
    if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, text,
                  INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text,
                  INET6_ADDRSTRLEN);
}

json_t *line_addresses(const struct addrinfo *found) {
    json_t *list = found ? json_array() : NULL;
    char text[INET6_ADDRSTRLEN];
    for (; found && json_array_size(list) < MOST_ITEMS; found = found->ai_next) {
        address_text(found->ai_addr, text);
        if (!has(list, text))
            json_array_append_new(list, json_string(text));
    }
    return list;
}

void line_set(json_t *line, const char *key, json_t *value) {
    if (value)
        json_object_set_new(line, key, value);
}
