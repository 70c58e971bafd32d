/* Of exchange*.c alone. */
#ifndef EXCHANGE_PRIVATE_H
#define EXCHANGE_PRIVATE_H

#include "engine/exchange.h"

/* Nothing more comes from it, nor goes to it; where there is none, none is waited for. */
void exchange_let_server_go(struct exchange *exchange);

/* Decides a request, and sends it on or refuses it. */
void exchange_admit(struct exchange *exchange, const struct channel *channel,
                    const struct request *request);
/* One that waits for its body, which is gathered; then it is decided. */
void exchange_keep(struct exchange *exchange, const struct channel *channel,
                   const struct request *request);
void exchange_gather(struct exchange *exchange, const void *data, size_t length);
void exchange_decide_whole(struct exchange *exchange);

/* Whether the ceilings of bytes have room for an answer of that length, or for that much more of a
 * body, which they count. False: it is cut, and the log says so. */
bool exchange_meter_fits(struct exchange *exchange, unsigned long long length);
bool exchange_meter_bytes(struct exchange *exchange, size_t length);
/* What the answer has said of its tokens so far is all that is counted of it. */
void exchange_settle(struct exchange *exchange);

/* Of a file: whether the index has to be read first, which begins; exchange_decide() follows. */
bool exchange_fetches(struct exchange *exchange, const struct request *request);
void exchange_forget_fetch(struct exchange *exchange);
/* Decides what had to wait for an index, says so, and asks the server. */
void exchange_decide(struct exchange *exchange);

/* An index's answer. HEAD_PASSES: as any other's, maybe without some of its fields. HEAD_HELD: it
 * and its body are kept. HEAD_REFUSED: the exchange has let its server go. */
enum head_becomes { HEAD_PASSES, HEAD_HELD, HEAD_REFUSED };
enum head_becomes exchange_index_head(struct exchange *exchange, struct answer *answer);
/* False: it is too long, and the exchange has let its server go. */
bool exchange_index_body(struct exchange *exchange, struct bytes data);
/* All of it is here: what goes to the client in its place. */
void exchange_index_end(struct exchange *exchange);
/* The client takes more of it. */
void exchange_index_send(struct exchange *exchange);
/* Whether the server shall wait, as there is no room for more of it. */
bool exchange_index_is_full(const struct exchange *exchange);
void exchange_index_free(struct exchange *exchange);
/* All of them. */
extern struct exchange *exchanges;

#endif
