#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/exchange_private.h"
#include "engine/journal.h"
#include "engine/packages.h"
#include "engine/pool.h"
#include "engine/traffic.h"
#include "engine/upgrade.h"
#include "engine/usage.h"
#include "engine/websocket.h"
#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

struct exchange *exchanges;

struct exchange *exchange_new(struct proxy *proxy, enum http_version version,
                              const struct responder *to_client, void *client) {
    struct exchange *exchange = must_alloc(sizeof *exchange);
    *exchange = (struct exchange){.proxy = proxy,
                                  .arena = arena_new(),
                                  .version = version,
                                  .to_client = to_client,
                                  .client = client,
                                  .next = exchanges};
    exchange->link = &exchanges;
    if (exchanges)
        exchanges->link = &exchange->next;
    exchanges = exchange;
    return exchange;
}

void exchange_let_server_go(struct exchange *exchange) {
    pool_forget(exchange);
    if (exchange->to_server)
        exchange->to_server->abort(exchange);
    exchange->to_server = NULL;
}

void exchange_close(struct exchange *exchange) {
    exchange_forget_fetch(exchange);
    exchange_login_free(exchange);
    exchange_forget_waiting(exchange);
    exchange_let_server_go(exchange);
    exchange_settle(exchange);
    *exchange->link = exchange->next;
    if (exchange->next)
        exchange->next->link = exchange->link;
    if (exchange->admitted.secret_count || exchange->admitted.login ||
        exchange->again) /* an answer may have said it back */
        arena_each(exchange->arena, OPENSSL_cleanse);
    exchange_again_free(exchange);
    admitted_clear(&exchange->admitted);
    redactor_free(exchange->redactor);
    websocket_free(exchange->websocket);
    buf_free(&exchange->pending);
    exchange_index_free(exchange);
    arena_free(exchange->arena);
    free(exchange);
}

/* git and go show the body of an error only where it is plain text. */
static bool wants_json(const struct fields *fields) {
    const struct field *accept;
    for (size_t at = 0; (accept = fields_next(fields, "accept", &at));)
        for (size_t i = 0; i + 4 <= accept->value.n; i++)
            if (memcmp(accept->value.s + i, "json", 4) == 0)
                return true;
    return false;
}

void exchange_request(struct exchange *exchange, const struct channel *channel,
                      const struct request *request) {
    exchange->to_head = bytes_equal(request->method, BYTES("HEAD"));
    exchange->takes_json = wants_json(&request->fields);
    exchange->expects = fields_have(&request->fields, "expect");
    exchange_admit(exchange, channel, request);
}

void exchange_judge(struct exchange *exchange, const struct channel *channel,
                    const struct request *request) {
    struct proxy *proxy = exchange->proxy;
    admit_request(proxy->egress, proxy->vault, world_today(), channel, request, exchange->arena,
                  &exchange->admitted);
}

void exchange_admit(struct exchange *exchange, const struct channel *channel,
                    const struct request *request) {
    exchange->proxy->refresh(exchange->proxy);
    exchange_judge(exchange, channel, request);
    if (!exchange->admitted.askable || !exchange_waits(exchange, channel, request))
        exchange_go_on(exchange, channel, request);
}

void exchange_go_on(struct exchange *exchange, const struct channel *channel,
                    const struct request *request) {
    struct admitted *admitted = &exchange->admitted;
    if (admitted->waits) {
        exchange_park(exchange, channel, request);
        return;
    }
    if (admitted->needs_body) {
        exchange_keep(exchange, channel, request);
        return;
    }
    exchange_again_keep(exchange, channel, request);
    if (admitted->status || !exchange_fetches(exchange, request))
        exchange_decide(exchange);
}

void exchange_decide(struct exchange *exchange) {
    struct admitted *admitted = &exchange->admitted;
    const char *young = !admitted->status && admitted->aged
                            ? packages_refuse(exchange->arena, admitted->aged, world_now())
                            : NULL;
    if (young)
        admit_hold_back(admitted, young);
    /* A decision is in the log before it takes effect. */
    json_t *line = admitted->line;
    admitted->line = NULL;
    if (!journal_write(line)) {
        exchange_refuse(exchange, 500, "the proxy failed to decide; nothing was sent", NULL);
        return;
    }
    if (admitted->rpc) { /* so that the client takes it for the server's word to its call */
        exchange_answer_json(exchange, admitted->status, admitted->rpc);
        return;
    }
    if (admitted->status) {
        exchange_refuse(exchange, admitted->status, admitted->reason, admitted->missing);
        return;
    }
    if (admitted->login && exchange_login_answers(exchange))
        return;
    exchange->traffic =
        traffic_of(admitted->tls ? "https" : "http", admitted->host, admitted->port);
    if (admitted->body.s || exchange->waited)
        traffic_sent(exchange->traffic, exchange->pending.len);
    if (admitted->secret_count)
        exchange->redactor = redactor_new(admitted->secrets, admitted->secret_count);
    if (admitted->carries)
        exchange->login_number = exchange_login_number(exchange);
    if ((admitted->body.s || exchange->waited) && exchange->pending.len &&
        !exchange_meter_bytes(exchange, exchange->pending.len))
        return;
    if (admitted->counts_tokens)
        exchange->usage = usage_new();
    if (admitted->websocket && exchange->version == HTTP_2)
        exchange->upgrade_key = upgrade_ask(exchange->arena, &admitted->fields);
    if (admitted->signing && exchange->request_done)
        admit_sign(admitted, exchange->arena, exchange->pending.data, exchange->pending.len);
    if (!admitted->signing)
        pool_ask(exchange->proxy->pool, exchange);
    else if (exchange->expects) /* the server is asked when all of the body is here */
        exchange->to_client->interim(exchange, 100, &(struct fields){0});
}

/* The request's body. */

bool exchange_takes_body(const struct exchange *exchange) {
    if (exchange->discards || exchange->admitted.signing || exchange->asking)
        return true;
    return exchange->to_server ? !exchange->to_server->full(exchange) : !exchange->pending.len;
}

void exchange_body(struct exchange *exchange, const void *data, size_t length) {
    exchange->waits_to_continue = 0;
    if (exchange->asking) {
        exchange_gather(exchange, data, length);
        return;
    }
    if (exchange->discards || (length && !exchange_meter_bytes(exchange, length)))
        return;
    traffic_sent(exchange->traffic, length);
    exchange_again_body(exchange, data, length);
    if (exchange->to_server)
        exchange->to_server->body(exchange, data, length);
    else
        buf_add(&exchange->pending, data, length);
}

void exchange_request_end(struct exchange *exchange) {
    struct admitted *admitted = &exchange->admitted;
    exchange->request_done = true;
    if (exchange->asking) {
        exchange_decide_whole(exchange);
        return;
    }
    if (exchange->fetch)
        return;
    if (admitted->signing && !exchange->discards) {
        admit_sign(admitted, exchange->arena, exchange->pending.data, exchange->pending.len);
        pool_ask(exchange->proxy->pool, exchange);
        return;
    }
    if (exchange->to_server && !exchange->discards)
        exchange->to_server->end(exchange);
}

void exchange_client_drained(struct exchange *exchange) {
    if (exchange->sends_index)
        exchange_index_send(exchange);
    else if (exchange->to_server)
        exchange->to_server->more(exchange);
}

bool exchange_client_is_full(const struct exchange *exchange) {
    if (exchange->held)
        return exchange_index_is_full(exchange);
    return exchange->to_client->full(exchange);
}

void exchange_server_drained(struct exchange *exchange) {
    exchange->to_client->more(exchange);
}

void exchange_connected(struct exchange *exchange) {
    exchange->to_server->ask(exchange);
    if (exchange->admitted.expects && exchange->admitted.has_body && !exchange->pending.len &&
        !exchange->request_done)
        exchange->waits_to_continue = 1;
    struct bytes body = {exchange->pending.data, exchange->pending.len};
    if (exchange->admitted.body.s)
        body = exchange->admitted.body;
    if (body.n)
        exchange->to_server->body(exchange, body.s, body.n);
    buf_free(&exchange->pending);
    if (exchange->request_done)
        exchange->to_server->end(exchange);
    else
        exchange->to_client->more(exchange);
}

bool exchange_is_asked_again(struct exchange *exchange) {
    static const struct bytes methods[] = {BYTES("GET"), BYTES("HEAD"), BYTES("OPTIONS"),
                                           BYTES("PUT"), BYTES("DELETE")};
    const struct admitted *admitted = &exchange->admitted;
    if (admitted->has_body || exchange->answered || exchange->held || exchange->tried_again)
        return false;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (bytes_equal(admitted->method, methods[i]))
            return exchange->tried_again = true;
    return false;
}

/* A server that says nothing to Expect gets the body after a second, as RFC 9110, section 10.1.1,
 * has clients do. */
void exchanges_tick(void) {
    static const struct fields none;
    for (struct exchange *exchange = exchanges, *next; exchange; exchange = next) {
        next = exchange->next;
        if (exchange->waits_to_continue && ++exchange->waits_to_continue > 2) {
            exchange->waits_to_continue = 0;
            exchange->to_client->interim(exchange, 100, &none);
        }
    }
}
