/*
 * The fields of a request: refuses what two parsers may read differently, drops what must not pass.
 * RFC 9110, section 7.6.1 (hop headers), RFC 9112, section 6 (framing), RFC 9113, section 8.2.2
 * (connection headers in HTTP/2), RFC 6455, section 4.1 (WebSockets). modules/proxy/headers.py, in
 * C.
 */
#ifndef FIELDS_CHECK_H
#define FIELDS_CHECK_H

#include "engine/bytes.h"

/* NULL, or why these have no single safe reading; quotes no value. */
const char *fields_wrong(const struct fields *fields, enum http_version version);

/* The tokens of all fields of that name; start with {fields, name}. False: no more. */
struct fields_tokens {
    const struct fields *fields;
    const char *name;
    size_t at;
    struct bytes rest;
};
bool fields_token(struct fields_tokens *tokens, struct bytes *token);

/* NULL, or why it is half of a WebSocket's handshake, or asks for another protocol that a server
 * may not pass over. *asks: it is a handshake. Of fields of which nothing is wrong. */
const char *fields_upgrade(const struct fields *fields, struct bytes method,
                           enum http_version version, bool *asks);

/* What Connection names goes, in place, but for Content-Length. */
void fields_drop_listed(struct arena *arena, struct fields *fields);

/* Without hop headers, what Connection names, and everything that overrides the request; with our
 * own Connection and Upgrade, for a WebSocket or where Connection says close, which *close tells.
 */
void fields_clean(struct arena *arena, const struct fields *fields, bool websocket,
                  struct fields *kept, bool *close);

bool fields_have_body(const struct fields *fields);

/* Rails' and Symfony's parameter; some set-ups honour it in the query. */
bool query_overrides_method(struct arena *arena, struct bytes query);

#endif
