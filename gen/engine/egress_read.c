/* The types of policy.json's values. */
#include "engine/egress_private.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void egress_wrong(struct egress_reading *r, const char *where, const char *format, ...) {
    char text[512];
    va_list args;
    if (r->wrong)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->wrong = arena_printf(r->scratch, "%s: %s", where, text);
}

const char *egress_inside(struct egress_reading *r, const char *where, const char *key) {
    return arena_printf(r->scratch, "%s.%s", where, key);
}

const char *egress_item(struct egress_reading *r, const char *where, size_t n) {
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
static const char *quoted(struct egress_reading *r, const char *key) {
    char *shown = arena_copy(r->scratch, key);
    for (char *p = shown; *p; p++)
        if (*p < ' ' || *p > '~' || *p == '\'' || *p == '\\')
            *p = '?';
    return shown;
}

bool egress_object(struct egress_reading *r, const json_t *item, const char *where,
                   const char *keys) {
    if (!json_is_object(item)) {
        egress_wrong(r, where, "an object");
        return false;
    }
    size_t required = strcspn(keys, "|");
    for (const char *p = keys; p < keys + required;) {
        size_t n = strcspn(p, " |");
        const char *key = arena_copy_n(r->scratch, p, n);
        if (!json_object_get(item, key))
            egress_wrong(r, where, "%s is missing", key);
        p += n + 1;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)item, key, value) {
        if (!is_among(key, keys, strlen(keys)))
            egress_wrong(r, where, "unknown key '%.100s'", quoted(r, key));
    }
    return !r->wrong;
}

const json_t *egress_list(struct egress_reading *r, const json_t *item, const char *where) {
    if (!json_is_array(item))
        egress_wrong(r, where, "a list");
    return item;
}

const char *egress_text(struct egress_reading *r, const json_t *item, const char *where) {
    if (json_is_string(item) && json_string_length(item) > 0)
        return arena_copy(r->arena, json_string_value(item));
    egress_wrong(r, where, "text that is not empty");
    return "?";
}

const char *egress_optional(struct egress_reading *r, const json_t *object, const char *key,
                            const char *where) {
    const json_t *item = json_object_get(object, key);
    return item ? egress_text(r, item, egress_inside(r, where, key)) : NULL;
}

bool egress_all_of(const char *s, const char *also, int (*kind)(int)) {
    for (; *s; s++)
        if ((unsigned char)*s >= 0x80 || (!kind((unsigned char)*s) && !strchr(also, *s)))
            return false;
    return true;
}

const char *egress_word(struct egress_reading *r, const json_t *item, const char *where,
                        size_t longest) {
    const char *word = egress_text(r, item, where);
    if (strchr("._-", word[0]) || strlen(word) > longest || !egress_all_of(word, "._-", isalnum))
        egress_wrong(r, where, "letters, digits, '.', '_' and '-', %zu at most", longest);
    return word;
}

bool egress_boolean(struct egress_reading *r, const json_t *item, const char *where) {
    if (!json_is_boolean(item))
        egress_wrong(r, where, "true or false");
    return json_is_true(item);
}

int egress_port(struct egress_reading *r, const json_t *item, const char *where) {
    json_int_t port = json_integer_value(item);
    if (json_is_integer(item) && port >= 1 && port <= 65535)
        return (int)port;
    egress_wrong(r, where, "a port, 1 to 65535");
    return 1;
}

int egress_one_of(struct egress_reading *r, const json_t *item, const char *choices,
                  const char *where) {
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
    egress_wrong(r, where, "one of %s", choices);
    return 0;
}

struct egress_host egress_read_host(struct egress_reading *r, const json_t *item,
                                    const char *where) {
    struct egress_host host = {"?", false};
    const char *at = egress_inside(r, where, "host");
    const char *text = egress_text(r, json_object_get(item, "host"), at);
    host.suffix =
        egress_boolean(r, json_object_get(item, "suffix"), egress_inside(r, where, "suffix"));
    /* A suffix is what stands behind a label, and may be one itself. */
    const char *name = "", *whole = arena_printf(r->arena, "%s%s", host.suffix ? "x." : "", text);
    const char *why = target_host(r->arena, bytes_of(whole), &name);
    if (why)
        egress_wrong(r, at, "%s", why);
    else if (strcmp(whole, name) != 0)
        egress_wrong(r, at, "in lower case");
    else
        host.host = name + (host.suffix ? 2 : 0);
    return host;
}
