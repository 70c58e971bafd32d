/* Of admit*.c alone. */
#ifndef ADMIT_PRIVATE_H
#define ADMIT_PRIVATE_H

#include "engine/admit.h"

/* What a request asks for, before anything is made of it. */
struct asked {
    struct arena *arena;
    const struct channel *channel;
    const struct request *request;
    /* As they stand there; HTTP/1's absolute form is taken apart (RFC 9112, section 3.2.2). host.s
     * is NULL where nothing says the host. */
    bool absolute;
    /* What HTTP/1's upgrade to a WebSocket is in HTTP/2 (RFC 8441) is decided as that: a GET. */
    bool extended;
    struct bytes method;
    struct bytes scheme, host, port, authority, path; /* port.s is NULL where there is none */
    /* Read, once asked_read() gave NULL. */
    struct egress_question question;
    struct target target;
};

void asked_split(struct asked *asked, struct arena *arena, const struct channel *channel,
                 const struct request *request);
const char *asked_read(struct asked *asked, const struct egress *egress);
/* What becomes of a tunnel, as far as its name and port say it. */
struct place {
    struct egress_tunnel tunnel;
    bool read;       /* its requests are, and decided one by one */
    const char *why; /* it is refused, whatever rules say; or NULL */
};
bool place_is_read(const struct egress *egress, int port);
void place_judge(struct place *place, const struct egress *egress, const char *host, int port,
                 struct date today, struct arena *arena);
/* Of what is neither TLS nor HTTP. */
const char *place_unread(struct arena *arena, const char *host, int port);
/* Why a name that ends as it does has no address that may be reached; or NULL. */
const char *asked_special_use(struct arena *arena, const struct egress *egress, const char *host);
/* With the port where it is not the usual one. */
const char *asked_authority(struct arena *arena, const char *host, int port, bool tls);

/* admit_login.c. Whether a token endpoint is asked; login NULL: it is not. */
struct at_login {
    const struct egress_login *login;
    const struct egress_endpoint *endpoint;
};
struct at_login admit_login_at(const struct egress *egress, const struct egress_question *question);
/* The login whose placeholder the request carries, and that has to get a new token first; or NULL.
 */
const char *admit_login_waits(const struct egress *egress, struct vault *vault,
                              const struct egress_question *question, const struct fields *fields);
/* NULL, or why it does not pass; before its body is here, and with it. */
const char *admit_login_early(struct arena *arena, const struct at_login *at,
                              const struct asked *asked, const struct admitted *out);
const char *admit_login(const struct at_login *at, struct vault *vault, const struct asked *asked,
                        struct admitted *out);
/* Which login nobody is in at, of those that are due; or NULL. */
const char *admit_login_missing(struct arena *arena, struct vault *vault,
                                const struct slots_due *due, struct admitted *out);

/* What is said to an MCP server, whose body says it. */
struct mcp {
    bool asks;       /* it is said to one */
    const char *why; /* it is refused, as far as that is known; or NULL */
};
struct mcp admit_speaks_mcp(const struct egress *egress, const struct asked *asked,
                            const struct admitted *out);
/* waits: the body is to come, unless it is refused without. False: it is refused, in out; in audit
 * it is not, and mcp->why says why it would have been. */
bool admit_mcp(const struct egress *egress, const struct asked *asked, struct date today,
               bool waits, struct mcp *mcp, struct admitted *out);

/* Into the answer and its line, with out->missing. */
void admit_refuse(struct admitted *out, int status, const char *reason);
/* Of what no rule allows: whether an operator has, or may be asked; else what that changes of the
 * reason. */
void admit_ask_operators(const struct egress *egress, const struct egress_question *question,
                         struct date today, struct arena *arena, struct egress_answer *answer,
                         struct admitted *out);
/* Into the line: by which rule, or of audit why none. */
void admit_say_passed(struct admitted *out, const struct egress_answer *answer);

#endif
