/*
 * The frames of a WebSocket from a server into whose handshake a secret went: what they carry is
 * searched for it. RFC 6455, section 5.2; extensions were not offered, so a payload is what it is.
 * A message is handed on as it comes, in frames of its own; a control frame whole.
 */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include "base/buf.h"
#include "engine/redact.h"

struct websocket;

struct websocket *websocket_new(struct forms *const *forms, size_t count);
void websocket_free(struct websocket *websocket); /* NULL is none */

/* Appends to out what may go on. False: these are no frames that were agreed on; the connection
 * ends. */
bool websocket_feed(struct websocket *websocket, const void *data, size_t length, struct buf *out);

#endif
