/*
 * What the rules say, before any secret is looked at: the part of admit.h that agent-sandbox is
 * linked with, too, so that what it tells of a spec is what the proxy will do.
 */
#ifndef ADMIT_JUDGE_H
#define ADMIT_JUDGE_H

#include "engine/egress.h"

/* As a client would send it that does nothing odd. */
struct judge_request {
    const char *method;
    bool tls, websocket;
    const char *authority; /* host[:port] */
    const char *target;    /* in origin form: RFC 9112, section 3.2.1 */
};

struct judged {
    const char *wrong; /* why it is refused whatever rules say; or NULL */
    const char *host;  /* where wrong is NULL, as all that follows; in lower case */
    int port;
    struct target target;
    bool unread;               /* a rule passes this port on unread: then answer is the tunnel's */
    enum egress_scheme scheme; /* of what is passed on unread */
    struct egress_answer answer; /* missing: judged_clear()'s */
};

/* All in the arena. */
void judge_request(const struct egress *egress, const struct judge_request *request,
                   struct date today, struct arena *arena, struct judged *out);
/* The same without an answer: found is called with each of these rules that would allow it alone.
 */
struct judge_told {
    const size_t *rules;
    size_t n;
    void (*found)(size_t rule, void *context);
    void *context;
};
void judge_each(const struct egress *egress, const struct judge_request *request, struct date today,
                struct arena *arena, struct judged *out, const struct judge_told *told);
/* A connection to host:port of which nothing is read. */
void judge_connect(const struct egress *egress, const char *place, struct date today,
                   struct arena *arena, struct judged *out);
void judged_clear(struct judged *judged);

#endif
