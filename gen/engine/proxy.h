/* What all connections of one engine share. One thread; all of it lives as long as the process. */
#ifndef PROXY_H
#define PROXY_H

#include "engine/ca.h"
#include "engine/conn.h"
#include "engine/egress.h"
#include "engine/vault.h"

struct client;
struct logins;
struct pool;

struct proxy {
    uv_loop_t *loop;
    struct conn_list conns;
    struct egress *egress; /* the last good one; may change with every request */
    struct vault *vault;
    struct logins *logins; /* NULL: there were none yet */
    struct ca *ca;
    SSL_CTX *to_clients, *to_servers; /* to_servers: the system's authorities alone (trust.h) */
    const char *authorities;          /* the file of those; NULL: where OpenSSL has them */
    struct pool *pool;
    struct client *clients;
    void (*refresh)(struct proxy *proxy); /* takes a changed policy up */
    void (*look)(struct proxy *proxy);    /* takes changed grants up */
};

#endif
