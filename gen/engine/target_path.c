/* Paths: of requests, and of rules. */
#include "base/utf8.h"
#include "engine/target.h"

#include <string.h>

static const char *wrong_byte(unsigned char byte, const char *rest) {
    if (byte < 0x20 || byte == 0x7f)
        return "the path holds an encoded control character";
    if (byte == '\\')
        return "the path holds an encoded backslash";
    if (byte == '%' && path_is_hex_pair(rest))
        return "the path is encoded twice";
    return NULL;
}

/* %XX become bytes, but of the slash, which stays an escape. */
static const char *decode(const char *s, char *out) {
    for (; *s; s++) {
        if (*s != '%') {
            *out++ = *s;
            continue;
        }
        if (!path_is_escape(s))
            return "the path holds a broken percent-encoding";
        unsigned char byte = path_escaped(s);
        const char *why = byte == '/' ? NULL : wrong_byte(byte, s + 3);
        if (why)
            return why;
        if (byte == '/')
            memcpy(out, "%2F", 3), out += 3;
        else
            *out++ = (char)byte;
        s += 2;
    }
    *out = '\0';
    return NULL;
}

static const char *wrong_text(const char *text) {
    bool twice = false, alike = false;
    for (size_t n; *text; text += n) {
        uint32_t c;
        n = utf8_next(text, &c);
        if (n == 1 && c == 0xfffd)
            return "the path is not valid UTF-8";
        twice = twice || (path_is_escape(text) && !path_is_slash(text));
        alike = alike || path_looks_like_a_mark(c);
    }
    if (twice)
        return "the path is encoded twice";
    return alike ? "the path holds a look-alike of a slash or dot" : NULL;
}

/* A path without any of these has one reading, and no dot segment. */
static bool is_ambiguous(const char *path) {
    return strpbrk(path, "%;\\") || strstr(path, "/.") || strstr(path, "//");
}

/* Dot segments in whatever spelling, backslashes, control characters, what is encoded twice and
 * what is not UTF-8 are refused: no client needs them. */
static const char *path_readings(struct arena *arena, struct bytes path, const char ***readings,
                                 size_t *count) {
    if (path.n == 0 || path.s[0] != '/')
        return "the path does not begin with a slash";
    const char **found = arena_alloc(arena, PATH_READINGS * sizeof *found);
    found[0] = bytes_copy(arena, path).s;
    *readings = found;
    *count = 1;
    if (!is_ambiguous(found[0]))
        return NULL;
    if (strchr(found[0], '\\'))
        return "the path holds a backslash";
    char *text = arena_alloc(arena, path.n + 1);
    const char *why = decode(found[0], text);
    if (!why && strchr(found[0], '%'))
        why = wrong_text(text);
    if (why)
        return why;
    found[0] = text;
    *count = path_read_otherwise(arena, found, 1, PATH_READINGS);
    for (size_t i = 0; i < *count; i++)
        if (path_has_dot_segment(found[i]))
            return "the path holds a dot segment";
    return NULL;
}

const char *target_parse(struct arena *arena, struct bytes raw, struct target *target) {
    *target = (struct target){0};
    if (raw.n > TARGET_LONGEST)
        return "the request target is too long";
    for (size_t i = 0; i < raw.n; i++)
        if (raw.s[i] < 0x21 || raw.s[i] > 0x7e)
            return "the request target holds bytes outside printable ASCII";
    if (raw.n && memchr(raw.s, '#', raw.n))
        return "the request target holds a fragment";
    target->path = bytes_before(raw, '?', &target->query);
    return path_readings(arena, target->path, &target->readings, &target->reading_count);
}

static size_t characters(const char *s) {
    size_t count = 0;
    uint32_t c;
    for (; *s; s += utf8_next(s, &c))
        count++;
    return count;
}

static bool joins_two_stars(const char *s) {
    for (const char *p = s; (p = strstr(p, "**")); p += 2)
        if (p[-1] != '/' || (p[2] && p[2] != '/'))
            return true;
    return false;
}

static const char *pattern_wrong(struct arena *arena, const char *pattern) {
    if (characters(pattern) > PATTERN_LONGEST)
        return "a path of a rule has at most 500 characters";
    bool plain = pattern[0] == '/';
    for (const char *p = pattern; *p; p++)
        plain = plain && (path_is_plain(*p) || *p == '*' || *p == '%');
    if (!plain)
        return "a path begins with a slash, and spells what is not plain as %XX";
    if (joins_two_stars(pattern))
        return "'**' is a whole segment";
    const char **readings;
    size_t count;
    return path_readings(arena, bytes_of(pattern), &readings, &count);
}

const char *pattern_compile(struct arena *arena, const char *pattern, const char **compiled) {
    const char *why = pattern_wrong(arena, pattern);
    if (why)
        return why;
    char *marked = arena_copy(arena, pattern), *out = marked;
    for (const char *p = pattern; *p; p++)
        if (p[0] == '*' && p[1] == '*')
            *out++ = PATTERN_ALL, p++;
        else
            *out++ = *p == '*' ? PATTERN_SEGMENT : *p;
    *out = '\0';
    char *text = arena_alloc(arena, strlen(marked) + 1);
    decode(marked, text); /* nothing is wrong with it: pattern_wrong() has read it */
    *compiled = text;
    return NULL;
}
