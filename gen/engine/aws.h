/*
 * AWS Signature Version 4: a client signs with placeholder keys, and what goes upstream is signed
 * again with the secret, "KEYID:SECRET" or "KEYID:SECRET:SESSIONTOKEN". The secret key never
 * leaves; a signature holds for one request and a quarter of an hour, and a session's token is of
 * no use without the key: so answers are not searched for what went out, and ranges and compression
 * pass. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html;
 * modules/proxy/aws.py, in C.
 */
#ifndef AWS_H
#define AWS_H

#include "engine/bytes.h"
#include "engine/egress.h"

#include <stdbool.h>

struct filled;

enum { AWS_LONGEST_BODY = 1 << 20 }; /* that is hashed here */

/* What the client's signature says. */
struct aws_asked {
    struct bytes date;  /* X-Amz-Date: 20150830T123600Z */
    struct bytes scope; /* 20150830/us-east-1/iam/aws4_request */
    struct bytes region, service;
    struct bytes names;   /* SignedHeaders */
    struct bytes payload; /* X-Amz-Content-SHA256; s NULL: the body is to be hashed */
};

/* NULL, or why what its placeholder stands in cannot be signed again; all in the arena. */
const char *aws_read(struct arena *arena, const struct egress_credential *credential,
                     const struct fields *fields, struct aws_asked *asked);
/* A signature in the query: of this version, or of version 2. */
bool aws_is_presigned(struct arena *arena, struct bytes target);

/* A request that is to be signed, but for the hash of its body. */
struct aws_request {
    struct bytes method, authority, target;
    struct fields *fields; /* as they will be sent; Host is left out */
};
struct aws_signing;

/* KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN; what a vault gives out for SLOT_AWS is. */
bool aws_is_secret(struct bytes secret);
/* Puts a session's token into the fields. What it returns lies in filled. */
struct aws_signing *aws_prepare(struct arena *arena, struct filled **filled, struct bytes secret,
                                const struct aws_asked *asked, const struct aws_request *request);
/* Puts Authorization into the fields. */
void aws_sign(struct arena *arena, struct filled **filled, const struct aws_signing *signing,
              struct bytes payload, struct fields *fields);
/* In hexadecimal, in the arena. */
struct bytes aws_hash(struct arena *arena, const void *data, size_t length);

#endif
