/*
 * Connections to servers: opened (dial.h), kept, shared.
 */
#ifndef POOL_H
#define POOL_H

#include "engine/exchange.h"

struct pool *pool_new(struct proxy *proxy);

/* For an exchange that was admitted: exchange_connected() or exchange_failed() follows, maybe at
 * once. */
void pool_ask(struct pool *pool, struct exchange *exchange);
/* It waits no more. */
void pool_forget(struct exchange *exchange);
/* Once a second: what is idle too long, or does not come to stand. */
void pool_tick(struct pool *pool);

#endif
