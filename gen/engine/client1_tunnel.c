/* A client of HTTP/1 that asks for a tunnel, until it stands: HTTP is spoken in it, or nothing of
 * it is read. */
#include "base/die.h"
#include "engine/client1_private.h"
#include "engine/hello.h"
#include "engine/journal.h"
#include "engine/tunnel.h"
#include "engine/world.h"

/* A server whose client waits for it has spoken by then: ssh, MySQL, SMTP. */
enum { SILENT_SECONDS = 2 };

void client1_begin(struct client *client) {
    client->exchange = exchange_new(client->proxy, HTTP_1_1, &client1_responder, client);
    client->answer_done = client->closes = false;
    client->seen = client->head_seconds = 0;
}

/* A decision is in the log before it takes effect. False: it is not. */
static bool tell(struct admitted *admitted) {
    json_t *line = admitted->line;
    admitted->line = NULL;
    return !line || journal_write(line);
}

static void established(struct client *client) {
    static const char text[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    conn_write(client->conn, text, sizeof text - 1);
    client1_next(client);
}

static void not_decided(struct exchange *exchange) {
    exchange_refuse(exchange, 500, "the proxy failed to decide; nothing was sent", NULL);
}

void client1_connect(struct client *client, const struct request *request) {
    struct exchange *exchange = client->exchange;
    struct admitted *admitted = &exchange->admitted;
    struct channel channel = client_channel(client);
    client->proxy->refresh(client->proxy);
    admit_connect(client->proxy->egress, world_today(), &channel, request, exchange->arena,
                  admitted);
    bool told = tell(admitted);
    if (admitted->status) {
        exchange_refuse(exchange, admitted->status, admitted->reason, admitted->missing);
        return;
    }
    if (!told) {
        not_decided(exchange);
        return;
    }
    client->host = must_copy(admitted->host);
    client->port = admitted->port;
    client->may_wait = admitted->may_wait;
    client->tunnel_is_new = admitted->scheme == EGRESS_HTTPS;
    if (admitted->scheme == EGRESS_TCP) {
        client->reads = READS_NOTHING;
        client->tunnel = tunnel_open(client, EGRESS_TCP, admitted->ceilings);
        return;
    }
    bool has_hello = admitted->scheme == EGRESS_TLS;
    established(client);
    if (has_hello) {
        client->reads = READS_HELLO;
        client->head_seconds = 0;
    }
}

void client1_tunnel_stands(struct client *client) {
    if (client->exchange)
        established(client);
    conn_resume(client->conn);
}

/* What no CONNECT waits for cannot be told. */
void client1_tunnel_failed(struct client *client, int status, const char *why) {
    if (!client->exchange) {
        client->cut = client->ends_by_close = true;
        client1_close(client);
        return;
    }
    client->closes = client->exchange->request_done = true;
    exchange_failed(client->exchange, status, why);
}

/* Neither TLS nor HTTP is spoken. */
void client1_pass_unread(struct client *client) {
    if (!client->exchange)
        client1_begin(client);
    struct exchange *exchange = client->exchange;
    struct channel channel = client_channel(client);
    client->tunnel_is_new = false;
    client->reads = READS_NOTHING;
    admit_unread(client->proxy->egress, world_today(), &channel, exchange->arena,
                 &exchange->admitted);
    bool told = tell(&exchange->admitted);
    if (exchange->admitted.status || !told) {
        client->closes = exchange->request_done = true;
        if (told)
            exchange_refuse(exchange, exchange->admitted.status, exchange->admitted.reason,
                            exchange->admitted.missing);
        else
            not_decided(exchange);
        return;
    }
    enum egress_scheme scheme = exchange->admitted.scheme;
    const struct ceiling_set *ceilings = exchange->admitted.ceilings;
    client1_gone(client);
    client->tunnel = tunnel_open(client, scheme, ceilings);
}

/* What is passed on once its name is read: all of it. */
void client1_hello(struct client *client, const char *data, size_t length) {
    struct arena *arena = arena_new();
    struct channel channel = client_channel(client);
    struct admitted admitted = {0};
    const char *name;
    enum hello state = hello_read(arena, data, length, &name);
    if (length && state != HELLO_MORE) {
        client->proxy->refresh(client->proxy);
        admit_hello(client->proxy->egress, world_today(), &channel, name,
                    state == HELLO_WRONG ? "what was said is no ClientHello of TLS" : NULL, arena,
                    &admitted);
        bool told = tell(&admitted);
        client->reads = READS_NOTHING;
        if (admitted.status || !told)
            client->closes = client->answer_done = client->cut = client->ends_by_close = true;
        else
            client->tunnel = tunnel_open(client, admitted.scheme, admitted.ceilings);
    }
    admitted_clear(&admitted);
    arena_free(arena);
}

bool client1_tunnel_waits(struct client *client) {
    bool no_hello =
        client->reads == READS_HELLO && ++client->head_seconds > world_limits().head_seconds;
    bool silent = client->tunnel_is_new && client->may_wait && client->idle >= SILENT_SECONDS;
    if (no_hello)
        client1_close(client);
    else if (silent)
        client1_pass_unread(client);
    return no_hello || silent;
}
