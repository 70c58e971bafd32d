/* Answers of our own. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/exchange_private.h"
#include "engine/world.h"

#include <string.h>

static const struct bytes json = BYTES("application/json"),
                          plain = BYTES("text/plain; charset=utf-8");

static void answer_with(struct exchange *exchange, int status, struct bytes kind,
                        const char *text) {
    struct answer answer = {.status = status, .has_length = true, .length = strlen(text)};
    answer.bodiless = exchange->to_head;
    fields_add(exchange->arena, &answer.fields, BYTES("Content-Type"), kind);
    fields_add(exchange->arena, &answer.fields, BYTES("Cache-Control"), BYTES("no-store"));
    if (status == 429) { /* RFC 9110, section 10.2.3 */
        long long seconds = exchange->admitted.again - world_now();
        fields_add(exchange->arena, &answer.fields, BYTES("Retry-After"),
                   bytes_of(arena_printf(exchange->arena, "%lld", seconds > 1 ? seconds : 1)));
    }
    exchange->answered = true;
    exchange->to_client->head(exchange, &answer);
    if (!answer.bodiless)
        exchange->to_client->body(exchange, text, (size_t)answer.length);
    exchange->to_client->end(exchange, NULL);
}

void exchange_answer(struct exchange *exchange, int status, struct bytes kind, const char *text) {
    exchange_let_server_go(exchange);
    exchange->discards = true;
    exchange->unasked = exchange->expects && !exchange->request_done;
    exchange->waits_to_continue = 0;
    buf_free(&exchange->pending);
    answer_with(exchange, status, kind, text);
}

void exchange_refuse(struct exchange *exchange, int status, const char *reason,
                     const json_t *missing) {
    char *text CHAR_CLEANUP = admit_answer(reason, missing);
    exchange_answer(exchange, status, exchange->takes_json ? json : plain, text);
}

void exchange_answer_json(struct exchange *exchange, int status, const char *text) {
    exchange_answer(exchange, status, json, text);
}
