/*
 * What becomes of one request: refused, with why and with the rule that is missing, or sent on,
 * with all that goes upstream. The same decision as modules/proxy/addon.py's, of the same
 * policy.json (a test compares them). Nothing is read but the files of secrets (vault.h).
 */
#ifndef ADMIT_H
#define ADMIT_H

#include "base/values.h"
#include "engine/bytes.h"
#include "engine/cooldown.h"
#include "engine/egress.h"
#include "engine/login_body.h"
#include "engine/redact.h"
#include "engine/slots.h"
#include "engine/vault.h"

#include <jansson.h>

/* What the connection is, that a request came on. */
struct channel {
    bool tls;         /* the client's TLS is established */
    const char *host; /* of the tunnel that CONNECT opened; NULL: none */
    int port;
    const char *sni; /* that the client sent, as it sent it; NULL: none */
};

struct request {
    enum http_version version;
    struct bytes method;
    /* HTTP/1: what stands in the request line, in origin or absolute form. HTTP/2: :path. */
    struct bytes target;
    struct bytes scheme, authority; /* HTTP/2: the pseudo-fields; else {0} */
    struct bytes protocol;          /* HTTP/2: that of an extended CONNECT (RFC 8441); else {0} */
    struct fields fields;           /* HTTP/2: without pseudo-fields */
    /* All of it, where that was wanted (needs_body); s NULL: nothing of it is here yet. */
    struct bytes body;
    bool ends;   /* HTTP/2: no body comes (END_STREAM). HTTP/1: false */
    bool renews; /* it is the proxy's own, for a new token of a login */
};

struct admitted {
    int status;         /* 0: it goes on; else that of the refusal: 200 with rpc, 403, 429 or 503 */
    int64_t again;      /* of 429: when it may be asked for again, in seconds since the epoch */
    const char *reason; /* of the refusal */
    const char *rpc;    /* the whole body of the refusal, in JSON-RPC; or NULL: admit_answer() */
    json_t *missing;    /* the rule that would have allowed it, or NULL; owned: admitted_clear() */
    struct would_ask {  /* where it is askable */
        const char *method, *host, *path;
        int port;
        bool tls, websocket;
    } would_ask;
    bool askable; /* an operator may be asked; else, or after admit_asked(), reason is whole */
    json_t *line; /* the log's, without time; owned: admitted_clear(), or who takes it sets NULL */

    /* Where it goes on: */
    const char *waits; /* nothing is decided until this login has a new token, or gets none: ask
                          again; the rest is not set */
    bool needs_body;   /* nothing is decided yet: ask again with the body; the rest is not set */
    struct bytes body; /* that goes on in place of the request's, where s is not NULL */
    const char *host;  /* in lower case */
    int port;
    struct ranges addresses; /* that it may have besides public ones */
    bool tls, websocket, has_body, te_trailers;
    enum egress_scheme scheme; /* of a tunnel: EGRESS_TCP, EGRESS_TLS; else what is in it is read */
    bool may_wait;             /* a tunnel whose client may wait for its server to speak first */
    const struct ceiling_set *ceilings; /* of a tunnel: its rule's, the policy's; or NULL */
    const char *authority; /* for Host or :authority: with the port where it is not the usual one */
    struct bytes method, target;
    struct bytes told_path; /* for the log: without a secret */
    /* Cleaned, with secrets; without Host and Content-Length, Transfer-Encoding, Connection,
     * Upgrade, Expect, which the writer of the message sets. Names as they were sent. */
    struct fields fields;
    bool has_length;
    unsigned long long length; /* of the body, where has_length */
    bool close;                /* the client said Connection: close */
    bool expects; /* Expect: 100-continue, of HTTP/1.1 or 2; the field itself is dropped */
    struct forms **secrets; /* that went in; references owned */
    size_t secret_count;
    struct ceiling **meters; /* of bytes and tokens, which count it; references owned */
    size_t meter_count;
    bool counts_tokens;                /* one of them does, and this is no WebSocket */
    const struct aws_signing *signing; /* Authorization waits for the hash of the body; or NULL */
    const char *carries;               /* the login whose access token went in; or NULL */
    const char *login;          /* whose token endpoint is asked; or NULL. Its answer is held */
    size_t endpoint;            /* ... by its number */
    struct login_request *asks; /* ... and what it is asked */
    struct aged *aged;          /* under a cooldown: what is asked for; or NULL */
    struct filled *filled; /* what of fields and target holds a secret: wiped by admitted_clear() */
};

/* All texts lie in arena, or in what request and channel point at, but for those that hold a
 * secret, which are valid until admitted_clear(). None is the policy's or the vault's: both may go,
 * or change, while the exchange lasts. */
void admit_request(const struct egress *egress, struct vault *vault, struct date today,
                   const struct channel *channel, const struct request *request,
                   struct arena *arena, struct admitted *out);

/* What becomes of a CONNECT, whose target is the authority. One that a rule of tcp has is decided
 * here, by name and port. Where one of tls has it, the tunnel opens, and admit_hello() decides. Any
 * other opens, so that the refusal can be read inside its TLS; but ports that no rule speaks of are
 * not worth a tunnel. Where out->status is 0, host, port, scheme and may_wait are set; line is NULL
 * where nothing is decided yet. */
void admit_connect(const struct egress *egress, struct date today, const struct channel *channel,
                   const struct request *request, struct arena *arena, struct admitted *out);
/* In a tunnel of EGRESS_TLS: the name of the ClientHello, or NULL, or why there is none (wrong). */
void admit_hello(const struct egress *egress, struct date today, const struct channel *channel,
                 const char *name, const char *wrong, struct arena *arena, struct admitted *out);
/* In a tunnel whose requests would be read: what came, or did not come, is neither TLS nor HTTP. */
void admit_unread(const struct egress *egress, struct date today, const struct channel *channel,
                  struct arena *arena, struct admitted *out);

/* Of a refusal that is askable: what came of asking, which its reason says, too. */
void admit_asked(struct admitted *admitted, struct arena *arena, const char *asked);

/* Of one that was to go on, whose line is not written yet: a cooldown holds it back. */
void admit_hold_back(struct admitted *admitted, const char *why);

/* Where signing is set: the body is all here. */
void admit_sign(struct admitted *admitted, struct arena *arena, const void *body, size_t length);

void admitted_clear(struct admitted *admitted);

/* The body of a refusal, as answers.py makes it: JSON and a line end. Free with free(). */
char *admit_answer(const char *reason, const json_t *missing);

#endif
