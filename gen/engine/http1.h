/*
 * HTTP/1 as bytes (RFC 9112): heads and chunks, read and written. Requests are read strictly, one
 * spelling of each thing, so that no server can read them in another way; answers as leniently as
 * section 2.2 and 5 allow.
 */
#ifndef HTTP1_H
#define HTTP1_H

#include "base/buf.h"
#include "engine/bytes.h"

enum { HTTP1_LONGEST_HEAD = 256 * 1024 };

enum http1_state { HTTP1_MORE, HTTP1_DONE, HTTP1_WRONG };

struct http1_head {
    /* A request's method, target, version; an answer's version, status, reason. */
    struct bytes first[3];
    struct fields fields;
    size_t length; /* of the head, with the empty line */
};

/* DONE: head is filled, and points into arena. WRONG: *why says it, quoting nothing; "" where the
 * head is too long. *seen is how much of data was searched before; 0 at first. */
enum http1_state http1_read_head(struct arena *arena, const char *data, size_t length, bool answer,
                                 size_t *seen, struct http1_head *head, const char **why);

/* Of an answer: how long its body is (section 6.3). */
enum http1_framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED, FRAMING_CLOSE, FRAMING_WRONG };
enum http1_framing http1_answer_framing(const struct http1_head *head, bool to_head, int status,
                                        unsigned long long *length);
/* The three digits, or 0. */
int http1_status(const struct http1_head *head);

/* A chunked body (section 7.1); starts as {0}. */
struct http1_chunks {
    enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, CHUNK_TRAILERS } state;
    unsigned long long left;
    struct buf line;
    bool lenient; /* of an answer: lines may end in LF alone */
};
/* Takes *taken of the bytes; piece is what they hold of the body, maybe nothing. DONE: it has
 * ended; trailers then holds its trailer fields, in arena (which may be NULL: then they are read
 * and forgotten). */
enum http1_state http1_read_chunks(struct http1_chunks *chunks, const char *data, size_t length,
                                   size_t *taken, struct bytes *piece, struct arena *arena,
                                   struct fields *trailers);
void http1_chunks_free(struct http1_chunks *chunks);

void http1_write_fields(struct buf *out, const struct fields *fields);

/* Of an answer's fields those that are the connection's, or that Connection names, go (RFC 9110,
 * section 7.6.1), and Alt-Svc, which offers what has no way out. */
void http1_drop_hop(struct arena *arena, struct fields *fields);

#endif
