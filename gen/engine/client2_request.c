/* What a client of HTTP/2 asks for. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/client2_private.h"
#include "engine/world.h"

#include <stdlib.h>

enum { RESETS_A_SECOND = 20 };

static int begin(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    struct client2 *http2 = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct stream *stream = must_alloc(sizeof *stream);
    stream->http2 = http2;
    stream->id = frame->hd.stream_id;
    stream->exchange = exchange_new(http2->client->proxy, HTTP_2, &client2_responder, stream);
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

static bool is_websocket(const struct stream *stream) {
    return stream->exchange->admitted.websocket;
}

static void request_is_there(struct stream *stream, bool ends) {
    struct channel channel = client_channel(stream->http2->client);
    stream->request.ends = ends;
    stream->asked = true;
    stream->quiet = 0;
    http2_join_cookies(stream->exchange->arena, &stream->request.fields);
    exchange_request(stream->exchange, &channel, &stream->request);
    if (is_websocket(stream)) /* all of it has come: what follows are frames */
        exchange_request_end(stream->exchange);
}

static int frame_came(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)context;
    if (!stream || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        request_is_there(stream, ends);
    if (ends && is_websocket(stream))
        stream->left = 1;
    else if (ends)
        exchange_request_end(stream->exchange);
    return 0;
}

static bool takes_body(struct stream *stream, const void *data, size_t length) {
    exchange_body(stream->exchange, data, length);
    return exchange_takes_body(stream->exchange);
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
    stream->quiet = 0;
    if (is_websocket(stream) ? client2_frames(stream, data, length)
                             : takes_body(stream, data, length))
        nghttp2_session_consume(session, id, length);
    else
        stream->unconsumed += length;
    return 0;
}

void client2_stream_free(struct stream *stream) {
    exchange_close(stream->exchange);
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    buf_free(&stream->out);
    buf_free(&stream->early);
    free(stream);
}

static void count_reset(struct client2 *http2) {
    uint64_t now = uv_now(http2->client->proxy->loop);
    http2->resets += (double)(now - http2->seen) / 1000 * RESETS_A_SECOND;
    http2->seen = now;
    if (http2->resets > CLIENT2_RESETS)
        http2->resets = CLIENT2_RESETS;
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
        client2_stream_free(stream);
    }
    if (error != NGHTTP2_NO_ERROR)
        count_reset(http2);
    return 0;
}

/* It is the client's turn within a body: it may send, and who takes it waits. A server that has
 * begun to answer may be content with what it has; a call of gRPC is open both ways until it is
 * over, however quiet it is. */
static bool is_waited_for(const struct stream *stream) {
    const struct exchange *exchange = stream->exchange;
    nghttp2_session *session = stream->http2->session;
    bool ended = is_websocket(stream) ? stream->left : exchange->request_done;
    bool unanswered =
        !exchange->answered && !is_websocket(stream) && !exchange->admitted.te_trailers;
    return !ended && (exchange->discards || unanswered) && exchange_takes_body(exchange) &&
           nghttp2_session_get_local_window_size(session) > 0 &&
           nghttp2_session_get_stream_local_window_size(session, stream->id) > 0;
}

void client2_stream_tick(struct stream *stream) {
    const struct world_limits limits = world_limits();
    struct exchange *exchange = stream->exchange;
    nghttp2_session *session = stream->http2->session;
    if (stream->asked && !is_waited_for(stream)) {
        stream->quiet = 0;
        return;
    }
    if (++stream->quiet <= (stream->asked ? limits.body_seconds : limits.head_seconds))
        return;
    stream->quiet = 0;
    if (!stream->asked) /* nothing else can come before the rest of it */
        nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    else if (exchange->discards)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    else
        exchange_refuse(exchange, 408,
                        "the request cannot be read: its body did not come to an end, and nothing "
                        "more of it comes",
                        NULL);
    conn_gather(stream->http2->client->conn);
}

const struct http2_callbacks client2_callbacks = {begin, field, frame_came, data_came,
                                                  stream_closed};
