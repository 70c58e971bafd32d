/* Of exchange*.c alone. */
#ifndef EXCHANGE_PRIVATE_H
#define EXCHANGE_PRIVATE_H

#include "engine/exchange.h"

/* Nothing more comes from it, nor goes to it; where there is none, none is waited for. */
void exchange_let_server_go(struct exchange *exchange);

/* Whether the ceilings of bytes have room for an answer of that length, or for that much more of a
 * body, which they count. False: it is cut, and the log says so. */
bool exchange_meter_fits(struct exchange *exchange, unsigned long long length);
bool exchange_meter_bytes(struct exchange *exchange, size_t length);
/* What the answer has said of its tokens so far is all that is counted of it. */
void exchange_settle(struct exchange *exchange);

#endif
