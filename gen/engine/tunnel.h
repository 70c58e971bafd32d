/*
 * A tunnel whose bytes are passed on as they are, once its place (and with TLS its name) was
 * decided: both directions, each of which ends on its own, for as long as both sides stay. What has
 * gone without a word is found by TCP (conn.c has keepalive); nothing is cut for being idle while
 * both sides may speak.
 */
#ifndef TUNNEL_H
#define TUNNEL_H

#include "engine/client.h"

struct tunnel;

/* To the client's host and port, counting for the ceilings of a rule (or NULL); the client is its
 * connection's owner, and waits: for client1_tunnel_stands() or client1_tunnel_failed(). */
struct tunnel *tunnel_open(struct client *client, enum egress_scheme scheme,
                           const struct ceiling_set *ceilings);
void tunnel_free(struct tunnel *tunnel); /* NULL is none */

/* Of the client's connection. */
size_t tunnel_data(struct tunnel *tunnel, const char *data, size_t length);
void tunnel_passed(struct tunnel *tunnel, size_t length); /* of either: it went without data() */
void tunnel_drained(struct tunnel *tunnel);
void tunnel_ended(struct tunnel *tunnel, const char *why);
/* Once a second; may close the client. */
void tunnel_tick(struct tunnel *tunnel);

/* The policy is another one: those are cut that it does not let through, or only another way or
 * to other addresses. */
void tunnels_judge(struct proxy *proxy);

#endif
