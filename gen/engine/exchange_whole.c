/* A request that is decided once its body is here: a secret may go into that, or an MCP server is
 * asked. */
#include "base/buf_raw.h"
#include "engine/exchange_private.h"
#include "engine/json_body.h"

static struct bytes kept(struct arena *arena, struct bytes b) {
    return b.s ? bytes_copy(arena, b) : b;
}

/* What it points at is the connection's, which reads on. */
struct asking *exchange_copy(struct exchange *exchange, const struct channel *channel,
                             const struct request *request) {
    struct arena *arena = exchange->arena;
    struct asking *asking = arena_alloc(arena, sizeof *asking);
    *asking = (struct asking){*request, *channel};
    struct request *copy = &asking->request;
    copy->method = kept(arena, request->method);
    copy->target = kept(arena, request->target);
    copy->scheme = kept(arena, request->scheme);
    copy->authority = kept(arena, request->authority);
    copy->protocol = kept(arena, request->protocol);
    copy->fields = (struct fields){0};
    for (size_t i = 0; i < request->fields.n; i++)
        fields_add(arena, &copy->fields, kept(arena, request->fields.v[i].name),
                   kept(arena, request->fields.v[i].value));
    asking->channel.host = channel->host ? arena_copy(arena, channel->host) : NULL;
    asking->channel.sni = channel->sni ? arena_copy(arena, channel->sni) : NULL;
    return asking;
}

void exchange_keep(struct exchange *exchange, const struct channel *channel,
                   const struct request *request) {
    exchange->asking = exchange_copy(exchange, channel, request);
    if (exchange->expects)
        exchange->to_client->interim(exchange, 100, &(struct fields){0});
    exchange->expects = false;
    if (exchange->request_done || exchange->pending.len > JSON_LONGEST_BODY)
        exchange_decide_whole(exchange); /* it has waited before, and all of it came meanwhile */
    else if (exchange->waited)
        exchange->to_client->more(exchange);
}

void exchange_gather(struct exchange *exchange, const void *data, size_t length) {
    buf_add(&exchange->pending, data, length);
    if (exchange->pending.len > JSON_LONGEST_BODY)
        exchange_decide_whole(exchange);
}

void exchange_decide_whole(struct exchange *exchange) {
    struct asking *asking = exchange->asking;
    struct buf *pending = &exchange->pending;
    exchange->asking = NULL;
    asking->request.body = (struct bytes){pending->len ? pending->data : "", pending->len};
    exchange_admit(exchange, &asking->channel, &asking->request);
}
