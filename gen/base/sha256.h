/* SHA-256 (FIPS 180-4), for the trailers of commits and for pins: none of our libraries offers it.
 */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_SRI_SIZE = 52 };

/* Piece by piece: start, add as often as needed, end. */
struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};
void sha256_start(struct sha256 *sum);
void sha256_add(struct sha256 *sum, const void *data, size_t n);
void sha256_end(struct sha256 *sum, unsigned char digest[SHA256_SIZE]);

/* 64 lower-case hex digits and a NUL. */
void sha256_hex(const void *data, size_t n, char hex[65]);

/* As Nix and browsers write it (W3C Subresource Integrity): "sha256-", base64, and a NUL. */
void sha256_sri(const unsigned char digest[SHA256_SIZE], char sri[SHA256_SRI_SIZE]);

#endif
