/* Of a responder, what the proxy has no use for where it asks for itself: nothing is done. */
#ifndef UNHEARD_H
#define UNHEARD_H

#include "engine/exchange.h"

void unheard_interim(struct exchange *exchange, int status, const struct fields *fields);
void unheard_head(struct exchange *exchange, const struct answer *answer);
void unheard_body(struct exchange *exchange, const void *data, size_t length);
void unheard_more(struct exchange *exchange);
bool unheard_full(const struct exchange *exchange); /* never */

#endif
