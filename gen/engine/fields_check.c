#include "engine/fields_check.h"
#include "spec/vocabulary.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_LENGTH = 18 }; /* digits, so that it fits into 64 bits */

static bool is_token_character(char c) {
    c = bytes_lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct bytes b) {
    for (size_t i = 0; i < b.n; i++)
        if (!is_token_character(b.s[i]))
            return false;
    return b.n > 0;
}

/* Field content without controls; a tab is legal, CR and LF are how requests are smuggled. */
static bool is_value(struct bytes b) {
    for (size_t i = 0; i < b.n; i++)
        if (((unsigned char)b.s[i] < 0x20 && b.s[i] != '\t') || b.s[i] == 0x7f)
            return false;
    return true;
}

static bool is_length(struct bytes b) {
    for (size_t i = 0; i < b.n; i++)
        if (b.s[i] < '0' || b.s[i] > '9')
            return false;
    return b.n > 0 && b.n <= LONGEST_LENGTH && (b.s[0] != '0' || b.n == 1);
}

static const char *framing_wrong(const struct fields *fields, enum http_version version) {
    size_t lengths = 0, codings = 0, at = 0;
    const struct field *length = NULL, *coding = NULL, *next;
    for (; (next = fields_next(fields, "content-length", &at)); lengths++)
        length = next;
    for (at = 0; (next = fields_next(fields, "transfer-encoding", &at)); codings++)
        coding = next;
    if (lengths + codings > 1)
        return "the length of the body is given twice";
    if (length && !is_length(length->value))
        return "Content-Length is not a plain number";
    /* HTTP/1.0 has none (RFC 9112 section 6.1): what reads it otherwise finds another end of the
     * body. */
    if (coding && (version != HTTP_1_1 || !bytes_are(coding->value, "chunked")))
        return "Transfer-Encoding is not the plain chunked of HTTP/1.1";
    if (version == HTTP_2 && (fields_have(fields, "connection") || fields_have(fields, "upgrade")))
        return "a connection header in HTTP/2";
    return NULL;
}

/* Never dropped because "Connection: NAME" says so: they frame or address the message. */
static bool is_end_to_end(struct bytes name) {
    return bytes_are(name, "host") || bytes_are(name, "content-length") ||
           bytes_are(name, "transfer-encoding") || bytes_are(name, "authorization");
}

const char *fields_wrong(const struct fields *fields, enum http_version version) {
    for (size_t i = 0; i < fields->n; i++)
        if (!is_token(fields->v[i].name))
            return "a header name is not valid";
    for (size_t i = 0; i < fields->n; i++)
        if (!is_value(fields->v[i].value))
            return "a header value holds control characters";
    const char *why = framing_wrong(fields, version);
    struct fields_tokens tokens = {.fields = fields, .name = "connection"};
    struct bytes token;
    while (!why && fields_token(&tokens, &token))
        if (is_end_to_end(token))
            why = "Connection names a header that is not its to drop";
    return why;
}

bool fields_token(struct fields_tokens *tokens, struct bytes *token) {
    for (;;) {
        while (!tokens->rest.s) {
            const struct field *field = fields_next(tokens->fields, tokens->name, &tokens->at);
            if (!field)
                return false;
            tokens->rest = field->value;
        }
        *token = bytes_trim(bytes_before(tokens->rest, ',', &tokens->rest));
        if (token->n)
            return true;
    }
}

const char *fields_upgrade(const struct fields *fields, struct bytes method,
                           enum http_version version, bool *asks) {
    struct fields_tokens tokens = {.fields = fields, .name = "upgrade"};
    struct bytes token;
    bool others = false, unknown = false;
    size_t at = 0;
    *asks = false;
    while (fields_token(&tokens, &token))
        if (bytes_are(token, "websocket")) {
            *asks = true;
        } else {
            others = true;
            /* A server may pass over h2c, and curl offers it on its own. */
            unknown = unknown || !bytes_are(token, "h2c");
        }
    if (!*asks)
        return unknown ? "of the protocols to upgrade to, only websocket passes" : NULL;
    fields_next(fields, "upgrade", &at);
    if (others || fields_next(fields, "upgrade", &at) || !bytes_equal(method, BYTES("GET")) ||
        version != HTTP_1_1 || fields_have_body(fields))
        return "the WebSocket handshake is not valid";
    return NULL;
}

static bool passes(struct arena *arena, struct bytes name, bool websocket) {
    if (header_is_in("hop", name.s, name.n) || header_is_in("overrides", name.s, name.n))
        return false;
    /* CGI maps "-" and "_" to the same variable, so the underscore spelling could shadow these. */
    if (memchr(name.s, '_', name.n)) {
        struct bytes dashed = bytes_copy(arena, name);
        for (size_t i = 0; i < name.n; i++)
            if (name.s[i] == '_')
                ((char *)(uintptr_t)dashed.s)[i] = '-';
        if (is_end_to_end(dashed))
            return false;
    }
    return websocket || !header_is_in("websocket", name.s, name.n);
}

/* -- what Connection names -- */

static int compare(const void *a, const void *b) {
    const struct bytes *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = n ? memcmp(x->s, y->s, n) : 0;
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

static struct bytes lower_case(struct arena *arena, struct bytes b) {
    char *copy = arena_alloc(arena, b.n + 1);
    for (size_t i = 0; i < b.n; i++)
        copy[i] = bytes_lower(b.s[i]);
    return (struct bytes){copy, b.n};
}

/* Sorted: there may be as many as a head has room for, and as many fields. */
static struct bytes *listed(struct arena *arena, const struct fields *fields, size_t *n) {
    struct fields_tokens tokens = {.fields = fields, .name = "connection"};
    struct bytes token, *found;
    size_t most = 0;
    *n = 0;
    while (fields_token(&tokens, &token))
        most++;
    found = arena_alloc(arena, (most + 1) * sizeof *found);
    tokens = (struct fields_tokens){.fields = fields, .name = "connection"};
    while (fields_token(&tokens, &token))
        found[(*n)++] = lower_case(arena, token);
    qsort(found, *n, sizeof *found, compare);
    return found;
}

void fields_drop_listed(struct arena *arena, struct fields *fields) {
    size_t n, kept = 0;
    struct bytes *names = listed(arena, fields, &n);
    for (size_t i = 0; n && i < fields->n; i++) {
        struct bytes name = lower_case(arena, fields->v[i].name);
        if (bytes_are(name, "content-length") || !bsearch(&name, names, n, sizeof *names, compare))
            fields->v[kept++] = fields->v[i];
    }
    if (n)
        fields->n = kept;
}

void fields_clean(struct arena *arena, const struct fields *fields, bool websocket,
                  struct fields *kept, bool *close) {
    size_t n;
    struct bytes *names = listed(arena, fields, &n), closing = BYTES("close");
    *kept = (struct fields){0};
    *close = n && bsearch(&closing, names, n, sizeof *names, compare);
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *field = &fields->v[i];
        struct bytes name = n ? lower_case(arena, field->name) : field->name;
        if (passes(arena, field->name, websocket) &&
            !(n && bsearch(&name, names, n, sizeof *names, compare)))
            fields_add(arena, kept, field->name, field->value);
    }
    if (websocket) {
        fields_add(arena, kept, BYTES("Connection"), BYTES("Upgrade"));
        fields_add(arena, kept, BYTES("Upgrade"), BYTES("websocket"));
    } else if (*close) {
        fields_add(arena, kept, BYTES("Connection"), BYTES("close"));
    }
}

bool fields_have_body(const struct fields *fields) {
    size_t at = 0;
    const struct field *length = fields_next(fields, "content-length", &at);
    return fields_have(fields, "transfer-encoding") ||
           (length && !bytes_equal(length->value, BYTES("0")));
}

bool query_overrides_method(struct arena *arena, struct bytes query) {
    struct bytes rest = query, unused;
    while (rest.s) {
        struct bytes key = bytes_before(bytes_before(rest, '&', &rest), '=', &unused);
        if (bytes_are(bytes_unquoted(arena, key), "_method"))
            return true;
    }
    return false;
}
