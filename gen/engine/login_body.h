/*
 * What is said to a token endpoint, and what it answers: RFC 6749, sections 4.1.3, 5.1 and 6;
 * RFC 8628, section 3.4. Pure: bytes in, bytes out.
 */
#ifndef LOGIN_BODY_H
#define LOGIN_BODY_H

#include "base/buf.h"
#include "engine/bytes.h"
#include "engine/egress.h"
#include "engine/slots.h"

#include <jansson.h>
#include <stdint.h>

enum { LOGIN_LONGEST_ANSWER = 256 * 1024, LOGIN_LONGEST_TEXT = 2000 };

/* In the arena; a text is NULL where it is not said. */
struct login_request {
    bool renews;      /* it asks for a new token with a refresh token ... */
    bool placeholder; /* ... which is what stands for ours */
    const char *client_id, *client_secret, *scope, *resource; /* resource: RFC 8707 */
    const char *who, *plan, *account;                         /* of root's own words alone */
};

/* NULL, or why it does not pass. */
const char *login_read_request(struct arena *arena, const struct egress_login *login,
                               const struct fields *fields, struct bytes body,
                               struct login_request *request);
/* The proxy's own, with the refresh token in it; room that filled_wipe() wipes. */
struct bytes login_write_renewal(struct arena *arena, struct filled **filled,
                                 const struct egress_endpoint *endpoint,
                                 const struct login_request *request, struct bytes refresh);

struct login_answer {
    struct bytes token[LOGIN_TOKENS]; /* s is NULL where there is none */
    int64_t expires_in;               /* seconds; 0: not said */
    struct bytes body;                /* with placeholders in their place */
    const char *compact;              /* the same on one line: an object of JSON, or a form */
};

/* NULL, or why none of it can go on. Where it has no access token, body is what came. */
const char *login_read_answer(struct arena *arena, const struct egress_login *login,
                              const struct egress_endpoint *endpoint, struct bytes body,
                              struct login_answer *answer);
/* The same of one that is a form, as GitHub answers who does not ask for JSON. */
const char *login_read_form_answer(struct arena *arena, const struct egress_login *login,
                                   const struct egress_endpoint *endpoint, struct bytes body,
                                   struct login_answer *answer);
bool login_is_form(const struct fields *fields); /* by its only Content-Type */
/* The answer that would have given these tokens, on one line in the arena. NULL: one of them stands
 * in the way of another. */
const char *login_answer_made(struct arena *arena, const struct egress_login *login,
                              const struct egress_endpoint *endpoint,
                              const struct login_answer *answer);
/* The kept answer, which will be good for so many seconds (0: it is not said). Free with free(). */
char *login_answer_again(const struct egress_endpoint *endpoint, const char *compact,
                         int64_t expires_in);
bool login_answer_is_form(const char *compact);

/* application/x-www-form-urlencoded. NULL: it is none, or says a thing twice. The caller's. */
json_t *login_form_read(struct arena *arena, struct bytes form);
void login_form_add(struct buf *b, const char *name, const char *value, size_t n);

/* What the agent gets for a token: of a JWT (RFC 7519) all but its signature. */
const char *login_placeholder(struct arena *arena, const struct egress_login *login,
                              enum egress_token which, struct bytes token);
/* The claims of a JWT, or of what stands for it; NULL: it is none. The caller's. */
json_t *login_jwt_claims(struct arena *arena, struct bytes token);
/* When a JWT says that it ends ("exp"), in seconds since the epoch; 0: it is none, or does not. */
int64_t login_jwt_ends(struct arena *arena, struct bytes token);

#endif
