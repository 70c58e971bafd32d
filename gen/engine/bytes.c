#include "engine/bytes.h"

#include <string.h>

struct bytes bytes_of(const char *s) {
    return (struct bytes){s, strlen(s)};
}

bool bytes_equal(struct bytes a, struct bytes b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

char bytes_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool bytes_are(struct bytes a, const char *lower) {
    for (size_t i = 0; i < a.n; i++)
        if (!lower[i] || bytes_lower(a.s[i]) != lower[i])
            return false;
    return lower[a.n] == '\0';
}

struct bytes bytes_copy(struct arena *arena, struct bytes b) {
    char *copy = arena_alloc(arena, b.n + 1);
    if (b.n)
        memcpy(copy, b.s, b.n);
    return (struct bytes){copy, b.n};
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

struct bytes bytes_trim(struct bytes b) {
    while (b.n && is_blank(b.s[0]))
        b.s++, b.n--;
    while (b.n && is_blank(b.s[b.n - 1]))
        b.n--;
    return b;
}

struct bytes bytes_before(struct bytes b, char c, struct bytes *rest) {
    const char *found = b.n ? memchr(b.s, c, b.n) : NULL;
    *rest = (struct bytes){0};
    if (!found)
        return b;
    size_t n = (size_t)(found - b.s);
    *rest = (struct bytes){found + 1, b.n - n - 1};
    return (struct bytes){b.s, n};
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = bytes_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct bytes bytes_unquoted(struct arena *arena, struct bytes b) {
    if (!b.n || !memchr(b.s, '%', b.n))
        return b;
    char *out = arena_alloc(arena, b.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < b.n; i++) {
        int high = b.s[i] == '%' && i + 2 < b.n ? hex_digit(b.s[i + 1]) : -1;
        int low = high < 0 ? -1 : hex_digit(b.s[i + 2]);
        if (low >= 0)
            out[n++] = (char)(high << 4 | low), i += 2;
        else
            out[n++] = b.s[i];
    }
    return (struct bytes){out, n};
}

void fields_add(struct arena *arena, struct fields *fields, struct bytes name, struct bytes value) {
    if (fields->n == fields->cap) {
        size_t cap = fields->cap ? 2 * fields->cap : 16;
        struct field *v = arena_alloc(arena, cap * sizeof *v);
        if (fields->n)
            memcpy(v, fields->v, fields->n * sizeof *v);
        fields->v = v;
        fields->cap = cap;
    }
    fields->v[fields->n++] = (struct field){name, value};
}

const struct field *fields_next(const struct fields *fields, const char *lower, size_t *at) {
    while (*at < fields->n) {
        const struct field *field = &fields->v[(*at)++];
        if (bytes_are(field->name, lower))
            return field;
    }
    return NULL;
}

bool fields_have(const struct fields *fields, const char *lower) {
    size_t at = 0;
    return fields_next(fields, lower, &at) != NULL;
}

void fields_drop(struct fields *fields, const char *lower) {
    size_t kept = 0;
    for (size_t i = 0; i < fields->n; i++)
        if (!bytes_are(fields->v[i].name, lower))
            fields->v[kept++] = fields->v[i];
    fields->n = kept;
}

bool fields_are_coded(const struct fields *fields) {
    const struct field *field;
    for (size_t at = 0; (field = fields_next(fields, "content-encoding", &at));)
        if (field->value.n && !bytes_are(field->value, "identity"))
            return true;
    return false;
}
