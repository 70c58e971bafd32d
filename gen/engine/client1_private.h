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

#endif
