#include "engine/control_login.h"
#include "base/die.h"
#include "engine/logins.h"
#include "engine/world.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define LATEST 1e15 /* seconds */

static const char *const token_names[LOGIN_TOKENS] = {"access", "refresh", "id"};

static struct login *login_of(struct proxy *proxy, const json_t *asked,
                              const struct egress_login **known) {
    const char *name = json_string_value(json_object_get(asked, "name"));
    *known = name ? egress_login(proxy->egress, name) : NULL;
    return *known ? logins_find(proxy->logins, name) : NULL;
}

static json_t *no_login(void) {
    return control_error("the policy has no such login");
}

/* -- what there is -- */

static const char *state_of(const struct login *login) {
    if (login->is_unreadable)
        return "ended";
    if (!login->kept.token[LOGIN_ACCESS].s)
        return "none";
    return login->kept.ended.s ? "ended" : "healthy";
}

static const char *why(const struct login *login) {
    if (login->is_unreadable)
        return "what was kept of it cannot be read";
    return login->kept.ended.s ? login->kept.ended.s : login->failure;
}

static void set_text(json_t *one, const char *key, const char *text) {
    if (text)
        json_object_set_new(one, key, json_string(text));
}

static json_t *described(const struct login *login, const struct egress_login *known,
                         struct arena *arena) {
    const struct login_kept *kept = &login->kept;
    json_t *one = json_pack("{s:s, s:s}", "name", login->name, "state", state_of(login));
    json_t *placeholders = json_object();
    struct login_owner owner = login_owner(kept, arena);
    set_text(one, "why", why(login));
    set_text(one, "who", owner.who);
    set_text(one, "plan", owner.plan);
    set_text(one, "account", owner.account);
    for (int i = 0; i < LOGIN_TOKENS; i++)
        if (kept->token[i].s)
            set_text(placeholders, token_names[i],
                     login_placeholder(arena, known, (enum egress_token)i,
                                       (struct bytes){kept->token[i].s, kept->token[i].n}));
    json_object_set_new(one, "placeholders", placeholders);
    if (kept->ends)
        json_object_set_new(one, "until", json_integer(kept->ends));
    return one;
}

json_t *control_logins(struct proxy *proxy, uint64_t peer, const json_t *asked) {
    json_t *all = json_array(), *said = control_ok();
    struct arena *arena = arena_new();
    (void)peer;
    (void)asked;
    for (size_t i = 0; i < proxy->egress->login_count; i++) {
        const struct egress_login *known = &proxy->egress->logins[i];
        const struct login *login = logins_find(proxy->logins, known->name);
        if (login)
            json_array_append_new(all, described(login, known, arena));
    }
    json_object_set_new(said, "logins", all);
    arena_free(arena);
    return said;
}

/* -- one from elsewhere -- */

/* As the endpoint would have said it. */
static const char *fill_answer(struct arena *arena, const struct egress_login *known,
                               const json_t *asked, struct login_answer *answer) {
    const struct egress_endpoint *endpoint = &known->tokens[0];
    const json_t *ends = json_object_get(asked, "until");
    for (int i = 0; i < LOGIN_TOKENS; i++) {
        const json_t *token = json_object_get(asked, token_names[i]);
        const char *text = json_string_value(token);
        if (token && (!text || !secret_is_usable(text, strlen(text))))
            return "a token is 8 to 16384 visible ASCII characters";
        if (text)
            answer->token[i] = bytes_of(text);
    }
    if (!answer->token[LOGIN_ACCESS].s)
        return "an access token is missing";
    double until = json_number_value(ends); /* 0 where it is none */
    bool is_time = json_is_number(ends) && until >= 0 && until < LATEST;
    if (ends && !is_time && !json_is_null(ends))
        return "\"until\" is a number of seconds since the epoch";
    int64_t left = is_time ? (int64_t)until - world_now() : 0;
    answer->expires_in = is_time && left < 1 ? 1 : left;
    answer->compact = login_answer_made(arena, known, endpoint, answer);
    return answer->compact ? NULL : "the tokens of one answer have no places side by side";
}

static const char *text_in(const json_t *asked, const char *key) {
    const char *text = json_string_value(json_object_get(asked, key));
    for (const char *p = text; p && *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return NULL;
    return text && *text && strlen(text) <= LOGIN_LONGEST_TEXT ? text : NULL;
}

json_t *control_login_put(struct proxy *proxy, uint64_t peer, const json_t *asked) {
    const struct egress_login *known;
    struct login *login = login_of(proxy, asked, &known);
    struct login_answer answer = {0};
    struct login_request request = {.client_id = text_in(asked, "client_id"),
                                    .client_secret = text_in(asked, "client_secret"),
                                    .who = text_in(asked, "who"),
                                    .plan = text_in(asked, "plan"),
                                    .account = text_in(asked, "account")};
    (void)peer;
    if (!login)
        return no_login();
    if (!request.client_id) { /* the one of before */
        request.client_id = login->kept.client_id.s;
        request.client_secret = login->kept.client_secret.s;
    }
    struct arena *arena = arena_new();
    const char *why = fill_answer(arena, known, asked, &answer);
    if (!why)
        why = login_take(login, known, &known->tokens[0], &request, &answer, arena);
    json_t *said = why ? control_error(why) : control_ok();
    arena_each(arena, OPENSSL_cleanse);
    arena_free(arena);
    return said;
}

json_t *control_login_client(struct proxy *proxy, uint64_t peer, const json_t *asked) {
    const struct egress_login *known;
    const struct login *login = login_of(proxy, asked, &known);
    (void)peer;
    if (!login)
        return no_login();
    json_t *said = control_ok();
    set_text(said, "client_id", login->kept.client_id.s);
    set_text(said, "client_secret", login->kept.client_secret.s);
    return said;
}

/* -- a new token, or none -- */

struct asker {
    struct login_waiter waiter;
    struct login *login;
    uint64_t peer, number;
};

static json_t *outcome(const struct login *login, uint64_t before) {
    if (login->number != before && login_is_in(login))
        return control_ok();
    struct arena *arena = arena_new();
    json_t *said = control_error(
        login->failure && login_is_in(login) ? login->failure : login_why_not(login, arena));
    arena_free(arena);
    return said;
}

static void tell(struct login_waiter *waiter) {
    struct asker *asker = waiter->of;
    control_say(asker->peer, outcome(asker->login, asker->number));
    free(asker);
}

json_t *control_login_refresh(struct proxy *proxy, uint64_t peer, const json_t *asked) {
    const struct egress_login *known;
    struct login *login = login_of(proxy, asked, &known);
    if (!login)
        return no_login();
    login->again = 0; /* whoever asks by hand does not wait for the next time */
    if (!login_may_renew(login, world_now()))
        return outcome(login, login->number);
    struct asker *asker = must_alloc(sizeof *asker);
    *asker = (struct asker){.login = login, .peer = peer, .number = login->number};
    asker->waiter = (struct login_waiter){.wake = tell, .of = asker};
    login_wait(login, &asker->waiter);
    return NULL;
}

json_t *control_logout(struct proxy *proxy, uint64_t peer, const json_t *asked) {
    const struct egress_login *known;
    struct login *login = login_of(proxy, asked, &known);
    (void)peer;
    if (!login)
        return no_login();
    json_t *said = control_ok();
    set_text(said, "access", login->kept.token[LOGIN_ACCESS].s);
    set_text(said, "refresh", login->kept.token[LOGIN_REFRESH].s);
    if (login_out(login))
        return said;
    json_decref(said);
    return control_error("its file cannot be removed");
}
