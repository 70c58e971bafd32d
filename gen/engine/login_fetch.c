/* The proxy asks a token endpoint for itself, as a client of its own, which every rule counts for.
 */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/exchange.h"
#include "engine/logins.h"
#include "engine/unheard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 30 }; /* seconds */

struct login_fetch {
    struct login *login;
    struct exchange *exchange;
    uint64_t number; /* of the token that there was */
    unsigned seconds;
    int status;
    bool starts, ended;
    struct buf body;
};

/* -- what comes -- */

/* RFC 6749, section 5.2, and those who answer in other words: a word, where there is one. */
static const char *error_in(const struct login_fetch *fetch, struct arena *arena) {
    json_t *json = json_loadb(fetch->body.data ? fetch->body.data : "", fetch->body.len, 0, NULL);
    const json_t *error = json_object_get(json, "error");
    const char *text = json_is_object(error) ? json_string_value(json_object_get(error, "code"))
                                             : json_string_value(error);
    if (json_is_object(error) && !text)
        text = json_string_value(json_object_get(error, "type"));
    size_t n = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-.")
                    : 0;
    const char *word =
        error ? n && n <= 60 && !text[n] ? arena_copy(arena, text) : "an error" : NULL;
    json_decref(json);
    return word;
}

/* RFC 6749, section 5.2, and GitHub's word: of who asks, or how, and nothing of the refresh token.
 */
static bool is_of_client(const char *error) {
    static const char *const words[] = {"invalid_client", "unauthorized_client", "invalid_request",
                                        "incorrect_client_credentials", NULL};
    const char *const *word = words;
    while (*word && strcmp(*word, error) != 0)
        word++;
    return *word != NULL;
}

static void judge_error(struct login_fetch *fetch, const char *error, struct arena *arena) {
    struct login *login = fetch->login;
    if (is_of_client(error))
        login_fail(login, arena_printf(arena,
                                       "its service does not take the client that asks (%d, %s): "
                                       "agent-sandbox login %s --client FILE names another",
                                       fetch->status, error, login->name));
    else
        login_end(login, arena_printf(arena, "its service answered %d, %s", fetch->status, error));
}

static void judge(struct login_fetch *fetch) {
    struct login *login = fetch->login;
    struct arena *arena = arena_new();
    if (login->number == fetch->number) {
        const char *error = error_in(fetch, arena);
        /* GitHub says so with a status of 200. */
        if ((fetch->status == 200 || fetch->status == 400 || fetch->status == 401) && error &&
            !fetch->exchange->admitted.status)
            judge_error(fetch, error, arena);
        else if (fetch->status)
            login_fail(login, arena_printf(arena, "its service answered %d", fetch->status));
        else
            login_fail(login, "its service gave no answer");
    }
    arena_free(arena);
}

static void finish(struct login_fetch *fetch) {
    struct login *login = fetch->login;
    judge(fetch);
    exchange_close(fetch->exchange);
    buf_free(&fetch->body);
    free(fetch);
    login_fetched(login);
}

static void head(struct exchange *exchange, const struct answer *answer) {
    struct login_fetch *fetch = exchange->client;
    fetch->status = answer->status;
}

static void body(struct exchange *exchange, const void *data, size_t length) {
    struct login_fetch *fetch = exchange->client;
    if (fetch->body.len + length <= LOGIN_LONGEST_ANSWER)
        buf_add(&fetch->body, data, length);
}

static void ended(struct exchange *exchange) {
    struct login_fetch *fetch = exchange->client;
    fetch->ended = true;
    if (!fetch->starts)
        finish(fetch);
}

static void end(struct exchange *exchange, const struct fields *trailers) {
    (void)trailers;
    ended(exchange);
}

static const struct responder responder = {unheard_interim, head,         body,        end,
                                           ended,           unheard_more, unheard_full};

/* -- what is asked -- */

/* The endpoint that gave the last one, where it is still there. */
static const struct egress_endpoint *endpoint_of(const struct login *login,
                                                 const struct egress_login *known) {
    for (size_t i = 0; i < known->token_count; i++) {
        const struct egress_endpoint *one = &known->tokens[i];
        char place[600];
        snprintf(place, sizeof place, "%s:%d%s", one->host, one->port, one->path);
        if (login->kept.place.s && strcmp(place, login->kept.place.s) == 0)
            return one;
    }
    return &known->tokens[0];
}

static const char *or_else(const struct secret *said, const char *known) {
    return said->s ? said->s : known;
}

static void ask(struct login_fetch *fetch, const struct egress_login *known) {
    struct exchange *exchange = fetch->exchange;
    struct arena *arena = exchange->arena;
    const struct login_kept *kept = &fetch->login->kept;
    const struct egress_endpoint *endpoint = endpoint_of(fetch->login, known);
    const struct login_request wants = {.renews = true,
                                        .client_id = or_else(&kept->client_id, known->client_id),
                                        .client_secret = kept->client_secret.s,
                                        .scope = kept->scope.s,
                                        .resource = known->resource};
    struct filled *filled = NULL;
    struct bytes body = login_write_renewal(arena, &filled, endpoint, &wants,
                                            bytes_of(known->marker[LOGIN_REFRESH]));
    const struct channel channel = {true, arena_copy(arena, endpoint->host), endpoint->port,
                                    endpoint->host};
    struct request request = {.version = HTTP_1_1,
                              .method = BYTES("POST"),
                              .target = bytes_of(arena_copy(arena, endpoint->path)),
                              .renews = true};
    const char *host = endpoint->port == 443
                           ? endpoint->host
                           : arena_printf(arena, "%s:%d", endpoint->host, endpoint->port);
    fields_add(arena, &request.fields, BYTES("Host"), bytes_of(arena_copy(arena, host)));
    fields_add(arena, &request.fields, BYTES("Accept"), BYTES("application/json"));
    fields_add(arena, &request.fields, BYTES("User-Agent"), BYTES("agent-sandbox-proxy"));
    fields_add(arena, &request.fields, BYTES("Content-Type"),
               endpoint->json ? BYTES("application/json")
                              : BYTES("application/x-www-form-urlencoded"));
    fields_add(arena, &request.fields, BYTES("Content-Length"),
               bytes_of(arena_printf(arena, "%zu", body.n)));
    exchange_request(exchange, &channel, &request);
    if (!fetch->ended)
        exchange_body(exchange, body.s, body.n);
    if (!fetch->ended)
        exchange_request_end(exchange);
    filled_wipe(&filled);
}

struct login_fetch *login_fetch_new(struct login *login) {
    const struct egress_login *known = egress_login(login->logins->proxy->egress, login->name);
    if (!known || !login_may_renew(login, INT64_MAX)) {
        if (known && login_is_in(login))
            login_fail(login, "it was given no refresh token");
        return NULL;
    }
    struct login_fetch *fetch = must_alloc(sizeof *fetch);
    *fetch = (struct login_fetch){.login = login, .number = login->number, .starts = true};
    fetch->exchange = exchange_new(login->logins->proxy, HTTP_1_1, &responder, fetch);
    fetch->exchange->is_fetch = true;
    ask(fetch, known);
    fetch->starts = false;
    if (!fetch->ended)
        return fetch;
    judge(fetch);
    exchange_close(fetch->exchange);
    buf_free(&fetch->body);
    free(fetch);
    return NULL;
}

void login_fetch_tick(struct login_fetch *fetch) {
    if (++fetch->seconds < LONGEST)
        return;
    fetch->status = 0;
    finish(fetch);
}
