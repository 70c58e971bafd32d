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
    if (one->path_list)
        buf_printf(&b, " at %s", one->path_list);
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

/* One that is bound to the host. */
struct bound {
    const struct egress_credential *credential;
    bool goes, asks; /* to this path; its placeholder stands in its slot */
};

static size_t length_of(const struct bound *one) {
    return one->credential->placeholder ? strlen(one->credential->placeholder) : 0;
}

/* Of two whose placeholders stand in one slot the longer one is meant: it may hold the other. */
static bool is_outdone(const struct bound *bound, size_t n, size_t at,
                       bool (*among)(const struct bound *)) {
    for (size_t k = 0; k < n; k++) {
        size_t other = among(&bound[k]) && bound[k].asks ? length_of(&bound[k]) : 0;
        size_t own = bound[at].asks ? length_of(&bound[at]) : 0;
        if (k != at && among(&bound[k]) && same_place(bound[k].credential, bound[at].credential) &&
            (other > own || (other == own && k < at)))
            return true;
    }
    return false;
}

static bool is_asked(const struct bound *one) {
    return one->goes && one->asks;
}

static bool is_unasked(const struct bound *one) {
    return one->goes && !one->credential->ask;
}

/* The ones whose placeholder stands in their slot; without any, all that need not be asked for; one
 * for each slot. */
static size_t choose(const struct bound *bound, size_t n, const struct egress_credential **due) {
    bool (*among)(const struct bound *) = is_unasked;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (is_asked(&bound[i]))
            among = is_asked;
    for (size_t i = 0; i < n; i++)
        if (among(&bound[i]) && !is_outdone(bound, n, i, among))
            due[count++] = bound[i].credential;
    return count;
}

/* One that is asked for on a path that it does not go to. */
static const struct egress_credential *astray(const struct bound *bound, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!bound[i].goes && bound[i].asks && !is_outdone(bound, n, i, is_asked))
            return bound[i].credential;
    return NULL;
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

static const char *misplaced(struct arena *arena, const struct egress_credential *one) {
    return arena_printf(arena,
                        "the placeholder of credential %s stands where the credential does not "
                        "belong; it goes to %s only",
                        one->name, place_of(arena, one));
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
            return misplaced(arena, one);
    }
    return NULL;
}

static size_t find_bound(struct arena *arena, const struct egress *egress,
                         const struct egress_question *question, const struct fields *fields,
                         struct bytes target, struct bound **bound) {
    size_t n = 0;
    *bound = arena_alloc(arena, (egress->credential_count + 1) * sizeof **bound);
    for (size_t i = 0; question->tls && i < egress->credential_count; i++) {
        const struct egress_credential *one = &egress->credentials[i];
        if (egress_bound_to(one, question->host))
            (*bound)[n++] = (struct bound){one, egress_goes_to(one, question->target),
                                           asks(one, fields, target)};
    }
    return n;
}

const char *slots_prepare(struct arena *arena, const struct egress *egress,
                          const struct egress_question *question, struct fields *fields,
                          struct bytes *target, const struct egress_credential ***due,
                          size_t *due_count) {
    struct bound *bound;
    size_t n = find_bound(arena, egress, question, fields, *target, &bound);
    *due = arena_alloc(arena, (n + 1) * sizeof **due);
    *due_count = choose(bound, n, *due);
    const struct egress_credential *elsewhere = astray(bound, n);
    if (elsewhere)
        return misplaced(arena, elsewhere);
    for (size_t i = 0; i < n; i++)
        if (bound[i].credential->slot == SLOT_QUERY)
            *target = without_query(arena, *target, bound[i].credential->slot_name);
        else
            clear_header(fields, header_of(bound[i].credential));
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
