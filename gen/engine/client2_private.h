/* Of client2*.c alone. */
#ifndef CLIENT2_PRIVATE_H
#define CLIENT2_PRIVATE_H

#include "engine/client.h"
#include "engine/http2.h"

/* At once: streams that are opened to be reset cost the client nothing. */
enum { CLIENT2_RESETS = 200 };

struct client2 {
    struct client *client;
    nghttp2_session *session;
    struct stream *streams;
    double resets;
    uint64_t seen; /* when they were counted, of the loop's clock, in ms */
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
    bool ends, was_full, asked; /* asked: its head has come */
    unsigned quiet;             /* seconds in which the client alone was waited for */
    size_t unconsumed;          /* of the body, that the exchange has not asked for yet */
    /* A WebSocket's (RFC 8441): frames that came before the server's word, and seconds since the
     * client has ended; 0: it has not. */
    struct buf early;
    unsigned left;
};

/* client2_answer.c */
extern const struct responder client2_responder;

/* client2_request.c */
extern const struct http2_callbacks client2_callbacks;
void client2_stream_free(struct stream *stream);
/* Once a second. */
void client2_stream_tick(struct stream *stream);

/* client2_websocket.c: of a stream that asked for one. */
/* Frames. False: they are to wait. */
bool client2_frames(struct stream *stream, const void *data, size_t length);
/* What the server said is there; the frames that waited go. */
void client2_frames_begin(struct stream *stream);
/* Once a second. */
void client2_websocket_tick(struct stream *stream);

#endif
