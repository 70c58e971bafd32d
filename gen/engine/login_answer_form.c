/* What a token endpoint answers, where that is a form. */
#include "base/buf_raw.h"
#include "engine/login_private.h"
#include "engine/redact.h"
#include "engine/secret_file.h"

#include <openssl/crypto.h>
#include <string.h>

/* Of a pointer, which leads nowhere in a form where it has more than one name: NULL. */
static const char *name_of(const char *pointer) {
    return strchr(pointer + 1, '/') || strchr(pointer, '~') ? NULL : pointer + 1;
}

/* A client may read names in any letters. */
static bool has_other_letters(const json_t *all, const char *name) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)all, key,
                        value) if (bytes_are(bytes_of(key), name) &&
                                   strcmp(key, name) != 0) return true;
    return false;
}

static const char is_none[] = "is no form that says each thing once";

/* Such that nobody takes it for JSON, or for something else that has a token in it. NULL: it is
 * none. */
static json_t *read_plain(struct arena *arena, struct bytes body) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    json_t *all = memchr(body.s, ';', body.n) ? NULL : login_form_read(arena, body);
    const char *key;
    json_t *value;
    bool right = all != NULL;
    json_object_foreach(all, key, value) {
        right = right && *key && !key[strspn(key, letters)];
    }
    if (right)
        return all;
    json_decref(all);
    return NULL;
}

static const char *find_tokens(struct arena *arena, const struct egress_endpoint *endpoint,
                               const json_t *all, struct login_answer *answer) {
    for (int i = 0; i < LOGIN_TOKENS; i++) {
        const char *name = name_of(endpoint->pointer[i]);
        const char *text = name ? json_string_value(json_object_get(all, name)) : NULL;
        if (name && has_other_letters(all, name))
            return "has one token more than once";
        if (!text || !*text)
            continue;
        if (!secret_is_usable(text, strlen(text)))
            return "has a token that is not 8 to 16384 visible ASCII characters";
        answer->token[i] = bytes_of(arena_copy(arena, text));
    }
    return NULL;
}

static const char *standing_for(struct arena *arena, const struct egress_login *login,
                                const struct egress_endpoint *endpoint,
                                const struct login_answer *answer, const char *key) {
    for (int i = 0; i < LOGIN_TOKENS; i++) {
        const char *name = name_of(endpoint->pointer[i]);
        if (name && answer->token[i].s && strcmp(name, key) == 0)
            return login_placeholder(arena, login, (enum egress_token)i, answer->token[i]);
    }
    return NULL;
}

/* Written anew, so that no byte of it is read otherwise by its client. */
static void write_anew(struct arena *arena, const struct egress_login *login,
                       const struct egress_endpoint *endpoint, const json_t *all,
                       struct login_answer *answer) {
    struct buf b = {0};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)all, key, value) {
        const char *text = standing_for(arena, login, endpoint, answer, key);
        if (!text)
            text = json_string_value(value);
        login_form_add(&b, key, text, strlen(text));
    }
    answer->compact = arena_copy_n(arena, b.len ? b.data : "", b.len);
    answer->body = (struct bytes){answer->compact, b.len};
    OPENSSL_cleanse(b.data, b.cap);
    buf_free(&b);
    login_scrub(answer);
}

const char *login_read_form_answer(struct arena *arena, const struct egress_login *login,
                                   const struct egress_endpoint *endpoint, struct bytes body,
                                   struct login_answer *answer) {
    *answer = (struct login_answer){.body = body};
    json_t *all = read_plain(arena, body);
    const char *why = all ? find_tokens(arena, endpoint, all, answer) : is_none;
    bool is_good = !why && answer->token[LOGIN_ACCESS].s;
    if (!why && !is_good && (answer->token[LOGIN_REFRESH].s || answer->token[LOGIN_ID].s))
        why = "has no access token beside the others";
    const char *ends = name_of(endpoint->expires_in);
    if (is_good && ends)
        answer->expires_in = login_seconds_in(json_object_get(all, ends));
    if (is_good)
        write_anew(arena, login, endpoint, all, answer);
    json_decref(all);
    all = is_good ? read_plain(arena, answer->body) : NULL; /* also without what was blotted out */
    if (is_good && !all)
        why = is_none;
    json_decref(all);
    return why;
}

bool login_answer_is_form(const char *compact) {
    return compact[0] != '{';
}

char *login_form_again(const struct egress_endpoint *endpoint, const char *compact,
                       int64_t expires_in) {
    struct arena *arena = arena_new();
    struct buf b = {0};
    json_t *all = login_form_read(arena, bytes_of(compact));
    const char *key, *ends = name_of(endpoint->expires_in);
    json_t *value;
    json_object_foreach(all, key, value) {
        const char *text = ends && strcmp(key, ends) == 0
                               ? arena_printf(arena, "%lld", (long long)expires_in)
                               : json_string_value(value);
        login_form_add(&b, key, text, strlen(text));
    }
    json_decref(all);
    arena_free(arena);
    buf_char(&b, '\0');
    return b.data;
}
