/* Requests that wait for a login's new token, and the answers of token endpoints. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/exchange_private.h"
#include "engine/http1.h"
#include "engine/journal.h"
#include "engine/logins.h"
#include "engine/wiped.h"
#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

/* -- waiting -- */

struct parked {
    struct login_waiter waiter;
    struct asking *asking; /* NULL: it asks for a new token itself, and gets it from here */
    struct login *login;
    uint64_t number; /* of the token that there was */
};

static void park(struct exchange *exchange, struct login *login, struct asking *asking,
                 void (*wake)(struct login_waiter *waiter)) {
    struct parked *parked = must_alloc(sizeof *parked);
    *parked = (struct parked){.waiter = {.wake = wake, .of = exchange},
                              .asking = asking,
                              .login = login,
                              .number = login->number};
    exchange->parked = parked;
    login_wait(login, &parked->waiter);
}

static struct parked *unpark(struct exchange *exchange) {
    struct parked *parked = exchange->parked;
    exchange->parked = NULL;
    return parked;
}

static void go_on(struct login_waiter *waiter) {
    struct exchange *exchange = waiter->of;
    struct parked *parked = unpark(exchange);
    struct asking *asking = parked->asking;
    free(parked);
    exchange_ask_anew(exchange, asking);
}

void exchange_login_park(struct exchange *exchange, struct login *login, struct asking *asking) {
    exchange->waited = true;
    park(exchange, login, asking, go_on);
}

void exchange_park(struct exchange *exchange, const struct channel *channel,
                   const struct request *request) {
    struct login *login = logins_find(exchange->proxy->logins, exchange->admitted.waits);
    exchange_login_park(exchange, login, exchange_copy(exchange, channel, request));
}

/* -- a client that asks for a new token -- */

/* RFC 6749, section 5.2: what every client takes for "log in again". */
static void answer_ended(struct exchange *exchange, const struct login *login) {
    json_t *json =
        json_pack("{s:s, s:o}", "error", "invalid_grant", "error_description",
                  json_sprintf("agent-sandbox: %s", login_why_not(login, exchange->arena)));
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    exchange_answer_json(exchange, 400, text);
    free(text);
}

static void answer_from_store(struct exchange *exchange, const struct login *login) {
    const struct egress_login *known = egress_login(exchange->proxy->egress, login->name);
    int64_t left = login->kept.ends ? login->kept.ends - world_now() : 0;
    size_t at = exchange->admitted.endpoint;
    char *text =
        known && at < known->token_count
            ? login_answer_again(&known->tokens[at], login->kept.answer.s, left > 1 ? left : 1)
            : NULL;
    if (text)
        exchange_answer(exchange, 200,
                        login_answer_is_form(text) ? BYTES("application/x-www-form-urlencoded")
                                                   : BYTES("application/json"),
                        text);
    else
        exchange_refuse(exchange, 503, "the policy has another login now: ask again", NULL);
    free(text);
}

static void answer_renewal(struct exchange *exchange, const struct login *login, bool is_new) {
    if (!login_is_in(login))
        answer_ended(exchange, login);
    else if (is_new || login_is_fresh(login, world_now()))
        answer_from_store(exchange, login);
    else
        exchange_refuse(exchange, 503, login_why_not(login, exchange->arena), NULL);
}

static void answer(struct login_waiter *waiter) {
    struct exchange *exchange = waiter->of;
    struct parked *parked = unpark(exchange);
    const struct login *login = parked->login;
    bool is_new = parked->number != login->number;
    free(parked);
    answer_renewal(exchange, login, is_new);
}

bool exchange_login_answers(struct exchange *exchange) {
    const struct admitted *admitted = &exchange->admitted;
    if (exchange->is_fetch || !admitted->asks || !admitted->asks->placeholder)
        return false;
    struct login *login = logins_find(exchange->proxy->logins, admitted->login);
    if (!login)
        exchange_refuse(exchange, 503, "nobody keeps this login", NULL);
    else if (login_is_fresh(login, world_now()) || !login_may_renew(login, world_now()))
        answer_renewal(exchange, login, false);
    else
        park(exchange, login, NULL, answer);
    return true;
}

/* -- an answer with tokens -- */

struct login_hold {
    struct answer head;
    struct buf body;
};

uint64_t exchange_login_number(const struct exchange *exchange) {
    const struct login *login = logins_find(exchange->proxy->logins, exchange->admitted.carries);
    return login ? login->number : 0;
}

/* What was said of the body that came. */
static const char *const of_the_body[] = {"content-length", "content-md5",   "digest",
                                          "content-digest", "repr-digest",   "etag",
                                          "accept-ranges",  "cache-control", NULL};

bool exchange_login_head(struct exchange *exchange, const struct answer *answer) {
    struct arena *arena = exchange->arena;
    if (!exchange->admitted.login)
        return false;
    struct login_hold *hold = must_alloc(sizeof *hold);
    *hold = (struct login_hold){.head = *answer};
    hold->head.reason = bytes_copy(arena, answer->reason);
    hold->head.fields = (struct fields){0};
    for (size_t i = 0; i < answer->fields.n; i++)
        fields_add(arena, &hold->head.fields, bytes_copy(arena, answer->fields.v[i].name),
                   bytes_copy(arena, answer->fields.v[i].value));
    http1_drop_hop(arena, &hold->head.fields);
    for (const char *const *name = of_the_body; *name; name++)
        fields_drop(&hold->head.fields, *name);
    exchange->tokens = hold;
    return true;
}

void exchange_login_free(struct exchange *exchange) {
    struct parked *parked = unpark(exchange);
    if (parked)
        login_forget_waiter(&parked->waiter);
    free(parked);
    if (exchange->tokens)
        wiped_free(&exchange->tokens->body);
    free(exchange->tokens);
    exchange->tokens = NULL;
}

static void refuse(struct exchange *exchange, const char *why) {
    json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "event", "login", "login",
                             exchange->admitted.login, "what", "refused", "reason", why);
    journal_write(line);
    exchange_login_free(exchange);
    exchange_refuse(exchange, 502, why, NULL);
}

bool exchange_login_body(struct exchange *exchange, const void *data, size_t length) {
    struct buf *body = &exchange->tokens->body;
    if (body->len + length > LOGIN_LONGEST_ANSWER) {
        refuse(exchange, arena_printf(exchange->arena,
                                      "login %s: the answer of its token endpoint is longer than "
                                      "256 KiB",
                                      exchange->admitted.login));
        return false;
    }
    wiped_add(body, data, length);
    return true;
}

/* Its head may say a token, too. What it has is in the arena. */
static void scrub_head(struct exchange *exchange, const struct login_answer *said) {
    struct fields *fields = &exchange->tokens->head.fields;
    for (int i = 0; i < LOGIN_TOKENS; i++) {
        if (!said->token[i].s)
            continue;
        struct forms *forms = forms_new(said->token[i].s, said->token[i].n);
        for (size_t k = 0; k < fields->n; k++)
            forms_scrub(&forms, 1, (char *)(uintptr_t)fields->v[k].value.s, fields->v[k].value.n);
        forms_unref(forms);
    }
}

/* NULL, or why it does not go on; *body is what does. */
static const char *take(struct exchange *exchange, struct bytes *body) {
    const struct admitted *admitted = &exchange->admitted;
    struct arena *arena = exchange->arena;
    const struct answer *head = &exchange->tokens->head;
    const struct egress_login *known = egress_login(exchange->proxy->egress, admitted->login);
    struct login *login = logins_find(exchange->proxy->logins, admitted->login);
    struct login_answer said;
    bool is_good = head->status >= 200 && head->status < 300;
    if (!known || !login || admitted->endpoint >= known->token_count)
        return "has come too late: the policy has another login now";
    if (fields_are_coded(&head->fields))
        return "is compressed";
    const struct egress_endpoint *endpoint = &known->tokens[admitted->endpoint];
    const char *why = !body->n ? NULL
                      : login_is_form(&head->fields)
                          ? login_read_form_answer(arena, known, endpoint, *body, &said)
                          : login_read_answer(arena, known, endpoint, *body, &said);
    if (!body->n || (why && !is_good && strcmp(why, "is not JSON") == 0))
        return NULL;
    if (why || !said.token[LOGIN_ACCESS].s)
        return why;
    if (!is_good)
        return "has a token, and is an error";
    if (!endpoint->is_other)
        why = login_take(login, known, endpoint, admitted->asks, &said, arena);
    if (why)
        return arena_printf(arena, "has tokens that cannot be kept: %s", why);
    scrub_head(exchange, &said);
    *body = said.body;
    return NULL;
}

void exchange_login_end(struct exchange *exchange) {
    struct login_hold *hold = exchange->tokens;
    struct bytes body = {hold->body.data, hold->body.len};
    const char *why = take(exchange, &body);
    if (why) {
        refuse(exchange,
               arena_printf(exchange->arena, "login %s: the answer of its token endpoint %s",
                            exchange->admitted.login, why));
        return;
    }
    struct answer head = hold->head;
    fields_add(exchange->arena, &head.fields, BYTES("Cache-Control"), BYTES("no-store"));
    head.has_length = !head.bodiless;
    head.length = body.n;
    exchange->answered = true;
    exchange->to_client->head(exchange, &head);
    if (!head.bodiless && body.n)
        exchange->to_client->body(exchange, body.s, body.n);
    exchange->to_client->end(exchange, NULL);
}
