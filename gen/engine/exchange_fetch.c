/* The proxy asks an index for itself, before it decides about a file: as a client of its own, which
 * every rule counts for. */
#include "base/die.h"
#include "engine/exchange_private.h"
#include "engine/packages.h"
#include "engine/unheard.h"

#include <stdlib.h>

struct fetch {
    struct exchange *exchange, *waiting;
    bool starts, ended;
};

static void finish(struct fetch *fetch) {
    struct exchange *waiting = fetch->waiting;
    exchange_forget_fetch(waiting);
    exchange_decide(waiting);
}

static void ended(struct exchange *exchange) {
    struct fetch *fetch = exchange->client;
    fetch->ended = true;
    if (!fetch->starts)
        finish(fetch);
}

static void end(struct exchange *exchange, const struct fields *trailers) {
    (void)trailers;
    ended(exchange);
}

static const struct responder responder = {unheard_interim, unheard_head, unheard_body, end,
                                           ended,           unheard_more, unheard_full};

/* Of the file's request, where the index is at the same place: what it is asked for by. */
static struct fields fields_for(struct exchange *exchange, const struct request *request) {
    static const char *const of_the_file[] = {"host",       "content-length", "transfer-encoding",
                                              "connection", "upgrade",        "expect",
                                              "te",         "npm-command",    NULL};
    const struct admitted *admitted = &exchange->admitted;
    const struct package_place *index = &admitted->aged->index;
    struct fields fields = {0};
    bool same = bytes_equal(bytes_of(index->host), bytes_of(admitted->host)) &&
                index->port == admitted->port;
    for (size_t i = 0; same && i < request->fields.n; i++)
        fields_add(exchange->arena, &fields, request->fields.v[i].name, request->fields.v[i].value);
    for (const char *const *name = of_the_file; *name; name++)
        fields_drop(&fields, *name);
    const char *host = index->port == 443
                           ? index->host
                           : arena_printf(exchange->arena, "%s:%d", index->host, index->port);
    fields_add(exchange->arena, &fields, BYTES("Host"), bytes_of(host));
    return fields;
}

bool exchange_fetches(struct exchange *exchange, const struct request *request) {
    const struct aged *aged = exchange->admitted.aged;
    if (!aged || exchange->is_fetch || !packages_unknown(exchange->arena, aged))
        return false;
    const struct channel channel = {true, aged->index.host, aged->index.port, aged->index.host};
    const struct request asked = {
        .version = HTTP_1_1,
        .method = BYTES("GET"),
        .target = bytes_of(package_page(exchange->arena, &aged->index, aged->name)),
        .fields = fields_for(exchange, request)};
    struct fetch *fetch = must_alloc(sizeof *fetch);
    *fetch = (struct fetch){.waiting = exchange, .starts = true};
    fetch->exchange = exchange_new(exchange->proxy, HTTP_1_1, &responder, fetch);
    fetch->exchange->is_fetch = true;
    exchange->fetch = fetch;
    exchange_request(fetch->exchange, &channel, &asked);
    exchange_request_end(fetch->exchange);
    fetch->starts = false;
    if (fetch->ended)
        finish(fetch);
    return true;
}

void exchange_forget_fetch(struct exchange *exchange) {
    struct fetch *fetch = exchange->fetch;
    if (!fetch)
        return;
    exchange->fetch = NULL;
    exchange_close(fetch->exchange);
    free(fetch);
}
