/* How a client of HTTP/2 is answered. */
#include "base/buf_raw.h"
#include "engine/client2_private.h"
#include "engine/upgrade.h"

static struct stream *stream_of(const struct exchange *exchange) {
    return exchange->client;
}

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
    struct fields fields = answer->fields;
    if (exchange->raw)
        upgrade_drop(exchange->arena, &fields);
    struct http2_fields made =
        http2_answer_fields(exchange->arena, exchange->raw ? 200 : answer->status, &fields,
                            answer->has_length && !exchange->raw, answer->length);
    nghttp2_data_provider body = {.source.ptr = stream, .read_callback = read_answer};
    /* Where nothing follows, the head says so itself: gRPC knows a failure by that
     * ("Trailers-Only"). */
    bool alone = (answer->bodiless || answer->ends) && !exchange->raw;
    nghttp2_submit_response(stream->http2->session, stream->id, made.v, made.n,
                            alone ? NULL : &body);
    conn_gather(stream->http2->client->conn);
    if (exchange->admitted.websocket)
        client2_frames_begin(stream);
}

static void body(struct exchange *exchange, const void *data, size_t length) {
    struct stream *stream = stream_of(exchange);
    buf_add(&stream->out, data, length);
    if (stream->out.len - stream->sent > HTTP2_FULL)
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
    if (stream->early.len)
        return;
    size_t n = stream->unconsumed;
    stream->unconsumed = 0;
    if (n)
        nghttp2_session_consume(stream->http2->session, stream->id, n);
    conn_gather(stream->http2->client->conn);
}

static bool full(const struct exchange *exchange) {
    const struct stream *stream = stream_of(exchange);
    return stream->out.len - stream->sent > HTTP2_FULL;
}

const struct responder client2_responder = {interim, head, body, end, cut, more, full};
