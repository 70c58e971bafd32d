#include "engine/query.h"
#include "base/buf.h"
#include "base/buf_raw.h"
#include "spec/url_query.h"

#include <stdint.h>
#include <string.h>

/* A value that is encoded more often than this is nothing that a server is meant to read. */
enum { MOST_DECODINGS = 3, MOST_ITEMS = 100 };

static bool is_encoded(struct bytes b) {
    for (size_t i = 0; i + 2 < b.n; i++)
        if (b.s[i] == '%' && path_is_hex_pair(b.s + i + 1))
            return true;
    return false;
}

static struct bytes decoded(struct arena *arena, struct bytes b, bool plus) {
    struct bytes text = bytes_unquoted(arena, b);
    if (!plus || !b.n || !memchr(b.s, '+', b.n))
        return text;
    struct bytes copy = bytes_copy(arena, b);
    for (size_t i = 0; i < copy.n; i++)
        if (copy.s[i] == '+')
            ((char *)(uintptr_t)copy.s)[i] = ' ';
    return bytes_unquoted(arena, copy);
}

static bool holds_control(struct bytes b) {
    return b.n && (memchr(b.s, '\0', b.n) || memchr(b.s, URL_QUERY_ANY, b.n));
}

static void add(struct arena *arena, struct query *query, struct parameter one) {
    if (query->n == query->cap) {
        size_t cap = query->cap ? 2 * query->cap : 16;
        struct parameter *v = arena_alloc(arena, cap * sizeof *v);
        if (query->n)
            memcpy(v, query->v, query->n * sizeof *v);
        query->v = v;
        query->cap = cap;
    }
    query->unsafe = query->unsafe || holds_control(one.name) || holds_control(one.value);
    query->v[query->n++] = one;
}

static void add_readings(struct arena *arena, struct query *query, struct parameter one,
                         bool plus) {
    for (int i = 0; i < MOST_DECODINGS; i++) {
        one.name = decoded(arena, one.name, plus);
        one.value = decoded(arena, one.value, plus);
        add(arena, query, one);
        if (!is_encoded(one.name) && !is_encoded(one.value))
            return;
    }
    query->unsafe = true;
}

static bool is_placeholder(struct arena *arena, const struct egress *egress,
                           const struct egress_question *question, const struct parameter *one) {
    for (size_t i = 0; question->tls && i < egress->credential_count; i++) {
        const struct egress_credential *credential = &egress->credentials[i];
        if (credential->slot == SLOT_QUERY && credential->placeholder &&
            bytes_equal(bytes_unquoted(arena, one->name), bytes_of(credential->slot_name)) &&
            bytes_equal(bytes_unquoted(arena, one->value), bytes_of(credential->placeholder)) &&
            egress_bound_to(credential, question->host))
            return true;
    }
    return false;
}

static bool has_plus(struct bytes b) {
    for (size_t i = 0; i < b.n; i++)
        if (b.s[i] == '+' ||
            (i + 2 < b.n && b.s[i] == '%' && b.s[i + 1] == '2' && bytes_lower(b.s[i + 2]) == 'b'))
            return true;
    return false;
}

/* Most parameters are read in one way alone: as they stand there. */
static bool is_plain(struct bytes b) {
    return !memchr(b.s, '%', b.n) && !memchr(b.s, '+', b.n);
}

static void read_piece(struct arena *arena, const struct egress *egress,
                       const struct egress_question *question, struct bytes piece,
                       struct query *query) {
    struct parameter one;
    if (!piece.n)
        return;
    one.name = bytes_before(piece, '=', &one.value);
    if (is_placeholder(arena, egress, question, &one))
        return;
    if (is_plain(piece)) {
        add(arena, query, one);
        return;
    }
    add_readings(arena, query, one, false);
    if (has_plus(piece))
        add_readings(arena, query, one, true);
}

/* Some servers end a parameter at a semicolon, too. */
struct query *query_read(struct arena *arena, const struct egress *egress,
                         const struct egress_question *question) {
    struct query *query = arena_alloc(arena, sizeof *query);
    for (struct bytes rest = question->target->query; rest.s;) {
        struct bytes piece = bytes_before(rest, '&', &rest);
        read_piece(arena, egress, question, piece, query);
        if (piece.n && memchr(piece.s, ';', piece.n))
            for (struct bytes inner = piece; inner.s;) {
                struct bytes part = bytes_before(inner, ';', &inner);
                read_piece(arena, egress, question, part, query);
            }
    }
    return query;
}

/* -- what would have been needed -- */

static void spell(struct buf *b, struct bytes text) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        if (path_is_plain(text.s[i]) && !strchr("&;+=", c))
            buf_char(b, text.s[i]);
        else
            buf_printf(b, "%%%02X", c);
    }
}

static bool add_item(json_t *items, const char *item) {
    size_t i;
    json_t *other;
    json_array_foreach(items, i, other) {
        if (strcmp(json_string_value(other), item) == 0)
            return true;
    }
    json_array_append_new(items, json_string(item));
    return json_array_size(items) <= MOST_ITEMS;
}

/* False: no item of a rule can hold it. */
static bool add_parameter(json_t *items, const struct parameter *one, bool *wider) {
    BUF_CLEANUP struct buf b = {0};
    spell(&b, one->name);
    size_t name = b.len;
    if (!name || name > URL_QUERY_LONGEST || url_query_wrong(b.data))
        return false;
    buf_char(&b, '=');
    spell(&b, one->value);
    if (b.len > URL_QUERY_LONGEST) {
        *wider = true;
        b.data[name] = '\0';
    }
    return !url_query_wrong(b.data) && add_item(items, b.data);
}

json_t *query_items(const struct query *query, bool *wider) {
    json_t *items = json_array();
    for (size_t i = 0; i < query->n; i++)
        if (!add_parameter(items, &query->v[i], wider)) {
            *wider = true;
            json_decref(items);
            return NULL;
        }
    if (query->n)
        return items;
    json_decref(items);
    return NULL;
}
