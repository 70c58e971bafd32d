#include "engine/json_place.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum { DEEPEST = 100 };
#define OFF SIZE_MAX /* not on the way */

struct scanner {
    struct arena *arena;
    const char *at, *end;
    struct bytes *tokens; /* of the pointer */
    size_t count;
    struct json_place place;
    bool ambiguous;
};

static bool value(struct scanner *s, size_t level, size_t depth);

static bool is_at(const struct scanner *s, char c) {
    return s->at < s->end && *s->at == c;
}

static bool take(struct scanner *s, char c) {
    bool there = is_at(s, c);
    s->at += there;
    return there;
}

static void skip_space(struct scanner *s) {
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

static bool escape(struct scanner *s) {
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
static bool string(struct scanner *s) {
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

static struct bytes said(struct arena *arena, struct bytes literal) {
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

static bool alike(struct bytes a, struct bytes b) {
    size_t i = 0, k = 0;
    while (i < a.n && k < b.n)
        if (folded(a, &i) != folded(b, &k))
            return false;
    return i == a.n && k == b.n;
}

/* -- values -- */

static bool object(struct scanner *s, size_t level, size_t depth) {
    size_t matching = 0;
    skip_space(s);
    if (take(s, '}'))
        return true;
    do {
        skip_space(s);
        const char *start = s->at;
        size_t inside = OFF;
        if (!take(s, '"') || !string(s))
            return false;
        if (level < s->count) {
            struct bytes name = said(s->arena, (struct bytes){start, (size_t)(s->at - start)});
            bool exact = bytes_equal(name, s->tokens[level]);
            bool meant = exact || alike(name, s->tokens[level]);
            matching += meant;
            s->ambiguous = s->ambiguous || matching > 1 || (meant && !exact);
            inside = exact ? level + 1 : OFF;
        }
        skip_space(s);
        if (!take(s, ':') || !value(s, inside, depth))
            return false;
        skip_space(s);
    } while (take(s, ','));
    return take(s, '}');
}

/* RFC 6901, section 4: no zeros before it. */
static size_t index_of(struct bytes token) {
    size_t n = 0;
    if (!token.n || token.n > 7 || (token.s[0] == '0' && token.n > 1))
        return OFF;
    for (size_t i = 0; i < token.n; i++) {
        if (!isdigit((unsigned char)token.s[i]))
            return OFF;
        n = n * 10 + (size_t)(token.s[i] - '0');
    }
    return n;
}

static bool array(struct scanner *s, size_t level, size_t depth) {
    size_t wanted = level < s->count ? index_of(s->tokens[level]) : OFF, i = 0;
    skip_space(s);
    if (take(s, ']'))
        return true;
    do {
        if (!value(s, i++ == wanted ? level + 1 : OFF, depth))
            return false;
        skip_space(s);
    } while (take(s, ','));
    return take(s, ']');
}

static bool digits(struct scanner *s) {
    const char *start = s->at;
    while (s->at < s->end && isdigit((unsigned char)*s->at))
        s->at++;
    return s->at > start;
}

static bool number(struct scanner *s) {
    take(s, '-');
    if (!take(s, '0') && !digits(s))
        return false;
    if (take(s, '.') && !digits(s))
        return false;
    if (!take(s, 'e') && !take(s, 'E'))
        return true;
    if (!take(s, '+'))
        take(s, '-');
    return digits(s);
}

static bool word(struct scanner *s, const char *literal) {
    size_t n = strlen(literal);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, literal, n) != 0)
        return false;
    s->at += n;
    return true;
}

static bool value(struct scanner *s, size_t level, size_t depth) {
    skip_space(s);
    const char *start = s->at;
    if (level == s->count)
        s->place.kind = PLACE_OTHER;
    if (depth == DEEPEST && (is_at(s, '{') || is_at(s, '[')))
        return false;
    if (take(s, '{'))
        return object(s, level, depth + 1);
    if (take(s, '['))
        return array(s, level, depth + 1);
    if (!take(s, '"'))
        return word(s, "true") || word(s, "false") || word(s, "null") || number(s);
    if (!string(s))
        return false;
    if (level == s->count) {
        s->place.kind = PLACE_STRING;
        s->place.literal = (struct bytes){start, (size_t)(s->at - start)};
    }
    return true;
}

/* RFC 3629. */
static bool is_utf8(const unsigned char *p, const unsigned char *end) {
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

static void read_pointer(struct scanner *s, const char *pointer) {
    s->tokens = arena_alloc(s->arena, (strlen(pointer) + 1) * sizeof *s->tokens);
    struct bytes rest = bytes_of(pointer + 1);
    while (rest.s) {
        struct bytes token = bytes_before(rest, '/', &rest);
        char *room = arena_alloc(s->arena, token.n + 1), *out = room;
        for (size_t i = 0; i < token.n; i++)
            if (token.s[i] == '~' && i + 1 < token.n)
                *out++ = token.s[++i] == '1' ? '/' : '~';
            else
                *out++ = token.s[i];
        s->tokens[s->count++] = (struct bytes){room, (size_t)(out - room)};
    }
}

struct json_place json_place_find(struct arena *arena, struct bytes text, const char *pointer) {
    struct scanner s = {.arena = arena, .at = text.s, .end = text.s + text.n};
    read_pointer(&s, pointer);
    bool good =
        is_utf8((const unsigned char *)s.at, (const unsigned char *)s.end) && value(&s, 0, 0);
    skip_space(&s);
    if (!good || s.at != s.end)
        return (struct json_place){.kind = PLACE_NO_JSON};
    if (s.ambiguous)
        return (struct json_place){.kind = PLACE_AMBIGUOUS};
    if (s.place.kind == PLACE_STRING)
        s.place.text = said(arena, s.place.literal);
    return s.place;
}
