/* How a server of HTTP/2 is asked. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/server2_private.h"

#include <stdlib.h>

static struct question *question_of(const struct exchange *exchange) {
    return exchange->server;
}

struct exchange *server2_detach(struct question *question) {
    struct exchange *exchange = question->exchange;
    question->exchange = NULL;
    exchange->to_server = NULL;
    exchange->server = NULL;
    return exchange;
}

void server2_question_free(struct question *question) {
    question->http2->count--;
    *question->link = question->next;
    if (question->next)
        question->next->link = question->link;
    buf_free(&question->out);
    free(question);
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *context) {
    struct question *question = source->ptr;
    size_t left = question->out.len - question->sent, n = left < room ? left : room;
    (void)session;
    (void)id;
    (void)context;
    if (!n && !question->ends)
        return NGHTTP2_ERR_DEFERRED;
    http2_take(&question->out, &question->sent, to, n);
    if (question->ends && n == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static void ask(struct exchange *exchange) {
    struct question *question = question_of(exchange);
    struct http2_fields made = http2_request_fields(exchange->arena, &exchange->admitted);
    nghttp2_data_provider body = {.source.ptr = question, .read_callback = read_body};
    if (exchange->admitted.secret_count || exchange->admitted.login)
        conn_wipe(question->http2->server->conn);
    question->id = nghttp2_submit_request(question->http2->session, NULL, made.v, made.n,
                                          exchange->admitted.has_body ? &body : NULL, question);
    if (question->id < 0)
        die("nghttp2 takes no request");
    conn_gather(question->http2->server->conn);
}

static void body(struct exchange *exchange, const void *data, size_t length) {
    struct question *question = question_of(exchange);
    buf_add(&question->out, data, length);
    if (question->out.len - question->sent > HTTP2_FULL)
        question->was_full = true;
    nghttp2_session_resume_data(question->http2->session, question->id);
    conn_gather(question->http2->server->conn);
}

static void end(struct exchange *exchange) {
    struct question *question = question_of(exchange);
    question->ends = true;
    nghttp2_session_resume_data(question->http2->session, question->id);
    conn_gather(question->http2->server->conn);
}

static void cut(struct exchange *exchange) {
    struct question *question = question_of(exchange);
    struct server2 *http2 = question->http2;
    server2_detach(question);
    question->ends = true;
    nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, question->id, NGHTTP2_CANCEL);
    conn_gather(http2->server->conn);
}

static void more(struct exchange *exchange) {
    struct question *question = question_of(exchange);
    size_t n = question->unconsumed;
    question->unconsumed = 0;
    if (n)
        nghttp2_session_consume(question->http2->session, question->id, n);
    if (question->unconsumed_of_stream)
        nghttp2_session_consume_stream(question->http2->session, question->id,
                                       question->unconsumed_of_stream);
    question->unconsumed_of_stream = 0;
    conn_gather(question->http2->server->conn);
}

static bool full(const struct exchange *exchange) {
    const struct question *question = question_of(exchange);
    return question->out.len - question->sent > HTTP2_FULL;
}

static const struct requester requester = {ask, body, end, cut, more, full};

void server2_attach(struct server *server, struct exchange *exchange) {
    struct server2 *http2 = server->http2;
    struct question *question = must_alloc(sizeof *question);
    *question = (struct question){.http2 = http2, .exchange = exchange, .next = http2->questions};
    question->link = &http2->questions;
    if (question->next)
        question->next->link = &question->next;
    http2->questions = question;
    http2->count++;
    exchange->to_server = &requester;
    exchange->server = question;
    exchange_connected(exchange);
}
