/* A client's connection: HTTP/1 to the proxy, a tunnel after CONNECT, TLS in it, and HTTP/1 or
 * HTTP/2 in that. */
#ifndef CLIENT_H
#define CLIENT_H

#include "engine/exchange.h"
#include "engine/http1.h"

struct client2;
struct tunnel;

struct client {
    struct proxy *proxy;
    struct conn *conn;
    struct client *next, **link;
    /* The tunnel: of CONNECT, until then NULL. */
    char *host;
    int port;
    char *sni;               /* NULL: none was sent */
    bool tls, tunnel_is_new; /* new: its first bytes tell what begins */
    bool may_wait;           /* in a new tunnel, for the server to speak first */
    struct tunnel *tunnel;   /* of which nothing is read (tunnel.h); else NULL */
    unsigned idle;           /* seconds without a request, or without a byte that is waited for */
    struct client2 *http2;   /* NULL: HTTP/1 is spoken */

    /* HTTP/1 */
    struct exchange *exchange; /* NULL between requests */
    enum { READS_HEAD, READS_HELLO, READS_LENGTH, READS_CHUNKS, READS_RAW, READS_NOTHING } reads;
    unsigned long long left;
    struct http1_chunks chunks;
    size_t seen;
    unsigned head_seconds; /* since the first byte of a head, or the tunnel of a ClientHello, that
                              has not come whole */
    bool busy, chunks_answer, closes, answer_done;
    bool ends_by_close, cut; /* the end of the answer is that of the connection */
};

/* Takes what waits at that listening socket. */
void client_accept(struct proxy *proxy, uv_stream_t *server);
void client_free(struct client *client);
struct channel client_channel(const struct client *client);
/* Once a second. */
void clients_tick(struct proxy *proxy);

/* client1.c */
size_t client1_data(struct client *client, const char *data, size_t length);
void client1_gone(struct client *client);
/* It is the client's turn, within a request's body. */
bool client1_is_waited_for(const struct client *client);
/* Once a second. False: it is closed. */
bool client1_tick(struct client *client);
/* A tunnel to the server stands, and CONNECT is answered; or does not (tunnel.h). */
void client1_tunnel_stands(struct client *client);
void client1_tunnel_failed(struct client *client, int status, const char *why);

/* client2.c */
struct client2 *client2_new(struct client *client);
void client2_free(struct client2 *http2);
size_t client2_data(struct client *client, const char *data, size_t length);
void client2_gather(struct client *client);
bool client2_is_idle(const struct client2 *http2);
/* Once a second. */
void client2_tick(struct client2 *http2);

/* "Not Found" of 404; "" where it has no name here. RFC 9110, section 15. */
const char *status_reason(int status);

#endif
