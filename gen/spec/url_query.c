#include "spec/url_query.h"
#include "spec/path_spelling.h"

#include <stdint.h>
#include <string.h>

const char *url_query_wrong(const char *item) {
    const char *equals = strchr(item, '=');
    if (!*item || item == equals)
        return "a parameter's name comes first: name, name=value";
    for (const char *p = item; *p; p++) {
        if (*p <= ' ' || *p > '~' || strchr("&;+#", *p))
            return "one parameter, with blanks, &, ;, + and # in their %XX form";
        if (*p == '*' && (!equals || p < equals))
            return "'*' stands in a value alone";
        if (*p == '%' && !path_is_escape(p))
            return "behind '%' stand two hex digits";
        if (*p == '%' && path_escaped(p) <= URL_QUERY_ANY)
            return "no %00 and no %01";
        if (*p == '%' && p < (equals ? equals : p + 1) && strchr("&=", path_escaped(p)))
            return "no '&' and no '=' in a name, not even as %XX";
    }
    return NULL;
}

static const char *decode(struct arena *arena, const char *s, size_t n, size_t *length) {
    char *out = arena_alloc(arena, n + 1);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (s[i] == '%')
            out[kept++] = (char)path_escaped(s + i), i += 2;
        else
            out[kept++] = s[i] == '*' ? URL_QUERY_ANY : s[i];
    *length = kept;
    return out;
}

struct url_query url_query_read(struct arena *arena, const char *item) {
    struct url_query query = {0};
    size_t n = strcspn(item, "=");
    query.name = decode(arena, item, n, &query.name_length);
    if (item[n])
        query.value = decode(arena, item + n + 1, strlen(item + n + 1), &query.value_length);
    return query;
}

/* The usual matching of one kind of wildcard: after a mismatch, the last one takes one more. */
static bool value_matches(const struct url_query *item, const char *text, size_t length) {
    size_t p = 0, t = 0, star = SIZE_MAX, star_at = 0;
    while (t < length) {
        if (p < item->value_length && item->value[p] == URL_QUERY_ANY)
            star = p++, star_at = t;
        else if (p < item->value_length && item->value[p] == text[t])
            p++, t++;
        else if (star != SIZE_MAX)
            p = star + 1, t = ++star_at;
        else
            return false;
    }
    while (p < item->value_length && item->value[p] == URL_QUERY_ANY)
        p++;
    return p == item->value_length;
}

bool url_query_matches(const struct url_query *item, const char *name, size_t name_length,
                       const char *value, size_t value_length) {
    return item->name_length == name_length && memcmp(item->name, name, name_length) == 0 &&
           (!item->value || value_matches(item, value, value_length));
}

bool url_query_covers(const struct url_query *a, const struct url_query *b) {
    static const char any[] = {URL_QUERY_ANY};
    const char *value = b->value ? b->value : any;
    size_t length = b->value ? b->value_length : sizeof any;
    return url_query_matches(a, b->name, b->name_length, value, length);
}
