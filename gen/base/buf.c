#include "base/buf.h"
#include "base/buf_raw.h"
#include "base/die.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_free(struct buf *b) {
    free(b->data);
    *b = (struct buf){0};
}

static void reserve(struct buf *b, size_t more) {
    if (more > SIZE_MAX / 2 - b->len)
        die("a buffer of more than SIZE_MAX / 2 bytes");
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return;
    b->cap = need > 2 * b->cap ? need : 2 * b->cap;
    b->data = must_realloc(b->data, b->cap);
}

void buf_add(struct buf *b, const void *data, size_t n) {
    reserve(b, n);
    if (n)
        memcpy(b->data + b->len, data, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_room(struct buf *b, size_t n) {
    reserve(b, n);
}

void buf_str(struct buf *b, const char *s) {
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c) {
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...) {
    enum { USUAL = 128 }; /* what has more is formatted twice */
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    reserve(b, USUAL);
    size_t room = b->cap - b->len;
    int n = vsnprintf(b->data + b->len, room, format, args);
    va_end(args);
    if (n < 0)
        die("vsnprintf failed");
    if ((size_t)n >= room) {
        reserve(b, (size_t)n);
        vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
    }
    va_end(again);
    b->len += (size_t)n;
}

void buf_literal_(struct buf *b, const char *s, size_t n) {
    buf_add(b, s, n);
}

/* At least that many digits; by hand, as most of what is formatted is numbers and days. */
static void add_digits(struct buf *b, uint64_t n, size_t least) {
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n || sizeof text - at < least);
    buf_add(b, text + at, sizeof text - at);
}

void buf_uint(struct buf *b, uint64_t n) {
    add_digits(b, n, 1);
}

void buf_octal(struct buf *b, unsigned mode) {
    buf_printf(b, "%04o", mode);
}

void buf_name(struct buf *b, struct name name) {
    buf_str(b, name.s);
}

void buf_path(struct buf *b, struct path path) {
    buf_str(b, path.s);
}

void buf_host(struct buf *b, struct host_pattern host) {
    if (host.suffix)
        buf_lit(b, "*.");
    buf_name(b, host.name);
}

static void address(struct buf *b, struct cidr cidr) {
    char text[INET6_ADDRSTRLEN];
    if (!inet_ntop(cidr.family == 4 ? AF_INET : AF_INET6, cidr.bytes, text, sizeof text))
        die("inet_ntop failed");
    buf_printf(b, "%s", text);
}

void buf_cidr(struct buf *b, struct cidr cidr) {
    address(b, cidr);
    buf_printf(b, "/%u", cidr.length);
}

void buf_cidr_or_address(struct buf *b, struct cidr cidr) {
    if (cidr.length == (cidr.family == 4 ? 32 : 128))
        address(b, cidr);
    else
        buf_cidr(b, cidr);
}

void buf_date(struct buf *b, struct date date) {
    add_digits(b, date.year, 4);
    buf_char(b, '-');
    add_digits(b, date.month, 2);
    buf_char(b, '-');
    add_digits(b, date.day, 2);
}
