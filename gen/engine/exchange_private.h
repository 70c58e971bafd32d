/* Of exchange*.c alone. */
#ifndef EXCHANGE_PRIVATE_H
#define EXCHANGE_PRIVATE_H

#include "engine/exchange.h"

/* Nothing more comes from it, nor goes to it; where there is none, none is waited for. */
void exchange_let_server_go(struct exchange *exchange);

#endif
