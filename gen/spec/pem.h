/* Certificates in PEM (RFC 7468): blocks of base64 between lines, with whatever text in between. */
#ifndef PEM_H
#define PEM_H

#include <stddef.h>

struct pem_block {
    const char *s; /* from its first dash on */
    size_t n;      /* to its last dash */
    enum { PEM_CERTIFICATE, PEM_PRIVATE_KEY, PEM_OTHER, PEM_BROKEN } kind;
};

/* The next one in the text from *at on, which then stands behind it; false: there is none. One is
 * broken that has no end, or no DER of the length that it says (X.690, section 8.1). */
_Bool pem_next(const char **at, struct pem_block *block);

#endif
