/* Any bytes as what a token endpoint is asked and as its answer, as a token, and as what is kept of
 * a login (libFuzzer): the first byte says which. No token is in an answer that goes on, and what
 * is kept is read as it was written. */
#include "base/buf_raw.h"
#include "engine/login_body.h"
#include "engine/login_store.h"
#include "engine/redact.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static const struct egress_endpoint endpoint = {
    .host = "a.example.org",
    .port = 443,
    .path = "/token",
    .json = true,
    .pointer = {"/access_token", "/refresh_token", "/a/id"},
    .expires_in = "/expires_in",
};
static const struct egress_login known = {
    .name = "demo",
    .tokens = (struct egress_endpoint *)(uintptr_t)&endpoint,
    .token_count = 1,
    .marker = {"login-demo-access", "login-demo-refresh", "login-demo-id"},
    .prefix = {"sk-", "", ""},
};

static void must(bool holds) {
    if (!holds)
        abort();
}

static bool has(struct bytes text, struct bytes part) {
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (memcmp(text.s + i, part.s, part.n) == 0)
            return true;
    return false;
}

static void asked(struct arena *arena, struct bytes text, bool json) {
    struct login_request request;
    struct fields fields = {0};
    struct filled *filled = NULL;
    fields_add(arena, &fields, BYTES("Content-Type"),
               json ? BYTES("application/json") : BYTES("application/x-www-form-urlencoded"));
    if (login_read_request(arena, &known, &fields, text, &request))
        return;
    request.renews = true;
    struct login_request again;
    struct bytes body =
        login_write_renewal(arena, &filled, &endpoint, &request, BYTES("of \"any\\ letters&=%"));
    fields.v[0].value = BYTES("application/json");
    must(!login_read_request(arena, &known, &fields, body, &again) && again.renews);
    must(!request.client_id || strcmp(request.client_id, again.client_id) == 0);
    filled_wipe(&filled);
}

/* In any spelling that is blotted out. */
static bool says_placeholder(struct bytes text) {
    static struct forms *forms[LOGIN_TOKENS];
    for (int i = 0; i < LOGIN_TOKENS; i++)
        if (!forms[i])
            forms[i] = forms_new(known.marker[i], strlen(known.marker[i]));
    return forms_found(forms, LOGIN_TOKENS, text.s, text.n);
}

typedef const char *reader(struct arena *arena, const struct egress_login *login,
                           const struct egress_endpoint *endpoint, struct bytes body,
                           struct login_answer *answer);

static void answered(struct arena *arena, reader *read, struct bytes text) {
    struct login_answer answer, again;
    if (read(arena, &known, &endpoint, text, &answer) || !answer.token[LOGIN_ACCESS].s)
        return;
    for (int i = 0; i < LOGIN_TOKENS; i++) {
        struct bytes token = answer.token[i];
        const char *placeholder =
            token.s ? login_placeholder(arena, &known, (enum egress_token)i, token) : NULL;
        must(!token.s || has(bytes_of(placeholder), token) || !has(answer.body, token));
    }
    /* What was put in a token's place is a token to who reads it again, and blotted out elsewhere.
     */
    if (says_placeholder(text))
        return;
    must(!read(arena, &known, &endpoint, bytes_of(answer.compact), &again) &&
         again.token[LOGIN_ACCESS].s);
    must(login_answer_is_form(answer.compact) == (read == login_read_form_answer));
    free(login_answer_again(&endpoint, answer.compact, 7));
}

static void kept(struct bytes text) {
    struct login_kept one, other;
    struct buf first = {0}, second = {0};
    if (!login_text_read(text.s, text.n, &one))
        return;
    login_text_write(&one, &first);
    must(login_text_read(first.data, first.len, &other));
    login_text_write(&other, &second);
    must(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    login_kept_wipe(&one);
    login_kept_wipe(&other);
    buf_free(&first);
    buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (!length)
        return 0;
    struct arena *arena = arena_new();
    /* Its own size, so that a sanitizer sees what is read behind it. */
    char *text = malloc(length);
    memcpy(text, bytes + 1, --length);
    struct bytes all = {text, length};
    switch (bytes[0] & 7) {
    case 0:
    case 1:
        asked(arena, all, bytes[0] & 1);
        break;
    case 2:
        kept(all);
        break;
    case 3:
        login_jwt_ends(arena, all);
        break;
    case 4:
        answered(arena, login_read_form_answer, all);
        break;
    default:
        answered(arena, login_read_answer, all);
    }
    free(text);
    arena_free(arena);
    return 0;
}
