#include "git/sha1.h"

#include <string.h>

static uint32_t turn(uint32_t x, unsigned n) {
    return x << n | x >> (32 - n);
}

static uint32_t word(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct round {
    uint32_t a, b, c, d, e;
};

/* One step; w is the ring of the last sixteen words. */
static inline void step(struct round *r, uint32_t w[16], unsigned t, uint32_t f, uint32_t k) {
    if (t >= 16)
        w[t & 15] = turn(w[(t + 13) & 15] ^ w[(t + 8) & 15] ^ w[(t + 2) & 15] ^ w[t & 15], 1);
    uint32_t next = turn(r->a, 5) + f + r->e + k + w[t & 15];
    r->e = r->d;
    r->d = r->c;
    r->c = turn(r->b, 30);
    r->b = r->a;
    r->a = next;
}

/* Written out, so that t is known at each place: as loops, which gcc -O2 keeps, it takes twice as
 * long. */
#define STEPS_5(t, f, k)                                                                           \
    step(&r, w, t, f, k), step(&r, w, t + 1, f, k), step(&r, w, t + 2, f, k),                      \
        step(&r, w, t + 3, f, k), step(&r, w, t + 4, f, k)
#define STEPS_20(t, f, k)                                                                          \
    STEPS_5(t, f, k), STEPS_5(t + 5, f, k), STEPS_5(t + 10, f, k), STEPS_5(t + 15, f, k)
#define CHOICE (r.d ^ (r.b & (r.c ^ r.d)))
#define PARITY (r.b ^ r.c ^ r.d)
#define MAJORITY ((r.b & r.c) | (r.d & (r.b | r.c)))

static void compress(uint32_t state[5], const unsigned char *block) {
    struct round r = {state[0], state[1], state[2], state[3], state[4]};
    uint32_t w[16];
    for (size_t i = 0; i < 16; i++)
        w[i] = word(block + 4 * i);
    STEPS_20(0, CHOICE, 0x5a827999);
    STEPS_20(20, PARITY, 0x6ed9eba1);
    STEPS_20(40, MAJORITY, 0x8f1bbcdc);
    STEPS_20(60, PARITY, 0xca62c1d6);
    state[0] += r.a;
    state[1] += r.b;
    state[2] += r.c;
    state[3] += r.d;
    state[4] += r.e;
}

void sha1_start(struct sha1 *sha1) {
    *sha1 = (struct sha1){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

void sha1_add(struct sha1 *sha1, const void *data, size_t n) {
    const unsigned char *p = data;
    size_t have = sha1->length % 64;
    sha1->length += n;
    if (have && n >= 64 - have) {
        memcpy(sha1->rest + have, p, 64 - have);
        compress(sha1->state, sha1->rest);
        p += 64 - have;
        n -= 64 - have;
        have = 0;
    }
    for (; !have && n >= 64; p += 64, n -= 64)
        compress(sha1->state, p);
    if (n)
        memcpy(sha1->rest + have, p, n);
}

void sha1_end(struct sha1 *sha1, unsigned char out[SHA1_SIZE]) {
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = sha1->length * 8;
    unsigned char length[8];
    size_t have = sha1->length % 64;
    for (size_t i = 0; i < 8; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    sha1_add(sha1, padding, have < 56 ? 56 - have : 120 - have);
    sha1_add(sha1, length, sizeof length);
    for (size_t i = 0; i < 20; i++)
        out[i] = (unsigned char)(sha1->state[i / 4] >> (24 - 8 * (i % 4)));
}
