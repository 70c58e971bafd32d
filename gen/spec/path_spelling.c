#include "spec/path_spelling.h"

#include <ctype.h>
#include <string.h>

static int hex_digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

bool path_is_plain(char c) {
    return c > 0 && (isalnum((unsigned char)c) || strchr(PATH_PLAIN, c));
}

bool path_is_hex_pair(const char *s) {
    return isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1]);
}

bool path_is_escape(const char *s) {
    return s[0] == '%' && path_is_hex_pair(s + 1);
}

unsigned char path_escaped(const char *s) {
    return (unsigned char)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
}

bool path_is_slash(const char *s) {
    return s[0] == '%' && s[1] == '2' && s[2] == 'F';
}

bool path_looks_like_a_mark(uint32_t c) {
    static const struct {
        uint32_t first, last;
    } marks[] = {
        {0x2024, 0x2026}, {0x2100, 0x2101}, {0x2105, 0x2106}, {0x2488, 0x249b},   {0x33c2, 0x33c2},
        {0x33c7, 0x33c7}, {0x33d8, 0x33d8}, {0xfe19, 0xfe19}, {0xfe30, 0xfe30},   {0xfe52, 0xfe52},
        {0xfe68, 0xfe68}, {0xff0e, 0xff0f}, {0xff3c, 0xff3c}, {0x1f100, 0x1f100},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (c >= marks[i].first && c <= marks[i].last)
            return true;
    return false;
}

const char *path_spell(struct arena *arena, const char *text) {
    char *spelled = arena_alloc(arena, 3 * strlen(text) + 1), *out = spelled;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == PATH_WILDCARD) {
            *out++ = '*';
        } else if (path_is_plain(*text) || path_is_slash(text)) {
            *out++ = *text;
        } else {
            *out++ = '%';
            *out++ = "0123456789ABCDEF"[c >> 4];
            *out++ = "0123456789ABCDEF"[c & 15];
        }
    }
    return spelled;
}

/* Each gives the text itself where there is nothing to change. */

static const char *with_slashes(struct arena *arena, const char *s) {
    if (!strstr(s, "%2F"))
        return s;
    char *read = arena_copy(arena, s), *out = read;
    for (; *s; s += path_is_slash(s) ? 3 : 1)
        *out++ = path_is_slash(s) ? '/' : *s;
    *out = '\0';
    return read;
}

static const char *merged(struct arena *arena, const char *s) {
    if (!strstr(s, "//"))
        return s;
    char *read = arena_copy(arena, s), *out = read;
    for (; *s; s++)
        if (s[0] != '/' || s[1] != '/')
            *out++ = *s;
    *out = '\0';
    return read;
}

static const char *without_parameters(struct arena *arena, const char *s) {
    if (!strchr(s, ';'))
        return s;
    char *read = arena_copy(arena, s), *out = read;
    while (*s) {
        s += *s == ';' ? strcspn(s, "/") : 0;
        if (*s)
            *out++ = *s++;
    }
    *out = '\0';
    return read;
}

static bool is_new(const char *const *readings, size_t n, const char *reading) {
    for (size_t i = 0; i < n; i++)
        if (readings[i] == reading || strcmp(readings[i], reading) == 0)
            return false;
    return true;
}

size_t path_read_otherwise(struct arena *arena, const char **readings, size_t n, size_t most) {
    static const char *(*const otherwise[])(struct arena *, const char *) = {with_slashes, merged,
                                                                             without_parameters};
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        if (is_new(readings, found, readings[i]))
            readings[found++] = readings[i];
    for (size_t i = 0; i < found; i++)
        for (size_t k = 0; k < sizeof otherwise / sizeof *otherwise; k++) {
            const char *reading = otherwise[k](arena, readings[i]);
            if (found < most && is_new(readings, found, reading))
                readings[found++] = reading;
        }
    return found;
}

bool path_has_dot_segment(const char *s) {
    for (const char *p = s; *p;) {
        size_t n = strcspn(++p, "/");
        if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return true;
        p += n;
    }
    return false;
}
