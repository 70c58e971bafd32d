/* A request as both sides spell it before it is signed. */
#include "engine/aws_private.h"

#include <ctype.h>
#include <stdlib.h>

/* RFC 3986, section 2.3: all but the unreserved, and what else stays. */
static void add_escaped(struct out *out, struct bytes b, char stays) {
    for (size_t i = 0; i < b.n; i++) {
        unsigned char c = (unsigned char)b.s[i];
        if ((c < 0x80 && isalnum(c)) || (c && strchr("-._~", c)) || c == (unsigned char)stays) {
            out_char(out, (char)c);
        } else {
            out_char(out, '%');
            out_char(out, "0123456789ABCDEF"[c >> 4]);
            out_char(out, "0123456789ABCDEF"[c & 15]);
        }
    }
}

/* S3 takes a path as it is; the others without empty segments and dots, and encoded again. */
static void add_path(struct arena *arena, struct out *out, const struct aws_asked *asked,
                     struct bytes path) {
    if (bytes_equal(bytes_before(asked->service, '-', &(struct bytes){0}), BYTES("s3")) ||
        bytes_equal(asked->service, BYTES("s3express"))) {
        add_escaped(out, bytes_unquoted(arena, path), '/');
        return;
    }
    size_t start = out->n, *ends = arena_alloc(arena, (path.n + 1) * sizeof *ends), count = 0;
    bool slash = path.n && path.s[path.n - 1] == '/';
    for (struct bytes rest = path; rest.s;) {
        struct bytes one = bytes_before(rest, '/', &rest);
        if (bytes_equal(one, BYTES(".."))) {
            out->n = count ? ends[--count] : start;
        } else if (one.n && !bytes_equal(one, BYTES("."))) {
            ends[count++] = out->n;
            out_char(out, '/');
            add_escaped(out, one, '/');
        }
    }
    if (slash || out->n == start)
        out_char(out, '/');
}

struct pair {
    struct bytes name, value;
};

static int compare(struct bytes a, struct bytes b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.s, b.s, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_pairs(const void *a, const void *b) {
    const struct pair *one = a, *other = b;
    int order = compare(one->name, other->name);
    return order ? order : compare(one->value, other->value);
}

static int compare_names(const void *a, const void *b) {
    return compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* As every client spells it: "+" is a space. */
static struct bytes spelled(struct arena *arena, struct bytes b) {
    char *text = arena_alloc(arena, b.n + 1);
    for (size_t i = 0; i < b.n; i++)
        text[i] = b.s[i];
    for (size_t i = 0; i < b.n; i++)
        if (text[i] == '+')
            text[i] = ' ';
    struct bytes plain = bytes_unquoted(arena, (struct bytes){text, b.n});
    struct out out = {arena_alloc(arena, 3 * plain.n + 1), 0};
    add_escaped(&out, plain, '-');
    return (struct bytes){out.s, out.n};
}

static void add_query(struct arena *arena, struct out *out, struct bytes query) {
    struct pair *pairs = arena_alloc(arena, (query.n + 1) * sizeof *pairs);
    size_t count = 0;
    while (query.s) {
        struct bytes value, pair = bytes_before(query, '&', &query);
        struct bytes name = bytes_before(pair, '=', &value);
        if (pair.n)
            pairs[count++] = (struct pair){spelled(arena, name), spelled(arena, value)};
    }
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++) {
        if (i)
            out_char(out, '&');
        out_add(out, pairs[i].name);
        out_char(out, '=');
        out_add(out, pairs[i].value);
    }
}

/* Those that the writer of the message sets are not signed: they may be others upstream. */
static bool is_signed(struct arena *arena, const struct fields *fields, struct bytes name) {
    static const char *const set[] = {"connection", "content-length",    "expect",
                                      "te",         "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        if (bytes_are(name, set[i]))
            return false;
    return fields_have(fields, bytes_copy(arena, name).s);
}

/* Sorted, each once. */
static size_t find_names(struct arena *arena, const struct aws_asked *asked,
                         const struct fields *fields, struct bytes **names) {
    size_t n = 0, kept = 0;
    *names = arena_alloc(arena, (asked->names.n + 3) * sizeof **names);
    for (struct bytes rest = asked->names; rest.s;) {
        struct bytes one = bytes_before(rest, ';', &rest);
        if (is_signed(arena, fields, one))
            (*names)[n++] = one;
    }
    (*names)[n++] = BYTES("host");
    if (fields_have(fields, "x-amz-security-token"))
        (*names)[n++] = BYTES("x-amz-security-token");
    qsort(*names, n, sizeof **names, compare_names);
    for (size_t i = 0; i < n; i++)
        if (!i || !bytes_equal((*names)[i], (*names)[kept - 1]))
            (*names)[kept++] = (*names)[i];
    return kept;
}

static void add_value(struct out *out, struct bytes value) {
    value = bytes_trim(value);
    for (size_t i = 0; i < value.n; i++) {
        bool blank = value.s[i] == ' ' || value.s[i] == '\t';
        if (!blank)
            out_char(out, value.s[i]);
        else if (value.s[i - 1] != ' ' && value.s[i - 1] != '\t')
            out_char(out, ' ');
    }
}

static void add_field(struct arena *arena, struct out *out, const struct aws_request *request,
                      struct bytes name) {
    size_t at = 0;
    const struct field *field;
    const char *lower = bytes_copy(arena, name).s;
    bool is_host = bytes_equal(name, BYTES("host"));
    out_add(out, name);
    out_char(out, ':');
    if (is_host)
        out_add(out, request->authority);
    for (bool first = true; !is_host && (field = fields_next(request->fields, lower, &at));
         first = false) {
        if (!first)
            out_char(out, ',');
        add_value(out, field->value);
    }
    out_char(out, '\n');
}

static struct bytes joined(struct arena *arena, const struct bytes *names, size_t n) {
    size_t length = 0;
    for (size_t i = 0; i < n; i++)
        length += names[i].n + 1;
    struct out out = {arena_alloc(arena, length + 1), 0};
    for (size_t i = 0; i < n; i++) {
        if (i)
            out_char(&out, ';');
        out_add(&out, names[i]);
    }
    return (struct bytes){out.s, out.n};
}

struct bytes aws_canonical(struct arena *arena, struct filled **filled,
                           const struct aws_asked *asked, const struct aws_request *request,
                           struct bytes *names_signed) {
    struct bytes *names, query, path = bytes_before(request->target, '?', &query);
    size_t count = find_names(arena, asked, request->fields, &names);
    *names_signed = joined(arena, names, count);
    size_t room = 64 + request->method.n + 4 * request->target.n + request->authority.n +
                  3 * names_signed->n + 32;
    for (size_t i = 0; i < request->fields->n; i++)
        room += request->fields->v[i].value.n + 1;
    struct out out = {filled_room(filled, room), 0};
    out_add(&out, request->method);
    out_char(&out, '\n');
    add_path(arena, &out, asked, path);
    out_char(&out, '\n');
    add_query(arena, &out, query);
    out_char(&out, '\n');
    for (size_t i = 0; i < count; i++)
        add_field(arena, &out, request, names[i]);
    out_char(&out, '\n');
    out_add(&out, *names_signed);
    out_char(&out, '\n');
    return (struct bytes){out.s, out.n};
}
