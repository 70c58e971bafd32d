/* A request as people write it down: "POST https://api.example.org/v1?x=1". */
#ifndef REQUEST_LINE_H
#define REQUEST_LINE_H

#include "base/arena.h"

#include <stdbool.h>

struct request_line {
    const char *method;
    bool tls, websocket;   /* https and wss; ws and wss */
    const char *authority; /* host[:port] */
    const char *target;    /* from the path on: RFC 9112, section 3.2.1 */
};

/* Both: NULL, or why it is none, as the end of a sentence. All in the arena. What the proxy would
 * refuse in it is not looked at: that is asked about. */
const char *request_line_read(struct arena *arena, const char *s, struct request_line *out);
const char *request_url_read(struct arena *arena, const char *url, struct request_line *out);

/* The same of "db.example.org:5432". */
const char *request_place_wrong(const char *s);

#endif
