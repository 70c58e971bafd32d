/*
 * A WebSocket on a stream of HTTP/2 (RFC 8441). To the exchange it is what it is in HTTP/1: a
 * request that is all head, and bytes both ways once the server has said 101.
 */
#include "base/buf_raw.h"
#include "engine/client2_private.h"

/* For the server's last frames, once the client has said that it sends no more: a connection is not
 * closed by halves here, and in HTTP/1 either end is that of both ways. */
enum { LAST_SECONDS = 5 };

bool client2_frames(struct stream *stream, const void *data, size_t length) {
    struct exchange *exchange = stream->exchange;
    if (exchange->raw) {
        exchange_body(exchange, data, length);
        return exchange_takes_body(exchange);
    }
    if (exchange->answered) /* there is no WebSocket, nor anybody who waits for its frames */
        return true;
    buf_add(&stream->early, data, length); /* of one window */
    return false;
}

void client2_frames_begin(struct stream *stream) {
    struct exchange *exchange = stream->exchange;
    if (exchange->raw && stream->early.len)
        exchange_body(exchange, stream->early.data, stream->early.len);
    buf_free(&stream->early);
    if (!exchange->raw || exchange_takes_body(exchange))
        exchange->to_client->more(exchange);
}

void client2_websocket_tick(struct stream *stream) {
    struct exchange *exchange = stream->exchange;
    if (!stream->left || !exchange->raw || !exchange->to_server ||
        ++stream->left <= LAST_SECONDS + 1)
        return;
    exchange->to_server->abort(exchange);
    exchange_answer_end(exchange, NULL);
}
