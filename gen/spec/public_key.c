#include "spec/public_key.h"
#include "base/buf_raw.h"
#include "base/sha256.h"

#include <string.h>

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What a comment may hold: it is left out, and still nothing that some language would act on. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+:-"

/* ssh-keygen(1), -t; certificates are another matter. */
static const char *const algorithms[] = {"ssh-ed25519",
                                         "sk-ssh-ed25519@openssh.com",
                                         "ecdsa-sha2-nistp256",
                                         "sk-ecdsa-sha2-nistp256@openssh.com",
                                         "ecdsa-sha2-nistp384",
                                         "ecdsa-sha2-nistp521",
                                         "ssh-rsa"};

/* RFC 4648, section 4: n characters, a multiple of four; 0 when they are no such text. */
static size_t decode(const char *s, size_t n, uint8_t *out) {
    size_t padding = n && s[n - 1] == '=' ? n > 1 && s[n - 2] == '=' ? 2 : 1 : 0, length = 0;
    if (n == 0 || n % 4)
        return 0;
    for (size_t i = 0; i < n; i += 4) {
        uint32_t four = 0;
        for (size_t k = i; k < i + 4; k++) {
            const char *at = k < n - padding ? strchr(base64, s[k]) : base64;
            if (!at || !*at)
                return 0;
            four = four << 6 | (uint32_t)(at - base64);
        }
        for (int shift = 16; shift >= 0; shift -= 8)
            out[length++] = (uint8_t)(four >> shift);
    }
    return length - padding;
}

/* The name in front: four bytes of length, and so many characters (RFC 4251, section 5). */
static bool begins_with(const struct public_key *key, const char *name) {
    size_t n = strlen(name);
    return key->n > 4 + n && key->bytes[0] == 0 && key->bytes[1] == 0 && key->bytes[2] == 0 &&
           key->bytes[3] == n && memcmp(key->bytes + 4, name, n) == 0;
}

static size_t field_length(const uint8_t *b) {
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* Strings and numbers, each behind its length, to the last byte: one that was cut short is none. */
static bool is_whole(const struct public_key *key) {
    size_t at = 0, fields = 0;
    while (key->n - at >= 4) {
        size_t n = field_length(key->bytes + at);
        if (n > key->n - at - 4)
            return false;
        at += 4 + n;
        fields++;
    }
    return at == key->n && fields > 1;
}

bool public_key_parse(struct arena *arena, const char *s, struct public_key *out) {
    size_t n = strcspn(s, " "), length = s[n] ? strcspn(s + n + 1, " ") : 0;
    const char *comment = s + n + (s[n] ? 1 : 0) + length;
    if (comment[strspn(comment, " ")] && strspn(comment + 1, PLAIN) != strlen(comment + 1))
        return false;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (strlen(algorithms[i]) != n || strncmp(algorithms[i], s, n) != 0)
            continue;
        uint8_t *bytes = arena_alloc(arena, length / 4 * 3 + 1);
        *out = (struct public_key){bytes, decode(s + n + 1, length, bytes)};
        return begins_with(out, algorithms[i]) && is_whole(out);
    }
    return false;
}

bool public_key_is_token(const struct public_key *key) {
    return key->n > 7 && memcmp(key->bytes + 4, "sk-", 3) == 0;
}

size_t public_key_rsa_bits(const struct public_key *key) {
    if (!begins_with(key, "ssh-rsa"))
        return 0;
    const uint8_t *e = key->bytes + 4 + 7;
    size_t before = 4 + 7 + 4 + field_length(e);
    if (key->n < before + 5)
        return 0;
    const uint8_t *n = key->bytes + before;
    size_t length = field_length(n), zero = length && n[4] == 0;
    size_t bits = (length - zero) * 8;
    for (unsigned high = length > zero ? n[4 + zero] : 0x80; bits && !(high & 0x80); high <<= 1)
        bits--;
    return bits;
}

void buf_key_fingerprint(struct buf *b, struct public_key key) {
    struct sha256 sum;
    unsigned char digest[SHA256_SIZE];
    char sri[SHA256_SRI_SIZE];
    sha256_start(&sum);
    sha256_add(&sum, key.bytes, key.n);
    sha256_end(&sum, digest);
    sha256_sri(digest, sri);
    buf_lit(b, "SHA256:");
    buf_add(b, sri + 7, 43); /* without its "sha256-" and its padding */
}

void buf_public_key(struct buf *b, struct public_key key) {
    buf_add(b, key.bytes + 4, key.bytes[3]);
    buf_char(b, ' ');
    for (size_t i = 0; i < key.n; i += 3) {
        size_t left = key.n - i;
        uint32_t three = (uint32_t)key.bytes[i] << 16;
        if (left > 1)
            three |= (uint32_t)key.bytes[i + 1] << 8;
        if (left > 2)
            three |= key.bytes[i + 2];
        buf_char(b, base64[three >> 18]);
        buf_char(b, base64[three >> 12 & 63]);
        buf_char(b, left > 1 ? base64[three >> 6 & 63] : '=');
        buf_char(b, left > 2 ? base64[three & 63] : '=');
    }
}
