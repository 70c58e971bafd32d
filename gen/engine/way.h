/*
 * The way to a server: at once, or through another proxy that the policy names ("upstream"), which
 * is asked for it by its host's name: by CONNECT (RFC 9110, section 9.3.6), or, of http in the
 * clear, with each request, in its absolute form (RFC 9112, section 3.2.2).
 */
#ifndef WAY_H
#define WAY_H

#include "engine/admit.h"
#include "engine/conn.h"
#include "engine/proxy.h"

struct way {
    char *host;
    int port;
    bool tls;                /* which it is spoken to in */
    const void *trust;       /* what it is verified by then: compared alone (trust.h) */
    struct ranges addresses; /* that it may have besides public ones */
    char *user;              /* or NULL */
    struct egress_credential password;
};

/* A copy, which a change of the policy leaves as it is; NULL: at once. */
struct way *way_towards(struct proxy *proxy, const char *host);
void way_free(struct way *way);
/* Either may be NULL. alike: but for the addresses that the proxy may have. */
bool ways_equal(const struct way *a, const struct way *b);
bool ways_alike(const struct way *a, const struct way *b);

/* TLS with that proxy itself, whose name its certificate must have. */
SSL *way_tls(const struct way *way, struct proxy *proxy);
/* Why that did not come to stand, in words, in the arena; NULL: the connection did not, either. */
const char *way_tls_failure(struct conn *conn, struct arena *arena);

/* Whether such requests go to it in the absolute form; of WebSocket it is asked by CONNECT
 * (RFC 6455, section 4.1). way may be NULL. */
bool way_forwards(const struct way *way, const struct admitted *to);
/* Writes who the proxy is told it is for, as a field, where it is told; or why not, in words, in
 * the arena. forms: of the password, the vault's; NULL where there is none. */
const char *way_write_user(const struct way *way, struct vault *vault, struct conn *conn,
                           struct arena *arena, struct forms **forms);
extern const char way_wrong_user[]; /* what its answer 407 means */

/* Asks for the server by CONNECT; or why not, in words, in the arena. */
const char *way_ask(const struct way *way, struct vault *vault, struct conn *conn, const char *host,
                    int port, struct arena *arena);

/* How many bytes its answer has, once it lets through; 0: more has to come, or *why says in words
 * what is wrong. */
size_t way_answer(const char *data, size_t length, struct arena *arena, const char **why);

#endif
