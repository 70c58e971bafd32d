#include "spec/url_path.h"
#include "base/utf8.h"
#include "spec/path_spelling.h"

#include <stdbool.h>
#include <string.h>

/* Why a byte may not stand behind a '%'. */
static const char *wrong_byte(unsigned char byte, const char *rest) {
    if (byte < 0x20 || byte == 0x7f || byte == '\\')
        return "no control character and no backslash, not even as %XX";
    if (byte == '%' && path_is_hex_pair(rest))
        return "each character is encoded once";
    return NULL;
}

/* %XX become bytes, but of the slash, which stays an escape. */
static const char *decode(const char *s, char *out) {
    for (; *s; s++) {
        if (*s == '*') {
            *out++ = PATH_WILDCARD;
        } else if (*s != '%') {
            *out++ = *s;
        } else if (!path_is_escape(s)) {
            return "behind '%' stand two hex digits";
        } else {
            unsigned char byte = path_escaped(s);
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

static const char *wrong_text(const char *text) {
    for (size_t n; *text; text += n) {
        uint32_t c;
        n = utf8_next(text, &c);
        if (n == 1 && c == 0xfffd)
            return "what is encoded is UTF-8";
        if (path_looks_like_a_mark(c))
            return "no character that a server may take for a slash or a dot";
        if (path_is_escape(text) && !path_is_slash(text))
            return "each character is encoded once";
    }
    return NULL;
}

size_t url_path_readings(struct arena *arena, const char *pattern,
                         const char *readings[URL_PATH_READINGS]) {
    char *text = arena_alloc(arena, strlen(pattern) + 1);
    decode(pattern, text);
    readings[0] = path_spell(arena, text);
    if (!strpbrk(readings[0], ";%") && !strstr(readings[0], "//"))
        return 1;
    return path_read_otherwise(arena, readings, 1, URL_PATH_READINGS);
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
        if (!path_is_plain(*p) && *p != '*' && *p != '%')
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
        if (path_has_dot_segment(readings[i]))
            return "no '.' or '..' segment, however it is spelled";
    return NULL;
}
