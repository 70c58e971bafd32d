/* What the ceilings of an exchange count. */
#include "base/die.h"
#include "engine/exchange_private.h"
#include "engine/journal.h"
#include "engine/usage.h"
#include "engine/world.h"

static const char *reason_of(struct exchange *exchange, const struct ceiling *ceiling) {
    return ceiling_reason(ceiling, NULL, exchange->arena);
}

static void tell_cut(const struct exchange *exchange, const char *reason) {
    const struct admitted *admitted = &exchange->admitted;
    journal_write(json_pack("{s:s, s:s, s:s, s:i, s:s}", "event", "exchange-cut", "scheme",
                            admitted->tls ? "https" : "http", "host", admitted->host, "port",
                            admitted->port, "reason", reason));
}

/* Nobody sees more of it: who has seen nothing yet hears why. */
static void cut(struct exchange *exchange, const struct ceiling *ceiling) {
    const char *reason = reason_of(exchange, ceiling);
    tell_cut(exchange, reason);
    if (!exchange->answered) {
        exchange->admitted.again = ceiling_opens(ceiling);
        exchange_refuse(exchange, 429, reason, NULL);
        return;
    }
    exchange_let_server_go(exchange);
    exchange->discards = true;
    exchange->to_client->abort(exchange);
}

bool exchange_meter_fits(struct exchange *exchange, unsigned long long length) {
    const struct admitted *admitted = &exchange->admitted;
    for (size_t i = 0; i < admitted->meter_count; i++) {
        struct ceiling *one = admitted->meters[i];
        if (one->kind != CEILING_BYTES || ceiling_fits(one, world_now(), length))
            continue;
        cut(exchange, one);
        return false;
    }
    return true;
}

bool exchange_meter_bytes(struct exchange *exchange, size_t length) {
    const struct admitted *admitted = &exchange->admitted;
    struct ceiling *full = NULL;
    for (size_t i = 0; i < admitted->meter_count; i++) {
        struct ceiling *one = admitted->meters[i];
        if (one->kind == CEILING_BYTES && !ceiling_takes(one, world_now(), length) && !full)
            full = one;
    }
    if (full)
        cut(exchange, full);
    return !full;
}

void exchange_settle(struct exchange *exchange) {
    const struct admitted *admitted = &exchange->admitted;
    if (!exchange->usage)
        return;
    uint64_t tokens = usage_tokens(exchange->usage);
    for (size_t i = 0; i < admitted->meter_count; i++)
        if (admitted->meters[i]->kind == CEILING_TOKENS)
            ceiling_spend(admitted->meters[i], world_now(), tokens);
    usage_free(exchange->usage);
    exchange->usage = NULL;
}
