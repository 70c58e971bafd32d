/* Of client1*.c alone. */
#ifndef CLIENT1_PRIVATE_H
#define CLIENT1_PRIVATE_H

#include "engine/client.h"

/* client1_answer.c */
extern const struct responder client1_responder;

/* client1.c */
/* The next request may come, once this one has come and gone as a whole. */
bool client1_is_done(const struct client *client);
void client1_next(struct client *client);
void client1_close(struct client *client);

/* The exchange of the request that begins. */
void client1_begin(struct client *client);

/* -- client1_tunnel.c -- */

void client1_connect(struct client *client, const struct request *request);
/* In a tunnel that was to be read is neither TLS nor HTTP. */
void client1_pass_unread(struct client *client);
/* All that has come of the client's first words. */
void client1_hello(struct client *client, const char *data, size_t length);
/* Once a second. True: it has waited long enough, for a ClientHello or for its server, and is
 * passed on or closed. */
bool client1_tunnel_waits(struct client *client);

#endif
