#include "engine/json_text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

bool scan_is_at(const struct scan *s, char c) {
    return s->at < s->end && *s->at == c;
}

bool scan_take(struct scan *s, char c) {
    bool there = scan_is_at(s, c);
    s->at += there;
    return there;
}

void scan_space(struct scan *s) {
    while (s->at < s->end && memchr(" \t\r\n", *s->at, 4))
        s->at++;
}

/* -- strings -- */

static uint32_t four_digits(const char *p) {
    uint32_t c = 0;
    for (int i = 0; i < 4; i++)
        c = c << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return c;
}

static bool escape(struct scan *s) {
    if (s->at == s->end)
        return false;
    char c = *s->at++;
    if (c != 'u')
        return memchr("\"\\/bfnrt", c, 8) != NULL;
    for (int i = 0; i < 4; i++, s->at++)
        if (s->at == s->end || !isxdigit((unsigned char)*s->at))
            return false;
    return true;
}

/* From behind its first quote to behind its last. */
bool scan_string(struct scan *s) {
    while (s->at < s->end) {
        unsigned char c = (unsigned char)*s->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !escape(s)))
            return false;
    }
    return false;
}

static char *put(char *out, uint32_t c) {
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

struct bytes scan_said(struct arena *arena, struct bytes literal) {
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    char *room = arena_alloc(arena, literal.n + 1), *out = room;
    const char *p = literal.s + 1, *end = literal.s + literal.n - 1;
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        const char *letter = memchr(letters, p[1], sizeof letters - 1);
        if (p[1] != 'u') {
            *out++ = letter ? meant[letter - letters] : p[1];
            p += 2;
            continue;
        }
        uint32_t c = four_digits(p + 2), low = 0;
        p += 6;
        if (c >> 10 == 0xd800 >> 10 && end - p >= 6 && p[0] == '\\' && p[1] == 'u')
            low = four_digits(p + 2);
        if (low >> 10 == 0xdc00 >> 10) {
            c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
            p += 6;
        }
        out = put(out, c);
    }
    return (struct bytes){room, (size_t)(out - room)};
}

/* -- names -- */

/* As Go's encoding/json compares them: the Kelvin sign and the long s are letters of ASCII, too. */
static size_t folded(struct bytes b, size_t *at) {
    const unsigned char *p = (const unsigned char *)b.s + *at;
    size_t left = b.n - *at;
    if (left >= 3 && memcmp(p, "\xe2\x84\xaa", 3) == 0)
        return *at += 3, 'k';
    if (left >= 2 && memcmp(p, "\xc5\xbf", 2) == 0)
        return *at += 2, 's';
    return ++*at, (unsigned char)bytes_lower((char)*p);
}

bool scan_alike(struct bytes a, struct bytes b) {
    size_t i = 0, k = 0;
    while (i < a.n && k < b.n)
        if (folded(a, &i) != folded(b, &k))
            return false;
    return i == a.n && k == b.n;
}

/* -- values -- */

static bool digits(struct scan *s) {
    const char *start = s->at;
    while (s->at < s->end && isdigit((unsigned char)*s->at))
        s->at++;
    return s->at > start;
}

static bool number(struct scan *s) {
    scan_take(s, '-');
    if (!scan_take(s, '0') && !digits(s))
        return false;
    if (scan_take(s, '.') && !digits(s))
        return false;
    if (!scan_take(s, 'e') && !scan_take(s, 'E'))
        return true;
    if (!scan_take(s, '+'))
        scan_take(s, '-');
    return digits(s);
}

static bool word(struct scan *s, const char *literal) {
    size_t n = strlen(literal);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, literal, n) != 0)
        return false;
    s->at += n;
    return true;
}

bool scan_scalar(struct scan *s) {
    return word(s, "true") || word(s, "false") || word(s, "null") || number(s);
}

static bool members(struct scan *s, size_t depth) {
    scan_space(s);
    if (scan_take(s, '}'))
        return true;
    do {
        scan_space(s);
        if (!scan_take(s, '"') || !scan_string(s))
            return false;
        scan_space(s);
        if (!scan_take(s, ':') || !scan_value(s, depth))
            return false;
        scan_space(s);
    } while (scan_take(s, ','));
    return scan_take(s, '}');
}

static bool items(struct scan *s, size_t depth) {
    scan_space(s);
    if (scan_take(s, ']'))
        return true;
    do {
        if (!scan_value(s, depth))
            return false;
        scan_space(s);
    } while (scan_take(s, ','));
    return scan_take(s, ']');
}

bool scan_value(struct scan *s, size_t depth) {
    scan_space(s);
    if (depth == JSON_DEEPEST && (scan_is_at(s, '{') || scan_is_at(s, '[')))
        return false;
    if (scan_take(s, '{'))
        return members(s, depth + 1);
    if (scan_take(s, '['))
        return items(s, depth + 1);
    return scan_take(s, '"') ? scan_string(s) : scan_scalar(s);
}

bool scan_is_utf8(struct bytes text) {
    const unsigned char *p = (const unsigned char *)text.s, *end = p + text.n;
    while (p < end) {
        size_t more = *p < 0x80 ? 0 : *p < 0xc2 ? 9 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
        unsigned char low = *p == 0xe0 ? 0xa0 : *p == 0xf0 ? 0x90 : 0x80;
        unsigned char high = *p == 0xed ? 0x9f : *p == 0xf4 ? 0x8f : 0xbf;
        if (more == 9 || *p > 0xf4 || (size_t)(end - p) <= more)
            return false;
        for (size_t i = 1; i <= more; i++, low = 0x80, high = 0xbf)
            if (p[i] < low || p[i] > high)
                return false;
        p += more + 1;
    }
    return true;
}
