/*
 * One TCP connection, in the clear or in TLS. What is written is gathered and sent once
 * what came has been read, so that a head and the beginning of its body are one record. One thread,
 * one loop (libuv).
 *
 * Nothing that is called here calls its owner back at once, but for conn_connect() and what reads:
 * so whoever hears of one connection may write to another, resume or close it, and go on.
 *
 * Ownership: conn_close() and conn_abort() give it back; its owner hears nothing more after them.
 */
#ifndef CONN_H
#define CONN_H

#include "base/buf.h"

#include <openssl/ssl.h>
#include <uv.h>

struct conn;

struct conn_events {
    /* How many of these bytes were taken; what is left comes again, with more behind it, once more
     * has come in or after conn_resume(). */
    size_t (*data)(void *owner, const char *data, size_t length);
    /* TLS stands, or the TCP connection where there is no TLS to come. */
    void (*ready)(void *owner);
    /* So much has gone out that conn_is_full() has turned false again; follows each time that it
     * was true. */
    void (*drained)(void *owner);
    /* After conn_gather(), before what is written goes out: the place to write it. */
    void (*gather)(void *owner);
    /* Nothing more comes: NULL at a proper end, else why, in words. The owner closes; but after a
     * proper end of one that has halves it may go on to write, and can be told why it broke. */
    void (*ended)(void *owner, const char *why);
    /* Of a joined one: so much came and went to the other without data(). NULL where none is
     * joined. */
    void (*passed)(void *owner, size_t length);
};

enum { CONN_FULL = 256 * 1024 };

struct conn_list {
    struct conn *first, *dirty;
    unsigned accepted; /* how many that were have a descriptor still */
    /* Beyond it conn_is_full(), and no more is read at once. CONN_FULL, or less, at any time. */
    unsigned full;
    uv_loop_t *loop;
    uv_prepare_t flush;
    struct buf spare; /* for what goes out next, of whichever connection */
    int pipe[2];      /* empty: what joined connections hear goes through it */
    bool has_pipe;
};

/* The list must outlive its connections. */
void conn_list_start(struct conn_list *list, uv_loop_t *loop);

/* Of a listening socket; NULL when the peer has gone already. */
struct conn *conn_accept(struct conn_list *list, uv_stream_t *server,
                         const struct conn_events *events, void *owner);
/* Begins to connect; a failure comes as ended(). */
struct conn *conn_connect(struct conn_list *list, const struct sockaddr *address,
                          const struct conn_events *events, void *owner);

/* Another owner, before anything of it was read. */
void conn_own(struct conn *conn, const struct conn_events *events, void *owner);
int conn_file(const struct conn *conn); /* its socket, which stays its own; -1: it has none */

/* From here on TLS is spoken, within that which may stand already (once); takes ssl, whose side
 * (accept or connect) is set: before the connection stands, or within data(), where what is not
 * taken is the beginning of it. ready() follows. */
void conn_start_tls(struct conn *conn, SSL *ssl);
SSL *conn_ssl(struct conn *conn); /* NULL in the clear */
/* Whether TLS is what broke it. */
bool conn_tls_failed(const struct conn *conn);

/* What either hears from here on is for the other, as it is, until one of them is closed: it goes
 * by data() or, where the system can, without being read at all, and passed() tells how much. In
 * the clear alone; of what TLS is spoken on nothing changes. */
void conn_join(struct conn *one, struct conn *other);

void conn_write(struct conn *conn, const void *data, size_t length);
/* More than the list has for each waited to go out; true until drained() is called. */
bool conn_is_full(const struct conn *conn);
/* Nothing more is read: nor, then, whether the peer has gone. */
void conn_pause(struct conn *conn);
/* Offer again what was not taken, and read on: soon, or at once within data(). */
void conn_resume(struct conn *conn);
/* gather() is called soon. */
void conn_gather(struct conn *conn);
/* Memory that held what was sent is wiped. */
void conn_wipe(struct conn *conn);

/* The peer may end what it says and still be spoken to: not in TLS in TLS. */
void conn_halve(struct conn *conn);
/* Nothing more will be written: the peer hears of it once all has gone out. */
void conn_shut(struct conn *conn);
void conn_close(struct conn *conn); /* once all has gone out, or nothing more does */
void conn_abort(struct conn *conn); /* now */
void conn_reset(
    struct conn *conn); /* as conn_close(), but the peer sees that something is missing */

/* Once a second: ends what does not finish to close. */
void conn_tick(struct conn_list *list);

#endif
