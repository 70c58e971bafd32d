/* SHA-1 (FIPS 180-4), for the names of git's objects and the checksums of its packs. */
#ifndef SHA1_H
#define SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_SIZE = 20 };

struct sha1 {
    uint32_t state[5];
    uint64_t length; /* bytes so far */
    unsigned char rest[64];
};

void sha1_start(struct sha1 *sha1);
void sha1_add(struct sha1 *sha1, const void *data, size_t n);
void sha1_end(struct sha1 *sha1, unsigned char out[SHA1_SIZE]);

#endif
