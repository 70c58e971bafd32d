/* The types of policy.json's values. */
#include "engine/egress_private.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wrong_at(struct reading *r, const char *where, const char *format, ...) {
    char text[512];
    va_list args;
    if (r->wrong)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->wrong = arena_printf(r->scratch, "%s: %s", where, text);
}

const char *inside(struct reading *r, const char *where, const char *key) {
    return arena_printf(r->scratch, "%s.%s", where, key);
}

const char *item_of(struct reading *r, const char *where, size_t n) {
    return arena_printf(r->scratch, "%s[%zu]", where, n);
}

/* Whether key is one of the n words that are separated by blanks. */
static bool is_among(const char *key, const char *keys, size_t n) {
    size_t length = strlen(key);
    for (const char *p = keys; p < keys + n;) {
        size_t word = strcspn(p, " |");
        if (word == length && memcmp(p, key, word) == 0)
            return true;
        p += word + 1;
    }
    return false;
}

/* The message quotes it: what is not plain ASCII is not shown. */
static const char *quoted(struct reading *r, const char *key) {
    char *shown = arena_copy(r->scratch, key);
    for (char *p = shown; *p; p++)
        if (*p < ' ' || *p > '~' || *p == '\'' || *p == '\\')
            *p = '?';
    return shown;
}

bool read_object(struct reading *r, const json_t *item, const char *where, const char *keys) {
    if (!json_is_object(item)) {
        wrong_at(r, where, "an object");
        return false;
    }
    size_t required = strcspn(keys, "|");
    for (const char *p = keys; p < keys + required;) {
        size_t n = strcspn(p, " |");
        const char *key = arena_copy_n(r->scratch, p, n);
        if (!json_object_get(item, key))
            wrong_at(r, where, "%s is missing", key);
        p += n + 1;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)item, key, value) {
        if (!is_among(key, keys, strlen(keys)))
            wrong_at(r, where, "unknown key '%.100s'", quoted(r, key));
    }
    return !r->wrong;
}

const json_t *read_list(struct reading *r, const json_t *item, const char *where) {
    if (!json_is_array(item))
        wrong_at(r, where, "a list");
    return item;
}

const char *read_text(struct reading *r, const json_t *item, const char *where) {
    if (json_is_string(item) && json_string_length(item) > 0)
        return arena_copy(r->arena, json_string_value(item));
    wrong_at(r, where, "text that is not empty");
    return "?";
}

const char *read_optional(struct reading *r, const json_t *object, const char *key,
                          const char *where) {
    const json_t *item = json_object_get(object, key);
    return item ? read_text(r, item, inside(r, where, key)) : NULL;
}

bool all_of(const char *s, const char *also, int (*kind)(int)) {
    for (; *s; s++)
        if ((unsigned char)*s >= 0x80 || (!kind((unsigned char)*s) && !strchr(also, *s)))
            return false;
    return true;
}

const char *read_word(struct reading *r, const json_t *item, const char *where, size_t longest) {
    const char *word = read_text(r, item, where);
    if (strchr("._-", word[0]) || strlen(word) > longest || !all_of(word, "._-", isalnum))
        wrong_at(r, where, "letters, digits, '.', '_' and '-', %zu at most", longest);
    return word;
}

bool read_boolean(struct reading *r, const json_t *item, const char *where) {
    if (!json_is_boolean(item))
        wrong_at(r, where, "true or false");
    return json_is_true(item);
}

int read_port(struct reading *r, const json_t *item, const char *where) {
    json_int_t port = json_integer_value(item);
    if (json_is_integer(item) && port >= 1 && port <= 65535)
        return (int)port;
    wrong_at(r, where, "a port, 1 to 65535");
    return 1;
}

int read_one_of(struct reading *r, const json_t *item, const char *choices, const char *where) {
    const char *word = json_is_string(item) ? json_string_value(item) : "";
    int index = 0;
    for (const char *p = choices;; index++) {
        size_t n = strcspn(p, ",");
        if (strlen(word) == n && memcmp(p, word, n) == 0)
            return index;
        if (!p[n])
            break;
        p += n + 2;
    }
    wrong_at(r, where, "one of %s", choices);
    return 0;
}

struct egress_host read_host(struct reading *r, const json_t *item, const char *where) {
    struct egress_host host = {"?", false};
    const char *at = inside(r, where, "host");
    const char *text = read_text(r, json_object_get(item, "host"), at);
    const char *why = target_host(r->arena, bytes_of(text), &host.host);
    if (why)
        wrong_at(r, at, "%s", why);
    else if (strcmp(text, host.host) != 0)
        wrong_at(r, at, "in lower case");
    host.suffix = read_boolean(r, json_object_get(item, "suffix"), inside(r, where, "suffix"));
    return host;
}
