#include "engine/json_place.h"
#include "engine/json_text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define OFF SIZE_MAX /* not on the way */

struct scanner {
    struct arena *arena;
    struct scan text;
    struct bytes *tokens; /* of the pointer */
    size_t count;
    struct json_place place;
    bool ambiguous;
};

static bool value(struct scanner *s, size_t level, size_t depth);

static bool object(struct scanner *s, size_t level, size_t depth) {
    size_t matching = 0;
    scan_space(&s->text);
    if (scan_take(&s->text, '}'))
        return true;
    do {
        scan_space(&s->text);
        const char *start = s->text.at;
        size_t inside = OFF;
        if (!scan_take(&s->text, '"') || !scan_string(&s->text))
            return false;
        if (level < s->count) {
            struct bytes name =
                scan_said(s->arena, (struct bytes){start, (size_t)(s->text.at - start)});
            bool exact = bytes_equal(name, s->tokens[level]);
            bool meant = exact || scan_alike(name, s->tokens[level]);
            matching += meant;
            s->ambiguous = s->ambiguous || matching > 1 || (meant && !exact);
            inside = exact ? level + 1 : OFF;
        }
        scan_space(&s->text);
        if (!scan_take(&s->text, ':') || !value(s, inside, depth))
            return false;
        scan_space(&s->text);
    } while (scan_take(&s->text, ','));
    return scan_take(&s->text, '}');
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
    scan_space(&s->text);
    if (scan_take(&s->text, ']'))
        return true;
    do {
        if (!value(s, i++ == wanted ? level + 1 : OFF, depth))
            return false;
        scan_space(&s->text);
    } while (scan_take(&s->text, ','));
    return scan_take(&s->text, ']');
}

static bool value(struct scanner *s, size_t level, size_t depth) {
    scan_space(&s->text);
    const char *start = s->text.at;
    if (level == s->count)
        s->place.kind = PLACE_OTHER;
    if (depth == JSON_DEEPEST && (scan_is_at(&s->text, '{') || scan_is_at(&s->text, '[')))
        return false;
    if (scan_take(&s->text, '{'))
        return object(s, level, depth + 1);
    if (scan_take(&s->text, '['))
        return array(s, level, depth + 1);
    if (!scan_take(&s->text, '"'))
        return scan_scalar(&s->text);
    if (!scan_string(&s->text))
        return false;
    if (level == s->count) {
        s->place.kind = PLACE_STRING;
        s->place.literal = (struct bytes){start, (size_t)(s->text.at - start)};
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
    struct scanner s = {.arena = arena, .text = {text.s, text.s + text.n}};
    read_pointer(&s, pointer);
    bool good = scan_is_utf8(text) && value(&s, 0, 0);
    scan_space(&s.text);
    if (!good || s.text.at != s.text.end)
        return (struct json_place){.kind = PLACE_NO_JSON};
    if (s.ambiguous)
        return (struct json_place){.kind = PLACE_AMBIGUOUS};
    if (s.place.kind == PLACE_STRING)
        s.place.text = scan_said(arena, s.place.literal);
    return s.place;
}
