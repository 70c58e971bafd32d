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
/* With the port where it is not the usual one. */
const char *asked_authority(struct arena *arena, const char *host, int port, bool tls);

#endif
