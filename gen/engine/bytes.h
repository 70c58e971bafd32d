/*
 * Bytes of a message, and the fields of its head. Nothing here owns anything: what they point at
 * lives in the arena of the exchange, or in the buffer of the connection until the next read.
 */
#ifndef BYTES_H
#define BYTES_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum http_version { HTTP_1_0, HTTP_1_1, HTTP_2 };

/* Any bytes, no NUL behind them. */
struct bytes {
    const char *s;
    size_t n;
};
#define BYTES(literal) ((struct bytes){"" literal "", sizeof(literal) - 1})

struct bytes bytes_of(const char *s); /* of a string, to its NUL */
bool bytes_equal(struct bytes a, struct bytes b);
/* RFC 9110, section 5.1: names of fields, tokens of most; b in lower case. */
bool bytes_are(struct bytes a, const char *lower);
struct bytes bytes_copy(struct arena *arena, struct bytes b); /* a NUL stands behind it */
struct bytes bytes_trim(struct bytes b); /* of spaces and tabs around it: RFC 9110's OWS */
char bytes_lower(char c);                /* of ASCII's letters alone, whatever the locale */
/* What stands before the first c; *rest: what is behind it, .s NULL where there is none. */
struct bytes bytes_before(struct bytes b, char c, struct bytes *rest);
/* %XX become bytes, what is no such thing stays: RFC 3986, section 2.1. */
struct bytes bytes_unquoted(struct arena *arena, struct bytes b);

struct field {
    struct bytes name, value;
};

/* In their order, names as they were sent. {0} is none. */
struct fields {
    struct field *v;
    size_t n, cap;
};

void fields_add(struct arena *arena, struct fields *fields, struct bytes name, struct bytes value);
/* The first of that name (in lower case), from *at on, which goes behind it; NULL: no more. Start
 * at 0. */
const struct field *fields_next(const struct fields *fields, const char *lower, size_t *at);
/* Whether an answer with them is coded, so that nothing could be found in it (json_body.h has its
 * own for requests).
 */
bool fields_are_coded(const struct fields *fields);
bool fields_have(const struct fields *fields, const char *lower);
/* Those of this name go, in place. */
void fields_drop(struct fields *fields, const char *lower);

#endif
