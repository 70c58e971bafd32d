/*
 * Items of a rule's query, "NAME" and "NAME=VALUE", as the proxy reads them
 * (modules/proxy/query.py, which a test compares with this): %XX are bytes, and "*" in VALUE is any
 * text.
 */
#ifndef URL_QUERY_H
#define URL_QUERY_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* Decoded; URL_QUERY_ANY stands for "*", and is no byte of any text. */
enum { URL_QUERY_ANY = '\1', URL_QUERY_LONGEST = 500 };
struct url_query {
    const char *name, *value; /* value: NULL where every value is meant, and none */
    size_t name_length, value_length;
};

/* Why this is no such item, as the end of a sentence; NULL when it is one. */
const char *url_query_wrong(const char *item);
/* Of an item that is one. */
struct url_query url_query_read(struct arena *arena, const char *item);
bool url_query_matches(const struct url_query *item, const char *name, size_t name_length,
                       const char *value, size_t value_length);
/* Whether the first lets through all that the second does. */
bool url_query_covers(const struct url_query *a, const struct url_query *b);

#endif
