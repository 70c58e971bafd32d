/* Of conn*.c alone: what a connection holds, and how its two directions meet. */
#ifndef CONN_PRIVATE_H
#define CONN_PRIVATE_H

#include "engine/conn.h"
#include "engine/tls.h"

enum {
    KEPT = 64 * 1024,    /* of a buffer, by a connection that is idle */
    SPARE = 1024 * 1024, /* of the buffer that all of them borrow */
    RECORD = 16384,      /* of TLS, the longest */
    DRAINED = 4,         /* that part of what is full */
    LINGER_SECONDS = 10
};

struct conn {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    struct conn_list *list;
    struct conn *next, **link, *next_dirty;
    const struct conn_events *events;
    void *owner;
    SSL *ssl;
    struct tls_pipe pipe; /* ciphertext, in and out */
    SSL *outer;           /* of TLS in TLS: what the ciphertext goes through; else NULL */
    struct tls_pipe outer_pipe;
    struct buf in, out; /* plain: not taken yet, not sent yet */
    struct buf flying;  /* what uv_write() has; its length is what is left */
    unsigned lingered;  /* since the last byte went out */
    size_t left;        /* of what uv_write() has, a second ago */
    bool accepted, connected, ready, dirty, reading, wipe, full, ended, failed, shut, closing,
        closed;
    bool paused, resumes; /* resumes: soon */
    bool in_data, again;  /* in data(); resumed meanwhile */
    bool gathers, resets; /* resets: once all has gone out */
    bool halves, half;    /* halves: it has two; half: of the peer's that is over */
    bool shuts;           /* our half ends once all has gone out */
    bool starts_tls;      /* what data() leaves is the beginning of TLS */
    struct conn *peer;    /* joined with it */
    bool waits;           /* for the peer to take what was read */
    bool moves;           /* what comes now is not read into memory */
};

/* -- conn.c -- */

/* Tells the owner, once; whoever is being closed is gone instead. */
void conn_end(struct conn *conn, const char *why);
void conn_reset_now(struct conn *conn);
/* So that the list's flush comes by. */
void conn_mark_dirty(struct conn *conn);
/* All that is to be sent goes out, of every connection of the list. */
void conn_flush(struct conn_list *list);

/* Behind what is kept in one of its buffers, in or out; and such a buffer given back. */
void conn_keep(struct conn *conn, struct buf *buf, const void *data, size_t length);
void conn_drop(struct conn *conn, struct buf *buf);

/* -- conn_out.c -- */

void conn_encrypt(struct conn *conn);
void conn_send(struct conn *conn);

/* -- conn_in.c -- */

void conn_read(struct conn *conn); /* from here on, unless it does already */
void conn_handshake(struct conn *conn);
/* What conn_resume() put off. */
void conn_resume_now(struct conn *conn);

/* -- conn_splice.c -- */

/* Without one, joined connections are read as all others. */
void conn_pipe_start(struct conn_list *list);
/* Each goes its own way again. */
void conn_part(struct conn *conn);
/* Whether what comes next may go to the peer without being read: behind what is in memory it may
 * not. */
bool conn_moves(const struct conn *conn);
/* What has come; 0, or as a uv_read_cb is told of the end and of errors. */
ssize_t conn_move(struct conn *conn);
/* All that was written has gone out: its peer is heard again. */
void conn_move_on(struct conn *conn);

#endif
