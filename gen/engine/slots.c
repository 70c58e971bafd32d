#include "engine/slots.h"
#include "base/buf.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "engine/redact.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* -- where -- */

static const char *header_of(const struct egress_credential *one) {
    return one->slot == SLOT_HEADER ? one->slot_name : "authorization";
}

static bool same_place(const struct egress_credential *a, const struct egress_credential *b) {
    if (a->slot == SLOT_QUERY || b->slot == SLOT_QUERY)
        return a->slot == b->slot && strcmp(a->slot_name, b->slot_name) == 0;
    return strcmp(header_of(a), header_of(b)) == 0;
}

/* CGI reads "x_api_key" as "x-api-key". */
static char dashed(char c) {
    return c == '_' ? '-' : bytes_lower(c);
}

static bool is_header(struct bytes name, const char *slot) {
    for (size_t i = 0; i < name.n; i++)
        if (!slot[i] || dashed(name.s[i]) != dashed(slot[i]))
            return false;
    return slot[name.n] == '\0';
}

static const char *place_of(struct arena *arena, const struct egress_credential *one) {
    BUF_CLEANUP struct buf b = {0};
    buf_printf(&b, "the %s %s of https://",
               one->slot == SLOT_QUERY ? one->slot_name : header_of(one),
               one->slot == SLOT_QUERY ? "query parameter" : "header");
    for (size_t i = 0; i < one->host_count; i++)
        buf_printf(&b, "%s%s%s", i ? ", " : "", one->hosts[i].suffix ? "*." : "",
                   one->hosts[i].host);
    return arena_copy(arena, b.data);
}

/* -- what the agent asks for, and what of it goes -- */

static bool asks(const struct egress_credential *one, const struct fields *fields,
                 struct bytes target) {
    BUF_CLEANUP struct buf found = {0};
    size_t at = 0;
    const struct field *field;
    if (!one->placeholder)
        return false;
    if (one->slot == SLOT_QUERY)
        return forms_found(&one->placeholder_forms, 1, target.s, target.n);
    while ((field = fields_next(fields, header_of(one), &at))) {
        if (found.len)
            buf_char(&found, '\n');
        buf_add(&found, field->value.s, field->value.n);
    }
    return found.len && forms_found(&one->placeholder_forms, 1, found.data, found.len);
}

/* Of those that are bound: the ones whose placeholder stands in their slot; without any, all; one
 * for each slot. */
static size_t choose(const struct egress_credential **bound, size_t n, const struct fields *fields,
                     struct bytes target, const struct egress_credential **due) {
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any = any || asks(bound[i], fields, target);
    for (size_t i = 0; i < n; i++) {
        bool taken = any && !asks(bound[i], fields, target);
        for (size_t k = 0; k < count; k++)
            taken = taken || same_place(due[k], bound[i]);
        if (!taken)
            due[count++] = bound[i];
    }
    return count;
}

static void clear_header(struct fields *fields, const char *slot) {
    size_t kept = 0;
    for (size_t i = 0; i < fields->n; i++)
        if (!is_header(fields->v[i].name, slot))
            fields->v[kept++] = fields->v[i];
    fields->n = kept;
}

static struct bytes without_query(struct arena *arena, struct bytes target, const char *key) {
    struct bytes rest, path = bytes_before(target, '?', &rest), unused;
    BUF_CLEANUP struct buf kept = {0};
    char mark = '?';
    if (!rest.s)
        return target;
    buf_add(&kept, path.s, path.n);
    while (rest.s) {
        struct bytes pair = bytes_before(rest, '&', &rest);
        struct bytes name = bytes_unquoted(arena, bytes_before(pair, '=', &unused));
        if (bytes_equal(name, bytes_of(key)))
            continue;
        buf_char(&kept, mark);
        buf_add(&kept, pair.s, pair.n);
        mark = '&';
    }
    return bytes_copy(arena, (struct bytes){kept.data, kept.len});
}

/* -- placeholders -- */

static void add_parts(struct arena *arena, struct buf *b, const struct fields *fields,
                      struct bytes target, bool unquoted) {
    struct bytes one = unquoted ? bytes_unquoted(arena, target) : target;
    buf_add(b, one.s, one.n);
    for (size_t i = 0; i < 2 * fields->n; i++) {
        const struct field *field = &fields->v[i / 2];
        one = i % 2 ? field->value : field->name;
        if (unquoted)
            one = bytes_unquoted(arena, one);
        buf_char(b, '\n');
        buf_add(b, one.s, one.n);
    }
}

static const char *stray(struct arena *arena, const struct egress *egress,
                         const struct fields *fields, struct bytes target) {
    BUF_CLEANUP struct buf text = {0};
    add_parts(arena, &text, fields, target, false);
    if (memchr(text.data, '%', text.len)) {
        buf_char(&text, '\n');
        add_parts(arena, &text, fields, target, true);
    }
    for (size_t i = 0; i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (one->placeholder && forms_found(&one->placeholder_forms, 1, text.data, text.len))
            return arena_printf(arena,
                                "the placeholder of credential %s stands where the credential "
                                "does not belong; it goes to %s only",
                                one->name, place_of(arena, one));
    }
    return NULL;
}

const char *slots_prepare(struct arena *arena, const struct egress *egress, const char *host,
                          bool bound_here, struct fields *fields, struct bytes *target,
                          const struct egress_credential ***due, size_t *due_count) {
    size_t n = 0;
    const struct egress_credential **bound =
        arena_alloc(arena, (egress->credential_count + 1) * sizeof *bound);
    *due = arena_alloc(arena, (egress->credential_count + 1) * sizeof **due);
    for (size_t i = 0; bound_here && i < egress->credential_count; i++)
        if (egress_bound_to(&egress->credentials[i], host))
            bound[n++] = &egress->credentials[i];
    *due_count = choose(bound, n, fields, *target, *due);
    for (size_t i = 0; i < n; i++)
        if (bound[i]->slot == SLOT_QUERY)
            *target = without_query(arena, *target, bound[i]->slot_name);
        else
            clear_header(fields, header_of(bound[i]));
    return egress->credential_count ? stray(arena, egress, fields, *target) : NULL;
}

/* -- secrets -- */

struct filled {
    struct filled *next;
    size_t n;
    char bytes[];
};

static char *filled_room(struct filled **filled, size_t n) {
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
    for (size_t i = 0; i < secret.n; i++) {
        unsigned char c = (unsigned char)secret.s[i];
        if ((c >= '0' && c <= '9') ||
            (bytes_lower((char)c) >= 'a' && bytes_lower((char)c) <= 'z') || strchr("_.-~", c)) {
            room[n++] = (char)c;
        } else {
            room[n++] = '%';
            room[n++] = "0123456789ABCDEF"[c >> 4];
            room[n++] = "0123456789ABCDEF"[c & 15];
        }
    }
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
    case SLOT_BEARER:
        value = joined(filled, "Bearer ", secret);
        break;
    case SLOT_BASIC:
        value = basic(filled, credential->slot_name, secret);
        break;
    case SLOT_HEADER:
        name = bytes_copy(arena, bytes_of(credential->slot_name)); /* a policy may go before */
        value = joined(filled, "", secret);
        break;
    }
    fields_add(arena, fields, name, value); /* its slot was cleared */
}
