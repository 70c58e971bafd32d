/*
 * One request and its answer, between a client's connection and a server's, each of which speaks
 * HTTP/1 or HTTP/2. Here is what they have in common: the decision, what is altered on the way, and
 * that each waits for the other.
 *
 * Ownership: the client's side makes an exchange and closes it. A server's side that has finished,
 * or failed, has detached itself before it says so; after exchange_answer_end() and
 * exchange_failed() it must not touch it again.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "engine/admit.h"
#include "engine/proxy.h"

struct exchange;

struct answer {
    int status;
    struct bytes reason; /* HTTP/1's; may be empty */
    struct fields fields;
    bool has_length, ends; /* ends: an empty body, and the head says so itself (HTTP/2) */
    bool bodiless;         /* bodiless: none comes, whatever the fields say (HEAD, 204, 304) */
    unsigned long long length;
};

/* How a client is answered. */
struct responder {
    void (*interim)(struct exchange *exchange, int status, const struct fields *fields);
    void (*head)(struct exchange *exchange, const struct answer *answer);
    void (*body)(struct exchange *exchange, const void *data, size_t length);
    void (*end)(struct exchange *exchange, const struct fields *trailers);
    void (*abort)(struct exchange *exchange); /* so that the client sees that it is not whole */
    void (*more)(struct exchange *exchange);  /* the request's body is wanted again */
    bool (*full)(const struct exchange
                     *exchange); /* the server shall wait; exchange_client_drained() follows */
};

/* How a server is asked: once all of it is set, ask() is called first. */
struct requester {
    void (*ask)(struct exchange *exchange);
    void (*body)(struct exchange *exchange, const void *data, size_t length);
    void (*end)(struct exchange *exchange);
    void (*abort)(struct exchange *exchange); /* detaches, and lets nothing more come */
    void (*more)(struct exchange *exchange);  /* the answer is wanted again */
    bool (*full)(const struct exchange
                     *exchange); /* the client shall wait; exchange_server_drained() follows */
};

struct exchange {
    struct proxy *proxy;
    struct arena *arena;
    enum http_version version; /* the client's */
    const struct responder *to_client;
    void *client;
    const struct requester *to_server; /* NULL while there is none */
    void *server;
    struct exchange *next_waiting; /* pool.c's */
    void *waiting_for;             /* pool.c's */
    struct admitted admitted;
    struct asking *asking;   /* what is to be decided once all of its body is here; else NULL */
    struct waiting *waiting; /* while an operator is asked; else NULL */
    bool takes_json;         /* of an answer of our own */
    bool expects;            /* Expect: the body comes when it is asked for */
    bool unasked;          /* it never was: it may come or not, so nothing can be read behind it */
    bool to_head;          /* HEAD: the answer has no body */
    bool request_done;     /* all of the request's body has come */
    bool answered;         /* the final head has gone to the client */
    bool raw;              /* upgraded: bytes both ways */
    bool discards;         /* what still comes of the request is read and forgotten */
    bool is_fetch;         /* nobody sees the answer, but for what an index tells */
    bool tried_again;      /* on a connection of its own, after a kept one had been closed */
    size_t interim_length; /* of all interim answers */
    unsigned waits_to_continue; /* seconds that Expect has waited for the server's word; 0: it does
                                   not */
    struct parked *parked;      /* waits for a login's new token (exchange_login.c); else NULL */
    struct again *again;        /* to be sent a second time (exchange_again.c); else NULL */
    struct login_hold *tokens;  /* a token endpoint's answer, while it comes; else NULL */
    bool waited;                /* ... it has */
    uint64_t login_number;      /* of the access token that went in */
    struct fetch *fetch;        /* reads the index that this file's age stands in; else NULL */
    struct answer *held;        /* an index's head, while its body comes; else NULL */
    struct buf index;           /* that body, and then what goes on in place of it */
    size_t index_sent;          /* of that */
    bool sends_index;
    struct buf pending; /* of the request's body, until there is a server */
    struct redactor *redactor;
    struct traffic *traffic; /* once it is allowed; else NULL */
    struct usage *usage;     /* of the answer's tokens, where they are counted; else NULL */
    bool forwarded;          /* what is to be hidden is told to a company's proxy alone (way.h) */
    const char *upgrade_key; /* of a WebSocket's handshake that is ours (upgrade.h); else NULL */
    struct websocket *websocket; /* where a secret went into its handshake */
    struct exchange *next, **link;
};

struct exchange *exchange_new(struct proxy *proxy, enum http_version version,
                              const struct responder *to_client, void *client);
/* Whatever is not done is broken off. */
void exchange_close(struct exchange *exchange);

/* From the client. The request may be answered before this returns. */
void exchange_request(struct exchange *exchange, const struct channel *channel,
                      const struct request *request);
void exchange_body(struct exchange *exchange, const void *data, size_t length);
void exchange_request_end(struct exchange *exchange);
bool exchange_takes_body(const struct exchange *exchange);
void exchange_client_drained(struct exchange *exchange);

/* Answers with one of our own; any server is let go. */
void exchange_refuse(struct exchange *exchange, int status, const char *reason,
                     const json_t *missing);

/* The answer will not have it: a secret besides those of the request; NULL is none. */
void exchange_hide(struct exchange *exchange, struct forms *forms);
/* From pool.c: the server is there, in exchange->to_server and server. */
void exchange_connected(struct exchange *exchange);
/* From the server. False: the exchange has let it go, or is gone. */
bool exchange_interim(struct exchange *exchange, int status, const struct fields *fields);
bool exchange_answer_head(struct exchange *exchange, struct answer *answer);
bool exchange_answer_body(struct exchange *exchange, const void *data, size_t length);
bool exchange_client_is_full(const struct exchange *exchange);
void exchange_answer_end(struct exchange *exchange, const struct fields *trailers);
void exchange_failed(struct exchange *exchange, int status, const char *why);
void exchange_server_drained(struct exchange *exchange);

/* Whether a server that is gone before it has answered may be asked for the same again: RFC 9110,
 * section 9.2.2. True once. */
bool exchange_is_asked_again(struct exchange *exchange);

/* Once a second. */
void exchanges_tick(void);

#endif
