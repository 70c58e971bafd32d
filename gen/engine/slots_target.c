#include "engine/slots_target.h"
#include "base/buf_raw.h"

#include <ctype.h>
#include <string.h>

static int hex_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : bytes_lower(c) - 'a' + 10;
}

/* How long the text is that spells this character at s, whether as it is or as %XX; 0: it is
 * another one. */
static size_t spells(const char *s, const char *end, char c) {
    if (s < end && *s == c)
        return 1;
    if (end - s < 3 || *s != '%' || !isxdigit((unsigned char)s[1]) ||
        !isxdigit((unsigned char)s[2]))
        return 0;
    return hex_of(s[1]) * 16 + hex_of(s[2]) == c ? 3 : 0;
}

struct bytes slots_in_path(struct bytes target, const char *placeholder) {
    struct bytes rest, path = bytes_before(target, '?', &rest);
    const char *end = path.s + path.n;
    for (const char *start = path.s; start < end; start++) {
        const char *s = start, *c = placeholder;
        size_t n = 1;
        while (*c && (n = spells(s, end, *c)))
            c++, s += n;
        if (n)
            return (struct bytes){start, (size_t)(s - start)};
    }
    return (struct bytes){0};
}

struct bytes slots_without_path(struct arena *arena, struct bytes target, const char *placeholder) {
    struct bytes found = slots_in_path(target, placeholder);
    if (!found.s)
        return target;
    size_t before = (size_t)(found.s - target.s), after = before + found.n;
    char *room = arena_alloc(arena, target.n + 1);
    memcpy(room, target.s, before);
    room[before] = '\n';
    memcpy(room + before + 1, target.s + after, target.n - after);
    return (struct bytes){room, target.n - found.n + 1};
}

struct bytes slots_without_query(struct arena *arena, struct bytes target, const char *key) {
    struct bytes rest, path = bytes_before(target, '?', &rest), unused;
    BUF_CLEANUP struct buf kept = {0};
    char mark = '?';
    if (!rest.s)
        return target;
    buf_add(&kept, path.s, path.n);
    while (rest.s) {
        struct bytes pair = bytes_before(rest, '&', &rest);
        struct bytes name = bytes_unquoted(arena, bytes_before(pair, '=', &unused));
        if (bytes_equal(name, bytes_of(key)))
            continue;
        buf_char(&kept, mark);
        buf_add(&kept, pair.s, pair.n);
        mark = '&';
    }
    return bytes_copy(arena, (struct bytes){kept.data, kept.len});
}

static bool has(struct bytes text, const char *part) {
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= text.n; i++)
        if (memcmp(text.s + i, part, n) == 0)
            return true;
    return false;
}

const struct egress_credential *slots_stray(struct arena *arena, const struct egress *egress,
                                            const struct egress_question *question,
                                            struct bytes target) {
    for (size_t i = 0; question->tls && i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (!egress_bound_to(one, question->host) || !egress_goes_to(one, question->target))
            continue;
        if (one->slot == SLOT_QUERY)
            target = slots_without_query(arena, target, one->slot_name);
        else if (one->slot == SLOT_PATH)
            target = slots_without_path(arena, target, one->placeholder);
    }
    struct bytes unquoted = bytes_unquoted(arena, target);
    for (size_t i = 0; i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (one->placeholder && (has(target, one->placeholder) || has(unquoted, one->placeholder)))
            return one;
    }
    return NULL;
}
