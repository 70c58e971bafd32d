/* What both sides have of HTTP/2 (nghttp2): how a session begins, and fields between it and an
 * exchange. */
#ifndef HTTP2_H
#define HTTP2_H

#include "base/buf.h"
#include "engine/admit.h"

#include <nghttp2/nghttp2.h>

enum {
    HTTP2_STREAMS = 100, /* at once */
    /* Of a stream; of all, 16 times that, so that one that waits does not stop others. */
    HTTP2_WINDOW = 256 * 1024,
    HTTP2_FULL = 256 * 1024,
    HTTP2_DRAINED = 64 * 1024,
    HTTP2_MOST_FRAMES =
        1000, /* that wait to go out: what the peer makes us say, and does not read */
};

/* What a session tells; begin is of requests, else NULL. */
struct http2_callbacks {
    nghttp2_on_begin_headers_callback begin;
    nghttp2_on_header_callback field;
    nghttp2_on_frame_recv_callback frame;
    nghttp2_on_data_chunk_recv_callback data;
    nghttp2_on_stream_close_callback closed;
};

/* Ours is the side of the server, towards a client, or that of the client. Our settings wait to go
 * out. Windows open again by nghttp2_session_consume() alone. nghttp2_session_del() gives it back.
 */
nghttp2_session *http2_session(bool to_client, const struct http2_callbacks *callbacks,
                               void *context);

/* In an arena; they point at what they were made from. */
struct http2_fields {
    nghttp2_nv *v;
    size_t n;
};

/* The next n bytes of what waits in out, of which *sent have gone; its memory is given back as they
 * go. */
void http2_take(struct buf *out, size_t *sent, void *to, size_t n);

/* Names in lower case, without those that HTTP/2 has not (RFC 9113, section 8.2.2). */
struct http2_fields http2_plain_fields(struct arena *arena, const struct fields *fields);
struct http2_fields http2_answer_fields(struct arena *arena, int status,
                                        const struct fields *fields, bool has_length,
                                        unsigned long long length);
struct http2_fields http2_request_fields(struct arena *arena, const struct admitted *admitted);

/* Copies one field of a head into the request's place for it. */
void http2_take_field(struct arena *arena, struct request *request, struct bytes name,
                      struct bytes value);
/* RFC 9113, section 8.2.3: crumbs are joined where they leave HTTP/2, and a rule sees one field. */
void http2_join_cookies(struct arena *arena, struct fields *fields);

#endif
