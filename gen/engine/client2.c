/* A client that speaks HTTP/2 (RFC 9113) in a tunnel's TLS; nghttp2 reads and writes its frames. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/client.h"
#include "engine/http2.h"

#include <nghttp2/nghttp2.h>

#include <stdlib.h>
#include <string.h>

enum {
    STREAMS = 100,
    WINDOW =
        256 *
        1024, /* of a stream; of all, 16 times that, so that one that waits does not stop others */
    FULL = 256 * 1024,
    DRAINED = 64 * 1024,
    RESETS = 200, /* at once: streams that are opened to be reset cost the client nothing */
    RESETS_A_SECOND = 20,
    MOST_FRAMES = 1000, /* that wait to go out: what the client makes us say, and does not read */
};

struct client2 {
    struct client *client;
    nghttp2_session *session;
    struct stream *streams;
    double resets;
    uint64_t seen; /* of the loop's clock, in ms */
};

/* One request, and what of its answer has not gone out. */
struct stream {
    struct client2 *http2;
    struct stream *next, **link;
    struct exchange *exchange;
    int32_t id;
    struct request request;
    size_t head_length;
    struct buf out;
    size_t sent; /* of out */
    struct http2_fields trailers;
    bool ends, was_full;
    size_t unconsumed; /* of the body, that the exchange has not asked for yet */
};

static struct stream *stream_of(const struct exchange *exchange) {
    return exchange->client;
}

/* Answers. */

static void interim(struct exchange *exchange, int status, const struct fields *fields) {
    struct stream *stream = stream_of(exchange);
    struct http2_fields made = http2_answer_fields(exchange->arena, status, fields, false, 0);
    nghttp2_submit_headers(stream->http2->session, NGHTTP2_FLAG_NONE, stream->id, NULL, made.v,
                           made.n, NULL);
    conn_gather(stream->http2->client->conn);
}

static ssize_t read_answer(nghttp2_session *session, int32_t id, uint8_t *to, size_t room,
                           uint32_t *flags, nghttp2_data_source *source, void *context) {
    struct stream *stream = source->ptr;
    (void)context;
    size_t left = stream->out.len - stream->sent, n = left < room ? left : room;
    if (!n && !stream->ends)
        return NGHTTP2_ERR_DEFERRED;
    http2_take(&stream->out, &stream->sent, to, n);
    if (stream->ends && n == left) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (stream->trailers.n) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            nghttp2_submit_trailer(session, id, stream->trailers.v, stream->trailers.n);
        }
    }
    return (ssize_t)n;
}

static void head(struct exchange *exchange, const struct answer *answer) {
    struct stream *stream = stream_of(exchange);
    struct http2_fields made = http2_answer_fields(exchange->arena, answer->status, &answer->fields,
                                                   answer->has_length, answer->length);
    nghttp2_data_provider body = {.source.ptr = stream, .read_callback = read_answer};
    /* Where nothing follows, the head says so itself: gRPC knows a failure by that
     * ("Trailers-Only"). */
    bool alone = answer->bodiless || answer->ends;
    nghttp2_submit_response(stream->http2->session, stream->id, made.v, made.n,
                            alone ? NULL : &body);
    conn_gather(stream->http2->client->conn);
}

static void body(struct exchange *exchange, const void *data, size_t length) {
    struct stream *stream = stream_of(exchange);
    buf_add(&stream->out, data, length);
    if (stream->out.len - stream->sent > FULL)
        stream->was_full = true;
    nghttp2_session_resume_data(stream->http2->session, stream->id);
    conn_gather(stream->http2->client->conn);
}

static void end(struct exchange *exchange, const struct fields *trailers) {
    struct stream *stream = stream_of(exchange);
    stream->ends = true;
    if (trailers)
        stream->trailers = http2_plain_fields(exchange->arena, trailers);
    nghttp2_session_resume_data(stream->http2->session, stream->id);
    conn_gather(stream->http2->client->conn);
}

static void cut(struct exchange *exchange) {
    struct stream *stream = stream_of(exchange);
    nghttp2_submit_rst_stream(stream->http2->session, NGHTTP2_FLAG_NONE, stream->id,
                              NGHTTP2_INTERNAL_ERROR);
    conn_gather(stream->http2->client->conn);
}

static void more(struct exchange *exchange) {
    struct stream *stream = stream_of(exchange);
    size_t n = stream->unconsumed;
    stream->unconsumed = 0;
    if (n)
        nghttp2_session_consume(stream->http2->session, stream->id, n);
    conn_gather(stream->http2->client->conn);
}

static bool full(const struct exchange *exchange) {
    const struct stream *stream = stream_of(exchange);
    return stream->out.len - stream->sent > FULL;
}

static const struct responder responder = {interim, head, body, end, cut, more, full};

/* Requests. */

static int begin(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    struct client2 *http2 = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct stream *stream = must_alloc(sizeof *stream);
    stream->http2 = http2;
    stream->id = frame->hd.stream_id;
    stream->exchange = exchange_new(http2->client->proxy, HTTP_2, &responder, stream);
    stream->request.version = HTTP_2;
    stream->next = http2->streams;
    stream->link = &http2->streams;
    if (stream->next)
        stream->next->link = &stream->next;
    http2->streams = stream;
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static int field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                 size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                 void *context) {
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)flags;
    (void)context;
    if (!stream ||
        frame->headers.cat != NGHTTP2_HCAT_REQUEST) /* trailers of requests do not pass */
        return 0;
    stream->head_length += name_length + value_length + 32; /* RFC 9113, 6.5.2 */
    if (stream->head_length > HTTP1_LONGEST_HEAD)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    http2_take_field(stream->exchange->arena, &stream->request,
                     (struct bytes){(const char *)name, name_length},
                     (struct bytes){(const char *)value, value_length});
    return 0;
}

static void request_is_there(struct stream *stream, bool ends) {
    struct channel channel = client_channel(stream->http2->client);
    stream->request.ends = ends;
    http2_join_cookies(stream->exchange->arena, &stream->request.fields);
    exchange_request(stream->exchange, &channel, &stream->request);
}

static int frame_came(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)context;
    if (!stream || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        request_is_there(stream, ends);
    if (ends)
        exchange_request_end(stream->exchange);
    return 0;
}

static int data_came(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                     size_t length, void *context) {
    struct stream *stream = nghttp2_session_get_stream_user_data(session, id);
    (void)flags;
    (void)context;
    if (!stream) {
        nghttp2_session_consume(session, id, length);
        return 0;
    }
    exchange_body(stream->exchange, data, length);
    if (exchange_takes_body(stream->exchange))
        nghttp2_session_consume(session, id, length);
    else
        stream->unconsumed += length;
    return 0;
}

static void stream_free(struct stream *stream) {
    exchange_close(stream->exchange);
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    buf_free(&stream->out);
    free(stream);
}

static void count_reset(struct client2 *http2) {
    uint64_t now = uv_now(http2->client->proxy->loop);
    http2->resets += (double)(now - http2->seen) / 1000 * RESETS_A_SECOND;
    http2->seen = now;
    if (http2->resets > RESETS)
        http2->resets = RESETS;
    http2->resets -= 1;
    if (http2->resets < 0)
        nghttp2_session_terminate_session(http2->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t error, void *context) {
    struct client2 *http2 = context;
    struct stream *stream = nghttp2_session_get_stream_user_data(session, id);
    if (stream) {
        nghttp2_session_set_stream_user_data(session, id, NULL);
        if (stream->unconsumed)
            nghttp2_session_consume_connection(session, stream->unconsumed);
        stream_free(stream);
    }
    if (error != NGHTTP2_NO_ERROR)
        count_reset(http2);
    return 0;
}

/* The connection. */

static nghttp2_session *session_new(struct client2 *http2) {
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP1_LONGEST_HEAD},
    };
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    nghttp2_session *session;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
        die("no memory for HTTP/2");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_came);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_came);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_send_header_block_length(option, HTTP2_LONGEST_BLOCK);
    if (nghttp2_session_server_new2(&session, callbacks, http2, option) != 0)
        die("no memory for HTTP/2");
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                            sizeof settings / sizeof *settings);
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 16 * WINDOW);
    return session;
}

struct client2 *client2_new(struct client *client) {
    struct client2 *http2 = must_alloc(sizeof *http2);
    http2->client = client;
    http2->resets = RESETS;
    http2->seen = uv_now(client->proxy->loop);
    http2->session = session_new(http2);
    conn_gather(client->conn);
    return http2;
}

void client2_free(struct client2 *http2) {
    if (!http2)
        return;
    while (http2->streams)
        stream_free(http2->streams);
    nghttp2_session_del(http2->session);
    free(http2);
}

bool client2_is_idle(const struct client2 *http2) {
    return !http2->streams;
}

/* Nothing will be read and nothing is to be said: GOAWAY has gone out, or the client's has come. */
static bool is_over(const struct client2 *http2) {
    return !nghttp2_session_want_read(http2->session) &&
           !nghttp2_session_want_write(http2->session);
}

static void close_client(struct client *client) {
    struct conn *conn = client->conn;
    client_free(client);
    conn_close(conn);
}

static void send_on(struct client2 *http2) {
    const uint8_t *data;
    ssize_t n;
    while (!conn_is_full(http2->client->conn) &&
           (n = nghttp2_session_mem_send(http2->session, &data)) > 0)
        conn_write(http2->client->conn, data, (size_t)n);
}

size_t client2_data(struct client *client, const char *data, size_t length) {
    struct client2 *http2 = client->http2;
    ssize_t n = nghttp2_session_mem_recv(http2->session, (const uint8_t *)data, length);
    if (n < 0 || nghttp2_session_get_outbound_queue_size(http2->session) > MOST_FRAMES) {
        send_on(http2);
        close_client(client);
    } else {
        conn_gather(client->conn);
    }
    return length;
}

void client2_gather(struct client *client) {
    struct client2 *http2 = client->http2;
    send_on(http2);
    for (struct stream *stream = http2->streams; stream; stream = stream->next)
        if (stream->was_full && stream->out.len - stream->sent < DRAINED) {
            stream->was_full = false;
            exchange_client_drained(stream->exchange);
        }
    if (is_over(http2))
        close_client(client);
}
