/* A request whose login's token was not taken (401) is sent again, once, with a newer one. What is
 * needed for that is kept until the server has answered: of long bodies, and of many, nothing. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/exchange_private.h"
#include "engine/logins.h"

#include <stdlib.h>

enum { LONGEST = 2 << 20, LONGEST_OF_ALL = 64 << 20 }; /* bytes of bodies */

struct again {
    struct asking *asking;
    struct buf body; /* the client's, that a server has got so far */
    bool is_sent;    /* it was sent a second time */
};

static size_t kept; /* of all exchanges */

static void forget_body(struct again *again) {
    kept -= again->body.len;
    buf_free(&again->body);
}

void exchange_again_free(struct exchange *exchange) {
    if (exchange->again)
        forget_body(exchange->again);
    free(exchange->again);
    exchange->again = NULL;
}

void exchange_again_body(struct exchange *exchange, const void *data, size_t length) {
    struct again *again = exchange->again;
    if (!again || again->is_sent)
        return;
    if (again->body.len + length > LONGEST || kept + length > LONGEST_OF_ALL) {
        exchange_again_free(exchange);
        return;
    }
    kept += length;
    if (length)
        buf_add(&again->body, data, length);
}

void exchange_again_keep(struct exchange *exchange, const struct channel *channel,
                         const struct request *request) {
    const struct admitted *admitted = &exchange->admitted;
    if (!admitted->carries || admitted->status || admitted->signing || exchange->again)
        return;
    exchange->again = must_alloc(sizeof *exchange->again);
    *exchange->again = (struct again){.asking = exchange_copy(exchange, channel, request)};
    exchange_again_body(exchange, exchange->pending.data, exchange->pending.len);
}

void exchange_ask_anew(struct exchange *exchange, struct asking *asking) {
    struct buf *pending = &exchange->pending;
    exchange->waited = true;
    if (asking->request.body.s) /* what has come of it may lie elsewhere now */
        asking->request.body = (struct bytes){pending->len ? pending->data : "", pending->len};
    exchange_admit(exchange, &asking->channel, &asking->request);
}

/* As if it had just come, and all of it. */
static void forget_answer(struct exchange *exchange) {
    struct again *again = exchange->again;
    exchange_let_server_go(exchange);
    exchange_settle(exchange);
    redactor_free(exchange->redactor);
    exchange->redactor = NULL;
    exchange->upgrade_key = NULL;
    exchange->tried_again = false;
    admitted_clear(&exchange->admitted);
    exchange->pending = again->body;
    kept -= again->body.len;
    again->body = (struct buf){0};
    again->is_sent = true;
}

bool exchange_again_sends(struct exchange *exchange, int status) {
    const char *name = exchange->admitted.carries;
    struct again *again = exchange->again;
    struct login *login = name ? logins_find(exchange->proxy->logins, name) : NULL;
    if (!login || status != 401) {
        exchange_again_free(exchange);
        return false;
    }
    bool is_newer = login->number != exchange->login_number;
    login_doubt(login, exchange->login_number);
    bool is_whole = again && !again->is_sent && exchange->request_done && !exchange->discards;
    if (!is_whole || !(is_newer || login->fetch))
        return false;
    forget_answer(exchange);
    if (is_newer)
        exchange_ask_anew(exchange, again->asking);
    else
        exchange_login_park(exchange, login, again->asking);
    return true;
}
