/* A server that speaks HTTP/1: one request after the other. */
#include "base/buf_raw.h"
#include "engine/pool.h"
#include "engine/server.h"
#include "engine/way.h"

#include <stdio.h>
#include <string.h>

/* Asking. */

static struct server *server_of(const struct exchange *exchange) {
    return exchange->server;
}

/* So that the head, which may hold a secret, is never moved. */
static size_t most_of_head(const struct admitted *admitted) {
    enum { LINES = 512 }; /* the version's, and those of our own below */
    size_t n = LINES + admitted->method.n + admitted->target.n + 2 * strlen(admitted->authority);
    for (size_t i = 0; i < admitted->fields.n; i++)
        n += admitted->fields.v[i].name.n + admitted->fields.v[i].value.n + sizeof ": \r\n";
    return n;
}

/* Some proxies quote in their errors what they were asked. Without a user the answer is 407. */
static void write_user(struct server *server, struct exchange *exchange) {
    struct forms *forms;
    way_write_user(server->way, server->proxy->vault, server->conn, exchange->arena, &forms);
    exchange_hide(exchange, forms);
}

static void ask(struct exchange *exchange) {
    const struct admitted *admitted = &exchange->admitted;
    struct server *server = server_of(exchange);
    struct buf out BUF_CLEANUP = {0};
    buf_room(&out, most_of_head(admitted));
    buf_add(&out, admitted->method.s, admitted->method.n);
    buf_str(&out, " ");
    if (server->forwards)
        buf_printf(&out, "http://%s", admitted->authority);
    buf_add(&out, admitted->target.s, admitted->target.n);
    buf_printf(&out, " HTTP/1.1\r\nHost: %s\r\n", admitted->authority);
    http1_write_fields(&out, &admitted->fields);
    if (admitted->has_length)
        buf_printf(&out, "Content-Length: %llu\r\n", admitted->length);
    else if (admitted->has_body)
        buf_str(&out, "Transfer-Encoding: chunked\r\n");
    if (admitted->expects && admitted->has_body)
        buf_str(&out, "Expect: 100-continue\r\n");
    if (admitted->websocket)
        buf_str(&out, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    if (admitted->secret_count || admitted->login) /* whose answer has tokens */
        conn_wipe(server->conn);
    conn_write(server->conn, out.data, out.len);
    if (admitted->secret_count)
        OPENSSL_cleanse(out.data, out.len);
    if (server->forwards)
        write_user(server, exchange);
    conn_write(server->conn, "\r\n", 2);
}

static bool is_chunked(const struct exchange *exchange) {
    return !exchange->raw && !exchange->admitted.has_length;
}

static void body(struct exchange *exchange, const void *data, size_t length) {
    struct server *server = server_of(exchange);
    char size[32];
    if (is_chunked(exchange))
        conn_write(server->conn, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", length));
    conn_write(server->conn, data, length);
    if (is_chunked(exchange))
        conn_write(server->conn, "\r\n", 2);
}

static void end(struct exchange *exchange) {
    struct server *server = server_of(exchange);
    if (exchange->admitted.has_body && is_chunked(exchange))
        conn_write(server->conn, "0\r\n\r\n", 5);
    server->asked_all = true;
}

/* Whoever is not heard to the end is not asked again. One that has not begun to answer still gets
 * what was sent: a message that a client leaves behind. */
static void cut(struct exchange *exchange) {
    struct server *server = server_of(exchange);
    if (exchange->answered && !exchange->raw) {
        conn_abort(server->conn);
        server->conn = NULL;
    }
    exchange->to_server = NULL;
    exchange->server = NULL;
    server->exchange = NULL;
    server_free(server);
}

static void more(struct exchange *exchange) {
    conn_resume(server_of(exchange)->conn);
}

static bool full(const struct exchange *exchange) {
    return conn_is_full(server_of(exchange)->conn);
}

static const struct requester requester = {ask, body, end, cut, more, full};

void server1_attach(struct server *server, struct exchange *exchange) {
    server->exchange = exchange;
    server->reads = ANSWER_HEAD;
    server->seen = 0;
    server->spoke = server->asked_all = false;
    exchange->to_server = &requester;
    exchange->server = server;
    exchange_connected(exchange);
}

void server1_drained(struct server *server) {
    if (server->exchange)
        exchange_server_drained(server->exchange);
}

/* Answers. */

static struct exchange *detach(struct server *server) {
    struct exchange *exchange = server->exchange;
    server->exchange = NULL;
    exchange->to_server = NULL;
    exchange->server = NULL;
    return exchange;
}

static void failed(struct server *server, const char *why) {
    struct exchange *exchange = detach(server);
    server_free(server); /* first: nothing that follows may find it */
    exchange_failed(exchange, 502, why);
}

/* True: the connection is still there, idle. More: something came behind the answer, which would be
 * taken for the next one. */
static bool finished(struct server *server, const struct fields *trailers, bool more_came) {
    struct exchange *exchange = detach(server);
    bool kept = server->keeps && server->asked_all && !more_came;
    server->used = true;
    server->seconds = 0;
    if (!kept)
        server_free(server);
    exchange_answer_end(exchange, trailers);
    return kept;
}

static bool says_close(const struct http1_head *head) {
    const struct field *field;
    bool keeps = memcmp(head->first[0].s, "HTTP/1.1", 8) == 0;
    for (size_t at = 0; (field = fields_next(&head->fields, "connection", &at));)
        if (!bytes_are(field->value, "keep-alive"))
            keeps = false;
    return !keeps;
}

/* False: the connection is gone. */
static bool take_head(struct server *server, const struct http1_head *head) {
    struct exchange *exchange = server->exchange;
    int status = http1_status(head);
    if (status < 200 && status != 101) {
        server->seen = 0;
        return exchange_interim(exchange, status, &head->fields);
    }
    if (status == 407 && server->forwards) {
        failed(server, way_wrong_user);
        return false;
    }
    if (status == 101 && !exchange->admitted.websocket) {
        failed(server, "an upgrade that nobody asked for");
        return false;
    }
    struct answer answer = {.status = status, .reason = head->first[2], .fields = head->fields};
    enum http1_framing framing =
        http1_answer_framing(head, exchange->to_head, status, &answer.length);
    answer.has_length = framing == FRAMING_LENGTH ||
                        (framing == FRAMING_NONE && fields_have(&head->fields, "content-length"));
    answer.bodiless = framing == FRAMING_NONE;
    server->keeps = !says_close(head) && framing != FRAMING_CLOSE;
    if (framing == FRAMING_WRONG) {
        failed(server, "the length of its answer has no single reading");
        return false;
    }
    server->reads = status == 101                ? ANSWER_RAW
                    : framing == FRAMING_CHUNKED ? ANSWER_CHUNKS
                    : framing == FRAMING_CLOSE   ? ANSWER_REST
                                                 : ANSWER_LENGTH;
    server->left = framing == FRAMING_LENGTH ? answer.length : 0;
    server->chunks.state = CHUNK_SIZE;
    server->chunks.lenient = true;
    return exchange_answer_head(exchange, &answer);
}

/* False: nothing more can be done now, or the connection is gone (*gone). */
static bool read_head(struct server *server, const char *data, size_t length, size_t *taken,
                      bool *gone) {
    struct http1_head head;
    const char *why;
    switch (
        http1_read_head(server->exchange->arena, data, length, true, &server->seen, &head, &why)) {
    case HTTP1_MORE:
        return false;
    case HTTP1_WRONG:
        failed(server, *why ? why : "the head of its answer has no end");
        *gone = true;
        return false;
    case HTTP1_DONE:
        break;
    }
    *taken += head.length;
    *gone = !take_head(server, &head);
    return !*gone;
}

static bool read_body(struct server *server, const char *data, size_t length, size_t *taken,
                      bool *gone) {
    struct exchange *exchange = server->exchange;
    struct fields trailers = {0};
    struct bytes piece = {data, length};
    enum http1_state state = HTTP1_MORE;
    size_t n = length;
    if (server->reads == ANSWER_LENGTH && !server->left) {
        *gone = !finished(server, NULL, length > 0);
        return false;
    }
    if (!length)
        return false;
    if (exchange_client_is_full(exchange)) {
        conn_pause(server->conn);
        return false;
    }
    if (server->reads == ANSWER_CHUNKS)
        state = http1_read_chunks(&server->chunks, data, length, &n, &piece, exchange->arena,
                                  &trailers);
    else if (server->reads == ANSWER_LENGTH && server->left < n)
        piece.n = n = (size_t)server->left;
    *taken += n;
    server->left -= server->reads == ANSWER_LENGTH ? n : 0;
    if (!exchange_answer_body(exchange, piece.s, piece.n)) {
        *gone = true;
        return false;
    }
    if (state == HTTP1_WRONG) {
        failed(server, "a chunk of its answer is not valid");
        *gone = true;
    } else if (state == HTTP1_DONE) {
        *gone = !finished(server, &trailers, n < length);
        return false;
    }
    return !*gone;
}

size_t server1_data(struct server *server, const char *data, size_t length) {
    size_t taken = 0;
    bool gone = false, goes_on = true;
    if (length)
        server->spoke = true;
    while (goes_on && server->exchange) {
        if (server->reads == ANSWER_HEAD && taken == length)
            return taken;
        goes_on = server->reads == ANSWER_HEAD
                      ? read_head(server, data + taken, length - taken, &taken, &gone)
                      : read_body(server, data + taken, length - taken, &taken, &gone);
        if (gone)
            return length;
    }
    if (!server->exchange && taken < length) {
        server_free(
            server); /* it speaks without being asked: what it says would be the next answer */
        return length;
    }
    return taken;
}

void server1_ended(struct server *server, const char *why) {
    struct exchange *exchange = server->exchange;
    if (!exchange) {
        server_free(server);
        return;
    }
    /* What is raw says itself whether it is whole. */
    if (server->reads == ANSWER_RAW || (server->reads == ANSWER_REST && !why)) {
        server->keeps = false;
        finished(server, NULL, false);
        return;
    }
    /* It was kept, and closed while we asked: RFC 9112, section 9.3.1. */
    if (server->used && !server->spoke && exchange_is_asked_again(exchange)) {
        detach(server);
        server_free(server);
        pool_ask(exchange->proxy->pool, exchange);
        return;
    }
    failed(server, why ? why : "it closed the connection");
}
