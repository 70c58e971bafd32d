/* A server that speaks HTTP/2 (RFC 9113): many requests at once. */
#include "base/die.h"
#include "engine/pool.h"
#include "engine/server2_private.h"

#include <stdlib.h>

bool server2_has_room(const struct server2 *http2) {
    uint32_t most = nghttp2_session_get_remote_settings(http2->session,
                                                        NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return !http2->leaves && http2->count < (most < HTTP2_STREAMS ? most : HTTP2_STREAMS) &&
           nghttp2_session_check_request_allowed(http2->session);
}

bool server2_is_idle(const struct server2 *http2) {
    return !http2->count;
}

struct server2 *server2_new(struct server *server) {
    struct server2 *http2 = must_alloc(sizeof *http2);
    http2->server = server;
    http2->session = http2_session(false, &server2_callbacks, http2);
    conn_gather(server->conn);
    return http2;
}

void server2_free(struct server2 *http2) {
    if (!http2)
        return;
    while (http2->questions)
        server2_question_free(http2->questions);
    nghttp2_session_del(http2->session);
    free(http2);
}

/* Every exchange hears it once the connection can no longer be found. */
static void lost(struct server *server, const char *why) {
    struct server2 *http2 = server->http2;
    struct pool *pool = server->pool;
    bool used = http2->used;
    struct exchange *first = NULL, **last = &first;
    for (struct question *question = http2->questions; question; question = question->next)
        if (question->exchange) {
            struct exchange *exchange = server2_detach(question);
            *last = exchange;
            last = &exchange->next_waiting;
            exchange->next_waiting = NULL;
        }
    server_free(server);
    while (first) {
        struct exchange *exchange = first;
        first = exchange->next_waiting;
        if (used && exchange_is_asked_again(exchange)) /* it was kept, and closed while we asked */
            pool_ask(pool, exchange);
        else
            exchange_failed(exchange, 502, why);
    }
}

size_t server2_data(struct server *server, const char *data, size_t length) {
    struct server2 *http2 = server->http2;
    ssize_t n = nghttp2_session_mem_recv(http2->session, (const uint8_t *)data, length);
    if (n < 0 || nghttp2_session_get_outbound_queue_size(http2->session) > HTTP2_MOST_FRAMES)
        lost(server, "what it sent is not HTTP/2");
    else
        conn_gather(server->conn);
    return length;
}

void server2_gather(struct server *server) {
    struct server2 *http2 = server->http2;
    const uint8_t *data;
    ssize_t n;
    while (!conn_is_full(server->conn) && (n = nghttp2_session_mem_send(http2->session, &data)) > 0)
        conn_write(server->conn, data, (size_t)n);
    for (struct question *question = http2->questions; question; question = question->next)
        if (question->was_full && question->out.len - question->sent < HTTP2_DRAINED) {
            question->was_full = false;
            if (question->exchange)
                exchange_server_drained(question->exchange);
        }
    if (!nghttp2_session_want_read(http2->session) && !nghttp2_session_want_write(http2->session))
        lost(server, "it closed the connection");
}

void server2_ended(struct server *server, const char *why) {
    lost(server, why ? why : "it closed the connection");
}
