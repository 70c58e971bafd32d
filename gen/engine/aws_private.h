/* Of aws*.c alone. */
#ifndef AWS_PRIVATE_H
#define AWS_PRIVATE_H

#include "engine/aws.h"
#include "engine/slots.h"

#include <string.h>

/* Text in room that holds all of it. */
struct out {
    char *s;
    size_t n;
};

static inline void out_add(struct out *out, struct bytes b) {
    if (b.n)
        memcpy(out->s + out->n, b.s, b.n);
    out->n += b.n;
}

static inline void out_char(struct out *out, char c) {
    out->s[out->n++] = c;
}

/* The canonical request, up to the hash of its body, in filled; *names: SignedHeaders. */
struct bytes aws_canonical(struct arena *arena, struct filled **filled,
                           const struct aws_asked *asked, const struct aws_request *request,
                           struct bytes *names);

#endif
