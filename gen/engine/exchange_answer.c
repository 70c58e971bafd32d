/* What of a server's answer goes to the client. */
#include "base/buf_raw.h"
#include "engine/exchange_private.h"
#include "engine/http1.h"
#include "engine/traffic.h"
#include "engine/upgrade.h"
#include "engine/usage.h"
#include "engine/websocket.h"

#include <string.h>

enum {
    INTERIM_LENGTH = 512, /* at least, of each */
    FIRST_ERROR = 400     /* of those that a company's proxy says itself */
};

void exchange_hide(struct exchange *exchange, struct forms *forms) {
    struct admitted *admitted = &exchange->admitted;
    if (!forms || admitted->secret_count) /* or asked again */
        return;
    admitted->secrets = arena_alloc(exchange->arena, sizeof(struct forms *));
    admitted->secrets[admitted->secret_count++] = forms_ref(forms);
    exchange->redactor = redactor_new(admitted->secrets, admitted->secret_count);
    exchange->forwarded = true;
}

static struct bytes scrubbed(struct exchange *exchange, struct bytes text) {
    struct admitted *admitted = &exchange->admitted;
    if (!text.n || !forms_found(admitted->secrets, admitted->secret_count, text.s, text.n))
        return text;
    char *copy = arena_copy_n(exchange->arena, text.s, text.n);
    forms_scrub(admitted->secrets, admitted->secret_count, copy, text.n);
    return (struct bytes){copy, text.n};
}

static void scrub_fields(struct exchange *exchange, struct fields *fields) {
    if (!exchange->admitted.secret_count)
        return;
    for (size_t i = 0; i < fields->n; i++) {
        fields->v[i].name = scrubbed(exchange, fields->v[i].name);
        fields->v[i].value = scrubbed(exchange, fields->v[i].value);
    }
}

/* They are as free as they are many: what is kept of them has the bound of one head. */
static bool count_interim(struct exchange *exchange, const struct fields *fields) {
    exchange->interim_length += INTERIM_LENGTH;
    for (size_t i = 0; i < fields->n; i++)
        exchange->interim_length += fields->v[i].name.n + fields->v[i].value.n;
    return exchange->interim_length <= HTTP1_LONGEST_HEAD;
}

bool exchange_interim(struct exchange *exchange, int status, const struct fields *fields) {
    struct fields passed = *fields;
    if (!count_interim(exchange, fields)) {
        exchange_refuse(exchange, 502,
                        "no answer came from the server: it has too many interim ones", NULL);
        return false;
    }
    if (status == 100) {
        bool wanted = exchange->waits_to_continue > 0;
        exchange->waits_to_continue = 0;
        if (!wanted)
            return true;
    }
    if (exchange->version == HTTP_1_0)
        return true;
    http1_drop_hop(exchange->arena, &passed);
    fields_drop(&passed, "content-length");
    scrub_fields(exchange, &passed);
    exchange->to_client->interim(exchange, status, &passed);
    return true;
}

/* Of what our own handshake asked for the client sees nothing else. */
static bool upgrade_fails(struct exchange *exchange, const struct answer *answer) {
    const char *why = exchange->upgrade_key
                          ? upgrade_wrong(exchange->upgrade_key, answer->status, &answer->fields)
                          : NULL;
    if (why)
        exchange_refuse(exchange, 502,
                        arena_printf(exchange->arena, "no answer came from the server: %s", why),
                        NULL);
    return why != NULL;
}

static bool hides_what_is_read(struct exchange *exchange, const struct answer *answer) {
    bool empty =
        answer->bodiless || answer->status == 101 || (answer->has_length && !answer->length);
    bool by_server = exchange->forwarded && answer->status < FIRST_ERROR;
    bool secret = exchange->admitted.secret_count && !by_server;
    if (empty || !(secret || exchange->usage) || !fields_are_coded(&answer->fields))
        return false;
    exchange_refuse(exchange, 502,
                    secret ? "the server compressed an answer that must be read for secrets"
                           : "the server compressed an answer whose tokens must be counted",
                    NULL);
    return true;
}

bool exchange_answer_head(struct exchange *exchange, struct answer *answer) {
    bool upgraded = answer->status == 101;
    if (exchange_again_sends(exchange, answer->status))
        return false;
    if (upgrade_fails(exchange, answer))
        return false;
    if (answer->has_length && !answer->bodiless && !exchange_meter_fits(exchange, answer->length))
        return false;
    exchange->unasked = exchange->waits_to_continue > 0;
    exchange->waits_to_continue = 0;
    if (hides_what_is_read(exchange, answer))
        return false;
    if (exchange->admitted.secret_count) {
        answer->reason = scrubbed(exchange, answer->reason);
        scrub_fields(exchange, &answer->fields);
    }
    if (exchange_login_head(exchange, answer))
        return true;
    switch (exchange_index_head(exchange, answer)) {
    case HEAD_REFUSED:
        return false;
    case HEAD_HELD:
        return true;
    case HEAD_PASSES:
        break;
    }
    if (upgraded) {
        exchange->raw = true;
        if (exchange->admitted.secret_count)
            exchange->websocket =
                websocket_new(exchange->admitted.secrets, exchange->admitted.secret_count);
    } else {
        http1_drop_hop(exchange->arena, &answer->fields);
    }
    fields_drop(&answer->fields, "content-length"); /* the writer of the message sets it */
    exchange->answered = true;
    exchange->to_client->head(exchange, answer);
    return true;
}

bool exchange_answer_body(struct exchange *exchange, const void *data, size_t length) {
    struct buf made BUF_CLEANUP = {0};
    struct bytes sure = {data, length};
    if (!length)
        return true;
    if (!exchange_meter_bytes(exchange, length))
        return false;
    traffic_received(exchange->traffic, length);
    if (exchange->tokens)
        return exchange_login_body(exchange, data, length);
    if (exchange->usage)
        usage_feed(exchange->usage, data, length);
    if (exchange->websocket) {
        if (!websocket_feed(exchange->websocket, data, length, &made)) {
            exchange_let_server_go(exchange);
            exchange->to_client->abort(exchange);
            return false;
        }
        sure = (struct bytes){made.data, made.len};
    } else if (exchange->redactor) {
        sure = redactor_pass(exchange->redactor, data, length, false, &made);
    }
    if (exchange->held)
        return exchange_index_body(exchange, sure);
    if (sure.n)
        exchange->to_client->body(exchange, sure.s, sure.n);
    return true;
}

void exchange_answer_end(struct exchange *exchange, const struct fields *trailers) {
    exchange_settle(exchange);
    exchange->to_server = NULL;
    exchange->discards = true; /* of a request that was answered before its end */
    if (exchange->tokens) {
        exchange_login_end(exchange);
        return;
    }
    struct fields passed = {0};
    if (trailers) {
        passed = *trailers;
        http1_drop_hop(exchange->arena, &passed);
        fields_drop(&passed, "content-length");
        scrub_fields(exchange, &passed);
    }
    if (exchange->redactor && !exchange->raw) {
        struct buf rest BUF_CLEANUP = {0};
        redactor_feed(exchange->redactor, "", 0, true, &rest);
        if (exchange->held && !exchange_index_body(exchange, (struct bytes){rest.data, rest.len}))
            return;
        if (rest.len && !exchange->held)
            exchange->to_client->body(exchange, rest.data, rest.len);
    }
    if (exchange->held) {
        exchange_index_end(exchange);
        return;
    }
    exchange->to_client->end(exchange, passed.n ? &passed : NULL);
}

void exchange_failed(struct exchange *exchange, int status, const char *why) {
    exchange->to_server = NULL;
    if (exchange->answered) {
        exchange->to_client->abort(exchange);
        return;
    }
    const char *reason =
        status == 403 ? why
                      : arena_printf(exchange->arena, "no answer came from the server: %s", why);
    exchange_refuse(exchange, status, reason, NULL);
}
