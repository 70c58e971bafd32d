#include "floor.h"

#include <stdio.h>
#include <string.h>

#define TURN(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define NEXT(t)                                                                                    \
    (w[(t)&15] = TURN(w[((t) + 13) & 15] ^ w[((t) + 8) & 15] ^ w[((t) + 2) & 15] ^ w[(t)&15], 1))
#define ROUND(f, k, x)                                                                             \
    do {                                                                                           \
        uint32_t sum = TURN(a, 5) + (f) + e + (k) + (x);                                           \
        e = d, d = c, c = TURN(b, 30), b = a, a = sum;                                             \
    } while (0)

static void one_block(uint32_t h[5], const unsigned char *p) {
    uint32_t w[16], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)p[4 * t] << 24 | (uint32_t)p[4 * t + 1] << 16 |
               (uint32_t)p[4 * t + 2] << 8 | p[4 * t + 3];
    for (int t = 0; t < 16; t++)
        ROUND(d ^ (b & (c ^ d)), 0x5a827999u, w[t]);
    for (int t = 16; t < 20; t++)
        ROUND(d ^ (b & (c ^ d)), 0x5a827999u, NEXT(t));
    for (int t = 20; t < 40; t++)
        ROUND(b ^ c ^ d, 0x6ed9eba1u, NEXT(t));
    for (int t = 40; t < 60; t++)
        ROUND((b & c) | (d & (b | c)), 0x8f1bbcdcu, NEXT(t));
    for (int t = 60; t < 80; t++)
        ROUND(b ^ c ^ d, 0xca62c1d6u, NEXT(t));
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

void sha1_start(struct sha1 *s) {
    *s = (struct sha1){.h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

void sha1_add(struct sha1 *s, const void *data, size_t n) {
    const unsigned char *p = data;
    size_t held = s->length % 64;
    s->length += n;
    if (held) {
        size_t take = n < 64 - held ? n : 64 - held;
        memcpy(s->block + held, p, take);
        p += take, n -= take;
        if (held + take < 64)
            return;
        one_block(s->h, s->block);
    }
    for (; n >= 64; p += 64, n -= 64)
        one_block(s->h, p);
    if (n)
        memcpy(s->block, p, n);
}

struct id sha1_end(struct sha1 *s) {
    unsigned char end[72] = {0x80};
    uint64_t bits = s->length * 8;
    size_t n = 64 - (s->length + 8) % 64;
    for (int i = 0; i < 8; i++)
        end[n + (size_t)i] = (unsigned char)(bits >> (56 - 8 * i));
    sha1_add(s, end, n + 8);
    struct id id;
    for (int i = 0; i < 20; i++)
        id.v[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
    return id;
}

void id_hex(const struct id *id, char hex[41]) {
    for (int i = 0; i < 20; i++)
        snprintf(hex + 2 * i, 3, "%02x", id->v[i]);
}
