/* SHA-256 (FIPS 180-4), for the trailers of commits: none of our libraries offers it. */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>

/* 64 lower-case hex digits and a NUL. */
void sha256_hex(const void *data, size_t n, char hex[65]);

#endif
