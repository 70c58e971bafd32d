/* A client that speaks HTTP/2 (RFC 9113) in a tunnel's TLS; nghttp2 reads and writes its frames. */
#include "base/die.h"
#include "engine/client2_private.h"

#include <stdlib.h>

struct client2 *client2_new(struct client *client) {
    struct client2 *http2 = must_alloc(sizeof *http2);
    http2->client = client;
    http2->resets = CLIENT2_RESETS;
    http2->seen = uv_now(client->proxy->loop);
    http2->session = http2_session(true, &client2_callbacks, http2);
    conn_gather(client->conn);
    return http2;
}

void client2_free(struct client2 *http2) {
    if (!http2)
        return;
    while (http2->streams)
        client2_stream_free(http2->streams);
    nghttp2_session_del(http2->session);
    free(http2);
}

void client2_tick(struct client2 *http2) {
    for (struct stream *stream = http2->streams; stream; stream = stream->next) {
        client2_websocket_tick(stream);
        client2_stream_tick(stream);
    }
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
    if (n < 0 || nghttp2_session_get_outbound_queue_size(http2->session) > HTTP2_MOST_FRAMES) {
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
        if (stream->was_full && stream->out.len - stream->sent < HTTP2_DRAINED) {
            stream->was_full = false;
            exchange_client_drained(stream->exchange);
        }
    if (is_over(http2))
        close_client(client);
}
