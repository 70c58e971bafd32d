/*
 * Where secrets go in a request: into their own slot only, only for a host they are bound to, only
 * over TLS and only when a rule allows it (admit.c sees to the last two). The slots of a bound host
 * belong to the proxy: whatever the agent put there is removed. A placeholder that is found
 * anywhere but in its own slot stops the request.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include "engine/aws.h"
#include "engine/bytes.h"
#include "engine/egress.h"

/* What holds a secret is in memory of its own, so that it can be wiped when the exchange has ended.
 */
struct filled;
char *filled_room(struct filled **filled, size_t n); /* as malloc(3) aligns */
void filled_wipe(struct filled **filled);            /* and frees; {NULL} is none */

/* A string of a body in JSON, whose place is the proxy's. */
struct slots_edit {
    struct bytes literal;                       /* in the body, with its quotes */
    const struct egress_credential *credential; /* NULL: it is emptied */
};

/* The credentials that go in, one for each slot. */
struct slots_due {
    const struct egress_credential **v;
    size_t n;
    const struct egress_credential **json; /* that may go into a body of this path */
    size_t json_count;
    struct slots_edit *edits; /* from the end of the body to its beginning */
    size_t edit_count;
    const struct egress_credential *aws; /* the one that signs, or NULL */
    struct aws_asked asked;              /* what it signs */
};

/* Of a request's fields and target what the agent put into the slots of credentials that are bound
 * to the host goes, in place, whatever the path. NULL, or which placeholder stands where it does
 * not belong, or what cannot be signed again. All in the arena. */
const char *slots_prepare(struct arena *arena, const struct egress *egress,
                          const struct egress_question *question, struct fields *fields,
                          struct bytes *target, struct slots_due *due);

/* Whether a credential may go into the body of a request to that place. */
bool slots_want_body(const struct egress *egress, const struct egress_question *question);
/* NULL, or why it may not go into what these fields belong to; length: 0 where it is not known. */
const char *slots_body_wrong(struct arena *arena, const struct slots_due *due,
                             const struct fields *fields, unsigned long long length);
/* Adds those that go into it to due, and the edits. NULL, or why that cannot be said. */
const char *slots_choose_in_body(struct arena *arena, struct bytes body, struct slots_due *due);
/* The body with the secret, which may be empty, as a string in place of those bytes. */
struct bytes slots_put(struct filled **filled, struct bytes body, size_t at, size_t length,
                       struct bytes secret);

void slots_fill(struct arena *arena, struct filled **filled,
                const struct egress_credential *credential, struct bytes secret,
                struct fields *fields, struct bytes *target);

#endif
