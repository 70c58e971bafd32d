/*
 * What the host program asks of the proxy while it runs: a unix stream socket (unix(7)), mode 0600,
 * for root and the proxy's own user alone. One JSON object a line, each way:
 * {"ask": "VERB", ...}, and {"ok": true, ...} or {"error": "one sentence"}.
 * modules/proxy/control.py is the same of the add-on, modules/host/control.py the other end.
 * Nothing here waits for a peer: one that does not read, or sends what is no such line, is cut off.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "engine/proxy.h"

#include <jansson.h>

enum {
    CONTROL_PEERS = 8,
    CONTROL_LONGEST_LINE = 64 * 1024,
    CONTROL_MOST_UNREAD = 1024 * 1024 /* bytes that a peer has not read yet */
};

/* One row of the table in control_verbs.c. peer: whose line it is, for control_say(); it is never
 * used again for another one. asked is the line's object, and is gone afterwards. Gives the answer,
 * which is taken over; NULL: it comes later. */
struct control_verb {
    const char *name;
    json_t *(*answer)(struct proxy *proxy, uint64_t peer, const json_t *asked);
};
extern const struct control_verb control_verbs[]; /* ends with a row whose name is NULL */

json_t *control_ok(void);
json_t *control_error(const char *why);

/* Opens it; one that an earlier process left is replaced. Ends the process where it cannot be
 * opened. path is argv's. */
void control_open(struct proxy *proxy, const char *path);

/* A line to a peer; takes said over. False: that peer is gone, or was cut off for not reading. */
bool control_say(uint64_t peer, json_t *said);

/* Whether that peer is still there. */
bool control_has(uint64_t peer);

#endif
