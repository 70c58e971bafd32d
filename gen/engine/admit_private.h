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

/* Into the answer and its line, with out->missing. */
void admit_refuse(struct admitted *out, int status, const char *reason);
/* Into the line: by which rule, or of audit why none. */
void admit_say_passed(struct admitted *out, const struct egress_answer *answer);

#endif
