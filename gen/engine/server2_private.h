/* Of server2*.c alone. */
#ifndef SERVER2_PRIVATE_H
#define SERVER2_PRIVATE_H

#include "engine/http2.h"
#include "engine/server.h"

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
    size_t head_length, unconsumed, unconsumed_of_stream;
};

/* server2_ask.c */
/* The exchange that asked, which hears nothing more of it. */
struct exchange *server2_detach(struct question *question);
void server2_question_free(struct question *question);

/* server2_answer.c */
extern const struct http2_callbacks server2_callbacks;

#endif
