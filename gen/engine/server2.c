/* A server that speaks HTTP/2 (RFC 9113): many requests at once. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/http2.h"
#include "engine/pool.h"
#include "engine/server.h"

#include <nghttp2/nghttp2.h>

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 256 * 1024,
    FULL = 256 * 1024,
    DRAINED = 64 * 1024,
    STREAMS = 100,
    MOST_FRAMES = 1000
};

struct server2 {
    struct server *server;
    nghttp2_session *session;
    struct question *questions;
    size_t count;
    bool used, leaves; /* used: it has answered; leaves: it takes no new ones (GOAWAY) */
};

/* One request that was sent here. */
struct question {
    struct server2 *http2;
    struct question *next, **link;
    struct exchange *exchange; /* NULL: let go */
    int32_t id;
    struct buf out;
    size_t sent;
    bool ends, was_full, answered;
    int status;
    struct fields fields;
    size_t head_length, unconsumed;
};

static struct question *question_of(const struct exchange *exchange) {
    return exchange->server;
}

static struct exchange *detach(struct question *question) {
    struct exchange *exchange = question->exchange;
    question->exchange = NULL;
    exchange->to_server = NULL;
    exchange->server = NULL;
    return exchange;
}

static void question_free(struct question *question) {
    question->http2->count--;
    *question->link = question->next;
    if (question->next)
        question->next->link = question->link;
    buf_free(&question->out);
    free(question);
}

/* Asking. */

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
    if (exchange->admitted.secret_count)
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
    if (question->out.len - question->sent > FULL)
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
    detach(question);
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
    conn_gather(question->http2->server->conn);
}

static bool full(const struct exchange *exchange) {
    const struct question *question = question_of(exchange);
    return question->out.len - question->sent > FULL;
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

bool server2_has_room(const struct server2 *http2) {
    uint32_t most = nghttp2_session_get_remote_settings(http2->session,
                                                        NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return !http2->leaves && http2->count < (most < STREAMS ? most : STREAMS) &&
           nghttp2_session_check_request_allowed(http2->session);
}

bool server2_is_idle(const struct server2 *http2) {
    return !http2->count;
}

/* Answers. */

static struct question *question_at(nghttp2_session *session, int32_t id) {
    struct question *question = nghttp2_session_get_stream_user_data(session, id);
    return question && question->exchange ? question : NULL;
}

static int field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                 size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                 void *context) {
    struct question *question = question_at(session, frame->hd.stream_id);
    struct bytes one = {(const char *)name, name_length},
                 other = {(const char *)value, value_length};
    (void)flags;
    (void)context;
    if (!question)
        return 0;
    question->head_length += name_length + value_length + 32;
    if (question->head_length > HTTP1_LONGEST_HEAD)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    struct arena *arena = question->exchange->arena;
    if (bytes_equal(one, BYTES(":status")) && value_length == 3)
        question->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    else if (name_length && name[0] != ':')
        fields_add(arena, &question->fields, bytes_copy(arena, one), bytes_copy(arena, other));
    return 0;
}

static void head_is_there(struct question *question, bool ends) {
    struct exchange *exchange = question->exchange;
    int status = question->status;
    struct answer answer = {.status = status, .fields = question->fields, .ends = ends};
    question->fields = (struct fields){0};
    question->head_length = 0;
    if (status < 200) {
        exchange_interim(exchange, status, &answer.fields);
        return;
    }
    struct http1_head as_head = {.first[0] = BYTES("HTTP/1.1"), .fields = answer.fields};
    enum http1_framing framing =
        http1_answer_framing(&as_head, exchange->to_head, status, &answer.length);
    answer.bodiless = framing == FRAMING_NONE;
    answer.has_length = framing == FRAMING_LENGTH ||
                        (framing == FRAMING_NONE && fields_have(&answer.fields, "content-length"));
    if (ends && !answer.has_length && !answer.bodiless) {
        answer.has_length = exchange->version != HTTP_2;
        answer.length = 0;
    }
    question->answered = question->http2->used = true;
    exchange_answer_head(exchange, &answer);
}

/* What still comes of a request that was answered before its end is wanted by nobody. */
static void all_came(struct question *question) {
    struct fields trailers = question->fields;
    if (!question->ends)
        nghttp2_submit_rst_stream(question->http2->session, NGHTTP2_FLAG_NONE, question->id,
                                  NGHTTP2_CANCEL);
    exchange_answer_end(detach(question), trailers.n ? &trailers : NULL);
}

static int frame_came(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    struct server2 *http2 = context;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        http2->leaves = true;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct question *question = question_at(session, frame->hd.stream_id);
    bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (question && frame->hd.type == NGHTTP2_HEADERS && !question->answered)
        head_is_there(question, ends);
    if (ends && question && question->exchange)
        all_came(question);
    return 0;
}

static int data_came(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                     size_t length, void *context) {
    struct question *question = question_at(session, id);
    (void)flags;
    (void)context;
    if (question)
        exchange_answer_body(question->exchange, data, length);
    if (question && question->exchange && exchange_client_is_full(question->exchange))
        question->unconsumed += length;
    else
        nghttp2_session_consume(session, id, length);
    return 0;
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t error, void *context) {
    struct question *question = nghttp2_session_get_stream_user_data(session, id);
    (void)context;
    if (!question)
        return 0;
    nghttp2_session_set_stream_user_data(session, id, NULL);
    if (question->unconsumed)
        nghttp2_session_consume_connection(session, question->unconsumed);
    struct exchange *exchange = question->exchange ? detach(question) : NULL;
    bool answered = question->answered;
    question_free(question);
    if (!exchange)
        return 0;
    /* RFC 9113, section 8.7: it has not looked at the request. */
    if (error == NGHTTP2_REFUSED_STREAM && !answered && !exchange->admitted.has_body &&
        !exchange->tried_again) {
        exchange->tried_again = true;
        pool_ask(exchange->proxy->pool, exchange);
    } else {
        exchange_failed(exchange, 502, "it broke the answer off");
    }
    return 0;
}

/* The connection. */

static nghttp2_session *session_new(struct server2 *http2) {
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP1_LONGEST_HEAD},
    };
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    nghttp2_session *session;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
        die("no memory for HTTP/2");
    nghttp2_session_callbacks_set_on_header_callback(callbacks, field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_came);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_came);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_send_header_block_length(option, HTTP2_LONGEST_BLOCK);
    if (nghttp2_session_client_new2(&session, callbacks, http2, option) != 0)
        die("no memory for HTTP/2");
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                            sizeof settings / sizeof *settings);
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 16 * WINDOW);
    return session;
}

struct server2 *server2_new(struct server *server) {
    struct server2 *http2 = must_alloc(sizeof *http2);
    http2->server = server;
    http2->session = session_new(http2);
    conn_gather(server->conn);
    return http2;
}

void server2_free(struct server2 *http2) {
    if (!http2)
        return;
    while (http2->questions)
        question_free(http2->questions);
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
            struct exchange *exchange = detach(question);
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
    if (n < 0 || nghttp2_session_get_outbound_queue_size(http2->session) > MOST_FRAMES)
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
        if (question->was_full && question->out.len - question->sent < DRAINED) {
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
