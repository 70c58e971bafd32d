/* Where secrets go in. */
#include "base/die.h"
#include "engine/slots_private.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct filled {
    struct filled *next;
    size_t n;
    char bytes[];
};

char *filled_room(struct filled **filled, size_t n) {
    struct filled *one = must_alloc(sizeof *one + n);
    one->n = n;
    one->next = *filled;
    *filled = one;
    return one->bytes;
}

void filled_wipe(struct filled **filled) {
    for (struct filled *one = *filled, *next; one; one = next) {
        next = one->next;
        OPENSSL_cleanse(one->bytes, one->n);
        free(one);
    }
    *filled = NULL;
}

static struct bytes joined(struct filled **filled, const char *before, struct bytes secret) {
    size_t n = strlen(before);
    char *room = filled_room(filled, n + secret.n);
    memcpy(room, before, n);
    memcpy(room + n, secret.s, secret.n);
    return (struct bytes){room, n + secret.n};
}

static struct bytes basic(struct filled **filled, const char *user, struct bytes secret) {
    char *before = filled_room(filled, strlen(user) + 2);
    memcpy(before, user, strlen(user));
    before[strlen(user)] = ':';
    struct bytes pair = joined(filled, before, secret);
    size_t start = strlen("Basic ");
    char *room = filled_room(filled, start + (pair.n + 2) / 3 * 4 + 1);
    memcpy(room, "Basic ", start);
    int n =
        EVP_EncodeBlock((unsigned char *)room + start, (const unsigned char *)pair.s, (int)pair.n);
    return (struct bytes){room, start + (size_t)n};
}

static size_t escaped(char *out, struct bytes secret, const char *also) {
    size_t n = 0;
    for (size_t i = 0; i < secret.n; i++) {
        unsigned char c = (unsigned char)secret.s[i];
        if (isalnum(c) || strchr("_.-~", c) || strchr(also, c)) { /* visible ASCII: secret_file.c */
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = "0123456789ABCDEF"[c >> 4];
            out[n++] = "0123456789ABCDEF"[c & 15];
        }
    }
    return n;
}

/* RFC 3986, section 3.3: of what a segment may hold all but ";", which begins a parameter. */
static struct bytes into_path(struct filled **filled, struct bytes target, const char *placeholder,
                              struct bytes secret) {
    struct bytes found = slots_in_path(target, placeholder);
    size_t before = (size_t)(found.s - target.s), after = before + found.n;
    char *room = filled_room(filled, target.n + 3 * secret.n);
    memcpy(room, target.s, before);
    size_t n = before + escaped(room + before, secret, "!$&'()*+,=:@");
    memcpy(room + n, target.s + after, target.n - after);
    return (struct bytes){room, n + target.n - after};
}

/* RFC 3986, section 2.3: all but the unreserved. */
static struct bytes in_query(struct filled **filled, struct bytes target, const char *key,
                             struct bytes secret) {
    size_t length = strlen(key), n = target.n;
    char *room = filled_room(filled, target.n + 2 + length + 3 * secret.n);
    memcpy(room, target.s, target.n);
    room[n++] = memchr(target.s, '?', target.n) ? '&' : '?';
    memcpy(room + n, key, length);
    n += length;
    room[n++] = '=';
    n += escaped(room + n, secret, "");
    return (struct bytes){room, n};
}

void slots_fill(struct arena *arena, struct filled **filled,
                const struct egress_credential *credential, struct bytes secret,
                struct fields *fields, struct bytes *target) {
    struct bytes name = BYTES("Authorization"), value = {0};
    switch (credential->slot) {
    case SLOT_QUERY:
        *target = in_query(filled, *target, credential->slot_name, secret);
        return;
    case SLOT_PATH:
        *target = into_path(filled, *target, credential->placeholder, secret);
        return;
    case SLOT_AUTHORIZATION:
        value = joined(filled, arena_printf(arena, "%s ", credential->slot_name), secret);
        break;
    case SLOT_BEARER:
        value = joined(filled, "Bearer ", secret);
        break;
    case SLOT_BASIC:
        value = basic(filled, credential->slot_name, secret);
        break;
    case SLOT_AWS:  /* aws_sign.c, of the whole request */
    case SLOT_JSON: /* slots_json.c, in its body */
        return;
    case SLOT_HEADER:
        name = bytes_copy(arena, bytes_of(credential->slot_name)); /* a policy may go before */
        value = joined(filled, "", secret);
        break;
    }
    fields_add(arena, fields, name, value); /* its slot was cleared */
}
