/*
 * The handshake of a WebSocket with a server of HTTP/1.1 (RFC 6455, section 4) for a client of
 * HTTP/2, which has none of its own (RFC 8441, section 5).
 */
#ifndef UPGRADE_H
#define UPGRADE_H

#include "engine/bytes.h"

/* Adds ours to a request's fields, in place of what the client sent of it; gives the key, in the
 * arena. Connection and Upgrade are the writer's. */
const char *upgrade_ask(struct arena *arena, struct fields *fields);

/* NULL where what the server answered is a WebSocket, or none in so many words; else why not, in
 * words that quote nothing. To the client any status of 2xx would be one. */
const char *upgrade_wrong(const char *key, int status, const struct fields *fields);

/* Of the fields that a server opens one with those go that are HTTP/1.1's, in place. */
void upgrade_drop(struct arena *arena, struct fields *fields);

#endif
