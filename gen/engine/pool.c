#include "engine/pool.h"
#include "base/die.h"
#include "engine/admit_line.h"
#include "engine/dial.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "engine/tls.h"
#include "engine/trust.h"
#include "engine/way.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE_SECONDS = 60 };

struct pool {
    struct proxy *proxy;
    struct server *servers;
};

struct pool *pool_new(struct proxy *proxy) {
    struct pool *pool = must_alloc(sizeof *pool);
    pool->proxy = proxy;
    return pool;
}

void server_free(struct server *server) {
    server2_free(server->http2);
    http1_chunks_free(&server->chunks);
    if (server->conn)
        conn_close(server->conn);
    *server->link = server->next;
    if (server->next)
        server->next->link = server->link;
    free(server->host);
    free((void *)(uintptr_t)server->ranges.v);
    way_free(server->way);
    free(server);
}

/* Waiting. */

static void wait_for(struct server *server, struct exchange *exchange) {
    exchange->waiting_for = server;
    exchange->next_waiting = NULL;
    *server->last_waiting = exchange;
    server->last_waiting = &exchange->next_waiting;
}

void pool_forget(struct exchange *exchange) {
    struct server *server = exchange->waiting_for;
    if (!server)
        return;
    struct exchange **at = &server->waiting;
    while (*at != exchange)
        at = &(*at)->next_waiting;
    *at = exchange->next_waiting;
    if (!*at)
        server->last_waiting = at;
    exchange->waiting_for = NULL;
}

static struct exchange *next_waiting(struct server *server) {
    struct exchange *exchange = server->waiting;
    if (exchange)
        pool_forget(exchange);
    return exchange;
}

static void tell_not_public(const struct exchange *exchange, const struct addrinfo *found) {
    const struct admitted *admitted = &exchange->admitted;
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:s%, s:s, s:i}", "event", "decision", "verdict", "deny",
                  "reason", "agent-sandbox: the name has no public address", "scheme",
                  admitted->tls ? "https" : "http", "method", admitted->method.s,
                  admitted->method.n, "host", admitted->host, "port", admitted->port);
    line_set(line, "path", line_bytes(admitted->told_path));
    line_set(line, "addresses", line_addresses(found));
    journal_write(line);
}

/* All that wait hear why; the connection is no more. status 403: no address is public. */
static void failed(void *owner, int status, const char *why, const struct addrinfo *found) {
    struct server *server = owner;
    server->state = ENDS; /* who asks again meanwhile must not find it */
    for (struct exchange *exchange; (exchange = next_waiting(server));) {
        if (status == 403)
            tell_not_public(exchange, found);
        exchange_failed(exchange, status, why);
    }
    server_free(server);
}

/* Opening. */

static void attach(struct server *server, struct exchange *exchange) {
    server->seconds = 0;
    if (server->state == SPEAKS_HTTP2)
        server2_attach(server, exchange);
    else
        server1_attach(server, exchange);
}

static bool has_room(const struct server *server) {
    return server->state == SPEAKS_HTTP2   ? server2_has_room(server->http2)
           : server->state == SPEAKS_HTTP1 ? !server->exchange
                                           : false;
}

static const struct conn_events conn_events;
static const struct dial_events dial_events;

static struct server *open_server(struct pool *pool, const struct exchange *exchange, bool http2) {
    const struct admitted *to = &exchange->admitted;
    struct server *server = must_alloc(sizeof *server);
    *server = (struct server){.pool = pool,
                              .proxy = pool->proxy,
                              .next = pool->servers,
                              .host = must_copy(to->host),
                              .port = to->port,
                              .tls = to->tls,
                              .ranges = ranges_copy(to->addresses),
                              .way = way_towards(pool->proxy, to->host),
                              .trust = trust_towards(pool->proxy, to->host),
                              .offers_http2 = http2};
    server->forwards = way_forwards(server->way, to);
    server->link = &pool->servers;
    if (server->next)
        server->next->link = &server->next;
    pool->servers = server;
    server->last_waiting = &server->waiting;
    dial_start(pool->proxy, to->host, to->port,
               server->forwards ? DIAL_FORWARDED
               : !to->tls       ? DIAL_CLEAR
               : http2          ? DIAL_TLS_HTTP2
                                : DIAL_TLS,
               &dial_events, server);
    return server;
}

static void opened(void *owner, struct conn *conn) {
    struct server *server = owner;
    struct pool *pool = server->pool;
    SSL *ssl = conn_ssl(conn);
    server->conn = conn;
    conn_own(conn, &conn_events, server);
    server->state = ssl && tls_chose_http2(ssl) ? SPEAKS_HTTP2 : SPEAKS_HTTP1;
    if (server->state == SPEAKS_HTTP2)
        server->http2 = server2_new(server);
    while (server->waiting && has_room(server))
        attach(server, next_waiting(server));
    /* The others of a server that speaks HTTP/1 get connections of their own. */
    while (server->waiting) {
        struct exchange *exchange = next_waiting(server);
        wait_for(open_server(pool, exchange, server->offers_http2), exchange);
    }
}

static const struct dial_events dial_events = {opened, failed};

/* Events of a connection. */

static size_t on_data(void *owner, const char *data, size_t length) {
    struct server *server = owner;
    return server->state == SPEAKS_HTTP2 ? server2_data(server, data, length)
                                         : server1_data(server, data, length);
}

static void nothing(void *owner) {
    (void)owner;
}

static void on_drained(void *owner) {
    struct server *server = owner;
    if (server->state == SPEAKS_HTTP2)
        conn_gather(server->conn);
    else
        server1_drained(server);
}

static void on_gather(void *owner) {
    server2_gather(owner);
}

static void on_ended(void *owner, const char *why) {
    struct server *server = owner;
    if (server->state == SPEAKS_HTTP2)
        server2_ended(server, why);
    else
        server1_ended(server, why);
}

static const struct conn_events conn_events = {on_data,   nothing,  on_drained,
                                               on_gather, on_ended, NULL};

/* Asking. */

/* One that was opened when others were permitted may lead where it may not any more. */
static bool is_of(const struct server *server, const struct admitted *to) {
    if (server->port != to->port || server->tls != to->tls || strcmp(server->host, to->host) != 0 ||
        !ranges_equal(server->ranges, to->addresses) ||
        server->trust != trust_towards(server->proxy, to->host))
        return false;
    struct way *way = way_towards(server->proxy, to->host);
    bool same = ways_equal(server->way, way) && server->forwards == way_forwards(way, to);
    way_free(way);
    return same;
}

static struct server *find(struct pool *pool, const struct exchange *exchange, bool http2) {
    for (struct server *server = pool->servers; server; server = server->next) {
        if (!is_of(server, &exchange->admitted) || (http2 && !server->offers_http2))
            continue;
        if (server->state == OPENS ? http2
                                   : has_room(server) && (http2 || server->state == SPEAKS_HTTP1))
            return server;
    }
    return NULL;
}

/* Why it cannot be said to the other proxy who it is for; NULL: it can, or need not. */
static const char *without_password(struct pool *pool, struct exchange *exchange) {
    const struct egress_upstream *upstream = pool->proxy->egress->upstream;
    struct way *way = way_towards(pool->proxy, exchange->admitted.host);
    bool needs = way_forwards(way, &exchange->admitted) && way->user;
    way_free(way);
    struct bytes secret;
    struct forms *forms;
    return needs ? vault_read(pool->proxy->vault, &upstream->password, exchange->arena, &secret,
                              &forms)
                 : NULL;
}

void pool_ask(struct pool *pool, struct exchange *exchange) {
    const char *why = without_password(pool, exchange);
    if (why) {
        exchange_failed(exchange, 502, why);
        return;
    }
    /* gRPC is HTTP/2 alone; a client of HTTP/1 gets what it would get without a proxy. Few servers
     * have WebSockets in HTTP/2. */
    bool http2 =
        exchange->version == HTTP_2 && exchange->admitted.tls && !exchange->admitted.websocket;
    struct server *server = exchange->tried_again ? NULL : find(pool, exchange, http2);
    if (!server || server->state == OPENS)
        wait_for(server ? server : open_server(pool, exchange, http2), exchange);
    else
        attach(server, exchange);
}

void pool_tick(struct pool *pool) {
    for (struct server *server = pool->servers, *next; server; server = next) {
        next = server->next;
        bool idle = server->state == SPEAKS_HTTP2   ? server2_is_idle(server->http2)
                    : server->state == SPEAKS_HTTP1 ? !server->exchange
                                                    : false;
        server->seconds = idle ? server->seconds + 1 : 0;
        if (idle && server->seconds > IDLE_SECONDS)
            server_free(server);
    }
}
