#include "engine/pool.h"
#include "base/die.h"
#include "engine/admit_line.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "engine/tls.h"
#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

/* An address that leads nowhere, as IPv6's where a network has none, must not cost the name its
 * others. */
enum { OPEN_SECONDS = 30, TRY_SECONDS = 3, IDLE_SECONDS = 60 };

struct pool {
    struct proxy *proxy;
    struct server *servers;
};

struct lookup {
    uv_work_t work;
    struct server *server;
    int error;
    struct addrinfo *found;
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
    world_lookup_free(server->found);
    *server->link = server->next;
    if (server->next)
        server->next->link = server->link;
    free(server->host);
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

static void tell_not_public(const struct exchange *exchange) {
    const struct admitted *admitted = &exchange->admitted;
    struct bytes query;
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:s%, s:s, s:i}", "event", "decision", "verdict", "deny",
                  "reason", "agent-sandbox: the name has no public address", "scheme",
                  admitted->tls ? "https" : "http", "method", admitted->method.s,
                  admitted->method.n, "host", admitted->host, "port", admitted->port);
    line_set(line, "path", line_bytes(bytes_before(admitted->target, '?', &query)));
    journal_write(line);
}

/* All that wait hear why; the connection is no more. status 403: no address is public. */
static void fail(struct server *server, int status, const char *why) {
    server->state = ENDS; /* who asks again meanwhile must not find it */
    for (struct exchange *exchange; (exchange = next_waiting(server));) {
        if (status == 403)
            tell_not_public(exchange);
        exchange_failed(exchange, status, why);
    }
    server_free(server);
}

/* Opening. */

static const struct conn_events events;

static void connect_next(struct server *server, const char *why) {
    while (server->untried) {
        struct addrinfo *address = server->untried;
        server->untried = address->ai_next;
        if (!world_address_is_public(address->ai_addr))
            continue;
        server->state = CONNECTS;
        server->conn = conn_connect(&server->proxy->conns, address->ai_addr, &events, server);
        if (!server->conn) {
            why = "it cannot be reached from here";
            continue;
        }
        if (server->tls)
            conn_start_tls(server->conn, tls_client(server->proxy->to_servers, server->host,
                                                    server->offers_http2));
        return;
    }
    if (why)
        fail(server, 502, why);
    else
        fail(
            server, 403,
            "the name has no public address, and the proxy goes to no other; what is not public is "
            "reached by \"cidrs\" and \"local_ports\" of the spec");
}

static void look_up(uv_work_t *work) {
    struct lookup *lookup = work->data;
    lookup->error = world_lookup(lookup->server->host, lookup->server->port, &lookup->found);
}

static void looked_up(uv_work_t *work, int status) {
    struct lookup *lookup = work->data;
    struct server *server = lookup->server;
    server->found = server->untried = lookup->found;
    int error = status < 0 ? EAI_AGAIN : lookup->error;
    free(lookup);
    if (error)
        fail(server, 502, gai_strerror(error));
    else
        connect_next(server, NULL);
}

static struct server *open_server(struct pool *pool, const struct exchange *exchange, bool http2) {
    const struct admitted *to = &exchange->admitted;
    struct server *server = must_alloc(sizeof *server);
    *server = (struct server){.pool = pool,
                              .proxy = pool->proxy,
                              .next = pool->servers,
                              .host = must_copy(to->host),
                              .port = to->port,
                              .tls = to->tls,
                              .offers_http2 = http2};
    server->link = &pool->servers;
    if (server->next)
        server->next->link = &server->next;
    pool->servers = server;
    server->last_waiting = &server->waiting;
    /* The thread reads host and port alone, which stay until it is done. */
    struct lookup *lookup = must_alloc(sizeof *lookup);
    lookup->server = server;
    lookup->work.data = lookup;
    if (uv_queue_work(pool->proxy->loop, &lookup->work, look_up, looked_up) < 0)
        die("libuv takes no work");
    return server;
}

/* Events of a connection. */

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

static void on_ready(void *owner) {
    struct server *server = owner;
    struct pool *pool = server->pool;
    SSL *ssl = conn_ssl(server->conn);
    server->state = ssl && tls_chose_http2(ssl) ? SPEAKS_HTTP2 : SPEAKS_HTTP1;
    if (server->state == SPEAKS_HTTP2)
        server->http2 = server2_new(server);
    world_lookup_free(server->found);
    server->found = server->untried = NULL;
    while (server->waiting && has_room(server))
        attach(server, next_waiting(server));
    /* The others of a server that speaks HTTP/1 get connections of their own. */
    while (server->waiting) {
        struct exchange *exchange = next_waiting(server);
        wait_for(open_server(pool, exchange, server->offers_http2), exchange);
    }
}

static size_t on_data(void *owner, const char *data, size_t length) {
    struct server *server = owner;
    return server->state == SPEAKS_HTTP2 ? server2_data(server, data, length)
                                         : server1_data(server, data, length);
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
    if (server->state == SPEAKS_HTTP2) {
        server2_ended(server, why);
    } else if (server->state == SPEAKS_HTTP1) {
        server1_ended(server, why);
    } else {
        bool by_tls = conn_tls_failed(server->conn);
        why = why ? why : "it closed the connection";
        conn_abort(server->conn);
        server->conn = NULL;
        if (by_tls) /* another address has the same name and certificate */
            fail(server, 502, why);
        else
            connect_next(server, why);
    }
}

static const struct conn_events events = {on_data, on_ready, on_drained, on_gather, on_ended};

/* Asking. */

static bool is_of(const struct server *server, const struct admitted *to) {
    return server->port == to->port && server->tls == to->tls &&
           strcmp(server->host, to->host) == 0;
}

static struct server *find(struct pool *pool, const struct exchange *exchange, bool http2) {
    for (struct server *server = pool->servers; server; server = server->next) {
        if (!is_of(server, &exchange->admitted) || (http2 && !server->offers_http2))
            continue;
        bool opens = server->state == LOOKS_UP || server->state == CONNECTS;
        if (opens ? http2 : has_room(server) && (http2 || server->state == SPEAKS_HTTP1))
            return server;
    }
    return NULL;
}

void pool_ask(struct pool *pool, struct exchange *exchange) {
    /* gRPC is HTTP/2 alone; a client of HTTP/1 gets what it would get without a proxy. Few servers
     * have WebSockets in HTTP/2. */
    bool http2 =
        exchange->version == HTTP_2 && exchange->admitted.tls && !exchange->admitted.websocket;
    struct server *server = exchange->tried_again ? NULL : find(pool, exchange, http2);
    if (!server || server->state == LOOKS_UP || server->state == CONNECTS)
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
        bool opens = server->state == CONNECTS;
        server->seconds = idle || opens ? server->seconds + 1 : 0;
        if (idle && server->seconds > IDLE_SECONDS) {
            server_free(server);
        } else if (opens && server->seconds > (server->untried ? TRY_SECONDS : OPEN_SECONDS)) {
            conn_abort(server->conn);
            server->conn = NULL;
            server->seconds = 0;
            connect_next(server, "it does not answer");
        }
        /* What fails may have taken others with it. */
        if (opens && server->seconds == 0)
            break;
    }
}
