/* The signature. */
#include "engine/aws_private.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
enum { HASH = 32 };

struct aws_signing {
    unsigned char key[HASH]; /* of this day, region and service */
    struct aws_asked asked;
    struct bytes key_id, names;
    struct bytes canonical; /* the request, up to the hash of its body */
};

static void hmac(unsigned char key[HASH], struct bytes text) {
    unsigned char made[HASH];
    HMAC(EVP_sha256(), key, HASH, (const unsigned char *)text.s, text.n, made, NULL);
    memcpy(key, made, HASH);
    OPENSSL_cleanse(made, HASH);
}

static void derive_key(struct filled **filled, struct aws_signing *signing, struct bytes secret) {
    struct out first = {filled_room(filled, secret.n + 4), 0};
    out_add(&first, BYTES("AWS4"));
    out_add(&first, secret);
    HMAC(EVP_sha256(), first.s, (int)first.n, (const unsigned char *)signing->asked.scope.s, 8,
         signing->key, NULL);
    hmac(signing->key, signing->asked.region);
    hmac(signing->key, signing->asked.service);
    hmac(signing->key, BYTES("aws4_request"));
}

static bool is_key_id(struct bytes b) {
    for (size_t i = 0; i < b.n; i++)
        if (!isalnum((unsigned char)b.s[i]) && !strchr("-._", b.s[i]))
            return false;
    return b.n > 0;
}

/* What a secret consists of; a session's token may have a colon. */
struct parts {
    struct bytes key_id, key, token; /* token.s NULL: there is none */
};

static struct parts parts_of(struct bytes secret) {
    struct parts parts = {0};
    struct bytes rest;
    parts.key_id = bytes_before(secret, ':', &rest);
    parts.key = bytes_before(rest, ':', &parts.token);
    return parts;
}

bool aws_is_secret(struct bytes secret) {
    struct parts parts = parts_of(secret);
    return is_key_id(parts.key_id) && parts.key.n && !(parts.token.s && !parts.token.n);
}

static struct bytes kept(struct filled **filled, struct bytes b) {
    char *room = filled_room(filled, b.n);
    memcpy(room, b.s, b.n);
    return (struct bytes){room, b.n};
}

struct aws_signing *aws_prepare(struct arena *arena, struct filled **filled, struct bytes secret,
                                const struct aws_asked *asked, const struct aws_request *request) {
    struct parts parts = parts_of(secret);
    struct aws_signing *signing = (void *)filled_room(filled, sizeof *signing);
    *signing = (struct aws_signing){.asked = *asked};
    signing->key_id = kept(filled, parts.key_id);
    if (parts.token.s)
        fields_add(arena, request->fields, BYTES("X-Amz-Security-Token"),
                   kept(filled, parts.token));
    derive_key(filled, signing, parts.key);
    signing->canonical = aws_canonical(arena, filled, &signing->asked, request, &signing->names);
    return signing;
}

static void add_hex(struct out *out, const unsigned char *hash) {
    for (size_t i = 0; i < HASH; i++) {
        out_char(out, "0123456789abcdef"[hash[i] >> 4]);
        out_char(out, "0123456789abcdef"[hash[i] & 15]);
    }
}

static void digest(const void *data, size_t length, unsigned char hash[HASH]) {
    EVP_Digest(data, length, hash, NULL, EVP_sha256(), NULL);
}

struct bytes aws_hash(struct arena *arena, const void *data, size_t length) {
    unsigned char hash[HASH];
    struct out out = {arena_alloc(arena, 2 * HASH), 0};
    digest(length ? data : "", length, hash);
    add_hex(&out, hash);
    return (struct bytes){out.s, out.n};
}

void aws_sign(struct arena *arena, struct filled **filled, const struct aws_signing *signing,
              struct bytes payload, struct fields *fields) {
    const struct aws_asked *asked = &signing->asked;
    unsigned char hash[HASH];
    struct out whole = {filled_room(filled, signing->canonical.n + payload.n), 0};
    out_add(&whole, signing->canonical);
    out_add(&whole, payload);
    digest(whole.s, whole.n, hash);
    struct out text = {arena_alloc(arena, asked->scope.n + 128), 0};
    out_add(&text, BYTES(ALGORITHM "\n"));
    out_add(&text, asked->date);
    out_char(&text, '\n');
    out_add(&text, asked->scope);
    out_char(&text, '\n');
    add_hex(&text, hash);
    HMAC(EVP_sha256(), signing->key, HASH, (unsigned char *)text.s, text.n, hash, NULL);
    struct out out = {
        filled_room(filled, 192 + signing->key_id.n + asked->scope.n + signing->names.n), 0};
    out_add(&out, BYTES(ALGORITHM " Credential="));
    out_add(&out, signing->key_id);
    out_char(&out, '/');
    out_add(&out, asked->scope);
    out_add(&out, BYTES(", SignedHeaders="));
    out_add(&out, signing->names);
    out_add(&out, BYTES(", Signature="));
    add_hex(&out, hash);
    OPENSSL_cleanse(hash, sizeof hash);
    fields_add(arena, fields, BYTES("Authorization"), (struct bytes){out.s, out.n});
}
