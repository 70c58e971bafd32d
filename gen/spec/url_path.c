#include "spec/url_path.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define PLAIN "/-._~!$&'()+,;=:@"

static int hex_digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

static bool is_escape(const char *s) {
    return s[0] == '%' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]);
}

static bool is_slash(const char *s) {
    return s[0] == '%' && s[1] == '2' && s[2] == 'F';
}

/* Why a byte may not stand behind a '%'. */
static const char *wrong_byte(unsigned char byte, const char *rest) {
    if (byte < 0x20 || byte == 0x7f || byte == '\\')
        return "no control character and no backslash, not even as %XX";
    if (byte == '%' && isxdigit((unsigned char)rest[0]) && isxdigit((unsigned char)rest[1]))
        return "each character is encoded once";
    return NULL;
}

/* %XX become bytes, but of the slash, which stays an escape; the wildcards become '\1', which no
 * path holds, so that an asterisk is one. */
static const char *decode(const char *s, char *out) {
    for (; *s; s++) {
        if (*s == '*') {
            *out++ = '\1';
        } else if (*s != '%') {
            *out++ = *s;
        } else if (!is_escape(s)) {
            return "behind '%' stand two hex digits";
        } else {
            unsigned char byte = (unsigned char)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
            const char *why = wrong_byte(byte, s + 3);
            if (why)
                return why;
            if (byte == '/')
                memcpy(out, "%2F", 3), out += 3;
            else
                *out++ = (char)byte;
            s += 2;
        }
    }
    *out = '\0';
    return NULL;
}

/* UAX #15: characters whose compatibility form, which some servers make, holds one of "/.\". */
static bool looks_like_a_mark(uint32_t c) {
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

static const char *wrong_text(const char *text) {
    for (size_t n; *text; text += n) {
        uint32_t c;
        n = utf8_next(text, &c);
        if (n == 1 && c == 0xfffd)
            return "what is encoded is UTF-8";
        if (looks_like_a_mark(c))
            return "no character that a server may take for a slash or a dot";
        if (is_escape(text) && !is_slash(text))
            return "each character is encoded once";
    }
    return NULL;
}

/* The one spelling: plain characters as they are, the others as %XX in capitals. */
static const char *spell(struct arena *arena, const char *text) {
    char *spelled = arena_alloc(arena, 3 * strlen(text) + 1), *out = spelled;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\1') {
            *out++ = '*';
        } else if ((c < 0x80 && isalnum(c)) || strchr(PLAIN, c) || is_slash(text)) {
            *out++ = *text;
        } else {
            *out++ = '%';
            *out++ = "0123456789ABCDEF"[c >> 4];
            *out++ = "0123456789ABCDEF"[c & 15];
        }
    }
    return spelled;
}

static const char *with_slashes(struct arena *arena, const char *s) {
    char *read = arena_copy(arena, s), *out = read;
    for (; *s; s += is_slash(s) ? 3 : 1)
        *out++ = *s == '%' && is_slash(s) ? '/' : *s;
    *out = '\0';
    return read;
}

static const char *merged(struct arena *arena, const char *s) {
    char *read = arena_copy(arena, s), *out = read;
    for (; *s; s++)
        if (s[0] != '/' || s[1] != '/')
            *out++ = *s;
    *out = '\0';
    return read;
}

static const char *without_parameters(struct arena *arena, const char *s) {
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
        if (strcmp(readings[i], reading) == 0)
            return false;
    return true;
}

size_t url_path_readings(struct arena *arena, const char *pattern,
                         const char *readings[URL_PATH_READINGS]) {
    static const char *(*const otherwise[])(struct arena *, const char *) = {with_slashes, merged,
                                                                             without_parameters};
    char *text = arena_alloc(arena, strlen(pattern) + 1);
    size_t n = 1;
    decode(pattern, text);
    readings[0] = spell(arena, text);
    if (!strpbrk(readings[0], ";%") && !strstr(readings[0], "//"))
        return n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof otherwise / sizeof *otherwise; k++) {
            const char *reading = otherwise[k](arena, readings[i]);
            if (n < URL_PATH_READINGS && is_new(readings, n, reading))
                readings[n++] = reading;
        }
    return n;
}

static bool has_dot_segment(const char *s) {
    for (const char *p = s; *p;) {
        size_t n = strcspn(++p, "/");
        if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return true;
        p += n;
    }
    return false;
}

static bool joins_two_stars(const char *s) {
    for (const char *p = s; (p = strstr(p, "**")); p += 2)
        if (p[-1] != '/' || (p[2] && p[2] != '/'))
            return true;
    return false;
}

const char *url_path_wrong(struct arena *arena, const char *pattern) {
    if (pattern[0] != '/')
        return "it begins with '/'";
    for (const char *p = pattern; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr(PLAIN "*%", *p))
            return *p == '?' || *p == '#' ? "a path alone, without '?' or '#'"
                                          : "only the characters that a URL's path may hold "
                                            "(others in their %XX form)";
    if (joins_two_stars(pattern))
        return "'**' is a whole segment: /a/**/b";
    char *text = arena_alloc(arena, strlen(pattern) + 1);
    const char *why = decode(pattern, text);
    if (!why)
        why = wrong_text(text);
    if (why)
        return why;
    const char *readings[URL_PATH_READINGS];
    size_t n = url_path_readings(arena, pattern, readings);
    for (size_t i = 0; i < n; i++)
        if (has_dot_segment(readings[i]))
            return "no '.' or '..' segment, however it is spelled";
    return NULL;
}
