/* Of exchange*.c alone. */
#ifndef EXCHANGE_PRIVATE_H
#define EXCHANGE_PRIVATE_H

#include "engine/exchange.h"

struct login;

/* Nothing more comes from it, nor goes to it; where there is none, none is waited for. */
void exchange_let_server_go(struct exchange *exchange);

/* Decides a request, and sends it on or refuses it. */
void exchange_admit(struct exchange *exchange, const struct channel *channel,
                    const struct request *request);
/* Its two parts. */
void exchange_judge(struct exchange *exchange, const struct channel *channel,
                    const struct request *request);
void exchange_go_on(struct exchange *exchange, const struct channel *channel,
                    const struct request *request);
/* Of a refusal that is askable: whether it waits for an answer; else its reason says why not. */
bool exchange_waits(struct exchange *exchange, const struct channel *channel,
                    const struct request *request);
void exchange_forget_waiting(struct exchange *exchange);
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
/* exchange_login.c. Nothing is decided yet: a login has to get a new token first. */
void exchange_park(struct exchange *exchange, const struct channel *channel,
                   const struct request *request);
/* Of one that asks a token endpoint: true, it is answered here, now or later. */
bool exchange_login_answers(struct exchange *exchange);
/* Of a token endpoint's answer: true, it is held until all of it is here. */
bool exchange_login_head(struct exchange *exchange, const struct answer *answer);
/* False: it is too long, and the exchange has let its server go. */
bool exchange_login_body(struct exchange *exchange, const void *data, size_t length);
void exchange_login_end(struct exchange *exchange);
/* Of the access token that goes in now. */
uint64_t exchange_login_number(const struct exchange *exchange);
void exchange_login_free(struct exchange *exchange);
/* It is decided anew once there is a new token, or none comes. */
void exchange_login_park(struct exchange *exchange, struct login *login, struct asking *asking);

/* exchange_again.c: what goes on with a login's token may go out once more. */
void exchange_again_keep(struct exchange *exchange, const struct channel *channel,
                         const struct request *request);
/* Of the client's body, which a server gets now. */
void exchange_again_body(struct exchange *exchange, const void *data, size_t length);
/* Of the answer's head. A 401 makes its login doubted; true: the exchange has let the server go,
 * and nothing of the answer reaches the client. */
bool exchange_again_sends(struct exchange *exchange, int status);
void exchange_again_free(struct exchange *exchange);
/* What of the body is here is all of it, or its beginning. */
void exchange_ask_anew(struct exchange *exchange, struct asking *asking);

/* What is kept of a request beyond the call that brought it. */
struct asking {
    struct request request;
    struct channel channel;
};
struct asking *exchange_copy(struct exchange *exchange, const struct channel *channel,
                             const struct request *request);
/* An answer of our own, of that media type; text is copied. */
void exchange_answer(struct exchange *exchange, int status, struct bytes kind, const char *text);
void exchange_answer_json(struct exchange *exchange, int status, const char *text);
/* All of them. */
extern struct exchange *exchanges;

#endif
