#include "engine/upgrade.h"
#include "base/die.h"
#include "engine/fields_check.h"
#include "engine/http1.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <string.h>

/* RFC 6455, section 1.3. */
#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { NONCE = 16, KEY = 24 };

const char *upgrade_ask(struct arena *arena, struct fields *fields) {
    unsigned char nonce[NONCE];
    char *key = arena_alloc(arena, KEY + 1);
    if (RAND_bytes(nonce, NONCE) != 1)
        die("no random bytes");
    EVP_EncodeBlock((unsigned char *)key, nonce, NONCE);
    fields_drop(fields, "sec-websocket-key");
    fields_drop(fields, "sec-websocket-accept");
    fields_add(arena, fields, BYTES("Sec-WebSocket-Key"), (struct bytes){key, KEY});
    return key;
}

static bool has_token(const struct fields *fields, const char *name, const char *lower) {
    struct fields_tokens tokens = {.fields = fields, .name = name};
    struct bytes token;
    while (fields_token(&tokens, &token))
        if (bytes_are(token, lower))
            return true;
    return false;
}

static bool accepts(const struct fields *fields, const char *key) {
    unsigned char text[KEY + sizeof MAGIC], hash[SHA_DIGEST_LENGTH], made[32];
    size_t at = 0;
    const struct field *accept = fields_next(fields, "sec-websocket-accept", &at);
    memcpy(text, key, KEY);
    memcpy(text + KEY, MAGIC, sizeof MAGIC);
    SHA1(text, sizeof text - 1, hash);
    int n = EVP_EncodeBlock(made, hash, sizeof hash);
    return accept && bytes_equal(accept->value, (struct bytes){(char *)made, (size_t)n}) &&
           !fields_next(fields, "sec-websocket-accept", &at);
}

const char *upgrade_wrong(const char *key, int status, const struct fields *fields) {
    if (status != 101)
        return status / 100 == 2 ? "it answered a WebSocket's handshake as any other request"
                                 : NULL;
    if (!has_token(fields, "upgrade", "websocket") || !has_token(fields, "connection", "upgrade") ||
        !accepts(fields, key))
        return "its part of the WebSocket's handshake is not valid";
    return NULL;
}

void upgrade_drop(struct arena *arena, struct fields *fields) {
    http1_drop_hop(arena, fields);
    fields_drop(fields, "sec-websocket-accept");
}
