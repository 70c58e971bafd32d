/*
 * A growing byte buffer. What may be appended here is inert in every output language: string
 * literals (a variable does not compile), numbers, names, paths. Text goes through the writer of
 * the output's language (write_*.h); the raw entry is in buf_raw.h, which only writers include
 * (`make lint` checks that).
 *
 * Ownership: the caller owns a struct buf that starts as {0}, and frees it with buf_free().
 * data is NULL or NUL-terminated; len does not count that NUL. Out of memory aborts.
 */
#ifndef BUF_H
#define BUF_H

#include "base/values.h"

struct buf {
    char *data;
    size_t len, cap;
};

void buf_free(struct buf *b);
#define BUF_CLEANUP __attribute__((cleanup(buf_free)))

void buf_literal_(struct buf *b, const char *s, size_t n);
#define buf_lit(b, s) buf_literal_((b), "" s "", sizeof("" s "") - 1)

void buf_uint(struct buf *b, uint64_t n);
void buf_octal(struct buf *b, unsigned mode); /* four digits: 0644 */
void buf_name(struct buf *b, struct name name);
void buf_path(struct buf *b, struct path path);
void buf_host(struct buf *b, struct host_pattern host);    /* "*.example.org": mind the star */
void buf_cidr(struct buf *b, struct cidr cidr);            /* RFC 4291, RFC 5952: "10.0.0.0/8" */
void buf_cidr_or_address(struct buf *b, struct cidr cidr); /* "10.0.0.1" where it is one address */
void buf_date(struct buf *b, struct date date);            /* RFC 3339 full-date */

#endif
