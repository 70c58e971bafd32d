/* What a token endpoint answers. */
#include "base/buf_raw.h"
#include "engine/json_place.h"
#include "engine/login_private.h"
#include "engine/redact.h"
#include "engine/secret_file.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_EXPIRES = 400 * 86400, NAME_ROOM = 256 };

/* RFC 6901, section 4: the next name of a pointer, which goes behind it. */
static bool next_name(const char **pointer, char name[NAME_ROOM]) {
    const char *p = *pointer;
    size_t n = 0;
    if (*p != '/')
        return false;
    for (p++; *p && *p != '/' && n + 1 < NAME_ROOM; p++) {
        if (*p == '~' && p[1])
            name[n++] = *++p == '1' ? '/' : '~';
        else
            name[n++] = *p;
    }
    name[n] = '\0';
    *pointer = p;
    return true;
}

static json_t *lead(json_t *json, const char *pointer) {
    char name[NAME_ROOM];
    while (json && next_name(&pointer, name))
        json = json_object_get(json, name);
    return json;
}

/* False: something that is no object is in the way. */
static bool put_at(json_t *json, const char *pointer, json_t *value) {
    char name[NAME_ROOM];
    bool more = next_name(&pointer, name);
    while (more && *pointer) {
        json_t *inner = json_object_get(json, name);
        if (!inner) {
            inner = json_object();
            json_object_set_new(json, name, inner);
        }
        json = inner;
        more = json_is_object(json) && next_name(&pointer, name);
    }
    if (more)
        return json_object_set_new(json, name, value) == 0;
    json_decref(value);
    return false;
}

const char *login_answer_made(struct arena *arena, const struct egress_login *login,
                              const struct egress_endpoint *endpoint,
                              const struct login_answer *answer) {
    json_t *json = json_pack("{s:s}", "token_type", "Bearer");
    bool right = true;
    for (int i = 0; i < LOGIN_TOKENS; i++)
        if (answer->token[i].s)
            right = right && put_at(json, endpoint->pointer[i],
                                    json_string(login_placeholder(
                                        arena, login, (enum egress_token)i, answer->token[i])));
    if (answer->expires_in)
        right = right && put_at(json, endpoint->expires_in, json_integer(answer->expires_in));
    char *compact = right ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(json);
    const char *kept = compact ? arena_copy(arena, compact) : NULL;
    free(compact);
    return kept;
}

int64_t login_seconds_in(const json_t *json) {
    double seconds = json_is_number(json)   ? json_number_value(json)
                     : json_is_string(json) ? strtod(json_string_value(json), NULL)
                                            : 0;
    return seconds >= 1 && seconds <= LONGEST_EXPIRES ? (int64_t)seconds : 0;
}

static const char *find_tokens(struct arena *arena, const struct egress_endpoint *endpoint,
                               struct bytes body, struct login_answer *answer,
                               struct bytes literal[LOGIN_TOKENS]) {
    for (int i = 0; i < LOGIN_TOKENS; i++) {
        struct json_place place = json_place_find(arena, body, endpoint->pointer[i]);
        if (place.kind == PLACE_NO_JSON)
            return "is not JSON";
        if (place.kind == PLACE_AMBIGUOUS)
            return "has one token more than once";
        if (place.kind != PLACE_STRING || !place.text.n)
            continue;
        if (!secret_is_usable(place.text.s, place.text.n))
            return "has a token that is not 8 to 16384 visible ASCII characters";
        answer->token[i] = place.text;
        literal[i] = place.literal;
    }
    return NULL;
}

/* In the order of the text. */
static struct bytes replaced(struct arena *arena, const struct egress_login *login,
                             struct bytes body, const struct login_answer *answer,
                             const struct bytes literal[LOGIN_TOKENS]) {
    struct buf b = {0};
    const char *at = body.s, *end = body.s + body.n;
    for (;;) {
        int next = -1;
        for (int i = 0; i < LOGIN_TOKENS; i++)
            if (literal[i].s && literal[i].s >= at && (next < 0 || literal[i].s < literal[next].s))
                next = i;
        if (next < 0)
            break;
        buf_add(&b, at, (size_t)(literal[next].s - at));
        buf_printf(&b, "\"%s\"",
                   login_placeholder(arena, login, (enum egress_token)next, answer->token[next]));
        at = literal[next].s + literal[next].n;
    }
    buf_add(&b, at, (size_t)(end - at));
    struct bytes copy = bytes_copy(arena, (struct bytes){b.data, b.len});
    buf_free(&b);
    return copy;
}

void login_scrub(const struct login_answer *answer) {
    for (int i = 0; i < LOGIN_TOKENS; i++) {
        if (!answer->token[i].s)
            continue;
        struct forms *forms = forms_new(answer->token[i].s, answer->token[i].n);
        forms_scrub(&forms, 1, (char *)(uintptr_t)answer->body.s, answer->body.n);
        forms_unref(forms);
    }
}

const char *login_read_answer(struct arena *arena, const struct egress_login *login,
                              const struct egress_endpoint *endpoint, struct bytes body,
                              struct login_answer *answer) {
    struct bytes literal[LOGIN_TOKENS] = {{0}};
    *answer = (struct login_answer){.body = body};
    const char *why = find_tokens(arena, endpoint, body, answer, literal);
    if (why)
        return why;
    if (!answer->token[LOGIN_ACCESS].s)
        return answer->token[LOGIN_REFRESH].s || answer->token[LOGIN_ID].s
                   ? "has no access token beside the others"
                   : NULL;
    answer->body = replaced(arena, login, body, answer, literal);
    login_scrub(answer);
    json_t *json = json_loadb(answer->body.s, answer->body.n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return "is no object that says each thing once";
    }
    for (int i = 0; i < LOGIN_TOKENS; i++) {
        const json_t *one = lead(json, endpoint->pointer[i]);
        if (one && !json_is_string(one) && !json_is_null(one))
            why = "has a token that is no text";
    }
    answer->expires_in = login_seconds_in(lead(json, endpoint->expires_in));
    char *compact = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
    answer->compact = arena_copy(arena, compact);
    free(compact);
    json_decref(json);
    return why;
}

char *login_answer_again(const struct egress_endpoint *endpoint, const char *compact,
                         int64_t expires_in) {
    if (login_answer_is_form(compact))
        return login_form_again(endpoint, compact, expires_in);
    json_t *json = json_loads(compact, 0, NULL), *last = lead(json, endpoint->expires_in);
    if (json_is_integer(last))
        json_integer_set(last, expires_in);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}
