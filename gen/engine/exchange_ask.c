/* A request that no rule allows waits while an operator is asked; its client's connection is kept,
 * and its body is not read. */
#include "base/die.h"
#include "engine/exchange_private.h"
#include "engine/questions.h"

#include <stdlib.h>

struct waiting {
    struct question_wait wait;
    struct asking *asked;
    int64_t seconds;
};

static void stop_waiting(struct exchange *exchange) {
    questions_forget(&exchange->waiting->wait);
    free(exchange->waiting);
    exchange->waiting = NULL;
}

void exchange_forget_waiting(struct exchange *exchange) {
    if (exchange->waiting)
        stop_waiting(exchange);
}

static void over(void *owner) {
    struct exchange *exchange = owner;
    const char *asked = arena_printf(exchange->arena, "nobody answered within %lld s",
                                     (long long)exchange->waiting->seconds);
    stop_waiting(exchange);
    admit_asked(&exchange->admitted, exchange->arena, asked);
    exchange_decide(exchange);
}

/* It is decided anew. */
static void look(void *owner) {
    struct exchange *exchange = owner;
    struct admitted *admitted = &exchange->admitted;
    struct asking *asked = exchange->waiting->asked;
    admitted_clear(admitted);
    exchange_judge(exchange, &asked->channel, &asked->request);
    if (admitted->askable)
        return;
    stop_waiting(exchange);
    exchange->waited = true;
    exchange_go_on(exchange, &asked->channel, &asked->request);
}

bool exchange_waits(struct exchange *exchange, const struct channel *channel,
                    const struct request *request) {
    struct admitted *admitted = &exchange->admitted;
    const struct question_place place = {.method = admitted->would_ask.method,
                                         .host = admitted->would_ask.host,
                                         .path = admitted->would_ask.path,
                                         .port = admitted->would_ask.port,
                                         .tls = admitted->would_ask.tls,
                                         .websocket = admitted->would_ask.websocket,
                                         .missing = admitted->missing};
    struct waiting *waiting = must_alloc(sizeof *waiting);
    *waiting = (struct waiting){.wait = {.owner = exchange, .look = look, .over = over},
                                .seconds = exchange->proxy->egress->ask->seconds};
    const char *why = request->body.s || exchange->is_fetch
                          ? "what is asked for by the way waits for nobody"
                          : questions_ask(&place, &waiting->wait, waiting->seconds);
    if (why) {
        free(waiting);
        admit_asked(admitted, exchange->arena, why);
        return false;
    }
    waiting->asked = exchange_copy(exchange, channel, request);
    exchange->waiting = waiting;
    return true;
}
