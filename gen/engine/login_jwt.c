/* JSON Web Tokens (RFC 7519), as far as those look into them who hold one. */
#include "engine/login_body.h"

#include <jansson.h>
#include <string.h>

static int value_of(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* RFC 4648, section 5, without padding. s is NULL: it is no such thing. */
static struct bytes decoded(struct arena *arena, struct bytes text) {
    char *room = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    unsigned bits = 0, held = 0;
    if (text.n % 4 == 1)
        return (struct bytes){0};
    for (size_t i = 0; i < text.n; i++) {
        int value = value_of(text.s[i]);
        if (value < 0)
            return (struct bytes){0};
        held = (held << 6 | (unsigned)value) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            room[n++] = (char)(held >> bits & 0xff);
        }
    }
    return (struct bytes){room, n};
}

static json_t *object_in(struct arena *arena, struct bytes part) {
    struct bytes text = part.n ? decoded(arena, part) : (struct bytes){0};
    json_t *json = text.s ? json_loadb(text.s, text.n, 0, NULL) : NULL;
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

/* Header, claims, signature; the length of the first two with the dot between them, 0: it is none.
 */
static size_t unsigned_length(struct arena *arena, struct bytes token, json_t **claims) {
    struct bytes rest, more, header = bytes_before(token, '.', &rest);
    struct bytes payload = rest.s ? bytes_before(rest, '.', &more) : (struct bytes){0};
    *claims = NULL;
    if (!rest.s || !more.s || memchr(more.s, '.', more.n))
        return 0;
    json_t *head = object_in(arena, header);
    *claims = head ? object_in(arena, payload) : NULL;
    json_decref(head);
    return *claims ? header.n + 1 + payload.n : 0;
}

const char *login_placeholder(struct arena *arena, const struct egress_login *login,
                              enum egress_token which, struct bytes token) {
    json_t *claims;
    size_t n = unsigned_length(arena, token, &claims);
    json_decref(claims);
    if (n)
        return arena_printf(arena, "%.*s.%s", (int)n, token.s, login->marker[which]);
    return arena_printf(arena, "%s%s", login->prefix[which], login->marker[which]);
}

json_t *login_jwt_claims(struct arena *arena, struct bytes token) {
    json_t *claims;
    unsigned_length(arena, token, &claims);
    return claims;
}

int64_t login_jwt_ends(struct arena *arena, struct bytes token) {
    json_t *claims = login_jwt_claims(arena, token);
    const json_t *exp = json_object_get(claims, "exp");
    double ends = json_is_number(exp) ? json_number_value(exp) : 0;
    json_decref(claims);
    return ends >= 1 && ends < 1e15 ? (int64_t)ends : 0;
}
