/*
 * A connection to a server that is to be: its name is looked up at the moment of connecting, and
 * its addresses are tried as they were judged (world.h: public ones, and those that the host's
 * rules name), one after the other, until one answers. One thread, one loop.
 */
#ifndef DIAL_H
#define DIAL_H

#include "engine/conn.h"
#include "engine/proxy.h"

struct dial;

struct dial_events {
    /* It stands, and TLS in it where that was asked for. The connection is the owner's from here
     * on, who gives it events of its own (conn_own()) before this returns. */
    void (*opened)(void *owner, struct conn *conn);
    /* status 403: no address may be connected to; 502: none answered. why, in words, and the
     * addresses of the host: for this call alone. */
    void (*failed)(void *owner, int status, const char *why, const struct addrinfo *found);
};

enum dial_tls {
    DIAL_CLEAR,
    DIAL_TLS,
    DIAL_TLS_HTTP2, /* which may be chosen */
    DIAL_FORWARDED  /* in the clear; where another proxy leads there (way.h), to that one itself,
                       which is asked for the server with each request */
};

/* One of the two events follows, and never before this returns; the dial is gone with it. host is
 * copied. */
struct dial *dial_start(struct proxy *proxy, const char *host, int port, enum dial_tls tls,
                        const struct dial_events *events, void *owner);
/* No event follows. */
void dial_cancel(struct dial *dial);

/* Once a second: addresses that do not answer. */
void dials_tick(void);

#endif
