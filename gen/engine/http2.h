/* Fields between HTTP/2 (nghttp2) and what an exchange has of them. */
#ifndef HTTP2_H
#define HTTP2_H

#include "base/buf.h"
#include "engine/admit.h"

#include <nghttp2/nghttp2.h>

/* Of a head that is written: one that was read, of HTTP/1, with what HPACK may add to it. */
enum { HTTP2_LONGEST_BLOCK = 512 * 1024 };

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
