/* A connection to a server: opened (dial.h), then HTTP/1 or HTTP/2 is spoken on it. pool.c owns
 * it. */
#ifndef SERVER_H
#define SERVER_H

#include "engine/exchange.h"
#include "engine/http1.h"

struct server2;

struct server {
    struct pool *pool;
    struct proxy *proxy;
    struct server *next, **link;
    char *host;
    int port;
    struct ranges ranges; /* that it was opened with: besides public addresses; a copy */
    struct way *way;      /* that it was opened by */
    bool forwards;        /* it is the way's proxy itself, asked in the absolute form */
    const void *trust;    /* what it was verified by: compared alone (trust.h) */
    bool tls, offers_http2;
    enum { OPENS, SPEAKS_HTTP1, SPEAKS_HTTP2, ENDS } state;
    struct exchange *waiting, **last_waiting; /* until it stands */
    struct conn *conn;
    unsigned seconds; /* in this state, or idle */

    /* HTTP/1 */
    struct exchange *exchange; /* NULL: idle */
    enum { ANSWER_HEAD, ANSWER_LENGTH, ANSWER_CHUNKS, ANSWER_REST, ANSWER_RAW } reads;
    unsigned long long left;
    struct http1_chunks chunks;
    size_t seen;
    bool used, spoke, keeps,
        asked_all; /* used before; has said something; may be kept; the request is out */

    struct server2 *http2;
};

/* Closes it, and forgets it. No exchange may be attached. */
void server_free(struct server *server);

/* server1.c */
void server1_attach(struct server *server, struct exchange *exchange);
size_t server1_data(struct server *server, const char *data, size_t length);
void server1_drained(struct server *server);
void server1_ended(struct server *server, const char *why);

/* server2.c */
struct server2 *server2_new(struct server *server);
void server2_free(struct server2 *http2);
void server2_attach(struct server *server, struct exchange *exchange);
bool server2_has_room(const struct server2 *http2);
bool server2_is_idle(const struct server2 *http2);
size_t server2_data(struct server *server, const char *data, size_t length);
void server2_gather(struct server *server);
void server2_ended(struct server *server, const char *why);

#endif
